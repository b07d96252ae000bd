//! The session as a pure state machine: setup, readiness, replies and their interruptions, calls, the end.
//!
//! Whoever drives it hands in what happened with the time ([`Session::handle_input`]), then takes out everything that
//! is to be done ([`Session::poll_output`] until `None`), and calls [`Session::handle_timeout`] when the time of
//! [`Session::poll_timeout`] has come. It never blocks, never reads a clock and never panics on what a peer sends.
//! [`Event::Closed`] is the last thing that comes out.

mod calls;
mod content;
mod event;
mod held;
mod limits;
mod reply;

pub use event::{Activity, Command, Event, Generation, Input, Millis, Output, TransportClosed};
pub use limits::{Counters, Limits};

use std::collections::VecDeque;

use crate::catalogue::{Catalogue, Model, Typing};
use crate::close::{CloseCause, CloseKind, classify_close};
use crate::wire::{
    self, ActivityMark, ClientContent, ClientMessage, Content, FunctionResponse, RealtimeInput, Setup,
    ToolResponse,
};
use calls::Calls;
use held::Held;
use reply::Replies;

/// One session over one connection.
#[derive(Debug)]
pub struct Session {
    phase: Phase,
    outputs: VecDeque<Output>,
    limits: Limits,
    counters: Counters,
    typing: Typing,
    /// Whether the service finds turns by itself; else `audioStreamEnd` is an error.
    detects_turns: bool,
    /// Whether sound was sent since the last `audioStreamEnd`.
    audio_open: bool,
    replies: Replies,
    calls: Calls,
    handle: Option<String>,
}

#[derive(Debug)]
enum Phase {
    Connecting { setup: String, held: Held },
    SettingUp { deadline: Millis, held: Held },
    Live,
    Draining { deadline: Millis, quiet_at: Millis },
    Closed,
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// The WebSocket is not open yet.
    Connecting,
    /// The setup is sent and not yet taken.
    SettingUp,
    /// The conversation.
    Live,
    /// The end was asked for; the last words are awaited.
    Draining,
    /// Over.
    Closed,
}

impl Session {
    /// A session that will open with this setup, by the embedded rules of its model.
    pub fn new(setup: Setup, limits: Limits) -> Self {
        let catalogue = Catalogue::embedded();
        let rules = catalogue.rules(&setup.model);
        Self::with_rules(setup, rules, limits)
    }

    /// The same by other rules (those of a newer catalogue).
    pub fn with_rules(setup: Setup, rules: &Model, limits: Limits) -> Self {
        let detection =
            setup.realtime_input_config.as_ref().and_then(|c| c.automatic_activity_detection.as_ref());
        Self {
            outputs: VecDeque::new(),
            limits,
            counters: Counters::default(),
            typing: rules.typing,
            detects_turns: detection.and_then(|detection| detection.disabled) != Some(true),
            audio_open: false,
            replies: Replies::default(),
            calls: Calls::new(&setup, &rules.functions),
            handle: setup.session_resumption.as_ref().and_then(|resumption| resumption.handle.clone()),
            phase: Phase::Connecting {
                setup: wire::encode(&ClientMessage::Setup(Box::new(setup))),
                held: Held::default(),
            },
        }
    }

    /// Takes in what happened. Drain [`poll_output`](Self::poll_output) afterwards.
    pub fn handle_input(&mut self, input: Input<'_>, now: Millis) {
        if matches!(self.phase, Phase::Closed) {
            if matches!(input, Input::Command(_)) {
                self.counters.commands_dropped += 1;
            }
            return;
        }
        match input {
            Input::Opened => self.opened(now),
            Input::Frame(frame) => self.frame(frame, now),
            Input::TransportClosed(closed) => self.transport_closed(&closed),
            Input::Command(command) => self.command(command, now),
        }
    }

    /// Does what the time has come for.
    pub fn handle_timeout(&mut self, now: Millis) {
        match self.phase {
            Phase::SettingUp { deadline, .. } if deadline <= now => self.close(
                1000,
                CloseCause {
                    kind: CloseKind::SetupTimeout,
                    code: None,
                    reason: "no answer to the setup".to_owned(),
                },
            ),
            Phase::Draining { deadline, quiet_at } if deadline.min(quiet_at) <= now => self.close_wished(),
            _ => {}
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    pub fn poll_timeout(&self) -> Option<Millis> {
        match self.phase {
            Phase::SettingUp { deadline, .. } => Some(deadline),
            Phase::Draining { deadline, quiet_at } => Some(deadline.min(quiet_at)),
            Phase::Connecting { .. } | Phase::Live | Phase::Closed => None,
        }
    }

    /// The next thing to be done, in order.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Where the session stands.
    pub fn state(&self) -> SessionState {
        match self.phase {
            Phase::Connecting { .. } => SessionState::Connecting,
            Phase::SettingUp { .. } => SessionState::SettingUp,
            Phase::Live => SessionState::Live,
            Phase::Draining { .. } => SessionState::Draining,
            Phase::Closed => SessionState::Closed,
        }
    }

    /// What was dropped or skipped so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The handle with which the session can be resumed: the last one that the service called resumable.
    pub fn resumption_handle(&self) -> Option<&str> {
        self.handle.as_deref()
    }

    fn opened(&mut self, now: Millis) {
        if let Phase::Connecting { setup, held } = &mut self.phase {
            self.outputs.push_back(Output::Send(std::mem::take(setup)));
            let held = std::mem::take(held);
            self.phase = Phase::SettingUp { deadline: now.after(self.limits.setup_timeout), held };
        }
    }

    /// The setup was taken: what was held back goes out.
    fn ready(&mut self, session_id: Option<String>, now: Millis) {
        let Phase::SettingUp { held, .. } = &mut self.phase else { return };
        let held = held.take();
        self.phase = Phase::Live;
        self.event(Event::Ready { session_id });
        for command in held {
            self.command(command, now);
        }
    }

    fn frame(&mut self, frame: &[u8], now: Millis) {
        if frame.len() > self.limits.message_bytes {
            let reason = format!("a message of {} bytes", frame.len());
            return self.close(1009, CloseCause { kind: CloseKind::Protocol, code: None, reason });
        }
        match wire::decode_server(frame) {
            Ok(decoded) => {
                self.counters.unknown += decoded.skipped_count as u64;
                let unknown: Vec<String> = decoded.unknown_kinds().map(str::to_owned).collect();
                self.message(decoded.message, now);
                for what in unknown {
                    self.event(Event::Unknown { what });
                }
            }
            Err(bad) => {
                self.counters.bad_frames += 1;
                self.event(Event::BadFrame { first_bytes: bad.first_bytes });
                if self.counters.bad_frames > u64::from(self.limits.bad_frames) {
                    let reason = "too many unreadable messages".to_owned();
                    self.close(1007, CloseCause { kind: CloseKind::Protocol, code: None, reason });
                }
            }
        }
        if let Phase::Draining { quiet_at, .. } = &mut self.phase {
            *quiet_at = now.after(self.limits.drain_quiet);
        }
    }

    fn command(&mut self, command: Command, now: Millis) {
        match &mut self.phase {
            Phase::Connecting { held, .. } | Phase::SettingUp { held, .. } => match command {
                Command::End => self.close_wished(),
                other => held.keep(other, &self.limits, &mut self.counters),
            },
            Phase::Live => self.live_command(command, now),
            Phase::Draining { .. } | Phase::Closed => self.counters.commands_dropped += 1,
        }
    }

    fn live_command(&mut self, command: Command, now: Millis) {
        match command {
            Command::Audio(pcm) if pcm.is_empty() => {}
            Command::Audio(pcm) => {
                self.audio_open = true;
                self.outputs.push_back(Output::Send(wire::encode_audio(&pcm)));
            }
            Command::AudioStreamEnd => self.end_audio_stream(),
            Command::ActivityStart => self.realtime(RealtimeInput {
                activity_start: Some(ActivityMark::default()),
                ..RealtimeInput::default()
            }),
            Command::ActivityEnd => self.realtime(RealtimeInput {
                activity_end: Some(ActivityMark::default()),
                ..RealtimeInput::default()
            }),
            Command::Video(jpeg) => self.realtime(RealtimeInput::jpeg(jpeg)),
            Command::Text(text) => self.text(text),
            Command::ToolResult { id, response, .. } => match self.calls.answer(&id, response) {
                Some(answer) => self.answer(vec![answer]),
                None => self.counters.answers_dropped += 1,
            },
            Command::End => self.end(now),
        }
    }

    fn text(&mut self, text: String) {
        if text.trim().is_empty() {
            return;
        }
        self.replies.heard();
        match self.typing {
            Typing::RealtimeText => self.realtime(RealtimeInput::text(text)),
            Typing::ClientContent => self.send(&ClientMessage::ClientContent(ClientContent {
                turns: vec![Content::text("user", text)],
                turn_complete: Some(true),
            })),
        }
    }

    fn end_audio_stream(&mut self) {
        if std::mem::take(&mut self.audio_open) && self.detects_turns {
            self.realtime(RealtimeInput::stream_end());
        }
    }

    /// The end: at once when nothing is under way, else when it has become quiet.
    fn end(&mut self, now: Millis) {
        let awaits = self.audio_open || self.replies.under_way();
        self.end_audio_stream();
        if awaits {
            self.phase = Phase::Draining {
                deadline: now.after(self.limits.drain),
                quiet_at: now.after(self.limits.drain_quiet),
            };
        } else {
            self.close_wished();
        }
    }

    fn transport_closed(&mut self, closed: &TransportClosed) {
        let mut cause = classify_close(closed.code, &closed.reason);
        match self.phase {
            // The end was wished, however it came.
            Phase::Draining { .. } => cause.kind = CloseKind::Normal,
            // A bad setup is answered with a plain 1000 sometimes (PROTOCOL.md §6).
            Phase::Connecting { .. } | Phase::SettingUp { .. } if cause.kind == CloseKind::Normal => {
                cause.kind = CloseKind::Refused;
            }
            _ => {}
        }
        self.over(cause);
    }

    fn close_wished(&mut self) {
        self.close(1000, CloseCause { kind: CloseKind::Normal, code: None, reason: String::new() });
    }

    fn close(&mut self, code: u16, cause: CloseCause) {
        self.outputs.push_back(Output::Close { code, reason: cause.reason.clone() });
        self.over(cause);
    }

    fn over(&mut self, cause: CloseCause) {
        self.event(Event::Closed(cause));
        self.phase = Phase::Closed;
    }

    /// Tells the app, unless the session is over.
    fn event(&mut self, event: Event) {
        if !matches!(self.phase, Phase::Closed) {
            self.outputs.push_back(Output::Event(event));
        }
    }

    fn send(&mut self, message: &ClientMessage) {
        self.outputs.push_back(Output::Send(wire::encode(message)));
    }

    fn realtime(&mut self, input: RealtimeInput) {
        self.send(&ClientMessage::RealtimeInput(input));
    }

    fn answer(&mut self, function_responses: Vec<FunctionResponse>) {
        self.send(&ClientMessage::ToolResponse(ToolResponse { function_responses }));
    }
}
