//! Fills a function's parameters from the words of a question, by the parameters' schema. Pure and bounded.

use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value};

use super::quantity::{pieces_of, quantity_at};
use super::timer::duration_in;
use super::words::{Words, words_of_name};

/// What may follow "in the" without being a place.
const TIMES: [&str; 8] = ["morning", "afternoon", "evening", "night", "moment", "next", "week", "future"];
/// Parameters that are looked at, of one object.
const PARAMETERS: usize = 64;
/// How deep objects in objects are filled.
const DEPTH: usize = 3;
/// The longest text in an argument, in characters.
const TEXT_CHARS: usize = 200;
/// Names of parameters that mean a place.
const PLACES: [&str; 7] = ["location", "city", "place", "where", "town", "address", "country"];
/// Names of parameters that mean a day.
const DAYS: [&str; 4] = ["day", "date", "when", "weekday"];
/// What may follow a place without being part of it.
const AFTER_PLACE: [&str; 14] = [
    "today",
    "tomorrow",
    "now",
    "right",
    "please",
    "this",
    "tonight",
    "at",
    "for",
    "and",
    "on",
    "like",
    "in",
    "currently",
];

/// Arguments for the schema's properties; `None` when a required place was not named.
pub(super) fn arguments(
    text: &str,
    words: &Words,
    function: &FunctionDeclaration,
) -> Option<Map<String, Value>> {
    let schema = function.parameters.as_ref().or(function.parameters_json_schema.as_ref());
    let pieces = pieces_of(text);
    let mut question = ChatRequest { text, words, numbers: numbers_in(&pieces), pieces };
    schema.map_or_else(|| Some(Map::new()), |schema| question.object(schema, DEPTH))
}

/// A question, and the numbers in it that no parameter took yet, each with the word behind it.
struct ChatRequest<'a> {
    text: &'a str,
    words: &'a Words,
    pieces: Vec<String>,
    numbers: Vec<(f64, String)>,
}

impl ChatRequest<'_> {
    fn object(&mut self, schema: &Value, depth: usize) -> Option<Map<String, Value>> {
        let mut args = Map::new();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Some(args) };
        let required = schema.get("required").and_then(Value::as_array);
        for (name, property) in properties.iter().take(PARAMETERS) {
            let is_required = required.is_some_and(|list| list.iter().any(|entry| entry == name.as_str()));
            let place = PLACES.contains(&name.to_lowercase().as_str());
            if place && kind_of(property) == "STRING" && property.get("enum").is_none() {
                match place_in(self.text) {
                    Some(found) => drop(args.insert(name.clone(), Value::from(found))),
                    None if is_required => return None,
                    None => {}
                }
                continue;
            }
            let said = self.said(name, property, depth);
            if let Some(value) = said.or_else(|| is_required.then(|| self.required(name, property))) {
                args.insert(name.clone(), value);
            }
        }
        Some(args)
    }

    /// What the question says of this parameter, if anything.
    fn said(&mut self, name: &str, property: &Value, depth: usize) -> Option<Value> {
        if let Some(members) = property.get("enum").and_then(Value::as_array) {
            return self.members(members).next().cloned();
        }
        match kind_of(property).as_str() {
            "INTEGER" => self.number(name, property).map(|number| Value::from(number.round() as i64)),
            "NUMBER" => self.number(name, property).map(Value::from),
            "BOOLEAN" if self.words.has_any(&["on", "off"]) => Some(Value::from(!self.words.has("off"))),
            "ARRAY" => {
                let members = property.pointer("/items/enum").and_then(Value::as_array)?;
                let named: Vec<Value> = self.members(members).cloned().collect();
                (!named.is_empty()).then_some(Value::Array(named))
            }
            "OBJECT" if depth > 0 => {
                self.object(property, depth - 1).filter(|args| !args.is_empty()).map(Value::Object)
            }
            "STRING" if DAYS.contains(&name.to_lowercase().as_str()) => self.day().map(Value::from),
            "STRING" => quoted(self.text).map(|text| Value::from(cut(text))),
            _ => None,
        }
    }

    /// The members of an enum that the text names.
    fn members<'m>(&self, members: &'m [Value]) -> impl Iterator<Item = &'m Value> + use<'m, '_> {
        members.iter().take(PARAMETERS).filter(|member| {
            let named = member.as_str().map(words_of_name).unwrap_or_default();
            !named.is_empty() && named.iter().all(|word| self.words.has_stem(word))
        })
    }

    /// The number that fits this parameter best; a duration in its unit.
    fn number(&mut self, name: &str, property: &Value) -> Option<f64> {
        let described = property.get("description").and_then(Value::as_str).unwrap_or_default();
        let about = format!("{} {described}", words_of_name(name).join(" ")).to_lowercase();
        let unit = [("second", 1.0), ("minute", 60.0), ("hour", 3_600.0)]
            .into_iter()
            .find(|(unit, _)| about.contains(unit));
        if let (Some((_, seconds)), Some(length)) = (unit, duration_in(&self.pieces)) {
            return Some(length.as_secs_f64() / seconds);
        }
        let about = Words::of(&about);
        let fits = |(_, next): &(f64, String)| !next.is_empty() && about.has_stem(next);
        let at = self.numbers.iter().position(fits).or((!self.numbers.is_empty()).then_some(0))?;
        Some(self.numbers.remove(at).0)
    }

    fn day(&self) -> Option<String> {
        const WORDS: [&str; 10] = [
            "today",
            "tomorrow",
            "yesterday",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        WORDS.into_iter().find(|word| self.words.has(word)).map(str::to_owned)
    }

    /// A parameter that must be there and of which nothing is said.
    fn required(&self, name: &str, property: &Value) -> Value {
        if let Some(first) =
            property.get("enum").and_then(Value::as_array).and_then(|members| members.first())
        {
            return first.clone();
        }
        match kind_of(property).as_str() {
            "INTEGER" => Value::from(0),
            "NUMBER" => Value::from(0.0),
            "BOOLEAN" => Value::from(!self.words.has_any(&["off", "not", "no", "stop"])),
            "ARRAY" => Value::Array(Vec::new()),
            "OBJECT" => Value::Object(Map::new()),
            _ => Value::from(cut(subject(self.text, name).unwrap_or(self.text.trim()))),
        }
    }
}

fn kind_of(property: &Value) -> String {
    property.get("type").and_then(Value::as_str).unwrap_or("STRING").to_ascii_uppercase()
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS).collect()
}

fn numbers_in(pieces: &[String]) -> Vec<(f64, String)> {
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < pieces.len() && numbers.len() < PARAMETERS {
        match quantity_at(&pieces[at..]) {
            Some((value, used)) => {
                at += used;
                let next = pieces.get(at).map_or("", String::as_str);
                numbers.push((value, if next == "%" { "percent".to_owned() } else { next.to_owned() }));
            }
            None => at += 1,
        }
    }
    numbers
}

fn quoted(text: &str) -> Option<&str> {
    let start = text.find(['"', '“'])?;
    let rest = text[start..].trim_start_matches(['"', '“']);
    rest.split(['"', '”']).next().filter(|inside| !inside.is_empty())
}

/// What a question is about: the words behind the last of these leads.
fn subject<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let leads: &[&str] = match name.to_lowercase().as_str() {
        "query" | "topic" | "subject" | "term" | "search" | "q" => &[" for ", " about ", " of "],
        _ => &[" saying ", " that says ", " called ", " named ", " titled ", " about "],
    };
    let lower = text.to_ascii_lowercase();
    let at = leads.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()))?;
    Some(text.get(at..)?.trim().trim_end_matches(['?', '.', '!'])).filter(|rest| !rest.is_empty())
}

/// The place after the last "in" (else "for", "at"): capitals and punctuation as the user wrote them. Without such a
/// word, what is written large in the middle of the text.
pub(super) fn place_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(400).collect();
    let bare = |word: &str| word.trim_end_matches(['?', '!', '.', ';', ':']).to_owned();
    let lead = ["in", "for", "at"].iter().find_map(|lead| {
        words.iter().enumerate().rposition(|(at, word)| {
            let next = words.get(at + 1).map(|next| bare(next).to_lowercase()).unwrap_or_default();
            let then = words.get(at + 2).map(|then| bare(then).to_lowercase()).unwrap_or_default();
            // "In the Netherlands" is a place, "in the morning" none.
            let time = matches!(next.as_str(), "the" | "a") && TIMES.contains(&then.as_str());
            word.eq_ignore_ascii_case(lead)
                && !next.is_empty()
                && !time
                && !AFTER_PLACE.contains(&next.as_str())
        })
    });
    let mut place: Vec<&str> = Vec::new();
    if let Some(lead) = lead {
        for word in words[lead + 1..].iter().take(6) {
            let bare = word.trim_end_matches(['?', '!', '.', ';', ':']);
            if AFTER_PLACE.contains(&bare.to_lowercase().as_str()) {
                break;
            }
            place.push(bare);
            if bare.len() != word.len() {
                break;
            }
        }
    } else {
        let large =
            |word: &&&str| word.starts_with(char::is_uppercase) && !matches!(**word, "I" | "I'm" | "OK");
        place.extend(words.iter().skip(1).skip_while(|word| !large(word)).take_while(large).take(4));
    }
    let place = place.join(" ");
    let place = place.trim_matches([',', ' ', '"', '“', '”', '?', '!', '.']);
    let place = place.strip_suffix("'s").or_else(|| place.strip_suffix("’s")).unwrap_or(place);
    (!place.is_empty()).then(|| place.chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filled(text: &str, parameters: Value) -> Value {
        let function = FunctionDeclaration { parameters: Some(parameters), ..Default::default() };
        arguments(text, &Words::of(text), &function).map_or(Value::Null, Value::Object)
    }

    #[test]
    fn places_are_taken_as_written() {
        for (text, place) in [
            ("What's the weather in São Paulo, Brazil?", Some("São Paulo, Brazil")),
            ("weather in Paris right now", Some("Paris")),
            ("what is the weather like in new york today", Some("new york")),
            ("weather for Oslo.", Some("Oslo")),
            ("what's the weather in Rome in the morning", Some("Rome")),
            ("Is the Tokyo weather nice?", Some("Tokyo")),
            ("weather in", None),
            ("How is the weather?", None),
        ] {
            assert_eq!(place_in(text).as_deref(), place, "{text}");
        }
    }

    #[test]
    fn required_parameters_are_filled_by_their_type() {
        let lamp = json!({"type": "OBJECT", "properties": {
            "percent": {"type": "INTEGER"}, "on": {"type": "BOOLEAN"}, "scene": {"type": "STRING", "enum": ["dusk", "dawn"]},
            "note": {"type": "STRING"}, "unused": {"type": "INTEGER"}
        }, "required": ["percent", "on", "note"]});
        assert_eq!(
            filled("set the light to 40% for dawn \"so so\"", lamp.clone()),
            json!({"percent": 40, "on": true, "scene": "dawn", "note": "so so"})
        );
        let words = filled("switch the light off at twenty five percent", lamp);
        assert_eq!((&words["percent"], &words["on"]), (&json!(25), &json!(false)));
    }

    #[test]
    fn numbers_go_to_the_parameters_that_they_fit() {
        let order = json!({"properties": {
            "guests": {"type": "INTEGER", "description": "How many people"},
            "hours": {"type": "NUMBER"}, "rooms": {"type": "INTEGER"}
        }});
        assert_eq!(
            filled("book two rooms for five people and three hours", order),
            json!({"guests": 5, "hours": 3.0, "rooms": 2})
        );
        let timer = json!({"properties": {"duration_seconds": {"type": "INTEGER"}}, "required": ["duration_seconds"]});
        assert_eq!(filled("set a timer for two and a half minutes", timer), json!({"duration_seconds": 150}));
    }

    #[test]
    fn members_days_subjects_and_nested_objects_are_found() {
        let nested = json!({"type": "object", "properties": {
            "rooms": {"type": "array", "items": {"type": "string", "enum": ["living_room", "kitchen", "hall"]}},
            "options": {"type": "object", "properties": {"mode": {"type": "string", "enum": ["eco", "comfort"]}}},
            "day": {"type": "string"}
        }});
        assert_eq!(
            filled("heat the kitchen and the living room tomorrow in eco mode", nested),
            json!({"rooms": ["living_room", "kitchen"], "options": {"mode": "eco"}, "day": "tomorrow"})
        );
        let search = json!({"properties": {"query": {"type": "STRING"}}, "required": ["query"]});
        assert_eq!(filled("Search for red shoes.", search), json!({"query": "red shoes"}));
    }

    #[test]
    fn odd_schemas_do_no_harm() {
        for schema in [
            json!(null),
            json!([]),
            json!({"properties": 3}),
            json!({"properties": {"x": null}, "required": ["x"]}),
        ] {
            assert!(filled("the weather", schema).is_object());
        }
        let mut deep = json!({"type": "OBJECT"});
        for _ in 0..100 {
            deep = json!({"type": "OBJECT", "properties": {"x": deep}, "required": ["x"]});
        }
        assert!(filled("anything", deep).is_object());
    }
}
