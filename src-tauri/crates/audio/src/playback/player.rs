//! From the queue of replies to the ring of the output callback, and how much of a reply was heard.
//!
//! Pure: time is handed in. It lives behind a lock that the audio thread (filling) and the session (queueing,
//! flushing) hold for microseconds; the callback never takes it and obeys [`Playout`] instead.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rtrb::Producer;

use crate::device::callback::{Playout, RING_CAPACITY_MS};
use crate::playback::queue::{Next, PlaybackFull, PlaybackQueue};
use dsp::resample::Resampler;

/// A reply starts when this much of it waits, or all of it.
const START_MS: u64 = 40;
/// Whoever sends so much of it at once is ahead of real time.
const AHEAD_MS: u64 = 80;
/// With less than that it waits for so long whether more comes, in ns: 25 ms.
const GLANCE_NS: i64 = 25_000_000;
/// And if not, the reply is sent in real time, and now and then late: then so much of it must wait.
const PACED_MS: u64 = 200;
/// After an underrun it waits for this much more, so that a connection that stutters is heard to pause less often: for more
/// sound, or, where a chunk of it is as long as all that, for so long.
const RISE_MS: u64 = 60;
/// But never for more than this.
const LATEST_START_MS: u64 = 300;
/// A reply without an underrun brings the mark down by this.
const FALL_MS: u64 = 20;
/// The ring is kept this full. A flush empties it at once, so its length costs no latency, and a stalled audio
/// thread has this long before it is heard.
const RING_MS: u64 = 100;
/// With less than this in the ring and nothing in the queue, the last samples are brought out of the resampler.
const LOW_MS: u64 = 12;
/// Replies remembered for the clock; more can't be on their way to the ear.
const SPANS: usize = 16;

/// How much of a reply has been heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The reply now heard, or the last one; `None` before the first and after a flush.
    pub generation: Option<u32>,
    /// Milliseconds of it that have left the device.
    pub ms: u64,
}

/// Where a reply begins in the ring.
#[derive(Debug)]
struct Span {
    generation: u32,
    from: u64,
    /// Milliseconds heard through a device that is gone.
    before_ms: u64,
}

/// Replies on their way to the speaker.
pub(crate) struct Playback {
    queue: PlaybackQueue,
    ring: Producer<f32>,
    rate: u32,
    shared: Arc<Playout>,
    volume: f32,
    /// The volume is lowered by this while someone speaks over a reply.
    duck: f32,
    flushes: u64,
    resampler: Option<(u32, Resampler)>,
    spans: VecDeque<Span>,
    /// Samples put into the ring so far.
    written: u64,
    heard_at: u64,
    running: bool,
    dry_seen: u64,
    /// A reply that ran dry while more of it was to come.
    gap: Option<u32>,
    /// A reply of which so little is left that its end fades.
    low: Option<u32>,
    /// How long the newest burst is.
    burst_ms: u64,
    underruns: u64,
    /// How much must wait for a reply to start.
    start_ms: u64,
    /// When so much of the reply waited, in ns.
    marked_at: Option<i64>,
    /// The reply that is playing ran dry.
    stuttered: bool,
    block: Vec<f32>,
    /// What goes into the ring next, in one piece: a callback that comes meanwhile must not find the ring nearly empty.
    ready: Vec<f32>,
}

impl Playback {
    /// For a device of `rate` Hz whose callback reads the other end of `ring` and shares `shared`.
    pub(crate) fn new(ring: Producer<f32>, rate: u32, shared: Arc<Playout>, capacity: usize) -> Self {
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
            low: None,
            burst_ms: 0,
            underruns: 0,
            start_ms: START_MS,
            marked_at: None,
            stuttered: false,
            block: Vec::new(),
            ready: Vec::new(),
        }
    }

    /// Queues a burst; [`Playback::pump`] brings it on its way.
    pub(crate) fn play(&mut self, pcm: &[u8], rate: u32, generation: u32) -> Result<(), PlaybackFull> {
        self.queue.push(pcm, rate, generation)?;
        self.burst_ms = pcm.len() as u64 / 2 * 1_000 / u64::from(rate.max(1));
        Ok(())
    }

    /// Nothing more comes for `generation`: its end is not an underrun.
    pub(crate) fn end(&mut self, generation: u32) {
        self.queue.end(generation);
    }

    /// Moves the volume (1.0 is as it came) within 10 ms.
    pub(crate) fn set_volume(&mut self, volume: f32) {
        self.volume = volume;
        self.shared.set_gain(self.volume * self.duck);
    }

    /// Lowers the volume to this part of it within 10 ms, for as long as someone speaks over a reply.
    pub(crate) fn set_duck(&mut self, duck: f32) {
        self.duck = duck;
        self.shared.set_gain(self.volume * self.duck);
    }

    /// How often a reply was flushed.
    pub(crate) fn flushes(&self) -> u64 {
        self.flushes
    }

    /// Fills the ring up to its mark. It is `now_ns`.
    pub(crate) fn pump(&mut self, now_ns: i64) {
        self.note_dry();
        self.note_fade();
        if !self.running && !self.may_start(now_ns) {
            return;
        }
        self.running = true;
        self.marked_at = None;
        self.make_ready();
        self.write();
    }

    /// Takes from the queue what the ring lacks.
    fn make_ready(&mut self) {
        while self.level() < self.mark() {
            match self.queue.next(&mut self.block) {
                Next::Samples { generation, rate } => {
                    self.begin(generation);
                    self.resample(rate);
                }
                Next::End { generation } => {
                    self.finish_stream();
                    self.gap = self.gap.filter(|gap| *gap != generation);
                    self.end_of_turn();
                    if !self.queue.is_ready(self.start_ms) {
                        self.running = false;
                        break;
                    }
                }
                Next::Nothing => {
                    if self.level() < self.samples(LOW_MS) {
                        self.finish_stream();
                        self.low = self.spans.back().map(|span| span.generation);
                    }
                    break;
                }
            }
        }
    }

    /// Empties the queue and, through the callback, the ring; says what was heard until now.
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
        (self.gap, self.low, self.stuttered, self.marked_at) = (None, None, false, None);
        heard
    }

    /// How much of the current reply has left the device at `now_ns`.
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

    /// True while something waits in the queue, the ring or the device.
    pub(crate) fn is_playing(&mut self, now_ns: i64) -> bool {
        !self.queue.is_empty() || (!self.spans.is_empty() && self.position(now_ns) < self.written)
    }

    /// How often a reply stopped because the next burst, or the audio thread, was late.
    pub(crate) fn underruns(&self) -> u64 {
        self.underruns
    }

    /// Goes on with another device at `now_ns`: what was in the old ring is lost, what waits in the queue is not.
    pub(crate) fn attach(&mut self, ring: Producer<f32>, rate: u32, shared: Arc<Playout>, now_ns: i64) {
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
        (self.resampler, self.running, self.gap, self.low, self.marked_at) = (None, false, None, None, None);
    }

    fn note_dry(&mut self) {
        let dry = self.shared.dry.load(Ordering::Relaxed);
        if dry != self.dry_seen {
            self.dry_seen = dry;
            if std::mem::take(&mut self.running) {
                self.gap = self.spans.back().map(|span| span.generation);
            }
        }
    }

    /// What comes when the end has begun to fade is too late: it is heard as a dip, and so is every burst after it, unless
    /// they get ahead.
    fn note_fade(&mut self) {
        let Some(next) = self.queue.front() else { return };
        let low = self.low.take();
        if self.running && low == Some(next) {
            self.running = false;
            self.gap = low;
        }
    }

    /// Whether enough waits. A reply that comes as a burst starts at once. One that is sent while it is made has no second
    /// chunk yet when the first is over, so it would be heard to stumble right at its beginning.
    fn may_start(&mut self, now_ns: i64) -> bool {
        let mark = self.start_mark();
        if !self.queue.is_ready(mark) {
            return false;
        }
        let marked_at = *self.marked_at.get_or_insert(now_ns);
        let waited_ns = now_ns.saturating_sub(marked_at);
        let behind_ms = mark - START_MS;
        if waited_ns < (behind_ms * 1_000_000).cast_signed()
            && !self.queue.is_ready(self.burst_ms + behind_ms)
        {
            return false;
        }
        let is_new = waited_ns < GLANCE_NS;
        self.queue.is_ready(mark.max(if is_new { AHEAD_MS } else { PACED_MS }))
    }

    /// What must wait now. A reply that ran dry and is not over has stuttered: it starts again from a higher mark.
    fn start_mark(&self) -> u64 {
        if self.gap.is_some() { raised(self.start_ms) } else { self.start_ms }
    }

    fn end_of_turn(&mut self) {
        if !std::mem::take(&mut self.stuttered) {
            self.start_ms = self.start_ms.saturating_sub(FALL_MS).max(START_MS);
        }
    }

    fn begin(&mut self, generation: u32) {
        if self.gap.take() == Some(generation) {
            self.underruns += 1;
            self.stuttered = true;
            self.start_ms = raised(self.start_ms);
        }
        if self.spans.back().is_none_or(|span| span.generation != generation) {
            if self.spans.len() == SPANS {
                self.spans.pop_front();
            }
            let from = self.written + self.ready.len() as u64;
            self.spans.push_back(Span { generation, from, before_ms: 0 });
        }
    }

    /// Brings the samples in `block`, which are at `rate`, into the ring.
    fn resample(&mut self, rate: u32) {
        if self.resampler.as_ref().is_some_and(|(from, _)| *from != rate) {
            self.finish_stream();
            self.resampler = None;
        }
        if self.resampler.is_none() {
            match Resampler::new(rate, self.rate) {
                Ok(resampler) => self.resampler = Some((rate, resampler)),
                Err(error) => tracing::warn!(rate, %error, "a reply of an impossible rate is not played"),
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
        // The mark leaves room for a block and a resampler's rest.
        debug_assert!(lost.is_empty(), "the ring is full below its mark");
        self.ready.clear();
    }

    fn position(&mut self, now_ns: i64) -> u64 {
        let taken = self.shared.taken.load(Ordering::Acquire);
        let since = now_ns.saturating_sub(self.shared.origin_ns.load(Ordering::Relaxed)).max(0);
        let position = (i128::from(since) * i128::from(self.rate) / 1_000_000_000) as u64;
        self.heard_at = self.heard_at.max(position.min(taken));
        self.heard_at
    }

    /// What waits in the ring, and for it.
    fn level(&self) -> u64 {
        (self.ring.buffer().capacity() - self.ring.slots() + self.ready.len()) as u64
    }

    /// Enough for a stalled thread, and for two of the widest buffers the device asked for.
    fn mark(&self) -> u64 {
        let widest = u64::from(self.shared.widest.load(Ordering::Relaxed));
        self.samples(RING_MS).max(2 * widest).min(self.samples(RING_CAPACITY_MS - 100))
    }

    fn samples(&self, ms: u64) -> u64 {
        u64::from(self.rate) * ms / 1_000
    }
}

fn raised(start_ms: u64) -> u64 {
    (start_ms + RISE_MS).min(LATEST_START_MS)
}

#[cfg(test)]
mod tests;
