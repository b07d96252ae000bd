//! The session task with devices that do what the test says.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use live_proto::{CloseKind, SetupOptions};
use serde_json::{Value, json};
use testkit::{Callers, Peer, PeerDialer};
use tokio::time::timeout;

use super::*;
use crate::exchange::NoAnswer;
use crate::sound::{Opener, Wanted};

/// Devices that open when the test lets them, or never.
struct Stuck {
    let_go: Option<SyncSender<()>>,
    opened: Receiver<()>,
}

impl Stuck {
    fn new() -> (Self, Opener) {
        let (let_go, wait) = sync_channel::<()>(1);
        let (done, opened) = sync_channel(16);
        let wait = Mutex::new(wait);
        let opens: Opener = Arc::new(move |wanted| {
            // An error: the test let go.
            let _ = wait.lock().unwrap().recv();
            let got = crate::sound::open_blocking(wanted);
            let _ = done.send(());
            got
        });
        (Self { let_go: Some(let_go), opened }, opens)
    }
}

struct Fixture {
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
    callers: Callers,
}

impl Fixture {
    fn with(opener: Opener, setup: SetupOptions) -> Self {
        let (dialer, callers) = PeerDialer::new();
        let (commands, inbox) = mpsc::channel(32);
        let (events, stream) = mpsc::channel(256);
        let config = Config::without_devices(setup);
        let wanted =
            Wanted { microphone: config.microphone.clone(), speaker: config.speaker.clone(), save: None };
        let tools = Arc::new(Registry::new(Vec::new()));
        tokio::spawn(async move {
            let sound = SoundPort::open_by(opener, wanted, 1.0);
            let inbox = (inbox, threads::owner().1);
            Box::pin(run_with(sound, config, Arc::new(dialer), tools, inbox, events)).await;
        });
        Self { commands, events: stream, callers }
    }

    async fn set_up(&mut self) -> Peer {
        let mut peer = self.callers.accept().await;
        peer.set_up().await;
        peer
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            match timeout(Duration::from_mins(1), self.events.recv()).await.expect("an event") {
                Some(Event::Levels(_)) => {}
                event => return event,
            }
        }
    }

    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut passed = Vec::new();
        while let Some(event) = self.next().await {
            let found = wanted(&event);
            passed.push(event);
            if found {
                return passed;
            }
        }
        panic!("never came: {passed:?}");
    }
}

fn kinds(events: &[Event]) -> Vec<TroubleKind> {
    let kind = |event: &Event| match event {
        Event::Trouble(trouble) => Some(trouble.kind),
        _ => None,
    };
    events.iter().filter_map(kind).collect()
}

fn is_ended(event: &Event) -> bool {
    matches!(event, Event::Ended { .. })
}

fn is_started(event: &Event) -> bool {
    matches!(event, Event::Started { .. })
}

#[tokio::test]
async fn end_is_served_while_a_device_is_being_opened() {
    for is_connected in [false, true] {
        let (mut stuck, opener) = Stuck::new();
        let mut fixture = Fixture::with(opener, SetupOptions::default());
        let peer = if is_connected { Some(fixture.set_up().await) } else { None };
        fixture.commands.send(Command::End).await.unwrap();
        let events = fixture.until(is_ended).await;
        assert_eq!(kinds(&events), [], "the device still hangs");
        assert!(stuck.opened.try_recv().is_err());
        stuck.let_go = None;
        drop(peer);
    }
}

#[tokio::test]
async fn server_messages_are_handled_while_a_device_opens() {
    let (stuck, opener) = Stuck::new();
    let mut fixture = Fixture::with(opener, SetupOptions::default());
    let peer = fixture.set_up().await;
    peer.close(1007, "API key not valid. Please pass a valid API key.").await;
    let events = fixture.until(is_ended).await;
    assert_eq!(kinds(&events), [TroubleKind::Closed(CloseKind::KeyRefused)]);
    assert!(stuck.opened.try_recv().is_err(), "the device still hangs");
}

#[tokio::test]
async fn a_conversation_plays_what_came_before_its_devices_opened() {
    let (mut stuck, opener) = Stuck::new();
    let mut fixture = Fixture::with(opener, SetupOptions::default());
    let mut peer = fixture.set_up().await;
    peer.send(sound(30_000)).await;
    peer.send(json!({"goAway": {"timeLeft": "500s"}})).await;
    let closes = |event: &Event| matches!(event, Event::Figures(figures) if figures.closes_at.is_some());
    let events = fixture.until(closes).await;
    assert!(!events.iter().any(is_started), "nobody is told to speak yet: {events:?}");
    stuck.let_go = None;
    fixture.until(is_started).await;
    fixture.until(|event| matches!(event, Event::Phase(Phase::Speaking))).await;
}

#[tokio::test(start_paused = true)]
async fn devices_that_do_not_open_are_awaited_for_ten_seconds() {
    let (mut stuck, opener) = Stuck::new();
    let mut fixture = Fixture::with(opener, SetupOptions::default());
    let mut peer = fixture.callers.accept().await;
    // The setup waits for the first sound, but not that long.
    tokio::time::advance(Duration::from_secs(1)).await;
    peer.set_up().await;
    // Else the setup's own limit is over, too.
    peer.send(json!({"goAway": {"timeLeft": "500s"}})).await;
    fixture.until(|event| matches!(event, Event::Figures(figures) if figures.closes_at.is_some())).await;
    // Nothing advances the clock while a blocking thread is at work.
    tokio::time::advance(Duration::from_secs(11)).await;
    let events = fixture.until(is_started).await;
    assert_eq!(kinds(&events), [TroubleKind::Microphone(audio::Fault::Other)]);
    stuck.let_go = None;
    let gone =
        |event: &Event| matches!(event, Event::TroubleGone(TroubleKind::Microphone(audio::Fault::Other)));
    fixture.until(gone).await;
}

#[tokio::test]
async fn mute_and_the_key_show_at_once_while_connecting() {
    let by_key = SetupOptions { manual_activity: true, ..SetupOptions::default() };
    let (_stuck, opener) = Stuck::new();
    let mut fixture = Fixture::with(opener, by_key);
    for (command, shown) in [
        (Command::PushToTalk(true), "Held(true)"),
        (Command::Mute(true), "Muted(true)"),
        (Command::Mute(false), "Muted(false)"),
        (Command::PushToTalk(true), "Held(true)"),
        (Command::PushToTalk(false), "Held(false)"),
    ] {
        fixture.commands.send(command).await.unwrap();
        fixture.until(|event| format!("{event:?}") == shown).await;
    }
    let mut peer = fixture.set_up().await;
    fixture.commands.send(Command::Text("marker".into())).await.unwrap();
    let mut kinds = Vec::new();
    loop {
        let frame = peer.next().await;
        let kind = frame["realtimeInput"].as_object().and_then(|input| input.keys().next()).cloned();
        if kind.as_deref() == Some("text") {
            break;
        }
        kinds.extend(kind);
    }
    assert_eq!(kinds, Vec::<String>::new(), "nothing was said, so no turn was begun");
}

fn sound(ms: usize) -> Value {
    let data = "AAAA".repeat(16 * ms);
    let blob = json!({"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": data}});
    json!({"serverContent": {"modelTurn": {"parts": [blob]}}})
}

/// Devices that are none, open at once.
fn silent() -> Opener {
    Arc::new(crate::sound::open_blocking)
}

async fn asked(text: &str) -> (Fixture, Peer) {
    let mut fixture = Fixture::with(silent(), SetupOptions::default());
    let mut peer = fixture.set_up().await;
    fixture.until(is_started).await;
    fixture.commands.send(Command::Text(text.into())).await.unwrap();
    peer.find_kind("realtimeInput").await;
    (fixture, peer)
}

fn is_complete(event: &Event) -> bool {
    matches!(event, Event::ExchangeComplete { .. })
}

#[tokio::test]
async fn a_bare_turn_complete_is_reported_with_its_reason() {
    for (reason, why) in [
        (None, NoAnswer::Silent),
        (Some("RESPONSE_REJECTED"), NoAnswer::Withheld),
        (Some("PROHIBITED_INPUT_CONTENT"), NoAnswer::Prohibited),
        (Some("MALFORMED_FUNCTION_CALL"), NoAnswer::BadCall),
        (Some("WHATEVER_IS_NEW"), NoAnswer::Other),
    ] {
        let (mut fixture, mut peer) = asked("Hi.").await;
        let mut content = json!({"turnComplete": true});
        if let Some(reason) = reason {
            content["turnCompleteReason"] = json!(reason);
        }
        peer.send(json!({"serverContent": content})).await;
        let events = fixture.until(is_complete).await;
        assert!(matches!(events.last(), Some(Event::ExchangeComplete { answered: false })));
        assert_eq!(kinds(&events), [TroubleKind::NoAnswer(why)]);
        let shows = |event: &Event| match event {
            Event::Trouble(trouble) => trouble.detail.as_deref() == reason,
            _ => false,
        };
        assert!(events.iter().any(shows), "{events:?}");
        fixture.commands.send(Command::End).await.unwrap();
        let events = fixture.until(is_ended).await;
        assert!(matches!(events.last(), Some(Event::Ended { answered: false, .. })), "{events:?}");
    }
}

#[tokio::test]
async fn the_next_answer_clears_the_last_notice() {
    let (mut fixture, mut peer) = asked("Hi.").await;
    peer.send(json!({"serverContent": {"turnComplete": true}})).await;
    fixture.until(is_complete).await;
    fixture.commands.send(Command::Text("Hi?".into())).await.unwrap();
    peer.find_kind("realtimeInput").await;
    peer.send(json!({"serverContent": {"outputTranscription": {"text": "Hello."}}})).await;
    fixture.until(|event| matches!(event, Event::TroubleGone(TroubleKind::NoAnswer(_)))).await;
}

#[tokio::test]
async fn an_exchange_is_complete_after_the_answer_to_a_result() {
    let (mut fixture, mut peer) = asked("What's the weather in Tokyo?").await;
    let call = json!({"functionCalls": [{"id": "1", "name": "get_weather", "args": {}}]});
    peer.send(json!({"toolCall": call})).await;
    peer.send(
        json!({"serverContent": {"outputTranscription": {"text": "I have asked."}, "turnComplete": true}}),
    )
    .await;
    peer.find_kind("toolResponse").await;
    peer.send(sound(20)).await;
    peer.send(json!({"serverContent": {"outputTranscription": {"text": "It rains."}, "turnComplete": true}}))
        .await;
    let events = fixture.until(is_complete).await;
    assert!(matches!(events.last(), Some(Event::ExchangeComplete { answered: true })));
    let said = |event: &Event| matches!(event, Event::TurnText { delta, .. } if delta == "It rains.");
    assert!(events.iter().any(said), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_result_without_an_answer_is_reported() {
    let (mut fixture, mut peer) = asked("What's the weather?").await;
    let call = json!({"functionCalls": [{"id": "1", "name": "get_weather", "args": {}}]});
    peer.send(json!({"toolCall": call})).await;
    peer.find_kind("toolResponse").await;
    let events = fixture.until(is_complete).await;
    assert_eq!(kinds(&events), [TroubleKind::NoAnswer(NoAnswer::AfterCall)]);
}

#[tokio::test]
async fn reconnecting_again_and_again_is_told_once() {
    let (mut fixture, mut peer) = asked("Hello?").await;
    let mut resumed = 0;
    for _ in 0..3 {
        peer.send(json!({"serverContent": {"outputTranscription": {"text": "Hm."}, "turnComplete": true}}))
            .await;
        fixture.until(is_complete).await;
        peer.cut();
        // The service forgot: a notice each time, without a bound.
        peer = fixture.set_up().await;
        let events = fixture.until(|event| matches!(event, Event::Connection(None))).await;
        resumed += kinds(&events).len();
        fixture.commands.send(Command::Text("And?".into())).await.unwrap();
        peer.find_kind("realtimeInput").await;
    }
    peer.send(json!({"serverContent": {"outputTranscription": {"text": "Yes."}, "turnComplete": true}}))
        .await;
    resumed += kinds(&fixture.until(is_complete).await).len();
    assert!(resumed <= 1, "{resumed}");
}
