//! From device samples to 20 ms chunks for the wire. Pure stages in a row; runs on the audio thread.

use crate::capture::downmix::Downmix;
use crate::capture::meter::Meter;
use crate::capture::queue::MicChunk;
use crate::device::mic_health::Voiced;
use crate::echo::{EchoReport, FRAME_RATE, FRAME_SAMPLES, FarEnd, Learnt, NearEndStage, power};
use dsp::pcm;
use dsp::reblock::Reblock;
use dsp::resample::Resampler;
use dsp::vad::SpeechDetector;

/// Samples of one chunk: 20 ms at the wire's rate, which is the frames'.
pub(crate) const CHUNK_SAMPLES: usize = 2 * FRAME_SAMPLES;

/// Of what the near-end stage took more than this out of (−15 dB), the rest is an echo's and nobody's voice, however much it
/// sounds like one. A voice over a reply loses 4 dB at most.
const REST: f32 = 0.03;

/// Frames that the stage may still be giving out: its own delay and the way to the voice's samples.
const RECENT: usize = 4;

/// ring → device-rate 10 ms → mono → 16 kHz/10 ms → near-end stage → meter, voice → 20 ms chunks.
pub(crate) struct Capture {
    device_blocks: Reblock,
    downmix: Downmix,
    to_frames: Resampler,
    frames: Reblock,
    stage: Box<dyn NearEndStage>,
    voice: SpeechDetector,
    voiced: Voiced,
    /// How loud the newest frames came, before the stage: mean squares.
    came: [f32; RECENT],
    chunks: Reblock,
    sequence: u64,
    mono: Vec<f32>,
    at_frame_rate: Vec<f32>,
    processed: Vec<f32>,
}

impl Capture {
    /// For a device of `rate` Hz and `channels`, through `stage`.
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
            voice: SpeechDetector::new(),
            voiced: Voiced::default(),
            came: [0.0; RECENT],
            chunks: Reblock::new(CHUNK_SAMPLES),
            sequence: 0,
            mono: Vec::new(),
            at_frame_rate: Vec::new(),
            processed: Vec::new(),
        })
    }

    /// The number that the next chunk gets.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Numbers the chunks from `sequence` on.
    pub(crate) fn numbered_from(self, sequence: u64) -> Self {
        Self { sequence, ..self }
    }

    /// What the stage learnt of the echo.
    pub(crate) fn learnt(&self) -> Learnt {
        self.stage.learnt()
    }

    /// Another stage from the next frame on.
    pub(crate) fn replace_stage(&mut self, stage: Box<dyn NearEndStage>) {
        self.stage = stage;
    }

    /// A device missed a buffer: the echo comes at another time from now on.
    pub(crate) fn disturb(&mut self) {
        self.stage.disturb();
    }

    /// True while someone speaks into the microphone.
    pub(crate) fn is_speaking(&self) -> bool {
        self.voice.is_speaking()
    }

    /// How loud voices were lately.
    pub(crate) fn voiced(&mut self) -> &mut Voiced {
        &mut self.voiced
    }

    /// Frames of the device until the next chunk is whole.
    pub(crate) fn frames_until_chunk(&self) -> usize {
        let blocks = self
            .chunks
            .missing()
            .saturating_sub(FRAME_SAMPLES - self.frames.missing())
            .div_ceil(FRAME_SAMPLES);
        let further = blocks.saturating_sub(1) * self.device_blocks.size();
        (self.device_blocks.missing() + further) / self.downmix.channels()
    }

    /// What the near-end stage knows of the echo.
    pub(crate) fn echo(&self) -> EchoReport {
        self.stage.report()
    }

    /// Takes interleaved samples of the device and calls `each` for every chunk that is now whole.
    ///
    /// `latency_ms` is how long it takes from the speaker's callback to the air and from there to here, by the devices' word.
    /// While `muted` the stages go on (the canceller must not lose its footing) but the sound ends before the meter.
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
        let Self { stage, processed, came, voice, .. } = self;
        self.frames.push(&self.at_frame_rate, |block| {
            let mut frame = [0.0; FRAME_SAMPLES];
            frame.copy_from_slice(block);
            came.rotate_right(1);
            came[0] = power(block);
            let waited_ms = far_end.waiting_ms();
            let (missing, far) = (far_end.counts().missing, far_end.next());
            if far_end.counts().missing != missing {
                stage.disturb();
            }
            stage.process(&far, &mut frame, latency_ms.saturating_sub(waited_ms));
            if muted {
                frame.fill(0.0);
            }
            let floor = came.iter().fold(0.0_f32, |most, came| most.max(*came)) * REST;
            voice.push(&frame, floor, stage.may_be_echo());
            processed.extend_from_slice(&frame);
        });
        meter.feed(&self.processed);
        let voice = self.voice.is_speaking();
        if voice {
            self.voiced.feed(&self.processed);
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
    use crate::echo::{Frame, Open};
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
        let mut capture = Capture::new((rate, channels), Box::new(Open)).expect("rates");
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
    fn a_tone_of_any_device_arrives_at_16_khz_with_its_frequency() {
        for (rate, channels) in [(48_000, 1), (44_100, 2), (16_000, 1), (96_000, 4), (22_050, 1), (8_000, 2)]
        {
            let input = tone(rate, channels, 400.0, rate as usize);
            let (chunks, level) = run(rate, channels, &[&input], false);
            let ms = chunks.len() * 20;
            assert!((940..=1_000).contains(&ms), "{rate}/{channels}: {ms} ms of one second");
            // Without the first, in which the filter rings up.
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

    /// Keeps the far ends it was given and answers with silence.
    struct Witness(Arc<Mutex<Vec<Frame>>>);

    impl NearEndStage for Witness {
        fn process(&mut self, far_end: &Frame, near_end: &mut Frame, _delay_ms: u32) {
            self.0.lock().expect("lock").push(*far_end);
            near_end.fill(0.0);
        }
    }

    #[test]
    fn the_near_end_stage_meets_the_far_end_and_has_the_last_word() {
        let (mut tap_in, tap) = RingBuffer::new(4_800);
        tap_in.push_entire_slice(&[0.25; 1_440]).expect("room");
        let mut far_end = FarEnd::new(tap, 48_000).expect("a rate");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut capture = Capture::new((48_000, 1), Box::new(Witness(Arc::clone(&seen)))).expect("rates");
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

    /// Leaves so much of the amplitude.
    struct Leaves(f32);

    impl NearEndStage for Leaves {
        fn process(&mut self, _far_end: &Frame, near_end: &mut Frame, _delay_ms: u32) {
            for sample in near_end {
                *sample *= self.0;
            }
        }
    }

    #[test]
    fn the_rest_of_an_echo_is_nobodys_voice_and_one_that_speaks_over_it_is_somebodys() {
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
        fn a_chunk_is_whole_after_as_many_frames_as_were_missing(begun in 0_usize..3_000, rate in 0_usize..3) {
            let rate = [16_000, 44_100, 48_000][rate];
            let mut capture = Capture::new((rate, 2), Box::new(Open)).expect("rates");
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
