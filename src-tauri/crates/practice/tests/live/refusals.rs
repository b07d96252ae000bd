//! Who is turned away, when and with which words.

use std::time::Duration;

use live_server::LiveServer;
use serde_json::json;
use tokio_tungstenite::tungstenite::Error;

use crate::client::{Client, PATH, server, server_with};

async fn closed_after(server: &LiveServer, frame: &str) -> (u16, String) {
    let mut client = Client::connect(server).await;
    client.send_text(frame.to_owned()).await;
    client.close_reason().await
}

async fn status(server: &LiveServer, path: &str, headers: &[(&str, &str)]) -> u16 {
    match Client::connect_as(server, path, headers).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_message_must_be_a_setup_that_fits() {
    let server = server();
    let (code, reason) = closed_after(&server, r#"{"realtimeInput":{"text":"hello"}}"#).await;
    assert_eq!((code, reason.is_empty()), (1007, false));
    let (code, reason) = closed_after(&server, "this is not JSON").await;
    assert_eq!(code, 1007);
    assert!(reason.starts_with("Invalid JSON payload received."), "{reason}");
    let (code, reason) = closed_after(&server, r#"{"setup":{"model":"models/gemini-9"}}"#).await;
    assert_eq!(code, 1008);
    assert!(
        reason.starts_with("models/gemini-9 is not found for API version v1beta, or is not supported"),
        "{reason}"
    );
    let text =
        r#"{"setup":{"model":"models/gemini-3.8-live","generationConfig":{"responseModalities":["TEXT"]}}}"#;
    assert_eq!(closed_after(&server, text).await.0, 1007);
    let unknown = r#"{"setup":{"model":"models/gemini-3.8-live","colour":"blue"}}"#;
    let (code, reason) = closed_after(&server, unknown).await;
    assert_eq!(code, 1007);
    assert_eq!(
        reason,
        "Invalid JSON payload received. Unknown name \"colour\" at 'setup': Cannot find field."
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_setup_and_old_fields_are_refused() {
    let server = server();
    let mut client = Client::ready(&server, json!({})).await;
    client.send(json!({"setup": {"model": "models/gemini-3.8-live"}})).await;
    assert_eq!(client.close_reason().await.0, 1007);
    let mut client = Client::ready(&server, json!({})).await;
    client.send(json!({"realtimeInput": {"mediaChunks": [{"data": "AAAA", "mimeType": "audio/pcm"}]}})).await;
    let text = "realtime_input.media_chunks is deprecated. Use audio, video, or text instead.";
    assert_eq!(client.close_reason().await, (1007, text.to_owned()));
    let mut client = Client::ready(&server, json!({})).await;
    client.send(json!({"realtimeInput": {"activityStart": {}}})).await;
    assert_eq!(client.close_reason().await.0, 1007);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_told_when_the_setup_has_come() {
    let server = server_with(|config| config.server.key = Some("right".to_owned()));
    let mut client =
        Client::connect_as(&server, PATH, &[("x-goog-api-key", "wrong")]).await.expect("an upgrade");
    client.quiet_for(Duration::from_secs(1)).await;
    client.send(json!({"setup": {"model": "models/gemini-3.8-live"}})).await;
    let text = "API key not valid. Please pass a valid API key.";
    assert_eq!(client.close_reason().await, (1007, text.to_owned()));
    let path = format!("/{PATH}?key=right");
    let mut client = Client::connect_as(&server, &path, &[]).await.expect("an upgrade");
    client.send(json!({"setup": {"model": "models/gemini-3.8-live"}})).await;
    assert!(client.next().await.setup_complete.is_some());
    assert!(!format!("{server:?}").contains("right"));
}

#[tokio::test(start_paused = true)]
async fn web_pages_and_other_paths_are_turned_away_by_status() {
    let server = server();
    assert_eq!(status(&server, PATH, &[("origin", "https://example.com")]).await, 403);
    // A name of theirs that leads to this computer changes nothing: their page says where it is from.
    let rebound = [("host", "pages.example"), ("origin", "http://pages.example")];
    assert_eq!(status(&server, PATH, &rebound).await, 403);
    assert_eq!(status(&server, &format!("{PATH}?key=any"), &[("origin", "null")]).await, 403);
    assert_eq!(status(&server, "/", &[]).await, 404);
    assert_eq!(
        status(&server, "/ws/google.ai.generativelanguage.v9.GenerativeService.BidiGenerateContent", &[])
            .await,
        404
    );
    let constrained = PATH.replace("v1beta", "v1alpha") + "Constrained";
    assert_eq!(status(&server, &constrained, &[]).await, 101);
    assert_eq!(
        status(&server, "/ws/google.cloud.aiplatform.v1beta1.LlmBidiService/BidiGenerateContent", &[]).await,
        101
    );
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_let_go() {
    let mut client = Client::connect(&server()).await;
    let (code, reason) = client.close_reason().await;
    assert_eq!((code, reason.as_str()), (1011, "Deadline expired before operation could complete."));
}

#[tokio::test]
async fn only_this_machine_is_listened_to() {
    let server = server();
    let everywhere = "0.0.0.0:0".parse().expect("an address");
    let refused = server.listen(everywhere).await.map(|_| ()).map_err(|error| error.kind());
    assert_eq!(refused, Err(std::io::ErrorKind::PermissionDenied));
    let here = "127.0.0.1:0".parse().expect("an address");
    let listening = server.listen(here).await.expect("a port");
    let stream = tokio::net::TcpStream::connect(listening.local_addr()).await.expect("a connection");
    let url = format!("ws://{}{PATH}", listening.local_addr());
    let (_socket, response) = tokio_tungstenite::client_async(url, stream).await.expect("an upgrade");
    assert_eq!(response.status().as_u16(), 101);
    let addr = listening.local_addr();
    listening.shutdown().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}
