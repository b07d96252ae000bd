//! HTTPS GET for the tools that ask a server, behind a trait so that tests need no network.
//!
//! Goes through `net`, so by the proxy and the trust that the person chose. Limits: 10 s in all, 256 KiB of body, two
//! redirects, and those to HTTPS alone.

use std::time::Duration;

use futures_util::future::BoxFuture;
use net::http::HttpRequest;
use net::{Connector, HttpUrl, NetError, NetworkFault, ProxyChoice};

const TOTAL_LIMIT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: u8 = 2;
const MAX_BODY_BYTES: usize = 256 * 1024;

/// What a server answered, whatever its status.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The HTTP status.
    pub status: u16,
    /// The whole body, bounded.
    pub body: Vec<u8>,
}

/// Why there is no answer. The texts are for a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The host has no address: almost always a machine without internet.
    #[error("there is no internet connection (its name could not be resolved)")]
    NameNotResolved,
    /// Nobody answered at the address, or the connection broke.
    #[error("the connection failed ({0})")]
    Connection(#[source] std::io::Error),
    /// A time limit ran out.
    #[error("it did not answer in time")]
    TimedOut,
    /// The certificate or the TLS handshake was refused.
    #[error("its certificate was refused ({0})")]
    Tls(String),
    /// The body is larger than the cap.
    #[error("its answer was too large")]
    TooLarge,
    /// Anything else, a proxy that refuses among it.
    #[error("{0}")]
    Other(String),
}

impl From<NetError> for FetchError {
    fn from(error: NetError) -> Self {
        match error {
            NetError::Network { kind: NetworkFault::Dns, .. } => Self::NameNotResolved,
            NetError::Network { kind: NetworkFault::TimedOut, .. } => Self::TimedOut,
            NetError::Network { source, .. } => Self::Connection(source),
            NetError::Tls { source, .. } => Self::Tls(source.to_string()),
            NetError::BadAnswer { reason, .. } => Self::Other(reason),
            NetError::Proxy { .. } => Self::Other(error.to_string()),
        }
    }
}

/// Gets one HTTPS resource.
pub trait Fetch: Send + Sync + 'static {
    /// Gets `url` with these query parameters, encoding them. Dropping the future gives up.
    ///
    /// # Errors
    /// [`FetchError`] when there is no HTTP answer at all. An answer with an error status is a [`Fetched`].
    fn get<'a>(
        &'a self,
        url: &'a str,
        query: &'a [(&'a str, String)],
    ) -> BoxFuture<'a, Result<Fetched, FetchError>>;
}

/// [`Fetch`] over the network, by HTTPS only.
#[derive(Clone, Debug)]
pub struct Https {
    connector: Connector,
    total: Duration,
    /// Whether it must be `https` everywhere; otherwise `http` is enough on this computer.
    is_encrypted: bool,
}

impl Https {
    /// Fetches through the system's proxy. Opens nothing yet.
    pub fn new() -> Self {
        Self::by(Connector::new(ProxyChoice::System))
    }

    /// Fetches through this connector.
    pub fn by(connector: Connector) -> Self {
        Self { connector, total: TOTAL_LIMIT, is_encrypted: true }
    }

    /// The same, and by `http` from servers on this computer.
    #[must_use]
    pub fn or_here(self) -> Self {
        Self { is_encrypted: false, ..self }
    }

    async fn fetch(&self, url: &str, query: &[(&str, String)]) -> Result<Fetched, FetchError> {
        let url: HttpUrl = url.parse().map_err(|_| FetchError::Other("its address is not valid".into()))?;
        if self.is_encrypted && !url.origin().is_encrypted {
            return Err(FetchError::Other("its address is not https".into()));
        }
        let url = url.with_query(query.iter().map(|(name, value)| (*name, value.as_str())));
        let request = HttpRequest::get(url)
            .within(self.total)
            .answer_within(self.total)
            .at_most(MAX_BODY_BYTES)
            .redirects(MAX_REDIRECTS);
        let answer = request.send(&self.connector).await?;
        if answer.is_cut {
            return Err(FetchError::TooLarge);
        }
        Ok(Fetched { status: answer.status, body: answer.body })
    }
}

impl Default for Https {
    fn default() -> Self {
        Self::new()
    }
}

impl Fetch for Https {
    fn get<'a>(
        &'a self,
        url: &'a str,
        query: &'a [(&'a str, String)],
    ) -> BoxFuture<'a, Result<Fetched, FetchError>> {
        Box::pin(self.fetch(url, query))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;

    use net::BadProxy;

    use super::*;

    #[test]
    fn transport_errors_are_told_apart_by_kind() {
        let network = |kind| {
            let source = io::Error::from(io::ErrorKind::Other);
            FetchError::from(NetError::Network { kind, host: "h".into(), source })
        };
        assert!(matches!(network(NetworkFault::Dns), FetchError::NameNotResolved));
        assert!(matches!(network(NetworkFault::TimedOut), FetchError::TimedOut));
        assert!(matches!(network(NetworkFault::Refused), FetchError::Connection(_)));
        assert!(matches!(network(NetworkFault::Broken), FetchError::Connection(_)));
    }

    #[tokio::test]
    async fn plain_http_is_refused_before_anything_is_opened() {
        for url in ["http://127.0.0.1:9/", "http://weather.example/", "ftp://weather.example/"] {
            let error = Https::new().get(url, &[]).await.unwrap_err();
            assert!(matches!(error, FetchError::Other(_)), "{url}: {error:?}");
        }
    }

    /// A proxy that notes the head of what it is asked for, and refuses it.
    fn refusing_proxy() -> (String, mpsc::Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let (heads, asked) = mpsc::sync_channel(8);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // A head may come in pieces.
                let (mut head, mut piece) = (Vec::new(), [0; 4_096]);
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut piece) {
                        Ok(read @ 1..) => head.extend_from_slice(&piece[..read]),
                        _ => break,
                    }
                }
                let _ = heads.send(String::from_utf8_lossy(&head).into_owned());
                let _ =
                    stream.write_all(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        (place, asked)
    }

    #[tokio::test]
    async fn the_proxy_that_was_chosen_is_asked_for_the_way() {
        let (place, asked) = refusing_proxy();
        let proxy = format!("http://me:p%40ss@{place}").parse().unwrap();
        let https = Https::by(Connector::new(ProxyChoice::Url(proxy)));
        let error = https.get("https://weather.example/v1", &[]).await.unwrap_err();
        let head = asked.recv_timeout(Duration::from_secs(10)).unwrap().to_ascii_lowercase();
        assert!(head.starts_with("connect weather.example:443 "), "{head}");
        assert!(head.contains("proxy-authorization: basic "), "{head}");
        let printed = format!("{error} {error:?} {https:?}");
        assert!(!printed.contains("p%40ss") && !printed.contains("p@ss"), "{printed}");
    }

    #[tokio::test]
    async fn a_proxy_that_cannot_be_used_is_said_and_not_passed_by() {
        let https = Https::by(Connector::new(ProxyChoice::Invalid(BadProxy::NotAUrl)));
        let error = https.get("https://weather.example/", &[]).await.unwrap_err();
        assert!(error.to_string().starts_with("the proxy of the settings is not usable"), "{error}");
    }

    /// A server on this computer that answers everybody with this, and then holds the connection.
    fn server(answer: Vec<u8>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4_096]);
                let _ = stream.write_all(&answer);
                held.push(stream);
            }
        });
        url
    }

    async fn error_of(https: &Https, answer: &[u8]) -> FetchError {
        https.get(&server(answer.to_vec()), &[]).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_slow_endless_or_circling_server_is_given_up() {
        let here = Https { is_encrypted: false, ..Https::by(Connector::new(ProxyChoice::None)) };
        let quick = Https { total: Duration::from_millis(300), ..here.clone() };
        for slow in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
            let error = error_of(&quick, slow).await;
            assert!(matches!(error, FetchError::TimedOut), "{error:?}");
        }
        let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        let endless = [&head[..], &vec![b' '; MAX_BODY_BYTES + 1]].concat();
        let error = error_of(&here, &endless).await;
        assert!(matches!(error, FetchError::TooLarge), "{error:?}");
        let circle = b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let error = error_of(&here, circle).await;
        assert!(error.to_string().contains("from one address to the next"), "{error}");
        for nonsense in [&b"SSH-2.0-x\r\n\r\n"[..], b"HTTP/1.1 2000000 OK\r\n\r\n", b"\0\0\0\0\r\n\r\n"] {
            let error = error_of(&here, nonsense).await;
            assert!(!error.to_string().contains('\0'), "{error}");
        }
    }
}
