//! The window's MCP servers: listed with what is wrong with them, switched, started again, imported, and what a conversation hears
//! of it.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use vivavoce::Startup;
use vivavoce::app::backend::{Backend, Request, Source};
use vivavoce::contract::{
    Phase, Settings, Snapshot, ToolServer, ToolServerState as State, ToolSource, ToolState,
};

use crate::{Window, practice};

/// A folder with a file of servers.
struct Place {
    folder: TempDir,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mcp.json");
        Self { folder, file }
    }

    /// The entry of a server that does what its mode says.
    fn entry(&self, mode: &str) -> Value {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/crates/mcp/tests/fixtures/server.py");
        json!({"command": "python3", "args": [script, mode, self.folder.path()]})
    }

    fn write(&self, servers: &Value) {
        fs::write(&self.file, json!({ "mcpServers": servers }).to_string()).unwrap();
    }

    async fn open(&self) -> (Backend, Window) {
        let startup = Startup::of(practice()).with_servers_of(self.file.clone());
        let backend = Backend::spawn(startup);
        let window = Window::subscribe(&backend).await;
        (backend, window)
    }
}

fn of<'a>(state: &'a Snapshot, key: &str) -> Option<&'a ToolServer> {
    state.toolbox.servers.iter().find(|server| server.key == key)
}

fn is(state: &Snapshot, key: &str, wanted: State) -> bool {
    of(state, key).is_some_and(|server| server.state == wanted)
}

/// These settings with one switch.
fn switching(name: &str, is_on: bool) -> Settings {
    Settings { tool_switches: Some([(name.to_owned(), is_on)].into()), ..practice() }
}

async fn quit(backend: &Backend) {
    let (done, ended) = tokio::sync::oneshot::channel();
    backend.ask(Request::Quit(done)).await;
    ended.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_are_listed_as_they_are_and_switched_one_by_one() {
    let place = Place::new();
    let gone = json!({"command": "vivavoce-no-such-program"});
    let mut off = place.entry("shop");
    off["disabled"] = json!(true);
    place.write(&json!({"good": place.entry("good"), "gone": gone, "off": off}));
    let (backend, mut window) = place.open().await;
    window.until("good", |state| is(state, "good", State::Running));
    window.until("gone", |state| is(state, "gone", State::Failed));
    let good = of(&window.state, "good").unwrap();
    assert!(good.tools.iter().any(|tool| tool.name == "good__echo" && tool.source == ToolSource::Server));
    let reason = of(&window.state, "gone").unwrap().reason.clone();
    assert_eq!(reason.as_deref(), Some("vivavoce-no-such-program was not found"));
    assert!(is(&window.state, "off", State::Off) && !of(&window.state, "off").unwrap().on_at_first);
    // Switched on against the file, and good off.
    backend.ask(Request::Change(Box::new(switching("off__*", true)))).await;
    window.until("off runs", |state| is(state, "off", State::Running));
    backend.ask(Request::Change(Box::new(switching("good__*", false)))).await;
    window.until("both off", |state| is(state, "good", State::Off) && is(state, "off", State::Off));
    assert!(of(&window.state, "good").unwrap().tools.is_empty());
    quit(&backend).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_a_mistake_is_told_and_read_again() {
    let place = Place::new();
    fs::write(&place.file, "{\"mcpServers\": {\"a\" 1}}").unwrap();
    let (backend, mut window) = place.open().await;
    window.until("the mistake", |state| state.toolbox.servers_file.error.is_some());
    assert_eq!(window.state.notices.len(), 1, "and a notice, since the settings are closed");
    place.write(&json!({"good": place.entry("good")}));
    backend.ask(Request::ReloadServers).await;
    window.until("good", |state| is(state, "good", State::Running));
    assert_eq!(window.state.toolbox.servers_file.error, None);
    fs::remove_file(&place.file).unwrap();
    backend.ask(Request::ReloadServers).await;
    window.until("none", |state| state.toolbox.servers.is_empty() && !state.toolbox.servers_file.exists);
    quit(&backend).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_given_up_is_started_again_when_asked() {
    let place = Place::new();
    place.write(&json!({"dies": place.entry("dies")}));
    let (backend, mut window) = place.open().await;
    window.until("given up", |state| is(state, "dies", State::Failed));
    backend.ask(Request::RestartServer("nobody".into())).await;
    backend.ask(Request::RestartServer("dies".into())).await;
    window.until("tried again", |state| !is(state, "dies", State::Failed));
    window.until("given up again", |state| is(state, "dies", State::Failed));
    quit(&backend).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_another_program_are_taken_and_started() {
    let place = Place::new();
    let theirs = place.folder.path().join("theirs.json");
    fs::write(&theirs, json!({"mcpServers": {"good": place.entry("good")}}).to_string()).unwrap();
    let (backend, mut window) = place.open().await;
    let import = |state: &Snapshot| state.toolbox.import.as_ref().map(|told| told.text.id.clone());
    backend.ask(Request::ImportServers(Source::File(theirs.clone()))).await;
    window.until("good", |state| is(state, "good", State::Running));
    assert_eq!(import(&window.state).as_deref(), Some("mcp-imported"));
    backend.ask(Request::ImportServers(Source::File(theirs))).await;
    window.until("nothing new", |state| import(state).as_deref() == Some("mcp-import-none"));
    backend.ask(Request::ImportServers(Source::File(place.folder.path().join("no.json")))).await;
    window.until("no file", |state| import(state).as_deref() == Some("mcp-file"));
    assert!(is(&window.state, "good", State::Running), "what runs goes on");
    quit(&backend).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_conversation_waits_for_other_tools_until_it_connects_again() {
    let place = Place::new();
    place.write(&json!({"shop": place.entry("shop")}));
    let (backend, mut window) = place.open().await;
    window.until("shop", |state| is(state, "shop", State::Running));
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    assert!(!window.state.toolbox.waits);
    let ask = || Request::Text("Tell me the state of the order A7.".into());
    backend.ask(ask()).await;
    window.until("it asks", |state| state.tools.iter().any(|call| call.state == ToolState::Asking));
    backend.ask(Request::Change(Box::new(switching("shop__order_state", false)))).await;
    window.until("it waits", |state| state.toolbox.waits);
    backend.ask(Request::Reconnect).await;
    window.until("nothing waits", |state| !state.toolbox.waits);
    let calls = window.state.tools.len();
    backend.ask(ask()).await;
    window.until("an answer without the tool", |state| {
        state.turns.iter().filter(|turn| turn.text.contains("A7")).count() == 2
            && state.turns.last().is_some_and(|turn| turn.ended && !turn.text.contains("A7"))
    });
    assert_eq!(window.state.tools.len(), calls);
    quit(&backend).await;
}
