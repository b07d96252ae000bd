//! Scripts: turns with chosen answers and faults, as a client sees them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use live_proto::wire::ServerMessage;
use live_server::LiveServer;
use practice::Script;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::{Client, PATH, server_with};
use crate::speech::{silence, some_speech};

/// Tools that a session declares, for which 3.8 waits, or does not.
fn tools(behavior: &str) -> Value {
    json!({"tools": [{"functionDeclarations": [
        {"name": "get_weather", "behavior": behavior}, {"name": "get_time", "behavior": behavior}
    ]}]})
}

fn scripted(text: &str) -> LiveServer {
    let script = Script::read(text).unwrap_or_else(|errors| panic!("{errors:?}"));
    server_with(|config| {
        config.server.faults = script.connection_faults().to_vec();
        config.practice.script = Some(Arc::new(script));
    })
}

async fn connected(script: &str, more: Value) -> Client {
    Client::ready(&scripted(script), more).await
}

fn result(id: &str, name: &str, output: &str) -> Value {
    json!({"toolResponse": {"functionResponses": [{"id": id, "name": name, "response": {"output": output}}]}})
}

/// The ids and names of the next calls.
async fn calls(client: &mut Client) -> Vec<(String, String)> {
    loop {
        if let Some(calls) = client.next().await.tool_call {
            let named = |call: live_proto::wire::FunctionCall| {
                (call.id.unwrap_or_default(), call.name.unwrap_or_default())
            };
            return calls.function_calls.into_iter().map(named).collect();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn chosen_words_are_said_and_the_partner_answers_the_rest() {
    let script = r#"
        [[turn]]
        when = { text = "weather" }
        do = [{ say = "It rains." }, { say = "Take an umbrella." }]
    "#;
    let mut client = connected(script, json!({})).await;
    client.write("What's the weather?").await;
    let turn = client.turn().await;
    assert_eq!(turn.transcript, "It rains. Take an umbrella.");
    assert_eq!(turn.order, ["audio", "generationComplete", "turnComplete"]);
    assert!(turn.usage.is_some() && turn.audio_time() > Duration::from_secs(1));
    client.write("What is 2 + 3?").await;
    assert!(client.turn().await.transcript.contains('5'));
}

#[tokio::test(start_paused = true)]
async fn words_come_before_their_sound_where_the_model_does_that() {
    let script = "[[turn]]\ndo = [{ say = \"One.\" }, { say = \"Two.\" }]";
    for model in ["models/gemini-3.1-flash-live-preview", "models/gemini-2.5-flash-native-audio-latest"] {
        let mut client = connected(script, json!({ "model": model })).await;
        client.write("Count").await;
        assert_eq!(client.turn().await.transcript, "One. Two.", "{model}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_follows_a_call_is_said_to_its_result() {
    let script = r#"
        [[turn]]
        do = [
            { say = "One moment." },
            { call = "get_weather", args = { city = "Oslo" } },
            { call = "get_time" },
            { say = "Rain at five." },
        ]
    "#;
    for behavior in ["BLOCKING", "NON_BLOCKING"] {
        let mut client = connected(script, tools(behavior)).await;
        client.write("Go").await;
        let called = calls(&mut client).await;
        let names: Vec<&str> = called.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["get_weather", "get_time"], "{behavior}");
        for (id, name) in &called {
            client.quiet_for(Duration::from_secs(5)).await;
            client.send(result(id, name, "done")).await;
        }
        assert_eq!(client.turn().await.transcript, " Rain at five.", "{behavior}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_has_an_answer_of_its_own() {
    let script = r#"
        [[turn]]
        when = { text = "weather" }
        do = [{ call = "get_weather" }]

        [[turn]]
        when = { result = "get_weather", text = "rain" }
        do = [{ say = "Stay in." }]
    "#;
    for behavior in ["BLOCKING", "NON_BLOCKING"] {
        let mut client = connected(script, tools(behavior)).await;
        client.write("The weather?").await;
        let called = calls(&mut client).await;
        if behavior == "NON_BLOCKING" {
            assert_eq!(client.turn().await.transcript, "", "its turn is over");
        }
        client.send(result(&called[0].0, "get_weather", "Rain")).await;
        assert_eq!(client.turn().await.transcript, "Stay in.", "{behavior}");
    }
}

#[tokio::test(start_paused = true)]
async fn speech_is_heard_as_the_script_has_it() {
    let script = r#"
        [[turn]]
        when = { spoken = 1 }
        heard = "What time is it?"
        do = [{ say = "Five." }]
    "#;
    let mut client = connected(script, json!({})).await;
    client.hear(&some_speech().await).await;
    client.hear(&silence(1_200)).await;
    let turn = client.turn().await;
    assert_eq!((turn.input_transcript.as_str(), turn.transcript.as_str()), ("What time is it?", "Five."));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_late_by_as_much_as_the_script_says() {
    let mut client = connected("[[turn]]\ndo = [{ wait = 9 }, { say = \"Sorry.\" }]", json!({})).await;
    client.write("Hello").await;
    let asked = Instant::now();
    let turn = client.first_audio().await;
    assert_eq!(turn.first_audio.expect("sound").duration_since(asked).as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_model_falls_silent_and_the_line_lives() {
    let script = r#"
        [[turn]]
        when = { connection = 1 }
        times = "always"
        do = [{ silence = true }]

        [[turn]]
        do = [{ say = "Here I am." }]
    "#;
    let server = scripted(script);
    let resumable = json!({"sessionResumption": {}});
    let mut client = Client::ready(&server, resumable.clone()).await;
    for words in ["Hello?", "Are you there?"] {
        client.write(words).await;
        client.quiet_for(Duration::from_mins(1)).await;
    }
    let mut other = Client::ready(&server, resumable).await;
    other.write("Hello?").await;
    assert_eq!(other.turn().await.transcript, "Here I am.");
}

#[tokio::test(start_paused = true)]
async fn a_turn_without_steps_ends_without_an_answer() {
    let mut client = connected("otherwise = []", json!({})).await;
    client.write("Hello").await;
    let turn = client.turn().await;
    assert_eq!(turn.order, ["turnComplete"]);
}

#[tokio::test(start_paused = true)]
async fn a_line_is_cut_in_mid_reply_and_played_on_after_a_resumption() {
    let script = r#"
        [[turn]]
        do = [{ say = "First." }, { handle = true }, { say = "Then nothing." }, { cut = true }]

        [[turn]]
        do = [{ say = "Again." }]
    "#;
    let server = scripted(script);
    let mut client = Client::ready(&server, json!({"sessionResumption": {}})).await;
    client.write("Hello").await;
    let mut seen: Vec<ServerMessage> = Vec::new();
    let end = loop {
        match client.next_or_close().await {
            Ok(message) => seen.push(message),
            Err(end) => break end,
        }
    };
    assert_eq!(end.0, 1006, "no close frame: {end:?}");
    let said: String = seen
        .iter()
        .filter_map(|message| message.server_content.as_ref()?.output_transcription.as_ref()?.text.as_deref())
        .collect();
    assert_eq!(said, "First. Then nothing.");
    assert!(
        seen.iter().all(|message| message.server_content.as_ref().is_none_or(|c| c.turn_complete.is_none()))
    );
    let handle =
        seen.iter().find_map(|message| message.session_resumption_update.as_ref()?.new_handle.clone());
    let mut client = Client::ready(&server, json!({"sessionResumption": {"handle": handle}})).await;
    client.write("Hello").await;
    assert_eq!(
        client.turn().await.transcript,
        "Again.",
        "what was played stays played, whatever the handle knows"
    );
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_closed_as_the_script_says() {
    let script =
        "[[turn]]\ndo = [{ say = \"Bye.\" }, { close = 1011, reason = \"Internal error encountered.\" }]";
    let mut client = connected(script, json!({})).await;
    client.write("Hello").await;
    let mut said = String::new();
    let end = loop {
        match client.next_or_close().await {
            Ok(message) => {
                let transcription = message.server_content.and_then(|content| content.output_transcription);
                said += &transcription.and_then(|piece| piece.text).unwrap_or_default();
            }
            Err(end) => break end,
        }
    };
    assert_eq!((said.as_str(), end), ("Bye.", (1011, "Internal error encountered.".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn go_away_says_the_time_and_keeps_it() {
    let mut client = connected("[[turn]]\ndo = [{ go_away = 7.5 }, { say = \"Soon.\" }]", json!({})).await;
    client.write("Hello").await;
    let begun = Instant::now();
    let left = client.next().await.go_away.and_then(|go_away| go_away.time_left);
    assert_eq!(left.map(|left| left.0), Some(Duration::from_millis(7_500)));
    assert_eq!(client.turn().await.transcript, "Soon.");
    assert_eq!(client.close_reason().await.0, 1011);
    assert_eq!(begun.elapsed().as_millis(), 7_500);
}

#[tokio::test(start_paused = true)]
async fn any_frame_is_sent_as_it_is() {
    let script = r#"
        [[turn]]
        do = [
            { frame = '{"serverContent":' },
            { frame = "ping", text = true },
            { frame_base64 = "//79" },
            { silence = true },
        ]
    "#;
    let mut client = connected(script, json!({})).await;
    client.write("Hello").await;
    let mut frames = Vec::new();
    while frames.len() < 3 {
        frames.push(client.socket.next().await.expect("a frame").expect("whole"));
    }
    let binary = |bytes: &'static [u8]| Message::Binary(bytes.into());
    assert_eq!(frames, [binary(b"{\"serverContent\":"), Message::text("ping"), binary(b"\xff\xfe\xfd")]);
    client.quiet_for(Duration::from_mins(1)).await;
}

#[tokio::test(start_paused = true)]
async fn usage_is_missing_once() {
    let script = "[[turn]]\ndo = [{ usage = false }, { say = \"Free.\" }]";
    let mut client = connected(script, json!({})).await;
    for is_free in [true, false] {
        client.write("Hello").await;
        assert_eq!(client.turn().await.usage.is_none(), is_free);
    }
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_is_refused_with_a_status_and_the_next_is_not() {
    let script = "[[connection]]\nnumber = 1\nrefuse = 503\nreason = \"Try again.\"";
    let server = scripted(script);
    let Err(Error::Http(response)) = Client::connect_as(&server, PATH, &[]).await else { panic!("refused") };
    let body: Value = serde_json::from_slice(response.body().as_deref().unwrap_or_default()).expect("JSON");
    let error = json!({"code": 503, "message": "Try again.", "status": "SERVICE_UNAVAILABLE"});
    assert_eq!((response.status().as_u16(), &body["error"]), (503, &error));
    Client::ready(&server, json!({})).await;
}

#[tokio::test(start_paused = true)]
async fn a_setup_is_confirmed_late_after_nonsense_or_never() {
    let script = r#"
        [[connection]]
        number = 1
        setup = [{ wait = 3 }, { frame = "nonsense" }, { wait = 1 }]
        do = [{ wait = 5 }, { cut = true }]

        [[connection]]
        number = 2
        setup = [{ close = 1008, reason = "Quota exceeded." }]
    "#;
    let server = scripted(script);
    let setup = json!({"setup": {"model": "models/gemini-3.8-live"}});
    let mut client = Client::connect(&server).await;
    let begun = Instant::now();
    client.send(setup.clone()).await;
    // It comes too early, and is answered all the same, once the setup is confirmed.
    client.write("Hello").await;
    let first = client.socket.next().await.expect("a frame").expect("whole");
    assert_eq!((first, begun.elapsed().as_secs()), (Message::Binary("nonsense".into()), 3));
    assert!(client.next().await.setup_complete.is_some());
    assert_eq!(begun.elapsed().as_secs(), 4);
    assert_eq!((client.close_reason().await.0, begun.elapsed().as_secs()), (1006, 9));
    let mut client = Client::connect(&server).await;
    client.send(setup).await;
    assert_eq!(client.close_reason().await, (1008, "Quota exceeded.".to_owned()));
    Client::ready(&server, json!({})).await;
}

#[tokio::test(start_paused = true)]
async fn who_speaks_over_a_scripted_turn_ends_it() {
    let script = r#"
        [[turn]]
        do = [{ say = "A long story." }, { wait = 600 }, { say = "Its end." }]

        [[turn]]
        do = [{ say = "Yes?" }]
    "#;
    let mut client = connected(script, json!({})).await;
    client.write("Tell me").await;
    client.first_audio().await;
    // The rest of what it says before it pauses.
    while tokio::time::timeout(Duration::from_mins(1), client.socket.next()).await.is_ok() {}
    client.write("Stop").await;
    assert_eq!(client.turn().await.order, ["interrupted", "turnComplete"]);
    assert_eq!(client.turn().await.transcript, "Yes?");
}

#[test]
fn the_script_of_the_documents_is_one() {
    let document = include_str!("../../../../../docs/SDK.md");
    let (_, script) = document.split_once("```toml\n").expect("a script");
    let (script, _) = script.split_once("```").expect("its end");
    assert!(Script::read(script).is_ok_and(|script| script.connection_faults().len() == 1));
}
