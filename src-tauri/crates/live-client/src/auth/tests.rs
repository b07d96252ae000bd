//! Access tokens: what is asked of Google's token server, with which kinds of files, and of `gcloud`.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use net::{Connector, NetError, NetworkFault, ProxyChoice};
use percent_encoding::percent_decode_str;
use rustls::crypto::ring;
use rustls::pki_types::alg_id;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::local::{Port, closed_port, header, read_head};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::join;

use super::{TokenRenewal, TokenSource, credentials};
use crate::error::{ConnectError, CredentialsError};

const NOW: u64 = 1_790_000_000;

/// A folder with a file of credentials; it is removed in the end.
pub(crate) struct Directory(TempDir);

impl Directory {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn file(&self, content: &str) -> PathBuf {
        let path = self.0.path().join("credentials.json");
        std::fs::write(&path, content).unwrap();
        path
    }

    /// As `gcloud auth application-default login` writes it, for a token server on this port.
    pub(crate) fn authorized_user(&self, port: u16) -> PathBuf {
        let stored = json!({
            "type": "authorized_user",
            "client_id": "id-1.apps",
            "client_secret": "Secret/client",
            "refresh_token": "1//Secret&refresh",
            "token_uri": format!("http://127.0.0.1:{port}/token?v=1"),
            "quota_project_id": "p",
        });
        self.file(&stored.to_string())
    }

    fn service_account(&self, port: u16) -> PathBuf {
        // The PEM is put together here: as a whole it would look like a lost secret wherever this repository goes.
        let body = include_str!("../../tests/fixtures/rsa-key.der.b64");
        let pem = ["-----BEGIN", " PRIVATE KEY-----\n", body, "-----END", " PRIVATE KEY-----\n"].concat();
        let stored = json!({
            "type": "service_account",
            "client_email": "robot@p.example",
            "private_key": pem,
            "token_uri": format!("http://127.0.0.1:{port}/token"),
        });
        self.file(&stored.to_string())
    }
}

fn connector() -> Connector {
    Connector::new(ProxyChoice::None)
}

/// Answers one request for a token, and gives its head and its form.
async fn grants(google: &Port, status: u16, body: &str) -> (String, Vec<(String, String)>) {
    let mut stream = google.accept().await;
    let head = read_head(&mut stream).await;
    let mut form = vec![0; header(&head, "content-length").unwrap().parse().unwrap()];
    stream.read_exact(&mut form).await.unwrap();
    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
    let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pairs = std::str::from_utf8(&form).unwrap().split('&').map(|pair| pair.split_once('=').unwrap());
    (head, pairs.map(|(name, value)| (decode(name), decode(value))).collect())
}

#[tokio::test]
async fn a_persons_sign_in_is_renewed() {
    let (directory, google) = (Directory::new(), Port::open().await);
    let renewal = TokenRenewal::new(TokenSource::File(directory.authorized_user(google.number)));
    let (connector, granted) =
        (connector(), r#"{"access_token":"ya29.Secret","expires_in":3599,"scope":"x"}"#);
    // Three dials at the same time ask once.
    let dials =
        async { join!(renewal.renew(&connector), renewal.renew(&connector), renewal.renew(&connector)) };
    let (outcomes, (head, form)) = join!(dials, grants(&google, 200, granted));
    assert!(matches!(outcomes, (Ok(()), Ok(()), Ok(()))), "{outcomes:?}");
    assert_eq!(renewal.token().get().unwrap().expose(), "ya29.Secret");
    assert!(head.starts_with("POST /token?v=1 HTTP/1.1\r\n"), "{head}");
    assert_eq!(header(&head, "content-type"), Some("application/x-www-form-urlencoded"));
    let field = |name: &str| form.iter().find(|field| field.0 == name).map(|field| field.1.as_str());
    assert_eq!(form.len(), 4);
    assert_eq!(field("grant_type"), Some("refresh_token"));
    assert_eq!(field("client_id"), Some("id-1.apps"));
    assert_eq!(field("client_secret"), Some("Secret/client"));
    assert_eq!(field("refresh_token"), Some("1//Secret&refresh"));
    assert!(!format!("{renewal:?}").contains("Secret"));
}

#[tokio::test]
async fn a_service_account_signs_what_it_asks_for() {
    let (directory, google) = (Directory::new(), Port::open().await);
    let file = directory.service_account(google.number);
    let (connector, now) = (connector(), SystemTime::UNIX_EPOCH + Duration::from_secs(NOW));
    let granted = r#"{"access_token":"ya29.robot","expires_in":1800,"token_type":"Bearer"}"#;
    let asking = credentials::grant(&file, &connector, now);
    let (outcome, (_, form)) = join!(asking, grants(&google, 200, granted));
    let outcome = outcome.unwrap();
    assert_eq!((outcome.token.expose(), outcome.lasts), ("ya29.robot", Duration::from_mins(30)));

    assert_eq!(form[0].1, "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let (statement, signature) = form[1].1.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public =
        include_str!("../../tests/fixtures/rsa-public.der.b64").split_whitespace().collect::<String>();
    let public = STANDARD.decode(public).unwrap();
    let rs256 = ring::default_provider()
        .signature_verification_algorithms
        .all
        .iter()
        .find(|algorithm| algorithm.signature_alg_id() == alg_id::RSA_PKCS1_SHA256)
        .copied()
        .unwrap();
    rs256.verify_signature(&public, statement.as_bytes(), &signature).unwrap();
    let parts: Vec<Value> = statement
        .split('.')
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    let claims = json!({
        "iss": "robot@p.example",
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "aud": format!("http://127.0.0.1:{}/token", google.number),
        "iat": NOW,
        "exp": NOW + 3600,
    });
    assert_eq!(parts, [json!({"alg": "RS256", "typ": "JWT"}), claims]);
}

#[tokio::test]
async fn what_googles_token_server_says_is_passed_on() {
    let (directory, google) = (Directory::new(), Port::open().await);
    let file = directory.authorized_user(google.number);
    let expired = r#"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#;
    for (status, body) in
        [(400, expired), (503, "busy"), (200, "{}"), (200, r#"{"access_token":"two words"}"#)]
    {
        let connector = connector();
        let renewal = TokenRenewal::new(TokenSource::File(file.clone()));
        let (outcome, _) = join!(renewal.renew(&connector), grants(&google, status, body));
        let error = outcome.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("Secret"), "{error:?}");
        assert!(renewal.token().get().is_none());
        match (status, error) {
            (400, ConnectError::Credentials(CredentialsError::Refused { status: 400, reason })) => {
                assert_eq!(reason, "Token has been expired or revoked.");
            }
            (503, ConnectError::Refused { status: 503, .. })
            | (200, ConnectError::Credentials(CredentialsError::BadAnswer { .. })) => {}
            (_, other) => panic!("{status} {body}: {other:?}"),
        }
    }
    let (_held, port) = closed_port();
    let error = TokenRenewal::new(TokenSource::File(directory.authorized_user(port)))
        .renew(&connector())
        .await
        .unwrap_err();
    assert!(
        matches!(error, ConnectError::Net(NetError::Network { kind: NetworkFault::Refused, .. })),
        "{error:?}"
    );
}

#[tokio::test]
async fn bad_credentials_file_is_named_without_its_content() {
    let directory = Directory::new();
    let user = r#""type":"authorized_user","client_id":"Secret","client_secret":"Secret""#;
    let robot = r#""type":"service_account","client_email":"Secret","private_key":"Secret""#;
    let deep = "[".repeat(50_000);
    for (content, expected) in [
        ("", "not the JSON"),
        (r#"{"key":"Secret"}"#, "not the JSON"),
        (r#"{"type":7,"private_key":"Secret"}"#, "not the JSON"),
        (&deep, "not the JSON"),
        (&format!("{{{user}}}"), "lacks a part"),
        (&format!("{{{user},\"token_uri\":\"http://evil.example/Secret\"}}"), "no https address"),
        (&format!("{{{user},\"token_uri\":\"https://me:Secret@evil.example/\"}}"), "no https address"),
        (&format!("{{{robot}}}"), "no RSA key"),
        (r#"{"type":"external_account","secret":"Secret"}"#, "\"external_account\" are not supported"),
    ] {
        let renewal = TokenRenewal::new(TokenSource::File(directory.file(content)));
        let error = renewal.renew(&connector()).await.unwrap_err();
        assert!(matches!(error, ConnectError::Credentials(_)), "{error:?}");
        assert!(error.to_string().contains(expected), "{content:.60}: {error}");
        assert!(!format!("{error} {error:?}").contains("Secret"), "{error:?}");
    }
    let missing = TokenRenewal::new(TokenSource::File("/nowhere/credentials.json".into()));
    let error = missing.renew(&connector()).await.unwrap_err();
    assert!(error.to_string().contains("GOOGLE_APPLICATION_CREDENTIALS"), "{error}");
}

/// Programs that behave as `gcloud` does, for a system that starts scripts.
#[cfg(unix)]
mod gcloud {
    use super::*;

    fn renewal(name: &str) -> TokenRenewal {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/gcloud/").to_owned() + name;
        TokenRenewal::new(TokenSource::Gcloud(program.into()))
    }

    async fn failure(name: &str) -> CredentialsError {
        match renewal(name).renew(&connector()).await.unwrap_err() {
            ConnectError::Credentials(error) => error,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn gcloud_runs_without_a_shell_and_its_words_are_kept() {
        let signed_in = renewal("signed-in");
        signed_in.renew(&connector()).await.unwrap();
        assert_eq!(signed_in.token().get().unwrap().expose(), "ya29.auth.print-access-token.--quiet");
        assert!(!format!("{signed_in:?}").contains("ya29"));
        match failure("signed-out").await {
            CredentialsError::Gcloud(words) => assert!(
                words.starts_with("ERROR: (gcloud.auth") && words.ends_with("Please run: gcloud auth login"),
                "{words}"
            ),
            other => panic!("{other:?}"),
        }
        assert!(matches!(failure("silent").await, CredentialsError::Gcloud(_)));
        assert!(matches!(failure("not-there").await, CredentialsError::NoSource));
    }

    #[tokio::test(start_paused = true)]
    async fn gcloud_that_hangs_is_killed() {
        assert!(matches!(failure("endless").await, CredentialsError::GcloudSlow));
    }
}
