//! Samples of voices: imitated where no model is, recorded once from a server, and never during a conversation.

use live_server::{LiveServer, ServerConfig};
use practice::{PracticeAgent, PracticeConfig};
use vivavoce::Startup;
use vivavoce::app::backend::{Backend, Request};
use vivavoce::contract::{Phase, SampleSource, Settings, VoiceSample};

use crate::{Window, practice};

fn playing(voice: &str, source: SampleSource) -> VoiceSample {
    VoiceSample::Playing { voice: voice.into(), source }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_imitated_without_a_model_until_it_is_stopped() {
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::PlayVoiceSample("Kore".into())).await;
    let [kore, puck] = ["Kore", "Puck"].map(|voice| playing(voice, SampleSource::Imitation));
    window.until("Kore is heard", |state| state.voice_sample == kore);
    backend.ask(Request::PlayVoiceSample("Puck".into())).await;
    window.until("Puck is heard instead", |state| state.voice_sample == puck);
    backend.ask(Request::StopVoiceSample).await;
    window.until("silence", |state| state.voice_sample == VoiceSample::Idle);
    backend.ask(Request::PlayVoiceSample("Kore".into())).await;
    window.until("Kore again", |state| state.voice_sample == kore);
    window.until("its end", |state| state.voice_sample == VoiceSample::Idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_stops_a_sample_and_lets_none_begin() {
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::PlayVoiceSample("Kore".into())).await;
    window.until("a sample", |state| matches!(state.voice_sample, VoiceSample::Playing { .. }));
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    assert_eq!(window.state.voice_sample, VoiceSample::Idle);
    backend.ask(Request::PlayVoiceSample("Kore".into())).await;
    backend.ask(Request::End).await;
    window.until("the end", |state| state.phase == Phase::Ended || state.voice_sample != VoiceSample::Idle);
    assert_eq!(window.state.voice_sample, VoiceSample::Idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_recorded_from_a_server_once() {
    let server = LiveServer::new(ServerConfig::default(), PracticeAgent::factory(PracticeConfig::default()));
    let listener = server.listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let settings = Settings { endpoint: Some(format!("ws://{}", listener.local_addr())), ..practice() };
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("voices");
    let backend = Backend::spawn(Startup::of(settings).with_voice_samples(kept.clone()));
    let mut window = Window::subscribe(&backend).await;
    let recording = playing("Kore", SampleSource::Recording);
    backend.ask(Request::PlayVoiceSample("Kore".into())).await;
    window.until("it is recorded and heard", |state| state.voice_sample == recording);
    backend.ask(Request::StopVoiceSample).await;
    window.until("silence", |state| state.voice_sample == VoiceSample::Idle);
    assert_eq!(std::fs::read_dir(kept).unwrap().count(), 1);
    listener.shutdown().await;
    backend.ask(Request::PlayVoiceSample("Kore".into())).await;
    window.until("it is heard without the server", |state| state.voice_sample == recording);
    backend.ask(Request::PlayVoiceSample("Puck".into())).await;
    window.until(
        "another voice needs the server",
        |state| matches!(&state.voice_sample, VoiceSample::Failed { voice, .. } if voice == "Puck"),
    );
}
