//! What is typed, and what is done when nobody answers (PROTOCOL.md §2.5, §14). Pure.

use super::backlog::QueuedInput;
use super::event::{Event, Millis, Output};
use super::{Phase, Session};
use crate::catalogue::{Model, Support, Typing};
use crate::close::{CloseCause, CloseKind};
use crate::wire::{ClientContent, ClientMessage, Content, Part, RealtimeInput, Setup, ThinkingLevel};

use super::limits::Limits;
use super::unanswered::Unanswered;

/// By how much longer a model is waited for that was told to think.
const THINKS_LONGER: u32 = 3;

impl Unanswered {
    /// Returns the watch for a session with this setup.
    pub(super) fn of(setup: &Setup, rules: &Model, limits: &Limits) -> Self {
        let thinking = setup.generation_config.as_ref().and_then(|config| config.thinking_config.as_ref());
        let level = thinking.and_then(|thinking| thinking.thinking_level.as_ref());
        let is_slow = matches!(level, Some(ThinkingLevel::Medium | ThinkingLevel::High));
        let factor = if is_slow { THINKS_LONGER } else { 1 };
        let asked = setup.proactivity.as_ref().and_then(|proactivity| proactivity.proactive_audio);
        let is_proactive = rules.proactive == Support::Always || asked == Some(true);
        Self::new(
            limits.no_answer_yet.saturating_mul(factor),
            limits.unanswered.saturating_mul(factor),
            is_proactive,
        )
    }
}

impl Session {
    /// Returns the message for a typed text. While a reply runs, it is a question for when that is cut or over.
    pub(super) fn typed_message(&mut self, text: String) -> ClientMessage {
        if self.replies.in_progress() && self.asked_meanwhile.len() < self.limits.held_commands {
            self.asked_meanwhile.push((self.messages, text.clone()));
        } else {
            self.typed(&text, self.messages);
        }
        match self.typing {
            Typing::RealtimeText => ClientMessage::RealtimeInput(RealtimeInput::text(text)),
            Typing::ClientContent => {
                let pictures = self.pictures.take();
                let pictures = pictures.into_iter().map(|jpeg| Part::inline("image/jpeg", jpeg));
                let parts = pictures.chain([Part::text(text)]).collect();
                let turns = vec![Content { role: Some("user".to_owned()), parts }];
                ClientMessage::ClientContent(ClientContent { turns, turn_complete: Some(true) })
            }
        }
    }

    /// Records a typed text, sent with the message of this number, as the open question.
    fn typed(&mut self, text: &str, message: u64) {
        self.user_asks(message);
        self.history.user_typed(text);
        self.unanswered.typed(self.replies.in_progress(), self.now);
    }

    /// Records what was typed while the last reply ran: it is answered next.
    pub(super) fn ask_what_waited(&mut self) {
        for (message, text) in std::mem::take(&mut self.asked_meanwhile) {
            self.typed(&text, message);
        }
    }

    /// Keeps a picture that is sent now for the next typed turn, where that would not see it.
    pub(super) fn picture_sent(&mut self, jpeg: &[u8]) {
        if self.typing == Typing::ClientContent {
            self.pictures.sent(jpeg.to_vec(), self.now);
        }
    }

    /// Returns when something is due for a question without an answer. A call that runs, or a reply, is an answer.
    pub(super) fn no_answer_at(&self) -> Option<Millis> {
        let is_at_work = self.replies.in_progress() || self.calls.any_open();
        if is_at_work { None } else { self.unanswered.due() }
    }

    /// Tells the person that there is no answer yet, when that is due; later, asks again.
    pub(super) fn no_answer_yet(&mut self, now: Millis) {
        if self.no_answer_at().is_none_or(|at| at > now) {
            return;
        }
        if self.unanswered.tell(now) {
            return self.event(Event::NoAnswerYet);
        }
        self.ask_again(now);
    }

    /// Resumes the session and asks again what has no answer, when there is such a question.
    pub(super) fn ask_again(&mut self, now: Millis) {
        if !matches!(self.phase, Phase::Live) || !self.unanswered.is_waiting() {
            return;
        }
        self.unanswered.ask_again();
        // Input that no handle covers is sent again in any case. Words that were heard are said as words instead of their
        // sound, which would be written down twice.
        if self.detects_turns && self.unanswered.is_spoken() && self.history.has_question() {
            self.backlog.covered(self.question_end);
            self.say_again(0);
        } else if !self.backlog.asks() {
            self.say_again(0);
        }
        self.asks_again = true;
        let reason = "the model did not answer".to_owned();
        self.leave(CloseCause { kind: CloseKind::Network, code: None, reason }, false, now);
    }

    /// Queues the open question as text, before everything that waits. It was sent this often.
    pub(super) fn say_again(&mut self, sent: u8) {
        let words = self.history.take_question();
        if !words.is_empty() {
            self.open_since = None;
            self.backlog.push_again(QueuedInput::Text(words), sent);
        }
    }

    /// Continues in a new session of the service, which is told the conversation as text.
    pub(super) fn start_fresh(&mut self, now: Millis) {
        if !self.connection.was_ready {
            return;
        }
        self.handle = None;
        let reason = "a fresh session was asked for".to_owned();
        let cause = CloseCause { kind: CloseKind::SessionNotFound, code: None, reason };
        match self.phase {
            Phase::Live => self.leave(cause, false, now),
            Phase::SettingUp { .. } => {
                self.outputs.push_back(Output::Close { code: 1000, reason: cause.reason.clone() });
                self.connection_lost(cause, now);
            }
            Phase::Waiting { .. } => self.connect(now),
            Phase::Connecting | Phase::Leaving { .. } | Phase::Draining { .. } | Phase::Closed => {}
        }
    }
}
