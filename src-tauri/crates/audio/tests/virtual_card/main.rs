//! The engine on a virtual sound card: real streams and callbacks, but no sound in the room.
#![cfg(target_os = "linux")]

mod devices;
mod list;
mod rig;
mod speaker_check;

use audio::{AudioEvent, Engine, EngineConfig, Fault, Loss, MicReceiver, Microphone, Side, SpeakerChoice};
use rig::{
    PATIENCE, RATE, longest_gap, on_a_card, periods, sounding, tone, until, without_inserted_silence,
    without_sound,
};
use std::time::{Duration, Instant};

fn speaker_only() -> EngineConfig {
    EngineConfig { microphone: Microphone::None, ..EngineConfig::default() }
}

fn reply(hz: f32, ms: usize) -> Vec<u8> {
    tone(24_000, hz, ms).iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("runtime");
    runtime.block_on(async { tokio::time::timeout(PATIENCE, future).await.expect("in time") })
}

fn next_samples(chunks: &mut MicReceiver) -> Vec<i16> {
    let chunk = block_on(chunks.recv()).expect("a chunk");
    assert_eq!(chunk.pcm.len(), 640);
    chunk.pcm.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

#[test]
fn devices_have_their_names_and_monitors_are_hidden() {
    on_a_card("devices_have_their_names_and_monitors_are_hidden", |_| {
        let devices = audio::devices().expect("list");
        let names =
            |list: &[audio::DeviceInfo]| list.iter().map(|device| device.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&devices.microphones), ["SpareMic", "AppMic"]);
        assert_eq!(names(&devices.speakers), ["SpareSpeaker", "AppSpeaker", "VirtualMicFeed"]);
        let default: Vec<_> = devices.microphones.iter().filter(|device| device.is_default).collect();
        assert_eq!(
            default.iter().map(|device| device.id.as_str()).collect::<Vec<_>>(),
            ["pulseaudio:app_mic"]
        );
    });
}

#[test]
fn a_tone_arrives_completely_as_chunks() {
    on_a_card("a_tone_arrives_completely_as_chunks", |card| {
        let begun = Instant::now();
        let config = EngineConfig {
            microphone: Microphone::Named("app_mic".into()),
            speaker: SpeakerChoice::None,
            ..EngineConfig::default()
        };
        let (engine, mut chunks, _events) = Engine::start(config).expect("start");
        let running = begun.elapsed();
        next_samples(&mut chunks);
        println!("started after {running:?}, first chunk after {:?}", begun.elapsed());
        assert_eq!(engine.microphone_name(), Some("AppMic"));

        let _speech = card.speak(&tone(RATE, 600.0, 2_000));
        let mut heard = Vec::new();
        until("the tone and a silence after it", || {
            heard.extend(next_samples(&mut chunks));
            sounding(&heard).is_some_and(|sound| heard.len() > sound.end() + 16_000 / 2)
        });
        // On a busy machine the player of the tone may be late, which makes a gap and may split a period in two. A lost
        // sample would be our fault.
        println!("{} periods, {:?}", periods(&heard), engine.counters());
        assert!(
            (1_197..=1_220).contains(&periods(&heard)),
            "{} periods of 600 Hz in two seconds",
            periods(&heard)
        );
        assert!(engine.levels().microphone.peak > -8.0);
        assert_eq!(engine.counters().overrun_frames, 0);
    });
}

#[test]
fn a_burst_is_played_completely() {
    on_a_card("a_burst_is_played_completely", |card| {
        let recording = card.listen();
        let (engine, _chunks, _events) = Engine::start(speaker_only()).expect("start");
        assert_eq!(engine.speaker_name(), Some("AppSpeaker"));
        let from = recording.len();
        let begun = Instant::now();
        for burst in reply(500.0, 4_000).chunks(30_001) {
            engine.play(burst, 24_000, 1).expect("room");
        }
        engine.end_of_reply(1);
        until("the first of it", || sounding(&recording.since(from)).is_some());
        println!("play to recording: {:?}", begun.elapsed());
        until("the end of the reply", || !engine.is_playing());
        println!("played after {:?}, {:?}", begun.elapsed(), engine.counters());
        let heard = recording.until_silent(from, 400);
        // On a busy machine the sound server, which has no priority here, inserts silence, and may even stall for
        // longer than the ring lasts (the tests of `player` have a manual clock). But no sample may be lost.
        let (sound, inserted) = without_inserted_silence(&heard[sounding(&heard).expect("the tone")]);
        println!("silence inserted: {inserted} samples");
        assert!(engine.counters().underruns < 4, "a burst is not an underrun");
        assert!(
            periods(&sound).abs_diff(2_000) <= 2,
            "{} periods of 500 Hz in four seconds",
            periods(&sound)
        );
        assert!(sound.len().abs_diff(4 * RATE) < RATE / 100, "{} samples of four seconds", sound.len());
        assert!(longest_gap(&sound) < 60, "a gap in the tone");
        assert_eq!(engine.heard().ms, 4_000);
    });
}

#[test]
fn a_flush_ends_a_reply_and_the_next_one_plays() {
    on_a_card("a_flush_ends_a_reply_and_the_next_one_plays", |card| {
        let recording = card.listen();
        let (engine, _chunks, _events) = Engine::start(speaker_only()).expect("start");
        for generation in 0..5 {
            let from = recording.len();
            engine.play(&reply(500.0, 30_000), 24_000, generation).expect("room");
            until("half a second of it", || {
                sounding(&recording.since(from)).is_some_and(|sound| sound.end() - sound.start() > RATE / 2)
            });
            let flushed_at = recording.len() - from;
            let heard = engine.flush();
            assert!(!engine.is_playing());
            let samples = recording.until_silent(from, 300);
            let sound = sounding(&samples).expect("the tone");
            let after_ms = sound.end().saturating_sub(flushed_at) * 1_000 / RATE;
            let length_ms = (sound.end() - sound.start()) * 1_000 / RATE;
            println!("flush: silent {after_ms} ms later; heard {} ms of {length_ms} recorded", heard.ms);
            assert_eq!(heard.generation, Some(generation));
            assert!(sound.end() - sound.start() < 10 * RATE, "the flush did not end it");
        }
        assert!(engine.counters().underruns < 4, "a flush is not an underrun");
    });
}

#[test]
fn devices_are_released_when_the_engine_is_dropped() {
    on_a_card("devices_are_released_when_the_engine_is_dropped", |card| {
        let (playing, recording) = card.streams();
        let (engine, mut chunks, _events) = Engine::start(EngineConfig::default()).expect("start");
        assert_eq!(card.streams(), (playing + 1, recording + 1));
        engine.play(&reply(500.0, 5_000), 24_000, 1).expect("room");
        let begun = Instant::now();
        drop(engine);
        println!("dropped in {:?}", begun.elapsed());
        until("no stream of ours", || card.streams() == (playing, recording));
        block_on(async { while chunks.recv().await.is_some() {} });
    });
}

#[test]
fn a_dead_sound_server_is_reported_once_per_device() {
    let name = "a_dead_sound_server_is_reported_once_per_device";
    on_a_card(name, |card| {
        let (engine, _chunks, mut receiver) = Engine::start(EngineConfig::default()).expect("start");
        engine.play(&reply(500.0, 2_000), 24_000, 1).expect("room");
        engine.end_of_reply(1);
        until("half a second is heard", || engine.heard().ms > 500);
        card.crash();
        let mut events: Vec<AudioEvent> =
            (0..2).map(|_| block_on(receiver.recv()).expect("an event")).collect();
        println!("{events:?}");
        events.sort_by_key(|event| matches!(event, AudioEvent::SpeakerLost { .. }));
        assert!(matches!(&events[0], AudioEvent::MicrophoneLost { name, .. } if name == "AppMic"));
        assert!(
            matches!(&events[1], AudioEvent::SpeakerLost { name, loss: Loss::Gone | Loss::Stalled } if name == "AppSpeaker")
        );
        until("the reply's own time is over", || !engine.is_playing());
        assert!(engine.heard().ms > 1_000);
        assert_eq!(receiver.try_recv(), None);
    });
}

#[test]
fn an_unknown_device_is_missing() {
    on_a_card("an_unknown_device_is_missing", |_| {
        let config =
            EngineConfig { microphone: Microphone::Named("trombone".into()), ..EngineConfig::default() };
        let error = Engine::start(config).err().expect("an error");
        assert_eq!((error.side(), error.fault()), (Some(Side::Microphone), Fault::Missing));
        assert_eq!(error.to_string(), "microphone \"trombone\": not found");
    });
}

#[test]
fn a_machine_without_sound_has_empty_lists_and_typed_errors() {
    without_sound("a_machine_without_sound_has_empty_lists_and_typed_errors", || {
        assert_eq!(audio::devices().expect("lists"), audio::Devices::default());
        let begun = Instant::now();
        let error = Engine::start(EngineConfig::default()).err().expect("an error");
        assert_eq!((error.side(), error.fault()), (Some(Side::Speaker), Fault::Missing));
        assert!(begun.elapsed() < Duration::from_secs(20), "it must not hang");
    });
}
