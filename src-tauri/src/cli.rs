//! The command line: without a subcommand the window, else the same parts without one. Data goes to stdout, words to
//! stderr.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use live_proto::catalogue::Catalogue;
use tracing_subscriber::EnvFilter;

use crate::{serve, talk, window};

/// Talk with Gemini Live, by voice and camera.
#[derive(Debug, Parser)]
#[command(name = "vivavoce", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    window: WindowArgs,
}

/// How the window opens.
#[derive(Clone, Debug, Default, Args)]
pub struct WindowArgs {
    /// Take the settings from this JSON file instead of one's own, and leave one's own as they are
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Start the conversation at once
    #[arg(long)]
    pub start: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Hold a conversation without a window
    #[command(after_help = talk::EXAMPLES)]
    Talk(Box<TalkArgs>),
    /// Offer the rehearsal partner to other programs as a Gemini Live server
    #[command(after_help = serve::EXAMPLES)]
    Serve(ServeArgs),
    /// List microphones, speakers and cameras
    Devices,
}

/// What `talk` is told.
#[derive(Clone, Debug, Args)]
pub struct TalkArgs {
    /// gemini, vertex, vertex-express, rehearsal, ws:// to this computer or wss://; without it Gemini when there is a
    /// key, else rehearsal
    #[arg(long, value_name = "WHERE")]
    pub endpoint: Option<String>,
    /// Take the settings from this JSON file
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// The model's id
    #[arg(long)]
    pub model: Option<String>,
    /// The voice's name
    #[arg(long)]
    pub voice: Option<String>,
    /// The system instruction
    #[arg(long, value_name = "TEXT")]
    pub instructions: Option<String>,
    /// Say this by typing; may be given several times, each after the answer to the last
    #[arg(long, value_name = "TEXT")]
    pub text: Vec<String>,
    /// A microphone's id or a part of its name, a .wav file, or none; without it the default, or none beside --text
    #[arg(long, value_name = "MIC")]
    pub mic: Option<String>,
    /// A speaker's id or a part of its name, or none; without it the default
    #[arg(long, value_name = "SPEAKER")]
    pub speaker: Option<String>,
    /// Switch on this camera: its id, a part of its name, or default
    #[arg(long, value_name = "CAMERA")]
    pub camera: Option<String>,
    /// Write the replies to this file: WAV, 24 kHz, mono, 16 bit
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Write each event to this file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// End after this many seconds at the latest
    #[arg(long, value_name = "SECONDS")]
    pub until: Option<f64>,
}

/// What `serve` is told.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; loopback only
    #[arg(long, default_value = "127.0.0.1:8765", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Accept only this API key
    #[arg(long, env = "VIVAVOCE_SERVE_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// End each connection after so many seconds, as the service does after about ten minutes; goAway comes a minute
    /// before, or at half of a shorter time
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub connection_limit: Option<u32>,
    /// Keep each received picture in this folder
    #[arg(long, value_name = "FOLDER")]
    pub pictures: Option<PathBuf>,
}

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("VIVAVOCE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match cli.command {
        None => window::run(&cli.window),
        Some(Command::Talk(args)) => in_runtime(talk::run(*args)),
        Some(Command::Serve(args)) => in_runtime(serve::run(args)),
        Some(Command::Devices) => list_devices(),
    }
}

fn in_runtime(work: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => {
            eprintln!("vivavoce can't start its threads: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command that lists")]
fn list_devices() -> ExitCode {
    let choices = crate::choices::now(&Catalogue::embedded(), None);
    for (kind, devices) in
        [("microphone", choices.microphones), ("speaker", choices.speakers), ("camera", choices.cameras)]
    {
        for device in devices {
            let mark = if device.is_default { "*" } else { " " };
            println!("{mark} {kind}\t{}\t{}", device.id, device.name);
        }
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_subcommand_is_the_window() {
        let cli = Cli::parse_from(["vivavoce", "--profile", "p.json", "--start"]);
        assert!(cli.command.is_none() && cli.window.start);
    }
}
