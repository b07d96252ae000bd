//! What a recogniser wrote, without what it only imagined. Pure.

use std::time::Duration;

/// A run of words that comes back this often in a row is a loop of the decoder and was not said.
const LOOP: usize = 3;
/// The longest run that is looked for.
const RUN: usize = 8;
/// A whole speech that comes again and again has at most so many words, and at least so many.
const WHOLE: std::ops::RangeInclusive<usize> = 4..=24;
/// Fewer words are said twice on purpose.
const ECHO: usize = 3;
/// As fast as most people speak.
const USUAL_WORDS_A_SECOND: usize = 4;
/// Faster than anybody speaks.
const WORDS_A_SECOND: usize = 7;

/// The words of a speech that lasted so long, and in which somebody spoke for so much of it.
pub(super) fn words(text: &str, lasted: Duration, voiced: Duration) -> String {
    let spoken = without_remarks(text);
    let mut words: Vec<&str> = spoken.split_whitespace().collect();
    words = without_loops(&words);
    words = without_echo(&words, voiced);
    words.truncate((lasted.as_secs_f32().ceil() as usize + 1) * WORDS_A_SECOND);
    if words.iter().all(|word| !word.contains(char::is_alphanumeric)) {
        return String::new();
    }
    words.join(" ")
}

/// `[BLANK_AUDIO]`, `(music)`, `*sighs*`: remarks about the sound.
fn without_remarks(text: &str) -> String {
    let mut kept = String::new();
    let mut until = None;
    for letter in text.chars() {
        match (until, letter) {
            (Some(end), _) if letter == end => until = None,
            (Some(_), _) | (None, '♪') => {}
            (None, '[') => until = Some(']'),
            (None, '(') => until = Some(')'),
            (None, '*') => until = Some('*'),
            (None, _) => kept.push(letter),
        }
    }
    kept
}

/// The words, with a run that is repeated over and over said once and the text ended there.
fn without_loops<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let same = |a: &[&str], b: &[&str]| {
        let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        a.iter().zip(b).all(|(a, b)| bare(a) == bare(b))
    };
    for start in 0..words.len() {
        for run in 1..=RUN {
            let repeats = (1..words.len())
                .take_while(|n| {
                    let next = words.get(start + n * run..start + (n + 1) * run);
                    next.is_some_and(|next| same(&words[start..start + run], next))
                })
                .count();
            // "no no no" is said by people; three times four words hardly, and ten times one neither.
            if repeats + 1 > LOOP && (run > 1 || repeats + 1 > 2 * LOOP) || (repeats + 1 == LOOP && run >= 3)
            {
                return words[..start + run].to_vec();
            }
        }
    }
    // Twice, and begun a third time: nobody breaks off there.
    match WHOLE.into_iter().find(|&run| words.len() > 2 * run && same(&words[run..], words)) {
        Some(run) => words[..run].to_vec(),
        None => words.to_vec(),
    }
}

/// A last sentence, or a whole speech, that comes twice: the decoder's own repetition, when nobody could have said it
/// twice in that time.
fn without_echo<'a>(words: &[&'a str], voiced: Duration) -> Vec<&'a str> {
    let bare = |word: &&str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let fits = (words.len() as f32) < voiced.as_secs_f32() * USUAL_WORDS_A_SECOND as f32;
    let echo = (ECHO..=words.len() / 2).rev().find(|&run| {
        let (before, last) = words.split_at(words.len() - run);
        let (sooner, first) = before.split_at(before.len() - run);
        let begins = sooner.last().is_none_or(|word| word.ends_with(['.', '?', '!']));
        begins && first.iter().map(bare).eq(last.iter().map(bare))
    });
    match echo {
        Some(run) if !fits => words[..words.len() - run].to_vec(),
        _ => words.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spoken without a pause.
    fn words(text: &str, seconds: u64) -> String {
        super::words(text, Duration::from_secs(seconds), Duration::from_secs(seconds))
    }

    #[test]
    fn remarks_and_silence_are_no_words() {
        assert_eq!(words(" [BLANK_AUDIO]", 3), "");
        assert_eq!(words(" (dramatic music) Hello. *sighs* ♪", 3), "Hello.");
        assert_eq!(words(" ... - ", 3), "");
        assert_eq!(words(" [unfinished", 3), "");
    }

    #[test]
    fn loops_are_said_once() {
        assert_eq!(words("I am here. I am here, I am here. I am", 9), "I am here.");
        assert_eq!(words(&"you ".repeat(30), 9), "you");
        let once = "Do you know what time it is right now?";
        assert_eq!(words(&format!("{once} {once} Do you know"), 9), once);
        assert_eq!(words(&format!("{once} {once}"), 9), format!("{once} {once}"));
        assert_eq!(words("well of course of course of course of course yes", 9), "well of course");
        assert_eq!(words("No, no, no, that is very, very good.", 9), "No, no, no, that is very, very good.");
        assert_eq!(words("", 0), "");
    }

    #[test]
    fn repeated_words_are_kept_only_if_there_was_time_for_both() {
        let twice = "Set a timer for two minutes. Set a timer for two minutes.";
        assert_eq!(words(twice, 2), "Set a timer for two minutes.");
        assert_eq!(words(twice, 4), twice);
        assert_eq!(words("What is my name? What is my name?", 2), "What is my name?");
        assert_eq!(words("Bye bye. Bye bye.", 1), "Bye bye. Bye bye.");
    }

    #[test]
    fn a_last_sentence_comes_twice_only_in_the_time_that_it_takes() {
        let once = "Why did they part? It felt it was only ever being repeated.";
        let twice = format!("{once} It felt it was only ever being repeated.");
        let (with_silence, spoken) = (Duration::from_secs(12), Duration::from_secs(4));
        assert_eq!(super::words(&twice, with_silence, spoken), once);
        assert_eq!(super::words(&twice, with_silence, Duration::from_secs(7)), twice);
        // Not a sentence: the end of one that begins with other words.
        let said = "I said I was here I was here";
        assert_eq!(super::words(said, with_silence, Duration::from_secs(1)), said);
    }

    #[test]
    fn nobody_speaks_endlessly_in_a_second() {
        let many: Vec<String> = (0..400).map(|n| format!("w{n}")).collect();
        assert_eq!(words(&many.join(" "), 2).split(' ').count(), 21);
    }
}
