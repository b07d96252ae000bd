//! What is asked, and within which limits.

use std::fmt;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request};
use tokio::time::{Instant, timeout_at};

use super::redirect;
use super::response::{HttpResponse, HttpStream};
use crate::connector::Connector;
use crate::error::NetError;
use crate::origin::{HttpUrl, encoded_pair};
use crate::scrub::Scrubber;

/// How long and how much, unless the request says otherwise.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);
const SILENCE_LIMIT: Duration = Duration::from_secs(15);
const WHOLE_LIMIT: Duration = Duration::from_mins(1);
const MAX_BODY_BYTES: usize = 2 * 1024 * 1024;

/// One request to one server.
///
/// Secrets belong into [`HttpRequest::secret_header`] or the body: they are not printed, they go to no other server when a
/// redirect is followed, and an answer that repeats them is shown without them.
///
/// ```no_run
/// # async fn weather() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use net::http::HttpRequest;
/// use net::{Connector, ProxyChoice};
///
/// let connector = Connector::new(ProxyChoice::System);
/// let url = "https://api.example.org/v1/forecast".parse::<net::HttpUrl>()?.with_query([("place", "Berlin")]);
/// let answer = HttpRequest::get(url)
///     .secret_header("authorization", "Bearer 1234")
///     .within(Duration::from_secs(10))
///     .at_most(256 * 1024)
///     .send(&connector)
///     .await?;
/// println!("{}: {} bytes", answer.status, answer.body.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpRequest {
    method: Method,
    url: HttpUrl,
    headers: HeaderMap,
    body: Bytes,
    secrets: Scrubber,
    /// A header cannot be written; said when the request is sent.
    is_unwritable: bool,
    redirects: u8,
    limits: Limits,
}

/// How long each part may take, and how large an answer may be.
#[derive(Debug, Clone, Copy)]
struct Limits {
    answer: Duration,
    silence: Duration,
    whole: Duration,
    body: usize,
}

impl HttpRequest {
    /// Returns a GET of `url`.
    pub fn get(url: HttpUrl) -> Self {
        Self::new(Method::GET, url, Bytes::new())
    }

    /// Returns a POST of `body` to `url`.
    pub fn post(url: HttpUrl, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(Method::POST, url, body.into()).with(CONTENT_TYPE, content_type, false)
    }

    /// Returns a DELETE of `url`.
    pub fn delete(url: HttpUrl) -> Self {
        Self::new(Method::DELETE, url, Bytes::new())
    }

    /// Returns a POST of a form with these fields. Which of them are secret, [`HttpRequest::scrubbing`] is told.
    pub fn post_form<'a>(url: HttpUrl, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let body = fields.into_iter().map(encoded_pair).collect::<Vec<_>>().join("&");
        Self::post(url, "application/x-www-form-urlencoded", body)
    }

    fn new(method: Method, url: HttpUrl, body: Bytes) -> Self {
        let limits =
            Limits { answer: ANSWER_LIMIT, silence: SILENCE_LIMIT, whole: WHOLE_LIMIT, body: MAX_BODY_BYTES };
        let (headers, secrets) = (HeaderMap::new(), Scrubber::default());
        Self { method, url, headers, body, secrets, is_unwritable: false, redirects: 0, limits }
    }

    /// Adds a header. `name` is in lower case.
    #[must_use]
    pub fn header(self, name: &'static str, value: &str) -> Self {
        self.with(HeaderName::from_static(name), value, false)
    }

    /// Adds a header whose value is a secret, such as a key or `Bearer` and a token. `name` is in lower case.
    #[must_use]
    pub fn secret_header(self, name: &'static str, value: &str) -> Self {
        // "Bearer" and the like are not part of the secret.
        let secret = value.rsplit(' ').next().unwrap_or(value).to_owned();
        self.with(HeaderName::from_static(name), value, true).scrubbing(&Scrubber::new([secret]))
    }

    /// Adds a header of any name; [`is_header`] says whether it can be sent.
    #[must_use]
    pub fn named_header(mut self, name: &str, value: &str, is_secret: bool) -> Self {
        let Ok(name) = HeaderName::try_from(name) else {
            self.is_unwritable = true;
            return self;
        };
        let secret = is_secret.then(|| value.rsplit(' ').next().unwrap_or(value).to_owned());
        self.with(name, value, is_secret).scrubbing(&Scrubber::new(secret))
    }

    /// Takes these secrets, too, out of the answer.
    #[must_use]
    pub fn scrubbing(mut self, secrets: &Scrubber) -> Self {
        self.secrets = self.secrets.and(secrets);
        self
    }

    /// Follows up to `count` redirects of a GET, to https and to the same server only. Without this a redirect is an answer
    /// like any other.
    #[must_use]
    pub fn redirects(mut self, count: u8) -> Self {
        self.redirects = count;
        self
    }

    /// Limits the time from the open connection to the end of the answer for [`HttpRequest::send`], to the end of its
    /// headers for [`HttpRequest::stream`]. 15 s by default.
    #[must_use]
    pub fn answer_within(mut self, limit: Duration) -> Self {
        self.limits.answer = limit;
        self
    }

    /// Limits the time between two pieces of a streamed body. 15 s by default.
    #[must_use]
    pub fn silence(mut self, limit: Duration) -> Self {
        self.limits.silence = limit;
        self
    }

    /// Limits the time of all of it: connecting, redirects and the body. A minute by default.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limits.whole = limit;
        self
    }

    /// Limits the body that [`HttpRequest::send`] takes, in bytes; the rest is cut off. 2 MiB by default.
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Self {
        self.limits.body = bytes;
        self
    }

    /// Sends it and takes the whole answer. A status that means failure is an answer, too.
    ///
    /// # Errors
    /// [`NetError`] when there is no whole answer: the network, TLS, a proxy, what is no HTTP, a redirect that is not
    /// followed, or a limit that ran out. A refusal that breaks off counts as whole.
    pub async fn send(&self, connector: &Connector) -> Result<HttpResponse, NetError> {
        let deadline = Instant::now() + self.limits.whole;
        let answering = async {
            let stream = self.follow(connector, deadline).await?;
            let limit = stream.answer_by();
            match timeout_at(limit, stream.collect(self.limits.body)).await {
                Ok(answer) => answer,
                Err(_) => Err(self.too_slow()),
            }
        };
        timeout_at(deadline, answering).await.unwrap_or_else(|_| Err(self.too_slow()))
    }

    /// Sends it and returns the answer as soon as its headers are there.
    ///
    /// # Errors
    /// As for [`HttpRequest::send`], of what comes before the body.
    pub async fn stream(&self, connector: &Connector) -> Result<HttpStream, NetError> {
        let deadline = Instant::now() + self.limits.whole;
        let following = self.follow(connector, deadline);
        timeout_at(deadline, following).await.unwrap_or_else(|_| Err(self.too_slow()))
    }

    async fn follow(&self, connector: &Connector, deadline: Instant) -> Result<HttpStream, NetError> {
        let mut url = self.url.clone();
        let mut left = self.redirects;
        loop {
            let request = self.written(&url)?;
            let stream = connector.connect(url.origin()).await?;
            let host = url.origin().host.clone();
            let answer_by = Instant::now() + self.limits.answer;
            let answer =
                HttpStream::begin(stream, request, host, answer_by, self.limits.silence, deadline).await?;
            let is_redirect = matches!(answer.status, 300..=303 | 305..=399) && self.method == Method::GET;
            if !is_redirect || self.redirects == 0 {
                return Ok(answer.scrubbing(self.secrets.clone()));
            }
            let refused = |reason: &str| NetError::bad_answer(&url.origin().host, reason);
            if left == 0 {
                return Err(refused("it sends us from one address to the next"));
            }
            left -= 1;
            url = redirect::target(&url, answer.header("location").unwrap_or_default())
                .ok_or_else(|| refused("it sends us to an address that is not https"))?;
        }
    }

    /// The request as it is written to the server of `url`. A secret goes to the server that it is for.
    fn written(&self, url: &HttpUrl) -> Result<Request<Full<Bytes>>, NetError> {
        let mut builder = Request::builder()
            .method(self.method.clone())
            .uri(url.target())
            .header(HOST, url.origin().authority())
            .header(USER_AGENT, concat!("vivavoce/", env!("CARGO_PKG_VERSION")));
        let is_same = url.origin() == self.url.origin();
        for (name, value) in self.headers.iter().filter(|(_, value)| is_same || !value.is_sensitive()) {
            builder = builder.header(name, value);
        }
        let request = builder.body(Full::new(self.body.clone())).ok().filter(|_| !self.is_unwritable);
        request.ok_or_else(|| {
            let invalid = io::Error::new(io::ErrorKind::InvalidInput, "this request cannot be written");
            NetError::network(&url.origin().host, invalid)
        })
    }

    fn with(mut self, name: HeaderName, value: &str, is_secret: bool) -> Self {
        match HeaderValue::try_from(value) {
            Ok(mut value) => {
                // hyper does not print a value that is marked so.
                value.set_sensitive(is_secret);
                self.headers.append(name, value);
            }
            Err(_) => self.is_unwritable = true,
        }
        self
    }

    fn too_slow(&self) -> NetError {
        NetError::timed_out(&self.url.origin().host, "the answer")
    }
}

/// Returns whether a header of this name and value can be sent.
pub fn is_header(name: &str, value: &str) -> bool {
    HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok()
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
