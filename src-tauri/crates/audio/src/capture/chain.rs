//! From device samples to chunks of 20 ms for the wire, stage by stage. Runs on the audio thread.

use crate::capture::downmix::Downmix;
use crate::capture::meter::Meter;
use crate::capture::queue::MicChunk;
use crate::device::mic_health::SpeechLevel;
use crate::echo::{AdaptedState, EchoReport, FRAME_RATE, FRAME_SAMPLES, FarEnd, NearEndStage, power};
use dsp::pcm;
use dsp::reblock::Reblock;
use dsp::resample::Resampler;
use dsp::vad::SpeechDetector;

/// Samples of one chunk: 20 ms at the wire's rate, which is the frames' rate.
pub(crate) const CHUNK_SAMPLES: usize = 2 * FRAME_SAMPLES;

/// If the near-end stage removed more than 15 dB of a frame, the remainder is residual echo and never counts as speech.
/// A voice over a reply loses 4 dB at most. A ratio of powers.
const RESIDUE_SHARE: f32 = 0.03;

/// Frames whose sound the stage may still be giving: its own delay, and that of the speech detector.
const RECENT_FRAMES: usize = 4;

/// ring → 10 ms at the device rate → mono → 10 ms at 16 kHz → near-end stage → meter, speech detector → 20 ms chunks.
pub(crate) struct Capture {
    device_blocks: Reblock,
    downmix: Downmix,
    to_frames: Resampler,
    frames: Reblock,
    stage: Box<dyn NearEndStage>,
    detector: SpeechDetector,
    speech_level: SpeechLevel,
    /// Mean squares of the newest frames before the stage.
    input_power: [f32; RECENT_FRAMES],
    chunks: Reblock,
    sequence: u64,
    mono: Vec<f32>,
    at_frame_rate: Vec<f32>,
    processed: Vec<f32>,
}

impl Capture {
    /// Creates the stages for a device of `rate` Hz with `channels`, through `stage`.
    ///
    /// # Errors
    /// If `rate` can't be resampled.
    pub(crate) fn new(
        (rate, channels): (u32, usize),
        stage: Box<dyn NearEndStage>,
    ) -> Result<Self, dsp::resample::UnsupportedRate> {
        Ok(Self {
            device_blocks: Reblock::new(rate as usize / 100 * channels),
            downmix: Downmix::new(channels),
            to_frames: Resampler::live(rate, FRAME_RATE)?,
            frames: Reblock::new(FRAME_SAMPLES),
            stage,
            detector: SpeechDetector::new(),
            speech_level: SpeechLevel::default(),
            input_power: [0.0; RECENT_FRAMES],
            chunks: Reblock::new(CHUNK_SAMPLES),
            sequence: 0,
            mono: Vec::new(),
            at_frame_rate: Vec::new(),
            processed: Vec::new(),
        })
    }

    /// Returns the number that the next chunk gets.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Starts to number the chunks at `sequence`.
    pub(crate) fn numbered_from(self, sequence: u64) -> Self {
        Self { sequence, ..self }
    }

    /// Returns what the stage has learnt about the echo.
    pub(crate) fn adapted_state(&self) -> AdaptedState {
        self.stage.adapted_state()
    }

    /// Uses another stage from the next frame on.
    pub(crate) fn replace_stage(&mut self, stage: Box<dyn NearEndStage>) {
        self.stage = stage;
    }

    /// A device missed a buffer, so the echo's delay has changed.
    pub(crate) fn on_path_change(&mut self) {
        self.stage.on_path_change();
    }

    /// Returns true while somebody speaks into the microphone.
    pub(crate) fn is_speaking(&self) -> bool {
        self.detector.is_speaking()
    }

    /// Returns the measurement of how loud speech is.
    pub(crate) fn speech_level(&mut self) -> &mut SpeechLevel {
        &mut self.speech_level
    }

    /// Returns how many frames of the device are missing until the next chunk is complete.
    pub(crate) fn frames_until_chunk(&self) -> usize {
        let blocks = self
            .chunks
            .missing()
            .saturating_sub(FRAME_SAMPLES - self.frames.missing())
            .div_ceil(FRAME_SAMPLES);
        let further = blocks.saturating_sub(1) * self.device_blocks.size();
        (self.device_blocks.missing() + further) / self.downmix.channels()
    }

    /// Returns what the near-end stage measured.
    pub(crate) fn echo(&self) -> EchoReport {
        self.stage.report()
    }

    /// Takes interleaved samples of the device and calls `each` for every chunk that is now complete.
    ///
    /// `latency_ms` is the latency of both devices, from the speaker's callback to the air and from the air to here, by
    /// their time stamps. While `muted` the stages go on, so that the canceller stays adapted, but meter and chunks get
    /// silence or nothing.
    pub(crate) fn push(
        &mut self,
        interleaved: &[f32],
        (far_end, latency_ms): (&mut FarEnd, u32),
        meter: &mut Meter,
        muted: bool,
        mut each: impl FnMut(MicChunk),
    ) {
        self.mono.clear();
        self.at_frame_rate.clear();
        self.processed.clear();
        self.device_blocks.push(interleaved, |block| self.downmix.block(block, &mut self.mono));
        self.to_frames.push(&self.mono, &mut self.at_frame_rate);
        let Self { stage, processed, input_power, detector, .. } = self;
        self.frames.push(&self.at_frame_rate, |block| {
            let mut frame = [0.0; FRAME_SAMPLES];
            frame.copy_from_slice(block);
            input_power.rotate_right(1);
            input_power[0] = power(block);
            let waited_ms = far_end.waiting_ms();
            let (missing, far) = (far_end.counts().missing, far_end.next());
            if far_end.counts().missing != missing {
                stage.on_path_change();
            }
            stage.process(&far, &mut frame, latency_ms.saturating_sub(waited_ms));
            if muted {
                frame.fill(0.0);
            }
            let floor =
                input_power.iter().fold(0.0_f32, |most, input_power| most.max(*input_power)) * RESIDUE_SHARE;
            detector.push(&frame, floor, stage.may_be_echo());
            processed.extend_from_slice(&frame);
        });
        meter.feed(&self.processed);
        let voice = self.detector.is_speaking();
        if voice {
            self.speech_level.feed(&self.processed);
        }
        let sequence = &mut self.sequence;
        self.chunks.push(&self.processed, |block| {
            if !muted {
                each(MicChunk { pcm: pcm::encode(block), sequence: *sequence, voice });
            }
            *sequence += 1;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::meter::Level;
    use crate::echo::{Frame, PassThrough};
    use dsp::synthetic;
    use proptest::prelude::*;
    use rtrb::RingBuffer;
    use std::sync::{Arc, Mutex};

    fn silent_far_end() -> FarEnd {
        FarEnd::new(RingBuffer::new(1).1, 48_000).expect("a rate")
    }

    fn tone(rate: u32, channels: usize, hz: f32, frames: usize) -> Vec<f32> {
        let sample = |n: usize| (std::f32::consts::TAU * hz * n as f32 / rate as f32).sin() * 0.5;
        (0..frames).flat_map(|n| std::iter::repeat_n(sample(n), channels)).collect()
    }

    fn run(rate: u32, channels: usize, pieces: &[&[f32]], muted: bool) -> (Vec<MicChunk>, Level) {
        let mut capture = Capture::new((rate, channels), Box::new(PassThrough)).expect("rates");
        let (mut far_end, mut meter, mut chunks) = (silent_far_end(), Meter::default(), Vec::new());
        for piece in pieces {
            capture.push(piece, (&mut far_end, 0), &mut meter, muted, |chunk| chunks.push(chunk));
        }
        (chunks, meter.read())
    }

    fn crossings(chunks: &[MicChunk]) -> usize {
        let samples: Vec<i16> =
            chunks.iter().flat_map(|chunk| pcm::samples(&chunk.pcm).collect::<Vec<_>>()).collect();
        samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count()
    }

    #[test]
    fn a_tone_of_any_device_keeps_its_frequency() {
        for (rate, channels) in [(48_000, 1), (44_100, 2), (16_000, 1), (96_000, 4), (22_050, 1), (8_000, 2)]
        {
            let input = tone(rate, channels, 400.0, rate as usize);
            let (chunks, level) = run(rate, channels, &[&input], false);
            let ms = chunks.len() * 20;
            assert!((940..=1_000).contains(&ms), "{rate}/{channels}: {ms} ms of one second");
            // The first chunk is left out, since the filter settles in it.
            let crossings = crossings(&chunks[1..]);
            assert!(crossings.abs_diff(400 * (ms - 20) / 1_000) <= 3, "{rate}/{channels}: {crossings}");
            assert!((level.rms + 9.03).abs() < 0.4, "{rate}/{channels}: {level:?}");
        }
    }

    #[test]
    fn chunks_are_640_bytes_and_numbered() {
        let (chunks, _) = run(48_000, 1, &[&tone(48_000, 1, 400.0, 48_000)], false);
        assert!(chunks.iter().all(|chunk| chunk.pcm.len() == 640));
        assert!(chunks.iter().enumerate().all(|(n, chunk)| chunk.sequence == n as u64));
    }

    #[test]
    fn a_muted_microphone_gives_nothing_and_reads_silence() {
        let (chunks, level) = run(48_000, 1, &[&tone(48_000, 1, 400.0, 48_000)], true);
        assert!(chunks.is_empty());
        assert_eq!(level, Level::SILENCE);
    }

    /// Records the far ends it is given and outputs silence.
    struct Recording(Arc<Mutex<Vec<Frame>>>);

    impl NearEndStage for Recording {
        fn process(&mut self, far_end: &Frame, near_end: &mut Frame, _delay_ms: u32) {
            self.0.lock().expect("lock").push(*far_end);
            near_end.fill(0.0);
        }
    }

    #[test]
    fn the_near_end_stage_gets_the_far_end() {
        let (mut tap_in, tap) = RingBuffer::new(4_800);
        tap_in.push_entire_slice(&[0.25; 1_440]).expect("room");
        let mut far_end = FarEnd::new(tap, 48_000).expect("a rate");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut capture = Capture::new((48_000, 1), Box::new(Recording(Arc::clone(&seen)))).expect("rates");
        let (mut meter, mut chunks) = (Meter::default(), Vec::new());
        far_end.drain(|samples| meter.feed(samples));
        capture.push(&tone(48_000, 1, 400.0, 1_920), (&mut far_end, 0), &mut Meter::default(), false, |c| {
            chunks.push(c);
        });
        let seen = seen.lock().expect("lock");
        assert_eq!(seen.len(), 4);
        assert!((seen[1][80] - 0.25).abs() < 0.01 && seen[3][159].abs() < 0.01, "{:?}", seen[1]);
        assert!(chunks.iter().all(|chunk| chunk.pcm.iter().all(|byte| *byte == 0)));
    }

    /// Scales the amplitude.
    struct Leaves(f32);

    impl NearEndStage for Leaves {
        fn process(&mut self, _far_end: &Frame, near_end: &mut Frame, _delay_ms: u32) {
            for sample in near_end {
                *sample *= self.0;
            }
        }
    }

    #[test]
    fn residual_echo_is_not_speech_but_speech_over_it_is() {
        for (left, is_voice) in [(1.0, true), (0.4, true), (0.1, false), (0.03, false)] {
            let mut capture = Capture::new((48_000, 1), Box::new(Leaves(left))).expect("rates");
            let mut voiced = 0;
            let speech = synthetic::speech(2, 160.0, 3.0);
            for piece in speech.chunks(480) {
                capture.push(piece, (&mut silent_far_end(), 0), &mut Meter::default(), false, |chunk| {
                    voiced += usize::from(chunk.voice);
                });
            }
            assert_eq!(voiced > 50, is_voice, "{voiced} chunks of a voice with {left} of it left");
            assert!(is_voice || voiced == 0, "{voiced} chunks with {left} left");
        }
    }

    proptest! {
        #[test]
        fn a_chunk_completes_after_the_missing_frames(begun in 0_usize..3_000, rate in 0_usize..3) {
            let rate = [16_000, 44_100, 48_000][rate];
            let mut capture = Capture::new((rate, 2), Box::new(PassThrough)).expect("rates");
            let push = |capture: &mut Capture, frames: usize| {
                let mut chunks = 0;
                capture.push(&tone(rate, 2, 300.0, frames), (&mut silent_far_end(), 0), &mut Meter::default(), false, |_| {
                    chunks += 1;
                });
                chunks
            };
            push(&mut capture, begun);
            let missing = capture.frames_until_chunk();
            prop_assert!(missing > 0 && missing <= rate as usize / 50);
            prop_assert_eq!(push(&mut capture, missing - 1), 0);
            prop_assert_eq!(push(&mut capture, 1), 1);
        }

        #[test]
        fn any_split_gives_the_same_chunks(cuts in proptest::collection::vec(1_usize..900, 1..20)) {
            let input = tone(44_100, 2, 300.0, cuts.iter().sum::<usize>());
            let mut rest = &input[..];
            let mut pieces = Vec::new();
            for cut in cuts {
                let (now, later) = rest.split_at(cut);
                pieces.push(now);
                rest = later;
            }
            pieces.push(rest);
            prop_assert_eq!(run(44_100, 2, &pieces, false).0, run(44_100, 2, &[&input], false).0);
        }
    }
}
