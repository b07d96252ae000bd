//! Messages for devices that fail, change or work badly, and for echo that remains. Pure.

use audio::{Fault, MicIssue};

use super::{Notice, named};
use crate::contract::{ErrorCode, Hint, Severity, Text};

/// The microphone of this name works badly. Both kinds of silence share one notice.
pub(super) fn hearing(issue: MicIssue, name: Option<&str>) -> Notice {
    let (code, severity, id) = match issue {
        MicIssue::NeverHeard => (ErrorCode::MicrophoneSilent, Severity::Danger, "microphone-silent"),
        MicIssue::FellSilent => (ErrorCode::MicrophoneSilent, Severity::Danger, "microphone-fell-silent"),
        MicIssue::Clipping => (ErrorCode::MicrophoneClipping, Severity::Warn, "microphone-clipping"),
        MicIssue::TooQuiet => (ErrorCode::MicrophoneQuiet, Severity::Warn, "microphone-quiet"),
        MicIssue::CallMode => (ErrorCode::HeadsetCall, Severity::Info, "headset-call"),
    };
    (code, severity, named(id, "device", name, "the-microphone"), &[Hint::ChooseMicrophone])
}

/// Neither side has a device.
pub(super) fn no_devices() -> Notice {
    let hints = &[Hint::ChooseMicrophone, Hint::ChooseSpeaker, Hint::TryAgain];
    (ErrorCode::MicrophoneMissing, Severity::Danger, Text::new("devices-missing"), hints)
}

/// The microphone of this name, or the only one, can't be used.
pub(super) fn microphone(fault: Fault, name: Option<&str>) -> Notice {
    let (code, id) = match fault {
        Fault::Missing if name.is_none() => (ErrorCode::MicrophoneMissing, "microphone-none"),
        Fault::Missing => (ErrorCode::MicrophoneMissing, "microphone-missing"),
        Fault::Denied => (ErrorCode::MicrophoneDenied, "microphone-denied"),
        Fault::Busy => (ErrorCode::MicrophoneBusy, "microphone-busy"),
        Fault::Format => (ErrorCode::MicrophoneFormat, "microphone-format"),
        Fault::Lost => (ErrorCode::MicrophoneLost, "microphone-lost"),
        Fault::Other => (ErrorCode::MicrophoneLost, "microphone-failed"),
    };
    let text = named(id, "device", name, "the-microphone");
    (code, Severity::Danger, text, &[Hint::ChooseMicrophone, Hint::TryAgain])
}

/// The same for the speaker.
pub(super) fn speaker(fault: Fault, name: Option<&str>) -> Notice {
    let (code, id) = match fault {
        Fault::Missing if name.is_none() => (ErrorCode::SpeakerMissing, "speaker-none"),
        Fault::Missing => (ErrorCode::SpeakerMissing, "speaker-missing"),
        Fault::Denied => (ErrorCode::SpeakerFailed, "speaker-denied"),
        Fault::Busy => (ErrorCode::SpeakerFailed, "speaker-busy"),
        Fault::Format => (ErrorCode::SpeakerFailed, "speaker-format"),
        Fault::Lost => (ErrorCode::SpeakerLost, "speaker-lost"),
        Fault::Other => (ErrorCode::SpeakerFailed, "speaker-failed"),
    };
    let text = named(id, "device", name, "the-speaker");
    (code, Severity::Danger, text, &[Hint::ChooseSpeaker, Hint::TryAgain])
}

/// Another device is used: `now` instead of `from`.
pub(super) fn changed(
    code: ErrorCode,
    from: Option<&str>,
    now: Option<&str>,
    hints: &'static [Hint],
) -> Notice {
    let text = match (from, now) {
        (Some(from), Some(now)) => Text::new("device-changed").with("device", now).with("before", from),
        _ => Text::new("device-changed-unnamed"),
    };
    (code, Severity::Info, text, hints)
}

/// The replies' echo can't be cancelled.
pub(super) fn echo_remains(speaker: Option<&str>) -> Notice {
    let text = named("echo-remains", "device", speaker, "the-speaker-within");
    (ErrorCode::EchoRemains, Severity::Warn, text, &[Hint::ChooseSpeaker])
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
                let (_, _, text, hints) = hearing(issue, Some("Yeti"));
                assert!(text.words().contains("Yeti") && hints.len() == 1);
                text.words() + &text.explanation()
            })
            .collect();
        texts.dedup();
        assert_eq!(texts.len(), all.len());
    }

    #[test]
    fn a_change_names_both() {
        let (_, _, text, _) = changed(ErrorCode::MicrophoneChanged, Some("Yeti"), Some("Built-in"), &[]);
        assert_eq!(text.words(), "Now using Built-in instead of Yeti");
    }
}
