//! Who may come in: the path, the origin and the key of an upgrade request (PROTOCOL.md §1.1, §1.2). Pure.

mod slots;

use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request};
use tokio_tungstenite::tungstenite::http::{HeaderMap, Response, StatusCode, header};

use crate::close::Closing;

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
const METHODS: [&str; 2] =
    ["GenerativeService.BidiGenerateContent", "GenerativeService.BidiGenerateContentConstrained"];
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

/// Lets a request in, or says with which HTTP status it is turned away.
pub(crate) fn admit(request: &Request) -> Result<Route, Box<ErrorResponse>> {
    // A page in a browser cannot leave Origin out, and an SDK never sends it.
    if request.headers().contains_key(header::ORIGIN) {
        return Err(turned_away(StatusCode::FORBIDDEN, "Web pages are not served here."));
    }
    route(request.uri().path()).ok_or_else(|| turned_away(StatusCode::NOT_FOUND, "No such method."))
}

fn turned_away(status: StatusCode, words: &str) -> Box<ErrorResponse> {
    let mut response = Response::new(Some(words.to_owned()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_LENGTH, words.len().into());
    Box::new(response)
}

/// Compares what a request presents with the key; the service answers a wrong one by closing, after the upgrade.
pub(crate) fn check_key(key: Option<&str>, request: &Request) -> Result<(), Closing> {
    let Some(key) = key else { return Ok(()) };
    let query = request.uri().query().unwrap_or_default();
    let presented = credentials(request.headers(), query);
    if presented.is_empty() {
        return Err(Closing::no_key());
    }
    if presented.iter().any(|candidate| same(candidate, key)) { Ok(()) } else { Err(Closing::bad_key()) }
}

fn credentials<'a>(headers: &'a HeaderMap, query: &'a str) -> Vec<&'a str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header("authorization").map(|value| {
        value
            .split_once(' ')
            .filter(|(scheme, _)| matches!(*scheme, "Bearer" | "Token"))
            .map_or(value, |(_, key)| key)
    });
    let in_query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| matches!(*name, "key" | "access_token"))
        .map(|(_, value)| value);
    header("x-goog-api-key").into_iter().chain(authorization).chain(in_query).take(8).collect()
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
        assert!(admit(&request(path, &[])).is_ok());
        for origin in ["https://example.com", "http://localhost:1420", "null", ""] {
            let refused = admit(&request(path, &[("origin", origin)])).map_err(|response| response.status());
            assert_eq!(refused, Err(StatusCode::FORBIDDEN), "{origin:?}");
        }
    }

    #[test]
    fn the_key_may_come_in_every_form_the_sdks_use() {
        let secret = Some("s3cret");
        let check = |path: &str, headers: &[(&str, &str)]| check_key(secret, &request(path, headers));
        assert_eq!(check("/", &[("x-goog-api-key", "s3cret")]), Ok(()));
        assert_eq!(check("/?a=b&key=s3cret", &[]), Ok(()));
        assert_eq!(check("/?access_token=s3cret", &[]), Ok(()));
        assert_eq!(check("/", &[("authorization", "Bearer s3cret")]), Ok(()));
        assert_eq!(check("/", &[("x-goog-api-key", "s3creT")]), Err(Closing::bad_key()));
        assert_eq!(check("/?key=s3cre", &[]), Err(Closing::bad_key()));
        assert_eq!(check("/", &[]), Err(Closing::no_key()));
        assert_eq!(check_key(None, &request("/", &[])), Ok(()));
    }
}
