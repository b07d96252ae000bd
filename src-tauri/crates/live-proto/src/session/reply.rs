//! Which reply a piece belongs to, and which pieces come too late (PROTOCOL.md §3.1). Pure.
//!
//! The wire numbers nothing: a reply begins with the first piece after a turn's end, and what arrives between
//! `interrupted` and `turnComplete` is residue of the reply that was broken off.

use std::time::Duration;

use super::event::{Generation, Millis};

#[derive(Debug, Default)]
pub(super) struct Replies {
    /// Of the reply that runs, or ran last.
    last: Generation,
    state: State,
    /// Whether the person said or typed something since the last turn's end.
    heard_since: bool,
    /// Whether all of the last reply has come.
    generated: bool,
    /// Whether the last turn that ended was that of a reply which was broken off.
    after_cut: bool,
    /// When something was typed that has no answer yet. What is spoken may be meant for somebody else.
    asked_at: Option<Millis>,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    /// No reply runs.
    #[default]
    Idle,
    Running,
    /// Broken off at this time; its turn is not complete yet.
    BrokenOff(Millis),
}

impl Replies {
    /// The reply that a piece of content belongs to; `None`: it comes too late.
    pub(super) fn content(&mut self, now: Millis, residue: Duration) -> Option<Generation> {
        match self.state {
            State::BrokenOff(at) if now < at.after(residue) => return None,
            State::Running => {}
            State::Idle | State::BrokenOff(_) => self.begin(),
        }
        Some(self.last)
    }

    /// The reply that a piece of transcript belongs to. It may lag behind the sound and the turn, so it only begins a
    /// reply when something was said to reply to.
    pub(super) fn transcript(&mut self) -> Generation {
        if self.state == State::Idle && (self.heard_since || self.last == Generation(0)) {
            self.begin();
        }
        self.last
    }

    /// Whether words that come now may be those of the next reply as well as the last ones of a reply that was broken off.
    pub(super) fn is_undecided(&self, now: Millis, residue: Duration) -> bool {
        match self.state {
            State::Idle => self.after_cut,
            State::BrokenOff(at) => now >= at.after(residue),
            State::Running => false,
        }
    }

    /// Another reply begins.
    pub(super) fn begin(&mut self) {
        self.last = Generation(self.last.0.wrapping_add(1));
        self.state = State::Running;
        self.heard_since = false;
        self.generated = false;
        self.after_cut = false;
        self.asked_at = None;
    }

    /// The person typed something: it is answered.
    pub(super) fn asked(&mut self, now: Millis) {
        self.asked_at = Some(now);
    }

    /// Since when something typed waits for its answer.
    pub(super) fn asked_at(&self) -> Option<Millis> {
        self.asked_at
    }

    /// The model stays silent on purpose.
    pub(super) fn stays_silent(&mut self) {
        self.asked_at = None;
    }

    /// Whether a reply's turn goes on.
    pub(super) fn under_way_reply(&self) -> bool {
        self.state == State::Running
    }

    /// Whether the reply was broken off and its turn is not complete yet.
    pub(super) fn is_broken_off(&self) -> bool {
        matches!(self.state, State::BrokenOff(_))
    }

    /// All of the reply has come; its turn goes on as long as it plays.
    pub(super) fn generated(&mut self) {
        self.generated = true;
    }

    /// Whether all of the reply has come whose turn goes on.
    pub(super) fn is_generated(&self) -> bool {
        self.state == State::Running && self.generated
    }

    /// Whether more of a reply is to come.
    pub(super) fn is_running(&self) -> bool {
        self.state == State::Running && !self.generated
    }

    /// The connection is gone, and with it the reply. True when one ran.
    pub(super) fn lost(&mut self) -> bool {
        self.heard_since = false;
        self.after_cut = false;
        self.asked_at = None;
        std::mem::take(&mut self.state) == State::Running
    }

    /// The person said or typed something.
    pub(super) fn heard(&mut self) {
        self.heard_since = true;
    }

    /// The reply was broken off.
    pub(super) fn interrupted(&mut self, now: Millis) -> Generation {
        if self.state == State::Running {
            self.state = State::BrokenOff(now);
        }
        self.last
    }

    /// The turn is over.
    pub(super) fn turn_complete(&mut self) -> Generation {
        // A transcript that lags behind an interruption shall not look like the answer to it, so more must be heard
        // before a transcript alone begins the next reply.
        self.after_cut = matches!(self.state, State::BrokenOff(_));
        if self.after_cut {
            self.heard_since = false;
        }
        self.state = State::Idle;
        self.asked_at = None;
        self.last
    }

    pub(super) fn last(&self) -> Generation {
        self.last
    }

    /// Whether the model or the person is in the middle of something.
    pub(super) fn under_way(&self) -> bool {
        self.state == State::Running || self.heard_since
    }
}
