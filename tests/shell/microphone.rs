//! The test of the microphone: on when it is asked for, off when the page, a conversation or another check comes.

use vivavoce::Startup;
use vivavoce::app::backend::{Backend, Request};
use vivavoce::contract::{MicrophoneTest, Phase, Settings, Snapshot, SpeakerCheck};

use crate::{Window, practice};

/// No machine has a microphone of this name: it is looked for, and the test says that it is not there.
fn with_nobodys_microphone() -> Settings {
    Settings { microphone: Some("no such microphone".into()), ..practice() }
}

fn has_failed(state: &Snapshot) -> bool {
    matches!(state.microphone_test, MicrophoneTest::Failed { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_microphone_that_is_not_there_is_named_until_it_is_turned_off() {
    let backend = Backend::spawn(Startup::of(with_nobodys_microphone()));
    let mut window = Window::subscribe(&backend).await;
    window.until("the settings", |state| state.settings == with_nobodys_microphone());
    assert_eq!(window.state.microphone_test, MicrophoneTest::Idle, "nothing is opened unasked");
    backend.ask(Request::TestMicrophone).await;
    window.until("it is being opened", |state| state.microphone_test == MicrophoneTest::Opening);
    window.until("a reason", has_failed);
    backend.ask(Request::StopMicrophoneTest).await;
    window.until("it is off", |state| state.microphone_test == MicrophoneTest::Idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_page_turns_the_microphone_off() {
    let backend = Backend::spawn(Startup::of(with_nobodys_microphone()));
    let mut before = Window::subscribe(&backend).await;
    backend.ask(Request::TestMicrophone).await;
    before.until("a reason", has_failed);
    let mut after = Window::subscribe(&backend).await;
    after.until("the state", |state| state.settings == with_nobodys_microphone());
    assert_eq!(after.state.microphone_test, MicrophoneTest::Idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_and_a_check_wait_until_the_microphone_is_off() {
    let backend = Backend::spawn(Startup::of(practice()));
    let mut window = Window::subscribe(&backend).await;
    // Asked one after the other, before the first is done.
    backend.ask(Request::TestMicrophone).await;
    backend.ask(Request::CheckSpeaker).await;
    window
        .until("the check's own reason", |state| matches!(state.speaker_check, SpeakerCheck::Failed { .. }));
    backend.ask(Request::TestMicrophone).await;
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    assert_eq!(window.state.microphone_test, MicrophoneTest::Idle);
    backend.ask(Request::TestMicrophone).await;
    backend.ask(Request::End).await;
    window.until("the end", |state| state.phase == Phase::Ended);
    assert_eq!(window.state.microphone_test, MicrophoneTest::Idle);
}
