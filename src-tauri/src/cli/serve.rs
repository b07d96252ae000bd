//! `vivavoce serve`: the practice partner as a Gemini Live server for other programs on this computer.

use std::process::ExitCode;
use std::time::Duration;

use live_server::{LiveServer, ServerConfig};
use net::Connector;
use practice::{PracticeAgent, PracticeConfig};

use crate::cli::ServeArgs;
use crate::cli::print;
use crate::cli::signals::Interrupts;
use crate::config::{endpoint, local_models, proxy, secrets, speech_models};
use crate::contract::{Settings, Text};
use crate::messages;

/// Shown under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  vivavoce serve
  VIVAVOCE_SERVE_KEY=secret vivavoce serve --listen 127.0.0.1:9000
  vivavoce serve --connection-limit 60
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
stderr says what it speaks and hears with. Ctrl-C closes the port, lets every reply be said to its end (for ten seconds at most)
and ends it; a second Ctrl-C ends it at once.";

/// Serves until Ctrl-C.
pub(crate) async fn run(args: ServeArgs) -> ExitCode {
    let mut interrupts = match Interrupts::listen() {
        Ok(interrupts) => interrupts,
        Err(error) => {
            print::note(Text::new("serve-signals").with("error", error.to_string()).words());
            return ExitCode::FAILURE;
        }
    };
    let mut settings = Settings::default();
    args.think.put(&mut settings);
    if let Some(named) = &args.think.local
        && let Err(error) = local_models::take(named, &mut settings).await
    {
        print::say(&error);
        return ExitCode::FAILURE;
    }
    let secrets = secrets::of_environment().with_think_named(args.think.url.as_deref());
    let thinking = endpoint::thinking(&settings, &secrets)
        .and_then(|thinking| Ok((thinking, proxy::choose(&settings, &secrets.proxy)?)));
    let (thinking, proxy) = match thinking {
        Ok(both) => both,
        Err(error) => {
            print::say(&error);
            return ExitCode::FAILURE;
        }
    };
    let thinks = thinking.as_ref().map(speech_models::thinks);
    let thinks_by_key = thinking.as_ref().is_some_and(|endpoint| endpoint.key.is_some());
    let models = speech_models::of_user();
    let usual = ServerConfig::default();
    let limit = args.connection_limit.map(|seconds| Duration::from_secs(seconds.into()));
    if args.key.is_some() {
        print::note(messages::text("serve-key-visible"));
    }
    let key = args.key.or_else(secrets::serve_key);
    let is_locked = key.is_some();
    if thinks_by_key && !is_locked {
        print::note(messages::text("serve-llm-open"));
    }
    let config = ServerConfig {
        key,
        allow_origins: args.allow_origins,
        connection_limit: limit,
        go_away_notice: limit.map_or(usual.go_away_notice, |limit| usual.go_away_notice.min(limit / 2)),
        dump_pictures: args.pictures,
        ..usual
    };
    let practice = PracticeConfig {
        models: models.clone(),
        llm: thinking,
        connector: Connector::new(proxy),
        ..PracticeConfig::default()
    };
    let server = LiveServer::new(config, PracticeAgent::factory(practice));
    if let Err(error) = server.check_pictures_folder() {
        print::note(Text::new("serve-pictures").with("error", error.to_string()).words());
        return ExitCode::FAILURE;
    }
    let mut listening = match server.listen(args.listen).await {
        Ok(listening) => listening,
        Err(error) => {
            let text = Text::new("serve-port").with("address", args.listen.to_string());
            print::note(text.with("error", error.to_string()).words());
            return ExitCode::FAILURE;
        }
    };
    let address = listening.local_addr();
    print::note(Text::new("serve-listening").with("address", address.to_string()).words());
    print::note(speech_models::words(&models));
    if let Some(thinks) = thinks {
        print::note(thinks);
    }
    let id = if is_locked { "serve-sdk-own-key" } else { "serve-sdk-any-key" };
    print::note(Text::new(id).with("address", address.to_string()).words());
    tokio::select! {
        () = interrupts.next() => {}
        () = listening.ended() => {
            print::note(messages::text("serve-stopped"));
            return ExitCode::FAILURE;
        }
    }
    print::note(messages::text("serve-ending"));
    tokio::select! {
        () = listening.shutdown() => ExitCode::SUCCESS,
        () = interrupts.next() => ExitCode::from(crate::cli::signals::EXIT_STATUS),
    }
}
