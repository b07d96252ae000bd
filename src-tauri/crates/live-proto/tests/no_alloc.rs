//! The way of the microphone's sound to the wire allocates nothing: it is gone fifty times a second for hours.

use assert_no_alloc::{AllocDisabler, assert_no_alloc};
use bytes::BytesMut;
use live_proto::wire::{encode_audio, encode_audio_into};

// An allocation where none may be ends the program.
#[global_allocator]
static ALLOCATOR: AllocDisabler = AllocDisabler;

#[test]
fn framing_a_chunk_allocates_nothing_once_the_buffer_has_its_size() {
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
