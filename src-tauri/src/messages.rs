//! The one table from a conversation's trouble to what the window says: the thing, the reason, the way out
//! (ARCHITECTURE.md, invariant 8). Exhaustive, so that a new kind can't be forgotten.

mod account;
mod links;
mod parts;
mod saving;
mod server;
mod sound;
mod talk_key;
mod turns;

use std::error::Error;

use conversation::{DeviceTrouble, Trouble, TroubleKind};
use live_proto::catalogue::{Catalogue, ModelState};

use crate::contract::{ErrorCode, Hint, ModelSuggestion, Severity, UiError};

pub(crate) use account::{
    endpoint_refused, key_check, key_missing, key_unusable, keyring_failed, keyring_slow, keyring_unread,
    models_unknown, no_list, project_missing, proxy_refused, thinking_refused,
};
pub(crate) use links::{link_not_opened, link_refused};
pub(crate) use parts::parts;
pub(crate) use saving::{events_lost, reply_not_saved, reply_saved};
pub(crate) use talk_key::talk_key;

/// The code under which the window keeps a trouble's notice.
pub(crate) fn code(kind: TroubleKind) -> ErrorCode {
    use DeviceTrouble as D;
    match kind {
        TroubleKind::Microphone(D::Missing) | TroubleKind::NoDevices => ErrorCode::MicrophoneMissing,
        TroubleKind::Microphone(D::Denied) => ErrorCode::MicrophoneDenied,
        TroubleKind::Microphone(D::Busy) => ErrorCode::MicrophoneBusy,
        TroubleKind::Microphone(D::Format) => ErrorCode::MicrophoneFormat,
        TroubleKind::Microphone(D::Lost | D::Failed) => ErrorCode::MicrophoneLost,
        TroubleKind::Speaker(D::Missing) => ErrorCode::SpeakerMissing,
        TroubleKind::Speaker(D::Lost) => ErrorCode::SpeakerLost,
        TroubleKind::Speaker(D::Denied | D::Busy | D::Format | D::Failed) => ErrorCode::SpeakerFailed,
        TroubleKind::Camera(D::Missing) => ErrorCode::CameraMissing,
        TroubleKind::Camera(D::Denied) => ErrorCode::CameraDenied,
        TroubleKind::Camera(D::Busy) => ErrorCode::CameraBusy,
        TroubleKind::Camera(D::Format) => ErrorCode::CameraFormat,
        TroubleKind::Camera(D::Lost | D::Failed) => ErrorCode::CameraLost,
        TroubleKind::MicrophoneChanged => ErrorCode::MicrophoneChanged,
        TroubleKind::SpeakerChanged => ErrorCode::SpeakerChanged,
        TroubleKind::Hearing(issue) => sound::code(issue),
        TroubleKind::EchoRemains => ErrorCode::EchoRemains,
        TroubleKind::KeyRefused => ErrorCode::KeyRefused,
        TroubleKind::KeyExpired => ErrorCode::KeyExpired,
        TroubleKind::KeyLeaked => ErrorCode::KeyLeaked,
        TroubleKind::Credentials => ErrorCode::Credentials,
        TroubleKind::Proxy => ErrorCode::Proxy,
        TroubleKind::Region => ErrorCode::Region,
        TroubleKind::Quota => ErrorCode::Quota,
        TroubleKind::Billing => ErrorCode::Billing,
        TroubleKind::Model => ErrorCode::Model,
        TroubleKind::Refused => ErrorCode::Refused,
        TroubleKind::Protocol => ErrorCode::Protocol,
        TroubleKind::TooMuch => ErrorCode::TooMuch,
        TroubleKind::GivenUp => ErrorCode::GivenUp,
        TroubleKind::NoAnswer(_) => ErrorCode::NoAnswer,
        TroubleKind::Network => ErrorCode::Network,
        TroubleKind::NoConnection(why) => server::code(why),
        TroubleKind::TimedOut => ErrorCode::TimedOut,
        TroubleKind::Closed => ErrorCode::Closed,
        TroubleKind::Resumed => ErrorCode::Resumed,
        TroubleKind::Reply => ErrorCode::Reply,
        TroubleKind::SoundDropped => ErrorCode::SoundDropped,
        TroubleKind::File => ErrorCode::File,
        TroubleKind::Internal => ErrorCode::Internal,
    }
}

/// A trouble in words, with its buttons.
pub(crate) fn ui_error(trouble: &Trouble) -> UiError {
    let (severity, message, explanation, hints) = words(trouble);
    UiError {
        code: code(trouble.kind),
        severity,
        message,
        explanation: explanation.to_owned(),
        hints: hints.to_vec(),
        detail: trouble.detail.as_deref().map(short),
        suggestion: None,
    }
}

/// Longest details, in bytes: some are another side's words.
const DETAIL_BYTES: usize = 2_000;

fn short(detail: &str) -> String {
    let end = detail.floor_char_boundary(DETAIL_BYTES);
    if end < detail.len() { format!("{}…", &detail[..end]) } else { detail.to_owned() }
}

type Words = (Severity, String, &'static str, &'static [Hint]);

fn say(severity: Severity, message: &str, explanation: &'static str, hints: &'static [Hint]) -> Words {
    (severity, message.to_owned(), explanation, hints)
}

#[expect(clippy::too_many_lines, reason = "one line or two for each kind, and none may be forgotten")]
fn words(trouble: &Trouble) -> Words {
    use Hint as H;
    use Severity::{Danger, Warn};
    let subject = trouble.subject.as_deref();
    match trouble.kind {
        TroubleKind::NoDevices => sound::no_devices(),
        TroubleKind::Microphone(DeviceTrouble::Missing) if subject.is_none() => sound::no_microphone(),
        TroubleKind::Speaker(DeviceTrouble::Missing) if subject.is_none() => sound::no_speaker(),
        TroubleKind::Microphone(device) => microphone(device, subject.unwrap_or("The microphone")),
        TroubleKind::Speaker(device) => speaker(device, subject.unwrap_or("The speaker")),
        TroubleKind::Camera(device) => camera(device, subject.unwrap_or("The camera")),
        TroubleKind::MicrophoneChanged => {
            sound::changed(subject, trouble.detail.as_deref(), &[H::ChooseMicrophone])
        }
        TroubleKind::SpeakerChanged => {
            sound::changed(subject, trouble.detail.as_deref(), &[H::ChooseSpeaker])
        }
        TroubleKind::Hearing(issue) => sound::hearing(issue, subject.unwrap_or("The microphone")),
        TroubleKind::EchoRemains => sound::echo_remains(subject.unwrap_or("the speaker")),
        TroubleKind::KeyRefused => account::wrong_key(),
        TroubleKind::KeyExpired => account::expired_key(),
        TroubleKind::KeyLeaked => account::leaked_key(),
        TroubleKind::Credentials => account::no_credentials(),
        TroubleKind::Proxy => account::proxy(),
        TroubleKind::Region => say(
            Danger,
            "Live conversations are not offered where you are",
            "The service refuses connections from this region. The practice partner works everywhere.",
            &[H::Rehearse],
        ),
        TroubleKind::Quota => say(
            Danger,
            "The quota of this key is used up",
            "Wait a while, use another key, or go on in rehearsal.",
            &[H::TryAgain, H::EnterKey, H::Rehearse],
        ),
        TroubleKind::Billing => account::not_paid(),
        TroubleKind::Model => (
            Danger,
            format!("{} can't be used for a live conversation", subject.unwrap_or("The model")),
            "It is unknown, retired or made for something else. Choose another model.",
            &[H::ChooseModel],
        ),
        TroubleKind::Refused => say(
            Danger,
            "The server refused what was sent",
            "The model may not take these settings. Another model, or fewer settings, may help.",
            &[H::ChooseModel, H::OpenSettings],
        ),
        TroubleKind::Protocol => say(
            Danger,
            "The server doesn't speak the Live protocol",
            "Its messages could not be read. Check the server's address, or choose another partner.",
            &[H::ChoosePartner, H::TryAgain],
        ),
        TroubleKind::TooMuch => say(
            Danger,
            "The server sent more than Vivavoce accepts",
            "Vivavoce ended the conversation to protect this computer's memory. The details say which limit was reached.",
            &[H::TryAgain],
        ),
        TroubleKind::GivenUp => say(
            Warn,
            "What you said last was not answered",
            "The connection broke each time it was sent. Say it again once the connection holds.",
            &[],
        ),
        TroubleKind::Network => say(
            Danger,
            "The server can't be reached",
            "Is this computer online? Rehearsal needs no network.",
            &[H::TryAgain, H::Rehearse],
        ),
        TroubleKind::NoConnection(why) => server::words(why, subject),
        TroubleKind::TimedOut => say(
            Danger,
            "The server did not answer in time",
            "The network may be slow, or the server stuck. Try again, or choose another model.",
            &[H::TryAgain, H::ChooseModel],
        ),
        TroubleKind::Closed => say(
            Danger,
            "The server closed the conversation",
            "Its own words are under Details. You can start again; the transcript stays until you do.",
            &[H::TryAgain],
        ),
        TroubleKind::Resumed => turns::resumed(subject),
        TroubleKind::NoAnswer(why) => turns::no_answer(why),
        TroubleKind::Reply => say(
            Warn,
            "A part of the reply can't be played",
            "It came in a form or length that this app does not play. The transcript has its words.",
            &[],
        ),
        TroubleKind::SoundDropped => say(
            Warn,
            "The connection is too slow for your voice",
            "Some of what you said was not sent. Say it again, or type it.",
            &[],
        ),
        TroubleKind::File => (
            Danger,
            format!("{} can't be used", subject.unwrap_or("A file")),
            "Is the path right, and may this program use it?",
            &[],
        ),
        TroubleKind::Internal => say(
            Danger,
            "Something in Vivavoce failed",
            "This is a fault of ours. Start again; the details help to mend it.",
            &[H::TryAgain],
        ),
    }
}

fn microphone(device: DeviceTrouble, name: &str) -> Words {
    let hints: &[Hint] = &[Hint::ChooseMicrophone, Hint::TryAgain];
    let (message, explanation) = match device {
        DeviceTrouble::Missing => (
            format!("{name} was not found"),
            "You can't be heard. Plug one in or choose another; you can type meanwhile.",
        ),
        DeviceTrouble::Denied => (
            format!("{name} may not be used"),
            "The system does not let Vivavoce listen. Allow it in the system's privacy settings, then try again.",
        ),
        DeviceTrouble::Busy => (
            format!("{name} is in use by another program"),
            "You can't be heard. Close the other program or choose another microphone.",
        ),
        DeviceTrouble::Format => (
            format!("{name} offers no format that can be used"),
            "You can't be heard. Choose another microphone.",
        ),
        DeviceTrouble::Lost => {
            (format!("{name} was unplugged or fell silent"), "You can't be heard. Everything else goes on.")
        }
        DeviceTrouble::Failed => (
            format!("{name} can't be opened"),
            "You can't be heard. Choose another microphone, or try again.",
        ),
    };
    (Severity::Danger, message, explanation, hints)
}

fn speaker(device: DeviceTrouble, name: &str) -> Words {
    let hints: &[Hint] = &[Hint::ChooseSpeaker, Hint::TryAgain];
    let (message, explanation) = match device {
        DeviceTrouble::Missing => {
            (format!("{name} was not found"), "You can't hear the replies; the transcript shows them.")
        }
        DeviceTrouble::Denied => {
            (format!("{name} may not be used"), "The system refuses it. The transcript shows the replies.")
        }
        DeviceTrouble::Busy => (
            format!("{name} is in use by another program"),
            "Close the other program or choose another speaker. The transcript goes on.",
        ),
        DeviceTrouble::Format => (
            format!("{name} offers no format that can be used"),
            "Choose another speaker. The transcript shows the replies.",
        ),
        DeviceTrouble::Lost => (
            format!("{name} was unplugged or stopped"),
            "You can't hear the replies; everything else goes on.",
        ),
        DeviceTrouble::Failed => (
            format!("{name} can't be opened"),
            "Choose another speaker, or try again. The transcript goes on.",
        ),
    };
    (Severity::Danger, message, explanation, hints)
}

fn camera(device: DeviceTrouble, name: &str) -> Words {
    let hints: &[Hint] = &[Hint::ChooseCamera];
    let (message, explanation) = match device {
        DeviceTrouble::Missing => {
            (format!("{name} was not found"), "Plug one in or choose another. The voice goes on.")
        }
        DeviceTrouble::Denied => (
            format!("{name} may not be used"),
            "Allow Vivavoce the camera in the system's privacy settings. The voice goes on.",
        ),
        DeviceTrouble::Busy => {
            (format!("{name} is in use by another program"), "Close the other program. The voice goes on.")
        }
        DeviceTrouble::Format => {
            (format!("{name} offers no format that can be used"), "Choose another camera. The voice goes on.")
        }
        DeviceTrouble::Lost => {
            (format!("{name} was unplugged or stopped"), "Nothing more is seen of you. The voice goes on.")
        }
        DeviceTrouble::Failed => {
            (format!("{name} can't be opened"), "Choose another camera. The voice goes on.")
        }
    };
    (Severity::Warn, message, explanation, hints)
}

/// Adds to a notice that this model can't be used what is known of it, and which one can be taken instead.
pub(crate) fn suggest_model(notice: &mut UiError, model: &str, catalogue: &Catalogue) {
    if notice.code != ErrorCode::Model {
        return;
    }
    let known = catalogue.find(model);
    notice.message = format!(
        "{} can't be used for a live conversation",
        known.map_or(model, |known| known.label.as_str())
    );
    let explanation = match known.map(|known| known.state) {
        Some(ModelState::Retired) => "Google has shut it down.",
        Some(ModelState::MayBeGone) => "Google announced its end, and it may be gone.",
        Some(_) => "The service does not offer it any more, or not to this key.",
        None => "It is in no list: the id may be mistyped, or the model gone.",
    };
    explanation.clone_into(&mut notice.explanation);
    if let Some(next) = catalogue.successor(model) {
        notice.hints.insert(0, Hint::UseModel);
        let next = ModelSuggestion { id: next.id.clone(), label: next.label.clone() };
        notice.suggestion = Some(Box::new(next));
    }
}

/// A user's list of models that can't be used.
pub(crate) fn catalogue(path: &str, reason: &dyn Error) -> UiError {
    UiError {
        code: ErrorCode::File,
        severity: Severity::Warn,
        message: "Your own list of models can't be used".into(),
        explanation: format!("The list that came with Vivavoce is used. Mend or remove {path}."),
        hints: Vec::new(),
        detail: Some(chain(reason)),
        suggestion: None,
    }
}

/// An error and what lies beneath it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

/// A fault of ours, in the system's words.
pub(crate) fn internal(detail: &str) -> UiError {
    let detail = Some(detail.to_owned());
    ui_error(&Trouble { kind: TroubleKind::Internal, subject: None, detail })
}

/// A conversation that is to end with its first answer, and in which nothing asks.
pub(crate) fn asks_nothing() -> UiError {
    UiError {
        code: ErrorCode::MicrophoneMissing,
        severity: Severity::Danger,
        message: "Nothing would ever be answered".into(),
        explanation: "Without a microphone and without --text nobody asks. Add --text, or name a --mic."
            .into(),
        hints: Vec::new(),
        detail: None,
        suggestion: None,
    }
}

/// A thread or task of ours panicked.
pub(crate) fn died(death: &threads::Death) -> UiError {
    internal(&death.to_string())
}

/// A file that can't stand in for the microphone.
pub(crate) fn sound_file(path: &std::path::Path, error: &audio::AudioError) -> UiError {
    let mut notice = ui_error(&conversation::of_audio(error));
    if let audio::AudioError::File { source, .. } = error
        && !matches!(source, audio::FileFault::Io(_))
    {
        notice.message = format!("{} can't be used as a microphone", path.display());
        notice.explanation = source.to_string();
        notice.detail = None;
    }
    notice
}

/// A picture's file that can't be shown.
pub(crate) fn picture_file(path: &std::path::Path, fault: &video::PictureFault) -> UiError {
    let mut notice = file(&path.display().to_string(), &fault.to_string());
    if !matches!(fault, video::PictureFault::Io(_)) {
        notice.explanation = fault.to_string();
        notice.detail = None;
    }
    notice
}

/// The file in the microphone's place has nothing more to say, and waiting for an answer is of no use.
pub(crate) fn sound_over() -> UiError {
    UiError {
        code: ErrorCode::File,
        severity: Severity::Warn,
        message: "The sound file is over".to_owned(),
        explanation: "Nothing in it was answered.".to_owned(),
        hints: Vec::new(),
        detail: None,
        suggestion: None,
    }
}

/// A file that can't be used, in the system's words.
pub(crate) fn file(path: &str, detail: &str) -> UiError {
    ui_error(&Trouble {
        kind: TroubleKind::File,
        subject: Some(path.to_owned()),
        detail: Some(detail.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICES: [DeviceTrouble; 6] = [
        DeviceTrouble::Missing,
        DeviceTrouble::Denied,
        DeviceTrouble::Busy,
        DeviceTrouble::Format,
        DeviceTrouble::Lost,
        DeviceTrouble::Failed,
    ];

    #[test]
    fn denied_missing_busy_format_and_unplugged_are_different_texts() {
        for kind in [TroubleKind::Microphone, TroubleKind::Speaker, TroubleKind::Camera] {
            let mut texts: Vec<_> = DEVICES
                .iter()
                .map(|device| ui_error(&Trouble { kind: kind(*device), subject: None, detail: None }))
                .map(|error| (error.message, error.explanation))
                .collect();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), DEVICES.len());
        }
    }

    #[test]
    fn the_servers_own_words_are_kept_and_the_device_is_named() {
        let trouble = Trouble {
            kind: TroubleKind::Microphone(DeviceTrouble::Lost),
            subject: Some("Yeti Nano".into()),
            detail: Some("DeviceNotAvailable".into()),
        };
        let error = ui_error(&trouble);
        assert!(error.message.starts_with("Yeti Nano"));
        assert_eq!(error.detail.as_deref(), Some("DeviceNotAvailable"));
    }
    fn gone(model: &str) -> UiError {
        let mut notice = ui_error(&Trouble { kind: TroubleKind::Model, subject: None, detail: None });
        suggest_model(&mut notice, model, &Catalogue::embedded());
        notice
    }

    #[test]
    fn a_model_that_is_gone_leads_to_another_one_and_to_the_picker() {
        let retired = gone("gemini-2.0-flash-live-001");
        assert!(retired.message.starts_with("Gemini 2.0 Flash Live can't"), "{}", retired.message);
        assert_eq!(retired.hints, [Hint::UseModel, Hint::ChooseModel]);
        assert_eq!(retired.suggestion.unwrap().id, "gemini-3.8-live");
        assert_ne!(gone("gemini-9").explanation, retired.explanation);
        let refused = gone("gemini-3.8-live").suggestion.unwrap();
        assert_ne!(refused.id, "gemini-3.8-live", "nobody is sent back to what was just refused");
    }

    #[test]
    fn no_other_trouble_is_about_a_model() {
        let mut notice = ui_error(&Trouble { kind: TroubleKind::Quota, subject: None, detail: None });
        let before = notice.clone();
        suggest_model(&mut notice, "gemini-9", &Catalogue::embedded());
        assert_eq!(notice, before);
    }
}
