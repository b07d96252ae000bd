//! The head of an HTTP/1.1 answer: status and headers, of a server that upgrades or a proxy that opens a tunnel.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

const MAX_HEAD_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

/// Why a head cannot be read.
#[derive(Debug)]
pub enum HeadFault {
    /// The connection broke, or ended before the head did.
    Io(io::Error),
    /// What came is not HTTP, or its headers have no end.
    NotHttp(&'static str),
}

/// Reads a head, and returns it with the bytes that were read behind it. No limit in time.
///
/// # Errors
/// [`HeadFault`].
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<(Head, Vec<u8>), HeadFault> {
    let mut received = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut received).await.map_err(HeadFault::Io)? == 0 {
            let early = io::Error::new(io::ErrorKind::UnexpectedEof, "closed during the handshake");
            return Err(HeadFault::Io(early));
        }
        match Head::parse(&received).map_err(HeadFault::NotHttp)? {
            Some((head, length)) => return Ok((head, received.split_off(length))),
            None if received.len() > MAX_HEAD_BYTES => {
                return Err(HeadFault::NotHttp("its answer has endless headers"));
            }
            None => {}
        }
    }
}

/// Status and headers of a response.
pub struct Head {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, and values, in order.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// Returns the head and its length in bytes, or `None` while it is not whole.
    ///
    /// # Errors
    /// In words, when this can't become a head.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, &'static str> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(bytes).map_err(|_| "it does not answer in HTTP")?;
        let httparse::Status::Complete(length) = parsed else { return Ok(None) };
        let text = |value: &[u8]| String::from_utf8_lossy(value).trim().to_owned();
        let headers = response.headers.iter().map(|h| (h.name.to_ascii_lowercase(), text(h.value))).collect();
        Ok(Some((Self { status: response.code.unwrap_or_default(), headers }, length)))
    }

    /// Returns the first header of this lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0 == name).map(|header| header.1.as_str())
    }

    /// Returns every header of this lower-case name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |header| header.0 == name).map(|header| header.1.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_parsed_when_it_is_whole() {
        let head = b"HTTP/1.1 429 Too Many\r\nContent-Length: 3\r\n\r\nabc";
        for cut in 0..head.len() - 3 {
            assert!(Head::parse(&head[..cut]).unwrap().is_none(), "{cut}");
        }
        let (parsed, length) = Head::parse(head).unwrap().unwrap();
        assert_eq!((parsed.status, length, parsed.get("content-length")), (429, head.len() - 3, Some("3")));
        assert!(Head::parse(b"SSH-2.0-OpenSSH_9.2\r\n").is_err());
    }
}
