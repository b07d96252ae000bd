//! Sending microphone audio allocates nothing: it happens fifty times a second for hours.

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use bytes::BytesMut;
use live_proto::catalogue::Catalogue;
use live_proto::wire::{encode_audio, encode_audio_into};
use live_proto::{Input, Limits, Millis, Output, Session, SetupOptions, build_setup};

// A forbidden allocation ends the program.
#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

#[test]
fn framing_a_chunk_does_not_allocate_once_warm() {
    let chunks: Vec<Vec<u8>> = (0..100).map(|n| vec![n; 640]).collect();
    let expected: Vec<String> = chunks.iter().map(|chunk| encode_audio(chunk)).collect();
    let mut frames = BytesMut::new();
    let send = |frames: &mut BytesMut, chunk: &[u8]| {
        encode_audio_into(frames, chunk);
        frames.split().freeze()
    };
    for chunk in &chunks[..4] {
        send(&mut frames, chunk);
    }
    for (chunk, expected) in chunks.iter().zip(&expected) {
        assert_no_alloc(|| {
            let frame = send(&mut frames, chunk);
            assert_eq!(frame, expected.as_bytes());
        });
    }
}

/// From the microphone's chunk to the frame, including the copy that is kept for a lost connection.
#[test]
fn a_session_sends_audio_without_allocating_once_warm() {
    let setup = build_setup(&SetupOptions::default(), &Catalogue::embedded());
    let mut session = Session::new(setup, Limits::default());
    session.handle_input(Input::Opened, Millis(0));
    session.handle_input(Input::Frame(b"{\"setupComplete\":{}}"), Millis(0));
    while session.poll_output().is_some() {}
    let chunk = [5; 640];
    let wanted = encode_audio(&chunk);
    let mut send = |n: u64| {
        session.handle_input(Input::Audio(&chunk), Millis(n * 20));
        let frame = session.poll_output();
        assert!(matches!(&frame, Some(Output::Send(frame)) if frame == wanted.as_bytes()));
        assert!(session.poll_output().is_none());
    };
    // Ten seconds are kept for a loss; until then that copy grows.
    (0..1_000).for_each(&mut send);
    (1_000..2_000).for_each(|n| assert_no_alloc(|| send(n)));
}
