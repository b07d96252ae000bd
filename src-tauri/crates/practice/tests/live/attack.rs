//! Clients that try to make the server hold more and more, over real sockets: each kind for as long as it is told. Shared by
//! the test `memory` and by the bench `hostile`, which look at what the process holds meanwhile.

use std::io;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::future::BoxFuture;
use live_server::{Listener, LiveServer, ServerConfig};
use practice::{PracticeAgent, PracticeConfig};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout_at};

use crate::client::PATH;

const KEY: &str = "sesame";
const SETUP: &str = r#"{"setup":{"model":"models/gemini-3.8-live","sessionResumption":{},"tools":[{"functionDeclarations":[{"name":"get_weather","behavior":"NON_BLOCKING","parameters":{"type":"OBJECT","properties":{"location":{"type":"STRING"}}}}]}]}}"#;
/// Frames that go out together: an attacker is not polite.
const BULK: usize = 256 << 10;

/// One way to do harm.
#[derive(Clone, Copy)]
pub(crate) struct Attack {
    /// In plain words.
    pub(crate) name: &'static str,
    /// How many do it at once.
    clients: usize,
    /// Whether the server wants a key; none of them has it.
    is_locked: bool,
    /// Once, from connecting to the end of the connection.
    act: fn(SocketAddr) -> BoxFuture<'static, io::Result<()>>,
}

pub(crate) const ATTACKS: [Attack; 15] = [
    Attack {
        name: "pings, and nothing is read",
        clients: 8,
        is_locked: false,
        act: |at| Box::pin(pings(at, true)),
    },
    Attack {
        name: "pings without a setup",
        clients: 8,
        is_locked: true,
        act: |at| Box::pin(pings(at, false)),
    },
    Attack {
        name: "messages in pieces without an end",
        clients: 200,
        is_locked: false,
        act: |at| Box::pin(pieces(at)),
    },
    Attack {
        name: "empty pieces without an end",
        clients: 20,
        is_locked: false,
        act: |at| Box::pin(empty_pieces(at)),
    },
    Attack {
        name: "16 MiB announced and never sent",
        clients: 300,
        is_locked: false,
        act: |at| Box::pin(announced(at)),
    },
    Attack {
        name: "16 MiB sent without the key",
        clients: 200,
        is_locked: true,
        act: |at| Box::pin(unproven(at)),
    },
    Attack {
        name: "900 KB of a setup, and then nothing",
        clients: 200,
        is_locked: false,
        act: |at| Box::pin(half_a_setup(at)),
    },
    Attack { name: "large setups", clients: 100, is_locked: false, act: |at| Box::pin(large_setups(at)) },
    Attack { name: "nothing at all", clients: 600, is_locked: false, act: |at| Box::pin(silent(at)) },
    Attack { name: "turns of 240 KB", clients: 8, is_locked: false, act: |at| Box::pin(turns(at, true)) },
    Attack {
        name: "turns of 240 KB, and nothing is read",
        clients: 50,
        is_locked: false,
        act: |at| Box::pin(turns(at, false)),
    },
    Attack {
        name: "questions, and no answer is read",
        clients: 200,
        is_locked: false,
        act: |at| Box::pin(unread(at)),
    },
    Attack {
        name: "calls, answers to calls, and timers",
        clients: 8,
        is_locked: false,
        act: |at| Box::pin(calls(at)),
    },
    Attack { name: "pictures of 4 MB", clients: 60, is_locked: false, act: |at| Box::pin(pictures(at)) },
    Attack {
        name: "minutes of noise in one message",
        clients: 20,
        is_locked: false,
        act: |at| Box::pin(noise(at)),
    },
];

impl Attack {
    /// Does it for so long, again and again; how often a connection was made.
    pub(crate) async fn run(&self, time: Duration) -> io::Result<usize> {
        let key = self.is_locked.then(|| KEY.to_owned());
        let config = ServerConfig { key, ..ServerConfig::default() };
        let server = LiveServer::new(config, PracticeAgent::factory(PracticeConfig::default()));
        let listening: Listener = server.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let (address, act) = (listening.local_addr(), self.act);
        let end = Instant::now() + time;
        let mut clients = JoinSet::new();
        for _ in 0..self.clients {
            clients.spawn(async move {
                let mut made = 0;
                while let Ok(done) = timeout_at(end, act(address)).await {
                    made += 1;
                    if done.is_err() {
                        // Thrown out: at once again.
                        tokio::task::yield_now().await;
                    }
                }
                made + 1
            });
        }
        let mut made = 0;
        while let Some(done) = clients.join_next().await {
            made += done.map_err(io::Error::other)?;
        }
        Ok(made)
    }
}

fn frame(first: u8, length: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match length {
        0..126 => frame.push(0x80 | length as u8),
        126..65_536 => {
            frame.push(0x80 | 0x7e);
            frame.extend((length as u16).to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 0x7f);
            frame.extend(length.to_be_bytes());
        }
    }
    // A mask of zeros changes nothing.
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

fn text(payload: &str) -> Vec<u8> {
    frame(0x81, payload.len() as u64, payload.as_bytes())
}

/// A connection whose upgrade was accepted.
async fn upgraded(at: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(at).await?;
    let head = format!(
        "GET {PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await?);
    }
    Ok(stream)
}

/// One that was set up, and whose next messages are not read.
async fn set_up(at: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = upgraded(at).await?;
    stream.write_all(&text(SETUP)).await?;
    let mut ready = [0; 64];
    if stream.read(&mut ready).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(stream)
}

/// Sends the same over and over, until the server has enough.
async fn over_and_over(stream: &mut (impl AsyncWriteExt + Unpin), frames: &[u8]) -> io::Result<()> {
    loop {
        stream.write_all(frames).await?;
    }
}

/// Until the server ends the connection; what comes is not kept.
async fn until_closed(mut stream: TcpStream) -> io::Result<()> {
    copy(&mut stream, &mut sink()).await.map(|_| ())
}

/// Reads and forgets while the other half writes. Ends with what it is dropped with.
struct Reading(JoinHandle<()>);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn read_on(stream: TcpStream) -> (tokio::net::tcp::OwnedWriteHalf, Reading) {
    let (mut read, write) = stream.into_split();
    let reading = tokio::spawn(async move {
        let _ = copy(&mut read, &mut sink()).await;
    });
    (write, Reading(reading))
}

/// What is sent, once for all who send it: what is measured is the server.
type Frames = LazyLock<Vec<u8>>;

/// As many of these frames as an attacker writes at once.
fn bulk(frames: &[u8]) -> Vec<u8> {
    frames.repeat((BULK / frames.len()).max(1))
}

async fn pings(at: SocketAddr, is_set_up: bool) -> io::Result<()> {
    static PINGS: Frames = Frames::new(|| bulk(&frame(0x89, 125, &[7; 125])));
    let mut stream = if is_set_up { set_up(at).await? } else { upgraded(at).await? };
    over_and_over(&mut stream, &PINGS).await
}

async fn pieces(at: SocketAddr) -> io::Result<()> {
    static PIECES: Frames = Frames::new(|| frame(0x00, 60_000, &[b' '; 60_000]));
    let mut stream = set_up(at).await?;
    stream.write_all(&frame(0x01, 1, b"{")).await?;
    over_and_over(&mut stream, &PIECES).await
}

async fn empty_pieces(at: SocketAddr) -> io::Result<()> {
    static PIECES: Frames = Frames::new(|| bulk(&frame(0x00, 0, &[])));
    let mut stream = set_up(at).await?;
    stream.write_all(&frame(0x01, 0, &[])).await?;
    over_and_over(&mut stream, &PIECES).await
}

async fn announced(at: SocketAddr) -> io::Result<()> {
    let mut stream = set_up(at).await?;
    stream.write_all(&frame(0x82, 16 << 20, &[b' '; 1_000])).await?;
    until_closed(stream).await
}

async fn unproven(at: SocketAddr) -> io::Result<()> {
    static BLANKS: Frames = Frames::new(|| vec![b' '; BULK]);
    let mut stream = upgraded(at).await?;
    stream.write_all(&frame(0x82, 16 << 20, &[])).await?;
    over_and_over(&mut stream, &BLANKS).await
}

async fn half_a_setup(at: SocketAddr) -> io::Result<()> {
    static HALF: Frames = Frames::new(|| frame(0x81, 1_000_000, &[b' '; 900_000]));
    let mut stream = upgraded(at).await?;
    stream.write_all(&HALF).await?;
    until_closed(stream).await
}

async fn large_setups(at: SocketAddr) -> io::Result<()> {
    // As large in memory as JSON can be for its length.
    static SETUP: Frames = Frames::new(|| {
        let schema = format!("[{}{{}}]", "{},".repeat(300_000));
        let functions = format!(r#"[{{"name":"f","parameters":{{"anyOf":{schema}}}}}]"#);
        let tools = format!(r#"[{{"functionDeclarations":{functions}}}]"#);
        text(&format!(r#"{{"setup":{{"model":"models/gemini-3.8-live","tools":{tools}}}}}"#))
    });
    let mut stream = upgraded(at).await?;
    stream.write_all(&SETUP).await?;
    until_closed(stream).await
}

async fn silent(at: SocketAddr) -> io::Result<()> {
    until_closed(TcpStream::connect(at).await?).await
}

async fn turns(at: SocketAddr, reads: bool) -> io::Result<()> {
    static TURNS: Frames = Frames::new(|| {
        let words = "word ".repeat(48_000);
        let turn = json!({"role": "user", "parts": [{"text": words}]});
        let content = json!({"clientContent": {"turns": [turn], "turnComplete": true}});
        let typed = json!({"realtimeInput": {"text": words}});
        [text(&typed.to_string()), text(&content.to_string())].concat()
    });
    let mut stream = set_up(at).await?;
    if !reads {
        return over_and_over(&mut stream, &TURNS).await;
    }
    let (mut write, _reading) = read_on(stream);
    over_and_over(&mut write, &TURNS).await
}

async fn unread(at: SocketAddr) -> io::Result<()> {
    static QUESTIONS: Frames =
        Frames::new(|| bulk(&text(r#"{"realtimeInput":{"text":"What can you do?"}}"#)));
    let mut stream = set_up(at).await?;
    over_and_over(&mut stream, &QUESTIONS).await
}

async fn calls(at: SocketAddr) -> io::Result<()> {
    static CALLS: Frames = Frames::new(|| {
        let answer = |n: usize| json!({"id": format!("function-call-{n}"), "name": "get_weather", "willContinue": true, "response": {"output": "x".repeat(100)}});
        let answers: Vec<_> = (0..500).map(answer).collect();
        bulk(
            &[
                text(r#"{"realtimeInput":{"text":"What's the weather in Tokyo?"}}"#),
                text(&json!({"toolResponse": {"functionResponses": answers}}).to_string()),
                text(r#"{"realtimeInput":{"text":"Set a timer for one hour"}}"#),
                text(r#"{"realtimeInput":{"text":"Remind me in two hours to remember this"}}"#),
            ]
            .concat(),
        )
    });
    let (mut write, _reading) = read_on(set_up(at).await?);
    over_and_over(&mut write, &CALLS).await
}

async fn pictures(at: SocketAddr) -> io::Result<()> {
    static PICTURE: Frames = Frames::new(|| {
        // Four megabytes in base64.
        let video = json!({"data": "/9j/".repeat(1_300_000), "mimeType": "image/jpeg"});
        text(&json!({"realtimeInput": {"video": video}}).to_string())
    });
    let (mut write, _reading) = read_on(set_up(at).await?);
    over_and_over(&mut write, &PICTURE).await
}

async fn noise(at: SocketAddr) -> io::Result<()> {
    static NOISE: Frames = Frames::new(|| {
        let audio = json!({"data": "AAD/f/9/AIAA".repeat(800_000), "mimeType": "audio/pcm;rate=4000"});
        text(&json!({"realtimeInput": {"audio": audio}}).to_string())
    });
    let (mut write, _reading) = read_on(set_up(at).await?);
    over_and_over(&mut write, &NOISE).await
}
