//! What a script means, and every mistake with its line.

use std::time::Duration;

use live_server::{ConnectionFaults, Fault, Frame, Refusal};
use serde_json::json;

use super::*;

fn script(text: &str) -> Script {
    Script::read(text).unwrap_or_else(|errors| unreachable!("{errors:?}"))
}

fn text(text: &str) -> Asked<'_> {
    Asked::Turn { text, is_spoken: false }
}

/// What is said to each of these, in one session.
fn said<'a>(script: &Script, asked: impl IntoIterator<Item = (u64, Asked<'a>)>) -> Vec<String> {
    let progress = Progress::of(script);
    let said = |(connection, asked)| match progress.take(script, asked, connection) {
        None => "practice".to_owned(),
        Some(steps) => match &steps[..] {
            [] => "nothing".to_owned(),
            [ScriptStep::Say(text)] => text.clone(),
            steps => format!("{steps:?}"),
        },
    };
    asked.into_iter().map(said).collect()
}

#[test]
fn turns_are_taken_in_order_and_as_often_as_they_say() {
    let script = script(
        r#"
        [[turn]]
        when = { text = "Weather" }
        times = 2
        do = [{ say = "rain" }]

        [[turn]]
        when = { turn = 2 }
        do = [{ say = "second" }]

        [[turn]]
        do = [{ say = "once" }]
        "#,
    );
    let asked = ["the weather?", "WEATHER", "weather", "hello", "hello"].map(|words| (1, text(words)));
    assert_eq!(said(&script, asked), ["rain", "rain", "once", "practice", "practice"]);
    let asked = ["hello", "hello"].map(|words| (1, text(words)));
    assert_eq!(said(&script, asked), ["once", "second"]);
}

#[test]
fn a_condition_fits_with_all_its_parts() {
    let script = script(
        r#"
        otherwise = []

        [[turn]]
        when = { spoken = 2, text = "two" }
        times = "always"
        do = [{ say = "spoken" }]

        [[turn]]
        when = { connection = 2 }
        times = "always"
        do = [{ say = "second connection" }]

        [[turn]]
        when = { result = "get_weather", text = "rain" }
        times = "always"
        do = [{ say = "take an umbrella" }]

        [[turn]]
        when = { result = true }
        times = "always"
        do = [{ say = "some result" }]
        "#,
    );
    let speech = |text| Asked::Turn { text, is_spoken: true };
    let result = |name, json| Asked::Result { name, json };
    let asked = [
        (1, text("two")),
        (1, speech("two")),
        (1, speech("two")),
        (1, speech("two")),
        (2, text("two")),
        (1, result("get_weather", r#"{"output":"Rain"}"#)),
        (1, result("get_weather", r#"{"output":"sun"}"#)),
        (1, result("other", "{}")),
    ];
    let expected = [
        "nothing",
        "nothing",
        "spoken",
        "nothing",
        "second connection",
        "take an umbrella",
        "some result",
        "some result",
    ];
    assert_eq!(said(&script, asked), expected);
}

#[test]
fn a_result_that_nothing_is_said_to_is_no_turn() {
    let script = script("otherwise = [{ say = \"What?\" }]");
    let result = Asked::Result { name: "any", json: "{}" };
    assert_eq!(said(&script, [(1, text("Hello")), (1, result)]), ["What?", "nothing"]);
}

#[test]
fn the_words_of_the_next_speech_are_known() {
    let script = script(
        r#"
        [[turn]]
        when = { text = "typed" }
        do = [{ say = "typed" }]

        [[turn]]
        when = { spoken = 1 }
        heard = "What time is it?"
        do = [{ say = "Five." }]

        [[turn]]
        do = [{ say = "Anything." }]

        [[turn]]
        heard = "Never heard, since the turn before takes what is said."
        do = [{ say = "Never." }]
        "#,
    );
    let progress = Progress::of(&script);
    let spoken = || {
        let heard = progress.heard_next(&script, 1);
        let text = heard.as_deref().unwrap_or("words of the recogniser");
        (heard.is_some(), progress.take(&script, Asked::Turn { text, is_spoken: true }, 1))
    };
    assert_eq!(spoken(), (true, Some(vec![ScriptStep::Say("Five.".to_owned())])));
    assert_eq!(spoken(), (false, Some(vec![ScriptStep::Say("Anything.".to_owned())])));
}

#[test]
fn every_step_is_read() {
    let script = script(
        r#"
        [[turn]]
        do = [
            { think = "Hm." },
            { wait = 1.5 },
            { call = "a", args = { n = 1, list = [true, 0.5, "x"], at = 2026-11-30 } },
            { call = "b" },
            { go_away = 10 },
            { handle = true },
            { usage = false },
            { frame = "{}", text = true },
            { frame_base64 = "/ /8=" },
            { close = 1011, reason = "Internal error encountered." },
        ]
        "#,
    );
    let args = json!({"n": 1, "list": [true, 0.5, "x"], "at": "2026-11-30"});
    let call = |name: &str, args: serde_json::Value| Call {
        name: name.to_owned(),
        args: args.as_object().cloned().unwrap_or_default(),
        note: serde_json::Value::Null,
    };
    let frame = |bytes: &'static [u8], is_text| Fault::Frame(Frame { bytes: bytes.into(), is_text });
    let expected = [
        ScriptStep::Think("Hm.".to_owned()),
        ScriptStep::Wait(Duration::from_millis(1_500)),
        ScriptStep::Call(vec![call("a", args), call("b", json!({}))]),
        ScriptStep::Fault(Fault::GoAway(Duration::from_secs(10))),
        ScriptStep::Fault(Fault::Handle),
        ScriptStep::Fault(Fault::NoUsage),
        ScriptStep::Fault(frame(b"{}", true)),
        ScriptStep::Fault(frame(&[255, 255], false)),
        ScriptStep::Fault(Fault::Close { code: 1011, reason: "Internal error encountered.".to_owned() }),
    ];
    assert_eq!(script.turns[0].steps, expected);
}

#[test]
fn connections_have_faults_before_and_after_their_setup() {
    let script = script(
        r#"
        [[connection]]
        number = 1
        refuse = 503
        reason = "The service is currently unavailable."

        [[connection]]
        number = 2
        setup = [{ wait = 2 }, { frame = "no json" }, { wait = 1 }]
        do = [{ wait = 5 }, { cut = true }]
        "#,
    );
    let refusal = Refusal { status: 503, reason: "The service is currently unavailable.".to_owned() };
    let no_json = Fault::Frame(Frame { bytes: "no json".into(), is_text: false });
    let expected = [
        ConnectionFaults { number: Some(1), refusal: Some(refusal), ..ConnectionFaults::default() },
        ConnectionFaults {
            number: Some(2),
            refusal: None,
            before_setup: vec![(Duration::from_secs(2), no_json)],
            setup_takes: Duration::from_secs(3),
            after_setup: vec![(Duration::from_secs(5), Fault::Cut)],
        },
    ];
    assert_eq!(script.connection_faults(), expected);
}

/// The mistakes of a script, each as its line and what it is.
fn mistakes(text: &str) -> Vec<(usize, Problem)> {
    Script::read(text)
        .err()
        .unwrap_or_default()
        .into_iter()
        .map(|error| (error.line, error.problem))
        .collect()
}

#[test]
fn each_mistake_is_told_with_its_line() {
    let name = |name: &str| name.to_owned();
    let steps = "say, think, call, usage, silence, wait, cut, close, go_away, frame, frame_base64, handle";
    let cases: [(&str, usize, Problem); 26] = [
        (
            "[[turns]]\ndo = []",
            1,
            Problem::UnknownName { name: name("turns"), known: name("otherwise, turn, connection") },
        ),
        ("turn = 1", 1, Problem::WrongKind { name: name("turn"), wanted: Wanted::Tables }),
        (
            "otherwise = \"nothing\"",
            1,
            Problem::WrongKind { name: name("otherwise"), wanted: Wanted::PracticeOrSteps },
        ),
        ("\n[[turn]]\ntimes = 1", 2, Problem::Missing { name: name("do") }),
        (
            "[[turn]]\ntimes = 0\ndo = []",
            2,
            Problem::OutOfRange { name: name("times"), least: 1, most: 1_000_000 },
        ),
        (
            "[[turn]]\ntimes = \"often\"\ndo = []",
            2,
            Problem::WrongKind { name: name("times"), wanted: Wanted::WholeOrAlways },
        ),
        (
            "[[turn]]\nwhen = \"hello\"\ndo = []",
            2,
            Problem::WrongKind { name: name("when"), wanted: Wanted::Table },
        ),
        ("[[turn]]\nwhen = { text = \" \" }\ndo = []", 2, Problem::Missing { name: name("text") }),
        (
            "[[turn]]\nwhen = { spoken = false }\ndo = []",
            2,
            Problem::WrongKind { name: name("spoken"), wanted: Wanted::WholeOrTrue },
        ),
        (
            "[[turn]]\nwhen = { result = 1 }\ndo = []",
            2,
            Problem::WrongKind { name: name("result"), wanted: Wanted::TextOrTrue },
        ),
        ("[[turn]]\nwhen = { result = \"a b\" }\ndo = []", 2, Problem::BadName { name: name("a b") }),
        (
            "[[turn]]\nwhen = { result = true, turn = 1 }\ndo = []",
            2,
            Problem::Excludes { name: name("result"), other: name("turn") },
        ),
        (
            "[[turn]]\nheard = \"x\"\nwhen = { result = true }\ndo = []",
            2,
            Problem::Excludes { name: name("heard"), other: name("result") },
        ),
        ("[[turn]]\ndo = \"Hello\"", 2, Problem::WrongKind { name: name("do"), wanted: Wanted::Steps }),
        ("[[turn]]\ndo = [\n\"Hello\"\n]", 3, Problem::NotOneStep { known: name(steps) }),
        ("[[turn]]\ndo = [{}]", 2, Problem::NotOneStep { known: name(steps) }),
        ("[[turn]]\ndo = [{ say = \"a\", cut = true }]", 2, Problem::NotOneStep { known: name(steps) }),
        (
            "[[turn]]\ndo = [\n{ say = \"a\" },\n{ say = \"b\", loud = true }]",
            4,
            Problem::UnknownName { name: name("loud"), known: name("say") },
        ),
        (
            "[[turn]]\ndo = [{ wait = 4000 }]",
            2,
            Problem::OutOfRange { name: name("wait"), least: 0, most: 3_600 },
        ),
        (
            "[[turn]]\ndo = [{ wait = nan }]",
            2,
            Problem::OutOfRange { name: name("wait"), least: 0, most: 3_600 },
        ),
        ("[[turn]]\ndo = [{ close = 1006 }]", 2, Problem::BadCloseCode),
        ("[[turn]]\ndo = [{ frame_base64 = \"?\" }]", 2, Problem::BadBase64),
        ("[[turn]]\ndo = [{ cut = true }, { say = \"a\" }]", 2, Problem::AfterTheEnd),
        ("[[connection]]\ndo = [{ say = \"a\" }]", 2, Problem::OnlyInTurns { name: name("say") }),
        (
            "[[connection]]\nrefuse = 200",
            2,
            Problem::OutOfRange { name: name("refuse"), least: 400, most: 599 },
        ),
        (
            "[[connection]]\nrefuse = 503\nsetup = []",
            2,
            Problem::Excludes { name: name("refuse"), other: name("setup") },
        ),
    ];
    for (text, line, problem) in cases {
        assert_eq!(mistakes(text), [(line, problem)], "{text}");
    }
}

#[test]
fn a_file_that_is_no_toml_is_told_so_alone() {
    let found = mistakes("[[turn]]\ndo = [{ say = \"a }]\nwhen = 3\n[[turn]]\nwhat = 1");
    assert!(found.iter().all(|(_, problem)| matches!(problem, Problem::Syntax(_))), "{found:?}");
    assert_eq!(found.first().map(|(line, _)| *line), Some(2), "{found:?}");
}

#[test]
fn what_is_too_large_is_refused() {
    let long = "x".repeat(16_001);
    let found = mistakes(&format!(
        "[[turn]]\ndo = [{{ say = \"{long}\" }}, {{ close = 1011, reason = \"{}\" }}]",
        &long[..124]
    ));
    let too_long = |name: &str, most| (2, Problem::TooLong { name: name.to_owned(), most });
    assert_eq!(found, [too_long("say", 16_000), too_long("reason", 123)]);
    let many = format!("[[turn]]\ndo = [{}]", "{ say = \"a\" },".repeat(101));
    assert_eq!(mistakes(&many), [(2, Problem::TooMany { name: "do".to_owned(), most: 100 })]);
    let many = "[[turn]]\ndo = []\n".repeat(1_001);
    assert_eq!(mistakes(&many), [(1, Problem::TooMany { name: "turn".to_owned(), most: 1_000 })]);
    let wrong = "[[turn]]\n".repeat(50);
    assert_eq!(mistakes(&wrong).len(), 20, "the first of them");
}
