//! Function calls: asked for by text, answered by the client, or cancelled.

use std::time::Duration;

use live_proto::wire::{FunctionCall, InteractionStatus};
use serde_json::{Value, json};

use crate::client::{Client, server};
use crate::speech::some_speech;

fn weather() -> Value {
    declared("BLOCKING")
}

fn declared(behavior: &str) -> Value {
    json!({"tools": [{"functionDeclarations": [{
        "name": "get_weather",
        "behavior": behavior,
        "description": "The weather at a place",
        "parameters": {"type": "OBJECT", "properties": {"location": {"type": "STRING"}}, "required": ["location"]}
    }]}]})
}

async fn answer(client: &mut Client, call: &FunctionCall, more: Value) {
    let mut answer = json!({"id": call.id, "name": "get_weather", "response": {"output": "Clear."}});
    if let (Some(answer), Value::Object(more)) = (answer.as_object_mut(), more) {
        answer.extend(more);
    }
    client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
}

async fn call(client: &mut Client) -> FunctionCall {
    client.write("What's the weather in Tokyo?").await;
    // Older models think first, and others send an empty message.
    let call = loop {
        let message = client.next().await;
        if message.server_content.is_none() {
            break message.tool_call;
        }
    };
    let mut calls = call.expect("a call").function_calls;
    assert_eq!(calls.len(), 1);
    calls.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_its_answer_and_speaks_it() {
    let mut client = Client::ready(&server(), weather()).await;
    let call = call(&mut client).await;
    assert_eq!(call.name.as_deref(), Some("get_weather"));
    assert_eq!(call.args, Some(json!({"location": "Tokyo"})));
    client.quiet_for(Duration::from_secs(30)).await;
    let answer = json!({"id": call.id, "name": "get_weather", "response": {"output": "Clear, 21 degrees."}});
    client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
    let turn = client.turn().await;
    assert_eq!(turn.order, ["audio", "generationComplete", "turnComplete"]);
    assert_eq!(turn.transcript, "Clear, 21 degrees.");
}

#[tokio::test(start_paused = true)]
async fn an_error_is_spoken_too() {
    let mut client = Client::ready(&server(), weather()).await;
    let call = call(&mut client).await;
    let answer = json!({"id": call.id, "name": "get_weather", "response": {"error": "no network"}});
    client.send(json!({"tool_response": {"function_responses": [answer]}})).await;
    assert_eq!(client.turn().await.transcript, "I couldn't reach the weather service just now.");
}

#[tokio::test(start_paused = true)]
async fn interruption_cancels_the_call_and_ignores_a_late_answer() {
    let speech = some_speech().await;
    let mut client = Client::ready(&server(), weather()).await;
    let call = call(&mut client).await;
    client.hear(&speech).await;
    let turn = client.turn().await;
    assert_eq!(turn.order, ["toolCallCancellation", "interrupted", "turnComplete"]);
    let cancelled = turn.messages[0].tool_call_cancellation.as_ref().expect("a cancellation");
    assert_eq!(Some(&cancelled.ids[0]), call.id.as_ref());
    client.send(json!({"realtimeInput": {"audioStreamEnd": true}})).await;
    client.turn().await;
    let answer = json!({"id": call.id, "name": "get_weather", "response": {"output": "late"}});
    client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
    client.quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_not_declared_is_not_called() {
    let mut client = Client::ready(&server(), json!({})).await;
    client.write("What's the weather in Tokyo?").await;
    let turn = client.turn().await;
    assert!(!turn.order.contains(&"toolCall"));
    assert!(turn.transcript.contains("I can't tell you the weather here"), "{}", turn.transcript);
}

#[tokio::test(start_paused = true)]
async fn tools_can_be_taken_away() {
    let mut client = Client::ready(&server(), weather()).await;
    client.send(json!({"contextUpdate": {"tools": {"tools": []}}})).await;
    client.write("What's the weather in Tokyo?").await;
    assert!(!client.turn().await.order.contains(&"toolCall"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_an_id_is_refused() {
    let mut client = Client::ready(&server(), weather()).await;
    client
        .send(json!({"toolResponse": {"functionResponses": [{"name": "get_weather", "response": {}}]}}))
        .await;
    assert_eq!(client.close_reason().await.0, 1007);
}

const ANSWERED: &str = "Clear.";

#[tokio::test(start_paused = true)]
async fn a_quick_result_is_told_in_the_turn_that_asked() {
    for scheduling in ["WHEN_IDLE", "INTERRUPT"] {
        let mut client = Client::ready(&server(), declared("NON_BLOCKING")).await;
        let call = call(&mut client).await;
        client.quiet_for(Duration::from_secs(1)).await;
        answer(&mut client, &call, json!({"scheduling": scheduling})).await;
        let turn = client.turn().await;
        assert_eq!((turn.transcript.as_str(), turn.order.len()), (ANSWERED, 3), "{:?}", turn.order);
        client.quiet_for(Duration::from_secs(30)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_quick_silent_result_ends_the_turn_without_a_word() {
    let mut client = Client::ready(&server(), declared("NON_BLOCKING")).await;
    let call = call(&mut client).await;
    answer(&mut client, &call, json!({"scheduling": "SILENT"})).await;
    let turn = client.turn().await;
    assert_eq!((turn.transcript.as_str(), turn.order.as_slice()), ("", &["turnComplete"][..]));
    client.quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_result_is_announced_after_a_moment() {
    let mut client = Client::ready(&server(), declared("NON_BLOCKING")).await;
    let call = call(&mut client).await;
    let start = tokio::time::Instant::now();
    let filler = client.turn().await;
    let first = filler.first_audio.expect("audio") - start;
    assert_eq!((filler.transcript.as_str(), first.as_millis()), ("Let me check.", 1_200));
    answer(&mut client, &call, json!({})).await;
    assert_eq!(client.turn().await.transcript, ANSWERED);
}

#[tokio::test(start_paused = true)]
async fn non_blocking_result_is_told_when_nobody_speaks() {
    let mut client = Client::ready(&server(), declared("NON_BLOCKING")).await;
    let call = call(&mut client).await;
    let first = client.turn().await;
    assert_eq!(first.transcript, "Let me check.");
    // The conversation goes on, and the answer waits until the reply to other words is over.
    client.write("What can you do?").await;
    client.first_audio().await;
    answer(&mut client, &call, json!({})).await;
    let other = client.turn().await;
    assert!(other.order.ends_with(&["generationComplete", "turnComplete"]), "{:?}", other.order);
    let turn = client.turn().await;
    assert_eq!((turn.transcript.as_str(), turn.order[0]), (ANSWERED, "audio"));
    // It is answered: another answer to it is none.
    answer(&mut client, &call, json!({})).await;
    client.quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_may_interrupt_the_partner_but_not_the_person() {
    let speech = some_speech().await;
    let mut client = Client::ready(&server(), declared("NON_BLOCKING")).await;
    let interrupting = json!({"scheduling": "INTERRUPT"});
    let first = call(&mut client).await;
    client.first_audio().await;
    answer(&mut client, &first, interrupting.clone()).await;
    assert_eq!(client.turn().await.order.last_chunk(), Some(&["interrupted", "turnComplete"]));
    assert_eq!(client.turn().await.transcript, ANSWERED);
    let second = call(&mut client).await;
    client.turn().await;
    client.hear(&speech).await;
    answer(&mut client, &second, interrupting).await;
    client.quiet_for(Duration::from_secs(30)).await;
    client.send(json!({"realtimeInput": {"audioStreamEnd": true}})).await;
    assert!(client.turn().await.transcript.starts_with("[your own words"));
    assert_eq!(client.turn().await.transcript, ANSWERED);
}

#[tokio::test(start_paused = true)]
async fn silent_results_are_not_told_and_pieces_are_told_one_by_one() {
    let mut client = Client::ready(&server(), declared("NON_BLOCKING")).await;
    let call = call(&mut client).await;
    client.turn().await;
    for n in 1..=2 {
        let piece = json!({"response": {"output": n}, "willContinue": true});
        answer(&mut client, &call, piece).await;
        assert_eq!(client.turn().await.transcript, format!("The weather is {n}."));
    }
    answer(
        &mut client,
        &call,
        json!({"response": {"output": 3}, "willContinue": true, "scheduling": "SILENT"}),
    )
    .await;
    answer(&mut client, &call, json!({"response": {}, "willContinue": false})).await;
    client.quiet_for(Duration::from_secs(30)).await;
}

#[tokio::test(start_paused = true)]
async fn speech_cancels_no_call_that_nobody_waits_for() {
    let speech = some_speech().await;
    let mut client = Client::ready(&server(), declared("NON_BLOCKING")).await;
    let call = call(&mut client).await;
    client.first_audio().await;
    client.hear(&speech).await;
    let broken = client.turn().await;
    assert_eq!(broken.order.last_chunk(), Some(&["interrupted", "turnComplete"]));
    assert!(!broken.order.contains(&"toolCallCancellation"));
    client.send(json!({"realtimeInput": {"audioStreamEnd": true}})).await;
    client.turn().await;
    answer(&mut client, &call, json!({})).await;
    assert_eq!(client.turn().await.transcript, ANSWERED);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_said_goes_by_the_models_own_default() {
    let mut undeclared = weather();
    let declaration =
        undeclared.pointer_mut("/tools/0/functionDeclarations/0").and_then(Value::as_object_mut);
    declaration.expect("the declaration").remove("behavior");
    for (model, waits) in [("gemini-3.8-live", false), ("gemini-2.5-flash-native-audio-latest", true)] {
        let mut setup = undeclared.clone();
        setup["model"] = Value::from(model);
        let mut client = Client::ready(&server(), setup).await;
        call(&mut client).await;
        if waits {
            client.quiet_for(Duration::from_secs(30)).await;
        } else {
            assert_eq!(client.turn().await.transcript, "Let me check.");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_exchange_is_in_progress_until_the_last_answer() {
    let mut setup = declared("NON_BLOCKING");
    setup["model"] = Value::from("gemini-3.8-live-extended-thinking");
    setup["generationConfig"] = json!({"thinkingConfig": {"thinkingLevel": "LOW"}});
    let mut client = Client::ready(&server(), setup).await;
    let call = call(&mut client).await;
    let status = |turn: &crate::client::TurnSeen| {
        let last = turn.messages.last().and_then(|message| message.server_content.as_ref());
        last.and_then(|content| content.interaction_status.clone())
    };
    assert_eq!(status(&client.turn().await), Some(InteractionStatus::InProgress));
    // No scheduling: these models refuse it.
    answer(&mut client, &call, json!({})).await;
    let turn = client.turn().await;
    assert_eq!((status(&turn), turn.transcript.as_str()), (Some(InteractionStatus::Idle), ANSWERED));
}
