//! The session machine of live-proto joined to sockets and to tokio's clock.
//!
//! One task owns the [`Driver`] and asks it for events. It never blocks a thread. Time is `tokio::time`, counted from the
//! moment of connecting, so a test that pauses tokio's clock holds this one too. The machine decides when another
//! connection is made; the driver makes it, and looks meanwhile whether the network came back.

use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use live_proto::catalogue::Model;
use live_proto::wire::Setup;
use live_proto::{
    CloseCause, CloseKind, Command, Counters, Event, Input, Limits, Millis, Output, Session, SessionState,
    TransportClosed, api_version,
};
use net::network::{Fingerprint, Network};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Bytes;

use crate::connection::{Connection, dial};
use crate::dialer::Dialer;
use crate::error::ConnectError;
use crate::socket::{Incoming, Outgoing, SocketTasks};

/// Commands that wait to be sent before `send` does (ARCHITECTURE.md: session → socket writer).
const CONTROL: usize = 32;
/// Events that wait for their owner before reading stops.
const EVENTS: usize = 256;
/// How long after a failed write a close frame with the reason may still come.
const LAST_FRAME_LIMIT: Duration = Duration::from_secs(1);
/// How long the last frames and the server's close may take after the machine is done.
const LINGER_LIMIT: Duration = Duration::from_secs(2);
/// How long a socket may accept nothing while data waits. It buffers little, so the connection is dead by then, even if
/// the system still considers it open.
const STALL_LIMIT: Duration = Duration::from_secs(15);

/// How often the driver checks during a pause whether the network came back.
const NETWORK_POLL: Duration = Duration::from_millis(500);

/// A Live session over as many connections as it takes. Dropping it ends its tasks and cuts the connection.
///
/// To end in order, send [`Command::End`] and ask for events until there are no more.
///
/// ```no_run
/// # async fn talk() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use live_client::{ApiKey, Driver, ServiceDialer};
/// use live_proto::catalogue::Catalogue;
/// use live_proto::{Command, Event, Limits, SetupOptions, build_setup};
///
/// let catalogue = Catalogue::embedded();
/// let setup = build_setup(&SetupOptions::default(), &catalogue);
/// let rules = catalogue.rules(&setup.model);
/// let dialer = ServiceDialer::gemini(&ApiKey::new("AIza-key")?);
/// let mut driver = Driver::connect(Arc::new(dialer), setup.clone(), rules, Limits::default()).await?;
/// while let Some(event) = driver.next_event().await {
///     match event {
///         Event::Ready { .. } => driver.send(Command::Text("Hello!".to_owned())).await,
///         Event::OutputTranscript { text, .. } => print!("{text}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Driver {
    session: Session,
    dialer: Arc<dyn Dialer>,
    message_bytes: usize,
    connection: Connection,
    network: Network,
    /// The route out of this computer when the pause began, and when to check again.
    route: Option<(Fingerprint, Instant)>,
    /// What the machine wants sent and the socket task has no room for yet, in order.
    outbox: VecDeque<Outgoing>,
    /// The frame that opened the present connection, until the service has taken it.
    setup: Option<Bytes>,
    /// What the first connection ended with, while another version of the API is tried.
    fallback: Option<TransportClosed>,
    /// Since when the socket task has no room.
    stalled_since: Option<Instant>,
    events: VecDeque<Event>,
    media_open: watch::Sender<bool>,
    epoch: Instant,
    ending: Ending,
}

/// How far the session, or a connection, is on its way to its end.
#[derive(Debug)]
enum Ending {
    /// It goes on.
    Running,
    /// Sending failed. This is the cause of the end unless a close frame says a better one in time.
    Failing { cause: TransportClosed, until: Instant },
    /// The machine is done; the socket has until then to close.
    Lingering { until: Instant },
    /// No more events.
    Ended,
}

/// What [`Driver::step`] waits for.
enum LoopEvent {
    Room { has_writer: bool },
    Incoming(Option<Incoming>),
    Dialled(Result<SocketTasks, ConnectError>),
    Time,
}

/// Waits until pictures are wanted; for the branch of a `select!` that takes them from their queue.
#[derive(Debug, Clone)]
pub struct MediaGate(watch::Receiver<bool>);

impl MediaGate {
    /// Resolves at once while the writer keeps up, else when it has caught up. Pends for ever once the driver is gone.
    /// Cancel safe.
    pub async fn open(&mut self) {
        if self.0.wait_for(|open| *open).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("session", &self.session.state())
            .field("connection", &self.connection)
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

impl Driver {
    /// Dials, upgrades and hands `setup` to the machine. Resolves when the socket is open; that the session is ready is
    /// the event `Ready`. From then on a connection that is lost is made again.
    ///
    /// # Errors
    /// [`ConnectError`] when there is no socket. What the service says on the socket comes as an event.
    pub async fn connect(
        dialer: Arc<dyn Dialer>,
        setup: Setup,
        rules: &Model,
        limits: Limits,
    ) -> Result<Self, ConnectError> {
        Self::connect_after(dialer, setup, rules, limits, async {}).await
    }

    /// Connects, and waits for `before_setup` between the open socket and the setup. The service may close a socket on which
    /// nothing is sent for long.
    ///
    /// # Errors
    /// As for [`Driver::connect`].
    pub async fn connect_after(
        dialer: Arc<dyn Dialer>,
        setup: Setup,
        rules: &Model,
        limits: Limits,
        before_setup: impl Future<Output = ()>,
    ) -> Result<Self, ConnectError> {
        let (version, message_bytes) = (api_version(&setup), limits.message_bytes);
        // The future of a dial is large.
        let tasks = Box::pin(dial(Arc::clone(&dialer), version, message_bytes)).await?;
        before_setup.await;
        let mut driver = Self {
            session: Session::with_rules(setup, rules, limits).with_seed(RandomState::new().hash_one(0)),
            dialer,
            message_bytes,
            connection: Connection::Up(tasks),
            network: Network::system(),
            route: None,
            outbox: VecDeque::new(),
            setup: None,
            fallback: None,
            stalled_since: None,
            events: VecDeque::new(),
            media_open: watch::Sender::new(true),
            epoch: Instant::now(),
            ending: Ending::Running,
        };
        driver.handle(Input::Opened);
        Ok(driver)
    }

    /// Asks this for the route out of this computer instead of the system. For tests.
    #[must_use]
    pub fn watching(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// The next event; meanwhile it does everything that keeps the session going: timers, sending, reading, connecting.
    /// Cancel safe: nothing is lost when the future is dropped.
    ///
    /// `None` after `Closed`, and then the socket is closed too, so that another one may resume the session.
    pub async fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if matches!(self.ending, Ending::Ended) {
                return None;
            }
            self.step().await;
        }
    }

    /// Hands a command to the machine and never drops one. Waits while 32 commands or more are unsent; without a
    /// connection it does not wait, because the machine limits what it keeps. Cancel safe: once polled, the command is
    /// taken. After `Closed` it does nothing.
    pub async fn send(&mut self, command: Command) {
        if self.is_done() {
            return;
        }
        self.handle(Input::Command(command));
        while self.is_crowded() && !self.is_done() {
            self.step().await;
        }
    }

    /// Hands 16 kHz sound to the machine, which keeps it in order until it is sent: up to 30 s while the connection
    /// does not take it. Never waits.
    pub fn send_audio(&mut self, pcm: &[u8]) {
        if !self.is_done() {
            self.handle(Input::Audio(pcm));
        }
    }

    /// Tells the machine that the microphone hears a voice, so that nobody is missing an answer yet. Never waits.
    pub fn voiced(&mut self) {
        if !self.is_done() {
            self.handle(Input::Voiced);
        }
    }

    /// Returns whether sending keeps up. While it does not, pictures stay in their own queue, where the newest wins.
    pub fn wants_media(&self) -> bool {
        *self.media_open.borrow()
    }

    /// Returns a gate to wait for [`Driver::wants_media`] without borrowing the driver. It opens only while the driver is
    /// asked for events.
    pub fn media_gate(&self) -> MediaGate {
        MediaGate(self.media_open.subscribe())
    }

    /// Returns what the session dropped or skipped so far.
    pub fn counters(&self) -> Counters {
        self.session.counters()
    }

    /// Returns how much sound of the microphone waits to be sent.
    pub fn waiting_audio(&self) -> Duration {
        Duration::from_millis(self.session.waiting_audio_bytes() as u64 / 32)
    }

    fn is_crowded(&self) -> bool {
        matches!(self.session.state(), SessionState::Live | SessionState::Draining)
            && self.outbox.len().max(self.session.waiting_commands()) >= CONTROL
    }

    fn is_done(&self) -> bool {
        matches!(self.ending, Ending::Lingering { .. } | Ending::Ended)
    }

    /// Waits for one thing and does it. Cancel safe: every branch is, and what it yields is dealt with at once.
    async fn step(&mut self) {
        let wake_at = self.wake_at();
        let wants_room = !self.outbox.is_empty() || !self.wants_media();
        // A slow owner is sent few events, and TCP slows the server down.
        let has_space = self.events.len() < EVENTS;
        let event = tokio::select! {
            event = progress(&mut self.connection, wants_room, has_space) => event,
            () = sleep_until(wake_at.unwrap_or(self.epoch)), if wake_at.is_some() => LoopEvent::Time,
        };
        match event {
            LoopEvent::Room { has_writer: true } => self.stalled_since = None,
            LoopEvent::Room { has_writer: false } => self.connection.close_writer(),
            LoopEvent::Incoming(event) => self.on_incoming(event),
            LoopEvent::Dialled(Ok(tasks)) => {
                self.connection = Connection::Up(tasks);
                self.handle(Input::Opened);
            }
            LoopEvent::Dialled(Err(error)) => {
                (self.connection, self.route) = (Connection::Down, None);
                if let Some(cause) = self.fallback.take() {
                    return self.transport_closed(cause);
                }
                self.handle(Input::ConnectFailed(cause_of(&error)));
            }
            LoopEvent::Time => self.wake(),
        }
        // Where frames have room, kept sound has, too.
        self.drain();
    }

    fn on_incoming(&mut self, incoming: Option<Incoming>) {
        match incoming {
            // After the machine's end, frames are read only to reach the close.
            Some(Incoming::Frame(_)) if self.is_done() => {}
            Some(Incoming::Frame(bytes)) => self.handle(Input::Frame(&bytes)),
            Some(Incoming::Closed(cause)) if self.falls_back(&cause) => {}
            Some(Incoming::Closed(cause)) => self.transport_closed(cause),
            Some(Incoming::LimitExceeded(reason)) => self.handle(Input::LimitExceeded(reason)),
            Some(Incoming::WriteFailed(reason)) => {
                if matches!(self.ending, Ending::Running) {
                    let cause = TransportClosed { code: None, reason };
                    self.ending = Ending::Failing { cause, until: Instant::now() + LAST_FRAME_LIMIT };
                }
            }
            None if self.is_done() => self.end(),
            None => self.on_task_died(),
        }
    }

    /// The service closed instead of accepting the setup. Returns whether another version of its API is tried.
    fn falls_back(&mut self, cause: &TransportClosed) -> bool {
        let is_refusal = matches!(cause.code, Some(1002 | 1003 | 1007 | 1008 | 1011));
        if !is_refusal || self.session.state() != SessionState::SettingUp {
            return false;
        }
        let Some(setup) = self.setup.clone() else { return false };
        if !self.dialer.request().fall_back() {
            return false;
        }
        self.redial();
        // The machine waits for the answer to its setup; that it is sent twice makes no difference to it.
        self.outbox.push_front(Outgoing::Frame(setup));
        self.fallback = Some(cause.clone());
        true
    }

    /// The socket task ended without saying why, so it panicked. It would again: the session is over.
    fn on_task_died(&mut self) {
        let reason = "the task that reads and writes the socket has died".to_owned();
        tracing::error!(reason);
        self.outbox.clear();
        self.connection = Connection::Down;
        self.linger();
        self.events.push_back(Event::Closed(CloseCause { kind: CloseKind::Bug, code: None, reason }));
    }

    fn wake(&mut self) {
        let now = Instant::now();
        match &self.ending {
            Ending::Failing { cause, until } if *until <= now => self.transport_closed(cause.clone()),
            Ending::Lingering { until } if *until <= now => self.end(),
            Ending::Running | Ending::Failing { .. } => {
                if self.stalled_since.is_some_and(|since| since + STALL_LIMIT <= now) {
                    let reason = format!("nothing could be sent for {} s", STALL_LIMIT.as_secs());
                    return self.transport_closed(TransportClosed { code: None, reason });
                }
                self.check_network(now);
                self.session.handle_timeout(self.now());
                self.drain();
            }
            Ending::Lingering { .. } | Ending::Ended => {}
        }
    }

    /// Checks during a pause whether the network came back or changed.
    fn check_network(&mut self, now: Instant) {
        if !matches!(self.connection, Connection::Down) {
            self.route = None;
            return;
        }
        let is = self.network.fingerprint();
        let was = self.route.map_or(is, |(was, _)| was);
        self.route = Some((is, now + NETWORK_POLL));
        if is != was && !is.is_offline() {
            self.handle(Input::NetworkChanged);
        }
    }

    fn wake_at(&self) -> Option<Instant> {
        let own = match self.ending {
            Ending::Failing { until, .. } | Ending::Lingering { until } => Some(until),
            Ending::Running | Ending::Ended => None,
        };
        let machine = self.session.poll_timeout().filter(|_| !self.is_done());
        let machine = machine.map(|Millis(ms)| self.epoch + Duration::from_millis(ms));
        let stuck = self.stalled_since.filter(|_| !self.is_done()).map(|since| since + STALL_LIMIT);
        let look = match self.connection {
            Connection::Down if !self.is_done() => {
                Some(self.route.map_or_else(Instant::now, |(_, next)| next))
            }
            _ => None,
        };
        own.into_iter().chain(machine).chain(stuck).chain(look).min()
    }

    /// The connection is gone, and with it whatever still waits to be sent.
    fn transport_closed(&mut self, cause: TransportClosed) {
        self.outbox.clear();
        self.stalled_since = None;
        if self.is_done() {
            return;
        }
        self.ending = Ending::Running;
        self.connection.closed_by_peer(cause.code.is_some());
        self.route = None;
        self.handle(Input::TransportClosed(cause));
        if !self.is_done() && !matches!(self.connection, Connection::Dialling(_)) {
            self.connection = Connection::Down;
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        let now = self.now();
        self.session.handle_input(input, now);
        self.drain();
    }

    /// Takes everything out of the machine, as must be done after everything that goes in.
    fn drain(&mut self) {
        loop {
            self.flush_outbox();
            let Some(output) = self.session.poll_output() else { return };
            match output {
                Output::Send(frame) => {
                    if self.session.state() == SessionState::SettingUp {
                        self.setup.get_or_insert_with(|| frame.clone());
                    }
                    self.outbox.push_back(Outgoing::Frame(frame));
                }
                // `Closed` follows at once: the machine does not wait for the server to agree.
                Output::Close { code, reason } => self.outbox.push_back(Outgoing::Close { code, reason }),
                Output::Connect => self.redial(),
                Output::Event(event) => {
                    match event {
                        Event::Closed(_) => self.linger(),
                        // The service accepted this version.
                        Event::Ready { .. } => (self.setup, self.fallback) = (None, None),
                        _ => {}
                    }
                    self.events.push_back(event);
                }
            }
        }
    }

    /// Makes the next connection. Drops the old one first, with its unsent data: the service refuses to resume a session
    /// that is still connected.
    fn redial(&mut self) {
        self.outbox.clear();
        self.stalled_since = None;
        self.ending = Ending::Running;
        // Another setup may need another version.
        let version = api_version(self.session.setup());
        let dialling = dial(Arc::clone(&self.dialer), version, self.message_bytes);
        self.connection = Connection::Dialling(Box::pin(dialling));
    }

    fn linger(&mut self) {
        if !self.is_done() {
            self.ending = Ending::Lingering { until: Instant::now() + LINGER_LIMIT };
        }
        if !matches!(self.connection, Connection::Up(_)) {
            self.end();
        }
    }

    fn end(&mut self) {
        self.connection = Connection::Down;
        self.ending = Ending::Ended;
    }

    /// Hands over what the socket task has room for, and tells the machine whether there is room for more.
    fn flush_outbox(&mut self) {
        let outgoing = self.connection.outgoing();
        if let Some(outgoing) = outgoing {
            while !self.outbox.is_empty() {
                let Ok(room) = outgoing.try_reserve() else { break };
                if let Some(frame_out) = self.outbox.pop_front() {
                    room.send(frame_out);
                }
            }
        }
        let has_room = outgoing.is_some_and(|outgoing| outgoing.capacity() > 0);
        if outgoing.is_some() && !has_room {
            self.stalled_since.get_or_insert_with(Instant::now);
        } else {
            self.stalled_since = None;
        }
        if self.is_done() && self.outbox.is_empty() {
            // Without a sender the task ends once it has sent the rest, and with it the queue of what is received.
            self.connection.close_writer();
        }
        let is_open = has_room && self.outbox.is_empty() && matches!(self.ending, Ending::Running);
        self.session.set_writable(is_open);
        self.media_open.send_if_modified(|open| std::mem::replace(open, is_open) != is_open);
    }

    fn now(&self) -> Millis {
        Millis(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// Returns what a failed connection means for the session.
fn cause_of(error: &ConnectError) -> CloseCause {
    CloseCause { kind: error.kind(), code: None, reason: error.to_string() }
}

/// Waits for the next thing that happens on the connection. Cancel safe.
async fn progress(connection: &mut Connection, wants_room: bool, has_space: bool) -> LoopEvent {
    match connection {
        Connection::Down => std::future::pending().await,
        Connection::Dialling(dialling) => LoopEvent::Dialled(dialling.await),
        Connection::Up(tasks) => {
            let outgoing = tasks.outgoing.as_ref();
            tokio::select! {
                has_writer = room(outgoing), if wants_room && outgoing.is_some() => LoopEvent::Room { has_writer },
                event = tasks.incoming.recv(), if has_space => LoopEvent::Incoming(event),
                else => std::future::pending().await,
            }
        }
    }
}

/// Resolves when there is room for a frame; false when the socket task sends nothing any more.
async fn room(outgoing: Option<&mpsc::Sender<Outgoing>>) -> bool {
    match outgoing {
        Some(outgoing) => outgoing.reserve().await.is_ok(),
        None => false,
    }
}
