//! The time of day: whether it is asked for, here and elsewhere. Pure; the clock was read by the caller.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::intents::dates::time_said;
use crate::intents::places::{ZonedPlace, is_here, place_in, zone_heard, zone_of};
use crate::intents::text::{Act, Sentence, number_said, pieces_of};

use super::timer::duration_in;

/// Phrases that ask for the time, whatever stands around them.
const PHRASES: &[&str] = &[
    "time is it",
    "time it is",
    "current time",
    "local time",
    "time now",
    "what time",
    "how late is it",
    "how late it is",
    "is it late",
    "is it already late",
    "time of day",
    "hour is it",
    "what hour",
    "got the time",
    "have the time",
    "tell me the time",
    "give me the time",
    "the clock say",
    "the clock says",
    "the exact time",
    "know the time",
    "read the clock",
    "the time please",
    "time please",
    "is the time",
    "time check",
];
/// What sounds so and asks for something else.
const NEVER: &[&str] = &[
    "next time",
    "last time",
    "first time",
    "time of my",
    "long time",
    "how many times",
    "time for",
    "time to",
    "good time",
    "great time",
    "time flies",
    "time difference",
    "time left",
    "time is left",
    "time zone difference",
    "all the time",
    "the time of my",
    "time travel",
    "what time does",
    "what time do",
    "what time did",
    "what time should",
    "what time is the",
    "what time is my",
    "time is money",
    "what time are",
    "what time can",
    "what time will the",
    "what time is sunrise",
    "what time is sunset",
];

/// Whether a sentence asks what time it is.
pub(in crate::intents) fn asks_time(sentence: &Sentence) -> bool {
    let words = &sentence.words;
    let calls = words.says(&["good time to call", "good time to ring", "good time to phone"]);
    if words.says(NEVER) && !words.says(&["what time is it", "what is the time"]) && !calls {
        return false;
    }
    let evening = words.starts(&["is it"])
        && words.has_any(&["morning", "evening", "night", "afternoon", "midnight", "noon", "bedtime"])
        && words.has_any(&["in", "already", "still"]);
    let fragment = sentence.act != Act::Statement
        && words.has_any(&["time", "clock"])
        && words.count() <= 4
        && (words.says(&["time in", "the time", "time here", "time there"])
            || words.only(&["time"])
            || words.starts(&["time"]));
    let asked = sentence.act != Act::Statement && words.says(PHRASES);
    // Whether somebody far away is awake.
    let calls = words.says(&[
        "too late to",
        "too early to",
        "late to call",
        "early to call",
        "good time to call",
        "okay to call",
        "still up in",
        "still awake in",
        "awake in",
        "asleep in",
    ]) && sentence.act == Act::Question
        && place_in(&sentence.text).is_some();
    if calls {
        return true;
    }
    // A recogniser loses the first word; nobody else has the others in this order.
    asked || evening || fragment || words.says(&["time is it"])
}

/// What is said of the time, where nobody else is asked for it.
pub(in crate::intents) fn time_answer(sentence: &Sentence, now: DateTime, here: &TimeZone) -> Option<String> {
    let answer = difference(sentence, now, here).or_else(|| zone_answer(sentence, now, here));
    answer.or_else(|| later(sentence, now)).or_else(|| {
        if !asks_time(sentence) {
            return None;
        }
        match place_in(&sentence.text).filter(|_| !is_here(&sentence.words)) {
            None => Some(format!("It's {}.", time_said(now.time()))),
            Some(place) => Some(time_there(&place, now, here)),
        }
    })
}

/// What time it is at a place.
pub(in crate::intents) fn time_there(place: &str, now: DateTime, here: &TimeZone) -> String {
    let there = zone_heard(place).and_then(|place| Some((at(&place, now, here)?, place.name)));
    let Some((time, name)) = there else {
        return format!("I don't know which time zone {place} is in. A larger city nearby may help.");
    };
    let day = if time.date() == now.date() { String::new() } else { format!(", {}", time.strftime("%A")) };
    format!("It's {} in {name}{day}.", time_said(time.time()))
}

fn at(place: &ZonedPlace, now: DateTime, here: &TimeZone) -> Option<DateTime> {
    let now = here.to_ambiguous_zoned(now).compatible().ok()?;
    Some(now.with_time_zone(TimeZone::get(&place.zone).ok()?).datetime())
}

/// "What time will it be in three hours?"
fn later(sentence: &Sentence, now: DateTime) -> Option<String> {
    let words = &sentence.words;
    if !words.says(&["time will it be", "time is it in", "time was it"]) {
        return None;
    }
    let length = duration_in(&pieces_of(&sentence.text))?;
    let length = jiff::SignedDuration::try_from(length).ok()?;
    let then = if words.has("ago") { now.checked_sub(length) } else { now.checked_add(length) }.ok()?;
    Some(format!("It {} {}.", if words.has("ago") { "was" } else { "will be" }, time_said(then.time())))
}

/// "What is the time difference between Berlin and Tokyo?", "how many hours is New York behind Berlin?"
fn difference(sentence: &Sentence, now: DateTime, here: &TimeZone) -> Option<String> {
    let words = &sentence.words;
    let hours = words.says(&["how many hours", "how far"])
        && words.has_any(&["ahead", "behind", "before", "difference"]);
    if !(words.says(&["time difference"]) || hours || words.says(&["difference in time"])) {
        return None;
    }
    let places = places_in(&sentence.text, 2);
    let zone = |place: &ZonedPlace| TimeZone::get(&place.zone).ok();
    let first = places.first()?;
    let (second, name) = match places.get(1) {
        Some(second) => (zone(second)?, second.name.clone()),
        None => (here.clone(), "here".to_owned()),
    };
    Some(match ahead(&zone(first)?, &second, now, here)? {
        Some(ahead) => format!("{} is {ahead} {name}.", first.name),
        None => format!("There is none: {} has the same time as {name}.", first.name),
    })
}

/// "In which time zone is Denver?", "what's my time zone?"
fn zone_answer(sentence: &Sentence, now: DateTime, here: &TimeZone) -> Option<String> {
    let words = &sentence.words;
    if sentence.act == Act::Statement || !words.says(&["time zone", "timezone", "time zones"]) {
        return None;
    }
    let Some(place) = places_in(&sentence.text, 1).into_iter().next() else {
        let is_mine = is_here(words) || words.has_any(&["my", "i", "we", "our", "here"]);
        // The zone is named after a city.
        let city = here.iana_name()?.rsplit('/').next()?.replace('_', " ");
        return is_mine.then(|| format!("Your computer is in the time zone of {city}."));
    };
    let there = TimeZone::get(&place.zone).ok()?;
    let time = time_said(at(&place, now, here)?.time());
    let named = NAMES.iter().find(|(zones, _)| zones.contains(&place.zone.as_str())).map(|(_, name)| *name);
    let (ahead, name) = (ahead(&there, here, now, here)?, &place.name);
    Some(match (named, ahead) {
        (Some(zone), Some(ahead)) => format!("{name} is on {zone}, {ahead} here. It's {time} there."),
        (Some(zone), None) => format!("{name} is on {zone}, as it is here."),
        (None, Some(ahead)) => format!("{name} is {ahead} here. It's {time} there."),
        (None, None) => format!("{name} has the same time as here."),
    })
}

/// What people call the time of some zones.
const NAMES: [(&[&str], &str); 14] = [
    (&["America/New_York", "America/Toronto", "America/Detroit"], "Eastern Time"),
    (&["America/Chicago", "America/Winnipeg"], "Central Time"),
    (&["America/Denver", "America/Edmonton", "America/Boise", "America/Phoenix"], "Mountain Time"),
    (&["America/Los_Angeles", "America/Vancouver"], "Pacific Time"),
    (&["America/Anchorage"], "Alaska Time"),
    (&["Pacific/Honolulu"], "Hawaii Time"),
    (&["America/Halifax"], "Atlantic Time"),
    (&["Europe/London"], "British time"),
    (
        &[
            "Europe/Berlin",
            "Europe/Paris",
            "Europe/Rome",
            "Europe/Madrid",
            "Europe/Vienna",
            "Europe/Zurich",
            "Europe/Amsterdam",
            "Europe/Brussels",
            "Europe/Oslo",
            "Europe/Stockholm",
            "Europe/Copenhagen",
            "Europe/Prague",
            "Europe/Warsaw",
            "Europe/Budapest",
        ],
        "Central European Time",
    ),
    (&["Europe/Athens", "Europe/Helsinki", "Europe/Kyiv", "Europe/Bucharest"], "Eastern European Time"),
    (&["Europe/Moscow"], "Moscow time"),
    (&["Asia/Kolkata"], "India Standard Time"),
    (&["Asia/Shanghai"], "China Standard Time"),
    (&["Asia/Tokyo"], "Japan Standard Time"),
];

/// The places in a text, so many at most.
fn places_in(text: &str, most: usize) -> Vec<ZonedPlace> {
    let all: Vec<&str> = text.split_whitespace().take(40).collect();
    let mut places: Vec<ZonedPlace> = Vec::new();
    let mut at_word = 0;
    while at_word < all.len() && places.len() < most {
        let found = (1..=3.min(all.len() - at_word)).rev().find_map(|count| {
            let name = all[at_word..at_word + count].join(" ");
            let large = name.starts_with(char::is_uppercase) || name.len() > 4;
            Some((zone_of(name.trim_matches(|c: char| !c.is_alphanumeric())).filter(|_| large)?, count))
        });
        at_word += found.as_ref().map_or(1, |(_, count)| *count);
        places.extend(found.map(|(place, _)| place));
    }
    places
}

/// How far one zone is ahead of another, as "8 hours ahead of"; `Some(None)` when it is not.
#[expect(clippy::option_option, reason = "an offset that can't be told, and none")]
fn ahead(one: &TimeZone, other: &TimeZone, now: DateTime, here: &TimeZone) -> Option<Option<String>> {
    let instant = here.to_ambiguous_zoned(now).compatible().ok()?.timestamp();
    let offset = |zone: &TimeZone| f64::from(zone.to_offset(instant).seconds()) / 3_600.0;
    let ahead = offset(one) - offset(other);
    if ahead == 0.0 {
        return Some(None);
    }
    let unit = if (ahead.abs() - 1.0).abs() < 1e-9 { "hour" } else { "hours" };
    let side = if ahead > 0.0 { "ahead of" } else { "behind" };
    Some(Some(format!("{} {unit} {side}", number_said(ahead.abs()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str) -> Option<String> {
        let here = TimeZone::get("Europe/Berlin").expect("a zone");
        time_answer(&Sentence::of(text), jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0), &here)
    }

    #[test]
    fn the_time_is_told_however_it_is_asked_for() {
        for text in [
            "What time is it?",
            "whats the time",
            "what's the time now please",
            "Tell me the time",
            "do you have the time",
            "Have you got the time?",
            "Do you know what time it is",
            "Can you tell me what time it is right now?",
            "time",
            "The time please",
            "How late is it?",
            "what does the clock say",
        ] {
            assert_eq!(ask(text).as_deref(), Some("It's 2:05 in the afternoon."), "{text}");
        }
    }

    #[test]
    fn the_time_elsewhere_has_its_day_when_that_is_another() {
        for (text, said) in [
            ("what time is it in Tokyo", "It's 10:05 in the evening in Tokyo."),
            ("What's the time in auckland?", "It's 2:05 at night in Auckland, Monday."),
            ("time in New York", "It's 8:05 in the morning in New York."),
            ("What time will it be in two hours?", "It will be 4:05 in the afternoon."),
            ("What is the time difference between Tokyo and Berlin?", "Tokyo is 8 hours ahead of Berlin."),
            ("how many hours is New York behind", "New York is 6 hours behind here."),
        ] {
            assert_eq!(ask(text).as_deref(), Some(said), "{text}");
        }
        for (text, said) in [
            (
                "In which time zone is Denver?",
                "Denver is on Mountain Time, 8 hours behind here. It's 6:05 in the morning there.",
            ),
            (
                "what time zone is tokyo in",
                "Tokyo is on Japan Standard Time, 8 hours ahead of here. It's 10:05 in the evening there.",
            ),
            ("Which time zone does Paris have?", "Paris is on Central European Time, as it is here."),
            (
                "Tell me the time zone of Kathmandu",
                "Kathmandu is 4.75 hours ahead of here. It's 6:50 in the evening there.",
            ),
            ("What's my time zone?", "Your computer is in the time zone of Berlin."),
        ] {
            assert_eq!(ask(text).as_deref(), Some(said), "{text}");
        }
        assert!(ask("What's the time in Narnia?").is_some_and(|said| said.contains("Narnia")));
    }

    #[test]
    fn what_asks_for_no_time_is_not_answered() {
        for text in [
            "I had the time of my life",
            "how many times",
            "what is 17 times 23",
            "have a nice day",
            "Time flies",
            "next time",
            "It was a long time ago",
            "what time does the shop open",
            "",
        ] {
            assert_eq!(ask(text), None, "{text}");
        }
    }
}
