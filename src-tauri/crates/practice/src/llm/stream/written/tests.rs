//! Every form in which models write what is not to be heard, cut at every letter.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn reading() -> Reading {
    Reading { functions: ["weather".to_owned()].into(), ..Reading::default() }
}

fn read(pieces: impl Iterator<Item = String>, reading: Reading) -> (String, Vec<(String, Value)>) {
    let mut written = Written::new(reading);
    let mut out = String::new();
    for piece in pieces {
        out.push_str(&written.push(&piece));
    }
    let (rest, calls) = written.finish();
    out.push_str(&rest);
    (out, calls.into_iter().map(|call| (call.name, Value::Object(call.args))).collect())
}

/// Letter by letter, and whole.
fn both(text: &str, reading: &Reading) -> (String, Vec<(String, Value)>) {
    let whole = read(std::iter::once(text.to_owned()), reading.clone());
    let letters = read(text.chars().map(String::from), reading.clone());
    assert_eq!(whole, letters, "{text}");
    whole
}

#[test]
fn thoughts_are_left_out_in_every_form() {
    for thought in [
        "<think>Hm, <b>{\"name\": \"weather\"}</think>",
        "<thinking>a < b</thinking>",
        "[THINK]hm[/THINK]",
        "◁think▷hm◁/think▷",
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>",
        "<|START_THINKING|>hm<|END_THINKING|>",
    ] {
        assert_eq!(
            both(&format!("{thought}It rains. 1 < 2"), &reading()),
            ("It rains. 1 < 2".into(), vec![]),
            "{thought}"
        );
    }
    assert_eq!(both("Well. <think>It never ends", &reading()), ("Well. ".into(), vec![]));
}

#[test]
fn a_thought_without_a_beginning_is_left_out_when_it_is_expected() {
    let expects = Reading { begins_in_thought: true, ..reading() };
    assert_eq!(both("I should greet.\n</think>\n\nHello.", &expects).0, "\n\nHello.");
    assert_eq!(both("Hello. No thought here.", &expects).0, "Hello. No thought here.");
    let mut written = Written::new(reading());
    assert_eq!(written.push("I should greet.</think>Hello."), "I should greet.Hello.");
    assert!(written.began_in_thought(), "the next answer is read so");
}

#[test]
fn calls_are_taken_out_in_every_form() {
    let json = r#"{"name": "weather", "arguments": {"place": "Oslo"}}"#;
    let llama = r#"{"name": "weather", "parameters": {"place": "Oslo"}}"#;
    for call in [
        format!("<tool_call>\n{json}\n</tool_call>"),
        format!("<tool_call>{json}"),
        format!("<tool_call>{json}<|im_end|>\n<|im_start|>user\nThanks."),
        "<tool_call>\n<function=weather>\n<parameter=place>\nOslo\n</parameter>\n</function>\n</tool_call>".to_owned(),
        "<tool_call>weather\n<arg_key>place</arg_key>\n<arg_value>Oslo</arg_value>\n</tool_call>".to_owned(),
        format!("```json\n{json}\n```"),
        format!("```\n{json}\n```"),
        "```tool_code\nprint(weather(place=\"Oslo\"))\n```".to_owned(),
        format!("<|python_tag|>{llama}<|eom_id|>"),
        format!("<|python_tag|>{llama}"),
        "<|python_tag|>weather.call(place=\"Oslo\")".to_owned(),
        llama.to_owned(),
        format!("{llama}<|eot_id|>"),
        format!("[TOOL_CALLS][{json}]"),
        format!("[TOOL_CALLS][{json}]</s>"),
        "[TOOL_CALLS]weather[ARGS]{\"place\": \"Oslo\"}".to_owned(),
        format!("[TOOL_REQUEST]{json}[END_TOOL_REQUEST]"),
        format!("functools[{json}]"),
        "[weather(place=\"Oslo\")]".to_owned(),
        format!("<|tool_call|>[{json}]<|/tool_call|>"),
        "<|tool_call_start|>[weather(place=\"Oslo\")]<|tool_call_end|>".to_owned(),
        "<function=weather>{\"place\": \"Oslo\"}</function>".to_owned(),
        "<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{\"place\": \"Oslo\"}<|call|>".to_owned(),
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{\"place\": \"Oslo\"}<|tool_call_end|><|tool_calls_section_end|>".to_owned(),
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"place\": \"Oslo\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>".to_owned(),
    ] {
        let found = both(&call, &reading());
        assert_eq!((found.0.trim(), found.1), ("", vec![("weather".to_owned(), json!({"place": "Oslo"}))]), "{call}");
        let found = both(&format!("<think>Hm.</think>Let me look.\n{call}"), &reading());
        assert_eq!((found.0.trim(), found.1.len()), ("Let me look.", 1), "{call}");
    }
}

#[test]
fn text_that_only_looks_like_markup_goes_through() {
    for text in [
        "1 < 2, and <b>3</b> > 2.",
        "[a remark] and more",
        "[a remark that\nnever ends",
        "{\"name\": \"Anna\"}\nis JSON.",
        "```python\nprint(1)\n```\nIs code.",
        "A list:\n[1, 2]\nand functions [a].",
        "Five <3 and <think of it.",
        "Curly { and more.",
    ] {
        assert_eq!(both(text, &reading()), (text.to_owned(), vec![]), "{text}");
    }
}

#[test]
fn tokens_of_templates_are_left_out_and_end_the_turn() {
    for (text, said) in [
        ("<s>Hello.</s>", "Hello."),
        ("<|start_header_id|>assistant<|end_header_id|>\n\nHello.<|eot_id|>", "\n\nHello."),
        ("Hello.<|im_end|>\n<|im_start|>user\nGo on.", "Hello."),
        ("Hello.<end_of_turn>\n<start_of_turn>user", "Hello."),
        ("Hel<|reserved_special_token_7|>lo.", "Hello."),
        ("Hello.<｜end▁of▁sentence｜> And on.", "Hello."),
        ("<|channel|>final<|message|>Hello.<|return|>", "Hello."),
    ] {
        assert_eq!(both(text, &reading()).0, said, "{text}");
    }
}

#[test]
fn nothing_is_endless() {
    let mut written = Written::new(reading());
    for opener in ["<tool_call>", "{", "```", "<think>", "<|channel|>"] {
        written.push(opener);
        for _ in 0..200 {
            written.push(&"x".repeat(10_000));
            assert!(written.held.len() < 300_000, "{opener}");
        }
        written = Written::new(Reading { begins_in_thought: opener == "{", ..reading() });
    }
}

proptest! {
    /// However a text is cut, the same is heard and called.
    #[test]
    fn any_split_gives_the_same(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<think>", "</think>", "<tool_call>", "</tool_call>", "{\"name\": \"weather\"}", "\n", "```", "json", "[", "]", "{", "}",
            "<|im_end|>", "<|channel|>", "analysis", "<|message|>", "<|end|>", "<", "|", ">", "Grüß", " a. ", "[TOOL_CALLS]", "<|python_tag|>",
        ]), 0..12),
        cuts in prop::collection::vec(1..9_usize, 1..60),
    ) {
        let text = parts.concat();
        let whole = read(std::iter::once(text.clone()), reading());
        let letters: Vec<char> = text.chars().collect();
        let (mut pieces, mut at) = (Vec::new(), 0);
        for cut in cuts.iter().cycle() {
            if at >= letters.len() { break; }
            let end = (at + cut).min(letters.len());
            pieces.push(letters[at..end].iter().collect::<String>());
            at = end;
        }
        prop_assert_eq!(read(pieces.into_iter(), reading()), whole);
    }
}
