//! Small things: a coin, a die, a number, spelling, counting, saying something after somebody. Pure: what is drawn follows from
//! the time that is handed in and the number of the turn.

use jiff::civil::DateTime;

use crate::intents::text::{Words, bare, pieces_of, quantity_at};

/// The longest text that is said again, in characters.
const MOST_CHARS: usize = 300;
/// It counts no further.
const MOST_COUNTED: u64 = 30;

/// The answer, if one of these was asked for.
pub(in crate::intents) fn small_answer(
    text: &str,
    words: &Words,
    now: DateTime,
    turn: usize,
) -> Option<String> {
    let asks_coin = words.has("coin") && words.has_any(&["flip", "toss", "throw", "spin"])
        || words.says(&["heads or tails"]);
    if asks_coin {
        let side = if drawn(now, turn, 2) == 0 { "Heads" } else { "Tails" };
        return Some(format!("{side}."));
    }
    if words.has_any(&["dice", "die"]) && words.has_any(&["roll", "throw", "toss"]) {
        return Some(format!("You rolled a {}.", drawn(now, turn, 6) + 1));
    }
    if words.says(&["random number", "a number between", "any number", "number from"]) {
        return Some(number(text, now, turn));
    }
    spelled(text, words).or_else(|| counted(text, words)).or_else(|| said_again(text, words))
}

/// A number below `sides`, another at each turn and each moment.
fn drawn(now: DateTime, turn: usize, sides: u64) -> u64 {
    let moment = u64::from(now.second().unsigned_abs());
    let nanos = u64::from(now.subsec_nanosecond().unsigned_abs());
    let seed: u64 = (turn as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (nanos << 8) ^ moment;
    let mixed = (seed ^ (seed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 29)) % sides.max(1)
}

fn number(text: &str, now: DateTime, turn: usize) -> String {
    let pieces = pieces_of(text);
    let mut named: Vec<u64> = Vec::new();
    let mut at = 0;
    while at < pieces.len() && named.len() < 2 {
        let found = quantity_at(&pieces[at..]).filter(|(value, _)| (0.0..1e9).contains(value));
        at += found.map_or(1, |(_, used)| used);
        named.extend(found.map(|(value, _)| value.round() as u64));
    }
    let (low, high) = match named.as_slice() {
        [low, high] => (*low.min(high), *low.max(high)),
        [high] => (1, (*high).max(1)),
        _ => (1, 100),
    };
    format!("{}.", low + drawn(now, turn, high - low + 1))
}

fn spelled(text: &str, words: &Words) -> Option<String> {
    if !words.has_any(&["spell", "spelled", "spelt"]) {
        return None;
    }
    let word = text.split_whitespace().map(bare).rfind(|word| !matches!(*word, "" | "please" | "me"))?;
    let odd = matches!(word.to_lowercase().as_str(), "spell" | "spelled" | "spelt" | "it" | "that" | "this");
    let letters: Vec<String> = word.chars().take(40).map(|letter| letter.to_uppercase().collect()).collect();
    (!odd).then(|| format!("{word} is spelled {}.", letters.join(", ")))
}

fn counted(text: &str, words: &Words) -> Option<String> {
    let down = words.says(&["count down", "count backwards"]);
    if !words.has("count") || !(words.says(&["count to", "count up to", "count from"]) || down) {
        return None;
    }
    let pieces = pieces_of(text);
    let last = (0..pieces.len())
        .rev()
        .find_map(|at| quantity_at(&pieces[at..]).filter(|(value, _)| *value >= 1.0))?
        .0;
    let last = (last as u64).min(MOST_COUNTED);
    let mut numbers: Vec<String> = (1..=last).map(|number| number.to_string()).collect();
    if down {
        numbers.reverse();
    }
    Some(format!("{}.", numbers.join(", ")))
}

fn said_again(text: &str, words: &Words) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let leads = [
        "repeat after me",
        "say after me",
        "say the words",
        "say the word",
        "say the following",
        "please say",
        "can you say",
        "could you say",
    ];
    let led = leads.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()));
    let first = words.starts(&["say"]).then_some(3).filter(|_| {
        !words.has_any(&["again", "something", "anything", "name", "that", "it", "more", "what"])
    });
    let rest = text.get(led.or(first)?..)?.trim_matches(|c: char| !c.is_alphanumeric());
    let to = rest.split_once(" to ").filter(|(said, _)| {
        matches!(said.to_ascii_lowercase().as_str(), "hello" | "hi" | "goodbye" | "good night")
    });
    if let Some((said, whom)) = to {
        let whom = whom.trim_start_matches("my friend ").trim_start_matches("my ");
        return Some(format!("{}, {}!", capital(said), capital(whom)));
    }
    let short: String = rest.chars().take(MOST_CHARS).collect();
    (!short.is_empty()).then(|| format!("{}.", capital(&short)))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(text: &str, turn: usize) -> Option<String> {
        small_answer(text, &Words::of(text), jiff::civil::date(2026, 11, 22).at(14, 5, 7, 0), turn)
    }

    #[test]
    fn small_wishes_are_granted() {
        for (text, said) in [
            ("How do you spell necessary?", "necessary is spelled N, E, C, E, S, S, A, R, Y."),
            ("Count to five.", "1, 2, 3, 4, 5."),
            ("Count down from three", "3, 2, 1."),
            ("Say hello to my friend Tom.", "Hello, Tom!"),
            ("Repeat after me: the rain stays.", "The rain stays."),
        ] {
            assert_eq!(ask(text, 0).as_deref(), Some(said), "{text}");
        }
        for none in ["I count on you", "say that again", "my coin collection", "hello", "they say so"] {
            assert_eq!(ask(none, 0), None, "{none}");
        }
    }

    #[test]
    fn chance_is_even_enough_and_the_same_for_the_same_turn() {
        let rolls: Vec<String> = (0..60).filter_map(|turn| ask("roll a die", turn)).collect();
        for side in 1..=6 {
            assert!(rolls.iter().any(|roll| roll.contains(&side.to_string())), "{side} of {rolls:?}");
        }
        assert_eq!(ask("flip a coin", 4), ask("flip a coin", 4));
        for turn in 0..20 {
            let number = ask("a random number between 5 and 8", turn).unwrap_or_default();
            assert!(["5.", "6.", "7.", "8."].contains(&number.as_str()), "{number}");
        }
    }
}
