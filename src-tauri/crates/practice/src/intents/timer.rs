//! Timers: what is asked about them, and which run. Pure and bounded; the time is handed in.
//!
//! A timer is a part of the session's memory, so that it goes on through a resumption.

use std::time::Duration;

use tokio::time::Instant;

use super::quantity::{pieces_of, plain, quantity_at};
use super::words::{Words, sounds_like};

/// Timers at once.
const MOST: usize = 8;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(24);
/// The longest note of a reminder, in characters.
const NOTE_CHARS: usize = 80;

/// The timers of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    running: Vec<Timer>,
}

#[derive(Clone, Debug)]
struct Timer {
    due: Instant,
    length: Duration,
    note: Option<String>,
}

impl Timers {
    /// When the next is up.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.running.iter().map(|timer| timer.due).min()
    }

    /// Takes those that are up; what to say about them.
    pub(crate) fn ring(&mut self, now: Instant) -> Option<String> {
        let (mut up, running): (Vec<Timer>, Vec<Timer>) =
            std::mem::take(&mut self.running).into_iter().partition(|timer| timer.due <= now);
        self.running = running;
        up.sort_by_key(|timer| timer.due);
        let said: Vec<String> = up.iter().map(Timer::ring).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }

    /// What is said when `text` is about timers; sets, reads or cancels them.
    pub(super) fn answer(&mut self, text: &str, words: &Words, now: Instant) -> Option<String> {
        let length = duration_in(&pieces_of(text));
        // A recogniser in a noisy room hears "time" or "tiger": what is set for two minutes is a timer all the same.
        let set = words.has_any(&["set", "start", "begin", "said"])
            && words.has_any(&["time", "times", "tiger", "tamer"]);
        let timer =
            words.has_any(&["timer", "timers", "alarm", "alarms", "countdown"]) || (set && length.is_some());
        let reminds = words.says(&["remind me", "wake me", "reminder"]);
        let ends = words.has_any(&["cancel", "stop", "delete", "clear", "remove", "forget"])
            || words.says(&["turn off", "switch off"]);
        // Of a timer that runs, nothing else is wanted that sounds so.
        let ends = ends
            || timer
                && length.is_none()
                && !self.running.is_empty()
                && words.iter().any(|word| sounds_like(word, "cancel"));
        let cancels = !self.running.is_empty() && words.has("cancel") && words.count() <= 5;
        if !(timer || reminds || cancels) {
            return None;
        }
        if ends {
            return Some(self.cancel());
        }
        let asks = words.says(&["how long", "how much", "how many", "is left", "time left", "remaining"]);
        if asks && length.is_none() {
            return Some(self.left(now));
        }
        let Some(length) = length else {
            return Some("For how long? Say, for example: set a timer for two minutes.".to_owned());
        };
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Some("My timers run from one second to 24 hours.".to_owned());
        }
        if self.running.len() == MOST {
            return Some(format!("I have {MOST} timers running, and cannot keep more. Cancel them first."));
        }
        let note = if reminds { note_in(text) } else { None };
        let said = spoken(length);
        self.running.push(Timer { due: now + length, length, note });
        Some(if reminds {
            format!("I will remind you in {said}.")
        } else {
            format!("Your timer is set for {said}.")
        })
    }

    fn cancel(&mut self) -> String {
        match std::mem::take(&mut self.running).len() {
            0 => "No timer is running.".to_owned(),
            1 => "Your timer is cancelled.".to_owned(),
            count => format!("All {count} timers are cancelled."),
        }
    }

    fn left(&self, now: Instant) -> String {
        let Some(next) = self.running.iter().min_by_key(|timer| timer.due) else {
            return "No timer is running.".to_owned();
        };
        // Up, so that it is never said to be over before it rings.
        let left =
            Duration::from_secs(next.due.saturating_duration_since(now).as_millis().div_ceil(1_000) as u64);
        format!("Your timer for {} has {} left.", spoken(next.length), spoken(left))
    }
}

impl Timer {
    fn ring(&self) -> String {
        let length = spoken(self.length);
        match &self.note {
            Some(note) => format!("I was to remind you after {length}: {note}."),
            None => format!("Time is up! Your timer for {length} is over."),
        }
    }
}

/// The duration in a text: "2 minutes", "an hour and a half", "one minute and thirty seconds".
pub(super) fn duration_in(pieces: &[String]) -> Option<Duration> {
    let word = |at: usize| pieces.get(at).map_or("", String::as_str);
    let mut seconds: Option<f64> = None;
    let mut at = 0;
    while at < pieces.len() {
        let (mut count, mut used) = match quantity_at(&pieces[at..]) {
            Some(found) => found,
            None if matches!(word(at), "a" | "an") => (1.0, 1),
            None => {
                at += 1;
                continue;
            }
        };
        // "A quarter of an hour", "half an hour".
        while matches!(word(at + used), "of" | "a" | "an") {
            used += 1;
        }
        let Some(unit) = unit(word(at + used)) else {
            at += 1;
            continue;
        };
        used += 1;
        if word(at + used) == "and" && word(at + used + 1) == "a" {
            let more = match word(at + used + 2) {
                "half" => 0.5,
                "quarter" => 0.25,
                _ => 0.0,
            };
            count += more;
            used += if more > 0.0 { 3 } else { 0 };
        }
        *seconds.get_or_insert(0.0) += count * unit;
        at += used;
    }
    Duration::try_from_secs_f64(seconds?).ok()
}

fn unit(word: &str) -> Option<f64> {
    Some(match word {
        "second" | "seconds" | "sec" | "secs" => 1.0,
        "minute" | "minutes" | "min" | "mins" => 60.0,
        "hour" | "hours" => 3_600.0,
        _ => return None,
    })
}

/// "1 hour, 2 minutes and 3 seconds".
fn spoken(length: Duration) -> String {
    let whole = length.as_secs();
    let seconds = (whole % 60) as f64 + f64::from(length.subsec_millis()) / 1_000.0;
    let parts: Vec<String> =
        [((whole / 3_600) as f64, "hour"), ((whole / 60 % 60) as f64, "minute"), (seconds, "second")]
            .into_iter()
            .filter(|(count, _)| *count > 0.0)
            .map(|(count, unit)| {
                let one = (count - 1.0).abs() < 1e-3;
                format!("{} {unit}{}", plain(count), if one { "" } else { "s" })
            })
            .collect();
    match parts.as_slice() {
        [] => "0 seconds".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What to be reminded of: the words behind "to", without the duration.
fn note_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(400).collect();
    let at = words.iter().position(|word| word.eq_ignore_ascii_case("to"))?;
    let end = words[at + 1..]
        .iter()
        .position(|word| word.eq_ignore_ascii_case("in"))
        .map_or(words.len(), |n| at + 1 + n);
    let note: String = words[at + 1..end].join(" ").chars().take(NOTE_CHARS).collect();
    let note = note.trim_end_matches(|c: char| !c.is_alphanumeric());
    (!note.is_empty()).then(|| note.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duration(text: &str) -> Option<u64> {
        duration_in(&pieces_of(text)).map(|length| length.as_millis() as u64)
    }

    #[test]
    fn durations_are_read_as_people_say_them() {
        for (text, seconds) in [
            ("Set a timer for two minutes", 120.0),
            ("set a 2-minute timer", 120.0),
            ("timer for ninety seconds please", 90.0),
            ("an hour and a half", 5_400.0),
            ("one minute and thirty seconds", 90.0),
            ("1 minute 30 seconds", 90.0),
            ("two and a half minutes", 150.0),
            ("half an hour", 1_800.0),
            ("a quarter of an hour", 900.0),
            ("a minute", 60.0),
            ("twenty-five minutes", 1_500.0),
        ] {
            assert_eq!(duration(text), Some((seconds * 1_000.0) as u64), "{text}");
        }
        assert_eq!(duration("a timer"), None);
        assert_eq!(duration("five apples and a dog"), None);
    }

    #[test]
    fn timers_are_set_read_rung_and_cancelled() {
        let mut timers = Timers::default();
        let start = Instant::now();
        let ask = |timers: &mut Timers, text: &str, at: u64| {
            timers.answer(text, &Words::of(text), start + Duration::from_secs(at)).unwrap_or_default()
        };
        assert_eq!(ask(&mut timers, "hello", 0), "");
        assert_eq!(ask(&mut timers, "Set a five minute time.", 0), "Your timer is set for 5 minutes.");
        assert_eq!(ask(&mut timers, "Cancel the Tiger, please.", 0), "Your timer is cancelled.");
        assert_eq!(ask(&mut timers, "Cancel the Tiger, please.", 0), "");
        assert_eq!(ask(&mut timers, "what a time, set in stone", 0), "");
        assert_eq!(ask(&mut timers, "Said a timer for two minutes", 0), "Your timer is set for 2 minutes.");
        assert_eq!(
            ask(&mut timers, "how much time is left on the timer?", 29),
            "Your timer for 2 minutes has 1 minute and 31 seconds left."
        );
        assert_eq!(
            ask(&mut timers, "remind me to call my mother in one minute", 0),
            "I will remind you in 1 minute."
        );
        assert_eq!(timers.due(), Some(start + Duration::from_mins(1)));
        assert_eq!(timers.ring(start + Duration::from_secs(59)), None);
        assert_eq!(
            timers.ring(start + Duration::from_mins(5)).as_deref(),
            Some(
                "I was to remind you after 1 minute: call my mother. Time is up! Your timer for 2 minutes is over."
            )
        );
        assert_eq!((timers.due(), timers.ring(start + Duration::from_hours(9))), (None, None));
        assert!(ask(&mut timers, "Council the timer, please.", 0).starts_with("For how long?"));
        ask(&mut timers, "set a timer for a minute", 0);
        assert!(ask(&mut timers, "Set a council timer for a minute.", 0).contains("is set"));
        assert_eq!(ask(&mut timers, "Council the timer, please.", 0), "All 2 timers are cancelled.");
        assert_eq!(ask(&mut timers, "cancel the timer", 0), "No timer is running.");
        assert!(ask(&mut timers, "set a timer", 0).starts_with("For how long?"));
        assert!(ask(&mut timers, "set a timer for 25 hours", 0).contains("24 hours"));
    }

    #[test]
    fn there_are_never_more_than_a_few() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        let text = "set a timer for one minute";
        for _ in 0..100 {
            timers.answer(text, &Words::of(text), now);
        }
        assert_eq!(timers.running.len(), MOST);
        assert!(
            timers.answer(text, &Words::of(text), now).is_some_and(|said| said.contains("cannot keep more"))
        );
    }
}
