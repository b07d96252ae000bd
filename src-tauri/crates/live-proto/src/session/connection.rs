//! The session's way from one connection to the next (PROTOCOL.md §3.2): losses, pauses, announced ends, and what is
//! said again afterwards. Pure.
//!
//! One policy holds for every cause: the first try is made at once, and then the pauses grow. Only a session that has lived
//! earns the first try back ([`Connection::has_lived`]); that its setup was taken proves nothing. Besides, there is a limit
//! to how many connections are made in any ten seconds, whatever happens ([`Connection::free_at`]).

use std::collections::VecDeque;
use std::time::Duration;

use super::event::{Event, Millis, Output, TransportClosed};
use super::limits::Limits;
use super::{Phase, Session};
use crate::catalogue::History as HistoryWay;
use crate::close::{CloseCause, CloseKind, Retry, classify_close};
use crate::wire::{self, ClientContent, ClientMessage, HistoryConfig, SessionResumptionUpdate};

/// Bytes of 16 kHz sound in a millisecond.
const BYTES_PER_MS: u64 = 32;
/// Tries with a handle that end in an error of the service before a new session is begun instead: not every 1011 can be
/// resumed (PROTOCOL.md §3.2).
const TRIES_WITH_HANDLE: u32 = 3;
/// By how many milliseconds another announced end is told anew.
const OTHER_TIME_MS: u64 = 1_000;

/// What is known of the present connection and of those before it.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// Whether a setup was ever taken.
    pub(super) was_ready: bool,
    /// How many tries there were since a session lived.
    attempt: u32,
    /// How many connections with a handle ended in an error of the service before they lived.
    failed_handles: u32,
    /// When the present connection's setup was taken.
    ready_at: Millis,
    /// Whether the service said or asked something over it.
    pub(super) is_used: bool,
    /// When the last connections were made, the oldest first: when each was open, as far as it came.
    made: VecDeque<Millis>,
    /// When the last message came.
    pub(super) heard_at: Millis,
    /// The number that this connection's setup has among all client messages.
    base: u64,
    /// When the service will close, as it announced.
    closes_at: Option<Millis>,
    /// Until when a connection is kept whose end is announced: the pause before the next one passes on it.
    kept_until: Millis,
    /// How the present connection began.
    beginning: Beginning,
    /// Whether the exchange under way will be said again.
    again: bool,
    /// Bytes of sound that had been dropped when the last connection went.
    dropped_before: u64,
    /// For the spread of the pauses.
    random: u64,
}

/// How a connection begins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Beginning {
    /// It is the first, or has not begun.
    #[default]
    New,
    /// With a handle: the session goes on.
    Resumed,
    /// Without one: the service will know nothing of what was said before.
    Fresh,
}

impl Connection {
    /// Whether the present session has proved that the way to it is good: it held for some time, and something was said.
    fn has_lived(&self, limits: &Limits, now: Millis) -> bool {
        let steady = if self.is_used { limits.steady } else { limits.steady_silence };
        self.ready_at.after(steady) <= now
    }

    /// When another connection may be made.
    fn free_at(&self, limits: &Limits, now: Millis) -> Millis {
        match self.made.front() {
            Some(oldest) if self.made.len() >= limits.connections => {
                now.max(oldest.after(limits.rate_window + Duration::from_millis(1)))
            }
            _ => now,
        }
    }

    /// A connection is being made.
    fn made(&mut self, limits: &Limits, now: Millis) {
        self.made.push_back(now);
        while self.made.len() > limits.connections {
            self.made.pop_front();
        }
    }

    /// A connection is open, or was not to be had. It reached the other side by now at the latest.
    pub(super) fn arrived(&mut self, now: Millis) {
        match self.made.back_mut() {
            Some(last) => *last = now,
            // The first one is made by whoever makes the session.
            None => self.made.push_back(now),
        }
    }

    /// The pause before this try: none before the first, then doubled with every one, spread over its upper half.
    fn pause(&mut self, attempt: u32, limits: &Limits) -> Duration {
        let Some(doublings) = attempt.checked_sub(2) else { return Duration::ZERO };
        let longest = limits.first_pause.saturating_mul(1 << doublings.min(16)).min(limits.longest_pause);
        let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX).max(1);
        Duration::from_millis(millis - self.next_random() % (millis / 2 + 1))
    }

    /// `SplitMix64` (Steele, Lea and Flood 2014).
    fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The shortest pause that a lack of room leads to.
const HASTE: Duration = Duration::from_secs(1);

impl Session {
    /// Sets what the spread of the pauses depends on, so that many clients do not come back at the same moment.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.connection.random = seed;
        self
    }

    /// The frame that opens a connection.
    pub(super) fn setup_frame(&mut self) -> bytes::Bytes {
        let mut setup = self.setup.clone();
        if let Some(resumption) = &mut setup.session_resumption {
            resumption.handle.clone_from(&self.handle);
        }
        if self.handle.is_some() {
            // Its history comes with it, and the service would wait for turns that nobody sends.
            setup.history_config = None;
        }
        self.connection.beginning = match (&self.handle, self.connection.was_ready) {
            (Some(_), _) => Beginning::Resumed,
            (None, true) => Beginning::Fresh,
            (None, false) => Beginning::New,
        };
        let is_fresh = self.connection.beginning == Beginning::Fresh;
        if is_fresh && self.history_way == HistoryWay::Initial && !self.history.all().is_empty() {
            setup.history_config = Some(HistoryConfig { initial_history_in_client_content: Some(true) });
        }
        self.connection.base = self.messages;
        self.messages += 1;
        wire::encode(&ClientMessage::Setup(setup)).into()
    }

    /// The setup was taken.
    pub(super) fn ready(&mut self, session_id: Option<String>, now: Millis) {
        if !matches!(self.phase, Phase::SettingUp { .. }) {
            return;
        }
        self.phase = Phase::Live;
        self.connection.ready_at = now;
        self.connection.heard_at = now;
        self.connection.closes_at = None;
        self.connection.is_used = false;
        if !std::mem::replace(&mut self.connection.was_ready, true) {
            return self.event(Event::Ready { session_id });
        }
        self.counters.reconnects += 1;
        let in_time = |bytes: u64| Duration::from_millis(bytes / BYTES_PER_MS);
        let dropped = self.counters.held_audio_dropped - self.connection.dropped_before;
        let again = std::mem::take(&mut self.connection.again);
        self.event(Event::Resumed {
            fresh: self.connection.beginning == Beginning::Fresh,
            again,
            kept: in_time(self.backlog.waiting_bytes() as u64),
            lost: in_time(dropped),
        });
        self.tell_history();
    }

    /// Tells the service what it does not know, as its model takes it.
    fn tell_history(&mut self) {
        let is_fresh = self.connection.beginning == Beginning::Fresh;
        let (turns, turn_complete) = match (is_fresh, self.history_way) {
            (true, HistoryWay::Initial) => (self.history.all(), true),
            (true, HistoryWay::ClientContent) => (self.history.all(), false),
            (false, HistoryWay::ClientContent) => (self.history.since_checkpoint(), false),
            (false, HistoryWay::Initial) | (_, HistoryWay::None) => return,
        };
        if !turns.is_empty() {
            self.send(&ClientMessage::ClientContent(ClientContent {
                turns,
                turn_complete: Some(turn_complete),
            }));
        }
    }

    /// The connection is closed or broken.
    pub(super) fn transport_closed(&mut self, closed: &TransportClosed, now: Millis) {
        let mut cause = classify_close(closed.code, &closed.reason);
        match self.phase {
            // The end was wished, however it came.
            Phase::Draining { .. } => cause.kind = CloseKind::Normal,
            // A bad setup is answered with a plain 1000 sometimes (PROTOCOL.md §6).
            Phase::Connecting | Phase::SettingUp { .. } if cause.kind == CloseKind::Normal => {
                cause.kind = CloseKind::Refused;
            }
            Phase::Leaving { then, .. } => return self.left(then, now),
            _ => {}
        }
        self.lost(cause, now);
    }

    /// There is no connection any more, or none came about: ends the session, or goes on to the next.
    pub(super) fn lost(&mut self, cause: CloseCause, now: Millis) {
        if !self.connection.was_ready || matches!(self.phase, Phase::Draining { .. }) {
            return self.over(cause);
        }
        let was_live = matches!(self.phase, Phase::Live);
        self.count_attempt(was_live, now);
        if was_live {
            self.break_off();
        }
        let fails_with_handle = std::mem::take(&mut self.connection.beginning) == Beginning::Resumed;
        let retry = match cause.kind {
            // Only the person ends a conversation.
            CloseKind::Normal => Retry::Resume,
            // It may be the handle that is refused.
            CloseKind::Refused if !was_live && self.handle.is_some() => Retry::Fresh,
            CloseKind::Internal | CloseKind::Other | CloseKind::SetupTimeout if fails_with_handle => {
                self.connection.failed_handles += 1;
                let often = self.connection.failed_handles >= TRIES_WITH_HANDLE;
                if often { Retry::Fresh } else { Retry::Resume }
            }
            kind => kind.retry(),
        };
        match retry {
            Retry::Never => return self.over(cause),
            Retry::Fresh => self.handle = None,
            Retry::Resume => {}
        }
        let mut pause = self.connection.pause(self.connection.attempt, &self.limits);
        // While somebody speaks the room for it shrinks: the next try comes before it is full, and a third is left for
        // one more. Once it is full, nothing is won by haste.
        let room = self.backlog.room(&self.limits);
        if room >= HASTE {
            pause = pause.min((room * 2 / 3).max(HASTE));
        }
        let until = now.after(pause).max(self.connection.free_at(&self.limits, now));
        let retry_in = Duration::from_millis(until.0.saturating_sub(now.0));
        self.event(Event::Reconnecting { cause, attempt: self.connection.attempt, retry_in });
        self.phase = Phase::Waiting { until };
        if retry_in.is_zero() {
            self.connect(now);
        }
    }

    /// One more try follows. It is the first one when the session lived.
    fn count_attempt(&mut self, was_live: bool, now: Millis) {
        if was_live && self.connection.has_lived(&self.limits, now) {
            (self.connection.attempt, self.connection.failed_handles) = (0, 0);
            self.connection.beginning = Beginning::New;
        }
        self.connection.attempt = self.connection.attempt.saturating_add(1);
    }

    /// Takes back what the lost connection leaves unfinished.
    fn break_off(&mut self) {
        self.connection.dropped_before = self.counters.held_audio_dropped;
        let generation = self.replies.last();
        let is_generated = self.replies.is_generated();
        if is_generated {
            self.exchange_complete();
        }
        let is_open = self.history.is_open();
        let sent = self.backlog.times_sent();
        let is_often = sent >= self.limits.says;
        let dropped = self.backlog.give_up(if is_open && is_often { 0 } else { self.limits.says });
        let is_given_up = is_often && (is_open || dropped);
        // What was forgotten since it began cannot be said again.
        let is_whole =
            !is_given_up && self.open_since.is_none_or(|forgotten| forgotten == self.backlog.forgotten());
        let ran = self.replies.lost() && !is_generated;
        let again = is_whole && self.history.lost() && (is_open || ran);
        if is_given_up {
            // As text it may do the same.
            self.history.forget_open();
        } else if !is_whole {
            self.history.complete(generation);
        }
        self.open_since = None;
        self.early.clear();
        self.connection.again = again;
        self.backlog.lost();
        self.audio_open = false;
        let ids = self.calls.cancel_all();
        if !ids.is_empty() {
            self.event(Event::ToolCallsCancelled { ids });
        }
        if is_given_up {
            self.event(Event::GivenUp { sent });
        }
        if is_generated || is_given_up || ran && !again {
            // What came of it is all there will be.
            self.event(Event::TurnComplete { generation, reason: None, more_follows: false });
        }
    }

    /// Makes another connection, once one may be made.
    pub(super) fn connect(&mut self, now: Millis) {
        let until = self.connection.free_at(&self.limits, now);
        if until > now {
            self.phase = Phase::Waiting { until };
            return;
        }
        self.connection.made(&self.limits, now);
        self.phase = Phase::Connecting;
        self.outputs.push_back(Output::Connect);
    }

    /// The network came back, or it is another one: no reason to wait any longer.
    pub(super) fn network_changed(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Waiting { .. }) {
            self.connect(now);
        }
    }

    /// The service will close the connection in this time.
    pub(super) fn go_away(&mut self, time_left: Duration, now: Millis) {
        // It only comes nearer, so that a peer which says another time with every message is told of a few times.
        let before = self.connection.closes_at;
        let closes_at = before.map_or(now.after(time_left), |before| before.min(now.after(time_left)));
        self.connection.closes_at = Some(closes_at);
        if before.is_none() {
            let has_lived = self.connection.has_lived(&self.limits, now);
            let next = if has_lived { 1 } else { self.connection.attempt.saturating_add(1) };
            self.connection.kept_until = now.after(self.connection.pause(next, &self.limits));
        }
        if before.is_none_or(|before| before.0.abs_diff(closes_at.0) >= OTHER_TIME_MS) {
            self.event(Event::GoAway { time_left });
        }
    }

    /// When a live connection needs attention: it is to be left, or its stream may be frozen.
    pub(super) fn attention_at(&self) -> Option<Millis> {
        let leave = self.connection.closes_at.map(|closes_at| {
            let at_the_latest = closes_at.before(self.limits.leave_before);
            let between_turns = self.connection.heard_at.after(self.limits.quiet);
            let at = if self.is_between_turns() { at_the_latest.min(between_turns) } else { at_the_latest };
            at.max(self.connection.kept_until)
        });
        let frozen = self.replies.is_running().then(|| self.connection.heard_at.after(self.limits.frozen));
        let unanswered =
            self.replies.asked_at().map(|at| at.max(self.connection.heard_at).after(self.limits.unanswered));
        leave.into_iter().chain(frozen).chain(unanswered).min()
    }

    /// A moment at which nothing is lost by leaving: nobody is in the middle of something.
    fn is_between_turns(&self) -> bool {
        !self.replies.under_way() && !self.calls.any_open()
    }

    /// Leaves a connection that is about to end, or that is frozen.
    pub(super) fn attend(&mut self, now: Millis) {
        let announced = self.connection.closes_at.is_some();
        let (kind, reason) = if announced {
            (CloseKind::DeadlineExpired, "the connection's time is over")
        } else {
            (CloseKind::Network, "the service fell silent in the middle of an exchange")
        };
        let cause = CloseCause { kind, code: None, reason: reason.to_owned() };
        self.count_attempt(true, now);
        let attempt = self.connection.attempt;
        // The pause before an announced end was spent on the connection itself.
        let pause = if announced { Duration::ZERO } else { self.connection.pause(attempt, &self.limits) };
        let then = now.after(pause).max(self.connection.free_at(&self.limits, now));
        let retry_in = Duration::from_millis(then.0.saturating_sub(now.0));
        self.event(Event::Reconnecting { cause, attempt, retry_in });
        self.outputs.push_back(Output::Close { code: 1000, reason: String::new() });
        self.phase = Phase::Leaving { until: now.after(self.limits.goodbye), then };
    }

    /// The old connection is closed, or its close took too long and it is cut. The next one is made `then`.
    pub(super) fn left(&mut self, then: Millis, now: Millis) {
        self.break_off();
        if then <= now {
            return self.connect(now);
        }
        self.phase = Phase::Waiting { until: then };
    }

    /// Keeps the last handle that can be used; an update without one, or not resumable, leaves the earlier one valid.
    pub(super) fn resumption(&mut self, update: SessionResumptionUpdate) {
        let fits = |handle: &String| !handle.is_empty() && handle.len() <= self.limits.name_bytes;
        let handle = update.new_handle.filter(|handle| update.resumable == Some(true) && fits(handle));
        let Some(handle) = handle else { return };
        self.handle = Some(handle.clone());
        // What a handle knows need not be said again. Without an index it is taken to know no more than what was answered:
        // the rest may still have been on its way.
        let index = update.last_consumed_client_message_index.map(wire::Int64::get);
        let covered = index
            .and_then(|index| u64::try_from(index).ok())
            .map_or(0, |index| self.connection.base.saturating_add(index).min(self.messages));
        self.backlog.covered(covered);
        self.history.checkpoint(covered > self.turn_end);
        self.event(Event::ResumptionHandle { handle });
    }
}
