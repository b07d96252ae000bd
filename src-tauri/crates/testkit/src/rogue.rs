//! A Live server that misbehaves at random, reproducibly from a seed: it refuses, hangs, drops the connection, sends
//! bad messages, sends `goAway` endlessly, floods and never reads.
//!
//! The code under test dials [`RogueDialer`]; each dial starts a new connection. It records the time of each dial.

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use live_client::{BoxFuture, ConnectError, Dialer, NetError, NetworkFault, Request, Stream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Bytes, Message};
use tokio_tungstenite::{WebSocketStream, accept_async};

/// As TCP has.
const PIPE_BYTES: usize = 64 * 1024;
/// The most actions in one connection.
const ACTS: u64 = 40;
/// How long the server waits for a silent client, on tokio's clock.
const PATIENCE: Duration = Duration::from_mins(1);

/// HTTP answers to the upgrade.
const STATUSES: [u16; 12] = [200, 204, 302, 400, 401, 403, 404, 418, 429, 500, 503, 504];

/// Close codes with observed reasons.
const CLOSES: [(u16, &str); 14] = [
    (1000, ""),
    (1001, "going away"),
    (1007, "Request contains an invalid argument."),
    (1007, "API key not valid. Please pass a valid API key."),
    (1008, "BidiGenerateContent session not found"),
    (1008, "Operation is not implemented, or supported, or enabled."),
    (
        1008,
        "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.",
    ),
    (
        1011,
        "Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.",
    ),
    (1011, "Internal error encountered."),
    (1011, "RESOURCE_EXHAUSTED"),
    (1011, "Deadline expired before operation could complete."),
    (1012, "\u{1b}[2J\u{1b}]52;c;aGk=\u{7}restart"),
    (3000, "nobody knows"),
    (4999, ""),
];

/// Random numbers that are the same for the same seed (`SplitMix64`).
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// Returns a number of this range.
    pub fn roll(&mut self, range: Range<u64>) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        range.start + (mixed ^ (mixed >> 31)) % (range.end - range.start)
    }

    fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let at = usize::try_from(self.roll(0..choices.len() as u64)).unwrap_or_default();
        &choices[at]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.roll(0..100) < percent
    }

    fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.roll(range))
    }
}

/// Dials a server that misbehaves.
#[derive(Debug, Clone)]
pub struct RogueDialer {
    dice: Arc<Mutex<Dice>>,
    dials: Arc<Mutex<Vec<Instant>>>,
}

impl RogueDialer {
    /// Creates the server with this seed.
    pub fn new(seed: u64) -> Self {
        Self { dice: Arc::new(Mutex::new(Dice(seed))), dials: Arc::default() }
    }

    /// Returns the times of all dials, on tokio's clock.
    pub fn dials(&self) -> Vec<Instant> {
        self.dials.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn dice(&self) -> Dice {
        Dice(self.dice.lock().unwrap_or_else(PoisonError::into_inner).roll(0..u64::MAX))
    }
}

impl Dialer for RogueDialer {
    fn request(&self) -> Request {
        Request::in_memory()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        self.dials.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        let mut dice = self.dice();
        async move {
            if dice.chance(10) {
                sleep(dice.millis(0..9_000)).await;
                return Err(ConnectError::from(NetError::Network {
                    kind: *dice.one_of(&[NetworkFault::Refused, NetworkFault::Dns, NetworkFault::Broken]),
                    host: "rogue".to_owned(),
                    source: io::Error::from(io::ErrorKind::ConnectionRefused),
                }));
            }
            let (near, far) = duplex(PIPE_BYTES);
            tokio::spawn(serve(far, dice));
            Ok(Box::new(near) as Box<dyn Stream>)
        }
        .boxed()
    }
}

async fn serve(mut line: DuplexStream, mut dice: Dice) {
    match dice.roll(0..100) {
        0..4 => {}
        4..8 => silent(line).await,
        8..14 => {
            let status = *dice.one_of(&STATUSES);
            let body = "<html>\u{1b}[31mno</html>";
            let answer = format!(
                "HTTP/1.1 {status} No\r\nContent-Length: {}\r\nLocation: /x\r\n\r\n{body}",
                body.len()
            );
            let _ = line.read(&mut [0; 4096]).await;
            let _ = line.write_all(answer.as_bytes()).await;
        }
        14..17 => {
            let _ = line.write_all(&vec![b'x'; 1 << 20]).await;
        }
        _ => {
            if let Ok(Ok(socket)) = timeout(PATIENCE, accept_async(line)).await {
                misbehave(socket, dice).await;
            }
        }
    }
}

/// Neither reads nor writes.
async fn silent(line: DuplexStream) {
    sleep(PATIENCE * 10).await;
    drop(line);
}

async fn misbehave(mut socket: WebSocketStream<DuplexStream>, mut dice: Dice) {
    if dice.chance(90) {
        // The setup; a server that does not wait for it is one of the faults.
        let _ = timeout(PATIENCE, socket.next()).await;
    }
    if dice.chance(90) && say(&mut socket, &json!({"setupComplete": {}})).await.is_err() {
        return;
    }
    for _ in 0..dice.roll(0..ACTS) {
        let lives = match dice.roll(0..100) {
            0..55 => {
                let message = nasty(&mut dice);
                say(&mut socket, &message).await.is_ok()
            }
            55..65 => odd_frames(&mut socket, &mut dice).await,
            65..70 => {
                let (code, reason) = *dice.one_of(&CLOSES);
                let frame = CloseFrame { code: code.into(), reason: reason.into() };
                let _ = timeout(PATIENCE, socket.send(Message::Close(Some(frame)))).await;
                if dice.chance(50) {
                    let _ = timeout(PATIENCE, async { while let Some(Ok(_)) = socket.next().await {} }).await;
                }
                false
            }
            70..76 => false,
            76..80 => pings(&mut socket, &mut dice).await,
            80..90 => {
                sleep(dice.millis(0..25_000)).await;
                true
            }
            _ => read_a_little(&mut socket, &mut dice).await,
        };
        if !lives {
            return;
        }
    }
    if dice.chance(30) {
        sleep(PATIENCE * 10).await;
    }
}

async fn say(socket: &mut WebSocketStream<DuplexStream>, message: &Value) -> Result<(), ()> {
    let frame = Message::binary(message.to_string().into_bytes());
    timeout(PATIENCE, socket.send(frame)).await.map_err(drop)?.map_err(drop)
}

async fn read_a_little(socket: &mut WebSocketStream<DuplexStream>, dice: &mut Dice) -> bool {
    for _ in 0..dice.roll(1..30) {
        match timeout(Duration::from_millis(300), socket.next()).await {
            Ok(Some(Ok(_))) => {}
            Ok(_) => return false,
            Err(_) => return true,
        }
    }
    true
}

/// Sends pings without reading the pongs.
async fn pings(socket: &mut WebSocketStream<DuplexStream>, dice: &mut Dice) -> bool {
    for _ in 0..dice.roll(1..2_000) {
        let ping = Message::Ping(Bytes::from_static(&[7; 125]));
        if !matches!(timeout(PATIENCE, socket.send(ping)).await, Ok(Ok(()))) {
            return false;
        }
    }
    true
}

/// Sends frames that are not messages.
async fn odd_frames(socket: &mut WebSocketStream<DuplexStream>, dice: &mut Dice) -> bool {
    let frame = match dice.roll(0..10) {
        0 => Message::text("ping"),
        1 => Message::text(""),
        2 => Message::text("null"),
        3 => Message::text("[]"),
        4 => Message::binary(vec![0xff, 0xfe, 0x00, 0x80]),
        5 => Message::text(r#"{"serverContent":"#),
        6 => Message::text(r#"{"somethingNew":{"a":1}}"#),
        7 => Message::text("[".repeat(10_000)),
        8 => Message::binary(vec![b' '; 200_000]),
        _ => Message::text("17"),
    };
    for _ in 0..dice.roll(1..80) {
        if !matches!(timeout(PATIENCE, socket.send(frame.clone())).await, Ok(Ok(()))) {
            return false;
        }
    }
    true
}

/// Returns a valid but hostile message, of a kind that was observed.
fn nasty(dice: &mut Dice) -> Value {
    let sound = |bytes: usize| "AAEA".repeat(bytes / 3);
    match dice.roll(0..22) {
        0 => json!({"goAway": {"timeLeft": "0s"}}),
        1 => json!({"goAway": {"timeLeft": "2s"}}),
        2 => json!({"goAway": {}}),
        3 => json!({"goAway": {"timeLeft": "-1e9s"}}),
        4 => json!({"sessionResumptionUpdate": {"newHandle": "h", "resumable": true}}),
        5 => json!({"sessionResumptionUpdate": {"newHandle": 7, "resumable": "yes"}}),
        6 => json!({"serverContent": {"turnComplete": true}}),
        7 => json!({"serverContent": {"turnComplete": true, "turnCompleteReason": "RESPONSE_REJECTED"}}),
        8 => json!({"serverContent": {"interrupted": true}}),
        9 => {
            json!({"serverContent": {"generationComplete": true}, "usageMetadata": {"promptTokenCount": 12.5}})
        }
        10 => json!({"serverContent": {"outputTranscription": {"text": "\u{1b}]8;;x\u{7} \u{202e}word"}}}),
        11 => json!({"serverContent": {"inputTranscription": {"text": "x".repeat(30_000)}}}),
        12 => json!({"serverContent": {"modelTurn": {"parts": [
            {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": sound(4_801)}}]}}}),
        13 => json!({"serverContent": {"modelTurn": {"parts": [
            {"inlineData": {"mimeType": "audio/opus", "data": "AAAA"}}, {"text": 7}, null, "x"]}}}),
        14 => {
            json!({"serverContent": {"modelTurn": {"parts": [{"inlineData": {"data": "@@not base64@@"}}]}}})
        }
        15 => json!({"toolCall": {"functionCalls": [
            {"id": dice.roll(0..3).to_string(), "name": "get_current_time", "args": {}}]}}),
        16 => json!({"toolCall": {"functionCalls": [{"id": 5, "name": null}, {"name": "nothing"}, 3]}}),
        17 => json!({"toolCallCancellation": {"ids": ["0", 1, null]}}),
        18 => json!({"setupComplete": {}}),
        19 => json!({"serverContent": {"interactionStatus": "IN_PROGRESS", "turnComplete": true}}),
        20 => json!({"serverContent": {"groundingMetadata": {"webSearchQueries": ["a", "a", "a"]}}}),
        _ => {
            json!({"serverContent": {"turnComplete": "true", "outputTranscription": [1]}, "error": {"code": 8}})
        }
    }
}
