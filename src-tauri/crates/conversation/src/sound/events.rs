//! What the sound engine says while it runs, as events of the conversation. Pure.

use audio::{Fault, Side};

use crate::event::Event;
use crate::trouble::{FAULTS, Trouble, TroubleKind, of_device};

/// What the sound engine said while it runs.
pub(crate) fn of_sound(trouble: &audio::Trouble) -> Vec<Event> {
    let (kind, subject, detail) = match trouble {
        audio::Trouble::MicrophoneLost { name, loss } => {
            (TroubleKind::Microphone(Fault::Lost), name.clone(), of_how(*loss))
        }
        audio::Trouble::SpeakerLost { name, loss } => {
            (TroubleKind::Speaker(Fault::Lost), name.clone(), of_how(*loss))
        }
        audio::Trouble::MicrophoneChanged { from, to } => {
            (TroubleKind::MicrophoneChanged, from.clone(), to.clone())
        }
        audio::Trouble::SpeakerChanged { from, to } => {
            (TroubleKind::SpeakerChanged, from.clone(), to.clone())
        }
        audio::Trouble::MicrophoneBack { .. } => return cleared(Side::Microphone),
        audio::Trouble::SpeakerBack { .. } => return cleared(Side::Speaker),
        audio::Trouble::NotOpened { side, fault, name, reason } => {
            let kind = of_device(*side, *fault);
            return vec![Event::Trouble(Trouble {
                kind,
                subject: name.clone(),
                detail: Some(reason.clone()),
            })];
        }
        audio::Trouble::EchoRemains { speaker } => {
            return vec![Event::Trouble(Trouble::new(TroubleKind::EchoRemains, None).about(speaker))];
        }
        audio::Trouble::EchoHeld => return vec![Event::TroubleGone(TroubleKind::EchoRemains)],
        audio::Trouble::MicIssue { name, issue } => {
            return vec![Event::Trouble(Trouble::new(TroubleKind::Hearing(*issue), None).about(name))];
        }
        audio::Trouble::MicIssueResolved { issue } => {
            return vec![Event::TroubleGone(TroubleKind::Hearing(*issue))];
        }
        audio::Trouble::SaveFailed { path, reason } => {
            (TroubleKind::File, path.display().to_string(), reason.clone())
        }
    };
    vec![Event::Trouble(Trouble::new(kind, detail).about(subject))]
}

/// Whatever was wrong with the device of this side no longer is.
pub(crate) fn cleared(side: Side) -> Vec<Event> {
    let changed = match side {
        Side::Microphone => TroubleKind::MicrophoneChanged,
        Side::Speaker => TroubleKind::SpeakerChanged,
    };
    let kinds = FAULTS.into_iter().map(|device| of_device(side, device));
    kinds.chain([changed]).map(Event::TroubleGone).collect()
}

fn of_how(loss: audio::Loss) -> String {
    match loss {
        audio::Loss::Gone => "the system says that it is gone".to_owned(),
        audio::Loss::Stalled => "it gave no sound for half a second".to_owned(),
    }
}
