//! The session as a pure state machine: setup, replies and interruptions, function calls, reconnecting and the end.
//!
//! The front page of this crate explains the run loop. The session never blocks, never reads a clock and never panics
//! on what a peer sends. [`Event::Closed`] is its last event.

mod asking;
mod backlog;
mod calls;
mod connection;
mod content;
mod event;
mod history;
mod limits;
mod pictures;
mod reconfigure;
mod reply;
mod sound;
mod unanswered;

pub use event::{
    Activity, Command, Configuration, Event, Generation, Input, Millis, Output, TransportClosed,
};
pub use limits::{Counters, Limits};

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::catalogue::{Catalogue, History as HistoryMode, Model, Typing};
use crate::close::{CloseCause, CloseKind};
use crate::wire::{
    self, ActivityMark, ClientMessage, Decoded, FunctionResponse, RealtimeInput, ServerMessage, Setup,
    ToolResponse,
};
use backlog::{Backlog, Next, QueuedInput};
use calls::Calls;
use connection::Connection;
use history::History;
use pictures::Pictures;
use reconfigure::Change;
use reply::Replies;
use sound::ReplyAudio;
use unanswered::Unanswered;

/// Initial size in bytes of the buffer for audio frames: 0.7 s of them. It grows when more frames are in flight.
const FRAMES: usize = 32 << 10;

/// A Live session, which may span several connections.
///
/// The caller does all I/O: it passes in what happened ([`handle_input`](Self::handle_input)), then drains
/// [`poll_output`](Self::poll_output).
///
/// # Examples
///
/// ```
/// use live_proto::catalogue::Catalogue;
/// use live_proto::{Command, Event, Input, Limits, Millis, Output, Session, SetupOptions, build_setup};
///
/// // What a driver does after every input: sends frames, passes on events, closes or connects.
/// fn drain(session: &mut Session) -> Vec<Output> {
///     std::iter::from_fn(|| session.poll_output()).collect()
/// }
///
/// let setup = build_setup(&SetupOptions::default(), &Catalogue::embedded());
/// let mut session = Session::new(setup, Limits::default());
///
/// // The WebSocket is open: the first frame to send is the setup.
/// session.handle_input(Input::Opened, Millis(0));
/// assert!(matches!(drain(&mut session)[..], [Output::Send(_)]));
/// assert_eq!(session.poll_timeout(), Some(Millis(10_000)), "the setup may take ten seconds");
///
/// // The service confirms it.
/// session.handle_input(Input::Frame(br#"{"setupComplete":{}}"#), Millis(80));
/// assert_eq!(drain(&mut session), [Output::Event(Event::Ready { session_id: None })]);
///
/// // A typed message becomes a frame.
/// session.handle_input(Input::Command(Command::Text("Hello".into())), Millis(90));
/// let outputs = drain(&mut session);
/// let [Output::Send(frame)] = &outputs[..] else { panic!("{outputs:?}") };
/// assert_eq!(&frame[..], br#"{"realtimeInput":{"text":"Hello"}}"#);
/// ```
#[expect(clippy::struct_excessive_bools, reason = "facts that are each true or false apart from the others")]
#[derive(Debug)]
pub struct Session {
    phase: Phase,
    /// The latest time that the caller passed in.
    now: Millis,
    /// What the next connection is set up with.
    current: Box<Configuration>,
    change: Change,
    outputs: VecDeque<Output>,
    limits: Limits,
    counters: Counters,
    /// Unreadable messages in a row.
    bad_frames: u32,
    typing: Typing,
    /// What was typed while a reply ran. The end of that reply does not answer it.
    /// With the numbers of the messages.
    asked_meanwhile: Vec<(u64, String)>,
    pictures: Pictures,
    unanswered: Unanswered,
    /// Whether the connection is left to ask again. Whatever still comes over it would be asked for twice.
    asks_again: bool,
    history_mode: HistoryMode,
    /// Whether the service detects turns. Without detection, `audioStreamEnd` is an error.
    detects_turns: bool,
    /// Whether sound was sent since the last `audioStreamEnd`.
    audio_open: bool,
    replies: Replies,
    reply_audio: ReplyAudio,
    /// Transcript that came after the end of an interrupted reply and before the next reply. It may belong to either.
    pending_transcript: String,
    /// When the first of `pending_transcript` arrived.
    pending_since: Millis,
    calls: Calls,
    connection: Connection,
    backlog: Backlog,
    history: History,
    handle: Option<String>,
    /// Whether the socket accepts input; see [`Session::set_writable`].
    writable: bool,
    /// Number of client messages so far, setups included.
    messages: u64,
    /// Number of the last client message before the current reply began. The reply answers what was sent up to it.
    asked_to: u64,
    /// Number of the client message with the first words of the open question, or of the last one before they were heard.
    asked_from: u64,
    /// Number of the client message with the last words of the question, or of the last one before they were heard.
    question_end: u64,
    /// Number of the last client message that the handle covers, where the service tells it.
    covered_to: Option<u64>,
    /// Whether the model began to answer the open question, or called a function for it.
    is_taken_up: bool,
    /// How often the open question was said again because the handle covered it and the answer was lost.
    said_again: u8,
    /// Number of the last client message before the last turn ended.
    turn_end: u64,
    /// While an exchange is open: [`Backlog::forgotten`] at the time it opened.
    open_since: Option<u64>,
    /// Whether the model called a function in this turn and said nothing since.
    ends_with_call: bool,
    /// Bytes of transcript since the last turn ended.
    transcript_bytes: usize,
    /// Reused buffer for audio between the backlog and a frame.
    pcm: Vec<u8>,
    /// Buffer that audio frames are written to; the space of sent frames is reused.
    frames: BytesMut,
}

#[derive(Debug)]
enum Phase {
    /// The driver is connecting.
    Connecting,
    SettingUp {
        deadline: Millis,
    },
    Live,
    /// The connection is being closed; another one follows.
    Leaving {
        until: Millis,
        /// When to make the next connection.
        then: Millis,
    },
    /// Pausing before the next connection.
    Waiting {
        until: Millis,
    },
    Draining {
        deadline: Millis,
        quiet_at: Millis,
    },
    Closed,
}

/// The phase of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// The WebSocket is not open yet.
    Connecting,
    /// The setup was sent and is not confirmed yet.
    SettingUp,
    /// The conversation is running.
    Live,
    /// Between two connections.
    Reconnecting,
    /// The end was requested; the session waits for the last words.
    Draining,
    /// Over.
    Closed,
}

impl Session {
    /// Creates a session that opens with `setup`, using the embedded catalogue's rules for its model.
    pub fn new(setup: Setup, limits: Limits) -> Self {
        let catalogue = Catalogue::embedded();
        let rules = catalogue.rules(&setup.model);
        Self::with_rules(setup, rules, limits)
    }

    /// Creates a session with the rules of another catalogue.
    pub fn with_rules(setup: Setup, rules: &Model, limits: Limits) -> Self {
        Self {
            outputs: VecDeque::new(),
            counters: Counters::default(),
            bad_frames: 0,
            typing: rules.typing,
            asked_meanwhile: Vec::new(),
            pictures: Pictures::default(),
            unanswered: Unanswered::of(&setup, rules, &limits),
            asks_again: false,
            limits,
            history_mode: rules.history,
            detects_turns: detects_turns(&setup),
            audio_open: false,
            replies: Replies::default(),
            reply_audio: ReplyAudio::default(),
            pending_transcript: String::new(),
            pending_since: Millis::default(),
            calls: Calls::new(&setup, &rules.functions),
            connection: Connection::default(),
            backlog: Backlog::default(),
            history: History::default(),
            handle: setup.session_resumption.as_ref().and_then(|resumption| resumption.handle.clone()),
            writable: true,
            messages: 0,
            asked_to: 0,
            asked_from: 0,
            question_end: 0,
            covered_to: None,
            is_taken_up: false,
            said_again: 0,
            turn_end: 0,
            open_since: None,
            ends_with_call: false,
            transcript_bytes: 0,
            pcm: Vec::new(),
            frames: BytesMut::with_capacity(FRAMES),
            phase: Phase::Connecting,
            now: Millis::default(),
            current: Box::new(Configuration { setup, rules: rules.clone() }),
            change: Change::default(),
        }
    }

    /// Processes an input. Drain [`poll_output`](Self::poll_output) afterwards.
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
                    self.connection.opened_or_failed(now);
                    self.connection_lost(cause, now);
                }
            }
            Input::NetworkChanged => self.network_changed(now),
            Input::LimitExceeded(reason) => self.limit_exceeded(reason),
            Input::Audio(pcm) => self.audio(pcm),
            Input::Voiced => self.unanswered.voiced(now),
            Input::Command(command) => self.command(command, now),
        }
    }

    /// Performs what is due at `now`. Drain [`poll_output`](Self::poll_output) afterwards.
    pub fn handle_timeout(&mut self, now: Millis) {
        self.now = now;
        match self.phase {
            Phase::SettingUp { deadline } if deadline <= now => {
                let reason = "no answer to the setup".to_owned();
                let cause = CloseCause { kind: CloseKind::SetupTimeout, code: None, reason };
                self.outputs.push_back(Output::Close { code: 1000, reason: cause.reason.clone() });
                self.connection_lost(cause, now);
            }
            Phase::Live => {
                self.no_answer_yet(now);
                if matches!(self.phase, Phase::Live) && self.attention_at().is_some_and(|at| at <= now) {
                    self.leave_connection(now);
                }
            }
            Phase::Leaving { until, then } if until <= now => self.old_connection_ended(then, now),
            Phase::Waiting { until } if until <= now => self.connect(now),
            Phase::Draining { .. } if self.drained_at().is_some_and(|at| at <= now) => self.close_normally(),
            _ => {}
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) must be called next, or `None` when no timer runs.
    pub fn poll_timeout(&self) -> Option<Millis> {
        match self.phase {
            Phase::SettingUp { deadline } => Some(deadline),
            Phase::Live => self.attention_at().into_iter().chain(self.no_answer_at()).min(),
            Phase::Leaving { until, .. } | Phase::Waiting { until } => Some(until),
            Phase::Draining { .. } => self.drained_at(),
            Phase::Connecting | Phase::Closed => None,
        }
    }

    /// Returns the next output, in order. Events and tool responses come first; queued input follows while the socket
    /// is [writable](Self::set_writable).
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front().or_else(|| self.next_queued_frame().map(Output::Send))
    }

    /// Sets whether the socket accepts more input. While it does not, input stays in the session's bounded queue and
    /// counts as unsent; tool responses are still returned. A new session is writable.
    pub fn set_writable(&mut self, writable: bool) {
        self.writable = writable;
    }

    /// Returns the phase of the session.
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

    /// Returns counts of what was dropped or skipped so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Returns how much audio waits to be sent, in bytes (32 000 per second).
    pub fn waiting_audio_bytes(&self) -> usize {
        self.backlog.waiting_bytes()
    }

    /// Returns how many commands wait to be sent. When [`Limits::held_commands`] wait, new ones are dropped, so a
    /// caller that can wait should wait.
    pub fn waiting_commands(&self) -> usize {
        self.backlog.waiting_inputs()
    }

    /// Returns the setup of the next connection, without a handle.
    pub fn setup(&self) -> &Setup {
        &self.current.setup
    }

    /// Returns the last resumption handle that the service marked as resumable.
    pub fn resumption_handle(&self) -> Option<&str> {
        self.handle.as_deref()
    }

    fn opened(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Connecting) {
            self.connection.opened_or_failed(now);
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
            return self.limit_exceeded(format!("a message of {} bytes", frame.len()));
        }
        match wire::decode_server(frame) {
            Ok(decoded) => {
                self.bad_frames = 0;
                self.decoded(decoded, now);
            }
            // `ping`, `null` and the like are heartbeats without meaning.
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
        self.counters.malformed += decoded.malformed_count as u64;
        let unknown: Vec<String> = decoded.unknown_kinds().map(str::to_owned).collect();
        let malformed = decoded.malformed.into_iter().next();
        self.message(decoded.message, now);
        for what in unknown {
            self.event(Event::Unknown { what });
        }
        if let Some(what) = malformed {
            self.event(Event::Malformed { what, count: decoded.malformed_count });
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
            Command::AudioStreamEnd => self.enqueue(QueuedInput::StreamEnd),
            Command::ActivityStart => self.enqueue(QueuedInput::ActivityStart),
            Command::ActivityEnd => self.enqueue(QueuedInput::ActivityEnd),
            Command::Video(jpeg) => self.enqueue(QueuedInput::Picture(jpeg)),
            Command::CameraOff => self.pictures.gone(),
            Command::AskAgain => self.ask_again(now),
            Command::StartFresh => self.start_fresh(now),
            Command::Reconfigure(wanted) => self.reconfigure(*wanted, now),
            Command::Text(text) if text.trim().is_empty() => {}
            Command::Text(text) => self.enqueue(QueuedInput::Text(text)),
            Command::ToolResult { id, response, scheduling } => {
                match self.calls.answer(&id, response, scheduling) {
                    Some(answer) => self.answer(vec![answer]),
                    None => self.counters.answers_dropped += 1,
                }
            }
        }
    }

    fn enqueue(&mut self, input: QueuedInput) {
        self.backlog.push(input, &self.limits, &mut self.counters);
    }

    /// The next frame of what was said.
    fn next_queued_frame(&mut self) -> Option<Bytes> {
        if !self.writable || !matches!(self.phase, Phase::Live | Phase::Draining { .. }) {
            return None;
        }
        loop {
            let kept = if self.history.is_open() || self.replies.exchange_open() {
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
                Next::Input(QueuedInput::StreamEnd) => {
                    if !std::mem::take(&mut self.audio_open) || !self.detects_turns {
                        continue;
                    }
                    RealtimeInput::stream_end()
                }
                // Of a time when the person marked turns; the service refuses it where it finds them itself.
                Next::Input(QueuedInput::ActivityStart | QueuedInput::ActivityEnd) if self.detects_turns => {
                    continue;
                }
                Next::Input(QueuedInput::ActivityStart) => RealtimeInput {
                    activity_start: Some(ActivityMark::default()),
                    ..RealtimeInput::default()
                },
                Next::Input(QueuedInput::ActivityEnd) => {
                    self.unanswered.spoken(self.now);
                    RealtimeInput { activity_end: Some(ActivityMark::default()), ..RealtimeInput::default() }
                }
                Next::Input(QueuedInput::Picture(jpeg)) => {
                    self.picture_sent(&jpeg);
                    RealtimeInput::jpeg(jpeg)
                }
                Next::Input(QueuedInput::Text(text)) => {
                    let message = self.typed_message(text);
                    return Some(self.frame_of(&message));
                }
            };
            return Some(self.frame_of(&ClientMessage::RealtimeInput(message)));
        }
    }

    /// Records that the person said or typed something, as far as the client message of this number. This opens an
    /// exchange.
    fn user_asks(&mut self, message: u64) {
        if self.open_since.is_none() {
            self.open_since = Some(self.backlog.forgotten());
            self.asked_from = message;
        }
        self.question_end = self.question_end.max(message);
        self.replies.user_said();
    }

    /// Ends the session: at once when nothing is in progress, otherwise after the last words.
    fn end(&mut self, now: Millis) {
        match self.phase {
            Phase::Live => {}
            Phase::Draining { .. } => return,
            _ => return self.close_normally(),
        }
        let awaits = self.audio_open || self.backlog.has_waiting() || self.replies.exchange_open();
        self.enqueue(QueuedInput::StreamEnd);
        if awaits {
            self.phase = Phase::Draining {
                deadline: now.after(self.limits.drain),
                quiet_at: now.after(self.limits.drain_quiet),
            };
        } else {
            self.close_normally();
        }
    }

    /// Returns when draining ends: everything is sent and the service is quiet, or the deadline passed.
    fn drained_at(&self) -> Option<Millis> {
        match self.phase {
            Phase::Draining { deadline, .. } if self.backlog.has_waiting() => Some(deadline),
            Phase::Draining { deadline, quiet_at } => Some(deadline.min(quiet_at)),
            _ => None,
        }
    }

    fn close_normally(&mut self) {
        self.close(1000, CloseCause { kind: CloseKind::Normal, code: None, reason: String::new() });
    }

    /// Closes because the peer exceeded one of our limits.
    fn limit_exceeded(&mut self, reason: String) {
        self.protocol_violation(1009, CloseKind::LimitExceeded, reason);
    }

    /// Closes because the peer violated the protocol. There is no retry: it would do so again.
    fn protocol_violation(&mut self, code: u16, kind: CloseKind, reason: String) {
        self.close(code, CloseCause { kind, code: None, reason });
    }

    fn close(&mut self, code: u16, cause: CloseCause) {
        // One message may contain two reasons to close.
        if matches!(self.phase, Phase::Closed) {
            return;
        }
        self.outputs.push_back(Output::Close { code, reason: cause.reason.clone() });
        self.finish(cause);
    }

    fn finish(&mut self, cause: CloseCause) {
        self.event(Event::Closed(cause));
        self.phase = Phase::Closed;
    }

    /// Emits an event, unless the session is closed.
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
        self.unanswered.settled(self.now);
        self.send(&ClientMessage::ToolResponse(ToolResponse { function_responses }));
    }
}

/// Returns whether the service finds turns by itself.
fn detects_turns(setup: &Setup) -> bool {
    let detection =
        setup.realtime_input_config.as_ref().and_then(|c| c.automatic_activity_detection.as_ref());
    detection.and_then(|detection| detection.disabled) != Some(true)
}
