//! The session's way from one connection to the next (PROTOCOL.md §3.2): losses, pauses, announced ends, and what is
//! said again afterwards. Pure.

use std::time::Duration;

use super::event::{Event, Millis, Output, TransportClosed};
use super::{Phase, Session};
use crate::catalogue::History as HistoryWay;
use crate::close::{CloseCause, CloseKind, Retry, classify_close};
use crate::wire::{self, ClientContent, ClientMessage, HistoryConfig, SessionResumptionUpdate};

/// Bytes of 16 kHz sound in a millisecond.
const BYTES_PER_MS: u64 = 32;
/// Tries with a handle that end in an error of the service before a new session is begun instead: not every 1011 can be
/// resumed (PROTOCOL.md §3.2).
const TRIES_WITH_HANDLE: u32 = 3;

/// What is known of the present connection and of those before it.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// Whether a setup was ever taken.
    pub(super) was_ready: bool,
    /// How many tries there were since the last steady connection.
    attempt: u32,
    /// When the present connection's setup was taken.
    ready_at: Millis,
    /// When the last message came.
    pub(super) heard_at: Millis,
    /// The number that this connection's setup has among all client messages.
    base: u64,
    /// When the service will close, as it announced.
    closes_at: Option<Millis>,
    /// Whether the service will know nothing of what was said before.
    fresh: bool,
    /// Whether the exchange under way will be said again.
    again: bool,
    /// Bytes of sound that had been dropped when the last connection went.
    dropped_before: u64,
    /// For the spread of the pauses.
    random: u64,
}

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
        self.connection.fresh = self.connection.was_ready && self.handle.is_none();
        if self.connection.fresh && self.history_way == HistoryWay::Initial && !self.history.all().is_empty()
        {
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
        if !std::mem::replace(&mut self.connection.was_ready, true) {
            return self.event(Event::Ready { session_id });
        }
        self.counters.reconnects += 1;
        let in_time = |bytes: u64| Duration::from_millis(bytes / BYTES_PER_MS);
        let dropped = self.counters.held_audio_dropped - self.connection.dropped_before;
        let again = std::mem::take(&mut self.connection.again);
        self.event(Event::Resumed {
            fresh: self.connection.fresh,
            again,
            kept: in_time(self.backlog.waiting_bytes() as u64),
            lost: in_time(dropped),
        });
        self.tell_history();
    }

    /// Tells the service what it does not know, as its model takes it.
    fn tell_history(&mut self) {
        let (turns, turn_complete) = match (self.connection.fresh, self.history_way) {
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
            Phase::Leaving { .. } => {
                self.break_off();
                return self.connect();
            }
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
        if was_live {
            // A network that breaks again and again is met at once each time; a service that does is not hammered.
            let is_steady = self.connection.ready_at.after(self.limits.steady) <= now;
            if is_steady || cause.kind == CloseKind::Network {
                self.connection.attempt = 0;
            }
            self.break_off();
        }
        let retry = match cause.kind {
            // Only the person ends a conversation.
            CloseKind::Normal => Retry::BackOff,
            // It may be the handle that is refused.
            CloseKind::Refused | CloseKind::SessionNotFound if !was_live && self.handle.is_some() => {
                Retry::Fresh
            }
            CloseKind::Internal | CloseKind::Other | CloseKind::SetupTimeout
                if !was_live && self.connection.attempt >= TRIES_WITH_HANDLE =>
            {
                self.handle = None;
                Retry::BackOff
            }
            kind => kind.retry(),
        };
        if retry == Retry::Never {
            return self.over(cause);
        }
        if retry == Retry::Fresh {
            self.handle = None;
        }
        self.connection.attempt = self.connection.attempt.saturating_add(1);
        let at_once = matches!(retry, Retry::Resume | Retry::Fresh) && self.connection.attempt == 1;
        let retry_in = if at_once || retry == Retry::Fresh { Duration::ZERO } else { self.pause() };
        self.event(Event::Reconnecting { cause, attempt: self.connection.attempt, retry_in });
        self.phase = Phase::Waiting { until: now.after(retry_in) };
        if retry_in.is_zero() {
            self.connect();
        }
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
        // What was forgotten since it began cannot be said again.
        let is_whole = self.open_since.is_none_or(|forgotten| forgotten == self.backlog.forgotten());
        let ran = self.replies.lost() && !is_generated;
        let again = is_whole && self.history.lost() && (is_open || ran);
        if !is_whole {
            self.history.complete(generation);
        }
        self.open_since = None;
        self.connection.again = again;
        self.backlog.lost();
        self.audio_open = false;
        let ids = self.calls.cancel_all();
        if !ids.is_empty() {
            self.event(Event::ToolCallsCancelled { ids });
        }
        if is_generated || ran && !again {
            // What came of it is all there will be.
            self.event(Event::TurnComplete { generation, reason: None, more_follows: false });
        }
    }

    pub(super) fn connect(&mut self) {
        self.phase = Phase::Connecting;
        self.outputs.push_back(Output::Connect);
    }

    /// The network came back, or it is another one: no reason to wait any longer.
    pub(super) fn network_changed(&mut self) {
        if matches!(self.phase, Phase::Waiting { .. }) {
            self.connect();
        }
    }

    /// The next pause: doubled with every try, spread over its upper half.
    fn pause(&mut self) -> Duration {
        let doublings = self.connection.attempt.saturating_sub(1).min(16);
        let longest = self.limits.first_pause.saturating_mul(1 << doublings).min(self.limits.longest_pause);
        let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX).max(1);
        Duration::from_millis(millis - self.next_random() % (millis / 2 + 1))
    }

    /// `SplitMix64` (Steele, Lea and Flood 2014).
    fn next_random(&mut self) -> u64 {
        self.connection.random = self.connection.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.connection.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The service will close the connection in this time.
    pub(super) fn go_away(&mut self, time_left: Duration, now: Millis) {
        self.connection.closes_at = Some(now.after(time_left));
        self.event(Event::GoAway { time_left });
    }

    /// When a live connection needs attention: it is to be left, or its stream may be frozen.
    pub(super) fn attention_at(&self) -> Option<Millis> {
        let leave = self.connection.closes_at.map(|closes_at| {
            let at_the_latest = closes_at.before(self.limits.leave_before);
            let between_turns = self.connection.heard_at.after(self.limits.quiet);
            if self.is_between_turns() { at_the_latest.min(between_turns) } else { at_the_latest }
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
        // After a frozen stream the next loss counts on, so that a service which always freezes is not hammered.
        self.connection.attempt = if announced { 1 } else { self.connection.attempt.saturating_add(1) };
        self.event(Event::Reconnecting { cause, attempt: self.connection.attempt, retry_in: Duration::ZERO });
        self.outputs.push_back(Output::Close { code: 1000, reason: String::new() });
        self.phase = Phase::Leaving { until: now.after(self.limits.goodbye) };
    }

    /// The old connection's close took too long: it is cut.
    pub(super) fn left(&mut self) {
        self.break_off();
        self.connect();
    }

    /// Keeps the last handle that can be used; an update without one, or not resumable, leaves the earlier one valid.
    pub(super) fn resumption(&mut self, update: SessionResumptionUpdate) {
        let handle = update.new_handle.filter(|handle| update.resumable == Some(true) && !handle.is_empty());
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
