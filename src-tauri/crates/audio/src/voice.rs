//! Tells a voice from everything else, behind the echo canceller. Pure; runs on the audio thread, 7 µs for 16 ms.

use earshot::Detector;

use crate::reblock::Reblock;

/// What the detector takes at once: 16 ms at 16 kHz.
const FRAME: usize = 256;
/// A frame scoring more than this is a voice.
const VOICE: f32 = 0.65;
/// A frame scoring less than this is none.
const NO_VOICE: f32 = 0.35;
/// Of the last three frames so many must be a voice for someone to speak: 16 ms after the first of them.
const NEEDED: u32 = 2;
/// Where it may be an echo that the canceller has lost, the echo's way is looked for meanwhile: so many of the last twenty.
const NEEDED_IN_DOUBT: u32 = 14;
/// The last twenty.
const REMEMBERED_IN_DOUBT: u32 = 0xf_ffff;
/// The last three.
const REMEMBERED: u32 = 0b111;
/// Frames without a voice that end it: 320 ms.
const QUIET_FRAMES: u32 = 20;
/// A frame quieter than −60 dBFS is no one speaking here, whatever it sounds like: the canceller's residue can be shaped
/// like speech.
const FLOOR: f32 = 1e-6;

/// Listens for a voice in 16 kHz samples.
pub(crate) struct Voice {
    detector: Box<Detector>,
    blocks: Reblock,
    /// The last frames that are no echo, the newest in the lowest bit; a one is a voice.
    recent: u32,
    /// All the last frames, likewise.
    recent_in_doubt: u32,
    quiet: u32,
    speaking: bool,
}

impl Voice {
    /// Hears nobody yet.
    pub(crate) fn new() -> Self {
        Self {
            detector: Detector::default_boxed(),
            blocks: Reblock::new(FRAME),
            recent: 0,
            recent_in_doubt: 0,
            quiet: 0,
            speaking: false,
        }
    }

    /// Listens to `samples` in −1.0..1.0. What is quieter than `floor` (a mean square) is nobody's, either. Unless it is `sure`
    /// that they are not an echo alone, it takes longer to believe in a voice.
    pub(crate) fn hear(&mut self, samples: &[f32], floor: f32, sure: bool) {
        let floor = floor.max(FLOOR);
        let Self { detector, blocks, recent, recent_in_doubt, quiet, speaking } = self;
        blocks.push(samples, |block| {
            let mut frame = [0.0; FRAME];
            let mut squares = 0.0;
            for (sample, heard) in frame.iter_mut().zip(block) {
                *sample = heard.clamp(-1.0, 1.0);
                squares += *sample * *sample;
            }
            let score = detector.predict_f32(&frame);
            let is_voice = score > VOICE && squares / FRAME as f32 > floor;
            *recent = (*recent << 1 | u32::from(is_voice && sure)) & REMEMBERED;
            *recent_in_doubt = (*recent_in_doubt << 1 | u32::from(is_voice)) & REMEMBERED_IN_DOUBT;
            // What is neither (a breath, a consonant) neither ends a voice nor keeps it.
            *quiet = if is_voice { 0 } else { *quiet + u32::from(score < NO_VOICE || squares == 0.0) };
            *speaking = if *speaking {
                *quiet < QUIET_FRAMES
            } else {
                recent.count_ones() >= NEEDED || recent_in_doubt.count_ones() >= NEEDED_IN_DOUBT
            };
        });
    }

    /// True while someone speaks.
    pub(crate) fn is_speaking(&self) -> bool {
        self.speaking
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo::room;
    use crate::resample::Resampler;

    /// A voice at 16 kHz, without the pauses.
    fn talk(seed: u64, pitch: f32, seconds: f32) -> Vec<f32> {
        let mut out = Vec::new();
        let mut resampler = Resampler::new(48_000, 16_000).expect("rates");
        resampler.push(&room::voice(seed, pitch, seconds), &mut out);
        out
    }

    /// Milliseconds after which each change came.
    fn changes(samples: &[f32]) -> Vec<(usize, bool)> {
        let (mut voice, mut changes) = (Voice::new(), Vec::new());
        for (n, piece) in samples.chunks(80).enumerate() {
            let before = voice.is_speaking();
            voice.hear(piece, 0.0, true);
            if voice.is_speaking() != before {
                changes.push(((n + 1) * 5, voice.is_speaking()));
            }
        }
        changes
    }

    #[test]
    fn a_voice_is_heard_soon_and_ends_after_a_pause() {
        for (seed, pitch) in [(1, 110.0), (2, 160.0), (3, 220.0)] {
            let mut samples = vec![0.0; 16_000];
            samples.extend(talk(seed, pitch, 0.8));
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
    fn what_may_be_an_echo_takes_longer() {
        let samples = talk(2, 160.0, 2.0);
        let believed_ms = |sure: bool| {
            let mut voice = Voice::new();
            samples
                .chunks(80)
                .take_while(|piece| {
                    voice.hear(piece, 0.0, sure);
                    !voice.is_speaking()
                })
                .count()
                * 5
        };
        let (sure, in_doubt) = (believed_ms(true), believed_ms(false));
        println!("a voice is believed after {sure} ms, in doubt after {in_doubt} ms");
        assert!(sure < 150 && (200..600).contains(&in_doubt));
    }

    #[test]
    fn keys_that_click_are_no_voice() {
        for seed in 0..4 {
            let mut dice = room::Dice::new(seed);
            let mut samples = vec![0.0; 16_000 * 20];
            let mut at = 0;
            while at + 400 < samples.len() {
                let (strong, ms) = (dice.between(0.05, 0.5), dice.between(1.0, 6.0));
                for (n, sample) in samples[at..at + 400].iter_mut().enumerate() {
                    *sample = strong * dice.roll() * (-(n as f32) / 16.0 / ms).exp();
                }
                at += (dice.between(60.0, 240.0) * 16.0) as usize;
            }
            assert_eq!(changes(&samples), []);
        }
    }

    #[test]
    fn silence_hiss_and_a_tone_are_no_voice() {
        assert_eq!(changes(&vec![0.0; 48_000]), []);
        for dbfs in [-60.0, -40.0, -20.0] {
            assert_eq!(changes(&room::noise(4, dbfs, 48_000)), [], "noise of {dbfs} dBFS");
        }
    }

    #[test]
    fn what_is_too_quiet_to_be_here_is_no_voice() {
        let faint: Vec<f32> = talk(2, 160.0, 3.0).iter().map(|sample| sample * 0.003).collect();
        assert_eq!(changes(&faint), []);
    }
}
