//! The canceller's reference: what the speaker played, aligned frame by frame with what the microphone heard.
//!
//! Both devices deliver bursts of their own size by clocks of their own. The queue between them must neither run dry
//! nor grow. Its lowest level in five seconds shows whether the clocks drift apart; then the far end is read a little
//! faster or slower until 10 ms are made up for, slowly enough for an adaptive filter to follow. Larger gaps (a device
//! that stalled) are skipped or filled with silence, and counted.

use std::collections::VecDeque;

use dsp::resample::UnsupportedRate;
use rtrb::Consumer;

use super::{FRAME_RATE, FRAME_SAMPLES, Frame};
use dsp::resample::Resampler;

/// The rate at which the far end is queued and shifted, in Hz. A reply reaches up to 12 kHz, and must stay undistorted
/// where it is read between samples.
pub(crate) const FAR_RATE: u32 = 48_000;

/// Samples in 10 ms at [`FAR_RATE`].
const FAR_SAMPLES: usize = 480;

/// 10 ms at [`FAR_RATE`].
type FarFrame = [f32; FAR_SAMPLES];

/// The queue's capacity. If it is exceeded, the microphone has stalled.
const CAPACITY: usize = 20 * FAR_SAMPLES;
/// The level at which reading starts, and to which a queue that is too long is cut: one burst of a device.
const ANCHOR: usize = 2 * FAR_SAMPLES;
/// Near-end frames in which the lowest level is determined: 5 s.
const WINDOW: u32 = 500;
/// From this lowest level on there are 10 ms more than needed.
const TOO_LONG: usize = 2 * FAR_SAMPLES;
/// Below this lowest level the queue is about to run dry: 5 ms.
const TOO_SHORT: usize = FAR_SAMPLES / 2;
/// From this lowest level on a slow shift can't catch up.
const MUCH_TOO_LONG: usize = 8 * FAR_SAMPLES;
/// Frames over which one shift of 10 ms is spread: 125 ppm, a little more than two sound cards usually differ, so that
/// the canceller sees less drift during a shift, not more.
const SHIFT_FRAMES: i64 = 8_000;

/// Counts of frames of 10 ms, see [`super::EchoReport`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReferenceCounts {
    pub(crate) missing: u64,
    pub(crate) dropped: u64,
    pub(crate) shifts: u64,
}

/// What the output callback wrote, queued at 48 kHz for the microphone's frames.
pub(crate) struct FarEnd {
    tap: Consumer<f32>,
    to_queue: Resampler,
    to_frames: Resampler,
    at_frame_rate: Vec<f32>,
    /// False for a speaker that nobody hears.
    audible: bool,
    queue: VecDeque<f32>,
    /// The sample before the queue's first.
    before: f32,
    /// Whether reading has started.
    flowing: bool,
    /// The lowest level in this window, and its frames so far.
    lowest: usize,
    window: u32,
    shift: Option<Shift>,
    counts: ReferenceCounts,
    raw: Vec<f32>,
    resampled: Vec<f32>,
}

impl FarEnd {
    /// Creates a reference from the tap of a speaker that runs at `rate` Hz.
    ///
    /// # Errors
    /// If `rate` can't be resampled.
    pub(crate) fn new(tap: Consumer<f32>, rate: u32) -> Result<Self, UnsupportedRate> {
        Ok(Self {
            tap,
            to_queue: Resampler::new(rate, FAR_RATE)?,
            to_frames: Resampler::live(FAR_RATE, FRAME_RATE)?,
            at_frame_rate: Vec::new(),
            audible: true,
            queue: VecDeque::with_capacity(CAPACITY + FAR_SAMPLES),
            before: 0.0,
            flowing: false,
            lowest: usize::MAX,
            window: 0,
            shift: None,
            counts: ReferenceCounts::default(),
            raw: Vec::new(),
            resampled: Vec::new(),
        })
    }

    /// Turns it into the reference of a speaker that nobody hears: it is metered, but makes no echo.
    pub(crate) fn inaudible(self) -> Self {
        Self { audible: false, ..self }
    }

    /// Takes everything out of the tap, and passes it to `meter` on the way.
    pub(crate) fn drain(&mut self, meter: impl FnOnce(&[f32])) {
        let waiting = self.tap.slots();
        self.raw.resize(waiting, 0.0);
        let (read, _) = self.tap.pop_partial_slice(&mut self.raw);
        meter(read);
        if !self.audible {
            return;
        }
        self.resampled.clear();
        self.to_queue.push(read, &mut self.resampled);
        self.queue.extend(&self.resampled);
        if self.queue.len() > CAPACITY {
            self.anchor();
        }
    }

    /// Returns the oldest 10 ms that were not taken yet; silence while there are none.
    pub(crate) fn next(&mut self) -> Frame {
        let mut frame = [0.0; FRAME_SAMPLES];
        if self.audible {
            let oldest = self.oldest();
            self.at_frame_rate.clear();
            self.to_frames.push(&oldest, &mut self.at_frame_rate);
            // Both blocks are 10 ms. The filter's delay stays in, as it does at the microphone.
            for (sample, read) in frame.iter_mut().zip(&self.at_frame_rate) {
                *sample = *read;
            }
        }
        frame
    }

    fn oldest(&mut self) -> FarFrame {
        if !self.flowing && self.queue.len() < ANCHOR {
            return [0.0; FAR_SAMPLES];
        }
        self.flowing = true;
        if self.queue.len() < self.shift.as_ref().map_or(FAR_SAMPLES, Shift::needed) {
            // From now on the far end is 10 ms later against the microphone, so the queue has gained what it lacked.
            self.counts.missing += 1;
            self.shift = None;
            self.begin_window();
            return [0.0; FAR_SAMPLES];
        }
        let frame = self.read();
        self.lowest = self.lowest.min(self.queue.len());
        self.window += 1;
        if self.window >= WINDOW {
            self.judge();
        }
        frame
    }

    /// Starts afresh with another microphone: what is queued was played before it ran.
    pub(crate) fn restart(&mut self) {
        self.queue.clear();
        (self.flowing, self.shift) = (false, None);
        self.begin_window();
    }

    /// Returns how much is queued, in ms.
    pub(crate) fn waiting_ms(&self) -> u32 {
        (self.queue.len() * 1_000 / FAR_RATE as usize) as u32
    }

    /// Returns the counts so far.
    pub(crate) fn counts(&self) -> ReferenceCounts {
        self.counts
    }

    fn read(&mut self) -> FarFrame {
        let mut frame = [0.0; FAR_SAMPLES];
        let taken = match &mut self.shift {
            None => {
                for (sample, queued) in frame.iter_mut().zip(&self.queue) {
                    *sample = *queued;
                }
                FAR_SAMPLES
            }
            Some(shift) => shift.read(&self.queue, self.before, &mut frame),
        };
        if self.shift.as_ref().is_some_and(Shift::is_over) {
            self.shift = None;
            self.counts.shifts += 1;
        }
        if taken > 0 {
            self.before = self.queue[taken - 1];
            self.queue.drain(..taken);
        }
        frame
    }

    fn judge(&mut self) {
        if self.lowest >= MUCH_TOO_LONG {
            self.anchor();
            return;
        }
        if self.shift.is_none() {
            self.shift = match self.lowest {
                level if level >= TOO_LONG => Some(Shift::new(Pace::Faster)),
                level if level < TOO_SHORT => Some(Shift::new(Pace::Slower)),
                _ => None,
            };
        }
        self.begin_window();
    }

    fn begin_window(&mut self) {
        (self.lowest, self.window) = (usize::MAX, 0);
    }

    /// Discards what no near end came for, down to [`ANCHOR`].
    fn anchor(&mut self) {
        let excess = self.queue.len() - ANCHOR;
        if self.flowing {
            self.counts.dropped += (excess / FAR_SAMPLES) as u64;
        }
        self.queue.drain(..excess);
        (self.flowing, self.shift) = (false, None);
        self.begin_window();
    }
}

#[derive(Clone, Copy, Debug)]
enum Pace {
    Faster,
    Slower,
}

/// Reads 10 ms more or less than real time within [`SHIFT_FRAMES`] frames. It starts and ends exactly on a sample of
/// the queue.
#[derive(Debug)]
struct Shift {
    pace: Pace,
    frames: i64,
}

impl Shift {
    fn new(pace: Pace) -> Self {
        Self { pace, frames: 0 }
    }

    fn is_over(&self) -> bool {
        self.frames == SHIFT_FRAMES
    }

    /// Returns how many queued samples a frame needs.
    fn needed(&self) -> usize {
        match self.pace {
            Pace::Faster => FAR_SAMPLES + 1,
            Pace::Slower => FAR_SAMPLES,
        }
    }

    /// Returns how far reading is ahead of real time after `samples`: in whole samples and the fraction of one.
    fn ahead(&self, samples: i64) -> (i64, f32) {
        let signed = match self.pace {
            Pace::Faster => samples,
            Pace::Slower => -samples,
        };
        (signed.div_euclid(SHIFT_FRAMES), signed.rem_euclid(SHIFT_FRAMES) as f32 / SHIFT_FRAMES as f32)
    }

    /// Fills `frame` and returns how many samples of `queue` it used up.
    fn read(&mut self, queue: &VecDeque<f32>, before: f32, frame: &mut FarFrame) -> usize {
        const LENGTH: i64 = FAR_SAMPLES.cast_signed() as i64;
        let (begun, _) = self.ahead(self.frames * LENGTH);
        let at = |index: i64| match usize::try_from(index) {
            // A queue that is read slower is nearly dry: its last sample stands for two that are still to come.
            Ok(index) => queue.get(index).or(queue.back()).copied().unwrap_or(0.0),
            Err(_) => before,
        };
        for (n, sample) in (0_i64..).zip(frame.iter_mut()) {
            let (whole, part) = self.ahead(self.frames * LENGTH + n);
            let first = n + whole - begun;
            *sample = interpolate([at(first - 1), at(first), at(first + 1), at(first + 2)], part);
        }
        self.frames += 1;
        let (ended, _) = self.ahead(self.frames * LENGTH);
        usize::try_from(LENGTH + ended - begun).unwrap_or(0)
    }
}

/// Interpolates at `part` (0 to 1) between the middle two of four samples, by the cubic through all of them.
fn interpolate(samples: [f32; 4], part: f32) -> f32 {
    if part == 0.0 {
        return samples[1];
    }
    // The distance to each of the four; the first lies one to the left.
    let distance = [part + 1.0, part, part - 1.0, part - 2.0];
    let weights = [
        distance[1] * distance[2] * distance[3] / -6.0,
        distance[0] * distance[2] * distance[3] / 2.0,
        distance[0] * distance[1] * distance[3] / -2.0,
        distance[0] * distance[1] * distance[2] / 6.0,
    ];
    samples.iter().zip(weights).map(|(sample, weight)| sample * weight).sum()
}

#[cfg(test)]
mod tests;
