//! What is the matter with a microphone that runs: nothing but zeros, clipping, too quiet, a headset in call mode. Pure: time
//! is handed in. Each complaint comes and goes slowly, so that nobody reads a notice that is over.

use std::time::{Duration, Instant};

use crate::device::watchdog::Zeros;

/// Nothing but zeros for this long is no quiet room.
const ZEROS: Duration = Duration::from_secs(2);
/// A microphone that came back by itself closes when nobody speaks: then this many times longer is waited.
const GATED: u32 = 3;
/// But never longer than this.
const LONGEST: Duration = Duration::from_mins(5);
/// Looks in a row (of 100 ms) with sound after which a microphone is no longer silent.
const SOUNDING: u32 = 3;
/// Full scale, as converters and their limiters reach it.
const FULL: f32 = 0.995;
/// More of the samples of 100 ms than this at full scale is audible: 1 in 1000.
const CLIPPED: u64 = 1_000;
/// What 100 ms that clip weigh against those that don't: five of them complain, and 25 s without end it.
const WEIGHT: u32 = 50;
const COMPLAIN: u32 = 5 * WEIGHT;
/// A level is measured over so much of a voice: 2 s at 16 kHz.
const VOICE: u64 = 32_000;
/// A voice under this mean square is too quiet: −46 dBFS.
const QUIET: f64 = 2.5e-5;
/// A voice over this one is loud enough: −42 dBFS.
const ENOUGH: f64 = 6.3e-5;
/// So many quiet measurements in a row complain: 4 s of a voice.
const QUIET_TIMES: u32 = 2;
/// A Bluetooth headset that takes a call gives no more than this, in Hz.
const CALL_RATE: u32 = 16_000;

/// What a person may want to know of a microphone that works as far as the system says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Complaint {
    /// Nothing but zeros since it was opened: it is switched off, or the system refuses it without a word.
    NeverHeard,
    /// Nothing but zeros for two seconds.
    FellSilent,
    /// It is too loud for itself.
    Clipping,
    /// Voices are hardly louder than the noise.
    TooQuiet,
    /// A Bluetooth headset whose microphone makes it sound like a telephone, both ways.
    CallMode,
}

/// A complaint that came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Bad(Complaint),
    Good(Complaint),
}

/// The condition of one microphone, from its opening on.
#[derive(Debug)]
pub(crate) struct Condition {
    zeros: Zeros,
    /// How long zeros are borne.
    patience: Duration,
    sounding: u32,
    seen: u64,
    clipped: u64,
    clipping: u32,
    quiet: u32,
    was_heard: bool,
    call_mode: bool,
    told: Vec<Complaint>,
}

impl Condition {
    /// A microphone that begins at `now`.
    pub(crate) fn new(call_mode: bool, now: Instant) -> Self {
        Self {
            zeros: Zeros::new(now),
            patience: ZEROS,
            sounding: 0,
            seen: 0,
            clipped: 0,
            clipping: 0,
            quiet: 0,
            was_heard: false,
            call_mode,
            told: Vec::new(),
        }
    }

    /// Takes what the device gave, in any number of channels.
    pub(crate) fn hear(&mut self, samples: &[f32], now: Instant) {
        self.zeros.hear(samples, now);
        self.seen += samples.len() as u64;
        self.clipped += samples.iter().filter(|sample| sample.abs() >= FULL).count() as u64;
    }

    /// For how long there were only zeros.
    pub(crate) fn zeros(&self, now: Instant) -> Duration {
        self.zeros.lasted(now)
    }

    /// What is new; ask ten times a second. `voice` is what was said since it was last longer than [`VOICE`].
    pub(crate) fn look(&mut self, voice: &mut Voiced, now: Instant) -> Vec<News> {
        let mut news = Vec::new();
        self.look_for_sound(now, &mut news);
        self.look_for_clipping(&mut news);
        if let Some(square) = voice.measured() {
            self.look_at_voice(square, &mut news);
        }
        if std::mem::take(&mut self.call_mode) {
            self.complain(Complaint::CallMode, &mut news);
        }
        news
    }

    /// What was complained of and is still so: another microphone takes its place.
    pub(crate) fn told(&self) -> &[Complaint] {
        &self.told
    }

    fn look_for_sound(&mut self, now: Instant, news: &mut Vec<News>) {
        let zeros = self.zeros.lasted(now);
        self.sounding = if zeros < Duration::from_millis(100) { self.sounding + 1 } else { 0 };
        if zeros >= self.patience {
            let complaint = if self.was_heard { Complaint::FellSilent } else { Complaint::NeverHeard };
            self.complain(complaint, news);
        }
        if self.sounding >= SOUNDING {
            self.was_heard = true;
            for complaint in [Complaint::FellSilent, Complaint::NeverHeard] {
                if self.forgive(complaint, news) && complaint == Complaint::FellSilent {
                    self.patience = (self.patience * GATED).min(LONGEST);
                }
            }
        }
    }

    fn look_for_clipping(&mut self, news: &mut Vec<News>) {
        let (seen, clipped) = (std::mem::take(&mut self.seen), std::mem::take(&mut self.clipped));
        self.clipping = if clipped * CLIPPED > seen {
            (self.clipping + WEIGHT).min(COMPLAIN)
        } else {
            self.clipping.saturating_sub(1)
        };
        match self.clipping {
            COMPLAIN => self.complain(Complaint::Clipping, news),
            0 => _ = self.forgive(Complaint::Clipping, news),
            _ => {}
        }
    }

    fn look_at_voice(&mut self, square: f64, news: &mut Vec<News>) {
        self.quiet = if square < QUIET { self.quiet + 1 } else { 0 };
        if self.quiet >= QUIET_TIMES {
            self.complain(Complaint::TooQuiet, news);
        } else if square > ENOUGH {
            self.forgive(Complaint::TooQuiet, news);
        }
    }

    fn complain(&mut self, complaint: Complaint, news: &mut Vec<News>) {
        if !self.told.contains(&complaint) {
            self.told.push(complaint);
            news.push(News::Bad(complaint));
        }
    }

    fn forgive(&mut self, complaint: Complaint, news: &mut Vec<News>) -> bool {
        let before = self.told.len();
        self.told.retain(|told| *told != complaint);
        let was_told = self.told.len() != before;
        if was_told {
            news.push(News::Good(complaint));
        }
        was_told
    }
}

/// How loud the voices are that were heard, at 16 kHz.
#[derive(Debug, Default)]
pub(crate) struct Voiced {
    squares: f64,
    samples: u64,
}

impl Voiced {
    /// Takes samples of a voice.
    pub(crate) fn feed(&mut self, samples: &[f32]) {
        self.squares += samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>();
        self.samples += samples.len() as u64;
    }

    /// The mean square, once there is enough to tell; then it begins anew.
    fn measured(&mut self) -> Option<f64> {
        if self.samples < VOICE {
            return None;
        }
        let Self { squares, samples } = std::mem::take(self);
        Some(squares / samples as f64)
    }
}

/// Whether a device of this id, name and rate is a Bluetooth headset that takes a call: while its microphone is open it
/// gives telephone quality, and plays so too. Systems name such devices; none says it by another way.
pub(crate) fn is_call_mode(id: &str, name: &str, rate: u32) -> bool {
    const WORDS: [&str; 6] =
        ["bluez", "bluetooth", "hands-free", "handsfree", "headset_head_unit", "airpods"];
    let text = format!("{id} {name}").to_lowercase();
    rate <= CALL_RATE && WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Day {
        begun: Instant,
        ms: u64,
        condition: Condition,
        voice: Voiced,
    }

    impl Day {
        fn new(call_mode: bool) -> Self {
            let begun = Instant::now();
            Self { begun, ms: 0, condition: Condition::new(call_mode, begun), voice: Voiced::default() }
        }

        /// `seconds` of this sample; what was told, with the ms from the start.
        fn hear(&mut self, sample: f32, seconds: f32) -> Vec<(u64, News)> {
            let mut told = Vec::new();
            for _ in 0..(seconds * 10.0) as usize {
                self.ms += 100;
                let now = self.begun + Duration::from_millis(self.ms);
                self.condition.hear(&[sample; 480], now);
                told.extend(
                    self.condition.look(&mut self.voice, now).into_iter().map(|news| (self.ms, news)),
                );
            }
            told
        }

        fn speak(&mut self, amplitude: f32, seconds: f32) -> Vec<News> {
            let mut told = Vec::new();
            for _ in 0..(seconds * 10.0) as usize {
                self.voice.feed(&[amplitude; 1_600]);
                told.extend(self.hear(amplitude, 0.1).into_iter().map(|(_, news)| news));
            }
            told
        }
    }

    #[test]
    fn two_seconds_of_zeros_are_told_once_and_sound_ends_it() {
        let mut day = Day::new(false);
        assert_eq!(day.hear(0.0, 10.0), [(2_000, News::Bad(Complaint::NeverHeard))]);
        assert_eq!(day.hear(0.01, 10.0), [(10_300, News::Good(Complaint::NeverHeard))]);
        assert_eq!(day.hear(0.0, 5.0), [(22_000, News::Bad(Complaint::FellSilent))]);
        assert_eq!(day.hear(1e-5, 1.0).len(), 1);
    }

    #[test]
    fn a_microphone_that_closes_when_nobody_speaks_is_told_ever_more_seldom() {
        let mut day = Day::new(false);
        let mut told = 0;
        for _ in 0..100 {
            told += day.hear(0.1, 2.0).len();
            told += day.hear(0.0, 10.0).len();
        }
        assert_eq!(told, 4, "after 2 s, after 6 s, and never after 18 s: each comes and goes once");
    }

    #[test]
    fn clipping_is_told_when_it_is_no_single_bang() {
        let mut day = Day::new(false);
        day.hear(0.5, 5.0);
        assert_eq!(day.hear(1.0, 0.4), []);
        assert_eq!(day.hear(1.0, 0.2).len(), 1);
        assert_eq!(day.hear(0.5, 24.0), []);
        assert!(matches!(day.hear(0.5, 2.0)[..], [(_, News::Good(Complaint::Clipping))]));
    }

    #[test]
    fn a_voice_that_is_too_quiet_is_told_and_one_between_changes_nothing() {
        let mut day = Day::new(false);
        assert_eq!(day.speak(0.003, 10.0), [News::Bad(Complaint::TooQuiet)]);
        assert_eq!(day.speak(0.006, 10.0), [], "-44 dBFS");
        assert_eq!(day.speak(0.05, 5.0), [News::Good(Complaint::TooQuiet)]);
        assert_eq!(day.speak(0.006, 10.0), []);
    }

    #[test]
    fn silence_between_words_makes_no_voice_too_quiet() {
        let mut day = Day::new(false);
        assert_eq!(day.hear(0.0005, 60.0), []);
    }

    #[test]
    fn a_headset_in_call_mode_is_told_once() {
        let mut day = Day::new(true);
        assert_eq!(day.hear(0.01, 10.0), [(100, News::Bad(Complaint::CallMode))]);
        assert_eq!(day.condition.told(), [Complaint::CallMode]);
    }

    #[test]
    fn call_mode_is_known_by_name_and_rate() {
        assert!(is_call_mode("pulseaudio:bluez_input.AA_BB.0", "WH-1000", 16_000));
        assert!(is_call_mode("wasapi:{0.0}", "Headset (Buds Hands-Free AG Audio)", 8_000));
        assert!(!is_call_mode("pulseaudio:bluez_input.AA_BB.0", "WH-1000", 48_000));
        assert!(!is_call_mode("pulseaudio:alsa_input.usb", "Old webcam", 16_000));
    }
}
