//! The status between two connections: the next attempt, and how much of your speech waits. Pure.

use std::time::Duration;

use crate::clock::Moment;
use crate::event::Reconnect;

/// How often the amount of kept speech is reported, in ms.
const EVERY_MS: u64 = 500;
/// How long a connection must last before the next break is reported again, in ms.
const STEADY_MS: u64 = 10_000;

/// The state of the connection, and what was reported.
#[derive(Debug, Default)]
pub(crate) struct ReconnectStatus {
    lost: Option<Lost>,
    reported_at: u64,
    reported: Option<Reconnect>,
    /// When the current connection was made; before the first break it counts as steady.
    back_at: Option<u64>,
    is_announced: bool,
}

#[derive(Debug)]
struct Lost {
    attempt: u32,
    reason: String,
    /// The time of the next attempt, on the steady clock.
    retry_at: Option<u64>,
}

impl ReconnectStatus {
    /// Records a lost connection or a failed attempt; the next attempt is in `retry_in`.
    pub(crate) fn lost(&mut self, attempt: u32, reason: String, retry_in: Duration, now: Moment) {
        let retry_at = (!retry_in.is_zero()).then(|| now.steady.saturating_add(millis(retry_in)));
        self.lost = Some(Lost { attempt, reason, retry_at });
        self.reported = None;
        if let Some(back_at) = self.back_at.take()
            && now.steady >= back_at.saturating_add(STEADY_MS)
        {
            self.is_announced = false;
        }
    }

    /// Records a new connection. Returns true if the user should be told: once, until a connection is steady.
    pub(crate) fn back(&mut self, now: Moment) -> bool {
        (self.lost, self.reported, self.back_at) = (None, None, Some(now.steady));
        !std::mem::replace(&mut self.is_announced, true)
    }

    /// Returns a new status to report, with `kept` speech waiting.
    pub(crate) fn news(&mut self, kept: Duration, now: Moment) -> Option<Reconnect> {
        let Lost { attempt, reason, retry_at } = self.lost.as_ref()?;
        if self.reported.is_some() && now.steady < self.reported_at.saturating_add(EVERY_MS) {
            return None;
        }
        // Once its time has come the attempt is in progress.
        let left = retry_at.map(|at| at.saturating_sub(now.steady)).filter(|left| *left > 0);
        let before = self.reported.as_ref().and_then(|reported| reported.retry_at);
        // An attempt keeps its time when the system clock changes.
        let retry_at = left.map(|left| before.unwrap_or_else(|| now.wall.saturating_add(left)));
        let kept_ms = u32::try_from(kept.as_millis()).unwrap_or(u32::MAX);
        let news = Reconnect { attempt: *attempt, retry_at, kept_ms, reason: reason.clone() };
        if self.reported.as_ref() == Some(&news) {
            return None;
        }
        (self.reported_at, self.reported) = (now.steady, Some(news.clone()));
        Some(news)
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(steady: u64) -> Moment {
        Moment { wall: 5_000_000 + steady, steady }
    }

    #[test]
    fn kept_speech_is_reported_while_it_grows() {
        let mut reconnect_status = ReconnectStatus::default();
        assert_eq!(reconnect_status.news(Duration::ZERO, at(1_000)), None, "connected");
        reconnect_status.lost(1, String::new(), Duration::from_millis(250), at(1_000));
        let reported = |reconnect_status: &mut ReconnectStatus, kept, now| {
            reconnect_status
                .news(Duration::from_millis(kept), at(now))
                .map(|reported| (reported.kept_ms, reported.retry_at))
        };
        assert_eq!(reported(&mut reconnect_status, 20, 1_000), Some((20, Some(5_001_250))));
        assert_eq!(reported(&mut reconnect_status, 40, 1_020), None);
        assert_eq!(reported(&mut reconnect_status, 520, 1_500), Some((520, None)), "the try is under way");
        assert_eq!(reported(&mut reconnect_status, 520, 9_000), None, "nothing new");
    }

    #[test]
    fn changing_the_clock_keeps_the_time_of_an_attempt() {
        let mut reconnect_status = ReconnectStatus::default();
        reconnect_status.lost(3, String::new(), Duration::from_secs(15), at(0));
        let first = reconnect_status.news(Duration::ZERO, at(0)).and_then(|reported| reported.retry_at);
        let set_back = Moment { wall: 7, steady: 600 };
        let later = reconnect_status
            .news(Duration::from_millis(600), set_back)
            .and_then(|reported| reported.retry_at);
        assert_eq!((first, later), (Some(5_015_000), Some(5_015_000)));
        let jumped = Moment { wall: u64::MAX, steady: 15_100 };
        assert_eq!(
            reconnect_status.news(Duration::from_secs(9), jumped).map(|reported| reported.retry_at),
            Some(None)
        );
    }

    #[test]
    fn repeated_breaks_are_reported_once() {
        let mut reconnect_status = ReconnectStatus::default();
        for n in 0..50 {
            reconnect_status.lost(n, String::new(), Duration::ZERO, at(u64::from(n) * 1_000));
            assert_eq!(reconnect_status.back(at(u64::from(n) * 1_000 + 10)), n == 0, "{n}");
        }
        reconnect_status.lost(1, String::new(), Duration::ZERO, at(49_010 + STEADY_MS));
        assert!(reconnect_status.back(at(70_000)), "that one had held");
    }
}
