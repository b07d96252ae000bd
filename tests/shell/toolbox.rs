//! The window's functions: listed with their file and its mistakes, asked for and allowed, remembered notes, and a timer that
//! speaks up.

use std::fs;
use std::path::Path;

use vivavoce::Startup;
use vivavoce::app::backend::{Backend, Request};
use vivavoce::contract::{
    CallDecision, ErrorCode, OwnTool, OwnWay, Phase, Settings, Snapshot, Speaker, ToolAsks, ToolRule,
    ToolSource, ToolState,
};

use crate::{Window, practice};

const HOURS: &str = "
[[functions]]
name = \"opening_hours\"
description = \"Tells the opening hours of the shop.\"
answer = \"from nine to six\"
";

fn start(settings: Settings, folder: &Path) -> Backend {
    Backend::spawn(Startup::of(settings).with_tools_in(folder))
}

/// Practice with these switches and rules.
fn with(switches: &[&str], rules: &[(&str, ToolRule)]) -> Settings {
    Settings {
        tool_switches: Some(switches.iter().map(|name| ((*name).to_owned(), true)).collect()),
        tool_rules: Some(rules.iter().map(|(name, rule)| ((*name).to_owned(), *rule)).collect()),
        ..practice()
    }
}

/// Says this, and returns the number of the call that it makes.
async fn asks(backend: &Backend, window: &mut Window, text: &str, state: ToolState) -> u32 {
    let calls = window.state.tools.len();
    backend.ask(Request::Text(text.to_owned())).await;
    window.until(text, |now| now.tools.len() > calls && now.tools[calls].state == state);
    window.state.tools[calls].number
}

fn replies(state: &Snapshot) -> impl Iterator<Item = &str> {
    let replies = state.turns.iter().filter(|turn| turn.speaker == Speaker::Gemini && turn.ended);
    replies.map(|turn| turn.text.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn own_functions_are_written_by_a_form_and_never_break_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tools.toml");
    let backend = start(practice(), folder.path());
    let mut window = Window::subscribe(&backend).await;
    let hours = |name: &str, text: &str| OwnTool {
        name: name.into(),
        description: "Tells the opening hours of the shop.".into(),
        arguments: Some(Vec::new()),
        way: OwnWay::Answer { text: text.into() },
    };
    let save = async |old: Option<&str>, tool: OwnTool| {
        let (answer, done) = tokio::sync::oneshot::channel();
        backend.ask(Request::SaveTool(old.map(str::to_owned), Box::new(tool), answer)).await;
        done.await.unwrap()
    };
    assert_eq!(save(None, hours("opening_hours", "from nine to six")).await, None);
    window.until("the function", |state| state.toolbox.own.len() == 1 && state.toolbox.tools.len() == 7);
    let commented = format!("# Mine.\n{}", fs::read_to_string(&file).unwrap());
    fs::write(&file, &commented).unwrap();
    // A name of the app's, one of a server's, none at all, and one that went meanwhile.
    for (old, name) in [(None, "get_weather"), (None, "a__b"), (None, ""), (Some("gone"), "x")] {
        let fault = save(old, hours(name, "x")).await.unwrap();
        assert!(!fault.detail.unwrap_or_default().is_empty(), "{name}");
        assert_eq!(fs::read_to_string(&file).unwrap(), commented, "{name}");
    }
    assert_eq!(save(Some("opening_hours"), hours("hours", "from ten to five")).await, None);
    window.until("its new name", |state| state.toolbox.tools.last().is_some_and(|tool| tool.name == "hours"));
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# Mine.") && text.contains("from ten to five"), "{text}");
    let (answer, done) = tokio::sync::oneshot::channel();
    backend.ask(Request::DeleteTool("hours".into(), answer)).await;
    assert_eq!(done.await.unwrap(), None);
    window.until("it is gone", |state| state.toolbox.own.is_empty() && state.toolbox.tools.len() == 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn own_functions_are_listed_with_what_is_wrong_in_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tools.toml");
    let backend = start(practice(), folder.path());
    let mut window = Window::subscribe(&backend).await;
    window.until("the app's own", |state| state.toolbox.tools.len() == 6);
    let app = &window.state.toolbox;
    assert!(!app.file.exists && app.file.path.as_deref() == file.to_str());
    let on: Vec<_> =
        app.tools.iter().filter(|tool| tool.on_at_first).map(|tool| tool.name.as_str()).collect();
    assert_eq!(on, ["get_current_time", "get_weather"]);
    let browser = app.tools.iter().find(|tool| tool.name == "open_url").unwrap();
    assert_eq!((browser.source, browser.asks), (ToolSource::BuiltIn, ToolAsks::EachTime));

    fs::write(&file, format!("{HOURS}\n[[functions]]\nname = \"b\"\nanser = 1")).unwrap();
    backend.ask(Request::ReloadTools).await;
    window.until("what is wrong", |state| state.toolbox.file.error.is_some());
    let error = window.state.toolbox.file.error.clone().unwrap();
    assert!(error.detail.unwrap().contains("line "), "it says where");
    assert_eq!(window.state.toolbox.tools.len(), 6, "it is used whole or not at all");

    fs::write(&file, HOURS).unwrap();
    backend.ask(Request::ReloadTools).await;
    window
        .until("the function", |state| state.toolbox.tools.len() == 7 && state.toolbox.file.error.is_none());
    let own = &window.state.toolbox.tools[6];
    assert_eq!((own.name.as_str(), own.source, own.on_at_first), ("opening_hours", ToolSource::Own, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_of_the_file_asks_where_the_settings_say_so_and_is_allowed_for_good() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tools.toml"), HOURS).unwrap();
    let backend = start(with(&[], &[("opening_hours", ToolRule::Ask)]), folder.path());
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    let question = "What are the opening hours of the shop?";
    let call = asks(&backend, &mut window, question, ToolState::Asking).await;
    backend.ask(Request::DecideCall(call, CallDecision::Always)).await;
    window.until("its result", |state| state.tools[0].state == ToolState::Done);
    window.until("the rule is kept", |state| {
        state.settings.tool_rules.as_ref().is_some_and(|rules| rules["opening_hours"] == ToolRule::Always)
    });
    window.until("it is told", |state| replies(state).any(|reply| reply.contains("nine to six")));
    backend.ask(Request::End).await;
    window.until("the end", |state| state.phase == Phase::Ended);

    // Switched off it is not offered.
    let off = [("opening_hours".to_owned(), false)].into();
    let settings = Settings { tool_switches: Some(off), ..window.state.settings.clone() };
    backend.ask(Request::Change(Box::new(settings))).await;
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    backend.ask(Request::Text(question.into())).await;
    window.until("an answer", |state| replies(state).next().is_some());
    assert!(window.state.tools.is_empty(), "{:?}", window.state.tools);
    backend.ask(Request::End).await;
    window.until("the end", |state| state.phase == Phase::Ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_speaks_up_when_it_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let backend = start(with(&["set_timer"], &[]), folder.path());
    let mut window = Window::subscribe(&backend).await;
    backend.ask(Request::Start).await;
    window.until("listening", |state| state.phase == Phase::Listening);
    asks(&backend, &mut window, "Set a timer for 2 seconds.", ToolState::Done).await;
    window.until("it is set", |state| replies(state).next().is_some());
    let before = replies(&window.state).count();
    // Nobody says or types anything.
    window.until("it speaks up", |state| replies(state).count() > before);
    let typed = window.state.turns.iter().filter(|turn| turn.speaker == Speaker::You).count();
    assert_eq!(typed, 1, "what the model was told is no turn of the person's");
    // One that ends after the conversation is a notice.
    asks(&backend, &mut window, "Set a timer for 3 seconds.", ToolState::Done).await;
    backend.ask(Request::End).await;
    window.until("a notice", |state| state.notices.iter().any(|notice| notice.code == ErrorCode::TimerOver));
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_are_kept_changed_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.json");
    fs::write(
        &file,
        r#"{"notes": [{"at": 5, "text": "Ann is allergic to nuts."}, {"at": 6, "text": "Two"}]}"#,
    )
    .unwrap();
    let backend = start(practice(), folder.path());
    let mut window = Window::subscribe(&backend).await;
    window.until("both", |state| state.toolbox.notes.len() == 2);
    let [first, second] = [0, 1].map(|index| window.state.toolbox.notes[index].id);
    backend.ask(Request::ChangeNote(second, Some("  Three ".into()))).await;
    window.until("the change", |state| state.toolbox.notes[1].text == "Three");
    backend.ask(Request::ChangeNote(first, None)).await;
    window.until("the other is gone", |state| state.toolbox.notes.len() == 1);
    let written = || fs::read_to_string(&file).unwrap();
    let deadline = std::time::Instant::now() + crate::PATIENCE;
    while written().contains("Ann") || !written().contains("Three") {
        assert!(std::time::Instant::now() < deadline, "{}", written());
        tokio::task::yield_now().await;
    }
}
