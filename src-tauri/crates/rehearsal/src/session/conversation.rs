//! A session after its setup: turns, replies, interruptions, calls. Owns all of the session's state; nothing here waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use live_proto::wire::{GoAway, ServerContent, ServerMessage, WireDuration};
use tokio::time::Instant;

use super::DRAIN;
use super::negotiated_setup::NegotiatedSetup;
use super::outbox::{Outbox, heard, speech};
use super::reply::{Due, Reply};
use super::thinking::LlmTurn;
use super::tools::{Background, Wait};
use super::transcription::{Known, Transcription};
use super::usage::Context;
use crate::Shared;
use crate::budget::Share;
use crate::close::Closing;
use crate::compute_pool::{Job, Waker};
use crate::image_stats::ImageStats;
use crate::intents::{Memory, Role};
use crate::resample::{INPUT_RATE, Resampler};
use crate::resumption::OpenMark;
use crate::turns::{TurnAudio, TurnDetector};
use crate::voice::{Prepared, Speaker};

/// Turns that wait for a reply that may not be interrupted; the oldest is dropped for a new one.
pub(super) const QUEUED: usize = 4;
/// Less than this is no turn, in samples at 16 kHz (100 ms).
pub(super) const LEAST_AUDIO: usize = INPUT_RATE as usize / 10;

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
    pub(super) explained: bool,
}

/// What the partner is doing.
pub(super) enum Turn {
    Idle,
    Replying(Box<Reply>),
    Waiting(Wait),
    /// Pictures are being looked at.
    Looking(Job<ImageStats>),
}

/// How turns are found.
pub(super) enum TurnSource {
    Automatic(Box<TurnDetector>),
    /// By the client's marks; the turn's audio between them.
    Marked(Option<TurnAudio>),
}

pub(super) enum Prompt {
    Spoken(Vec<i16>),
    Written(String),
}

/// A picture that is kept to be looked at, and the room that it takes.
pub(super) struct Kept {
    pub(super) picture: Bytes,
    pub(super) _room: Share,
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
    pub(super) setup: NegotiatedSetup,
    /// What the setup takes of what all sessions may keep.
    pub(super) room: Share,
    pub(super) mark: OpenMark,
    pub(super) waker: Waker,
    pub(super) saved: Saved,
    pub(super) listening: TurnSource,
    pub(super) transcription: Transcription,
    pub(super) speaker: Speaker,
    /// The first sentence of what is likely to be said next.
    pub(super) prepared: Option<Prepared>,
    /// The newest pictures, the newest last; not those of earlier connections.
    pub(super) pictures: VecDeque<Kept>,
    /// Audio received so far, in ms.
    pub(super) received_ms: u64,
    /// Words that were heard but not answered, since the user went on speaking.
    pub(super) unanswered: String,
    pub(super) resampler: Option<Resampler>,
    pub(super) turn: Turn,
    /// What a language model is being asked, or was asked last.
    pub(super) thread: LlmTurn,
    /// What is said before the next thing that is said.
    pub(super) preface: Option<String>,
    /// Calls that no turn waits for.
    pub(super) background: Background,
    pub(super) queued: VecDeque<Prompt>,
    /// Client messages over this connection; the setup has the number 0.
    pub(super) messages: u64,
    pub(super) quiet: Quiet,
    go_away_at: Option<Instant>,
    end_at: Option<Instant>,
    /// Whether the server ends.
    draining: bool,
}

impl Conversation {
    pub(super) fn new(
        shared: Arc<Shared>,
        waker: Waker,
        (setup, room): (NegotiatedSetup, Share),
        mark: OpenMark,
        resumed: Option<Saved>,
        now: Instant,
    ) -> Self {
        let saved = resumed.unwrap_or_else(|| {
            let mut saved = Saved { model: setup.model.clone(), ..Saved::default() };
            saved.context.add_text_bytes(setup.instruction_bytes);
            saved
        });
        let listening = match setup.timing {
            Some(timing) => TurnSource::Automatic(Box::new(TurnDetector::new(timing))),
            None => TurnSource::Marked(None),
        };
        let transcription = Transcription::new(Arc::clone(&shared.compute_pool), waker.clone());
        let speaker = Speaker::new(Arc::clone(&shared.compute_pool), waker.clone(), setup.character);
        let limit = shared.config.connection_limit;
        let notice = limit.map(|limit| limit.saturating_sub(shared.config.go_away_notice));
        let quiet = Quiet { message: 0, heard: saved.heard };
        Self {
            shared,
            setup,
            room,
            mark,
            waker,
            saved,
            listening,
            transcription,
            speaker,
            prepared: None,
            pictures: VecDeque::new(),
            received_ms: 0,
            unanswered: String::new(),
            resampler: None,
            turn: Turn::Idle,
            thread: LlmTurn::default(),
            preface: None,
            background: Background::default(),
            queued: VecDeque::new(),
            messages: 0,
            quiet,
            // A limit beyond the end of time is none.
            go_away_at: notice.and_then(|notice| now.checked_add(notice)),
            end_at: limit.and_then(|limit| now.checked_add(limit)),
            draining: false,
        }
    }

    /// When [`on_due`](Self::on_due) wants to be called; a full outbox holds a reply back.
    pub(super) fn due(&self, full: bool) -> Option<Instant> {
        let reply = match &self.turn {
            Turn::Replying(reply) if !(full && reply.is_generating()) => reply.due(),
            _ => None,
        };
        let timer = self.saved.memory.timers.due().filter(|_| !full && self.is_quiet());
        [reply, timer, self.go_away_at, self.end_at].into_iter().flatten().min()
    }

    pub(super) fn on_due(&mut self, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        if self.end_at.is_some_and(|end| end <= now) {
            return Err(if self.draining { Closing::going_away() } else { Closing::deadline() });
        }
        if self.go_away_at.is_some_and(|at| at <= now) {
            self.go_away_at = None;
            self.go_away(now, out);
        }
        while !out.is_full() {
            let Turn::Replying(reply) = &mut self.turn else { break };
            match reply.poll(now) {
                Some(Due::Chunk(chunk)) => {
                    let text = chunk.text.filter(|_| self.setup.transcribes);
                    for event in speech(&chunk.pcm, text, self.setup.events_together) {
                        out.content(event);
                    }
                }
                Some(Due::Unfinished(ended)) => self.on_ended(ended, now, out),
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
        self.ring(now);
        self.tell_next(now);
        Ok(())
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
        self.draining && matches!(self.turn, Turn::Idle) && !self.transcription.is_busy()
    }

    fn go_away(&self, now: Instant, out: &mut Outbox) {
        let left = self.end_at.map_or(Duration::ZERO, |end| end.saturating_duration_since(now));
        let left = Duration::from_millis(left.as_millis() as u64);
        let go_away = GoAway { time_left: Some(WireDuration(left)) };
        out.push(&ServerMessage { go_away: Some(go_away), ..ServerMessage::default() });
    }

    /// Whether nobody speaks, and nothing is being understood or answered.
    pub(super) fn is_quiet(&self) -> bool {
        matches!(self.turn, Turn::Idle) && !self.is_speaking() && !self.transcription.is_busy()
    }

    /// The user began to speak.
    pub(super) fn activity(&mut self, now: Instant, out: &mut Outbox) {
        if self.setup.interrupts {
            self.interrupt(now, out);
        }
    }

    /// The user finished speaking.
    pub(super) fn heard(&mut self, audio: Vec<i16>, now: Instant, out: &mut Outbox) {
        if !self.setup.all_audio_counts {
            self.saved.context.add_audio_ms(samples_ms(audio.len()));
        }
        if self.transcription.is_there() && audio.len() >= LEAST_AUDIO {
            self.transcription.on_end(audio);
        } else {
            self.ask(Prompt::Spoken(audio), now, out);
        }
    }

    /// Takes what the compute_pool has done: words that were heard, sound that was made.
    pub(super) fn on_wake(&mut self, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        while let Some(known) = self.transcription.poll() {
            match known {
                Known::More(words) => self.write_down(words, out),
                Known::Unheard(audio) => self.ask(Prompt::Spoken(audio), now, out),
                Known::All { rest, text } => {
                    self.write_down(rest, out);
                    self.understood(&text, now, out);
                }
            }
        }
        if let Some(text) = self.transcription.likely() {
            self.prepare(&text, now);
        }
        self.on_sight(now);
        self.on_due(now, out)
    }

    fn write_down(&mut self, words: String, out: &mut Outbox) {
        if self.setup.transcribes_input && !words.is_empty() {
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
