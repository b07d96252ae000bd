//! A language model on this computer, as a person meets it: how soon its first sentence is heard once it is written, how soon the
//! request ends when somebody interrupts, and how long looking for such servers takes. A small server here is the model; the
//! voice is the real one. Figures only.

// A bench says by a panic what it can't measure.
#![allow(clippy::panic)]
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

#[path = "../../tests/live/client.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod client;

use std::time::Duration;

use assets::Store;
use live_server::LiveServer;
use practice::local_models::{USUAL_PORTS, find};
use practice::{LlmEndpoint, SpeechModels};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use client::{Client, server_with};

/// First sentences, from short to long.
const SENTENCES: [&str; 6] = [
    "Yes.",
    "It is raining in Oslo.",
    "The train to the airport leaves at twenty past nine from platform four.",
    "I would take the second road, because it goes along the river and there is hardly any traffic on it.",
    "Rooks are birds of the crow family, and they live together in large groups high up in the trees.",
    "If you mix two parts of flour with one part of butter and a little sugar, you get a dough that is good for nearly any cake.",
];
/// Interrupts.
const STOP: &str = "That is enough for now.";
/// How often each.
const ROUNDS: usize = 5;
/// Between two words that the model writes: twenty a second.
const PACE: Duration = Duration::from_millis(50);

/// When something happened at the server.
enum Seen {
    /// The first sentence was written, and the blank behind it.
    Written(Instant),
    /// The client hung up.
    HungUp(Instant),
}

async fn model() -> (LlmEndpoint, mpsc::Sender<&'static str>, mpsc::Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}/v1", listener.local_addr().expect("an address"));
    let (next, mut sentences) = mpsc::channel::<&'static str>(1);
    let (events, seen) = mpsc::channel(16);
    tokio::spawn(async move {
        while let Some(sentence) = sentences.recv().await {
            loop {
                let (mut stream, _) = listener.accept().await.expect("a client");
                // What interrupted the question before is asked, too, and nobody waits for it.
                if is_question(&mut stream).await {
                    serve(stream, sentence, &events).await;
                    break;
                }
            }
        }
    });
    (LlmEndpoint { base_url, model: "small".into(), key: None }, next, seen)
}

/// Reads a request; whether it is the question.
async fn is_question(stream: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    while !request.ends_with(b"}") {
        match stream.read_buf(&mut request).await {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
    }
    !String::from_utf8_lossy(&request).contains(STOP)
}

/// Writes the sentence word by word, and goes on until the client hangs up.
async fn serve(mut stream: TcpStream, sentence: &str, events: &mpsc::Sender<Seen>) {
    stream.set_nodelay(true).expect("a socket");
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("a client");
    for word in sentence.split_inclusive(' ').chain([" "]) {
        sleep(PACE).await;
        write(&mut stream, word).await;
    }
    events.send(Seen::Written(Instant::now())).await.expect("the bench listens");
    // The next word tells that the sentence is over.
    sleep(PACE).await;
    write(&mut stream, "And").await;
    let mut nothing = [0; 1];
    let _ = stream.read(&mut nothing).await;
    events.send(Seen::HungUp(Instant::now())).await.expect("the bench listens");
}

async fn write(stream: &mut TcpStream, text: &str) {
    let chunk = json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    let _ = stream.write_all(format!("data: {chunk}\n\n").as_bytes()).await;
}

#[tokio::main]
async fn main() {
    let folder = Store::of_user().folder().expect("a folder").to_owned();
    let models = SpeechModels::in_folder(&folder);
    if !models.has_voice() {
        println!("The voice is not in {}: cargo xtask assets fetches it.", folder.display());
        std::process::exit(1);
    }
    let (endpoint, next, mut seen) = model().await;
    let server = server_with(|config| {
        config.practice.models = models;
        config.practice.llm = Some(endpoint);
    });
    // The voice is loaded with the first sentence; that is not what is measured.
    ask(&server, &next, &mut seen, SENTENCES[0]).await;
    let (mut sounds, mut ends) = (Vec::new(), Vec::new());
    for sentence in SENTENCES.iter().cycle().take(SENTENCES.len() * ROUNDS) {
        let (sound, end) = ask(&server, &next, &mut seen, sentence).await;
        sounds.push(sound.as_millis());
        ends.push(end.as_millis());
    }
    println!(
        "first sound after the first sentence is written, the next word {} ms later: {}",
        PACE.as_millis(),
        spread(&mut sounds)
    );
    println!("end of the request after an interruption: {}", spread(&mut ends));
    let mut searches = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        find(&USUAL_PORTS).await;
        searches.push(began.elapsed().as_millis());
    }
    println!("looking on the five usual ports of this computer: {}", spread(&mut searches));
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        println!("load {}", load.trim());
    }
}

/// Asks, waits for the first sound, and interrupts; how long both took.
async fn ask(
    server: &LiveServer,
    next: &mpsc::Sender<&'static str>,
    seen: &mut mpsc::Receiver<Seen>,
    sentence: &'static str,
) -> (Duration, Duration) {
    next.send(sentence).await.expect("the server runs");
    let mut client = Client::ready(server, json!({})).await;
    client.write("Tell me.").await;
    client.first_audio().await;
    let heard = Instant::now();
    let Some(Seen::Written(written)) = seen.recv().await else { panic!("the sentence was not written") };
    let interrupted = Instant::now();
    client.write(STOP).await;
    // The next question waits for nobody.
    drop(client);
    let Some(Seen::HungUp(ended)) = seen.recv().await else { panic!("the request goes on") };
    (heard.saturating_duration_since(written), ended.saturating_duration_since(interrupted))
}

fn spread(values: &mut [u128]) -> String {
    values.sort_unstable();
    let at = |part: usize| values[(values.len() - 1) * part / 100];
    format!("p50 {} ms, p95 {} ms, most {} ms", at(50), at(95), at(100))
}
