//! The date, weekdays, and how far off a day is. Pure; the clock was read by the caller.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime};

use crate::intents::dates::{NamedDay, date_said, day_in, month_in, near_date_said, weekday_in};
use crate::intents::text::{Sentence, Words};

/// Words by which people ask for something.
const ASKING: &[&str] = &[
    "what", "tell", "which", "current", "know", "have", "got", "give", "say", "please", "now", "when", "is",
    "how",
];
/// What sounds so and asks for nothing.
const NEVER: &[&str] = &[
    "good day",
    "nice day",
    "great day",
    "a day",
    "birthday",
    "your day",
    "my day",
    "date night",
    "a date",
    "all day",
    "every day",
    "of the day",
    "any day",
    "one day",
    "up to date",
];

/// The answer, if a date was asked for.
pub(in crate::intents) fn date_answer(sentence: &Sentence, now: DateTime) -> Option<String> {
    let (text, words, today) = (sentence.text.as_str(), &sentence.words, now.date());
    leap_year(words, today)
        .or_else(|| days_of_month(words, today))
        .or_else(|| left_this_year(words, today))
        .or_else(|| until(text, words, now))
        .or_else(|| is_it(words, today))
        .or_else(|| parts(words, today))
        .or_else(|| of_day(sentence, now))
}

fn leap_year(words: &Words, today: Date) -> Option<String> {
    let asked = words.says(&["leap year", "leap years"]);
    let named =
        words.iter().find_map(|word| word.parse::<i16>().ok().filter(|year| (1..9_000).contains(year)));
    let year = named.unwrap_or(today.year());
    let leaps = Date::new(year, 1, 1).ok().filter(|_| asked)?.in_leap_year();
    Some(if leaps {
        format!("Yes, {year} is a leap year.")
    } else {
        format!("No, {year} is not a leap year.")
    })
}

fn days_of_month(words: &Words, today: Date) -> Option<String> {
    if !words.says(&["how many days"]) {
        return None;
    }
    if words.says(&["in a year", "in this year", "this year have", "does this year have"]) {
        return Some(format!("{} has {} days.", today.year(), today.days_in_year()));
    }
    let month = month_in(words)
        .filter(|_| words.has_any(&["in", "has", "have", "does"]) && !words.has_any(&["until", "till"]))?;
    let year =
        words.iter().find_map(|word| word.parse::<i16>().ok().filter(|year| (1_000..9_000).contains(year)));
    let first = Date::new(year.unwrap_or(today.year()), month, 1).ok()?;
    Some(format!("{} has {} days.", first.strftime("%B %Y"), first.days_in_month()))
}

fn left_this_year(words: &Words, today: Date) -> Option<String> {
    if !words.says(&["how many days", "how many weeks"])
        || !words.has_any(&["left", "remaining"])
        || !words.has("year")
    {
        return None;
    }
    let left = i32::from(today.days_in_year()) - i32::from(today.day_of_year());
    Some(format!("There are {} left in {}.", counted(left), today.year()))
}

/// "How many days until Christmas?", "when is Easter?"
fn until(text: &str, words: &Words, now: DateTime) -> Option<String> {
    let far = words.says(&[
        "how many days",
        "how long",
        "how many weeks",
        "how far away",
        "how soon",
        "days until",
        "days till",
    ]) && words.has_any(&["until", "till", "to", "is", "before"]);
    let since = words.says(&["how many days", "how long"]) && words.has("since");
    if !(far || since || words.says(&["when is", "when was", "when will"])) {
        return None;
    }
    let NamedDay { date, name } = day_in(text, now)?;
    // Since Christmas is since the last one.
    let date = if since && date > now.date() { date.checked_sub(1.year()).ok()? } else { date };
    let days = now.date().until(date).ok()?.get_days();
    let said = near_date_said(date, now.date());
    Some(match days {
        0 => format!("That's today, {said}."),
        1 if far => format!("One day: {} is tomorrow, {said}.", capital(&name)),
        _ if far && days > 1 && words.has("weeks") => {
            let (weeks, rest) = (days / 7, days % 7);
            let more = if rest == 0 { String::new() } else { format!(" and {}", counted(rest)) };
            let unit = if weeks == 1 { "week" } else { "weeks" };
            format!("{weeks} {unit}{more} until {}, which is on {said}.", without_in(&name))
        }
        _ if far && days > 1 => format!("{} until {}, which is on {said}.", counted(days), without_in(&name)),
        _ if since || far => format!("{} was {} ago, on {said}.", capital(&name), counted(-days)),
        _ if days < 0 => format!("{} was on {said}.", capital(&name)),
        _ => format!("{} is on {said}.", capital(&name)),
    })
}

/// "Is today Monday?", "is it the weekend?"
fn is_it(words: &Words, today: Date) -> Option<String> {
    let tomorrow = words.starts(&["is tomorrow"]);
    if !tomorrow && !words.starts(&["is it", "is today", "is this"]) {
        return None;
    }
    let (today, name) = if tomorrow { (today.tomorrow().ok()?, "tomorrow") } else { (today, "today") };
    let weekday = today.strftime("%A");
    if words.has("weekend") && words.count() <= 6 {
        let weekend =
            matches!(today.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday);
        let answer = if weekend { "Yes" } else { "No, not yet" };
        return Some(format!("{answer}, {name} is {weekday}."));
    }
    let asked = weekday_in(words).filter(|_| words.count() <= 5)?;
    let answer = if asked == today.weekday() { "Yes" } else { "No" };
    Some(format!("{answer}, {name} is {weekday}."))
}

/// The year, the month, the week.
fn parts(words: &Words, today: Date) -> Option<String> {
    let asked = words.has_any(&["what", "which", "whats"]) && words.count() <= 8;
    let day = words.has_any(&["day", "date", "time"]);
    if !asked || day {
        return None;
    }
    if words.says(&["year is", "the year", "what year", "which year", "current year"]) {
        return Some(format!("The year is {}.", today.year()));
    }
    if words.says(&["month is", "the month", "what month", "which month", "current month"]) {
        return Some(format!("It's {}.", today.strftime("%B")));
    }
    let week = words.says(&[
        "week is",
        "week number",
        "what week",
        "which week",
        "calendar week",
        "current week",
        "week of the year",
    ]);
    week.then(|| format!("It's week {} of the year.", today.iso_week_date().week()))
}

/// The date today, tomorrow or on another day.
fn of_day(sentence: &Sentence, now: DateTime) -> Option<String> {
    let (text, words) = (sentence.text.as_str(), &sentence.words);
    let asked = words.has_any(ASKING) || words.count() <= 2 || words.says(&["day is it", "date is it"]);
    let date = words.has_any(&["date", "weekday", "dates"])
        || words.says(&[
            "what day",
            "which day",
            "day is it",
            "day was it",
            "day of the week",
            "is the day",
            "day is today",
            "the day today",
            "what is today",
            "what today is",
            "what is tomorrow",
            "todays date",
            "day will it be",
            "day today",
        ]);
    if !date
        || !asked
        || words.says(NEVER)
        || !sentence.wants() && !words.says(&["day is it", "date is it"])
        || words.has("until")
    {
        return None;
    }
    let long = words.count() > 12;
    match day_in(text, now).filter(|day| day.date != now.date()) {
        None if long => None,
        None => Some(format!("Today is {}.", date_said(now.date()))),
        Some(NamedDay { date, name }) => {
            let verb = if date < now.date() { "was" } else { "is" };
            let said = date_said(date);
            let on = if matches!(name.as_str(), "tomorrow" | "yesterday")
                || name.starts_with("the day")
                || name.ends_with("ago")
                || name.starts_with("in ")
            {
                ""
            } else {
                "on "
            };
            Some(match name.as_str() {
                name if name.starts_with("in ") => format!("{} it will be {said}.", capital(name)),
                name if name.starts_with(|c: char| c.is_ascii_digit()) && !name.ends_with("ago") => {
                    format!("That {verb} {said}.")
                }
                name if name.ends_with("ago") => format!("{} it was {said}.", capital(name)),
                name => format!("{} {verb} {on}{said}.", capital(name)),
            })
        }
    }
}

fn without_in(name: &str) -> &str {
    name.strip_prefix("in ").unwrap_or(name)
}

fn counted(days: i32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str) -> Option<String> {
        date_answer(&Sentence::of(text), jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0))
    }

    #[test]
    fn the_date_is_told_however_it_is_asked_for() {
        for text in [
            "what's the date today",
            "Which day is it?",
            "what day of the week is it",
            "what is todays date",
            "Tell me today's date.",
            "What is today?",
            "the date please",
            "do you know what day it is",
            "will day is it today",
        ] {
            assert_eq!(ask(text).as_deref(), Some("Today is Sunday, 22 November 2026."), "{text}");
        }
    }

    #[test]
    fn other_days_and_how_far_they_are_off() {
        for (text, said) in [
            ("What year is it?", "The year is 2026."),
            ("which month is it", "It's November."),
            ("What week is it?", "It's week 47 of the year."),
            ("What day is tomorrow?", "Tomorrow is Monday, 23 November 2026."),
            ("How many days until Christmas?", "33 days until Christmas, which is on Friday, 25 December."),
            ("When is Easter?", "Easter is on Sunday, 28 March 2027."),
            ("Is today Monday?", "No, today is Sunday."),
            ("How many days are in February?", "February 2026 has 28 days."),
            ("What's the date in two weeks?", "In 2 weeks it will be Sunday, 6 December 2026."),
            ("What day is Christmas?", "Christmas is on Friday, 25 December 2026."),
            ("is 2028 a leap year", "Yes, 2028 is a leap year."),
            ("How many days are left this year?", "There are 39 days left in 2026."),
        ] {
            assert_eq!(ask(text).as_deref(), Some(said), "{text}");
        }
    }

    #[test]
    fn what_asks_for_no_date_is_not_answered() {
        for text in [
            "have a nice day",
            "Hello there",
            "you made my day",
            "every day is different",
            "I have a date tonight",
            "",
        ] {
            assert_eq!(ask(text), None, "{text}");
        }
    }
}
