//! The callbacks without a device: every call runs under `assert_no_alloc`.

use super::*;
use assert_no_alloc::assert_no_alloc;
use proptest::prelude::*;
use rtrb::RingBuffer;

const RATE: u32 = 48_000;

struct TestSpeaker {
    body: PlayoutCallback,
    ring: Producer<f32>,
    tap: Consumer<f32>,
    shared: Arc<PlayoutState>,
    written: u64,
}

impl TestSpeaker {
    fn new(channels: usize) -> Self {
        let (ring, consumer) = RingBuffer::new(24_000);
        let (tap_in, tap) = RingBuffer::new(48_000);
        let shared = Arc::new(PlayoutState::default());
        let body =
            PlayoutCallback::new(consumer, tap_in, Arc::clone(&shared), Arc::default(), (RATE, channels));
        Self { body, ring, tap, shared, written: 0 }
    }

    fn queue(&mut self, samples: &[f32]) {
        self.ring.push_entire_slice(samples).expect("room");
        self.written += samples.len() as u64;
    }

    fn queue_level(&mut self, level: f32, samples: usize) {
        self.queue(&vec![level; samples]);
    }

    fn flush(&self) {
        self.shared.discard_until.store(self.written, Ordering::Release);
    }

    fn give(&mut self, frames: usize) -> Vec<f32> {
        let mut out = vec![9.0_f32; frames * self.body.channels];
        assert_no_alloc(|| self.body.fill(&mut out, 0, 0));
        out
    }

    fn tapped(&mut self) -> Vec<f32> {
        let count = self.tap.slots();
        self.tap.read_chunk(count).expect("there").into_iter().collect()
    }
}

#[test]
fn sound_fades_in_and_out_when_the_ring_runs_dry() {
    let mut speaker = TestSpeaker::new(1);
    speaker.queue_level(1.0, 4_800);
    let out = speaker.give(6_000);
    assert!(out[0] > 0.0 && out[0] < 0.01);
    assert!(out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01), "no step anywhere");
    assert!(out[240..4_300].iter().all(|sample| (sample - 1.0).abs() < 1e-6), "unchanged between the fades");
    assert!(out[4_800..].iter().all(|sample| *sample == 0.0));
    assert_eq!(speaker.shared.dry.load(Ordering::Relaxed), 1);
    assert_eq!(speaker.shared.taken.load(Ordering::Relaxed), 4_800);
}

#[test]
fn silence_is_not_a_dry_ring() {
    let mut speaker = TestSpeaker::new(1);
    assert!(speaker.give(960).iter().all(|sample| *sample == 0.0));
    assert_eq!(speaker.shared.dry.load(Ordering::Relaxed), 0);
}

#[test]
fn a_flush_is_silent_within_ten_ms_without_a_click() {
    let mut speaker = TestSpeaker::new(1);
    speaker.queue_level(1.0, 20_000);
    speaker.give(960);
    speaker.flush();
    let out = speaker.give(960);
    assert!(out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01));
    assert!(out[480..].iter().all(|sample| *sample == 0.0));
    assert_eq!(speaker.shared.taken.load(Ordering::Relaxed), 20_000, "the rest of the ring is gone");
}

#[test]
fn samples_after_a_flush_are_played() {
    let mut speaker = TestSpeaker::new(1);
    speaker.queue_level(1.0, 10_000);
    speaker.give(480);
    speaker.flush();
    speaker.queue_level(-0.5, 5_000);
    let out = speaker.give(4_800);
    let first = out.iter().position(|sample| *sample < 0.0).expect("the new reply");
    assert!(first <= 481);
    assert!(out[first..].iter().all(|sample| *sample <= 0.0), "nothing of the old one after it");
    assert!((out[first + 1_000] + 0.5).abs() < 1e-6);
}

#[test]
fn a_flush_of_silence_writes_nothing() {
    let mut speaker = TestSpeaker::new(1);
    speaker.queue_level(1.0, 5_000);
    speaker.flush();
    assert!(speaker.give(960).iter().all(|sample| *sample == 0.0));
}

#[test]
fn the_tap_gets_what_was_written_with_silence() {
    let mut speaker = TestSpeaker::new(2);
    speaker.queue_level(0.5, 700);
    let out = speaker.give(1_000);
    let left: Vec<f32> = out.iter().step_by(2).copied().collect();
    assert_eq!(speaker.tapped(), left);
}

#[test]
fn sound_goes_to_the_first_two_channels() {
    let mut speaker = TestSpeaker::new(6);
    speaker.queue_level(0.5, 2_000);
    let out = speaker.give(1_000);
    let frame = &out[500 * 6..501 * 6];
    assert_eq!(frame, [0.5, 0.5, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn ducking_changes_the_volume_without_a_click() {
    let mut speaker = TestSpeaker::new(1);
    speaker.queue_level(1.0, 9_600);
    speaker.give(960);
    speaker.shared.set_gain(0.25);
    let out = speaker.give(960);
    assert!(out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.01));
    assert!((out[959] - 0.25).abs() < 1e-6);
}

#[test]
fn the_clock_is_anchored_by_buffers_with_sound() {
    let mut speaker = TestSpeaker::new(1);
    speaker.queue_level(0.5, 480);
    let mut out = [0.0_f32; 480];
    speaker.body.fill(&mut out, 1_000_000_000, 20_000);
    assert_eq!(speaker.shared.origin_ns.load(Ordering::Relaxed), 1_020_000_000);
    speaker.body.fill(&mut out, 9_000_000_000, 20_000);
    assert_eq!(speaker.shared.origin_ns.load(Ordering::Relaxed), 1_020_000_000, "silence moves nothing");
}

#[test]
fn integer_devices_get_integers() {
    let mut speaker = TestSpeaker::new(1);
    speaker.queue_level(0.5, 2_000);
    let mut out = [0_i16; 1_000];
    assert_no_alloc(|| speaker.body.fill(&mut out, 0, 0));
    assert!((i32::from(out[900]) - 16_384).abs() <= 1);
}

#[test]
fn the_microphone_drops_and_counts_whole_frames() {
    let (producer, mut consumer) = RingBuffer::new(7);
    let stats = Arc::new(StreamStats::default());
    let mut body = CaptureCallback { ring: producer, channels: 2, stats: Arc::clone(&stats) };
    let data = [0_i16, 16_384, -16_384, 0, 1, 1, 2, 2, 3, 3];
    assert_no_alloc(|| body.on_input(&data, 1_500));
    assert_eq!(consumer.slots(), 6, "three frames of two fit into seven");
    let head: Vec<f32> = consumer.read_chunk(3).expect("there").into_iter().collect();
    assert_eq!(head, [0.0, 0.5, -0.5]);
    assert_eq!(stats.overrun_frames.load(Ordering::Relaxed), 2);
    assert_eq!(stats.latency_us.load(Ordering::Relaxed), 1_500);
}

#[test]
fn error_callbacks_only_count() {
    let stats = StreamStats::default();
    assert_no_alloc(|| {
        stats.note_error(cpal::ErrorKind::Xrun);
        stats.note_error(cpal::ErrorKind::BackendError);
        stats.note_error(cpal::ErrorKind::DeviceChanged);
    });
    assert_eq!((stats.dead.load(Ordering::Relaxed), stats.errors.load(Ordering::Relaxed)), (0, 1));
    stats.note_error(cpal::ErrorKind::StreamInvalidated);
    assert_eq!(stats.dead.load(Ordering::Relaxed), 1);
}

proptest! {
    #[test]
    fn any_split_of_the_device_buffers_writes_the_same(frames in proptest::collection::vec(1_usize..600, 1..20)) {
        let voice: Vec<f32> = (0..3_000).map(|n| (n as f32 * 0.05).sin()).collect();
        let total = frames.iter().sum();
        let mut whole = TestSpeaker::new(1);
        whole.queue(&voice);
        let mut split = TestSpeaker::new(1);
        split.queue(&voice);
        let pieces: Vec<f32> = frames.iter().flat_map(|n| split.give(*n)).collect();
        prop_assert_eq!(pieces, whole.give(total));
    }

    #[test]
    fn a_flush_leaves_silence(queued in 1_usize..20_000, before in 1_usize..3_000, sizes in 1_usize..900) {
        let mut speaker = TestSpeaker::new(1);
        speaker.queue_level(0.7, queued);
        speaker.give(before);
        speaker.flush();
        let mut after = Vec::new();
        while after.len() < 2_000 {
            after.extend(speaker.give(sizes));
        }
        prop_assert!(after[480..].iter().all(|sample| *sample == 0.0));
    }
}
