//! Streams as each server writes them, by their documentation and source: `recorded/SERVER-what.txt`, with what is heard and
//! called of each. Every stream is cut at every place.

use net::Scrubber;
use serde_json::{Value, json};

use super::{Completion, End, Reading, StreamError};

/// What is expected of a stream.
enum Expected {
    /// It says this.
    Says(&'static str),
    /// It says this, and makes these calls.
    Calls(&'static str, Vec<(&'static str, Value)>),
    /// It ends with these words of the server.
    Fails(&'static str),
}

/// What it is, the stream, and what is expected of it.
type Recorded = (&'static str, &'static [u8], Expected);

fn weather(place: &str) -> (&'static str, Value) {
    ("get_weather", json!({"location": place}))
}

fn time() -> (&'static str, Value) {
    ("get_current_time", json!({"timezone": "Asia/Tōkyō"}))
}

fn ollama() -> Vec<Recorded> {
    vec![
        ("an answer", include_bytes!("recorded/ollama-answer.txt"), Expected::Says("Hello! It's raining.")),
        ("thoughts apart", include_bytes!("recorded/ollama-thinking.txt"), Expected::Says("Yes, take one.")),
        (
            "whole calls in one chunk",
            include_bytes!("recorded/ollama-calls.txt"),
            Expected::Calls("", vec![weather("Oslo"), time()]),
        ),
        (
            "every call has the index 0",
            include_bytes!("recorded/ollama-calls-index-0.txt"),
            Expected::Calls("", vec![weather("Oslo"), time()]),
        ),
        (
            "an error after the first words",
            include_bytes!("recorded/ollama-error.txt"),
            Expected::Fails("an error was encountered while running the model: unexpected EOF"),
        ),
    ]
}

fn lm_studio() -> Vec<Recorded> {
    vec![
        ("an answer", include_bytes!("recorded/lmstudio-answer.txt"), Expected::Says("It's five past nine.")),
        (
            "a call in pieces",
            include_bytes!("recorded/lmstudio-call.txt"),
            Expected::Calls("I'll look.", vec![weather("Tromsø")]),
        ),
        (
            "its own way to write a call",
            include_bytes!("recorded/lmstudio-tool-request.txt"),
            Expected::Calls("", vec![weather("Oslo")]),
        ),
        (
            "an error as an event",
            include_bytes!("recorded/lmstudio-error.txt"),
            Expected::Fails(
                "The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 5015>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input",
            ),
        ),
        ("nothing at all", include_bytes!("recorded/lmstudio-silent.txt"), Expected::Says("")),
    ]
}

fn llama_cpp() -> Vec<Recorded> {
    vec![
        (
            "an answer, with its times",
            include_bytes!("recorded/llamacpp-answer.txt"),
            Expected::Says("Hello there."),
        ),
        (
            "a call in pieces after thoughts",
            include_bytes!("recorded/llamacpp-call.txt"),
            Expected::Calls("", vec![weather("Zürich")]),
        ),
        (
            "an error in a field of its own",
            include_bytes!("recorded/llamacpp-error.txt"),
            Expected::Fails(
                "the request exceeds the available context size. try increasing the context size or enable context shift",
            ),
        ),
        (
            "thoughts in the text",
            include_bytes!("recorded/llamacpp-think-tags.txt"),
            Expected::Says("Take an umbrella."),
        ),
    ]
}

fn llama_cpp_python() -> Vec<Recorded> {
    vec![
        (
            "an answer",
            include_bytes!("recorded/llama-cpp-python-answer.txt"),
            Expected::Says("Hi. What can I do?"),
        ),
        (
            "Llama's way to write a call",
            include_bytes!("recorded/llama-cpp-python-call.txt"),
            Expected::Calls("", vec![weather("Oslo")]),
        ),
    ]
}

fn jan() -> Vec<Recorded> {
    vec![
        (
            "keep-alive, and thoughts apart",
            include_bytes!("recorded/jan-answer.txt"),
            Expected::Says("Good morning!"),
        ),
        (
            "Mistral's way to write a call",
            include_bytes!("recorded/jan-mistral-call.txt"),
            Expected::Calls("", vec![weather("Oslo")]),
        ),
    ]
}

fn vllm() -> Vec<Recorded> {
    vec![
        (
            "an answer with reasoning_content",
            include_bytes!("recorded/vllm-answer.txt"),
            Expected::Says("Four."),
        ),
        (
            "two calls in pieces",
            include_bytes!("recorded/vllm-calls.txt"),
            Expected::Calls("", vec![weather("Oslo"), time()]),
        ),
        (
            "an error in the stream",
            include_bytes!("recorded/vllm-error.txt"),
            Expected::Fails("EngineCore encountered an issue. See stack trace (above) for the root cause"),
        ),
    ]
}

fn local_ai() -> Vec<Recorded> {
    vec![
        (
            "an empty finish_reason on each chunk",
            include_bytes!("recorded/localai-answer.txt"),
            Expected::Says("It is noon. Anything else?"),
        ),
        (
            "a call without an index, and no [DONE]",
            include_bytes!("recorded/localai-call.txt"),
            Expected::Calls("", vec![weather("Oslo")]),
        ),
    ]
}

fn others() -> Vec<Recorded> {
    vec![(
        "a server that does not stream",
        include_bytes!("recorded/not-streamed.txt"),
        Expected::Calls("One moment.", vec![weather("Oslo")]),
    )]
}

fn read(stream: &[u8], step: usize) -> Result<(String, End), StreamError> {
    let functions = ["get_weather", "get_current_time"].map(str::to_owned).into();
    let mut completion = Completion::new(Reading { functions, ..Reading::default() }, Scrubber::default());
    let mut text = String::new();
    for piece in stream.chunks(step) {
        if !completion.is_finished() {
            text.push_str(&completion.push(piece)?);
        }
    }
    let end = completion.finish()?;
    text.push_str(&end.rest);
    Ok((text.trim().to_owned(), end))
}

fn check(name: &str, stream: &[u8], expected: &Expected) {
    for step in (1..40).chain([64, 100, 333, stream.len()]) {
        let read = read(stream, step);
        let (text, calls) = match expected {
            Expected::Fails(words) => {
                let error = StreamError::Server((*words).to_owned());
                assert_eq!(read.err(), Some(error), "{name}, in steps of {step}");
                continue;
            }
            Expected::Says(text) => (*text, &Vec::new()),
            Expected::Calls(text, calls) => (*text, calls),
        };
        let (said, end) = read.expect(name);
        let called: Vec<(&str, Value)> =
            end.calls.iter().map(|call| (call.name.as_str(), Value::Object(call.args.clone()))).collect();
        assert_eq!((said.as_str(), &called, end.is_whole), (text, calls, true), "{name}, in steps of {step}");
    }
}

#[test]
fn every_server_is_understood() {
    for (server, recorded) in [
        ("Ollama", ollama()),
        ("LM Studio", lm_studio()),
        ("llama.cpp", llama_cpp()),
        ("llama-cpp-python", llama_cpp_python()),
        ("Jan", jan()),
        ("vLLM", vllm()),
        ("LocalAI", local_ai()),
        ("another", others()),
    ] {
        for (what, stream, expected) in recorded {
            check(&format!("{server}: {what}"), stream, &expected);
        }
    }
}

#[test]
fn a_stream_that_breaks_off_is_told_from_one_that_ends() {
    let whole = include_bytes!("recorded/localai-answer.txt");
    let cut = whole.windows(10).position(|bytes| bytes == b"Anything e").expect("its second sentence");
    let (text, end) = read(&whole[..cut], 7).expect("a stream");
    assert_eq!((text.as_str(), end.is_whole), ("It is noon.", true), "the first sentence is whole");
    let whole = include_bytes!("recorded/llamacpp-answer.txt");
    let cut = whole.windows(6).position(|bytes| bytes == b" there").expect("its second word");
    let (text, end) = read(&whole[..cut], 7).expect("a stream");
    assert_eq!((text.as_str(), end.is_whole), ("Hello", false));
}
