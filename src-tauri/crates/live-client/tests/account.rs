//! Asking after a key and for the models, against servers of this computer that answer well, badly and without an end.

// Helpers of tests fail as tests do.
#![expect(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::time::Duration;

use live_client::{
    ApiKey, ConnectError, Endpoint, KeyCheck, ListedModel, NetError, NetworkFault, ServiceDialer, check_key,
    list_models,
};
use live_proto::CloseKind;
use net::ProxyChoice;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::Instant;

fn key() -> ApiKey {
    ApiKey::new("AIzaSy-Secret").unwrap()
}

fn dialer(url: String) -> ServiceDialer {
    ServiceDialer::new(&Endpoint::Custom { url, key: Some(key()) }, ProxyChoice::None).unwrap()
}

async fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n")
        && let Ok(byte) = stream.read_u8().await
    {
        head.push(byte);
    }
    String::from_utf8(head).unwrap()
}

/// A server that gives these answers, one for each connection, and in the end the heads that it read.
async fn serving(answers: Vec<String>) -> (ServiceDialer, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heads = tokio::spawn(async move {
        let mut heads = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            heads.push(head_of(&mut stream).await);
            // A client that has enough closes before the end.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
        heads
    });
    (dialer(format!("ws://127.0.0.1:{port}/live")), heads)
}

fn http(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn google_error(code: u16, status: &str, message: &str) -> String {
    http(code, &json!({"error": {"code": code, "message": message, "status": status}}).to_string())
}

/// What a check against a server with this answer fails with.
async fn checked(answer: String) -> ConnectError {
    let (dialer, heads) = serving(vec![answer]).await;
    let error = check_key(&dialer).await.unwrap_err();
    heads.await.unwrap();
    assert!(!format!("{error} {error:?}").contains("Secret"), "{error:?}");
    error
}

#[tokio::test]
async fn a_good_key_is_known_by_one_small_request() {
    let (dialer, heads) = serving(vec![http(200, r#"{"models":[{"name":"models/x"}]}"#)]).await;
    assert_eq!(check_key(&dialer).await.unwrap(), KeyCheck::Accepted);
    let heads = heads.await.unwrap();
    assert!(heads[0].starts_with("GET /v1beta/models?pageSize=1 HTTP/1.1\r\n"), "{heads:?}");
    let with_key: Vec<_> = heads[0].lines().filter(|line| line.contains("Secret")).collect();
    assert_eq!(with_key, ["x-goog-api-key: AIzaSy-Secret"]);
    assert!(heads[0].contains("host: 127.0.0.1:"), "{heads:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_told_apart() {
    let cases = [
        (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", CloseKind::KeyRefused),
        (400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", CloseKind::KeyExpired),
        (
            403,
            "PERMISSION_DENIED",
            "Your API key was reported as leaked. Please use another API key.",
            CloseKind::KeyLeaked,
        ),
        (
            403,
            "PERMISSION_DENIED",
            "Method doesn't allow unregistered callers (callers without established identity).",
            CloseKind::KeyRefused,
        ),
        (400, "FAILED_PRECONDITION", "User location is not supported for the API use.", CloseKind::Region),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan.",
            CloseKind::Quota,
        ),
        (503, "UNAVAILABLE", "The model is overloaded.", CloseKind::Internal),
    ];
    for (code, status, message, expected) in cases {
        match checked(google_error(code, status, message)).await {
            ConnectError::Refused { kind, status, reason } => {
                assert_eq!((kind, status, reason.as_str()), (expected, code, message));
            }
            other => panic!("{message}: {other:?}"),
        }
    }
    match checked(http(400, "the key AIzaSy-Secret is none")).await {
        ConnectError::Refused { reason, .. } => assert_eq!(reason, "the key [redacted] is none"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn unreachable_service_says_nothing_of_the_key() {
    // Taken, but nobody listens.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = closed.local_addr().unwrap().port();
    let error = check_key(&dialer(format!("ws://127.0.0.1:{port}"))).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::Net(NetError::Network { kind: NetworkFault::Refused, .. })),
        "{error:?}"
    );

    let proxy = format!("http://me:Secret@127.0.0.1:{port}").parse().unwrap();
    let gemini = ServiceDialer::new(&Endpoint::Gemini { key: key() }, ProxyChoice::Url(proxy)).unwrap();
    let error = check_key(&gemini).await.unwrap_err();
    assert!(matches!(error, ConnectError::Net(NetError::Proxy { .. })), "{error:?}");
    assert!(!format!("{error} {error:?} {gemini:?}").contains("Secret"));
}

#[tokio::test]
async fn endpoints_without_a_check_are_unknown() {
    let token = ApiKey::new("auth_tokens/x").unwrap();
    let endpoints =
        [Endpoint::Ephemeral { token }, Endpoint::VertexExpress { key: key(), location: "global".into() }];
    for endpoint in endpoints {
        let dialer = ServiceDialer::new(&endpoint, ProxyChoice::None).unwrap();
        assert_eq!(check_key(&dialer).await.unwrap(), KeyCheck::Unknown);
        assert_eq!(list_models(&dialer).await.unwrap(), []);
    }
}

fn model(name: &str, label: Option<&str>, methods: &[&str]) -> Value {
    json!({"name": name, "displayName": label, "supportedGenerationMethods": methods, "temperature": 1})
}

fn listed(id: &str, label: &str) -> ListedModel {
    ListedModel { id: id.to_owned(), label: label.to_owned() }
}

#[tokio::test]
async fn the_live_models_of_all_pages_are_listed() {
    let live = ["countTokens", "bidiGenerateContent"];
    let first = json!({
        "models": [
            model("models/gemini-live", Some("Gemini\nLive "), &live),
            model("models/gemini-text", Some("Gemini"), &["generateContent"]),
            model("tunedModels/mine", Some("Mine"), &live),
            model("models/a/b", Some("A path"), &live),
            model("models/", Some("Nothing"), &live),
        ],
        "nextPageToken": "a+/=&key=x",
    });
    let second = json!({
        "models": [
            model("models/gemini-live", Some("Again"), &live),
            model("models/gemini-nameless", None, &live),
            {"name": "models/gemini-mute"},
        ],
        "nextPageToken": "",
    });
    let (dialer, heads) = serving(vec![http(200, &first.to_string()), http(200, &second.to_string())]).await;
    let models = list_models(&dialer).await.unwrap();
    assert_eq!(models, [listed("gemini-live", "Gemini Live"), listed("gemini-nameless", "gemini-nameless")]);
    let heads = heads.await.unwrap();
    assert!(heads[0].starts_with("GET /v1beta/models?pageSize=200 HTTP/1.1\r\n"), "{heads:?}");
    let next = "GET /v1beta/models?pageSize=200&pageToken=a%2B%2F%3D%26key%3Dx HTTP/1.1\r\n";
    assert!(heads[1].starts_with(next), "{heads:?}");
    assert!(heads[1].contains("x-goog-api-key: AIzaSy-Secret\r\n"));
}

#[tokio::test]
async fn an_answer_in_chunks_is_put_together() {
    let body = json!({"models": [model("models/live", Some("L"), &["bidiGenerateContent"])]}).to_string();
    let mut answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    for piece in body.as_bytes().chunks(7) {
        write!(answer, "{:x}\r\n{}\r\n", piece.len(), std::str::from_utf8(piece).unwrap()).unwrap();
    }
    answer.push_str("0\r\n\r\n");
    let (dialer, heads) = serving(vec![answer]).await;
    assert_eq!(list_models(&dialer).await.unwrap(), [listed("live", "L")]);
    heads.await.unwrap();
}

#[tokio::test]
async fn endless_pages_are_left_after_twenty() {
    let page = |number: usize| {
        let name = format!("models/live-{number}");
        json!({"models": [model(&name, Some("L"), &["bidiGenerateContent"])], "nextPageToken": "again"})
    };
    let answers = (0..20).map(|number| http(200, &page(number).to_string())).collect();
    let (dialer, heads) = serving(answers).await;
    assert_eq!(list_models(&dialer).await.unwrap().len(), 20);
    assert_eq!(heads.await.unwrap().len(), 20, "and nothing was asked for after that");
}

#[tokio::test]
async fn hostile_answers_end_in_an_error() {
    let deep = format!("{{\"models\":[{{\"name\":\"models/x\",\"y\":{}", "[".repeat(1_000_000));
    for body in
        ["", "<html>Log in to this Wi-Fi</html>", "[]", r#"{"models":7}"#, r#"{"models":[{}]}"#, &deep]
    {
        let error = checked(http(200, body)).await;
        assert!(matches!(error, ConnectError::NotLive { .. }), "{body:.40}: {error:?}");
    }
    let error = checked("SSH-2.0-OpenSSH_9.2\r\n".into()).await;
    assert!(matches!(error, ConnectError::NotLive { .. }), "{error:?}");
    let error = checked(format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(300_000))).await;
    assert!(matches!(error, ConnectError::NotLive { .. }), "{error:?}");
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"models\":[]}";
    let error = checked(cut.into()).await;
    assert!(
        matches!(error, ConnectError::Net(NetError::Network { kind: NetworkFault::Broken, .. })),
        "{error:?}"
    );
    let redirect = "HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n";
    let error = checked(redirect.into()).await;
    assert!(matches!(error, ConnectError::NotLive { .. }), "{error:?}");
    assert!(error.to_string().contains("not followed"), "{error}");
}

#[tokio::test]
async fn server_without_a_list_of_models_is_not_a_wrong_key() {
    for status in [403, 404, 405, 410, 501] {
        let answers = vec![http(status, "<html>Not here"), http(status, "")];
        let (dialer, heads) = serving(answers).await;
        assert_eq!(check_key(&dialer).await.unwrap(), KeyCheck::Unknown, "{status}");
        assert_eq!(list_models(&dialer).await.unwrap(), [], "{status}");
        heads.await.unwrap();
    }
    let error = checked(http(401, "AIzaSy-Secret? No.")).await;
    match error {
        ConnectError::KeyWanted { host, reason } => {
            assert_eq!((host.as_str(), reason.as_str()), ("127.0.0.1", "[redacted]? No."));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_in_a_list_of_models_is_shown_nowhere() {
    let escaped: String =
        "AIzaSy-Secret".bytes().fold(String::new(), |text, byte| text + &format!("\\u{byte:04x}"));
    for written in ["AIzaSy-Secret", &escaped] {
        let list = json!({"models": [model("models/live", Some("KEY"), &["bidiGenerateContent"])]});
        let (dialer, heads) = serving(vec![http(200, &list.to_string().replace("KEY", written))]).await;
        assert_eq!(list_models(&dialer).await.unwrap(), [listed("live", "[redacted]")]);
        heads.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn slow_list_of_models_ends_at_one_minute() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let dripping = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            head_of(&mut stream).await;
            tokio::time::sleep(Duration::from_secs(14)).await;
            let _ = stream.write_all(http(200, r#"{"models":[],"nextPageToken":"x"}"#).as_bytes()).await;
        }
    });
    let begun = Instant::now();
    let error = list_models(&dialer(format!("ws://127.0.0.1:{port}"))).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::Net(NetError::Network { kind: NetworkFault::TimedOut, .. })),
        "{error:?}"
    );
    assert_eq!(begun.elapsed(), Duration::from_mins(1));
    dripping.abort();
}

#[tokio::test]
async fn endless_body_is_not_read_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let pouring = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head_of(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").await.unwrap();
        // Until the client goes away.
        while stream.write_all(&[b' '; 16 * 1024]).await.is_ok() {}
    });
    let error = list_models(&dialer(format!("ws://127.0.0.1:{port}"))).await.unwrap_err();
    match error {
        ConnectError::NotLive { reason, .. } => assert!(reason.contains("endless"), "{reason}"),
        other => panic!("{other:?}"),
    }
    pouring.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn missing_answer_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        head_of(&mut stream).await;
        // Until the client goes away.
        while stream.read_u8().await.is_ok() {}
    });
    let begun = Instant::now();
    let error = check_key(&dialer(format!("ws://127.0.0.1:{port}"))).await.unwrap_err();
    assert!(
        matches!(error, ConnectError::Net(NetError::Network { kind: NetworkFault::TimedOut, .. })),
        "{error:?}"
    );
    // By the paused clock, which jumps to whatever is waited for.
    assert_eq!(begun.elapsed(), Duration::from_secs(15));
    silent.await.unwrap();
}
