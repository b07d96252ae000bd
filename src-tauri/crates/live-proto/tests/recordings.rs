//! What the service really sends, in the order of public recordings of it, with words of our own: no word is lost, no
//! reply begins too often, and every turn ends once.

// The helpers panic for the tests that call them.
#![allow(clippy::panic)]

mod support;

use live_proto::wire::Setup;
use live_proto::{Command, Event, Input, Output, SetupOptions, build_setup};
use serde_json::{Value, json};
use support::Bench;

const NATIVE: &str = "gemini-2.5-flash-native-audio-preview-09-2025";
const LATEST: &str = "gemini-2.5-flash-native-audio-latest";
const VERTEX: &str = "gemini-live-2.5-flash";
const THREE_ONE: &str = "gemini-3.1-flash-live-preview";
const THREE_EIGHT: &str = "gemini-3.8-live";

fn content(fields: &Value) -> Value {
    json!({ "serverContent": fields })
}

fn words(text: &str) -> Value {
    content(&json!({"outputTranscription": {"text": text}}))
}

fn heard(text: &str) -> Value {
    content(&json!({"inputTranscription": {"text": text}}))
}

fn thought() -> Value {
    content(&json!({"modelTurn": {"parts": [{"text": "**Plan**\n\nSay it briefly.", "thought": true}]}}))
}

/// Sound of the Developer API, which says the rate and no role.
fn sound() -> Value {
    content(&json!({"modelTurn": {"parts": [
        {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AQA="}}
    ]}}))
}

/// Sound of Vertex AI, which says the role and no rate.
fn vertex_sound() -> Value {
    content(&json!({"modelTurn": {"role": "model", "parts": [
        {"inlineData": {"mimeType": "audio/pcm", "data": "AQA="}}
    ]}}))
}

fn generated() -> Value {
    content(&json!({"generationComplete": true}))
}

fn over(total: i64) -> Value {
    json!({
        "serverContent": {"turnComplete": true},
        "usageMetadata": {
            "promptTokenCount": total - 5, "responseTokenCount": 5, "totalTokenCount": total,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total - 5}],
            "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 5}], "thoughtsTokenCount": 3
        }
    })
}

fn vertex_over(total: i64) -> Value {
    json!({
        "serverContent": {"turnComplete": true, "groundingMetadata": {}},
        "usageMetadata": {
            "promptTokenCount": total - 5, "candidatesTokenCount": 5, "totalTokenCount": total,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total - 5}],
            "candidatesTokensDetails": [{"modality": "TEXT", "tokenCount": 5}, {"modality": "AUDIO"}]
        }
    })
}

fn call(id: &str) -> Value {
    json!({"toolCall": {"functionCalls": [{"id": id, "name": "get_weather", "args": {"city": "Oslo"}}]}})
}

fn nothing() -> Value {
    content(&json!({"outputTranscription": {}}))
}

fn finished() -> Value {
    content(&json!({"outputTranscription": {"finished": true}}))
}

/// What came of a recording.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    you: String,
    /// The words of each reply.
    replies: Vec<(u32, String)>,
    /// The replies that have sound.
    sounds: Vec<u32>,
    calls: usize,
    thoughts: usize,
    /// The replies whose turns ended, in order.
    ends: Vec<u32>,
    totals: Vec<i64>,
}

fn play(bench: &mut Bench, frames: &[Value]) -> Heard {
    let mut came = Heard::default();
    for frame in frames {
        if let Some(result) = frame.get("answer") {
            let id = result.as_str().unwrap_or_default().to_owned();
            let result = json!({"output": "fog"});
            bench.tell(Command::ToolResult { id, scheduling: None, response: result });
            continue;
        }
        bench.now.0 += 20;
        for event in bench.events(frame) {
            match event {
                Event::InputTranscript { text, .. } => came.you += &text,
                Event::OutputTranscript { text, .. } if text.is_empty() => {}
                Event::OutputTranscript { generation, text, .. } | Event::Text { generation, text } => {
                    match came.replies.last_mut() {
                        Some((last, before)) if *last == generation.0 => *before += &text,
                        _ => came.replies.push((generation.0, text)),
                    }
                }
                Event::Audio { generation, .. } if came.sounds.last() != Some(&generation.0) => {
                    came.sounds.push(generation.0);
                }
                Event::Thought { .. } => came.thoughts += 1,
                Event::ToolCall { .. } => came.calls += 1,
                Event::TurnComplete { generation, .. } => came.ends.push(generation.0),
                Event::Usage(usage) => came.totals.extend(usage.total_token_count),
                Event::Interrupted { .. } | Event::Closed(_) | Event::Unknown { .. } => panic!("{event:?}"),
                _ => {}
            }
        }
    }
    came
}

fn typed(model: &str, frames: &[Value]) -> Heard {
    let mut bench = Bench::ready(model);
    bench.tell(Command::Text("What is it like in Oslo?".to_owned()));
    play(&mut bench, frames)
}

/// One reply with these words, whose turn ended once.
fn one_reply(words: &str, total: i64) -> Heard {
    Heard {
        replies: vec![(1, words.to_owned())],
        sounds: vec![1],
        ends: vec![1],
        totals: vec![total],
        ..Heard::default()
    }
}

#[test]
fn speech_is_written_down_word_by_word_before_a_thought() {
    let mut bench = Bench::ready(NATIVE);
    bench.input(Input::Audio(&[0; 640]));
    let pieces = [" Good", " day", ",", " I am", " Ada."].map(heard);
    let mut frames = pieces.to_vec();
    frames.extend([thought(), words("Good day, Ada."), sound(), sound(), generated(), over(1_234)]);
    let want = one_reply("Good day, Ada.", 1_234);
    let want = Heard { you: " Good day, I am Ada.".to_owned(), thoughts: 1, ..want };
    assert_eq!(play(&mut bench, &frames), want);
}

#[test]
fn words_come_before_and_between_their_sound() {
    for (model, thoughts) in [(LATEST, 1), (NATIVE, 1)] {
        let frames = [
            thought(),
            words("You are"),
            words(" called"),
            sound(),
            words(" Ada"),
            sound(),
            sound(),
            words(" and like"),
            words(" blue."),
            sound(),
            generated(),
            over(491),
        ];
        let want = Heard { thoughts, ..one_reply("You are called Ada and like blue.", 491) };
        assert_eq!(typed(model, &frames), want);
    }
}

#[test]
fn vertex_frames_a_transcript_with_empty_marks() {
    let frames = [
        nothing(),
        words("Good"),
        words(" day."),
        finished(),
        vertex_sound(),
        vertex_sound(),
        generated(),
        vertex_over(15),
    ];
    assert_eq!(typed(VERTEX, &frames), one_reply("Good day.", 15));
}

#[test]
fn an_empty_content_before_a_reply_begins_nothing() {
    let frames = [content(&json!({})), words("It is 3 degrees."), generated(), over(187)];
    let want = Heard { sounds: Vec::new(), ..one_reply("It is 3 degrees.", 187) };
    assert_eq!(typed(THREE_ONE, &frames), want);
}

#[test]
fn a_call_after_a_thought_is_answered_in_its_turn() {
    let frames = [
        thought(),
        call("function-call-1"),
        json!({"answer": "function-call-1"}),
        words("It is"),
        words(" foggy"),
        sound(),
        words(" in Oslo."),
        sound(),
        generated(),
        over(602),
    ];
    let want = Heard { calls: 1, thoughts: 1, ..one_reply("It is foggy in Oslo.", 602) };
    assert_eq!(typed(LATEST, &frames), want);
    assert_eq!(typed(NATIVE, &frames[1..]), Heard { thoughts: 0, ..want });
}

#[test]
fn on_vertex_a_call_ends_its_turn_and_the_answer_is_one_reply() {
    let answer = [
        nothing(),
        words("It"),
        words(" is foggy in Oslo."),
        finished(),
        vertex_sound(),
        vertex_sound(),
        generated(),
        vertex_over(105),
    ];
    for result_first in [true, false] {
        let result = json!({"answer": "a-uuid"});
        let mut frames = vec![nothing(), call("a-uuid")];
        frames.extend(result_first.then(|| result.clone()));
        frames.extend([finished(), generated(), vertex_over(29)]);
        frames.extend((!result_first).then_some(result));
        frames.extend(answer.clone());
        let want = Heard { calls: 1, ends: vec![0, 1], ..one_reply("It is foggy in Oslo.", 105) };
        let want = Heard { totals: vec![29, 105], ..want };
        assert_eq!(typed(VERTEX, &frames), want, "{result_first}");
    }
}

#[test]
fn code_before_a_call_is_no_word() {
    let code = json!({"executableCode": {"language": "PYTHON", "code": "print(get_weather())"}});
    let frames = [content(&json!({"modelTurn": {"parts": [code]}})), call("function-call-2")];
    let came = typed("gemini-live-2.5-flash-preview", &frames);
    assert_eq!(came, Heard { calls: 1, ..Heard::default() });
}

#[test]
fn a_reply_of_text_comes_in_pieces() {
    let text = |text: &str| content(&json!({"modelTurn": {"role": "model", "parts": [{"text": text}]}}));
    let came = typed("gemini-live-2.5-flash-preview", &[text("Ye"), text("s, I am here.\n")]);
    assert_eq!(came.replies, [(1, "Yes, I am here.\n".to_owned())]);
}

#[test]
fn a_turn_without_content_is_over_once() {
    let came = typed("gemini-live-2.5-flash-preview", &[generated(), over(546)]);
    assert_eq!(came, Heard { ends: vec![0], totals: vec![546], ..Heard::default() });
}

#[test]
fn several_turns_to_one_question_keep_their_words_apart() {
    let more = content(&json!({"turnComplete": true, "interactionStatus": "IN_PROGRESS"}));
    let frames = [
        content(
            &json!({"outputTranscription": {"text": "Let me look."}, "modelTurn": sound()["serverContent"]["modelTurn"]}),
        ),
        generated(),
        more,
        words("It is"),
        sound(),
        words(" foggy."),
        generated(),
        content(&json!({"turnComplete": true, "interactionStatus": "IDLE"})),
    ];
    let came = typed("gemini-3.8-live-extended-thinking", &frames);
    assert_eq!(came.replies, [(1, "Let me look.".to_owned()), (2, "It is foggy.".to_owned())]);
    assert_eq!(came.ends, [1, 2]);
}

#[test]
fn a_call_in_the_message_that_ends_the_turn_has_its_own_answer() {
    let last = json!({"serverContent": {"turnComplete": true}, "toolCall": call("c")["toolCall"]});
    let frames = [words("One moment."), sound(), generated(), last, json!({"answer": "c"})];
    let answer = [words("It is"), sound(), words(" foggy."), generated(), over(60)];
    let came = typed(THREE_EIGHT, &[frames.as_slice(), answer.as_slice()].concat());
    assert_eq!(came.replies, [(1, "One moment.".to_owned()), (2, "It is foggy.".to_owned())]);
}

#[test]
fn a_handle_in_the_middle_of_a_turn_takes_nothing_away() {
    let handle = json!({"sessionResumptionUpdate": {
        "newHandle": "h", "resumable": true, "lastConsumedClientMessageIndex": "2"
    }});
    let bare = json!({"sessionResumptionUpdate": {}});
    for model in [THREE_ONE, THREE_EIGHT, LATEST] {
        let frames = [
            bare.clone(),
            content(&json!({})),
            call("fc_1"),
            json!({"answer": "fc_1"}),
            handle.clone(),
            words("It is foggy."),
            handle.clone(),
            sound(),
            generated(),
            over(60),
        ];
        assert_eq!(typed(model, &frames), Heard { calls: 1, ..one_reply("It is foggy.", 60) }, "{model}");
    }
}

fn frames_of(outputs: &[Output]) -> Vec<Value> {
    support::sent(outputs)
}

#[test]
fn a_question_is_asked_again_when_its_call_ended_the_turn() {
    let mut bench = Bench::ready(VERTEX);
    bench.tell(Command::Text("What is it like in Oslo?".to_owned()));
    play(&mut bench, &[call("c"), generated(), vertex_over(29)]);
    bench.lose(None, "reset");
    bench.ring();
    let (_, events, said) = bench.reconnect();
    assert!(matches!(events[..], [Event::Resumed { again: true, .. }]), "{events:?}");
    let turns = json!([{"role": "user", "parts": [{"text": "What is it like in Oslo?"}]}]);
    assert_eq!(said, [json!({"clientContent": {"turns": turns, "turnComplete": true}})]);
}

fn push_to_talk(model: &str) -> Setup {
    let catalogue = live_proto::catalogue::Catalogue::embedded();
    let options = SetupOptions { model: model.to_owned(), manual_activity: true, ..SetupOptions::default() };
    build_setup(&options, &catalogue)
}

#[test]
fn a_turn_that_the_client_marks_is_answered() {
    let mut bench = Bench::new(push_to_talk(NATIVE));
    bench.input(Input::Opened);
    bench.server(&json!({"setupComplete": {"sessionId": "a-uuid"}}));
    let mut said = bench.tell(Command::ActivityStart);
    said.extend(bench.input(Input::Audio(&[1; 640])));
    said.extend(bench.tell(Command::ActivityEnd));
    let kinds: Vec<String> = frames_of(&said)
        .iter()
        .filter_map(|frame| frame["realtimeInput"].as_object()?.keys().next().cloned())
        .collect();
    assert_eq!(kinds, ["activityStart", "audio", "activityEnd"]);
    let came = play(&mut bench, &[words("Yes,"), sound(), words(" I hear you."), generated(), over(40)]);
    assert_eq!(came, one_reply("Yes, I hear you.", 40));
}
