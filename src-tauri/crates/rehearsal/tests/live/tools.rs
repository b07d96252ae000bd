//! Function calls: asked for by text, answered by the client, or cancelled.

use std::time::Duration;

use live_proto::wire::FunctionCall;
use serde_json::{Value, json};

use crate::client::{Client, server};
use crate::speech::some_speech;

fn weather() -> Value {
    json!({"tools": [{"functionDeclarations": [{
        "name": "get_weather",
        "description": "The weather at a place",
        "parameters": {"type": "OBJECT", "properties": {"location": {"type": "STRING"}}, "required": ["location"]}
    }]}]})
}

async fn call(client: &mut Client) -> FunctionCall {
    client.write("What's the weather in Tokyo?").await;
    let mut calls = client.next().await.tool_call.expect("a call").function_calls;
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
    assert_eq!(turn.transcript, "The function get weather says: Clear, 21 degrees.");
}

#[tokio::test(start_paused = true)]
async fn an_error_is_spoken_too() {
    let mut client = Client::ready(&server(), weather()).await;
    let call = call(&mut client).await;
    let answer = json!({"id": call.id, "name": "get_weather", "response": {"error": "no network"}});
    client.send(json!({"tool_response": {"function_responses": [answer]}})).await;
    assert_eq!(client.turn().await.transcript, "The function get weather failed: no network.");
}

#[tokio::test(start_paused = true)]
async fn an_interruption_cancels_the_call_and_a_late_answer_is_ignored() {
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
    assert!(turn.transcript.contains("5 words"), "{}", turn.transcript);
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
