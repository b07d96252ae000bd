//! Speech for tests, from the server's own voice: no file is needed, and none can be forgotten.

use live_proto::wire::{Blob, ClientMessage, RealtimeInput};
use serde_json::{Value, json};

use crate::client::{Client, server};

/// The server's answer to `text`, spoken, at 24 kHz.
pub(crate) async fn spoken_answer_to(text: &str) -> Vec<i16> {
    let mut client = Client::ready(&server(), json!({})).await;
    client.write(text).await;
    client.turn().await.pcm
}

/// A few seconds of speech at 24 kHz.
pub(crate) async fn some_speech() -> Vec<i16> {
    spoken_answer_to("How are you?").await
}

pub(crate) fn silence(ms: usize) -> Vec<i16> {
    vec![0; ms * 24]
}

pub(crate) fn audio_message(samples: &[i16], rate: u32) -> Value {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let audio = Some(Blob::new(&format!("audio/pcm;rate={rate}"), bytes));
    let input = RealtimeInput { audio, ..RealtimeInput::default() };
    serde_json::to_value(ClientMessage::RealtimeInput(input)).expect("JSON")
}

impl Client {
    /// Sends audio at 24 kHz in chunks of 20 ms, as fast as the server takes it.
    pub(crate) async fn hear(&mut self, samples: &[i16]) {
        for chunk in samples.chunks(480) {
            self.send(audio_message(chunk, 24_000)).await;
        }
    }
}
