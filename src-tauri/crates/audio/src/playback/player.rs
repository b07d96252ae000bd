//! The player: moves replies from the queue into the ring of the output callback, and knows how much of a reply was
//! heard.
//!
//! Time is passed in. It lives behind a lock that the audio thread (filling) and the session (queueing, flushing) hold
//! for microseconds. The callback never takes that lock; it obeys [`PlayoutState`].

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rtrb::Producer;

use crate::device::callback::{PlayoutState, RING_CAPACITY_MS};
use crate::playback::queue::{Next, PlaybackFull, PlaybackQueue};
use dsp::resample::Resampler;

/// A reply starts once this much of it is queued, or all of it.
const START_MS: u64 = 40;
/// If this much is queued at the start, the sender is ahead of real time.
const AHEAD_MS: u64 = 80;
/// Otherwise the player waits this long for more, in ns: 25 ms.
const AHEAD_WAIT_NS: i64 = 25_000_000;
/// If no more comes, the reply is sent in real time, and sometimes late: then this much must be queued.
const REAL_TIME_START_MS: u64 = 200;
/// After an underrun this much more must be queued, so that an unsteady connection causes fewer gaps. If a single part
/// is longer than that, the player waits this long instead.
const START_INCREASE_MS: u64 = 60;
/// The upper limit of that.
const MAX_START_MS: u64 = 300;
/// A reply without an underrun lowers it by this.
const START_DECREASE_MS: u64 = 20;
/// The ring is kept this full. A flush empties it at once, so its length adds no latency, and the audio thread may
/// stall for this long without a gap.
const RING_MS: u64 = 100;
/// With less than this in the ring and nothing in the queue, the resampler is drained.
const LOW_MS: u64 = 12;
/// Replies that the playback clock remembers; more of them are never in the ring.
const MAX_SPANS: usize = 16;

/// How much of a reply was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The reply that is heard now, or the last one; `None` before the first and after a flush.
    pub generation: Option<u32>,
    /// How much of it has left the device, in ms.
    pub ms: u64,
}

/// Where a reply begins in the ring.
#[derive(Debug)]
struct Span {
    generation: u32,
    from: u64,
    /// What was heard of it through a device that is gone, in ms.
    before_ms: u64,
}

/// Plays replies to the speaker.
pub(crate) struct Player {
    queue: PlaybackQueue,
    ring: Producer<f32>,
    rate: u32,
    shared: Arc<PlayoutState>,
    volume: f32,
    /// The gain while somebody speaks over a reply.
    duck: f32,
    flushes: u64,
    resampler: Option<(u32, Resampler)>,
    spans: VecDeque<Span>,
    /// Samples written into the ring so far.
    written: u64,
    heard_at: u64,
    running: bool,
    dry_seen: u64,
    /// The reply that ran dry before its end.
    gap: Option<u32>,
    /// The reply that has so little left that its end fades out.
    fading: Option<u32>,
    /// The duration of the newest part.
    part_ms: u64,
    underruns: u64,
    /// How much must be queued for a reply to start.
    start_ms: u64,
    /// When that much was queued, in ns.
    ready_since: Option<i64>,
    /// Whether the current reply ran dry.
    stuttered: bool,
    block: Vec<f32>,
    /// The next samples for the ring. They are written at once, so that no callback finds the ring nearly empty.
    ready: Vec<f32>,
}

impl Player {
    /// Creates a player for a device of `rate` Hz, whose callback reads the other end of `ring` and shares `shared`.
    pub(crate) fn new(ring: Producer<f32>, rate: u32, shared: Arc<PlayoutState>, capacity: usize) -> Self {
        Self {
            queue: PlaybackQueue::new(capacity),
            ring,
            rate,
            shared,
            volume: 1.0,
            duck: 1.0,
            flushes: 0,
            resampler: None,
            spans: VecDeque::new(),
            written: 0,
            heard_at: 0,
            running: false,
            dry_seen: 0,
            gap: None,
            fading: None,
            part_ms: 0,
            underruns: 0,
            start_ms: START_MS,
            ready_since: None,
            stuttered: false,
            block: Vec::new(),
            ready: Vec::new(),
        }
    }

    /// Queues a part of a reply, which [`Player::pump`] then plays.
    ///
    /// # Errors
    /// [`PlaybackFull`] if the queue has no space.
    pub(crate) fn play(&mut self, pcm: &[u8], rate: u32, generation: u32) -> Result<(), PlaybackFull> {
        self.queue.push(pcm, rate, generation)?;
        self.part_ms = pcm.len() as u64 / 2 * 1_000 / u64::from(rate.max(1));
        Ok(())
    }

    /// Ends the reply `generation`: running dry is no underrun then.
    pub(crate) fn end(&mut self, generation: u32) {
        self.queue.end(generation);
    }

    /// Sets the volume, 1.0 for full level. It is reached within 10 ms.
    pub(crate) fn set_volume(&mut self, volume: f32) {
        self.volume = volume;
        self.shared.set_gain(self.volume * self.duck);
    }

    /// Sets the factor for the volume while somebody speaks over a reply.
    pub(crate) fn set_duck(&mut self, duck: f32) {
        self.duck = duck;
        self.shared.set_gain(self.volume * self.duck);
    }

    /// Returns how often replies were flushed.
    pub(crate) fn flushes(&self) -> u64 {
        self.flushes
    }

    /// Fills the ring. `now_ns` is the engine's clock.
    pub(crate) fn pump(&mut self, now_ns: i64) {
        self.check_dry();
        self.check_fading();
        if !self.running && !self.may_start(now_ns) {
            return;
        }
        self.running = true;
        self.ready_since = None;
        self.make_ready();
        self.write();
    }

    /// Takes from the queue what the ring lacks.
    fn make_ready(&mut self) {
        while self.level() < self.fill_target() {
            match self.queue.next(&mut self.block) {
                Next::Samples { generation, rate } => {
                    self.begin(generation);
                    self.resample(rate);
                }
                Next::End { generation } => {
                    self.finish_stream();
                    self.gap = self.gap.filter(|gap| *gap != generation);
                    self.end_of_reply();
                    if !self.queue.is_ready(self.start_ms) {
                        self.running = false;
                        break;
                    }
                }
                Next::Nothing => {
                    if self.level() < self.samples(LOW_MS) {
                        self.finish_stream();
                        self.fading = self.spans.back().map(|span| span.generation);
                    }
                    break;
                }
            }
        }
    }

    /// Empties the queue and, through the callback, the ring. Returns what was heard until now.
    pub(crate) fn flush(&mut self, now_ns: i64) -> Heard {
        let heard = self.heard(now_ns);
        self.flushes += 1;
        self.queue.clear();
        if let Some((_, resampler)) = &mut self.resampler {
            resampler.reset();
        }
        self.shared.discard_until.store(self.written, Ordering::Release);
        self.spans.clear();
        self.heard_at = self.written;
        self.running = false;
        (self.gap, self.fading, self.stuttered, self.ready_since) = (None, None, false, None);
        heard
    }

    /// Returns how much of the current reply has left the device at `now_ns`.
    pub(crate) fn heard(&mut self, now_ns: i64) -> Heard {
        let position = self.position(now_ns);
        while self.spans.get(1).is_some_and(|next| next.from < position) {
            self.spans.pop_front();
        }
        let Some(span) = self.spans.front() else { return Heard::default() };
        let until = self.spans.get(1).map_or(position, |next| next.from.min(position));
        let ms = until.saturating_sub(span.from) * 1_000 / u64::from(self.rate);
        Heard { generation: Some(span.generation), ms: span.before_ms + ms }
    }

    /// Returns true while something is in the queue, the ring or the device.
    pub(crate) fn is_playing(&mut self, now_ns: i64) -> bool {
        !self.queue.is_empty() || (!self.spans.is_empty() && self.position(now_ns) < self.written)
    }

    /// Returns how often a reply stopped because its next part, or the audio thread, was late.
    pub(crate) fn underruns(&self) -> u64 {
        self.underruns
    }

    /// Goes on with another device at `now_ns`. What was in the old ring is lost; the queue is not.
    pub(crate) fn attach(&mut self, ring: Producer<f32>, rate: u32, shared: Arc<PlayoutState>, now_ns: i64) {
        let heard = self.heard(now_ns);
        let current = self.spans.pop_back();
        self.spans.clear();
        if let Some(span) = current {
            let before_ms = if heard.generation == Some(span.generation) { heard.ms } else { 0 };
            self.spans.push_back(Span { generation: span.generation, from: 0, before_ms });
        }
        shared.set_gain(self.volume * self.duck);
        (self.ring, self.rate, self.shared) = (ring, rate, shared);
        (self.written, self.heard_at, self.dry_seen) = (0, 0, 0);
        (self.resampler, self.running, self.gap, self.fading, self.ready_since) =
            (None, false, None, None, None);
    }

    fn check_dry(&mut self) {
        let dry = self.shared.dry.load(Ordering::Relaxed);
        if dry != self.dry_seen {
            self.dry_seen = dry;
            if std::mem::take(&mut self.running) {
                self.gap = self.spans.back().map(|span| span.generation);
            }
        }
    }

    /// A part that comes when the end has begun to fade is too late: it would be heard as a dip, and so would every
    /// following part, unless they get ahead.
    fn check_fading(&mut self) {
        let Some(next) = self.queue.front() else { return };
        let fading = self.fading.take();
        if self.running && fading == Some(next) {
            self.running = false;
            self.gap = fading;
        }
    }

    /// Returns true if enough is queued. A reply that comes in a burst starts at once. One that is sent while it is
    /// generated has no second part yet when the first is over, so it would have a gap right at its beginning.
    fn may_start(&mut self, now_ns: i64) -> bool {
        let required = self.required_start_ms();
        if !self.queue.is_ready(required) {
            return false;
        }
        let ready_since = *self.ready_since.get_or_insert(now_ns);
        let waited_ns = now_ns.saturating_sub(ready_since);
        let behind_ms = required - START_MS;
        if waited_ns < (behind_ms * 1_000_000).cast_signed() && !self.queue.is_ready(self.part_ms + behind_ms)
        {
            return false;
        }
        let is_new = waited_ns < AHEAD_WAIT_NS;
        self.queue.is_ready(required.max(if is_new { AHEAD_MS } else { REAL_TIME_START_MS }))
    }

    /// Returns how much must be queued now. A reply that ran dry starts again with more.
    fn required_start_ms(&self) -> u64 {
        if self.gap.is_some() { increased(self.start_ms) } else { self.start_ms }
    }

    fn end_of_reply(&mut self) {
        if !std::mem::take(&mut self.stuttered) {
            self.start_ms = self.start_ms.saturating_sub(START_DECREASE_MS).max(START_MS);
        }
    }

    fn begin(&mut self, generation: u32) {
        if self.gap.take() == Some(generation) {
            self.underruns += 1;
            self.stuttered = true;
            self.start_ms = increased(self.start_ms);
        }
        if self.spans.back().is_none_or(|span| span.generation != generation) {
            if self.spans.len() == MAX_SPANS {
                self.spans.pop_front();
            }
            let from = self.written + self.ready.len() as u64;
            self.spans.push_back(Span { generation, from, before_ms: 0 });
        }
    }

    /// Resamples `block`, which is at `rate`, for the ring.
    fn resample(&mut self, rate: u32) {
        if self.resampler.as_ref().is_some_and(|(from, _)| *from != rate) {
            self.finish_stream();
            self.resampler = None;
        }
        if self.resampler.is_none() {
            match Resampler::new(rate, self.rate) {
                Ok(resampler) => self.resampler = Some((rate, resampler)),
                Err(error) => {
                    tracing::warn!(rate, %error, "a reply is not played: its rate cannot be resampled");
                }
            }
        }
        if let Some((_, resampler)) = &mut self.resampler {
            resampler.push(&self.block, &mut self.ready);
        }
    }

    fn finish_stream(&mut self) {
        if let Some((_, resampler)) = self.resampler.as_mut().filter(|(_, r)| r.holds_stream()) {
            resampler.finish(&mut self.ready);
        }
    }

    fn write(&mut self) {
        let (written, lost) = self.ring.push_partial_slice(&self.ready);
        self.written += written.len() as u64;
        // The fill level leaves space for a block and the rest of a resampler.
        debug_assert!(lost.is_empty(), "the ring is full below its target");
        self.ready.clear();
    }

    fn position(&mut self, now_ns: i64) -> u64 {
        let taken = self.shared.taken.load(Ordering::Acquire);
        let since = now_ns.saturating_sub(self.shared.origin_ns.load(Ordering::Relaxed)).max(0);
        let position = (i128::from(since) * i128::from(self.rate) / 1_000_000_000) as u64;
        self.heard_at = self.heard_at.max(position.min(taken));
        self.heard_at
    }

    /// Returns what is in the ring or ready for it.
    fn level(&self) -> u64 {
        (self.ring.buffer().capacity() - self.ring.slots() + self.ready.len()) as u64
    }

    /// Returns the fill level to reach: enough for a stalled thread, and for two of the device's largest buffers.
    fn fill_target(&self) -> u64 {
        let widest = u64::from(self.shared.widest.load(Ordering::Relaxed));
        self.samples(RING_MS).max(2 * widest).min(self.samples(RING_CAPACITY_MS - 100))
    }

    fn samples(&self, ms: u64) -> u64 {
        u64::from(self.rate) * ms / 1_000
    }
}

fn increased(start_ms: u64) -> u64 {
    (start_ms + START_INCREASE_MS).min(MAX_START_MS)
}

#[cfg(test)]
mod tests;
