//! The days ahead that a text asks about: one, or several in a row. Pure; the present moment is handed in.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Span, ToSpan as _};

use super::{NamedDay, WEEKDAYS, day_in, weekday_in};
use crate::intents::text::{Words, pieces_of, quantity_at};

/// "The next few days".
const FEW: i64 = 3;
/// More days than that are not counted.
const MOST: f64 = 400.0;

/// Days in a row.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::intents) struct DaysAhead {
    pub(in crate::intents) first: Date,
    /// The same as `first` for a single day.
    pub(in crate::intents) last: Date,
    /// As it is said behind what happens then: "tomorrow", "on Friday", "next week".
    pub(in crate::intents) when: String,
}

/// The days that a text asks about; `None` when it names none.
pub(in crate::intents) fn days_ahead(text: &str, now: DateTime) -> Option<DaysAhead> {
    let words = Words::of(text);
    let today = now.date();
    weeks(&words, today)
        .or_else(|| counted(text, today))
        .or_else(|| (!named_month_only(&words)).then(|| day_in(text, now)).flatten().map(single))
}

/// Weekends, weeks and what lies in them.
fn weeks(words: &Words, today: Date) -> Option<DaysAhead> {
    let weekday = i64::from(today.weekday().to_monday_zero_offset());
    let day = |offset: i64| today.checked_add(Span::new().try_days(offset).ok()?).ok();
    let days = |first: i64, last: i64, when: &str| {
        Some(DaysAhead { first: day(first)?, last: day(last)?, when: when.to_owned() })
    };
    let next_monday = 7 - weekday;
    if words.has_any(&["weekend", "weekends"]) {
        let saturday = 5 - weekday;
        let is_next = words.says(&["next weekend", "weekend after", "following weekend"]);
        return match (is_next, weekday) {
            (true, _) => days(next_monday + 5, next_monday + 6, "next weekend"),
            // On a Sunday what is left of it is today.
            (false, 6) => days(0, 0, "today"),
            (false, _) => days(saturday.max(0), saturday + 1, "this weekend"),
        };
    }
    if words.says(&["next week", "week after this", "following week", "coming week"]) {
        return match weekday_in(words) {
            Some(wanted) => {
                let offset = next_monday + i64::from(wanted.to_monday_zero_offset());
                days(offset, offset, &format!("on {} next week", name_of(wanted)))
            }
            None if words.says(&["this time next week", "today next week"]) => days(7, 7, "in a week"),
            None => days(next_monday, next_monday + 6, "next week"),
        };
    }
    if weekday_in(words).is_none() && words.says(&["this week", "rest of the week", "during the week"]) {
        return days(0, 6 - weekday, "this week");
    }
    if words.says(&["few days", "coming days", "next days", "couple of days", "days ahead", "days to come"])
        && !words.has("ago")
    {
        return days(1, FEW, "over the next few days");
    }
    if words.says(&["next month"]) {
        let first = today.first_of_month().checked_add(1.month()).ok()?;
        return Some(DaysAhead { first, last: first.last_of_month(), when: "next month".to_owned() });
    }
    None
}

/// "The next five days", "a ten day forecast", "the next two weeks".
fn counted(text: &str, today: Date) -> Option<DaysAhead> {
    let pieces = pieces_of(text);
    (0..pieces.len()).find_map(|at| {
        let (count, used) = quantity_at(&pieces[at..])?;
        let before = at.checked_sub(1).and_then(|before| pieces.get(before)).map_or("", String::as_str);
        let unit = pieces.get(at + used)?.trim_end_matches('s');
        let behind = pieces.get(at + used + 1).map_or("", String::as_str);
        let is_row =
            matches!(before, "next" | "coming" | "following") || matches!(behind, "forecast" | "outlook");
        let days = match unit {
            "day" => count,
            "week" => 7.0 * count,
            _ => return None,
        };
        if !is_row || !(1.0..=MOST).contains(&days) {
            return None;
        }
        let days = days.round() as i64;
        let last = today.checked_add(Span::new().try_days(days).ok()?).ok()?;
        let plural = if days == 1 { "day".to_owned() } else { format!("{days} days") };
        Some(DaysAhead { first: today.tomorrow().ok()?, last, when: format!("over the next {plural}") })
    })
}

/// "May" alone is no day, and "in May" no single one.
fn named_month_only(words: &Words) -> bool {
    super::month_in(words).is_some()
        && !words.iter().any(|word| {
            word.starts_with(|c: char| c.is_ascii_digit())
                || super::ordinal(word).is_some()
                || speech::numbers::counted(&[word]).is_some()
        })
        && weekday_in(words).is_none()
}

fn single(NamedDay { date, name }: NamedDay) -> DaysAhead {
    let plain =
        ["tomorrow", "yesterday", "today", "tonight", "the day after tomorrow", "the day before yesterday"];
    let led = ["in ", "next ", "last "].iter().any(|lead| name.starts_with(lead));
    let when = match name.as_str() {
        "in 1 week" => "in a week".to_owned(),
        "in 1 day" => "tomorrow".to_owned(),
        "in 1 month" => "in a month".to_owned(),
        _ if plain.contains(&name.as_str()) || led || name.ends_with(" ago") => name,
        _ => format!("on {name}"),
    };
    DaysAhead { first: date, last: date, when }
}

fn name_of(weekday: Weekday) -> String {
    let name = WEEKDAYS.iter().find(|(_, known)| *known == weekday).map_or("", |(name, _)| *name);
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, today: Date) -> Option<String> {
        let DaysAhead { first, last, when } = days_ahead(text, today.at(14, 5, 0, 0))?;
        Some(if first == last { format!("{first} {when}") } else { format!("{first}..{last} {when}") })
    }

    #[test]
    fn days_ahead_are_found_however_they_are_named() {
        let sunday = jiff::civil::date(2026, 11, 22);
        let wednesday = jiff::civil::date(2026, 11, 25);
        let saturday = jiff::civil::date(2026, 11, 28);
        for (today, text, expected) in [
            (wednesday, "weather in Oslo on Friday", "2026-11-27 on Friday"),
            (wednesday, "will it rain tomorrow", "2026-11-26 tomorrow"),
            (wednesday, "the day after tomorrow", "2026-11-27 the day after tomorrow"),
            (wednesday, "next Monday", "2026-11-30 next Monday"),
            (wednesday, "on Tuesday next week", "2026-12-01 on Tuesday next week"),
            (wednesday, "this weekend", "2026-11-28..2026-11-29 this weekend"),
            (saturday, "this weekend", "2026-11-28..2026-11-29 this weekend"),
            (sunday, "at the weekend", "2026-11-22 today"),
            (wednesday, "next weekend", "2026-12-05..2026-12-06 next weekend"),
            (wednesday, "next week", "2026-11-30..2026-12-06 next week"),
            (sunday, "next week", "2026-11-23..2026-11-29 next week"),
            (wednesday, "the rest of the week", "2026-11-25..2026-11-29 this week"),
            (wednesday, "in the next few days", "2026-11-26..2026-11-28 over the next few days"),
            (wednesday, "for the next five days", "2026-11-26..2026-11-30 over the next 5 days"),
            (wednesday, "a ten day forecast", "2026-11-26..2026-12-05 over the next 10 days"),
            (wednesday, "over the next two weeks", "2026-11-26..2026-12-09 over the next 14 days"),
            (wednesday, "in a week", "2026-12-02 in a week"),
            (wednesday, "in five days", "2026-11-30 in 5 days"),
            (wednesday, "on the 3rd of December", "2026-12-03 on 3 December"),
            (wednesday, "at Christmas", "2026-12-25 on Christmas"),
            (wednesday, "next month", "2026-12-01..2026-12-31 next month"),
        ] {
            assert_eq!(found(text, today).as_deref(), Some(expected), "{text}");
        }
        for none in ["what's the weather", "in March", "in two hours", "a week is long", ""] {
            assert_eq!(found(none, wednesday), None, "{none}");
        }
    }
}
