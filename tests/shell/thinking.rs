//! The rehearsal partner with a language model, from the command line: a small server in the test is the model.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use crate::program::Home;

const KEY: &str = "sesame-of-the-model";

/// A model that says one sentence to one question, and the request that it got.
fn model() -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        let mut piece = [0; 4096];
        loop {
            let count = stream.read(&mut piece).unwrap();
            assert!(count > 0, "the request broke off: {request}");
            request.push_str(&String::from_utf8_lossy(&piece[..count]));
            let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse().unwrap() {
                break;
            }
        }
        let answer = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Blue, for the most part.\"}}]}\n\n\
            data: [DONE]\n\n";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        stream.write_all(format!("{head}{answer}").as_bytes()).unwrap();
        request
    });
    (url, asked)
}

#[test]
fn a_language_model_answers_and_its_key_goes_to_it_alone() {
    let home = Home::bare();
    let (url, asked) = model();
    let args = ["talk", "--think", &url, "--think-model", "small", "--text", "What colour is the sky?"];
    let log = ["--speaker", "none", "--events", "e.jsonl", "--wire=full"];
    let output = home.command(&[&args[..], &log].concat()).env("VIVAVOCE_THINK_KEY", KEY).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(out.contains("Rehearsal: Blue, for the most part.") && err.contains("small"), "{out}{err}");
    let request = asked.join().unwrap();
    assert!(request.contains(&format!("authorization: Bearer {KEY}")), "{request}");
    assert!(request.contains("What colour is the sky?") && request.contains("\"small\""), "{request}");
    let log = std::fs::read_to_string(home.file("e.jsonl")).unwrap();
    for shown in [&out, &err, &log.as_str().into()] {
        assert!(!shown.contains(KEY));
    }
}

#[test]
fn one_that_others_could_listen_in_on_is_refused_before_anything_begins() {
    let home = Home::bare();
    for command in [["talk", "--text"], ["serve", "--key"]] {
        let think = ["any", "--think", "http://models.example/v1", "--think-model", "small"];
        let ran = home.run(&[&command[..], &think].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
        assert!(ran.err.contains("https"), "{}", ran.err);
    }
    assert_ne!(home.run(&["talk", "--think", "http://127.0.0.1:1/v1"]).code, Some(0), "a model has a name");
}

#[test]
fn a_doctor_looks_for_the_language_model_where_one_is_named() {
    let home = Home::bare();
    let there = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let [there_at, gone_at] = [&there, &gone].map(|listener| listener.local_addr().unwrap());
    drop(gone);
    for (address, is_there) in [(there_at, true), (gone_at, false)] {
        let profile = format!(
            r#"{{"endpoint":"rehearsal","microphone":"none","speaker":"none","camera":"none",
                "thinkUrl":"http://{address}/v1","thinkModel":"small"}}"#
        );
        std::fs::write(home.file("p.json"), profile).unwrap();
        let ran = home.run(&["doctor", "--profile", "p.json", "--offline"]);
        let line = ran.out.lines().find(|line| line.contains(&address.to_string())).expect(&ran.out);
        assert!(line.contains("thinking") && line.contains('✓') == is_there, "{}", ran.out);
    }
}
