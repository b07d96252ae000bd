//! Notices issues of a microphone that runs: nothing but zeros, clipping, too quiet, a headset in call mode.
//!
//! Time is passed in. Issues appear and are resolved slowly, so that no notice is outdated when it is read.

use std::time::{Duration, Instant};

use crate::device::watchdog::ZeroTimer;

/// Zeros for this long are an issue; no room is that quiet.
const ZEROS_LIMIT: Duration = Duration::from_secs(2);
/// A microphone whose sound came back by itself may have a noise gate. From then on the limit is this many times
/// longer…
const BACKOFF: u32 = 3;
/// …up to this.
const MAX_ZEROS_LIMIT: Duration = Duration::from_mins(5);
/// Checks (of 100 ms) with sound in a row after which a microphone is no longer silent.
const CHECKS_WITH_SOUND: u32 = 3;
/// Full scale, as converters and their limiters reach it.
const FULL_SCALE: f32 = 0.995;
/// If more than one of this many samples in 100 ms is at full scale, that is audible.
const CLIPPED_SHARE: u64 = 1_000;
/// The weight of 100 ms with clipping against those without: five of them are reported, and 25 s without resolve it.
const CLIPPING_WEIGHT: u32 = 50;
const REPORT_AT: u32 = 5 * CLIPPING_WEIGHT;
/// Speech over which a level is measured: 2 s at 16 kHz.
const SPEECH_SAMPLES: u64 = 32_000;
/// Speech below this mean square is too quiet: −46 dBFS.
const QUIET_POWER: f64 = 2.5e-5;
/// Speech above this one is loud enough: −42 dBFS.
const GOOD_POWER: f64 = 6.3e-5;
/// Quiet measurements in a row that are reported: 4 s of speech.
const QUIET_MEASUREMENTS: u32 = 2;
/// The highest rate of a Bluetooth headset in call mode, in Hz.
const MAX_CALL_RATE: u32 = 16_000;

/// An issue of a microphone that works as far as the system knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MicIssue {
    /// Nothing but zeros since it was opened: it is switched off, or the system silently denies access.
    NeverHeard,
    /// Nothing but zeros for two seconds.
    FellSilent,
    /// Its input is overloaded.
    Clipping,
    /// Speech is hardly louder than noise.
    TooQuiet,
    /// A Bluetooth headset is in call mode: telephone quality in both directions.
    CallMode,
}

/// An issue that appeared or was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssueChange {
    Appeared(MicIssue),
    Resolved(MicIssue),
}

/// Tracks the issues of one microphone from its opening on.
#[derive(Debug)]
pub(crate) struct MicHealth {
    zeros: ZeroTimer,
    /// How long zeros are tolerated.
    zeros_limit: Duration,
    sounding: u32,
    seen: u64,
    clipped: u64,
    clipping: u32,
    quiet: u32,
    was_heard: bool,
    call_mode: bool,
    reported: Vec<MicIssue>,
}

impl MicHealth {
    /// Creates the state for a microphone that starts at `now`.
    pub(crate) fn new(call_mode: bool, now: Instant) -> Self {
        Self {
            zeros: ZeroTimer::new(now),
            zeros_limit: ZEROS_LIMIT,
            sounding: 0,
            seen: 0,
            clipped: 0,
            clipping: 0,
            quiet: 0,
            was_heard: false,
            call_mode,
            reported: Vec::new(),
        }
    }

    /// Takes samples of the device, with any number of channels.
    pub(crate) fn push(&mut self, samples: &[f32], now: Instant) {
        self.zeros.push(samples, now);
        self.seen += samples.len() as u64;
        self.clipped += samples.iter().filter(|sample| sample.abs() >= FULL_SCALE).count() as u64;
    }

    /// Returns how long there were only zeros.
    pub(crate) fn zeros(&self, now: Instant) -> Duration {
        self.zeros.elapsed(now)
    }

    /// Returns what changed; called ten times a second. `speech` is measured once it is longer than [`SPEECH_SAMPLES`].
    pub(crate) fn check(&mut self, speech: &mut SpeechLevel, now: Instant) -> Vec<IssueChange> {
        let mut changes = Vec::new();
        self.check_sound(now, &mut changes);
        self.check_clipping(&mut changes);
        if let Some(square) = speech.take_mean_square() {
            self.check_speech_level(square, &mut changes);
        }
        if std::mem::take(&mut self.call_mode) {
            self.report(MicIssue::CallMode, &mut changes);
        }
        changes
    }

    /// Returns the issues that were reported and not resolved.
    pub(crate) fn reported(&self) -> &[MicIssue] {
        &self.reported
    }

    fn check_sound(&mut self, now: Instant, changes: &mut Vec<IssueChange>) {
        let zeros = self.zeros.elapsed(now);
        self.sounding = if zeros < Duration::from_millis(100) { self.sounding + 1 } else { 0 };
        if zeros >= self.zeros_limit {
            let issue = if self.was_heard { MicIssue::FellSilent } else { MicIssue::NeverHeard };
            self.report(issue, changes);
        }
        if self.sounding >= CHECKS_WITH_SOUND {
            self.was_heard = true;
            for issue in [MicIssue::FellSilent, MicIssue::NeverHeard] {
                if self.resolve(issue, changes) && issue == MicIssue::FellSilent {
                    self.zeros_limit = (self.zeros_limit * BACKOFF).min(MAX_ZEROS_LIMIT);
                }
            }
        }
    }

    fn check_clipping(&mut self, changes: &mut Vec<IssueChange>) {
        let (seen, clipped) = (std::mem::take(&mut self.seen), std::mem::take(&mut self.clipped));
        self.clipping = if clipped * CLIPPED_SHARE > seen {
            (self.clipping + CLIPPING_WEIGHT).min(REPORT_AT)
        } else {
            self.clipping.saturating_sub(1)
        };
        match self.clipping {
            REPORT_AT => self.report(MicIssue::Clipping, changes),
            0 => _ = self.resolve(MicIssue::Clipping, changes),
            _ => {}
        }
    }

    fn check_speech_level(&mut self, square: f64, changes: &mut Vec<IssueChange>) {
        self.quiet = if square < QUIET_POWER { self.quiet + 1 } else { 0 };
        if self.quiet >= QUIET_MEASUREMENTS {
            self.report(MicIssue::TooQuiet, changes);
        } else if square > GOOD_POWER {
            self.resolve(MicIssue::TooQuiet, changes);
        }
    }

    fn report(&mut self, issue: MicIssue, changes: &mut Vec<IssueChange>) {
        if !self.reported.contains(&issue) {
            self.reported.push(issue);
            changes.push(IssueChange::Appeared(issue));
        }
    }

    fn resolve(&mut self, issue: MicIssue, changes: &mut Vec<IssueChange>) -> bool {
        let before = self.reported.len();
        self.reported.retain(|reported| *reported != issue);
        let was_told = self.reported.len() != before;
        if was_told {
            changes.push(IssueChange::Resolved(issue));
        }
        was_told
    }
}

/// Measures how loud speech is, at 16 kHz.
#[derive(Debug, Default)]
pub(crate) struct SpeechLevel {
    squares: f64,
    samples: u64,
}

impl SpeechLevel {
    /// Takes samples of speech.
    pub(crate) fn feed(&mut self, samples: &[f32]) {
        self.squares += samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>();
        self.samples += samples.len() as u64;
    }

    /// Returns the mean square and starts afresh, once there is enough speech.
    fn take_mean_square(&mut self) -> Option<f64> {
        if self.samples < SPEECH_SAMPLES {
            return None;
        }
        let Self { squares, samples } = std::mem::take(self);
        Some(squares / samples as f64)
    }
}

/// Returns true for a Bluetooth headset in call mode: while its microphone is open, it records and plays in telephone
/// quality. Systems show that only by the id, the name and the rate.
pub(crate) fn is_call_mode(id: &str, name: &str, rate: u32) -> bool {
    const WORDS: [&str; 6] =
        ["bluez", "bluetooth", "hands-free", "handsfree", "headset_head_unit", "airpods"];
    let text = format!("{id} {name}").to_lowercase();
    rate <= MAX_CALL_RATE && WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rig {
        begun: Instant,
        ms: u64,
        health: MicHealth,
        speech: SpeechLevel,
    }

    impl Rig {
        fn new(call_mode: bool) -> Self {
            let begun = Instant::now();
            Self { begun, ms: 0, health: MicHealth::new(call_mode, begun), speech: SpeechLevel::default() }
        }

        /// Pushes `seconds` of this sample; returns what changed, with the ms since the start.
        fn push(&mut self, sample: f32, seconds: f32) -> Vec<(u64, IssueChange)> {
            let mut reported = Vec::new();
            for _ in 0..(seconds * 10.0) as usize {
                self.ms += 100;
                let now = self.begun + Duration::from_millis(self.ms);
                self.health.push(&[sample; 480], now);
                reported.extend(
                    self.health.check(&mut self.speech, now).into_iter().map(|changes| (self.ms, changes)),
                );
            }
            reported
        }

        fn speak(&mut self, amplitude: f32, seconds: f32) -> Vec<IssueChange> {
            let mut reported = Vec::new();
            for _ in 0..(seconds * 10.0) as usize {
                self.speech.feed(&[amplitude; 1_600]);
                reported.extend(self.push(amplitude, 0.1).into_iter().map(|(_, changes)| changes));
            }
            reported
        }
    }

    #[test]
    fn two_seconds_of_zeros_are_reported_until_sound() {
        let mut rig = Rig::new(false);
        assert_eq!(rig.push(0.0, 10.0), [(2_000, IssueChange::Appeared(MicIssue::NeverHeard))]);
        assert_eq!(rig.push(0.01, 10.0), [(10_300, IssueChange::Resolved(MicIssue::NeverHeard))]);
        assert_eq!(rig.push(0.0, 5.0), [(22_000, IssueChange::Appeared(MicIssue::FellSilent))]);
        assert_eq!(rig.push(1e-5, 1.0).len(), 1);
    }

    #[test]
    fn a_noise_gate_is_reported_less_and_less() {
        let mut rig = Rig::new(false);
        let mut reported = 0;
        for _ in 0..100 {
            reported += rig.push(0.1, 2.0).len();
            reported += rig.push(0.0, 10.0).len();
        }
        assert_eq!(reported, 4, "after 2 s, after 6 s, and never after 18 s: each comes and goes once");
    }

    #[test]
    fn clipping_is_reported_unless_it_is_short() {
        let mut rig = Rig::new(false);
        rig.push(0.5, 5.0);
        assert_eq!(rig.push(1.0, 0.4), []);
        assert_eq!(rig.push(1.0, 0.2).len(), 1);
        assert_eq!(rig.push(0.5, 24.0), []);
        assert!(matches!(rig.push(0.5, 2.0)[..], [(_, IssueChange::Resolved(MicIssue::Clipping))]));
    }

    #[test]
    fn quiet_speech_is_reported_with_hysteresis() {
        let mut rig = Rig::new(false);
        assert_eq!(rig.speak(0.003, 10.0), [IssueChange::Appeared(MicIssue::TooQuiet)]);
        assert_eq!(rig.speak(0.006, 10.0), [], "-44 dBFS");
        assert_eq!(rig.speak(0.05, 5.0), [IssueChange::Resolved(MicIssue::TooQuiet)]);
        assert_eq!(rig.speak(0.006, 10.0), []);
    }

    #[test]
    fn silence_is_not_quiet_speech() {
        let mut rig = Rig::new(false);
        assert_eq!(rig.push(0.0005, 60.0), []);
    }

    #[test]
    fn a_headset_in_call_mode_is_reported_once() {
        let mut rig = Rig::new(true);
        assert_eq!(rig.push(0.01, 10.0), [(100, IssueChange::Appeared(MicIssue::CallMode))]);
        assert_eq!(rig.health.reported(), [MicIssue::CallMode]);
    }

    #[test]
    fn call_mode_is_recognised_by_name_and_rate() {
        assert!(is_call_mode("pulseaudio:bluez_input.AA_BB.0", "WH-1000", 16_000));
        assert!(is_call_mode("wasapi:{0.0}", "Headset (Buds Hands-Free AG Audio)", 8_000));
        assert!(!is_call_mode("pulseaudio:bluez_input.AA_BB.0", "WH-1000", 48_000));
        assert!(!is_call_mode("pulseaudio:alsa_input.usb", "Old webcam", 16_000));
    }
}
