//! The fixture of a scenario: a conversation without devices, its events, and its server.

use std::sync::Arc;
use std::time::Duration;

use conversation::{Command, Config, Conversation, Event, Phase, Trouble};
use live_client::Dialer;
use live_proto::SetupOptions;
use serde_json::{Value, json};
use testkit::{Callers, Peer, PeerDialer};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use tools::Registry;

/// Longer than any step takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the configuration of a conversation without microphone and camera, whose replies are played by the clock.
pub(crate) fn config() -> Config {
    Config::without_devices(SetupOptions::default())
}

/// A conversation and its events.
pub(crate) struct Fixture {
    pub(crate) conversation: Conversation,
    pub(crate) events: EventStream,
}

impl Fixture {
    pub(crate) async fn send(&self, command: Command) {
        within("a command to be taken", self.conversation.send(command)).await;
    }

    pub(crate) async fn type_in(&self, text: &str) {
        self.send(Command::Text(text.to_owned())).await;
    }

    /// Types a text and skips frames until it arrives, so that everything sent before has arrived too.
    pub(crate) async fn passed_over(&self, peer: &mut Peer, marker: &str) -> Vec<Value> {
        self.type_in(marker).await;
        let mut passed = Vec::new();
        loop {
            let frame = peer.next().await;
            if frame["realtimeInput"]["text"] == marker {
                return passed;
            }
            passed.push(frame);
        }
    }
}

/// Starts a conversation whose dial is not answered yet.
pub(crate) fn dialling(config: Config, registry: Registry) -> (Fixture, Callers) {
    dialling_over(PeerDialer::new(), config, registry)
}

/// The same with another dialer.
pub(crate) fn dialling_over(
    (dialer, callers): (PeerDialer, Callers),
    config: Config,
    registry: Registry,
) -> (Fixture, Callers) {
    (over(Arc::new(dialer), config, registry), callers)
}

/// Starts a conversation over this dialer.
pub(crate) fn over(dialer: Arc<dyn Dialer>, config: Config, registry: Registry) -> Fixture {
    let (conversation, stream) = Conversation::start(config, dialer, Arc::new(registry));
    Fixture { conversation, events: EventStream { stream } }
}

/// Starts a conversation with a confirmed setup, with all its events unread, and its server.
pub(crate) async fn set_up(config: Config) -> (Fixture, Peer) {
    let (fixture, mut callers) = dialling(config, Registry::builtin());
    let mut peer = callers.accept().await;
    peer.set_up().await;
    (fixture, peer)
}

/// Starts a conversation that listens, and its server.
pub(crate) async fn listening_with(registry: Registry) -> (Fixture, Peer) {
    let (mut fixture, mut callers) = dialling(config(), registry);
    let mut peer = callers.accept().await;
    peer.set_up().await;
    fixture.events.phase(Phase::Listening).await;
    (fixture, peer)
}

/// Starts a conversation that listens, its server, and the receiver of its next connections.
pub(crate) async fn listening_and_more() -> (Fixture, Peer, Callers) {
    let (mut fixture, mut callers) = dialling(config(), Registry::builtin());
    let mut peer = callers.accept().await;
    peer.set_up().await;
    fixture.events.phase(Phase::Listening).await;
    (fixture, peer, callers)
}

/// The same with the app's tools and no devices.
pub(crate) async fn listening() -> (Fixture, Peer) {
    listening_with(Registry::builtin()).await
}

/// The events of a conversation, without levels.
pub(crate) struct EventStream {
    stream: mpsc::Receiver<Event>,
}

impl EventStream {
    /// Returns the next event; `None` after the last.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        within("an event", self.some_time()).await
    }

    async fn some_time(&mut self) -> Option<Event> {
        loop {
            match self.stream.recv().await {
                Some(Event::Levels(_)) => {}
                event => return event,
            }
        }
    }

    /// Returns the events of so much time, on a paused clock.
    pub(crate) async fn during(&mut self, time: Duration) -> Vec<Event> {
        let end = Instant::now() + time;
        let mut events = Vec::new();
        while let Ok(Some(event)) = timeout_at(end, self.some_time()).await {
            events.push(event);
        }
        events
    }

    /// Skips events until `wanted` returns a value.
    pub(crate) async fn find<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
        let mut passed = Vec::new();
        let search = async {
            while let Some(event) = self.some_time().await {
                if let Some(found) = wanted(&event) {
                    return Some(found);
                }
                passed.push(event);
            }
            None
        };
        let found = timeout(PATIENCE, search).await;
        let end = if found.is_ok() { "the conversation ended" } else { "nothing more came in time" };
        match found.ok().flatten() {
            Some(found) => found,
            None => panic!("{end}, without {what}, after {passed:#?}"),
        }
    }

    /// Returns the events up to the first one for which `wanted` is true.
    pub(crate) async fn up_to(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        self.find(what, |event| {
            events.push(event.clone());
            wanted(event).then_some(())
        })
        .await;
        events
    }

    /// Returns these events and all that follow until it listens.
    pub(crate) async fn listening_after(&mut self, events: Vec<Event>) -> Vec<Event> {
        let listens = |event: &Event| matches!(event, Event::Phase(Phase::Listening));
        if events.iter().any(listens) {
            return events;
        }
        [events, self.up_to("listening", listens).await].concat()
    }

    /// Skips events until this phase.
    pub(crate) async fn phase(&mut self, wanted: Phase) {
        let what = format!("the phase {wanted:?}");
        self.find(&what, |event| matches!(event, Event::Phase(phase) if *phase == wanted).then_some(()))
            .await;
    }

    /// Skips events until a trouble.
    pub(crate) async fn trouble(&mut self) -> Trouble {
        self.find("a trouble", |event| match event {
            Event::Trouble(trouble) => Some(trouble.clone()),
            _ => None,
        })
        .await
    }

    /// Returns all events to the end.
    pub(crate) async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    /// Waits until a reply plays, or no longer plays; skips all other events.
    pub(crate) async fn speaker_sounds(&mut self, wanted: bool) {
        let heard = async {
            while let Some(event) = self.stream.recv().await {
                if matches!(event, Event::Levels(levels) if (levels.gemini_peak > 0.0) == wanted) {
                    return true;
                }
            }
            false
        };
        assert!(within("the speaker's level", heard).await, "the conversation is over");
    }

    /// Waits for this many ticks of the session task, each of which emits the levels.
    pub(crate) async fn beats(&mut self, count: usize) {
        let mut beats = 0;
        while beats < count {
            match within("a beat", self.stream.recv()).await {
                Some(Event::Levels(_)) => beats += 1,
                Some(_) => {}
                None => panic!("the conversation is over"),
            }
        }
    }
}

/// Returns the phases among events, in order.
pub(crate) fn phases(events: &[Event]) -> Vec<Phase> {
    let phase = |event: &Event| match event {
        Event::Phase(phase) => Some(*phase),
        _ => None,
    };
    events.iter().filter_map(phase).collect()
}

/// Returns the troubles among events, in order.
pub(crate) fn troubles(events: &[Event]) -> Vec<Trouble> {
    let trouble = |event: &Event| match event {
        Event::Trouble(trouble) => Some(trouble.clone()),
        _ => None,
    };
    events.iter().filter_map(trouble).collect()
}

/// Returns a part of a reply: this many milliseconds of silence at 24 kHz.
pub(crate) fn sound(ms: usize) -> Value {
    // 48 bytes a millisecond; four letters of base64 are three bytes.
    json!({"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAAA".repeat(16 * ms)}})
}

/// Returns a message with these fields of `serverContent`.
#[expect(clippy::needless_pass_by_value, reason = "so that the caller can write `json!` in place")]
pub(crate) fn content(fields: Value) -> Value {
    json!({ "serverContent": fields })
}

/// Returns a piece of the reply's transcript.
pub(crate) fn said(text: &str) -> Value {
    content(json!({"outputTranscription": {"text": text}}))
}

/// Returns the future's output; panics if it takes too long.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    let Ok(output) = timeout(PATIENCE, future).await else {
        panic!("waited {} s in vain for {what}", PATIENCE.as_secs());
    };
    output
}
