//! Assigns content to replies and drops residue of interrupted ones (PROTOCOL.md §3.1). Pure.
//!
//! The wire has no reply numbers. A reply begins with the first content after the end of a turn. What arrives between
//! `interrupted` and `turnComplete` is residue of the interrupted reply.

use std::time::Duration;

use super::event::{Generation, Millis};

#[derive(Debug, Default)]
pub(super) struct Replies {
    /// The generation of the current or last reply.
    last: Generation,
    state: State,
    /// Whether the person said or typed something since the last turn ended.
    user_said_since: bool,
    /// Whether the last reply has arrived completely.
    generated: bool,
    /// Whether the last turn that ended was interrupted.
    after_interruption: bool,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    /// No reply is in progress.
    #[default]
    Idle,
    Running,
    /// The reply was interrupted at this time; its turn is not complete yet.
    BrokenOff(Millis),
}

impl Replies {
    /// Returns the reply that content belongs to; `None` for residue.
    pub(super) fn content(&mut self, now: Millis, residue: Duration) -> Option<Generation> {
        match self.state {
            State::BrokenOff(at) if now < at.after(residue) => return None,
            State::Running => {}
            State::Idle | State::BrokenOff(_) => self.begin(),
        }
        Some(self.last)
    }

    /// Returns the reply that a piece of transcript belongs to. Transcript may lag behind the audio and the turn, so
    /// it starts a reply only when the person said something.
    pub(super) fn transcript(&mut self) -> Generation {
        if self.state == State::Idle && (self.user_said_since || self.last == Generation(0)) {
            self.begin();
        }
        self.last
    }

    /// Returns whether transcript that arrives now could belong to the next reply or to the interrupted one.
    pub(super) fn is_undecided(&self, now: Millis, residue: Duration) -> bool {
        match self.state {
            State::Idle => self.after_interruption,
            State::BrokenOff(at) => now >= at.after(residue),
            State::Running => false,
        }
    }

    /// Begins another reply.
    pub(super) fn begin(&mut self) {
        self.last = Generation(self.last.0.wrapping_add(1));
        self.state = State::Running;
        self.user_said_since = false;
        self.generated = false;
        self.after_interruption = false;
    }

    /// Returns whether the turn of a reply is in progress.
    pub(super) fn in_progress(&self) -> bool {
        self.state == State::Running
    }

    /// Returns whether the reply was interrupted and its turn is not complete yet.
    pub(super) fn is_broken_off(&self) -> bool {
        matches!(self.state, State::BrokenOff(_))
    }

    /// Records that the reply has arrived completely; its turn lasts as long as it plays.
    pub(super) fn generated(&mut self) {
        self.generated = true;
    }

    /// Returns whether the reply has arrived completely and its turn is in progress.
    pub(super) fn is_generated(&self) -> bool {
        self.state == State::Running && self.generated
    }

    /// Returns whether more of a reply will arrive.
    pub(super) fn is_running(&self) -> bool {
        self.state == State::Running && !self.generated
    }

    /// Handles a lost connection. Returns true when a reply was in progress.
    pub(super) fn on_connection_lost(&mut self) -> bool {
        self.user_said_since = false;
        self.after_interruption = false;
        std::mem::take(&mut self.state) == State::Running
    }

    /// Records that the person said or typed something.
    pub(super) fn user_said(&mut self) {
        self.user_said_since = true;
    }

    /// Records an interruption.
    pub(super) fn interrupted(&mut self, now: Millis) -> Generation {
        if self.state == State::Running {
            self.state = State::BrokenOff(now);
        }
        self.last
    }

    /// Ends the turn.
    pub(super) fn turn_complete(&mut self) -> Generation {
        // Transcript that lags behind an interruption must not look like the answer to it. So the person has to say
        // more before transcript alone begins the next reply.
        self.after_interruption = matches!(self.state, State::BrokenOff(_));
        if self.after_interruption {
            self.user_said_since = false;
        }
        self.state = State::Idle;
        self.last
    }

    pub(super) fn last(&self) -> Generation {
        self.last
    }

    /// Returns whether a reply or an exchange is in progress.
    pub(super) fn exchange_open(&self) -> bool {
        self.state == State::Running || self.user_said_since
    }
}
