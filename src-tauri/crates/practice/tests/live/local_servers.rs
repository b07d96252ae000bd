//! What servers of language models on a person's computer do, and what a conversation makes of it: refusals, calls written as
//! text, ends that are not said, silence, and what was not heard.
//!
//! In real time, as `thinking`.

use serde_json::json;
use tokio::sync::oneshot;

use crate::client::Client;
use crate::model_server::{Reaction, model, says, server, weather};

#[tokio::test]
async fn a_result_that_comes_soon_is_told_in_the_same_turn() {
    let two = json!({"tool_calls": [
        {"index": 0, "id": "x", "function": {"name": "get_weather", "arguments": "{\"location\":\"Oslo\"}"}},
        {"index": 1, "id": "y", "function": {"name": "get_weather", "arguments": "{\"location\":\"Bergen\"}"}}
    ]});
    let mut model =
        model(vec![Reaction::Answer(vec![two]), Reaction::Answer(vec![says("It rains in both.")])]).await;
    let mut client = Client::ready(&server(&model.endpoint), json!({"tools": weather("NON_BLOCKING")})).await;
    client.write("Is it wet in Oslo and Bergen?").await;
    let mut answered = 0;
    while answered < 2 {
        for call in client.next().await.tool_call.into_iter().flat_map(|call| call.function_calls) {
            let answer = json!({"id": call.id, "name": "get_weather", "response": {"output": "rain"}});
            client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
            answered += 1;
        }
    }
    assert_eq!(client.turn().await.transcript, "It rains in both.");
    model.asked.recv().await.expect("a question");
    let second = model.asked.recv().await.expect("a question");
    let roles: Vec<&str> =
        second["messages"].as_array().into_iter().flatten().filter_map(|m| m["role"].as_str()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool", "tool"]);
}

#[tokio::test]
async fn what_was_not_heard_is_marked_for_the_model() {
    let mut model = model(vec![Reaction::Hang, Reaction::Answer(vec![says("Good.")])]).await;
    let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
    client.write("Tell me everything.").await;
    client.first_audio().await;
    client.write("Enough.").await;
    client.turn().await;
    assert_eq!(client.turn().await.transcript, "Good.");
    model.asked.recv().await.expect("a question");
    let asked = model.asked.recv().await.expect("a question");
    let messages = asked["messages"].as_array().expect("messages");
    let of = |role: &str| messages.iter().rev().find(|message| message["role"] == role)?["content"].as_str();
    // How much of the first sentence was played in that moment is left open; the second was not said.
    let heard = of("assistant").unwrap_or("…").trim_end_matches('…');
    assert!("This is the first sentence.".starts_with(heard), "{heard}");
    let last = of("user").expect("words");
    assert!(last.ends_with("(I interrupted you there, and did not hear the rest.) Enough."), "{last}");
}

#[tokio::test]
async fn a_call_that_is_written_as_text_is_made_and_never_heard() {
    let written = "<think>They ask for the weather.</think>Let me look.\n<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"location\": \"Oslo\"}}\n</tool_call>";
    // In pieces of three letters.
    let letters: Vec<char> = written.chars().collect();
    let pieces = letters.chunks(3).map(|piece| says(&piece.iter().collect::<String>())).collect();
    let model =
        model(vec![Reaction::Answer(pieces), Reaction::Answer(vec![says("It **rains** in Oslo ☔.")])]).await;
    let mut client = Client::ready(&server(&model.endpoint), json!({"tools": weather("BLOCKING")})).await;
    client.write("Do I need an umbrella in Oslo?").await;
    let mut said = String::new();
    let call = loop {
        let message = client.next().await;
        let content = message.server_content.as_ref();
        said.extend(content.and_then(|content| content.output_transcription.as_ref()?.text.clone()));
        if let Some(call) = message.tool_call {
            break call.function_calls[0].clone();
        }
    };
    assert_eq!((said.as_str(), call.args), ("Let me look.", Some(json!({"location": "Oslo"}))));
    let answer = json!({"id": call.id, "name": "get_weather", "response": {"output": "rain"}});
    client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
    assert_eq!(client.turn().await.transcript, " It rains in Oslo.");
}

#[tokio::test]
async fn a_server_is_asked_again_without_what_it_refuses_and_then_rightly() {
    let mut model = model(vec![
        Reaction::Refuse(
            503,
            "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}",
        ),
        Reaction::Refuse(400, "{\"error\":{\"message\":\"invalid reasoning value: 'none'\"}}"),
        Reaction::Refuse(
            400,
            "{\"error\":{\"message\":\"registry.ollama.ai/library/gemma3:latest does not support tools\"}}",
        ),
        Reaction::Answer(vec![says("<tool_call>{\"name\": \"get_weather\"}</tool_call>")]),
        Reaction::Answer(vec![says("It rains.")]),
        Reaction::Answer(vec![says("You are welcome.")]),
    ])
    .await;
    let mut client = Client::ready(&server(&model.endpoint), json!({"tools": weather("BLOCKING")})).await;
    client.write("Is it wet?").await;
    let call = loop {
        if let Some(call) = client.next().await.tool_call {
            break call.function_calls[0].clone();
        }
    };
    let answer = json!({"id": call.id, "name": "get_weather", "response": {"output": "rain"}});
    client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
    assert_eq!(client.turn().await.transcript, "It rains.");
    client.write("Thanks.").await;
    assert_eq!(client.turn().await.transcript, "You are welcome.");
    let mut asked = Vec::new();
    for _ in 0..6 {
        asked.push(model.asked.recv().await.expect("a question"));
    }
    let shapes: Vec<(bool, bool, bool)> = asked
        .iter()
        .map(|body| {
            (
                body.get("tools").is_some(),
                body.get("reasoning_effort").is_some(),
                body.get("chat_template_kwargs").is_some(),
            )
        })
        .collect();
    let (all, less, least) = ((true, true, true), (true, false, true), (false, false, true));
    assert_eq!(shapes, [all, all, less, least, least, least], "what was learnt is not tried again");
    let result = asked[4]["messages"].as_array().and_then(|all| all.last()).cloned().expect("a message");
    assert_eq!(result["content"], "(The result of get_weather: {\"output\":\"rain\"})");
}

#[tokio::test]
async fn a_conversation_that_is_too_long_is_cut_whatever_says_so() {
    let too_long = "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context size\",\"type\":\"exceed_context_size_error\"}}";
    let in_stream = "event: error\ndata: {\"error\":{\"message\":\"Trying to keep the first 5000 tokens when context the overflows.\"}}\n\n";
    // LM Studio ends without a word.
    let silent = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let answer = || Reaction::Answer(vec![says("Yes.")]);
    let mut model = model(vec![
        answer(),
        answer(),
        Reaction::Refuse(400, too_long),
        answer(),
        Reaction::Raw(in_stream),
        answer(),
        Reaction::Raw(silent),
        answer(),
    ])
    .await;
    let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
    let mut lengths = Vec::new();
    for (question, tries) in [("One?", 1), ("Two?", 1), ("Three?", 2), ("Four?", 2), ("Five?", 2)] {
        client.write(question).await;
        assert_eq!(client.turn().await.transcript, "Yes.", "{question}");
        for _ in 0..tries {
            let asked = model.asked.recv().await.expect("a question");
            let messages = asked["messages"].as_array().cloned().unwrap_or_default();
            assert_eq!(messages.last().map(|last| &last["content"]), Some(&json!(question)));
            lengths.push(messages.len());
        }
    }
    // With the system's message; a quarter to a half of the others the second time, beginning with the user.
    assert_eq!(lengths, [2, 4, 6, 4, 8, 4, 10, 4]);
}

#[tokio::test]
async fn a_stream_without_its_last_word_is_an_answer_when_it_is_whole() {
    let model = model(vec![
        Reaction::Raw("data: {\"choices\":[{\"delta\":{\"content\":\"It is noon.\"}}]}\n\n: keep-alive\n\n"),
        Reaction::Raw(
            "data: {\"choices\":[{\"delta\":{\"content\":\"Well\"}}]}\n\n{\"error\":\"unexpected EOF\"}\n",
        ),
        Reaction::Raw("data: {\"choices\":[{\"delta\":{\"reasoning\":\"Hm.\"}}]}\n\ndata: [DONE]\n\n"),
    ])
    .await;
    let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
    for said in [
        "It is noon.",
        "My language model can't be used: its server says: unexpected EOF. It's 2:05 in the afternoon.",
        "My language model can't be used: it gave no answer. It's 2:05 in the afternoon.",
    ] {
        client.write("What time is it?").await;
        assert_eq!(client.turn().await.transcript, said);
    }
}

#[tokio::test]
async fn a_silent_model_is_filled_in_for_once() {
    let (go_on, when) = oneshot::channel();
    let model = model(vec![Reaction::Late(when, vec![says("Seven.")]), Reaction::Refuse(404, "gone")]).await;
    let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
    client.write("What is the smallest happy number?").await;
    assert_eq!(client.first_audio().await.transcript, "Let me think.");
    go_on.send(()).expect("the server waits");
    assert_eq!(client.turn().await.transcript, " Seven.");
    drop(model.hung_up);
}
