//! `vivavoce serve`: the rehearsal partner as a Gemini Live server for other programs on this computer.

use std::process::ExitCode;

use rehearsal::{Rehearsal, RehearsalConfig};

use crate::cli::ServeArgs;
use crate::models;

/// Shown under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  vivavoce serve
  vivavoce serve --listen 127.0.0.1:9000 --key rehearse

A client of the Live API connects to ws://127.0.0.1:8765. Google's Python SDK makes wss:// of any base URL once it
has a key: put a TLS relay of your own before it.";

/// Serves until Ctrl-C.
pub(crate) async fn run(args: ServeArgs) -> ExitCode {
    let models = models::of_user();
    let config = RehearsalConfig {
        key: args.key,
        dump_pictures: args.pictures,
        models: models.clone(),
        ..RehearsalConfig::default()
    };
    let listening = match Rehearsal::new(config).listen(args.listen).await {
        Ok(listening) => listening,
        Err(error) => {
            eprintln!("{} can't be listened on: {error}", args.listen);
            return ExitCode::FAILURE;
        }
    };
    eprintln!("Rehearsal partner on ws://{} (Ctrl-C ends it)", listening.local_addr());
    eprintln!("{}", models::words(&models));
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("Ctrl-C can't be waited for: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
