//! The time and the date, however they are asked for. Pure; the clock was read by the caller.

use jiff::civil::DateTime;

use super::words::Words;

/// Words by which people ask for something.
const ASKING: [&str; 11] =
    ["what", "tell", "which", "current", "know", "have", "got", "give", "say", "please", "now"];

/// The answer, if the time or the date was asked for.
pub(super) fn answer(words: &Words, now: DateTime) -> Option<String> {
    // Only a question has its words in this order, whatever became of its first one.
    let asked = words.has_any(&ASKING)
        || words.count() <= 2
        || words.says(&["time is it", "day is it", "date is it"]);
    let date = words.has_any(&["date", "day", "weekday", "month", "year"])
        || words.says(&["what is today", "what today is"]);
    // "The time of my life", "next time" and "how many times" ask for nothing.
    let time = words.says(&["time is it", "the time", "time it is", "current time", "time now"])
        || words.only(&["time"])
        || words.says(&["time please", "what time"]);
    if time && asked {
        return Some(format!("It is {}:{:02}.", now.hour(), now.minute()));
    }
    if !date || !asked || words.says(&["good day", "nice day", "a day", "birthday", "your day"]) {
        return None;
    }
    if words.has("year") && !words.has_any(&["date", "day", "month"]) {
        return Some(format!("The year is {}.", now.year()));
    }
    Some(format!("Today is {}.", now.strftime("%A, %-d %B %Y")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str) -> Option<String> {
        answer(&Words::of(text), jiff::civil::date(2026, 11, 22).at(14, 5, 0, 0))
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
        ] {
            assert_eq!(ask(text).as_deref(), Some("It is 14:05."), "{text}");
        }
    }

    #[test]
    fn so_is_the_date() {
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
        assert_eq!(ask("What year is it?").as_deref(), Some("The year is 2026."));
    }

    #[test]
    fn what_asks_for_neither_is_not_answered() {
        for text in ["I had the time of my life", "how many times", "have a nice day", "Hello there", ""] {
            assert_eq!(ask(text), None, "{text}");
        }
    }
}
