//! The messages of the Gemini Live protocol as types (PROTOCOL.md §2 and §3), read and written by both sides. Pure.
//!
//! Written: camelCase, standard base64, nothing unset. Read: either case, either alphabet, whole numbers however
//! spelled, unknown fields skipped. Data of the user (arguments, answers, schemas, labels) is never recased.
//!
//! A struct of this module converts at the border of the app and never travels to the UI.

mod client;
mod content;
mod enums;
mod message;
mod read;
mod scalar;
mod server;
mod setup;

pub use client::*;
pub use content::*;
pub use enums::*;
pub use read::MAX_LIST;
pub use scalar::{Base64, Int64, Opaque, WireDuration};
pub use server::*;
pub use setup::*;

use serde::de::DeserializeOwned;

/// How many skipped names a [`Decoded`] keeps; the rest is only counted.
const MAX_SKIPPED_NAMES: usize = 8;

/// A message together with what was skipped while reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<T> {
    /// What was understood.
    pub message: T,
    /// Paths of fields that are not known (`serverContent.newThing`), the first few of them.
    pub skipped: Vec<String>,
    /// How many there were.
    pub skipped_count: usize,
}

impl<T> Decoded<T> {
    /// The skipped names at the top: whole messages of a kind that is not known.
    pub fn unknown_kinds(&self) -> impl Iterator<Item = &str> {
        self.skipped.iter().map(String::as_str).filter(|path| !path.contains('.'))
    }
}

/// A frame that holds no message.
#[derive(Debug, thiserror::Error)]
#[error("{source} (the frame starts with {first_bytes:?})")]
pub struct BadFrame {
    /// The start of the frame, as text as far as it is any.
    pub first_bytes: String,
    /// What was wrong.
    #[source]
    pub source: serde_json::Error,
}

/// Reads a frame of the service, text and binary frames alike (the service sends JSON in binary frames).
pub fn decode_server(frame: &[u8]) -> Result<Decoded<ServerMessage>, BadFrame> {
    decode(frame)
}

/// Reads a frame of a client. Skipped names are what the real service would close with 1007 for.
pub fn decode_client(frame: &[u8]) -> Result<Decoded<ClientMessage>, BadFrame> {
    decode(frame)
}

fn decode<T: DeserializeOwned>(frame: &[u8]) -> Result<Decoded<T>, BadFrame> {
    let mut skipped = Vec::new();
    let mut skipped_count = 0;
    let mut reader = serde_json::Deserializer::from_slice(frame);
    let message = serde_ignored::deserialize(&mut reader, |path| {
        skipped_count += 1;
        if skipped.len() < MAX_SKIPPED_NAMES {
            skipped.push(plain_path(&path));
        }
    })
    .and_then(|message: T| reader.end().map(|()| message))
    .map_err(|source| BadFrame { first_bytes: first_bytes(frame), source })?;
    Ok(Decoded { message, skipped, skipped_count })
}

/// The path in names and indices alone, shortened: a hostile name may be megabytes long.
fn plain_path(path: &serde_ignored::Path<'_>) -> String {
    const LONGEST: usize = 120;
    let mut plain = String::new();
    for piece in path.to_string().split('.').filter(|piece| *piece != "?") {
        if !plain.is_empty() {
            plain.push('.');
        }
        plain.extend(piece.chars().take(LONGEST.saturating_sub(plain.len())));
    }
    plain
}

/// The first 48 bytes of a frame as text.
fn first_bytes(frame: &[u8]) -> String {
    const SHOWN: usize = 48;
    String::from_utf8_lossy(&frame[..frame.len().min(SHOWN)]).into_owned()
}

/// Writes a message as the text of one frame.
pub fn encode<T: serde::Serialize>(message: &T) -> String {
    // Every message has string keys and infallible serialisers, so writing to memory cannot fail.
    serde_json::to_string(message).unwrap_or_default()
}
