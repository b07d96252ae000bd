//! One request over plain HTTP: its body, its answer, and the end of the connection. Whoever calls limits the time.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::handshake::server::Request;
use tokio_tungstenite::tungstenite::http::{Method, StatusCode, header};

use crate::budget::Share;
use crate::rest::{self, Answer};
use crate::shared::Shared;

/// How long a client may still send something when it was answered.
const LINGER: Duration = Duration::from_secs(2);

/// Reads the rest of a request and answers it.
pub(super) async fn exchange<S>(
    shared: &Shared,
    stream: &mut S,
    request: &Request,
    after: Vec<u8>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut room = Share::of(&shared.budgets.unauthenticated);
    let answer = match rest::body_length(request) {
        Ok(length) if room.hold(length) => {
            let body = body(stream, request, after, length).await?;
            rest::answer(shared, request, &body, Instant::now())
        }
        Ok(_) => {
            let words = "The server is busy with large messages. Try again later.";
            Answer::error(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", words)
        }
        Err(refusal) => refusal,
    };
    say(stream, &answer, request.method() == Method::HEAD).await
}

/// Reads `length` bytes; some may be here already. What is beyond them is not looked at.
async fn body<S>(stream: &mut S, request: &Request, mut body: Vec<u8>, length: usize) -> io::Result<Vec<u8>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let waits = request.headers().get(header::EXPECT).is_some_and(|value| value == "100-continue");
    if waits && body.len() < length {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        stream.flush().await?;
    }
    let missing = length.saturating_sub(body.len());
    let read = (&mut *stream).take(missing as u64).read_to_end(&mut body).await?;
    if read < missing {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    body.truncate(length);
    Ok(body)
}

/// Writes an answer; the connection ends with it.
pub(super) async fn say<S>(stream: &mut S, answer: &Answer, is_head: bool) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let body = answer.body.as_ref().map(|body| format!("{body:#}\n")).unwrap_or_default();
    let (code, reason) = (answer.status.as_str(), answer.status.canonical_reason().unwrap_or_default());
    let mut text = format!("HTTP/1.1 {code} {reason}\r\nconnection: close\r\ncache-control: no-store\r\n");
    if answer.body.is_some() {
        text += "content-type: application/json; charset=UTF-8\r\n";
        let _ = write!(text, "content-length: {}\r\n", body.len());
    }
    for (name, value) in &answer.cors {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text += "\r\n";
    if !is_head {
        text += &body;
    }
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

/// Takes what a client still sends, for a moment: dropping a socket with unread data could reset the connection before the
/// client has read its answer.
pub(super) async fn linger(stream: &mut (impl AsyncRead + Unpin)) {
    let mut unread = [0; 1024];
    let rest = async { while stream.read(&mut unread).await.is_ok_and(|taken| taken > 0) {} };
    let _ = timeout(LINGER, rest).await;
}
