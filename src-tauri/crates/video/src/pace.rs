//! Decides when a frame is encoded. Pure: time is an argument.

use std::time::Duration;

/// The rates of a camera's two outputs.
#[derive(Debug, Clone)]
pub(crate) struct Pacer {
    send: Beat,
    preview: Beat,
}

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) send: bool,
    pub(crate) preview: bool,
}

impl Pacer {
    pub(crate) fn new(send_every: Duration, preview_fps_max: u32) -> Self {
        let preview_every = Duration::from_secs(1) / preview_fps_max.max(1);
        Self {
            send: Beat { every: send_every, slack: Duration::ZERO, next: Duration::ZERO },
            // Frames come on the camera's own grid, for example every 33 ms, with jitter. Without slack a limit of 15
            // per second would often give 10.
            preview: Beat { every: preview_every, slack: preview_every / 4, next: Duration::ZERO },
        }
    }

    /// Returns what a frame is for; called once per frame. `now` counts from any fixed moment; `credit` says whether
    /// the last preview was drawn.
    pub(crate) fn due(&self, now: Duration, credit: bool) -> Due {
        Due { send: self.send.due(now), preview: credit && self.preview.due(now) }
    }

    /// Records that a picture was sent.
    pub(crate) fn sent(&mut self, now: Duration) {
        self.send.done(now);
    }

    /// Records that a preview was sent.
    pub(crate) fn previewed(&mut self, now: Duration) {
        self.preview.done(now);
    }
}

/// A periodic timer that keeps its average when frames come early or late, and does not catch up after a pause.
#[derive(Debug, Clone)]
struct Beat {
    every: Duration,
    slack: Duration,
    next: Duration,
}

impl Beat {
    fn due(&self, now: Duration) -> bool {
        now + self.slack >= self.next
    }

    fn done(&mut self, now: Duration) {
        let on_the_beat = self.next + self.every;
        self.next = if on_the_beat + self.slack > now { on_the_beat } else { now + self.every };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn run(pacer: &mut Pacer, frames: impl Iterator<Item = u64>, credit: bool) -> (Vec<u64>, Vec<u64>) {
        let (mut sent, mut previewed) = (Vec::new(), Vec::new());
        for at in frames {
            let due = pacer.due(ms(at), credit);
            if due.send {
                pacer.sent(ms(at));
                sent.push(at);
            }
            if due.preview {
                pacer.previewed(ms(at));
                previewed.push(at);
            }
        }
        (sent, previewed)
    }

    #[test]
    fn thirty_frames_give_one_picture_and_fifteen_previews() {
        let mut pacer = Pacer::new(ms(1000), 15);
        let (sent, previewed) = run(&mut pacer, (0..300).map(|i| i * 1000 / 30), true);
        assert_eq!(sent.len(), 10);
        assert_eq!(previewed.len(), 150);
    }

    #[test]
    fn the_average_holds_when_frames_do_not_fall_on_the_second() {
        // Every 400 ms: pictures at 0, 1200, 2000, 3200, 4000: five in five seconds, not four.
        let (sent, _) = run(&mut Pacer::new(ms(1000), 15), (0..13).map(|i| i * 400), true);
        assert_eq!(sent, [0, 1200, 2000, 3200, 4000]);
    }

    #[test]
    fn without_credit_no_preview() {
        let (sent, previewed) = run(&mut Pacer::new(ms(1000), 15), (0..90).map(|i| i * 33), false);
        assert_eq!(sent.len(), 3);
        assert!(previewed.is_empty());
    }

    #[test]
    fn a_pause_is_not_caught_up() {
        let mut pacer = Pacer::new(ms(1000), 15);
        let (sent, _) = run(&mut pacer, [0, 10_000, 10_100, 10_900, 11_000].into_iter(), true);
        assert_eq!(sent, [0, 10_000, 11_000]);
    }

    proptest! {
        /// Whenever frames come, the rate is never exceeded.
        #[test]
        fn never_too_many(gaps in prop::collection::vec(0u64..200, 1..400), every in 50u64..2000, fps in 1u32..40) {
            let mut at = 0;
            let frames: Vec<u64> = gaps.iter().map(|gap| { at += gap; at }).collect();
            let (sent, previewed) = run(&mut Pacer::new(ms(every), fps), frames.into_iter(), true);
            prop_assert!(sent.len() as u64 <= at / every + 1);
            prop_assert!(previewed.len() as u64 <= at * u64::from(fps) / 1000 + 2);
        }
    }
}
