//! The complete echo canceller: filter, AEC, residual suppression, and what decides when to trust it. Runs on the audio
//! thread and does not block.
//!
//! There is no gain control: it would change the echo's level after it was learnt. Between replies the canceller is
//! bypassed (see [`Bypass`]), unless it suppresses noise as well.

use std::collections::VecDeque;

use dsp::filters::HighPass;
use sonora::config::{NoiseSuppression, Pipeline};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::aec::Aec;
use super::bypass::{Blend, Bypass};
use super::delay::DelayEstimator;
use super::erle::{EchoMeasurement, ErleEstimator};
use super::fader::Fader;
use super::half_duplex::HalfDuplex;
use super::path_change::PathChange;
use super::{AdaptedState, EchoReport, FRAME_RATE, Frame, NearEndStage, power};

/// Measurements whose median is reported.
const REPORTED: usize = 5;
/// The residue is lowered by another 14 dB if it is less than this share of the microphone (−20 dB) and below −50 dBFS.
/// Two clocks that drift apart leave this much; a voice over it exceeds one limit or the other.
const RESIDUE_SHARE: f32 = 0.01;
const RESIDUE_POWER: f32 = 1e-5;
const RESIDUE_GAIN: f32 = 0.2;

/// Removes what the speaker plays from what the microphone hears.
pub(crate) struct EchoCanceller {
    /// Outside the canceller, since it goes on during a bypass.
    high_pass: HighPass,
    aec: Aec,
    noise: Option<Box<AudioProcessing>>,
    bypass: Option<Bypass>,
    erle: ErleEstimator,
    half_duplex: HalfDuplex,
    /// Always there in practice: its rates can be resampled.
    delay: Option<DelayEstimator>,
    path_change: PathChange,
    /// Lowers the residue.
    residual_fader: Fader,
    /// How strong the echo is against the far end, as a ratio of mean squares.
    echo_gain: Option<f32>,
    measurements: VecDeque<EchoMeasurement>,
}

impl EchoCanceller {
    /// Creates a canceller, with a noise suppressor behind it or without.
    pub(crate) fn new(suppress_noise: bool) -> Self {
        Self {
            high_pass: HighPass::new(),
            aec: Aec::new(),
            noise: suppress_noise.then(noise_suppressor),
            bypass: (!suppress_noise).then(Bypass::default),
            erle: ErleEstimator::default(),
            half_duplex: HalfDuplex::default(),
            delay: DelayEstimator::new().ok(),
            path_change: PathChange::default(),
            residual_fader: Fader::attenuating(RESIDUE_GAIN),
            echo_gain: None,
            measurements: VecDeque::with_capacity(REPORTED),
        }
    }

    /// Takes over what a predecessor learnt. Its own filter is still empty, so its output is held back until it has
    /// adapted.
    pub(crate) fn resuming(self, state: AdaptedState) -> Self {
        Self { echo_gain: state.echo_gain, path_change: PathChange::resuming(state.delay), ..self }
    }

    /// Creates a canceller that is never bypassed, to compare with.
    #[cfg(test)]
    pub(crate) fn without_bypass() -> Self {
        Self { bypass: None, ..Self::new(false) }
    }

    /// Creates a canceller that leaves the residue as it is, to compare with.
    #[cfg(test)]
    pub(crate) fn without_residual_suppression() -> Self {
        Self { residual_fader: Fader::attenuating(1.0), ..Self::new(false) }
    }

    fn filter(&mut self, near_end: &mut Frame) {
        // A single NaN would stay in the filters for ever.
        for sample in near_end.iter_mut().filter(|sample| !sample.is_finite()) {
            *sample = 0.0;
        }
        self.high_pass.process(near_end);
    }

    /// Removes the echo from `near_end`; the output is [`super::bypass::DELAY`] samples late.
    fn cancel(&mut self, far_end: &Frame, near_end: &mut Frame, delay_ms: u32) {
        self.aec.set_delay(self.path_change.confirmed_ms().unwrap_or(delay_ms));
        self.aec.process(far_end, near_end);
        let Some(noise) = &mut self.noise else { return };
        let input = *near_end;
        // It fails only for a frame of a wrong length.
        if noise.process_capture_f32(&[&input], &mut [near_end]).is_err() {
            *near_end = input;
        }
    }

    fn keep(&mut self, measurement: EchoMeasurement) {
        if self.measurements.len() == REPORTED {
            self.measurements.pop_front();
        }
        self.measurements.push_back(measurement);
    }

    /// Returns the median of the last measurements of `pick`.
    fn median(&self, pick: fn(&EchoMeasurement) -> f32) -> Option<f32> {
        let mut values: Vec<f32> = self.measurements.iter().map(pick).collect();
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
        let before = *near_end;
        let mut bypassed = false;
        match &mut self.bypass {
            None => self.cancel(far_end, near_end, delay_ms),
            Some(bypass) => {
                let (blend, delayed) = bypass.next(far_end, &before);
                bypassed = blend == Blend::Bypassed;
                if bypassed {
                    *near_end = delayed;
                } else {
                    self.cancel(far_end, near_end, delay_ms);
                    blend.mix(near_end, &delayed);
                }
            }
        }
        if let Some(estimator) = self.delay.as_mut().filter(|_| !bypassed)
            && let Some(estimate) = estimator.push(far_end, &before, self.path_change.delay())
        {
            self.path_change.on_estimate(estimate);
        }
        let (far_power, before_power, after_power) = (power(far_end), power(&before), power(near_end));
        if let Some(measurement) = self.erle.update(far_power, before_power, after_power) {
            self.half_duplex.judge(&measurement, self.erle.far_end_ms());
            self.keep(measurement);
            self.echo_gain = self.median(|measured| measured.echo_db).map(|db| 10.0_f32.powf(db / 10.0));
        }
        if self.measurements.is_empty() && !self.path_change.is_active() {
            // The predecessor's echo gain does not hold for these devices: a headset has no echo to measure.
            self.echo_gain = None;
        }
        self.path_change.update(far_power, (before_power, after_power), self.echo_gain);
        let is_residue = after_power < RESIDUE_POWER.min(before_power * RESIDUE_SHARE);
        self.residual_fader.apply(!(is_residue && self.path_change.may_be_echo()), near_end);
        self.path_change.apply(near_end);
        self.half_duplex.apply(ErleEstimator::sounds(far_power), near_end);
    }

    fn on_path_change(&mut self) {
        self.path_change.begin();
    }

    fn may_be_echo(&self) -> bool {
        self.path_change.may_be_echo()
    }

    fn adapted_state(&self) -> AdaptedState {
        AdaptedState { echo_gain: self.echo_gain, delay: self.path_change.delay() }
    }

    fn report(&self) -> EchoReport {
        let delay_ms =
            |measured: &EchoMeasurement| self.path_change.confirmed_ms().unwrap_or(measured.delay_ms);
        EchoReport {
            erle_db: self.median(|measured| measured.erle_db),
            echo_db: self.median(|measured| measured.echo_db),
            delay_ms: self.measurements.back().map(delay_ms),
            far_end_ms: self.erle.far_end_ms(),
            half_duplex: self.half_duplex.is_active(),
            path_changes: self.path_change.changes(),
            ..EchoReport::default()
        }
    }
}
