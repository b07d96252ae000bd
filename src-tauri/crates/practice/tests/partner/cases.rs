//! The table of everyday sentences, for the test of the intents and for the bench: how it is read, what its functions answer, and
//! whether a reply is what was expected.

use serde_json::{Value, json};

const TABLE: &str = include_str!("sentences.txt");
const FUNCTIONS: &str = include_str!("functions.json");

/// What came of a text.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) said: String,
    pub(crate) calls: Vec<(String, Value)>,
    pub(crate) looked: bool,
}

/// The declarations of one of the sets.
pub(crate) fn functions_of(set: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(FUNCTIONS).expect("JSON");
    all[set].as_array().expect("a set of functions").clone()
}

/// What a function of the table answers.
pub(crate) fn result(name: &str, args: &Value) -> Value {
    let place = args["location"].as_str().unwrap_or_default();
    match name {
        "get_current_time" => {
            let zone = args["timezone"].as_str().unwrap_or("Europe/Berlin");
            let now = jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0).in_tz("Europe/Berlin").expect("a time");
            let there = now.in_tz(zone).expect("a zone that is known");
            json!({"time": there.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), "weekday": there.strftime("%A").to_string(), "timezone": zone})
        }
        "get_weather" if place == "Nowhereville" => {
            json!({"error": "no place called \"Nowhereville\" was found; try the name of a larger place nearby"})
        }
        "get_weather" if place == "Offlineham" => {
            json!({"error": "the weather service open-meteo.com could not be asked: there is no internet connection"})
        }
        "get_weather" => json!({
            "place": format!("{place}, Somewhere"), "local_time": "2026-11-22T14:00", "conditions": "partly cloudy", "temperature": 19.2,
            "feels_like": 18.4, "temperature_unit": "°C", "humidity_percent": 60.0, "wind_speed": 9.0, "wind_speed_unit": "km/h",
            "forecast": forecast(args["days"].as_u64().unwrap_or(3)),
            "source": "Open-Meteo.com"
        }),
        "get_battery_level" => json!({"level_percent": 87, "charging": false}),
        "get_stock_price" => {
            json!({"result": {"symbol": "AAPL", "price": 231.5, "currency": "USD", "as_of": "2026-11-20T21:00:00Z"}})
        }
        "get_news" => {
            json!({"articles": [{"id": "a-1", "title": "Sun shines", "url": "https://n.example/1"}, {"id": "a-2", "title": "Cat found", "url": "https://n.example/2"}]})
        }
        "create_event" => json!({"status": "created", "event_id": "ev_1234"}),
        _ => json!({"ok": true}),
    }
}

/// Two days like the others' weather, then one of rain and two without, over and over.
fn forecast(days: u64) -> Vec<Value> {
    let day = |n: u64| {
        let date = jiff::civil::date(2026, 11, 22).saturating_add(jiff::Span::new().days(n.cast_signed()));
        let (conditions, high, low, rain) = match n {
            0 => ("partly cloudy", 20.0, 11.0, 10.0),
            1 => ("light rain", 15.0, 9.0, 70.0),
            n if n % 3 == 1 => ("rain", 12.0, 7.0, 80.0),
            _ => ("overcast", 14.0, 8.0, 30.0),
        };
        json!({
            "date": date.to_string(), "conditions": conditions, "high": high, "low": low,
            "rain_chance_percent": rain, "max_wind_speed": 25.0
        })
    };
    (0..days.min(16)).map(day).collect()
}

/// A sentence and what must come of it.
pub(crate) struct Case {
    pub(crate) kind: String,
    /// The set of functions that are declared.
    pub(crate) functions: String,
    /// What was said before.
    pub(crate) before: Vec<String>,
    pub(crate) text: String,
    pub(crate) expected: String,
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let (mut kind, mut functions, mut all) = (String::new(), String::new(), Vec::new());
    for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if let Some(head) = line.strip_prefix('@') {
            let (name, set) = head.split_once(' ').expect("a kind and its functions");
            (kind, functions) = (name.to_owned(), set.to_owned());
            continue;
        }
        let (said, expected) = line.split_once(" => ").expect("a sentence and what comes of it");
        let mut before: Vec<String> = said.split(" // ").map(str::to_owned).collect();
        let text = before.pop().expect("a sentence");
        all.push(Case {
            kind: kind.clone(),
            functions: functions.clone(),
            before,
            text,
            expected: expected.to_owned(),
        });
    }
    all
}

/// Why a reply is not what was expected; `None` when it is.
pub(crate) fn fault(reply: &Seen, expected: &str) -> Option<String> {
    let (verb, wanted) = expected.split_once(' ').unwrap_or((expected, ""));
    let called: Vec<String> = reply.calls.iter().map(|(name, args)| format!("{name}{args}")).collect();
    let called = called.join(" ");
    let lacks = |text: &str| {
        let text = text.to_lowercase();
        let parts = wanted.split(" & ").filter(|part| !part.is_empty());
        parts
            .clone()
            .find(|part| !part.split('|').any(|one| text.contains(&one.to_lowercase())))
            .map(str::to_owned)
    };
    let no_call = || (!reply.calls.is_empty() || reply.looked).then(|| "something was called".to_owned());
    match verb {
        "says" => no_call().or_else(|| lacks(&reply.said)),
        "asks" => no_call()
            .or_else(|| (!reply.said.contains('?')).then(|| "no question".to_owned()))
            .or_else(|| lacks(&reply.said)),
        "tells" | "calls" if reply.calls.is_empty() => Some("nothing was called".to_owned()),
        "tells" => lacks(&reply.said),
        "calls" => lacks(&called),
        "looks" => (!reply.looked).then(|| "it did not look".to_owned()),
        "declines" => no_call().or_else(|| {
            let said = ["can't", "don't know", "more than I can", "don't really follow"]
                .iter()
                .any(|sign| reply.said.contains(sign));
            let offers = ["I can ", "I can:", "What I can do"].iter().any(|sign| reply.said.contains(sign));
            (!(said && offers)).then(|| "no honest refusal with an offer".to_owned())
        }),
        other => panic!("{other} is nothing that can be expected"),
    }
}
