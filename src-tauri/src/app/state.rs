//! The window's whole state, kept by the backend so that a reloaded window has lost nothing. Pure: [`Snapshot::apply`] is
//! the backend's twin of the reducer in `ui/src/state`.

use std::collections::BTreeSet;

use crate::contract::{ConversationInfo, Kept, Phase, Snapshot, ToolCall, Turn, UiError, UiEvent};

/// Most turns kept for a reloaded window; a day of talking has fewer.
const TURNS: usize = 10_000;
/// Most tool calls.
const CALLS: usize = 2_000;
/// Most bytes of the turns, and of the calls. An hour of speech is about 60 KB.
const LIST_BYTES: usize = 4 << 20;
/// What a row takes beside its texts, in bytes.
const ROW_BYTES: usize = 300;

/// The rows that changed while a window took no events.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    pub(crate) turns: BTreeSet<u32>,
    pub(crate) calls: BTreeSet<u32>,
}

impl Snapshot {
    /// Takes one event into the state.
    pub fn apply(&mut self, event: &UiEvent) {
        match event {
            UiEvent::Snapshot { snapshot } => *self = (**snapshot).clone(),
            UiEvent::CaughtUp { snapshot } => self.catch_up(snapshot),
            UiEvent::Phase { phase } => self.phase = *phase,
            UiEvent::Conversation { conversation } => {
                if conversation.as_ref().is_some_and(ConversationInfo::is_new) {
                    self.turns.clear();
                    self.tools.clear();
                    (self.earlier, self.kept) = (false, Kept::default());
                    self.spoken.clear();
                }
                self.conversation.clone_from(conversation);
            }
            UiEvent::TurnStarted { turn } => {
                self.kept.turns += turn_bytes(turn);
                self.turns.push(turn.clone());
                self.bound();
            }
            UiEvent::TurnText { id, delta } => self.change_turn(*id, |turn| turn.text.push_str(delta)),
            UiEvent::TurnLanguage { id, language } => {
                self.change_turn(*id, |turn| turn.language = Some(language.clone()));
            }
            UiEvent::TurnReset { id } => self.change_turn(*id, |turn| turn.text.clear()),
            UiEvent::TurnEnded { id, heard_to } => self.change_turn(*id, |turn| {
                turn.ended = true;
                turn.heard_to = *heard_to;
            }),
            UiEvent::TurnSources { id, sources, queries } => self.change_turn(*id, |turn| {
                turn.sources.clone_from(sources);
                turn.queries.clone_from(queries);
            }),
            UiEvent::Spoken { spoken } => self.spoken.clone_from(spoken),
            UiEvent::Tool { call } => {
                self.kept.calls += call_bytes(call);
                match self.tools.iter_mut().rev().find(|row| row.number == call.number) {
                    Some(row) => {
                        self.kept.calls = self.kept.calls.saturating_sub(call_bytes(row));
                        *row = call.clone();
                    }
                    None => self.tools.push(call.clone()),
                }
                self.bound();
            }
            UiEvent::Levels { .. } | UiEvent::DeviceList => {}
            UiEvent::Camera { camera } => self.camera = camera.clone(),
            UiEvent::Muted { muted } => self.muted = *muted,
            UiEvent::Held { held } => self.held = *held,
            UiEvent::Connection { connection } => self.connection.clone_from(connection),
            UiEvent::Figures { figures } => self.figures = *figures,
            UiEvent::Notice { notice } => self.put_notice(notice),
            UiEvent::NoticeGone { code } => self.notices.retain(|notice| notice.code != *code),
            UiEvent::Settings { settings } => self.settings = (**settings).clone(),
            UiEvent::Applied { settings } => self.applied = Some(settings.clone()),
            UiEvent::Key { key } => self.key = *key,
            UiEvent::Account { account } => self.account = account.clone(),
            UiEvent::SpeechAssets { speech_assets } => self.speech_assets = speech_assets.clone(),
            UiEvent::LocalModels { local_models } => self.local_models = local_models.clone(),
            UiEvent::Toolbox { toolbox } => self.toolbox = (**toolbox).clone(),
            UiEvent::SpeakerCheck { check } => self.speaker_check = check.clone(),
            UiEvent::VoiceSample { sample } => self.voice_sample = sample.clone(),
            UiEvent::MicrophoneTest { test } => self.microphone_test = test.clone(),
        }
    }

    /// All but the turns and the tool calls, and of those the ones that `changed` has: what a window needs that missed events.
    /// Costs what changed, however long the conversation is.
    pub(crate) fn since(&self, changed: &Changed) -> Self {
        // Ids grow with time, so what changed lies at the end.
        let first = changed
            .turns
            .first()
            .map_or(self.turns.len(), |first| self.turns.partition_point(|turn| turn.id < *first));
        let turns =
            self.turns[first..].iter().filter(|turn| changed.turns.contains(&turn.id)).cloned().collect();
        let tools = self.tools.iter().filter(|call| changed.calls.contains(&call.number)).cloned().collect();
        Self {
            phase: self.phase,
            conversation: self.conversation.clone(),
            turns,
            earlier: self.earlier,
            kept: Kept::default(),
            spoken: self.spoken.clone(),
            tools,
            camera: self.camera.clone(),
            muted: self.muted,
            held: self.held,
            connection: self.connection.clone(),
            figures: self.figures,
            notices: self.notices.clone(),
            settings: self.settings.clone(),
            applied: self.applied.clone(),
            key: self.key,
            account: self.account.clone(),
            speech_assets: self.speech_assets.clone(),
            local_models: self.local_models.clone(),
            toolbox: self.toolbox.clone(),
            speaker_check: self.speaker_check.clone(),
            voice_sample: self.voice_sample.clone(),
            microphone_test: self.microphone_test.clone(),
        }
    }

    fn catch_up(&mut self, snapshot: &Self) {
        let (turns, tools) = (std::mem::take(&mut self.turns), std::mem::take(&mut self.tools));
        let earlier = self.earlier || snapshot.earlier;
        *self = Self { turns, earlier, tools, ..snapshot.clone() };
        for turn in &snapshot.turns {
            match self.turns.iter_mut().rev().find(|row| row.id == turn.id) {
                Some(row) => *row = turn.clone(),
                None => self.turns.push(turn.clone()),
            }
        }
        for call in &snapshot.tools {
            match self.tools.iter_mut().rev().find(|row| row.number == call.number) {
                Some(row) => *row = call.clone(),
                None => self.tools.push(call.clone()),
            }
        }
        self.kept = Kept {
            turns: self.turns.iter().map(turn_bytes).sum(),
            calls: self.tools.iter().map(call_bytes).sum(),
        };
        self.bound();
    }

    /// The keys that shall be heard from everywhere: while a conversation by push to talk runs.
    pub(crate) fn talk_key(&self) -> Option<&str> {
        let runs = !matches!(self.phase, Phase::Ready | Phase::Connecting | Phase::Ended);
        let is_by_key = self.conversation.as_ref().is_some_and(|info| info.push_to_talk);
        self.settings.talk_key.as_deref().filter(|_| runs && is_by_key)
    }

    fn change_turn(&mut self, id: u32, change: impl FnOnce(&mut Turn)) {
        let Some(turn) = self.turns.iter_mut().rev().find(|turn| turn.id == id) else { return };
        let before = turn_bytes(turn);
        change(turn);
        self.kept.turns = (self.kept.turns + turn_bytes(turn)).saturating_sub(before);
        self.bound();
    }

    fn bound(&mut self) {
        self.earlier |= drop_oldest(&mut self.turns, &mut self.kept.turns, TURNS, turn_bytes);
        self.earlier |= drop_oldest(&mut self.tools, &mut self.kept.calls, CALLS, call_bytes);
    }

    fn put_notice(&mut self, notice: &UiError) {
        match self.notices.iter_mut().find(|old| old.code == notice.code) {
            Some(old) => *old = notice.clone(),
            None => self.notices.push(notice.clone()),
        }
    }
}

/// Drops the oldest rows until a tenth of what may be kept is free again, when it is more; whether it did. The newest stays.
fn drop_oldest<T>(rows: &mut Vec<T>, bytes: &mut usize, most: usize, of: impl Fn(&T) -> usize) -> bool {
    if rows.len() <= most && *bytes <= LIST_BYTES {
        return false;
    }
    let mut count = 0;
    while count + 1 < rows.len() && (rows.len() - count > most / 10 * 9 || *bytes > LIST_BYTES / 10 * 9) {
        *bytes = bytes.saturating_sub(of(&rows[count]));
        count += 1;
    }
    rows.drain(..count);
    count > 0
}

fn turn_bytes(turn: &Turn) -> usize {
    let Turn { text, sources, queries, .. } = turn;
    let sources = sources.iter().map(|source| source.title.len() + source.uri.len());
    let queries = queries.iter().map(String::len);
    ROW_BYTES + text.len() + sources.chain(queries).sum::<usize>()
}

fn call_bytes(call: &ToolCall) -> usize {
    let ToolCall { id, name, args, result, question, .. } = call;
    let texts = [result, question].map(|text| text.as_ref().map_or(0, String::len));
    ROW_BYTES + id.len() + name.len() + args.len() + texts.iter().sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{ErrorCode, Severity, Speaker, Text, Turn};

    fn turn(id: u32) -> Turn {
        Turn::new(id, Speaker::Gemini, "", 1)
    }

    fn notice(code: ErrorCode, message: &str) -> UiEvent {
        UiEvent::Notice {
            notice: UiError {
                code,
                severity: Severity::Warn,
                text: Text::new(message),
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
        let info = ConversationInfo::of_test();
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
        let info =
            ConversationInfo { started_at: Some(1), push_to_talk: true, ..ConversationInfo::of_test() };
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

    fn bytes(state: &Snapshot) -> usize {
        state.turns.iter().map(turn_bytes).sum::<usize>() + state.tools.iter().map(call_bytes).sum::<usize>()
    }

    #[test]
    fn turns_of_240_kb_each_are_bounded_and_the_oldest_go() {
        let mut state = Snapshot::default();
        for id in 1..=200 {
            state.apply(&UiEvent::TurnStarted { turn: turn(id) });
            for _ in 0..240 {
                state.apply(&UiEvent::TurnText { id, delta: "a".repeat(1_000) });
            }
        }
        assert!(bytes(&state) <= 2 * LIST_BYTES && state.earlier);
        assert_eq!(state.turns.last().map(|turn| (turn.id, turn.text.len())), Some((200, 240_000)));
        assert_eq!(state.kept.turns, bytes(&state), "the count is kept right");
    }

    #[test]
    fn small_turns_and_calls_without_end_are_bounded() {
        let mut state = Snapshot::default();
        for n in 0..200_000_u32 {
            let call = ToolCall {
                number: n,
                id: n.to_string(),
                name: "f".into(),
                args: String::new(),
                state: crate::contract::ToolState::Done,
                at: 0,
                running_since: None,
                elapsed_ms: None,
                result: None,
                each_time: false,
                question: None,
            };
            // Straight into the list: to look each one up would take long here.
            state.kept.calls += call_bytes(&call);
            state.tools.push(call);
            state.apply(&UiEvent::TurnStarted { turn: turn(n) });
        }
        assert!(state.turns.len() <= TURNS && state.tools.len() <= CALLS && state.earlier);
        assert_eq!(state.turns.last().map(|turn| turn.id), Some(199_999));
        let info = UiEvent::Conversation { conversation: Some(ConversationInfo::of_test()) };
        state.apply(&info);
        assert!(!state.earlier && state.kept.turns == 0 && state.kept.calls == 0);
    }

    #[test]
    fn one_notice_for_each_code() {
        let mut state = Snapshot::default();
        state.apply(&notice(ErrorCode::Network, "first"));
        state.apply(&notice(ErrorCode::Network, "second"));
        state.apply(&notice(ErrorCode::Quota, "other"));
        assert_eq!(state.notices.len(), 2);
        assert_eq!(state.notices[0].text.id, "second");
        state.apply(&UiEvent::NoticeGone { code: ErrorCode::Network });
        assert_eq!(state.notices.len(), 1);
    }
}
