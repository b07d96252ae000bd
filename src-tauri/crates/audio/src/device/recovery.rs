//! Decides when a device is opened again and what is reported about it, for one side. Time is passed in.
//!
//! A chosen device stays preferred. While it is missing the system's default stands in, and as soon as it is back it is
//! used again. A lost device is retried again and again; in the first second nothing is reported.

use std::time::{Duration, Instant};

use crate::device::watchdog::Loss;

/// A device that is lost for no longer than this is not reported.
const QUIET_PERIOD: Duration = Duration::from_secs(1);
/// Between two attempts to open a device.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);
/// An attempt that takes longer is given up (its late result is still used).
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Open the preferred device, or its stand-in.
    Open,
    /// Go on without a device, and report it.
    GiveUp { name: String, loss: Loss },
}

/// What to report once a device runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Another device than before, or the same one after a gap.
    Changed { from: String, to: String },
    /// The device that was reported as lost or replaced is back.
    Back { name: String },
}

/// A device that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenedDevice {
    pub(crate) id: String,
    pub(crate) name: String,
    /// It was chosen by name, and is not a stand-in.
    pub(crate) is_chosen: bool,
}

#[derive(Debug)]
enum State {
    /// It runs; `requested_at` while another one is being opened.
    Running { device: OpenedDevice, requested_at: Option<Instant> },
    /// It is lost.
    Gone {
        name: String,
        loss: Loss,
        since: Instant,
        requested_at: Option<Instant>,
        next: Instant,
        reported: bool,
    },
}

/// The recovery of one side.
#[derive(Debug)]
pub(crate) struct DeviceRecovery {
    state: State,
    /// Something was reported that a return would undo.
    reported: bool,
    /// The next device was just chosen, so it is not reported.
    just_chosen: bool,
}

impl DeviceRecovery {
    /// Creates the state for a device that runs.
    pub(crate) fn new(device: OpenedDevice) -> Self {
        Self { state: State::Running { device, requested_at: None }, reported: false, just_chosen: false }
    }

    /// Creates the state without a device. The first one is not reported.
    pub(crate) fn without_device() -> Self {
        Self::new(OpenedDevice { id: String::new(), name: String::new(), is_chosen: false })
    }

    /// The running device was lost.
    pub(crate) fn on_lost(&mut self, loss: Loss, now: Instant) -> Option<Step> {
        let State::Running { device, requested_at } = &self.state else { return None };
        let (name, requested_at) = (device.name.clone(), *requested_at);
        let step = requested_at.is_none().then_some(Step::Open);
        let requested_at = requested_at.or(Some(now));
        self.state = State::Gone { name, loss, since: now, requested_at, next: now, reported: false };
        step
    }

    /// `best` is the device that opening would give now.
    pub(crate) fn on_best_device(&mut self, best: Option<&str>, now: Instant) -> Option<Step> {
        match &mut self.state {
            State::Running { device, requested_at }
                if requested_at.is_none() && best.is_some_and(|id| id != device.id) =>
            {
                *requested_at = Some(now);
                Some(Step::Open)
            }
            _ => None,
        }
    }

    /// Another device is preferred from now on.
    pub(crate) fn preference_changed(&mut self, now: Instant) -> Step {
        (self.reported, self.just_chosen) = (false, true);
        match &mut self.state {
            State::Running { requested_at, .. } | State::Gone { requested_at, .. } => {
                *requested_at = Some(now);
            }
        }
        Step::Open
    }

    /// A device was opened.
    pub(crate) fn on_opened(&mut self, device: OpenedDevice) -> Option<Notice> {
        let (to, is_chosen) = (device.name.clone(), device.is_chosen);
        let before = std::mem::replace(&mut self.state, State::Running { device, requested_at: None });
        let just_chosen = std::mem::take(&mut self.just_chosen);
        let (from, was_lost) = match before {
            State::Running { device: before, .. } => {
                let State::Running { device, .. } = &self.state else { return None };
                if before.id == device.id || just_chosen {
                    return None;
                }
                // Without a device before, nothing was replaced.
                if is_chosen || before.id.is_empty() {
                    return std::mem::take(&mut self.reported).then_some(Notice::Back { name: to });
                }
                (before.name, false)
            }
            State::Gone { name, reported, .. } => (name, reported),
        };
        self.reported = !was_lost && !is_chosen;
        if was_lost {
            return Some(Notice::Back { name: to });
        }
        (!just_chosen).then_some(Notice::Changed { from, to })
    }

    /// Opening failed. Returns true if the device was just chosen, so that the failure must be reported.
    pub(crate) fn on_open_failed(&mut self, now: Instant) -> bool {
        match &mut self.state {
            State::Running { requested_at, .. } => *requested_at = None,
            State::Gone { requested_at, next, .. } => (*requested_at, *next) = (None, now + RETRY_INTERVAL),
        }
        let report = std::mem::take(&mut self.just_chosen);
        self.reported |= report;
        report
    }

    /// Called ten times a second.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<Step> {
        let is_late = |requested_at: &Option<Instant>| {
            requested_at.is_some_and(|since| now.saturating_duration_since(since) >= ATTEMPT_TIMEOUT)
        };
        match &mut self.state {
            State::Running { requested_at, .. } => {
                if is_late(requested_at) {
                    *requested_at = None;
                }
                None
            }
            State::Gone { name, loss, since, reported, .. }
                if !*reported && now.saturating_duration_since(*since) >= QUIET_PERIOD =>
            {
                *reported = true;
                Some(Step::GiveUp { name: name.clone(), loss: *loss })
            }
            State::Gone { requested_at, next, .. }
                if (requested_at.is_none() && now >= *next) || is_late(requested_at) =>
            {
                *requested_at = Some(now);
                Some(Step::Open)
            }
            State::Gone { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str) -> OpenedDevice {
        OpenedDevice { id: id.into(), name: id.to_uppercase(), is_chosen: false }
    }

    fn chosen(id: &str) -> OpenedDevice {
        OpenedDevice { is_chosen: true, ..device(id) }
    }

    fn changed(from: &str, to: &str) -> Notice {
        Notice::Changed { from: from.into(), to: to.into() }
    }

    #[test]
    fn a_changed_default_is_opened_and_reported_once() {
        let now = Instant::now();
        let mut recovery = DeviceRecovery::new(device("mic"));
        assert_eq!(recovery.on_best_device(Some("mic"), now), None);
        assert_eq!(recovery.on_best_device(Some("headset"), now), Some(Step::Open));
        assert_eq!(recovery.on_best_device(Some("headset"), now), None, "it is being on_opened");
        assert_eq!(recovery.on_opened(device("headset")), Some(changed("MIC", "HEADSET")));
        assert_eq!(recovery.on_best_device(Some("headset"), now), None);
        assert_eq!(recovery.on_best_device(None, now), None, "nothing is no reason to leave what runs");
    }

    #[test]
    fn a_lost_device_is_retried_and_reported_after_a_second() {
        let begun = Instant::now();
        let at = |ms| begun + Duration::from_millis(ms);
        let mut recovery = DeviceRecovery::new(device("mic"));
        assert_eq!(recovery.on_lost(Loss::Gone, at(0)), Some(Step::Open));
        assert_eq!(recovery.on_lost(Loss::Stalled, at(50)), None, "once is enough");
        recovery.on_open_failed(at(100));
        assert_eq!(recovery.tick(at(200)), None);
        assert_eq!(recovery.tick(at(300)), Some(Step::Open));
        assert_eq!(recovery.tick(at(400)), None);
        recovery.on_open_failed(at(500));
        let given_up = Step::GiveUp { name: "MIC".into(), loss: Loss::Gone };
        assert_eq!(recovery.tick(at(1_000)), Some(given_up));
        assert_eq!(recovery.tick(at(1_100)), Some(Step::Open));
        assert_eq!(recovery.on_opened(device("spare")), Some(Notice::Back { name: "SPARE".into() }));
        assert_eq!(recovery.on_opened(device("mic")), Some(changed("SPARE", "MIC")));
    }

    #[test]
    fn a_short_loss_is_reported_as_one_change() {
        let now = Instant::now();
        let mut recovery = DeviceRecovery::new(device("mic"));
        recovery.on_lost(Loss::Gone, now);
        assert_eq!(recovery.on_opened(device("spare")), Some(changed("MIC", "SPARE")));
    }

    #[test]
    fn a_chosen_device_is_used_again_when_it_returns() {
        let now = Instant::now();
        let mut recovery = DeviceRecovery::new(chosen("headset"));
        recovery.on_lost(Loss::Stalled, now);
        assert_eq!(recovery.on_opened(device("mic")), Some(changed("HEADSET", "MIC")));
        assert_eq!(recovery.on_best_device(Some("headset"), now), Some(Step::Open));
        assert_eq!(recovery.on_opened(chosen("headset")), Some(Notice::Back { name: "HEADSET".into() }));
    }

    #[test]
    fn a_failed_switch_keeps_the_device_and_is_retried() {
        let now = Instant::now();
        let mut recovery = DeviceRecovery::new(device("mic"));
        recovery.on_best_device(Some("headset"), now);
        recovery.on_open_failed(now);
        assert_eq!(recovery.tick(now), None);
        assert_eq!(recovery.on_best_device(Some("headset"), now), Some(Step::Open));
    }

    #[test]
    fn a_hanging_attempt_is_given_up() {
        let begun = Instant::now();
        let mut recovery = DeviceRecovery::new(device("mic"));
        recovery.on_lost(Loss::Gone, begun);
        recovery.tick(begun + QUIET_PERIOD);
        assert_eq!(recovery.tick(begun + ATTEMPT_TIMEOUT), Some(Step::Open));
    }

    #[test]
    fn a_failing_choice_and_its_return_are_reported_once() {
        let now = Instant::now();
        let mut recovery = DeviceRecovery::new(device("mic"));
        recovery.preference_changed(now);
        assert!(recovery.on_open_failed(now));
        assert_eq!(recovery.on_best_device(Some("headset"), now), Some(Step::Open));
        assert!(!recovery.on_open_failed(now));
        assert_eq!(recovery.on_best_device(Some("headset"), now), Some(Step::Open));
        assert_eq!(recovery.on_opened(chosen("headset")), Some(Notice::Back { name: "HEADSET".into() }));
    }

    #[test]
    fn reopening_the_same_device_is_not_reported() {
        let now = Instant::now();
        let mut recovery = DeviceRecovery::new(device("mic"));
        assert_eq!(recovery.preference_changed(now), Step::Open);
        assert_eq!(recovery.on_opened(chosen("mic")), None);
    }
}
