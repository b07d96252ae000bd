//! Recorded sessions with the real service, replayed: our server must answer with the same kinds of messages, in the same
//! order, with the same fields.
//!
//! `recorded.jsonl` holds the facts of public test recordings: a head line for each, then what was sent and received, in
//! order. What clients said, their functions and their sound are our own; of what the service sent only the form is kept.
//! "cut" recordings end with the test that made them, in the middle of a reply. What is compared is explained at [`shape`]
//! and [`runs`].

use std::collections::{BTreeSet, VecDeque};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use live_server::LiveServer;
use practice::{SpeechModels, SpeechToText};
use serde_json::Value;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, PATH, server_with};
use crate::speech::spoken_answer_to;

const VERTEX_PATH: &str = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";
/// So long nothing more may come; virtual time.
const QUIET: Duration = Duration::from_secs(5);
/// The least share of the runs of all recordings that must be the same, in percent.
const LEAST: f64 = 95.0;

/// Where our server differs: the recording, how what is missing (`-`) or too much (`+`) begins, and why.
const DIFFERENCES: [(&str, &str, &str); 6] = [
    ("history in two messages on 3.1", "+serverContent.modelTurn", NO_SOUND),
    ("history in two messages on 3.1", "-serverContent.turnComplete", NO_SOUND),
    ("history in two messages on 3.1", "+serverContent.turnComplete", NO_SOUND),
    ("call with two arguments on 2.5", "+serverContent.modelTurn", NO_THOUGHT),
    ("call with two arguments on 2.5", "-serverContent.turnComplete", NO_THOUGHT),
    ("call with two arguments on 2.5", "+serverContent.turnComplete", NO_THOUGHT),
];
const NO_SOUND: &str =
    "The recorded reply had words and no sound, and so no tokens of a reply. Ours is always heard.";
const NO_THOUGHT: &str =
    "2.5 thinks before most turns, and here it did not. Whether it does is its choice: ours always does.";

/// Hears the same words in whatever is said.
struct Hears(&'static str);

impl SpeechToText for Hears {
    fn transcribe(&self, _: &[i16], _: &AtomicBool) -> Option<::speech::Transcript> {
        Some(self.0.to_owned().into())
    }
}

/// A recorded session.
#[derive(Default)]
struct Recording {
    name: String,
    vertex: bool,
    /// Whether it ends where the service had more to send.
    cut: bool,
    lines: Vec<Line>,
}

enum Line {
    Sent { frame: Value, sound_ms: usize, times: usize },
    Received(String),
}

fn recordings() -> Vec<Recording> {
    let mut all: Vec<Recording> = Vec::new();
    for line in include_str!("recorded.jsonl").lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let times = line["times"].as_u64().unwrap_or(1) as usize;
        if let Some(name) = line["recording"].as_str() {
            let (vertex, cut) = (line["api"] == "vertex", line["ends"] == "cut");
            all.push(Recording { name: name.to_owned(), vertex, cut, lines: Vec::new() });
            continue;
        }
        let lines = &mut all.last_mut().expect("a head line comes first").lines;
        if line["sent"].is_object() {
            let sound_ms = line["sound"]["ms"].as_u64().unwrap_or(0) as usize;
            lines.push(Line::Sent { frame: line["sent"].clone(), sound_ms, times });
        } else {
            lines.extend((0..times).map(|_| Line::Received(shape(&line["received"]))));
        }
    }
    all
}

/// The fields of a message by their paths, with the values that say what kind of message it is. Texts, numbers and bytes are
/// not compared, nor what belongs to a function; of an id its form is.
fn shape(message: &Value) -> String {
    let mut paths = BTreeSet::new();
    collect(message, String::new(), &mut paths);
    paths.into_iter().collect::<Vec<_>>().join(" ")
}

fn collect(value: &Value, path: String, paths: &mut BTreeSet<String>) {
    let name = path.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
    match value {
        Value::Object(fields) if fields.is_empty() || name == "args" => {
            paths.insert(format!("{path}{{}}"));
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                collect(value, format!("{path}{dot}{name}"), paths);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, format!("{path}[]"), paths)),
        Value::Bool(value) => {
            paths.insert(format!("{path}={value}"));
        }
        Value::String(text) => {
            paths.insert(match name {
                "role" | "mimeType" | "modality" | "language" => format!("{path}={text}"),
                "id" | "sessionId" => format!("{path}={}", form_of(text)),
                _ => path,
            });
        }
        Value::Number(_) | Value::Null => {
            paths.insert(path);
        }
    }
}

/// An id with `#` for its decimal or hexadecimal digits.
fn form_of(id: &str) -> String {
    let is_uuid = id.len() == 36
        && id.chars().enumerate().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => matches!(c, '0'..='9' | 'a'..='f'),
        });
    if is_uuid {
        return "uuid".to_owned();
    }
    let digits = |c: char| c.is_ascii_digit();
    format!("{}{}", id.trim_end_matches(digits), if id.ends_with(digits) { "#" } else { "" })
}

const WORDS: &str = "serverContent.outputTranscription.text";

/// Messages that are alike and follow each other count once: how long a reply is and how it is cut is the model's choice. So
/// is how words and sound alternate, once there were both.
fn runs(shapes: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for shape in shapes {
        let of_reply = |shape: &String| shape == WORDS || shape.contains("inlineData");
        let reply = all.iter().rev().take_while(|shape| of_reply(shape)).filter(|before| **before == shape);
        if all.last() != Some(&shape) && (!of_reply(&shape) || reply.count() == 0) {
            all.push(shape);
        }
    }
    all
}

/// A session with our server.
struct Replay {
    client: Client,
    received: VecDeque<String>,
    /// The ids of the calls that were made and not answered.
    calls: VecDeque<Value>,
}

impl Replay {
    async fn of(recording: &Recording, server: &LiveServer, speech: &[i16]) -> Vec<String> {
        let path = if recording.vertex { VERTEX_PATH } else { PATH };
        let client = Client::connect_as(server, path, &[]).await.expect("a connection");
        let mut replay = Self { client, received: VecDeque::new(), calls: VecDeque::new() };
        let mut seen = 0;
        for line in &recording.lines {
            match line {
                Line::Received(expected) => {
                    // A recorded client goes on when it got what it waited for.
                    while !replay.received.iter().skip(seen).any(|shape| shape == expected) {
                        if !replay.read().await {
                            break;
                        }
                    }
                }
                Line::Sent { frame, sound_ms, times } => {
                    seen = replay.received.len();
                    for n in 0..*times {
                        replay.send(frame, speech, n * sound_ms, *sound_ms).await;
                    }
                }
            }
        }
        while replay.read().await {}
        replay.received.into()
    }

    /// Sends a frame, with sound from this moment of the speech in the place of its own.
    async fn send(&mut self, frame: &Value, speech: &[i16], from_ms: usize, ms: usize) {
        let mut frame = frame.to_string();
        if let Some(id) = self.calls.front().filter(|_| frame.contains("$call")) {
            frame = frame.replace("\"$call\"", &id.to_string());
            self.calls.pop_front();
        }
        let samples = speech.iter().skip(from_ms * 16).chain(std::iter::repeat(&0)).take(ms * 16);
        let bytes = live_proto::wire::Base64(samples.flat_map(|sample| sample.to_le_bytes()).collect());
        let data = serde_json::to_string(&bytes).expect("base64");
        frame = frame.replace("\"data\":\"\"", &format!("\"data\":{data}"));
        // A server that refuses the session may be gone.
        let _ = timeout(QUIET, self.client.socket.send(Message::text(frame))).await;
    }

    /// Takes the next message. Returns false when none comes for a while, or none will come.
    async fn read(&mut self) -> bool {
        match timeout(QUIET, self.client.socket.next()).await {
            Ok(Some(Ok(Message::Binary(frame)))) => {
                let message: Value = serde_json::from_slice(&frame).expect("JSON");
                let calls = message.pointer("/toolCall/functionCalls").and_then(Value::as_array);
                self.calls.extend(calls.into_iter().flatten().map(|call| call["id"].clone()));
                self.received.push_back(shape(&message));
                true
            }
            Ok(Some(Ok(Message::Close(close)))) => {
                let reason =
                    close.map(|close| format!("{} {}", u16::from(close.code), close.reason.as_str()));
                self.received.push_back(format!("close {}", reason.unwrap_or_default()));
                false
            }
            _ => false,
        }
    }
}

/// What is missing and what is too much in the second list, and how many are in both. A cut list may go on in the second.
fn compare(expected: &[String], got: &[String], cut: bool) -> (Vec<String>, usize) {
    // The longest common subsequence, from each pair of places on.
    let mut common = vec![vec![0; got.len() + 1]; expected.len() + 1];
    for e in (0..expected.len()).rev() {
        for g in (0..got.len()).rev() {
            let skipped = common[e + 1][g].max(common[e][g + 1]);
            common[e][g] = if expected[e] == got[g] { common[e + 1][g + 1] + 1 } else { skipped };
        }
    }
    let (mut e, mut g, mut same, mut differences) = (0, 0, 0, Vec::new());
    while e < expected.len() || g < got.len() {
        if e < expected.len() && g < got.len() && expected[e] == got[g] {
            (e, g, same) = (e + 1, g + 1, same + 1);
        } else if g == got.len() || e < expected.len() && common[e + 1][g] >= common[e][g + 1] {
            differences.push(format!("-{}", expected[e]));
            e += 1;
        } else {
            if !(cut && common[e][g] == 0 && e == expected.len()) {
                differences.push(format!("+{}", got[g]));
            }
            g += 1;
        }
    }
    (differences, same)
}

/// Three seconds: silence, words, silence.
async fn speech() -> Vec<i16> {
    let words = spoken_answer_to("thanks").await;
    // From 24 to 16 kHz, badly, but well enough to be speech.
    let words = words.chunks_exact(3).flat_map(|three| [three[0], three[2]]);
    std::iter::repeat_n(0, 8_000).chain(words.take(24_000)).collect()
}

#[tokio::test(start_paused = true)]
async fn recorded_sessions_are_answered_as_by_the_service() {
    let speech = speech().await;
    let models = SpeechModels::of(None, Some(Arc::new(Hears("Hello, my name is Ada."))));
    let server = server_with(|config| {
        config.practice.models = models;
        config.server.retired_models = true;
    });
    let (mut same, mut different, mut surprises) = (0, 0, Vec::new());
    for recording in recordings() {
        let expected = recording.lines.iter().filter_map(|line| match line {
            Line::Received(shape) => Some(shape.clone()),
            Line::Sent { .. } => None,
        });
        let got = runs(Replay::of(&recording, &server, &speech).await);
        let (differences, alike) = compare(&runs(expected), &got, recording.cut);
        same += alike;
        // What stands in the place of another counts once.
        let too_much = differences.iter().filter(|difference| difference.starts_with('+')).count();
        different += too_much.max(differences.len() - too_much);
        let named: Vec<_> = DIFFERENCES.iter().filter(|(name, ..)| *name == recording.name).collect();
        let is_named = named.len() == differences.len()
            && named
                .iter()
                .zip(&differences)
                .all(|((_, begin, why), all)| all.starts_with(begin) && !why.is_empty());
        if !is_named {
            surprises.push(format!("{}:\n    {}", recording.name, differences.join("\n    ")));
        }
    }
    let rate = 100.0 * same as f64 / (same + different) as f64;
    writeln!(std::io::stderr(), "{rate:.1} % as recorded: {same} the same, {different} different")
        .expect("told");
    assert!(surprises.is_empty(), "{rate:.1} % as recorded. Not named:\n{}", surprises.join("\n"));
    assert!(rate >= LEAST, "{rate:.1} %");
}
