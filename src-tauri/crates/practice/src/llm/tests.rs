//! A question's time limits, over a port of this machine and tokio's paused clock; and the cutting into sentences.

use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::*;
use crate::intents::Role;

fn asking(port: u16, waker: &Waker) -> LlmReply {
    let base_url = format!("http://127.0.0.1:{port}");
    let llm = Llm::new(&LlmEndpoint { base_url, model: "m".to_owned(), key: None }, None);
    llm.ask(ChatRequest::new("", [(Role::User, "Hello.")].into_iter(), &[], &[], None), waker)
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
    assert!(start.elapsed() <= Limits::USUAL.connect + Limits::USUAL.begin);
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

#[tokio::test]
async fn sentences_are_handed_out_when_they_are_whole() {
    let (sender, events) = mpsc::channel(8);
    let task = tokio::spawn(async { Some(()) });
    let mut asking = LlmReply { events, task, text: String::new(), given: 0, ended: None };
    let mut next = |text: &str| {
        sender.try_send(Event::Text(text.to_owned())).expect("room");
        std::iter::from_fn(|| asking.sentence()).collect::<Vec<_>>()
    };
    assert!(next("It is 3").is_empty());
    assert!(next(".5 km to Dr.").is_empty());
    assert_eq!(next(" Brown. Shall"), ["It is 3.5 km to Dr. Brown."]);
    assert_eq!(next(" we? Yes. **Now**\n- or later"), ["Shall we?", "Yes.", "Now."]);
    sender.try_send(Event::Done { rest: "!".to_owned(), calls: Vec::new() }).expect("room");
    assert_eq!(asking.sentence().as_deref(), Some("- or later!"));
    assert_eq!((asking.sentence(), asking.ended()), (None, Some(&LlmOutcome::Done(Vec::new()))));
}

/// A way that leads to this port, wherever it should lead, and notes where that was.
struct Detour(u16, Mutex<Vec<String>>);

impl Connect for Detour {
    fn connect(
        &self,
        host: String,
        port: u16,
        is_encrypted: bool,
    ) -> BoxFuture<'_, Result<Box<dyn Stream>, NoStream>> {
        async move {
            self.1.lock().expect("no panic").push(format!("{host}:{port} {is_encrypted}"));
            let stream = TcpStream::connect(("127.0.0.1", self.0)).await;
            stream
                .map(|stream| Box::new(stream) as Box<dyn Stream>)
                .map_err(|error| NoStream::Unreachable(error.kind()))
        }
        .boxed()
    }
}

#[tokio::test]
async fn remote_language_model_is_asked_by_the_chosen_connector() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let detour = Arc::new(Detour(listener.local_addr().expect("an address").port(), Mutex::default()));
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut piece = [0; 8_192];
        let read = stream.read(&mut piece).await.expect("a question");
        let answer = "HTTP/1.1 200 OK\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"Far away.\"}}]}\n\ndata: [DONE]\n\n";
        let _ = stream.write_all(answer.as_bytes()).await;
        String::from_utf8_lossy(&piece[..read]).into_owned()
    });
    let endpoint =
        LlmEndpoint { base_url: "https://models.example/v1".to_owned(), model: "m".to_owned(), key: None };
    let waker = Waker::default();
    let llm = Llm::new(&endpoint, Some(Arc::clone(&detour) as Arc<dyn Connect>));
    let asking = llm.ask(ChatRequest::new("", [(Role::User, "Hello.")].into_iter(), &[], &[], None), &waker);
    let (said, ended) = all(asking, &waker).await;
    assert_eq!((said, ended), (vec!["Far away.".to_owned()], LlmOutcome::Done(Vec::new())));
    assert_eq!(*detour.1.lock().expect("no panic"), ["models.example:443 true"]);
    let asked = serving.await.expect("the request is over");
    assert!(asked.contains("host: models.example"), "{asked}");
}

struct Shut;

impl Connect for Shut {
    fn connect(&self, _: String, _: u16, _: bool) -> BoxFuture<'_, Result<Box<dyn Stream>, NoStream>> {
        async { Err(NoStream::OnTheWay("the proxy wants a password".to_owned())) }.boxed()
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_is_said_in_its_words() {
    let endpoint =
        LlmEndpoint { base_url: "https://models.example".to_owned(), model: "m".to_owned(), key: None };
    let waker = Waker::default();
    let llm = Llm::new(&endpoint, Some(Arc::new(Shut)));
    let asking = llm.ask(ChatRequest::new("", [(Role::User, "Hello.")].into_iter(), &[], &[], None), &waker);
    let (_, ended) = all(asking, &waker).await;
    let LlmOutcome::Failed(error) = ended else { panic!("{ended:?}") };
    assert_eq!(error.to_string(), "its server can't be reached, the proxy wants a password");
}
