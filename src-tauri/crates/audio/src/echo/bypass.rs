//! Bypasses the canceller while nothing is played: without a far end there is no echo.
//!
//! A conversation is mostly listening, and cancelling is most of what listening costs. Near and far end are both kept
//! from the canceller during the bypass, so that it finds them aligned as they were.

use super::{FRAME_SAMPLES, Frame};

/// The canceller's own delay in samples: its blocks and the overlap of its filters.
pub(crate) const DELAY: usize = 128;

/// Silent frames after which no echo is left: 2 s, enough for the buffers of both devices and a reverberant room.
const SILENCE: u32 = 200;

/// Frames after a bypass in which the canceller still gives what it heard before it.
const STALE: u32 = 1;

/// How one frame is mixed from the canceller's output and the delayed microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blend {
    /// The microphone only; the canceller does not run.
    Bypassed,
    /// From the canceller to the microphone.
    FadeOut,
    /// The microphone only, while the canceller runs and gives stale samples.
    Stale,
    /// From the microphone to the canceller.
    FadeIn,
    /// The canceller only.
    Canceller,
}

impl Blend {
    /// Mixes the canceller's output, in `near_end`, with the `delayed` microphone.
    pub(crate) fn mix(self, near_end: &mut Frame, delayed: &Frame) {
        let share: fn(f32) -> f32 = match self {
            Self::Canceller => return,
            Self::Bypassed | Self::Stale => |_| 0.0,
            Self::FadeOut => |at| 1.0 - at,
            Self::FadeIn => |at| at,
        };
        for (n, (sample, delayed)) in near_end.iter_mut().zip(delayed).enumerate() {
            *sample = delayed + (*sample - delayed) * share((n as f32 + 0.5) / FRAME_SAMPLES as f32);
        }
    }
}

/// Decides frame by frame whether the canceller runs.
#[derive(Debug)]
pub(crate) struct Bypass {
    /// Silent frames up to the newest.
    silent: u32,
    /// Frames since the last bypass ended.
    active: u32,
    /// The newest [`DELAY`] samples of the microphone.
    delay_line: [f32; DELAY],
}

impl Default for Bypass {
    /// Starts bypassed, since nothing was played yet.
    fn default() -> Self {
        Self { silent: SILENCE + 1, active: 0, delay_line: [0.0; DELAY] }
    }
}

impl Bypass {
    /// Returns how to mix the next frame, and `near_end` with the canceller's delay.
    pub(crate) fn next(&mut self, far_end: &Frame, near_end: &Frame) -> (Blend, Frame) {
        let mut delayed = [0.0; FRAME_SAMPLES];
        delayed[..DELAY].copy_from_slice(&self.delay_line);
        delayed[DELAY..].copy_from_slice(&near_end[..FRAME_SAMPLES - DELAY]);
        self.delay_line.copy_from_slice(&near_end[FRAME_SAMPLES - DELAY..]);
        (self.blend(far_end.iter().all(|sample| *sample == 0.0)), delayed)
    }

    fn blend(&mut self, is_silent: bool) -> Blend {
        let before = self.silent;
        self.silent = if is_silent { before.saturating_add(1) } else { 0 };
        match (before, self.silent) {
            (_, SILENCE) => return Blend::FadeOut,
            (_, silent) if silent > SILENCE => return Blend::Bypassed,
            // It was just faded out, but has missed no frame.
            (SILENCE, _) => self.active = STALE,
            (before, _) if before > SILENCE => self.active = 0,
            _ => self.active = self.active.saturating_add(1),
        }
        match self.active {
            active if active < STALE => Blend::Stale,
            STALE => Blend::FadeIn,
            _ => Blend::Canceller,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOUND: Frame = [0.1; FRAME_SAMPLES];
    const NOTHING: Frame = [0.0; FRAME_SAMPLES];

    fn blends(far_ends: impl IntoIterator<Item = bool>) -> Vec<Blend> {
        let mut bypass = Bypass::default();
        far_ends
            .into_iter()
            .map(|sounds| bypass.next(if sounds { &SOUND } else { &NOTHING }, &NOTHING).0)
            .collect()
    }

    #[test]
    fn it_bypasses_after_two_silent_seconds_until_a_sound() {
        let sounds = |n: usize| n < 50 || (300..310).contains(&n);
        let blends = blends((0..600).map(sounds));
        let at = |blend: Blend| (0..600).filter(|n| blends[*n] == blend).collect::<Vec<_>>();
        assert_eq!(at(Blend::FadeOut), [249, 509]);
        assert_eq!(at(Blend::Bypassed), (250..300).chain(510..600).collect::<Vec<_>>());
        assert_eq!((at(Blend::Stale), at(Blend::FadeIn)), (vec![0, 300], vec![1, 301]));
    }

    #[test]
    fn a_sound_during_the_fade_out_is_faded_in() {
        let blends = blends((0..204).map(|n| !(2..202).contains(&n)));
        assert_eq!(blends[200..], [Blend::Canceller, Blend::FadeOut, Blend::FadeIn, Blend::Canceller]);
    }

    #[test]
    fn the_bypass_has_the_delay_of_the_canceller() {
        let mut bypass = Bypass::default();
        let near: Vec<f32> = (0..FRAME_SAMPLES * 4).map(|n| n as f32 + 1.0).collect();
        let late: Vec<f32> = near
            .as_chunks::<FRAME_SAMPLES>()
            .0
            .iter()
            .flat_map(|frame| bypass.next(&NOTHING, frame).1)
            .collect();
        assert!(late[..DELAY].iter().all(|sample| *sample == 0.0));
        assert_eq!(late[DELAY..], near[..near.len() - DELAY]);
    }

    proptest! {
        #[test]
        fn the_canceller_is_always_faded_in_and_out(spans in proptest::collection::vec((any::<bool>(), 1_usize..450), 1..12)) {
            let blends = blends(spans.iter().flat_map(|(sounds, frames)| std::iter::repeat_n(*sounds, *frames)));
            for pair in blends.windows(2) {
                let allowed: &[Blend] = match pair[0] {
                    Blend::Canceller => &[Blend::Canceller, Blend::FadeOut],
                    Blend::FadeOut => &[Blend::Bypassed, Blend::FadeIn],
                    Blend::Bypassed => &[Blend::Bypassed, Blend::Stale],
                    Blend::Stale => &[Blend::FadeIn],
                    Blend::FadeIn => &[Blend::Canceller],
                };
                prop_assert!(allowed.contains(&pair[1]), "{pair:?}");
            }
        }
    }
}
