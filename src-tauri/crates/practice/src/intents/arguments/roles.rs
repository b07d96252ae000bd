//! What a parameter means, by its name, its description and its format. Pure.

use serde_json::Value;

use crate::intents::text::words_of_name;

/// What a text parameter means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Zone,
    Place,
    Origin,
    Destination,
    /// A day: as a date for machines, or in words.
    Day {
        iso: bool,
    },
    TimeOfDay,
    /// A day and a time.
    Moment,
    Person,
    Message,
    Query,
    Item,
    Title,
    Language,
    CurrencyFrom,
    CurrencyTo,
    /// A company, or its sign at the exchange.
    Symbol,
    Colour,
    Other,
}

pub(super) fn kind_of(property: &Value) -> String {
    let kind = property.get("type");
    let kind =
        kind.and_then(Value::as_array).and_then(|kinds| kinds.iter().find(|kind| *kind != "null")).or(kind);
    kind.and_then(Value::as_str).unwrap_or("STRING").to_ascii_uppercase()
}

/// The name and the description, as words in lower case.
pub(super) fn about(name: &str, property: &Value) -> String {
    let described = property.get("description").and_then(Value::as_str).unwrap_or_default();
    let described: String = described.chars().take(400).collect();
    format!("{} {described}", words_of_name(name).join(" ")).to_lowercase()
}

/// Whether a code is wanted and no word: "de" and not "German".
pub(super) fn wants_code(property: &Value) -> bool {
    let described = property.get("description").and_then(Value::as_str).unwrap_or_default().to_lowercase();
    described.contains("code") || described.contains("iso")
}

pub(super) fn role_of(name: &str, property: &Value) -> Role {
    let words = words_of_name(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let about = about(name, property);
    let format = property.get("format").and_then(Value::as_str).unwrap_or_default();
    let iso = ["yyyy", "iso", "-01", "-12", "-31"].iter().any(|sign| about.contains(sign));
    if has(&["timezone", "tz", "zone"]) || about.contains("iana") {
        return Role::Zone;
    }
    if format == "date-time"
        || has(&["datetime", "timestamp"])
        || about.contains("iso 8601") && !has(&["date"])
    {
        return Role::Moment;
    }
    if has(&["currency", "currencies"]) || about.contains("iso 4217") || about.contains("currency code") {
        return if has(&["to", "target", "into", "quote"]) { Role::CurrencyTo } else { Role::CurrencyFrom };
    }
    if has(&["language", "lang", "locale"]) {
        return Role::Language;
    }
    if format == "date" || has(&["date"]) {
        return Role::Day { iso: true };
    }
    if has(&["day", "weekday", "when"]) {
        return Role::Day { iso };
    }
    if has(&["time", "hour"]) {
        return Role::TimeOfDay;
    }
    if has(&["origin", "from", "departure", "source"]) {
        return Role::Origin;
    }
    if has(&["destination"]) || name == "to" && !about.contains("recipient") && !about.contains("person") {
        return Role::Destination;
    }
    if has(&["location", "city", "place", "where", "town", "address", "country", "region"]) {
        return Role::Place;
    }
    if has(&["recipient", "contact", "person", "to", "receiver", "who", "whom", "callee"])
        || name == "name" && about.contains("contact")
    {
        return Role::Person;
    }
    if has(&["message", "body", "content"]) || name == "text" {
        return Role::Message;
    }
    if has(&["symbol", "ticker", "company", "stock"]) {
        return Role::Symbol;
    }
    if has(&["color", "colour"]) {
        return Role::Colour;
    }
    if has(&[
        "query", "q", "search", "topic", "song", "track", "artist", "keyword", "keywords", "term", "genre",
        "album", "category",
    ]) || name == "subject" && about.contains("search")
    {
        return Role::Query;
    }
    if has(&["item", "product", "thing", "task", "entry", "todo"]) {
        return Role::Item;
    }
    if has(&["title", "name", "summary", "event", "label", "subject"]) {
        return Role::Title;
    }
    // A description may say what a name does not.
    if about.contains("city") || about.contains("place name") {
        return Role::Place;
    }
    Role::Other
}
