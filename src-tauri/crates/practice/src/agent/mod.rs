//! The practice partner in one session: what it hears becomes prompts, prompts become what it says and calls.
//!
//! Owns all that it remembers. Runs in the session's task and never waits.

mod answering;
mod heard;
mod llm_turn;
mod saved;
mod scripted;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::tz::TimeZone;
use live_proto::wire::FunctionDeclaration;
use live_server::{
    Agent, AgentFactory, AgentState, Call, Duty, Event, Heard, INPUT_RATE, Keeper, Kept, Opening, Prompt,
    Role, Step, ToolResult, Waker,
};
use speech::formant::Character;
use tokio::time::Instant;

use self::answering::THINKING;
use self::heard::Uttered;
use self::llm_turn::{GREETING, LlmTurn};
use self::saved::Saved;
use self::scripted::Plan;
use crate::compute_pool::{ComputePool, Job, JobStatus};
use crate::config::{Clock, PracticeConfig};
use crate::image_stats::ImageStats;
use crate::intents;
use crate::llm::Llm;
use crate::parts::{Parts, Piece};
use crate::script::{Progress, Script};
use crate::transcription::{TranscriptEvent, Transcription};
use crate::voice::{Prepared, SessionVoice};

/// Less than this is no turn, in samples at 16 kHz (100 ms).
const LEAST_AUDIO: usize = INPUT_RATE as usize / 10;
/// Pictures that are kept to be looked at: the newest, and the one before it for what moved.
const PICTURES: usize = 2;
/// Who greets waits so long for a history, or for somebody who speaks first.
const BEFORE_GREETING: Duration = Duration::from_millis(600);
/// A result that comes within this time is told in the turn that asked for it, and nothing is said meanwhile.
const WITHOUT_FILLER: Duration = Duration::from_millis(1_200);

/// Width and height of a picture, in pixels.
type Size = (u32, u32);

/// What it thinks before it answers, in the form of the service's thoughts.
const THOUGHT: &str = "**Finding an answer**\n\nI look for what fits the last words in what I can do.\n\n\n";

/// What all sessions of a server have in common.
struct Shared {
    clock: Clock,
    zone: TimeZone,
    compute_pool: Arc<ComputePool>,
    /// The language model, where one is configured.
    llm: Option<Llm>,
    script: Option<Arc<Script>>,
    greets: bool,
}

/// The practice partner in one session.
#[expect(clippy::struct_excessive_bools, reason = "facts, each true or false apart from the others")]
pub struct PracticeAgent {
    shared: Arc<Shared>,
    waker: Waker,
    keeper: Keeper,
    character: Character,
    instructions: String,
    functions: Arc<[FunctionDeclaration]>,
    duty: Duty,
    saved: Saved,
    transcription: Transcription,
    voice: SessionVoice,
    /// What became known and was not taken yet.
    heard: VecDeque<Heard>,
    /// Whether something was done elsewhere that was not looked at yet.
    is_woken: bool,
    is_user_speaking: bool,
    /// Words that were heard but not answered, since the user went on speaking.
    unanswered: String,
    /// The first sentence of what is likely to be said next.
    prepared: Option<Prepared>,
    /// The newest pictures, the newest last; not those of earlier connections. `None`: it could not be kept.
    pictures: VecDeque<Option<Kept>>,
    /// The newest that were streamed and are not part of the conversation yet, and how many there are.
    streamed: VecDeque<(Option<Kept>, Option<Size>)>,
    streamed_count: u64,
    /// Whether it thinks before it does anything else in this turn.
    is_thinking: bool,
    doing: Doing,
    /// Whether it said anything in this turn, or was about to.
    has_begun: bool,
    /// Whether it said words in this turn.
    has_spoken: bool,
    /// What it said in this turn.
    uttered: Uttered,
    /// What a language model is being asked, or was asked last.
    llm_turn: LlmTurn,
    /// Until when a language model may be silent before a few words are said meanwhile.
    patience: Option<Instant>,
    /// What is said before the next thing that is said.
    preface: Option<String>,
    /// What the script says of this turn.
    plan: Plan,
    /// When it greets, if nobody says anything before.
    greets_at: Option<Instant>,
}

/// What it does in its turn.
enum Doing {
    /// Its turn is over, or it has none.
    Nothing,
    Saying(Parts),
    /// Pictures are being looked at.
    Looking(Job<ImageStats>),
    /// It wants to call functions.
    Calling(Vec<Call>),
    /// Calls are sent, or about to be.
    Called {
        by_llm: bool,
    },
    /// Calls are sent for whose answers it need not wait, but does until this time.
    Awaiting {
        until: Instant,
        /// How many have no answer yet.
        open: usize,
        /// What the others came to.
        said: Vec<String>,
    },
    /// The same, for calls of a language model.
    AwaitingForLlm {
        until: Instant,
        open: usize,
        results: Vec<ToolResult>,
    },
    /// It has nothing to say to the answers.
    Silent,
    /// The same, until there are all answers: the script goes on with them.
    AwaitingAll {
        open: usize,
    },
    /// The script has it wait.
    Pausing(Instant),
}

impl PracticeAgent {
    /// Returns what makes a practice partner for each session of a server.
    pub fn factory(config: PracticeConfig) -> impl AgentFactory {
        let shared = Arc::new(Shared {
            clock: config.clock,
            zone: config.zone,
            compute_pool: Arc::new(ComputePool::new(config.models)),
            llm: config.llm.as_ref().map(|endpoint| Llm::new(endpoint, config.connector)),
            script: config.script,
            greets: config.greets,
        });
        move |opening: Opening| -> Box<dyn Agent> { Box::new(Self::new(Arc::clone(&shared), opening)) }
    }

    fn new(shared: Arc<Shared>, opening: Opening) -> Self {
        let Opening {
            connection, voice, instructions, functions, saved, waker, keeper, delivery, duty, ..
        } = opening;
        let character = Character::named(&voice);
        let pool = || Arc::clone(&shared.compute_pool);
        let is_new = saved.is_none();
        let mut saved: Saved = saved.and_then(|saved| saved.get().cloned()).unwrap_or_default();
        if let (Some(script), None) = (&shared.script, &saved.progress) {
            saved.progress = Some(Arc::new(Progress::of(script)));
        }
        let plan = Plan::of(connection);
        let greets_at = (shared.greets && is_new).then(|| Instant::now() + BEFORE_GREETING);
        Self {
            transcription: Transcription::new(pool(), waker.clone()),
            voice: SessionVoice::new(pool(), waker.clone(), character, delivery),
            shared,
            waker,
            keeper,
            character,
            instructions,
            functions,
            duty,
            saved,
            heard: VecDeque::new(),
            is_woken: false,
            is_user_speaking: false,
            unanswered: String::new(),
            prepared: None,
            pictures: VecDeque::new(),
            streamed: VecDeque::new(),
            streamed_count: 0,
            is_thinking: false,
            doing: Doing::Nothing,
            has_begun: false,
            has_spoken: false,
            uttered: Uttered::default(),
            llm_turn: LlmTurn::default(),
            patience: None,
            preface: None,
            plan,
            greets_at,
        }
    }

    fn on_speech_ended(&mut self, audio: Vec<i16>) {
        self.is_user_speaking = false;
        self.see_stream();
        if let Some(heard) = self.plan.hears.take() {
            self.heard.push_back(Heard::Words(heard.clone()));
            self.understood(&heard);
        } else if self.transcription.is_available() && audio.len() >= LEAST_AUDIO {
            self.transcription.on_end(audio);
        } else {
            self.heard.push_back(Heard::Turn(Prompt::Audio(audio)));
        }
    }

    /// Takes the next thing that the recogniser knows; returns whether there was one.
    fn take_known(&mut self) -> bool {
        match self.transcription.poll() {
            None => return false,
            Some(TranscriptEvent::Partial { words, language }) => self.heard_words(words, language),
            Some(TranscriptEvent::Failed(audio)) => self.heard.push_back(Heard::Turn(Prompt::Audio(audio))),
            Some(TranscriptEvent::Final { rest, text, language }) => {
                self.heard_words(rest, language);
                self.understood(&text);
            }
        }
        true
    }

    fn heard_words(&mut self, words: String, language: Option<&'static str>) {
        self.heard.extend(language.map(|language| Heard::Language(language.to_owned())));
        self.heard.push_back(Heard::Words(words));
    }

    /// All words of a turn are known.
    fn understood(&mut self, text: &str) {
        let text = format!("{} {text}", std::mem::take(&mut self.unanswered));
        let text = text.trim();
        if self.is_user_speaking {
            // Still speaking, or again: it is answered with what follows.
            text.clone_into(&mut self.unanswered);
        } else if !text.is_empty() {
            // Nothing is answered to a noise that the detector took for speech.
            self.saved.memory.add(intents::Role::User, text);
            self.plan.spoken(text);
            self.heard.push_back(Heard::Turn(Prompt::Text(text.to_owned())));
        }
    }

    /// A picture came: in the stream, where it is seen later, or in a turn.
    fn keep(&mut self, picture: Bytes, size: Option<Size>, streamed: bool) {
        let kept = self.keeper.keep(picture);
        if !streamed {
            return self.see(kept, size);
        }
        self.streamed_count += 1;
        if self.streamed.len() == PICTURES {
            self.streamed.pop_front();
        }
        self.streamed.push_back((kept, size));
    }

    /// A picture is part of the conversation from here on.
    fn see(&mut self, picture: Option<Kept>, size: Option<(u32, u32)>) {
        self.saved.pictures += 1;
        self.saved.picture_size = size;
        if self.pictures.len() == PICTURES {
            self.pictures.pop_front();
        }
        self.pictures.push_back(picture);
    }

    /// What was streamed belongs to the words that were said with it.
    fn see_stream(&mut self) {
        let count = std::mem::take(&mut self.streamed_count);
        self.saved.pictures += count.saturating_sub(self.streamed.len() as u64);
        for (picture, size) in std::mem::take(&mut self.streamed) {
            self.see(picture, size);
        }
    }

    /// The newest picture, if it could be kept.
    fn newest_picture(&self) -> Option<Bytes> {
        self.pictures.back()?.as_deref().cloned()
    }
}

impl Agent for PracticeAgent {
    fn on_event(&mut self, event: Event<'_>, now: Instant) {
        match event {
            Event::SpeechStarted => {
                self.greets_at = None;
                self.is_user_speaking = true;
                self.listen_by_script();
            }
            Event::Speech(_) | Event::SpeechPaused(_) | Event::SpeechResumed if self.plan.hears.is_some() => {
            }
            Event::Speech(turn) if self.transcription.is_available() => self.transcription.on_sound(turn),
            Event::SpeechPaused(turn) if self.transcription.is_available() => {
                self.transcription.on_pause(turn);
            }
            Event::Speech(_) | Event::SpeechPaused(_) => {}
            Event::SpeechResumed => self.transcription.on_more(),
            Event::SpeechEnded(audio) => self.on_speech_ended(audio),
            Event::Text(role, text) => {
                self.greets_at = None;
                let role = match role {
                    Role::User => intents::Role::User,
                    Role::Model => intents::Role::Model,
                };
                self.saved.memory.add(role, text);
            }
            Event::Wrote(text) => {
                self.greets_at = None;
                self.see_stream();
                self.saved.memory.add(intents::Role::User, text);
            }
            Event::Picture { bytes, size, streamed } => self.keep(bytes, size, streamed),
            Event::Instructions(instructions) => self.instructions = instructions,
            Event::Functions(functions) => self.functions = functions,
            Event::Called { calls, waits, said } => self.on_called(calls, waits, said, now),
            Event::ToolResults(results) => self.on_results(&results, now),
            Event::ToolResultNoted(result) => {
                let sentence = intents::sentence_of(&result.name, &result.value, &result.note);
                self.saved.memory.add(intents::Role::Note, &sentence);
                match self.doing {
                    Doing::AwaitingForLlm { .. } => self.on_results(&[result], now),
                    _ => self.on_awaited(None),
                }
            }
            Event::TurnEnded { said, heard } => {
                let uttered = std::mem::take(&mut self.uttered);
                let begun = std::mem::take(&mut self.has_begun);
                match heard {
                    // A model is told where it was interrupted, also before its first word.
                    Some(heard) if self.has_llm() => self.saved.memory.add_cut_reply(&uttered.until(heard)),
                    _ if begun => self.saved.memory.add_reply(said),
                    _ => {}
                }
                self.has_spoken = false;
                self.is_thinking = false;
                self.preface = None;
                self.patience = None;
                self.plan.end_turn();
                // What is still computed or asked for it is given up.
                self.doing = Doing::Nothing;
            }
            Event::Woken => self.is_woken = true,
        }
    }

    fn heard(&mut self, now: Instant) -> Option<Heard> {
        while self.heard.is_empty() && self.is_woken {
            self.is_woken = self.take_known();
            if !self.is_woken
                && let Some(text) = self.transcription.likely()
            {
                self.prepare(&text, now);
            }
        }
        self.heard.pop_front()
    }

    fn is_understanding(&self) -> bool {
        self.transcription.is_busy()
    }

    fn answer(&mut self, prompt: Prompt, now: Instant) {
        self.saved.memory.begin_reply();
        self.is_thinking = !self.follow_script(&prompt);
        if self.is_thinking {
            self.answer_prompt(prompt, now);
        }
    }

    fn due(&self) -> Option<Instant> {
        [self.saved.memory.timers.due(), self.greets_at].into_iter().flatten().min()
    }

    fn speak_up(&mut self, now: Instant) -> bool {
        if self.greets_at.is_some_and(|at| at <= now) {
            self.greets_at = None;
            let greeting = if self.has_llm() {
                GREETING.to_owned()
            } else {
                intents::greeting(&self.intent_context(now))
            };
            self.say(&greeting);
            return true;
        }
        let said = self.saved.memory.timers.ring(now);
        said.inspect(|said| self.say(said)).is_some()
    }

    fn next_step(&mut self, now: Instant) -> Step {
        if std::mem::take(&mut self.is_thinking) {
            return Step::Think(THOUGHT.to_owned());
        }
        loop {
            match &mut self.doing {
                Doing::Nothing => {
                    if let Some(step) = self.next_scripted(now) {
                        return step;
                    }
                }
                Doing::Pausing(until) if now < *until => return Step::WaitUntil(*until),
                Doing::Pausing(_) => self.doing = Doing::Nothing,
                Doing::Silent => return Step::Nothing,
                Doing::Called { .. } | Doing::AwaitingAll { .. } => return Step::Wait,
                Doing::Awaiting { until, .. } | Doing::AwaitingForLlm { until, .. } if now < *until => {
                    return Step::WaitUntil(*until);
                }
                Doing::Awaiting { said, .. } => {
                    let said = std::mem::take(said);
                    self.say_awaited(&said);
                }
                Doing::AwaitingForLlm { results, .. } => {
                    let results = std::mem::take(results);
                    self.without_awaited(&results, now);
                }
                Doing::Calling(_) => {
                    if let Doing::Calling(calls) =
                        std::mem::replace(&mut self.doing, Doing::Called { by_llm: false })
                    {
                        return Step::Call(calls);
                    }
                }
                Doing::Looking(job) => match job.status() {
                    JobStatus::Working => return Step::Wait,
                    JobStatus::Done(stats) => self.say_picture(stats),
                },
                Doing::Saying(parts) => match parts.next() {
                    Piece::Speech(speech) => {
                        let is_answer = !parts.is_interjecting();
                        self.has_spoken |=
                            is_answer && speech.text.as_ref().is_some_and(|text| !text.is_empty());
                        self.uttered.add(&speech);
                        return Step::Say(speech);
                    }
                    Piece::WordsDone if self.plan.says_more() => {}
                    Piece::WordsDone => return Step::WordsDone,
                    Piece::NotYet => match self.patience.filter(|_| parts.awaits_words()) {
                        Some(until) if now < until => return Step::WaitUntil(until),
                        Some(_) => {
                            self.patience = None;
                            parts.interject(self.voice.say(THINKING));
                        }
                        None => return Step::Wait,
                    },
                    Piece::Over => match parts.take_unfinished() {
                        None => self.doing = Doing::Nothing,
                        Some(outcome) => {
                            if let Some(step) = self.on_llm_ended(outcome, now) {
                                return step;
                            }
                        }
                    },
                },
            }
        }
    }

    fn awaits_results(&self) -> bool {
        matches!(
            self.doing,
            Doing::Awaiting { .. } | Doing::AwaitingForLlm { .. } | Doing::AwaitingAll { .. }
        )
    }

    fn save(&self) -> AgentState {
        AgentState::new(self.saved.clone())
    }
}
