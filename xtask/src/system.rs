//! Checks what the project needs from the system, reports what is missing, and installs it with permission.

mod linux;

use crate::process::Failure;

/// The purpose of the set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Purpose {
    /// To build and start the app.
    Run,
    /// To test it too, with a separate display, sound card and keyring.
    Test,
    /// To let other people's clients talk with it.
    Clients,
}

/// Returns when everything is installed; `yes` installs without asking.
pub(crate) fn ready(purpose: Purpose, yes: bool) -> Result<(), Failure> {
    if cfg!(target_os = "linux") {
        linux::ready(purpose, yes)
    } else if cfg!(target_os = "macos") {
        macos()
    } else if cfg!(windows) {
        windows()
    } else {
        println!("xtask knows no package list for this system: see README.md for what is needed.");
        Ok(())
    }
}

/// Speech recognition is C++ and needs cmake; on Linux it is one of the packages.
fn cmake(install: &str) -> Result<(), Failure> {
    if crate::process::ask("cmake", &["--version"]).is_some() {
        return Ok(());
    }
    Err(Failure(format!("cmake is missing. Install it with `{install}`, then run this again.")))
}

fn macos() -> Result<(), Failure> {
    cmake("brew install cmake")?;
    match crate::process::ask("xcode-select", &["-p"]) {
        Some(path) if !path.trim().is_empty() => Ok(()),
        _ => Err(Failure::from(
            "Apple's command line tools are missing (compiler, linker, frameworks).\n\
             Install them with `xcode-select --install`, then run this again.",
        )),
    }
}

/// Where the WebView2 runtime's installer leaves its version.
const WEBVIEW2: &str = r"Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}";

fn windows() -> Result<(), Failure> {
    cmake("winget install Kitware.CMake")?;
    let found = [r"HKLM\SOFTWARE\WOW6432Node\", r"HKLM\SOFTWARE\", r"HKCU\Software\"].iter().any(|hive| {
        crate::process::ask("reg", &["query", &format!("{hive}{WEBVIEW2}"), "/v", "pv"])
            .is_some_and(|answer| answer.contains("REG_SZ") && !answer.contains("0.0.0.0"))
    });
    if found {
        return Ok(());
    }
    Err(Failure::from(
        "The WebView2 runtime is missing (Windows 11 has it; on Windows 10 it may have been removed).\n\
         Install the Evergreen runtime with `winget install Microsoft.EdgeWebView2Runtime`, then run this again.",
    ))
}
