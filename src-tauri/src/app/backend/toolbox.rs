//! The backend's part for functions: which of them a conversation offers, the person's `tools.toml`, the notes, and timers.
//! Functions of the app reach it by [`Lent`], which asks and waits for the answer.

use std::path::PathBuf;
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
    /// The running timers: when they are over, and what they are for.
    timers: Vec<(Instant, String)>,
}

impl Kept {
    pub(super) fn new(
        path: Option<PathBuf>,
        file: Result<Option<ToolsFile>, UiError>,
        notes_file: NotesFile,
    ) -> Self {
        Self { path, file, notes_file, notes: Vec::new(), last_note: 0, notes_round: 0, timers: Vec::new() }
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
        Toolbox { tools, file, notes: self.notes.clone() }
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

fn choice(function: &Function, source: ToolSource) -> ToolChoice {
    ToolChoice {
        name: function.name().to_owned(),
        description: function.description().to_owned(),
        source,
        on_at_first: source == ToolSource::Own || Registry::is_on_at_first(function.name()),
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
        let lent = std::sync::Arc::new(Lent(self.outcomes.0.clone()));
        tools::Lent { browser: lent.clone(), notes: lent.clone(), alarms: lent }
    }

    pub(super) fn tell_toolbox(&mut self) {
        let toolbox = Box::new(self.tools.shown(&self.lent()));
        self.emit(UiEvent::Toolbox { toolbox });
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
        self.tell_toolbox();
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
