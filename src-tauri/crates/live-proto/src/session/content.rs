//! Processes the service's messages. Every field counts, whatever other fields are present. Pure.

use std::time::Duration;

use super::calls::Registered;
use super::event::{Activity, Event, Generation, Millis};
use super::sound::Piece;
use super::{Phase, Session};
use crate::wire::{
    Blob, FunctionCall, GroundingMetadata, InteractionStatus, Part, ServerContent, ServerMessage,
    Transcription, UrlContextMetadata, VadSignalType, VoiceActivityType,
};

impl Session {
    pub(super) fn message(&mut self, message: ServerMessage, now: Millis) {
        if let Some(complete) = message.setup_complete {
            self.ready(complete.session_id, now);
        }
        if let Some(activity) = message.voice_activity {
            let kind = match activity.voice_activity_type {
                Some(VoiceActivityType::Start) => Some(Activity::Start),
                Some(VoiceActivityType::End) => Some(Activity::End),
                _ => None,
            };
            self.voice_activity(kind, activity.audio_offset.map(|offset| offset.0));
        }
        if let Some(signal) = message.voice_activity_detection_signal {
            let kind = match signal.vad_signal_type {
                Some(VadSignalType::StartOfSpeech) => Some(Activity::Start),
                Some(VadSignalType::EndOfSpeech) => Some(Activity::End),
                _ => None,
            };
            self.voice_activity(kind, None);
        }
        // Cancellations before calls: one message may cancel old calls and make new ones.
        if let Some(cancellation) = message.tool_call_cancellation {
            let ids = self.calls.cancel(cancellation.ids);
            if !ids.is_empty() {
                self.event(Event::ToolCallsCancelled { ids });
            }
        }
        if let Some(content) = message.server_content.filter(|_| !self.asks_again) {
            self.content(content, now);
        }
        if let Some(tool_call) = message.tool_call.filter(|_| !self.asks_again) {
            self.tool_calls(tool_call.function_calls, now);
        }
        if let Some(usage) = message.usage_metadata {
            self.event(Event::Usage(Box::new(usage)));
        }
        if let Some(update) = message.session_resumption_update {
            self.resumption(update);
        }
        if let Some(go_away) = message.go_away {
            self.go_away(go_away.time_left.map_or(Duration::ZERO, |left| left.0), now);
        }
    }

    /// Processes in this order: what ends the old reply, what the person said, what the model says, what ends the new
    /// reply.
    fn content(&mut self, content: ServerContent, now: Millis) {
        // An empty content, as it comes beside usage data, proves nothing.
        self.connection.is_used |= content != ServerContent::default();
        if content.interrupted == Some(true) {
            self.pending_transcript.clear();
            // An `interrupted` without a running reply can precede a turn (PROTOCOL.md §3.1).
            let breaks_off = self.replies.in_progress();
            let generation = self.replies.interrupted(now);
            if breaks_off {
                self.exchange_complete();
                self.ask_what_waited();
            }
            self.event(Event::Interrupted { generation });
        }
        if let Some(draft) = content.interim_input_transcription {
            self.event(Event::InterimInputTranscript { text: draft.text.unwrap_or_default() });
        }
        let language = content.input_transcription.as_ref().and_then(|piece| piece.language_code.clone());
        if let Some((text, finished)) = content.input_transcription.and_then(piece) {
            self.user_asks(self.messages.saturating_sub(1));
            self.history.user_said(&text);
            self.unanswered.heard(&text, now);
            self.transcript_grew(&text);
            self.event(Event::InputTranscript { text, finished, language });
        }
        for part in content.model_turn.map(|turn| turn.parts).unwrap_or_default() {
            self.part(part, now);
        }
        if let Some((text, finished)) = content.output_transcription.and_then(piece) {
            self.transcript(text, finished, now);
        }
        if let Some(grounding) = content.grounding_metadata {
            self.grounding(grounding);
        }
        if let Some(pages) = content.url_context_metadata {
            self.pages_read(pages);
        }
        if content.generation_complete == Some(true) {
            self.pending_transcript_is_a_reply(now);
            let generation = self.replies.last();
            self.replies.generated();
            self.event(Event::GenerationComplete { generation });
        }
        if content.waiting_for_input == Some(true) {
            self.unanswered.answered();
            self.event(Event::WaitingForInput);
        }
        if content.turn_complete == Some(true) {
            self.pending_transcript_is_a_reply(now);
            // The end of an interrupted reply does not answer the interruption, and a turn that ends with a call has its
            // answer in the next one.
            let ends_with_call = std::mem::take(&mut self.ends_with_call);
            let answers = !self.replies.is_broken_off() && !ends_with_call;
            let generation = self.replies.turn_complete();
            let reason = content.turn_complete_reason.map(|reason| reason.as_str().to_owned());
            let more_follows = content.interaction_status.as_ref().is_some_and(continues);
            if answers {
                self.unanswered.turn_complete();
            }
            self.unanswered.settled(now);
            if answers && !more_follows {
                self.exchange_complete();
                // What was typed meanwhile opens the next exchange.
                let next = self.asked_meanwhile.first().map_or(self.messages, |(message, _)| *message);
                self.turn_end = next.saturating_sub(1);
            }
            if more_follows || ends_with_call {
                // The words of the next turn may come before its sound, and they are no last words of this one.
                self.replies.user_said();
            }
            self.ask_what_waited();
            self.transcript_bytes = 0;
            self.event(Event::TurnComplete { generation, reason, more_follows });
        }
    }

    /// Marks the exchange as complete: what was sent before the reply began is answered and is not sent again.
    pub(super) fn exchange_complete(&mut self) {
        self.history.complete(self.replies.last(), Some(self.question_end) <= self.covered_to);
        self.backlog.covered(self.asked_to);
        self.open_since = None;
        (self.is_taken_up, self.said_again) = (false, 0);
        if self.asked_meanwhile.is_empty() {
            self.pictures.answered();
        }
    }

    /// Notes after which client message a reply began.
    fn reply_may_begin(&mut self, before: Generation) {
        if self.replies.last() != before {
            self.asked_to = self.messages.saturating_sub(1);
            self.is_taken_up = true;
            self.unanswered.answered();
        }
    }

    /// Handles transcript of a reply. After an interruption it may be the first of the next reply, ahead of its audio.
    fn transcript(&mut self, text: String, finished: bool, now: Millis) {
        if text.is_empty() {
            // A bare mark of the end; on Vertex a turn that only calls has one, too. It begins nothing.
            return self.emit_transcript(self.replies.last(), text, finished);
        }
        self.transcript_grew(&text);
        if self.replies.is_undecided(now, self.limits.residue) {
            if self.pending_transcript.is_empty() {
                self.pending_since = now;
            }
            self.pending_transcript.push_str(&text);
            return;
        }
        let before = self.replies.last();
        let generation = self.replies.transcript();
        self.reply_may_begin(before);
        self.emit_transcript(generation, text, finished);
    }

    fn emit_transcript(&mut self, generation: Generation, text: String, finished: bool) {
        self.ends_with_call &= text.is_empty();
        self.history.model_said(generation, &text);
        self.event(Event::OutputTranscript { generation, text, finished });
    }

    /// Emits the transcript that waited for the next reply, which has begun. If it waited too long, it belongs to the
    /// previous reply.
    fn emit_pending_transcript(&mut self, before: Generation, now: Millis) {
        if self.pending_transcript.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.pending_transcript);
        let is_late = self.pending_since.after(self.limits.residue) <= now;
        self.emit_transcript(if is_late { before } else { self.replies.last() }, text, false);
    }

    /// Treats waiting transcript as a reply of its own: the turn ended without other content.
    fn pending_transcript_is_a_reply(&mut self, now: Millis) {
        if !self.pending_transcript.is_empty() {
            let before = self.replies.last();
            self.replies.begin();
            self.reply_may_begin(before);
            self.emit_pending_transcript(before, now);
        }
    }

    /// Closes the session when a transcript grows without end, to bound memory.
    fn transcript_grew(&mut self, piece: &str) {
        self.transcript_bytes += piece.len();
        if self.transcript_bytes > self.limits.transcript_bytes {
            self.limit_exceeded(format!(
                "a transcript of more than {} bytes in one turn",
                self.limits.transcript_bytes
            ));
        }
    }

    fn part(&mut self, part: Part, now: Millis) {
        let is_thought = part.is_thought();
        if let Some(call) = part.function_call {
            self.tool_calls(vec![*call], now);
        }
        let holds_content = part.text.is_some()
            || part.inline_data.is_some()
            || part.executable_code.is_some()
            || part.code_execution_result.is_some();
        if !holds_content {
            return;
        }
        let before = self.replies.last();
        let Some(generation) = self.replies.content(now, self.limits.residue) else {
            self.counters.residue += 1;
            return;
        };
        self.reply_may_begin(before);
        self.ends_with_call &= is_thought;
        self.emit_pending_transcript(before, now);
        if let Some(blob) = part.inline_data {
            self.inline(blob, generation);
        }
        if let Some(text) = part.text.filter(|text| !text.is_empty()) {
            if !is_thought {
                self.transcript_grew(&text);
            }
            self.event(if is_thought {
                Event::Thought { generation, text }
            } else {
                Event::Text { generation, text }
            });
        }
        if let Some(code) = part.executable_code {
            self.event(Event::Code { generation, code: code.code.unwrap_or_default() });
        }
        if let Some(result) = part.code_execution_result {
            let outcome = result.outcome.map(|outcome| outcome.as_str().to_owned());
            self.event(Event::CodeResult { generation, outcome, output: result.output.unwrap_or_default() });
        }
    }

    fn inline(&mut self, blob: Blob, generation: Generation) {
        match self.reply_audio.decode(blob, generation) {
            Piece::Pcm { pcm, .. } if pcm.is_empty() => {}
            Piece::Pcm { pcm, rate } => self.event(Event::Audio { generation, pcm, rate }),
            Piece::Unplayable { mime, is_new } => {
                self.counters.unknown += 1;
                if is_new {
                    self.event(Event::Unplayable { mime });
                }
            }
            Piece::Other { mime } => {
                self.counters.unknown += 1;
                self.event(Event::Unknown { what: format!("inlineData {mime}") });
            }
        }
    }

    fn tool_calls(&mut self, calls: Vec<FunctionCall>, now: Millis) {
        let mut refusals = Vec::new();
        self.connection.is_used |= !calls.is_empty();
        for call in calls {
            match self.calls.register(call, &self.limits, now) {
                Registered::Call { id, name, args } => {
                    self.ends_with_call = true;
                    self.is_taken_up = true;
                    if !self.replies.in_progress() {
                        // It came with the end of its turn: what is said next is another reply, the answer to it.
                        self.replies.user_said();
                    }
                    self.unanswered.answered();
                    self.event(Event::ToolCall { id, name, args });
                }
                Registered::Refused(answer) => {
                    self.counters.calls_refused += 1;
                    refusals.extend(answer);
                }
            }
        }
        if !refusals.is_empty() && matches!(self.phase, Phase::Live) {
            self.answer(refusals);
        }
    }

    fn voice_activity(&mut self, activity: Option<Activity>, offset: Option<Duration>) {
        if let Some(activity) = activity {
            self.event(Event::VoiceActivity { activity, offset });
        }
    }

    fn grounding(&mut self, grounding: GroundingMetadata) {
        let sources = grounding
            .grounding_chunks
            .into_iter()
            .filter_map(|chunk| chunk.web)
            .filter_map(|web| Some((web.title.or(web.domain).unwrap_or_default(), web.uri?)))
            .collect();
        self.event(Event::Grounding {
            generation: self.replies.last(),
            sources,
            queries: grounding.web_search_queries,
            suggestion_html: grounding.search_entry_point.and_then(|entry| entry.rendered_content),
        });
    }

    fn pages_read(&mut self, pages: UrlContextMetadata) {
        let pages = pages
            .url_metadata
            .into_iter()
            .filter_map(|page| {
                let status = page.url_retrieval_status.map(|status| status.as_str().to_owned());
                Some((page.retrieved_url?, status.unwrap_or_default()))
            })
            .collect();
        self.event(Event::PagesRead { generation: self.replies.last(), pages });
    }
}

/// Returns the text and whether it was the last piece; `None` for an empty transcription.
fn piece(transcription: Transcription) -> Option<(String, bool)> {
    let finished = transcription.finished == Some(true);
    let text = transcription.text.unwrap_or_default();
    (finished || !text.is_empty()).then_some((text, finished))
}

/// Returns whether the model will continue. Only `IDLE` and the deprecated `REQUIRES_ACTION` end an exchange.
fn continues(status: &InteractionStatus) -> bool {
    match status {
        InteractionStatus::InProgress => true,
        InteractionStatus::Idle | InteractionStatus::RequiresAction => false,
        InteractionStatus::Other(other) => !other.ends_with("_UNSPECIFIED"),
    }
}
