//! Frames of the wire as lines of the events file: the JSON as it was, with sound and pictures cut down to their size
//! unless all of it is wanted. Pure.

use std::time::SystemTime;

use live_client::{Direction, TappedBody, TappedFrame};
use serde::Serialize;
use serde_json::Value;

use crate::cli::WireDetail;

/// How much of a frame that is no JSON is shown, in bytes.
const MOST_OF_OTHER: usize = 2048;

/// One line of the file.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireLine {
    /// In milliseconds since 1970.
    at: u64,
    wire: &'static str,
    #[serde(flatten)]
    body: Body,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Body {
    Frame(Value),
    Close { code: u16, reason: String },
    NoJson(String),
    LeftOut(u32),
}

/// The line of a frame, after one that says how many are missing before it, if any.
pub(crate) fn lines(frame: &TappedFrame, detail: WireDetail) -> Vec<WireLine> {
    let at = ms(frame.at);
    let wire = match frame.direction {
        Direction::Sent => "sent",
        Direction::Received => "received",
    };
    let missing =
        (frame.left_out > 0).then_some(WireLine { at, wire: "leftOut", body: Body::LeftOut(frame.left_out) });
    let body = match &frame.body {
        TappedBody::Close { code, reason } => Body::Close { code: *code, reason: reason.clone() },
        TappedBody::Message(bytes) => match serde_json::from_slice(bytes) {
            Ok(mut json) => {
                if detail == WireDetail::Short {
                    shorten(&mut json);
                }
                Body::Frame(json)
            }
            Err(_) => Body::NoJson(String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_OF_OTHER)]).into()),
        },
    };
    missing.into_iter().chain([WireLine { at, wire, body }]).collect()
}

/// Milliseconds since 1970.
pub(super) fn ms(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Puts their size in the place of sound and pictures: of every `data` beside a `mimeType`. What was read as JSON is nested
/// 128 deep at most.
fn shorten(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            let is_blob = fields.contains_key("mimeType");
            for (name, value) in fields {
                match value {
                    Value::String(data) if is_blob && name == "data" => {
                        *data = format!("{} bytes", decoded_len(data));
                    }
                    value => shorten(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(shorten),
        _ => {}
    }
}

/// How many bytes this base64 stands for.
fn decoded_len(base64: &str) -> usize {
    base64.trim_end_matches('=').len() * 3 / 4
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use serde_json::json;

    use super::*;

    fn frame(body: TappedBody, left_out: u32) -> TappedFrame {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        TappedFrame { at, direction: Direction::Sent, body, left_out }
    }

    fn message(json: &Value) -> TappedBody {
        TappedBody::Message(serde_json::to_vec(json).unwrap().into())
    }

    fn written(frame: &TappedFrame, detail: WireDetail) -> Vec<Value> {
        lines(frame, detail).iter().map(|line| serde_json::to_value(line).unwrap()).collect()
    }

    #[test]
    fn sound_is_cut_to_its_size_unless_all_is_wanted() {
        let sent =
            json!({"realtimeInput": {"audio": {"mimeType": "audio/pcm;rate=16000", "data": "AAAAAAA="}}});
        let short = written(&frame(message(&sent), 0), WireDetail::Short);
        let audio = json!({"mimeType": "audio/pcm;rate=16000", "data": "5 bytes"});
        let line = json!({"at": 1_700_000_000_123_u64, "wire": "sent", "frame": {"realtimeInput": {"audio": audio}}});
        assert_eq!(short, [line]);
        assert_eq!(written(&frame(message(&sent), 0), WireDetail::Full)[0]["frame"], sent);
    }

    #[test]
    fn data_that_is_neither_sound_nor_picture_stays() {
        let result = json!({"toolResponse": {"functionResponses": [{"response": {"data": "AAAA"}}]}});
        assert_eq!(written(&frame(message(&result), 0), WireDetail::Short)[0]["frame"], result);
    }

    #[test]
    fn closes_gaps_and_what_is_no_json_have_lines_too() {
        let close = TappedBody::Close { code: 1008, reason: "over".into() };
        let lines = written(&frame(close, 3), WireDetail::Short);
        assert_eq!((&lines[0]["wire"], &lines[0]["leftOut"]), (&json!("leftOut"), &json!(3)));
        assert_eq!(lines[1]["close"], json!({"code": 1008, "reason": "over"}));
        let other = TappedBody::Message(vec![b'x'; 10_000].into());
        assert_eq!(written(&frame(other, 0), WireDetail::Full)[0]["noJson"].as_str().unwrap().len(), 2048);
    }
}
