//! Times of day: found in a text, and said. Pure.

use jiff::civil::Time;

use crate::intents::text::bare;

/// "9:05 in the evening".
pub(in crate::intents) fn time_said(time: Time) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    let part = match hour {
        5..=11 => "in the morning",
        12..=17 => "in the afternoon",
        18..=22 => "in the evening",
        _ => "at night",
    };
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    match (hour, minute) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "noon".to_owned(),
        (_, 0) => format!("{twelve} o'clock {part}"),
        _ => format!("{twelve}:{minute:02} {part}"),
    }
}

/// The time of day in a text: "at half past nine", "7:30 pm", "noon", "six o'clock in the evening".
pub(in crate::intents) fn time_in(text: &str) -> Option<Time> {
    let lower = text.to_lowercase().replace("a.m.", "am").replace("p.m.", "pm");
    let words: Vec<&str> =
        lower.split_whitespace().map(bare).filter(|word| !word.is_empty()).take(400).collect();
    if words.contains(&"noon") || words.contains(&"midday") {
        return Time::new(12, 0, 0, 0).ok();
    }
    if words.contains(&"midnight") {
        return Time::new(0, 0, 0, 0).ok();
    }
    let late = words.iter().any(|word| matches!(*word, "pm" | "evening" | "tonight" | "afternoon" | "night"));
    let early = words.iter().any(|word| matches!(*word, "am" | "morning"));
    (0..words.len()).find_map(|at| {
        let (hour, minute, sure) = clock_at(&words[at..])?;
        let before = at.checked_sub(1).map(|before| words[before]).unwrap_or_default();
        let led = matches!(
            before,
            "at" | "for" | "by" | "until" | "till" | "around" | "from" | "before" | "after" | "past"
        );
        let counted = words.get(at + 1).is_some_and(|word| is_unit(word));
        if counted || !(sure || led && before != "past") {
            return None;
        }
        let hour = match hour {
            12 if early => 0,
            1..=11 if late => hour + 12,
            // Nobody meets at three at night; the small hours are said with their half of the day.
            1..=6 if !early && !sure_half(&words) => hour + 12,
            hour => hour,
        };
        Time::new(hour, minute, 0, 0).ok()
    })
}

fn sure_half(words: &[&str]) -> bool {
    words.iter().any(|word| word.ends_with("am") && word.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_unit(word: &str) -> bool {
    [
        "minute", "second", "hour", "day", "week", "month", "year", "percent", "degree", "people", "euro",
        "dollar", "%",
    ]
    .iter()
    .any(|unit| word.starts_with(unit))
}

/// Hour, minute and whether it can be nothing else.
fn clock_at(words: &[&str]) -> Option<(i8, i8, bool)> {
    let first = *words.first()?;
    let next = words.get(1).copied().unwrap_or_default();
    if matches!(first, "half" | "quarter") && matches!(next, "past" | "to") {
        let hour = hour_of(words.get(2)?)?;
        return Some(match (first, next) {
            ("half", "past") => (hour, 30, true),
            ("quarter", "past") => (hour, 15, true),
            ("quarter", _) => (if hour == 1 { 12 } else { hour - 1 }, 45, true),
            _ => return None,
        });
    }
    if let Some((hour, minute)) = first.trim_end_matches(['a', 'p', 'm']).split_once([':', '.']) {
        let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
        let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && first.contains(':');
        let hour = if first.ends_with("pm") && hour < 12 { hour + 12 } else { hour };
        return fits.then_some((hour, minute, true));
    }
    if let Some(hour) = first.strip_suffix("pm").and_then(|hour| hour.parse::<i8>().ok()) {
        return (1..=12).contains(&hour).then_some((if hour == 12 { 12 } else { hour + 12 }, 0, true));
    }
    if let Some(hour) = first.strip_suffix("am").and_then(|hour| hour.parse::<i8>().ok()) {
        return (1..=12).contains(&hour).then_some((hour % 12, 0, true));
    }
    let hour = hour_of(first)?;
    if matches!(next, "am" | "pm" | "o'clock" | "oclock") {
        return Some((hour, 0, true));
    }
    let minute = minute_of(&words[1..]);
    Some((hour, minute.unwrap_or(0), false))
}

fn hour_of(word: &str) -> Option<i8> {
    let told = speech::numbers::counted(&[word])
        .and_then(|(number, used)| (used == 1).then(|| i8::try_from(number).ok())?);
    word.parse().ok().or(told).filter(|hour| (0..24).contains(hour))
}

/// "Six thirty", "seven forty five".
fn minute_of(words: &[&str]) -> Option<i8> {
    let (minute, _) = speech::numbers::counted(&words[..words.len().min(2)])?;
    i8::try_from(minute).ok().filter(|minute| (10..60).contains(minute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_as_people_say_them() {
        for (text, time) in [
            ("at 3 pm", Some("15:00:00")),
            ("tomorrow at 7:30 am", Some("07:30:00")),
            ("at half past nine", Some("09:30:00")),
            ("quarter to six in the evening", Some("17:45:00")),
            ("wake me at six thirty in the morning", Some("06:30:00")),
            ("at noon", Some("12:00:00")),
            ("7pm", Some("19:00:00")),
            ("at 12 am", Some("00:00:00")),
            ("at three", Some("15:00:00")),
            ("at ten", Some("10:00:00")),
            ("6 p.m.", Some("18:00:00")),
            ("eight o'clock", Some("08:00:00")),
            ("for five minutes", None),
            ("set it to 40 percent", None),
            ("I have 3 dogs", None),
            ("at 99", None),
        ] {
            assert_eq!(time_in(text).map(|time| time.to_string()).as_deref(), time, "{text}");
        }
    }

    #[test]
    fn times_are_said_with_their_part_of_the_day() {
        for (hour, minute, said) in [
            (21, 5, "9:05 in the evening"),
            (14, 0, "2 o'clock in the afternoon"),
            (0, 30, "12:30 at night"),
            (12, 0, "noon"),
            (8, 59, "8:59 in the morning"),
        ] {
            assert_eq!(time_said(jiff::civil::time(hour, minute, 0, 0)), said);
        }
    }
}
