//! A question's time limits, over a port of this machine and tokio's paused clock; and the way to a server.

use std::time::Duration;

use net::ProxyChoice;
use testkit::local::{Port, answer, header, tls_server};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::*;
use crate::intents::Role;

fn asking(port: u16, waker: &Waker) -> LlmReply {
    ask(&format!("http://127.0.0.1:{port}"), Connector::new(ProxyChoice::None), waker)
}

fn ask(base_url: &str, connector: Connector, waker: &Waker) -> LlmReply {
    let endpoint = LlmEndpoint { base_url: base_url.to_owned(), model: "m".to_owned(), key: None };
    let llm = Llm::new(&endpoint, connector);
    let said = Said { role: Role::User, text: "Hello.", is_cut: false };
    llm.ask(ChatRequest::new("", "", [said].into_iter(), &[], &[], None), waker)
}

async fn all(mut asking: LlmReply, waker: &Waker) -> (Vec<String>, LlmOutcome) {
    let mut said = Vec::new();
    loop {
        said.extend(std::iter::from_fn(|| asking.sentence()));
        if let Some(ended) = asking.ended() {
            return (said, ended.clone());
        }
        waker.woken().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let waker = Waker::default();
    let start = Instant::now();
    let asking = asking(listener.local_addr().expect("an address").port(), &waker);
    assert_eq!(all(asking, &waker).await, (vec![], LlmOutcome::Failed(LlmError::TimedOut)));
    assert!(start.elapsed() <= exchange::ANSWER_LIMIT + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_in_the_middle_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut piece = [0; 8_192];
        let _ = stream.read(&mut piece).await;
        let answer =
            "HTTP/1.1 200 OK\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"One. Two\"}}]}\n\n";
        let _ = stream.write_all(answer.as_bytes()).await;
        // Until the client hangs up.
        let _ = stream.read(&mut piece).await;
    });
    let waker = Waker::default();
    let (_, ended) = all(asking(port, &waker), &waker).await;
    assert_eq!(ended, LlmOutcome::Failed(LlmError::TimedOut));
    serving.await.expect("the request is over");
}

/// A server's answer that says this.
fn says(text: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\n\r\ndata: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\ndata: [DONE]\n\n"
    )
}

/// Waits until the client hangs up: a server that closes before it has read everything may cut off its own answer.
async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) {
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// Goes by the proxy at this port.
fn by_proxy(port: u16) -> Connector {
    Connector::new(ProxyChoice::Url(format!("http://127.0.0.1:{port}").parse().expect("an address")))
}

#[tokio::test]
async fn a_model_elsewhere_is_asked_through_the_chosen_proxy() {
    let port = Port::open().await;
    let (acceptor, certificate) = tls_server(&["models.example"]);
    let connector = by_proxy(port.number).trusting_only(&certificate);
    let serving = tokio::spawn(async move {
        let mut stream = port.accept().await;
        let tunnel = answer(&mut stream, "HTTP/1.1 200 OK\r\n\r\n").await;
        let mut stream = acceptor.accept(stream).await.expect("TLS");
        let asked = answer(&mut stream, &says("Far away.")).await;
        until_closed(&mut stream).await;
        (tunnel, asked)
    });
    let waker = Waker::default();
    let (said, ended) = all(ask("https://models.example/v1", connector, &waker), &waker).await;
    assert_eq!((said, ended), (vec!["Far away.".to_owned()], LlmOutcome::Done(Vec::new())));
    let (tunnel, asked) = serving.await.expect("the request is over");
    assert!(tunnel.starts_with("CONNECT models.example:443 "), "{tunnel}");
    assert!(asked.starts_with("POST /v1/chat/completions "), "{asked}");
    assert_eq!(header(&asked, "host"), Some("models.example"));
    assert_eq!(header(&asked, "accept"), Some("text/event-stream"));
}

/// What is said of a server that is asked by this connector.
async fn failure(base_url: &str, connector: Connector) -> String {
    let waker = Waker::default();
    let (_, ended) = all(ask(base_url, connector, &waker), &waker).await;
    let LlmOutcome::Failed(error) = ended else { panic!("{ended:?}") };
    error.to_string()
}

#[tokio::test]
async fn a_proxy_that_refuses_is_said_in_its_words() {
    let port = Port::open().await;
    let connector = by_proxy(port.number);
    let proxy = format!("127.0.0.1:{}", port.number);
    let serving = tokio::spawn(async move {
        let refusal = "HTTP/1.1 407 No\r\nproxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n";
        answer(&mut port.accept().await, refusal).await
    });
    let said = failure("https://models.example", connector).await;
    let expected = format!("its server can't be reached, the proxy {proxy} wants a user name and a password");
    assert!(said.starts_with(&expected), "{said}");
    serving.await.expect("the request is over");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_said() {
    let port = Port::open().await;
    let (acceptor, _) = tls_server(&["127.0.0.1"]);
    let (_, another) = tls_server(&["127.0.0.1"]);
    let base_url = format!("https://127.0.0.1:{}", port.number);
    let serving = tokio::spawn(async move { acceptor.accept(port.accept().await).await.is_err() });
    let connector = Connector::new(ProxyChoice::None).trusting_only(&another);
    let said = failure(&base_url, connector).await;
    assert_eq!(said, "its server can't be reached, it has a certificate that is not trusted");
    assert!(serving.await.expect("the handshake is over"));
}

#[tokio::test]
async fn a_server_that_speaks_no_http_is_said() {
    let port = Port::open().await;
    let base_url = format!("http://127.0.0.1:{}", port.number);
    let serving = tokio::spawn(async move {
        let mut stream = port.accept().await;
        answer(&mut stream, "220 mail.example\r\n").await;
        until_closed(&mut stream).await;
    });
    let said = failure(&base_url, Connector::new(ProxyChoice::None)).await;
    assert_eq!(said, "its server does not stream an answer, but no HTTP");
    serving.await.expect("the request is over");
}
