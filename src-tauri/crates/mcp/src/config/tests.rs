//! Files as others write them.

use serde_json::json;

use super::*;

fn variable(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("t0ken-1234".to_owned()),
        "HOME" | "USERPROFILE" => Some("/h".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn secret(name: &str) -> Option<String> {
    (name == "github/Authorization").then(|| "Bearer kept-5678".to_owned())
}

fn read_text(text: &str) -> Result<Vec<ServerConfig>, BadConfig> {
    read(text, &Surroundings { folder: Path::new("/folder"), variable: &variable, secret: &secret })
}

fn one(entry: &Value) -> Result<Target, BadServer> {
    let file = json!({"mcpServers": {"it": entry}}).to_string();
    read_text(&file).unwrap().remove(0).target
}

fn spec(entry: &Value) -> ProgramSpec {
    match one(entry).unwrap() {
        Target::Program(spec) => spec,
        other @ Target::Http { .. } => panic!("{other:?}"),
    }
}

#[test]
fn the_forms_of_other_programs_are_read() {
    for file in [
        r#"{"mcpServers": {"time": {"command": "uvx", "args": ["mcp-server-time"], "autoApprove": ["x"]}}}"#,
        r#"{"servers": {"time": {"type": "stdio", "command": "uvx", "args": ["mcp-server-time"], "gallery": true}}, "inputs": []}"#,
        "{// VS Code's settings\n\"editor.x\": 1, \"mcp\": {\"servers\": {\"time\": {\"command\": \"uvx\", \"args\": [\"mcp-server-time\"],},}}}",
    ] {
        let servers = read_text(file).unwrap();
        let expected = ProgramSpec {
            args: vec!["mcp-server-time".into()],
            folder: Some("/folder".into()),
            ..ProgramSpec::new("uvx")
        };
        assert_eq!(servers.len(), 1);
        assert_eq!((servers[0].name.as_str(), servers[0].key.as_str()), ("time", "time"));
        assert_eq!(servers[0].target, Ok(Target::Program(expected)), "{file}");
    }
}

#[test]
fn a_file_that_is_none_is_refused_with_its_line() {
    let Err(BadConfig::Json { line, .. }) = read_text("{\n\"mcpServers\": {\n!}}") else {
        panic!("it is none")
    };
    assert_eq!(line, 3);
    assert_eq!(read_text("{\"mcpServer\": {}}"), Err(BadConfig::NoServers));
    assert_eq!(read_text("[]"), Err(BadConfig::NoServers));
    let many: Map<String, Value> = (0..=MAX_SERVERS).map(|n| (n.to_string(), json!({}))).collect();
    assert_eq!(read_text(&json!({"servers": many}).to_string()), Err(BadConfig::TooMany));
}

#[test]
fn one_broken_server_leaves_the_others() {
    let file = json!({"mcpServers": {
        "good": {"command": "good"},
        "off": {"command": "off", "disabled": true},
        "two": {"command": "a", "url": "https://h.example"},
        "none": {},
        "old": {"type": "sse", "url": "https://h.example/sse"},
        "plain": {"url": "http://h.example/mcp"},
        "typed": {"command": 7},
    }});
    let servers = read_text(&file.to_string()).unwrap();
    let of = |name: &str| servers.iter().find(|server| server.name == name).unwrap();
    assert!(of("good").target.is_ok() && !of("good").is_disabled && of("off").is_disabled);
    assert_eq!(of("two").target, Err(BadServer::Way));
    assert_eq!(of("none").target, Err(BadServer::Way));
    assert_eq!(of("old").target, Err(BadServer::Kind("sse".into())));
    assert!(matches!(of("plain").target, Err(BadServer::Url(BadUrl::PlainOffLoopback { .. }))));
    assert!(matches!(of("typed").target, Err(BadServer::Field(_))));
}

#[test]
fn values_are_put_in_where_they_are_named() {
    let spec = spec(&json!({
        "command": "./server",
        "args": ["--home", "${userHome}/x", "$5 {a} ${", "${TOKEN}${EMPTY:-b}"],
        "env": {"A": "${env:TOKEN}", "N": 5, "B": "${NONE:-none}"},
        "cwd": "sub",
    }));
    assert_eq!(spec.program, Path::new("/folder").join("./server"));
    assert_eq!(spec.args, ["--home", "/h/x", "$5 {a} ${", "t0ken-1234b"]);
    let variables: Vec<_> =
        spec.variables.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    assert_eq!(variables, [("A", "t0ken-1234"), ("B", "none"), ("N", "5")]);
    assert_eq!(spec.folder.as_deref(), Some(Path::new("/folder/sub")));
    assert!(spec.inherited.is_empty(), "nothing of ours beside the usual");
}

#[test]
fn a_value_that_is_not_there_is_named_and_nothing_is_started() {
    for (written, fault) in [
        ("${env:GONE}", BadServer::NotSet("GONE".into())),
        ("${GONE}", BadServer::NotSet("GONE".into())),
        ("${keyring:gone}", BadServer::NoSecret("gone".into())),
        ("${input:gone}", BadServer::NoSecret("gone".into())),
        ("${workspaceFolder}/a", BadServer::Unknown("workspaceFolder".into())),
        ("${command:x}", BadServer::Unknown("command:x".into())),
        ("${}", BadServer::Unknown(String::new())),
    ] {
        assert_eq!(one(&json!({"command": "s", "args": [written]})), Err(fault), "{written}");
    }
    assert_eq!(one(&json!({"command": "s", "envFile": ".env"})), Err(BadServer::EnvFile));
    assert!(matches!(one(&json!({"command": "s", "env": {"a=b": "c"}})), Err(BadServer::VariableName(_))));
}

#[test]
fn headers_are_filled_checked_and_never_shown() {
    let entry = json!({
        "type": "streamable-http",
        "url": "https://h.example/mcp?a=1",
        "headers": {"Authorization": "${keyring:github/Authorization}", "X-Kind": "${TOKEN}"},
    });
    let target = one(&entry).unwrap();
    let Target::Http { headers, .. } = &target else { panic!("{target:?}") };
    let of = |name: &str| headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str());
    assert_eq!((of("Authorization"), of("X-Kind")), (Some("Bearer kept-5678"), Some("t0ken-1234")));
    let shown = format!("{target:?}");
    assert!(!shown.contains("kept-5678") && !shown.contains("t0ken"), "{shown}");
    for name in ["Host", "Mcp-Session-Id", "content-type", "a b", "a\r\nb", ""] {
        let entry = json!({"url": "https://h.example", "headers": {name: "x"}});
        assert!(matches!(one(&entry), Err(BadServer::Header(_))), "{name}");
    }
    let broken = json!({"url": "https://h.example", "headers": {"A": "b\r\nc: d"}});
    assert!(matches!(one(&broken), Err(BadServer::Header(_))));
}
