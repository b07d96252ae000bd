//! An access token from the file that `GOOGLE_APPLICATION_CREDENTIALS` names: a service account signs a request for one
//! (RFC 7523), a person's sign-in renews one (RFC 6749 §6).
//!
//! Signing is rustls' own, so ring is the only cryptography in the program. The file is read on a thread that may block.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use net::http::HttpRequest;
use net::{Connector, HttpUrl, Scrubber, one_line};
use rustls::SignatureScheme;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::json;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::access_token::GrantedToken;
use super::key::ApiKey;
use crate::error::{ConnectError, CredentialsError, reason_in};

/// All of Google Cloud that the account may use; Vertex has no narrower scope.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const GOOGLES_TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// The longest that Google accepts.
const ASSERTION_LASTS: Duration = Duration::from_hours(1);
/// A real one has 2.5 KB.
const MAX_FILE_BYTES: u64 = 64 * 1024;
/// It may be on a network drive, or be no file at all.
const FILE_LIMIT: Duration = Duration::from_secs(10);
/// When the answer does not say: a later dial asks anew, dials in a row do not.
const DEFAULT_LASTS: Duration = Duration::from_mins(5);

/// What such a file holds. Not `Debug`: nearly all of it is secret.
#[derive(Deserialize)]
struct Stored {
    #[serde(rename = "type")]
    kind: String,
    client_email: Option<String>,
    private_key: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    refresh_token: Option<String>,
    token_uri: Option<String>,
}

impl Stored {
    /// Returns what the token's server must not be shown to repeat, with the statement that is signed for it.
    fn secrets(&self, form: &Form) -> Scrubber {
        let statement = form.iter().filter(|(name, _)| *name == "assertion").map(|(_, value)| value);
        let own = [&self.client_secret, &self.refresh_token, &self.private_key];
        Scrubber::new(own.into_iter().flatten().chain(statement).cloned())
    }
}

/// The fields of a request for a token.
type Form = Vec<(&'static str, String)>;

#[derive(Deserialize)]
struct TokenResponse {
    access_token: String,
    expires_in: Option<u64>,
}

/// Asks for a token with the file at `path`. `now` is the time of the request.
///
/// # Errors
/// [`ConnectError::Credentials`] when the file can't be used or Google refuses; others when Google is not reached.
pub(crate) async fn grant(
    path: &Path,
    connector: &Connector,
    now: SystemTime,
) -> Result<GrantedToken, ConnectError> {
    let bad = |reason| CredentialsError::BadFile { path: path.to_owned(), reason };
    let file = path.to_owned();
    let Ok(text) = timeout(FILE_LIMIT, spawn_blocking(move || read(&file))).await else {
        return Err(CredentialsError::FileSlow { path: path.to_owned() }.into());
    };
    let text = text.unwrap_or_else(|_| Err(io::ErrorKind::Other.into()));
    let text = text.map_err(|source| CredentialsError::File { path: path.to_owned(), source })?;
    let stored: Stored =
        serde_json::from_str(&text).map_err(|_| bad("it is not the JSON that Google writes"))?;
    let uri = stored.token_uri.as_deref().unwrap_or(GOOGLES_TOKEN_URI);
    let url: HttpUrl = uri.parse().map_err(|_| bad("its token_uri is no https address"))?;
    let form = match stored.kind.as_str() {
        "service_account" => by_signature(&stored, uri, now),
        "authorized_user" => by_refresh(&stored),
        kind => return Err(CredentialsError::Kind { kind: one_line(kind) }.into()),
    };
    let form = form.map_err(bad)?;

    let host = url.origin().host.clone();
    let fields = form.iter().map(|(name, value)| (*name, value.as_str()));
    let request = HttpRequest::post_form(url, fields).scrubbing(&stored.secrets(&form));
    let answer = request.send(connector).await?;
    let body = String::from_utf8_lossy(&answer.body);
    if answer.status != 200 {
        // A server in between may recover; Google's own refusals are final.
        if answer.status >= 500 || answer.status == 429 {
            return Err(ConnectError::refused(answer.status, &body));
        }
        return Err(CredentialsError::Refused { status: answer.status, reason: reason_in(&body) }.into());
    }
    let none = || CredentialsError::BadAnswer { host: host.clone() };
    let TokenResponse { access_token, expires_in } = serde_json::from_str(&body).map_err(|_| none())?;
    let token = ApiKey::token(&access_token).map_err(|_| none())?;
    Ok(GrantedToken { token, lasts: expires_in.map_or(DEFAULT_LASTS, Duration::from_secs) })
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_FILE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// The form of a service account: a statement of who asks for what, signed with its key.
fn by_signature(stored: &Stored, audience: &str, now: SystemTime) -> Result<Form, &'static str> {
    let email = stored.client_email.as_deref().ok_or("it has no client_email")?;
    let pem = stored.private_key.as_deref().ok_or("it has no private_key")?;
    let since = now.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| "the clock is before 1970")?;
    let claims = json!({
        "iss": email,
        "scope": SCOPE,
        "aud": audience,
        "iat": since.as_secs(),
        "exp": (since + ASSERTION_LASTS).as_secs(),
    });
    let header = json!({"alg": "RS256", "typ": "JWT"});
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let statement = format!("{}.{}", part(&header), part(&claims));
    let signature = sign(pem, statement.as_bytes()).ok_or("its private_key is no RSA key")?;
    let assertion = format!("{statement}.{}", URL_SAFE_NO_PAD.encode(signature));
    let grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned();
    Ok(vec![("grant_type", grant_type), ("assertion", assertion)])
}

/// RSASSA-PKCS1-v1_5 with SHA-256, which JWT calls RS256.
fn sign(pem: &str, message: &[u8]) -> Option<Vec<u8>> {
    let key = PrivateKeyDer::from_pem_slice(pem.as_bytes()).ok()?;
    let key = ring::default_provider().key_provider.load_private_key(key).ok()?;
    key.choose_scheme(&[SignatureScheme::RSA_PKCS1_SHA256])?.sign(message).ok()
}

/// The form of a person who signed in with `gcloud auth application-default login`.
fn by_refresh(stored: &Stored) -> Result<Form, &'static str> {
    let part = |part: &Option<String>| part.clone().ok_or("it lacks a part of a person's sign-in");
    Ok(vec![
        ("grant_type", "refresh_token".to_owned()),
        ("client_id", part(&stored.client_id)?),
        ("client_secret", part(&stored.client_secret)?),
        ("refresh_token", part(&stored.refresh_token)?),
    ])
}
