//! The echo canceller and what watches over it. Runs on the audio thread; does not block.
//!
//! There is no gain control: it lowers what is cancelled by changing the echo's loudness after the fact. Between replies
//! it rests (see [`Rest`]), unless it suppresses noise, too.

use std::collections::VecDeque;

use sonora::config::{NoiseSuppression, Pipeline};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::aec::Aec;
use super::bypass::{Part, Rest};
use super::delay::DelayEstimator;
use super::erle::{Gauge, Second};
use super::fader::Shutter;
use super::half_duplex::Gate;
use super::path_change::Doubt;
use super::{EchoReport, FRAME_RATE, Frame, Learnt, NearEndStage, power};
use dsp::filters::HighPass;

/// Measured seconds of which the middle one is reported.
const REPORTED: usize = 5;
/// What is left of an echo is lowered by another 14 dB, where it is less than this part of what came (−20 dB) and below −50 dBFS.
/// Two clocks that drift apart leave so much; a voice over it is louder than one or the other.
const RESIDUE_SHARE: f32 = 0.01;
const RESIDUE_POWER: f32 = 1e-5;
const RESIDUE_GAIN: f32 = 0.2;

/// Takes what the speaker plays out of what the microphone hears.
pub(crate) struct EchoCanceller {
    /// Takes out what lies below speech; outside the canceller, since it goes on while that rests.
    high_pass: HighPass,
    aec: Aec,
    noise: Option<Box<AudioProcessing>>,
    rest: Option<Rest>,
    gauge: Gauge,
    gate: Gate,
    /// Always there: its rates are none that can't be resampled.
    delay: Option<DelayEstimator>,
    doubt: Doubt,
    /// Lowers what is left of an echo.
    hush: Shutter,
    /// How strong an echo is against the far end, as a ratio of mean squares.
    loudness: Option<f32>,
    seconds: VecDeque<Second>,
}

impl EchoCanceller {
    /// With or without a noise suppressor after it.
    pub(crate) fn new(suppress_noise: bool) -> Self {
        Self {
            high_pass: HighPass::new(),
            aec: Aec::new(),
            noise: suppress_noise.then(noise_suppressor),
            rest: (!suppress_noise).then(Rest::default),
            gauge: Gauge::default(),
            gate: Gate::default(),
            delay: DelayEstimator::new().ok(),
            doubt: Doubt::default(),
            hush: Shutter::lowering(RESIDUE_GAIN),
            loudness: None,
            seconds: VecDeque::with_capacity(REPORTED),
        }
    }

    /// One that does not know the echo, but how loud it was: it is not believed until it has learnt.
    pub(crate) fn following(self, learnt: Learnt) -> Self {
        Self { loudness: learnt.loudness, doubt: Doubt::after(learnt.place), ..self }
    }

    /// One that never rests, to compare with.
    #[cfg(test)]
    pub(crate) fn sleepless() -> Self {
        Self { rest: None, ..Self::new(false) }
    }

    /// One that leaves the rest of an echo as loud as it is, to compare with.
    #[cfg(test)]
    pub(crate) fn without_hush() -> Self {
        Self { hush: Shutter::lowering(1.0), ..Self::new(false) }
    }

    fn filter(&mut self, near_end: &mut Frame) {
        // One sample that is no number would stay in the filters for ever.
        for sample in near_end.iter_mut().filter(|sample| !sample.is_finite()) {
            *sample = 0.0;
        }
        self.high_pass.process(near_end);
    }

    /// What it takes for no echo comes out of `near_end`, [`super::bypass::DELAY`] samples late.
    fn cancel(&mut self, far_end: &Frame, near_end: &mut Frame, delay_ms: u32) {
        self.aec.locate(self.doubt.place_ms().unwrap_or(delay_ms));
        self.aec.process(far_end, near_end);
        let Some(noise) = &mut self.noise else { return };
        let heard = *near_end;
        // It can fail only by a wrong length.
        if noise.process_capture_f32(&[&heard], &mut [near_end]).is_err() {
            *near_end = heard;
        }
    }

    fn keep(&mut self, second: Second) {
        if self.seconds.len() == REPORTED {
            self.seconds.pop_front();
        }
        self.seconds.push_back(second);
    }

    /// The middle one of the last measured seconds by `pick`.
    fn middle(&self, pick: fn(&Second) -> f32) -> Option<f32> {
        let mut values: Vec<f32> = self.seconds.iter().map(pick).collect();
        values.sort_by(f32::total_cmp);
        values.get(values.len() / 2).copied()
    }
}

fn noise_suppressor() -> Box<AudioProcessing> {
    let mono = StreamConfig::new(FRAME_RATE, 1);
    let pipeline =
        Pipeline { multi_channel_render: false, multi_channel_capture: false, ..Pipeline::default() };
    let config =
        Config { pipeline, noise_suppression: Some(NoiseSuppression::default()), ..Config::default() };
    Box::new(AudioProcessing::builder().config(config).capture_config(mono).render_config(mono).build())
}

impl NearEndStage for EchoCanceller {
    fn process(&mut self, far_end: &Frame, near_end: &mut Frame, delay_ms: u32) {
        self.filter(near_end);
        let heard = *near_end;
        let mut rests = false;
        match &mut self.rest {
            None => self.cancel(far_end, near_end, delay_ms),
            Some(rest) => {
                let (part, late) = rest.next(far_end, &heard);
                rests = part == Part::None;
                if rests {
                    *near_end = late;
                } else {
                    self.cancel(far_end, near_end, delay_ms);
                    part.mix(near_end, &late);
                }
            }
        }
        if let Some(estimator) = self.delay.as_mut().filter(|_| !rests)
            && let Some(delay) = estimator.note(far_end, &heard, self.doubt.place())
        {
            self.doubt.locate(delay);
        }
        let (far_power, heard_power, left_power) = (power(far_end), power(&heard), power(near_end));
        if let Some(second) = self.gauge.note(far_power, heard_power, left_power) {
            self.gate.judge(&second, self.gauge.far_end_ms());
            self.keep(second);
            self.loudness = self.middle(|second| second.echo_db).map(|db| 10.0_f32.powf(db / 10.0));
        }
        if self.seconds.is_empty() && !self.doubt.holds() {
            // What was taken over is not the loudness of these devices: a headset has no echo to measure.
            self.loudness = None;
        }
        self.doubt.note(far_power, (heard_power, left_power), self.loudness);
        let is_residue = left_power < RESIDUE_POWER.min(heard_power * RESIDUE_SHARE);
        self.hush.apply(!(is_residue && self.doubt.may_be_echo()), near_end);
        self.doubt.apply(near_end);
        self.gate.apply(Gauge::sounds(far_power), near_end);
    }

    fn disturb(&mut self) {
        self.doubt.begin();
    }

    fn may_be_echo(&self) -> bool {
        self.doubt.may_be_echo()
    }

    fn learnt(&self) -> Learnt {
        Learnt { loudness: self.loudness, place: self.doubt.place() }
    }

    fn report(&self) -> EchoReport {
        EchoReport {
            erle_db: self.middle(|second| second.erle_db),
            echo_db: self.middle(|second| second.echo_db),
            delay_ms: self.seconds.back().map(|second| self.doubt.place_ms().unwrap_or(second.delay_ms)),
            far_end_ms: self.gauge.far_end_ms(),
            half_duplex: self.gate.is_half_duplex(),
            jumps: self.doubt.jumps(),
            ..EchoReport::default()
        }
    }
}
