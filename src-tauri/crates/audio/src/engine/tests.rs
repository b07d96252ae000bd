//! The whole engine without devices: a file as the microphone, a virtual speaker.

use super::*;
use crate::error::Fault;
use dsp::pcm;
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use std::path::Path;
use std::time::Instant;

/// Longer than anything here takes on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn tone(rate: u32, hz: f32, ms: u32) -> Vec<i16> {
    let sample = |n: u32| (std::f32::consts::TAU * hz * n as f32 / rate as f32).sin() * 0.5;
    (0..rate * ms / 1_000).map(|n| pcm::to_i16(sample(n))).collect()
}

fn bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn wav(path: &Path, samples: &[i16], rate: u32) {
    let spec =
        WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::create(path, spec).expect("file");
    for sample in samples {
        writer.write_sample(*sample).expect("sample");
    }
    writer.finalize().expect("end");
}

fn headless() -> EngineConfig {
    EngineConfig { microphone: Microphone::None, speaker: SpeakerChoice::None, ..EngineConfig::default() }
}

fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

async fn chunk(receiver: &mut MicReceiver) -> Vec<i16> {
    let chunk = tokio::time::timeout(PATIENCE, receiver.recv()).await.expect("in time").expect("a chunk");
    pcm::samples(&chunk.pcm).collect()
}

#[tokio::test]
async fn a_file_replaces_the_microphone_and_ends_in_silence() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("voice.wav");
    wav(&path, &tone(44_100, 500.0, 200), 44_100);
    let config = EngineConfig { microphone: Microphone::File(path), ..headless() };
    let (engine, mut receiver, _events) = Engine::start(config).expect("start");
    let mut heard = Vec::new();
    for _ in 0..15 {
        heard.extend(chunk(&mut receiver).await);
    }
    // A period is a swing from well below to well above zero, so that a rounded zero does not count.
    let swings: Vec<bool> =
        heard.iter().filter(|sample| sample.abs() > 1_000).map(|sample| *sample > 0).collect();
    let crossings = swings.windows(2).filter(|pair| !pair[0] && pair[1]).count();
    assert!(crossings.abs_diff(100) <= 2, "{crossings} periods of 500 Hz in 200 ms");
    assert!(heard[16_000 / 1_000 * 230..].iter().all(|sample| sample.abs() < 8), "then silence");
    assert!(engine.levels().microphone.peak > -7.0);
    assert_eq!(engine.microphone_name(), Some("voice.wav"));
    drop(engine);
    while receiver.recv().await.is_some() {}
}

#[tokio::test]
async fn mute_stops_the_chunks_and_the_meter() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("voice.wav");
    wav(&path, &tone(16_000, 500.0, 20_000), 16_000);
    let config = EngineConfig { microphone: Microphone::File(path), ..headless() };
    let (engine, mut receiver, _events) = Engine::start(config).expect("start");
    chunk(&mut receiver).await;
    engine.set_muted(true);
    // The incomplete chunk and those in the queue may still come.
    until("the queue runs dry", || {
        engine.levels();
        while receiver.try_recv().is_some() {}
        engine.levels().microphone == crate::Level::SILENCE && receiver.try_recv().is_none()
    });
    let before = engine.counters().chunks;
    let end = Instant::now() + Duration::from_millis(200);
    until("time passes", || Instant::now() > end);
    assert_eq!(engine.counters().chunks, before);
    assert_eq!(engine.levels().microphone, crate::Level::SILENCE);
    engine.set_muted(false);
    chunk(&mut receiver).await;
}

#[test]
fn without_a_speaker_a_reply_takes_real_time() {
    let (engine, _receiver, _events) = Engine::start(headless()).expect("start");
    assert_eq!((engine.microphone_name(), engine.speaker_name()), (None, None));
    let begun = Instant::now();
    engine.play(&bytes(&tone(24_000, 500.0, 400)), 24_000, 3).expect("room");
    engine.end_of_reply(3);
    assert!(engine.is_playing());
    until("the end of the reply", || !engine.is_playing());
    assert!(begun.elapsed() >= Duration::from_millis(380), "not faster than real time");
    assert_eq!(engine.heard(), Heard { generation: Some(3), ms: 400 });
    assert!(engine.levels().speaker.peak > -7.0);
}

#[test]
fn a_flush_ends_a_reply_and_returns_how_much_was_heard() {
    let (engine, _receiver, _events) = Engine::start(headless()).expect("start");
    engine.play(&bytes(&tone(24_000, 500.0, 60_000)), 24_000, 1).expect("a minute");
    until("100 ms are heard", || engine.heard().ms >= 100);
    let heard = engine.flush();
    assert!(heard.generation == Some(1) && heard.ms >= 100, "{heard:?}");
    assert!(!engine.is_playing());
    until("silence", || engine.levels().speaker == crate::Level::SILENCE);
}

#[test]
fn replies_are_saved_completely_when_the_engine_is_dropped() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("response.wav");
    let (engine, _receiver, _events) =
        Engine::start(EngineConfig { save: Some(path.clone()), ..headless() }).expect("start");
    let reply = tone(24_000, 500.0, 5_000);
    for burst in bytes(&reply).chunks(9_601) {
        engine.play(burst, 24_000, 1).expect("room");
    }
    engine.end_of_reply(1);
    drop(engine);
    let saved: Vec<i16> =
        WavReader::open(&path).expect("wav").into_samples().map(|s| s.expect("sample")).collect();
    assert_eq!(saved, reply);
}

#[test]
fn ten_minutes_fit_and_more_is_refused() {
    let (engine, _receiver, _events) = Engine::start(headless()).expect("start");
    let minute = vec![0; 60 * 48_000];
    for _ in 0..10 {
        engine.play(&minute, 24_000, 1).expect("room");
    }
    assert!(engine.play(&minute, 24_000, 1).is_err());
    engine.flush();
    engine.play(&minute, 24_000, 2).expect("room again");
}

#[test]
fn a_missing_file_is_a_missing_microphone() {
    let config = EngineConfig { microphone: Microphone::File("/nowhere/voice.wav".into()), ..headless() };
    let error = Engine::start(config).err().expect("an error");
    assert_eq!((error.side(), error.fault()), (Some(crate::Side::Microphone), Fault::Missing));
}
