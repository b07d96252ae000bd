//! Decides when a device is to be opened again, and what a person hears of it. One for each side. Pure: time is handed in.
//!
//! What a person chose stays wanted. While it is not there the system's own choice stands in, and as soon as it is back it
//! is taken back. A device that is gone is asked for again and again; for the first second nobody is told.

use std::time::{Duration, Instant};

use crate::device::watchdog::Loss;

/// For so long a lost device is only a pause.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two attempts to open a device.
const RETRY: Duration = Duration::from_millis(200);
/// An attempt that takes longer is given up (its late answer is still taken).
const ATTEMPT: Duration = Duration::from_secs(5);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Open what is wanted, or what stands in for it.
    Open,
    /// Go on without a device and say so.
    GiveUp { name: String, loss: Loss },
}

/// What a person is told once a device runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Another device than before, or the same after a pause.
    Changed { from: String, to: String },
    /// What was told as lost, or replaced, is there again.
    Back { name: String },
}

/// A device that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) id: String,
    pub(crate) name: String,
    /// It is what a person chose by name, not what stands in for it.
    pub(crate) is_chosen: bool,
}

#[derive(Debug)]
enum State {
    /// It runs; `asked` while another one is being opened.
    Running { device: Opened, asked: Option<Instant> },
    /// It is gone.
    Gone { name: String, loss: Loss, since: Instant, asked: Option<Instant>, next: Instant, told: bool },
}

/// Watches over the device of one side.
#[derive(Debug)]
pub(crate) struct Supervisor {
    state: State,
    /// A person was told of something that a return would undo.
    told: bool,
    /// The next device is one that a person just chose: no news.
    is_wished: bool,
}

impl Supervisor {
    /// Begins with a device that runs.
    pub(crate) fn new(device: Opened) -> Self {
        Self { state: State::Running { device, asked: None }, told: false, is_wished: false }
    }

    /// Begins without a device; the first one that comes is no news.
    pub(crate) fn without_a_device() -> Self {
        Self::new(Opened { id: String::new(), name: String::new(), is_chosen: false })
    }

    /// The running device is lost.
    pub(crate) fn lost(&mut self, loss: Loss, now: Instant) -> Option<Step> {
        let State::Running { device, asked } = &self.state else { return None };
        let (name, asked) = (device.name.clone(), *asked);
        let step = asked.is_none().then_some(Step::Open);
        let asked = asked.or(Some(now));
        self.state = State::Gone { name, loss, since: now, asked, next: now, told: false };
        step
    }

    /// `best` is what opening would give now.
    pub(crate) fn seen(&mut self, best: Option<&str>, now: Instant) -> Option<Step> {
        match &mut self.state {
            State::Running { device, asked } if asked.is_none() && best.is_some_and(|id| id != device.id) => {
                *asked = Some(now);
                Some(Step::Open)
            }
            _ => None,
        }
    }

    /// Something else is wanted from now on.
    pub(crate) fn wish_changed(&mut self, now: Instant) -> Step {
        (self.told, self.is_wished) = (false, true);
        match &mut self.state {
            State::Running { asked, .. } | State::Gone { asked, .. } => *asked = Some(now),
        }
        Step::Open
    }

    /// A device was opened.
    pub(crate) fn opened(&mut self, device: Opened) -> Option<Notice> {
        let (to, is_chosen) = (device.name.clone(), device.is_chosen);
        let before = std::mem::replace(&mut self.state, State::Running { device, asked: None });
        let is_wished = std::mem::take(&mut self.is_wished);
        let (from, was_lost) = match before {
            State::Running { device: before, .. } => {
                let State::Running { device, .. } = &self.state else { return None };
                if before.id == device.id || is_wished {
                    return None;
                }
                // Without a device before there is nothing that this one replaces.
                if is_chosen || before.id.is_empty() {
                    return std::mem::take(&mut self.told).then_some(Notice::Back { name: to });
                }
                (before.name, false)
            }
            State::Gone { name, told, .. } => (name, told),
        };
        self.told = !was_lost && !is_chosen;
        if was_lost {
            return Some(Notice::Back { name: to });
        }
        (!is_wished).then_some(Notice::Changed { from, to })
    }

    /// It could not be opened. True when a person just chose it and does not know yet.
    pub(crate) fn failed(&mut self, now: Instant) -> bool {
        match &mut self.state {
            State::Running { asked, .. } => *asked = None,
            State::Gone { asked, next, .. } => (*asked, *next) = (None, now + RETRY),
        }
        let is_news = std::mem::take(&mut self.is_wished);
        self.told |= is_news;
        is_news
    }

    /// Time passes.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<Step> {
        let is_late = |asked: &Option<Instant>| {
            asked.is_some_and(|since| now.saturating_duration_since(since) >= ATTEMPT)
        };
        match &mut self.state {
            State::Running { asked, .. } => {
                if is_late(asked) {
                    *asked = None;
                }
                None
            }
            State::Gone { name, loss, since, told, .. }
                if !*told && now.saturating_duration_since(*since) >= PAUSE =>
            {
                *told = true;
                Some(Step::GiveUp { name: name.clone(), loss: *loss })
            }
            State::Gone { asked, next, .. } if (asked.is_none() && now >= *next) || is_late(asked) => {
                *asked = Some(now);
                Some(Step::Open)
            }
            State::Gone { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str) -> Opened {
        Opened { id: id.into(), name: id.to_uppercase(), is_chosen: false }
    }

    fn chosen(id: &str) -> Opened {
        Opened { is_chosen: true, ..device(id) }
    }

    fn changed(from: &str, to: &str) -> Notice {
        Notice::Changed { from: from.into(), to: to.into() }
    }

    #[test]
    fn another_default_is_opened_once_and_told_once() {
        let now = Instant::now();
        let mut supervisor = Supervisor::new(device("mic"));
        assert_eq!(supervisor.seen(Some("mic"), now), None);
        assert_eq!(supervisor.seen(Some("headset"), now), Some(Step::Open));
        assert_eq!(supervisor.seen(Some("headset"), now), None, "it is being opened");
        assert_eq!(supervisor.opened(device("headset")), Some(changed("MIC", "HEADSET")));
        assert_eq!(supervisor.seen(Some("headset"), now), None);
        assert_eq!(supervisor.seen(None, now), None, "nothing is no reason to leave what runs");
    }

    #[test]
    fn a_lost_device_is_asked_for_until_it_comes_and_told_after_a_second() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut supervisor = Supervisor::new(device("mic"));
        assert_eq!(supervisor.lost(Loss::Gone, at(0)), Some(Step::Open));
        assert_eq!(supervisor.lost(Loss::Stalled, at(50)), None, "once is enough");
        supervisor.failed(at(100));
        assert_eq!(supervisor.tick(at(200)), None);
        assert_eq!(supervisor.tick(at(300)), Some(Step::Open));
        assert_eq!(supervisor.tick(at(400)), None);
        supervisor.failed(at(500));
        let given_up = Step::GiveUp { name: "MIC".into(), loss: Loss::Gone };
        assert_eq!(supervisor.tick(at(1_000)), Some(given_up));
        assert_eq!(supervisor.tick(at(1_100)), Some(Step::Open));
        assert_eq!(supervisor.opened(device("spare")), Some(Notice::Back { name: "SPARE".into() }));
        assert_eq!(supervisor.opened(device("mic")), Some(changed("SPARE", "MIC")));
    }

    #[test]
    fn what_is_back_within_a_second_is_told_once() {
        let now = Instant::now();
        let mut supervisor = Supervisor::new(device("mic"));
        supervisor.lost(Loss::Gone, now);
        assert_eq!(supervisor.opened(device("spare")), Some(changed("MIC", "SPARE")));
    }

    #[test]
    fn a_choice_is_taken_back_when_it_returns() {
        let now = Instant::now();
        let mut supervisor = Supervisor::new(chosen("headset"));
        supervisor.lost(Loss::Stalled, now);
        assert_eq!(supervisor.opened(device("mic")), Some(changed("HEADSET", "MIC")));
        assert_eq!(supervisor.seen(Some("headset"), now), Some(Step::Open));
        assert_eq!(supervisor.opened(chosen("headset")), Some(Notice::Back { name: "HEADSET".into() }));
    }

    #[test]
    fn a_failed_move_leaves_what_runs_and_is_tried_again() {
        let now = Instant::now();
        let mut supervisor = Supervisor::new(device("mic"));
        supervisor.seen(Some("headset"), now);
        supervisor.failed(now);
        assert_eq!(supervisor.tick(now), None);
        assert_eq!(supervisor.seen(Some("headset"), now), Some(Step::Open));
    }

    #[test]
    fn an_attempt_that_hangs_is_not_waited_for() {
        let begun = Instant::now();
        let mut supervisor = Supervisor::new(device("mic"));
        supervisor.lost(Loss::Gone, begun);
        supervisor.tick(begun + PAUSE);
        assert_eq!(supervisor.tick(begun + ATTEMPT), Some(Step::Open));
    }

    #[test]
    fn a_choice_that_cannot_be_opened_is_told_once_and_its_later_coming_too() {
        let now = Instant::now();
        let mut supervisor = Supervisor::new(device("mic"));
        supervisor.wish_changed(now);
        assert!(supervisor.failed(now));
        assert_eq!(supervisor.seen(Some("headset"), now), Some(Step::Open));
        assert!(!supervisor.failed(now));
        assert_eq!(supervisor.seen(Some("headset"), now), Some(Step::Open));
        assert_eq!(supervisor.opened(chosen("headset")), Some(Notice::Back { name: "HEADSET".into() }));
    }

    #[test]
    fn opening_the_same_again_says_nothing() {
        let now = Instant::now();
        let mut supervisor = Supervisor::new(device("mic"));
        assert_eq!(supervisor.wish_changed(now), Step::Open);
        assert_eq!(supervisor.opened(chosen("mic")), None);
    }
}
