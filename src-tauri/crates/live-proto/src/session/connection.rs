//! Reconnecting (PROTOCOL.md §3.2): lost connections, pauses, announced ends, and what is sent again. Pure.
//!
//! Every cause follows one policy: the first attempt is immediate, then the pauses grow. Only a session that proved
//! stable resets the count ([`Connection::is_proven`]); a confirmed setup alone proves nothing. The number of
//! connections in any ten seconds is limited in any case ([`Connection::free_at`]).

use std::collections::VecDeque;
use std::time::Duration;

use super::event::{Event, Millis, Output, TransportClosed};
use super::limits::Limits;
use super::{Phase, Session};
use crate::catalogue::History as HistoryMode;
use crate::close::{CloseCause, CloseKind, Retry, classify_close};
use crate::wire::{self, ClientContent, ClientMessage, HistoryConfig, SessionResumptionUpdate};

/// Bytes of 16 kHz audio in a millisecond.
const BYTES_PER_MS: u64 = 32;
/// Attempts with a handle that may end in an error of the service before a new session is started instead: not every
/// 1011 can be resumed (PROTOCOL.md §3.2).
const ATTEMPTS_WITH_HANDLE: u32 = 3;
/// By how many milliseconds an announced end must change to be reported again.
const GO_AWAY_CHANGE_MS: u64 = 1_000;

/// The state of the current connection and of those before it.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// Whether a setup was ever confirmed.
    pub(super) was_ready: bool,
    /// Attempts since the last stable session.
    attempt: u32,
    /// Connections with a handle that ended in an error of the service before they were stable.
    failed_handles: u32,
    /// When the setup of the current connection was confirmed.
    ready_at: Millis,
    /// Whether the service sent content or calls over it.
    pub(super) is_used: bool,
    /// When the last connections were made, oldest first: when each one opened, if it did.
    recent: VecDeque<Millis>,
    /// When the last message came.
    pub(super) heard_at: Millis,
    /// The number of this connection's setup among all client messages.
    base: u64,
    /// When the service will close, if it announced it.
    closes_at: Option<Millis>,
    /// How long to stay on a connection whose end is announced. The pause before the next one is spent on it.
    kept_until: Millis,
    /// How the current connection began.
    beginning: Beginning,
    /// Whether the open exchange will be sent again.
    resends: bool,
    /// Bytes of audio that had been dropped when the last connection was lost.
    dropped_before: u64,
    /// Random state for the jitter of the pauses.
    random: u64,
}

/// How a connection begins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Beginning {
    /// It is the first one, or has not begun.
    #[default]
    New,
    /// With a handle: the session continues.
    Resumed,
    /// Without a handle: the service knows nothing of what was said before.
    Fresh,
}

impl Connection {
    /// Returns whether the current connection has proved stable: it lasted for some time, longer if nothing was said.
    fn is_proven(&self, limits: &Limits, now: Millis) -> bool {
        let steady = if self.is_used { limits.steady } else { limits.steady_silence };
        self.ready_at.after(steady) <= now
    }

    /// Returns when another connection may be made.
    fn free_at(&self, limits: &Limits, now: Millis) -> Millis {
        match self.recent.front() {
            Some(oldest) if self.recent.len() >= limits.connections => {
                now.max(oldest.after(limits.rate_window + Duration::from_millis(1)))
            }
            _ => now,
        }
    }

    /// Records that a connection is being made.
    fn opening(&mut self, limits: &Limits, now: Millis) {
        self.recent.push_back(now);
        while self.recent.len() > limits.connections {
            self.recent.pop_front();
        }
    }

    /// Records that the connection opened or failed. It reached the server by now at the latest.
    pub(super) fn opened_or_failed(&mut self, now: Millis) {
        match self.recent.back_mut() {
            Some(last) => *last = now,
            // The creator of the session makes the first connection.
            None => self.recent.push_back(now),
        }
    }

    /// Returns the pause before this attempt: none before the first, then doubling, with jitter over its upper half.
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

/// The shortest pause when the input queue is nearly full.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

impl Session {
    /// Sets the seed for the jitter of the pauses, so that many clients do not reconnect at the same moment.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.connection.random = seed;
        self
    }

    /// Returns the setup frame, which opens a connection.
    pub(super) fn setup_frame(&mut self) -> bytes::Bytes {
        let mut setup = Box::new(self.current.setup.clone());
        if let Some(resumption) = &mut setup.session_resumption {
            resumption.handle.clone_from(&self.handle);
        }
        if self.handle.is_some() {
            // The handle brings its history. With `historyConfig` the service would wait for turns that nobody sends.
            setup.history_config = None;
        }
        self.connection.beginning = match (&self.handle, self.connection.was_ready) {
            (Some(_), _) => Beginning::Resumed,
            (None, true) => Beginning::Fresh,
            (None, false) => Beginning::New,
        };
        let is_fresh = self.connection.beginning == Beginning::Fresh;
        if is_fresh && self.history_mode == HistoryMode::Initial && !self.history.all().is_empty() {
            setup.history_config = Some(HistoryConfig { initial_history_in_client_content: Some(true) });
        }
        self.connection.base = self.messages;
        self.messages += 1;
        wire::encode(&ClientMessage::Setup(setup)).into()
    }

    /// Handles the confirmation of the setup.
    pub(super) fn ready(&mut self, session_id: Option<String>, now: Millis) {
        if !matches!(self.phase, Phase::SettingUp { .. }) {
            return;
        }
        self.phase = Phase::Live;
        self.connection.ready_at = now;
        self.connection.heard_at = now;
        self.connection.closes_at = None;
        self.connection.is_used = false;
        self.asks_again = false;
        if !std::mem::replace(&mut self.connection.was_ready, true) {
            self.event(Event::Ready { session_id });
            return self.reconfigure_if_asked(now);
        }
        self.counters.reconnects += 1;
        let in_time = |bytes: u64| Duration::from_millis(bytes / BYTES_PER_MS);
        let dropped = self.counters.held_audio_dropped - self.connection.dropped_before;
        let again = std::mem::take(&mut self.connection.resends);
        self.event(Event::Resumed {
            fresh: self.connection.beginning == Beginning::Fresh,
            again,
            kept: in_time(self.backlog.waiting_bytes() as u64),
            lost: in_time(dropped),
        });
        let heard = self.history.heard_before();
        if again && !heard.is_empty() {
            let text = heard.to_owned();
            self.event(Event::InputTranscript { text, finished: false, language: None });
        }
        if !again && self.history.is_unanswered() {
            // The handle covers the question, so it is not sent again; but nobody may be answering it any more.
            self.unanswered.typed(false, now);
        }
        self.send_history();
        self.taken();
    }

    /// Sends the service the turns that it does not know, in the form that its model accepts.
    fn send_history(&mut self) {
        let is_fresh = self.connection.beginning == Beginning::Fresh;
        let (turns, turn_complete) = match (is_fresh, self.history_mode) {
            (true, HistoryMode::Initial) => (self.history.all(), true),
            (true, HistoryMode::ClientContent) => (self.history.all(), false),
            (false, HistoryMode::ClientContent) => (self.history.since_checkpoint(), false),
            (false, HistoryMode::Initial) | (_, HistoryMode::None) => return,
        };
        if !turns.is_empty() {
            self.send(&ClientMessage::ClientContent(ClientContent {
                turns,
                turn_complete: Some(turn_complete),
            }));
        }
    }

    /// Handles a closed or broken connection.
    pub(super) fn transport_closed(&mut self, closed: &TransportClosed, now: Millis) {
        let mut cause = classify_close(closed.code, &closed.reason);
        match self.phase {
            // We asked for the end, so any close is normal.
            Phase::Draining { .. } => cause.kind = CloseKind::Normal,
            // Sometimes the service answers a bad setup with a plain 1000 (PROTOCOL.md §6).
            Phase::Connecting | Phase::SettingUp { .. } if cause.kind == CloseKind::Normal => {
                cause.kind = CloseKind::Refused;
            }
            Phase::Leaving { then, .. } => return self.old_connection_ended(then, now),
            _ => {}
        }
        self.connection_lost(cause, now);
    }

    /// Handles a lost or failed connection: ends the session, or schedules the next connection.
    pub(super) fn connection_lost(&mut self, cause: CloseCause, now: Millis) {
        if !self.connection.was_ready || matches!(self.phase, Phase::Draining { .. }) {
            return self.finish(cause);
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
            // Perhaps the service refuses the handle.
            CloseKind::Refused if !was_live && self.handle.is_some() => Retry::Fresh,
            CloseKind::Internal | CloseKind::Other | CloseKind::SetupTimeout if fails_with_handle => {
                self.connection.failed_handles += 1;
                let often = self.connection.failed_handles >= ATTEMPTS_WITH_HANDLE;
                if often { Retry::Fresh } else { Retry::Resume }
            }
            kind => kind.retry(),
        };
        match retry {
            Retry::Never if !was_live && self.go_back(&cause) => {}
            Retry::Never => return self.finish(cause),
            Retry::Fresh => self.handle = None,
            Retry::Resume => {}
        }
        let mut pause = self.connection.pause(self.connection.attempt, &self.limits);
        // While the person speaks, the queue fills. Try again before it is full, with a third of it left for one more
        // attempt. Once it is full, hurrying gains nothing.
        let room = self.backlog.room(&self.limits);
        if room >= SHORTEST_PAUSE {
            pause = pause.min((room * 2 / 3).max(SHORTEST_PAUSE));
        }
        let until = now.after(pause).max(self.connection.free_at(&self.limits, now));
        let retry_in = Duration::from_millis(until.0.saturating_sub(now.0));
        self.event(Event::Reconnecting { cause, attempt: self.connection.attempt, retry_in });
        self.phase = Phase::Waiting { until };
        if retry_in.is_zero() {
            self.connect(now);
        }
    }

    /// Counts one more attempt. After a stable session it counts as the first.
    fn count_attempt(&mut self, was_live: bool, now: Millis) {
        if was_live && self.connection.is_proven(&self.limits, now) {
            (self.connection.attempt, self.connection.failed_handles) = (0, 0);
            self.connection.beginning = Beginning::New;
        }
        self.connection.attempt = self.connection.attempt.saturating_add(1);
    }

    /// Cleans up what the lost connection left unfinished.
    fn break_off(&mut self) {
        self.connection.dropped_before = self.counters.held_audio_dropped;
        let generation = self.replies.last();
        let is_generated = self.replies.is_generated();
        if is_generated {
            self.exchange_complete();
        }
        self.keep_what_waited();
        let is_open = self.history.is_open();
        let is_covered = self.is_open_covered();
        let sent = self.backlog.times_sent().max(if is_covered { self.said_again + 1 } else { 0 });
        let sent_often = sent >= self.limits.send_attempts;
        let dropped = self.backlog.give_up(if is_open && sent_often { 0 } else { self.limits.send_attempts });
        let is_abandoned = sent_often && (is_open || dropped);
        // An exchange cannot be sent again when part of it was forgotten.
        let is_whole =
            !is_abandoned && self.open_since.is_none_or(|forgotten| forgotten == self.backlog.forgotten());
        let ran = self.replies.on_connection_lost() && !is_generated;
        let again = is_whole
            && (is_open || ran)
            && if is_covered { self.ask_what_is_covered() } else { self.will_be_said_again() };
        if is_abandoned {
            // Sent as text it might break the connection too.
            self.history.give_up_open();
        } else if !is_whole {
            self.history.complete(generation, Some(self.question_end) <= self.covered_to);
        }
        if is_abandoned || !is_whole {
            self.said_again = 0;
        }
        self.open_since = None;
        self.is_taken_up = false;
        self.pictures.connection_lost();
        self.unanswered.connection_lost();
        self.pending_transcript.clear();
        self.connection.resends = again;
        self.backlog.on_connection_lost();
        self.audio_open = false;
        let ids = self.calls.cancel_all();
        if !ids.is_empty() {
            self.event(Event::ToolCallsCancelled { ids });
        }
        if is_abandoned {
            self.event(Event::InputAbandoned { sent });
        }
        if is_generated || is_abandoned || ran && !again {
            // Nothing more of this turn will arrive.
            self.event(Event::TurnComplete { generation, reason: None, more_follows: false });
        }
    }

    /// Keeps what was typed while the lost reply ran and is not sent again, because the handle covers it.
    fn keep_what_waited(&mut self) {
        for (message, text) in std::mem::take(&mut self.asked_meanwhile) {
            if Some(message) <= self.covered_to {
                self.user_asks(message);
                self.history.user_typed(&text);
            }
        }
    }

    /// Returns whether the handle covers the open exchange, so that its input is not sent again as it was.
    fn is_open_covered(&self) -> bool {
        if self.history.has_question() {
            Some(self.asked_from) <= self.covered_to
        } else {
            Some(self.turn_end) < self.covered_to
        }
    }

    /// The input of the open exchange is sent again, and its transcript arrives again.
    fn will_be_said_again(&mut self) -> bool {
        self.history.forget_open();
        true
    }

    /// Queues the open question as text: the handle covers its input, and the answer broke off. Returns false when there is
    /// none, or when the service had not taken it up: it may do so when it is resumed, and the person may still be saying
    /// it.
    fn ask_what_is_covered(&mut self) -> bool {
        if !(self.is_taken_up && self.history.has_question()) {
            return false;
        }
        self.said_again = self.said_again.saturating_add(1);
        self.backlog.covered(self.question_end);
        self.say_again(self.said_again);
        true
    }

    /// Requests another connection, or waits until one may be made.
    pub(super) fn connect(&mut self, now: Millis) {
        let until = self.connection.free_at(&self.limits, now);
        if until > now {
            self.phase = Phase::Waiting { until };
            return;
        }
        self.connection.opening(&self.limits, now);
        self.phase = Phase::Connecting;
        self.outputs.push_back(Output::Connect);
    }

    /// Ends a pause, because the network came back or changed.
    pub(super) fn network_changed(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Waiting { .. }) {
            self.connect(now);
        }
    }

    /// Handles `goAway`: the service closes the connection in `time_left`.
    pub(super) fn go_away(&mut self, time_left: Duration, now: Millis) {
        // The time may only move closer. So a peer that changes it with every message causes few events.
        let before = self.connection.closes_at;
        let closes_at = before.map_or(now.after(time_left), |before| before.min(now.after(time_left)));
        self.connection.closes_at = Some(closes_at);
        if before.is_none() {
            let is_proven = self.connection.is_proven(&self.limits, now);
            let next = if is_proven { 1 } else { self.connection.attempt.saturating_add(1) };
            self.connection.kept_until = now.after(self.connection.pause(next, &self.limits));
        }
        if before.is_none_or(|before| before.0.abs_diff(closes_at.0) >= GO_AWAY_CHANGE_MS) {
            self.event(Event::GoAway { time_left });
        }
    }

    /// Returns when a live connection needs attention: it is time to leave it, or it may be frozen.
    pub(super) fn attention_at(&self) -> Option<Millis> {
        let leave = self.connection.closes_at.map(|closes_at| {
            let at_the_latest = closes_at.before(self.limits.leave_before);
            let between_turns = self.connection.heard_at.after(self.limits.quiet);
            let at = if self.is_between_turns() { at_the_latest.min(between_turns) } else { at_the_latest };
            at.max(self.connection.kept_until)
        });
        let frozen = self.replies.is_running().then(|| self.connection.heard_at.after(self.limits.frozen));
        leave.into_iter().chain(frozen).min()
    }

    /// Returns whether leaving now loses nothing: no turn is in progress and no call is open.
    fn is_between_turns(&self) -> bool {
        !self.replies.exchange_open() && !self.calls.any_open()
    }

    /// Leaves a connection that is about to end or that is frozen.
    pub(super) fn leave_connection(&mut self, now: Millis) {
        let announced = self.connection.closes_at.is_some();
        let (kind, reason) = if announced {
            (CloseKind::DeadlineExpired, "the connection's time is over")
        } else {
            (CloseKind::Network, "the service fell silent in the middle of an exchange")
        };
        let cause = CloseCause { kind, code: None, reason: reason.to_owned() };
        self.leave(cause, announced, now);
    }

    /// Leaves the connection for another one.
    pub(super) fn leave(&mut self, cause: CloseCause, announced: bool, now: Millis) {
        self.count_attempt(true, now);
        let attempt = self.connection.attempt;
        // The pause before an announced end was already spent on this connection.
        let pause = if announced { Duration::ZERO } else { self.connection.pause(attempt, &self.limits) };
        let then = now.after(pause).max(self.connection.free_at(&self.limits, now));
        let retry_in = Duration::from_millis(then.0.saturating_sub(now.0));
        self.event(Event::Reconnecting { cause, attempt, retry_in });
        self.outputs.push_back(Output::Close { code: 1000, reason: String::new() });
        self.phase = Phase::Leaving { until: now.after(self.limits.goodbye), then };
    }

    /// Handles the end of the old connection: it closed, or its close timed out. The next one is made at `then`.
    pub(super) fn old_connection_ended(&mut self, then: Millis, now: Millis) {
        self.break_off();
        if then <= now {
            return self.connect(now);
        }
        self.phase = Phase::Waiting { until: then };
    }

    /// Keeps the last usable handle. An update without a handle, or not resumable, leaves the earlier one valid.
    pub(super) fn resumption(&mut self, update: SessionResumptionUpdate) {
        let fits = |handle: &String| !handle.is_empty() && handle.len() <= self.limits.name_bytes;
        let handle = update.new_handle.filter(|handle| update.resumable == Some(true) && fits(handle));
        let Some(handle) = handle else { return };
        self.handle = Some(handle.clone());
        // What the handle covers need not be sent again. Without an index we assume that it covers only what was
        // answered; the rest may still have been in flight.
        let index = update.last_consumed_client_message_index.map(wire::Int64::get);
        let covered = index
            .and_then(|index| u64::try_from(index).ok())
            .map(|index| self.connection.base.saturating_add(index).min(self.messages));
        self.backlog.covered(covered.unwrap_or_default());
        self.covered_to = self.covered_to.max(covered);
        self.history.checkpoint();
        self.event(Event::ResumptionHandle { handle });
    }
}
