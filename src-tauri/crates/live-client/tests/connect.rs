//! Getting a socket: the upgrade request, refusals, and servers that are none.

// Helpers of tests fail as tests do.
#![expect(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use live_client::{
    ApiKey, ConnectError, Dialer, Driver, NetError, NetworkFault, Request, ServiceDialer, TlsFault,
};
use live_proto::catalogue::Catalogue;
use live_proto::wire::Setup;
use live_proto::{CloseKind, Event, Limits, SetupOptions, build_setup};
use serde_json::json;
use testkit::PeerDialer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};

async fn connect(dialer: &(impl Dialer + Clone), setup: Setup) -> Result<Driver, ConnectError> {
    let catalogue = Catalogue::embedded();
    let rules = catalogue.rules(&setup.model);
    Driver::connect(Arc::new(dialer.clone()), setup.clone(), rules, Limits::default()).await
}

fn setup() -> Setup {
    build_setup(&SetupOptions::default(), &Catalogue::embedded())
}

fn key() -> ApiKey {
    ApiKey::new("AIzaSy-Secret").unwrap()
}

/// Connects to a server that answers the upgrade with these bytes.
async fn answered(answer: &str) -> ConnectError {
    let (dialer, mut callers) = PeerDialer::new();
    let dialer = dialer.asking(Request::gemini(&key()));
    let serving = async { callers.next().await.answer(answer).await };
    let (outcome, ()) = tokio::join!(connect(&dialer, setup()), serving);
    outcome.unwrap_err()
}

#[tokio::test]
async fn the_key_travels_in_the_header_and_nowhere_else() {
    let (dialer, mut callers) = PeerDialer::new();
    let dialer = dialer.asking(Request::gemini(&key()));
    let (driver, peer) = tokio::join!(connect(&dialer, setup()), callers.accept());
    let upgrade = &peer.upgrade;
    assert_eq!(upgrade.header("x-goog-api-key"), Some("AIzaSy-Secret"));
    let path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
    assert_eq!(upgrade.path, path);
    assert_eq!(upgrade.header("host"), Some("generativelanguage.googleapis.com"));
    assert_eq!(upgrade.header("sec-websocket-extensions"), None, "no compression is offered");
    let others = upgrade.headers.iter().filter(|header| header.0 != "x-goog-api-key");
    assert!(others.into_iter().all(|header| !header.1.contains("Secret")));
    assert!(!format!("{:?} {dialer:?}", driver.unwrap()).contains("Secret"));
}

#[tokio::test(start_paused = true)]
async fn setup_waits_for_the_given_future() {
    let (dialer, mut callers) = PeerDialer::new();
    let catalogue = Catalogue::embedded();
    let setup = setup();
    let rules = catalogue.rules(&setup.model);
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let connecting =
        Driver::connect_after(Arc::new(dialer), setup.clone(), rules, Limits::default(), async {
            let _ = released.await;
        });
    let serving = async {
        let mut peer = callers.accept().await;
        let early = tokio::time::timeout(Duration::from_secs(5), peer.next()).await;
        assert!(early.is_err(), "before it was to: {early:?}");
        release.send(()).unwrap();
        peer.set_up().await;
        peer
    };
    let driving = async {
        let mut driver = connecting.await.unwrap();
        let event = tokio::time::timeout(Duration::from_secs(1), driver.next_event()).await;
        assert!(matches!(event, Ok(Some(Event::Ready { .. }))), "{event:?}");
    };
    tokio::join!(driving, serving);
}

#[tokio::test]
async fn an_old_option_asks_for_the_alpha_version() {
    let (dialer, mut callers) = PeerDialer::new();
    let dialer = dialer.asking(Request::gemini(&key()));
    let model = "gemini-2.5-flash-native-audio-preview-12-2025".to_owned();
    let affective = SetupOptions { model, affective: true, ..SetupOptions::default() };
    let setup = build_setup(&affective, &Catalogue::embedded());
    let (driver, peer) = tokio::join!(connect(&dialer, setup), callers.accept());
    assert!(driver.is_ok());
    assert!(peer.upgrade.path.contains(".v1alpha."), "{}", peer.upgrade.path);
}

#[tokio::test]
async fn a_refused_upgrade_says_why() {
    let cases = [
        (401, "", CloseKind::KeyRefused, "the server gave no reason"),
        (403, "Forbidden", CloseKind::KeyRefused, "Forbidden"),
        (404, "", CloseKind::ModelNotFound, "the server gave no reason"),
        (429, r#"{"error":{"message":"Quota exceeded."}}"#, CloseKind::Quota, "Quota exceeded."),
        (400, r#"{"error":{"message":"API key not valid."}}"#, CloseKind::KeyRefused, "API key not valid."),
        (503, "<html>upstream</html>", CloseKind::Internal, "the server gave no reason"),
    ];
    for (expected_status, body, expected_kind, expected_reason) in cases {
        let (dialer, mut callers) = PeerDialer::new();
        let dialer = dialer.asking(Request::gemini(&key()));
        let serving = async { callers.next().await.refuse(expected_status, body).await };
        let (outcome, ()) = tokio::join!(connect(&dialer, setup()), serving);
        match outcome.unwrap_err() {
            ConnectError::Refused { kind, status, reason } => {
                assert_eq!(
                    (status, kind, reason.as_str()),
                    (expected_status, expected_kind, expected_reason)
                );
            }
            other => panic!("{expected_status}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_reason_is_found_in_chunks_and_a_repeated_key_is_not_shown() {
    let answer = "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n\
                  c\r\nthe key AIza\r\n14\r\nSy-Secret is no good\r\n0\r\n\r\n";
    match answered(answer).await {
        ConnectError::Refused { reason, .. } => assert_eq!(reason, "the key [redacted] is no good"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn other_servers_are_not_live() {
    let wrong_accept = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Accept: bm9wZQ==\r\n\r\n";
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(20_000));
    for answer in ["SSH-2.0-OpenSSH_9.2\r\n", wrong_accept, endless.as_str()] {
        let error = answered(answer).await;
        assert!(matches!(error, ConnectError::NotLive { .. }), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_and_a_cut_line_end_the_handshake() {
    let (dialer, mut callers) = PeerDialer::new();
    let silent = async {
        let caller = callers.next().await;
        // Longer than the limit of the handshake.
        tokio::time::sleep(Duration::from_mins(1)).await;
        drop(caller);
    };
    let (outcome, ()) = tokio::join!(connect(&dialer, setup()), silent);
    assert_eq!(fault(outcome.unwrap_err()), NetworkFault::TimedOut);
    let cut = async { drop(callers.next().await) };
    let (outcome, ()) = tokio::join!(connect(&dialer, setup()), cut);
    assert_eq!(fault(outcome.unwrap_err()), NetworkFault::Broken);
}

#[tokio::test]
async fn a_frame_right_behind_the_answer_is_not_lost() {
    let (dialer, mut callers) = PeerDialer::new();
    let hasty = async {
        let mut peer = callers.accept().await;
        peer.send(json!({"goAway": {"timeLeft": "50s"}})).await;
        peer
    };
    let (driver, _peer) = tokio::join!(connect(&dialer, setup()), hasty);
    let event = driver.unwrap().next_event().await;
    assert_eq!(event, Some(Event::GoAway { time_left: Duration::from_secs(50) }));
}

fn fault(error: ConnectError) -> NetworkFault {
    match error {
        ConnectError::Net(NetError::Network { kind, .. }) => kind,
        other => panic!("{other:?}"),
    }
}

/// A port of this computer that answers every connection with these bytes.
async fn listening(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer).await;
        }
    });
    port
}

#[tokio::test]
async fn a_local_server_is_reached_by_name_and_by_address() {
    let port = listening(b"HTTP/1.1 401 No\r\nContent-Length: 6\r\n\r\nno key").await;
    // "localhost" is ::1 first on many systems, where nobody listens.
    for url in [format!("ws://localhost:{port}"), format!("ws://127.0.0.1:{port}/live")] {
        let dialer = ServiceDialer::custom(&url, None).unwrap();
        match connect(&dialer, setup()).await.unwrap_err() {
            ConnectError::KeyWanted { host, reason } => {
                assert!(url.contains(&host), "{host}");
                assert_eq!(reason, "no key");
            }
            other => panic!("{url}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn no_listener_and_no_tls_are_told_apart() {
    let port = listening(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let dialer = ServiceDialer::custom(&format!("wss://127.0.0.1:{port}"), Some(&key())).unwrap();
    let error = connect(&dialer, setup()).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::Net(NetError::Tls { fault: TlsFault::Handshake, .. })),
        "{error:?}"
    );

    // Taken, so that it is nobody else's, but nobody listens.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = closed.local_addr().unwrap().port();
    let dialer = ServiceDialer::custom(&format!("ws://127.0.0.1:{port}"), None).unwrap();
    let error = connect(&dialer, setup()).await.unwrap_err();
    assert_eq!(fault(error), NetworkFault::Refused);
}

#[tokio::test]
async fn path_without_a_live_server_is_not_live_at_a_custom_server() {
    for (status, body) in
        [(200, "<html>Hello"), (204, ""), (302, ""), (403, "Forbidden"), (404, "Not Found"), (426, "")]
    {
        let answer = format!(
            "HTTP/1.1 {status} X\r\nLocation: http://evil.example/?AIzaSy-Secret\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let (dialer, mut callers) = PeerDialer::new();
        let dialer = dialer.asking(Request::custom("wss://live.example/x").unwrap().with_key(&key()));
        let serving = async { callers.next().await.answer(&answer).await };
        let (outcome, ()) = tokio::join!(connect(&dialer, setup()), serving);
        let error = outcome.unwrap_err();
        assert!(matches!(error, ConnectError::NotLive { .. }), "{status}: {error:?}");
        assert!(!format!("{error:?}").contains("Secret"), "{error:?}");
    }
}

fn token() -> Request {
    let token = ApiKey::new("auth_tokens/Secret").unwrap();
    ServiceDialer::new(&live_client::Endpoint::for_key(token), net::ProxyChoice::None).unwrap().request()
}

#[tokio::test]
async fn a_token_that_v1beta_refuses_is_tried_at_v1alpha() {
    let version = |peer: &testkit::Peer| peer.upgrade.path.split('.').nth(3).map(str::to_owned);
    // At the upgrade.
    let (dialer, mut callers) = PeerDialer::new();
    let dialer = dialer.asking(token());
    let serving = async {
        callers.next().await.refuse(404, "").await;
        let mut peer = callers.accept().await;
        peer.set_up().await;
        assert_eq!(version(&peer).as_deref(), Some("v1alpha"));
        assert!(peer.upgrade.path.ends_with("BidiGenerateContentConstrained"), "{}", peer.upgrade.path);
        peer.cut();
        // What was found out holds for the next connection.
        let peer = callers.accept().await;
        assert_eq!(version(&peer).as_deref(), Some("v1alpha"));
    };
    let driving = async {
        let mut driver = connect(&dialer, setup()).await.unwrap();
        assert!(matches!(driver.next_event().await, Some(Event::Ready { .. })));
        while driver.next_event().await.is_some() {}
    };
    tokio::select! {
        () = driving => panic!("it ended"),
        () = serving => {}
    }

    // In the place of an answer to the setup.
    let (dialer, mut callers) = PeerDialer::new();
    let dialer = dialer.asking(token());
    let serving = async {
        let mut peer = callers.accept().await;
        assert_eq!(version(&peer).as_deref(), Some("v1beta"));
        let first = peer.expect("setup").await;
        peer.close(1008, "Method not found.").await;
        let mut peer = callers.accept().await;
        assert_eq!(version(&peer).as_deref(), Some("v1alpha"));
        assert_eq!(peer.set_up().await, first);
        peer
    };
    let driving = async {
        let mut driver = connect(&dialer, setup()).await.unwrap();
        assert!(matches!(driver.next_event().await, Some(Event::Ready { .. })));
        driver
    };
    tokio::join!(driving, serving);
}

#[tokio::test]
async fn token_that_no_version_accepts_is_tried_twice() {
    let (dialer, mut callers) = PeerDialer::new();
    let dialer = dialer.asking(token());
    let serving = async {
        for _ in 0..2 {
            let mut peer = callers.accept().await;
            peer.expect("setup").await;
            peer.close(1008, "API key not valid. Please pass a valid API key.").await;
        }
    };
    let driving = async {
        let mut driver = connect(&dialer, setup()).await.unwrap();
        match driver.next_event().await {
            Some(Event::Closed(cause)) => assert_eq!(cause.kind, CloseKind::KeyRefused),
            other => panic!("{other:?}"),
        }
    };
    tokio::join!(driving, serving);
    // A key has no other version.
    let (dialer, mut callers) = PeerDialer::new();
    let dialer = dialer.asking(Request::gemini(&key()));
    let serving = async { callers.next().await.refuse(404, "").await };
    let (outcome, ()) = tokio::join!(connect(&dialer, setup()), serving);
    assert!(outcome.is_err());
}

/// What a server on this computer is sent until the client hangs up, by whoever connects.
async fn receiving(answer: String) -> (u16, tokio::sync::mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (received, all) = tokio::sync::mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let _ = stream.read_buf(&mut bytes).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.read_to_end(&mut bytes).await;
            let _ = received.send(bytes).await;
        }
    });
    (port, all)
}

#[tokio::test]
async fn no_key_is_sent_before_tls_stands() {
    let (port, mut received) = receiving("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".into()).await;
    let dialer = ServiceDialer::custom(&format!("wss://127.0.0.1:{port}/"), Some(&key())).unwrap();
    assert!(connect(&dialer, setup()).await.is_err());
    assert!(live_client::check_key(&dialer).await.is_err());
    for _ in 0..2 {
        let sent = received.recv().await.unwrap();
        assert_eq!(sent.first(), Some(&0x16), "a handshake and nothing else");
        assert!(!String::from_utf8_lossy(&sent).contains("Secret"), "{sent:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let (elsewhere, mut received) = receiving(String::new()).await;
    for status in [301, 302, 303, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {status} Elsewhere\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0\r\n\r\n"
        );
        let (port, mut asked) = receiving(answer).await;
        let dialer = ServiceDialer::custom(&format!("ws://127.0.0.1:{port}/live"), Some(&key())).unwrap();
        let error = connect(&dialer, setup()).await.unwrap_err();
        assert!(matches!(error, ConnectError::NotLive { .. }), "{status}: {error:?}");
        let error = live_client::check_key(&dialer).await.unwrap_err();
        assert!(matches!(error, ConnectError::NotLive { .. }), "{status}: {error:?}");
        assert!(asked.recv().await.is_some() && asked.recv().await.is_some());
    }
    assert!(received.try_recv().is_err(), "nobody came");
}
