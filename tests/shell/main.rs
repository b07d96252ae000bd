//! The shell without a window: commands through Tauri's mock runtime, the backend's event stream, and the program itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it stands")]

mod answers;
#[cfg(target_os = "linux")]
mod beginnings;
#[cfg(target_os = "linux")]
mod bus;
mod commands;
mod deaths;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod keyring;
mod mcp_tools;
mod microphone;
#[cfg(target_os = "linux")]
mod outlets;
mod own_tools;
mod program;
mod reconnect;
mod servers;
mod talk;
mod thinking;
mod toolbox;
mod voice_sample;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::webview::InvokeRequest;
use tauri::{Manager, WebviewWindow, WebviewWindowBuilder};
use tokio::sync::oneshot;
use vivavoce::Startup;
use vivavoce::app::backend::{Backend, Request};
use vivavoce::contract::{
    AssetState, AssetsFetch, ErrorCode, Hint, KeySlot, Levels, Partner, Phase, Settings, Severity, Snapshot,
    Speaker, SpeakerCheck, Text, UiEnvelope, UiError, UiEvent, Verdict,
};

/// The longest time for any expected event: a deadline, not a measurement.
const PATIENCE: Duration = Duration::from_mins(1);

fn practice() -> Settings {
    Settings {
        endpoint: Some("practice".into()),
        microphone: Some("none".into()),
        speaker: Some("none".into()),
        ..Settings::default()
    }
}

struct Window {
    events: Receiver<UiEnvelope>,
    /// The state that the window would show.
    state: Snapshot,
    /// The newest levels of a conversation.
    levels: Option<Levels>,
    seq: u64,
}

impl Window {
    async fn subscribe(backend: &Backend) -> Self {
        let subscription = backend.subscribe().await.expect("the backend runs");
        Self::of(backend, subscription)
    }

    /// Creates a page that asks for events from now on.
    fn of(backend: &Backend, subscription: u32) -> Self {
        let (sender, events) = sync_channel(4096);
        let asked = backend.clone();
        tokio::spawn(async move {
            while let Some(batch) = asked.next_events(subscription).await {
                if !batch.into_iter().all(|envelope| sender.send(envelope).is_ok()) {
                    return;
                }
            }
        });
        Self { events, state: Snapshot::default(), levels: None, seq: 0 }
    }

    /// Receives events until the state is as expected.
    fn until(&mut self, what: &str, wanted: impl Fn(&Snapshot) -> bool) {
        while !wanted(&self.state) {
            let envelope =
                self.events.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what}: {:?}", self.state));
            assert!(envelope.seq > self.seq, "events are in order");
            self.seq = envelope.seq;
            match &envelope.event {
                UiEvent::Conversation { .. } => self.levels = None,
                UiEvent::Levels { levels } => {
                    assert_ne!(self.levels.replace(*levels), Some(*levels), "the window has these levels");
                }
                _ => {}
            }
            self.state.apply(&envelope.event);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_from_start_to_end() {
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    window.until("the settings", |state| state.settings == practice());
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    assert_eq!(window.state.conversation.as_ref().unwrap().partner, Partner::Practice);
    backend.ask(Request::Text("Hello there".into())).await;
    window.until("an answer", |state| {
        state.turns.iter().any(|turn| turn.speaker == Speaker::Gemini && turn.ended && !turn.text.is_empty())
    });
    assert_eq!(window.state.turns[0].text, "Hello there");
    assert!(window.levels.is_some(), "the reply was seen");
    backend.ask(Request::End).await;
    window.until("the end", |state| {
        state.phase == Phase::Ended && state.conversation.as_ref().is_some_and(|info| info.ended_at.is_some())
    });
    assert!(window.state.notices.is_empty(), "{:?}", window.state.notices);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_saved_only_where_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    assert!(backend.sound_of(2).is_none());
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    backend.ask(Request::Text("Hello there".into())).await;
    window.until("a reply to save", |state| !state.spoken.is_empty());
    let spoken = window.state.spoken[0];
    assert!(window.state.turns.iter().any(|turn| turn.id == spoken.turn && turn.speaker == Speaker::Gemini));
    backend.ask(Request::End).await;
    window.until("the end", |state| state.phase == Phase::Ended);
    let reply = backend.sound_of(spoken.turn).expect("it stays until the next Start");
    let has = |code| move |state: &Snapshot| state.notices.iter().any(|notice| notice.code == code);
    let refused = folder.path().join("no such folder/reply.wav");
    backend.ask(Request::SaveSound(reply.clone(), refused)).await;
    window.until("a refusal", has(ErrorCode::NotSaved));
    let (wav, flac) = (folder.path().join("reply.wav"), folder.path().join("reply.flac"));
    for file in [&wav, &flac] {
        backend.ask(Request::SaveSound(reply.clone(), file.clone())).await;
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        window.until("a word on it", |state| {
            state.notices.iter().any(|notice| notice.text.id == "saved" && notice.text.args["file"] == name)
        });
    }
    assert!(!has(ErrorCode::NotSaved)(&window.state), "that is over");
    let samples = program::replies(&wav);
    assert_eq!(samples.len() as u64 * 1_000 / 24_000, u64::from(spoken.ms));
    assert_eq!(samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<_>>(), reply.pcm);
    assert!(std::fs::read(&flac).unwrap().starts_with(b"fLaC"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_speaker_check_without_speaker_or_during_conversation() {
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::CheckSpeaker).await;
    window.until("a refusal", |state| matches!(state.speaker_check, SpeakerCheck::Failed { .. }));
    let other = Settings { microphone: None, ..practice() };
    backend.ask(Request::Change(Box::new(other))).await;
    window.until("nothing known of another device", |state| state.speaker_check == SpeakerCheck::Idle);
    backend.ask(Request::Change(Box::new(practice()))).await;
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    backend.ask(Request::CheckSpeaker).await;
    backend.ask(Request::Volume(40)).await;
    backend.ask(Request::End).await;
    window.until("the end", |state| state.phase == Phase::Ended);
    assert_eq!(window.state.speaker_check, SpeakerCheck::Idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_reloaded_has_lost_nothing() {
    let backend = Backend::spawn(Startup::of(practice()));
    let mut before = Window::subscribe(&backend).await;
    backend.ask(Request::Start).await;
    before.until("listening", |state| state.phase == Phase::Listening);
    backend.ask(Request::Text("Tell me a joke".into())).await;
    before.until("an answer", |state| {
        state.turns.iter().any(|turn| turn.speaker == Speaker::Gemini && turn.ended)
    });
    let mut after = Window::subscribe(&backend).await;
    let first = after.events.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(first.event, UiEvent::Snapshot { .. }), "a subscription starts with a snapshot");
    after.state.apply(&first.event);
    let text = |state: &Snapshot| state.turns.iter().map(|turn| turn.text.clone()).collect::<Vec<_>>();
    assert_eq!(text(&after.state), text(&before.state));
    backend.ask(Request::End).await;
    after.until("the end", |state| state.phase == Phase::Ended);
}

fn notice(message: usize) -> Request {
    Request::Notify(Box::new(UiError {
        code: ErrorCode::File,
        severity: Severity::Info,
        text: Text { id: message.to_string(), args: BTreeMap::from([("why".into(), "x".repeat(10_000))]) },
        hints: Vec::new(),
        detail: None,
        suggestion: None,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_hangs_gets_a_bounded_number_of_events() {
    let backend = Backend::spawn(Startup::of(practice()));
    let subscription = backend.subscribe().await.unwrap();
    for message in 0..2_000 {
        backend.ask(notice(message)).await;
    }
    // The backend answers in order: after this answer all earlier requests are done.
    let (answer, done) = oneshot::channel();
    backend.ask(Request::SetProxy("http://proxy.example:3128".into(), answer)).await;
    done.await.unwrap().unwrap();
    let sent = backend.next_events(subscription).await.unwrap();
    assert_eq!(sent.len(), 1, "everything that waited, and nothing of what was left out");
    let (UiEvent::Snapshot { snapshot } | UiEvent::CaughtUp { snapshot }) = &sent[0].event else {
        panic!("{:?}", sent[0].event)
    };
    assert!(!snapshot.notices.is_empty());
    let mut window = Window::of(&backend, subscription);
    window.state.apply(&sent[0].event);
    window.seq = sent[0].seq;
    window.until("all of it", |state| {
        state.notices.iter().any(|notice| notice.text.id == "1999")
            && state.settings.proxy.as_deref() == Some("http://proxy.example:3128")
    });
    backend.ask(notice(5_000)).await;
    window.until("the next", |state| state.notices.iter().any(|notice| notice.text.id == "5000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reloaded_page_leaves_no_unread_events() {
    let backend = Backend::spawn(Startup::of(practice()));
    let hung = backend.subscribe().await.unwrap();
    for message in 0..500 {
        backend.ask(notice(message)).await;
    }
    let mut window = Window::subscribe(&backend).await;
    window.until("a snapshot", |state| state.notices.iter().any(|notice| notice.text.id == "499"));
    for message in 500..1_000 {
        backend.ask(notice(message)).await;
    }
    window.until("what came since", |state| state.notices.iter().any(|notice| notice.text.id == "999"));
    assert!(backend.next_events(hung).await.is_none(), "another page has taken its place");
}

#[tokio::test(flavor = "multi_thread")]
async fn mute_and_hold_are_shown_while_still_connecting() {
    let settings = Settings { push_to_talk: Some(true), ..nobody_there() };
    let backend = Backend::spawn(Startup::of(settings));
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::Start).await;
    window.until("connecting", |state| state.phase == Phase::Connecting);
    backend.ask(Request::Hold(true)).await;
    window.until("held", |state| state.held);
    backend.ask(Request::Mute(true)).await;
    window.until("muted", |state| state.muted);
    backend.ask(Request::End).await;
    window.until("the end", |state| state.phase == Phase::Ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_without_a_key_is_a_notice_with_ways_out() {
    let settings = Settings { endpoint: Some("gemini".into()), ..practice() };
    let backend = Backend::spawn(Startup::of(settings));
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::Start).await;
    window.until("a notice, or a conversation on a machine with a key", |state| {
        state.notices.iter().any(|notice| !notice.hints.is_empty()) || state.conversation.is_some()
    });
    backend.ask(Request::End).await;
}

/// Settings for a custom server that is not running.
fn nobody_there() -> Settings {
    Settings { endpoint: Some("ws://127.0.0.1:9".into()), proxy: Some("none".into()), ..practice() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_check_without_a_network_is_a_warning() {
    let backend = Backend::spawn(Startup::of(nobody_there()));
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::CheckKey(KeySlot::Server)).await;
    window.until("a verdict", |state| {
        matches!(&state.account.check, Some(check) if matches!(check.verdict, Verdict::Failed { .. }))
    });
    let check = window.state.account.check.clone().unwrap();
    let Verdict::Failed { error } = check.verdict else { panic!("the check can't have worked") };
    assert_eq!(
        (check.slot, error.code, error.severity),
        (KeySlot::Server, ErrorCode::Network, Severity::Warn)
    );
    assert_eq!(error.hints, [Hint::CheckKey]);
    let elsewhere = Settings { endpoint: Some("ws://127.0.0.1:10".into()), ..nobody_there() };
    backend.ask(Request::Change(Box::new(elsewhere))).await;
    window.until("no verdict on another server", |state| state.account.check.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_a_speech_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("holiday.jpg");
    std::fs::write(&file, b"no model at all").unwrap();
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    window.until("the parts", |state| state.speech_assets.voice != AssetState::Unknown);
    backend.ask(Request::TakeAsset(file)).await;
    window.until("a refusal", |state| matches!(state.speech_assets.fetch, AssetsFetch::Failed { .. }));
    let AssetsFetch::Failed { error } = window.state.speech_assets.fetch.clone() else { unreachable!() };
    assert_eq!(error.code, ErrorCode::SpeechAssets);
    assert!(error.detail.unwrap().contains("holiday.jpg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_refresh_of_models_is_answered() {
    let backend = Backend::spawn(Startup::of(nobody_there()));
    let (answer, done) = oneshot::channel();
    backend.ask(Request::RefreshModels(answer)).await;
    assert_eq!(done.await.unwrap().unwrap_err().code, ErrorCode::Network);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_is_taken_when_it_can_be_one() {
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    for (typed, taken) in [("ftp://proxy.example", false), ("http://proxy.example:3128", true)] {
        let (answer, done) = oneshot::channel();
        backend.ask(Request::SetProxy(typed.into(), answer)).await;
        assert_eq!(done.await.unwrap().is_ok(), taken, "{typed}");
    }
    window.until("the proxy", |state| state.settings.proxy.as_deref() == Some("http://proxy.example:3128"));
}

#[test]
fn each_command_of_the_permissions_exists_and_is_allowed() {
    let app = mock_app();
    let permissions = include_str!("../../src-tauri/permissions/app.toml");
    let named: Vec<_> =
        permissions.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")).collect();
    let source = include_str!("../../src-tauri/src/app/commands.rs");
    let mut written =
        source.lines().filter_map(|line| line.strip_prefix("pub async fn ")?.split(['(', '<']).next());
    assert!(
        written.all(|command| named.contains(&command)),
        "a command that the window may not call: {named:?}"
    );
    // These would open a system dialog.
    let opens_dialog = ["choose_speech_asset", "import_servers"];
    for command in named.into_iter().filter(|command| !opens_dialog.contains(command)) {
        let answer = invoke(&app.1, command);
        if let Err(error) = answer {
            let text = error.to_string();
            assert!(!text.contains("not found") && !text.contains("not allowed"), "{command}: {text}");
        }
    }
    assert!(invoke(&app.1, "no_such_command").is_err());
}

#[test]
fn choices_name_models_and_thirty_voices() {
    let app = mock_app();
    let choices = invoke(&app.1, "choices").unwrap().deserialize::<serde_json::Value>().unwrap();
    assert_eq!(choices["models"][0]["id"], "gemini-3.8-live");
    assert_eq!(choices["voices"].as_array().unwrap().len(), 30);
    assert_eq!(choices["voices"][0]["name"], "Puck");
}

type MockApp = (tauri::App<tauri::test::MockRuntime>, WebviewWindow<tauri::test::MockRuntime>);

fn mock_app() -> MockApp {
    let app = vivavoce::with_commands(mock_builder()).build(mock_context(noop_assets())).unwrap();
    let backend = tauri::async_runtime::block_on(async { Backend::spawn(Startup::of(practice())) });
    app.manage(backend);
    app.manage(vivavoce::app::preview::PreviewSlot::default());
    let window = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default()).build().unwrap();
    (app, window)
}

fn invoke(
    window: &WebviewWindow<tauri::test::MockRuntime>,
    command: &str,
) -> Result<tauri::ipc::InvokeResponseBody, serde_json::Value> {
    let request = InvokeRequest {
        cmd: command.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: "tauri://localhost".parse().unwrap(),
        body: InvokeBody::default(),
        headers: tauri::http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_string(),
    };
    get_ipc_response(window, request)
}
