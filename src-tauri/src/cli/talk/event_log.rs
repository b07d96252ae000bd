//! Where a conversation's events go without a window: the transcript to the terminal, notices to stderr, everything to the
//! events file. Written at once and by the task that talks: a line is small, and what is lost would be the last one.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use conversation::Event;
use live_client::TappedFrame;
use live_proto::catalogue::Catalogue;
use serde::Serialize;

use super::wire::{self, ms};
use crate::cli::WireDetail;
use crate::cli::print::{self, Stdout};
use crate::cli::talk::transcript::TranscriptPrinter;
use crate::config::files;
use crate::contract::{ConversationInfo, ErrorCode, Partner, Snapshot, UiEnvelope, UiError, UiEvent};
use crate::messages;

/// The terminal and the events file.
pub(crate) struct EventLog {
    catalogue: Arc<Catalogue>,
    /// What a window would show by now.
    pub(crate) state: Snapshot,
    seq: u64,
    /// Absent once stdout took no more.
    printer: Option<TranscriptPrinter<Stdout>>,
    file: Option<EventsFile>,
    /// Something that was asked for could not be written.
    pub(crate) is_lossy: bool,
}

/// One event of the file.
#[derive(Serialize)]
struct EventLine<'a> {
    /// In milliseconds since 1970.
    at: u64,
    #[serde(flatten)]
    envelope: &'a UiEnvelope,
    /// A notice in words, for whoever reads the file without the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<NoticeWords>,
}

#[derive(Serialize)]
struct NoticeWords {
    message: String,
    explanation: String,
}

impl EventLog {
    /// The conversation that is about to begin is the first line of the file.
    pub(crate) fn open(
        file: Option<EventsFile>,
        catalogue: Arc<Catalogue>,
        partner: Partner,
        config: &conversation::Config,
    ) -> Self {
        let name = match partner {
            Partner::Gemini => "name-gemini",
            Partner::Practice => "name-practice",
            Partner::Custom => "name-server",
        };
        let mut log = Self {
            catalogue,
            state: Snapshot::default(),
            seq: 0,
            printer: Some(TranscriptPrinter::new(Stdout, messages::text(name))),
            file,
            is_lossy: false,
        };
        log.put(UiEvent::Conversation {
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
        });
        log
    }

    /// An event of the conversation.
    pub(crate) fn take(&mut self, event: Event) {
        for event in messages::ui_events(event, &self.state, &self.catalogue) {
            self.put(event);
        }
    }

    /// A frame that went over the wire.
    pub(crate) fn frame(&mut self, frame: &TappedFrame, detail: WireDetail) {
        if self.file.is_some() {
            for line in wire::lines(frame, detail) {
                self.keep(&line);
            }
        }
    }

    fn put(&mut self, event: UiEvent) {
        self.state.apply(&event);
        self.seq += 1;
        if let UiEvent::Notice { notice } = &event {
            // A file that was named could not be used: the replies' or the microphone's.
            self.is_lossy |= notice.code == ErrorCode::File;
            print::say(notice);
        }
        self.print(&event);
        let words = match &event {
            UiEvent::Notice { notice } => {
                Some(NoticeWords { message: notice.message(), explanation: notice.explanation() })
            }
            _ => None,
        };
        let envelope = UiEnvelope { seq: self.seq, event };
        self.keep(&EventLine { at: ms(SystemTime::now()), envelope: &envelope, words });
    }

    /// A closed terminal (`| head`) ends the printing, not the conversation; nor does one that can't be written, which is
    /// said once.
    fn print(&mut self, event: &UiEvent) {
        let Some(Err(error)) = self.printer.as_mut().map(|printer| printer.show(event)) else { return };
        self.printer = None;
        if error.kind() != ErrorKind::BrokenPipe {
            self.is_lossy = true;
            print::note(print::stdout_failed(&error));
        }
    }

    /// A file that takes no more is said once; the conversation goes on.
    fn keep(&mut self, line: &impl Serialize) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.write(line)
        {
            print::say(&messages::events_lost(&file.path, &error));
            self.file = None;
        }
    }
}

/// One JSON object a line.
pub(crate) struct EventsFile {
    path: PathBuf,
    file: File,
    /// How much of it is whole lines, in bytes.
    whole: u64,
}

impl EventsFile {
    /// Creates it. Blocks: a pipe waits for somebody who reads.
    ///
    /// # Errors
    /// When it can't be created.
    pub(crate) fn create(path: &Path) -> Result<Self, UiError> {
        let file = files::create_private(path)
            .map_err(|error| messages::file(&path.display().to_string(), &error.to_string()))?;
        Ok(Self { path: path.to_owned(), file, whole: 0 })
    }

    /// Writes the line, or nothing of it where the file is a plain one.
    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let json = serde_json::to_string(line)?;
        let line = print::escaped(&json).into_owned() + "\n";
        match self.file.write_all(line.as_bytes()) {
            Ok(()) => {
                self.whole += line.len() as u64;
                Ok(())
            }
            Err(error) => {
                // A pipe or a device can't be cut.
                _ = self.file.set_len(self.whole);
                Err(error)
            }
        }
    }
}
