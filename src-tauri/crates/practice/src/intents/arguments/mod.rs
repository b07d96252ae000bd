//! Fills a function's parameters from the words of a sentence, by the parameters' schema and names. Pure and bounded.

mod free_text;
mod names;
mod roles;

use jiff::civil::DateTime;
use live_proto::wire::FunctionDeclaration;
use serde_json::{Map, Value};

use super::dates::{day_in, days_ahead, time_in};
use super::functions::{Side, Topic, side_of, topic_of};
use super::own::duration_in;
use super::places::{is_here, place_alone, place_in, zone_heard, zone_of};
use super::text::{Sentence, Words, pieces_of, quantity_at, words_of_name};

use roles::{Role, kind_of, role_of};

/// Parameters that are looked at, of one object.
const PARAMETERS: usize = 64;
/// How deep objects in objects are filled.
const DEPTH: usize = 3;
/// The longest text in an argument, in characters.
const TEXT_CHARS: usize = 200;

/// What is known beside the sentence.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) now: DateTime,
    /// Where the user lives.
    pub(super) home: Option<&'a str>,
    /// The place that was spoken of last, when it may be meant.
    pub(super) there: Option<&'a str>,
    /// The name of the time zone here.
    pub(super) zone: Option<&'a str>,
}

/// The arguments that a sentence gives a function.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Filled {
    pub(super) args: Map<String, Value>,
    /// A parameter that must be there and of which nothing is said.
    pub(super) missing: Option<String>,
    /// A place whose time zone is wanted and not known.
    pub(super) unknown_place: Option<String>,
    /// The same call for other choices: "the kitchen and the hall" where one room is taken.
    pub(super) further: Vec<Map<String, Value>>,
}

/// Fills what a sentence says.
pub(super) fn filled(sentence: &Sentence, function: &FunctionDeclaration, known: Known<'_>) -> Filled {
    let mut question = Question::of(sentence, function, known);
    let Some(schema) = schema_of(function) else { return Filled::default() };
    let args = question.object(schema, DEPTH, true);
    let further = question.further(schema, &args);
    Filled { args, missing: question.missing, unknown_place: question.unknown_place, further }
}

/// What a sentence says in so many words, without what would be guessed.
pub(super) fn said_in(
    sentence: &Sentence,
    function: &FunctionDeclaration,
    known: Known<'_>,
) -> Map<String, Value> {
    let Some(schema) = schema_of(function) else { return Map::new() };
    let mut question = Question::of(sentence, function, known);
    question.is_follow_up = true;
    question.object(schema, DEPTH, false)
}

/// A value for one parameter, from a sentence that answers the question for it.
pub(super) fn answer_for(
    parameter: &str,
    sentence: &Sentence,
    function: &FunctionDeclaration,
    known: Known<'_>,
) -> Option<Value> {
    let property = property_of(function, parameter)?;
    let mut question = Question::of(sentence, function, known);
    if let Some(value) = question.said(parameter, property, DEPTH) {
        return Some(value);
    }
    if property.get("enum").is_some() || kind_of(property) != "STRING" {
        return None;
    }
    match role_of(parameter, property) {
        Role::Place | Role::Origin | Role::Destination => place_alone(&sentence.text).map(Value::from),
        Role::Zone => zone_of(&place_alone(&sentence.text)?).map(|place| Value::from(place.zone)),
        Role::Day { .. } | Role::TimeOfDay | Role::Moment => None,
        _ => {
            let coded = names_code(parameter).then(|| free_text::code(&sentence.text)).flatten();
            let text = coded.unwrap_or_else(|| free_text::answer(&sentence.text).to_owned());
            Some(Value::from(cut(&text))).filter(|text| text != "")
        }
    }
}

/// Whether any words may be the answer to the question for this parameter.
pub(super) fn takes_any_words(parameter: &str, function: &FunctionDeclaration) -> bool {
    property_of(function, parameter).is_some_and(|property| {
        property.get("enum").is_none()
            && kind_of(property) == "STRING"
            && matches!(
                role_of(parameter, property),
                Role::Message | Role::Item | Role::Title | Role::Query | Role::Other
            )
    })
}

/// The first parameter that must be there and is not.
pub(super) fn lacking(function: &FunctionDeclaration, args: &Map<String, Value>) -> Option<String> {
    let required = schema_of(function)?.get("required")?.as_array()?;
    required
        .iter()
        .take(PARAMETERS)
        .filter_map(Value::as_str)
        .find(|name| !args.contains_key(*name))
        .map(str::to_owned)
}

/// The question for a parameter.
pub(super) fn question_for(parameter: &str, function: &FunctionDeclaration) -> String {
    let Some(property) = property_of(function, parameter) else {
        return "Could you say that again?".to_owned();
    };
    let name = words_of_name(parameter).join(" ");
    if let Some(members) = property.get("enum").and_then(Value::as_array) {
        let choices: Vec<String> = members
            .iter()
            .take(8)
            .filter_map(Value::as_str)
            .map(|member| words_of_name(member).join(" "))
            .collect();
        return match choices.as_slice() {
            [first @ .., last] if !first.is_empty() => {
                format!("Which {name}: {} or {last}?", first.join(", "))
            }
            _ => format!("Which {name}?"),
        };
    }
    match (role_of(parameter, property), kind_of(property).as_str()) {
        (Role::Place, _) => "For which place?".to_owned(),
        (Role::Origin, _) => "From where?".to_owned(),
        (Role::Destination, _) => "Where to?".to_owned(),
        (Role::Person, _) => "Who should it go to?".to_owned(),
        (Role::Message, _) => "What should it say?".to_owned(),
        (Role::Day { .. }, _) => "For which day?".to_owned(),
        (Role::TimeOfDay | Role::Moment, _) => "At what time?".to_owned(),
        (Role::Query, _) => "What would you like?".to_owned(),
        (Role::Language, _) => "Into which language?".to_owned(),
        (_, "NUMBER" | "INTEGER")
            if ["percent", "percentage", "level", "value", "volume", "brightness"]
                .contains(&name.as_str()) =>
        {
            "To how many percent?".to_owned()
        }
        (_, "NUMBER" | "INTEGER") => format!("What should the {name} be?"),
        _ => format!("Which {name} do you mean?"),
    }
}

fn schema_of(function: &FunctionDeclaration) -> Option<&Value> {
    function.parameters.as_ref().or(function.parameters_json_schema.as_ref())
}

fn property_of<'f>(function: &'f FunctionDeclaration, parameter: &str) -> Option<&'f Value> {
    schema_of(function)?.get("properties")?.get(parameter)
}

/// A sentence, and the numbers in it that no parameter took yet, each with the word behind it.
struct Question<'a> {
    text: &'a str,
    words: &'a Words,
    pieces: Vec<String>,
    numbers: Vec<(f64, String)>,
    topic: Option<Topic>,
    /// Words of the function's name.
    name: Vec<String>,
    known: Known<'a>,
    is_follow_up: bool,
    missing: Option<String>,
    unknown_place: Option<String>,
}

impl<'a> Question<'a> {
    fn of(sentence: &'a Sentence, function: &FunctionDeclaration, known: Known<'a>) -> Self {
        let pieces = pieces_of(&sentence.text);
        Self {
            text: &sentence.text,
            words: &sentence.words,
            numbers: numbers_in(&pieces),
            pieces,
            topic: topic_of(function),
            name: words_of_name(&function.name),
            known,
            is_follow_up: false,
            missing: None,
            unknown_place: None,
        }
    }

    fn object(&mut self, schema: &Value, depth: usize, whole: bool) -> Map<String, Value> {
        let mut args = Map::new();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return args };
        let required = schema.get("required").and_then(Value::as_array);
        for (name, property) in properties.iter().take(PARAMETERS) {
            let is_required =
                whole && required.is_some_and(|list| list.iter().any(|entry| entry == name.as_str()));
            let value = match self.said(name, property, depth) {
                None if is_required => {
                    let value = self.required(name, property);
                    if value.is_none() && self.missing.is_none() {
                        self.missing = Some(name.clone());
                    }
                    value
                }
                said => said,
            };
            args.extend(value.map(|value| (name.clone(), value)));
        }
        args
    }

    /// The same call with the other choices that were named, where only one can be given.
    fn further(&self, schema: &Value, args: &Map<String, Value>) -> Vec<Map<String, Value>> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let several = properties.into_iter().flatten().take(PARAMETERS).find_map(|(name, property)| {
            let members = property.get("enum").and_then(Value::as_array)?;
            let named: Vec<&Value> = self.members(members).collect();
            let all =
                named.is_empty() && self.words.has_any(&["all", "every", "both", "everywhere", "everything"]);
            if all && args.contains_key(name) && members.len() <= 8 {
                return Some((name, members.iter().collect()));
            }
            (named.len() > 1 && named.len() <= 4 && self.words.has("and")).then_some((name, named))
        });
        let Some((name, named)) = several else { return Vec::new() };
        let with = |value: &Value| {
            let mut args = args.clone();
            args.insert(name.clone(), value.clone());
            args
        };
        named.into_iter().filter(|value| args.get(name) != Some(value)).map(with).collect()
    }

    /// What the sentence says of this parameter, if anything.
    fn said(&mut self, name: &str, property: &Value, depth: usize) -> Option<Value> {
        if let Some(members) = property.get("enum").and_then(Value::as_array) {
            let named = || self.members(members).next().or_else(|| self.meant(members));
            return named().or_else(|| self.switched(members)).cloned();
        }
        let kind = kind_of(property);
        match kind.as_str() {
            "INTEGER" | "NUMBER" if self.counts_days(name) => self.days_wanted(property).map(Value::from),
            "INTEGER" => self.number(name, property).map(|number| Value::from(number.round() as i64)),
            "NUMBER" => self.number(name, property).map(Value::from),
            "BOOLEAN" => self.boolean(name).map(Value::from),
            "ARRAY" => self.array(name, property),
            "OBJECT" if depth > 0 => {
                let args = self.object(property, depth - 1, false);
                (!args.is_empty()).then_some(Value::Object(args))
            }
            "STRING" => self.string(name, property),
            _ => None,
        }
    }

    fn string(&mut self, name: &str, property: &Value) -> Option<Value> {
        let text = match role_of(name, property) {
            Role::Zone => return self.zone(),
            Role::Place => self.place()?,
            Role::Destination => {
                free_text::led(self.text, &["to", "towards", "into"]).or_else(|| self.place())?
            }
            Role::Origin => free_text::led(self.text, &["from"])?,
            Role::Day { iso } => {
                let day = day_in(self.text, self.known.now)?;
                let said = ["today", "tomorrow", "yesterday"].contains(&day.name.as_str())
                    || super::dates::weekday_in(self.words).is_some();
                if iso || !said { day.date.to_string() } else { bare_day(&day.name) }
            }
            Role::TimeOfDay => time_in(self.text)?.strftime("%H:%M").to_string(),
            Role::Moment => {
                let time = time_in(self.text);
                let day = day_in(self.text, self.known.now).map(|day| day.date);
                if day.is_none() && time.is_none() {
                    return None;
                }
                let date = day.unwrap_or(self.known.now.date());
                let time = time.unwrap_or(jiff::civil::time(9, 0, 0, 0));
                date.to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S").to_string()
            }
            Role::Language => names::language_in(self.words, roles::wants_code(property))?,
            Role::CurrencyFrom => names::currencies_in(&self.pieces)?.0.to_owned(),
            Role::CurrencyTo => names::currencies_in(&self.pieces)?.1.to_owned(),
            Role::Symbol => names::company_in(
                self.text,
                roles::about(name, property).contains("symbol")
                    || roles::about(name, property).contains("ticker"),
            )?,
            Role::Colour => names::colour_in(self.words)?.to_owned(),
            Role::Person => free_text::person(self.text)?,
            Role::Message | Role::Query | Role::Other if self.topic == Some(Topic::Translation) => {
                free_text::to_translate(self.text)?
            }
            Role::Message => free_text::message(self.text)?,
            Role::Item => free_text::item(self.text, self.is_follow_up)?,
            Role::Title => free_text::title(self.text, self.known.now, self.is_follow_up)?,
            Role::Query => free_text::query(self.text, name, self.topic, self.is_follow_up)?,
            Role::Other => self.other(name)?,
        };
        Some(Value::from(cut(&text)))
    }

    /// What a parameter's own name tells of it.
    fn other(&self, name: &str) -> Option<String> {
        if let Some(quoted) = free_text::quoted(self.text) {
            return Some(quoted.to_owned());
        }
        let named = words_of_name(name);
        let has = |all: &[&str]| named.iter().any(|word| all.contains(&word.as_str()));
        if names_code(name) {
            return free_text::code(self.text);
        }
        if has(&["cuisine", "kitchen", "food"]) {
            return names::cuisine_in(self.words).map(str::to_owned);
        }
        if has(&["room", "area"]) {
            return names::room_in(self.words).map(str::to_owned);
        }
        None
    }

    fn place(&self) -> Option<String> {
        if is_here(self.words) {
            return self.known.home.map(str::to_owned);
        }
        let large = self.text.starts_with(char::is_uppercase) && self.words.count() <= 3;
        place_in(self.text).or_else(|| (self.is_follow_up && large).then(|| place_alone(self.text))?)
    }

    /// The zone of the place that is named; none where the user is.
    fn zone(&mut self) -> Option<Value> {
        // "And what time is it there?"
        let there = self.known.there.filter(|_| self.words.has("there")).map(str::to_owned);
        let place = self.place().or(there).filter(|_| !is_here(self.words))?;
        let found = zone_heard(&place);
        if found.is_none() {
            self.unknown_place = Some(place);
        }
        found.map(|found| Value::from(found.zone))
    }

    /// The members of a choice that the text names.
    fn members<'m>(&self, members: &'m [Value]) -> impl Iterator<Item = &'m Value> + use<'m, '_, 'a> {
        members.iter().take(PARAMETERS).filter(|member| {
            let named = member.as_str().map(words_of_name).unwrap_or_default();
            let switch = matches!(named.as_slice(), [one] if matches!(one.as_str(), "on" | "off" | "open" | "close" | "up" | "down"));
            !named.is_empty() && !switch && named.iter().all(|word| self.words.has_stem(word))
        })
    }

    /// The member that the text means by another word.
    fn meant<'m>(&self, members: &'m [Value]) -> Option<&'m Value> {
        members.iter().take(PARAMETERS).find(|member| {
            let named = member.as_str().map(words_of_name).unwrap_or_default();
            let means = |word: &String| {
                self.words.has_stem(word) || names::synonyms(word).iter().any(|other| self.words.has(other))
            };
            !named.is_empty() && named.iter().all(means)
        })
    }

    /// "On" or "off", "open" or "close" among the choices.
    fn switched<'m>(&self, members: &'m [Value]) -> Option<&'m Value> {
        let side = side_of(self.words)?;
        let wanted: &[&str] = match side {
            Side::Positive => &["on", "open", "up", "start", "play", "lock", "true", "enable"],
            Side::Negative => {
                &["off", "close", "closed", "down", "stop", "pause", "unlock", "false", "disable"]
            }
        };
        members.iter().find(|member| {
            member.as_str().is_some_and(|member| wanted.contains(&member.to_lowercase().as_str()))
        })
    }

    fn boolean(&self, name: &str) -> Option<bool> {
        let own = words_of_name(name);
        let switch = own.iter().any(|word| {
            matches!(
                word.as_str(),
                "on" | "enabled" | "active" | "power" | "state" | "enable" | "open" | "is" | "value"
            )
        });
        if switch {
            return side_of(self.words).map(|side| side == Side::Positive);
        }
        let telling: Vec<&String> = own
            .iter()
            .filter(|word| !matches!(word.as_str(), "with" | "is" | "has" | "include" | "the"))
            .collect();
        let named = !telling.is_empty() && telling.iter().all(|word| self.words.has_stem(word));
        let denied = telling.iter().any(|word| {
            ["no", "not", "without", "non", "don't"]
                .iter()
                .any(|no| self.words.says(&[&format!("{no} {word}"), &format!("{no} any {word}")]))
        });
        named.then_some(!denied)
    }

    fn array(&self, name: &str, property: &Value) -> Option<Value> {
        if let Some(members) = property.pointer("/items/enum").and_then(Value::as_array) {
            let named: Vec<Value> = self.members(members).cloned().collect();
            return (!named.is_empty()).then_some(Value::Array(named));
        }
        let is_text = property.get("items").is_none_or(|items| kind_of(items) == "STRING");
        let all = is_text.then(|| free_text::things(self.text, name)).flatten()?;
        Some(Value::from(all.iter().map(|thing| Value::from(cut(thing))).collect::<Vec<_>>()))
    }

    /// Whether a parameter is how many days a forecast covers.
    fn counts_days(&self, name: &str) -> bool {
        self.topic == Some(Topic::Weather) && words_of_name(name).last().is_some_and(|word| word == "days")
    }

    /// How many days a forecast must cover, today included, to hold those that are asked about.
    fn days_wanted(&self, property: &Value) -> Option<i64> {
        let asked = days_ahead(self.text, self.known.now)?;
        let days = 1 + i64::from((asked.last - self.known.now.date()).get_days());
        let most = property.get("maximum").and_then(Value::as_i64).unwrap_or(i64::MAX);
        (days > 1).then_some(days.min(most))
    }

    /// The number that fits this parameter best, within its bounds; a duration in its unit.
    fn number(&mut self, name: &str, property: &Value) -> Option<f64> {
        let about = roles::about(name, property);
        let unit = [("second", 1.0), ("minute", 60.0), ("hour", 3_600.0)]
            .into_iter()
            .find(|(unit, _)| about.contains(unit));
        let unit = unit.or_else(|| about.contains("duration").then_some(("", 1.0)));
        if let (Some((_, seconds)), Some(length)) = (unit, duration_in(&self.pieces)) {
            return Some(length.as_secs_f64() / seconds);
        }
        let bound = |key: &str| property.get(key).and_then(Value::as_f64);
        let least = bound("minimum").unwrap_or(f64::MIN);
        let most = bound("maximum").unwrap_or(f64::MAX);
        let words = Words::of(&about);
        let fits = |(_, next): &(f64, String)| !next.is_empty() && words.has_stem(next);
        let at = self.numbers.iter().position(fits).or((!self.numbers.is_empty()).then_some(0));
        if let Some(at) = at {
            let value = self.numbers.remove(at).0;
            // Half of a percentage is fifty.
            let share = bound("maximum").unwrap_or(100.0);
            let is_share = value > 0.0
                && value < 1.0
                && words.has_any(&["percent", "percentage", "brightness", "volume", "level"])
                && share >= 10.0;
            return Some(if is_share { value * share } else { value.clamp(least, most) });
        }
        let is_level =
            words.has_any(&["percent", "percentage", "brightness", "volume", "level", "speed", "intensity"]);
        if is_level
            && self.words.has_any(&["maximum", "max", "full", "fully", "highest", "loudest", "brightest"])
        {
            return Some(bound("maximum").unwrap_or(100.0));
        }
        if is_level && self.words.has_any(&["minimum", "min", "lowest", "zero", "mute", "silent"]) {
            return Some(bound("minimum").unwrap_or(0.0));
        }
        None
    }

    /// A parameter that must be there and of which nothing is said: what it can only be, if there is such a thing.
    fn required(&mut self, name: &str, property: &Value) -> Option<Value> {
        if let Some(members) = property.get("enum").and_then(Value::as_array) {
            let all = self.words.has_any(&["all", "every", "both", "everywhere", "everything"]);
            return members.first().filter(|_| members.len() == 1 || all && members.len() <= 8).cloned();
        }
        match kind_of(property).as_str() {
            "BOOLEAN" => {
                let off = self.words.has_any(&["off", "not", "no", "stop", "kill", "out", "disable"]);
                Some(Value::from(!off))
            }
            "OBJECT" => Some(Value::Object(self.object(property, 1, true))),
            "STRING" => match role_of(name, property) {
                // Nobody's words are the number of a parcel.
                Role::Other if names_code(name) => None,
                Role::Other => free_text::rest(self.text, &self.name).map(|text| Value::from(cut(&text))),
                Role::Query if self.topic == Some(Topic::Search) => Some(Value::from(cut(self.text))),
                // Without a place the clock is the one here.
                Role::Place => self.known.there.or(self.known.home).map(Value::from),
                Role::Zone if self.unknown_place.is_none() => self.known.zone.map(Value::from),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Whether a parameter is a number or a sign by which something is known.
fn names_code(name: &str) -> bool {
    words_of_name(name).iter().any(|word| matches!(word.as_str(), "number" | "id" | "code"))
}

/// "Monday" of "next Monday"; "tomorrow" as it is.
fn bare_day(name: &str) -> String {
    name.trim_start_matches("next ").trim_start_matches("last ").to_owned()
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

#[cfg(test)]
mod tests;
