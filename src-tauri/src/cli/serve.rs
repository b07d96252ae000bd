//! `vivavoce serve`: the practice partner as a Gemini Live server for other programs on this computer.

mod recording;
mod script;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use live_server::{Listener, LiveServer, ServerConfig, tap};
use net::Connector;
use practice::{PracticeAgent, PracticeConfig};
use serde_json::json;

use self::recording::RecordingFile;
use self::script::Answers;
use crate::cli::ServeArgs;
use crate::cli::print;
use crate::cli::signals::{self, Interrupts};
use crate::config::{endpoint, local_models, proxy, secrets, speech_models};
use crate::contract::{Settings, Text};
use crate::messages;

/// Shown under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  vivavoce serve
  vivavoce serve --port 0                      # prints `ready ws://127.0.0.1:PORT` on stdout when clients can connect
  VIVAVOCE_SERVE_KEY=secret vivavoce serve --listen 127.0.0.1:9000
  vivavoce serve --connection-limit 60
  vivavoce serve --script weather.toml --record calls.jsonl
  vivavoce serve --allow-origin http://localhost:5173
  vivavoce serve --think http://127.0.0.1:11434/v1 --think-model llama3.2
  vivavoce talk --endpoint ws://127.0.0.1:8765 --text \"Hello\"

Any client of the Live API connects to ws://127.0.0.1:8765. Google's SDKs, as they come:

  JavaScript   new GoogleGenAI({ apiKey: \"any\", httpOptions: { baseUrl: \"http://127.0.0.1:8765\" } })
  Python       genai.Client(api_key=\"any\", http_options={\"base_url\": \"https://127.0.0.1:8766\"})

The one for Python makes wss:// of whatever base_url says, so something must take TLS off before the server: docs/SDK.md has a
relay for it. Web pages are turned away, since every page that a browser opens could reach this computer: a request with an
Origin is refused unless --allow-origin names it. The port also answers plain HTTP: GET /v1beta/models, and
POST /v1alpha/auth_tokens for ephemeral tokens.
stdout has one line, when clients can connect: `ready ws://127.0.0.1:8765`, or with --json
{\"event\":\"ready\",\"url\":\"ws://127.0.0.1:8765\",\"port\":8765}. stderr says what it speaks and hears with.
Ctrl-C or SIGTERM closes the port, lets every reply be said to its end (for ten seconds at most) and ends it; a second one
ends it at once.
Exit status: 0 when it ended so, 130 when it ended at once, 1 when it could not start, stopped by itself or recorded less than
there was, 2 when the command line or the script is wrong.";

/// The exit status for a script with mistakes: the same as for a command line with mistakes.
const EXIT_USAGE: u8 = 2;

/// Serves until Ctrl-C.
pub(crate) async fn run(args: ServeArgs) -> ExitCode {
    match serve(args).await {
        Ok(status) => status,
        Err(said) => {
            said.say();
            ExitCode::FAILURE
        }
    }
}

/// Why it could not start.
enum Refusal {
    Error(crate::contract::UiError),
    Words(String),
}

impl Refusal {
    /// Words with the cause, in the system's own words.
    fn of(id: &'static str, error: &dyn std::error::Error) -> Self {
        Self::Words(Text::new(id).with("error", error.to_string()).words())
    }

    fn say(&self) {
        match self {
            Self::Error(error) => print::say(error),
            Self::Words(words) => print::note(words),
        }
    }
}

async fn serve(args: ServeArgs) -> Result<ExitCode, Refusal> {
    let mut interrupts = Interrupts::listen().map_err(|error| Refusal::of("serve-signals", &error))?;
    let answers = match args.script.as_deref().map(script::read).transpose() {
        Ok(answers) => answers,
        Err(mistakes) => {
            for words in &mistakes {
                print::note(words);
            }
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    let mut settings = Settings::default();
    args.think.put(&mut settings);
    if let Some(named) = &args.think.local {
        local_models::take(named, &mut settings).await.map_err(Refusal::Error)?;
    }
    let secrets = secrets::of_environment().with_think_named(args.think.url.as_deref());
    let thinking = endpoint::thinking(&settings, &secrets).map_err(Refusal::Error)?;
    let proxy = proxy::choose(&settings, &secrets.proxy).map_err(Refusal::Error)?;
    if args.key.is_some() {
        print::note(messages::text("serve-key-visible"));
    }
    let key = args.key.clone().or_else(secrets::serve_key);
    let is_locked = key.is_some();
    if thinking.as_ref().is_some_and(|endpoint| endpoint.key.is_some()) && !is_locked {
        print::note(messages::text("serve-llm-open"));
    }
    let practice = PracticeConfig {
        models: speech_models::of_user(&settings),
        llm: thinking,
        connector: Connector::new(proxy),
        script: match &answers {
            Some(Answers::Script(script)) => Some(Arc::clone(script)),
            _ => None,
        },
        ..PracticeConfig::default()
    };
    let mut said = said_of(&practice);
    if let (Some(answers), Some(file)) = (&answers, &args.script) {
        said.insert(0, answers.words(file));
    }
    let mut config = config(&args, key);
    match answers {
        Some(Answers::Script(script)) => config.faults = script.connection_faults().to_vec(),
        Some(Answers::Recording(replay)) => config.replay = Some(replay),
        None => {}
    }
    let recording = match &args.record {
        Some(file) => {
            let (tap, tapped) = tap();
            config.tap = Some(tap);
            let recording = RecordingFile::create(file, args.overwrite).and_then(|file| file.record(tapped));
            Some((file, recording.map_err(|error| not_recorded(file, &error))?))
        }
        None => None,
    };
    let server = LiveServer::new(config, PracticeAgent::factory(practice));
    server.check_pictures_folder().map_err(|error| Refusal::of("serve-pictures", &error))?;
    let address = args.address();
    let listening = server.listen(address).await.map_err(|error| {
        let text = Text::new("serve-port").with("address", address.to_string());
        Refusal::Words(text.with("error", error.to_string()).words())
    })?;
    let address = listening.local_addr();
    print::note(Text::new("serve-listening").with("address", address.to_string()).words());
    for words in said {
        print::note(words);
    }
    let id = if is_locked { "serve-sdk-own-key" } else { "serve-sdk-any-key" };
    print::note(Text::new(id).with("address", address.to_string()).words());
    // Who closed stdout does not wait for it.
    _ = print::data(ready(address, args.json) + "\n");
    let mut status = until_ended(listening, &mut interrupts).await;
    let not_saved = server.received().pictures_not_saved;
    if let Some(folder) = args.pictures.as_ref().filter(|_| not_saved > 0) {
        let text = Text::new("serve-pictures-missing").with("count", not_saved.to_string());
        print::note(text.with("folder", folder.display().to_string()).words());
        status = status.max(1);
    }
    // The last of it is written when the server is gone.
    drop(server);
    if let Some((file, recording)) = recording {
        let is_whole = tokio::select! {
            is_whole = recording.finished() => is_whole,
            () = interrupts.next() => false,
        };
        if !is_whole {
            print::note(Text::new("serve-record-cut").with("file", file.display().to_string()).words());
            status = status.max(1);
        }
    }
    Ok(ExitCode::from(status))
}

fn not_recorded(file: &Path, error: &io::Error) -> Refusal {
    let id =
        if error.kind() == io::ErrorKind::AlreadyExists { "serve-record-exists" } else { "serve-record" };
    let text = Text::new(id).with("file", file.display().to_string());
    Refusal::Words(text.with("error", error.to_string()).words())
}

fn config(args: &ServeArgs, key: Option<String>) -> ServerConfig {
    let usual = ServerConfig::default();
    let limit = args.connection_limit.map(|seconds| Duration::from_secs(seconds.into()));
    ServerConfig {
        key,
        allow_origins: args.allow_origins.clone(),
        retired_models: args.retired_models,
        connection_limit: limit,
        go_away_notice: limit.map_or(usual.go_away_notice, |limit| usual.go_away_notice.min(limit / 2)),
        dump_pictures: args.pictures.clone(),
        ..usual
    }
}

/// What it speaks, hears and thinks with.
fn said_of(practice: &PracticeConfig) -> Vec<String> {
    let thinks = practice.llm.as_ref().map(speech_models::thinks);
    [speech_models::words(&practice.models)].into_iter().chain(thinks).collect()
}

/// The line that says that clients can connect, for other programs: it never changes.
fn ready(address: SocketAddr, as_json: bool) -> String {
    let url = format!("ws://{address}");
    if as_json {
        json!({"event": "ready", "url": url, "port": address.port()}).to_string()
    } else {
        format!("ready {url}")
    }
}

/// Serves until it is interrupted, or stops by itself. Returns the exit status.
async fn until_ended(mut listening: Listener, interrupts: &mut Interrupts) -> u8 {
    tokio::select! {
        () = interrupts.next() => {}
        () = listening.ended() => {
            print::note(messages::text("serve-stopped"));
            return 1;
        }
    }
    print::note(messages::text("serve-ending"));
    tokio::select! {
        () = listening.shutdown() => 0,
        () = interrupts.next() => signals::EXIT_STATUS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_is_what_scripts_read() {
        let address = SocketAddr::from(([127, 0, 0, 1], 4711));
        assert_eq!(ready(address, false), "ready ws://127.0.0.1:4711");
        let json: serde_json::Value = serde_json::from_str(&ready(address, true)).unwrap();
        assert_eq!(json, json!({"event": "ready", "url": "ws://127.0.0.1:4711", "port": 4711}));
    }
}
