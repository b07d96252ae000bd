//! The messages of the Gemini Live protocol (PROTOCOL.md §2 and §3), for both sides. Pure.
//!
//! Written: camelCase, standard base64, no unset fields. Read: either case, either alphabet, integers in any notation;
//! unknown fields are skipped. User data (arguments, responses, schemas, labels) keeps its case.
//!
//! These types stay at the wire and never reach the UI.

mod client;
mod content;
mod enums;
mod message;
mod name;
mod notes;
mod read;
mod rescue;
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

use bytes::BytesMut;
use notes::{MAX_PATH, Names, Notes};
use serde::de::{DeserializeOwned, Error as _};

/// The most values in one message, in lists and objects together. Eight bytes of `{"a":1},` take hundreds in memory,
/// so the longest message that a session accepts could take a gigabyte.
pub const MAX_VALUES: usize = 1 << 17;

/// A message, with what was skipped while reading it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded<T> {
    /// The message.
    pub message: T,
    /// Paths of unknown fields (`serverContent.newThing`), the first few.
    pub skipped: Vec<String>,
    /// How many there were.
    pub skipped_count: usize,
    /// Paths of values of a wrong type (`usageMetadata.promptTokenCount`), the first few.
    pub malformed: Vec<String>,
    /// How many there were.
    pub malformed_count: usize,
}

impl<T> Decoded<T> {
    /// Returns the skipped names at the top level: unknown kinds of messages.
    pub fn unknown_kinds(&self) -> impl Iterator<Item = &str> {
        self.skipped.iter().map(String::as_str).filter(|path| !path.contains('.'))
    }
}

/// A frame without a readable message.
#[derive(Debug, thiserror::Error)]
#[error("{source} (the frame starts with {first_bytes:?})")]
pub struct BadFrame {
    /// The start of the frame as text, lossily decoded.
    pub first_bytes: String,
    /// Whether it starts like a message. If not, it is a heartbeat: `ping`, an empty frame or `null`.
    pub starts_as_message: bool,
    /// The parser's error.
    #[source]
    pub source: serde_json::Error,
}

/// Reads a frame of the service, text or binary (the service sends JSON in binary frames). Values of a wrong type are
/// left out and counted; everything else is read.
///
/// # Errors
/// [`BadFrame`] when the frame is not a JSON object, or contains more than [`MAX_VALUES`] values.
pub fn decode_server(frame: &[u8]) -> Result<Decoded<ServerMessage>, BadFrame> {
    decode(frame).or_else(|bad| {
        let mut notes = Notes::default();
        if !bad.starts_as_message || holds_too_many_values(frame) {
            return Err(bad);
        }
        let (text, mistakes) = rescue::text_of(frame);
        let message = rescue::message(&text, &mut notes, ServerMessage::put).ok_or(bad)?;
        let Notes { skipped, malformed, .. } = notes;
        Ok(Decoded {
            message,
            skipped: skipped.first,
            skipped_count: skipped.count,
            malformed: malformed.first,
            malformed_count: malformed.count + mistakes,
        })
    })
}

/// Reads a frame of a client, as strictly as the service: a value of a wrong type is an error. For a skipped name the
/// service would close with 1007.
///
/// # Errors
/// [`BadFrame`] when the frame is not a client message with exactly one top-level field, or a value has a wrong type.
pub fn decode_client(frame: &[u8]) -> Result<Decoded<ClientMessage>, BadFrame> {
    decode(frame)
}

fn decode<T: DeserializeOwned>(frame: &[u8]) -> Result<Decoded<T>, BadFrame> {
    let bad = |source| BadFrame {
        first_bytes: first_bytes(frame),
        starts_as_message: starts_as_message(frame),
        source,
    };
    if holds_too_many_values(frame) {
        let reason = format_args!("more than {MAX_VALUES} values");
        return Err(bad(serde_json::Error::custom(reason)));
    }
    let mut skipped = Names::default();
    let mut reader = serde_json::Deserializer::from_slice(frame);
    let message = serde_ignored::deserialize(&mut reader, |path| skipped.push(|| plain_path(&path)))
        .and_then(|message: T| reader.end().map(|()| message))
        .map_err(bad)?;
    let Names { first, count } = skipped;
    Ok(Decoded { message, skipped: first, skipped_count: count, malformed: Vec::new(), malformed_count: 0 })
}

/// Returns whether a frame starts with an object.
fn starts_as_message(frame: &[u8]) -> bool {
    let frame = frame.strip_prefix("\u{feff}".as_bytes()).unwrap_or(frame);
    frame.trim_ascii_start().first() == Some(&b'{')
}

/// Returns whether a frame could contain more than [`MAX_VALUES`] values. Each value but the first follows a comma or
/// a bracket. Commas in text count too: speech does not contain that many.
fn holds_too_many_values(frame: &[u8]) -> bool {
    let starts_value = |byte: &&u8| matches!(byte, b',' | b'[' | b'{');
    frame.len() > MAX_VALUES && frame.iter().filter(starts_value).count() > MAX_VALUES
}

/// Returns the path as names and indices, shortened: a hostile name may be megabytes long.
fn plain_path(path: &serde_ignored::Path<'_>) -> String {
    let mut plain = String::new();
    for piece in path.to_string().split('.').filter(|piece| *piece != "?") {
        if !plain.is_empty() {
            plain.push('.');
        }
        plain.extend(piece.chars().take(MAX_PATH.saturating_sub(plain.len())));
    }
    plain
}

/// Returns the first 48 bytes of a frame as text.
fn first_bytes(frame: &[u8]) -> String {
    const SHOWN: usize = 48;
    String::from_utf8_lossy(&frame[..frame.len().min(SHOWN)]).into_owned()
}

/// Writes a message as the text of one frame.
pub fn encode<T: serde::Serialize>(message: &T) -> String {
    // Every message has string keys and infallible serialisers, so writing to memory cannot fail.
    serde_json::to_string(message).unwrap_or_default()
}

/// Writes 16 kHz audio as the text of one frame, like [`encode`] of [`RealtimeInput::audio_16k`].
pub fn encode_audio(pcm: &[u8]) -> String {
    let mut frame = BytesMut::new();
    encode_audio_into(&mut frame, pcm);
    // Base64 between two texts is text.
    String::from_utf8(frame.into()).unwrap_or_default()
}

/// Appends 16 kHz audio to `frames` as the UTF-8 text of one frame, like [`encode`] of [`RealtimeInput::audio_16k`].
/// It skips the message, since it runs fifty times a second.
///
/// It does not allocate while the buffer has room. Take each frame out with `frames.split().freeze()`. The room of a
/// frame is reused once it was sent and dropped.
pub fn encode_audio_into(frames: &mut BytesMut, pcm: &[u8]) {
    const BEFORE: &[u8] = br#"{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":""#;
    const AFTER: &[u8] = br#""}}}"#;
    frames.reserve(BEFORE.len() + pcm.len().div_ceil(3) * 4 + AFTER.len());
    frames.extend_from_slice(BEFORE);
    scalar::put_base64(pcm, frames);
    frames.extend_from_slice(AFTER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_framed_like_any_message() {
        let mut frames = BytesMut::new();
        for length in 0..7 {
            let pcm: Vec<u8> = (0..length).map(|n| n * 41).collect();
            let message = ClientMessage::RealtimeInput(RealtimeInput::audio_16k(pcm.clone()));
            assert_eq!(encode_audio(&pcm), encode(&message));
            encode_audio_into(&mut frames, &pcm);
            assert_eq!(frames.split(), encode(&message).as_bytes());
        }
        encode_audio_into(&mut frames, &[1]);
        encode_audio_into(&mut frames, &[2, 3]);
        assert_eq!(frames, (encode_audio(&[1]) + &encode_audio(&[2, 3])).as_bytes(), "appended");
    }

    #[test]
    fn base64_is_read_in_either_alphabet_with_or_without_padding() {
        for text in ["++//AQ==", "--__AQ==", "++//AQ", "--__AQ", "+-/_AQ", "++/\r\n/AQ==\n", "-- __AQ"] {
            let read: Base64 = serde_json::from_str(&format!("{text:?}")).expect(text);
            assert_eq!(read.0, [0xfb, 0xef, 0xff, 0x01], "{text}");
            assert_eq!(encode(&read), "\"++//AQ==\"");
        }
        for text in ["a!b", "=", "ab=cd", "a"] {
            assert!(serde_json::from_str::<Base64>(&format!("{text:?}")).is_err(), "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_read_however_written() {
        for text in ["{\"topK\":40}", "{\"top_k\":40.0}", "{\"topK\":\"40\"}"] {
            let read: GenerationConfig = serde_json::from_str(text).expect(text);
            assert_eq!(read.top_k, Some(40), "{text}");
        }
        assert!(serde_json::from_str::<GenerationConfig>("{\"topK\":40.5}").is_err());
        let read: SlidingWindow = serde_json::from_str("{\"targetTokens\":12}").expect("number");
        assert_eq!(read.target_tokens, Some(Int64::from(12)));
    }

    #[test]
    fn durations_are_read_and_written() {
        for (text, millis) in [("50s", 50_000), ("9.500s", 9_500), ("0.001s", 1)] {
            let read: WireDuration = serde_json::from_str(&format!("{text:?}")).expect(text);
            assert_eq!(read.0.as_millis(), millis, "{text}");
            assert_eq!(encode(&read), format!("{text:?}"));
        }
        assert_eq!(serde_json::from_str::<WireDuration>("\"-3s\"").expect("negative").0.as_millis(), 0);
        for text in ["\"s\"", "\"5\"", "\"1.0000000001s\"", "\"9e99s\"", "\"99999999999999999999s\"", "5"] {
            assert!(serde_json::from_str::<WireDuration>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_values_names_and_kinds_are_tolerated() {
        let frame = br#"{"serverContent":{"turnComplete":true,"turnCompleteReason":"TOO_LATE","mood":{"x":1}},"weather":{}}"#;
        let read = decode_server(frame).expect("a message");
        assert_eq!(read.skipped, ["serverContent.mood", "weather"]);
        assert_eq!(read.unknown_kinds().collect::<Vec<_>>(), ["weather"]);
        let reason = read.message.server_content.and_then(|content| content.turn_complete_reason);
        assert_eq!(reason, Some(TurnCompleteReason::Other("TOO_LATE".to_owned())));
        assert_eq!(encode(&reason), "\"TOO_LATE\"");
        let number: VadSignalType = serde_json::from_str("7").expect("an enum's number");
        assert_eq!(encode(&number), "7");
    }

    #[test]
    fn null_means_unset_and_user_data_keeps_its_names() {
        let text = r#"{"tool_response":{"function_responses":[{"id":null,"name":"f","response":{"a_b":{"c_d":null}}}]}}"#;
        let read = decode_client(text.as_bytes()).expect("a message");
        let want = r#"{"toolResponse":{"functionResponses":[{"name":"f","response":{"a_b":{"c_d":null}}}]}}"#;
        assert_eq!(encode(&read.message), want);
        let search = r#"{"setup":{"tools":[{"google_search":{"time_range_filter":{"start_time":"x"}}}]}}"#;
        let read = decode_client(search.as_bytes()).expect("a message");
        let want = r#"{"setup":{"tools":[{"googleSearch":{"timeRangeFilter":{"startTime":"x"}}}]}}"#;
        assert_eq!(encode(&read.message), want);
    }

    #[test]
    fn a_client_message_has_one_field() {
        for text in ["{}", r#"{"setup":{},"clientContent":{}}"#, r#"{"hello":{}}"#, "[]", "not json", ""] {
            assert!(decode_client(text.as_bytes()).is_err(), "{text}");
        }
        let bad = decode_client(b"<html>502 Bad Gateway</html>").expect_err("no JSON");
        assert!(bad.to_string().contains("<html>502"), "{bad}");
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let many =
            format!(r#"{{"serverContent":{{"modelTurn":{{"parts":[{}{{}}]}}}}}}"#, "{},".repeat(MAX_LIST));
        let read = decode_server(many.as_bytes()).expect("as many as fit");
        let turn = read.message.server_content.and_then(|content| content.model_turn).expect("a turn");
        assert_eq!((turn.parts.len(), read.malformed_count), (MAX_LIST, 1));
        let deep = format!(r#"{{"toolCall":{{"functionCalls":[{{"args":{}"#, "[".repeat(100_000));
        assert!(decode_server(deep.as_bytes()).is_err());
        let unknown = format!(r#"{{"{}":{}"#, "x".repeat(5000), "[".repeat(100_000));
        assert!(decode_server(unknown.as_bytes()).is_err());
        let long_name = format!(r#"{{"{}":1}}"#, "x".repeat(5000));
        assert!(decode_server(long_name.as_bytes()).is_ok_and(|read| read.skipped[0].len() < 200));
    }
}
