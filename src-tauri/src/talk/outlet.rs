//! Where a conversation's events go without a window: the transcript to the terminal, notices to stderr, everything to the
//! events file. Written at once and by the task that talks: a line is small, and what is lost would be the last one.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use conversation::Event;
use live_client::TappedFrame;
use live_proto::catalogue::Catalogue;
use serde::Serialize;

use super::wire;
use crate::backend::ui_events;
use crate::cli::WireDetail;
use crate::contract::{ConversationInfo, Partner, Snapshot, UiEnvelope, UiError, UiEvent};
use crate::transcript_printer::TranscriptPrinter;

/// The terminal and the events file.
pub(crate) struct Outlet {
    catalogue: Arc<Catalogue>,
    /// What a window would show by now.
    pub(crate) state: Snapshot,
    seq: u64,
    printer: TranscriptPrinter<io::Stdout>,
    file: Option<EventsFile>,
}

/// One event of the file.
#[derive(Serialize)]
struct EventLine<'a> {
    /// In milliseconds since 1970.
    at: u64,
    #[serde(flatten)]
    envelope: &'a UiEnvelope,
}

impl Outlet {
    /// Creates the file; the conversation that is about to begin is its first line.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn open(
        path: Option<&Path>,
        catalogue: Arc<Catalogue>,
        partner: Partner,
        config: &conversation::Config,
    ) -> Result<Self, UiError> {
        let name = match partner {
            Partner::Gemini => "Gemini",
            Partner::Rehearsal => "Rehearsal",
            Partner::Custom => "Server",
        };
        let mut outlet = Self {
            catalogue,
            state: Snapshot::default(),
            seq: 0,
            printer: TranscriptPrinter::new(io::stdout(), name),
            file: path.map(EventsFile::create).transpose()?,
        };
        outlet.put(UiEvent::Conversation {
            conversation: Some(ConversationInfo {
                started_at: None,
                ended_at: None,
                partner,
                model: config.setup.model.clone(),
                voice: config.setup.voice.clone().unwrap_or_default(),
                push_to_talk: config.setup.manual_activity,
                microphone: None,
                speaker: None,
            }),
        })?;
        Ok(outlet)
    }

    /// An event of the conversation.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn take(&mut self, event: Event) -> Result<(), UiError> {
        for event in ui_events(event, &self.state, &self.catalogue) {
            self.put(event)?;
        }
        Ok(())
    }

    /// A frame that went over the wire.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn frame(&mut self, frame: &TappedFrame, detail: WireDetail) -> Result<(), UiError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        wire::lines(frame, detail).iter().try_for_each(|line| file.write(line))
    }

    fn put(&mut self, event: UiEvent) -> Result<(), UiError> {
        self.state.apply(&event);
        self.seq += 1;
        if let UiEvent::Notice { notice } = &event {
            say(notice);
        }
        // A closed terminal (`| head`) ends the printing, not the conversation.
        let _ = self.printer.show(&event);
        let envelope = UiEnvelope { seq: self.seq, event };
        match &mut self.file {
            Some(file) => file.write(&EventLine { at: ms(SystemTime::now()), envelope: &envelope }),
            None => Ok(()),
        }
    }
}

/// One JSON object a line.
struct EventsFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl EventsFile {
    fn create(path: &Path) -> Result<Self, UiError> {
        let file = File::create(path).map_err(|error| failed(path, &error))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file) })
    }

    fn write(&mut self, line: &impl Serialize) -> Result<(), UiError> {
        let written = serde_json::to_writer(&mut self.file, line)
            .map_err(io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"))
            .and_then(|()| self.file.flush());
        written.map_err(|error| failed(&self.path, &error))
    }
}

fn failed(path: &Path, error: &io::Error) -> UiError {
    crate::errors::file(&path.display().to_string(), &error.to_string())
}

/// Milliseconds since 1970.
pub(super) fn ms(at: SystemTime) -> u64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// An error or a notice for a person at a terminal.
pub(crate) fn say(error: &UiError) {
    let strong = if io::stderr().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    eprintln!("{}{}.{} {}", strong.0, error.message, strong.1, error.explanation);
    if let Some(detail) = &error.detail {
        eprintln!("  {detail}");
    }
}
