//! Messages for questions without an answer, and for a connection that is back. Pure.

use conversation::{NoAnswer, OffTrack, Told};

use super::{Notice, said, short};
use crate::contract::{ErrorCode, Hint, Severity, Text, UiError};

/// A question has no answer. The details contain the model's reason.
pub(super) fn no_answer(why: NoAnswer) -> Notice {
    let id = match why {
        NoAnswer::NotYet => {
            return (ErrorCode::NoAnswer, Severity::Warn, Text::new("no-answer-yet"), &[Hint::AskAgain]);
        }
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

/// A fresh session may help.
pub(super) fn off_track(why: OffTrack) -> Notice {
    let id = match why {
        OffTrack::SameAnswer => "off-track-answer",
        OffTrack::OtherScript => "off-track-script",
        OffTrack::SameClose => "off-track-close",
    };
    (ErrorCode::OffTrack, Severity::Warn, Text::new(id), &[Hint::StartFresh])
}

/// Connected again. `kept` is how much speech waited for it.
pub(super) fn resumed(kept: Option<&str>) -> Notice {
    let text = kept.map(|kept| Text::new("resumed-with-speech").with("speech", kept));
    (ErrorCode::Resumed, Severity::Info, text.unwrap_or_else(|| Text::new("resumed")), &[])
}

/// Another setup is in use.
pub(super) fn reconfigured(told: Told) -> UiError {
    let id = match told {
        Told::Everything => "reconfigured",
        Told::Words => "reconfigured-words",
        Told::Nothing => "reconfigured-nothing",
    };
    said(ErrorCode::Resumed, Severity::Info, Text::new(id), &[])
}

/// Another setup was refused, and the one before is used again.
pub(super) fn reconfiguration_refused(reason: &str) -> UiError {
    let text = Text::new("reconfiguration-refused");
    let notice = said(ErrorCode::Refused, Severity::Warn, text, &[Hint::ChooseModel]);
    UiError { detail: Some(short(reason)), ..notice }
}

/// The model said nothing when a sample of its voice was to be recorded.
pub(crate) fn voice_sample_silent() -> UiError {
    said(ErrorCode::NoAnswer, Severity::Warn, Text::new("voice-sample-silent"), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_helped_has_a_button_for_it() {
        assert_eq!(no_answer(NoAnswer::NotYet).3, [Hint::AskAgain]);
        assert_eq!(no_answer(NoAnswer::Silent).3, []);
        for why in [OffTrack::SameAnswer, OffTrack::OtherScript, OffTrack::SameClose] {
            assert_eq!(off_track(why).3, [Hint::StartFresh]);
        }
    }

    #[test]
    fn connected_again_without_a_microphone_names_no_seconds() {
        let (_, _, text, _) = resumed(None);
        assert!(!text.words().contains("0.0"), "{text:?}");
        assert!(resumed(Some("2.4 s")).2.words().contains("2.4 s"));
    }
}
