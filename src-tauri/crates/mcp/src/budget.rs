//! How often a server is started again. Pure.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The most restarts within [`SPAN`].
const MOST: usize = 5;
const SPAN: Duration = Duration::from_mins(1);
/// The pause before the first restart; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The restarts of one server.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    restarts: VecDeque<Instant>,
}

impl Budget {
    /// Takes one: how long to wait before it; `None` when there were too many.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Duration> {
        while self.restarts.front().is_some_and(|past| now.duration_since(*past) >= SPAN) {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= MOST {
            return None;
        }
        let pause = FIRST_PAUSE * (1 << self.restarts.len());
        self.restarts.push_back(now);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_a_minute_with_growing_pauses() {
        let (mut budget, start) = (Budget::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let pauses: Vec<_> =
            (0..6).map(|second| budget.take(at(second)).map(|pause| pause.as_millis())).collect();
        assert_eq!(pauses, [Some(250), Some(500), Some(1_000), Some(2_000), Some(4_000), None]);
        assert_eq!(budget.take(at(59)), None);
        assert_eq!(
            budget.take(at(61)).map(|pause| pause.as_millis()),
            Some(2_000),
            "the first two are forgotten"
        );
        assert_eq!(budget.take(at(600)).map(|pause| pause.as_millis()), Some(250));
    }
}
