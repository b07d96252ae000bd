//! What each endpoint really sends: where the tunnel goes, for whom the certificate is asked, the path and every header.

use live_proto::catalogue::ApiVersion;
use net::ProxyChoice;
use testkit::local::{Port, answer, header, tls_server};
use tokio::join;

use crate::auth::{ApiKey, TokenRenewal, TokenSource};
use crate::endpoint::Endpoint;
use crate::error::ConnectError;
use crate::service::ServiceDialer;
use crate::upgrade::upgrade;
use crate::{Dialer, KeyCheck, check_key};

const SECRET: &str = "Secret-1";
const TOKEN: &str = "auth_tokens/Secret-2";

fn key(text: &str) -> ApiKey {
    ApiKey::new(text).unwrap()
}

/// What a server saw of a dial to this endpoint, and the client's error: CONNECT's target, the upgrade's head.
async fn seen(endpoint: &Endpoint, version: ApiVersion) -> (String, String, ConnectError) {
    let proxy = Port::open().await;
    let url = format!("http://127.0.0.1:{}", proxy.number).parse().unwrap();
    let dialer = ServiceDialer::new(endpoint, ProxyChoice::Url(url)).unwrap();
    let (acceptor, trust) = tls_server(&[dialer.request().host()]);
    let dialer = dialer.trusting_only(&trust);
    let serving = async {
        let mut tcp = proxy.accept().await;
        let connect = answer(&mut tcp, "HTTP/1.1 200 OK\r\n\r\n").await;
        let mut tls = acceptor.accept(tcp).await.unwrap();
        // A server that repeats whatever it was sent.
        let repeated = format!("no good: {SECRET} {TOKEN}");
        let refusal = format!("HTTP/1.1 401 No\r\nContent-Length: {}\r\n\r\n{repeated}", repeated.len());
        (connect, answer(&mut tls, &refusal).await)
    };
    let dialing = async {
        let request = dialer.request().at(version);
        let stream = dialer.dial().await.unwrap();
        upgrade(stream, &request, 1024).await.err().unwrap()
    };
    let (error, (connect, head)) = join!(dialing, serving);
    let shown = format!("{endpoint:?} {dialer:?} {:?}", dialer.request());
    assert!(!shown.contains("Secret"), "{shown}");
    (connect, head, error)
}

/// The headers of an upgrade that could say who asks.
fn secrets(head: &str) -> Vec<&str> {
    head.lines().filter(|line| line.contains("Secret")).collect()
}

#[tokio::test]
async fn each_endpoint_is_asked_in_its_own_way() {
    let gemini = "generativelanguage.googleapis.com";
    let method = "/ws/google.ai.generativelanguage";
    let vertex = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";
    let cases = [
        (
            Endpoint::Gemini { key: key(SECRET) },
            ApiVersion::V1Beta,
            gemini,
            format!("{method}.v1beta.GenerativeService.BidiGenerateContent"),
            "x-goog-api-key: Secret-1",
        ),
        (
            Endpoint::Gemini { key: key(SECRET) },
            ApiVersion::V1Alpha,
            gemini,
            format!("{method}.v1alpha.GenerativeService.BidiGenerateContent"),
            "x-goog-api-key: Secret-1",
        ),
        (
            Endpoint::Ephemeral { token: key(TOKEN) },
            ApiVersion::V1Beta,
            gemini,
            format!("{method}.v1beta.GenerativeService.BidiGenerateContentConstrained"),
            "authorization: Token auth_tokens/Secret-2",
        ),
        (
            Endpoint::VertexExpress { key: key(SECRET), location: "global".into() },
            ApiVersion::V1Alpha,
            "aiplatform.googleapis.com",
            vertex.to_owned(),
            "x-goog-api-key: Secret-1",
        ),
        (
            Endpoint::Custom { url: "wss://live.example/x?room=1".into(), key: Some(key(SECRET)) },
            ApiVersion::V1Alpha,
            "live.example",
            "/x?room=1".to_owned(),
            "x-goog-api-key: Secret-1",
        ),
    ];
    for (endpoint, version, host, path, credential) in cases {
        let (connect, head, error) = seen(&endpoint, version).await;
        assert!(connect.starts_with(&format!("CONNECT {host}:443 HTTP/1.1\r\n")), "{connect}");
        assert!(!connect.contains("Secret"), "{connect}");
        assert!(head.starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{head}");
        assert_eq!(header(&head, "host"), Some(host));
        assert_eq!(header(&head, "upgrade"), Some("websocket"));
        assert_eq!(secrets(&head), [credential], "{endpoint:?}");
        let own = credential.rsplit([' ', ':']).next().unwrap();
        assert!(!format!("{error} {error:?}").contains(own), "{error:?}");
        assert!(format!("{error}").contains("[redacted]"), "{error}");
    }
}

#[tokio::test]
async fn vertex_takes_a_fresh_token_with_each_dial() {
    let (proxy, google) = (Port::open().await, Port::open().await);
    let (acceptor, trust) = tls_server(&["us-central1-aiplatform.googleapis.com"]);
    let directory = crate::auth::tests::Directory::new();
    let file = directory.authorized_user(google.number);
    let url = format!("http://127.0.0.1:{}", proxy.number).parse().unwrap();
    let endpoint = Endpoint::Vertex { project: "p".into(), location: "us-central1".into() };
    let renewal = TokenRenewal::new(TokenSource::File(file));
    let dialer = ServiceDialer::new(&endpoint, ProxyChoice::Url(url)).unwrap();
    let dialer = dialer.trusting_only(&trust).with_renewal(renewal);

    // The token's own server is on this computer: no proxy stands before it.
    let granting = async {
        for number in 1..=2 {
            let token = format!(r#"{{"access_token":"ya29.Secret-{number}","expires_in":3600}}"#);
            let ok = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{token}", token.len());
            answer(&mut google.accept().await, &ok).await;
        }
    };
    let serving = async {
        let mut heads = Vec::new();
        // It repeats the token that it was sent.
        for (status, repeated) in [(503, "ya29.Secret-1"), (401, "ya29.Secret-1"), (503, "ya29.Secret-2")] {
            let mut tcp = proxy.accept().await;
            answer(&mut tcp, "HTTP/1.1 200 OK\r\n\r\n").await;
            let mut tls = acceptor.accept(tcp).await.unwrap();
            let refusal = format!("HTTP/1.1 {status} No\r\nContent-Length: 13\r\n\r\n{repeated}");
            heads.push(answer(&mut tls, &refusal).await);
        }
        heads
    };
    let dialing = async {
        assert_eq!(check_key(&dialer).await.unwrap(), KeyCheck::Accepted);
        for _ in 0..3 {
            // As the driver does it: the request first, then the stream.
            let request = dialer.request();
            let stream = dialer.dial().await.unwrap();
            let error = upgrade(stream, &request, 1024).await.err().unwrap();
            let shown = format!("{error} {dialer:?} {request:?}");
            assert!(!shown.contains("Secret") && shown.contains("[redacted]"), "{shown}");
        }
    };
    let ((), (), heads) = join!(granting, dialing, serving);
    let sent: Vec<_> = heads.iter().map(|head| header(head, "authorization").unwrap()).collect();
    // Kept for the second dial; refused there, and so another for the third.
    assert_eq!(sent, ["Bearer ya29.Secret-1", "Bearer ya29.Secret-1", "Bearer ya29.Secret-2"]);
    let path = "GET /ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent HTTP/1.1\r\n";
    assert!(heads.iter().all(|head| head.starts_with(path)), "{heads:?}");
}
