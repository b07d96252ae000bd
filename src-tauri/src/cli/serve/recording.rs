//! `serve --record`: every frame of every connection as a line of JSON (docs/SDK.md).
//!
//! A thread of its own writes, so that a slow disk holds up no session: what it can't keep up with is left out, and the file
//! says so. A disk that is full is told once; the file then ends with a whole line, and the sessions go on. Keys and tokens
//! are taken out of every line: those that a client presented, and what stands under a name such as `apiKey`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use live_server::{Direction, Seen, TapReceiver, Tapped};
use net::Scrubber;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::cli::print;
use crate::config::files;
use crate::messages;

/// Lines that are written at once, in bytes.
const BATCH: usize = 256 << 10;
/// How much is kept of a frame that is no JSON, in bytes.
const MOST_OF_OTHER: usize = 64 << 10;
/// How long the last lines may take to be written.
const LAST_LINES: Duration = Duration::from_secs(10);
/// What replaces a secret, as in [`Scrubber`].
const REDACTED: &str = "[redacted]";
/// Names of what is secret, without marks and in lower case.
const SECRET_NAMES: [&str; 10] = [
    "apikey",
    "xgoogapikey",
    "authorization",
    "proxyauthorization",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "clientsecret",
    "password",
    "cookie",
];
/// All that stands in this is secret: a client's own tools are reached with it.
const SECRET_OBJECT: &str = "headers";

/// A file that frames are written to.
pub(crate) struct RecordingFile {
    path: PathBuf,
    file: File,
    /// How much of it is whole lines, in bytes.
    whole: u64,
    begun: SystemTime,
    /// What must not be kept of each connection that is open.
    secrets: HashMap<u64, Scrubber>,
}

impl RecordingFile {
    /// Creates it, and writes its first line. Blocks: a pipe waits for somebody who reads.
    ///
    /// # Errors
    /// `AlreadyExists` when there is something in it and `overwrites` is false; else what the system says.
    pub(crate) fn create(path: &Path, overwrites: bool) -> io::Result<Self> {
        let is_in_use = fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() > 0);
        if is_in_use && !overwrites {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let file = files::create_private(path)?;
        let begun = SystemTime::now();
        let mut recording = Self { path: path.to_owned(), file, whole: 0, begun, secrets: HashMap::new() };
        let at = begun.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let head = Head { source: concat!("vivavoce serve ", env!("CARGO_PKG_VERSION")), at };
        recording.write(&serde_json::to_string(&head)?)?;
        Ok(recording)
    }

    /// Writes what is tapped, on a thread, until the server is gone.
    pub(crate) fn record(self, tapped: TapReceiver) -> io::Result<Recording> {
        let (done, is_whole) = oneshot::channel();
        threads::spawn("recording", move || {
            // Nobody waits for it where the program ends at once.
            _ = done.send(self.write_all(tapped));
        })?;
        Ok(Recording(is_whole))
    }

    /// Returns whether everything was written.
    fn write_all(mut self, mut tapped: TapReceiver) -> bool {
        let mut is_whole = true;
        while let Some(first) = tapped.blocking_recv() {
            let mut lines = String::new();
            let mut next = Some(first);
            while let Some(tapped_now) = next.take() {
                is_whole &= tapped_now.left_out == 0;
                self.add_lines(&tapped_now, &mut lines);
                next = if lines.len() < BATCH { tapped.try_recv() } else { None };
            }
            if let Err(error) = self.write(&lines) {
                print::say(&messages::recording_lost(&self.path, &error));
                return false;
            }
        }
        is_whole
    }

    /// Writes whole lines, or nothing of them where the file is a plain one. The last line need not be ended.
    fn write(&mut self, lines: &str) -> io::Result<()> {
        let lines = print::escaped(lines.trim_end_matches('\n')).into_owned() + "\n";
        match self.file.write_all(lines.as_bytes()) {
            Ok(()) => {
                self.whole += lines.len() as u64;
                Ok(())
            }
            Err(error) => {
                // A pipe or a device can't be cut.
                _ = self.file.set_len(self.whole);
                Err(error)
            }
        }
    }

    /// Appends the line of what was seen, after one that says how much is missing before it, if anything.
    fn add_lines(&mut self, tapped: &Tapped, lines: &mut String) {
        let Tapped { at, connection, what, left_out } = tapped;
        let ms = at.duration_since(self.begun).map_or(0, |since| since.as_millis() as u64);
        let mut add = |what: What<'_>| {
            // None of these can fail to be JSON.
            if let Ok(line) = serde_json::to_string(&Line { ms, connection: *connection, what }) {
                lines.push_str(&line);
                lines.push('\n');
            }
        };
        if *left_out > 0 {
            add(What::LeftOut { left_out: *left_out });
        }
        match what {
            Seen::Opened { path, secrets } => {
                let secrets = Scrubber::new(secrets.0.iter().cloned());
                add(What::Open { open: &secrets.text(path) });
                self.secrets.insert(*connection, secrets);
            }
            Seen::Frame { direction, bytes } => {
                let clean = match self.secrets.get(connection) {
                    Some(secrets) => secrets.message(bytes.clone()),
                    None => bytes.clone(),
                };
                let dir = Dir::from(*direction);
                if let Some(frame) = as_json(&clean) {
                    add(What::Frame { dir, frame });
                } else {
                    let bytes = &clean[..clean.len().min(MOST_OF_OTHER)];
                    add(What::NoJson { dir, text: &String::from_utf8_lossy(bytes) });
                }
            }
            Seen::Close { direction, code, reason } => {
                let reason = self
                    .secrets
                    .get(connection)
                    .map_or_else(|| reason.clone(), |secrets| secrets.text(reason));
                add(What::Close {
                    dir: Dir::from(*direction),
                    close: Close { code: *code, reason: &reason },
                });
            }
            Seen::Ended => {
                self.secrets.remove(connection);
                add(What::End { end: true });
            }
        }
    }
}

/// What is being written.
pub(crate) struct Recording(oneshot::Receiver<bool>);

impl Recording {
    /// Waits until the last line is written, for ten seconds at most. The server must be gone. Returns whether everything was
    /// recorded.
    pub(crate) async fn finished(self) -> bool {
        timeout(LAST_LINES, self.0).await.is_ok_and(|done| done == Ok(true))
    }
}

/// The first line.
#[derive(Serialize)]
struct Head {
    source: &'static str,
    /// When it began, in milliseconds since 1970.
    at: u64,
}

/// Any other line.
#[derive(Serialize)]
struct Line<'a> {
    /// Since the first line.
    ms: u64,
    connection: u64,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What<'a> {
    Open {
        open: &'a str,
    },
    Frame {
        dir: Dir,
        frame: Box<RawValue>,
    },
    NoJson {
        dir: Dir,
        text: &'a str,
    },
    Close {
        dir: Dir,
        close: Close<'a>,
    },
    #[serde(rename_all = "camelCase")]
    LeftOut {
        left_out: u32,
    },
    End {
        end: bool,
    },
}

#[derive(Serialize)]
struct Close<'a> {
    code: u16,
    reason: &'a str,
}

/// As the client sees it.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Dir {
    Sent,
    Received,
}

impl From<Direction> for Dir {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Sent => Self::Sent,
            Direction::Received => Self::Received,
        }
    }
}

/// A frame as it came, in one line and without what is secret by its name; `None` when it is no JSON.
fn as_json(frame: &[u8]) -> Option<Box<RawValue>> {
    let raw: &RawValue = serde_json::from_slice(frame).ok()?;
    let letters: String =
        raw.get().chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
    let may_have_secrets = SECRET_NAMES.iter().chain([&SECRET_OBJECT]).any(|name| letters.contains(name));
    if !may_have_secrets && !raw.get().contains(['\n', '\r']) {
        return Some(raw.to_owned());
    }
    let mut json: Value = serde_json::from_slice(frame).ok()?;
    redact(&mut json, false);
    to_raw_value(&json).ok()
}

/// Takes out what stands under the name of a secret. What was read as JSON is nested 128 deep at most.
fn redact(json: &mut Value, is_secret: bool) {
    match json {
        Value::String(text) if is_secret => REDACTED.clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(|value| redact(value, is_secret)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let name: String =
                    name.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
                let is_named = SECRET_NAMES.contains(&name.as_str()) && value.is_string();
                redact(value, is_secret || is_named || name == SECRET_OBJECT);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use live_server::{LiveServer, Secrets, ServerConfig, tap};
    use practice::PracticeConfig;
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const UPGRADE: &str = "GET /ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent HTTP/1.1\r\n\
        Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

    fn seen(connection: u64, what: Seen) -> Tapped {
        Tapped { at: SystemTime::now(), connection, what, left_out: 0 }
    }

    fn frame(direction: Direction, bytes: &str) -> Seen {
        Seen::Frame { direction, bytes: bytes.as_bytes().to_vec().into() }
    }

    fn written(all: &[Tapped]) -> (Vec<Value>, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.jsonl");
        let mut file = RecordingFile::create(&path, false).unwrap();
        let mut lines = String::new();
        for tapped in all {
            file.add_lines(tapped, &mut lines);
        }
        file.write(&lines).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), text)
    }

    #[test]
    fn each_thing_seen_is_a_line() {
        let pretty = "{\n  \"setup\": {\"model\": \"m\"}\n}";
        let (lines, text) = written(&[
            seen(1, Seen::Opened { path: "/ws/x".into(), secrets: Secrets::default() }),
            seen(1, frame(Direction::Sent, pretty)),
            seen(1, frame(Direction::Received, "{\"b\":1,\"a\":2}")),
            Tapped { left_out: 3, ..seen(1, frame(Direction::Received, "no json")) },
            seen(1, Seen::Close { direction: Direction::Received, code: 1011, reason: "over".into() }),
            seen(1, Seen::Ended),
        ]);
        assert!(lines[0]["source"].as_str().unwrap().starts_with("vivavoce serve "), "{text}");
        let rest: Vec<Value> = lines[1..]
            .iter()
            .cloned()
            .map(|mut line| {
                assert!(line["ms"].is_u64() && line["connection"] == 1, "{line}");
                line.as_object_mut().unwrap().retain(|name, _| name != "ms" && name != "connection");
                line
            })
            .collect();
        let expected = [
            json!({"open": "/ws/x"}),
            json!({"dir": "sent", "frame": {"setup": {"model": "m"}}}),
            json!({"dir": "received", "frame": {"a": 2, "b": 1}}),
            json!({"leftOut": 3}),
            json!({"dir": "received", "text": "no json"}),
            json!({"dir": "received", "close": {"code": 1011, "reason": "over"}}),
            json!({"end": true}),
        ];
        assert_eq!(rest, expected);
        assert!(
            text.contains("\"dir\":\"received\",\"frame\":{\"b\":1,\"a\":2}}"),
            "a frame stays as it came: {text}"
        );
    }

    #[test]
    fn no_secret_is_kept() {
        let key = "AIzaSy-0123456789";
        let setup = json!({"setup": {
            "systemInstruction": {"parts": [{"text": format!("My key is {key}.")}]},
            "tools": [{"mcpServers": [{"url": "https://a", "headers": {"X-Any": ["one"], "n": {"m": "two"}}}]}],
            "api_key": "three", "generationConfig": {"Authorization": "Bearer four"}
        }});
        let opened = Seen::Opened { path: format!("/ws/{key}"), secrets: Secrets(vec![key.into()]) };
        let declared = json!({"setup": {"parameters": {"properties": {"password": {"type": "STRING"}}}}});
        let (lines, text) = written(&[
            seen(1, opened),
            seen(1, frame(Direction::Sent, &setup.to_string())),
            seen(1, frame(Direction::Received, &format!("{key} is no JSON"))),
            seen(1, Seen::Close { direction: Direction::Received, code: 1007, reason: format!("bad {key}") }),
            seen(2, frame(Direction::Sent, &declared.to_string())),
        ]);
        for secret in [key, "one", "two", "three", "four"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert_eq!(lines[5]["frame"], declared, "what is only called so stays");
    }

    #[test]
    fn a_file_with_something_in_it_is_not_overwritten_unless_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.jsonl");
        fs::write(&path, "").unwrap();
        drop(RecordingFile::create(&path, false).unwrap());
        let refused = RecordingFile::create(&path, false).err().map(|error| error.kind());
        assert_eq!(refused, Some(ErrorKind::AlreadyExists));
        drop(RecordingFile::create(&path, true).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_full_disk_ends_the_recording_and_no_session() {
        let refused = RecordingFile::create(Path::new("/dev/full"), false).err();
        assert_eq!(refused.map(|error| error.kind()), Some(ErrorKind::StorageFull));
        for (is_full, is_whole) in [(false, true), (true, false)] {
            let folder = tempfile::tempdir().unwrap();
            let mut file = RecordingFile::create(&folder.path().join("calls.jsonl"), false).unwrap();
            if is_full {
                file.file = File::options().write(true).open("/dev/full").unwrap();
            }
            let (tap, tapped) = tap();
            let recording = file.record(tapped).unwrap();
            let config = ServerConfig { tap: Some(tap), ..ServerConfig::default() };
            let server = LiveServer::new(config, practice::PracticeAgent::factory(PracticeConfig::default()));
            let (mut ours, theirs) = tokio::io::duplex(1 << 10);
            let serving = server.serve_stream(theirs);
            let asking = async {
                ours.write_all(UPGRADE.as_bytes()).await.unwrap();
                let mut answer = [0; 12];
                ours.read_exact(&mut answer).await.unwrap();
                drop(ours);
                answer
            };
            assert_eq!(tokio::join!(serving, asking).1, *b"HTTP/1.1 101");
            drop(server);
            assert_eq!(recording.finished().await, is_whole);
        }
    }
}
