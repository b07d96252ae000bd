//! What a person says: a few seconds of speech, then a room in which nobody speaks, over and over; and the frames of it.

use std::time::Duration;

use live_proto::wire::{Blob, ClientMessage, RealtimeInput};
use serde_json::json;

use crate::client::{Client, server};

/// Hz.
const RATE: usize = 16_000;
/// How long it is until a person says the same again.
const DAY: usize = 20 * RATE;

/// A day's samples.
pub(crate) async fn day() -> Vec<i16> {
    // Its own voice, so that no file is needed, and about four seconds of it.
    let mut client = Client::ready(&server(), json!({})).await;
    client.write("How are you?").await;
    let spoken = client.turn().await.pcm;
    let mut day: Vec<i16> = (0..spoken.len() * 2 / 3).map(|n| sample_between(&spoken, n)).collect();
    day.truncate(4 * RATE);
    let mut state = 0x2545_f491_u32;
    day.resize_with(DAY, || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        // -60 dBFS of noise
        (state >> 1).cast_signed() as i16 % 60
    });
    day
}

/// Two samples of three, straight between their neighbours: good enough for a detector.
fn sample_between(spoken: &[i16], n: usize) -> i16 {
    let at = n * 3 / 2;
    if n.is_multiple_of(2) {
        return spoken[at];
    }
    i16::midpoint(spoken[at], spoken.get(at + 1).copied().unwrap_or_default())
}

/// WebSocket frames of a client with this much sound in each.
pub(crate) fn frames(day: &[i16], piece: Duration) -> Vec<Vec<u8>> {
    let samples = RATE * piece.as_millis() as usize / 1000;
    day.chunks_exact(samples).map(|chunk| frame_of(&message_of(chunk))).collect()
}

fn message_of(samples: &[i16]) -> Vec<u8> {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let audio = Some(Blob::new("audio/pcm;rate=16000", bytes));
    let input = RealtimeInput { audio, ..RealtimeInput::default() };
    serde_json::to_vec(&ClientMessage::RealtimeInput(input)).expect("JSON")
}

/// A text frame, masked with zeros.
pub(crate) fn frame_of(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    let length = u16::try_from(payload.len()).expect("a frame below 64 KiB");
    if length < 126 {
        frame.push(0x80 | length as u8);
    } else {
        // 126 says that the length follows in two bytes.
        frame.push(0x80 | 0x7e);
        frame.extend(length.to_be_bytes());
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
