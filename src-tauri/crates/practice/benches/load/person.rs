//! A client as light as it can be: sends frames that were made before and looks at the headers of what comes.

use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::client::PATH;
use crate::sound::frame_of;

const SETUP: &str = r#"{"setup":{"model":"models/gemini-3.8-live","generationConfig":{"responseModalities":["AUDIO"]},"outputAudioTranscription":{}}}"#;
/// Messages up to this size are looked into, the others carry sound.
const SMALL: u64 = 1024;
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// What came of it.
#[derive(Default)]
pub(crate) struct Counts {
    /// From the writing of a frame to the answer of a ping right behind it.
    pub(crate) waits: Vec<Duration>,
    pub(crate) turns: u64,
    pub(crate) bytes: u64,
    /// Connections that ended by themselves.
    pub(crate) closed: u64,
    /// Frames that the socket did not take.
    pub(crate) refused: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.waits.extend(other.waits);
        self.turns += other.turns;
        self.bytes += other.bytes;
        self.closed += other.closed;
        self.refused += other.refused;
    }
}

/// One client.
pub(crate) struct Person {
    writer: OwnedWriteHalf,
    reading: JoinHandle<()>,
    seen: Arc<Mutex<Counts>>,
    since: Instant,
    /// The next frame.
    at: usize,
    refused: u64,
    /// What a full socket left of a frame.
    rest: Vec<u8>,
}

impl Person {
    /// Connects and sets up a session; the person begins with frame `at`.
    pub(crate) async fn connect(port: u16, at: usize) -> Result<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        until(&mut stream, b"\r\n\r\n").await?;
        stream.write_all(&frame_of(SETUP.as_bytes())).await?;
        until(&mut stream, b"{\"setupComplete\":{}}").await?;
        let since = Instant::now();
        let seen = Arc::new(Mutex::new(Counts::default()));
        let (reader, writer) = stream.into_split();
        let reading = tokio::spawn(read(reader, Arc::clone(&seen), since));
        Ok(Self { writer, reading, seen, since, at, refused: 0, rest: Vec::new() })
    }

    /// Sends the next frame without waiting, and asks when it was handled.
    pub(crate) fn send(&mut self, frames: &[Vec<u8>], ask: bool) {
        let frame = &frames[self.at % frames.len()];
        self.at += 1;
        if !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            self.write(&rest);
        }
        if !self.rest.is_empty() {
            self.refused += 1;
        } else if ask {
            self.write(&[frame.as_slice(), &ping(self.since.elapsed())].concat());
        } else {
            self.write(frame);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let taken = self.writer.try_write(bytes).unwrap_or(0);
        self.rest.extend(&bytes[taken..]);
    }

    /// Waits until everything that was sent is handled.
    pub(crate) async fn catch_up(&mut self) -> Result<()> {
        let rest = std::mem::take(&mut self.rest);
        self.writer.write_all(&rest).await.ok();
        let answered = self.look().waits.len();
        self.writer.write_all(&ping(self.since.elapsed())).await.ok();
        let answer = async {
            while self.look().waits.len() == answered && !self.reading.is_finished() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(ANSWER_WITHIN, answer).await.map_err(|_| Error::new(ErrorKind::TimedOut, "no pong"))
    }

    /// Ends the connection; returns what came over it.
    pub(crate) fn leave(self) -> Counts {
        let seen = std::mem::take(&mut *self.look());
        Counts { refused: self.refused, ..seen }
    }

    fn look(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// Reads up to and with these bytes; what follows them is not expected yet.
async fn until(stream: &mut TcpStream, end: &[u8]) -> Result<()> {
    let mut read = Vec::new();
    while !read.ends_with(end) {
        if stream.read_buf(&mut read).await? == 0 {
            let words = String::from_utf8_lossy(&read).into_owned();
            return Err(Error::new(ErrorKind::UnexpectedEof, words));
        }
    }
    Ok(())
}

/// A ping that carries the time.
fn ping(now: Duration) -> Vec<u8> {
    [&[0x89, 0x88, 0, 0, 0, 0][..], &(now.as_nanos() as u64).to_be_bytes()].concat()
}

async fn read(reader: OwnedReadHalf, seen: Arc<Mutex<Counts>>, since: Instant) {
    let mut frames = Frames::default();
    // On the stack of the one thread and not in each task: nothing is awaited while it is in use.
    while reader.readable().await.is_ok() {
        let mut bytes = [0; 16 << 10];
        let count = match reader.try_read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(_) => break,
        };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.bytes += count as u64;
        frames.take(&bytes[..count], |opcode, payload| match opcode {
            0xA => {
                let sent = payload.try_into().map(u64::from_be_bytes).unwrap_or_default();
                seen.waits.push(since.elapsed().saturating_sub(Duration::from_nanos(sent)));
            }
            0x8 => {}
            _ => seen.turns += u64::from(payload.windows(14).any(|part| part == b"\"turnComplete\"")),
        });
    }
    seen.lock().unwrap_or_else(PoisonError::into_inner).closed += 1;
}

/// Takes a stream of frames apart, from a server: without masks.
#[derive(Default)]
struct Frames {
    head: Vec<u8>,
    small: Vec<u8>,
    left: u64,
    keeps: bool,
    in_payload: bool,
}

impl Frames {
    fn take(&mut self, mut bytes: &[u8], mut frame: impl FnMut(u8, &[u8])) {
        while let Some((&first, others)) = bytes.split_first() {
            if self.in_payload {
                let taken = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                if self.keeps {
                    self.small.extend(&bytes[..taken]);
                }
                self.left -= taken as u64;
                bytes = &bytes[taken..];
            } else {
                self.head.push(first);
                bytes = others;
                let Some(length) = length_of(&self.head) else { continue };
                self.left = length;
                self.keeps = length <= SMALL;
                self.in_payload = true;
            }
            if self.left == 0 {
                frame(self.head[0] & 0xf, &self.small);
                self.head.clear();
                self.small.clear();
                self.in_payload = false;
            }
        }
    }
}

/// The length of the payload, once the header is whole.
fn length_of(head: &[u8]) -> Option<u64> {
    match head.get(1)? {
        126 => Some(u16::from_be_bytes(head.get(2..4)?.try_into().ok()?).into()),
        127 => Some(u64::from_be_bytes(head.get(2..10)?.try_into().ok()?)),
        short => Some((*short).into()),
    }
}
