//! Ephemeral tokens: made over plain HTTP, then shown in place of a key.

use jiff::{SignedDuration, Timestamp};

use super::*;

const MODEL: &str = "models/gemini-3.8-live";

/// Makes a token; its name.
async fn token(server: &LiveServer, body: Value) -> String {
    let answer = post(server, "/v1alpha/auth_tokens?key=right", &body.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let name = answer.json()["name"].as_str().expect("a name").to_owned();
    assert!(name.starts_with("auth_tokens/"), "{name}");
    name
}

fn locked() -> LiveServer {
    server_with(|config| config.key = Some("right".to_owned()))
}

async fn open(server: &LiveServer, token: &str, setup: Value) -> Result<Client, (u16, String)> {
    let path = format!("{CONSTRAINED}?access_token={token}");
    let mut client = upgrade(server, &path, &[]).await.expect("an upgrade");
    set_up(&mut client, setup).await?;
    Ok(client)
}

fn seconds_from_now(seconds: i64) -> String {
    (Timestamp::now() + SignedDuration::from_secs(seconds)).to_string()
}

#[tokio::test(start_paused = true)]
async fn a_token_opens_one_session_unless_it_says_more() {
    let server = locked();
    let once = token(&server, json!({})).await;
    let session = open(&server, &once, json!({"model": MODEL})).await;
    assert!(session.is_ok());
    let again = open(&server, &once, json!({"model": MODEL})).await.map(|_| ());
    assert_eq!(again, Err((1008, "The auth token was used as often as it may be.".to_owned())));
    let many = token(&server, json!({"uses": 0})).await;
    for _ in 0..3 {
        assert!(open(&server, &many, json!({"model": MODEL})).await.is_ok());
    }
    // A setup that is refused is no session.
    let once = token(&server, json!({"uses": 1})).await;
    assert!(open(&server, &once, json!({"model": "models/gemini-9"})).await.is_err());
    assert!(open(&server, &once, json!({"model": MODEL})).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_token_may_come_as_the_python_sdk_sends_it() {
    let server = locked();
    let name = token(&server, json!({"uses": 2})).await;
    let bearer = format!("Token {name}");
    let headers = [("authorization", bearer.as_str()), ("x-goog-api-key", name.as_str())];
    let mut client = upgrade(&server, CONSTRAINED, &headers).await.expect("an upgrade");
    assert!(set_up(&mut client, json!({"model": MODEL})).await.is_ok());
    let mut client = upgrade(&server, METHODS, &headers).await.expect("an upgrade");
    let (code, reason) = set_up(&mut client, json!({"model": MODEL})).await.expect_err("no token's method");
    assert_eq!(code, 1008);
    assert!(reason.starts_with("Method doesn't allow unregistered callers"), "{reason}");
    let unknown = open(&server, "auth_tokens/made-up", json!({"model": MODEL})).await.map(|_| ());
    assert_eq!(unknown, Err((1008, "The auth token is not known.".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_resumed_session_is_no_use_of_its_token() {
    let server = locked();
    let name = token(&server, json!({})).await;
    let mut client =
        open(&server, &name, json!({"model": MODEL, "sessionResumption": {}})).await.expect("open");
    client.send(Message::text(r#"{"realtimeInput":{"text":"Hello"}}"#)).await.expect("sent");
    let handle = loop {
        let message: Value =
            serde_json::from_str(&next(&mut client).await.expect("a message")).expect("JSON");
        if let Some(handle) = message["sessionResumptionUpdate"]["newHandle"].as_str() {
            break handle.to_owned();
        }
    };
    client.close(None).await.expect("closed");
    while let Some(Ok(_)) = client.next().await {}
    let resumed = json!({"model": MODEL, "sessionResumption": {"handle": handle}});
    assert!(open(&server, &name, resumed).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_a_token_locks_is_not_the_clients_to_choose() {
    let server = locked();
    let constraints = json!({"model": MODEL, "generationConfig": {"responseModalities": ["AUDIO"]}});
    let wanted = json!({
        "model": "models/gemini-9",
        "generationConfig": {"responseModalities": ["TEXT"], "thinkingConfig": {"thinkingLevel": "LOW"}}
    });
    let all = token(&server, json!({"bidiGenerateContentSetup": constraints})).await;
    assert!(open(&server, &all, wanted.clone()).await.is_ok());
    let nested = token(&server, json!({"bidiGenerateContentSetup": {"setup": constraints}})).await;
    assert!(open(&server, &nested, wanted.clone()).await.is_ok());
    let mask = "model,generationConfig.responseModalities";
    let some = token(&server, json!({"bidiGenerateContentSetup": constraints, "fieldMask": mask})).await;
    let refused = open(&server, &some, wanted).await.map(|_| ());
    let words = "Thinking level is not supported for this model";
    assert_eq!(refused, Err((1007, words.to_owned())), "what is not locked is the client's");
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_in_time_and_its_sessions_with_it() {
    let server = locked();
    let hour = 3_600;
    let times = json!({
        "uses": 0, "expireTime": seconds_from_now(2 * hour), "newSessionExpireTime": seconds_from_now(hour)
    });
    let name = token(&server, times).await;
    let start = Instant::now();
    let mut client = open(&server, &name, json!({"model": MODEL})).await.expect("in time");
    tokio::time::sleep(Duration::from_secs(3_601)).await;
    let late = open(&server, &name, json!({"model": MODEL})).await.map(|_| ());
    let words = "The auth token opens no more sessions: its newSessionExpireTime is over.";
    assert_eq!(late, Err((1008, words.to_owned())));
    let ended = match client.next().await {
        Some(Ok(Message::Close(Some(close)))) => (u16::from(close.code), close.reason.as_str().to_owned()),
        other => panic!("{other:?}"),
    };
    assert_eq!(ended, (1008, "The auth token has expired.".to_owned()));
    assert!((7_190..=7_200).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    // Without times: a minute to begin.
    let usual = token(&server, json!({"uses": 0})).await;
    tokio::time::sleep(Duration::from_secs(59)).await;
    assert!(open(&server, &usual, json!({"model": MODEL})).await.is_ok());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(open(&server, &usual, json!({"model": MODEL})).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_token_that_makes_no_sense_is_refused_in_words() {
    let server = server();
    let day = 24 * 3_600;
    for (body, words) in [
        (json!({"uses": -1}), "uses must be"),
        (json!({"colour": 1}), "Unknown name \"colour\""),
        (json!({"expireTime": "soon"}), "expireTime must be a time"),
        (json!({"expireTime": seconds_from_now(-1)}), "expireTime must be in the future"),
        (json!({"expireTime": seconds_from_now(day)}), "less than 20 hours"),
        (json!({"newSessionExpireTime": seconds_from_now(day)}), "not be later than expireTime"),
        (json!({"bidiGenerateContentSetup": {"colour": 1}}), "Unknown name \"colour\" at 'setup'"),
        (json!({"bidiGenerateContentSetup": []}), "Invalid JSON payload"),
        (json!({"fieldMask": "colour"}), "Invalid field mask"),
    ] {
        let answer = post(&server, "/v1beta/auth_tokens", &body.to_string()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().contains(words), "{body}: {}", answer.body);
    }
    let broken = post(&server, "/v1beta/auth_tokens", "{").await;
    assert!(broken.message().starts_with("Invalid JSON payload received."), "{}", broken.body);
    assert_eq!(post(&server, "/v1beta/auth_tokens", "").await.status, 200, "nothing is the defaults");
}
