//! The program: a window, or a subcommand without one.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    vivavoce::cli::main()
}
