//! The head of a client's first request: an upgrade to WebSocket goes on as it came, anything else is plain HTTP.

use std::io;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_tungstenite::tungstenite::handshake::server::Request;
use tokio_tungstenite::tungstenite::http::{Method, StatusCode, header};

use crate::rest::Answer;

/// The longest head, in bytes.
const MOST_BYTES: usize = 16 << 10;
/// The most headers: as many as tungstenite takes.
const MOST_HEADERS: usize = 124;

/// What a client begins with.
#[derive(Debug)]
pub(super) enum Head {
    /// A request for WebSocket: these bytes, to be read once more.
    Upgrade(Bytes),
    /// Plain HTTP: the request, and what was read of its body.
    Plain(Box<Request>, Vec<u8>),
    /// No request that can be understood, and what is said to it.
    Broken(Answer),
}

/// Reads a head. No limit in time.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Head> {
    let mut received = Vec::with_capacity(1024);
    // Nonsense is noticed early, and a head that comes byte by byte is not parsed for each of them.
    let mut looked_at = 0;
    loop {
        let before = received.len();
        if stream.read_buf(&mut received).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let is_long = received.len() > MOST_BYTES;
        if !is_long && received.len() < looked_at * 2 && !ends_in(&received, before) {
            continue;
        }
        looked_at = received.len();
        match parse(&received) {
            Ok(Some(head)) => return Ok(head),
            Ok(None) if is_long => {
                let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
                let words = format!("The headers are larger than {} KiB.", MOST_BYTES >> 10);
                return Ok(Head::Broken(Answer::error(status, "INVALID_ARGUMENT", words)));
            }
            Ok(None) => {}
            Err(words) => {
                let answer = Answer::error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", words);
                return Ok(Head::Broken(answer));
            }
        }
    }
}

/// Whether an empty line ends in what came since `before`.
fn ends_in(received: &[u8], before: usize) -> bool {
    let tail = &received[before.saturating_sub(3)..];
    tail.windows(3).any(|end| end == b"\n\r\n") || tail.windows(2).any(|end| end == b"\n\n")
}

/// Reads a head; `None` while it is not whole.
fn parse(received: &[u8]) -> Result<Option<Head>, &'static str> {
    const NO_HTTP: &str = "This is not HTTP/1.1.";
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(received) {
        Ok(httparse::Status::Complete(length)) if length <= MOST_BYTES => length,
        Ok(_) => return Ok(None),
        Err(_) => return Err(NO_HTTP),
    };
    let mut request =
        Request::builder().method(parsed.method.unwrap_or_default()).uri(parsed.path.unwrap_or_default());
    for field in parsed.headers.iter() {
        request = request.header(field.name, field.value);
    }
    let request = request.body(()).map_err(|_| NO_HTTP)?;
    let is_websocket = |value: &[u8]| value.eq_ignore_ascii_case(b"websocket");
    let upgrades = request.headers().get(header::UPGRADE).is_some_and(|value| is_websocket(value.as_bytes()));
    Ok(Some(if upgrades && request.method() == Method::GET {
        Head::Upgrade(Bytes::copy_from_slice(received))
    } else {
        Head::Plain(Box::new(request), received[length..].to_vec())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads what comes in pieces of `step` bytes.
    async fn read_in(text: &str, step: usize) -> io::Result<Head> {
        let mut stream = dripping(text, step);
        read(&mut stream).await
    }

    /// A stream that gives `step` bytes at a time.
    fn dripping(text: &str, step: usize) -> impl AsyncRead + Unpin {
        let (near, far) = tokio::io::duplex(step);
        let text = text.to_owned();
        tokio::spawn(async move {
            let mut far = far;
            let _ = tokio::io::AsyncWriteExt::write_all(&mut far, text.as_bytes()).await;
        });
        near
    }

    #[tokio::test]
    async fn any_split_of_a_head_is_read() {
        let upgrade = "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n\r\n";
        let post = "POST /v1alpha/auth_tokens HTTP/1.1\nContent-Length: 2\n\n{}";
        for step in [1, 2, 7, 1_024] {
            let Ok(Head::Upgrade(bytes)) = read_in(upgrade, step).await else { panic!("an upgrade, {step}") };
            assert_eq!(bytes, upgrade.as_bytes());
            let Ok(Head::Plain(request, after)) = read_in(post, step).await else { panic!("plain, {step}") };
            assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/v1alpha/auth_tokens"));
            assert!(b"{}".starts_with(&after));
        }
    }

    #[tokio::test]
    async fn what_is_no_head_is_answered_or_left() {
        let status = |head: io::Result<Head>| match head {
            Ok(Head::Broken(answer)) => answer.status.as_u16(),
            other => panic!("{other:?}"),
        };
        assert_eq!(status(read_in("\u{16}\u{3}\u{1} hello of TLS", 5).await), 400);
        let endless = format!("GET / HTTP/1.1\r\n{}", "a: b\r\n".repeat(100) + &"c".repeat(MOST_BYTES));
        assert_eq!(status(read_in(&endless, 1_000).await), 431);
        let crowded = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(MOST_HEADERS + 1));
        assert_eq!(status(read_in(&crowded, 1_000).await), 400);
        assert!(read_in("GET / HTTP/1.1\r\n", 100).await.is_err(), "it ended too early");
    }
}
