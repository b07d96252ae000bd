//! Bugs that fuzzing found, each with what went wrong.

use live_proto::catalogue::Catalogue;
use live_proto::{
    CloseCause, CloseKind, Event, Input, Limits, Millis, Output, Session, SetupOptions, build_setup,
};

fn live(limits: Limits) -> Session {
    let setup = build_setup(&SetupOptions::default(), &Catalogue::embedded());
    let mut session = Session::new(setup, limits);
    session.handle_input(Input::Opened, Millis(0));
    session.handle_input(Input::Frame(b"{\"setupComplete\":{}}"), Millis(0));
    while session.poll_output().is_some() {}
    session
}

/// Both transcripts of one message were too long, and the connection was closed a second time after `Closed`.
#[test]
fn two_reasons_to_close_close_once() {
    let mut session = live(Limits { transcript_bytes: 8, ..Limits::default() });
    let frame = br#"{"serverContent":{"inputTranscription":{"text":"much too long"},
        "outputTranscription":{"text":"much too long as well"}}}"#;
    session.handle_input(Input::Frame(frame), Millis(1));
    let outputs: Vec<Output> = std::iter::from_fn(|| session.poll_output()).collect();
    let closes = outputs.iter().filter(|output| matches!(output, Output::Close { .. })).count();
    assert_eq!(closes, 1, "{outputs:?}");
    let is_end = |cause: &CloseCause| cause.kind == CloseKind::LimitExceeded;
    assert!(
        matches!(outputs.last(), Some(Output::Event(Event::Closed(cause))) if is_end(cause)),
        "{outputs:?}"
    );
}
