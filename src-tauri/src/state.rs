//! The window's whole state, kept by the backend so that a reloaded window has lost nothing. Pure: [`Snapshot::apply`] is
//! the backend's twin of the reducer in `ui/src/state`.

use crate::contract::{Phase, Snapshot, UiError, UiEvent};

/// Most turns and tool calls kept for a reloaded window; a day of talking has fewer.
const LONGEST_LIST: usize = 10_000;

impl Snapshot {
    /// Takes one event into the state.
    pub fn apply(&mut self, event: &UiEvent) {
        match event {
            UiEvent::Snapshot { snapshot } => *self = (**snapshot).clone(),
            UiEvent::Phase { phase } => self.phase = *phase,
            UiEvent::Conversation { conversation } => {
                let began = conversation
                    .as_ref()
                    .is_some_and(|info| info.started_at.is_none() && info.ended_at.is_none());
                if began {
                    self.turns.clear();
                    self.tools.clear();
                    self.spoken = None;
                }
                self.conversation.clone_from(conversation);
            }
            UiEvent::TurnStarted { turn } => push_bounded(&mut self.turns, turn.clone()),
            UiEvent::TurnText { id, delta } => {
                if let Some(turn) = self.turns.iter_mut().rev().find(|turn| turn.id == *id) {
                    turn.text.push_str(delta);
                }
            }
            UiEvent::TurnReset { id } => {
                if let Some(turn) = self.turns.iter_mut().rev().find(|turn| turn.id == *id) {
                    turn.text.clear();
                }
            }
            UiEvent::TurnEnded { id, heard_to } => {
                if let Some(turn) = self.turns.iter_mut().rev().find(|turn| turn.id == *id) {
                    turn.ended = true;
                    turn.heard_to = *heard_to;
                }
            }
            UiEvent::TurnSources { id, sources, queries } => {
                if let Some(turn) = self.turns.iter_mut().rev().find(|turn| turn.id == *id) {
                    turn.sources.clone_from(sources);
                    turn.queries.clone_from(queries);
                }
            }
            UiEvent::Spoken { spoken } => self.spoken = *spoken,
            UiEvent::Tool { call } => match self.tools.iter_mut().rev().find(|row| row.id == call.id) {
                Some(row) => *row = call.clone(),
                None => push_bounded(&mut self.tools, call.clone()),
            },
            UiEvent::Levels { .. } | UiEvent::DeviceList => {}
            UiEvent::Camera { camera } => self.camera = camera.clone(),
            UiEvent::Muted { muted } => self.muted = *muted,
            UiEvent::Held { held } => self.held = *held,
            UiEvent::Connection { connection } => self.connection.clone_from(connection),
            UiEvent::Figures { figures } => self.figures = *figures,
            UiEvent::Notice { notice } => self.put_notice(notice),
            UiEvent::NoticeGone { code } => self.notices.retain(|notice| notice.code != *code),
            UiEvent::Settings { settings } => self.settings = (**settings).clone(),
            UiEvent::Key { key } => self.key = *key,
            UiEvent::Account { account } => self.account = account.clone(),
            UiEvent::Parts { parts } => self.parts = parts.clone(),
            UiEvent::SpeakerCheck { check } => self.speaker_check = check.clone(),
        }
    }

    /// The keys that shall be heard from everywhere: while a conversation by push to talk runs.
    pub(crate) fn talk_key(&self) -> Option<&str> {
        let runs = !matches!(self.phase, Phase::Ready | Phase::Connecting | Phase::Ended);
        let is_by_key = self.conversation.as_ref().is_some_and(|info| info.push_to_talk);
        self.settings.talk_key.as_deref().filter(|_| runs && is_by_key)
    }

    fn put_notice(&mut self, notice: &UiError) {
        match self.notices.iter_mut().find(|old| old.code == notice.code) {
            Some(old) => *old = notice.clone(),
            None => self.notices.push(notice.clone()),
        }
    }
}

fn push_bounded<T>(list: &mut Vec<T>, item: T) {
    if list.len() == LONGEST_LIST {
        list.remove(0);
    }
    list.push(item);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ConversationInfo, ErrorCode, Partner, Severity, Speaker, Turn};

    fn turn(id: u32) -> Turn {
        Turn {
            id,
            speaker: Speaker::Gemini,
            at: 1,
            text: String::new(),
            typed: false,
            ended: false,
            heard_to: None,
            sources: Vec::new(),
            queries: Vec::new(),
        }
    }

    fn notice(code: ErrorCode, message: &str) -> UiEvent {
        UiEvent::Notice {
            notice: UiError {
                code,
                severity: Severity::Warn,
                message: message.into(),
                explanation: String::new(),
                hints: Vec::new(),
                detail: None,
                suggestion: None,
            },
        }
    }

    #[test]
    fn a_turn_grows_by_its_deltas_and_keeps_its_mark() {
        let mut state = Snapshot::default();
        for event in [
            UiEvent::TurnStarted { turn: turn(1) },
            UiEvent::TurnText { id: 1, delta: "one ".into() },
            UiEvent::TurnText { id: 1, delta: "two".into() },
            UiEvent::TurnText { id: 9, delta: "of nobody".into() },
            UiEvent::TurnReset { id: 1 },
            UiEvent::TurnText { id: 1, delta: "one two".into() },
            UiEvent::TurnEnded { id: 1, heard_to: Some(3) },
        ] {
            state.apply(&event);
        }
        assert_eq!((state.turns[0].text.as_str(), state.turns[0].heard_to), ("one two", Some(3)));
    }

    #[test]
    fn a_new_conversation_starts_with_an_empty_transcript_and_its_end_keeps_it() {
        let info = ConversationInfo {
            started_at: None,
            ended_at: None,
            partner: Partner::Rehearsal,
            model: "m".into(),
            voice: "v".into(),
            push_to_talk: false,
            microphone: None,
            speaker: None,
        };
        let mut state = Snapshot { turns: vec![turn(1)], ..Snapshot::default() };
        state.apply(&UiEvent::Conversation { conversation: Some(info.clone()) });
        assert!(state.turns.is_empty());
        state.apply(&UiEvent::TurnStarted { turn: turn(2) });
        let ended = ConversationInfo { started_at: Some(1), ended_at: Some(2), ..info };
        state.apply(&UiEvent::Conversation { conversation: Some(ended) });
        assert_eq!(state.turns.len(), 1);
    }

    #[test]
    fn the_talk_key_is_wanted_while_it_is_of_use() {
        let info = ConversationInfo {
            started_at: Some(1),
            ended_at: None,
            partner: Partner::Rehearsal,
            model: "m".into(),
            voice: "v".into(),
            push_to_talk: true,
            microphone: None,
            speaker: None,
        };
        let mut state = Snapshot { conversation: Some(info.clone()), ..Snapshot::default() };
        state.apply(&UiEvent::Phase { phase: Phase::Listening });
        assert_eq!(state.talk_key(), None, "none is chosen");
        state.settings.talk_key = Some("Control+F8".into());
        assert_eq!(state.talk_key(), Some("Control+F8"));
        state.apply(&UiEvent::Phase { phase: Phase::Ended });
        assert_eq!(state.talk_key(), None);
        state.apply(&UiEvent::Phase { phase: Phase::Speaking });
        state.conversation = Some(ConversationInfo { push_to_talk: false, ..info });
        assert_eq!(state.talk_key(), None, "one is heard without it");
    }

    #[test]
    fn one_notice_for_each_code() {
        let mut state = Snapshot::default();
        state.apply(&notice(ErrorCode::Network, "first"));
        state.apply(&notice(ErrorCode::Network, "second"));
        state.apply(&notice(ErrorCode::Quota, "other"));
        assert_eq!(state.notices.len(), 2);
        assert_eq!(state.notices[0].message, "second");
        state.apply(&UiEvent::NoticeGone { code: ErrorCode::Network });
        assert_eq!(state.notices.len(), 1);
    }
}
