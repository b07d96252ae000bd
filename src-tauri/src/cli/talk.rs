//! `vivavoce talk`: a conversation without a window. The same conversation, events and errors as in the window; the exit
//! status is 0 only when a turn was complete.

mod end_condition;
mod event_log;
mod transcript;
mod wire;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use audio::{Microphone, SpeakerChoice};
use conversation::{Command, Conversation, Event, SoundStore};
use live_client::{TapReceiver, Tapped, TappedFrame};
use mcp::{Policy, Servers};
use net::Connector;
use threads::Deaths;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::cli::print;
use crate::cli::signals::{self, Interrupts};
use crate::cli::{TalkArgs, Until, WireDetail};
use crate::config::functions::{ToolsFile, unattended};
use crate::config::mcp_servers::{self, McpFile};
use crate::config::secrets::Found;
use crate::config::startup::Startup;
use crate::config::{endpoint, endpoint_name, local_models, profile, proxy, secrets, speech_models};
use crate::contract::{Partner, Phase, Settings, Text, UiError};
use crate::messages;
use end_condition::EndCondition;
use event_log::{EventLog, EventsFile};

/// Shown under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  vivavoce talk --practice --text \"Tell me a joke\" --save response.wav
  vivavoce talk --practice --think http://127.0.0.1:11434/v1 --think-model llama3.2
  vivavoce talk --practice --local-model --text \"What can you do?\"
  vivavoce talk --mic Yeti --speaker Built-in --events events.jsonl
  vivavoce talk --mic question.wav --speaker none --until turn --until 20
  vivavoce talk --tools tools.toml --allow order_state --text \"Where is order A-7?\"
  vivavoce talk --mcp mcp.json --allow time --text \"What time is it in Tokyo?\"
  vivavoce talk --image receipt.jpg --text \"What did I pay?\" --events events.jsonl --wire

The transcript goes to stdout, everything else to stderr. Ctrl-C ends it: nothing more is heard of you, your last words and what
is being said are still written, for ten seconds at most; a second Ctrl-C ends at once. Exit status: 0 when a turn was
complete, 1 when none was, when a --text had no answer, or when the transcript or --save could not be written, 130 after the
second Ctrl-C.

New files of --save and --events are readable by you alone; a file that exists keeps its permissions. When --events can't be
written any more, that is said and the conversation goes on.

A line of --events is {\"at\": ms since 1970, \"seq\", \"event\"}; with --wire also {\"at\", \"wire\": \"sent\" or \"received\", and
\"frame\" or \"close\"}. The key is in no frame.";

/// How long a conversation that broke off may take to release its devices and complete its files.
const CLOSE_LIMIT: Duration = Duration::from_secs(12);
/// How long nothing is said of a keyring that has not answered.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a conversation came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// A turn was complete.
    Answered,
    /// None was.
    Unanswered,
    /// Nobody waited for its end.
    BrokenOff,
}

/// Talks until what was asked for has happened, the time is up, the partner ends it, or Ctrl-C.
pub(crate) async fn run(args: TalkArgs) -> ExitCode {
    let (owner, deaths) = threads::owner();
    let talked = owner.scope(threads::catch_async("talk", talk(args, deaths))).await;
    match talked.unwrap_or_else(|death| Err(messages::died(&death))) {
        Ok(Outcome::Answered) => ExitCode::SUCCESS,
        Ok(Outcome::Unanswered) => ExitCode::FAILURE,
        Ok(Outcome::BrokenOff) => ExitCode::from(signals::EXIT_STATUS),
        Err(error) => {
            print::say(&error);
            ExitCode::FAILURE
        }
    }
}

async fn talk(args: TalkArgs, mut deaths: Deaths) -> Result<Outcome, UiError> {
    let mut interrupts = Interrupts::listen().map_err(|error| messages::internal(&error.to_string()))?;
    let Startup { mut settings, catalogue, troubles, .. } = startup(&args)?;
    if let Some(named) = &args.think.local {
        local_models::take(named, &mut settings).await?;
    }
    for trouble in &troubles {
        print::say(trouble);
    }
    let prepared = tokio::select! {
        prepared = Prepared::by(&args, &settings) => prepared,
        // A file, or the keyring, may take its time.
        () = interrupts.next() => return Ok(Outcome::BrokenOff),
        Some(death) = deaths.recv() => return Err(messages::died(&death)),
    };
    // What died there was reported before it gave no result, perhaps after the last look.
    if let Some(death) = deaths.try_recv() {
        return Err(messages::died(&death));
    }
    let Prepared { pictures, events_file, tools_file, mcp_file, found } = prepared?;
    if let Some(trouble) = found.trouble() {
        print::say(&trouble);
    }
    let secrets = found.secrets.with_think_named(args.think.url.as_deref());
    let models = speech_models::of_user(&settings);
    let line = endpoint::choose(&settings, &profile::model(&settings, &catalogue), &secrets, &models)?;
    let mut config =
        profile::conversation(&settings, &catalogue, watch::Sender::new(None), SoundStore::default());
    if let Some(file) = args.mic.as_deref().filter(|mic| is_file(mic)) {
        config.microphone = Microphone::File(file.into());
    }
    config.save.clone_from(&args.save);
    let mut functions = line.tools;
    if let Some(file) = tools_file {
        let own = file.functions(&functions, &proxy::for_tools(&settings, &secrets))?;
        functions = Arc::new(functions.with(own));
    }
    let mut servers = None;
    if let Some(file) = mcp_file {
        let (policy, connector) =
            (mcp_servers::policy(&settings, &args.allow), proxy::for_tools(&settings, &secrets));
        let started = tokio::select! {
            started = running(&file, &connector, &policy) => started?,
            () = interrupts.next() => return Ok(Outcome::BrokenOff),
            Some(death) = deaths.recv() => return Err(messages::died(&death)),
        };
        functions = Arc::new(functions.with(started.functions()));
        servers = Some(started);
    }
    let known = servers.as_ref().map(Servers::status).unwrap_or_default();
    config.permissions = unattended(config.permissions, &args.allow, args.allow_all, &functions, &known)?;
    let hears = !matches!(config.speaker, SpeakerChoice::None);
    let by_voice = !matches!(config.microphone, Microphone::None);
    if args.asks_nothing(by_voice) {
        return Err(messages::asks_nothing());
    }
    let (dialer, wire) = match args.wire {
        None => (line.dialer, None),
        Some(detail) => {
            let (tap, frames) = live_client::tap();
            (Arc::new(Tapped::new(line.dialer, tap)) as Arc<_>, Some((frames, detail)))
        }
    };
    let talk = Talk {
        pictures,
        by_voice,
        end_condition: EndCondition::new(!args.text.is_empty(), args.until.contains(&Until::Turn), hears),
        log: EventLog::open(events_file, catalogue, line.partner, &config),
        began: Instant::now(),
        limit: args.time_limit(),
        texts: args.text.into(),
        outgoing: VecDeque::new(),
        wire,
        interrupts,
        deaths,
    };
    config.setup.model = line.model;
    config.is_local = line.partner == Partner::Practice;
    if line.partner == Partner::Practice {
        print::note(Text::new("talk-practice").with("models", speech_models::words(&models)).words());
        if let Some(thinking) = endpoint::thinking(&settings, &secrets)? {
            print::note(speech_models::thinks(&thinking));
        }
        if let Some(withheld) = secrets.think_withheld(&settings) {
            print::note(withheld);
        }
    }
    let (conversation, mut events) = Conversation::start(config, dialer, functions);
    let ended = threads::catch_async("talk", talk.until_end(&conversation, &mut events)).await;
    if !matches!(ended, Ok(Ok(_))) {
        // Devices are released and files completed all the same.
        drop(conversation);
        let _ = tokio::time::timeout(CLOSE_LIMIT, async { while events.recv().await.is_some() {} }).await;
    }
    if let Some(servers) = servers {
        servers.end().await;
    }
    ended.unwrap_or_else(|death| Err(messages::died(&death)))
}

/// Starts MCP servers and waits for them, within a limit; says what is wrong with them.
async fn running(file: &McpFile, connector: &Connector, policy: &Policy) -> Result<Servers, UiError> {
    let servers = file.start(connector, policy).await?;
    servers.settled(mcp_servers::START_LIMIT).await;
    mcp_servers::troubles(&servers.status()).iter().for_each(print::say);
    Ok(servers)
}

/// What is read and created before the conversation begins.
struct Prepared {
    pictures: Vec<Vec<u8>>,
    events_file: Option<EventsFile>,
    tools_file: Option<ToolsFile>,
    mcp_file: Option<McpFile>,
    found: Found,
}

impl Prepared {
    async fn by(args: &TalkArgs, settings: &Settings) -> Result<Self, UiError> {
        let mic = args.mic.as_deref().filter(|mic| is_file(mic)).map(PathBuf::from);
        let (images, save, events) = (args.image.clone(), args.save.clone(), args.events.clone());
        let (tools, mcp) = (args.tools.clone(), args.mcp.clone());
        let files = move || {
            if let Some(path) = mic {
                audio::check_sound_file(&path).map_err(|error| messages::sound_file(&path, &error))?;
            }
            let read = |path: &PathBuf| {
                video::still_jpeg(path).map_err(|fault| messages::picture_file(path, &fault))
            };
            let pictures = images.iter().map(read).collect::<Result<Vec<_>, _>>()?;
            // Whether the replies can be saved is known before the first word, as far as it can be.
            if let Some(path) = save {
                audio::check_save_path(&path).map_err(|error| messages::not_writable(&path, &error))?;
            }
            let tools = tools.as_deref().map(ToolsFile::read).transpose()?;
            let mcp = mcp.as_deref().map(McpFile::meant).transpose()?;
            Ok((pictures, events.as_deref().map(EventsFile::create).transpose()?, tools, mcp))
        };
        // Without a result it panicked, of which `talk` hears in this moment.
        let Some(files) = threads::blocking("files", files).await else {
            return std::future::pending().await;
        };
        let (pictures, events_file, tools_file, mcp_file) = files?;
        Ok(Self { pictures, events_file, tools_file, mcp_file, found: keys(settings).await })
    }
}

/// The keys that these settings need. A keyring may take its time, or never answer.
async fn keys(settings: &Settings) -> Found {
    let looking = secrets::find_for(settings);
    tokio::pin!(looking);
    if let Ok(found) = tokio::time::timeout(PATIENCE, &mut looking).await {
        found
    } else {
        print::say(&messages::keyring_slow());
        looking.await
    }
}

struct Talk {
    /// JPEGs to show before anything is typed.
    pictures: Vec<Vec<u8>>,
    texts: VecDeque<String>,
    /// Commands that wait until the conversation takes them, which may itself wait for its events to be read.
    outgoing: VecDeque<Command>,
    /// There is a microphone.
    by_voice: bool,
    end_condition: EndCondition,
    log: EventLog,
    wire: Option<(TapReceiver, WireDetail)>,
    interrupts: Interrupts,
    /// Of what `talk` itself started.
    deaths: Deaths,
    began: Instant,
    limit: Option<Duration>,
}

impl Talk {
    async fn until_end(
        mut self,
        conversation: &Conversation,
        events: &mut mpsc::Receiver<Event>,
    ) -> Result<Outcome, UiError> {
        let (mut outcome, mut interrupted, mut ending) = (Outcome::Unanswered, false, false);
        signals::insist();
        loop {
            threads::test_point("talk");
            let mut end = false;
            while let Some(command) = self.outgoing.pop_front() {
                if let Err(command) = conversation.try_send(command) {
                    self.outgoing.push_front(command);
                    break;
                }
            }
            let (limit, look) = (self.limit.filter(|_| !ending), self.end_condition.next(self.now()));
            tokio::select! {
                event = events.recv() => {
                    let Some(event) = event else {
                        self.last_frames();
                        // What was asked for has happened only when it was written, too.
                        return Ok(if self.log.is_lossy { Outcome::Unanswered } else { outcome });
                    };
                    if let Event::Ended { answered: true, .. } = &event
                        && self.end_condition.is_answered()
                    {
                        outcome = Outcome::Answered;
                    }
                    self.take(event);
                }
                () = conversation.room(), if !self.outgoing.is_empty() => {}
                Some((frame, detail)) = next_frame(&mut self.wire) => self.log.frame(&frame, detail),
                Some(death) = self.deaths.recv() => return Err(messages::died(&death)),
                () = at(limit.map(|limit| self.began + limit)) => end = true,
                () = at(look.map(|look| self.began + look)) => {}
                () = self.interrupts.next() => {
                    if interrupted {
                        return Ok(Outcome::BrokenOff);
                    }
                    interrupted = true;
                    self.end_condition.leave(self.now());
                    end = matches!(self.log.state.phase, Phase::Ready | Phase::Connecting);
                    if !end && !self.end_condition.is_over(&self.log.state, self.now()) {
                        print::note(messages::text("talk-last-words"));
                    }
                    if self.by_voice && !ending && !end {
                        // The end of the stream makes the server finish the last turn.
                        self.outgoing.push_back(Command::Mute(true));
                    }
                }
            }
            if !ending && self.end_condition.is_in_vain(&self.log.state, self.now()) {
                print::say(&messages::sound_over());
                end = true;
            }
            if !ending && (end || self.end_condition.is_over(&self.log.state, self.now())) {
                if let Some(why) = self.end_condition.gave_up(self.now()) {
                    print::note(messages::text(why));
                }
                ending = true;
                self.outgoing.push_back(Command::End);
            }
        }
    }

    fn take(&mut self, event: Event) {
        match &event {
            Event::Started { microphone, .. } => {
                self.end_condition.began(microphone.is_some(), self.texts.len());
                self.outgoing.extend(std::mem::take(&mut self.pictures).into_iter().map(Command::Picture));
                self.next_text();
            }
            Event::ExchangeComplete { answered } => {
                let goes_on = self.end_condition.answered(self.texts.len(), *answered);
                if goes_on {
                    self.next_text();
                }
            }
            Event::TurnStarted(_) | Event::TurnText { .. } | Event::Tool(_) => {
                self.end_condition.words(self.now());
            }
            Event::ReplyComplete => self.end_condition.whole_reply(),
            Event::MicrophoneOver => self.end_condition.no_more_voice(self.now()),
            Event::Levels(levels) if self.by_voice => self.end_condition.level(levels.you_db, self.now()),
            _ => {}
        }
        self.log.take(event);
    }

    fn next_text(&mut self) {
        if let Some(text) = self.texts.pop_front() {
            self.end_condition.typed(self.now());
            self.outgoing.push_back(Command::Text(text));
        }
    }

    /// What still lies in the tap when the conversation is over.
    fn last_frames(&mut self) {
        let Some((frames, detail)) = &mut self.wire else { return };
        while let Some(frame) = frames.try_recv() {
            self.log.frame(&frame, *detail);
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }
}

/// Waits for the next frame of the wire; never returns without `--wire`. Cancel safe.
async fn next_frame(wire: &mut Option<(TapReceiver, WireDetail)>) -> Option<(TappedFrame, WireDetail)> {
    match wire {
        Some((frames, detail)) => frames.recv().await.map(|frame| (frame, *detail)),
        None => std::future::pending().await,
    }
}

/// At this moment; for ever without one.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

fn startup(args: &TalkArgs) -> Result<Startup, UiError> {
    let mut startup = match &args.profile {
        Some(path) => Startup::of_profile(path)?,
        None => Startup::of_nobody(),
    };
    // Who names a language model means the partner that thinks with it.
    let thinks = args.think.url.is_some() || args.think.local.is_some();
    let practices = args.practice || (thinks && args.endpoint.is_none());
    let endpoint = if practices { Some("practice".to_owned()) } else { args.endpoint.clone() };
    let settings = &mut startup.settings;
    for (to, from) in [
        (&mut settings.endpoint, &endpoint),
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
    args.think.put(settings);
    // Who types has no need of a microphone; --mic asks for one all the same.
    if !args.text.is_empty() && args.mic.is_none() && args.profile.is_none() {
        settings.microphone = Some("none".to_owned());
    }
    if let Some(camera) = &args.camera {
        settings.camera_on = Some(true);
        settings.camera = (camera != "default").then(|| camera.clone());
    }
    endpoint_name::normalize(settings);
    Ok(startup)
}

/// Endings of sound files, be they ones that can be read or not: a device is not called so.
const SOUND_FILES: [&str; 18] = [
    "wav", "wave", "flac", "mp3", "ogg", "oga", "opus", "m4a", "mp4", "aac", "aif", "aiff", "caf", "au",
    "wma", "webm", "amr", "mka",
];

/// `--mic` names a file, not a device.
fn is_file(mic: &str) -> bool {
    let path = Path::new(mic);
    let is_there = path.is_file() || (mic.contains(['/', '\\']) && path.exists());
    is_there
        || path.extension().is_some_and(|end| SOUND_FILES.iter().any(|known| end.eq_ignore_ascii_case(known)))
}
