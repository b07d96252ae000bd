//! Messages for questions without an answer, and for a connection that is back. Pure.

use conversation::NoAnswer;

use super::Notice;
use crate::contract::{ErrorCode, Severity, Text};

/// A question has no answer. The details contain the model's reason.
pub(super) fn no_answer(why: NoAnswer) -> Notice {
    let id = match why {
        NoAnswer::Silent => "no-answer-silent",
        NoAnswer::NeedsInput => "no-answer-needs-input",
        NoAnswer::Prohibited => "no-answer-prohibited",
        NoAnswer::Withheld => "no-answer-withheld",
        NoAnswer::BadCall => "no-answer-bad-call",
        NoAnswer::Other => "no-answer-other",
        NoAnswer::AfterCall => "no-answer-after-call",
        NoAnswer::MoreMissing => "no-answer-more-missing",
        NoAnswer::CutShort => "no-answer-cut-short",
    };
    (ErrorCode::NoAnswer, Severity::Warn, Text::new(id), &[])
}

/// Connected again. `kept` is how much speech waited for it.
pub(super) fn resumed(kept: Option<&str>) -> Notice {
    let text = kept.map(|kept| Text::new("resumed-with-speech").with("speech", kept));
    (ErrorCode::Resumed, Severity::Info, text.unwrap_or_else(|| Text::new("resumed")), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connected_again_without_a_microphone_names_no_seconds() {
        let (_, _, text, _) = resumed(None);
        assert!(!text.words().contains("0.0"), "{text:?}");
        assert!(resumed(Some("2.4 s")).2.words().contains("2.4 s"));
    }
}
