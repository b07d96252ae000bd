//! Wishes about the conversation itself: stop, say it again, slower, louder. Pure.

use crate::intents::memory::{Memory, Role};
use crate::intents::text::{Words, pick};

const STOPPED: &[&str] = &["Okay.", "All right.", "Sure."];

/// What is said to such a wish.
#[expect(clippy::too_many_lines, reason = "phrases, one to a line")]
pub(in crate::intents) fn control_answer(words: &Words, memory: &Memory) -> Option<String> {
    let turn = memory.turn();
    let short = words.count() <= 7;
    let last = || memory.said_by(Role::Model).find(|said| !said.is_empty()).map(str::to_owned);
    let quiet = words.says(&[
        "be quiet",
        "shut up",
        "stop talking",
        "quiet please",
        "silence",
        "hush",
        "stop it",
        "that is enough",
        "enough",
        "shush",
    ]);
    if short
        && (quiet
            || words.only(&["stop"])
            || words.only(&["please", "stop"])
            || words.only(&["stop", "please"])
            || words.only(&["pause"])
            || words.only(&["cancel"]))
    {
        return Some(pick(STOPPED, turn).to_owned());
    }
    if short
        && (words.says(&[
            "never mind",
            "nevermind",
            "forget it",
            "forget about it",
            "not important",
            "doesn't matter",
        ]))
    {
        return Some(pick(&["Okay, no problem.", "All right, no problem."], turn).to_owned());
    }
    if words.says(&[
        "did i just ask",
        "did i ask",
        "did i say",
        "did i just say",
        "my last question",
        "did i tell you",
    ]) && words.has("what")
    {
        let before = memory.said_by(Role::User).nth(1);
        return Some(before.map_or_else(
            || "You have not asked me anything before.".to_owned(),
            |text| format!("You said: {}", ended(text)),
        ));
    }
    let again = words.says(&[
        "repeat that",
        "say that again",
        "say it again",
        "repeat please",
        "repeat it",
        "what did you say",
        "what did you just say",
        "come again",
        "one more time",
        "didn't catch",
        "didn't get that",
        "didn't hear",
        "pardon",
        "say again",
        "didn't understand you",
        "repeat yourself",
        "can you repeat",
        "could you repeat",
        "repeat your",
        "did not hear",
        "did not catch",
        "tell me again",
    ]) || words.only(&["repeat"])
        || words.only(&["what"])
        || words.only(&["again"])
        || words.only(&["sorry", "what"])
        || words.only(&["excuse", "me"]);
    if again && words.count() <= 9 && !words.has("after") {
        return Some(last().unwrap_or_else(|| "I haven't said anything yet.".to_owned()));
    }
    if short
        && (words.has_any(&["slower", "slowly"]) || words.says(&["slow down", "too fast"]))
        && !words.has_any(&["music", "fan", "drive"])
    {
        let once_more = last().map(|said| format!(" Once more: {said}")).unwrap_or_default();
        return Some(format!("I can't speak more slowly.{once_more}"));
    }
    if short
        && (words.has("faster") || words.says(&["speed up", "too slow"]))
        && !words.has_any(&["music", "fan"])
    {
        return Some("I can't speak faster, I'm sorry.".to_owned());
    }
    let loud = words.has("louder")
        || words.says(&[
            "speak up",
            "can't hear you",
            "cannot hear you",
            "too quiet",
            "volume up",
            "turn up the volume",
            "turn it up",
            "barely hear",
        ]);
    if short && loud {
        return Some("I can't speak louder, but your volume keys can make me.".to_owned());
    }
    let soft = words.has_any(&["quieter", "softer"])
        || words.says(&[
            "too loud",
            "volume down",
            "turn down the volume",
            "turn it down",
            "lower your voice",
            "lower the volume",
        ]);
    (short && soft).then(|| "I can't speak more softly, but your volume keys can lower me.".to_owned())
}

fn ended(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
