//! Microphones, cameras and their absence.

use std::f32::consts::TAU;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audio::Microphone;
use conversation::{CameraState, Command, Event, Phase, Trouble, TroubleKind};
use live_proto::catalogue::Catalogue;
use serde_json::{Value, json};
use speech::formant::{Character, FormantSpeech, OUTPUT_RATE};
use testkit::{Peer, PeerDialer};
use tools::Registry;
use video::CameraChoice;

use crate::fixture::{Fixture, config, content, dialling_over, listening, said, set_up, sound, within};

/// A file with half a minute of speech.
fn voice(folder: &Path) -> PathBuf {
    let path = folder.join("voice.wav");
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 1, sample_rate: OUTPUT_RATE, bits_per_sample: 16, sample_format };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    let text = "Good morning, what is the weather like in the north of Norway today? ".repeat(12);
    for word in FormantSpeech::new(&text, Character::named("Puck")) {
        for sample in word.pcm {
            writer.write_sample(sample).unwrap();
        }
    }
    writer.finalize().unwrap();
    path
}

/// A file with a minute of a tone.
fn tone(folder: &Path) -> PathBuf {
    let path = folder.join("tone.wav");
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 1, sample_rate: 16_000, bits_per_sample: 16, sample_format };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    for n in 0..60 * 16_000 {
        let sample = (n as f32 * TAU * 440.0 / 16_000.0).sin() * 8000.0;
        writer.write_sample(sample as i16).unwrap();
    }
    writer.finalize().unwrap();
    path
}

/// A picture of 64 × 48.
fn picture(folder: &Path) -> PathBuf {
    let path = folder.join("face.png");
    image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8 * 4, y as u8 * 5, 90])).save(&path).unwrap();
    path
}

fn is_audio(frame: &Value) -> bool {
    frame["realtimeInput"]["audio"].is_object()
}

fn is_stream_end(frame: &Value) -> bool {
    frame["realtimeInput"]["audioStreamEnd"] == true
}

/// Types a question and receives the answer.
async fn talk(fixture: &mut Fixture, peer: &mut Peer) {
    fixture.passed_over(peer, "Hello?").await;
    peer.send(content(json!({"modelTurn": {"parts": [sound(100)]}}))).await;
    peer.send(said("Hello!")).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    fixture.events.phase(Phase::Speaking).await;
    fixture.events.phase(Phase::Listening).await;
}

async fn camera(fixture: &mut Fixture, what: &str, wanted: impl Fn(&CameraState) -> bool) -> CameraState {
    fixture
        .events
        .find(what, |event| match event {
            Event::Camera(shown) if wanted(shown) => Some(shown.clone()),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn muting_sends_one_stream_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.microphone = Microphone::File(tone(folder.path()));
    // A connection with a small buffer: while the server does not read, audio waits in the microphone's queue.
    let (dialer, callers) = PeerDialer::new();
    let (mut fixture, mut callers) =
        dialling_over((dialer.with_pipe(4096), callers), config, Registry::builtin());
    let mut peer = callers.accept().await;
    peer.set_up().await;
    let audio = peer.find(|frame| is_audio(frame).then(|| frame["realtimeInput"]["audio"].clone())).await;
    assert_eq!(audio["mimeType"], "audio/pcm;rate=16000");
    fixture.events.phase(Phase::Listening).await;

    fixture.events.beats(10).await;
    fixture.send(Command::Mute(true)).await;
    fixture.send(Command::Mute(true)).await;
    let is_muted = |event: &Event| matches!(event, Event::Muted(true)).then_some(());
    fixture.events.find("muted", is_muted).await;
    fixture.events.phase(Phase::Muted).await;
    let mut frames = Vec::new();
    while !frames.last().is_some_and(is_stream_end) {
        frames.push(peer.next().await);
    }
    assert!(frames.iter().rev().skip(1).all(is_audio), "what was said before the mute is kept");
    fixture.events.beats(5).await;
    let passed = fixture.passed_over(&mut peer, "I am still here.").await;
    assert!(passed.is_empty(), "after the end of the stream: {} frames, {}", passed.len(), passed[0]);

    fixture.send(Command::Mute(false)).await;
    let is_loud = |event: &Event| matches!(event, Event::Muted(false)).then_some(());
    fixture.events.find("no longer muted", is_loud).await;
    assert!(is_audio(&peer.next().await), "the microphone is heard again");
}

/// Returns the samples of an audio frame, decoding four letters of base64 at a time.
fn samples(frame: &Value) -> Vec<i16> {
    let letter = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => 0,
    };
    let data = frame["realtimeInput"]["audio"]["data"].as_str().unwrap_or_default().as_bytes();
    let bytes = data.chunks_exact(4).flat_map(|four| {
        let bits = four.iter().fold(0, |bits, byte| bits << 6 | letter(*byte));
        bits.to_be_bytes().into_iter().skip(1)
    });
    let padding = data.iter().rev().take_while(|byte| **byte == b'=').count();
    let bytes: Vec<u8> = bytes.take(data.len() / 4 * 3 - padding).collect();
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn is_loud(frame: &Value) -> bool {
    samples(frame).iter().any(|sample| sample.unsigned_abs() > 1_000)
}

/// Receives microphone audio until it is as expected; ten seconds at most.
async fn hear_until(peer: &mut Peer, what: &str, wanted: impl Fn(&Value) -> bool) {
    for _ in 0..500 {
        let frame = peer.next().await;
        assert!(is_audio(&frame), "{frame}");
        if wanted(&frame) {
            return;
        }
    }
    panic!("waited in vain: {what}");
}

#[tokio::test]
async fn a_model_that_needs_silence_gets_it_while_muted() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.microphone = Microphone::File(tone(folder.path()));
    let rules = include_str!("../../../live-proto/src/catalogue/models.toml");
    let rules = rules.replace("mute = \"audio_stream_end\"", "mute = \"silence\"");
    config.catalogue = Arc::new(Catalogue::parse(&rules).unwrap());
    let (fixture, mut peer) = set_up(config).await;
    hear_until(&mut peer, "the microphone", is_loud).await;
    fixture.send(Command::Mute(true)).await;
    hear_until(&mut peer, "silence", |frame| !is_loud(frame)).await;
    for _ in 0..20 {
        let frame = peer.next().await;
        assert!(is_audio(&frame) && !is_loud(&frame), "the microphone is heard though it is muted: {frame}");
    }
    fixture.send(Command::Mute(false)).await;
    hear_until(&mut peer, "the microphone again", is_loud).await;
}

#[tokio::test]
async fn speech_before_the_setup_is_kept_from_the_first_sample() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.microphone = Microphone::File(tone(folder.path()));
    let (mut fixture, mut callers) = dialling_over(PeerDialer::new(), config, Registry::builtin());
    let mut peer = callers.accept().await;
    peer.expect("setup").await;
    // The microphone is running, and the session is not ready.
    fixture.events.beats(4).await;
    peer.send(json!({"setupComplete": {}})).await;
    let mut heard = Vec::new();
    while heard.len() < 16_000 / 5 {
        let frame = peer.next().await;
        assert!(is_audio(&frame), "{frame}");
        heard.extend(samples(&frame));
    }
    // The resampler starts in the first 5 ms.
    let differs = |n: &usize| {
        let wanted = (*n as f32 * TAU * 440.0 / 16_000.0).sin() * 8000.0;
        (f32::from(heard[*n]) - wanted).abs() > 400.0
    };
    let wrong = (80..heard.len()).find(differs);
    assert_eq!(wrong, None, "{:?} …", &heard[..160]);
}

#[tokio::test]
async fn nothing_said_after_mute_is_sent_after_the_setup() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.microphone = Microphone::File(tone(folder.path()));
    let (mut fixture, mut callers) = dialling_over(PeerDialer::new(), config, Registry::builtin());
    let mut peer = callers.accept().await;
    peer.expect("setup").await;
    fixture.events.beats(4).await;
    fixture.send(Command::Mute(true)).await;
    let is_muted = |event: &Event| matches!(event, Event::Muted(true)).then_some(());
    fixture.events.find("muted", is_muted).await;
    // Audio of this half second is dropped.
    fixture.events.beats(10).await;
    peer.send(json!({"setupComplete": {}})).await;
    let passed = fixture.passed_over(&mut peer, "I am here.").await;
    let end = passed.iter().position(is_stream_end).expect("the end of the stream");
    assert!(passed[..end].iter().all(is_audio) && end + 1 == passed.len(), "{passed:?}");
    assert!(end > 0, "what was said before it is sent");
}

#[tokio::test]
async fn without_a_microphone_a_mute_sends_nothing() {
    let (mut fixture, mut peer) = listening().await;
    fixture.send(Command::Mute(true)).await;
    fixture.events.phase(Phase::Muted).await;
    assert!(fixture.passed_over(&mut peer, "I only type.").await.is_empty());
}

/// Starts with an unusable microphone and talks by text.
async fn goes_on_without(microphone: Microphone) -> Trouble {
    let mut config = config();
    config.microphone = microphone;
    let (mut fixture, mut peer) = set_up(config).await;
    let trouble = fixture.events.trouble().await;
    fixture.events.phase(Phase::Listening).await;
    talk(&mut fixture, &mut peer).await;
    trouble
}

#[tokio::test]
async fn without_its_microphone_a_conversation_goes_on_by_text() {
    let trouble = goes_on_without(Microphone::Named("no such device".into())).await;
    assert!(matches!(trouble.kind, TroubleKind::Microphone(_)), "{trouble:?}");
}

#[tokio::test]
async fn a_missing_audio_file_keeps_the_speaker() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nobody.wav");
    let trouble = goes_on_without(Microphone::File(path.clone())).await;
    assert_eq!(trouble.kind, TroubleKind::File);
    assert_eq!(trouble.subject, Some(path.display().to_string()));
}

#[tokio::test]
async fn an_unwritable_recording_keeps_the_speaker() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.save = Some(folder.path().join("no such folder").join("replies.wav"));
    let (mut fixture, mut peer) = set_up(config).await;
    assert_eq!(fixture.events.trouble().await.kind, TroubleKind::File);
    fixture.events.phase(Phase::Listening).await;
    talk(&mut fixture, &mut peer).await;
}

/// Returns the field of `realtimeInput` in a frame.
fn kind_of(frame: &Value) -> String {
    let members = frame["realtimeInput"].as_object().map(|input| input.keys().cloned().collect::<Vec<_>>());
    members.unwrap_or_default().join(" ")
}

fn audio_bytes(frame: &Value) -> usize {
    frame["realtimeInput"]["audio"]["data"].as_str().map_or(0, |base64| base64.len() * 3 / 4)
}

#[tokio::test]
async fn push_to_talk_sends_speech_while_held_and_shortly_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.microphone = Microphone::File(voice(folder.path()));
    config.setup.manual_activity = true;
    let (mut fixture, mut callers) = dialling_over(PeerDialer::new(), config, Registry::builtin());
    let mut peer = callers.accept().await;
    let setup = peer.set_up().await;
    let detection = &setup["realtimeInputConfig"]["automaticActivityDetection"];
    assert_eq!(detection["disabled"], true);
    fixture.events.phase(Phase::Listening).await;
    // Longer than the ring.
    fixture.events.beats(12).await;
    assert!(fixture.passed_over(&mut peer, "I only type.").await.is_empty(), "nothing is sent");

    fixture.send(Command::PushToTalk(true)).await;
    fixture.send(Command::PushToTalk(true)).await;
    let held = |event: &Event| matches!(event, Event::Held(true)).then_some(());
    fixture.events.find("held", held).await;
    let mut frames = vec![peer.next().await];
    fixture.events.beats(4).await;
    fixture.send(Command::PushToTalk(false)).await;
    while frames.last().is_none_or(|frame| kind_of(frame) != "activityEnd") {
        frames.push(peer.next().await);
    }
    assert_eq!(kind_of(&frames[0]), "activityStart");
    assert!(frames[1..frames.len() - 1].iter().all(is_audio));
    let ms = frames.iter().map(audio_bytes).sum::<usize>() / 32;
    assert!(ms >= 300 + 100, "{ms} ms: 300 before the key, 100 after it, and the time between");
    fixture.events.beats(5).await;
    assert!(fixture.passed_over(&mut peer, "I typed again.").await.is_empty(), "nothing is sent");
}

#[tokio::test]
async fn a_key_that_is_held_without_a_word_sends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    // It is loud, but contains no voice.
    config.microphone = Microphone::File(tone(folder.path()));
    config.setup.manual_activity = true;
    let (mut fixture, mut peer) = set_up(config).await;
    fixture.events.phase(Phase::Listening).await;
    fixture.events.beats(12).await;
    for held in [true, false] {
        fixture.send(Command::PushToTalk(held)).await;
        fixture.events.beats(12).await;
    }
    assert!(fixture.passed_over(&mut peer, "I only type.").await.is_empty(), "the model would wait for it");
}

#[tokio::test]
async fn skipped_silence_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    // It is loud, but contains no voice.
    config.microphone = Microphone::File(tone(folder.path()));
    config.save_silence = true;
    let (mut fixture, mut peer) = set_up(config).await;
    fixture.events.phase(Phase::Listening).await;
    let saved = |event: &Event| match event {
        Event::Figures(figures) => figures.saved_ms.filter(|ms| *ms >= 1_000),
        _ => None,
    };
    fixture.events.find("a second that was saved", saved).await;
    assert!(fixture.passed_over(&mut peer, "Anybody there?").await.is_empty());
}

#[tokio::test]
async fn changing_the_microphone_keeps_the_file_of_replies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replies.wav");
    let mut config = config();
    config.save = Some(path.clone());
    let (mut fixture, mut peer) = set_up(config).await;
    fixture.events.phase(Phase::Listening).await;
    talk(&mut fixture, &mut peer).await;
    let microphone = Microphone::File(tone(folder.path()));
    fixture.send(Command::Sound { microphone, speaker: audio::SpeakerChoice::None }).await;
    let named =
        |event: &Event| matches!(event, Event::Devices { microphone: Some(name), .. } if name == "tone.wav");
    fixture.events.find("the other microphone's name", |event| named(event).then_some(())).await;
    peer.find(|frame| is_audio(frame).then_some(())).await;
    talk(&mut fixture, &mut peer).await;
    fixture.send(Command::End).await;
    fixture.events.rest().await;
    let saved = hound::WavReader::open(&path).unwrap().duration();
    assert_eq!(saved, 2 * 2_400, "both replies of 100 ms at 24 kHz");
}

#[tokio::test]
async fn a_missing_chosen_microphone_is_reported_once() {
    let folder = tempfile::tempdir().unwrap();
    let (mut fixture, mut peer) = listening().await;
    let path = folder.path().join("nobody.wav");
    let microphone = Microphone::File(path.clone());
    fixture.send(Command::Sound { microphone, speaker: audio::SpeakerChoice::None }).await;
    let trouble = fixture.events.trouble().await;
    assert_eq!(trouble.subject, Some(path.display().to_string()));
    talk(&mut fixture, &mut peer).await;
}

#[tokio::test]
async fn what_the_camera_sees_is_sent_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.camera = Some(CameraChoice::File(picture(folder.path())));
    let mut previews = config.preview.subscribe();
    let (mut fixture, mut peer) = set_up(config).await;
    for _ in 0..2 {
        let video = peer.find(|frame| frame["realtimeInput"].get("video").cloned()).await;
        assert_eq!(video["mimeType"], "image/jpeg");
        // FF D8 FF, with which every JPEG begins.
        assert!(video["data"].as_str().unwrap().starts_with("/9j/"), "{video}");
    }
    let is_on = |state: &CameraState| matches!(state, CameraState::On { sent: 2.., .. });
    match camera(&mut fixture, "two pictures", is_on).await {
        CameraState::On { name, width, height, .. } => {
            assert_eq!((name.as_str(), width, height), ("face.png", 64, 48));
        }
        other => panic!("{other:?}"),
    }
    let preview = within("a preview", previews.wait_for(Option::is_some)).await.unwrap().clone().unwrap();
    assert_eq!(preview[8..11], [0xFF, 0xD8, 0xFF], "eight bytes of time, then a JPEG");

    fixture.send(Command::Camera(None)).await;
    camera(&mut fixture, "the camera's end", |state| *state == CameraState::Off).await;
    assert!(within("no preview", previews.wait_for(Option::is_none)).await.unwrap().is_none());
    fixture.passed_over(&mut peer, "What did you see?").await;
    assert!(fixture.passed_over(&mut peer, "And now?").await.is_empty(), "a closed camera sends nothing");
}

#[tokio::test]
async fn an_open_camera_is_closed_before_the_end_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.camera = Some(CameraChoice::File(picture(folder.path())));
    let (mut fixture, peer) = set_up(config).await;
    camera(&mut fixture, "the camera", |state| matches!(state, CameraState::On { .. })).await;
    fixture.send(Command::End).await;
    assert_eq!(peer.closed().await.0, 1000);
    let events = fixture.events.rest().await;
    let cameras = |event: &&Event| matches!(event, Event::Camera(_));
    let last = events.iter().rfind(cameras);
    assert!(matches!(last, Some(Event::Camera(CameraState::Off))), "{last:?}");
    assert!(matches!(events.last(), Some(Event::Ended { .. })));
}

#[tokio::test]
async fn a_conversation_continues_without_its_camera() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.camera = Some(CameraChoice::File(folder.path().join("nobody.png")));
    let (mut fixture, mut peer) = set_up(config).await;
    let trouble = fixture.events.trouble().await;
    assert_eq!(trouble.kind, TroubleKind::File, "a file has words of its own: {trouble:?}");
    talk(&mut fixture, &mut peer).await;
}
