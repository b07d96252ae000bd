//! The session machine of live-proto joined to a socket and to tokio's clock.
//!
//! One task owns the [`Driver`] and asks it for events. It never blocks a thread. Time is `tokio::time`, counted from the
//! moment of connecting, so a test that pauses tokio's clock holds this one too.

use std::collections::VecDeque;
use std::time::Duration;

use live_proto::wire::Setup;
use live_proto::{
    Command, Counters, Event, Input, Limits, Millis, Output, Session, TransportClosed, api_version,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::dialer::Dialer;
use crate::error::ConnectError;
use crate::socket::{Arrival, Departure, Halves};
use crate::upgrade::upgrade;

/// Commands that wait for the writer before `send` does (ARCHITECTURE.md: session → socket writer).
const CONTROL: usize = 32;
/// Events that wait for their owner before reading stops.
const EVENTS: usize = 256;
/// How long a close frame with the reason may be behind a failed write.
const LAST_WORDS_LIMIT: Duration = Duration::from_secs(1);
/// How long the last frames and the server's close may take after the machine is done.
const LINGER_LIMIT: Duration = Duration::from_secs(2);

/// A Live session over a socket. Dropping it ends its tasks and cuts the connection.
///
/// To end politely, send [`Command::End`] and ask for events until there are no more.
#[derive(Debug)]
pub struct Driver {
    session: Session,
    halves: Halves,
    /// What the machine wants sent and the writer has no room for yet, in order.
    outbox: VecDeque<Departure>,
    events: VecDeque<Event>,
    media_open: watch::Sender<bool>,
    epoch: Instant,
    ending: Ending,
}

/// How far the end of the session has come.
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
    Time,
}

/// Waits until media is wanted; for the branch of a `select!` that takes media from its queue.
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

impl Driver {
    /// Dials, upgrades and hands `setup` to the machine. Resolves when the socket is open; that the session is ready is
    /// the event `Ready`.
    ///
    /// # Errors
    /// [`ConnectError`] when there is no socket. What the service says on the socket comes as an event.
    pub async fn connect(dialer: &dyn Dialer, setup: Setup, limits: Limits) -> Result<Self, ConnectError> {
        let request = dialer.request().at(api_version(&setup));
        let stream = dialer.dial().await?;
        let socket = upgrade(stream, &request, limits.message_bytes).await?;
        let mut driver = Self {
            session: Session::new(setup, limits),
            halves: Halves::start(socket),
            outbox: VecDeque::new(),
            events: VecDeque::new(),
            media_open: watch::Sender::new(true),
            epoch: Instant::now(),
            ending: Ending::Running,
        };
        driver.handle(Input::Opened);
        Ok(driver)
    }

    /// The next event; meanwhile it does everything that keeps the session going: timers, sending, reading. Cancel
    /// safe: nothing is lost when the future is dropped.
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

    /// Hands a command to the machine. Waits while 32 frames or more wait for the writer, and never drops one. Cancel
    /// safe: once polled, the command is taken. After `Closed` it does nothing.
    pub async fn send(&mut self, command: Command) {
        if self.is_done() {
            return;
        }
        self.handle(Input::Command(command));
        while self.outbox.len() >= CONTROL && !self.is_done() {
            self.step().await;
        }
    }

    /// Whether the writer keeps up. While it does not, media shall stay in its own queues, which know what to drop.
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

    fn is_done(&self) -> bool {
        matches!(self.ending, Ending::Lingering { .. } | Ending::Ended)
    }

    /// Waits for one thing and does it. Cancel safe: every branch is, and what it yields is dealt with at once.
    async fn step(&mut self) {
        let wake_at = self.wake_at();
        let wants_room = !self.outbox.is_empty() || !self.wants_media();
        // While the owner is slow the events stay few, and TCP slows the server down.
        let has_space = self.events.len() < EVENTS;
        let Halves { arrivals, departures, .. } = &mut self.halves;
        let happened = tokio::select! {
            has_writer = room(departures.as_ref()), if wants_room && departures.is_some() => Happened::Room { has_writer },
            arrival = arrivals.recv(), if has_space => Happened::Arrival(arrival),
            () = sleep_until(wake_at.unwrap_or(self.epoch)), if wake_at.is_some() => Happened::Time,
        };
        match happened {
            Happened::Room { has_writer: true } => {}
            Happened::Room { has_writer: false } => self.halves.departures = None,
            Happened::Arrival(arrival) => self.arrive(arrival),
            Happened::Time => self.wake(),
        }
        self.settle();
    }

    fn arrive(&mut self, arrival: Option<Arrival>) {
        match arrival {
            // After the machine's end frames are only read to get to the close.
            Some(Arrival::Frame(_)) if self.is_done() => {}
            Some(Arrival::Frame(bytes)) => self.handle(Input::Frame(&bytes)),
            Some(Arrival::Closed(cause)) => self.transport_closed(cause),
            Some(Arrival::WriteFailed(reason)) => {
                if matches!(self.ending, Ending::Running) {
                    let cause = TransportClosed { code: None, reason };
                    self.ending = Ending::Failing { cause, until: Instant::now() + LAST_WORDS_LIMIT };
                }
            }
            None if self.is_done() => self.end(),
            None => {
                self.transport_closed(TransportClosed { code: None, reason: "the connection ended".into() });
            }
        }
    }

    fn wake(&mut self) {
        let now = Instant::now();
        match &self.ending {
            Ending::Failing { cause, until } if *until <= now => self.transport_closed(cause.clone()),
            Ending::Lingering { until } if *until <= now => self.end(),
            Ending::Running | Ending::Failing { .. } => {
                self.session.handle_timeout(self.now());
                self.drain();
            }
            Ending::Lingering { .. } | Ending::Ended => {}
        }
    }

    fn wake_at(&self) -> Option<Instant> {
        let own = match self.ending {
            Ending::Failing { until, .. } | Ending::Lingering { until } => Some(until),
            Ending::Running | Ending::Ended => None,
        };
        let machine = self.session.poll_timeout().filter(|_| !self.is_done());
        let machine = machine.map(|Millis(ms)| self.epoch + Duration::from_millis(ms));
        own.into_iter().chain(machine).min()
    }

    fn transport_closed(&mut self, cause: TransportClosed) {
        // The line is down: whatever still waits cannot be sent.
        self.outbox.clear();
        if !self.is_done() {
            self.handle(Input::TransportClosed(cause));
            self.linger();
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        let now = self.now();
        self.session.handle_input(input, now);
        self.drain();
    }

    /// Takes everything out of the machine, as must be done after everything that goes in.
    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Send(text) => self.outbox.push_back(Departure::Frame(text)),
                // `Closed` follows at once: the machine does not wait for the server to agree.
                Output::Close { code, reason } => self.outbox.push_back(Departure::Close { code, reason }),
                Output::Event(event) => {
                    if matches!(event, Event::Closed(_)) {
                        self.linger();
                    }
                    self.events.push_back(event);
                }
            }
        }
        self.settle();
    }

    fn linger(&mut self) {
        if !self.is_done() {
            self.ending = Ending::Lingering { until: Instant::now() + LINGER_LIMIT };
        }
    }

    fn end(&mut self) {
        self.halves.cut();
        self.ending = Ending::Ended;
    }

    /// Moves what the writer has room for, and says whether there is room for media.
    fn settle(&mut self) {
        if let Some(departures) = &self.halves.departures {
            while !self.outbox.is_empty() {
                let Ok(room) = departures.try_reserve() else { break };
                if let Some(departure) = self.outbox.pop_front() {
                    room.send(departure);
                }
            }
        }
        if self.is_done() && self.outbox.is_empty() {
            // Without a sender the writer ends when it has sent the rest, and with both halves the queue of arrivals.
            self.halves.departures = None;
        }
        let has_room = self.halves.departures.as_ref().is_some_and(|departures| departures.capacity() > 0);
        let is_open = has_room && self.outbox.is_empty() && matches!(self.ending, Ending::Running);
        self.media_open.send_if_modified(|open| std::mem::replace(open, is_open) != is_open);
    }

    fn now(&self) -> Millis {
        Millis(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// Resolves when the writer has room for a frame; false when the writer has ended.
async fn room(departures: Option<&mpsc::Sender<Departure>>) -> bool {
    match departures {
        Some(departures) => departures.reserve().await.is_ok(),
        None => false,
    }
}
