//! Words for sound that works, but: other devices, a microphone that gives nothing or too much, an echo that stays.

use audio::MicIssue;

use super::Words;
use crate::contract::{ErrorCode, Hint, Severity};

/// Nothing and nothing any more are one notice.
pub(super) fn code(issue: MicIssue) -> ErrorCode {
    match issue {
        MicIssue::NeverHeard | MicIssue::FellSilent => ErrorCode::MicrophoneSilent,
        MicIssue::Clipping => ErrorCode::MicrophoneClipping,
        MicIssue::TooQuiet => ErrorCode::MicrophoneQuiet,
        MicIssue::CallMode => ErrorCode::HeadsetCall,
    }
}

/// What is the matter with the microphone of this name.
pub(super) fn hearing(issue: MicIssue, name: &str) -> Words {
    let hints: &[Hint] = &[Hint::ChooseMicrophone];
    let (severity, message, explanation) = match issue {
        MicIssue::NeverHeard => (
            Severity::Danger,
            format!("{name} gives no sound at all"),
            "It may be switched off or covered, or the system does not let Vivavoce listen: look at its switch and at the system's privacy settings.",
        ),
        MicIssue::FellSilent => (
            Severity::Danger,
            format!("{name} fell silent"),
            "It gives nothing but zeros. Is it switched off, or its cable loose?",
        ),
        MicIssue::Clipping => (
            Severity::Warn,
            format!("{name} is too loud"),
            "Your voice is cut off at the top and hard to understand. Turn the microphone down in the system's sound settings, or move away from it.",
        ),
        MicIssue::TooQuiet => (
            Severity::Warn,
            format!("{name} hardly hears you"),
            "Move closer to it, or turn it up in the system's sound settings.",
        ),
        MicIssue::CallMode => (
            Severity::Info,
            format!("{name} is in call mode"),
            "A Bluetooth headset sounds like a telephone while its microphone is open. With another microphone you hear the replies better, and are heard better.",
        ),
    };
    (severity, message, explanation, hints)
}

/// Neither side has a device.
pub(super) fn no_devices() -> Words {
    (
        Severity::Danger,
        "No microphone found. No speaker found".to_owned(),
        "Connect a headset, or choose devices in the settings. You can type, and the transcript shows the answers.",
        &[Hint::ChooseMicrophone, Hint::ChooseSpeaker, Hint::TryAgain],
    )
}

pub(super) fn no_microphone() -> Words {
    (
        Severity::Danger,
        "No microphone found".to_owned(),
        "Connect one or choose another; you can type meanwhile.",
        &[Hint::ChooseMicrophone, Hint::TryAgain],
    )
}

pub(super) fn no_speaker() -> Words {
    (
        Severity::Danger,
        "No speaker found".to_owned(),
        "Connect one or choose another; the transcript shows the answers meanwhile.",
        &[Hint::ChooseSpeaker, Hint::TryAgain],
    )
}

/// Another device is used: the one that was, and the one that is now.
pub(super) fn changed(from: Option<&str>, now: Option<&str>, hints: &'static [Hint]) -> Words {
    (
        Severity::Info,
        match (from, now) {
            (Some(from), Some(now)) => format!("{now} is used now in place of {from}"),
            _ => "Another device is used now".to_owned(),
        },
        "Vivavoce goes by the system's choice while yours is not there. Yours is taken back when it returns.",
        hints,
    )
}

pub(super) fn echo_remains(speaker: &str) -> Words {
    (
        Severity::Warn,
        format!("While {speaker} plays a reply, your microphone pauses"),
        "Its echo can't be cancelled here, and the partner would hear itself. With headphones or a lower volume you can talk over a reply again.",
        &[Hint::ChooseSpeaker],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_issue_names_the_microphone_and_leads_somewhere() {
        let all = [
            MicIssue::NeverHeard,
            MicIssue::FellSilent,
            MicIssue::Clipping,
            MicIssue::TooQuiet,
            MicIssue::CallMode,
        ];
        let mut texts: Vec<String> = all
            .into_iter()
            .map(|issue| {
                let (_, message, explanation, hints) = hearing(issue, "Yeti");
                assert!(message.contains("Yeti") && hints.len() == 1);
                message + explanation
            })
            .collect();
        texts.dedup();
        assert_eq!(texts.len(), all.len());
    }

    #[test]
    fn a_change_names_both() {
        let (_, message, ..) = changed(Some("Yeti"), Some("Built-in"), &[]);
        assert_eq!(message, "Built-in is used now in place of Yeti");
    }
}
