//! HTTPS GET for the tools that ask a server, behind a trait so that tests need no network.
//!
//! [`Fetch::get`] blocks: it is called on tokio's blocking threads only. Limits: 5 s to find the host, 5 s to connect, 10 s in
//! all, 256 KiB of body, two redirects, and those to HTTPS alone.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const TOTAL_LIMIT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: u32 = 2;
const MAX_BODY_BYTES: u64 = 256 * 1024;

/// What a server answered, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
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

/// Gets one HTTPS resource. Blocking.
pub trait Fetch: Send + Sync + 'static {
    /// Gets `url` with these query parameters, encoding them.
    ///
    /// # Errors
    /// [`FetchError`] when there is no HTTP answer at all. An answer with an error status is an [`Answer`].
    fn get(&self, url: &str, query: &[(&str, String)]) -> Result<Answer, FetchError>;
}

/// Which proxy is on the way to a host and port, as a URL that may hold a password; or, in words, why the one that was chosen
/// can't be used.
pub type ProxyFor = Arc<dyn Fn(&str, u16) -> Result<Option<String>, String> + Send + Sync>;

/// [`Fetch`] over the network: rustls with the system's trust store, HTTPS only, and the environment's proxy unless another way
/// was chosen.
#[derive(Clone)]
pub struct Https {
    agent: Agent,
    proxy: Option<ProxyFor>,
}

/// Whether there is a proxy on the way, and which.
enum Route {
    /// As the environment says.
    OfEnvironment,
    Chosen(Option<Proxy>),
}

impl Https {
    /// The same by these proxies.
    #[must_use]
    pub fn by(self, proxy: ProxyFor) -> Self {
        Self { proxy: Some(proxy), ..self }
    }

    /// The way to this URL.
    fn route_to(&self, url: &str) -> Result<Route, FetchError> {
        let Some(proxy) = &self.proxy else { return Ok(Route::OfEnvironment) };
        let other = |words: &str| FetchError::Other(words.to_owned());
        let uri: Uri = url.parse().map_err(|_| other("its address is not valid"))?;
        let host = uri.host().ok_or_else(|| other("its address is not valid"))?;
        let chosen = proxy(host, uri.port_u16().unwrap_or(443)).map_err(FetchError::Other)?;
        // Its error would repeat the address, and that may hold a password.
        let read = |url: String| Proxy::new(&url).map_err(|_| other("its proxy's address can't be used"));
        Ok(Route::Chosen(chosen.map(read).transpose()?))
    }

    /// An agent with the limits of this module. Opens nothing yet.
    pub fn new() -> Self {
        Self::with(true, TOTAL_LIMIT)
    }

    /// `is_encrypted` is false for tests on this computer alone.
    fn with(is_encrypted: bool, total: Duration) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        let config = Agent::config_builder()
            .https_only(is_encrypted)
            .http_status_as_error(false)
            .max_redirects(MAX_REDIRECTS)
            .timeout_resolve(Some(CONNECT_LIMIT))
            .timeout_connect(Some(CONNECT_LIMIT))
            .timeout_global(Some(total))
            .user_agent(concat!("vivavoce/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Self { agent: Agent::new_with_config(config), proxy: None }
    }
}

impl fmt::Debug for Https {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Https").field("by_choice", &self.proxy.is_some()).finish_non_exhaustive()
    }
}

impl Default for Https {
    fn default() -> Self {
        Self::new()
    }
}

impl Fetch for Https {
    fn get(&self, url: &str, query: &[(&str, String)]) -> Result<Answer, FetchError> {
        let pairs = query.iter().map(|(name, value)| (*name, value.as_str()));
        let mut request = self.agent.get(url).query_pairs(pairs);
        if let Route::Chosen(proxy) = self.route_to(url)? {
            request = request.config().proxy(proxy).build();
        }
        let mut response = request.call().map_err(classify)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MAX_BODY_BYTES).read_to_vec().map_err(classify)?;
        Ok(Answer { status, body })
    }
}

fn classify(error: ureq::Error) -> FetchError {
    match error {
        ureq::Error::HostNotFound => FetchError::NameNotResolved,
        ureq::Error::Timeout(_) => FetchError::TimedOut,
        ureq::Error::BodyExceedsLimit(_) => FetchError::TooLarge,
        ureq::Error::TooManyRedirects => {
            FetchError::Other("it sends us from one address to the next".to_owned())
        }
        ureq::Error::Io(error) => classify_io(error),
        ureq::Error::Tls(reason) => FetchError::Tls(reason.to_owned()),
        ureq::Error::Rustls(error) => FetchError::Tls(error.to_string()),
        other => FetchError::Other(other.to_string()),
    }
}

fn classify_io(error: std::io::Error) -> FetchError {
    use std::io::ErrorKind;
    // rustls speaks through the stream, so its errors arrive wrapped as I/O errors.
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return FetchError::Tls(tls.to_string());
    }
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => FetchError::TimedOut,
        _ => FetchError::Connection(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn transport_errors_are_told_apart_by_kind() {
        assert!(matches!(classify(ureq::Error::HostNotFound), FetchError::NameNotResolved));
        assert!(matches!(classify(ureq::Error::BodyExceedsLimit(1)), FetchError::TooLarge));
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(matches!(classify(ureq::Error::Io(refused)), FetchError::Connection(_)));
        let late = io::Error::from(io::ErrorKind::TimedOut);
        assert!(matches!(classify(ureq::Error::Io(late)), FetchError::TimedOut));
    }

    #[test]
    fn plain_http_is_refused_before_anything_is_opened() {
        let error = Https::new().get("http://127.0.0.1:9/", &[]).unwrap_err();
        assert!(matches!(error, FetchError::Other(_)), "{error:?}");
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

    #[test]
    fn the_proxy_that_was_chosen_is_asked_for_the_way() {
        let (place, asked) = refusing_proxy();
        let proxy = format!("http://me:p%40ss@{place}");
        let https = Https::new().by(Arc::new(move |host, port| {
            assert_eq!((host, port), ("weather.example", 443));
            Ok(Some(proxy.clone()))
        }));
        let error = https.get("https://weather.example/v1", &[]).unwrap_err();
        let head = asked.recv_timeout(Duration::from_secs(10)).unwrap().to_ascii_lowercase();
        assert!(head.starts_with("connect weather.example:443 "), "{head}");
        assert!(head.contains("proxy-authorization: basic "), "{head}");
        assert!(!error.to_string().contains("p%40ss") && !error.to_string().contains("p@ss"), "{error}");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_said_and_not_passed_by() {
        let https = Https::new().by(Arc::new(|_, _| Err("the proxy HTTPS_PROXY is not usable".to_owned())));
        let error = https.get("https://weather.example/", &[]).unwrap_err();
        assert_eq!(error.to_string(), "the proxy HTTPS_PROXY is not usable");
        let https = Https::new().by(Arc::new(|_, _| Ok(Some("gopher://me:Secret@h".to_owned()))));
        let error = https.get("https://weather.example/", &[]).unwrap_err();
        assert!(!format!("{error} {error:?} {https:?}").contains("Secret"), "{error:?}");
    }

    /// A server on this computer that answers everybody with this, and then holds the line.
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

    #[test]
    fn a_server_that_is_slow_endless_or_runs_in_circles_is_given_up() {
        let quick = Https::with(false, Duration::from_millis(300));
        let get = |answer: &[u8]| quick.get(&server(answer.to_vec()), &[]).unwrap_err();
        for slow in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
            let error = get(slow);
            assert!(matches!(error, FetchError::TimedOut), "{error:?}");
        }
        let head = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        let endless = [&head[..], &vec![b' '; MAX_BODY_BYTES as usize + 1]].concat();
        let patient = Https::with(false, TOTAL_LIMIT);
        let error = patient.get(&server(endless), &[]).unwrap_err();
        assert!(matches!(error, FetchError::TooLarge), "{error:?}");
        let circle = b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let error = patient.get(&server(circle.to_vec()), &[]).unwrap_err();
        assert!(error.to_string().contains("from one address to the next"), "{error}");
        for nonsense in [&b"SSH-2.0-x\r\n\r\n"[..], b"HTTP/1.1 2000000 OK\r\n\r\n", b"\0\0\0\0\r\n\r\n"] {
            let error = patient.get(&server(nonsense.to_vec()), &[]).unwrap_err();
            assert!(!error.to_string().contains('\0'), "{error}");
        }
    }
}
