//! The backend's part for functions: which of them a conversation offers, the person's `tools.toml`, the notes, and timers.
//! Functions of the app reach it by [`Lent`], which asks and waits for the answer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use net::{Connector, ProxyChoice};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tools::{Alarms, BoxFuture, Browser, Consent, Function, MAX_NOTE_CHARS, MAX_NOTES, NoteStore, Registry};

use super::outcome::Outcome;
use super::tool_request::ToolRequest;
use super::{Task, in_background};
use crate::app::links;
use crate::config::functions::{self, ToolsFile};
use crate::config::notes::NotesFile;
use crate::config::own_tools::NotChanged;
use crate::config::proxy;
use crate::config::secrets::Secrets;
use crate::contract::{
    ErrorCode, Note, Phase, Settings, Text, ToolAsks, ToolChoice, ToolSource, Toolbox, ToolsFileState,
    UiError, UiEvent,
};
use crate::messages;

/// The most timers that run at once.
const TIMERS: usize = 20;

/// What the backend keeps for functions.
pub(super) struct Kept {
    /// Where the person's own functions stand; absent without a home folder.
    path: Option<PathBuf>,
    /// As it was read last; `Ok(None)` when the file does not exist.
    file: Result<Option<ToolsFile>, UiError>,
    notes_file: NotesFile,
    notes: Vec<Note>,
    last_note: u32,
    /// Grows with each change of the notes.
    notes_round: u64,
    /// What there is was changed, of which nobody was told yet.
    is_other: bool,
    /// The functions that the running conversation was told of.
    in_use: Option<Arc<Registry>>,
    /// Those that it will have been told of when it has connected again.
    asked: Option<Arc<Registry>>,
    /// The running timers: when they are over, and what they are for.
    timers: Vec<(Instant, String)>,
}

impl Kept {
    pub(super) fn new(
        path: Option<PathBuf>,
        file: Result<Option<ToolsFile>, UiError>,
        notes_file: NotesFile,
    ) -> Self {
        Self {
            path,
            file,
            notes_file,
            notes: Vec::new(),
            last_note: 0,
            notes_round: 0,
            is_other: false,
            in_use: None,
            asked: None,
            timers: Vec::new(),
        }
    }

    /// Takes what was read of the notes.
    pub(super) fn with_notes(mut self, notes: Vec<tools::Note>) -> Self {
        for note in notes {
            self.push(note);
        }
        self
    }

    fn push(&mut self, tools::Note { at, text }: tools::Note) {
        self.last_note = self.last_note.wrapping_add(1);
        self.notes.push(Note { id: self.last_note, at, text });
    }

    fn plain_notes(&self) -> Vec<tools::Note> {
        self.notes.iter().map(|note| tools::Note { at: note.at, text: note.text.clone() }).collect()
    }

    /// There are other functions than before: the window and a conversation are told soon.
    pub(super) fn are_other(&mut self) {
        self.is_other = true;
    }

    /// A conversation connects again, and tells of these functions.
    pub(super) fn ask_for(&mut self, functions: Arc<Registry>) {
        self.asked = Some(functions);
    }

    /// It did.
    pub(super) fn are_taken(&mut self) {
        self.in_use = self.asked.take();
        self.are_other();
    }

    /// When the next timer is over.
    pub(super) fn due(&self) -> Option<Instant> {
        self.timers.iter().map(|(due, _)| *due).min()
    }

    /// What the window shows.
    pub(super) fn shown(&self, lent: &tools::Lent) -> Toolbox {
        // They are listed and not called.
        let nowhere = Connector::new(ProxyChoice::None);
        let app = Registry::of_app(nowhere.clone(), None, lent);
        let own = self.own(&app, &nowhere);
        let builtin = app.functions().map(|function| choice(function, ToolSource::BuiltIn));
        let own_ones = own.iter().flatten().map(|function| choice(function, ToolSource::Own));
        let tools = builtin.chain(own_ones).collect();
        let file = ToolsFileState {
            path: self.path.as_ref().map(|path| path.display().to_string()),
            exists: !matches!(self.file, Ok(None)),
            error: own.err().map(Box::new),
        };
        let own = self.file.iter().flatten().flat_map(ToolsFile::shown).collect();
        Toolbox { tools, file, own, notes: self.notes.clone(), ..Toolbox::default() }
    }

    /// The person's own functions.
    fn own(&self, others: &Registry, connector: &Connector) -> Result<Vec<Function>, UiError> {
        match &self.file {
            Ok(None) => Ok(Vec::new()),
            Ok(Some(file)) => file.functions(others, connector),
            Err(error) => Err(error.clone()),
        }
    }

    /// What a conversation offers by these settings, and why the person's own functions are not among it.
    pub(super) fn offered(
        &self,
        settings: &Settings,
        connector: &Connector,
        lent: &tools::Lent,
    ) -> (Registry, Option<UiError>) {
        let app = Registry::of_app(connector.clone(), functions::weather_server().as_deref(), lent);
        let (own, trouble) = match self.own(&app, connector) {
            Ok(own) => (own, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        (functions::switched(&app, own, settings), trouble)
    }
}

/// A function as the window shows it.
pub(super) fn choice(function: &Function, source: ToolSource) -> ToolChoice {
    ToolChoice {
        name: function.name().to_owned(),
        description: function.description().to_owned(),
        source,
        on_at_first: source != ToolSource::BuiltIn || Registry::is_on_at_first(function.name()),
        asks: match function.terms().consent {
            Consent::NotNeeded => ToolAsks::No,
            Consent::Ask => ToolAsks::First,
            Consent::AskEachTime => ToolAsks::EachTime,
        },
    }
}

impl Task {
    /// What functions of the app reach of this task.
    pub(super) fn lent(&self) -> tools::Lent {
        let lent = Arc::new(Lent(self.outcomes.0.clone()));
        tools::Lent { browser: lent.clone(), notes: lent.clone(), alarms: lent }
    }

    pub(super) fn tell_toolbox(&mut self) {
        let mut toolbox = Box::new(self.tools.shown(&self.lent()));
        self.servers.show(&mut toolbox);
        if self.is_in_talk() {
            let (now, _) = self.functions_now(&self.secrets.clone().unwrap_or_default());
            toolbox.waits = self.tools.in_use.as_ref().is_some_and(|in_use| !in_use.declares_as(&now));
        }
        self.emit(UiEvent::Toolbox { toolbox });
    }

    /// Tells the window, and a running conversation, if there are other functions than before.
    pub(super) async fn tell_of_functions(&mut self) {
        if !std::mem::take(&mut self.tools.is_other) {
            return;
        }
        if self.is_in_talk() {
            let (functions, _) = self.functions_now(&self.secrets.clone().unwrap_or_default());
            self.send(conversation::Command::Functions(functions)).await;
        }
        self.tell_toolbox();
    }

    /// The functions of a conversation that starts; why some are missing is a notice.
    pub(super) fn functions_at_start(&mut self, secrets: &Secrets) -> Arc<Registry> {
        let (functions, trouble) = self.functions_now(secrets);
        if let Some(notice) = trouble {
            self.emit(UiEvent::Notice { notice });
        }
        (self.tools.in_use, self.tools.asked) = (Some(Arc::clone(&functions)), None);
        functions
    }

    /// The functions that are on now, and why the person's own are not among them.
    pub(super) fn functions_now(&self, secrets: &Secrets) -> (Arc<Registry>, Option<UiError>) {
        let settings = &self.state.settings;
        let connector = proxy::for_tools(settings, secrets);
        let (functions, trouble) = self.tools.offered(settings, &connector, &self.lent());
        (Arc::new(self.servers.with_functions(&functions, settings)), trouble)
    }

    fn is_in_talk(&self) -> bool {
        self.talk.is_some() && self.state.phase != Phase::Ended
    }

    /// Reads the person's `tools.toml` again; the next conversation offers what it says.
    pub(super) fn reload_tools(&mut self) {
        let Some(path) = self.tools.path.clone() else { return };
        self.answer_later(async move {
            let read = in_background(move || functions::user_file(&path)).await?;
            Some(Outcome::ToolsFile(read))
        });
    }

    /// Takes it as it was read.
    pub(super) fn take_tools_file(&mut self, file: Result<Option<ToolsFile>, UiError>) {
        self.tools.file = file;
        self.tools.are_other();
    }

    /// Changes it by one function.
    pub(super) fn change_tools_file(
        &self,
        change: impl FnOnce(&str) -> Result<String, NotChanged> + Send + 'static,
        answer: oneshot::Sender<Option<UiError>>,
    ) {
        let Some(path) = self.tools.path.clone() else { return };
        let others = Registry::of_app(Connector::new(ProxyChoice::None), None, &self.lent());
        self.answer_later(async move {
            let changed = in_background(move || functions::change_user_file(&path, &others, change)).await?;
            let (outcome, fault) = match changed {
                Ok(file) => (Some(Outcome::ToolsFile(Ok(Some(file)))), None),
                Err(fault) => (None, Some(fault)),
            };
            _ = answer.send(fault);
            outcome
        });
    }

    /// Opens it in the system's editor; a new one has examples.
    pub(super) fn open_tools_file(&mut self) {
        let Some(path) = self.tools.path.clone() else { return };
        self.answer_later(async move {
            let opened = in_background(move || {
                let created = functions::create_user_file(&path)?;
                let opened = tauri_plugin_opener::open_path(&path, None::<&str>);
                opened.map_err(|error| messages::tools_file(&path, &error.to_string()))?;
                Ok::<_, UiError>(created)
            });
            match opened.await? {
                Ok(created) => created.map(|file| Outcome::ToolsFile(Ok(Some(file)))),
                Err(notice) => Some(Outcome::Notice(notice, ErrorCode::File)),
            }
        });
    }

    /// Changes a note, or deletes it.
    pub(super) fn change_note(&mut self, id: u32, text: Option<&str>) {
        match text.map(str::trim).filter(|text| !text.is_empty()) {
            None => self.tools.notes.retain(|note| note.id != id),
            Some(text) => {
                let Some(note) = self.tools.notes.iter_mut().find(|note| note.id == id) else { return };
                note.text = text.chars().take(MAX_NOTE_CHARS).collect();
            }
        }
        self.tell_toolbox();
        self.keep_notes(None);
    }

    /// Serves a function of the app.
    pub(super) fn serve_tool(&mut self, request: ToolRequest) {
        match request {
            ToolRequest::Notes(answer) => _ = answer.send(self.tools.plain_notes()),
            ToolRequest::AddNote(text, answer) => {
                if self.tools.notes.len() >= MAX_NOTES {
                    let reason = format!(
                        "there are {MAX_NOTES} notes already; the user can delete some in the settings"
                    );
                    _ = answer.send(Err(reason));
                    return;
                }
                let at = jiff::Timestamp::now().as_millisecond();
                self.tools.push(tools::Note { at: u64::try_from(at).unwrap_or_default(), text });
                self.tell_toolbox();
                self.keep_notes(Some(answer));
            }
            ToolRequest::SetTimer(after, label, answer) => {
                if self.tools.timers.len() >= TIMERS {
                    _ = answer.send(Err(format!("{TIMERS} timers run already")));
                    return;
                }
                self.tools.timers.push((Instant::now() + after, label));
                _ = answer.send(Ok(()));
            }
        }
    }

    /// Writes the notes. A function hears whether they are kept; otherwise a notice says what went wrong.
    fn keep_notes(&mut self, answer: Option<oneshot::Sender<Result<(), String>>>) {
        self.tools.notes_round += 1;
        let (file, notes, round) =
            (self.tools.notes_file.clone(), self.tools.plain_notes(), self.tools.notes_round);
        self.answer_later(async move {
            let saved = in_background(move || file.save(&notes, round)).await?;
            if let Some(answer) = answer {
                _ = answer
                    .send(saved.clone().map_err(|_| "the notes can't be written to the disk".to_owned()));
            }
            saved.err().map(|notice| Outcome::Notice(notice, ErrorCode::File))
        });
    }

    /// Tells of the timers that are over: the model, which speaks up, or a notice when nobody is there to speak.
    pub(super) async fn end_timers(&mut self, now: Instant) {
        let timers = std::mem::take(&mut self.tools.timers);
        let (over, running): (Vec<_>, Vec<_>) = timers.into_iter().partition(|(due, _)| *due <= now);
        self.tools.timers = running;
        for (_, label) in over {
            if self.talk.is_some() && self.state.phase != Phase::Ended {
                let words =
                    if label.is_empty() { "A timer".to_owned() } else { format!("The timer {label:?}") };
                let words =
                    format!("[{words} that the user set is over. Tell the user now, in a short sentence.]");
                self.send(conversation::Command::Tell(words)).await;
            } else {
                let id = if label.is_empty() { "timer-over" } else { "timer-over-label" };
                let notice = messages::timer_over(Text::new(id).with("label", label));
                self.emit(UiEvent::Notice { notice });
            }
        }
    }
}

/// The backend, as functions of the app see it.
struct Lent(mpsc::Sender<Outcome>);

impl Lent {
    /// Asks the backend and waits for its answer.
    fn ask<T: Send + 'static>(
        &self,
        request: impl FnOnce(oneshot::Sender<T>) -> ToolRequest,
    ) -> BoxFuture<'static, Result<T, String>> {
        let (answer, answered) = oneshot::channel();
        let (outcomes, request) = (self.0.clone(), request(answer));
        Box::pin(async move {
            let gone = "the app is closing";
            outcomes.send(Outcome::Tool(request)).await.map_err(|_| gone.to_owned())?;
            answered.await.map_err(|_| gone.to_owned())
        })
    }
}

impl NoteStore for Lent {
    fn add(&self, text: String) -> BoxFuture<'static, Result<(), String>> {
        let added = self.ask(|answer| ToolRequest::AddNote(text, answer));
        Box::pin(async move { added.await? })
    }

    fn all(&self) -> BoxFuture<'static, Result<Vec<tools::Note>, String>> {
        self.ask(ToolRequest::Notes)
    }
}

impl Alarms for Lent {
    fn set(&self, after: Duration, label: String) -> BoxFuture<'static, Result<(), String>> {
        let set = self.ask(|answer| ToolRequest::SetTimer(after, label, answer));
        Box::pin(async move { set.await? })
    }
}

impl Browser for Lent {
    fn open(&self, url: String) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(async move {
            let url = links::page(&url).ok_or("this is not the address of a web page")?;
            let open = move || tauri_plugin_opener::open_url(url.as_str(), None::<&str>);
            match in_background(open).await {
                Some(Ok(())) => Ok(()),
                Some(Err(_)) | None => Err("no browser could be started".to_owned()),
            }
        })
    }
}
