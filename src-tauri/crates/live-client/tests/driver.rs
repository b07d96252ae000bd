//! A session over a socket: frames both ways, its ends, its clock, and a writer that cannot keep up.

// Helpers of tests fail as tests do.
#![expect(clippy::unwrap_used, clippy::panic)]

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use live_client::network::{Fingerprint, Network};
use live_client::{BoxFuture, ConnectError, Dialer, Direction, Driver, Request, Stream, Tapped, TappedBody};
use live_proto::catalogue::Catalogue;
use live_proto::{CloseKind, Command, Event, Limits, SetupOptions, build_setup};
use serde_json::{Value, json};
use testkit::{Callers, Peer, PeerDialer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep};

async fn connect(dialer: impl Dialer, callers: &mut Callers) -> (Driver, Peer) {
    connect_with(dialer, callers, Limits::default()).await
}

async fn connect_with(dialer: impl Dialer, callers: &mut Callers, limits: Limits) -> (Driver, Peer) {
    let catalogue = Catalogue::embedded();
    let setup = build_setup(&SetupOptions::default(), &catalogue);
    let rules = catalogue.rules(&setup.model);
    let connecting = Driver::connect(Arc::new(dialer), setup.clone(), rules, limits);
    let (driver, peer) = tokio::join!(connecting, callers.accept());
    (driver.unwrap(), peer)
}

/// A session that is ready, and the server of it.
async fn ready_over(dialer: PeerDialer, mut callers: Callers) -> (Driver, Peer) {
    let (mut driver, mut peer) = connect(dialer, &mut callers).await;
    let (event, _) = tokio::join!(driver.next_event(), peer.set_up());
    assert!(matches!(event, Some(Event::Ready { .. })), "{event:?}");
    (driver, peer)
}

async fn ready() -> (Driver, Peer) {
    let (dialer, callers) = PeerDialer::new();
    ready_over(dialer, callers).await
}

/// A session that is ready, its server, and where its next connections arrive.
async fn ready_and_more() -> (Driver, Peer, Callers) {
    let (dialer, mut callers) = PeerDialer::new();
    let (mut driver, mut peer) = connect(dialer, &mut callers).await;
    let (event, _) = tokio::join!(driver.next_event(), peer.set_up());
    assert!(matches!(event, Some(Event::Ready { .. })), "{event:?}");
    (driver, peer, callers)
}

fn handle(name: &str) -> Value {
    json!({"sessionResumptionUpdate": {"newHandle": name, "resumable": true}})
}

/// Drives the session to this kind of event; what came before is dropped.
async fn until(driver: &mut Driver, is_it: impl Fn(&Event) -> bool) -> Event {
    loop {
        match driver.next_event().await {
            Some(event) if is_it(&event) => return event,
            Some(Event::Closed(cause)) => panic!("closed: {cause:?}"),
            Some(_) => {}
            None => panic!("ended"),
        }
    }
}

fn said(text: &str) -> Value {
    json!({"serverContent": {"outputTranscription": {"text": text}}})
}

fn heard(event: Option<Event>) -> String {
    match event {
        Some(Event::OutputTranscript { text, .. }) => text,
        other => panic!("expected a transcript, got {other:?}"),
    }
}

/// Drives the session until it is over; its `Closed`.
async fn closing(driver: &mut Driver) -> (CloseKind, Option<u16>, String) {
    loop {
        match driver.next_event().await {
            Some(Event::Closed(cause)) => return (cause.kind, cause.code, cause.reason),
            Some(_) => {}
            None => panic!("ended without `Closed`"),
        }
    }
}

/// What the connection is said to have died of, whether or not another is made.
async fn until_end(driver: &mut Driver) -> CloseKind {
    loop {
        match driver.next_event().await {
            Some(Event::Closed(cause) | Event::Reconnecting { cause, .. }) => return cause.kind,
            Some(_) => {}
            None => panic!("ended without a cause"),
        }
    }
}

#[tokio::test]
async fn the_setup_goes_first_and_text_and_binary_frames_are_alike() {
    let (dialer, mut callers) = PeerDialer::new();
    let (mut driver, mut peer) = connect(dialer, &mut callers).await;
    driver.send(Command::Text("early".into())).await;
    let setup = peer.expect("setup").await;
    assert!(setup["model"].as_str().unwrap().starts_with("models/"), "{setup}");
    peer.send_text(json!({"setupComplete": {}})).await;
    assert!(matches!(driver.next_event().await, Some(Event::Ready { .. })));
    assert_eq!(peer.expect("realtimeInput").await, json!({"text": "early"}));
    peer.send(said("in binary")).await;
    peer.send_text(said(" and in text")).await;
    assert_eq!(heard(driver.next_event().await), "in binary");
    assert_eq!(heard(driver.next_event().await), " and in text");
}

#[tokio::test]
async fn code_and_reason_of_a_close_arrive_and_nothing_after_them() {
    let (mut driver, peer) = ready().await;
    let reason = "API key expired. Please renew the API key.";
    let watching = async {
        let closed = closing(&mut driver).await;
        assert_eq!(closed, (CloseKind::KeyExpired, Some(1007), reason.to_owned()));
        driver.send(Command::Text("too late".into())).await;
        assert!(!driver.wants_media());
        // The socket is closed in order before the end is told: `close` below gets its answer though we drop ours.
        assert_eq!(driver.next_event().await, None);
        assert_eq!(driver.next_event().await, None);
        drop(driver);
    };
    tokio::join!(peer.close(1007, reason), watching);
}

#[tokio::test(start_paused = true)]
async fn lost_connection_is_redialled_and_kept_input_is_sent() {
    let (mut driver, mut peer, mut callers) = ready_and_more().await;
    peer.send(handle("h1")).await;
    peer.send(said("half a")).await;
    peer.cut();
    until(&mut driver, |event| matches!(event, Event::ResumptionHandle { .. })).await;
    assert_eq!(heard(driver.next_event().await), "half a", "what had arrived counts");
    let Event::Reconnecting { cause, attempt, .. } =
        until(&mut driver, |event| matches!(event, Event::Reconnecting { .. })).await
    else {
        unreachable!()
    };
    assert_eq!((cause.kind, cause.code, attempt), (CloseKind::Network, None, 1));
    driver.send_audio(&[1; 640]);
    driver.send(Command::Text("still there?".into())).await;
    let serving = async {
        // The first try is refused; the server has its reasons.
        callers.next().await.refuse(503, "").await;
        let mut peer = callers.accept().await;
        let setup = peer.set_up().await;
        assert_eq!(setup["sessionResumption"], json!({"handle": "h1"}));
        assert!(peer.expect("realtimeInput").await["audio"].is_object());
        assert_eq!(peer.expect("realtimeInput").await, json!({"text": "still there?"}));
        peer
    };
    let resuming = async {
        let resumed = until(&mut driver, |event| matches!(event, Event::Resumed { .. })).await;
        assert!(
            matches!(resumed, Event::Resumed { fresh: false, kept, .. } if kept == Duration::from_millis(20)),
            "{resumed:?}"
        );
        driver.next_event().await
    };
    tokio::select! {
        event = resuming => panic!("{event:?}"),
        _ = serving => {}
    }
}

#[tokio::test(start_paused = true)]
async fn old_connection_is_closed_before_the_next_is_made() {
    let (mut driver, mut peer, mut callers) = ready_and_more().await;
    peer.send(handle("h1")).await;
    peer.send(json!({"goAway": {"timeLeft": "30s"}})).await;
    let serving = async {
        let (code, _) = peer.closed().await;
        assert_eq!(code, 1000);
        callers.accept().await.set_up().await
    };
    let driving = async {
        until(&mut driver, |event| matches!(event, Event::Resumed { .. })).await;
    };
    let (setup, ()) = tokio::join!(serving, driving);
    assert_eq!(setup["sessionResumption"], json!({"handle": "h1"}));
}

#[tokio::test(start_paused = true)]
async fn a_network_that_comes_back_ends_the_pause() {
    let (driver, peer, mut callers) = ready_and_more().await;
    let is_back = Arc::new(AtomicBool::new(false));
    let look = Arc::clone(&is_back);
    let way = Fingerprint { v4: Some([192, 168, 1, 7].into()), v6: None };
    let network =
        Network::from_fn(move || if look.load(Ordering::Relaxed) { way } else { Fingerprint::default() });
    let mut driver = driver.watching(network);
    peer.cut();
    let serving = async {
        for _ in 0..9 {
            drop(callers.next().await);
        }
        sleep(Duration::from_secs(2)).await;
        is_back.store(true, Ordering::Relaxed);
        let begun = Instant::now();
        let mut peer = callers.accept().await;
        peer.set_up().await;
        begun.elapsed()
    };
    let driving = until(&mut driver, |event| matches!(event, Event::Resumed { .. }));
    let (waited, _) = tokio::join!(serving, driving);
    assert!(waited <= Duration::from_secs(1), "the pause would have been 7.5 to 15 s, it was {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn stalled_connection_is_left_after_15_seconds() {
    let (dialer, mut callers) = PeerDialer::new();
    let (mut driver, mut stuck) = connect(dialer.with_pipe(4096), &mut callers).await;
    let (_, _) = tokio::join!(driver.next_event(), stuck.set_up());
    let samples = 40;
    for n in 0..samples {
        driver.send_audio(&[n; 640]);
    }
    let serving = async {
        let mut peer = callers.accept().await;
        peer.set_up().await;
        let mut heard = Vec::new();
        while heard.len() < usize::from(samples) * 640 {
            let input = peer.expect("realtimeInput").await;
            let base64 = input["audio"]["data"].as_str().unwrap().to_owned();
            heard.extend(decoded(&base64));
        }
        heard
    };
    let heard = tokio::select! {
        event = async { loop { driver.next_event().await; } } => event,
        heard = serving => heard,
    };
    let said: Vec<u8> = (0..samples).flat_map(|n| [n; 640]).collect();
    assert_eq!(
        heard, said,
        "all of it, once and in order, though nothing says what the first line had taken"
    );
    drop(stuck);
}

fn decoded(base64: &str) -> Vec<u8> {
    let json = json!({"inlineData": {"mimeType": "audio/pcm", "data": base64}});
    let part: live_proto::wire::Part = serde_json::from_value(json).unwrap();
    part.inline_data.unwrap().data.unwrap().0
}

/// A line that takes nothing more once it is broken, while what is under way still comes in.
struct Breaking {
    line: Box<dyn Stream>,
    is_broken: Arc<AtomicBool>,
}

impl AsyncRead for Breaking {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_read(cx, into)
    }
}

impl AsyncWrite for Breaking {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_broken.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut this.line).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_shutdown(cx)
    }
}

/// A dialer whose lines break on demand.
struct BreakingDialer(PeerDialer, Arc<AtomicBool>);

impl Dialer for BreakingDialer {
    fn request(&self) -> Request {
        self.0.request()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        let is_broken = Arc::clone(&self.1);
        let dial = self.0.dial();
        let breaking = async move {
            let line = dial.await?;
            Ok(Box::new(Breaking { line, is_broken }) as Box<dyn Stream>)
        };
        breaking.boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn the_reason_behind_a_failed_write_is_waited_for() {
    for (server_says_why, expected) in [(true, CloseKind::KeyRefused), (false, CloseKind::Network)] {
        let (dialer, mut callers) = PeerDialer::new();
        let is_broken = Arc::new(AtomicBool::new(false));
        let dialer = BreakingDialer(dialer, Arc::clone(&is_broken));
        let (mut driver, mut peer) = connect(dialer, &mut callers).await;
        let (event, _) = tokio::join!(driver.next_event(), peer.set_up());
        assert!(matches!(event, Some(Event::Ready { .. })));
        is_broken.store(true, Ordering::Relaxed);
        // As a service does that does not like the key: it has stopped reading, and its close is on the way.
        tokio::spawn(async move {
            let on_the_way =
                if server_says_why { Duration::from_millis(200) } else { Duration::from_hours(1) };
            sleep(on_the_way).await;
            peer.close_and_leave(1007, "API key not valid. Please pass a valid API key.").await;
        });
        driver.send(Command::Text("hello?".into())).await;
        let ends = until_end(&mut driver).await;
        assert_eq!(ends, expected, "{server_says_why}");
    }
}

#[tokio::test(start_paused = true)]
async fn missing_answer_to_the_setup_times_out() {
    let (dialer, mut callers) = PeerDialer::new();
    let (mut driver, mut peer) = connect(dialer, &mut callers).await;
    peer.expect("setup").await;
    let begun = Instant::now();
    let watching = async {
        let (kind, ..) = closing(&mut driver).await;
        assert_eq!((kind, begun.elapsed()), (CloseKind::SetupTimeout, Limits::default().setup_timeout));
        assert_eq!(driver.next_event().await, None);
    };
    let ((code, _), ()) = tokio::join!(peer.closed(), watching);
    assert_eq!(code, 1000, "the server is told");
}

#[tokio::test(start_paused = true)]
async fn neither_silence_nor_a_slow_pong_ends_a_session() {
    let (mut driver, mut peer) = ready().await;
    let hour = Duration::from_hours(1);
    assert!(tokio::time::timeout(hour, driver.next_event()).await.is_err(), "silence is no event");
    // A ping of the server is answered while the driver reads; our own pings, whose pongs could be late, do not exist.
    tokio::select! {
        event = driver.next_event() => panic!("{event:?}"),
        () = peer.ping() => {}
    }
    peer.send(said("still here")).await;
    assert_eq!(heard(driver.next_event().await), "still here");
}

#[tokio::test]
async fn end_closes_in_order() {
    let (mut driver, peer) = ready().await;
    driver.send(Command::End).await;
    let watching = async {
        assert_eq!(closing(&mut driver).await.0, CloseKind::Normal);
        assert_eq!(driver.next_event().await, None);
        drop(driver);
    };
    let ((code, reason), ()) = tokio::join!(peer.closed(), watching);
    assert_eq!((code, reason.as_str()), (1000, ""));
}

#[tokio::test(start_paused = true)]
async fn server_that_never_answers_the_close_is_left() {
    let (mut driver, peer) = ready().await;
    driver.send(Command::End).await;
    let begun = Instant::now();
    assert_eq!(closing(&mut driver).await.0, CloseKind::Normal);
    assert_eq!(driver.next_event().await, None);
    assert!(begun.elapsed() <= Duration::from_secs(3), "{:?}", begun.elapsed());
    // Only now does the server read, while the driver still exists: the line is cut all the same.
    assert_eq!(peer.closed().await.0, 1000);
    drop(driver);
}

#[tokio::test]
async fn dropping_the_driver_cuts_the_connection() {
    let (driver, peer) = ready().await;
    drop(driver);
    peer.cut_off().await;
}

#[tokio::test]
async fn a_message_beyond_the_limit_is_not_taken_for_a_bad_network() {
    let (dialer, mut callers) = PeerDialer::new();
    let limits = Limits { message_bytes: 1000, ..Limits::default() };
    let (mut driver, mut peer) = connect_with(dialer, &mut callers, limits).await;
    let (_, _) = tokio::join!(driver.next_event(), peer.set_up());
    peer.send(said(&"x".repeat(2000))).await;
    let (kind, code, _) = closing(&mut driver).await;
    assert_eq!((kind, code), (CloseKind::LimitExceeded, None), "a limit of ours, and no refusal");
}

#[tokio::test(start_paused = true)]
async fn asking_for_events_can_be_given_up_at_any_time() {
    let (mut driver, mut peer) = ready().await;
    let sending = async {
        for n in 0..200 {
            peer.send(said(&n.to_string())).await;
            sleep(Duration::from_millis(3)).await;
        }
        peer
    };
    let asking = async {
        let mut heard_so_far = Vec::new();
        while heard_so_far.len() < 200 {
            tokio::select! {
                biased;
                () = sleep(Duration::from_millis(1)) => {}
                event = driver.next_event() => heard_so_far.push(heard(event)),
            }
        }
        heard_so_far
    };
    let (_peer, heard) = tokio::join!(sending, asking);
    assert_eq!(heard, (0..200).map(|n| n.to_string()).collect::<Vec<_>>());
}

/// A pipe that takes little, and sound until the writer is behind. The number of chunks that went in.
async fn fill(driver: &mut Driver) -> usize {
    for chunks in 0..1000 {
        // A few turns for the writer, which is a task of its own.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        if !driver.wants_media() {
            return chunks;
        }
        driver.send_audio(&[0; 640]);
        driver.next_event().now_or_never();
    }
    panic!("the writer is never behind");
}

#[tokio::test]
async fn slow_connection_holds_back_media_and_keeps_the_order() {
    let (dialer, callers) = PeerDialer::new();
    let (mut driver, mut peer) = ready_over(dialer.with_pipe(4096), callers).await;
    let chunks = fill(&mut driver).await;
    assert!(chunks < 20, "{chunks} chunks were taken by a pipe for four");

    let mut gate = driver.media_gate();
    assert!(gate.open().now_or_never().is_none());
    for text in ["one", "two", "three"] {
        driver.send(Command::Text(text.into())).await;
    }
    driver.send(Command::AudioStreamEnd).await;
    let reading = async {
        for _ in 0..chunks {
            assert!(peer.expect("realtimeInput").await["audio"].is_object());
        }
        for text in ["one", "two", "three"] {
            assert_eq!(peer.expect("realtimeInput").await, json!({"text": text}));
        }
        assert_eq!(peer.expect("realtimeInput").await, json!({"audioStreamEnd": true}));
    };
    tokio::select! {
        event = driver.next_event() => panic!("{event:?}"),
        () = async { tokio::join!(reading, gate.open()); } => {}
    }
    assert!(driver.wants_media());
}

#[tokio::test]
async fn send_waits_for_room_and_loses_no_command() {
    let (dialer, callers) = PeerDialer::new();
    let (mut driver, mut peer) = ready_over(dialer.with_pipe(4096), callers).await;
    fill(&mut driver).await;
    let mut taken = 0;
    while driver.send(Command::Text(format!("{taken}"))).now_or_never().is_some() {
        taken += 1;
        assert!(taken < 100, "sending never waits");
    }
    // The last one waited and was given up; it had been taken all the same.
    let reading = async {
        let mut texts = Vec::new();
        while texts.len() <= taken {
            let input = peer.expect("realtimeInput").await;
            texts.extend(input["text"].as_str().map(str::to_owned));
        }
        texts
    };
    tokio::select! {
        event = driver.next_event() => panic!("{event:?}"),
        texts = reading => assert_eq!(texts, (0..=taken).map(|n| n.to_string()).collect::<Vec<_>>()),
    }
}

#[tokio::test]
async fn waiting_to_send_goes_on_reading() {
    let (dialer, callers) = PeerDialer::new();
    let (mut driver, mut peer) = ready_over(dialer.with_pipe(4096), callers).await;
    // Both sides write much before they read: each must read on while it waits to write.
    let talking = async {
        for _ in 0..60 {
            peer.send(said(&"x".repeat(500))).await;
        }
        for _ in 0..60 {
            peer.expect("realtimeInput").await;
        }
    };
    let typing = async {
        for _ in 0..60 {
            driver.send(Command::Text("y".repeat(500))).await;
        }
        for _ in 0..60 {
            heard(driver.next_event().await);
        }
        driver.next_event().await
    };
    tokio::select! {
        event = typing => panic!("{event:?}"),
        () = talking => {}
    }
}

#[tokio::test]
async fn a_tap_sees_every_frame_both_ways_in_order_and_the_closes() {
    let (dialer, mut callers) = PeerDialer::new();
    let (tap, mut shown) = live_client::tap();
    let (mut driver, mut peer) = connect(Tapped::new(Arc::new(dialer), tap), &mut callers).await;
    tokio::join!(driver.next_event(), peer.set_up());
    driver.send(Command::Text("Hello".into())).await;
    peer.send(said("Hi")).await;
    assert_eq!(heard(driver.next_event().await), "Hi");
    tokio::join!(peer.close(1008, "over"), closing(&mut driver));
    drop(driver);
    let mut seen = Vec::new();
    while let Some(frame) = shown.recv().await {
        let what = match frame.body {
            TappedBody::Message(json) => {
                let json: Value = serde_json::from_slice(&json).unwrap();
                json.as_object().unwrap().keys().next().unwrap().clone()
            }
            TappedBody::Close { code, reason } => format!("{code} {reason}"),
        };
        seen.push((frame.direction, what));
        assert_eq!(frame.left_out, 0);
    }
    let expected = [
        (Direction::Sent, "setup"),
        (Direction::Received, "setupComplete"),
        (Direction::Sent, "realtimeInput"),
        (Direction::Received, "serverContent"),
        (Direction::Received, "1008 over"),
    ];
    assert_eq!(seen, expected.map(|(way, what)| (way, what.to_owned())));
}
