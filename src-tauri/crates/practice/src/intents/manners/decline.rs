//! What is said when there is no answer: that in one short sentence, and what can be done instead. Never a count of words. Pure.

use crate::intents::functions::{Topic, offer_of, offers, topic_asked};
use crate::intents::text::{Act, Sentence, pick};

use super::Own;

/// What it can do without any function.
const ALWAYS: &[&str] =
    &["tell you a joke", "set a timer", "do sums", "tell you the time", "tell you the date", "convert units"];

/// The answer where nothing fits.
pub(in crate::intents) fn decline(sentence: &Sentence, own: &Own<'_>, turn: usize) -> String {
    let words = &sentence.words;
    if words.count() == 0 {
        return "I'm listening.".to_owned();
    }
    let can = offer(own, turn);
    if let Some(topic) = topic_asked(sentence) {
        let own_topics = offers(own.functions);
        let lacks = !own_topics.contains(&offer_of(topic));
        if lacks && topic != Topic::Search {
            return format!("I can't {} here, but I can {can}.", offer_of(topic));
        }
    }
    if sentence.act == Act::Statement {
        let lead = pick(
            &[
                "I see. I can't say much to that",
                "Thanks for telling me. I don't have much to say to that",
                "I can't follow every story, I'm a small program",
            ],
            turn,
        );
        return format!("{lead}, but I can {can}.");
    }
    if words.has_any(&["poem", "story", "song", "essay", "write", "code", "rap", "haiku", "fairy"]) {
        return format!("I can't make up texts, but I can {can}.");
    }
    if words.says(&[
        "should i",
        "do you think",
        "your opinion",
        "recommend",
        "what would you",
        "advice",
        "do you believe",
        "which is better",
        "suggest",
    ]) {
        return format!("I can't give advice, but I can {can}.");
    }
    let question =
        sentence.act == Act::Question || words.has_any(&["explain", "tell", "about", "describe", "define"]);
    let lead = if question {
        pick(
            &[
                "I don't know that.",
                "I'm sorry, I don't know.",
                "That I don't know, I'm only a small program.",
            ],
            turn,
        )
    } else {
        pick(&["I can't do that.", "I'm sorry, I can't help with that.", "That's more than I can do."], turn)
    };
    format!(
        "{lead} {}",
        pick(
            &[
                &format!("But I can {can}."),
                &format!("I can {can}, if you like."),
                &format!("What I can do: {can}.")
            ],
            turn / 2
        )
    )
}

/// Two things it can do, other ones at each turn.
fn offer(own: &Own<'_>, turn: usize) -> String {
    let mut all: Vec<&str> = offers(own.functions);
    all.extend(ALWAYS);
    all.dedup();
    let first = all[turn % all.len()];
    let second = all[(turn + 1) % all.len()];
    format!("{first} or {second}")
}
