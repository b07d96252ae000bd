//! The virtual sound card of `tests/rig`, started for one task and stopped after it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::place::Place;
use crate::process::{Failure, run};

/// A running sound card; dropping it stops it.
pub(crate) struct SoundCard<'a> {
    place: &'a Place,
    folder: PathBuf,
}

impl<'a> SoundCard<'a> {
    pub(crate) fn start(place: &'a Place) -> Result<Self, Failure> {
        // A short path: it holds a Unix socket.
        let folder = std::env::temp_dir().join(format!("vv-{}", std::process::id()));
        let card = Self { place, folder };
        run(card.script().arg("start").stdout(Stdio::null()))?;
        Ok(card)
    }

    /// Returns the start of a command that uses it; append the program and its arguments.
    pub(crate) fn run(&self) -> Command {
        let mut command = self.script();
        command.arg("run");
        command
    }

    /// Lets the speaker leak into the microphone like a room: 80 ms later, 10 dB quieter, with early reflections.
    pub(crate) fn leak(&self) -> Result<(), Failure> {
        run(self.script().args(["echo", "room", "80", "-10"]).stdout(Stdio::null()))
    }

    fn script(&self) -> Command {
        let mut command = self.place.command(self.place.file("tests/rig/virtual_audio.sh"));
        command.env("VA_DIR", &self.folder);
        command
    }
}

impl Drop for SoundCard<'_> {
    fn drop(&mut self) {
        // A failure can't be handled here; the card's processes end with their socket's folder.
        let _ = self.script().arg("stop").stdout(Stdio::null()).status();
    }
}
