//! The place where near and far end meet: 16 kHz, 10 ms, on the audio thread. Nothing here blocks.
//!
//! The wire takes no more than 16 kHz, and an echo is learnt below 8 kHz whatever the rate: at 48 kHz the canceller would split
//! the sound into bands and put it together again, which costs as much as the cancelling and comes later.
//!
//! The far end is what the output callback really wrote, silence, fades and volume included. An echo canceller is a
//! [`NearEndStage`]; [`Open`] lets the microphone through, for a microphone that hears no speaker.

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
pub(crate) use half_duplex::HELD_DB;
#[cfg(test)]
use reference::FAR_RATE;
pub(crate) use reference::FarEnd;

/// The rate at which near and far end are compared, in Hz: the wire's.
pub(crate) const FRAME_RATE: u32 = 16_000;

/// Samples in 10 ms at [`FRAME_RATE`].
pub(crate) const FRAME_SAMPLES: usize = 160;

/// 10 ms of one channel at [`FRAME_RATE`].
pub(crate) type Frame = [f32; FRAME_SAMPLES];

/// How well the speaker is kept out of the microphone; see [`crate::Engine::echo`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EchoReport {
    /// What the canceller takes off the echo, in dB (at most 60): the middle one of the last five seconds in which a reply
    /// sounded and came back. `None` until there was an echo to measure; a headset has none.
    pub erle_db: Option<f32>,
    /// How loud the echo arrives at the microphone against what was played, in dB; usually negative.
    pub echo_db: Option<f32>,
    /// From the far end's frame to its echo in the microphone, in ms, as the canceller found it. What waits in the
    /// buffers of both devices is part of it.
    pub delay_ms: Option<u32>,
    /// How long replies sounded since the devices were opened, in ms: what the figures rest on.
    pub far_end_ms: u64,
    /// True while the canceller can't hold 15 dB: then the microphone is shut while a reply sounds.
    pub half_duplex: bool,
    /// Far-end frames of 10 ms that were not there when the microphone's frame came.
    pub reference_missing: u64,
    /// Far-end frames of 10 ms that were thrown away, since the microphone stood still.
    pub reference_dropped: u64,
    /// How often the echo came at another time than before, from one moment to the next.
    pub jumps: u64,
    /// How often the far end was slowly shifted by 10 ms, because the clocks of the devices drift apart.
    pub reference_shifts: u64,
}

/// What a canceller learnt, for the one that follows it on devices that were opened again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Learnt {
    /// How strong an echo is against the far end, as a ratio of mean squares.
    pub(crate) loudness: Option<f32>,
    /// How much later than the far end it comes, in quarters of a millisecond.
    pub(crate) place: Option<usize>,
}

/// A stage between microphone and wire that may use what the speaker plays.
pub(crate) trait NearEndStage: Send {
    /// Changes `near_end` in place. `far_end` was written to the speaker, `delay_ms` is the devices' own word on how long
    /// it takes from there to this frame.
    fn process(&mut self, far_end: &Frame, near_end: &mut Frame, delay_ms: u32);

    /// Something happened to one of the ends that moves the echo.
    fn disturb(&mut self) {}

    /// True if the last frame was no louder than the echo alone can be.
    fn may_be_echo(&self) -> bool {
        false
    }

    /// What it learnt of the echo.
    fn learnt(&self) -> Learnt {
        Learnt::default()
    }

    /// What it knows of the echo, without the reference's counts.
    fn report(&self) -> EchoReport {
        EchoReport::default()
    }
}

/// Lets the microphone through as it is.
pub(crate) struct Open;

impl NearEndStage for Open {
    fn process(&mut self, _far_end: &Frame, _near_end: &mut Frame, _delay_ms: u32) {}
}

/// The mean square of `samples`.
pub(crate) fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32
}

#[cfg(test)]
pub(crate) mod synthetic_room;
#[cfg(test)]
mod tests;
