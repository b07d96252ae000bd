//! A session after its setup: turns, replies, interruptions, calls. Owns all of the session's state; nothing here waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use dsp::resample::PcmResampler;
use live_proto::wire::{GoAway, ServerMessage, WireDuration};
use tokio::time::Instant;

use super::DRAIN;
use super::negotiated_setup::NegotiatedSetup;
use super::outbox::Outbox;
use super::pending_calls::{Background, Wait};
use super::reply::{Due, Reply};
use super::turn_detector::{TurnAudio, TurnDetector};
use super::turn_state::{Source, TurnFrames, delivery};
use crate::agent::{Agent, Duty, Event, Heard, INPUT_RATE, Keeper, Opening, Prompt, Waker};
use crate::budget::Share;
use crate::close::Closing;
use crate::faults::Fault;
use crate::resumption::{OpenSession, Saved};
use crate::shared::Shared;

/// What the agent is doing.
pub(super) enum Turn {
    Idle,
    Replying(Box<Reply>),
    /// Functions are called whose answers it waits for.
    Waiting(Wait),
}

/// How turns are found.
pub(super) enum TurnSource {
    Automatic(Box<TurnDetector>),
    /// By the client's marks; the turn's audio between them.
    Marked(Option<TurnAudio>),
}

/// The last moment at which nobody spoke: what is said in the middle of a turn is in no handle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checkpoint {
    /// The client message.
    pub(super) message: u64,
    /// Samples so far.
    pub(super) heard: u64,
}

/// A session after its setup.
pub(super) struct Conversation {
    pub(super) shared: Arc<Shared>,
    pub(super) setup: NegotiatedSetup,
    /// What the setup takes of what all sessions may keep.
    pub(super) room: Share,
    pub(super) mark: OpenSession,
    pub(super) agent: Box<dyn Agent>,
    pub(super) saved: Saved,
    pub(super) turn_source: TurnSource,
    /// Audio received so far, in ms.
    pub(super) received_ms: u64,
    pub(super) resampler: Option<PcmResampler>,
    pub(super) turn: Turn,
    /// Calls that no turn waits for.
    pub(super) background: Background,
    /// Turns that wait for a reply that may not be interrupted.
    pub(super) queued: VecDeque<(Prompt, Source)>,
    /// What was sent of the turn in progress.
    pub(super) frames: TurnFrames,
    /// What is known of a spoken turn whose transcript is sent as one.
    pub(super) transcript: String,
    /// The language that was heard last, where the agent tells.
    pub(super) language: Option<String>,
    /// Whether speech ended whose transcript is all that the client gets.
    pub(super) owes_transcript: bool,
    /// Whether the client wants an answer to what stands unanswered, and waits for what is being heard.
    pub(super) is_nudged: bool,
    /// When the user was last answered; `None` when more was said since that nothing answers yet.
    pub(super) answered: Option<Instant>,
    /// Client messages over this connection; the setup has the number 0.
    pub(super) messages: u64,
    pub(super) checkpoint: Checkpoint,
    go_away_at: Option<Instant>,
    end_at: Option<Instant>,
    /// Whether the server ends.
    draining: bool,
    /// How the connection ends by a fault that was made.
    pub(super) ending: Option<Closing>,
}

impl Conversation {
    pub(super) fn new(
        shared: Arc<Shared>,
        (connection, waker): (u64, Waker),
        (mut setup, room): (NegotiatedSetup, Share),
        mark: OpenSession,
        resumed: Option<Saved>,
        now: Instant,
    ) -> Self {
        let mut saved = resumed.unwrap_or_else(|| {
            let mut saved = Saved { model: setup.model.clone(), ..Saved::default() };
            saved.context.add_text_bytes(setup.instruction_bytes);
            saved
        });
        let agent = shared.agents.open(Opening {
            duty: setup.duty.clone(),
            connection,
            model: setup.model.clone(),
            voice: setup.voice.clone(),
            instructions: std::mem::take(&mut setup.instructions),
            functions: Arc::clone(&setup.functions),
            delivery: delivery(&setup),
            saved: saved.agent.take(),
            waker,
            keeper: Keeper::of(&shared.budgets.kept),
        });
        let turn_source = match setup.timing {
            Some(timing) => TurnSource::Automatic(Box::new(TurnDetector::new(timing))),
            None => TurnSource::Marked(None),
        };
        let limit = shared.config.connection_limit;
        let notice = limit.map(|limit| limit.saturating_sub(shared.config.go_away_notice));
        let checkpoint = Checkpoint { message: 0, heard: saved.heard };
        Self {
            shared,
            setup,
            room,
            mark,
            agent,
            saved,
            turn_source,
            received_ms: 0,
            resampler: None,
            turn: Turn::Idle,
            background: Background::default(),
            queued: VecDeque::new(),
            frames: TurnFrames::default(),
            transcript: String::new(),
            language: None,
            owes_transcript: false,
            is_nudged: false,
            answered: None,
            messages: 0,
            checkpoint,
            // A limit beyond the end of time is none.
            go_away_at: notice.and_then(|notice| now.checked_add(notice)),
            end_at: limit.and_then(|limit| now.checked_add(limit)),
            draining: false,
            ending: None,
        }
    }

    /// When [`on_due`](Self::on_due) wants to be called; a full outbox holds a reply back.
    pub(super) fn due(&self, full: bool) -> Option<Instant> {
        let reply = match &self.turn {
            Turn::Replying(reply) if !(full && reply.is_generating()) => reply.due(),
            _ => None,
        };
        let agent = self.agent.due().filter(|_| !full && self.may_speak_up());
        [reply, agent, self.go_away_at, self.end_at].into_iter().flatten().min()
    }

    pub(super) fn on_due(&mut self, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        if self.end_at.is_some_and(|end| end <= now) {
            return Err(if self.draining { Closing::going_away() } else { Closing::deadline() });
        }
        if self.go_away_at.is_some_and(|at| at <= now) {
            self.go_away_at = None;
            self.go_away(now, out);
        }
        while !out.is_full() && self.ending.is_none() {
            let Turn::Replying(reply) = &mut self.turn else { break };
            let Some(due) = reply.poll(self.agent.as_mut(), now) else { break };
            self.on_reply(due, now, out);
        }
        if self.may_speak_up() && self.agent.speak_up(now) {
            self.begin_turn(now, out);
        }
        self.answer_what_waits(now, out);
        Ok(())
    }

    pub(super) fn on_reply(&mut self, due: Due, now: Instant, out: &mut Outbox) {
        match due {
            Due::Chunk(chunk) => self.send_sound(chunk, out),
            Due::Words(words) => self.send_words(words, out),
            Due::WordsDone => self.close_transcript(out),
            Due::Thought(text) => self.send_thought(text, out),
            Due::Calls(calls) => self.call(calls, now, out),
            Due::Fault(fault) => self.make(fault, now, out),
            Due::Generated => {
                self.close_transcript(out);
                if self.setup.duty == Duty::Converse {
                    out.generation_complete();
                }
            }
            Due::Nothing | Due::Played => {
                self.end_turn(now, out);
                if let Some((prompt, source)) = self.queued.pop_front() {
                    self.answer(prompt, source, now, out);
                }
            }
        }
    }

    /// Makes a fault.
    pub(super) fn make(&mut self, fault: Fault, now: Instant, out: &mut Outbox) {
        match fault {
            Fault::Cut => self.ending = Some(Closing::cut()),
            Fault::Close { code, reason } => self.ending = Some(Closing::new(code, reason)),
            Fault::GoAway(left) => {
                // A time beyond the end of time is none.
                self.end_at = self.end_at.into_iter().chain(now.checked_add(left)).min();
                self.go_away_at = None;
                self.go_away(now, out);
            }
            Fault::Frame(frame) => out.push_frame(frame),
            Fault::Handle if self.setup.resumable => self.send_handle(now, out),
            Fault::Handle => {}
            Fault::NoUsage => self.frames.hides_usage = true,
            Fault::Silence => self.fall_silent(now),
        }
    }

    /// The server ends: tells so, and gives what is being answered a little time.
    pub(super) fn drain(&mut self, now: Instant, out: &mut Outbox) {
        self.draining = true;
        if !self.is_drained() {
            let end = now + DRAIN;
            self.end_at = Some(self.end_at.map_or(end, |at| at.min(end)));
            self.go_away_at = None;
            self.go_away(now, out);
        }
    }

    /// Whether the server ends and nothing is being understood or answered here.
    pub(super) fn is_drained(&self) -> bool {
        self.draining && matches!(self.turn, Turn::Idle) && !self.agent.is_understanding()
    }

    fn go_away(&self, now: Instant, out: &mut Outbox) {
        let left = self.end_at.map_or(Duration::ZERO, |end| end.saturating_duration_since(now));
        let left = Duration::from_millis(left.as_millis() as u64);
        let go_away = GoAway { time_left: Some(WireDuration(left)) };
        out.push(&ServerMessage { go_away: Some(go_away), ..ServerMessage::default() });
    }

    /// Whether the agent may begin a turn by itself.
    fn may_speak_up(&self) -> bool {
        self.setup.duty == Duty::Converse && self.is_quiet()
    }

    /// Whether nobody speaks, and nothing is being understood or answered.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self.turn, Turn::Idle) && !self.is_speaking() && !self.agent.is_understanding()
    }

    /// The user began to speak.
    pub(super) fn on_speech_started(&mut self, now: Instant, out: &mut Outbox) {
        self.agent.on_event(Event::SpeechStarted, now);
        if self.setup.interrupts {
            self.interrupt(Source::Speech, now, out);
        }
    }

    /// The user finished speaking.
    pub(super) fn on_speech_ended(&mut self, audio: Vec<i16>, now: Instant, out: &mut Outbox) {
        if !self.setup.all_audio_counts {
            self.saved.context.add_audio_ms(samples_ms(audio.len()));
        }
        self.agent.on_event(Event::SpeechEnded(audio), now);
        self.owes_transcript |= self.setup.duty == Duty::Transcribe;
        self.take_heard(now, out);
    }

    /// Takes what was done for the agent elsewhere.
    pub(super) fn on_wake(&mut self, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        self.agent.on_event(Event::Woken, now);
        self.take_heard(now, out);
        self.on_due(now, out)
    }

    fn take_heard(&mut self, now: Instant, out: &mut Outbox) {
        while let Some(known) = self.agent.heard(now) {
            match known {
                Heard::Words(words) => self.hear_words(&words, out),
                Heard::Language(language) => self.language = Some(language),
                Heard::Turn(_) if self.setup.duty == Duty::Transcribe => {}
                Heard::Turn(prompt) => {
                    self.send_transcript(out);
                    self.is_nudged = false;
                    self.ask(prompt, Source::Speech, now, out);
                }
            }
        }
        if self.owes_transcript && !self.agent.is_understanding() {
            self.owes_transcript = false;
            self.write_down(out);
        }
    }

    pub(super) fn is_speaking(&self) -> bool {
        match &self.turn_source {
            TurnSource::Automatic(detector) => detector.is_in_turn(),
            TurnSource::Marked(turn) => turn.is_some(),
        }
    }

    /// Which session this is, across its connections.
    pub(super) fn id(&self) -> u64 {
        self.mark.id()
    }
}

pub(super) fn samples_ms(samples: usize) -> u64 {
    samples as u64 * 1000 / u64::from(INPUT_RATE)
}
