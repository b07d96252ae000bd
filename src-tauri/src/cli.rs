//! The command line: without a subcommand the window, else the same parts without one. Data goes to stdout, words to
//! stderr.

mod args;
pub(crate) mod doctor;
pub(crate) mod list;
pub(crate) mod print;
mod serve;
pub(crate) mod signals;
pub(crate) mod talk;
mod tools_list;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use tracing_subscriber::EnvFilter;

pub use args::{DoctorArgs, ListArgs, ServeArgs, TalkArgs, ToolsArgs, Until, WindowArgs, WireDetail};

use crate::config::secrets;
use crate::contract::Text;

/// Talk with Gemini Live, by voice and camera.
#[derive(Debug, Parser)]
#[command(name = "vivavoce", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    window: WindowArgs,
}

const EXAMPLES: &str = "Examples:
  vivavoce                                   open the window
  vivavoce --profile demo.json --start       open it with other settings and start at once
  vivavoce talk --practice --text \"Hello\"    a conversation without window, key and network

`vivavoce COMMAND --help` has examples for each command.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Hold a conversation without a window
    #[command(after_help = talk::EXAMPLES)]
    Talk(Box<TalkArgs>),
    /// Offer the practice partner to other programs as a Gemini Live server
    #[command(after_help = serve::EXAMPLES)]
    Serve(Box<ServeArgs>),
    /// List the models: id, state, what they can
    #[command(after_help = list::MODELS_EXAMPLES)]
    Models(ListArgs),
    /// List microphones, speakers and cameras
    #[command(after_help = list::DEVICES_EXAMPLES)]
    Devices(ListArgs),
    /// List the tools that a model is offered, and where each comes from
    #[command(after_help = tools_list::EXAMPLES)]
    Tools(ToolsArgs),
    /// Try microphone, speaker, camera, keyring, network, key and assets, and say what to do
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(DoctorArgs),
    /// Write what a shell needs to complete these commands
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// For which shell
        #[arg(value_enum)]
        shell: ShellName,
    },
}

const COMPLETIONS_EXAMPLES: &str = "Examples:
  source <(vivavoce completions bash)
  vivavoce completions zsh > ~/.zfunc/_vivavoce
  vivavoce completions fish > ~/.config/fish/completions/vivavoce.fish
  vivavoce completions powershell | Out-String | Invoke-Expression";

/// The shells that can complete.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShellName {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

/// Parses the command line and does what it says. `open_window` is called when it names no command, before there is another
/// thread.
pub(crate) fn main(open_window: impl FnOnce(&WindowArgs) -> ExitCode) -> ExitCode {
    // First of all: there is no other thread yet.
    secrets::take_environment();
    print::tell_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(said) => return print::command_line(&said),
    };
    // The doctor says itself what it finds missing.
    let usual = if matches!(cli.command, Some(Command::Doctor(_))) { "error" } else { "warn" };
    let filter = EnvFilter::try_from_env("VIVAVOCE_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    // They write whole frames and headers as they come: with a key, where a server repeats it.
    let filter = ["tungstenite=off", "tokio_tungstenite=off", "hyper=off", "rmcp=off"]
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(print::Log).init();
    threads::install_hook();
    match cli.command {
        None => open_window(&cli.window),
        // One conversation: more threads would wake one another for every chunk of sound, and compute nothing. This one
        // prints, so a terminal that is slow holds up nothing else.
        Some(Command::Talk(args)) => in_runtime(Some(1), talk::run(*args)),
        Some(Command::Serve(args)) => in_runtime(None, serve::run(*args)),
        Some(Command::Models(args)) => list::models(&args),
        Some(Command::Devices(args)) => list::devices(&args),
        Some(Command::Tools(args)) => in_runtime(Some(1), tools_list::run(args)),
        Some(Command::Doctor(args)) => in_runtime(None, doctor::run(args)),
        Some(Command::Completions { shell }) => completions(shell),
    }
}

/// Runs `work` on this thread, and what it starts on so many others: on as many as there are processors for `None`.
fn in_runtime(workers: Option<usize>, work: impl Future<Output = ExitCode>) -> ExitCode {
    let Some(runtime) = runtime(workers) else { return ExitCode::FAILURE };
    let code = runtime.block_on(work);
    // What had to be finished is finished: a device or a keyring that still hangs is not waited for.
    runtime.shutdown_background();
    // Nothing that a function started goes on without us.
    ::tools::process::end_all();
    code
}

/// So many threads for tasks, or as many as there are processors; `None`, and it is said why, when there can't be any.
pub(crate) fn runtime(workers: Option<usize>) -> Option<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers);
    }
    let runtime = builder.enable_all().build();
    runtime
        .inspect_err(|error| {
            print::note(Text::new("threads-failed").with("error", error.to_string()).words());
        })
        .ok()
}

fn completions(shell: ShellName) -> ExitCode {
    let shell = match shell {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
        ShellName::Powershell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vivavoce", &mut script);
    print::data(String::from_utf8_lossy(&script).into_owned())
}

#[cfg(test)]
mod tests {
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

    fn talk(words: &[&str]) -> Result<TalkArgs, clap::Error> {
        let cli = Cli::try_parse_from(["vivavoce", "talk"].iter().chain(words))?;
        match cli.command {
            Some(Command::Talk(args)) => Ok(*args),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn frames_need_a_file_and_are_short_unless_asked_for_whole() {
        assert!(talk(&["--wire"]).is_err());
        let short = talk(&["--events", "e.jsonl", "--wire", "--text", "Hello"]).unwrap();
        assert_eq!((short.wire, short.text), (Some(WireDetail::Short), vec!["Hello".to_owned()]));
        assert_eq!(talk(&["--events", "e", "--wire=full"]).unwrap().wire, Some(WireDetail::Full));
    }

    #[test]
    fn practice_excludes_another_endpoint() {
        assert!(talk(&["--practice", "--endpoint", "gemini"]).is_err());
    }

    #[test]
    fn rehearse_is_the_old_word_for_practice() {
        assert!(talk(&["--rehearse", "--text", "Hello"]).is_ok_and(|args| args.practice));
        assert!(talk(&["--practice", "--text", "Hello"]).is_ok_and(|args| args.practice));
    }
}
