//! Paths (the checkout, the build folder, the UI) and commands that start in the checkout.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::Failure;

/// Names the folder of the assets to the programs and to the tests that need them.
pub(crate) const ASSETS_VARIABLE: &str = "VIVAVOCE_ASSETS";

/// The checkout and its build folder.
#[derive(Debug)]
pub(crate) struct Place {
    root: PathBuf,
    target: PathBuf,
}

impl Place {
    /// Finds the checkout by cargo's variable at run time, since several checkouts may share a build folder.
    pub(crate) fn find() -> Result<Self, Failure> {
        let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let root = package
            .as_deref()
            .and_then(Path::parent)
            .filter(|root| root.join("xtask/Cargo.toml").exists())
            .ok_or("it must be started by `cargo xtask` in the checkout")?
            .to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) if !folder.is_empty() => std::path::absolute(folder)?,
            _ => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// Returns the checkout's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns a file of the checkout.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Returns cargo's build folder.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Returns a path in xtask's own folder for logs, environments and recordings; creates it if missing.
    pub(crate) fn own(&self, path: &str) -> Result<PathBuf, Failure> {
        let path = self.target.join("xtask").join(path);
        let folder = path.parent().unwrap_or(&path);
        std::fs::create_dir_all(folder).map_err(|e| format!("can't create {}: {e}", folder.display()))?;
        Ok(path)
    }

    /// Returns the app as built by `cargo::build_app`.
    pub(crate) fn app(&self) -> PathBuf {
        self.program("vivavoce")
    }

    /// Returns the release build of the app.
    pub(crate) fn released_app(&self) -> PathBuf {
        self.target.join("release").join(format!("vivavoce{}", env::consts::EXE_SUFFIX))
    }

    /// Returns a program of the workspace that is built beside the app.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// Returns a command that starts in the checkout with xtask's original environment.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        // `cargo run` sets variables about the package xtask. Passed on, they would make build scripts that watch them
        // run again when cargo is called without xtask.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_about_this_package) {
                command.env_remove(name);
            }
        }
        command
    }

    /// Returns a command for the cargo that started xtask.
    pub(crate) fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }
}

fn is_about_this_package(variable: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_package_is_forgotten() {
        assert!(is_about_this_package("CARGO_PKG_NAME"));
        assert!(is_about_this_package("CARGO_MANIFEST_DIR"));
        assert!(!is_about_this_package("CARGO_TARGET_DIR"));
        assert!(!is_about_this_package("CARGO_HOME"));
    }
}
