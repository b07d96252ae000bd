//! The canceller in a synthetic room, without clock or device, so that the results are the same on every machine. The
//! figures are printed (`--nocapture`); `cargo xtask bench audio` shows them.

use super::synthetic_room::{EchoPath, ratio_db};
use super::*;
use crate::capture::chain::Capture;
use crate::capture::meter::Meter;
use dsp::resample::Resampler;
use dsp::synthetic::{RATE, noise, speech};
use dsp::vad::SpeechDetector;
use rtrb::RingBuffer;

/// Input and output of a run, at the rate of the stage.
struct Run {
    echo: Vec<f32>,
    /// The near end alone, as the microphone would hear it.
    near: Vec<f32>,
    out: Vec<f32>,
    report: EchoReport,
}

impl Run {
    /// Returns the ratio of the echo to what is left of it, from second `from` to second `to`.
    fn erle_db(&self, from: f32, to: f32) -> f32 {
        ratio_db(span(&self.echo, from, to), span(&self.out, from, to))
    }
}

fn span(samples: &[f32], from: f32, to: f32) -> &[f32] {
    let at = |second: f32| ((second * FRAME_RATE as f32) as usize).min(samples.len());
    &samples[at(from)..at(to)]
}

/// Plays `far` and listens to its echo, `near` and a quiet room, as the audio thread does: through the far end's queue,
/// in bursts of 20 ms, by two clocks that differ by `ppm`.
fn run(stage: &mut dyn NearEndStage, far: &[f32], near: &[f32], ppm: f64, path: &EchoPath) -> Run {
    let echo = path.carry(far, ppm);
    let quiet = noise(5, -78.0, echo.len());
    let (mut tap_in, tap) = RingBuffer::new(RATE);
    let mut far_end = FarEnd::new(tap, FAR_RATE).expect("a rate");
    let near = [near, &vec![0.0; echo.len().saturating_sub(near.len())]].concat();
    let heard: Vec<f32> = (0..echo.len()).map(|n| echo[n] + quiet[n] + near[n]).collect();
    let (mut played, mut out) = (0, Vec::with_capacity(echo.len() / 3));
    for (n, heard) in at_frame_rate(&heard).chunks_exact(FRAME_SAMPLES).enumerate() {
        // The speaker runs ahead of the microphone by the buffers that the path's delay stands for.
        let due = ((n + 3) as f64 * (RATE / 100) as f64 * (1.0 + ppm * 1e-6)) as usize;
        while played + 960 <= due {
            let burst: Vec<f32> =
                (played..played + 960).map(|n| far.get(n).copied().unwrap_or(0.0)).collect();
            tap_in.push_entire_slice(&burst).expect("room");
            played += 960;
        }
        far_end.drain(|_| ());
        let mut frame = [0.0; FRAME_SAMPLES];
        frame.copy_from_slice(heard);
        stage.process(&far_end.next(), &mut frame, 40);
        out.extend_from_slice(&frame);
    }
    let counts = far_end.counts();
    // It may take one frame until the queue has found how deep it must be.
    assert!(counts.missing <= 1 && counts.dropped == 0, "{counts:?}");
    Run { echo: at_frame_rate(&echo), near: at_frame_rate(&near), out, report: stage.report() }
}

/// Resamples as `Capture` does.
fn at_frame_rate(samples: &[f32]) -> Vec<f32> {
    let mut out = Vec::new();
    Resampler::live(FAR_RATE, FRAME_RATE).expect("rates").push(samples, &mut out);
    out
}

/// Saves the input to compare other cancellers with, where `cargo xtask bench audio` asks for it: far end, microphone,
/// echo and voice as four channels.
fn keep(name: &str, far: &[f32], near: &[f32], ppm: f64) {
    let Some(folder) = std::env::var_os("VIVAVOCE_ECHO_WAVS") else { return };
    let echo = EchoPath::room(80, -10.0).carry(far, ppm);
    let quiet = noise(5, -78.0, echo.len());
    let spec = hound::WavSpec {
        channels: 4,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let path = std::path::Path::new(&folder).join(format!("{name}.wav"));
    let mut writer = hound::WavWriter::create(path, spec).expect("file");
    for (n, echo) in echo.iter().enumerate() {
        let near = near.get(n).copied().unwrap_or(0.0);
        for sample in [far.get(n).copied().unwrap_or(0.0), echo + quiet[n] + near, *echo, near] {
            writer.write_sample(dsp::pcm::to_i16(sample)).expect("sample");
        }
    }
    writer.finalize().expect("end");
}

fn cancel(name: &str, far: &[f32], near: &[f32], ppm: f64) -> Run {
    keep(name, far, near, ppm);
    run(&mut EchoCanceller::new(false), far, near, ppm, &EchoPath::room(80, -10.0))
}

#[test]
fn an_echo_is_cancelled_within_seconds() {
    let far = speech(1, 120.0, 20.0);
    let plain =
        run(&mut EchoCanceller::without_residual_suppression(), &far, &[], 0.0, &EchoPath::room(80, -10.0));
    let run = cancel("same clock", &far, &[], 0.0);
    let (soon, settled) = (run.erle_db(1.5, 3.0), run.erle_db(4.0, 20.0));
    println!("ERLE, same clock: {soon:.1} dB from 1.5 s, {settled:.1} dB from 4 s; {:?}", run.report);
    assert!(soon >= 25.0 && settled >= 40.0);
    let plain = plain.erle_db(4.0, 20.0);
    println!("ERLE, same clock: {plain:.1} dB from 4 s without residual suppression");
    assert!(settled > plain + 3.0);
    assert!(run.report.erle_db.is_some_and(|erle| erle > 25.0));
    assert!(run.report.echo_db.is_some_and(|echo| (-13.0..-6.0).contains(&echo)));
    assert!(!run.report.half_duplex);
}

#[test]
fn after_a_bypass_the_canceller_is_still_adapted() {
    let reply = speech(1, 120.0, 10.0);
    let pause = vec![0.0; 20 * RATE];
    let far = [&reply[..], &pause, &speech(4, 150.0, 10.0)].concat();
    // Somebody speaks in the pause: the canceller must not adapt to that voice.
    let near: Vec<f32> = speech(9, 200.0, 25.0)
        .iter()
        .enumerate()
        .map(|(n, s)| if n < 13 * RATE { 0.0 } else { s * 0.5 })
        .collect();
    let bypassed = cancel("after a pause", &far, &near, 0.0);
    let never = run(&mut EchoCanceller::without_bypass(), &far, &near, 0.0, &EchoPath::room(80, -10.0));
    let soon = |run: &Run| run.erle_db(30.2, 31.5);
    println!(
        "ERLE in the second after a pause: {:.1} dB with a bypass, {:.1} dB without",
        soon(&bypassed),
        soon(&never)
    );
    assert!(soon(&bypassed) >= soon(&never) - 2.0 && soon(&bypassed) >= 25.0);
    let loss = |run: &Run| ratio_db(span(&run.near, 14.0, 25.0), span(&run.out, 14.0, 25.0));
    println!("a voice in the pause loses {:.2} dB, {:.2} dB without a bypass", loss(&bypassed), loss(&never));
    assert!(loss(&bypassed).abs() < 0.5);
}

#[test]
fn a_successor_holds_the_echo_back_while_it_adapts() {
    let (far, path) = (speech(3, 200.0, 12.0), EchoPath::room(80, -10.0));
    let mut first = EchoCanceller::new(false);
    run(&mut first, &far, &[], 0.0, &path);
    let anew = run(&mut EchoCanceller::new(false), &far, &[], 0.0, &path);
    let resuming = run(&mut EchoCanceller::new(false).resuming(first.adapted_state()), &far, &[], 0.0, &path);
    let soon = |run: &Run| run.erle_db(0.2, 1.2);
    println!(
        "in the first second: {:.1} dB anew, {:.1} dB after another; {:.1} dB later",
        soon(&anew),
        soon(&resuming),
        resuming.erle_db(4.0, 12.0)
    );
    assert!(soon(&resuming) > soon(&anew) + 2.0 && resuming.erle_db(4.0, 12.0) > 40.0);
}

#[test]
fn a_headset_drops_the_echo_gain_of_the_speakers_before() {
    let (far, nowhere) = (speech(3, 200.0, 8.0), EchoPath { delay: 0, response: Vec::new() });
    let adapted = AdaptedState { echo_gain: Some(0.3), delay: Some(320) };
    let mut headset = EchoCanceller::new(false).resuming(adapted);
    assert_eq!(headset.adapted_state(), adapted);
    run(&mut headset, &far, &[], 0.0, &nowhere);
    assert_eq!(headset.adapted_state().echo_gain, None);
}

#[test]
fn the_bypass_is_inaudible() {
    let mut canceller = EchoCanceller::new(false);
    let tone = |n: usize| (std::f32::consts::TAU * 300.0 * n as f32 / FRAME_RATE as f32).sin() * 0.3;
    let mut out = Vec::new();
    for n in 0..600 {
        let mut frame: Frame = std::array::from_fn(|k| tone(n * FRAME_SAMPLES + k));
        // Inaudible, but not zero.
        let far_end = [if n == 0 || n == 400 { 1e-7 } else { 0.0 }; FRAME_SAMPLES];
        canceller.process(&far_end, &mut frame, 40);
        out.extend_from_slice(&frame);
    }
    // The deviation from a pure tone: of three samples in a row the middle one follows from its neighbours.
    let turn = 2.0 * (std::f32::consts::TAU * 300.0 / FRAME_RATE as f32).cos();
    let off = |range: std::ops::Range<usize>| {
        out[range].windows(3).map(|three| (three[0] + three[2] - turn * three[1]).abs()).fold(0.0, f32::max)
    };
    let (working, bypassed) = (off(16_000..31_000), off(31_000..90_000));
    println!(
        "a tone's worst sample is off by {working:.5} in the canceller, by {bypassed:.5} around a bypass"
    );
    assert!(bypassed < 0.001, "{bypassed}");
    // The tone is the same in every frame, so this compares the delay of canceller and bypass.
    let shift =
        out[24_000..24_160].iter().zip(&out[48_000..]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(shift < 0.01, "{shift}");
}

#[test]
fn an_echo_is_cancelled_with_noise_suppression_too() {
    let far = speech(1, 120.0, 12.0);
    let run = run(&mut EchoCanceller::new(true), &far, &[], 0.0, &EchoPath::room(80, -10.0));
    println!("ERLE, noise suppressed: {:.1} dB from 4 s", run.erle_db(4.0, 12.0));
    assert!(run.erle_db(4.0, 12.0) >= 40.0);
}

#[test]
fn drifting_clocks_cost_little() {
    for (ppm, least) in [(100.0, 30.0), (-100.0, 30.0)] {
        let far = speech(2, 180.0, 40.0);
        let run = cancel(&format!("{ppm:+} ppm"), &far, &[], ppm);
        let worst = (2..19).map(|n| run.erle_db(n as f32 * 2.0, n as f32 * 2.0 + 2.0)).fold(99.0, f32::min);
        let settled = run.erle_db(4.0, 38.0);
        println!("ERLE, {ppm:+} ppm: {settled:.1} dB from 4 s, the worst two seconds {worst:.1} dB");
        assert!(settled >= least, "{ppm} ppm: {settled}");
    }
}

#[test]
fn a_voice_over_a_reply_comes_through() {
    let (far, near) = (speech(1, 120.0, 24.0), speech(9, 200.0, 24.0));
    // The voice begins when the canceller has settled, at the level at which the echo arrives.
    let near: Vec<f32> =
        near.iter().enumerate().map(|(n, s)| if n < 8 * RATE { 0.0 } else { s * 0.5 }).collect();
    let run = cancel("double talk", &far, &near, 0.0);
    let loss = ratio_db(span(&run.near, 9.0, 24.0), span(&run.out, 9.0, 24.0));
    let echo = ratio_db(span(&run.near, 9.0, 24.0), span(&run.echo, 9.0, 24.0));
    println!(
        "double talk, voice {echo:+.1} dB over the echo: the voice loses {loss:.1} dB; {:?}",
        run.report
    );
    assert!(loss <= 4.0);
    assert!(!run.report.half_duplex);
}

#[test]
fn a_voice_below_the_echo_is_not_suppressed_as_residue() {
    let (far, near) = (speech(1, 120.0, 24.0), speech(9, 200.0, 24.0));
    // 15 dB below the echo.
    let near: Vec<f32> =
        near.iter().enumerate().map(|(n, s)| if n < 8 * RATE { 0.0 } else { s * 0.09 }).collect();
    let path = EchoPath::room(80, -10.0);
    let loss = |mut stage: EchoCanceller| {
        let run = run(&mut stage, &far, &near, 0.0, &path);
        ratio_db(span(&run.near, 9.0, 24.0), span(&run.out, 9.0, 24.0))
    };
    let (with, without) =
        (loss(EchoCanceller::new(false)), loss(EchoCanceller::without_residual_suppression()));
    println!("a voice 15 dB below the echo loses {with:.1} dB, {without:.1} dB without residual suppression");
    assert!(with <= without + 0.5);
}

#[test]
fn without_an_echo_a_voice_is_unchanged() {
    let (far, near) = (speech(1, 120.0, 20.0), speech(9, 200.0, 20.0));
    let nowhere = EchoPath { delay: 0, response: Vec::new() };
    let run = run(&mut EchoCanceller::new(false), &far, &near, 0.0, &nowhere);
    let loss = ratio_db(span(&run.near, 8.0, 20.0), span(&run.out, 8.0, 20.0));
    println!("headset, both talk: the voice loses {loss:.1} dB; {:?}", run.report);
    assert!(loss <= 4.0);
    assert!(!run.report.half_duplex);
}

#[test]
fn an_uncancellable_echo_closes_the_microphone() {
    let mut far = speech(1, 120.0, 20.0);
    // Without pauses, so that it is clear when the microphone must be closed.
    far.retain(|sample| *sample != 0.0);
    far.truncate(16 * RATE);
    far.resize(20 * RATE, 0.0);
    let run = run_uncancellable(&far);
    println!("an echo beyond cancelling: {:?}", run.report);
    assert!(run.report.half_duplex);
    assert!(span(&run.out, 12.0, 15.5).iter().all(|sample| sample.abs() < 1e-6), "closed");
    assert!(span(&run.out, 17.0, 20.0).iter().any(|sample| sample.abs() > 1e-6), "open after the reply");
}

/// Runs with a speaker that distorts so much that only the loudness of its sound is the far end's.
fn run_uncancellable(far: &[f32]) -> Run {
    let hiss = noise(3, -3.0, far.len());
    let path = EchoPath { delay: 0, response: Vec::new() };
    let mut smooth = 0.0;
    let near: Vec<f32> = far
        .iter()
        .zip(&hiss)
        .map(|(voice, hiss)| {
            smooth += (voice.abs() - smooth) * 0.002;
            smooth * hiss
        })
        .collect();
    let late: Vec<f32> = std::iter::repeat_n(0.0, RATE * 80 / 1_000).chain(near).collect();
    run(&mut EchoCanceller::new(false), far, &late, 0.0, &path)
}

#[test]
fn samples_that_are_not_numbers_do_no_harm() {
    let mut canceller = EchoCanceller::new(false);
    let far = [0.1; FRAME_SAMPLES];
    let mut near = [f32::NAN; FRAME_SAMPLES];
    near[7] = f32::INFINITY;
    canceller.process(&far, &mut near, u32::MAX);
    for _ in 0..50 {
        let mut near = [0.1; FRAME_SAMPLES];
        canceller.process(&far, &mut near, 0);
        assert!(near.iter().all(|sample| sample.is_finite()));
    }
}

#[test]
fn a_reply_alone_is_not_detected_as_speech() {
    for (seed, pitch, ppm) in [(1, 120.0, 0.0), (2, 180.0, 0.0), (3, 230.0, 60.0)] {
        let far = speech(seed, pitch, 24.0);
        let run = cancel("a reply alone", &far, &[], ppm);
        let mut detector = SpeechDetector::new();
        let spoken_ms: Vec<usize> = (0..run.out.len() / FRAME_SAMPLES)
            .filter(|n| {
                detector.push(&run.out[n * FRAME_SAMPLES..(n + 1) * FRAME_SAMPLES], 0.0, false);
                detector.is_speaking()
            })
            .map(|n| n * 10)
            .collect();
        println!(
            "a reply of 24 s, {ppm:+} ppm: taken for a voice for {} ms, {:?}",
            spoken_ms.len() * 10,
            spoken_ms.last()
        );
        assert!(spoken_ms.iter().all(|ms| *ms < 1_500), "{spoken_ms:?}");
    }
}

#[test]
fn the_speaker_check_signal_is_enough_to_adapt() {
    use crate::speaker_check::signal;
    let at_24: Vec<f32> = dsp::pcm::samples(&signal::signal()).map(dsp::pcm::to_f32).collect();
    let mut far = Vec::new();
    let mut resampler = Resampler::new(signal::RATE, FAR_RATE).expect("rates");
    resampler.push(&at_24, &mut far);
    resampler.finish(&mut far);
    for (path, delay_ms) in [(EchoPath::room(80, -10.0), 80), (EchoPath::room(180, -14.0), 180)] {
        let heard = run(&mut EchoCanceller::new(false), &far, &[], 0.0, &path);
        println!("speaker check: {:.1} dB, {:?}", heard.erle_db(3.0, 5.0), heard.report);
        assert!(heard.erle_db(3.0, 5.0) > 30.0);
        assert!(heard.report.erle_db.is_some_and(|db| db > 30.0), "{:?}", heard.report);
        assert!(heard.report.delay_ms.is_some_and(|ms| ms.abs_diff(delay_ms) <= 10), "{:?}", heard.report);
    }
}

/// Counts the utterances that are detected in the microphone's chunks while there is only a reply, whose echo jumps
/// back and forth by `jump_ms` every ten seconds.
fn voices_in_a_jumping_echo(far: &[f32], jump_ms: i32) -> usize {
    let mut echo = EchoPath::room(80, -10.0).carry(far, 0.0);
    let samples = jump_ms.unsigned_abs() as usize * RATE / 1_000;
    for (n, at) in (10 * RATE..echo.len()).step_by(10 * RATE).enumerate() {
        if (n % 2 == 0) == (jump_ms > 0) {
            echo.splice(at..at, std::iter::repeat_n(0.0, samples));
        } else {
            echo.drain(at..at + samples);
        }
    }
    let heard: Vec<f32> =
        echo.iter().zip(noise(5, -78.0, echo.len())).map(|(echo, quiet)| echo + quiet).collect();
    let (mut tap_in, tap) = RingBuffer::new(RATE);
    // The speaker runs ahead of the microphone.
    tap_in.push_entire_slice(&[0.0; 960]).expect("room");
    let mut far_end = FarEnd::new(tap, FAR_RATE).expect("a rate");
    let mut capture = Capture::new((FAR_RATE, 1), Box::new(EchoCanceller::new(false))).expect("rates");
    let (mut speaker, mut microphone) = (Meter::default(), Meter::default());
    let (mut voices, mut before) = (0, false);
    for (played, heard) in far.chunks_exact(480).zip(heard.chunks_exact(480)) {
        tap_in.push_entire_slice(played).expect("room");
        far_end.drain(|samples| speaker.feed(samples));
        capture.push(heard, (&mut far_end, 40), &mut microphone, false, |chunk| {
            voices += usize::from(chunk.voice && !before);
            before = chunk.voice;
        });
    }
    let jumps = capture.echo().path_changes;
    println!(
        "a reply of {} s whose echo jumps by {jump_ms:+} ms: {jumps} jumps found, {voices} voices",
        far.len() / RATE
    );
    assert!(jump_ms == 0 || jumps >= 4, "{jumps}");
    voices
}

#[test]
fn a_jumping_echo_is_not_detected_as_speech() {
    // Without `PathChange` two jumps of three are detected as speech.
    let mut voices = 0;
    for (seed, jump_ms) in [(1, 10), (3, -20), (4, 0)] {
        voices += voices_in_a_jumping_echo(&speech(seed, 110.0 + 30.0 * seed as f32, 52.0), jump_ms);
    }
    assert!(voices <= 1, "{voices}");
}
