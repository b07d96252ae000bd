//! Echo cancellation, where near end (microphone) and far end (speaker) meet: 16 kHz, frames of 10 ms, on the audio
//! thread. Nothing here blocks.
//!
//! The wire carries no more than 16 kHz, and an adaptive filter learns an echo below 8 kHz at any rate: at 48 kHz the
//! canceller would split the sound into bands and join them again, which costs as much as the cancelling and adds
//! delay.
//!
//! The far end is what the output callback really wrote, including silence, fades and volume. An echo canceller is a
//! [`NearEndStage`]; [`PassThrough`] is used where the microphone hears no speaker.

mod aec;
mod bypass;
mod canceller;
mod delay;
mod erle;
mod fader;
mod half_duplex;
mod path_change;
mod reference;

pub(crate) use canceller::EchoCanceller;
pub(crate) use half_duplex::SUFFICIENT_DB;
#[cfg(test)]
use reference::FAR_RATE;
pub(crate) use reference::FarEnd;

/// The rate of near-end and far-end frames in Hz: the wire's.
pub(crate) const FRAME_RATE: u32 = 16_000;

/// Samples in 10 ms at [`FRAME_RATE`].
pub(crate) const FRAME_SAMPLES: usize = 160;

/// 10 ms of one channel at [`FRAME_RATE`].
pub(crate) type Frame = [f32; FRAME_SAMPLES];

/// How well the speaker is kept out of the microphone; see [`crate::Engine::echo`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EchoReport {
    /// Echo return loss enhancement: what the canceller takes off the echo, in dB (at most 60). The median of the last
    /// five seconds in which a reply sounded and its echo was measurable. `None` until then; with a headset it stays
    /// `None`.
    pub erle_db: Option<f32>,
    /// The echo's level at the microphone relative to what was played, in dB; usually negative.
    pub echo_db: Option<f32>,
    /// The delay from a frame of the far end to its echo in the microphone, in ms, as the canceller found it. It
    /// includes the buffers of both devices.
    pub delay_ms: Option<u32>,
    /// How long replies have sounded since the devices were opened, in ms. The other figures rest on this much sound.
    pub far_end_ms: u64,
    /// True while the canceller does not reach 15 dB: the microphone is closed while a reply sounds.
    pub half_duplex: bool,
    /// Far-end frames of 10 ms that were missing when the microphone's frame came.
    pub reference_missing: u64,
    /// Far-end frames of 10 ms that were discarded because no microphone frames came.
    pub reference_dropped: u64,
    /// How often the echo's delay changed suddenly.
    pub path_changes: u64,
    /// How often the far end was shifted by 10 ms to follow the drift between the devices' clocks.
    pub reference_shifts: u64,
}

/// What a canceller has learnt, handed to its successor when devices are opened again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct AdaptedState {
    /// How strong the echo is against the far end, as a ratio of mean squares.
    pub(crate) echo_gain: Option<f32>,
    /// The echo's delay against the far end, in quarters of a millisecond.
    pub(crate) delay: Option<usize>,
}

/// A stage between microphone and wire that may use what the speaker plays.
pub(crate) trait NearEndStage: Send {
    /// Changes `near_end` in place. `far_end` was written to the speaker; `delay_ms` is what the devices' time stamps
    /// say about the delay from there to this frame.
    fn process(&mut self, far_end: &Frame, near_end: &mut Frame, delay_ms: u32);

    /// A device missed samples, so the echo's delay has probably changed.
    fn on_path_change(&mut self) {}

    /// Returns true if the last frame was no louder than the echo alone can be.
    fn may_be_echo(&self) -> bool {
        false
    }

    /// Returns what it has learnt about the echo.
    fn adapted_state(&self) -> AdaptedState {
        AdaptedState::default()
    }

    /// Returns what it measured. The reference's counts are not its own and stay 0.
    fn report(&self) -> EchoReport {
        EchoReport::default()
    }
}

/// Passes the microphone through unchanged.
pub(crate) struct PassThrough;

impl NearEndStage for PassThrough {
    fn process(&mut self, _far_end: &Frame, _near_end: &mut Frame, _delay_ms: u32) {}
}

/// Returns the mean square of `samples`.
pub(crate) fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32
}

#[cfg(test)]
pub(crate) mod synthetic_room;
#[cfg(test)]
mod tests;
