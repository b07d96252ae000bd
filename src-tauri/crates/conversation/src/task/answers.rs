//! The partner's side on the session task: its words, calls and the ends of its turns.

use live_proto::{Generation, wire};
use serde_json::Value;
use tools::Scheduling;

use super::Task;
use crate::calls::{CallResult, Changes};
use crate::event::Event;
use crate::exchange::{TurnEnd, Verdict};
use crate::trouble::of_no_answer;

impl Task {
    /// Handles words that you said.
    pub(super) async fn on_input_transcript(&mut self, text: &str, finished: bool, language: Option<&str>) {
        let now = self.clock.now();
        let events = self.transcript.heard_you(text, finished, now);
        self.watch.heard(text);
        // Last words that came late ask nothing anew.
        if events.iter().any(|event| matches!(event, Event::TurnStarted(_))) {
            self.exchange.asked();
        }
        self.emit_all(events).await;
        if let Some(event) = language.and_then(|language| self.transcript.spoken_in(language)) {
            self.emit(event).await;
        }
        if finished {
            self.reply.asked(now.steady);
        }
    }

    /// Handles words of a reply.
    pub(super) async fn on_output_text(&mut self, generation: u32, text: &str) {
        if text.is_empty() {
            return;
        }
        let events = self.transcript.reply(generation, text, self.clock.now());
        self.watch.said(text);
        // Last words that came late are no new answer.
        if !matches!(events.as_slice(), [Event::TurnText { .. }, Event::TurnEnded { .. }]) {
            self.has_content(generation).await;
        }
        self.emit_all(events).await;
    }

    /// Handles a reply that has audio or words.
    pub(super) async fn has_content(&mut self, generation: u32) {
        self.exchange.content(generation);
        self.voice_recorder.reply(generation);
        self.answer_is_not_missed().await;
    }

    pub(super) async fn on_turn_complete(
        &mut self,
        generation: Generation,
        reason: Option<String>,
        more_follows: bool,
    ) {
        let now = self.clock.now();
        self.end_of_reply(generation.0);
        let events = self.transcript.complete(now);
        self.close_turns(events).await;
        let end = TurnEnd { generation: generation.0, reason: reason.as_deref(), more_follows };
        let typed_next = self.exchange.is_typed_next();
        // The end of a reply that was cut off answers nothing: what cut it off is still to be answered. Nor does the end of one
        // that went on while something was typed.
        if self.exchange.turn_complete(end, self.calls.busy(), now) && !more_follows {
            self.reply.no_longer_awaited();
        } else if typed_next {
            self.reply.asked(now.steady);
        }
        self.look_at_exchange().await;
        self.reason = reason;
    }

    /// Reports how the exchange ended, once that is certain.
    pub(super) async fn send_verdict(&mut self) {
        if let Some(verdict) = self.exchange.due(self.calls.busy(), self.clock.now()) {
            self.on_verdict(verdict).await;
        }
    }

    pub(super) async fn on_verdict(&mut self, verdict: Verdict) {
        let Verdict { answered, trouble } = verdict;
        self.reply.no_longer_awaited();
        if let Some(why) = trouble {
            self.reported_no_answer = true;
            self.emit(Event::Trouble(of_no_answer(why, self.reason.as_deref()))).await;
        }
        self.answered |= answered;
        self.emit(Event::ExchangeComplete { answered }).await;
    }

    /// Handles a function call.
    pub(super) async fn on_tool_call(&mut self, id: String, name: String, args: Value) {
        self.exchange.called();
        self.answer_is_not_missed().await;
        let changes = self.calls.begin(id, name, args, self.clock.now());
        self.on_calls(changes).await;
    }

    /// Shows what changed among the calls, and sends what is due.
    pub(super) async fn on_calls(&mut self, changes: Changes) {
        let Changes { rows, answers, kept, picture } = changes;
        if let Some(jpeg) = picture {
            self.send_in_turn(live_proto::Command::Video(jpeg)).await;
        }
        self.emit_all(rows.into_iter().map(Event::Tool)).await;
        self.emit_all(kept.map(|(name, rule)| Event::Permission { name, rule })).await;
        for answer in answers {
            self.answer(answer).await;
        }
    }

    /// Sends the result of a function, which the partner then answers.
    pub(super) async fn answer(&mut self, answer: CallResult) {
        let CallResult { id, name, response, scheduling } = answer;
        let blocks = !self.rules.unblocked.contains(&name);
        let is_silent = scheduling == Scheduling::Silent && !blocks && self.rules.takes_scheduling;
        if is_silent {
            self.exchange.result_noted(self.calls.busy(), self.clock.now());
        } else {
            self.exchange.result_sent(blocks, self.clock.now());
            self.transcript.asked();
        }
        let scheduling = match scheduling {
            Scheduling::Interrupt => wire::Scheduling::Interrupt,
            Scheduling::WhenIdle => wire::Scheduling::WhenIdle,
            Scheduling::Silent => wire::Scheduling::Silent,
        };
        let scheduling = Some(scheduling);
        self.send(live_proto::Command::ToolResult { id, response, scheduling }).await;
    }
}
