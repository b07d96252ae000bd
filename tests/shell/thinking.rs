//! The practice partner with a language model, from the command line; a small server in the test is the model.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use crate::program::Home;

const KEY: &str = "sesame-of-the-model";

/// Starts a model that answers one question with one sentence; returns its address and the request that it gets.
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
fn only_the_language_model_gets_its_key() {
    let home = Home::bare();
    let (url, asked) = model();
    let args = ["talk", "--think", &url, "--think-model", "small", "--text", "What colour is the sky?"];
    let log = ["--speaker", "none", "--events", "e.jsonl", "--wire=full"];
    let output = home.command(&[&args[..], &log].concat()).env("VIVAVOCE_THINK_KEY", KEY).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(out.contains("Practice: Blue, for the most part.") && err.contains("small"), "{out}{err}");
    let request = asked.join().unwrap();
    assert!(request.contains(&format!("authorization: Bearer {KEY}")), "{request}");
    assert!(request.contains("What colour is the sky?") && request.contains("\"small\""), "{request}");
    let log = std::fs::read_to_string(home.file("e.jsonl")).unwrap();
    for shown in [&out, &err, &log.as_str().into()] {
        assert!(!shown.contains(KEY));
    }
}

#[test]
fn an_unencrypted_remote_server_is_refused_at_once() {
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
fn doctor_checks_a_configured_language_model() {
    let home = Home::bare();
    let there = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let [there_at, gone_at] = [&there, &gone].map(|listener| listener.local_addr().unwrap());
    drop(gone);
    for (address, is_there) in [(there_at, true), (gone_at, false)] {
        let profile = format!(
            r#"{{"endpoint":"practice","microphone":"none","speaker":"none","camera":"none",
                "thinkUrl":"http://{address}/v1","thinkModel":"small"}}"#
        );
        std::fs::write(home.file("p.json"), profile).unwrap();
        let ran = home.run(&["doctor", "--profile", "p.json", "--offline"]);
        let line = ran.out.lines().find(|line| line.contains(&address.to_string())).expect(&ran.out);
        assert!(line.contains("thinking") && line.contains('✓') == is_there, "{}", ran.out);
    }
}

/// Starts a server that lists a model as Ollama does, and answers questions for it; returns its port.
fn ollama() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut first = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let _ = reader.read_line(&mut first);
            let body = if first.starts_with("GET /api/tags") {
                r#"{"models":[{"model":"gemma3:4b","size":3338801804,"capabilities":["completion","vision"]},
                    {"model":"qwen3:latest","size":5225388164,"capabilities":["completion","tools"]}]}"#
            } else {
                "data: {\"choices\":[{\"delta\":{\"content\":\"I am **here**.\"},\"finish_reason\":\"stop\"}]}\n\n"
            };
            // What was sent is read, so that closing cuts nothing off.
            let _ = reader.read(&mut vec![0; 64 << 10]);
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + body).as_bytes());
        }
    });
    port
}

#[test]
fn a_model_on_this_computer_is_found_listed_and_used() {
    let home = Home::bare();
    let ports = format!("ollama:{},openai:1", ollama());
    let run = |args: &[&str]| {
        let output = home.command(args).env("VIVAVOCE_LOCAL_PORTS", &ports).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let profile = r#"{"endpoint":"practice","microphone":"none","speaker":"none","camera":"none"}"#;
    std::fs::write(home.file("p.json"), profile).unwrap();
    let (_, out, _) = run(&["doctor", "--profile", "p.json", "--offline"]);
    let line = out.lines().find(|line| line.contains("Ollama")).expect(&out);
    assert!(line.contains("gemma3:4b (3.3 GB, no functions, sees pictures)"), "{line}");
    assert!(line.contains("qwen3:latest (5.2 GB, calls functions, no pictures)"), "{line}");
    // The one that calls functions, unless another is named.
    for (named, taken) in [("--local-model", "qwen3:latest"), ("--local-model=gemma3:4b", "gemma3:4b")] {
        let (code, out, err) = run(&["talk", named, "--text", "Are you here?", "--speaker", "none"]);
        assert_eq!(code, Some(0), "{out}{err}");
        assert!(out.contains("Practice: I am here.") && err.contains(taken), "{out}{err}");
    }
    let (code, _, err) =
        run(&["talk", "--local-model=other", "--text", "Are you here?", "--speaker", "none"]);
    assert!(code == Some(1) && err.contains("has the language model other"), "{err}");
    let ran = home.run(&["talk", "--practice", "--local-model", "--text", "Hello", "--speaker", "none"]);
    assert!(ran.code == Some(1) && ran.err.contains("No language model was found"), "{}", ran.err);
}

#[test]
fn a_key_goes_to_no_server_that_only_a_file_names() {
    for named_beside in [false, true] {
        let home = Home::bare();
        let (url, asked) = model();
        let profile = format!(
            r#"{{"endpoint":"practice","speaker":"none","microphone":"none","thinkUrl":"{url}","thinkModel":"small"}}"#
        );
        std::fs::write(home.file("p.json"), profile).unwrap();
        let mut command = home.command(&["talk", "--profile", "p.json", "--text", "What colour is the sky?"]);
        command.env("VIVAVOCE_THINK_KEY", KEY);
        if named_beside {
            command.env("VIVAVOCE_THINK_URL", &url);
        }
        let output = command.output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{err}");
        assert_eq!(err.contains("is not sent"), !named_beside, "{err}");
        let request = asked.join().unwrap();
        assert_eq!(request.contains(KEY), named_beside, "{request}");
    }
}

#[test]
fn a_server_says_what_others_on_the_computer_could_do() {
    let home = Home::bare();
    let think = ["--think", "http://127.0.0.1:1/v1", "--think-model", "small", "--listen", "127.0.0.1:0"];
    let serve = |args: &[&str]| home.command(&[&["serve"][..], &think[..], args].concat());
    // Each says it before it says where it listens.
    let cases: [(&[&str], Option<&str>, &str, &str); 3] = [
        (&[], None, "Every program on this computer", "list of processes"),
        (&["--key", "open"], None, "list of processes", "Every program"),
        (&[], Some("secret"), "the key that you set", "Every program"),
    ];
    for (args, serve_key, said, unsaid) in cases {
        let mut command = serve(args);
        command.env("VIVAVOCE_THINK_KEY", KEY);
        command.envs(serve_key.map(|key| ("VIVAVOCE_SERVE_KEY", key)));
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let mut all = String::new();
        while !all.contains("Google’s SDKs") {
            all.push_str(&lines.next().expect(&all));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(all.contains(said) && !all.contains(unsaid), "{all}");
        assert!(!all.contains(KEY) && !all.contains("secret"), "{all}");
    }
    std::fs::write(home.file("file"), "no folder").unwrap();
    let ran = home.run(&["serve", "--listen", "127.0.0.1:0", "--pictures", "file"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("Can’t save the pictures"), "{}", ran.err);
}
