//! Linux packages, by their names in three package managers; queried with one call, installed with one.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::Command;

use super::Purpose;
use crate::process::{Failure, ask, run, typed};

/// A requirement with its packages. An empty list means that another package of the distribution contains it.
struct Need {
    purpose: Purpose,
    why: &'static str,
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
}

const fn need(
    purpose: Purpose,
    why: &'static str,
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
) -> Need {
    Need { purpose, why, apt, dnf, pacman }
}

use Purpose::{Clients, Run, Test};

#[rustfmt::skip]
const NEEDS: &[Need] = &[
    need(Run, "compiler and linker", "build-essential", "gcc gcc-c++ make", "base-devel"),
    need(Run, "finds the libraries below", "pkg-config", "pkgconf-pkg-config", "pkgconf"),
    need(Run, "the window (WebKitGTK)", "libwebkit2gtk-4.1-dev", "webkit2gtk4.1-devel", "webkit2gtk-4.1"),
    need(Run, "icons in the window", "librsvg2-dev", "librsvg2-devel", "librsvg"),
    need(Run, "keys and pointer of the window", "libxdo-dev", "libxdo-devel", "xdotool"),
    need(Run, "the tray icon", "libayatana-appindicator3-dev", "libayatana-appindicator-gtk3-devel", "libayatana-appindicator"),
    need(Run, "sound (ALSA)", "libasound2-dev", "alsa-lib-devel", "alsa-lib"),
    need(Run, "the keyring (D-Bus)", "libdbus-1-dev dbus", "dbus-devel dbus-daemon", "dbus"),
    need(Run, "reads the camera's C headers", "libclang-dev", "clang-devel", "clang"),
    need(Run, "builds the recogniser (whisper.cpp)", "cmake", "cmake", "cmake"),
    need(Test, "drives the window (WebDriver)", "webkit2gtk-driver", "webkitgtk6.0", "webkitgtk-6.0"),
    need(Test, "a display without a screen", "xvfb xauth", "xorg-x11-server-Xvfb xorg-x11-xauth", "xorg-server-xvfb xorg-xauth"),
    need(Test, "a session bus of the tests' own", "dbus-x11", "dbus-x11", ""),
    need(Test, "a sound card of the tests' own", "pulseaudio pulseaudio-utils libasound2-plugins", "pulseaudio pulseaudio-utils alsa-plugins-pulseaudio", "pulseaudio alsa-plugins"),
    need(Test, "makes and measures sound", "sox", "sox", "sox"),
    need(Test, "speaks to the microphone", "espeak-ng", "espeak-ng", "espeak-ng"),
    need(Test, "takes pictures of the window", "imagemagick", "ImageMagick", "imagemagick"),
    need(Test, "the typeface of the pictures", "fonts-inter", "rsms-inter-fonts", "inter-font"),
    need(Test, "a keyring of the tests' own", "gnome-keyring", "gnome-keyring", "gnome-keyring"),
    need(Test, "an environment for the SDK test", "python3-venv", "python3", "python"),
    need(Clients, "runs a page that talks", "chromium", "chromium", "chromium"),
];

/// The supported package managers.
#[derive(Clone, Copy)]
enum Packages {
    Apt,
    Dnf,
    Pacman,
}

impl Packages {
    fn find() -> Option<Self> {
        [("apt-get", Self::Apt), ("pacman", Self::Pacman), ("dnf", Self::Dnf)]
            .into_iter()
            .find(|(program, _)| ask(program, &["--version"]).is_some())
            .map(|(_, packages)| packages)
    }

    fn names(self, need: &Need) -> impl Iterator<Item = &'static str> + use<> {
        let names = match self {
            Self::Apt => need.apt,
            Self::Dnf => need.dnf,
            Self::Pacman => need.pacman,
        };
        names.split_whitespace()
    }

    /// Returns which of these are not installed, with one call.
    fn missing(self, wanted: &[&'static str]) -> Vec<&'static str> {
        let question = match self {
            // The status: "triggers-pending" counts as installed; "config-files" remains after removal.
            Self::Apt => ("dpkg-query", vec!["-W", "-f=${db:Status-Status} ${Package}\\n"]),
            Self::Dnf => ("rpm", vec!["-q", "--qf", "installed %{NAME}\\n"]),
            Self::Pacman => ("pacman", vec!["-T"]),
        };
        let args: Vec<&str> = question.1.into_iter().chain(wanted.iter().copied()).collect();
        let answer = ask(question.0, &args).unwrap_or_default();
        match self {
            Self::Apt | Self::Dnf => absent(wanted, &answer),
            // `pacman -T` prints what is missing.
            Self::Pacman => {
                wanted.iter().copied().filter(|name| answer.lines().any(|line| line == *name)).collect()
            }
        }
    }

    /// Returns the commands that install these, in order.
    fn install(self, names: &[&str], rights: Rights) -> Vec<Command> {
        let programs: &[&[&str]] = match self {
            Self::Apt => {
                &[&["apt-get", "update", "-qq"], &["apt-get", "install", "-y", "--no-install-recommends"]]
            }
            Self::Dnf => &[&["dnf", "install", "-y"]],
            Self::Pacman => &[&["pacman", "-Sy", "--needed", "--noconfirm"]],
        };
        let last = programs.len() - 1;
        let command = |(i, words): (usize, &&[&str])| {
            let names = if i == last { names } else { &[] };
            let mut all =
                rights.prefix().into_iter().chain(words.iter().copied()).chain(names.iter().copied());
            let mut command = Command::new(all.next().unwrap_or_default());
            command.args(all).env("DEBIAN_FRONTEND", "noninteractive");
            command
        };
        programs.iter().enumerate().map(command).collect()
    }
}

/// Returns those of `wanted` without a line "STATUS NAME" with a good status. Architecture suffixes (`:amd64`) are
/// ignored.
fn absent(wanted: &[&'static str], answer: &str) -> Vec<&'static str> {
    let present: Vec<&str> = answer
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(status, _)| ["installed", "triggers-pending", "triggers-awaited"].contains(status))
        .map(|(_, name)| name.split(':').next().unwrap_or(name))
        .collect();
    wanted.iter().copied().filter(|name| !present.contains(name)).collect()
}

/// Returns when everything is installed.
pub(super) fn ready(purpose: Purpose, yes: bool) -> Result<(), Failure> {
    let needs: Vec<&Need> = NEEDS.iter().filter(|need| need.purpose <= purpose).collect();
    let Some(packages) = Packages::find() else {
        println!("No apt, dnf or pacman here; going on. Needed are, in Debian's names:");
        for need in needs {
            println!("  {:<52} {}", need.apt, need.why);
        }
        return Ok(());
    };
    let wanted: Vec<&str> = needs.iter().flat_map(|need| packages.names(need)).collect();
    let mut missing = packages.missing(&wanted);
    if missing.is_empty() && !node_missing() {
        return Ok(());
    }
    println!("This system lacks:");
    for need in needs {
        for name in packages.names(need).filter(|name| missing.contains(name)) {
            println!("  {name:<36} {}", need.why);
        }
    }
    // On distributions with an old Node, `web` prints a message instead.
    if node_missing() && packages.has_new_node() {
        println!("  {:<36} builds the window's page", "nodejs npm");
        missing.extend(["nodejs", "npm"]);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let rights = Rights::ours();
    let commands = packages.install(&missing, rights);
    let line = commands.iter().map(typed).collect::<Vec<_>>().join(" && ");
    println!("To be installed with:\n  {line}");
    if rights == Rights::None || !(yes || in_ci() || agreed()?) {
        return Err(Failure(format!(
            "packages are missing. Install them with\n  {line}\nor allow it with --yes."
        )));
    }
    for mut command in commands {
        run(&mut command)?;
    }
    match packages.missing(&wanted).as_slice() {
        [] => Ok(()),
        left => Err(Failure(format!("still missing after the installation: {}", left.join(", ")))),
    }
}

impl Packages {
    /// Returns whether the distribution's Node is new enough.
    fn has_new_node(self) -> bool {
        match self {
            Self::Apt => ask("apt-cache", &["policy", "nodejs"]).is_some_and(|answer| {
                answer
                    .lines()
                    .find_map(|line| line.trim().strip_prefix("Candidate: "))
                    .and_then(crate::web::version)
                    .is_some_and(|version| version >= crate::web::NODE)
            }),
            Self::Dnf | Self::Pacman => true,
        }
    }
}

fn node_missing() -> bool {
    ask("node", &["--version"]).is_none()
}

/// The rights to install packages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rights {
    Root,
    Sudo,
    None,
}

impl Rights {
    fn ours() -> Self {
        if ask("id", &["-u"]).is_some_and(|id| id.trim() == "0") {
            Self::Root
        } else if ask("sudo", &["--version"]).is_some() {
            Self::Sudo
        } else {
            Self::None
        }
    }

    /// Returns the prefix of a command, also for commands that we only print.
    fn prefix(self) -> Option<&'static str> {
        (self != Self::Root).then_some("sudo")
    }
}

fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Asks on a terminal; without one the answer is no.
fn agreed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("Install them now? [y/N] ");
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_when_it_is_unpacked_and_ready() {
        let answer = "installed sox\nconfig-files xvfb\ntriggers-pending dbus\ninstalled libasound2-dev:amd64\nnot-installed xauth\n";
        let wanted = ["sox", "xvfb", "dbus", "libasound2-dev", "xauth", "espeak-ng"];
        assert_eq!(absent(&wanted, answer), ["xvfb", "xauth", "espeak-ng"]);
    }

    #[test]
    fn what_is_shown_is_what_is_run() {
        let shown: Vec<String> =
            Packages::Apt.install(&["sox", "xvfb"], Rights::Sudo).iter().map(typed).collect();
        assert_eq!(
            shown,
            ["sudo apt-get update -qq", "sudo apt-get install -y --no-install-recommends sox xvfb"]
        );
        let root: Vec<String> = Packages::Pacman.install(&["sox"], Rights::Root).iter().map(typed).collect();
        assert_eq!(root, ["pacman -Sy --needed --noconfirm sox"]);
    }

    #[test]
    fn testing_needs_what_running_needs() {
        let count = |purpose| NEEDS.iter().filter(|need| need.purpose <= purpose).count();
        assert!(count(Purpose::Run) > 0 && count(Purpose::Test) > count(Purpose::Run));
    }
}
