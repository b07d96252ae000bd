//! `vivavoce talk`: a conversation without a window. The same conversation, events and errors as in the window; the exit
//! status is 0 only when a reply was complete.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use audio::{Microphone, SpeakerChoice};
use conversation::{Command, Conversation, Event};
use live_proto::catalogue::Catalogue;
use rehearsal::{Rehearsal, RehearsalConfig};
use tokio::sync::{mpsc, watch};

use crate::backend::ui_events;
use crate::cli::TalkArgs;
use crate::contract::{ConversationInfo, Partner, Phase, Snapshot, UiEnvelope, UiError, UiEvent};
use crate::opening::Opening;
use crate::transcript_printer::TranscriptPrinter;
use crate::{models, partner, profile, secrets};

/// Shown under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  vivavoce talk --text \"Tell me a joke\" --save response.wav
  vivavoce talk --endpoint rehearsal --mic question.wav --speaker none --until 20
  vivavoce talk --mic Yeti --speaker Built-in --events events.jsonl";

/// Talks until the typed messages are answered, the time is up, the partner ends it, or Ctrl-C.
pub(crate) async fn run(args: TalkArgs) -> ExitCode {
    match talk(args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

async fn talk(args: TalkArgs) -> Result<bool, UiError> {
    let Opening { settings, catalogue, troubles, .. } = opening(&args)?;
    for trouble in &troubles {
        say(trouble);
    }
    let secrets = tokio::task::spawn_blocking(secrets::find).await.unwrap_or_default();
    let models = models::of_user();
    let rehearsal = Rehearsal::new(RehearsalConfig { models: models.clone(), ..RehearsalConfig::default() });
    let line = partner::choose(&settings, &profile::model(&settings, &catalogue), &secrets, &rehearsal)?;
    let mut config = profile::conversation(&settings, &catalogue, watch::Sender::new(None));
    if let Some(file) = args.mic.as_deref().filter(|mic| is_wav(mic)) {
        config.microphone = Microphone::File(file.into());
    }
    config.save.clone_from(&args.save);
    let mut talk = Talk {
        texts: args.text.iter().cloned().collect(),
        by_text: !args.text.is_empty(),
        outlet: Outlet::open(args.events.as_deref(), catalogue, line.partner, &config)?,
        waits_for_sound: !matches!(config.speaker, SpeakerChoice::None),
    };
    config.setup.model = line.model;
    if line.partner == Partner::Rehearsal {
        eprintln!("Rehearsal: an offline partner on this computer, not Gemini. {}", models::words(&models));
    }
    let (conversation, events) =
        Conversation::start(config, line.dialer, Arc::new(tools::Registry::builtin()));
    let limit = args.until.map(|seconds| Duration::from_secs_f64(seconds.clamp(0.0, 1e6)));
    talk.until_end(conversation, events, limit).await
}

struct Talk {
    texts: VecDeque<String>,
    /// The conversation is over when the last typed message is answered.
    by_text: bool,
    /// Then also wait until the reply was heard.
    waits_for_sound: bool,
    outlet: Outlet,
}

impl Talk {
    async fn until_end(
        &mut self,
        conversation: Conversation,
        mut events: mpsc::Receiver<Event>,
        limit: Option<Duration>,
    ) -> Result<bool, UiError> {
        let mut time_up = std::pin::pin!(async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        });
        let (mut answered, mut ending, mut last_is_complete) = (false, false, false);
        loop {
            let mut end = false;
            tokio::select! {
                event = events.recv() => {
                    let Some(event) = event else { return Ok(answered) };
                    match &event {
                        Event::Started { .. } => self.next_text(&conversation).await,
                        Event::ExchangeComplete if self.by_text => {
                            last_is_complete = self.texts.is_empty();
                            end = last_is_complete && !self.waits_for_sound;
                            self.next_text(&conversation).await;
                        }
                        Event::Ended { answered: complete, .. } => answered = *complete,
                        _ => {}
                    }
                    self.outlet.take(event)?;
                    end |= last_is_complete && self.outlet.state.phase == Phase::Listening;
                }
                () = &mut time_up, if !ending => end = true,
                _ = tokio::signal::ctrl_c(), if !ending => end = true,
            }
            if end && !ending {
                ending = true;
                conversation.tell(Command::End).await;
            }
        }
    }

    async fn next_text(&mut self, conversation: &Conversation) {
        if let Some(text) = self.texts.pop_front() {
            conversation.tell(Command::Text(text)).await;
        }
    }
}

/// Where events go: the terminal and the events file.
struct Outlet {
    catalogue: Arc<Catalogue>,
    state: Snapshot,
    seq: u64,
    printer: TranscriptPrinter<io::Stdout>,
    file: Option<(PathBuf, BufWriter<File>)>,
}

impl Outlet {
    fn open(
        path: Option<&Path>,
        catalogue: Arc<Catalogue>,
        partner: Partner,
        config: &conversation::Config,
    ) -> Result<Self, UiError> {
        let file = match path {
            None => None,
            Some(path) => {
                let file = File::create(path).map_err(|error| file_failed(path, &error))?;
                Some((path.to_owned(), BufWriter::new(file)))
            }
        };
        let mut outlet = Self {
            catalogue,
            state: Snapshot::default(),
            seq: 0,
            printer: TranscriptPrinter::new(io::stdout()),
            file,
        };
        outlet.put(UiEvent::Conversation {
            conversation: Some(ConversationInfo {
                started_at: None,
                ended_at: None,
                partner,
                model: config.setup.model.clone(),
                voice: config.setup.voice.clone().unwrap_or_default(),
                microphone: None,
                speaker: None,
            }),
        })?;
        Ok(outlet)
    }

    fn take(&mut self, event: Event) -> Result<(), UiError> {
        for event in ui_events(event, &self.state, &self.catalogue) {
            self.put(event)?;
        }
        Ok(())
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
        if let Some((path, file)) = &mut self.file {
            let written = serde_json::to_writer(&mut *file, &envelope)
                .map_err(io::Error::from)
                .and_then(|()| file.write_all(b"\n"))
                .and_then(|()| file.flush());
            written.map_err(|error| file_failed(path, &error))?;
        }
        Ok(())
    }
}

fn opening(args: &TalkArgs) -> Result<Opening, UiError> {
    let mut opening = match &args.profile {
        Some(path) => Opening::of_profile(path)?,
        None => Opening::of_nobody(),
    };
    let settings = &mut opening.settings;
    for (to, from) in [
        (&mut settings.endpoint, &args.endpoint),
        (&mut settings.model, &args.model),
        (&mut settings.voice, &args.voice),
        (&mut settings.instructions, &args.instructions),
        (&mut settings.microphone, &args.mic),
        (&mut settings.speaker, &args.speaker),
    ] {
        if let Some(from) = from {
            *to = (from != "default").then(|| from.clone());
        }
    }
    // Who types has no need of a microphone; --mic asks for one all the same.
    if !args.text.is_empty() && args.mic.is_none() && args.profile.is_none() {
        settings.microphone = Some("none".to_owned());
    }
    if let Some(camera) = &args.camera {
        settings.camera_on = Some(true);
        settings.camera = (camera != "default").then(|| camera.clone());
    }
    Ok(opening)
}

fn is_wav(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end.eq_ignore_ascii_case("wav"))
}

fn say(error: &UiError) {
    let strong = if io::stderr().is_terminal() { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
    eprintln!("{}{}.{} {}", strong.0, error.message, strong.1, error.explanation);
    if let Some(detail) = &error.detail {
        eprintln!("  {detail}");
    }
}

fn file_failed(path: &Path, error: &io::Error) -> UiError {
    crate::errors::file(&path.display().to_string(), &error.to_string())
}
