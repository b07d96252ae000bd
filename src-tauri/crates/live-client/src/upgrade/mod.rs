//! The WebSocket upgrade, by hand: HTTP/1.1 request out, status and headers in.
//!
//! tungstenite has a client handshake of its own, but it writes the whole request, key included, to the log at trace
//! level, and it drops the rest of a refusal's body, which holds the service's reason (PROTOCOL.md §1.3: read both).

mod request;

use std::time::Duration;

use net::Stream;
use net::http_head::{self, Head, HeadFault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::error::ConnectError;
use crate::socket::{Metered, Socket};
pub use request::{BadEndpoint, Request};

const UPGRADE_LIMIT: Duration = Duration::from_secs(15);
/// How long a refusal's body may take once its status is known.
const BODY_LIMIT: Duration = Duration::from_secs(2);
const MAX_BODY_BYTES: usize = 4 * 1024;
/// The size of tungstenite's send buffer. It gets one message at a time, and none of ours is as large.
const MAX_UNSENT_BYTES: usize = 64 * 1024 * 1024;

/// Upgrades `stream` as `request` says, for messages of `message_bytes` at most. Takes 15 s at most.
///
/// # Errors
/// [`ConnectError`], for what the server answers instead.
pub(crate) async fn upgrade(
    stream: Box<dyn Stream>,
    request: &Request,
    message_bytes: usize,
) -> Result<Socket, ConnectError> {
    match timeout(UPGRADE_LIMIT, exchange(stream, request)).await {
        Ok(Ok((stream, rest))) => {
            let limits = WebSocketConfig::default()
                .max_message_size(Some(message_bytes))
                .max_frame_size(Some(message_bytes))
                .max_write_buffer_size(MAX_UNSENT_BYTES);
            let stream = Metered::new(stream, &rest)
                .map_err(|_| ConnectError::not_live(request.host(), "its first message has no end"))?;
            Ok(WebSocketStream::from_partially_read(stream, rest, Role::Client, Some(limits)).await)
        }
        Ok(Err(error)) => Err(error),
        Err(_) => Err(ConnectError::timed_out(request.host(), "the WebSocket handshake")),
    }
}

/// Returns the stream after its upgrade, and what of the WebSocket was read with the answer.
async fn exchange(
    mut stream: Box<dyn Stream>,
    request: &Request,
) -> Result<(Box<dyn Stream>, Vec<u8>), ConnectError> {
    let host = request.host();
    let broken = |error| ConnectError::network(host, error);
    let nonce = generate_key();
    stream.write_all(head_of(request, &nonce).as_bytes()).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    let (head, rest) = http_head::read(&mut stream).await.map_err(|fault| match fault {
        HeadFault::Io(error) => broken(error),
        HeadFault::NotHttp(reason) => ConnectError::not_live(host, reason),
    })?;
    if head.status != 101 {
        let body = request.secrets().text(&read_body(&mut stream, &head, rest).await);
        if head.status == 401 {
            request.authorization().refused();
        }
        return Err(ConnectError::no_upgrade(host, request.is_googles(), head.status, &body));
    }
    check_upgrade(&head, &nonce).map_err(|reason| ConnectError::not_live(host, reason))?;
    Ok((stream, rest))
}

/// Returns the request's head. No extension is offered: compression of base64 audio costs more than it saves.
fn head_of(request: &Request, nonce: &str) -> String {
    let mut head = format!(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\nUser-Agent: vivavoce/{}\r\n",
        request.path_and_query(),
        request.authority(),
        env!("CARGO_PKG_VERSION"),
    );
    if let Some((name, value)) = request.authorization().header() {
        head.extend([name, ": ", value.as_str(), "\r\n"]);
    }
    head.push_str("\r\n");
    head
}

/// Makes the checks that RFC 6455 §4.1 asks of a client.
fn check_upgrade(head: &Head, nonce: &str) -> Result<(), &'static str> {
    let is_websocket = head.get("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
    let tokens = head.get("connection").unwrap_or_default();
    let is_upgrade = tokens.split(',').any(|token| token.trim().eq_ignore_ascii_case("upgrade"));
    if !is_websocket || !is_upgrade {
        return Err("it switches to something that is no WebSocket");
    }
    if head.get("sec-websocket-accept") != Some(derive_accept_key(nonce.as_bytes()).as_str()) {
        return Err("its handshake does not match ours");
    }
    if head.get("sec-websocket-extensions").is_some_and(|value| !value.is_empty()) {
        return Err("it uses an extension that was not offered");
    }
    Ok(())
}

/// Reads the first 4 KiB of a refusal's body as text: whatever arrives in time.
async fn read_body(stream: &mut Box<dyn Stream>, head: &Head, mut body: Vec<u8>) -> String {
    let chunked = head.get("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let length = head.get("content-length").and_then(|value| value.parse().ok()).unwrap_or(usize::MAX);
    let wanted = if chunked { MAX_BODY_BYTES } else { length.min(MAX_BODY_BYTES) };
    let reading = async {
        while body.len() < wanted && !(chunked && body.ends_with(b"0\r\n\r\n")) {
            // A cut connection ends the body, too.
            if matches!(stream.read_buf(&mut body).await, Ok(0) | Err(_)) {
                break;
            }
        }
    };
    // Out of time: what came is used.
    let _ = timeout(BODY_LIMIT, reading).await;
    body.truncate(wanted);
    String::from_utf8_lossy(&if chunked { dechunk(&body) } else { body }).into_owned()
}

/// Returns the payload of a chunked body as far as it goes.
fn dechunk(mut body: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(body.len());
    while let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(body) {
        let end = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(start).min(body.len());
        payload.extend_from_slice(&body[start..end]);
        body = body[end..].strip_prefix(b"\r\n").unwrap_or_default();
        if size == 0 {
            break;
        }
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_damage_ends_them() {
        assert_eq!(dechunk(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"), b"abcde");
        assert_eq!(dechunk(b"ff\r\nabc"), b"abc");
        assert_eq!(dechunk(b"3\r\nabcXX"), b"abc");
        assert_eq!(dechunk(b"zz"), b"");
    }

    #[test]
    fn the_upgrade_is_checked() {
        let nonce = "dGhlIHNhbXBsZSBub25jZQ==";
        let head = |more: &[(&str, &str)]| {
            // The example of RFC 6455 §1.3.
            let mut headers = vec![
                ("upgrade".to_owned(), "websocket".to_owned()),
                ("connection".to_owned(), "keep-alive, Upgrade".to_owned()),
                ("sec-websocket-accept".to_owned(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned()),
            ];
            for (name, value) in more {
                headers.retain(|header| header.0 != *name);
                headers.push(((*name).to_owned(), (*value).to_owned()));
            }
            Head { status: 101, headers }
        };
        assert!(check_upgrade(&head(&[]), nonce).is_ok());
        for wrong in [
            ("upgrade", "h2c"),
            ("connection", "close"),
            ("sec-websocket-accept", "bm9wZQ=="),
            ("sec-websocket-extensions", "permessage-deflate"),
        ] {
            assert!(check_upgrade(&head(&[wrong]), nonce).is_err(), "{wrong:?}");
        }
    }
}
