//! The session as a pure state machine: setup, readiness, replies and their interruptions, calls, the end, and the way
//! from one connection to the next.
//!
//! Whoever drives it hands in what happened with the time ([`Session::handle_input`]), then takes out everything that
//! is to be done ([`Session::poll_output`] until `None`), and calls [`Session::handle_timeout`] when the time of
//! [`Session::poll_timeout`] has come. It never blocks, never reads a clock and never panics on what a peer sends.
//! [`Event::Closed`] is the last thing that comes out.

mod backlog;
mod calls;
mod connection;
mod content;
mod event;
mod history;
mod limits;
mod reply;
mod sound;

pub use event::{Activity, Command, Event, Generation, Input, Millis, Output, TransportClosed};
pub use limits::{Counters, Limits};

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::catalogue::{Catalogue, History as HistoryWay, Model, Typing};
use crate::close::{CloseCause, CloseKind};
use crate::wire::{
    self, ActivityMark, ClientContent, ClientMessage, Content, Decoded, FunctionResponse, RealtimeInput,
    ServerMessage, Setup, ToolResponse,
};
use backlog::{Backlog, Next, Said};
use calls::Calls;
use connection::Connection;
use history::History;
use reply::Replies;
use sound::Sounds;

/// Room for the frames of sound that are on their way at a time, in bytes: 0.7 s of them. More of them take more.
const FRAMES: usize = 32 << 10;

/// One session, over as many connections as it takes.
#[derive(Debug)]
pub struct Session {
    phase: Phase,
    /// The latest time that was handed in.
    now: Millis,
    setup: Box<Setup>,
    outputs: VecDeque<Output>,
    limits: Limits,
    counters: Counters,
    /// Unreadable messages since the last that could be read.
    bad_frames: u32,
    typing: Typing,
    history_way: HistoryWay,
    /// Whether the service finds turns by itself; else `audioStreamEnd` is an error.
    detects_turns: bool,
    /// Whether sound was sent since the last `audioStreamEnd`.
    audio_open: bool,
    replies: Replies,
    sounds: Sounds,
    /// Words of which it is not clear yet whose they are: they came after the end of a reply that was broken off, and before
    /// the next one.
    early: String,
    /// Since when there are some.
    early_at: Millis,
    calls: Calls,
    connection: Connection,
    backlog: Backlog,
    history: History,
    handle: Option<String>,
    /// Whether there is room for more than answers; see [`Session::set_writable`].
    writable: bool,
    /// Client messages so far, setups among them.
    messages: u64,
    /// The last message before the model began its reply: what that answers was said by then.
    asked_to: u64,
    /// The last message before the last turn ended.
    turn_end: u64,
    /// While an exchange is open: what the backlog had forgotten when it opened.
    open_since: Option<u64>,
    /// Bytes of transcript since the last turn ended.
    transcript_bytes: usize,
    /// Sound on its way from the backlog into a frame; used again and again.
    pcm: Vec<u8>,
    /// Where its frames are written; the room of those that were sent is used again.
    frames: BytesMut,
}

#[derive(Debug)]
enum Phase {
    /// The driver connects.
    Connecting,
    SettingUp {
        deadline: Millis,
    },
    Live,
    /// The connection is being closed so that the next can be made.
    Leaving {
        until: Millis,
        /// When the next may be made.
        then: Millis,
    },
    /// A pause before the next connection.
    Waiting {
        until: Millis,
    },
    Draining {
        deadline: Millis,
        quiet_at: Millis,
    },
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
    /// Between two connections.
    Reconnecting,
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
            bad_frames: 0,
            typing: rules.typing,
            history_way: rules.history,
            detects_turns: detection.and_then(|detection| detection.disabled) != Some(true),
            audio_open: false,
            replies: Replies::default(),
            sounds: Sounds::default(),
            early: String::new(),
            early_at: Millis::default(),
            calls: Calls::new(&setup, &rules.functions),
            connection: Connection::default(),
            backlog: Backlog::default(),
            history: History::default(),
            handle: setup.session_resumption.as_ref().and_then(|resumption| resumption.handle.clone()),
            writable: true,
            messages: 0,
            asked_to: 0,
            turn_end: 0,
            open_since: None,
            transcript_bytes: 0,
            pcm: Vec::new(),
            frames: BytesMut::with_capacity(FRAMES),
            phase: Phase::Connecting,
            now: Millis::default(),
            setup: Box::new(setup),
        }
    }

    /// Takes in what happened. Drain [`poll_output`](Self::poll_output) afterwards.
    pub fn handle_input(&mut self, input: Input<'_>, now: Millis) {
        self.now = now;
        if matches!(self.phase, Phase::Closed) {
            if matches!(input, Input::Command(_)) {
                self.counters.commands_dropped += 1;
            }
            return;
        }
        match input {
            Input::Opened => self.opened(now),
            Input::Frame(frame) => self.frame(frame, now),
            Input::TransportClosed(closed) => self.transport_closed(&closed, now),
            Input::ConnectFailed(cause) => {
                if matches!(self.phase, Phase::Connecting) {
                    self.connection.arrived(now);
                    self.lost(cause, now);
                }
            }
            Input::NetworkChanged => self.network_changed(now),
            Input::TooMuch(reason) => self.too_much(reason),
            Input::Audio(pcm) => self.audio(pcm),
            Input::Command(command) => self.command(command, now),
        }
    }

    /// Does what the time has come for.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.now = now;
        match self.phase {
            Phase::SettingUp { deadline } if deadline <= now => {
                let reason = "no answer to the setup".to_owned();
                let cause = CloseCause { kind: CloseKind::SetupTimeout, code: None, reason };
                self.outputs.push_back(Output::Close { code: 1000, reason: cause.reason.clone() });
                self.lost(cause, now);
            }
            Phase::Live if self.attention_at().is_some_and(|at| at <= now) => self.attend(now),
            Phase::Leaving { until, then } if until <= now => self.left(then, now),
            Phase::Waiting { until } if until <= now => self.connect(now),
            Phase::Draining { .. } if self.drained_at().is_some_and(|at| at <= now) => self.close_wished(),
            _ => {}
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    pub fn poll_timeout(&self) -> Option<Millis> {
        match self.phase {
            Phase::SettingUp { deadline } => Some(deadline),
            Phase::Live => self.attention_at(),
            Phase::Leaving { until, .. } | Phase::Waiting { until } => Some(until),
            Phase::Draining { .. } => self.drained_at(),
            Phase::Connecting | Phase::Closed => None,
        }
    }

    /// The next thing to be done, in order. Answers and events come first; what was said follows while there is room
    /// for it.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front().or_else(|| self.next_said().map(Output::Send))
    }

    /// Whether the socket takes more. While it does not, what is said waits here, where it is bounded and known to be
    /// unsent; answers to calls come out all the same. A new session is writable.
    pub fn set_writable(&mut self, writable: bool) {
        self.writable = writable;
    }

    /// Where the session stands.
    pub fn state(&self) -> SessionState {
        match self.phase {
            Phase::Connecting | Phase::SettingUp { .. } if self.connection.was_ready => {
                SessionState::Reconnecting
            }
            Phase::Connecting => SessionState::Connecting,
            Phase::SettingUp { .. } => SessionState::SettingUp,
            Phase::Live => SessionState::Live,
            Phase::Leaving { .. } | Phase::Waiting { .. } => SessionState::Reconnecting,
            Phase::Draining { .. } => SessionState::Draining,
            Phase::Closed => SessionState::Closed,
        }
    }

    /// What was dropped or skipped so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Sound that waits to be sent, in bytes; 32 000 are a second.
    pub fn waiting_audio_bytes(&self) -> usize {
        self.backlog.waiting_bytes()
    }

    /// Commands that wait to be sent. From [`Limits::held_commands`] on the newest are dropped, so whoever can wait should.
    pub fn waiting_commands(&self) -> usize {
        self.backlog.waiting_others()
    }

    /// The handle with which the session can be resumed: the last one that the service called resumable.
    pub fn resumption_handle(&self) -> Option<&str> {
        self.handle.as_deref()
    }

    fn opened(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Connecting) {
            self.connection.arrived(now);
            let frame = self.setup_frame();
            self.outputs.push_back(Output::Send(frame));
            self.phase = Phase::SettingUp { deadline: now.after(self.limits.setup_timeout) };
        }
    }

    fn frame(&mut self, frame: &[u8], now: Millis) {
        if matches!(self.phase, Phase::Connecting | Phase::Waiting { .. }) {
            return;
        }
        self.connection.heard_at = now;
        if frame.len() > self.limits.message_bytes {
            return self.too_much(format!("a message of {} bytes", frame.len()));
        }
        match wire::decode_server(frame) {
            Ok(decoded) => {
                self.bad_frames = 0;
                self.decoded(decoded, now);
            }
            // `ping`, `null` and the like keep the line busy, and mean nothing.
            Err(bad) if !bad.starts_as_message => self.counters.heartbeats += 1,
            Err(bad) => {
                self.counters.bad_frames += 1;
                self.bad_frames += 1;
                self.event(Event::BadFrame { first_bytes: bad.first_bytes });
                if self.bad_frames > self.limits.bad_frames {
                    let reason = format!("{} unreadable messages in a row", self.bad_frames);
                    self.protocol_violation(1007, CloseKind::Protocol, reason);
                }
            }
        }
        if let Phase::Draining { quiet_at, .. } = &mut self.phase {
            *quiet_at = now.after(self.limits.drain_quiet);
        }
    }

    fn decoded(&mut self, decoded: Decoded<ServerMessage>, now: Millis) {
        self.counters.unknown += decoded.skipped_count as u64;
        self.counters.misread += decoded.misread_count as u64;
        let unknown: Vec<String> = decoded.unknown_kinds().map(str::to_owned).collect();
        let misread = decoded.misread.into_iter().next();
        self.message(decoded.message, now);
        for what in unknown {
            self.event(Event::Unknown { what });
        }
        if let Some(what) = misread {
            self.event(Event::Misread { what, count: decoded.misread_count });
        }
    }

    fn audio(&mut self, pcm: &[u8]) {
        if pcm.is_empty() || matches!(self.phase, Phase::Draining { .. }) {
            return;
        }
        self.backlog.push_audio(pcm, &self.limits, &mut self.counters);
    }

    fn command(&mut self, command: Command, now: Millis) {
        match command {
            Command::End => self.end(now),
            _ if matches!(self.phase, Phase::Draining { .. }) => self.counters.commands_dropped += 1,
            Command::AudioStreamEnd => self.say(Said::StreamEnd),
            Command::ActivityStart => self.say(Said::ActivityStart),
            Command::ActivityEnd => self.say(Said::ActivityEnd),
            Command::Video(jpeg) => self.say(Said::Picture(jpeg)),
            Command::Text(text) if text.trim().is_empty() => {}
            Command::Text(text) => self.say(Said::Text(text)),
            Command::ToolResult { id, response, .. } => match self.calls.answer(&id, response) {
                Some(answer) => self.answer(vec![answer]),
                None => self.counters.answers_dropped += 1,
            },
        }
    }

    fn say(&mut self, said: Said) {
        self.backlog.push(said, &self.limits, &mut self.counters);
    }

    /// The next frame of what was said.
    fn next_said(&mut self) -> Option<Bytes> {
        if !self.writable || !matches!(self.phase, Phase::Live | Phase::Draining { .. }) {
            return None;
        }
        loop {
            let kept = if self.history.is_open() || self.replies.under_way() {
                self.limits.kept_audio_bytes
            } else {
                self.limits.kept_silence_bytes
            };
            let next = self.backlog.next(self.messages, &mut self.pcm, kept, &self.limits)?;
            let message = match next {
                Next::Audio => {
                    self.audio_open = true;
                    self.messages += 1;
                    wire::encode_audio_into(&mut self.frames, &self.pcm);
                    return Some(self.frames.split().freeze());
                }
                Next::Said(Said::StreamEnd) => {
                    if !std::mem::take(&mut self.audio_open) || !self.detects_turns {
                        continue;
                    }
                    RealtimeInput::stream_end()
                }
                Next::Said(Said::ActivityStart) => RealtimeInput {
                    activity_start: Some(ActivityMark::default()),
                    ..RealtimeInput::default()
                },
                Next::Said(Said::ActivityEnd) => {
                    RealtimeInput { activity_end: Some(ActivityMark::default()), ..RealtimeInput::default() }
                }
                Next::Said(Said::Picture(jpeg)) => RealtimeInput::jpeg(jpeg),
                Next::Said(Said::Text(text)) => {
                    self.heard(&text);
                    self.replies.asked(self.now);
                    match self.typing {
                        Typing::RealtimeText => RealtimeInput::text(text),
                        Typing::ClientContent => {
                            let turns = vec![Content::text("user", text)];
                            let content = ClientContent { turns, turn_complete: Some(true) };
                            return Some(self.frame_of(&ClientMessage::ClientContent(content)));
                        }
                    }
                }
            };
            return Some(self.frame_of(&ClientMessage::RealtimeInput(message)));
        }
    }

    /// The person said or typed this: an exchange is open.
    fn heard(&mut self, text: &str) {
        self.open_since.get_or_insert(self.backlog.forgotten());
        self.replies.heard();
        self.history.heard(text);
    }

    /// The end: at once when nothing is under way, else when it has become quiet.
    fn end(&mut self, now: Millis) {
        match self.phase {
            Phase::Live => {}
            Phase::Draining { .. } => return,
            _ => return self.close_wished(),
        }
        let awaits = self.audio_open || self.backlog.waits() || self.replies.under_way();
        self.say(Said::StreamEnd);
        if awaits {
            self.phase = Phase::Draining {
                deadline: now.after(self.limits.drain),
                quiet_at: now.after(self.limits.drain_quiet),
            };
        } else {
            self.close_wished();
        }
    }

    /// When an end need not wait any longer: it is quiet and all is sent, or it took too long.
    fn drained_at(&self) -> Option<Millis> {
        match self.phase {
            Phase::Draining { deadline, .. } if self.backlog.waits() => Some(deadline),
            Phase::Draining { deadline, quiet_at } => Some(deadline.min(quiet_at)),
            _ => None,
        }
    }

    fn close_wished(&mut self) {
        self.close(1000, CloseCause { kind: CloseKind::Normal, code: None, reason: String::new() });
    }

    /// The peer sends more than a limit of ours allows.
    fn too_much(&mut self, reason: String) {
        self.protocol_violation(1009, CloseKind::TooMuch, reason);
    }

    /// The peer sends what no peer should: the end, since it would do so again.
    fn protocol_violation(&mut self, code: u16, kind: CloseKind, reason: String) {
        self.close(code, CloseCause { kind, code: None, reason });
    }

    fn close(&mut self, code: u16, cause: CloseCause) {
        // One message may hold two reasons.
        if matches!(self.phase, Phase::Closed) {
            return;
        }
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
        let frame = self.frame_of(message);
        self.outputs.push_back(Output::Send(frame));
    }

    fn frame_of(&mut self, message: &ClientMessage) -> Bytes {
        self.messages += 1;
        wire::encode(message).into()
    }

    fn answer(&mut self, function_responses: Vec<FunctionResponse>) {
        self.send(&ClientMessage::ToolResponse(ToolResponse { function_responses }));
    }
}
