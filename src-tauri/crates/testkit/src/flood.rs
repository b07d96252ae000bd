//! A Live server on a loopback port that floods its client with pings, endless messages, turns, calls or sources, to
//! measure what a client keeps in memory.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::accept_async;

/// The flood stops when the client reads nothing for this long.
const STALLED: Duration = Duration::from_secs(20);
/// The transcript of the largest allowed turn, in bytes.
const LARGE: usize = 240 * 1024;

/// The kind of a flood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flood {
    /// Pings of 125 bytes; the pongs are not read.
    Pings,
    /// One endless message in fragments of one byte.
    Fragments,
    /// One endless message in empty fragments.
    EmptyFragments,
    /// One endless message in fragments of 64 KiB.
    LargeFragments,
    /// Turns with a transcript of 240 KB each.
    LargeTurns,
    /// Turns with a transcript of 1 KB each.
    SmallTurns,
    /// One endless turn, 1 KB per message.
    EndlessTurn,
    /// Transcripts of the person, 1 KB each.
    Questions,
    /// Function calls with different ids.
    Calls,
    /// Function calls with arguments of 200 KB.
    LargeCalls,
    /// Turns with 2,000 sources each.
    Sources,
    /// Messages of an unknown kind.
    Unknown,
    /// Audio, ten seconds per message.
    Sound,
}

impl Flood {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Pings,
        Self::Fragments,
        Self::EmptyFragments,
        Self::LargeFragments,
        Self::LargeTurns,
        Self::SmallTurns,
        Self::EndlessTurn,
        Self::Questions,
        Self::Calls,
        Self::LargeCalls,
        Self::Sources,
        Self::Unknown,
        Self::Sound,
    ];

    /// Returns the `n`-th piece as bytes of WebSocket frames.
    fn piece(self, n: u64) -> Vec<u8> {
        let turn = |text: String| {
            let words = json!({"serverContent": {"outputTranscription": {"text": text}}});
            [message(&words), message(&json!({"serverContent": {"turnComplete": true}}))].concat()
        };
        match self {
            Self::Pings => frame(0x89, &[b'p'; 125]),
            Self::Fragments => frame(if n == 0 { 0x02 } else { 0x00 }, b" "),
            Self::EmptyFragments => frame(if n == 0 { 0x02 } else { 0x00 }, b""),
            Self::LargeFragments => frame(if n == 0 { 0x02 } else { 0x00 }, &" ".repeat(64 * 1024).into_bytes()),
            Self::LargeTurns => turn(format!("{n} ").repeat(LARGE / 8)),
            Self::SmallTurns => turn(format!("{n} of many words ").repeat(48)),
            Self::EndlessTurn => {
                message(&json!({"serverContent": {"outputTranscription": {"text": format!("{n} word ").repeat(90)}}}))
            }
            Self::Questions => [
                message(&json!({"serverContent": {"inputTranscription": {"text": format!("{n} words ").repeat(90)}}})),
                message(&json!({"serverContent": {"turnComplete": true}})),
            ]
            .concat(),
            Self::Calls => call(n, &json!({"location": "Tokyo"})),
            Self::LargeCalls => call(n, &json!({"location": "x".repeat(200_000)})),
            Self::Sources => {
                let chunks: Vec<Value> = (0..2_000)
                    .map(|k| json!({"web": {"uri": format!("https://example.org/{n}/{k}"), "title": format!("{k}")}}))
                    .collect();
                message(&json!({"serverContent": {
                    "groundingMetadata": {"groundingChunks": chunks, "webSearchQueries": ["a", "a"]},
                    "turnComplete": true
                }}))
            }
            Self::Unknown => message(&json!({format!("news{n}"): {"text": "x".repeat(1_000)}})),
            Self::Sound => message(&json!({"serverContent": {"modelTurn": {"parts": [
                {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAAA".repeat(160_000)}}]}}})),
        }
    }
}

fn call(n: u64, args: &Value) -> Vec<u8> {
    message(&json!({"toolCall": {"functionCalls": [
        {"id": format!("call-{n}"), "name": "no_such_function", "args": args}]}}))
}

fn message(value: &Value) -> Vec<u8> {
    frame(0x82, value.to_string().as_bytes())
}

/// Returns a server's frame: first byte, length, payload.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(length as u8),
        length @ 126..65_536 => {
            bytes.push(126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend(payload);
    bytes
}

/// A flooding server. Dropping it stops it.
#[derive(Debug)]
pub struct FloodServer {
    address: SocketAddr,
    work: JoinHandle<u64>,
}

impl FloodServer {
    /// Listens on a free port, floods each client in turn with at most `pieces` pieces, and then keeps the connection
    /// open.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(flood: Flood, pieces: u64) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok(Self { address, work: tokio::spawn(serve(listener, flood, pieces)) })
    }

    /// Returns its address as an endpoint.
    pub fn endpoint(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Returns whether everything was sent, or the client stopped reading.
    pub fn is_done(&self) -> bool {
        self.work.is_finished()
    }

    /// Waits until [`is_done`](Self::is_done) and returns how many pieces the client took.
    pub async fn done(&mut self) -> u64 {
        (&mut self.work).await.unwrap_or_default()
    }
}

impl Drop for FloodServer {
    fn drop(&mut self) {
        self.work.abort();
    }
}

async fn serve(listener: TcpListener, flood: Flood, pieces: u64) -> u64 {
    let mut sent = 0;
    let mut kept = Vec::new();
    while sent < pieces {
        let Ok(Ok((stream, _))) = timeout(STALLED, listener.accept()).await else { return sent };
        if let Some(line) = pour(stream, flood, pieces, &mut sent).await {
            kept.push(line);
        }
    }
    sent
}

/// Floods one client; returns the stream if it is still open.
async fn pour(stream: TcpStream, flood: Flood, pieces: u64, sent: &mut u64) -> Option<TcpStream> {
    let mut socket = timeout(STALLED, accept_async(stream)).await.ok()?.ok()?;
    let _setup = timeout(STALLED, socket.next()).await.ok()??;
    // What tungstenite read ahead is lost, and we don't read here.
    let mut line = socket.into_inner();
    line.write_all(&message(&json!({"setupComplete": {}}))).await.ok()?;
    let mut n = 0;
    while *sent < pieces {
        let mut batch = Vec::new();
        while batch.len() < 32 * 1024 && *sent < pieces {
            batch.extend(flood.piece(n));
            n += 1;
            *sent += 1;
        }
        match timeout(STALLED, line.write_all(&batch)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return None,
            Err(_) => {
                *sent = pieces;
                return Some(line);
            }
        }
    }
    Some(line)
}
