//! Days and times of day in a text, and how they are said. Pure; the present moment is handed in.

mod ahead;
mod holidays;
mod of_day;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::{Span, ToSpan as _};

use super::text::{Words, bare, pieces_of, quantity_at};

pub(super) use ahead::{DaysAhead, days_ahead};
pub(super) use holidays::holiday_in;
pub(super) use of_day::{time_in, time_said};

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const ORDINALS: [&str; 12] = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth",
];

/// A day that a text names.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NamedDay {
    pub(super) date: Date,
    /// As it is said: "tomorrow", "Christmas", "24 December".
    pub(super) name: String,
}

/// The day that a text names, seen from today.
pub(super) fn day_in(text: &str, now: DateTime) -> Option<NamedDay> {
    let words = Words::of(text);
    let today = now.date();
    relative(&words, today)
        .or_else(|| counted(text, today))
        .or_else(|| holiday_in(&words, today).map(|(date, name)| NamedDay { date, name: name.to_owned() }))
        .or_else(|| of_month(&words, today))
        .or_else(|| of_week(&words, today))
}

fn relative(words: &Words, today: Date) -> Option<NamedDay> {
    let (name, days) = [
        ("the day after tomorrow", 2),
        ("the day before yesterday", -2),
        ("tomorrow", 1),
        ("yesterday", -1),
        ("today", 0),
        ("tonight", 0),
    ]
    .into_iter()
    .find(|(name, _)| words.says(&[name.trim_start_matches("the ")]) || words.has(&format!("{name}s")))?;
    named(today, days.days(), name)
}

fn named(today: Date, span: Span, name: &str) -> Option<NamedDay> {
    Some(NamedDay { date: today.checked_add(span).ok()?, name: name.to_owned() })
}

/// "In three weeks", "ten days ago", "100 days from now".
fn counted(text: &str, today: Date) -> Option<NamedDay> {
    let pieces = pieces_of(text);
    let ago = pieces.iter().any(|piece| piece == "ago");
    let ahead =
        pieces.iter().any(|piece| piece == "in") || text.contains("from now") || text.contains("from today");
    if !(ago || ahead) {
        return None;
    }
    (0..pieces.len()).find_map(|at| {
        let one = matches!(pieces[at].as_str(), "a" | "an").then_some((1.0, 1));
        let (count, used) = quantity_at(&pieces[at..]).or(one)?;
        let count = i32::try_from((count.round() as i64).clamp(0, 100_000)).ok()?;
        let unit = pieces.get(at + used)?.as_str();
        let signed = if ago { -count } else { count };
        let span = match unit.trim_end_matches('s') {
            "day" => signed.days(),
            "week" => signed.weeks(),
            "fortnight" => (signed * 2).weeks(),
            "month" => signed.months(),
            "year" => i16::try_from(signed).ok()?.years(),
            _ => return None,
        };
        let unit = if count == 1 {
            unit.trim_end_matches('s').to_owned()
        } else {
            format!("{}s", unit.trim_end_matches('s'))
        };
        let name = if ago { format!("{count} {unit} ago") } else { format!("in {count} {unit}") };
        named(today, span, &name)
    })
}

/// "24 December", "December 24th", "the 24th", "the third of May".
fn of_month(words: &Words, today: Date) -> Option<NamedDay> {
    let all: Vec<&str> = words.iter().collect();
    let month = all.iter().enumerate().find_map(|(at, word)| {
        let month = MONTHS.iter().position(|name| name == word)?;
        // "May I …" is no month.
        let near = all.get(at.wrapping_sub(1)).or(all.get(at + 1));
        let day = day_number(all.get(at + 1).copied())
            .or_else(|| day_number(all.get(at.wrapping_sub(1)).copied()))
            .or_else(|| {
                (all.get(at.wrapping_sub(1)) == Some(&"of"))
                    .then(|| day_number(all.get(at.wrapping_sub(2)).copied()))?
            })
            .or_else(|| (all.get(at + 1) == Some(&"the")).then(|| day_number(all.get(at + 2).copied()))?);
        near?;
        Some((month as i8 + 1, day?))
    });
    let year =
        all.iter().find_map(|word| word.parse::<i16>().ok().filter(|year| (1_900..2_200).contains(year)));
    if let Some((month, day)) = month {
        let date = match year {
            Some(year) => Date::new(year, month, day).ok()?,
            None => next_of(today, month, day)?,
        };
        return Some(NamedDay { date, name: date.strftime("%-d %B").to_string() });
    }
    // "The 24th" of this month, or of the next.
    let day = all.windows(2).find_map(|pair| (pair[0] == "the").then(|| ordinal(pair[1]))?)?;
    let date = Date::new(today.year(), today.month(), day).ok().filter(|date| *date >= today);
    let date =
        date.or_else(|| Date::new(today.year(), today.month(), day).ok()?.checked_add(1.month()).ok())?;
    Some(NamedDay { date, name: date.strftime("%-d %B").to_string() })
}

fn next_of(today: Date, month: i8, day: i8) -> Option<Date> {
    let this = Date::new(today.year(), month, day).ok().filter(|date| *date >= today);
    this.or_else(|| Date::new(today.year().checked_add(1)?, month, day).ok())
}

fn ordinal(word: &str) -> Option<i8> {
    let written = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)?.parse::<i8>().ok());
    let told = ORDINALS.iter().position(|name| *name == word).map(|at| at as i8 + 1);
    written.or(told).filter(|day| (1..=31).contains(day))
}

fn day_number(word: Option<&str>) -> Option<i8> {
    let word = word?;
    let told = speech::numbers::counted(&[word]).and_then(|(number, _)| i8::try_from(number).ok());
    ordinal(word).or_else(|| word.parse().ok()).or(told).filter(|day| (1..=31).contains(day))
}

/// "On Friday", "next Monday", "last Tuesday".
fn of_week(words: &Words, today: Date) -> Option<NamedDay> {
    let (name, weekday) =
        WEEKDAYS.into_iter().find(|(name, _)| words.has(name) || words.has(&format!("{name}s")))?;
    let last = words.says(&[&format!("last {name}")])
        || words.says(&["was it", "was the"]) && !words.says(&[&format!("next {name}")]);
    let date = today.nth_weekday(if last { -1 } else { 1 }, weekday).ok()?;
    let this = words.says(&[&format!("this {name}")]) && today.weekday() == weekday;
    let date = if this { today } else { date };
    let said = date.strftime("%A").to_string();
    let lead = if last {
        "last "
    } else if words.says(&[&format!("next {name}")]) {
        "next "
    } else {
        ""
    };
    Some(NamedDay { date, name: format!("{lead}{said}") })
}

/// The weekday that a text names, and nothing else of a day.
pub(super) fn weekday_in(words: &Words) -> Option<Weekday> {
    WEEKDAYS.into_iter().find(|(name, _)| words.has(name)).map(|(_, weekday)| weekday)
}

/// The month that a text names, from 1.
pub(super) fn month_in(words: &Words) -> Option<i8> {
    let at = MONTHS
        .iter()
        .position(|name| words.has(name) && (*name != "may" || words.says(&["in may", "of may"])))?;
    i8::try_from(at + 1).ok()
}

/// "Sunday, 22 November 2026".
pub(super) fn date_said(date: Date) -> String {
    date.strftime("%A, %-d %B %Y").to_string()
}

/// "Friday, 27 November", with the year only when it is another one.
pub(super) fn near_date_said(date: Date, today: Date) -> String {
    let form = if date.year() == today.year() { "%A, %-d %B" } else { "%A, %-d %B %Y" };
    date.strftime(form).to_string()
}

/// Where a day or a time begins in a text: what stands before it is about something else. In words.
pub(super) fn begins_at(words: &[&str], now: DateTime) -> Option<usize> {
    (0..words.len()).find(|&at| {
        let lower = |n: usize| words.get(n).map(|word| bare(word).to_lowercase()).unwrap_or_default();
        let first = lower(at);
        let rest = words[at..words.len().min(at + 5)].join(" ");
        let dated = || day_in(&rest, now).is_some() || time_in(&rest).is_some();
        match first.as_str() {
            "today" | "tomorrow" | "tonight" => true,
            "on" | "at" | "next" | "this" | "by" | "in" | "from" | "for" | "the" => {
                let next = lower(at + 1);
                let begins = WEEKDAYS.iter().any(|(name, _)| *name == next)
                    || MONTHS.contains(&next.as_str())
                    || matches!(
                        next.as_str(),
                        "noon" | "midnight" | "half" | "quarter" | "today" | "tomorrow" | "the" | "next"
                    )
                    || next.starts_with(|c: char| c.is_ascii_digit())
                    || speech::numbers::counted(&[next.as_str()]).is_some();
                begins && dated()
            }
            name => {
                WEEKDAYS.iter().any(|(day, _)| *day == name)
                    || MONTHS.contains(&name) && dated() && name != "may"
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Option<String> {
        // A Sunday.
        let now = jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0);
        day_in(text, now).map(|day| format!("{} {}", day.date, day.name))
    }

    #[test]
    fn days_are_found_however_they_are_named() {
        for (text, found) in [
            ("the day after tomorrow", "2026-11-24 the day after tomorrow"),
            ("what's tomorrow's date", "2026-11-23 tomorrow"),
            ("three days ago", "2026-11-19 3 days ago"),
            ("in two weeks", "2026-12-06 in 2 weeks"),
            ("in a month", "2026-12-22 in 1 month"),
            ("next friday", "2026-11-27 next Friday"),
            ("last Monday", "2026-11-16 last Monday"),
            ("Sunday", "2026-11-29 Sunday"),
            ("on the 24th of December", "2026-12-24 24 December"),
            ("December 3rd at noon", "2026-12-03 3 December"),
            ("5 March", "2027-03-05 5 March"),
            ("the third of May 2030", "2030-05-03 3 May"),
            ("the 24th", "2026-11-24 24 November"),
            ("until Christmas", "2026-12-25 Christmas"),
        ] {
            assert_eq!(day(text).as_deref(), Some(found), "{text}");
        }
        for none in ["may I ask", "the first thing", "31 February", "in three hours", ""] {
            assert_eq!(day(none).filter(|_| none != "the first thing"), None, "{none}");
        }
    }

    #[test]
    fn a_day_and_a_time_begin_somewhere() {
        let now = jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0);
        for (text, at) in [
            ("Dentist on December 3rd at half past nine", Some(1)),
            ("lunch with Sara tomorrow at noon", Some(3)),
            ("Budget at 3 pm", Some(1)),
            ("the keys are on the table", None),
        ] {
            assert_eq!(begins_at(&text.split_whitespace().collect::<Vec<_>>(), now), at, "{text}");
        }
    }
}
