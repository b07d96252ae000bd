//! Answers by a language model: streamed, with calls of functions, broken off, without an end, and by others who mean harm.
//!
//! In real time, since a socket of the system knows no other; the voice says a word in a millisecond.

use futures_util::FutureExt;
use practice::LlmEndpoint;
use serde_json::json;
use tokio::net::TcpListener;

use crate::client::Client;
use crate::model_server::{Reaction, calls, model, says, server, weather};

#[tokio::test]
async fn an_answer_is_spoken_sentence_by_sentence_and_remembered() {
    let mut model = model(vec![
        Reaction::Answer(vec![
            says("Rooks **ar"),
            says("e** birds. They"),
            says(" live in ro"),
            says("okeries."),
        ]),
        Reaction::Answer(vec![says("<think>Short.</think>Yes.")]),
    ])
    .await;
    let instructions = json!({"systemInstruction": {"parts": [{"text": "You know birds."}]}});
    let mut client = Client::ready(&server(&model.endpoint), instructions).await;
    client.write("What are rooks?").await;
    let turn = client.turn().await;
    assert_eq!(turn.transcript, "Rooks are birds. They live in rookeries.");
    assert_eq!(turn.order, ["audio", "generationComplete", "turnComplete"]);
    assert_eq!(turn.pcm.len(), 7 * 24);
    client.write("Are you sure?").await;
    assert_eq!(client.turn().await.transcript, "Yes.");
    let first = model.asked.recv().await.expect("a question");
    assert_eq!((&first["model"], &first["stream"]), (&json!("small"), &json!(true)));
    assert!(first["messages"][0]["content"].as_str().is_some_and(|text| text.starts_with("You know birds.")));
    assert_eq!(first["messages"][1], json!({"role": "user", "content": "What are rooks?"}));
    let second = model.asked.recv().await.expect("a question");
    let said: Vec<&str> =
        second["messages"].as_array().into_iter().flatten().filter_map(|m| m["content"].as_str()).collect();
    assert_eq!(said[1..], ["What are rooks?", "Rooks are birds. They live in rookeries.", "Are you sure?"]);
}

#[tokio::test]
async fn a_call_of_the_model_goes_to_the_client_and_its_answer_back() {
    let mut model = model(vec![
        Reaction::Answer(vec![
            says("Let me look."),
            calls("x", "get_weather", "{\"loca"),
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "tion\":\"Oslo\"}"}}]}),
        ]),
        Reaction::Answer(vec![says("It rains in Oslo.")]),
    ])
    .await;
    let mut client = Client::ready(&server(&model.endpoint), json!({"tools": weather("BLOCKING")})).await;
    client.write("Do I need an umbrella in Oslo?").await;
    let call = loop {
        if let Some(call) = client.next().await.tool_call {
            break call.function_calls[0].clone();
        }
    };
    assert_eq!((call.name.as_deref(), call.args), (Some("get_weather"), Some(json!({"location": "Oslo"}))));
    let answer = json!({"id": call.id, "name": "get_weather", "response": {"output": "rain"}});
    client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
    let turn = client.turn().await;
    assert_eq!(turn.transcript, " It rains in Oslo.", "it follows what was said before the call");
    assert_eq!(turn.order, ["audio", "generationComplete", "turnComplete"]);
    let first = model.asked.recv().await.expect("a question");
    assert_eq!(first["tools"][0]["function"]["parameters"]["properties"]["location"]["type"], "string");
    let second = model.asked.recv().await.expect("a question");
    let last = |back: usize| {
        second["messages"].as_array().and_then(|all| all.iter().rev().nth(back).cloned()).expect("a message")
    };
    assert_eq!(
        (&last(1)["content"], &last(1)["tool_calls"][0]["function"]["name"]),
        (&json!("Let me look."), &json!("get_weather"))
    );
    assert_eq!(last(1)["tool_calls"][0]["id"], last(0)["tool_call_id"]);
    assert_eq!((&last(0)["role"], &last(0)["content"]), (&json!("tool"), &json!("{\"output\":\"rain\"}")));
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_told_by_the_model_later() {
    let mut model = model(vec![
        Reaction::Answer(vec![calls("x", "get_weather", "{}")]),
        Reaction::Answer(vec![says("By the way, it rains.")]),
    ])
    .await;
    let mut client = Client::ready(&server(&model.endpoint), json!({"tools": weather("NON_BLOCKING")})).await;
    client.write("Is it wet outside?").await;
    let call = client.next().await.tool_call.expect("a call").function_calls[0].clone();
    assert_eq!(client.turn().await.transcript, "Let me check.");
    let answer = json!({"id": call.id, "name": "get_weather", "response": {"output": "rain"}});
    client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
    assert_eq!(client.turn().await.transcript, "By the way, it rains.");
    model.asked.recv().await.expect("a question");
    let second = model.asked.recv().await.expect("a question");
    assert_eq!(
        second["messages"].as_array().and_then(|all| all.last()).map(|last| last["role"].clone()),
        Some(json!("tool"))
    );
}

#[tokio::test]
async fn a_model_that_only_calls_is_stopped() {
    let again = || Reaction::Answer(vec![calls("x", "get_weather", "{}")]);
    let model = model((0..6).map(|_| again()).collect()).await;
    let mut client = Client::ready(&server(&model.endpoint), json!({"tools": weather("NON_BLOCKING")})).await;
    client.write("Is it wet outside?").await;
    let mut made = 0;
    let said = loop {
        let turn = client.turn().await;
        let call = turn.messages.iter().find_map(|message| message.tool_call.as_ref());
        let Some(call) = call else { break turn.transcript };
        made += 1;
        let answer =
            json!({"id": call.function_calls[0].id, "name": "get_weather", "response": {"output": "rain"}});
        client.send(json!({"toolResponse": {"functionResponses": [answer]}})).await;
    };
    assert_eq!(made, 4);
    assert_eq!(
        said,
        "My language model can't be used: it called functions over and over. The weather is rain."
    );
}

#[tokio::test]
async fn newest_picture_goes_only_to_models_that_take_pictures() {
    let mut model = model(vec![
        Reaction::Answer(vec![says("A cat.")]),
        Reaction::Refuse(400, "{\"error\":{\"message\":\"no images\"}}"),
        Reaction::Answer(vec![says("I can't see.")]),
    ])
    .await;
    let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
    client.send(json!({"realtimeInput": {"video": {"data": "/9hjYXQ=", "mimeType": "image/jpeg"}}})).await;
    client.write("Who is this?").await;
    assert_eq!(client.turn().await.transcript, "A cat.");
    client.write("And now?").await;
    assert_eq!(client.turn().await.transcript, "I can't see.");
    let seen = model.asked.recv().await.expect("a question");
    assert_eq!(seen["messages"][1]["content"][1]["image_url"]["url"], "data:image/jpeg;base64,/9hjYXQ=");
    model.asked.recv().await.expect("a question");
    let blind = model.asked.recv().await.expect("a question");
    assert_eq!(blind["messages"][3]["content"], "And now?");
}

#[tokio::test]
async fn errors_are_said_and_the_intents_answer_instead() {
    let refusal = "{\"error\":{\"message\":\"model 'small' not found\"}}";
    let reactions = vec![
        Reaction::Refuse(404, refusal),
        Reaction::Page,
        Reaction::Cut(vec![]),
        Reaction::Cut(vec![says("It is. It was")]),
        Reaction::Answer(vec![calls("x", "rm_rf", "{}")]),
    ];
    let model = model(reactions).await;
    let server = server(&model.endpoint);
    let mut client = Client::ready(&server, json!({})).await;
    for said in [
        "My language model can't be used: its server refuses with status 404 and says: model 'small' not found. It's 2:05 in the afternoon.",
        "My language model can't be used: its answer broke off. It's 2:05 in the afternoon.",
        "My language model can't be used: its server does not stream an answer, but nothing. It's 2:05 in the afternoon.",
        "It is. It was Here my language model fails: its answer broke off.",
        "My language model can't be used: it called the function rm_rf, which this app did not declare. It's 2:05 in the afternoon.",
    ] {
        client.write("What time is it?").await;
        assert_eq!(client.turn().await.transcript, said);
    }
    // Nobody listens there any more.
    drop(model);
    client.write("What time is it?").await;
    let said = client.turn().await.transcript;
    assert_eq!(
        said,
        "My language model can't be used: its server can't be reached, the connection is refused. It's 2:05 in the afternoon."
    );
    let open = LlmEndpoint { base_url: "http://192.0.2.1/v1".into(), model: "m".into(), key: None };
    let mut client = Client::ready(&self::server(&open), json!({})).await;
    client.write("Tell me a joke").await;
    let said = client.turn().await.transcript;
    assert!(
        said.starts_with("My language model can't be used: plain http is for this computer only")
            && said.contains("microphone"),
        "{said}"
    );
}

#[tokio::test]
async fn a_key_that_the_server_repeats_is_not_said() {
    let refusal = "{\"error\":{\"message\":\"unknown key ses\\u0061me\"}}";
    let model = model(vec![Reaction::Refuse(401, refusal)]).await;
    let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
    client.write("What time is it?").await;
    let said = client.turn().await.transcript;
    assert!(
        said.contains("with status 401 and says: unknown key [redacted]. It's 2:05 in the afternoon."),
        "{said}"
    );
}

#[tokio::test]
async fn new_words_end_the_question_and_a_timer_needs_no_model() {
    let mut model = model(vec![Reaction::Hang, Reaction::Answer(vec![says("Good.")])]).await;
    let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
    client.write("Tell me everything.").await;
    // The first sentence is spoken while the rest is awaited.
    assert_eq!(client.first_audio().await.transcript, "This is the first sentence.");
    client.write("Enough.").await;
    assert_eq!(client.turn().await.order, ["interrupted", "turnComplete"]);
    model.hung_up.recv().await.expect("the client hung up");
    assert_eq!(client.turn().await.transcript, "Good.");
    client.write("Set a timer for ten minutes").await;
    assert_eq!(client.turn().await.transcript, "Your timer is set for 10 minutes.");
}

#[tokio::test]
async fn an_endless_answer_ends() {
    let mut model = model(vec![Reaction::Endless]).await;
    let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
    client.write("Go on.").await;
    let turn = client.turn().await;
    assert!((3_500..6_000).contains(&turn.transcript.len()), "{} characters", turn.transcript.len());
    model.hung_up.recv().await.expect("the client hung up");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let to = format!("http://{}/v1/chat/completions", elsewhere.local_addr().expect("an address"));
    let model = model(vec![Reaction::Redirect(to)]).await;
    let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
    client.write("What time is it?").await;
    let said = client.turn().await.transcript;
    assert!(
        said.starts_with("My language model can't be used: its server refuses with status 307"),
        "{said}"
    );
    assert!(elsewhere.accept().now_or_never().is_none(), "somebody asked there");
}

#[tokio::test]
async fn a_stream_that_means_harm_ends_in_words() {
    for (flood, words) in [
        (&b": a comment, and nothing else\n\n"[..], "megabytes without a word"),
        (b"x", "a line without an end"),
        (b"data: [\n", "an event without an end"),
        (b"data: \xff\xfe\n\n", "an event that is no JSON"),
        (b"data: {\"choices\":[{\"delta\":{\"content\":7}}]}\n\n", "megabytes without a word"),
        (b"data: {\"error\":{\"message\":\"no\\u001b[31m memory\"}}\n\n", "its server says: no[31m memory"),
    ] {
        let mut model = model(vec![Reaction::Flood(flood)]).await;
        let mut client = Client::ready(&server(&model.endpoint), json!({})).await;
        client.write("What time is it?").await;
        let said = client.turn().await.transcript;
        assert!(said.contains(words) && said.ends_with("It's 2:05 in the afternoon."), "{said}");
        model.hung_up.recv().await.expect("the client hung up");
    }
}
