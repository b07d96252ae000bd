//! The cost of the wire format: reading an audio message to PCM, framing a chunk of the microphone, and their
//! allocations.
//!
//! `cargo xtask bench codec`, or `cargo bench -p live-proto`. Targets: a message with 32 KB of audio under 60 µs; a
//! chunk of 20 ms under 3 µs, without allocation once the buffer has grown.

use bytes::BytesMut;
use divan::{AllocProfiler, Bencher, black_box};
use live_proto::catalogue::Catalogue;
use live_proto::wire::{
    Blob, Content, Part, ServerContent, ServerMessage, decode_server, encode, encode_audio, encode_audio_into,
};
use live_proto::{Input, Limits, Millis, Session, SetupOptions, build_setup};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

/// 20 ms of the microphone: 16 kHz, 16 bit.
const CHUNK: usize = 640;
/// The audio of a long message, 0.7 s.
const SOUND: usize = 32 << 10;

fn main() {
    divan::main();
}

/// Bytes like audio: every value occurs.
fn pcm(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| (n * 197 % 251) as u8 ^ (n >> 8) as u8).collect()
}

/// Returns a message of the service with this many bytes of audio.
fn message(bytes: usize) -> String {
    let sound = Part { inline_data: Some(Blob::new("audio/pcm;rate=24000", pcm(bytes))), ..Part::default() };
    let turn = Content { role: Some("model".to_owned()), parts: vec![sound] };
    let content = ServerContent { model_turn: Some(turn), ..ServerContent::default() };
    encode(&ServerMessage { server_content: Some(content), ..ServerMessage::default() })
}

/// From a frame to PCM.
fn sound_of(frame: &[u8]) -> Option<Vec<u8>> {
    let content = decode_server(frame).ok()?.message.server_content?;
    content.model_turn?.parts.pop()?.inline_data?.data.map(|data| data.0)
}

#[divan::bench(args = [SOUND, 11_520])]
fn read_sound(bencher: Bencher<'_, '_>, bytes: usize) {
    let frame = message(bytes);
    bencher.bench(|| sound_of(black_box(frame.as_bytes())));
}

/// As the Python SDK writes it.
#[divan::bench]
fn read_sound_in_the_url_alphabet(bencher: Bencher<'_, '_>) {
    let frame = message(SOUND).replace('+', "-").replace('/', "_").replace("audio_pcm", "audio/pcm");
    bencher.bench(|| sound_of(black_box(frame.as_bytes())));
}

#[divan::bench]
fn read_a_transcript(bencher: Bencher<'_, '_>) {
    let frame = br#"{"serverContent":{"outputTranscription":{"text":" and then it"}},"usageMetadata":{"totalTokenCount":5}}"#;
    bencher.bench(|| decode_server(black_box(frame)).is_ok());
}

#[divan::bench]
fn frame_a_chunk_anew(bencher: Bencher<'_, '_>) {
    let chunk = pcm(CHUNK);
    bencher.bench(|| encode_audio(black_box(&chunk)));
}

/// Like the session: the frame is taken out, sent and dropped.
#[divan::bench]
fn frame_a_chunk(bencher: Bencher<'_, '_>) {
    let chunk = pcm(CHUNK);
    let mut frames = BytesMut::new();
    let mut send = || {
        encode_audio_into(&mut frames, black_box(&chunk));
        frames.split().freeze()
    };
    // The buffer gets its size.
    for _ in 0..4 {
        send();
    }
    bencher.bench_local(|| {
        black_box(send());
    });
}

/// The same through a session, which keeps a copy for a lost connection.
#[divan::bench]
fn send_a_chunk(bencher: Bencher<'_, '_>) {
    let setup = build_setup(&SetupOptions::default(), &Catalogue::embedded());
    let mut session = Session::new(setup, Limits::default());
    session.handle_input(Input::Opened, Millis(0));
    session.handle_input(Input::Frame(b"{\"setupComplete\":{}}"), Millis(0));
    let chunk = pcm(CHUNK);
    let mut now = 0;
    let mut send = || {
        now += 20;
        session.handle_input(Input::Audio(black_box(&chunk)), Millis(now));
        while let Some(output) = session.poll_output() {
            black_box(output);
        }
    };
    // The copy for a lost connection is bounded, and grows until then.
    for _ in 0..1_000 {
        send();
    }
    bencher.bench_local(send);
}

/// An audio message through a session, up to the event with its PCM.
#[divan::bench]
fn hear_sound(bencher: Bencher<'_, '_>) {
    let setup = build_setup(&SetupOptions::default(), &Catalogue::embedded());
    let mut session = Session::new(setup, Limits::default());
    session.handle_input(Input::Opened, Millis(0));
    session.handle_input(Input::Frame(b"{\"setupComplete\":{}}"), Millis(0));
    let frame = message(SOUND);
    bencher.bench_local(|| {
        session.handle_input(Input::Frame(black_box(frame.as_bytes())), Millis(1));
        while let Some(output) = session.poll_output() {
            black_box(output);
        }
    });
}
