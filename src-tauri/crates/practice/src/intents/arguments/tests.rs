//! Parameters filled from sentences: by type, by name, and what is missing.

use super::*;
use serde_json::json;

const NOW: DateTime = jiff::civil::datetime(2026, 11, 22, 14, 5, 0, 0);

fn declared(name: &str, parameters: Value) -> FunctionDeclaration {
    FunctionDeclaration { name: name.into(), parameters: Some(parameters), ..Default::default() }
}

fn fill(name: &str, text: &str, parameters: Value) -> Filled {
    filled(
        &Sentence::of(text),
        &declared(name, parameters),
        Known { now: NOW, home: Some("Oslo"), there: None, zone: None },
    )
}

fn args(text: &str, parameters: Value) -> Value {
    Value::Object(fill("do_it", text, parameters).args)
}

#[test]
fn required_parameters_are_filled_by_their_type() {
    let lamp = json!({"type": "OBJECT", "properties": {
        "percent": {"type": "INTEGER"}, "on": {"type": "BOOLEAN"}, "scene": {"type": "STRING", "enum": ["dusk", "dawn"]},
        "note": {"type": "STRING"}, "unused": {"type": "INTEGER"}
    }, "required": ["percent", "on", "note"]});
    assert_eq!(
        args("set the light to 40% for dawn \"so so\"", lamp.clone()),
        json!({"percent": 40, "on": true, "scene": "dawn", "note": "so so"})
    );
    let words = args("switch the light off at twenty five percent", lamp);
    assert_eq!((&words["percent"], &words["on"]), (&json!(25), &json!(false)));
}

#[test]
fn numbers_go_to_the_parameters_that_they_fit() {
    let order = json!({"properties": {
        "guests": {"type": "INTEGER", "description": "How many people"},
        "hours": {"type": "NUMBER"}, "rooms": {"type": "INTEGER"}
    }});
    assert_eq!(
        args("book two rooms for five people and three hours", order),
        json!({"guests": 5, "hours": 3.0, "rooms": 2})
    );
    let timer =
        json!({"properties": {"duration_seconds": {"type": "INTEGER"}}, "required": ["duration_seconds"]});
    assert_eq!(args("set a timer for two and a half minutes", timer), json!({"duration_seconds": 150}));
    let volume = json!({"properties": {"percent": {"type": "INTEGER", "minimum": 0, "maximum": 80}}});
    for (text, percent) in [("to half", 40), ("full volume", 80), ("to 200 percent", 80), ("to ten", 10)] {
        assert_eq!(args(text, volume.clone()), json!({"percent": percent}), "{text}");
    }
}

#[test]
fn members_days_subjects_and_nested_objects_are_found() {
    let nested = json!({"type": "object", "properties": {
        "rooms": {"type": "array", "items": {"type": "string", "enum": ["living_room", "kitchen", "hall"]}},
        "options": {"type": "object", "properties": {"mode": {"type": "string", "enum": ["eco", "comfort"]}}},
        "day": {"type": "string"}
    }});
    assert_eq!(
        args("heat the kitchen and the living room tomorrow in eco mode", nested),
        json!({"rooms": ["living_room", "kitchen"], "options": {"mode": "eco"}, "day": "tomorrow"})
    );
    let search = json!({"properties": {"query": {"type": "STRING"}}, "required": ["query"]});
    assert_eq!(args("Search for red shoes.", search), json!({"query": "red shoes"}));
    let one_room = json!({"properties": {"room": {"type": "STRING", "enum": ["hall", "kitchen"]}}, "required": ["room"]});
    let two = fill("light", "turn on the lights in the hall and the kitchen", one_room);
    assert_eq!((Value::from(two.args), two.further.len()), (json!({"room": "hall"}), 1));
}

#[test]
fn places_zones_days_and_times_are_what_a_machine_reads() {
    let all = json!({"properties": {
        "timezone": {"type": "STRING"}, "city": {"type": "STRING"},
        "date": {"type": "STRING"}, "time": {"type": "STRING"}, "start": {"type": "STRING", "format": "date-time"}
    }});
    assert_eq!(
        args("what happens in New York on Friday at half past nine", all.clone()),
        json!({"timezone": "America/New_York", "city": "New York", "date": "2026-11-27", "time": "09:30", "start": "2026-11-27T09:30:00"})
    );
    assert_eq!(args("what happens here", all.clone()), json!({"city": "Oslo"}));
    assert_eq!(fill("get", "in Narnia", all).unknown_place.as_deref(), Some("Narnia"));
}

#[test]
fn what_is_missing_is_told_and_asked_for() {
    let message = json!({"properties": {"recipient": {"type": "STRING"}, "text": {"type": "STRING"}}, "required": ["recipient", "text"]});
    let found = fill("send_message", "send a message to Anna", message.clone());
    assert_eq!((found.missing.as_deref(), &found.args["recipient"]), (Some("text"), &json!("Anna")));
    let function = declared("send_message", message);
    assert_eq!(question_for("text", &function), "What should it say?");
    let known = Known { now: NOW, home: None, there: None, zone: None };
    assert_eq!(answer_for("text", &Sentence::of("I love you"), &function, known), Some(json!("I love you")));
    let pizza =
        declared("order", json!({"properties": {"size": {"type": "STRING", "enum": ["small", "large"]}}}));
    assert_eq!(question_for("size", &pizza), "Which size: small or large?");
    assert_eq!(answer_for("size", &Sentence::of("a large one"), &pizza, known), Some(json!("large")));
    assert_eq!(answer_for("size", &Sentence::of("hello"), &pizza, known), None);
}

#[test]
fn odd_schemas_do_no_harm() {
    for schema in [
        json!(null),
        json!([]),
        json!({"properties": 3}),
        json!({"properties": {"x": null}, "required": ["x"]}),
    ] {
        assert!(args("the weather", schema).is_object());
    }
    let mut deep = json!({"type": "OBJECT"});
    for _ in 0..100 {
        deep = json!({"type": "OBJECT", "properties": {"x": deep}, "required": ["x"]});
    }
    assert!(args("anything", deep).is_object());
}
