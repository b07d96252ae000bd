//! What is asked over plain HTTP: the models, and ephemeral tokens (PROTOCOL.md §7, §1.2). Everything else is answered with
//! an error in the service's form. Pure: a request goes in, an answer comes out.

mod auth_tokens;
mod models;

use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::handshake::server::Request;
use tokio_tungstenite::tungstenite::http::{Method, StatusCode, header};

use crate::admission::{self, WebOrigin};
use crate::close::Closing;
use crate::shared::Shared;

/// The largest body of a request, in bytes.
pub(crate) const BODY: usize = 64 << 10;

/// An answer, ready to be written.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// `None` where an answer has no body.
    pub(crate) body: Option<Value>,
    /// Headers for the page of this origin, which may read the answer.
    pub(crate) cors: Vec<(&'static str, String)>,
}

impl Answer {
    fn ok(body: Value) -> Self {
        Self { status: StatusCode::OK, body: Some(body), cors: Vec::new() }
    }

    /// An error in the form of Google's services. `status` is the name of its kind there.
    pub(crate) fn error(code: StatusCode, status: &str, message: impl Into<String>) -> Self {
        let error = json!({"code": code.as_u16(), "message": message.into(), "status": status});
        Self { status: code, body: Some(json!({ "error": error })), cors: Vec::new() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message)
    }

    /// In the words in which a session would be closed.
    fn no_key(closing: Closing) -> Self {
        match closing.code {
            1008 => Self::error(StatusCode::FORBIDDEN, "PERMISSION_DENIED", closing.reason),
            _ => Self::invalid(closing.reason),
        }
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self::error(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }
}

/// Answers a request. The body of a `HEAD` is left out by whoever writes it.
pub(crate) fn answer(shared: &Shared, request: &Request, body: &[u8], now: Instant) -> Answer {
    let origin = match admission::check_origin(request, &shared.config.allow_origins) {
        Ok(origin) => origin,
        Err(message) => return Answer::error(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message),
    };
    let mut answer = match origin {
        Some(_) if request.method() == Method::OPTIONS => preflight(request),
        _ => respond(shared, request, body, now),
    };
    if let Some(origin) = origin {
        answer.cors.extend(readable_by(origin));
    }
    answer
}

fn readable_by(origin: &WebOrigin) -> [(&'static str, String); 2] {
    [("access-control-allow-origin", origin.as_str().to_owned()), ("vary", "Origin".to_owned())]
}

/// A browser asks whether its page may send the request that it wants to send.
fn preflight(request: &Request) -> Answer {
    let asked = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_names = |names: &str| {
        names.len() <= 1_000 && names.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_, ".contains(&b))
    };
    let names = asked("access-control-request-headers").filter(|names| is_names(names)).unwrap_or_default();
    let mut cors = vec![
        ("access-control-allow-methods", "GET, POST".to_owned()),
        ("access-control-allow-headers", names.to_owned()),
        ("access-control-max-age", "600".to_owned()),
    ];
    if asked("access-control-request-private-network") == Some("true") {
        cors.push(("access-control-allow-private-network", "true".to_owned()));
    }
    Answer { status: StatusCode::NO_CONTENT, body: None, cors }
}

fn respond(shared: &Shared, request: &Request, body: &[u8], now: Instant) -> Answer {
    let path: Vec<&str> = request.uri().path().split('/').filter(|part| !part.is_empty()).collect();
    let Some((version, rest)) = versioned(&path) else { return nothing_here() };
    if let Err(closing) = admission::check_key(shared.config.key.as_deref(), request) {
        return Answer::no_key(closing);
    }
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    match rest {
        ["models"] if reads => models::list(&shared.catalogue, request.uri().query().unwrap_or_default()),
        ["models", id] if reads && !id.contains(':') => models::one(&shared.catalogue, id, version),
        ["auth_tokens"] if request.method() == Method::POST && version != "v1" => {
            auth_tokens::create(shared, body, now)
        }
        _ => nothing_here(),
    }
}

fn versioned<'a>(path: &'a [&'a str]) -> Option<(&'a str, &'a [&'a str])> {
    let (version, rest) = path.split_first()?;
    ["v1", "v1beta", "v1alpha"].contains(version).then_some((*version, rest))
}

fn nothing_here() -> Answer {
    Answer::not_found(
        "This server offers models, auth_tokens and the Live API's WebSocket methods, and nothing at this address.",
    )
}

/// The value of a parameter in a query.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value)
}

/// Whether a request has no body, or one of this many bytes.
pub(crate) fn body_length(request: &Request) -> Result<usize, Answer> {
    let headers = request.headers();
    if headers.contains_key(header::TRANSFER_ENCODING) {
        let words = "The body must have a Content-Length.";
        return Err(Answer::error(StatusCode::LENGTH_REQUIRED, "INVALID_ARGUMENT", words));
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let length = match (lengths.next(), lengths.next()) {
        (None, _) => return Ok(0),
        (Some(length), None) => length.to_str().ok().and_then(digits),
        _ => None,
    };
    match length {
        Some(length) if length <= BODY => Ok(length),
        Some(_) => {
            let words = format!("The body is larger than {} KiB.", BODY >> 10);
            Err(Answer::error(StatusCode::PAYLOAD_TOO_LARGE, "INVALID_ARGUMENT", words))
        }
        None => Err(Answer::invalid("The Content-Length is not a number.")),
    }
}

/// A number without a sign; the largest there is for one that is larger.
fn digits(text: &str) -> Option<usize> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(usize::MAX))
}
