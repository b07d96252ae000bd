//! What the sound engine says while it runs, as events of the conversation. Pure.

use audio::{AudioEvent, Fault, Side};

use crate::event::Event;
use crate::trouble::{FAULTS, Trouble, TroubleKind, of_device};

/// What the sound engine said while it runs.
pub(crate) fn of_sound(event: &AudioEvent) -> Vec<Event> {
    let (kind, subject, detail) = match event {
        AudioEvent::MicrophoneLost { name, loss } => {
            (TroubleKind::Microphone(Fault::Lost), name.clone(), of_how(*loss))
        }
        AudioEvent::SpeakerLost { name, loss } => {
            (TroubleKind::Speaker(Fault::Lost), name.clone(), of_how(*loss))
        }
        AudioEvent::MicrophoneChanged { from, to } => {
            (TroubleKind::MicrophoneChanged, from.clone(), to.clone())
        }
        AudioEvent::SpeakerChanged { from, to } => (TroubleKind::SpeakerChanged, from.clone(), to.clone()),
        AudioEvent::MicrophoneBack { .. } => return cleared(Side::Microphone),
        AudioEvent::SpeakerBack { .. } => return cleared(Side::Speaker),
        AudioEvent::NotOpened { side, fault, name, reason } => {
            let kind = of_device(*side, *fault);
            return vec![Event::Trouble(Trouble {
                kind,
                subject: name.clone(),
                detail: Some(reason.clone()),
            })];
        }
        AudioEvent::EchoRemains { speaker } => {
            return vec![Event::Trouble(Trouble::new(TroubleKind::EchoRemains, None).about(speaker))];
        }
        AudioEvent::EchoHeld => return vec![Event::TroubleGone(TroubleKind::EchoRemains)],
        AudioEvent::MicIssue { name, issue } => {
            return vec![Event::Trouble(Trouble::new(TroubleKind::Hearing(*issue), None).about(name))];
        }
        AudioEvent::MicIssueResolved { issue } => {
            return vec![Event::TroubleGone(TroubleKind::Hearing(*issue))];
        }
        AudioEvent::SaveFailed { path, reason } => {
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
