//! A session after its setup: turns, replies, interruptions, calls. Owns all of the session's state; nothing here waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use live_proto::wire::{
    GoAway, Int64, InteractionStatus, ServerContent, ServerMessage, SessionResumptionUpdate, ToolCall,
    ToolCallCancellation, WireDuration,
};
use tokio::time::Instant;

use super::agreement::Agreement;
use super::hearing::{Hearing, Known};
use super::out::{Outbox, call, heard, speech, turn_complete};
use super::reply::{Due, Reply, Script};
use super::tools::Waiting;
use super::usage::Context;
use crate::Shared;
use crate::close::Closing;
use crate::resample::{INPUT_RATE, Resampler};
use crate::resumption::{OpenMark, random_handle};
use crate::think::{self, Answer, Memory, Role, Situation};
use crate::turns::{TurnAudio, TurnDetector};
use crate::voice::{PlayedBack, Speaker};
use crate::workshop::Bell;

/// Turns that wait for a reply that may not be interrupted; the oldest is dropped for a new one.
const QUEUED: usize = 4;
/// Less than this is no turn, in samples at 16 kHz (100 ms).
const LEAST_AUDIO: usize = INPUT_RATE as usize / 10;

/// What outlives a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Saved {
    pub(super) model: String,
    pub(super) memory: Memory,
    pub(super) context: Context,
    pub(super) pictures: u64,
    pub(super) picture_size: Option<(u32, u32)>,
    /// Samples at 16 kHz so far.
    pub(super) heard: u64,
    /// Whether the person was told why their words come back.
    explained: bool,
}

/// What the partner is doing.
pub(super) enum Turn {
    Idle,
    Replying(Box<Reply>),
    Waiting(Waiting),
}

/// How turns are found.
pub(super) enum Listening {
    Automatic(Box<TurnDetector>),
    /// By the client's marks; the turn's audio between them.
    Marked(Option<TurnAudio>),
}

pub(super) enum Prompt {
    Spoken(Vec<i16>),
    Written(String),
}

/// The last moment at which nobody spoke: what is said in the middle of a turn is in no handle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quiet {
    /// The client message.
    pub(super) message: u64,
    /// Samples so far.
    pub(super) heard: u64,
}

/// A session after its setup.
pub(super) struct Conversation {
    pub(super) shared: Arc<Shared>,
    pub(super) agreement: Agreement,
    mark: OpenMark,
    pub(super) saved: Saved,
    pub(super) listening: Listening,
    pub(super) hearing: Hearing,
    speaker: Speaker,
    /// Audio received so far, in ms.
    pub(super) received_ms: u64,
    /// Words that were heard but not answered, since the user went on speaking.
    unanswered: String,
    pub(super) resampler: Option<Resampler>,
    pub(super) turn: Turn,
    queued: VecDeque<Prompt>,
    /// Client messages over this connection; the setup has the number 0.
    pub(super) messages: u64,
    pub(super) quiet: Quiet,
    go_away_at: Option<Instant>,
    end_at: Option<Instant>,
}

impl Conversation {
    pub(super) fn new(
        shared: Arc<Shared>,
        bell: Bell,
        agreement: Agreement,
        mark: OpenMark,
        resumed: Option<Saved>,
        now: Instant,
    ) -> Self {
        let saved = resumed.unwrap_or_else(|| {
            let mut saved = Saved { model: agreement.model.clone(), ..Saved::default() };
            saved.context.add_text_bytes(agreement.instruction_bytes);
            saved
        });
        let listening = match agreement.timing {
            Some(timing) => Listening::Automatic(Box::new(TurnDetector::new(timing))),
            None => Listening::Marked(None),
        };
        let hearing = Hearing::new(Arc::clone(&shared.workshop), Arc::clone(&bell));
        let speaker = Speaker::new(Arc::clone(&shared.workshop), bell, agreement.character);
        let limit = shared.config.connection_limit;
        let notice = limit.map(|limit| limit.saturating_sub(shared.config.go_away_notice));
        let quiet = Quiet { message: 0, heard: saved.heard };
        Self {
            shared,
            agreement,
            mark,
            saved,
            listening,
            hearing,
            speaker,
            received_ms: 0,
            unanswered: String::new(),
            resampler: None,
            turn: Turn::Idle,
            queued: VecDeque::new(),
            messages: 0,
            quiet,
            // A limit beyond the end of time is none.
            go_away_at: notice.and_then(|notice| now.checked_add(notice)),
            end_at: limit.and_then(|limit| now.checked_add(limit)),
        }
    }

    /// When [`on_due`](Self::on_due) wants to be called; a full outbox holds a reply back.
    pub(super) fn due(&self, full: bool) -> Option<Instant> {
        let reply = match &self.turn {
            Turn::Replying(reply) if !(full && reply.is_generating()) => reply.due(),
            _ => None,
        };
        [reply, self.go_away_at, self.end_at].into_iter().flatten().min()
    }

    pub(super) fn on_due(&mut self, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        if self.end_at.is_some_and(|end| end <= now) {
            return Err(Closing::deadline());
        }
        if self.go_away_at.is_some_and(|at| at <= now) {
            self.go_away_at = None;
            let left = self.end_at.map_or(Duration::ZERO, |end| end.duration_since(now));
            let left = Duration::from_millis(left.as_millis() as u64);
            let go_away = GoAway { time_left: Some(WireDuration(left)) };
            out.push(&ServerMessage { go_away: Some(go_away), ..ServerMessage::default() });
        }
        while !out.is_full() {
            let Turn::Replying(reply) = &mut self.turn else { break };
            match reply.poll(now) {
                Some(Due::Chunk(chunk)) => {
                    let text = chunk.text.filter(|_| self.agreement.transcribes);
                    for event in speech(&chunk.pcm, text, self.agreement.events_together) {
                        out.content(event);
                    }
                }
                Some(Due::Generated) => {
                    out.content(ServerContent {
                        generation_complete: Some(true),
                        ..ServerContent::default()
                    });
                }
                Some(Due::Played) => {
                    self.end_turn(now, out);
                    if let Some(prompt) = self.queued.pop_front() {
                        self.answer(prompt, now, out);
                    }
                }
                None => break,
            }
        }
        Ok(())
    }

    /// The user began to speak.
    pub(super) fn activity(&mut self, now: Instant, out: &mut Outbox) {
        if self.agreement.interrupts {
            self.interrupt(now, out);
        }
    }

    /// The user finished speaking.
    pub(super) fn heard(&mut self, audio: Vec<i16>, now: Instant, out: &mut Outbox) {
        if !self.agreement.all_audio_counts {
            self.saved.context.add_audio_ms(samples_ms(audio.len()));
        }
        if self.hearing.is_there() && audio.len() >= LEAST_AUDIO {
            self.hearing.on_end(audio);
        } else {
            self.ask(Prompt::Spoken(audio), now, out);
        }
    }

    /// Takes what the workshop has done: words that were heard, sound that was made.
    pub(super) fn on_bell(&mut self, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        while let Some(known) = self.hearing.poll() {
            match known {
                Known::More(words) => self.write_down(words, out),
                Known::Unheard(audio) => self.ask(Prompt::Spoken(audio), now, out),
                Known::All { rest, text } => {
                    self.write_down(rest, out);
                    self.understood(&text, now, out);
                }
            }
        }
        self.on_due(now, out)
    }

    fn write_down(&mut self, words: String, out: &mut Outbox) {
        if self.agreement.transcribes_input && !words.is_empty() {
            out.content(heard(words));
        }
    }

    /// All words of a turn are known.
    fn understood(&mut self, text: &str, now: Instant, out: &mut Outbox) {
        let text = format!("{} {text}", std::mem::take(&mut self.unanswered));
        let text = text.trim();
        if self.is_speaking() {
            // Still speaking, or again: it is answered with what follows.
            text.clone_into(&mut self.unanswered);
        } else if !text.is_empty() {
            // Nothing is answered to a noise that the detector took for speech.
            self.saved.memory.add(Role::User, text);
            self.ask(Prompt::Written(text.to_owned()), now, out);
        }
    }

    pub(super) fn is_speaking(&self) -> bool {
        match &self.listening {
            Listening::Automatic(detector) => detector.is_in_turn(),
            Listening::Marked(turn) => turn.is_some(),
        }
    }

    /// Answers now, or after the reply that may not be interrupted.
    pub(super) fn ask(&mut self, prompt: Prompt, now: Instant, out: &mut Outbox) {
        if matches!(self.turn, Turn::Idle) || self.agreement.interrupts {
            self.interrupt(now, out);
            self.answer(prompt, now, out);
            return;
        }
        if self.queued.len() == QUEUED {
            self.queued.pop_front();
            self.shared.received.dropped_turn();
        }
        self.queued.push_back(prompt);
    }

    pub(super) fn answer(&mut self, prompt: Prompt, now: Instant, out: &mut Outbox) {
        let text = match prompt {
            Prompt::Spoken(audio) if audio.len() < LEAST_AUDIO => {
                return self.say("I heard nothing that I could play back.", now);
            }
            Prompt::Spoken(audio) => return self.play_back(audio, now),
            Prompt::Written(text) => text,
        };
        let situation = Situation {
            hears: self.hearing.is_there(),
            speaks: self.shared.workshop.models().has_voice(),
            functions: &self.agreement.functions,
            now: (self.shared.config.clock)(),
            pictures: self.saved.pictures,
            picture_size: self.saved.picture_size,
        };
        match think::answer(&text, &situation, &mut self.saved.memory) {
            Answer::Say(text) => self.say(&text, now),
            Answer::Call { name, args } => {
                let id = format!("function-call-{}", random_handle());
                let function_calls = vec![call(&id, &name, args)];
                out.push(&ServerMessage {
                    tool_call: Some(ToolCall { function_calls }),
                    ..ServerMessage::default()
                });
                self.turn = Turn::Waiting(Waiting::call(id, name));
            }
        }
    }

    fn play_back(&mut self, audio: Vec<i16>, now: Instant) {
        let seconds = audio.len() as f32 / INPUT_RATE as f32;
        let character = self.agreement.character;
        let mut script = Script::default();
        script.play_back(
            format!("[your own words played back, {seconds:.1} seconds]"),
            PlayedBack::new(audio, character.shift),
        );
        let mut text = format!("Those were your own words, {seconds:.1} seconds of them, in another voice.");
        if !std::mem::replace(&mut self.saved.explained, true) {
            text.push_str(" I am the rehearsal partner, not Gemini, and without a recogniser I cannot understand speech. Write to me, and I answer.");
        }
        script.speak(self.speaker.say(&text));
        self.reply(script, now);
    }

    pub(super) fn say(&mut self, text: &str, now: Instant) {
        self.reply(Script::spoken(self.speaker.say(text)), now);
    }

    fn reply(&mut self, script: Script, now: Instant) {
        let chunk = self.shared.config.chunk_samples();
        let pause = self.shared.config.pause_for(chunk);
        self.turn = Turn::Replying(Box::new(Reply::new(script, chunk, pause, now)));
    }

    /// Breaks off whatever is being said or waited for.
    pub(super) fn interrupt(&mut self, now: Instant, out: &mut Outbox) {
        match &self.turn {
            Turn::Idle => return,
            Turn::Waiting(waiting) => {
                let cancelled = Some(ToolCallCancellation { ids: waiting.ids() });
                out.push(&ServerMessage { tool_call_cancellation: cancelled, ..ServerMessage::default() });
            }
            Turn::Replying(_) => {}
        }
        out.content(ServerContent { interrupted: Some(true), ..ServerContent::default() });
        self.end_turn(now, out);
    }

    /// Which session this is, across its connections.
    pub(super) fn id(&self) -> u64 {
        self.mark.id()
    }

    pub(super) fn end_turn(&mut self, now: Instant, out: &mut Outbox) {
        let mut sent_ms = 0;
        if let Turn::Replying(reply) = std::mem::replace(&mut self.turn, Turn::Idle) {
            sent_ms = reply.sent_ms();
            self.saved.memory.add(Role::Model, &reply.into_said());
        }
        let status = self.agreement.says_idle.then_some(InteractionStatus::Idle);
        out.push(&turn_complete(self.saved.context.turn(sent_ms), status));
        if let Some(window) = self.agreement.window {
            self.saved.context.slide(window);
        }
        if self.agreement.resumable {
            let saved = Saved { heard: self.quiet.heard, ..self.saved.clone() };
            let handle = self.shared.store.save(&self.mark, saved, now);
            let update = SessionResumptionUpdate {
                new_handle: Some(handle),
                resumable: Some(true),
                last_consumed_client_message_index: self
                    .agreement
                    .transparent
                    .then(|| Int64::from(i64::try_from(self.quiet.message).unwrap_or(i64::MAX))),
            };
            out.push(&ServerMessage { session_resumption_update: Some(update), ..ServerMessage::default() });
        }
    }
}

pub(super) fn samples_ms(samples: usize) -> u64 {
    samples as u64 * 1000 / u64::from(INPUT_RATE)
}
