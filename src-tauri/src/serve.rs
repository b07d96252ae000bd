//! `vivavoce serve`: the rehearsal partner as a Gemini Live server for other programs on this computer.

use std::process::ExitCode;
use std::time::Duration;

use rehearsal::{Rehearsal, RehearsalConfig};

use crate::cli::ServeArgs;
use crate::models;

/// Shown under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  vivavoce serve
  vivavoce serve --listen 127.0.0.1:9000 --key rehearse
  vivavoce serve --connection-limit 60

A client of the Live API connects to ws://127.0.0.1:8765; Google's JavaScript SDK takes http://127.0.0.1:8765 as its
base URL. The Python SDK makes wss:// of any base URL: docs/SDK.md says how to put TLS before this.";

/// Serves until Ctrl-C.
pub(crate) async fn run(args: ServeArgs) -> ExitCode {
    let models = models::of_user();
    let usual = RehearsalConfig::default();
    let limit = args.connection_limit.map(|seconds| Duration::from_secs(seconds.into()));
    let config = RehearsalConfig {
        key: args.key,
        connection_limit: limit,
        go_away_notice: limit.map_or(usual.go_away_notice, |limit| usual.go_away_notice.min(limit / 2)),
        dump_pictures: args.pictures,
        models: models.clone(),
        ..usual
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
