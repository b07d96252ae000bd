//! Messages over a program's standard input and output, one a line. What is no message is counted and left out; a message that
//! is too large, or can't be read, becomes an error for whoever waits for it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleClient;
use rmcp::model::{ClientJsonRpcMessage, NumberOrString, ServerJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::MOST_BYTES;
use super::failure::{TOO_LARGE, UNREADABLE, failed};
use super::link::Link;
use super::message_id::MessageId;

/// How long a program may leave its input unread.
const WRITE_LIMIT: Duration = Duration::from_secs(15);
/// The most bytes of one message that are read and thrown away.
const MOST_SKIPPED: u64 = 128 * 1024 * 1024;
/// Bytes that are read at once.
const PIECE: usize = 32 * 1024;

/// The pipes of a program.
pub(crate) struct Stdio<R, W> {
    lines: Lines<R>,
    input: Arc<Mutex<Option<W>>>,
    link: Arc<Link>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Stdio<R, W> {
    pub(crate) fn new(output: R, input: W, link: Arc<Link>) -> Self {
        Self { lines: Lines::new(output), input: Arc::new(Mutex::new(Some(input))), link }
    }
}

impl<R, W> Transport<RoleClient> for Stdio<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: ClientJsonRpcMessage,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let (pipe, link) = (self.input.clone(), self.link.clone());
        async move {
            let mut message = serde_json::to_vec(&message)?;
            message.push(b'\n');
            let mut open = pipe.lock().await;
            let Some(pipe) = open.as_mut() else { return Err(io::ErrorKind::NotConnected.into()) };
            let written = timeout(WRITE_LIMIT, async {
                pipe.write_all(&message).await?;
                pipe.flush().await
            });
            match written.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => {
                    *open = None;
                    Err(error)
                }
                Err(_) => {
                    // A part of the line may be in the pipe: nothing can follow it.
                    *open = None;
                    link.give_up("it does not read what it is sent");
                    Err(io::ErrorKind::TimedOut.into())
                }
            }
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        loop {
            let line = tokio::select! {
                line = self.lines.next() => line,
                () = self.link.given_up() => return None,
            };
            match line {
                Err(error) => {
                    self.link.give_up(&error.to_string());
                    return None;
                }
                Ok(None) => return None,
                Ok(Some(Line::TooLong(id))) => match id {
                    Some(id) => return Some(failed(NumberOrString::Number(id), TOO_LARGE)),
                    None => self.link.unasked(),
                },
                Ok(Some(Line::Whole)) => {
                    let line = self.lines.line.trim_ascii();
                    match serde_json::from_slice(line) {
                        Ok(message) => return Some(message),
                        Err(error) => {
                            tracing::debug!(%error, "a line that is no message");
                            self.link.unasked();
                            if let Some(id) = MessageId::of(line) {
                                return Some(failed(NumberOrString::Number(id), UNREADABLE));
                            }
                        }
                    }
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        // The end of its input asks the program to end.
        self.input.lock().await.take();
        Ok(())
    }
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// A line, which is in [`Lines::line`].
    Whole,
    /// One that was too long, with the id that it has as a message.
    TooLong(Option<i64>),
}

/// Lines of a stream, within bounds.
struct Lines<R> {
    stream: R,
    piece: Box<[u8]>,
    /// What of the piece was not looked at.
    rest: std::ops::Range<usize>,
    line: Vec<u8>,
    /// The line is whole and was given: it goes with the next call.
    is_given: bool,
    skipped: Option<(MessageId, u64)>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(stream: R) -> Self {
        let piece = vec![0; PIECE].into_boxed_slice();
        Self { stream, piece, rest: 0..0, line: Vec::new(), is_given: false, skipped: None }
    }

    /// The next line; `None` at the end. Cancel safe.
    async fn next(&mut self) -> io::Result<Option<Line>> {
        if std::mem::take(&mut self.is_given) {
            self.line.clear();
            // One large message does not hold its memory for ever.
            self.line.shrink_to(PIECE);
        }
        loop {
            if self.rest.is_empty() {
                let read = self.stream.read(&mut self.piece).await?;
                if read == 0 {
                    return Ok(None);
                }
                self.rest = 0..read;
            }
            let bytes = &self.piece[self.rest.clone()];
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let part = &bytes[..end.unwrap_or(bytes.len())];
            self.rest.start += end.map_or(part.len(), |end| end + 1);
            if let Some((id, skipped)) = &mut self.skipped {
                id.read(part);
                *skipped += part.len() as u64;
                if *skipped > MOST_SKIPPED {
                    return Err(io::Error::other("it sends a message without an end"));
                }
            } else if self.line.len() + part.len() > MOST_BYTES {
                let mut id = MessageId::default();
                id.read(&self.line);
                id.read(part);
                self.skipped = Some((id, self.line.len() as u64));
                self.line = Vec::new();
            } else {
                self.line.extend_from_slice(part);
            }
            if end.is_some() {
                let line = if let Some((id, _)) = self.skipped.take() {
                    Line::TooLong(id.found())
                } else {
                    self.is_given = true;
                    Line::Whole
                };
                return Ok(Some(line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::ErrorData;

    use super::*;

    fn pipes(output: &[u8]) -> (Stdio<&[u8], tokio::io::DuplexStream>, Arc<Link>, tokio::io::DuplexStream) {
        let link = Arc::new(Link::new());
        let (input, theirs) = tokio::io::duplex(1024);
        (Stdio::new(output, input, link.clone()), link, theirs)
    }

    #[tokio::test]
    async fn messages_come_between_lines_that_are_none() {
        let output = b"\n[info] starting\n\xff\xfe\r\n{}\n{\"a\":\n{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\r\n{\"json";
        let (mut stdio, link, _theirs) = pipes(output);
        let message = stdio.receive().await.unwrap();
        assert!(
            matches!(message, ServerJsonRpcMessage::Response(response) if response.id == NumberOrString::Number(1))
        );
        assert!(stdio.receive().await.is_none(), "half a line at the end is none");
        assert_eq!(link.reason(), None);
    }

    #[tokio::test]
    async fn a_message_too_large_is_an_error_for_who_waits() {
        let huge = format!("{{\"result\":{{\"a\":\"{}\"}},\"id\":7}}\n", "x".repeat(3 * MOST_BYTES));
        let output = huge + "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{}}\n";
        let (mut stdio, _, _theirs) = pipes(output.as_bytes());
        let Some(ServerJsonRpcMessage::Error(error)) = stdio.receive().await else { panic!("no error") };
        assert_eq!(error.id, Some(NumberOrString::Number(7)));
        assert!(error.error.message.contains("4 MiB"));
        assert!(stdio.lines.line.capacity() <= MOST_BYTES);
        assert!(matches!(stdio.receive().await, Some(ServerJsonRpcMessage::Response(_))), "it goes on");
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_is_an_error_for_who_waits() {
        let deep = format!("{{\"result\":{}1{},\"id\":3}}\n", "[".repeat(5_000), "]".repeat(5_000));
        let (mut stdio, _, _theirs) = pipes(deep.as_bytes());
        let Some(ServerJsonRpcMessage::Error(error)) = stdio.receive().await else { panic!("no error") };
        assert_eq!(error.id, Some(NumberOrString::Number(3)));
    }

    #[tokio::test]
    async fn garbage_without_an_end_ends_the_connection() {
        let output = "garbage\n".repeat(30_000);
        let (mut stdio, link, _theirs) = pipes(output.as_bytes());
        assert!(stdio.receive().await.is_none());
        assert!(link.reason().unwrap().contains("floods"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_reads_nothing_is_given_up() {
        let (mut stdio, link, _theirs) = pipes(b"");
        let ping = |id| {
            ClientJsonRpcMessage::error(
                ErrorData::internal_error("x".repeat(2_000), None),
                Some(NumberOrString::Number(id)),
            )
        };
        let error = stdio.send(ping(1)).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(link.reason().unwrap().contains("does not read"));
        assert_eq!(stdio.send(ping(2)).await.unwrap_err().kind(), io::ErrorKind::NotConnected);
    }
}
