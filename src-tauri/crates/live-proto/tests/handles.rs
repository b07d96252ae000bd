//! What a resumption handle in mid-turn covers, and what is said again behind it (PROTOCOL.md §3.2).

// The helpers panic for the tests that call them.
#![allow(clippy::panic)]

mod support;

use live_proto::{Command, Event, Input, Output};
use serde_json::{Value, json};
use support::{
    Bench, MODEL, REPLY, YOU, audio, exchange, frames, handle, handle_covering, resumed, says, turn, typed,
};

#[test]
fn a_question_whose_answer_broke_off_behind_a_handle_is_asked_again() {
    let mut bench = Bench::ready(MODEL);
    bench.tell(Command::Text("What is it?".to_owned()));
    says(&mut bench, REPLY, "It");
    handle_covering(&mut bench, 1);
    let mut total = 1;
    for _ in 0..3 {
        let outputs = bench.lose(None, "reset");
        let ends = |output: &Output| matches!(output, Output::Event(Event::TurnComplete { .. }));
        assert!(!outputs.iter().any(ends), "its answer comes anew: {outputs:?}");
        bench.ring();
        let (_, events, said) = bench.reconnect();
        assert!(resumed(&events).1, "the reply starts over");
        assert_eq!(said, [typed("What is it?")], "once");
        says(&mut bench, REPLY, "It is");
        handle_covering(&mut bench, 1);
        total += said.len();
    }
    says(&mut bench, REPLY, " a test.");
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    bench.lose(None, "reset");
    bench.ring();
    let (_, events, said) = bench.reconnect();
    assert!(!resumed(&events).1);
    let answer = json!({"clientContent": {"turnComplete": false,
        "turns": [{"role": "model", "parts": [{"text": "It is a test."}]}]}});
    assert_eq!((said, total), (vec![answer], 4), "the handle covers the question already");
}

#[test]
fn a_handle_without_an_index_covers_no_open_question() {
    let mut bench = Bench::ready(MODEL);
    says(&mut bench, YOU, "What is");
    says(&mut bench, REPLY, "It");
    handle(&mut bench, "h");
    bench.lose(None, "reset");
    bench.ring();
    let (_, events, said) = bench.reconnect();
    assert!(resumed(&events).1, "its words come again");
    assert_eq!(said, [] as [Value; 0], "no sound of it was sent");
}

#[test]
fn a_question_behind_a_handle_is_given_up_like_any_other() {
    let mut bench = Bench::ready(MODEL);
    bench.tell(Command::Text("hi".to_owned()));
    let (mut total, mut abandoned) = (1, 0);
    for _ in 0..9 {
        says(&mut bench, REPLY, "It");
        handle_covering(&mut bench, 1);
        let outputs = bench.lose(None, "reset");
        let gives_up = |output: &&Output| matches!(output, Output::Event(Event::InputAbandoned { sent: 6 }));
        abandoned += outputs.iter().filter(gives_up).count();
        bench.ring();
        total += bench.reconnect().2.len();
    }
    assert_eq!((total, abandoned), (6, 1));
}

#[test]
fn a_call_behind_a_handle_is_not_the_answer() {
    let mut bench = Bench::ready(MODEL);
    bench.tell(Command::Text("And the weather?".to_owned()));
    bench.events(&json!({"toolCall": {"functionCalls": [{"id": "a", "name": "get_weather"}]}}));
    // On Vertex a call ends its turn.
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    bench.tell(Command::ToolResult { id: "a".to_owned(), scheduling: None, response: json!({}) });
    handle_covering(&mut bench, 2);
    bench.lose(None, "reset");
    bench.ring();
    let (_, events, said) = bench.reconnect();
    assert!(resumed(&events).1);
    assert_eq!(said, [typed("And the weather?")]);
}

#[test]
fn spoken_words_behind_a_handle_are_said_as_words_and_stay_written_down() {
    let mut bench = Bench::ready(MODEL);
    for n in 1..=3 {
        bench.input(Input::Audio(&[n; 640]));
    }
    says(&mut bench, YOU, " What is it?");
    bench.input(Input::Audio(&[4; 640]));
    bench.events(&turn(&[audio("AQA=")]));
    handle_covering(&mut bench, 3);
    for _ in 0..2 {
        bench.lose(None, "reset");
        bench.ring();
        let (_, events, said) = bench.reconnect();
        let words =
            Event::InputTranscript { text: " What is it?".to_owned(), finished: false, language: None };
        assert!(resumed(&events[..1]).1);
        assert_eq!(events[1..], [words], "the service will not write them down again");
        let mut expected = vec![typed(" What is it?")];
        expected.extend(frames(&[&[4; 640]]));
        assert_eq!(said, expected);
        // Lost before the model takes it up: the same once more.
    }
}

#[test]
fn words_that_a_handle_covers_before_anyone_answers_wait_for_the_rest() {
    let mut bench = Bench::ready(MODEL);
    bench.input(Input::Audio(&[1; 640]));
    says(&mut bench, YOU, " What is");
    handle_covering(&mut bench, 1);
    bench.input(Input::Audio(&[2; 640]));
    bench.lose(None, "reset");
    bench.ring();
    let (_, events, said) = bench.reconnect();
    assert!(!resumed(&events).1);
    assert_eq!(said, frames(&[&[2; 640]]), "the service has the beginning");
    says(&mut bench, YOU, " it?");
    exchange(&mut bench, "", "A test.", "h");
    bench.session.handle_input(Input::Command(Command::StartFresh), bench.now);
    bench.drain();
    bench.lose(Some(1000), "");
    bench.ring();
    let told = bench.reconnect().2.remove(0);
    assert_eq!(told["clientContent"]["turns"][0]["parts"][0]["text"], " What is it?");
}

#[test]
fn words_after_the_handle_of_an_interrupted_turn_are_not_written_down_twice() {
    let mut bench = Bench::ready(MODEL);
    bench.tell(Command::Text("a story".to_owned()));
    bench.events(&turn(&[audio("AQA=")]));
    for n in 1..=3 {
        bench.input(Input::Audio(&[n; 640]));
    }
    bench.events(&json!({"serverContent": {"interrupted": true}}));
    says(&mut bench, YOU, " Stop.");
    bench.events(&json!({"serverContent": {"turnComplete": true}}));
    // What is being said is in no handle.
    handle_covering(&mut bench, 1);
    bench.lose(None, "reset");
    bench.ring();
    let (_, events, said) = bench.reconnect();
    assert!(resumed(&events).1, "its words come again");
    let whole: Vec<u8> = (1..=3).flat_map(|n| [n; 640]).collect();
    assert_eq!(said, frames(&[&whole]));
}

#[test]
fn what_was_typed_during_a_reply_is_not_lost_behind_its_handle() {
    for (end, answered) in [
        (None, "First?\nSecond?"),
        (Some("generationComplete"), "Second?"),
        (Some("turnComplete"), "Second?"),
        (Some("interrupted"), "Second?"),
    ] {
        let mut bench = Bench::ready(MODEL);
        bench.tell(Command::Text("First?".to_owned()));
        bench.events(&turn(&[audio("AQA=")]));
        bench.tell(Command::Text("Second?".to_owned()));
        if let Some(end) = end {
            bench.events(&json!({"serverContent": {end: true}}));
        }
        handle_covering(&mut bench, 2);
        bench.lose(None, "reset");
        bench.ring();
        let (_, events, mut said) = bench.reconnect();
        assert_eq!(resumed(&events).1, end.is_none(), "{end:?}");
        if end.is_some() {
            // The service knows it and may answer it; if not, it is asked again like any other.
            assert_eq!(said, [] as [Value; 0], "{end:?}");
            assert!(bench.ring().contains(&Output::Event(Event::NoAnswerYet)), "{end:?}");
            bench.ring();
            let mut outputs = bench.lose(Some(1000), "");
            while !outputs.contains(&Output::Connect) {
                outputs = bench.ring();
            }
            said = bench.reconnect().2;
        }
        assert_eq!(said, [typed(answered)], "{end:?}");
    }
}
