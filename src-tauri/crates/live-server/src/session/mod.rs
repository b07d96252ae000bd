//! One client's session, free of sockets, tasks and clocks: frames and the time go in, frames and the next due time come
//! out. Everything is decided here; the connection only carries it.

mod conversation;
mod input;
mod message_rules;
mod negotiated_setup;
mod outbox;
mod pending_calls;
mod reply;
mod setup_rules;
mod tool_calls;
mod turn;
mod turn_detector;
mod turn_frames;
mod turn_state;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use live_proto::wire::{ClientMessage, ServerMessage, Setup, SetupComplete, decode_client};
use tokio::time::Instant;

use crate::admission::Route;
use crate::agent::Waker;
use crate::budget::Share;
use crate::close::Closing;
use crate::faults::Fault;
use crate::replay::{Answer, Kind, Player};
use crate::resumption::{ResumeError, random_uuid};
use crate::shared::Shared;
use crate::tokens;

use conversation::Conversation;
pub(crate) use outbox::Outbox;

/// How long a client may take to send its setup.
const SETUP_WITHIN: Duration = Duration::from_mins(1);
/// How much sooner for one that will be refused.
const REFUSED_SOONER: Duration = Duration::from_secs(50);
/// The largest setup, in bytes: its tools are kept as long as the session lives.
pub(crate) const SETUP_CAP: usize = 1 << 20;
/// A setup of so many bytes is kept in any case.
const SETUP_FREE: usize = 8 << 10;
/// How long a reply may still take when the server ends.
pub(crate) const DRAIN: Duration = Duration::from_secs(10);

/// A session from its first frame to its last.
pub(crate) struct Session {
    shared: Arc<Shared>,
    route: Route,
    /// Which connection this is.
    connection: u64,
    waker: Waker,
    phase: Phase,
    outbox: Outbox,
    /// What is done on purpose, and when.
    timed: VecDeque<(Instant, Timed)>,
    /// The token that the client shows instead of a key.
    token: Option<String>,
    /// When that ends, and the session with it.
    token_ends: Option<Instant>,
}

/// Something that comes at a time that the server's faults say.
enum Timed {
    Fault(Fault),
    /// The setup is confirmed so late.
    Complete,
}

enum Phase {
    /// Nothing was said yet; the setup is due by this time.
    Waiting(Instant),
    /// Neither, and this is what the first message will be answered with.
    Refused(Instant, Closing),
    Open(Box<Conversation>),
    /// A recording is played.
    Replaying(Player),
    Closed(Closing),
}

impl Session {
    /// `waker` wakes it: then [`on_wake`](Self::on_wake) is to be called.
    pub(crate) fn new(
        shared: Arc<Shared>,
        route: Route,
        connection: u64,
        waker: Waker,
        now: Instant,
    ) -> Self {
        let phase = Phase::Waiting(now + SETUP_WITHIN);
        let (outbox, timed) = (Outbox::default(), VecDeque::new());
        Self { shared, route, connection, waker, phase, outbox, timed, token: None, token_ends: None }
    }

    /// The client shows this token, whose rules are those of the session.
    pub(crate) fn show_token(&mut self, token: Option<String>) {
        self.token = token;
    }

    /// Closes as soon as the first message came, instead of taking it. Not before: the Python SDK shows the reason as its
    /// own error only when it comes after its setup was sent.
    pub(crate) fn refuse(&mut self, closing: Closing) {
        if let Phase::Waiting(until) = self.phase {
            let until = until.checked_sub(REFUSED_SOONER).unwrap_or(until);
            self.phase = Phase::Refused(until, closing);
        }
    }

    /// What this client will be refused with, whatever it sends.
    pub(crate) fn refusal(&self) -> Option<&Closing> {
        match &self.phase {
            Phase::Refused(_, closing) => Some(closing),
            _ => None,
        }
    }

    /// Whether the setup was taken.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open(_) | Phase::Replaying(_))
    }

    /// Something in it panicked: it ends with a word, and no other session does.
    pub(crate) fn fail(&mut self) {
        self.phase = Phase::Closed(Closing::internal());
    }

    /// Takes a frame, text or binary.
    pub(crate) fn on_frame(&mut self, frame: &[u8], now: Instant) {
        let done = self.take(frame, now);
        self.settle(done);
    }

    /// Does what is due at `now`.
    pub(crate) fn on_due(&mut self, now: Instant) {
        let done = match &mut self.phase {
            Phase::Waiting(until) if *until <= now => Err(Closing::deadline()),
            Phase::Refused(until, closing) if *until <= now => Err(closing.clone()),
            Phase::Open(_) if self.token_ends.is_some_and(|end| end <= now) => Err(tokens::expired()),
            Phase::Open(conversation) => {
                while self.timed.front().is_some_and(|(at, _)| *at <= now) && conversation.ending.is_none() {
                    match self.timed.pop_front() {
                        Some((_, Timed::Fault(fault))) => conversation.make(fault, now, &mut self.outbox),
                        Some((_, Timed::Complete)) => self.outbox.release(),
                        None => {}
                    }
                }
                conversation.on_due(now, &mut self.outbox)
            }
            Phase::Replaying(player) => play(player, now, &mut self.outbox),
            _ => Ok(()),
        };
        self.settle(done);
    }

    /// Takes what was done for it elsewhere.
    pub(crate) fn on_wake(&mut self, now: Instant) {
        if self.waker.is_broken() {
            return self.fail();
        }
        let done = match &mut self.phase {
            Phase::Open(conversation) => conversation.on_wake(now, &mut self.outbox),
            _ => Ok(()),
        };
        self.settle(done);
    }

    /// The server ends: a reply is said to its end, if that does not take too long, and then the connection is closed.
    pub(crate) fn drain(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Waiting(_) | Phase::Refused(..) | Phase::Replaying(_) => {
                self.phase = Phase::Closed(Closing::going_away());
            }
            Phase::Open(conversation) => conversation.drain(now, &mut self.outbox),
            Phase::Closed(_) => {}
        }
        self.settle(Ok(()));
    }

    /// Closes what failed, and what was only waited for.
    fn settle(&mut self, done: Result<(), Closing>) {
        let asked = match &mut self.phase {
            Phase::Open(conversation) if conversation.ending.is_some() => conversation.ending.take(),
            Phase::Open(conversation) if conversation.is_drained() => Some(Closing::going_away()),
            _ => None,
        };
        if let Some(closing) = done.err().or(asked) {
            self.phase = Phase::Closed(closing);
        }
    }

    /// When [`on_due`](Self::on_due) wants to be called next.
    pub(crate) fn due(&self) -> Option<Instant> {
        match &self.phase {
            Phase::Waiting(until) | Phase::Refused(until, _) => Some(*until),
            Phase::Open(conversation) => {
                let timed = self.timed.front().map(|(at, _)| *at);
                conversation.due(self.outbox.is_full()).into_iter().chain(self.token_ends).chain(timed).min()
            }
            Phase::Replaying(player) => player.due().filter(|_| !self.outbox.is_full()),
            Phase::Closed(_) => None,
        }
    }

    /// What is to be sent, in order.
    pub(crate) fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// How the connection is to be closed, once what waits in the outbox is sent.
    pub(crate) fn closing(&self) -> Option<&Closing> {
        match &self.phase {
            Phase::Closed(closing) => Some(closing),
            _ => None,
        }
    }

    fn take(&mut self, frame: &[u8], now: Instant) -> Result<(), Closing> {
        match &self.phase {
            Phase::Closed(_) => return Ok(()),
            Phase::Refused(_, closing) => return Err(closing.clone()),
            Phase::Waiting(_) | Phase::Open(_) | Phase::Replaying(_) => {}
        }
        if let Some(replay) = &self.shared.config.replay {
            if matches!(self.phase, Phase::Waiting(_)) {
                self.phase = Phase::Replaying(Player::new(replay.of(self.connection)));
            }
            if let Phase::Replaying(player) = &mut self.phase {
                let message = serde_json::from_slice(frame).unwrap_or_default();
                player.on_message(Kind::of(&message), now);
                return play(player, now, &mut self.outbox);
            }
        }
        let decoded = decode_client(frame).map_err(|error| Closing::bad_frame(frame, &error))?;
        if let Some(closing) = Closing::skipped(&decoded) {
            return Err(closing);
        }
        match (&mut self.phase, decoded.message) {
            (Phase::Waiting(_), ClientMessage::Setup(setup)) => {
                if frame.len() > SETUP_CAP {
                    return Err(Closing::invalid_argument());
                }
                let conversation = self.set_up(*setup, frame.len(), now)?;
                self.phase = Phase::Open(Box::new(conversation));
                Ok(())
            }
            (Phase::Waiting(_), _) => Err(Closing::new(1007, "The first message must be setup.")),
            (Phase::Open(_), ClientMessage::Setup(_)) => {
                Err(Closing::new(1007, "setup may be sent only once, as the first message."))
            }
            (Phase::Open(conversation), message) => {
                conversation.on_message(message, frame.len(), now, &mut self.outbox)
            }
            (Phase::Refused(..) | Phase::Replaying(_) | Phase::Closed(_), _) => Ok(()),
        }
    }

    /// What counts of a setup: the client's token may lock some of it.
    fn constrained(&mut self, setup: Setup, now: Instant) -> Result<Setup, Closing> {
        let Some(token) = &self.token else { return Ok(setup) };
        let (lock, ends) = self.shared.tokens.check(token, now)?;
        self.token_ends = Some(ends);
        match lock {
            Some(lock) => lock.apply(&setup),
            None => Ok(setup),
        }
    }

    fn set_up(&mut self, setup: Setup, bytes: usize, now: Instant) -> Result<Conversation, Closing> {
        let mut room = Share::of(&self.shared.budgets.kept);
        if !room.hold(weight(bytes)) {
            return Err(Closing::busy());
        }
        let setup = self.constrained(setup, now)?;
        let retired_too = self.shared.config.retired_models;
        let setup = negotiated_setup::negotiate(setup, &self.route, &self.shared.catalogue, retired_too)?;
        if setup.resume.is_none()
            && let Some(token) = &self.token
        {
            self.shared.tokens.count(token)?;
        }
        let (mark, saved) = match &setup.resume {
            None => (self.shared.store.begin(), None),
            Some(handle) => {
                let (mark, saved) =
                    self.shared.store.resume(handle, now).map_err(|refused| match refused {
                        ResumeError::NotFound => Closing::session_not_found(),
                        // The service answers so while the earlier socket stands (PROTOCOL.md §3.2).
                        ResumeError::StillOpen => Closing::internal(),
                    })?;
                if saved.model != setup.model {
                    return Err(Closing::invalid_argument());
                }
                (mark, Some((*saved).clone()))
            }
        };
        let session_id = setup.behaviour.session_id.then(random_uuid);
        let complete = SetupComplete { session_id, ..SetupComplete::default() };
        self.outbox.push(&ServerMessage { setup_complete: Some(complete), ..ServerMessage::default() });
        self.shared.received.session();
        self.plan_faults(now);
        let agreed = (setup, room);
        let own = (self.connection, self.waker.clone());
        Ok(Conversation::new(Arc::clone(&self.shared), own, agreed, mark, saved, now))
    }

    /// The setup was taken: what is done to this connection on purpose begins.
    fn plan_faults(&mut self, now: Instant) {
        let Some(faults) = self.shared.config.faults_of(self.connection) else { return };
        let timed = |from: Instant, all: &[(Duration, Fault)]| -> Vec<(Instant, Timed)> {
            // What is beyond the end of time never comes.
            let at = |(after, fault): &(Duration, Fault)| {
                Some((from.checked_add(*after)?, Timed::Fault(fault.clone())))
            };
            all.iter().filter_map(at).collect()
        };
        self.timed.extend(timed(now, &faults.before_setup));
        let Some(complete) = now.checked_add(faults.setup_takes) else { return self.outbox.hold() };
        if !self.timed.is_empty() || complete > now {
            self.outbox.hold();
            self.timed.push_back((complete, Timed::Complete));
        }
        self.timed.extend(timed(complete, &faults.after_setup));
    }
}

/// Sends what the recording has by now, as far as the client takes it.
fn play(player: &mut Player, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
    while !out.is_full()
        && let Some(answer) = player.poll(now)
    {
        match answer {
            Answer::Frame(frame) => out.push_frame(frame),
            Answer::Close { code, reason } => return Err(Closing::new(code, reason)),
            Answer::Cut => return Err(Closing::cut()),
        }
    }
    Ok(())
}

/// What a setup of so many bytes grows to in memory, beyond what every session may have: a schema of brackets becomes eight
/// times as large.
fn weight(bytes: usize) -> usize {
    bytes.saturating_sub(SETUP_FREE) * 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{Agent, AgentState, Event, Opening, Prompt, Speech, Step};
    use crate::config::ServerConfig;

    /// Talks for ever, a second at a time.
    struct Talker;

    impl Agent for Talker {
        fn on_event(&mut self, _: Event<'_>, _: Instant) {}
        fn answer(&mut self, _: Prompt, _: Instant) {}

        fn next_step(&mut self, _: Instant) -> Step {
            Step::Say(Speech { pcm: vec![1; 24_000], text: Some("and".to_owned()) })
        }

        fn save(&self) -> AgentState {
            AgentState::new(())
        }
    }

    fn waiting(now: Instant) -> Session {
        let agents = |_: Opening| -> Box<dyn Agent> { Box::new(Talker) };
        let shared = Arc::new(Shared::new(ServerConfig::default(), Box::new(agents)));
        Session::new(shared, Route { version: "v1beta", vertex: false }, 1, Waker::default(), now)
    }

    /// A session in which a long reply has begun.
    fn replying(now: Instant) -> Session {
        let mut session = waiting(now);
        session.on_frame(br#"{"setup":{"model":"models/gemini-3.8-live"}}"#, now);
        session.on_frame(br#"{"realtimeInput":{"text":"What can you do?"}}"#, now);
        session
    }

    /// Until it is closed: when, and how.
    fn run(session: &mut Session, mut now: Instant) -> (Instant, u16) {
        loop {
            if let Some(closing) = session.closing() {
                return (now, closing.code);
            }
            while session.outbox().pop().is_some() {}
            now = session.due().expect("something is due").max(now);
            session.on_due(now);
        }
    }

    #[tokio::test]
    async fn what_drains_ends_in_time() {
        let start = Instant::now();
        let mut session = replying(start);
        session.drain(start);
        assert_eq!(run(&mut session, start), (start + DRAIN, 1001), "the reply is longer");
        let mut waiting = waiting(start);
        waiting.drain(start);
        assert_eq!(waiting.closing().map(|closing| closing.code), Some(1001));
    }
}
