//! The setup, and turns: complete, in pieces, interrupted, with sources.

use conversation::{Event, Phase, Source, Speaker, ToolState, TurnSounds};
use live_proto::SetupOptions;
use serde_json::json;
use testkit::Peer;
use tools::Registry;

use crate::fixture::{Fixture, config, content, dialling, listening, phases, said, sound, within};

fn is_complete(event: &Event) -> bool {
    matches!(event, Event::ExchangeComplete { .. })
}

/// Returns the texts of one speaker's turns, with their deltas appended.
pub(crate) fn texts(events: &[Event], speaker: Speaker) -> Vec<String> {
    let mut turns: Vec<(u32, Speaker, String)> = Vec::new();
    for event in events {
        match event {
            Event::TurnStarted(turn) => turns.push((turn.id, turn.speaker, turn.text.clone())),
            Event::TurnText { id, delta } => {
                let turn = turns.iter_mut().find(|turn| turn.0 == *id);
                turn.expect("a delta of a turn that was begun").2.push_str(delta);
            }
            Event::TurnReset { id } => {
                turns.iter_mut().filter(|turn| turn.0 == *id).for_each(|turn| turn.2.clear());
            }
            _ => {}
        }
    }
    turns.into_iter().filter(|turn| turn.1 == speaker).map(|turn| turn.2).collect()
}

/// Returns the heard marks of the ended turns.
fn marks(events: &[Event]) -> Vec<Option<u32>> {
    let mark = |event: &Event| match event {
        Event::TurnEnded { heard_to, .. } => Some(*heard_to),
        _ => None,
    };
    events.iter().filter_map(mark).collect()
}

/// Starts a long answer to a question and plays its first second.
async fn speaking() -> (Fixture, Peer) {
    let (mut fixture, mut peer) = listening().await;
    fixture.type_in("Count.").await;
    peer.find_kind("realtimeInput").await;
    peer.send(content(json!({"modelTurn": {"parts": [sound(60_000)]}}))).await;
    peer.send(said(COUNT)).await;
    let is_text = |event: &Event| matches!(event, Event::TurnText { .. }).then_some(());
    fixture.events.find("the first words", is_text).await;
    (fixture, peer)
}

const COUNT: &str = "One, two, three, four.";

#[tokio::test]
async fn the_setup_says_what_was_chosen() {
    let mut config = config();
    config.setup = SetupOptions {
        model: "gemini-3.1-flash-live-preview".into(),
        voice: Some("Kore".into()),
        instructions: Some("Speak like a sailor.".into()),
        google_search: true,
        ..SetupOptions::default()
    };
    let (mut fixture, mut callers) = dialling(config, Registry::builtin());
    let mut peer = callers.accept().await;
    let setup = peer.set_up().await;
    assert_eq!(setup["model"], "models/gemini-3.1-flash-live-preview");
    let generation = &setup["generationConfig"];
    assert_eq!(generation["responseModalities"], json!(["AUDIO"]));
    assert_eq!(generation["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]["voiceName"], "Kore");
    assert_eq!(setup["systemInstruction"]["parts"], json!([{"text": "Speak like a sailor."}]));
    assert!(setup["inputAudioTranscription"].is_object(), "{setup}");
    assert!(setup["outputAudioTranscription"].is_object(), "{setup}");
    let tools = setup["tools"].as_array().unwrap();
    assert!(tools.iter().any(|tool| tool["googleSearch"].is_object()), "{setup}");
    let declared: Vec<_> =
        tools.iter().filter_map(|tool| tool["functionDeclarations"].as_array()).flatten().collect();
    let expected = Registry::builtin();
    assert_eq!(declared.len(), expected.functions().count());
    for (declared, expected) in declared.into_iter().zip(expected.functions()) {
        assert_eq!(declared["name"], expected.name());
        assert_eq!(declared["description"], expected.description());
        assert_eq!(Some(&declared["parameters"]), expected.open_api().parameters.as_ref());
    }
    let events = fixture.events.listening_after(Vec::new()).await;
    assert_eq!(phases(&events), [Phase::Connecting, Phase::Listening]);
    let started = events.iter().filter(|event| matches!(event, Event::Started { .. })).count();
    assert_eq!(started, 1, "{events:?}");
}

#[tokio::test]
async fn replies_are_available_complete_or_partial() {
    let (mut config, (sounds, seen)) = (config(), tokio::sync::watch::channel(TurnSounds::default()));
    config.sounds = sounds;
    let (mut fixture, mut peer) = crate::fixture::set_up(config).await;
    fixture.type_in("Count.").await;
    let is_spoken = |event: &Event| match event {
        Event::Spoken(spoken) => spoken.last().copied(),
        _ => None,
    };
    let is_turn = |event: &Event| match event {
        Event::TurnStarted(turn) if turn.speaker == Speaker::Gemini => Some(turn.id),
        _ => None,
    };
    for (ms, end) in [(200, "turnComplete"), (60_000, "interrupted")] {
        peer.send(content(json!({"modelTurn": {"parts": [sound(ms), sound(ms)]}}))).await;
        peer.send(said(COUNT)).await;
        peer.send(content(json!({end: true}))).await;
        let turn = fixture.events.find("the turn", is_turn).await;
        let spoken = fixture.events.find("its sound", is_spoken).await;
        assert_eq!((spoken.turn, spoken.ms as usize), (turn, 2 * ms));
        let kept = seen.borrow().of(turn).expect("a reply");
        assert_eq!((kept.pcm.len(), kept.rate, kept.is_whole), (2 * 48 * ms, 24_000, true));
    }
    assert_eq!(seen.borrow().list().len(), 2, "the earlier one is still there");
}

#[tokio::test]
async fn the_volume_applies_at_the_start_and_later() {
    let (mut fixture, mut peer) =
        crate::fixture::set_up(conversation::Config { volume: 0.0, ..config() }).await;
    // A minute of samples of half the full scale: three bytes of 0x40 are four letters.
    let data = "QEBA".repeat(16 * 60_000);
    let loud = json!({"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": data}});
    peer.send(content(json!({"modelTurn": {"parts": [loud]}}))).await;
    fixture.events.phase(Phase::Speaking).await;
    // Before its first audio a loud reply is silent too.
    fixture.events.beats(10).await;
    fixture.events.speaker_sounds(false).await;
    fixture.send(conversation::Command::Volume(1.0)).await;
    fixture.events.speaker_sounds(true).await;
    fixture.send(conversation::Command::Volume(0.0)).await;
    fixture.events.speaker_sounds(false).await;
}

#[tokio::test]
async fn a_language_model_answers_aloud() {
    let (mut fixture, mut peer) = listening().await;
    fixture.type_in("What is the time?").await;
    assert_eq!(peer.expect("realtimeInput").await, json!({"text": "What is the time?"}));
    fixture
        .events
        .find("your turn", |event| match event {
            Event::TurnStarted(turn) => {
                assert_eq!((turn.speaker, turn.typed, turn.ended), (Speaker::You, true, true));
                assert_eq!(turn.text, "What is the time?");
                Some(())
            }
            _ => None,
        })
        .await;
    fixture.events.phase(Phase::Thinking).await;

    let words = ["It is", " half", " past ", "\nten — ", "o'clock 🕥"];
    peer.send(content(json!({"modelTurn": {"parts": [sound(200)]}}))).await;
    for word in words {
        peer.send(said(word)).await;
    }
    peer.send(content(json!({"generationComplete": true}))).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    let events = fixture.events.up_to("the turn's end", is_complete).await;
    let events = fixture.events.listening_after(events).await;
    assert_eq!(phases(&events), [Phase::Speaking, Phase::Listening]);
    assert_eq!(texts(&events, Speaker::Gemini), [words.concat()]);
    assert_eq!(marks(&events), [None], "heard to its end");
    assert_eq!(events.iter().filter(|event| is_complete(event)).count(), 1);
    let figures = |event: &Event| matches!(event, Event::Figures(figures) if figures.reply_ms.is_some());
    assert_eq!(events.iter().filter(|event| figures(event)).count(), 1, "{events:?}");
}

#[tokio::test]
async fn everything_in_one_message_counts() {
    let (mut fixture, mut peer) = listening().await;
    let fields = json!({
        "inputTranscription": {"text": "Tell me both.", "finished": true},
        "modelTurn": {"parts": [{"text": "First, "}, sound(100), {"text": "second, "}, sound(100)]},
        "outputTranscription": {"text": "third."},
        "generationComplete": true,
        "turnComplete": true,
    });
    let call = json!([{"id": "c", "name": "get_current_time", "args": {}}]);
    let message = json!({
        "serverContent": fields,
        "toolCall": {"functionCalls": call},
        "goAway": {"timeLeft": "50s"},
    });
    peer.send(message).await;
    let events = fixture
        .events
        .up_to("the warning", |event| matches!(event, Event::Figures(figures) if figures.closes_at.is_some()))
        .await;
    assert_eq!(texts(&events, Speaker::You), ["Tell me both."]);
    assert_eq!(texts(&events, Speaker::Gemini), ["First, second, third."]);
    assert_eq!(
        events.iter().filter(|event| is_complete(event)).count(),
        0,
        "the call is still to be answered: {events:?}"
    );
    let is_begun = |event: &&Event| matches!(event, Event::Tool(row) if row.state == ToolState::Running);
    assert_eq!(events.iter().filter(is_begun).count(), 1, "{events:?}");
    assert_eq!(peer.find_kind("toolResponse").await["functionResponses"][0]["id"], "c");
    peer.send(content(json!({"outputTranscription": {"text": "It is noon."}, "turnComplete": true}))).await;
    let events = fixture.events.listening_after(events).await;
    assert!(phases(&events).contains(&Phase::Speaking), "{events:?}");
}

#[tokio::test]
async fn an_interruption_ends_the_turn_where_it_was_heard_to() {
    let (mut fixture, mut peer) = speaking().await;
    peer.send(content(json!({"interrupted": true}))).await;
    peer.send(said(" Five, six.")).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    let events =
        fixture.events.up_to("the turn's end", |event| matches!(event, Event::TurnEnded { .. })).await;
    match marks(&events).as_slice() {
        [Some(mark)] => assert!((*mark as usize) < COUNT.len(), "a minute was not heard: {mark}"),
        other => panic!("expected one mark, got {other:?}"),
    }

    // The rest of the minute is dropped, otherwise it would play now. The next reply plays normally.
    fixture.type_in("Go on.").await;
    peer.find_kind("realtimeInput").await;
    peer.send(content(json!({"modelTurn": {"parts": [sound(50)]}}))).await;
    peer.send(said("Seven.")).await;
    peer.send(content(json!({"turnComplete": true}))).await;
    let events = fixture.events.up_to("the end of the exchange", is_complete).await;
    assert_eq!(texts(&events, Speaker::Gemini), ["Seven."], "late words of the cut reply are no new turn");
    assert!(phases(&events).contains(&Phase::Speaking), "{events:?}");
}

#[tokio::test]
async fn a_partner_that_speaks_on_has_not_finished() {
    let (mut fixture, mut peer) = listening().await;
    peer.send(said("Let me look.")).await;
    peer.send(content(json!({"turnComplete": true, "interactionStatus": "IN_PROGRESS"}))).await;
    peer.send(content(json!({"modelTurn": {"parts": [{"text": "Here it is."}]}}))).await;
    peer.send(content(json!({"turnComplete": true, "interactionStatus": "IDLE"}))).await;
    let events = fixture.events.up_to("the end of the exchange", is_complete).await;
    assert_eq!(texts(&events, Speaker::Gemini), ["Let me look.", "Here it is."]);
    assert_eq!(marks(&events), [None, None], "the first end is no end of the exchange");
}

#[tokio::test]
async fn sources_are_links_into_the_web() {
    let (mut fixture, mut peer) = listening().await;
    peer.send(said("It will rain.")).await;
    let chunk = |title: &str, uri: &str| json!({"web": {"title": title, "uri": uri}});
    let grounding = json!({
        "webSearchQueries": ["rain tomorrow"],
        "groundingChunks": [
            chunk("Weather", "https://weather.example/rain"),
            chunk("A file", "file:///etc/passwd"),
            chunk("A script", "javascript:alert(1)"),
            chunk("Plain", "http://plain.example/"),
        ],
    });
    peer.send(content(json!({"groundingMetadata": grounding, "turnComplete": true}))).await;
    let mut turn = None;
    let (id, sources, queries) = fixture
        .events
        .find("the sources", |event| match event {
            Event::TurnStarted(begun) => {
                turn = Some(begun.id);
                None
            }
            Event::TurnSources { id, sources, queries } => Some((*id, sources.clone(), queries.clone())),
            _ => None,
        })
        .await;
    assert_eq!(Some(id), turn);
    assert_eq!(queries, ["rain tomorrow"]);
    let pairs: Vec<_> = sources.iter().map(|Source { title, uri }| (title.as_str(), uri.as_str())).collect();
    assert_eq!(pairs, [("Weather", "https://weather.example/rain"), ("Plain", "http://plain.example/")]);
    within("the end of the exchange", fixture.events.up_to("it", is_complete)).await;
}
