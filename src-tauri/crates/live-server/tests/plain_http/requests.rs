//! Requests that open no session: models, errors, pages, limits.

use super::*;

#[tokio::test(start_paused = true)]
async fn models_are_listed_as_the_service_lists_them() {
    let server = server();
    for version in ["v1", "v1beta", "v1alpha"] {
        let answer = get(&server, &format!("/{version}/models?key=any")).await;
        assert_eq!(answer.status, 200);
        let list = answer.json();
        let models = list["models"].as_array().expect("models");
        let names: Vec<&str> = models.iter().filter_map(|model| model["name"].as_str()).collect();
        assert_eq!(names[0], "models/gemini-3.8-live");
        assert!(names.contains(&"models/gemini-3.1-flash-live-preview"), "{names:?}");
        for other in ["models/gemini-2.0-flash-live-001", "models/gemini-live-2.5-flash"] {
            assert!(!names.contains(&other), "{other} is not served there");
        }
        for model in models {
            assert_eq!(model["supportedGenerationMethods"], json!(["bidiGenerateContent"]));
            assert!(model["displayName"].is_string() && model["inputTokenLimit"].is_u64(), "{model}");
        }
        assert_eq!(list.get("nextPageToken"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn models_come_in_pages_of_any_size() {
    let server = server();
    let all = get(&server, "/v1beta/models").await.json()["models"].clone();
    let mut paged = Vec::new();
    let mut query = "pageSize=3".to_owned();
    loop {
        let page = get(&server, &format!("//v1beta/models?{query}")).await.json();
        paged.extend(page["models"].as_array().expect("models").clone());
        let Some(token) = page["nextPageToken"].as_str() else { break };
        query = format!("pageSize=3&pageToken={token}");
    }
    assert_eq!(Value::Array(paged), all);
    assert_eq!(get(&server, "/v1beta/models?pageToken=9999999").await.json()["models"], json!([]));
    assert_eq!(get(&server, "/v1beta/models?pageToken=-1").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn one_model_is_shown_by_its_name() {
    let server = server();
    let model = get(&server, "/v1beta/models/gemini-3.8-live").await.json();
    assert_eq!((&model["name"], &model["thinking"]), (&json!("models/gemini-3.8-live"), &json!(false)));
    let missing = get(&server, "/v1beta/models/gemini-9").await;
    let words = "Model is not found: models/gemini-9 for api version v1beta";
    assert_eq!((missing.status, missing.message().as_str()), (404, words));
}

#[tokio::test(start_paused = true)]
async fn anything_else_is_404_with_a_sentence() {
    let server = server();
    for path in ["/", "/v1beta", "/v2/models", "/v1beta/models/gemini-3.8-live:generateContent", METHODS] {
        let answer = get(&server, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.message().ends_with('.'), "{path}");
    }
    assert_eq!(post(&server, "/v1beta/models", "{}").await.status, 404);
    assert_eq!(post(&server, "/v1/auth_tokens", "{}").await.status, 404);
    let head = send(&server, "HEAD /v1beta/models HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(send(&server, "HELLO\r\n\r\n").await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_asked_for_is_needed_here_too() {
    let server = server_with(|config| config.key = Some("right".to_owned()));
    assert_eq!(get(&server, "/v1beta/models").await.status, 403);
    let wrong = get(&server, "/v1beta/models?key=wrong").await;
    assert_eq!(wrong.message(), "API key not valid. Please pass a valid API key.");
    assert_eq!(get(&server, "/v1beta/models?key=right").await.status, 200);
    let header = "POST /v1alpha/auth_tokens HTTP/1.1\r\nx-goog-api-key: right\r\nContent-Length: 2\r\n\r\n{}";
    assert_eq!(send(&server, header).await.status, 200);
    assert_eq!(post(&server, "/v1alpha/auth_tokens", "{}").await.status, 403);
}

fn from_page(origin: &str, request: &str, more: &str) -> String {
    format!("{request} HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n{more}\r\n")
}

#[tokio::test(start_paused = true)]
async fn web_pages_are_turned_away_unless_they_are_named() {
    let page = "http://localhost:5173";
    let models = from_page(page, "GET /v1beta/models", "");
    let preflight = from_page(
        page,
        "OPTIONS /v1alpha/auth_tokens",
        "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type, x-goog-api-key\r\n",
    );
    let closed = server();
    for request in [&models, &preflight] {
        let answer = send(&closed, request).await;
        assert_eq!(answer.status, 403);
        assert!(answer.message().contains("--allow-origin"), "{}", answer.body);
        assert!(!answer.head.contains("access-control"), "{}", answer.head);
    }
    assert_eq!(upgrade(&closed, METHODS, &[("origin", page)]).await.err(), Some(403));

    let open = server_with(|config| config.allow_origins = vec![page.parse().expect("an origin")]);
    let answer = send(&open, &models).await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("access-control-allow-origin: http://localhost:5173"), "{}", answer.head);
    let answer = send(&open, &preflight).await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert!(
        answer.head.contains("access-control-allow-headers: content-type, x-goog-api-key"),
        "{}",
        answer.head
    );
    assert!(upgrade(&open, METHODS, &[("origin", page)]).await.is_ok());
    for other in ["http://localhost:5174", "https://localhost:5173", "null"] {
        assert_eq!(send(&open, &from_page(other, "GET /v1beta/models", "")).await.status, 403, "{other}");
        assert_eq!(upgrade(&open, METHODS, &[("origin", other)]).await.err(), Some(403), "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn bodies_are_bounded_and_need_a_length() {
    let server = server();
    let with = |headers: &str| format!("POST /v1alpha/auth_tokens HTTP/1.1\r\n{headers}\r\n\r\n");
    for (headers, status) in [
        ("Content-Length: 65537", 413),
        ("Content-Length: 99999999999999999999999", 413),
        ("Content-Length: -1", 400),
        ("Content-Length: 2\r\nContent-Length: 2", 400),
        ("Transfer-Encoding: chunked", 411),
    ] {
        assert_eq!(send(&server, &with(headers)).await.status, status, "{headers}");
    }
    let long = format!("{{\"uses\": 1{}}}", " ".repeat(60_000));
    assert_eq!(post(&server, "/v1alpha/auth_tokens", &long).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_body_is_asked_for_where_a_client_waits_for_that() {
    let mut stream = connect(&server());
    let head = "POST /v1alpha/auth_tokens HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut asked = [0; 25];
    stream.read_exact(&mut asked).await.expect("an answer");
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"{}").await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_does_not_come_to_its_end_is_left() {
    for begun in
        ["", "GET / HTTP/1.1\r\n", "POST /v1alpha/auth_tokens HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"]
    {
        let mut stream = connect(&server());
        let start = Instant::now();
        stream.write_all(begun.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert_eq!((answer.len(), start.elapsed()), (0, Duration::from_secs(10)), "{begun}");
    }
}
