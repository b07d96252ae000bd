//! Words for sound that works, but: other devices, a microphone that gives nothing or too much, an echo that stays.

use audio::{Fault, MicIssue};

use super::{Notice, named};
use crate::contract::{ErrorCode, Hint, Severity, Text};

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
pub(super) fn hearing(issue: MicIssue, name: Option<&str>) -> Notice {
    let (severity, id) = match issue {
        MicIssue::NeverHeard => (Severity::Danger, "microphone-silent"),
        MicIssue::FellSilent => (Severity::Danger, "microphone-fell-silent"),
        MicIssue::Clipping => (Severity::Warn, "microphone-clipping"),
        MicIssue::TooQuiet => (Severity::Warn, "microphone-quiet"),
        MicIssue::CallMode => (Severity::Info, "headset-call"),
    };
    (severity, named(id, "device", name, "the-microphone"), &[Hint::ChooseMicrophone])
}

/// Neither side has a device.
pub(super) fn no_devices() -> Notice {
    let hints = &[Hint::ChooseMicrophone, Hint::ChooseSpeaker, Hint::TryAgain];
    (Severity::Danger, Text::new("devices-missing"), hints)
}

/// The microphone of this name, or the only one there could be, can't be used.
pub(super) fn microphone(device: Fault, name: Option<&str>) -> Notice {
    let id = match device {
        Fault::Missing if name.is_none() => "microphone-none",
        Fault::Missing => "microphone-missing",
        Fault::Denied => "microphone-denied",
        Fault::Busy => "microphone-busy",
        Fault::Format => "microphone-format",
        Fault::Lost => "microphone-lost",
        Fault::Other => "microphone-failed",
    };
    let text = named(id, "device", name, "the-microphone");
    (Severity::Danger, text, &[Hint::ChooseMicrophone, Hint::TryAgain])
}

/// The same for the speaker.
pub(super) fn speaker(device: Fault, name: Option<&str>) -> Notice {
    let id = match device {
        Fault::Missing if name.is_none() => "speaker-none",
        Fault::Missing => "speaker-missing",
        Fault::Denied => "speaker-denied",
        Fault::Busy => "speaker-busy",
        Fault::Format => "speaker-format",
        Fault::Lost => "speaker-lost",
        Fault::Other => "speaker-failed",
    };
    (Severity::Danger, named(id, "device", name, "the-speaker"), &[Hint::ChooseSpeaker, Hint::TryAgain])
}

/// Another device is used: the one that was, and the one that is now.
pub(super) fn changed(from: Option<&str>, now: Option<&str>, hints: &'static [Hint]) -> Notice {
    let text = match (from, now) {
        (Some(from), Some(now)) => Text::new("device-changed").with("device", now).with("before", from),
        _ => Text::new("device-changed-unnamed"),
    };
    (Severity::Info, text, hints)
}

/// The replies' echo can't be cancelled.
pub(super) fn echo_remains(speaker: Option<&str>) -> Notice {
    let text = named("echo-remains", "device", speaker, "the-speaker-within");
    (Severity::Warn, text, &[Hint::ChooseSpeaker])
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
                let (_, text, hints) = hearing(issue, Some("Yeti"));
                assert!(text.words().contains("Yeti") && hints.len() == 1);
                text.words() + &text.explanation()
            })
            .collect();
        texts.dedup();
        assert_eq!(texts.len(), all.len());
    }

    #[test]
    fn a_change_names_both() {
        let (_, text, _) = changed(Some("Yeti"), Some("Built-in"), &[]);
        assert_eq!(text.words(), "Now using Built-in instead of Yeti");
    }
}
