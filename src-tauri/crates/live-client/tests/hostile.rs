//! Servers that mean harm, and what they cost: bytes are counted, not seconds.

// Helpers of tests fail as tests do.
#![expect(clippy::unwrap_used, clippy::panic)]

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use live_client::{ApiKey, BoxFuture, ConnectError, Dialer, Driver, Request, Stream, Tapped, TappedBody};
use live_proto::catalogue::Catalogue;
use live_proto::{CloseKind, Command, Event, Limits, SetupOptions, build_setup};
use serde_json::{Value, json};
use testkit::{Callers, Peer, PeerDialer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};

const KEY: &str = "AIzaSy-Secret_0123456789";
/// What may lie in buffers of ours and of the test's pipe, with room to spare.
const FEW: usize = 512 * 1024;

async fn ready(dialer: impl Dialer, callers: &mut Callers) -> (Driver, Peer) {
    let catalogue = Catalogue::embedded();
    let setup = build_setup(&SetupOptions::default(), &catalogue);
    let rules = catalogue.rules(&setup.model);
    let connecting = Driver::connect(Arc::new(dialer), setup.clone(), rules, Limits::default());
    let (driver, mut peer) = tokio::join!(connecting, callers.accept());
    let mut driver = driver.unwrap();
    let (event, _) = tokio::join!(driver.next_event(), peer.set_up());
    assert!(matches!(event, Some(Event::Ready { .. })), "{event:?}");
    (driver, peer)
}

/// Writes `frame` again and again and reads nothing, until the line is cut; how many bytes were taken.
async fn flood(mut line: DuplexStream, frame: &[u8]) -> usize {
    let mut taken = 0;
    while line.write_all(frame).await.is_ok() {
        taken += frame.len();
        assert!(taken < 64 << 20, "all of it is taken");
    }
    taken
}

/// What the connection is said to have died of.
async fn end_of(driver: &mut Driver) -> (CloseKind, Option<u16>, String) {
    loop {
        match driver.next_event().await {
            Some(Event::Closed(cause) | Event::Reconnecting { cause, .. }) => {
                return (cause.kind, cause.code, cause.reason);
            }
            Some(_) => {}
            None => panic!("ended without a cause"),
        }
    }
}

/// An unmasked frame, as servers send them.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, u8::try_from(payload.len()).unwrap()], payload].concat()
}

#[tokio::test(start_paused = true)]
async fn pings_of_a_server_that_reads_nothing_do_not_pile_up() {
    let (dialer, mut callers) = PeerDialer::new();
    let (mut driver, peer) = ready(dialer.with_pipe(4096), &mut callers).await;
    let ping = frame(0x89, &[b'x'; 125]);
    let flooding = flood(peer.into_raw(), &ping);
    let watching = async {
        let (kind, code, reason) = end_of(&mut driver).await;
        assert_eq!((kind, code), (CloseKind::Network, None), "{reason}");
        assert!(reason.contains("15 s"), "{reason}");
    };
    let (taken, ()) = tokio::join!(flooding, watching);
    assert!(taken < FEW, "{taken} bytes of pings were taken");
}

#[tokio::test(start_paused = true)]
async fn pings_do_not_pile_up_behind_our_own_frames() {
    let (dialer, mut callers) = PeerDialer::new();
    let (mut driver, peer) = ready(dialer.with_pipe(4096), &mut callers).await;
    for _ in 0..100 {
        driver.send_audio(&[1; 640]);
    }
    let ping = frame(0x89, b"");
    let flooding = flood(peer.into_raw(), &ping);
    let (taken, (kind, ..)) = tokio::join!(flooding, end_of(&mut driver));
    assert_eq!(kind, CloseKind::Network);
    assert!(taken < FEW, "{taken} bytes of pings were taken");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_reads_its_pongs_may_ping_for_ever() {
    let (dialer, mut callers) = PeerDialer::new();
    let (mut driver, mut peer) = ready(dialer.with_pipe(4096), &mut callers).await;
    let pinging = async {
        for _ in 0..2000 {
            peer.ping().await;
        }
        driver_says(&mut peer, "still here").await;
        peer
    };
    let (event, _peer) = tokio::join!(driver.next_event(), pinging);
    assert!(matches!(event, Some(Event::OutputTranscript { .. })), "{event:?}");
}

async fn driver_says(peer: &mut Peer, text: &str) {
    peer.send(json!({"serverContent": {"outputTranscription": {"text": text}}})).await;
}

#[tokio::test(start_paused = true)]
async fn message_in_endless_fragments_ends_the_connection() {
    for (first, piece) in [(0x01, b"".as_slice()), (0x02, b""), (0x02, b"x"), (0x01, b"x")] {
        let (dialer, mut callers) = PeerDialer::new();
        let (mut driver, peer) = ready(dialer, &mut callers).await;
        let mut line = peer.into_raw();
        let sending = async {
            line.write_all(&frame(first, piece)).await.unwrap();
            flood(line, &frame(0x00, piece)).await
        };
        let (taken, (kind, _, reason)) = tokio::join!(sending, end_of(&mut driver));
        assert_eq!(kind, CloseKind::LimitExceeded, "a limit of ours: {reason}");
        assert!(taken < FEW, "{taken} bytes of pieces were taken");
    }
}

#[tokio::test(start_paused = true)]
async fn frames_that_break_the_rules_end_the_connection() {
    let too_long = [&[0x89, 126, 0, 200][..], &[0; 200]].concat();
    for bytes in [
        // Control frames that nobody knows, one that is too long, one in pieces.
        frame(0x8b, b"x"),
        frame(0x8f, &[0; 125]),
        too_long,
        frame(0x09, b"x"),
        // Data frames that nobody knows, reserved bits, a mask, a piece of nothing, a text that is none.
        frame(0x83, b"x"),
        frame(0xc1, b"x"),
        vec![0x81, 0x81, 0, 0, 0, 0, b'x'],
        frame(0x80, b"x"),
        frame(0x81, b"\xff"),
    ] {
        let (dialer, mut callers) = PeerDialer::new();
        let (mut driver, peer) = ready(dialer, &mut callers).await;
        let mut line = peer.into_raw();
        line.write_all(&bytes).await.unwrap();
        let (kind, code, reason) = end_of(&mut driver).await;
        assert_eq!((kind, code), (CloseKind::Network, None), "{bytes:?}: {reason}");
    }
}

/// A line that panics when it is read or written, once it is told to.
struct Panicking {
    line: Box<dyn Stream>,
    on_read: Arc<AtomicBool>,
    on_write: Arc<AtomicBool>,
}

impl AsyncRead for Panicking {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        assert!(!this.on_read.load(Ordering::Relaxed), "injected while reading");
        Pin::new(&mut this.line).poll_read(cx, into)
    }
}

impl AsyncWrite for Panicking {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        assert!(!this.on_write.load(Ordering::Relaxed), "injected while writing");
        Pin::new(&mut this.line).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_shutdown(cx)
    }
}

struct PanickingDialer {
    dialer: PeerDialer,
    on_read: Arc<AtomicBool>,
    on_write: Arc<AtomicBool>,
}

impl Dialer for PanickingDialer {
    fn request(&self) -> Request {
        self.dialer.request()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        let (on_read, on_write) = (Arc::clone(&self.on_read), Arc::clone(&self.on_write));
        let dial = self.dialer.dial();
        async move {
            let line = dial.await?;
            Ok(Box::new(Panicking { line, on_read, on_write }) as Box<dyn Stream>)
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_task_that_dies_ends_the_session_at_once() {
    for reading in [true, false] {
        let (dialer, mut callers) = PeerDialer::new();
        let (on_read, on_write) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let dialer =
            PanickingDialer { dialer, on_read: Arc::clone(&on_read), on_write: Arc::clone(&on_write) };
        let (mut driver, mut peer) = ready(dialer, &mut callers).await;
        if reading {
            on_read.store(true, Ordering::Relaxed);
            driver_says(&mut peer, "anything").await;
        } else {
            on_write.store(true, Ordering::Relaxed);
            driver.send(Command::Text("anything".into())).await;
        }
        let ended = tokio::time::timeout(Duration::from_secs(1), end_of(&mut driver)).await;
        let (kind, code, reason) = ended.expect("noticed within a second");
        assert_eq!((kind, code), (CloseKind::Bug, None), "{reason}");
        assert_eq!(driver.next_event().await, None);
    }
}

/// The key as JSON may write it.
fn escaped() -> String {
    KEY.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn a_key_that_the_server_repeats_is_in_no_event_and_on_no_tap() {
    let (dialer, mut callers) = PeerDialer::new();
    let (tap, mut shown) = live_client::tap();
    let dialer = dialer.asking(Request::gemini(&ApiKey::new(KEY).unwrap()));
    let (mut driver, mut peer) = ready(Tapped::new(Arc::new(dialer), tap), &mut callers).await;
    driver_says(&mut peer, KEY).await;
    let call = json!({"toolCall": {"functionCalls": [{"id": KEY, "name": "f", "args": {KEY: [KEY]}}]}});
    peer.send_text(call).await;
    let escaped = json!({"serverContent": {"outputTranscription": {"text": "KEY"}}})
        .to_string()
        .replace("KEY", &escaped());
    peer.send_bytes(escaped.into_bytes()).await;
    peer.send_bytes(format!("no message but {KEY}").into_bytes()).await;
    let watching = async {
        let mut events = Vec::new();
        while let Some(event) = driver.next_event().await {
            events.push(format!("{event:?}"));
        }
        events
    };
    let reason = format!("no such key: {KEY}");
    let (events, ()) = tokio::join!(watching, peer.close(1007, &reason));
    let events = events.join("\n");
    assert!(!events.contains("Secret"), "{events}");
    assert!(events.matches("[redacted]").count() >= 4, "{events}");
    let mut frames = Vec::new();
    while let Some(frame) = shown.try_recv() {
        frames.push(match frame.body {
            TappedBody::Message(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            TappedBody::Close { reason, .. } => reason,
        });
    }
    let read =
        |frame: &String| serde_json::from_str::<Value>(frame).map_or(frame.clone(), |json| json.to_string());
    let frames: Vec<String> = frames.iter().map(read).collect();
    assert!(frames.iter().all(|frame| !frame.contains("Secret")), "{frames:?}");
    assert!(frames.last().unwrap().contains("[redacted]"), "{frames:?}");
}
