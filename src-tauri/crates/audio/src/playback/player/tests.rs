//! Queue, ring and callback together, on a manual clock.

use super::*;
use crate::device::callback::{PlayoutCallback, StreamStats};
use crate::playback::queue::PLAYBACK_CAPACITY_BYTES;
use dsp::pcm;
use proptest::prelude::*;
use rtrb::{Consumer, RingBuffer};

const RATE: u32 = 48_000;
const LATENCY_US: u32 = 30_000;

/// A speaker with buffers of 10 ms and a latency of 30 ms, run by hand.
struct Rig {
    playback: Player,
    body: PlayoutCallback,
    tap: Consumer<f32>,
    now_ns: i64,
    out: Vec<f32>,
}

fn device(playout: &Arc<PlayoutState>) -> (Producer<f32>, PlayoutCallback, Consumer<f32>) {
    let (ring, consumer) = RingBuffer::new(RATE as usize * RING_CAPACITY_MS as usize / 1_000);
    let (tap_in, tap) = RingBuffer::new(RATE as usize);
    let health = Arc::new(StreamStats::default());
    (ring, PlayoutCallback::new(consumer, tap_in, Arc::clone(playout), health, (RATE, 1)), tap)
}

impl Rig {
    fn new() -> Self {
        let shared = Arc::new(PlayoutState::default());
        let (ring, body, tap) = device(&shared);
        let playback = Player::new(ring, RATE, shared, PLAYBACK_CAPACITY_BYTES);
        Self { playback, body, tap, now_ns: 0, out: Vec::new() }
    }

    fn play(&mut self, ms: usize, generation: u32) {
        self.playback.play(&pcm::encode(&tone(24 * ms)), 24_000, generation).expect("room");
    }

    /// Lets 10 ms pass: first for the audio thread, then for the callback.
    fn tick(&mut self) -> f32 {
        self.playback.pump(self.now_ns);
        let mut buffer = [0.0_f32; 480];
        self.body.fill(&mut buffer, self.now_ns, LATENCY_US);
        self.out.extend_from_slice(&buffer);
        self.now_ns += 10_000_000;
        while self.tap.pop().is_ok() {}
        buffer.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    fn run(&mut self, ms: usize) {
        for _ in 0..ms / 10 {
            self.tick();
        }
    }

    fn heard(&mut self) -> Heard {
        self.playback.heard(self.now_ns)
    }

    fn is_playing(&mut self) -> bool {
        self.playback.is_playing(self.now_ns)
    }

    fn sounding_samples(&self) -> usize {
        let first = self.out.iter().position(|sample| *sample != 0.0).unwrap_or(0);
        let last = self.out.iter().rposition(|sample| *sample != 0.0).unwrap_or(0);
        last - first
    }
}

fn tone(samples: usize) -> Vec<f32> {
    (0..samples).map(|n| (std::f32::consts::TAU * 500.0 * n as f32 / 24_000.0).sin() * 0.5).collect()
}

#[test]
fn a_burst_of_seconds_plays_completely_and_without_a_gap() {
    let mut rig = Rig::new();
    rig.play(3_000, 1);
    rig.playback.end(1);
    rig.run(4_000);
    assert!(rig.sounding_samples().abs_diff(144_000) < 10, "{}", rig.sounding_samples());
    let silent_runs =
        rig.out[480..143_000].windows(30).filter(|run| run.iter().all(|s| s.abs() < 0.01)).count();
    assert_eq!(silent_runs, 0);
    assert_eq!(rig.playback.underruns(), 0);
}

#[test]
fn a_reply_starts_with_40_ms_or_when_it_is_complete() {
    let mut rig = Rig::new();
    rig.play(30, 1);
    rig.run(100);
    assert_eq!(rig.sounding_samples(), 0);
    assert!(rig.is_playing(), "it waits");
    rig.play(10, 1);
    assert!(rig.tick() == 0.0, "is there more?");
    rig.play(40, 1);
    assert!(rig.tick() > 0.0);

    let mut rig = Rig::new();
    rig.play(10, 1);
    rig.playback.end(1);
    assert!(rig.tick() > 0.0);
}

/// Plays ten seconds of a reply in parts of 40 ms, each some ms late. Returns the output and how often it ran dry.
fn in_real_time(mut late_ms: impl FnMut() -> i64) -> (Vec<f32>, u64) {
    let mut rig = Rig::new();
    let due: Vec<i64> = (0..250).map(|n| n * 40 + late_ms()).collect();
    let mut sent = 0;
    while sent < due.len() {
        // A late part delays those behind it.
        while due.get(sent).is_some_and(|ms| ms * 1_000_000 <= rig.now_ns) {
            rig.play(40, 1);
            sent += 1;
        }
        rig.tick();
    }
    rig.playback.end(1);
    rig.run(500);
    (rig.out, rig.playback.underruns())
}

#[test]
fn a_reply_sent_in_real_time_has_no_gaps() {
    let mut random = dsp::synthetic::Random::new(7);
    for late in [0.0, 80.0] {
        let (out, underruns) = in_real_time(|| random.between(0.0, late) as i64);
        let first = out.iter().position(|sample| *sample != 0.0).expect("sound");
        let sounding = &out[first + 480..first + 470_000];
        let silent = sounding.windows(30).filter(|run| run.iter().all(|s| s.abs() < 0.01)).count();
        assert_eq!((silent, underruns), (0, 0), "up to {late} ms late");
        assert!(first <= 320 * 48, "it begins after {} ms", first / 48);
    }
}

#[test]
fn a_late_part_is_one_underrun_and_an_end_is_none() {
    let mut rig = Rig::new();
    rig.play(200, 1);
    rig.run(400);
    rig.play(200, 1);
    rig.run(300);
    assert_eq!(rig.playback.underruns(), 1);
    rig.playback.end(1);
    rig.run(100);
    rig.play(200, 2);
    rig.playback.end(2);
    rig.run(400);
    assert_eq!(rig.playback.underruns(), 1);
    assert!(!rig.is_playing());
}

#[test]
fn an_underrun_loses_no_sample() {
    let mut rig = Rig::new();
    rig.play(200, 1);
    rig.run(400);
    rig.play(200, 1);
    rig.playback.end(1);
    rig.run(400);
    assert_eq!(rig.heard(), Heard { generation: Some(1), ms: 400 });
}

#[test]
fn only_what_has_left_the_device_was_heard() {
    let mut rig = Rig::new();
    assert_eq!(rig.heard(), Heard::default());
    rig.play(1_000, 7);
    rig.playback.end(7);
    rig.tick();
    assert_eq!(rig.heard(), Heard { generation: Some(7), ms: 0 }, "still in the device");
    rig.run(490);
    assert_eq!(rig.heard(), Heard { generation: Some(7), ms: 470 });
    rig.run(520);
    assert!(rig.is_playing(), "the last buffer is still in the device");
    rig.run(20);
    assert_eq!(rig.heard(), Heard { generation: Some(7), ms: 1_000 });
    assert!(!rig.is_playing());
    rig.run(1_000);
    assert_eq!(rig.heard(), Heard { generation: Some(7), ms: 1_000 });
}

#[test]
fn the_next_reply_counts_from_its_own_beginning() {
    let mut rig = Rig::new();
    rig.play(300, 1);
    rig.play(300, 2);
    rig.playback.end(2);
    rig.run(430);
    assert_eq!(rig.heard(), Heard { generation: Some(2), ms: 100 });
}

#[test]
fn a_flush_is_silent_in_10_ms_and_returns_what_was_heard() {
    let mut rig = Rig::new();
    rig.play(5_000, 1);
    rig.run(530);
    assert_eq!(rig.playback.flush(rig.now_ns), Heard { generation: Some(1), ms: 500 });
    assert!(!rig.is_playing());
    rig.tick();
    for _ in 0..50 {
        assert!(rig.tick() == 0.0);
    }
    assert_eq!(rig.playback.underruns(), 0);
    assert_eq!(rig.heard(), Heard::default());
}

#[test]
fn the_reply_after_a_flush_plays() {
    let mut rig = Rig::new();
    rig.play(5_000, 1);
    rig.run(500);
    rig.playback.flush(rig.now_ns);
    rig.play(200, 2);
    rig.playback.end(2);
    rig.run(300);
    assert_eq!(rig.heard(), Heard { generation: Some(2), ms: 200 });
    assert_eq!(rig.playback.underruns(), 0);
}

#[test]
fn a_wide_device_buffer_is_fed() {
    let mut rig = Rig::new();
    rig.play(3_000, 1);
    rig.playback.pump(rig.now_ns);
    let mut gaps = 0;
    for _ in 0..10 {
        let mut buffer = vec![0.0_f32; 9_600];
        rig.body.fill(&mut buffer, 0, 0);
        rig.playback.pump(rig.now_ns);
        gaps = rig.playback.underruns();
    }
    assert!(gaps <= 1, "only the first 200 ms buffer may cause gaps: {gaps}");
}

#[test]
fn another_device_continues_queue_and_heard_time() {
    let mut old = Rig::new();
    old.play(2_000, 1);
    old.playback.end(1);
    old.run(530);
    let shared = Arc::new(PlayoutState::default());
    let (producer, body, tap) = device(&shared);
    old.playback.attach(producer, RATE, shared, old.now_ns);
    (old.body, old.tap) = (body, tap);
    assert_eq!(old.heard().ms, 500);
    old.run(2_000);
    let heard = old.heard();
    assert!((1_850..=2_000).contains(&heard.ms), "all but what was in the old ring: {heard:?}");
}

proptest! {
    #[test]
    fn any_split_of_a_reply_sounds_the_same(cuts in proptest::collection::vec(1_usize..4_000, 1..12)) {
        let pcm = pcm::encode(&tone(24 * 400));
        let mut whole = Rig::new();
        whole.playback.play(&pcm, 24_000, 1).expect("room");
        whole.playback.end(1);
        whole.run(600);
        let mut split = Rig::new();
        let mut rest = &pcm[..];
        for cut in cuts {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            split.playback.play(now, 24_000, 1).expect("room");
            rest = later;
        }
        split.playback.play(rest, 24_000, 1).expect("room");
        split.playback.end(1);
        split.run(600);
        prop_assert_eq!(split.out, whole.out);
    }
}

#[test]
fn a_ducked_reply_has_a_quarter_of_the_volume() {
    let mut rig = Rig::new();
    rig.playback.set_volume(0.8);
    rig.play(3_000, 1);
    rig.run(500);
    rig.playback.set_duck(0.25);
    rig.run(50);
    assert!((rig.tick() - 0.1).abs() < 0.01);
    rig.playback.set_duck(1.0);
    rig.run(50);
    assert!((rig.tick() - 0.4).abs() < 0.01);
    assert!(rig.out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.05), "no click");
}

/// Returns the ticks until something sounds after `ms` of generation 1 came in parts of 10 ms.
fn waits_for(rig: &mut Rig) -> usize {
    (1..=60)
        .find(|_| {
            rig.play(10, 1);
            rig.tick() > 0.0
        })
        .expect("it starts")
        * 10
}

#[test]
fn underruns_delay_the_start_and_clean_replies_undo_it() {
    let mut rig = Rig::new();
    let mut marks = Vec::new();
    for _ in 0..7 {
        marks.push(waits_for(&mut rig));
        rig.run(500);
    }
    // It is sent in real time, and the first part waits to find that out.
    assert_eq!(marks, [200, 100, 160, 220, 280, 300, 300]);
    assert_eq!(rig.playback.underruns(), 6);
    // The reply with the gap ends; all following ones have none.
    rig.playback.end(1);
    rig.run(20);
    for (generation, mark) in [(2, 300), (3, 280), (4, 260)] {
        assert_eq!(rig.playback.start_ms, mark);
        rig.play(400, generation);
        rig.playback.end(generation);
        rig.run(800);
    }
    for generation in 5..30 {
        rig.play(100, generation);
        rig.playback.end(generation);
        rig.run(200);
    }
    assert_eq!((rig.playback.start_ms, rig.playback.underruns()), (START_MS, 6));
}

#[test]
fn a_usual_part_starts_later_after_an_underrun() {
    let mut rig = Rig::new();
    rig.play(200, 1);
    assert!(rig.tick() > 0.0);
    rig.run(400);
    rig.play(200, 1);
    assert_eq!((0..20).find(|_| rig.tick() > 0.0), Some(START_INCREASE_MS as usize / 10));
    rig.run(400);
    rig.play(200, 1);
    rig.play(200, 1);
    assert!(rig.tick() > 0.0, "it is ahead");
}

#[test]
fn usual_parts_in_real_time_have_one_gap() {
    // The clocks differ, so that parts come at every moment of the fade.
    for ms_of_chunk in [199, 200] {
        let mut rig = Rig::new();
        let (mut sent, mut played) = (0, 0);
        while sent < 50 {
            if sent * 200 <= rig.now_ns / 1_000_000 {
                rig.play(ms_of_chunk, 1);
                (sent, played) = (sent + 1, played + ms_of_chunk);
            }
            rig.tick();
        }
        rig.playback.end(1);
        rig.run(600);
        let first = rig.out.iter().position(|sample| *sample != 0.0).expect("sound");
        let last = rig.out.iter().rposition(|sample| *sample != 0.0).expect("sound");
        let mut dips = 0;
        let mut was_quiet = false;
        for run in rig.out[first + 480..last - 480].chunks(48) {
            let is_quiet = run.iter().all(|sample| sample.abs() < 0.25);
            dips += usize::from(is_quiet && !was_quiet);
            was_quiet = is_quiet;
        }
        assert_eq!((dips, rig.playback.underruns()), (1, 1), "{ms_of_chunk} ms of sound every 200 ms");
        assert_eq!(rig.heard().ms, played as u64, "every sample");
    }
}

#[test]
fn an_underrun_fades_out_and_in_again() {
    let mut rig = Rig::new();
    rig.play(200, 1);
    rig.run(400);
    rig.play(200, 1);
    rig.run(400);
    // A tone of 500 Hz at half of full scale changes by at most 0.033 per sample.
    assert!(rig.out.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.04));
}

#[test]
fn a_starting_reply_fills_the_ring_in_one_write() {
    let shared = Arc::new(PlayoutState::default());
    let (ring, consumer) = RingBuffer::new(RATE as usize * RING_CAPACITY_MS as usize / 1_000);
    let mut playback = Player::new(ring, RATE, shared, PLAYBACK_CAPACITY_BYTES);
    playback.play(&pcm::encode(&tone(24 * 1_000)), 24_000, 1).expect("room");
    let callback = std::thread::spawn(move || {
        loop {
            let waiting = consumer.slots();
            if waiting > 0 {
                return waiting;
            }
            std::hint::spin_loop();
        }
    });
    playback.pump(0);
    let found = callback.join().expect("no panic");
    assert!(found as u64 >= playback.samples(RING_MS), "{found} samples");
}
