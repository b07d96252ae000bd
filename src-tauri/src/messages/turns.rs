//! Words for turns and connections: what has no answer, what ended early, what goes on after a break.

use conversation::NoAnswer;

use super::{Words, say};
use crate::contract::Severity;

/// What was asked has no answer. The partner's own name for why is among the details.
pub(super) fn no_answer(why: NoAnswer) -> Words {
    let (message, explanation): (&str, &'static str) = match why {
        NoAnswer::Silent => (
            "There was no answer",
            "The partner ended its turn without a word. Ask again, or in other words.",
        ),
        NoAnswer::NeedsInput => {
            ("There was no answer yet", "The partner waits for more before it answers. Say or type the rest.")
        }
        NoAnswer::Prohibited => (
            "What you asked is not allowed",
            "The service does not answer it, by its rules on what may be asked. Ask in other words.",
        ),
        NoAnswer::Withheld => (
            "The answer was held back",
            "The service stopped it, by its rules on what may be said. Ask in other words.",
        ),
        NoAnswer::BadCall => (
            "There was no answer",
            "The partner tried to use a function and did it wrongly. Ask again, or in other words.",
        ),
        NoAnswer::Other => (
            "There was no answer",
            "The partner gave a reason that this version does not know; it is under Details. Ask again.",
        ),
        NoAnswer::AfterCall => (
            "There was no answer to the function's result",
            "The partner asked for it, got it, and said nothing more for 20 seconds. Ask again.",
        ),
        NoAnswer::MoreMissing => (
            "The rest of the answer did not come",
            "The partner announced more and said nothing for two minutes. Ask for the rest.",
        ),
        NoAnswer::CutShort => (
            "The answer ends early",
            "The partner broke it off; its reason is under Details. Ask again, or in other words.",
        ),
    };
    say(Severity::Warn, message, explanation, &[])
}

/// Connected again. `kept` is how much of your voice waited for it.
pub(super) fn resumed(kept: Option<&str>) -> Words {
    let message = kept.map_or_else(
        || "Connected again".to_owned(),
        |kept| format!("Connected again; {kept} of what you said meanwhile was kept and sent"),
    );
    (Severity::Info, message, "The connection broke for a moment. Nothing needs to be said again.", &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connected_again_without_a_microphone_names_no_seconds() {
        let (_, message, ..) = resumed(None);
        assert!(!message.contains("0.0"), "{message}");
        assert!(resumed(Some("2.4 s")).1.contains("2.4 s"));
    }
}
