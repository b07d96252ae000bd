//! The one table from a conversation's troubles to notices: what happened, why, and what to do (ARCHITECTURE.md,
//! invariant 8). Its matches are exhaustive, so a new kind can't be forgotten.

mod account;
mod catalogue;
mod connection;
mod events;
mod keyring;
mod links;
mod saving;
mod sound;
mod speech_assets;
mod talk_key;
mod turns;

use std::error::Error;
use std::path::Path;

use audio::Fault;
use conversation::{Trouble, TroubleKind};
use live_proto::catalogue::{Catalogue, ModelState};

use crate::contract::{ErrorCode, Hint, ModelSuggestion, Severity, Text, UiError};

pub(crate) use account::{
    endpoint_refused, key_check, key_missing, key_unusable, models_unknown, no_list, no_local_model,
    not_a_key, project_missing, proxy_refused, thinking_refused,
};
pub(crate) use catalogue::text;
pub(crate) use events::ui_events;
pub(crate) use keyring::{KeyringFault, keyring_failed, keyring_slow, keyring_unread};
pub(crate) use links::{link_not_opened, link_refused};
pub(crate) use saving::{
    events_lost, not_saved, not_shown, not_writable, picture_saved, recording_lost, sound_saved,
};
pub(crate) use speech_assets::speech_assets;
pub(crate) use talk_key::talk_key;
pub(crate) use turns::voice_sample_silent;

/// Returns the code under which the window keeps a trouble's notice.
pub(crate) fn code(kind: TroubleKind) -> ErrorCode {
    notice(&Trouble { kind, subject: None, detail: None }).0
}

/// Returns a trouble as a sentence of the catalogue, with its buttons.
pub(crate) fn ui_error(trouble: &Trouble) -> UiError {
    let (code, severity, text, hints) = notice(trouble);
    UiError { detail: trouble.detail.as_deref().map(short), ..said(code, severity, text, hints) }
}

/// A notice without details.
fn said(code: ErrorCode, severity: Severity, text: Text, hints: &[Hint]) -> UiError {
    UiError { code, severity, text, hints: hints.to_vec(), detail: None, suggestion: None }
}

/// Longest details, in bytes: some are another side's words.
const DETAIL_BYTES: usize = 2_000;

fn short(detail: &str) -> String {
    let end = detail.floor_char_boundary(DETAIL_BYTES);
    if end < detail.len() { format!("{}…", &detail[..end]) } else { detail.to_owned() }
}

/// The code, how bad it is, the sentence, and the buttons.
type Notice = (ErrorCode, Severity, Text, &'static [Hint]);

fn notice(trouble: &Trouble) -> Notice {
    use ErrorCode as C;
    use Severity::{Danger, Warn};
    let subject = trouble.subject.as_deref();
    match trouble.kind {
        TroubleKind::NoDevices => sound::no_devices(),
        TroubleKind::Microphone(fault) => sound::microphone(fault, subject),
        TroubleKind::Speaker(fault) => sound::speaker(fault, subject),
        TroubleKind::Camera(fault) => camera(fault, subject),
        TroubleKind::MicrophoneChanged => {
            let hints = &[Hint::ChooseMicrophone];
            sound::changed(C::MicrophoneChanged, subject, trouble.detail.as_deref(), hints)
        }
        TroubleKind::SpeakerChanged => {
            let hints = &[Hint::ChooseSpeaker];
            sound::changed(C::SpeakerChanged, subject, trouble.detail.as_deref(), hints)
        }
        TroubleKind::Hearing(issue) => sound::hearing(issue, subject),
        TroubleKind::EchoRemains => sound::echo_remains(subject),
        TroubleKind::Closed(kind) => connection::closed(kind),
        TroubleKind::NoConnection(why) => connection::not_made(why, subject),
        TroubleKind::NoAnswer(why) => turns::no_answer(why),
        TroubleKind::OffTrack(why) => turns::off_track(why),
        TroubleKind::StartedFresh => (C::Resumed, Severity::Info, Text::new("started-fresh"), &[]),
        TroubleKind::Resumed => turns::resumed(subject),
        TroubleKind::InputAbandoned => (C::InputAbandoned, Warn, Text::new("input-abandoned"), &[]),
        TroubleKind::Reply => (C::Reply, Warn, Text::new("reply"), &[]),
        TroubleKind::SoundDropped => (C::SoundDropped, Warn, Text::new("sound-dropped"), &[]),
        TroubleKind::File => {
            let text = subject.map(|file| Text::new("file").with("file", file));
            (C::File, Danger, text.unwrap_or_else(|| Text::new("file-unnamed")), &[])
        }
        TroubleKind::Internal => (C::Internal, Danger, Text::new("internal"), &[Hint::TryAgain]),
    }
}

fn camera(fault: Fault, name: Option<&str>) -> Notice {
    let (code, id) = match fault {
        Fault::Missing if name.is_none() => (ErrorCode::CameraMissing, "camera-none"),
        Fault::Missing => (ErrorCode::CameraMissing, "camera-missing"),
        Fault::Denied => (ErrorCode::CameraDenied, "camera-denied"),
        Fault::Busy => (ErrorCode::CameraBusy, "camera-busy"),
        Fault::Format => (ErrorCode::CameraFormat, "camera-format"),
        Fault::Lost => (ErrorCode::CameraLost, "camera-lost"),
        Fault::Other => (ErrorCode::CameraLost, "camera-failed"),
    };
    (code, Severity::Warn, named(id, "device", name, "the-camera"), &[Hint::ChooseCamera])
}

/// A sentence with the name of a thing, or with what such a thing is called that has none.
fn named(id: &str, variable: &str, name: Option<&str>, nameless: &str) -> Text {
    Text::new(id).with(variable, name.map_or_else(|| text(nameless), str::to_owned))
}

/// Adds to a notice that this model can't be used what is known of it, and which one can be taken instead.
pub(crate) fn suggest_model(notice: &mut UiError, model: &str, catalogue: &Catalogue) {
    if notice.code != ErrorCode::Model {
        return;
    }
    let known = catalogue.find(model);
    let id = match known.map(|known| known.state) {
        Some(ModelState::Retired) => "model-retired",
        Some(ModelState::MayBeGone) => "model-may-be-gone",
        Some(_) => "model-not-offered",
        None => "model-unlisted",
    };
    notice.text = Text::new(id).with("model", known.map_or(model, |known| known.label.as_str()));
    if let Some(next) = catalogue.successor(model) {
        notice.hints.insert(0, Hint::UseModel);
        let next = ModelSuggestion { id: next.id.clone(), label: next.label.clone() };
        notice.suggestion = Some(Box::new(next));
    }
}

/// A user's list of models that can't be used.
pub(crate) fn catalogue(path: &str, reason: &dyn Error) -> UiError {
    let text = Text::new("catalogue").with("file", path);
    UiError { detail: Some(chain(reason)), ..said(ErrorCode::File, Severity::Warn, text, &[]) }
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

/// A tools file that can't be used.
pub(crate) fn tools_file(path: &Path, reason: &str) -> UiError {
    let text = Text::new("tools-file").with("file", path.display().to_string());
    UiError { detail: Some(reason.to_owned()), ..said(ErrorCode::File, Severity::Danger, text, &[]) }
}

/// A function that can't be put into the tools file.
pub(crate) fn tool_not_saved(reason: &str) -> UiError {
    let notice = said(ErrorCode::File, Severity::Warn, Text::new("tool-not-saved"), &[]);
    UiError { detail: Some(reason.to_owned()), ..notice }
}

/// Notes that can't be read or written.
pub(crate) fn notes_file(path: &Path, reason: &str) -> UiError {
    let text = Text::new("notes-file").with("file", path.display().to_string());
    UiError { detail: Some(reason.to_owned()), ..said(ErrorCode::File, Severity::Danger, text, &[]) }
}

/// A timer is over, and there is no conversation in which that could be said.
pub(crate) fn timer_over(text: Text) -> UiError {
    said(ErrorCode::TimerOver, Severity::Info, text, &[])
}

/// A file of MCP servers that can't be used.
pub(crate) fn mcp_file(path: &Path, reason: &str) -> UiError {
    let text = Text::new("mcp-file").with("file", path.display().to_string());
    UiError { detail: Some(reason.to_owned()), ..said(ErrorCode::File, Severity::Danger, text, &[]) }
}

/// Servers of another program were taken, or none of them was new.
pub(crate) fn mcp_imported(added: &[String]) -> UiError {
    let text = match added {
        [] => Text::new("mcp-import-none"),
        names => Text::new("mcp-imported").with("servers", names.join(", ")),
    };
    said(ErrorCode::File, Severity::Info, text, &[])
}

/// An MCP server that does not run.
pub(crate) fn mcp_server(name: &str, reason: &str) -> UiError {
    let text = Text::new("mcp-server").with("server", name);
    UiError { detail: Some(reason.to_owned()), ..said(ErrorCode::File, Severity::Warn, text, &[]) }
}

/// An MCP server that takes long to start.
pub(crate) fn mcp_server_slow(name: &str) -> UiError {
    said(ErrorCode::File, Severity::Warn, Text::new("mcp-server-slow").with("server", name), &[])
}

/// A tool of an MCP server that can't be declared.
pub(crate) fn mcp_tool(server: &str, tool: &str, reason: &str) -> UiError {
    let text = Text::new("mcp-tool").with("server", server).with("name", tool);
    UiError { detail: Some(reason.to_owned()), ..said(ErrorCode::File, Severity::Warn, text, &[]) }
}

/// A function was allowed that there is not.
pub(crate) fn no_such_tool(name: &str) -> UiError {
    said(ErrorCode::Settings, Severity::Danger, Text::new("no-such-tool").with("name", name), &[])
}

/// A fault of ours, in the system's words.
pub(crate) fn internal(detail: &str) -> UiError {
    let detail = Some(detail.to_owned());
    ui_error(&Trouble { kind: TroubleKind::Internal, subject: None, detail })
}

/// A conversation that is to end with its first answer, and in which nothing asks.
pub(crate) fn asks_nothing() -> UiError {
    said(ErrorCode::MicrophoneMissing, Severity::Danger, Text::new("asks-nothing"), &[])
}

/// A thread or task of ours panicked.
pub(crate) fn died(death: &threads::Death) -> UiError {
    internal(&death.to_string())
}

/// A file that can't stand in for the microphone.
pub(crate) fn sound_file(path: &std::path::Path, error: &audio::AudioError) -> UiError {
    let notice = ui_error(&conversation::of_audio(error));
    match error {
        audio::AudioError::File { source, .. } if !matches!(source, audio::FileFault::Io(_)) => {
            let file = path.display().to_string();
            let text = Text::new("sound-file").with("file", file).with("reason", source.to_string());
            UiError { text, detail: None, ..notice }
        }
        _ => notice,
    }
}

/// A picture's file that can't be shown.
pub(crate) fn picture_file(path: &std::path::Path, fault: &video::PictureFault) -> UiError {
    let notice = file(&path.display().to_string(), &fault.to_string());
    if matches!(fault, video::PictureFault::Io(_)) {
        return notice;
    }
    let file = path.display().to_string();
    let text = Text::new("picture-file").with("file", file).with("reason", fault.to_string());
    UiError { text, detail: None, ..notice }
}

/// The file in the microphone's place has nothing more to say, and waiting for an answer is of no use.
pub(crate) fn sound_over() -> UiError {
    said(ErrorCode::File, Severity::Warn, Text::new("sound-over"), &[])
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
    use live_proto::CloseKind;

    use super::*;

    const DEVICES: [Fault; 6] =
        [Fault::Missing, Fault::Denied, Fault::Busy, Fault::Format, Fault::Lost, Fault::Other];

    #[test]
    fn denied_missing_busy_format_and_unplugged_are_different_texts() {
        for kind in [TroubleKind::Microphone, TroubleKind::Speaker, TroubleKind::Camera] {
            let mut texts: Vec<_> = DEVICES
                .iter()
                .map(|device| ui_error(&Trouble { kind: kind(*device), subject: None, detail: None }))
                .map(|error| (error.message(), error.explanation()))
                .collect();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), DEVICES.len());
        }
    }

    #[test]
    fn the_servers_own_words_are_kept_and_the_device_is_named() {
        let trouble = Trouble {
            kind: TroubleKind::Microphone(Fault::Lost),
            subject: Some("Yeti Nano".into()),
            detail: Some("DeviceNotAvailable".into()),
        };
        let error = ui_error(&trouble);
        assert!(error.message().starts_with("Yeti Nano"));
        assert_eq!(error.detail.as_deref(), Some("DeviceNotAvailable"));
    }

    fn gone(model: &str) -> UiError {
        let mut notice = ui_error(&Trouble {
            kind: TroubleKind::Closed(CloseKind::ModelNotFound),
            subject: None,
            detail: None,
        });
        suggest_model(&mut notice, model, &Catalogue::embedded());
        notice
    }

    #[test]
    fn a_model_that_is_gone_leads_to_another_one_and_to_the_picker() {
        let retired = gone("gemini-2.0-flash-live-001");
        assert!(retired.message().starts_with("Gemini 2.0 Flash Live can’t"), "{}", retired.message());
        assert_ne!(gone("gemini-9").explanation(), retired.explanation());
        assert_eq!(retired.hints, [Hint::UseModel, Hint::ChooseModel]);
        assert_eq!(retired.suggestion.unwrap().id, "gemini-3.8-live");
        let refused = gone("gemini-3.8-live").suggestion.unwrap();
        assert_ne!(refused.id, "gemini-3.8-live", "nobody is sent back to what was just refused");
    }

    #[test]
    fn no_other_trouble_is_about_a_model() {
        let mut notice =
            ui_error(&Trouble { kind: TroubleKind::Closed(CloseKind::Quota), subject: None, detail: None });
        let before = notice.clone();
        suggest_model(&mut notice, "gemini-9", &Catalogue::embedded());
        assert_eq!(notice, before);
    }
}
