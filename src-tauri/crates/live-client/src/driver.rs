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

use live_proto::catalogue::{ApiVersion, Model};
use live_proto::wire::Setup;
use live_proto::{
    CloseCause, CloseKind, Command, Counters, Event, Input, Limits, Millis, Output, Session, SessionState,
    TransportClosed, api_version,
};
use net::network::{Fingerprint, Network};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Bytes;

use crate::connection::{Line, dial};
use crate::dialer::Dialer;
use crate::error::ConnectError;
use crate::socket::{Arrival, Departure, Halves};

/// Commands that wait for the writer before `send` does (ARCHITECTURE.md: session → socket writer).
const CONTROL: usize = 32;
/// Events that wait for their owner before reading stops.
const EVENTS: usize = 256;
/// How long a close frame with the reason may be behind a failed write.
const LAST_WORDS_LIMIT: Duration = Duration::from_secs(1);
/// How long the last frames and the server's close may take after the machine is done.
const LINGER_LIMIT: Duration = Duration::from_secs(2);
/// How long a socket may take nothing while something waits. It holds little, so the line is dead by then, whatever
/// the system believes.
const STUCK_LIMIT: Duration = Duration::from_secs(15);

/// How often a pause looks whether the network came back.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A Live session over as many sockets as it takes. Dropping it ends its tasks and cuts the connection.
///
/// To end politely, send [`Command::End`] and ask for events until there are no more.
pub struct Driver {
    session: Session,
    dialer: Arc<dyn Dialer>,
    version: ApiVersion,
    message_bytes: usize,
    line: Line,
    network: Network,
    /// The way out of this computer when the pause began, and when to look again.
    way_out: Option<(Fingerprint, Instant)>,
    /// What the machine wants sent and the writer has no room for yet, in order.
    outbox: VecDeque<Departure>,
    /// The frame that opened the present connection, until the service has taken it.
    setup: Option<Bytes>,
    /// What the first connection ended with, while another version of the API is tried.
    fallback: Option<TransportClosed>,
    /// Since when the writer has no room.
    stuck_since: Option<Instant>,
    events: VecDeque<Event>,
    media_open: watch::Sender<bool>,
    epoch: Instant,
    ending: Ending,
}

/// How far the end of the session, or of a connection, has come.
#[derive(Debug)]
enum Ending {
    /// Nothing ends.
    Running,
    /// Sending has failed, and this is what the connection will have died of when nothing better is heard by then.
    Failing { cause: TransportClosed, until: Instant },
    /// The machine is done; the socket has until then to say goodbye.
    Lingering { until: Instant },
    /// Nothing comes any more.
    Ended,
}

/// What [`Driver::step`] waited for.
enum Happened {
    Room { has_writer: bool },
    Arrival(Option<Arrival>),
    Dialled(Result<Halves, ConnectError>),
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
            .field("line", &self.line)
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

    /// The same, with something that is waited for between the open socket and the setup. It need not be brief, but the
    /// service may close a socket on which nothing is said.
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
        // A dial holds much, and for a moment only.
        let halves = Box::pin(dial(Arc::clone(&dialer), version, message_bytes)).await?;
        before_setup.await;
        let mut driver = Self {
            session: Session::with_rules(setup, rules, limits).with_seed(RandomState::new().hash_one(0)),
            dialer,
            version,
            message_bytes,
            line: Line::Up(halves),
            network: Network::system(),
            way_out: None,
            outbox: VecDeque::new(),
            setup: None,
            fallback: None,
            stuck_since: None,
            events: VecDeque::new(),
            media_open: watch::Sender::new(true),
            epoch: Instant::now(),
            ending: Ending::Running,
        };
        driver.handle(Input::Opened);
        Ok(driver)
    }

    /// The same with another eye on the network, for tests.
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

    /// Hands a command to the machine. Waits while 32 commands or more wait for the writer, and never drops one; while
    /// there is no connection it does not wait, and the machine bounds what it keeps. Cancel safe: once polled, the
    /// command is taken. After `Closed` it does nothing.
    pub async fn send(&mut self, command: Command) {
        if self.is_done() {
            return;
        }
        self.handle(Input::Command(command));
        while self.is_crowded() && !self.is_done() {
            self.step().await;
        }
    }

    /// Hands 16 kHz sound to the machine, which keeps it in order until it is sent: up to 30 s while the line does not
    /// take it. Never waits.
    pub fn send_audio(&mut self, pcm: &[u8]) {
        if !self.is_done() {
            self.handle(Input::Audio(pcm));
        }
    }

    /// Whether the writer keeps up. While it does not, pictures shall stay in their own queue, where the newest wins.
    pub fn wants_media(&self) -> bool {
        *self.media_open.borrow()
    }

    /// To wait until [`Driver::wants_media`] without borrowing the driver. It opens only while the driver is asked for
    /// events.
    pub fn media_gate(&self) -> MediaGate {
        MediaGate(self.media_open.subscribe())
    }

    /// What the session dropped or skipped so far.
    pub fn counters(&self) -> Counters {
        self.session.counters()
    }

    /// Sound of the microphone that waits for the line.
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
        // While the owner is slow the events stay few, and TCP slows the server down.
        let has_space = self.events.len() < EVENTS;
        let happened = tokio::select! {
            happened = progress(&mut self.line, wants_room, has_space) => happened,
            () = sleep_until(wake_at.unwrap_or(self.epoch)), if wake_at.is_some() => Happened::Time,
        };
        match happened {
            Happened::Room { has_writer: true } => self.stuck_since = None,
            Happened::Room { has_writer: false } => self.line.close_writer(),
            Happened::Arrival(arrival) => self.arrive(arrival),
            Happened::Dialled(Ok(halves)) => {
                self.line = Line::Up(halves);
                self.handle(Input::Opened);
            }
            Happened::Dialled(Err(error)) => {
                (self.line, self.way_out) = (Line::Down, None);
                if let Some(cause) = self.fallback.take() {
                    return self.transport_closed(cause);
                }
                self.handle(Input::ConnectFailed(cause_of(&error)));
            }
            Happened::Time => self.wake(),
        }
        // Room for frames is room for what was said, too.
        self.drain();
    }

    fn arrive(&mut self, arrival: Option<Arrival>) {
        match arrival {
            // After the machine's end frames are only read to get to the close.
            Some(Arrival::Frame(_)) if self.is_done() => {}
            Some(Arrival::Frame(bytes)) => self.handle(Input::Frame(&bytes)),
            Some(Arrival::Closed(cause)) if self.falls_back(&cause) => {}
            Some(Arrival::Closed(cause)) => self.transport_closed(cause),
            Some(Arrival::TooMuch(reason)) => self.handle(Input::TooMuch(reason)),
            Some(Arrival::WriteFailed(reason)) => {
                if matches!(self.ending, Ending::Running) {
                    let cause = TransportClosed { code: None, reason };
                    self.ending = Ending::Failing { cause, until: Instant::now() + LAST_WORDS_LIMIT };
                }
            }
            None if self.is_done() => self.end(),
            None => self.died(),
        }
    }

    /// The service closed in the place of taking the setup, and there is another version of its API to try.
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
        // The machine waits for the answer to its setup, and need not know that it is sent twice.
        self.outbox.push_front(Departure::Frame(setup));
        self.fallback = Some(cause.clone());
        true
    }

    /// The socket's task ended without a word, so it has died. It would do so again: the session is over.
    fn died(&mut self) {
        let reason = "the task that reads and writes the socket has died".to_owned();
        tracing::error!(reason);
        self.outbox.clear();
        self.line = Line::Down;
        self.linger();
        self.events.push_back(Event::Closed(CloseCause { kind: CloseKind::Bug, code: None, reason }));
    }

    fn wake(&mut self) {
        let now = Instant::now();
        match &self.ending {
            Ending::Failing { cause, until } if *until <= now => self.transport_closed(cause.clone()),
            Ending::Lingering { until } if *until <= now => self.end(),
            Ending::Running | Ending::Failing { .. } => {
                if self.stuck_since.is_some_and(|since| since + STUCK_LIMIT <= now) {
                    let reason = "the line takes nothing any more".to_owned();
                    return self.transport_closed(TransportClosed { code: None, reason });
                }
                self.look_out(now);
                self.session.handle_timeout(self.now());
                self.drain();
            }
            Ending::Lingering { .. } | Ending::Ended => {}
        }
    }

    /// During a pause: has the network come back, or is it another one?
    fn look_out(&mut self, now: Instant) {
        if !matches!(self.line, Line::Down) {
            self.way_out = None;
            return;
        }
        let is = self.network.fingerprint();
        let was = self.way_out.map_or(is, |(was, _)| was);
        self.way_out = Some((is, now + LOOK_EVERY));
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
        let stuck = self.stuck_since.filter(|_| !self.is_done()).map(|since| since + STUCK_LIMIT);
        let look = match self.line {
            Line::Down if !self.is_done() => Some(self.way_out.map_or_else(Instant::now, |(_, next)| next)),
            _ => None,
        };
        own.into_iter().chain(machine).chain(stuck).chain(look).min()
    }

    /// The line is gone: whatever still waits cannot be sent over it.
    fn transport_closed(&mut self, cause: TransportClosed) {
        self.outbox.clear();
        self.stuck_since = None;
        if self.is_done() {
            return;
        }
        self.ending = Ending::Running;
        self.line.closed_by_peer(cause.code.is_some());
        self.way_out = None;
        self.handle(Input::TransportClosed(cause));
        if !self.is_done() && !matches!(self.line, Line::Dialling(_)) {
            self.line = Line::Down;
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
            self.settle();
            let Some(output) = self.session.poll_output() else { return };
            match output {
                Output::Send(frame) => {
                    if self.session.state() == SessionState::SettingUp {
                        self.setup.get_or_insert_with(|| frame.clone());
                    }
                    self.outbox.push_back(Departure::Frame(frame));
                }
                // `Closed` follows at once: the machine does not wait for the server to agree.
                Output::Close { code, reason } => self.outbox.push_back(Departure::Close { code, reason }),
                Output::Connect => self.redial(),
                Output::Event(event) => {
                    match event {
                        Event::Closed(_) => self.linger(),
                        // The version is found.
                        Event::Ready { .. } => (self.setup, self.fallback) = (None, None),
                        _ => {}
                    }
                    self.events.push_back(event);
                }
            }
        }
    }

    /// The next connection. The old one goes first, with whatever it still held: the service refuses to resume beside it.
    fn redial(&mut self) {
        self.outbox.clear();
        self.stuck_since = None;
        self.ending = Ending::Running;
        let dialling = dial(Arc::clone(&self.dialer), self.version, self.message_bytes);
        self.line = Line::Dialling(Box::pin(dialling));
    }

    fn linger(&mut self) {
        if !self.is_done() {
            self.ending = Ending::Lingering { until: Instant::now() + LINGER_LIMIT };
        }
        if !matches!(self.line, Line::Up(_)) {
            self.end();
        }
    }

    fn end(&mut self) {
        self.line = Line::Down;
        self.ending = Ending::Ended;
    }

    /// Moves what the writer has room for, and says whether there is room for more.
    fn settle(&mut self) {
        let departures = self.line.departures();
        if let Some(departures) = departures {
            while !self.outbox.is_empty() {
                let Ok(room) = departures.try_reserve() else { break };
                if let Some(departure) = self.outbox.pop_front() {
                    room.send(departure);
                }
            }
        }
        let has_room = departures.is_some_and(|departures| departures.capacity() > 0);
        if departures.is_some() && !has_room {
            self.stuck_since.get_or_insert_with(Instant::now);
        } else {
            self.stuck_since = None;
        }
        if self.is_done() && self.outbox.is_empty() {
            // Without a sender the writer ends when it has sent the rest, and with both halves the queue of arrivals.
            self.line.close_writer();
        }
        let is_open = has_room && self.outbox.is_empty() && matches!(self.ending, Ending::Running);
        self.session.set_writable(is_open);
        self.media_open.send_if_modified(|open| std::mem::replace(open, is_open) != is_open);
    }

    fn now(&self) -> Millis {
        Millis(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// What a connection that did not come about means for the session.
fn cause_of(error: &ConnectError) -> CloseCause {
    CloseCause { kind: error.kind(), code: None, reason: error.to_string() }
}

/// The next thing that the line does. Cancel safe.
async fn progress(line: &mut Line, wants_room: bool, has_space: bool) -> Happened {
    match line {
        Line::Down => std::future::pending().await,
        Line::Dialling(dialling) => Happened::Dialled(dialling.await),
        Line::Up(halves) => {
            let departures = halves.departures.as_ref();
            tokio::select! {
                has_writer = room(departures), if wants_room && departures.is_some() => Happened::Room { has_writer },
                arrival = halves.arrivals.recv(), if has_space => Happened::Arrival(arrival),
                else => std::future::pending().await,
            }
        }
    }
}

/// Resolves when the writer has room for a frame; false when the writer has ended.
async fn room(departures: Option<&mpsc::Sender<Departure>>) -> bool {
    match departures {
        Some(departures) => departures.reserve().await.is_ok(),
        None => false,
    }
}
