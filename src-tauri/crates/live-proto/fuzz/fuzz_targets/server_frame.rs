//! Any bytes as a frame of the service: reading never panics and stays bounded, and what was read is written in a form
//! that reads as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use live_proto::wire::{decode_client, decode_server, encode};

/// The longest message of ours about a frame, however long the names in it are.
const LONGEST: usize = 4096;

fuzz_target!(|frame: &[u8]| {
    match decode_server(frame) {
        Ok(read) => {
            assert!(read.skipped.len() <= read.skipped_count);
            assert!(read.skipped.iter().map(String::len).sum::<usize>() <= LONGEST);
            let written = encode(&read.message);
            let again = decode_server(written.as_bytes()).expect("what we write can be read");
            assert_eq!(again.skipped_count, 0, "we write what we do not know: {written}");
            assert_eq!(again.message, read.message);
            assert_eq!(encode(&again.message), written);
        }
        Err(bad) => assert!(bad.first_bytes.len() <= LONGEST),
    }
    // The server for practice reads client frames.
    if let Ok(read) = decode_client(frame) {
        let written = encode(&read.message);
        let again = decode_client(written.as_bytes()).expect("what we write can be read");
        assert_eq!(again.message, read.message);
    }
});
