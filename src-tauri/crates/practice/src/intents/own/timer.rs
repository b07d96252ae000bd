//! Timers: what is asked about them, and which run. Pure and bounded; the time is handed in.
//!
//! A timer is a part of the session's memory, so that it goes on through a resumption.

use std::time::Duration;

use jiff::civil::DateTime;
use tokio::time::Instant;

use crate::intents::dates::{begins_at, day_in, time_in, time_said};
use crate::intents::text::{Words, listed, pieces_of, plain, quantity_at, sounds_like};

/// Timers at once.
const MOST: usize = 8;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(24);
/// The longest note of a reminder, in characters.
const NOTE_CHARS: usize = 80;
const OUT_OF_RANGE: &str = "My timers run from one second to 24 hours.";
/// Ways to be called after a while.
const CALLS: &[&str] = &[
    "a shout",
    "shout at me",
    "a buzz",
    "buzz me",
    "a ping",
    "ping me",
    "a nudge",
    "nudge me",
    "poke me",
    "a poke",
    "beep me",
    "beep in",
    "a beep",
    "yell at me",
    "a yell",
    "a heads up",
    "let me know in",
    "tell me in",
    "warn me in",
    "call me in",
    "alert me in",
    "ring in",
];

/// The timers of a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    running: Vec<Timer>,
    /// Whether what was said last was about the newest of them: "make it ten instead".
    is_fresh: bool,
    /// One that the partner asked about: for how long, or when.
    asked: Option<Wanted>,
}

/// A timer that is wanted.
#[derive(Clone, Debug)]
struct Wanted {
    reminds: bool,
    alarm: bool,
    note: Option<String>,
}

enum Wish {
    Set {
        reminds: bool,
        alarm: bool,
    },
    /// The newest gets another length.
    Change,
    /// The newest lasts so much longer, or less.
    Move {
        is_longer: bool,
    },
    Read,
    Cancel,
}

#[derive(Clone, Debug)]
struct Timer {
    due: Instant,
    length: Duration,
    note: Option<String>,
}

impl Timers {
    /// Whether any is running.
    pub(in crate::intents) fn run(&self) -> bool {
        !self.running.is_empty()
    }

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

    /// What is said when `text` is about timers; sets, reads or cancels them. `instant` and `now` are the same moment.
    pub(in crate::intents) fn answer(
        &mut self,
        text: &str,
        words: &Words,
        instant: Instant,
        now: DateTime,
    ) -> Option<String> {
        let pieces = pieces_of(text);
        let length = duration_in(&pieces);
        if let Some(wanted) = self.asked.take()
            && words.count() <= 8
            && let Some(said) = self.complete(&wanted, text, length, (instant, now))
        {
            return Some(said);
        }
        let was_fresh = std::mem::take(&mut self.is_fresh);
        let wish = self.wish(words, &pieces, length, was_fresh)?;
        match wish {
            Wish::Cancel => return Some(self.cancel()),
            Wish::Read => {
                self.is_fresh = true;
                return Some(self.left(instant));
            }
            Wish::Change => return self.change(length.or_else(|| self.length_in_unit(&pieces))?, instant),
            Wish::Move { is_longer } => return self.put_off(length?, is_longer, instant),
            Wish::Set { .. } => {}
        }
        let Wish::Set { reminds, alarm } = wish else { return None };
        let note = if reminds { note_in(text, now) } else { None };
        let at = time_in(text).filter(|_| length.is_none());
        let wanted = Wanted { reminds, alarm, note };
        match (length, at) {
            (Some(length), _) => Some(self.set(&wanted, length, None, instant)),
            (None, Some(at)) => {
                Some(self.set_at(&wanted, at, day_in(text, now).map(|day| day.date), (instant, now)))
            }
            (None, None) => {
                self.asked = Some(wanted);
                Some(
                    if alarm || reminds {
                        "When? Say, for example: at seven, or in ten minutes."
                    } else {
                        "For how long?"
                    }
                    .to_owned(),
                )
            }
        }
    }

    /// What is wanted of the timers, if anything.
    fn wish(
        &self,
        words: &Words,
        pieces: &[String],
        length: Option<Duration>,
        was_fresh: bool,
    ) -> Option<Wish> {
        // A recogniser in a noisy room hears "time" or "tiger": what is set for two minutes is a timer all the same.
        let set = words.has_any(&["set", "start", "begin", "said"])
            && words.has_any(&["time", "times", "tiger", "tamer"]);
        let alarm = words.has_any(&["alarm", "alarms"]) || words.says(&["wake me", "wake us"]);
        let calls = length.is_some()
            && words.count() <= 14
            && (words.says(CALLS) && words.has("in")
                || words.says(&["tell me when", "let me know when"])
                    && words.has_any(&["up", "over", "passed", "gone", "done"]));
        let timer = words.has_any(&["timer", "timers", "countdown"])
            || words.says(&["count down from"])
            || calls
            || alarm
            || (set && length.is_some());
        let reminds = words.says(&["remind me", "reminder", "reminders"]);
        let ends = words.has_any(&[
            "cancel",
            "stop",
            "delete",
            "clear",
            "remove",
            "forget",
            "end",
            "kill",
            "scrap",
            "drop",
            "abort",
            "dismiss",
            "nevermind",
        ]) || words.says(&[
            "turn off",
            "switch off",
            "turn it off",
            "never mind",
            "don't need",
            "do not need",
            "no longer need",
        ]);
        let runs = !self.running.is_empty();
        if runs
            && (was_fresh || timer)
            && !ends
            && words.count() <= 10
            && let Some(wish) = self.correction(words, pieces, length)
        {
            return Some(wish);
        }
        // Of a timer that runs, nothing else is wanted that sounds so.
        let ends =
            ends || timer && length.is_none() && runs && words.iter().any(|word| sounds_like(word, "cancel"));
        let cancels = runs && words.has("cancel") && words.count() <= 5;
        let asks_rest = words.says(&[
            "how much time",
            "how long is left",
            "how much longer",
            "time left",
            "time is left",
            "time remaining",
        ]);
        let reads = asks_rest && (timer || runs && words.count() <= 8);
        if !(timer || reminds || cancels || reads) {
            return None;
        }
        let asks = words.says(&[
            "how long",
            "how much",
            "how many",
            "is left",
            "time left",
            "remaining",
            "my timers",
            "which timers",
            "what timers",
            "timer doing",
            "timers doing",
            "timer going",
            "timer status",
            "status of",
            "check the timer",
            "check my timer",
            "how is the timer",
            "how is my timer",
            "what about the timer",
            "what about my timer",
        ]) || words.starts(&["is", "when", "do i have", "what is my"]);
        if ends && !words.says(&["remind me"]) {
            return Some(Wish::Cancel);
        }
        if asks && length.is_none() {
            return Some(Wish::Read);
        }
        // "The timer was a good idea" wants none.
        let talked_of =
            words.has_any(&["was", "were", "did", "broke", "went"]) && length.is_none() && !reminds;
        (!talked_of).then_some(Wish::Set { reminds, alarm })
    }

    /// What is to be changed at the newest one.
    fn correction(&self, words: &Words, pieces: &[String], length: Option<Duration>) -> Option<Wish> {
        let adds = words.starts(&["add", "another", "extend", "plus", "give it"])
            || words.says(&["more minutes", "more minute", "more seconds", "more hour", "more hours"])
            || words.says(&[
                "minutes more",
                "minutes longer",
                "minute longer",
                "seconds longer",
                "hour longer",
            ]);
        let takes = words.says(&["take off", "minutes less", "minutes shorter", "minute less", "subtract"]);
        if length.is_some() && (adds || takes) {
            return Some(Wish::Move { is_longer: !takes });
        }
        let changes = words.has("instead")
            || words.says(&[
                "make it",
                "make that",
                "make the timer",
                "change it",
                "change that",
                "change the timer",
                "change my timer",
                "i meant",
                "i mean",
            ]);
        (changes && (length.is_some() || self.length_in_unit(pieces).is_some())).then_some(Wish::Change)
    }

    /// A number without a unit: in the unit of the newest.
    fn length_in_unit(&self, pieces: &[String]) -> Option<Duration> {
        let newest = self.running.last()?.length.as_secs();
        let (at, (count, used)) = (0..pieces.len()).find_map(|at| Some((at, quantity_at(&pieces[at..])?)))?;
        // "Make it 22 degrees" is about something else.
        let behind = pieces.get(at + used).map_or("", String::as_str);
        if !matches!(behind, "" | "instead" | "please" | "then" | "rather") {
            return None;
        }
        let unit = match newest {
            newest if newest >= 3_600 && newest % 3_600 == 0 => 3_600.0,
            newest if newest >= 60 => 60.0,
            _ => 1.0,
        };
        Duration::try_from_secs_f64(count * unit).ok()
    }

    /// Gives the newest another length, from now on.
    fn change(&mut self, length: Duration, instant: Instant) -> Option<String> {
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Some(OUT_OF_RANGE.to_owned());
        }
        let newest = self.running.last_mut()?;
        (newest.due, newest.length) = (instant + length, length);
        self.is_fresh = true;
        Some(format!("Okay, it's set for {} now.", spoken(length)))
    }

    /// Moves the end of the newest.
    fn put_off(&mut self, by: Duration, is_longer: bool, instant: Instant) -> Option<String> {
        let newest = self.running.last_mut()?;
        let left = newest.due.saturating_duration_since(instant);
        let then = if is_longer { left.saturating_add(by) } else { left.saturating_sub(by) };
        if !(SHORTEST..=LONGEST).contains(&then) {
            return Some(OUT_OF_RANGE.to_owned());
        }
        newest.due = instant + then;
        newest.length =
            if is_longer { newest.length.saturating_add(by) } else { newest.length.saturating_sub(by) };
        self.is_fresh = true;
        Some(format!("Okay, it has {} left now.", spoken(whole_seconds(then))))
    }

    /// The answer to the question for how long.
    fn complete(
        &mut self,
        wanted: &Wanted,
        text: &str,
        length: Option<Duration>,
        at: (Instant, DateTime),
    ) -> Option<String> {
        if let Some(length) = length {
            return Some(self.set(wanted, length, None, at.0));
        }
        let time = time_in(text).or_else(|| time_in(&format!("at {text}")))?;
        Some(self.set_at(wanted, time, None, at))
    }

    /// Sets it for a time of day, the next that there is.
    fn set_at(
        &mut self,
        wanted: &Wanted,
        time: jiff::civil::Time,
        day: Option<jiff::civil::Date>,
        (instant, now): (Instant, DateTime),
    ) -> String {
        let seconds = |time: jiff::civil::Time| {
            i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
        };
        let ahead = seconds(time) - seconds(now.time());
        // Tomorrow's time, or the next that there is.
        let days =
            day.and_then(|day| now.date().until(day).ok()).map_or(0, |span| i64::from(span.get_days()));
        let ahead = if days > 0 { ahead + days * 86_400 } else { ahead.rem_euclid(86_400) }.max(1);
        self.set(wanted, Duration::from_secs(ahead.unsigned_abs()), Some(time_said(time)), instant)
    }

    fn set(&mut self, wanted: &Wanted, length: Duration, at: Option<String>, instant: Instant) -> String {
        if !(SHORTEST..=LONGEST).contains(&length) {
            return OUT_OF_RANGE.to_owned();
        }
        if self.running.len() == MOST {
            return format!("I have {MOST} timers running, and cannot keep more. Cancel one of them first.");
        }
        let said = at.clone().map_or_else(|| format!("in {}", spoken(length)), |at| format!("at {at}"));
        self.is_fresh = true;
        self.running.push(Timer { due: instant + length, length, note: wanted.note.clone() });
        match (wanted.reminds, wanted.alarm, at) {
            (true, ..) => format!("I will remind you {said}."),
            (_, true, Some(at)) => format!("Your alarm is set for {at}."),
            (_, true, None) => format!("Your alarm will ring {said}."),
            _ => format!("Your timer is set for {}.", spoken(length)),
        }
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
        let left = whole_seconds(next.due.saturating_duration_since(now));
        let more = match self.running.len() {
            1 => String::new(),
            count => format!(" You have {count} of them."),
        };
        format!("Your timer for {} has {} left.{more}", spoken(next.length), spoken(left))
    }
}

/// Up, so that it is never said to be over before it rings.
fn whole_seconds(left: Duration) -> Duration {
    Duration::from_secs(left.as_millis().div_ceil(1_000) as u64)
}

impl Timer {
    fn ring(&self) -> String {
        let length = spoken(self.length);
        match &self.note {
            Some(note) => format!("Your reminder: {note}."),
            None => format!("Time is up! Your timer for {length} is over."),
        }
    }
}

/// The duration in a text: "2 minutes", "an hour and a half", "one minute and thirty seconds".
pub(in crate::intents) fn duration_in(pieces: &[String]) -> Option<Duration> {
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
    if parts.is_empty() { "0 seconds".to_owned() } else { listed(&parts) }
}

/// What to be reminded of: the words behind "to", without the duration.
fn note_in(text: &str, now: DateTime) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(400).collect();
    let at = words.iter().position(|word| word.eq_ignore_ascii_case("to"))?;
    let end = words[at + 1..]
        .iter()
        .position(|word| word.eq_ignore_ascii_case("in"))
        .map_or(words.len(), |n| at + 1 + n);
    let said = &words[at + 1..end];
    let said = &said[..begins_at(said, now).unwrap_or(said.len())];
    let note: String = said.join(" ").chars().take(NOTE_CHARS).collect();
    let note = note.trim_end_matches(|c: char| !c.is_alphanumeric());
    (!note.is_empty()).then(|| note.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: DateTime = jiff::civil::datetime(2026, 11, 22, 12, 0, 0, 0);

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
            timers.answer(text, &Words::of(text), start + Duration::from_secs(at), NOON).unwrap_or_default()
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
            Some("Your reminder: call my mother. Time is up! Your timer for 2 minutes is over.")
        );
        assert_eq!((timers.due(), timers.ring(start + Duration::from_hours(9))), (None, None));
        assert!(ask(&mut timers, "Council the timer, please.", 0).starts_with("For how long?"));
        ask(&mut timers, "set a timer for a minute", 0);
        assert!(ask(&mut timers, "Set a council timer for a minute.", 0).contains("is set"));
        assert_eq!(ask(&mut timers, "Council the timer, please.", 0), "All 2 timers are cancelled.");
        assert_eq!(ask(&mut timers, "cancel the timer", 0), "No timer is running.");
        assert!(ask(&mut timers, "set a timer", 0).starts_with("For how long?"));
        assert_eq!(ask(&mut timers, "five minutes please", 0), "Your timer is set for 5 minutes.");
        assert_eq!(
            ask(&mut timers, "Set an alarm for half past one.", 0),
            "Your alarm is set for 1:30 in the afternoon."
        );
        assert_eq!(ask(&mut timers, "wake me up", 0), "When? Say, for example: at seven, or in ten minutes.");
        assert_eq!(ask(&mut timers, "what is the weather like in Oslo", 0), "");
        assert_eq!(ask(&mut timers, "five minutes please", 0), "");
        assert!(ask(&mut timers, "set a timer for 25 hours", 0).contains("24 hours"));
    }

    #[test]
    fn there_are_never_more_than_a_few() {
        let (mut timers, now) = (Timers::default(), Instant::now());
        let text = "set a timer for one minute";
        for _ in 0..100 {
            timers.answer(text, &Words::of(text), now, NOON);
        }
        assert_eq!(timers.running.len(), MOST);
        assert!(
            timers
                .answer(text, &Words::of(text), now, NOON)
                .is_some_and(|said| said.contains("cannot keep more"))
        );
    }
}
