//! The answer of `get_current_time`, by its fields. Pure.

use jiff::civil::DateTime;
use serde_json::{Map, Value};

use crate::intents::dates::{day_in, time_said};
use crate::intents::text::Words;

use super::CallNote;

/// "It's 9:05 in the evening in Tokyo, Saturday."
pub(super) fn sentence(fields: &Map<String, Value>, note: &CallNote) -> Option<String> {
    let time = fields.get("time").or_else(|| fields.get("datetime")).and_then(Value::as_str)?;
    let moment: DateTime = time.get(..19).or_else(|| time.get(..16))?.parse().ok()?;
    let zone = fields.get("timezone").and_then(Value::as_str).unwrap_or_default();
    let words = Words::of(&note.asked);
    let place = note.place.clone().map(|place| format!(" in {place}")).unwrap_or_default();
    let place = if place.is_empty() && note.asked.is_empty() { city_of(zone) } else { place };
    let asks_date = words.has_any(&["date", "day", "weekday"])
        && day_in(&note.asked, moment).is_none_or(|day| day.date == moment.date());
    if asks_date && !words.has("time") {
        return Some(format!("Today is {}{place}.", moment.strftime("%A, %-d %B %Y")));
    }
    let yes_or_no = words.starts(&["is it"]).then(|| yes_or_no(&words, moment)).flatten().unwrap_or("");
    let day = if place.is_empty() { String::new() } else { format!(", {}", moment.strftime("%A")) };
    Some(format!("{yes_or_no}It's {}{place}{day}.", time_said(moment.time())))
}

/// The answer to "is it late …?", "is it already evening …?".
fn yes_or_no(words: &Words, moment: DateTime) -> Option<&'static str> {
    let hour = moment.hour();
    let is = if words.has_any(&["late", "night"]) {
        !(5..21).contains(&hour)
    } else if words.has("evening") {
        (18..22).contains(&hour)
    } else if words.has("morning") {
        (5..12).contains(&hour)
    } else if words.has("afternoon") {
        (12..18).contains(&hour)
    } else {
        return None;
    };
    Some(if is { "Yes. " } else { "No. " })
}

/// " in New York" of "America/New_York".
fn city_of(zone: &str) -> String {
    match zone.rsplit_once('/') {
        Some((_, city)) if zone.is_ascii() => format!(" in {}", city.replace('_', " ")),
        _ => String::new(),
    }
}
