//! What the service really sends, in the order of public recordings of it, with words of our own: what the transcript
//! shows of it, and when the exchange is over.

use conversation::{Config, Event, Phase, Speaker, ToolState};
use serde_json::{Value, json};
use testkit::Peer;
use tools::Registry;

use crate::fixture::{Fixture, config, content, dialling, said, sound, troubles};
use crate::turns::texts;

const NATIVE: &str = "gemini-2.5-flash-native-audio-preview-09-2025";
const VERTEX: &str = "gemini-live-2.5-flash";

async fn with_model(model: &str) -> (Fixture, Peer) {
    let mut config: Config = config();
    model.clone_into(&mut config.setup.model);
    let (mut fixture, mut callers) = dialling(config, Registry::builtin());
    let mut peer = callers.accept().await;
    peer.set_up().await;
    fixture.events.phase(Phase::Listening).await;
    (fixture, peer)
}

fn thought() -> Value {
    content(json!({"modelTurn": {"parts": [{"text": "**Plan**\n\nSay it.", "thought": true}]}}))
}

fn spoken() -> Value {
    content(json!({"modelTurn": {"parts": [sound(20)]}}))
}

fn call() -> Value {
    json!({"toolCall": {"functionCalls": [{"id": "c", "name": "get_current_time", "args": {}}]}})
}

fn over() -> [Value; 2] {
    [
        content(json!({"generationComplete": true})),
        json!({"serverContent": {"turnComplete": true}, "usageMetadata": {"totalTokenCount": 9}}),
    ]
}

fn vertex_over() -> [Value; 3] {
    let usage = json!({"promptTokenCount": 7, "candidatesTokenCount": 2, "totalTokenCount": 9});
    [
        content(json!({"outputTranscription": {"finished": true}})),
        content(json!({"generationComplete": true})),
        json!({"serverContent": {"turnComplete": true, "groundingMetadata": {}}, "usageMetadata": usage}),
    ]
}

async fn send(peer: &mut Peer, frames: impl IntoIterator<Item = Value>) {
    for frame in frames {
        peer.send(frame).await;
    }
}

/// The events to the end of the exchange, which has an answer and no trouble.
async fn answered(fixture: &mut Fixture) -> Vec<Event> {
    let is_over = |event: &Event| matches!(event, Event::ExchangeComplete { .. });
    let events = fixture.events.up_to("the end of the exchange", is_over).await;
    assert!(matches!(events.last(), Some(Event::ExchangeComplete { answered: true })), "{events:?}");
    assert_eq!(troubles(&events), []);
    events
}

fn tool_is_done(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::Tool(row) if row.state == ToolState::Done))
}

#[tokio::test]
async fn a_spoken_question_is_one_row_and_its_answer_another() {
    let (mut fixture, mut peer) = with_model(NATIVE).await;
    let heard = |text: &str| content(json!({"inputTranscription": {"text": text}}));
    send(&mut peer, [" Good", " day", ",", " I am", " Ada."].map(heard)).await;
    send(&mut peer, [thought(), said("Good day,"), spoken(), said(" Ada."), spoken()]).await;
    send(&mut peer, over()).await;
    let events = answered(&mut fixture).await;
    assert_eq!(texts(&events, Speaker::You), [" Good day, I am Ada."]);
    assert_eq!(texts(&events, Speaker::Gemini), ["Good day, Ada."]);
    // The same again: the words of the next answer are no last words of this one.
    fixture.type_in("And you?").await;
    peer.find_kind("clientContent").await;
    send(&mut peer, [said("I am"), spoken(), said(" a model."), spoken()]).await;
    send(&mut peer, over()).await;
    let events = answered(&mut fixture).await;
    assert_eq!(texts(&events, Speaker::Gemini), ["I am a model."]);
}

#[tokio::test]
async fn a_call_in_the_turn_of_its_answer() {
    for frames in [vec![call()], vec![thought(), call()], vec![content(json!({})), call()]] {
        let (mut fixture, mut peer) = with_model(NATIVE).await;
        fixture.type_in("What time is it?").await;
        send(&mut peer, frames).await;
        peer.find_kind("toolResponse").await;
        let handle = json!({"newHandle": "h", "resumable": true, "lastConsumedClientMessageIndex": "2"});
        peer.send(json!({ "sessionResumptionUpdate": handle })).await;
        send(&mut peer, [said("It is"), spoken(), said(" noon."), spoken()]).await;
        send(&mut peer, over()).await;
        let events = answered(&mut fixture).await;
        assert!(tool_is_done(&events), "{events:?}");
        assert_eq!(texts(&events, Speaker::Gemini), ["It is noon."]);
    }
}

#[tokio::test]
async fn on_vertex_the_exchange_is_over_after_the_second_turn() {
    let (mut fixture, mut peer) = with_model(VERTEX).await;
    fixture.type_in("What time is it?").await;
    send(&mut peer, [content(json!({"outputTranscription": {}})), call()]).await;
    peer.find_kind("toolResponse").await;
    send(&mut peer, vertex_over()).await;
    // The turn that called is over, and the answer is still owed.
    fixture.events.beats(3).await;
    let vertex_sound = content(json!({"modelTurn": {"role": "model", "parts": [
        {"inlineData": {"mimeType": "audio/pcm", "data": "AAAA".repeat(160)}}
    ]}}));
    let answer = [content(json!({"outputTranscription": {}})), said("It"), said(" is noon."), vertex_sound];
    send(&mut peer, answer).await;
    send(&mut peer, vertex_over()).await;
    let events = answered(&mut fixture).await;
    assert!(texts(&events, Speaker::Gemini) == ["It is noon."], "{events:?}");
}

/// `talk` leaves early by [`Event::ReplyComplete`], so it must not come with the turn that only calls.
#[tokio::test]
async fn a_turn_that_only_calls_is_no_whole_reply() {
    let (mut fixture, mut peer) = with_model(VERTEX).await;
    fixture.type_in("What time is it?").await;
    peer.send(call()).await;
    peer.find_kind("toolResponse").await;
    send(&mut peer, vertex_over()).await;
    send(&mut peer, [said("It is noon."), spoken()]).await;
    send(&mut peer, vertex_over()).await;
    let events = answered(&mut fixture).await;
    let whole = events.iter().position(|event| matches!(event, Event::ReplyComplete));
    let words = events.iter().position(|event| matches!(event, Event::TurnText { .. }));
    assert!(words.is_some() && whole > words, "{events:?}");
    let begun = events.iter().position(|event| matches!(event, Event::Phase(Phase::Thinking)));
    let listens = events.iter().position(|event| matches!(event, Event::Phase(Phase::Listening)));
    assert!(begun.is_some() && (listens.is_none() || listens > words), "it is awaited: {events:?}");
}

#[tokio::test]
async fn several_turns_to_one_question_are_several_rows() {
    let (mut fixture, mut peer) = with_model("gemini-3.8-live-extended-thinking").await;
    fixture.type_in("What is in the news?").await;
    let filler =
        json!({"modelTurn": {"parts": [sound(20)]}, "outputTranscription": {"text": "Let me look."}});
    let more = json!({"turnComplete": true, "interactionStatus": "IN_PROGRESS"});
    send(&mut peer, [content(filler), content(json!({"generationComplete": true})), content(more)]).await;
    send(&mut peer, [said("There"), spoken(), said(" is none."), spoken()]).await;
    peer.send(content(json!({"generationComplete": true}))).await;
    peer.send(content(json!({"turnComplete": true, "interactionStatus": "IDLE"}))).await;
    let events = answered(&mut fixture).await;
    assert_eq!(texts(&events, Speaker::Gemini), ["Let me look.", "There is none."]);
}

#[tokio::test]
async fn a_turn_typed_during_a_reply_is_answered_after_it() {
    let (mut fixture, mut peer) = with_model(NATIVE).await;
    fixture.type_in("Tell me a story.").await;
    peer.find_kind("clientContent").await;
    send(&mut peer, [said("Once upon"), spoken()]).await;
    let has_begun = |event: &Event| matches!(event, Event::TurnText { .. });
    let mut events = fixture.events.up_to("the story", has_begun).await;
    fixture.type_in("And a joke.").await;
    peer.find_kind("clientContent").await;
    send(&mut peer, [said(" a time."), spoken()]).await;
    send(&mut peer, over()).await;
    fixture.events.beats(3).await;
    send(&mut peer, [said("Two fish."), spoken()]).await;
    send(&mut peer, over()).await;
    let rest =
        fixture.events.up_to("the joke", |event| matches!(event, Event::ExchangeComplete { .. })).await;
    events.extend(rest);
    let complete = events.iter().filter(|event| matches!(event, Event::ExchangeComplete { .. })).count();
    assert_eq!(complete, 1, "the end of the story does not answer what was typed: {events:?}");
    let cut = |event: &&Event| matches!(event, Event::TurnEnded { heard_to: Some(_), .. });
    assert_eq!(events.iter().find(cut).map(|_| ()), None, "nothing was cut");
}
