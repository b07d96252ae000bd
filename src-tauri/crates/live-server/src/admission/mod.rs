//! Who may come in: the path, the origin and the key of a request (PROTOCOL.md §1.1, §1.2). Pure.

mod origin;
mod slots;

use std::borrow::Cow;

use serde_json::json;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request};
use tokio_tungstenite::tungstenite::http::{HeaderMap, Response, StatusCode, header};

use crate::close::Closing;
use crate::faults::Refusal;
use crate::tap::Secrets;
use crate::tokens;

pub use origin::WebOrigin;
pub(crate) use slots::{AdmissionSlots, Slot};

/// Which method was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// `v1`, `v1beta`, `v1alpha`, `v1beta1`.
    pub(crate) version: &'static str,
    /// Whether this is the form of Vertex AI.
    pub(crate) vertex: bool,
}

const DEVELOPER: &str = "ws/google.ai.generativelanguage.";
const METHODS: [&str; 2] = ["GenerativeService.BidiGenerateContent", CONSTRAINED];
/// The method of those who have a token.
const CONSTRAINED: &str = "GenerativeService.BidiGenerateContentConstrained";
const VERTEX: &str = "ws/google.cloud.aiplatform.";
const VERTEX_METHOD: &str = "LlmBidiService/BidiGenerateContent";

/// Finds the method behind a path. Slashes may be doubled, as the JavaScript SDK does.
pub(crate) fn route(path: &str) -> Option<Route> {
    let path = path.strip_prefix('/')?.trim_start_matches('/');
    if let Some(rest) = path.strip_prefix(DEVELOPER) {
        let (version, method) = rest.split_once('.')?;
        // Both SDKs ask for v1 since their versions 3; what they lack on it is what they lack on v1beta.
        let version = ["v1", "v1beta", "v1alpha"].into_iter().find(|known| *known == version)?;
        return METHODS.contains(&method).then_some(Route { version, vertex: false });
    }
    let (version, method) = path.strip_prefix(VERTEX)?.split_once('.')?;
    let version = ["v1beta1", "v1"].into_iter().find(|known| *known == version)?;
    (method == VERTEX_METHOD).then_some(Route { version, vertex: true })
}

/// Lets an upgrade in, or says with which HTTP status it is turned away.
pub(crate) fn admit(request: &Request, allowed: &[WebOrigin]) -> Result<Route, Box<ErrorResponse>> {
    check_origin(request, allowed).map_err(|words| turned_away(StatusCode::FORBIDDEN, words))?;
    route(request.uri().path()).ok_or_else(|| turned_away(StatusCode::NOT_FOUND, "No such method."))
}

/// Returns which of the allowed pages sends a request; `None` when it is no page. A page in a browser cannot leave Origin
/// out where that matters, and an SDK never sends it.
pub(crate) fn check_origin<'a>(
    request: &Request,
    allowed: &'a [WebOrigin],
) -> Result<Option<&'a WebOrigin>, &'static str> {
    let mut origins = request.headers().get_all(header::ORIGIN).iter();
    let own = match (origins.next(), origins.next()) {
        (None, _) => return Ok(None),
        (Some(own), None) => allowed.iter().find(|origin| own.as_bytes() == origin.as_str().as_bytes()),
        _ => None,
    };
    own.map(Some).ok_or("Web pages are not served here, except those that --allow-origin names.")
}

fn turned_away(status: StatusCode, words: &str) -> Box<ErrorResponse> {
    let mut response = Response::new(Some(words.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_LENGTH, words.len().into());
    Box::new(response)
}

/// An upgrade that is refused on purpose, in the service's form of errors.
pub(crate) fn refused(refusal: &Refusal) -> Box<ErrorResponse> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let name = status.canonical_reason().unwrap_or_default().to_ascii_uppercase().replace(' ', "_");
    let error = json!({"code": status.as_u16(), "message": refusal.reason, "status": name});
    turned_away(status, &json!({ "error": error }).to_string())
}

/// Compares what a request presents with the key; the service answers a wrong one by closing, after the upgrade. Returns the
/// token that it presents instead: that is to be checked, too.
pub(crate) fn check_key(key: Option<&str>, request: &Request) -> Result<Option<String>, Closing> {
    let is_token = |presented: &str| presented.starts_with(tokens::PREFIX);
    let query = request.uri().query().unwrap_or_default();
    let own = Credentials::of(request.headers(), query);
    if let Some(token) = own.as_token.iter().find(|token| is_token(token)) {
        // The other methods know no tokens (forum 116522).
        let is_constrained = request.uri().path().ends_with(CONSTRAINED);
        return if is_constrained { Ok(Some(token.clone().into_owned())) } else { Err(Closing::no_key()) };
    }
    if own.as_key.iter().any(|key| is_token(key)) {
        return Err(Closing::bad_key());
    }
    let Some(key) = key else { return Ok(None) };
    let mut presented = own.as_key.iter().chain(&own.as_token).peekable();
    if presented.peek().is_none() {
        return Err(Closing::no_key());
    }
    if presented.any(|candidate| same(candidate, key)) { Ok(None) } else { Err(Closing::bad_key()) }
}

/// What a request presents that nobody may keep, and the key that it should present.
pub(crate) fn secrets(key: Option<&str>, request: &Request) -> Secrets {
    let own = Credentials::of(request.headers(), request.uri().query().unwrap_or_default());
    let presented = own.as_key.into_iter().chain(own.as_token).map(Cow::into_owned);
    Secrets(presented.chain(key.map(str::to_owned)).collect())
}

/// What a request presents, a few of each.
struct Credentials<'a> {
    as_key: Vec<Cow<'a, str>>,
    as_token: Vec<Cow<'a, str>>,
}

impl<'a> Credentials<'a> {
    fn of(headers: &'a HeaderMap, query: &'a str) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut own = Self { as_key: Vec::new(), as_token: Vec::new() };
        own.as_key.extend(header("x-goog-api-key").map(Cow::Borrowed));
        if let Some(value) = header("authorization") {
            match value.split_once(' ') {
                Some(("Token" | "Bearer", token)) => own.as_token.push(Cow::Borrowed(token)),
                _ => own.as_key.push(Cow::Borrowed(value)),
            }
        }
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')).take(64) {
            match name {
                "key" if own.as_key.len() < 8 => own.as_key.push(unescaped(value)),
                "access_token" if own.as_token.len() < 8 => own.as_token.push(unescaped(value)),
                _ => {}
            }
        }
        own
    }
}

/// The slash of a token's name is the one letter that clients escape.
fn unescaped(value: &str) -> Cow<'_, str> {
    if value.contains('%') {
        Cow::Owned(value.replace("%2F", "/").replace("%2f", "/"))
    } else {
        Cow::Borrowed(value)
    }
}

/// Takes as long for a wrong first letter as for a wrong last one.
fn same(a: &str, b: &str) -> bool {
    let difference = a.bytes().zip(b.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    a.len() == b.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, headers: &[(&str, &str)]) -> Request {
        let mut builder = Request::builder().uri(path);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(()).expect("a request")
    }

    #[test]
    fn the_methods_of_the_service_are_found() {
        let developer = |version| Some(Route { version, vertex: false });
        let base = "/ws/google.ai.generativelanguage.";
        let method = ".GenerativeService.BidiGenerateContent";
        assert_eq!(route(&format!("{base}v1beta{method}")), developer("v1beta"));
        assert_eq!(route(&format!("/{base}v1{method}")), developer("v1"));
        assert_eq!(route(&format!("/{base}v1alpha{method}Constrained")), developer("v1alpha"));
        assert!(
            route("/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent")
                .is_some_and(|r| r.vertex)
        );
        for other in
            ["", "/", "/ws", "/chat", &format!("{base}v2{method}"), &format!("{base}v1beta{method}s")]
        {
            assert_eq!(route(other), None, "{other}");
        }
    }

    #[test]
    fn web_pages_stay_outside() {
        let path = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent";
        assert!(admit(&request(path, &[]), &[]).is_ok());
        for origin in ["https://example.com", "http://localhost:1420", "null", ""] {
            let page = request(path, &[("origin", origin)]);
            let refused = admit(&page, &[]).map_err(|response| response.status());
            assert_eq!(refused, Err(StatusCode::FORBIDDEN), "{origin:?}");
        }
    }

    #[test]
    fn a_page_is_let_in_by_its_whole_origin() {
        let allowed: Vec<WebOrigin> =
            ["http://localhost:5173", "https://a.example"].map(|origin| origin.parse().expect("one")).into();
        let check = |origins: &[&str]| {
            let headers: Vec<_> = origins.iter().map(|origin| ("origin", *origin)).collect();
            check_origin(&request("/", &headers), &allowed).map(|origin| origin.map(WebOrigin::as_str))
        };
        assert_eq!(check(&["https://a.example"]), Ok(Some("https://a.example")));
        assert_eq!(check(&[]), Ok(None));
        for other in ["http://a.example", "https://a.example.com", "https://a.example:8443", "null", ""] {
            assert!(check(&[other]).is_err(), "{other}");
        }
        assert!(check(&["https://a.example", "https://b.example"]).is_err());
    }

    #[test]
    fn the_key_may_come_in_every_form_the_sdks_use() {
        let secret = Some("s3cret");
        let check = |path: &str, headers: &[(&str, &str)]| check_key(secret, &request(path, headers));
        assert_eq!(check("/", &[("x-goog-api-key", "s3cret")]), Ok(None));
        assert_eq!(check("/?a=b&key=s3cret", &[]), Ok(None));
        assert_eq!(check("/?access_token=s3cret", &[]), Ok(None));
        assert_eq!(check("/", &[("authorization", "Bearer s3cret")]), Ok(None));
        assert_eq!(check("/", &[("x-goog-api-key", "s3creT")]), Err(Closing::bad_key()));
        assert_eq!(check("/?key=s3cre", &[]), Err(Closing::bad_key()));
        assert_eq!(check("/", &[]), Err(Closing::no_key()));
        assert_eq!(check_key(None, &request("/", &[])), Ok(None));
    }

    #[test]
    fn a_token_is_for_the_constrained_method_alone() {
        let open = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateContent";
        let constrained = format!("{open}Constrained");
        let token = Ok(Some("auth_tokens/1".to_owned()));
        let check = |path: &str, headers: &[(&str, &str)]| check_key(Some("s3cret"), &request(path, headers));
        let header = [("authorization", "Token auth_tokens/1"), ("x-goog-api-key", "auth_tokens/1")];
        assert_eq!(check(&constrained, &header), token);
        for escaped in ["auth_tokens/1", "auth_tokens%2F1"] {
            assert_eq!(check(&format!("{constrained}?access_token={escaped}"), &[]), token);
        }
        assert_eq!(check(open, &header), Err(Closing::no_key()));
        assert_eq!(check(&format!("{constrained}?key=auth_tokens/1"), &[]), Err(Closing::bad_key()));
    }
}
