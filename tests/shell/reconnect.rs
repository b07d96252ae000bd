//! Settings that are changed during a conversation: it connects again with them and keeps what was said.

use vivavoce::Startup;
use vivavoce::app::backend::{Backend, Request};
use vivavoce::contract::{ErrorCode, Phase, Settings, Snapshot, Speaker};

use crate::{Window, practice};

fn is_answered(state: &Snapshot, count: usize) -> bool {
    let answers = state.turns.iter().filter(|turn| turn.speaker == Speaker::Gemini && turn.ended);
    state.phase == Phase::Listening && answers.count() >= count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_voice_and_model_apply_after_reconnecting() {
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    assert_eq!(window.state.applied.as_deref(), Some(&practice()));
    backend.ask(Request::Text("Hello there".into())).await;
    window.until("an answer", |state| is_answered(state, 1));
    let turns = window.state.turns.len();

    for (settings, sentence) in [
        (Settings { voice: Some("Kore".into()), ..practice() }, "reconfigured"),
        (
            Settings { model: Some("gemini-3.1-flash-live-preview".into()), ..practice() },
            "reconfigured-words",
        ),
    ] {
        backend.ask(Request::Change(Box::new(settings.clone()))).await;
        backend.ask(Request::Reconnect).await;
        window.until("it is told", |state| {
            state.notices.iter().any(|notice| notice.code == ErrorCode::Resumed && notice.text.id == sentence)
        });
        assert_eq!(window.state.applied.as_deref(), Some(&settings));
        let info = window.state.conversation.as_ref().unwrap();
        assert!(settings.voice.as_ref().is_none_or(|voice| *voice == info.voice), "{info:?}");
        assert!(settings.model.as_ref().is_none_or(|model| *model == info.model), "{info:?}");
        assert_eq!(window.state.turns.len(), turns, "the rows stay");
        window.until("listening", |state| state.phase == Phase::Listening);
    }
    backend.ask(Request::Text("Hello again".into())).await;
    window.until("another answer", |state| is_answered(state, 2));
    backend.ask(Request::End).await;
    window.until("the end", |state| state.phase == Phase::Ended);
}
