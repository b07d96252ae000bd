//! The UI: Node, packages and the built page. Each step runs again only when its inputs changed, so a second run needs
//! no network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::place::Place;
use crate::process::{Failure, ask, run};
use crate::stamp;

/// The oldest supported Node: major and minor version.
pub(crate) const NODE: (u32, u32) = (20, 19);

/// Parses major and minor of a version such as `v20.20.2` or `20.19.2+dfsg-1`.
pub(crate) fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers =
        text.trim().trim_start_matches('v').split(|c: char| !c.is_ascii_digit()).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

fn npm(place: &Place, folder: &Path) -> Command {
    let mut command = place.command(NPM);
    command.current_dir(folder);
    command
}

/// Installs what the page is built with.
pub(crate) fn install(place: &Place) -> Result<(), Failure> {
    packages(place, &place.file("ui"))
}

/// Runs `npm ci` in a folder if its lock file changed or `node_modules` is missing.
pub(crate) fn packages(place: &Place, folder: &Path) -> Result<(), Failure> {
    let found = ask("node", &["--version"]);
    if found.as_deref().and_then(version).is_none_or(|version| version < NODE) {
        let found = found.map_or("none was found".to_owned(), |v| format!("found {}", v.trim()));
        let (major, minor) = NODE;
        return Err(Failure(format!(
            "Node.js {major}.{minor} or newer is needed to build the window's page ({found}).\n\
             Get it from nodejs.org, or with your version manager: `nvm install {major}`, `fnm install {major}`."
        )));
    }
    let modules = folder.join("node_modules");
    let digest = stamp::digest(&[folder.join("package-lock.json"), folder.join(".npmrc")], &[])?;
    // The stamp is in node_modules, so that it disappears with them and each checkout has its own.
    let stamp = modules.join(".xtask-installed");
    if stamp::says(&stamp, &digest) {
        return Ok(());
    }
    if ask(NPM, &["--version"]).is_none() {
        return Err(Failure::from("npm is missing; it comes with Node.js or as the package `npm`."));
    }
    run(npm(place, folder).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    fs::create_dir_all(&modules)?;
    stamp::put(&stamp, &digest)
}

/// Builds the page in `ui/dist`, which the app embeds, if its sources changed.
pub(crate) fn build(place: &Place) -> Result<(), Failure> {
    let sources = sources(place)?;
    let digest = stamp::digest(&sources, &[])?;
    let stamp = place.file("ui/node_modules/.xtask-built");
    if stamp::says(&stamp, &digest) && place.file("ui/dist/index.html").exists() {
        return Ok(());
    }
    script(place, "build")?;
    stamp::put(&stamp, &digest)
}

/// Runs a script of `ui/package.json`.
pub(crate) fn script(place: &Place, name: &str) -> Result<(), Failure> {
    run(npm(place, &place.file("ui")).args(["run", "--silent", name]))
}

/// Returns the sources in `ui/` and the catalogue of messages.
fn sources(place: &Place) -> Result<Vec<PathBuf>, Failure> {
    let made = ["node_modules", "dist"];
    let mut sources: Vec<PathBuf> = fs::read_dir(place.file("ui"))
        .map_err(|e| Failure(format!("can't read ui/: {e}")))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    sources.retain(|path| path.file_name().is_none_or(|name| made.iter().all(|m| name != *m)));
    sources.push(place.file("locales"));
    sources.sort();
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_node_and_apt_say_them() {
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("18.19.0+dfsg-6~deb12u2"), Some((18, 19)));
        assert_eq!(version("(none)"), None);
        assert!(version("v20.9.0").unwrap() < NODE && version("v22.1.0").unwrap() > NODE);
    }
}
