//! Each server's answers, over ports of this machine; and ports where nothing, or something else, listens.

use std::sync::{Arc, Mutex};

use testkit::local::{Port, closed_port, read_head};
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::*;

/// A server that answers each path with a status and a body; other paths with 404.
struct Served {
    port: u16,
    /// The first line of each request.
    asked: Arc<Mutex<Vec<String>>>,
}

async fn serve(answers: &'static [(&'static str, u16, &'static str)]) -> Served {
    let port = Port::open().await;
    let number = port.number;
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let mut stream = port.accept().await;
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let head = read_head(&mut stream).await;
                let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
                let found = answers.iter().find(|(path, ..)| line.ends_with(path));
                log.lock().expect("a list").push(line);
                let (status, body) =
                    found.map_or((404, "404 page not found"), |(_, status, body)| (*status, *body));
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    Served { port: number, asked }
}

impl Served {
    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().expect("a list").clone();
        asked.sort();
        asked
    }

    async fn found(&self, usual: Usual) -> Option<LocalServer> {
        find(&[LocalPort { number: self.port, usual }]).await.into_iter().next()
    }
}

fn model(
    id: &str,
    bytes: Option<u64>,
    sees: Option<bool>,
    calls: Option<bool>,
    is_loaded: Option<bool>,
) -> LocalModel {
    LocalModel { id: id.to_owned(), bytes, sees, calls, is_loaded }
}

#[tokio::test]
async fn ollama_tells_size_and_capabilities_in_its_list_or_for_each_model() {
    let newer = serve(&[(
        "/api/tags",
        200,
        r#"{"models":[
            {"name":"qwen3:8b","model":"qwen3:8b","size":5225388164,"details":{"family":"qwen3"},"capabilities":["completion","tools","thinking"]},
            {"name":"gemma3:latest","model":"gemma3:latest","size":3338801804,"capabilities":["completion","vision"]},
            {"name":"nomic-embed-text:latest","model":"nomic-embed-text:latest","size":274302450,"capabilities":["embedding"]},
            {"name":"gpt-oss:120b-cloud","model":"gpt-oss:120b-cloud","remote_model":"gpt-oss:120b","remote_host":"https://ollama.com:443","size":384,"capabilities":["completion","tools"]}]}"#,
    )])
    .await;
    let found = newer.found(Usual::Ollama).await.expect("a server");
    assert_eq!(
        (found.kind, found.base_url()),
        (ServerKind::Ollama, format!("http://127.0.0.1:{}/v1", newer.port))
    );
    assert_eq!(
        found.models,
        [
            model("qwen3:8b", Some(5_225_388_164), Some(false), Some(true), None),
            model("gemma3:latest", Some(3_338_801_804), Some(true), Some(false), None)
        ],
        "what runs elsewhere or does not talk is left out"
    );
    assert_eq!(newer.asked(), ["GET /api/tags"]);
    let older = serve(&[
        (
            "/api/tags",
            200,
            r#"{"models":[{"name":"llama3.2:latest","model":"llama3.2:latest","size":2019393189}]}"#,
        ),
        ("/api/show", 200, r#"{"capabilities":["completion","tools"],"model_info":{}}"#),
    ])
    .await;
    let found = older.found(Usual::Ollama).await.expect("a server");
    assert_eq!(found.models, [model("llama3.2:latest", Some(2_019_393_189), Some(false), Some(true), None)]);
    assert_eq!(older.asked(), ["GET /api/tags", "POST /api/show"]);
}

#[tokio::test]
async fn lm_studio_is_asked_in_its_newer_way_and_in_the_older() {
    let newer = serve(&[(
        "/api/v1/models",
        200,
        r#"{"models":[
            {"type":"llm","key":"google/gemma-4-26b-a4b","size_bytes":17990911801,"loaded_instances":[{"id":"google/gemma-4-26b-a4b"}],"capabilities":{"vision":true,"trained_for_tool_use":true}},
            {"type":"embedding","key":"text-embedding-nomic","size_bytes":274290560,"loaded_instances":[]}]}"#,
    )])
    .await;
    let found = newer.found(Usual::LmStudio).await.expect("a server");
    let gemma = model("google/gemma-4-26b-a4b", Some(17_990_911_801), Some(true), Some(true), Some(true));
    assert_eq!((found.kind, found.models), (ServerKind::LmStudio, vec![gemma]));
    let older = serve(&[
        ("/api/v1/models", 200, r#"{"error":"Unexpected endpoint or method. (GET /api/v1/models)"}"#),
        (
            "/api/v0/models",
            200,
            r#"{"object":"list","data":[
                {"id":"qwen2-vl-7b-instruct","object":"model","type":"vlm","state":"not-loaded"},
                {"id":"qwen2.5-7b-instruct","object":"model","type":"llm","state":"loaded","capabilities":["tool_use"]},
                {"id":"text-embedding-nomic","object":"model","type":"embeddings","state":"not-loaded"}]}"#,
        ),
    ])
    .await;
    let found = older.found(Usual::LmStudio).await.expect("a server");
    assert_eq!(
        found.models,
        [
            model("qwen2-vl-7b-instruct", None, Some(true), None, Some(false)),
            model("qwen2.5-7b-instruct", None, Some(false), Some(true), Some(true))
        ]
    );
    let locked =
        serve(&[("/api/v1/models", 401, r#"{"error":{"message":"An LM Studio API token is required"}}"#)])
            .await;
    let found = locked.found(Usual::LmStudio).await.expect("a server");
    assert!(found.wants_key && found.models.is_empty());
}

#[tokio::test]
async fn llama_cpp_tells_what_its_model_can_in_its_properties() {
    let list = r#"{"models":[{"name":"tiny","model":"tiny","capabilities":["completion","multimodal"]}],"object":"list",
        "data":[{"id":"tiny","object":"model","created":1,"owned_by":"llamacpp","meta":{"n_params":8,"size":4920000000}}]}"#;
    let props = r#"{"default_generation_settings":{"n_ctx":4096},"modalities":{"vision":false,"audio":false},
        "chat_template_caps":{"supports_tools":true,"supports_tool_calls":true},"build_info":"b7200"}"#;
    let server = serve(Box::leak(Box::new([("/v1/models", 200, list), ("/props", 200, props)]))).await;
    let found = server.found(Usual::OpenAi).await.expect("a server");
    let tiny = |sees, calls| model("tiny", Some(4_920_000_000), sees, calls, Some(true));
    assert_eq!((found.kind, found.models), (ServerKind::LlamaCpp, vec![tiny(Some(false), Some(true))]));
    assert_eq!(server.asked(), ["GET /props", "GET /v1/models"]);
    // Without its properties nothing is said of functions.
    let silent = serve(Box::leak(Box::new([("/v1/models", 200, list)]))).await;
    let found = silent.found(Usual::OpenAi).await.expect("a server");
    assert_eq!(found.models, [tiny(Some(true), None)]);
}

#[tokio::test]
async fn other_servers_are_known_by_who_made_their_entries() {
    for (answers, kind, models) in [
        (
            &[(
                "/v1/models",
                200,
                r#"{"object":"list","data":[{"id":"Qwen/Qwen3-8B","object":"model","owned_by":"vllm","max_model_len":32768}]}"#,
            )][..],
            ServerKind::Vllm,
            vec![model("Qwen/Qwen3-8B", None, None, None, Some(true))],
        ),
        (
            &[(
                "/v1/models",
                200,
                r#"{"object":"list","data":[{"id":"tiny.gguf","object":"model","owned_by":"me","permissions":[]}]}"#,
            )],
            ServerKind::LlamaCppPython,
            vec![model("tiny.gguf", None, None, None, Some(true))],
        ),
        (
            &[(
                "/v1/models",
                200,
                r#"{"object":"list","data":[{"id":"Jan-v1-4B","object":"model","created":1,"owned_by":"user"}]}"#,
            )],
            ServerKind::Jan,
            vec![model("Jan-v1-4B", None, None, None, Some(true))],
        ),
        (
            &[
                (
                    "/v1/models",
                    200,
                    r#"{"object":"list","data":[{"id":"gpt-4","object":"model"},{"id":"whisper-1","object":"model"},{"id":"loose","object":"model"}]}"#,
                ),
                (
                    "/v1/models/capabilities",
                    200,
                    r#"{"object":"list","data":[{"id":"gpt-4","capabilities":["chat","vision","tools"]},{"id":"whisper-1","capabilities":["transcript"]},{"id":"loose","capabilities":null}]}"#,
                ),
            ],
            ServerKind::LocalAi,
            vec![model("gpt-4", None, Some(true), Some(true), None), model("loose", None, None, None, None)],
        ),
        (
            &[
                ("/v1/models", 200, r#"{"object":"list","data":[{"id":"gpt-4","object":"model"}]}"#),
                ("/.well-known/localai.json", 200, r#"{"version":"v3.1.0","endpoints":{}}"#),
            ],
            ServerKind::LocalAi,
            vec![model("gpt-4", None, None, None, None)],
        ),
        (
            &[("/v1/models", 200, r#"{"data":[{"id":"any"}]}"#)],
            ServerKind::Other,
            vec![model("any", None, None, None, None)],
        ),
    ] {
        let server = serve(answers).await;
        let found = server.found(Usual::OpenAi).await.expect("a server");
        assert_eq!((found.kind, found.models), (kind, models));
    }
    let jan = serve(&[("/v1/models", 401, "Missing authorization header")]).await;
    let found = jan.found(Usual::OpenAi).await.expect("a server");
    assert_eq!((found.kind, found.wants_key, found.models.len()), (ServerKind::Jan, true, 0));
}

#[tokio::test]
async fn what_is_no_such_server_is_none() {
    for body in ["<html>Hello</html>", "{}", "[]", "{\"data\":7}", "{\"models\":null}", "{\"data\":"] {
        let server = serve(Box::leak(Box::new([
            ("/v1/models", 200, body),
            ("/api/tags", 200, body),
            ("/api/v0/models", 200, body),
            ("/api/v1/models", 200, body),
        ])))
        .await;
        for usual in [Usual::OpenAi, Usual::Ollama, Usual::LmStudio] {
            assert_eq!(server.found(usual).await, None, "{body}");
        }
    }
    let (_held, closed) = closed_port();
    assert_eq!(find(&[LocalPort { number: closed, usual: Usual::Ollama }]).await, []);
}

#[tokio::test]
async fn names_that_mean_harm_are_left_out() {
    let server = serve(&[(
        "/v1/models",
        200,
        "{\"data\":[{\"id\":\"good\"},{\"id\":\"two\\nlines\"},{\"id\":\"\\u001b[31mred\"},{\"id\":\"\\u202ereversed\"},{\"id\":7},{\"id\":\"\"}]}",
    )])
    .await;
    let found = server.found(Usual::OpenAi).await.expect("a server");
    assert_eq!(found.models, [model("good", None, None, None, None)]);
    let long = format!("{{\"data\":[{{\"id\":\"{}\"}}]}}", "x".repeat(2_000));
    let server = serve(Box::leak(Box::new([("/v1/models", 200, &*long.leak())]))).await;
    assert_eq!(server.found(Usual::OpenAi).await.expect("a server").models, []);
}

#[tokio::test(start_paused = true)]
async fn a_port_that_says_nothing_holds_nobody_up() {
    let silent = [Port::open().await, Port::open().await];
    let ports = silent.each_ref().map(|port| LocalPort { number: port.number, usual: Usual::OpenAi });
    let began = Instant::now();
    assert_eq!(find(&ports).await, []);
    assert!(
        began.elapsed() <= LIMIT + Duration::from_millis(10),
        "both at the same time: {:?}",
        began.elapsed()
    );
}

#[test]
fn a_model_that_calls_functions_and_is_loaded_is_proposed() {
    let server =
        |models: Vec<LocalModel>| LocalServer { kind: ServerKind::Other, port: 1, wants_key: false, models };
    let named = |id, calls, is_loaded| model(id, None, None, calls, is_loaded);
    let servers = [
        server(vec![
            named("a", Some(false), Some(true)),
            named("b", Some(true), Some(false)),
            named("c", Some(true), None),
        ]),
        server(vec![named("d", Some(true), Some(true)), named("e", None, Some(true))]),
    ];
    let proposed = |servers: &[LocalServer]| best(servers).map(|(_, model)| model.id.clone());
    assert_eq!(proposed(&servers).as_deref(), Some("d"));
    assert_eq!(proposed(&servers[..1]).as_deref(), Some("b"), "the first of two that are equal");
    assert_eq!(proposed(&[server(vec![])]), None);
}
