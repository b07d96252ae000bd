//! The program: a window, or a subcommand without one.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    to_terminal();
    vivavoce::main()
}

/// A program with a window has no terminal on Windows, unless it takes the one that it was started from.
#[cfg(all(windows, not(debug_assertions)))]
fn to_terminal() {
    // Started by a click there is none. What is redirected to a file or a pipe stays so.
    _ = winsafe::AttachConsole(winsafe::PidParent::Parent);
}

#[cfg(not(all(windows, not(debug_assertions))))]
fn to_terminal() {}
