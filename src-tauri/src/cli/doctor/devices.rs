//! Microphone, speaker and camera, each opened for a moment. The microphone first and the speaker after it, so that the tone
//! is not taken for a voice. What blocks runs on the runtime's blocking threads.

use std::f32::consts::TAU;
use std::time::{Duration, Instant};

use audio::{AudioError, Engine, EngineConfig, Microphone, SpeakerChoice};
use conversation::{of_audio, of_camera};
use video::{Camera, CameraConfig, CameraState};

use super::check::{Point, within};
use crate::config::profile;
use crate::contract::{Settings, Text};
use crate::messages;

/// Startup takes the engine 8 s at most, closing 2 s.
const SOUND_LIMIT: Duration = Duration::from_secs(13);
/// Startup, and the first picture.
const CAMERA_LIMIT: Duration = Duration::from_secs(17);
/// How long the microphone is listened to.
const LISTEN: Duration = Duration::from_secs(1);
/// Zeros alone for that long are no quiet room.
const ZEROS: Duration = Duration::from_millis(800);
const TONE_MS: u64 = 500;
const TONE_HZ: f32 = 440.0;
const TONE_RATE: u32 = 24_000;
/// −26 dBFS: soft.
const TONE_PEAK: f32 = 0.05;
/// How much longer than it lasts a tone may take to be heard: what the device holds back.
const TONE_LATE: Duration = Duration::from_secs(3);
/// Between two looks whether it still plays.
const LOOK: Duration = Duration::from_millis(20);

/// The microphone, then the speaker.
pub(crate) async fn sound(settings: Settings) -> Vec<Point> {
    let (microphone, speaker) = profile::sound(&settings);
    let mut points =
        within("microphone", SOUND_LIMIT, true, blocking(move || try_microphone(microphone))).await;
    points.extend(within("speaker", SOUND_LIMIT, true, blocking(move || try_speaker(speaker))).await);
    points
}

async fn blocking(work: impl FnOnce() -> Point + Send + 'static) -> Vec<Point> {
    let point = threads::blocking("doctor", work).await;
    vec![point.unwrap_or_else(|| Point::failed_inside(&messages::text("doctor-thread")))]
}

fn try_microphone(microphone: Microphone) -> Point {
    if microphone == Microphone::None {
        return Point::ok("microphone", Text::new("doctor-no-microphone-wanted"));
    }
    let config = EngineConfig { microphone, speaker: SpeakerChoice::None, ..EngineConfig::default() };
    let (engine, _voice, _troubles) = match Engine::start(config) {
        Ok(started) => started,
        Err(error) => return refused("microphone", &error),
    };
    std::thread::sleep(LISTEN);
    let level = engine.levels().microphone;
    let name = engine.current_microphone().unwrap_or_else(|| messages::text("doctor-this-device"));
    if engine.counters().microphone_zeros >= ZEROS {
        return Point::not("microphone", true, &Text::new("doctor-microphone-zeros").with("device", name));
    }
    let id = if level.rms > -45.0 { "doctor-microphone-heard" } else { "doctor-microphone-quiet" };
    let text = Text::new(id).with("device", name).with("level", format!("{:.0}", level.rms));
    Point::ok("microphone", text.with("peak", format!("{:.0}", level.peak)))
}

fn try_speaker(speaker: SpeakerChoice) -> Point {
    if speaker == SpeakerChoice::None {
        return Point::ok("speaker", Text::new("doctor-no-speaker-wanted"));
    }
    let config = EngineConfig { microphone: Microphone::None, speaker, ..EngineConfig::default() };
    let (engine, _voice, _troubles) = match Engine::start(config) {
        Ok(started) => started,
        Err(error) => return refused("speaker", &error),
    };
    let name = engine.current_speaker().unwrap_or_else(|| messages::text("doctor-this-device"));
    if let Err(full) = engine.play(&tone(), TONE_RATE, 1) {
        return Point::failed_inside(&full.to_string());
    }
    engine.end_of_reply(1);
    let until = Instant::now() + Duration::from_millis(TONE_MS) + TONE_LATE;
    while engine.is_playing() && Instant::now() < until {
        std::thread::sleep(LOOK);
    }
    let (heard, level) = (engine.heard().ms, engine.levels().speaker);
    // The last samples may still be on their way.
    if heard + 100 < TONE_MS {
        let text = Text::new("doctor-speaker-stuck").with("device", name).with("heard", heard.to_string());
        return Point::not("speaker", true, &text.with("wanted", TONE_MS.to_string()));
    }
    let text = Text::new("doctor-speaker").with("device", name).with("heard", heard.to_string());
    Point::ok("speaker", text.with("peak", format!("{:.0}", level.peak)))
}

/// Half a second of a soft tone that begins and ends gently.
fn tone() -> Vec<u8> {
    let samples = TONE_RATE as usize * TONE_MS as usize / 1000;
    let fade = samples / 10;
    (0..samples)
        .flat_map(|n| {
            let edge = n.min(samples - n).min(fade) as f32 / fade as f32;
            let wave = (TAU * TONE_HZ * n as f32 / TONE_RATE as f32).sin();
            ((wave * edge * TONE_PEAK * 32_767.0) as i16).to_le_bytes()
        })
        .collect()
}

fn refused(name: &'static str, error: &AudioError) -> Point {
    Point::error(name, true, messages::ui_error(&of_audio(error)))
}

/// The camera, until its first picture. Nothing of it goes anywhere.
pub(crate) async fn camera(settings: Settings) -> Vec<Point> {
    within("camera", CAMERA_LIMIT, false, try_camera(settings)).await
}

async fn try_camera(settings: Settings) -> Vec<Point> {
    let choice = profile::camera(&settings);
    let (camera, mut pictures, _previews, states) =
        Camera::start(CameraConfig { choice, ..CameraConfig::default() });
    let picture = pictures.recv().await;
    let state = states.current();
    let _ = threads::blocking("camera-closing", move || drop(camera)).await;
    vec![match (picture, state) {
        (Some(picture), CameraState::On { name, width, height }) => {
            let text = Text::new("doctor-camera").with("device", name);
            let text = text.with("width", width.to_string()).with("height", height.to_string());
            let text = text.with("sent-width", picture.width.to_string());
            Point::ok("camera", text.with("sent-height", picture.height.to_string()))
        }
        (_, CameraState::Failed(error)) => {
            Point::error("camera", false, messages::ui_error(&of_camera(&error)))
        }
        _ => Point::not("camera", false, &Text::new("doctor-camera-nothing")),
    }]
}
