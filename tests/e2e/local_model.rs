//! A conversation with a language model on this computer: found, taken by a click, asked by voice, it calls a function, and is
//! interrupted. A small server in the test stands in for Ollama, on a port that only this test names.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, PATIENCE};
use crate::rig::{Rig, speech};

const QUESTION: &str = "Good morning. What time is it in Tokyo now?";
/// What is said during the answer.
const OBJECTION: &str = "Stop, please. I have another question now.";

/// What Ollama says of its models.
const TAGS: &str = r#"{"models":[
    {"name":"qwen3:latest","model":"qwen3:latest","size":5225388164,"capabilities":["completion","tools","thinking"]},
    {"name":"gemma3:4b","model":"gemma3:4b","size":3338801804,"capabilities":["completion","vision"]}]}"#;

/// What the server was asked, and when a client left in the middle of an answer.
enum Seen {
    Question(Value),
    HungUp,
}

/// Starts the server; returns its port and what it sees.
fn ollama() -> (u16, Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, seen) = sync_channel(64);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let sender = sender.clone();
            std::thread::spawn(move || serve(stream.unwrap(), &sender));
        }
    });
    (port, seen)
}

fn serve(mut stream: TcpStream, seen: &SyncSender<Seen>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if first.starts_with("GET /api/tags") {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", TAGS.len());
        return stream.write_all((head + TAGS).as_bytes()).ok();
    }
    assert!(first.starts_with("POST /v1/chat/completions"), "{first}");
    let question: Value = serde_json::from_slice(&body).unwrap();
    let last = question["messages"].as_array().unwrap().last().unwrap().clone();
    seen.send(Seen::Question(question)).ok()?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        .ok()?;
    let mut say = |delta: Value| {
        let chunk = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
        stream.write_all(format!("data: {chunk}\n\n").as_bytes()).ok()
    };
    if last["role"] != "tool" {
        // Whole calls in one chunk, as Ollama sends them.
        say(json!({"role": "assistant", "content": "", "reasoning": "They want the time."}))?;
        let call = json!({"name": "get_current_time", "arguments": "{\"timezone\":\"Asia/Tokyo\"}"});
        say(json!({"tool_calls": [{"id": "call_1", "index": 0, "type": "function", "function": call}]}))?;
        return stream.write_all(b"data: [DONE]\n\n").ok();
    }
    say(json!({"content": "It is **late** in Tokyo. 🌙 "}))?;
    // It goes on until nobody listens any more.
    loop {
        std::thread::sleep(Duration::from_millis(50));
        if say(json!({"content": "And there is much more to say about that, word by word. "})).is_none() {
            return seen.send(Seen::HungUp).ok();
        }
    }
}

fn question(seen: &Receiver<Seen>) -> Value {
    match seen.recv_timeout(PATIENCE) {
        Ok(Seen::Question(question)) => question,
        Ok(Seen::HungUp) => panic!("the request ended before its time"),
        Err(error) => panic!("nobody asks the language model: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn found_taken_by_a_click_asked_by_voice_calls_a_function_and_is_interrupted() {
    let assets = assets::Store::of_user()
        .whole_folder(&assets::Catalogue::embedded())
        .unwrap_or_else(|error| panic!("{error}"));
    let rig = Rig::start().await;
    let (port, seen) = ollama();
    let ports = format!("ollama:{port}");
    let env = [("VIVAVOCE_ASSETS", &*assets), ("VIVAVOCE_LOCAL_PORTS", Path::new(&ports))];
    let app = App::open(&rig, json!({}), &env).await;
    let question_sound = speech(app.home.path(), "question", QUESTION);
    let objection = speech(app.home.path(), "objection", OBJECTION);

    // Found, and taken by a click.
    app.until_phase("ready").await;
    let offer = "document.querySelector('[data-testid=\"take-local-model\"]')?.innerText.replace(/[\\u2068\\u2069]/g, '')";
    app.until("the model is proposed", &format!("{offer} === 'Use qwen3 from Ollama'")).await;
    app.picture("local-offer-light").await;
    app.click("take-local-model").await;
    app.until("it is not proposed again", "document.querySelector('[data-testid=\"local-offer\"]') === null")
        .await;

    // The settings show it, with what it can do.
    app.click_on("#open-settings").await;
    app.click_on(".settings nav [href='#group-practice']").await;
    let chosen = "document.querySelector('.models input:checked')?.closest('label').innerText";
    app.until("its facts", &format!("/qwen3[^]*5\\.2 GB[^]*calls functions[^]*no pictures/.test({chosen})"))
        .await;
    let state = "document.querySelector('[data-testid=\"local-state\"]')?.dataset.tone";
    app.until("it is ready", &format!("{state} === 'ok'")).await;
    app.picture("settings-local-models-light").await;
    app.click_on(".settings > header .icon-button").await;

    // Asked by voice, once it has greeted; it calls a function, and its answer is spoken.
    app.click("start").await;
    let reply = "[...document.querySelectorAll('.turn.gemini .said')].at(-1)?.innerText";
    app.until("it greets", &format!("{reply}?.includes('a language model thinks for me')")).await;
    app.until_phase("listening").await;
    rig.play(&question_sound);
    let asked = question(&seen);
    assert_eq!(asked["model"], "qwen3:latest");
    let said =
        asked["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_lowercase();
    assert!(said.contains("time") && said.contains("tokyo"), "{said}");
    app.until("the call is shown", "document.querySelector('.tool .name')?.innerText === 'get_current_time'")
        .await;
    app.until("it is done", "document.querySelector('.tool')?.dataset.state === 'done'").await;
    let answered = question(&seen);
    let result = answered["messages"].as_array().unwrap().last().unwrap();
    assert_eq!((&result["role"], result["tool_call_id"].is_string()), (&json!("tool"), true));
    app.until_phase("speaking").await;
    app.until("the answer is read without markup", &format!("{reply}?.includes('It is late in Tokyo. And')"))
        .await;

    // Interrupted: the request ends at once, and the next one says what was not heard.
    let over = rig.play_meanwhile(&objection);
    app.until("the reply is marked as interrupted", "document.querySelector('.turn.gemini.cut') !== null")
        .await;
    assert!(matches!(seen.recv_timeout(PATIENCE), Ok(Seen::HungUp)), "the request goes on");
    over.wait();
    let next = question(&seen);
    let messages = next["messages"].as_array().unwrap();
    let [reply, last] = [2, 1].map(|back| messages[messages.len() - back]["content"].as_str().unwrap());
    assert!(reply.starts_with("It is late") && reply.ends_with('…'), "{reply}");
    // What it understood of words spoken over its own is tested where understanding is.
    let (mark, understood) = last.split_once(") ").unwrap();
    assert!(mark.starts_with("(I interrupted you") && !understood.is_empty(), "{last}");
    app.click("start").await;
    app.until_phase("ended").await;
    app.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_model_is_not_proposed_again() {
    let rig = Rig::start().await;
    let (port, _seen) = ollama();
    let ports = format!("ollama:{port}");
    let app = App::open(&rig, json!({}), &[("VIVAVOCE_LOCAL_PORTS", Path::new(&ports))]).await;
    app.until_phase("ready").await;
    app.click("decline-local-model").await;
    app.until("it is gone", "document.querySelector('[data-testid=\"local-offer\"]') === null").await;
    app.click("start").await;
    app.until_phase("listening").await;
    app.click("start").await;
    app.until_phase("ended").await;
    app.close().await;
}
