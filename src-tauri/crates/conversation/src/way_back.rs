//! What the window is told between two connections: the try that comes, and how much of your voice waits. Pure.

use std::time::Duration;

use crate::event::Reconnect;

/// How often the kept voice is told, in ms: it grows all the time.
const EVERY_MS: u64 = 500;

/// Nothing while connected.
#[derive(Debug, Default)]
pub(crate) struct WayBack {
    present: Option<Reconnect>,
    told_at: u64,
}

impl WayBack {
    /// The connection is gone, or the next try failed too.
    pub(crate) fn lost(&mut self, reconnect: Reconnect) {
        *self = Self { present: Some(reconnect), told_at: 0 };
    }

    /// What there is to tell at `now` (ms since 1970), with so much of your voice waiting.
    pub(crate) fn news(&mut self, kept: Duration, now: u64) -> Option<Reconnect> {
        let present = self.present.as_mut()?;
        if now < self.told_at.saturating_add(EVERY_MS) {
            return None;
        }
        self.told_at = now;
        present.kept_ms = u32::try_from(kept.as_millis()).unwrap_or(u32::MAX);
        // Its time has come: it is under way.
        present.retry_at = present.retry_at.filter(|at| *at > now);
        Some(present.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kept_voice_is_told_now_and_then() {
        let mut way_back = WayBack::default();
        assert_eq!(way_back.news(Duration::ZERO, 1_000), None, "connected");
        way_back.lost(Reconnect { attempt: 1, retry_at: Some(1_250), kept_ms: 0, reason: String::new() });
        let told = |way_back: &mut WayBack, kept, now| {
            way_back.news(Duration::from_millis(kept), now).map(|told| (told.kept_ms, told.retry_at))
        };
        assert_eq!(told(&mut way_back, 20, 1_000), Some((20, Some(1_250))));
        assert_eq!(told(&mut way_back, 40, 1_020), None);
        assert_eq!(told(&mut way_back, 520, 1_500), Some((520, None)), "the try is under way");
    }
}
