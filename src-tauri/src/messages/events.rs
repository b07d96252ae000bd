//! Turns a conversation's events into the window's. Pure.

use conversation::Event;
use live_proto::catalogue::Catalogue;

use super::turns::{reconfiguration_refused, reconfigured};
use super::{code, suggest_model, ui_error};
use crate::contract::{ConversationInfo, ErrorCode, Snapshot, UiEvent};

/// Returns the window's events for an event of a conversation.
pub(crate) fn ui_events(event: Event, state: &Snapshot, catalogue: &Catalogue) -> Vec<UiEvent> {
    let with_info = |change: &dyn Fn(&mut ConversationInfo)| {
        let mut conversation = state.conversation.clone();
        if let Some(info) = &mut conversation {
            change(info);
        }
        vec![UiEvent::Conversation { conversation }]
    };
    match event {
        Event::Phase(phase) => vec![UiEvent::Phase { phase }],
        Event::Started { at, microphone, speaker } => with_info(&|info| {
            info.started_at = Some(at);
            info.microphone.clone_from(&microphone);
            info.speaker.clone_from(&speaker);
        }),
        Event::Devices { microphone, speaker } => with_info(&|info| {
            info.microphone.clone_from(&microphone);
            info.speaker.clone_from(&speaker);
        }),
        Event::DeviceList => vec![UiEvent::DeviceList],
        Event::Ended { at, .. } => with_info(&|info| info.ended_at = Some(at)),
        Event::TurnStarted(turn) => vec![UiEvent::TurnStarted { turn }],
        Event::TurnText { id, delta } => vec![UiEvent::TurnText { id, delta }],
        Event::TurnLanguage { id, language } => vec![UiEvent::TurnLanguage { id, language }],
        Event::TurnReset { id } => vec![UiEvent::TurnReset { id }],
        Event::TurnEnded { id, heard_to } => vec![UiEvent::TurnEnded { id, heard_to }],
        Event::TurnSources { id, sources, queries } => vec![UiEvent::TurnSources { id, sources, queries }],
        Event::Spoken(spoken) => vec![UiEvent::Spoken { spoken }],
        // A permission comes back as changed settings.
        Event::ReplyComplete
        | Event::ExchangeComplete { .. }
        | Event::MicrophoneOver
        | Event::Permission { .. } => Vec::new(),
        Event::Tool(call) => vec![UiEvent::Tool { call }],
        Event::Levels(levels) => vec![UiEvent::Levels { levels }],
        Event::Camera(camera) => vec![UiEvent::Camera { camera }],
        Event::Muted(muted) => vec![UiEvent::Muted { muted }],
        Event::Held(held) => vec![UiEvent::Held { held }],
        Event::Figures(figures) => vec![UiEvent::Figures { figures }],
        Event::Connection(connection) => vec![UiEvent::Connection { connection }],
        Event::Trouble(trouble) => {
            let mut notice = ui_error(&trouble);
            if let Some(info) = &state.conversation {
                suggest_model(&mut notice, &info.model, catalogue);
            }
            vec![UiEvent::Notice { notice }]
        }
        Event::Reconfigured(told) => {
            let gone = UiEvent::NoticeGone { code: ErrorCode::Refused };
            vec![gone, UiEvent::Notice { notice: reconfigured(told) }]
        }
        Event::ReconfigurationRefused(reason) => {
            vec![UiEvent::Notice { notice: reconfiguration_refused(&reason) }]
        }
        Event::TroubleGone(kind) => vec![UiEvent::NoticeGone { code: code(kind) }],
    }
}
