//! Two drifting clocks with their bursts, without devices.

use super::*;
use proptest::prelude::*;
use rtrb::{Producer, RingBuffer};

fn far_end() -> (Producer<f32>, FarEnd) {
    let (tap_in, tap) = RingBuffer::new(48_000);
    (tap_in, FarEnd::new(tap, FAR_RATE).expect("a rate"))
}

fn ramp(from: usize, count: usize) -> Vec<f32> {
    (from..from + count).map(|n| n as f32).collect()
}

/// Plays for `seconds` on a speaker whose clock is `ppm` fast, in bursts of 20 ms, and reads a frame every 10 ms.
fn drift(ppm: f64, seconds: usize) -> (Vec<FarFrame>, FarEnd) {
    let (mut tap_in, mut far_end) = far_end();
    let (mut played, mut frames) = (0, Vec::new());
    for tick in 0..seconds * 100 {
        let due = ((tick + 3) as f64 * 480.0 * (1.0 + ppm * 1e-6)) as usize;
        while played + 960 <= due {
            tap_in.push_entire_slice(&sine(played, 960)).expect("room");
            played += 960;
        }
        far_end.drain(|_| ());
        frames.push(far_end.oldest());
    }
    (frames, far_end)
}

fn sine(from: usize, count: usize) -> Vec<f32> {
    (from..from + count).map(|n| (std::f64::consts::TAU * 500.0 * n as f64 / 48_000.0).sin() as f32).collect()
}

#[test]
fn the_far_end_is_what_was_tapped() {
    let (mut tap_in, mut far_end) = far_end();
    let mut metered = Vec::new();
    tap_in.push_entire_slice(&ramp(0, 700)).expect("room");
    far_end.drain(|samples| metered.extend_from_slice(samples));
    assert_eq!(far_end.oldest(), [0.0; FAR_SAMPLES], "not before two frames wait");
    tap_in.push_entire_slice(&ramp(700, 800)).expect("room");
    far_end.drain(|samples| metered.extend_from_slice(samples));
    assert_eq!(far_end.oldest()[..], ramp(0, 480)[..]);
    assert_eq!(far_end.oldest()[..], ramp(480, 480)[..]);
    assert_eq!(far_end.waiting_ms(), 11);
    assert_eq!(metered, ramp(0, 1_500));
    assert_eq!(far_end.counts(), ReferenceCounts::default());
}

#[test]
fn a_frame_has_the_same_filter_delay_as_the_microphone() {
    let (mut tap_in, mut far_end) = far_end();
    tap_in.push_entire_slice(&sine(0, 9_600)).expect("room");
    far_end.drain(|_| ());
    let frames: Vec<f32> = (0..20).flat_map(|_| far_end.next()).collect();
    let mut out = Vec::new();
    Resampler::live(48_000, FRAME_RATE).expect("rates").push(&sine(0, 9_600), &mut out);
    assert_eq!(frames, out);
    assert!(frames[400..].iter().any(|sample| *sample > 0.9), "not silence");
}

#[test]
fn a_dry_queue_gives_silence_and_loses_nothing() {
    let (mut tap_in, mut far_end) = far_end();
    tap_in.push_entire_slice(&ramp(1, 1_000)).expect("room");
    far_end.drain(|_| ());
    assert_eq!(far_end.oldest()[0], 1.0);
    assert_eq!(far_end.oldest()[0], 481.0);
    assert_eq!(far_end.oldest(), [0.0; FAR_SAMPLES]);
    tap_in.push_entire_slice(&ramp(1_001, 1_000)).expect("room");
    far_end.drain(|_| ());
    assert_eq!(far_end.oldest()[0], 961.0);
    assert_eq!(far_end.counts().missing, 1);
}

#[test]
fn an_inaudible_speaker_is_metered_and_makes_no_echo() {
    let (mut tap_in, far_end) = far_end();
    let (mut far_end, mut metered) = (far_end.inaudible(), Vec::new());
    tap_in.push_entire_slice(&vec![0.5; 4_800]).expect("room");
    far_end.drain(|samples| metered.extend_from_slice(samples));
    assert_eq!(far_end.next(), [0.0; FRAME_SAMPLES]);
    assert_eq!(metered.len(), 4_800);
}

#[test]
fn a_stalled_microphone_does_not_pile_up_the_far_end() {
    let (mut tap_in, mut far_end) = far_end();
    for _ in 0..10 {
        tap_in.push_entire_slice(&vec![0.1; 24_000]).expect("room");
        far_end.drain(|_| ());
        far_end.oldest();
        assert!(far_end.queue.len() <= CAPACITY);
    }
    assert!(far_end.counts().dropped > 0);
}

#[test]
fn drifting_clocks_are_followed_without_a_click() {
    for (ppm, shifts) in [(100.0, 2..=4), (-100.0, 2..=4), (30.0, 0..=1), (0.0, 0..=0)] {
        let (frames, far_end) = drift(ppm, 360);
        let counts = far_end.counts();
        println!("{ppm:+} ppm, 6 minutes: {counts:?}, {} ms wait", far_end.waiting_ms());
        assert!(shifts.contains(&counts.shifts), "{ppm} ppm: {counts:?}");
        assert_eq!((counts.missing, counts.dropped), (0, 0), "{ppm} ppm");
        assert!(far_end.waiting_ms() < 60, "{ppm} ppm");
        let samples: Vec<f32> = frames.iter().flatten().copied().collect();
        // The tone's steepest slope, plus a little for reading faster.
        let steepest = std::f32::consts::TAU * 500.0 / 48_000.0 * 1.1;
        let step = samples[48_000..].windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        assert!(step < steepest, "{ppm} ppm: a step of {step}");
    }
}

#[test]
fn clocks_too_far_apart_are_followed_in_steps() {
    for ppm in [2_000.0, -2_000.0] {
        let (_, far_end) = drift(ppm, 120);
        let counts = far_end.counts();
        println!("{ppm:+} ppm, 2 minutes: {counts:?}, {} ms wait", far_end.waiting_ms());
        assert!(counts.missing + counts.dropped >= 12, "{ppm} ppm: {counts:?}");
        assert!(far_end.waiting_ms() < 130, "{ppm} ppm");
    }
}

#[test]
fn a_shift_is_ten_ms_and_stays_continuous() {
    for (pace, expected) in [(Pace::Faster, 8_001), (Pace::Slower, 7_999)] {
        let mut shift = Shift::new(pace);
        let (mut queue, mut fed, mut used, mut before) = (VecDeque::new(), 0, 0, 0.0);
        let mut last = 0.0_f32;
        while !shift.is_over() {
            queue.extend(sine(fed, 490));
            fed += 490;
            let mut frame = [0.0; FAR_SAMPLES];
            let taken = shift.read(&queue, before, &mut frame);
            before = queue[taken - 1];
            queue.drain(..taken);
            used += taken;
            assert!((frame[0] - last).abs() < 0.07);
            last = frame[FAR_SAMPLES - 1];
        }
        assert_eq!(used, expected * FAR_SAMPLES);
    }
}

proptest! {
    #[test]
    fn interpolation_reproduces_a_cubic(part in 0.0_f32..1.0, k in -1.0_f32..1.0) {
        let f = |x: f32| 0.3 + k * x - 0.5 * x * x + 0.25 * k * x * x * x;
        let value = interpolate([f(-1.0), f(0.0), f(1.0), f(2.0)], part);
        prop_assert!((value - f(part)).abs() < 1e-5);
    }
}
