//! Decides from the scores of frames whether somebody speaks.

use super::{FRAME_SAMPLES, SpeechScorer};

/// A frame with a higher score is speech.
const SPEECH: f32 = 0.65;
/// A frame with a lower score is not.
const NO_SPEECH: f32 = 0.35;
/// How many of the last three frames must be speech: it is believed 16 ms after the first of them.
const NEEDED: u32 = 2;
/// The last three frames.
const REMEMBERED: u32 = 0b111;
/// How many of the last twenty frames must be speech if they may be echo. An echo that got past the canceller is given
/// time to be recognised as one.
const NEEDED_IF_ECHO: u32 = 14;
/// The last twenty frames.
const REMEMBERED_IF_ECHO: u32 = 0xf_ffff;
/// Frames without speech that end it: 320 ms.
const HANGOVER_FRAMES: u32 = 20;
/// A frame quieter than −60 dBFS (a mean square) is nobody here, however it sounds: what an echo canceller leaves can
/// be shaped like speech.
const FLOOR: f32 = 1e-6;

/// Tells from 16 kHz samples whether somebody speaks.
///
/// ```
/// let mut detector = dsp::vad::SpeechDetector::new();
/// detector.push(&[0.0; 16_000], 0.0, false);
/// assert!(!detector.is_speaking());
/// ```
pub struct SpeechDetector {
    scorer: SpeechScorer,
    /// The last frames that were no echo, the newest in the lowest bit; a one is speech.
    recent: u32,
    /// All of the last frames, likewise.
    recent_if_echo: u32,
    quiet: u32,
    speaking: bool,
}

impl SpeechDetector {
    /// Creates a detector that has heard nobody yet.
    pub fn new() -> Self {
        Self { scorer: SpeechScorer::new(), recent: 0, recent_if_echo: 0, quiet: 0, speaking: false }
    }

    /// Takes samples in −1.0..=1.0. Frames quieter than `floor` (a mean square) never count as speech. While the
    /// samples `may_be_echo` it takes longer to believe in speech: 14 of 20 frames instead of 2 of 3.
    pub fn push(&mut self, samples: &[f32], floor: f32, may_be_echo: bool) {
        let floor = floor.max(FLOOR);
        let Self { scorer, recent, recent_if_echo, quiet, speaking } = self;
        scorer.push(samples, |score, frame| {
            let squares: f32 = frame.iter().map(|sample| sample * sample).sum();
            let is_speech = score > SPEECH && squares / FRAME_SAMPLES as f32 > floor;
            *recent = (*recent << 1 | u32::from(is_speech && !may_be_echo)) & REMEMBERED;
            *recent_if_echo = (*recent_if_echo << 1 | u32::from(is_speech)) & REMEMBERED_IF_ECHO;
            // A frame between the two scores (a breath, a consonant) neither ends speech nor prolongs it.
            *quiet = if is_speech { 0 } else { *quiet + u32::from(score < NO_SPEECH || squares == 0.0) };
            *speaking = if *speaking {
                *quiet < HANGOVER_FRAMES
            } else {
                recent.count_ones() >= NEEDED || recent_if_echo.count_ones() >= NEEDED_IF_ECHO
            };
        });
    }

    /// Returns true while somebody speaks.
    pub fn is_speaking(&self) -> bool {
        self.speaking
    }
}

impl Default for SpeechDetector {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resample::Resampler;
    use crate::synthetic::{self, Random};

    /// Speech at 16 kHz.
    fn speech(seed: u64, pitch: f32, seconds: f32) -> Vec<f32> {
        let mut out = Vec::new();
        let mut resampler = Resampler::new(48_000, 16_000).expect("rates");
        resampler.push(&synthetic::speech(seed, pitch, seconds), &mut out);
        out
    }

    /// The milliseconds at which the detector changed its mind.
    fn changes(samples: &[f32]) -> Vec<(usize, bool)> {
        let (mut detector, mut changes) = (SpeechDetector::new(), Vec::new());
        for (n, piece) in samples.chunks(80).enumerate() {
            let before = detector.is_speaking();
            detector.push(piece, 0.0, false);
            if detector.is_speaking() != before {
                changes.push(((n + 1) * 5, detector.is_speaking()));
            }
        }
        changes
    }

    #[test]
    fn speech_is_detected_soon_and_ends_after_a_pause() {
        for (seed, pitch) in [(1, 110.0), (2, 160.0), (3, 220.0)] {
            let mut samples = vec![0.0; 16_000];
            samples.extend(speech(seed, pitch, 0.8));
            samples.extend(vec![0.0; 16_000]);
            let changes = changes(&samples);
            println!("a voice of {pitch} Hz from 1000 to 1800 ms: {changes:?}");
            assert!(
                changes.first().is_some_and(|(ms, on)| *on && (1_000..1_250).contains(ms)),
                "{changes:?}"
            );
            assert!(changes.last().is_some_and(|(ms, on)| !on && (1_900..2_500).contains(ms)), "{changes:?}");
        }
    }

    #[test]
    fn what_may_be_echo_takes_longer() {
        let samples = speech(2, 160.0, 2.0);
        let believed_ms = |may_be_echo: bool| {
            let mut detector = SpeechDetector::new();
            samples
                .chunks(80)
                .take_while(|piece| {
                    detector.push(piece, 0.0, may_be_echo);
                    !detector.is_speaking()
                })
                .count()
                * 5
        };
        let (clean, maybe_echo) = (believed_ms(false), believed_ms(true));
        println!("speech is believed after {clean} ms, and after {maybe_echo} ms if it may be echo");
        assert!(clean < 150 && (200..600).contains(&maybe_echo));
    }

    #[test]
    fn key_clicks_are_not_speech() {
        for seed in 0..4 {
            let mut random = Random::new(seed);
            let mut samples = vec![0.0; 16_000 * 20];
            let mut at = 0;
            while at + 400 < samples.len() {
                let (strong, ms) = (random.between(0.05, 0.5), random.between(1.0, 6.0));
                for (n, sample) in samples[at..at + 400].iter_mut().enumerate() {
                    *sample = strong * random.signed() * (-(n as f32) / 16.0 / ms).exp();
                }
                at += (random.between(60.0, 240.0) * 16.0) as usize;
            }
            assert_eq!(changes(&samples), []);
        }
    }

    #[test]
    fn silence_and_noise_are_not_speech() {
        assert_eq!(changes(&vec![0.0; 48_000]), []);
        for dbfs in [-60.0, -40.0, -20.0] {
            assert_eq!(changes(&synthetic::noise(4, dbfs, 48_000)), [], "noise of {dbfs} dBFS");
        }
    }

    #[test]
    fn very_quiet_speech_is_ignored() {
        let faint: Vec<f32> = speech(2, 160.0, 3.0).iter().map(|sample| sample * 0.003).collect();
        assert_eq!(changes(&faint), []);
    }
}
