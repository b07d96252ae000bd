//! What the service does beside the recordings, seen by clients of others (PROTOCOL.md §13): nudges, typed turns, calls on
//! Vertex AI, signs of speech, handles, pictures.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use live_server::LiveServer;
use practice::{SpeechModels, SpeechToText};
use serde_json::{Value, json};

use crate::client::{Client, TurnSeen, server, server_with};
use crate::speech::{silence, some_speech};

const OLDER: &str = "models/gemini-2.5-flash-native-audio-latest";
const LEGACY: &str = "models/gemini-3.1-flash-live-preview";
const NEWEST: &str = "models/gemini-3.8-live";
const VERTEX_PATH: &str = "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent";
/// The smallest picture that is one: headers of a JPEG of 640 × 480.
const JPEG: &str = "/9j/4AAEAQL/wAALCAHgAoABAREA/9oABAEBAAA/AP/Z";

struct Hears(&'static str);

impl SpeechToText for Hears {
    fn transcribe(&self, _: &[i16], _: &AtomicBool) -> Option<::speech::Transcript> {
        Some(self.0.to_owned().into())
    }
}

fn hearing(words: &'static str) -> LiveServer {
    server_with(|config| config.practice.models = SpeechModels::of(None, Some(Arc::new(Hears(words)))))
}

fn turns(texts: &[(&str, &str)], complete: bool) -> Value {
    let turns: Vec<Value> =
        texts.iter().map(|(role, text)| json!({"role": role, "parts": [{"text": text}]})).collect();
    json!({"clientContent": {"turns": turns, "turnComplete": complete}})
}

async fn ready(server: &LiveServer, model: &str, more: Value) -> Client {
    let mut setup = json!({ "model": model });
    if let (Some(setup), Value::Object(more)) = (setup.as_object_mut(), more) {
        setup.extend(more);
    }
    Client::ready(server, setup).await
}

/// The transcripts of the user's speech in a turn, message by message.
fn heard(turn: &TurnSeen) -> Vec<String> {
    let contents = turn.messages.iter().filter_map(|message| message.server_content.as_ref());
    contents.filter_map(|content| content.input_transcription.as_ref()?.text.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn turns_without_words_answer_what_stands_unanswered() {
    for model in [OLDER, LEGACY, NEWEST] {
        for nudge in [turns(&[("user", ".")], true), json!({"realtimeInput": {"text": " "}})] {
            let mut client = ready(&server(), model, json!({})).await;
            client.send(turns(&[("user", "What is 2 + 3?")], false)).await;
            client.send(nudge).await;
            assert_eq!(client.turn().await.transcript, "2 plus 3 is 5.", "{model}");
        }
    }
    // Announced history counts, too, and the nudge is no turn of the memory.
    let history = json!({"historyConfig": {"initialHistoryInClientContent": true}});
    let mut client = ready(&server(), NEWEST, history).await;
    client.send(turns(&[("user", "What is 2 + 3?")], true)).await;
    client.write(".").await;
    assert_eq!(client.turn().await.transcript, "2 plus 3 is 5.");
}

#[tokio::test(start_paused = true)]
async fn an_announced_history_is_answered_at_once_on_2_5_alone() {
    let history = json!({"historyConfig": {"initialHistoryInClientContent": true}});
    for (model, at_once) in [(OLDER, true), (LEGACY, false), (NEWEST, false)] {
        let mut client = ready(&server(), model, history.clone()).await;
        client
            .send(turns(
                &[("user", "My name is Ada."), ("model", "Hello."), ("user", "What is 2 + 3?")],
                true,
            ))
            .await;
        if !at_once {
            client.quiet_for(Duration::from_secs(30)).await;
            client.write(" ").await;
        }
        assert_eq!(client.turn().await.transcript, "2 plus 3 is 5.", "{model}");
        client.quiet_for(Duration::from_secs(30)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_nudges_are_one() {
    // Pipecat completes a turn twice: by an empty turn and by a blank text.
    for model in [OLDER, LEGACY, NEWEST] {
        for said in [turns(&[("user", "What is 2 + 3?")], false), turns(&[("user", "What is 2 + 3?")], true)]
        {
            let mut client = ready(&server(), model, json!({})).await;
            client.send(said).await;
            client.send(turns(&[], true)).await;
            client.write(" ").await;
            let turn = client.turn().await;
            assert!(!turn.order.contains(&"interrupted"), "{model}: {:?}", turn.order);
            assert_eq!(turn.transcript, "2 plus 3 is 5.", "{model}");
            client.quiet_for(Duration::from_secs(30)).await;
        }
    }
    // What was said between them is another matter.
    let mut client = ready(&server(), NEWEST, json!({})).await;
    client.send(turns(&[("user", "What can you do?")], true)).await;
    client.send(turns(&[("user", "What is 2 + 3?")], false)).await;
    client.write(" ").await;
    client.turn().await;
    assert_eq!(client.turn().await.transcript, "2 plus 3 is 5.");
}

#[tokio::test(start_paused = true)]
async fn an_empty_turn_waits_for_what_is_heard() {
    let marked = json!({"realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}});
    let speech = some_speech().await;
    for server in [hearing("What is 2 + 3?"), server()] {
        let mut client = ready(&server, NEWEST, marked.clone()).await;
        client.send(json!({"realtimeInput": {"activityStart": {}}})).await;
        client.hear(&speech).await;
        client.send(json!({"realtimeInput": {"activityEnd": {}}})).await;
        client.send(turns(&[], true)).await;
        let turn = client.turn().await;
        assert_eq!(turn.order, ["audio", "generationComplete", "turnComplete"]);
        assert!(turn.transcript.starts_with("2 plus 3") || turn.transcript.starts_with("[your own"));
        client.quiet_for(Duration::from_secs(30)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_nudge_is_answered_when_nothing_was_heard() {
    let marked = json!({"realtimeInputConfig": {"automaticActivityDetection": {"disabled": true}}});
    let mut client = ready(&hearing(""), NEWEST, marked).await;
    client.send(turns(&[("user", "What is 2 + 3?")], false)).await;
    client.send(json!({"realtimeInput": {"activityStart": {}}})).await;
    client.hear(&some_speech().await).await;
    client.send(turns(&[], true)).await;
    client.send(json!({"realtimeInput": {"activityEnd": {}}})).await;
    assert_eq!(client.turn().await.transcript, "2 plus 3 is 5.");
}

#[tokio::test(start_paused = true)]
async fn typed_turns_cut_a_reply_on_3_x_and_follow_it_on_2_5() {
    let second =
        [turns(&[("user", "What is 2 + 3?")], true), json!({"realtimeInput": {"text": "What is 2 + 3?"}})];
    for (model, cuts) in [(OLDER, false), (LEGACY, true), (NEWEST, true)] {
        for second in &second {
            let mut client = ready(&server(), model, json!({})).await;
            client.write("What can you do?").await;
            client.first_audio().await;
            client.send(second.clone()).await;
            let first = client.turn().await;
            assert_eq!(first.order.contains(&"interrupted"), cuts, "{model}");
            assert!(first.messages.iter().all(|message| message.voice_activity.is_none()));
            assert_eq!(client.turn().await.transcript, "2 plus 3 is 5.", "{model}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn unanswered_turns_are_found_although_a_reply_came_between() {
    let mut client = ready(&server(), OLDER, json!({})).await;
    client.write("What can you do?").await;
    client.first_audio().await;
    client.send(turns(&[("user", "What is 2 + 3?")], false)).await;
    client.send(turns(&[], true)).await;
    assert!(!client.turn().await.order.contains(&"interrupted"));
    assert_eq!(client.turn().await.transcript, "2 plus 3 is 5.");
}

#[tokio::test(start_paused = true)]
async fn speech_that_cuts_is_told_on_3_x_of_the_developer_api() {
    let speech = some_speech().await;
    for (model, told) in [(OLDER, false), (LEGACY, true), (NEWEST, true)] {
        let mut client = ready(&server(), model, json!({})).await;
        client.write("What can you do?").await;
        client.first_audio().await;
        client.hear(&speech).await;
        let broken = client.turn().await;
        let at = broken.messages.iter().position(|message| message.voice_activity.is_some());
        assert_eq!(at.is_some(), told, "{model}");
        let Some(at) = at else { continue };
        let activity = broken.messages[at].voice_activity.as_ref().expect("it");
        assert_eq!(
            activity.voice_activity_type.as_ref().map(live_proto::wire::VoiceActivityType::as_str),
            Some("ACTIVITY_START")
        );
        assert!(activity.audio_offset.is_some());
        let next = broken.messages[at + 1].server_content.as_ref().expect("content");
        assert_eq!(next.interrupted, Some(true));
    }
}

#[tokio::test(start_paused = true)]
async fn spoken_turns_are_transcribed_whole_on_3_x_word_by_word_on_2_5() {
    let speech = some_speech().await;
    for model in [OLDER, LEGACY, NEWEST] {
        let server = hearing("Stop! What is 2 + 3?");
        let mut client = ready(&server, model, json!({"inputAudioTranscription": {}})).await;
        client.hear(&speech).await;
        client.hear(&silence(1_000)).await;
        let heard = heard(&client.turn().await);
        if model == OLDER {
            assert_eq!(heard, [" Stop!", " What", " is", " 2", " +", " 3?"]);
        } else {
            assert_eq!(heard, ["Stop! What is 2 + 3?"], "{model}");
        }
    }
}

fn weather(behavior: &str) -> Value {
    json!({"sessionResumption": {}, "tools": [{"functionDeclarations": [{
        "name": "get_weather", "behavior": behavior,
        "parameters": {"type": "OBJECT", "properties": {"location": {"type": "STRING"}}, "required": ["location"]}
    }]}]})
}

async fn until_call(client: &mut Client) -> (String, Vec<Value>) {
    let mut before = Vec::new();
    loop {
        let message = client.next().await;
        if let Some(call) = &message.tool_call {
            return (call.function_calls[0].id.clone().expect("an id"), before);
        }
        before.push(serde_json::to_value(message).expect("JSON"));
    }
}

async fn answer(client: &mut Client, id: &str) {
    let answer = json!({"id": id, "name": "get_weather", "response": {"output": "Clear."}});
    client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
}

#[tokio::test(start_paused = true)]
async fn calls_end_their_turn_on_vertex() {
    let server = server();
    let mut client = Client::connect_as(&server, VERTEX_PATH, &[]).await.expect("a connection");
    let mut setup = weather("BLOCKING");
    setup["model"] = "publishers/google/models/gemini-live-2.5-flash".into();
    setup["outputAudioTranscription"] = json!({});
    client.send(json!({ "setup": setup })).await;
    client.next().await.setup_complete.expect("ready").session_id.expect("an id");
    for leaves in [false, true] {
        client.write("What's the weather in Tokyo?").await;
        let (id, _) = until_call(&mut client).await;
        assert_eq!(client.turn().await.order, ["generationComplete", "turnComplete"]);
        client.next().await.session_resumption_update.expect("a handle");
        if leaves {
            // Nothing is cut, and the answer is told all the same.
            client.write("What is 2 + 3?").await;
            let other = client.turn().await;
            assert_eq!((other.transcript.as_str(), other.order[0]), ("2 plus 3 is 5.", "audio"));
        }
        answer(&mut client, &id).await;
        assert_eq!(client.turn().await.transcript, "Clear.");
        client.next().await.session_resumption_update.expect("a handle");
    }
}

#[tokio::test(start_paused = true)]
async fn functions_of_3_1_are_waited_for_in_silence() {
    let mut client = ready(&server(), LEGACY, weather("NON_BLOCKING")).await;
    client.write("What's the weather in Tokyo?").await;
    let (id, before) = until_call(&mut client).await;
    assert_eq!(before, [json!({"serverContent": {}})]);
    assert!(id.starts_with("fc_"), "{id}");
    client.quiet_for(Duration::from_secs(30)).await;
    answer(&mut client, &id).await;
    assert!(client.next().await.session_resumption_update.expect("a handle").new_handle.is_some());
    assert_eq!(client.turn().await.transcript, "Clear.");
}

#[tokio::test(start_paused = true)]
async fn handles_come_when_the_model_gives_them() {
    for (model, first) in [(OLDER, Some(false)), (LEGACY, None), (NEWEST, None)] {
        let mut client = ready(&server(), model, json!({"sessionResumption": {}})).await;
        client.send(turns(&[("user", "What is 2 + 3?")], true)).await;
        let turn = client.turn().await;
        let update = turn.messages[0].session_resumption_update.as_ref();
        assert_eq!(update.map(|update| update.new_handle.is_some()), first, "{model}");
        assert!(client.next().await.session_resumption_update.expect("an update").new_handle.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_typed_turn_sees_only_the_pictures_in_it() {
    let streamed = json!({"realtimeInput": {"video": {"data": JPEG, "mimeType": "image/jpeg"}}});
    let question = turns(&[("user", "What do you see?")], true);
    let mut client = ready(&server(), NEWEST, json!({})).await;
    client.send(streamed).await;
    client.send(question.clone()).await;
    assert!(client.turn().await.transcript.contains("no picture yet"));
    client.write("What do you see?").await;
    assert!(client.turn().await.transcript.contains("1 picture"));
    client.send(question).await;
    assert!(client.turn().await.transcript.contains("1 picture"), "it is part of the conversation now");
    let mut client = ready(&server(), NEWEST, json!({})).await;
    let parts =
        json!([{"inlineData": {"data": JPEG, "mimeType": "image/jpeg"}}, {"text": "What do you see?"}]);
    let turns = json!([{"role": "user", "parts": parts}]);
    client.send(json!({"clientContent": {"turns": turns, "turnComplete": true}})).await;
    assert!(client.turn().await.transcript.contains("1 picture"));
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_complete_at_once_if_so_configured() {
    for waits in [true, false] {
        let server = server_with(|config| {
            config.server.waits_for_playback = waits;
            config.server.pace = 1_000.0;
        });
        let mut client = ready(&server, NEWEST, json!({})).await;
        client.write("What can you do?").await;
        let turn = client.turn().await;
        let took = turn.complete.expect("an end") - turn.first_audio.expect("audio");
        assert_eq!(took > turn.audio_time() / 2, waits, "{took:?}");
    }
}
