//! The device callbacks, as plain structs. They take no lock, allocate nothing, log nothing and make no system call.
//!
//! They copy between a device buffer and a lock-free ring and update atomics. Everything else happens on the audio
//! thread at the other end of the rings. The tests run them under `assert_no_alloc`.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use cpal::FromSample;
use rtrb::{Consumer, Producer};

use dsp::pcm;

/// What the ring to the speaker holds, in ms.
pub(crate) const RING_CAPACITY_MS: u64 = 500;

/// Fade-in after silence, in ms.
const FADE_IN_MS: f32 = 5.0;
/// Fade-out before a gap and at a flush, in ms. What the device holds sounds before it.
const FADE_OUT_MS: f32 = 10.0;
/// A change of the volume takes this long, in ms.
const GAIN_RAMP_MS: f32 = 10.0;
/// Frames handled at once, on the callback's stack.
const BLOCK: usize = 256;

/// What a stream's callbacks report to the audio thread.
#[derive(Debug, Default)]
pub(crate) struct StreamStats {
    /// Data callbacks so far.
    pub(crate) callbacks: AtomicU64,
    /// Error callbacks so far. A dead ALSA server has caused 200,000 in a second.
    pub(crate) errors: AtomicU64,
    /// Buffer under- and overruns that the device reported.
    pub(crate) xruns: AtomicU64,
    /// Frames of microphone dropped because the ring was full.
    pub(crate) overrun_frames: AtomicU64,
    /// Not 0 once the device reported that the stream is over.
    pub(crate) dead: AtomicU8,
    /// Between the air and the callback, in either direction, in µs by the time stamps of the stream.
    pub(crate) latency_us: AtomicU32,
    /// Frames of microphone for which the audio thread wants to be woken, where it can be. Fewer would only wait there.
    pub(crate) wanted_frames: AtomicUsize,
}

impl StreamStats {
    /// Handles an error callback. These may come thousands of times a second, so they are only counted.
    pub(crate) fn note_error(&self, kind: cpal::ErrorKind) {
        use cpal::ErrorKind as K;
        match kind {
            K::Xrun => _ = self.xruns.fetch_add(1, Ordering::Relaxed),
            // Neither of them stops the sound.
            K::RealtimeDenied | K::DeviceChanged => {}
            K::DeviceNotAvailable | K::StreamInvalidated | K::HostUnavailable | K::PermissionDenied => {
                self.dead.store(1, Ordering::Relaxed);
                self.errors.fetch_add(1, Ordering::Relaxed);
            }
            _ => _ = self.errors.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// The capture callback: device buffer → ring of interleaved samples.
pub(crate) struct CaptureCallback {
    pub(crate) ring: Producer<f32>,
    pub(crate) channels: usize,
    pub(crate) stats: Arc<StreamStats>,
}

impl CaptureCallback {
    /// Copies whole frames of `data` into the ring; those that do not fit are dropped and counted.
    pub(crate) fn on_input<T: Copy>(&mut self, data: &[T], latency_us: u32)
    where
        f32: FromSample<T>,
    {
        let frames = data.len() / self.channels;
        let kept = frames.min(self.ring.slots() / self.channels);
        if let Ok(room) = self.ring.write_chunk_uninit(kept * self.channels) {
            room.fill_from_iter(data.iter().map(|sample| pcm::sanitize(f32::from_sample_(*sample))));
        }
        self.stats.overrun_frames.fetch_add((frames - kept) as u64, Ordering::Relaxed);
        self.stats.latency_us.store(latency_us, Ordering::Relaxed);
        self.stats.callbacks.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the playout callback and the player tell each other. Positions count mono samples of the ring from its first
/// one on, whether played or discarded.
#[derive(Debug)]
pub(crate) struct PlayoutState {
    /// Samples that the callback has taken out of the ring.
    pub(crate) taken: AtomicU64,
    /// Samples before this position are to be discarded (a flush).
    pub(crate) discard_until: AtomicU64,
    /// The time at which sample 0 would have sounded if everything had played without a gap up to the newest buffer, in
    /// ns of the engine's clock.
    pub(crate) origin_ns: AtomicI64,
    /// How often the ring ran dry while something sounded.
    pub(crate) dry: AtomicU64,
    /// The largest device buffer so far, in frames.
    pub(crate) widest: AtomicU32,
    /// The target volume, 0.0 to 1.0, as bits.
    gain: AtomicU32,
}

impl Default for PlayoutState {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            taken: zero(),
            discard_until: zero(),
            origin_ns: AtomicI64::new(0),
            dry: zero(),
            widest: AtomicU32::new(0),
            gain: AtomicU32::new(1.0_f32.to_bits()),
        }
    }
}

impl PlayoutState {
    /// Moves the volume to `gain` within 10 ms.
    pub(crate) fn set_gain(&self, gain: f32) {
        self.gain.store(gain.to_bits(), Ordering::Relaxed);
    }
}

/// The playout callback: ring of mono samples → device buffer, and a copy into the far-end tap.
pub(crate) struct PlayoutCallback {
    ring: Consumer<f32>,
    tap: Producer<f32>,
    shared: Arc<PlayoutState>,
    stats: Arc<StreamStats>,
    rate: u32,
    channels: usize,
    taken: u64,
    /// The fade: 0.0 is silence, 1.0 full level.
    envelope: f32,
    gain: f32,
    sounding: bool,
}

impl PlayoutCallback {
    /// Creates a callback for a device of `rate` Hz with `channels`. Sound goes to the first two.
    pub(crate) fn new(
        ring: Consumer<f32>,
        tap: Producer<f32>,
        shared: Arc<PlayoutState>,
        stats: Arc<StreamStats>,
        (rate, channels): (u32, usize),
    ) -> Self {
        let taken = shared.taken.load(Ordering::Relaxed);
        let gain = f32::from_bits(shared.gain.load(Ordering::Relaxed));
        Self { ring, tap, shared, stats, rate, channels, taken, envelope: 0.0, gain, sounding: false }
    }

    /// Returns where this callback counts.
    pub(crate) fn stats(&self) -> Arc<StreamStats> {
        Arc::clone(&self.stats)
    }

    /// Fills `out` (interleaved). `now_ns` is the engine's clock, `latency_us` how long it takes until the first frame
    /// of `out` sounds.
    pub(crate) fn fill<T: Copy + FromSample<f32>>(&mut self, out: &mut [T], now_ns: i64, latency_us: u32) {
        let frames = out.len() / self.channels;
        self.shared.widest.fetch_max(frames as u32, Ordering::Relaxed);
        self.note_origin(now_ns, latency_us);
        let mut block = [0.0_f32; BLOCK];
        for part in out.chunks_mut(BLOCK * self.channels) {
            let mono = &mut block[..part.len() / self.channels];
            self.mono(mono);
            for (frame, sample) in part.chunks_exact_mut(self.channels).zip(mono.iter()) {
                let voice = T::from_sample_(*sample);
                let (front, rest) = frame.split_at_mut(self.channels.min(2));
                front.fill(voice);
                rest.fill(T::from_sample_(0.0));
            }
            // The tap is full only if the audio thread stalls. Then the canceller resynchronises, and the sound goes
            // on.
            _ = self.tap.push_partial_slice(mono);
        }
        self.shared.taken.store(self.taken, Ordering::Release);
        self.stats.latency_us.store(latency_us, Ordering::Relaxed);
        self.stats.callbacks.fetch_add(1, Ordering::Relaxed);
    }

    /// Anchors the playback clock to this buffer if it begins with a sample of the ring.
    fn note_origin(&self, now_ns: i64, latency_us: u32) {
        let next = self.taken.max(self.shared.discard_until.load(Ordering::Acquire));
        if self.ring.slots() as u64 > next - self.taken {
            let played_ns = i128::from(next) * 1_000_000_000 / i128::from(self.rate);
            let origin = i128::from(now_ns) + i128::from(latency_us) * 1_000 - played_ns;
            self.shared.origin_ns.store(origin as i64, Ordering::Relaxed);
        }
    }

    /// Fills `block` from the ring, with fades and volume applied.
    fn mono(&mut self, block: &mut [f32]) {
        let mut filled = 0;
        while filled < block.len() {
            let discard =
                self.shared.discard_until.load(Ordering::Acquire).saturating_sub(self.taken) as usize;
            let waiting = self.ring.slots();
            let rest = &mut block[filled..];
            if discard > 0 && waiting > 0 {
                filled += self.fade_out(rest, discard.min(waiting));
            } else if waiting > 0 {
                filled += self.play(rest, waiting);
            } else {
                if std::mem::take(&mut self.sounding) {
                    self.shared.dry.fetch_add(1, Ordering::Relaxed);
                }
                self.envelope = 0.0;
                rest.fill(0.0);
                break;
            }
        }
        self.apply_gain(block);
    }

    /// Plays from the ring. The envelope rises after silence and falls with the last samples of a ring that runs empty,
    /// so that neither an underrun nor an end clicks.
    fn play(&mut self, out: &mut [f32], waiting: usize) -> usize {
        let (rise, fall) = (1.0 / self.frames(FADE_IN_MS), 1.0 / self.frames(FADE_OUT_MS));
        let count = self.copy(out, waiting);
        for (n, sample) in out[..count].iter_mut().enumerate() {
            let left = (waiting - n - 1) as f32 * fall;
            self.envelope = (self.envelope + rise).min(left).min(1.0);
            *sample *= self.envelope;
        }
        self.sounding = true;
        count
    }

    /// Fades out the beginning of what is discarded, then skips the rest. Returns how many samples it filled.
    fn fade_out(&mut self, out: &mut [f32], discard: usize) -> usize {
        if self.envelope <= 0.0 {
            self.skip(discard);
            self.sounding = false;
            return 0;
        }
        let fade = self.frames(FADE_OUT_MS);
        let to_silence = (self.envelope * fade).ceil() as usize;
        let count = self.copy(out, discard.min(to_silence));
        for (n, sample) in out[..count].iter_mut().enumerate() {
            let left = (discard - n - 1) as f32 / fade;
            self.envelope = (self.envelope - 1.0 / fade).min(left).max(0.0);
            *sample *= self.envelope;
        }
        count
    }

    /// Copies at most `limit` samples from the ring to the front of `out`; returns how many.
    fn copy(&mut self, out: &mut [f32], limit: usize) -> usize {
        let count = out.len().min(limit);
        let (read, _) = self.ring.pop_partial_slice(&mut out[..count]);
        let count = read.len();
        self.taken += count as u64;
        count
    }

    fn skip(&mut self, count: usize) {
        if let Ok(chunk) = self.ring.read_chunk(count) {
            chunk.commit_all();
            self.taken += count as u64;
        }
    }

    fn apply_gain(&mut self, block: &mut [f32]) {
        let wanted = f32::from_bits(self.shared.gain.load(Ordering::Relaxed));
        let step = 1.0 / self.frames(GAIN_RAMP_MS);
        for sample in block {
            self.gain += (wanted - self.gain).clamp(-step, step);
            *sample *= self.gain;
        }
    }

    fn frames(&self, ms: f32) -> f32 {
        self.rate as f32 * ms / 1000.0
    }
}

#[cfg(test)]
mod tests;
