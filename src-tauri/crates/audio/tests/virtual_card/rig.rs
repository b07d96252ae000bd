//! A virtual sound card for one test: a private PulseAudio server with null devices (tests/rig/virtual_audio.sh).
//!
//! The engine finds its sound server through environment variables, which a running test must not change. So each test
//! starts a card and runs itself again in a child process, with the environment of that card.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The card's rate in Hz.
pub(crate) const RATE: usize = 48_000;

/// Longer than anything here takes on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Marks the child process, and holds where its card is.
const CARD: &str = "VIVAVOCE_TEST_CARD";

/// One card at a time: two of them would disturb each other on a small machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn script() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/rig/virtual_audio.sh")
}

/// Runs `body` with a card. `name` is the test's own name.
pub(crate) fn on_a_card(name: &str, body: impl FnOnce(&Card)) {
    if let Some(folder) = std::env::var_os(CARD) {
        return body(&Card { folder: folder.into() });
    }
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::Builder::new().prefix("va-").tempdir().expect("a folder for the card");
    let card = Card { folder: folder.path().to_owned() };
    let started = card.rig("start").output().expect("bash runs");
    let issue = String::from_utf8_lossy(&started.stderr);
    assert!(
        started.status.success(),
        "no virtual sound card (needed: pulseaudio, pulseaudio-utils, libasound2-plugins): {issue}"
    );
    let test = std::env::current_exe().expect("this test's program");
    let again =
        card.rig("run").arg(test).args([name, "--exact", "--nocapture"]).env(CARD, &card.folder).status();
    _ = card.rig("stop").output();
    assert!(again.expect("the test runs again").success(), "{name} failed on its card, see above");
}

/// Runs `body` with neither a sound server nor an ALSA device.
pub(crate) fn without_sound(name: &str, body: impl FnOnce()) {
    if std::env::var_os(CARD).is_some() {
        return body();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty.conf");
    std::fs::write(&empty, "").expect("write");
    let test = std::env::current_exe().expect("this test's program");
    let again = Command::new(test)
        .args([name, "--exact", "--nocapture"])
        .env(CARD, folder.path())
        .env("PULSE_SERVER", format!("unix:{}", folder.path().join("nobody").display()))
        .env("PULSE_RUNTIME_PATH", folder.path())
        .env("XDG_RUNTIME_DIR", folder.path())
        .env("ALSA_CONFIG_PATH", empty)
        .status();
    assert!(again.expect("the test runs again").success(), "{name} failed without sound, see above");
}

/// Waits until `condition` holds.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// The card of this process.
pub(crate) struct Card {
    folder: PathBuf,
}

impl Card {
    fn rig(&self, command: &str) -> Command {
        let mut rig = Command::new("bash");
        rig.arg(script()).arg(command).env("VA_DIR", &self.folder).stdin(Stdio::null());
        rig
    }

    /// Plays `samples` (16 bit, [`RATE`], mono) into the microphone until the returned child is dropped.
    pub(crate) fn speak(&self, samples: &[i16]) -> Ended {
        let path = self.folder.join("speech.wav");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE as u32,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).expect("file");
        for sample in samples {
            writer.write_sample(*sample).expect("sample");
        }
        writer.finalize().expect("end");
        Ended(self.rig("play").arg(&path).spawn().expect("paplay runs"))
    }

    /// Records the speaker from now on.
    pub(crate) fn listen(&self) -> Recording {
        let mut child = self
            .rig("run")
            .args([
                "parec",
                "--raw",
                "--latency-msec=10",
                "--device=app_speaker.monitor",
                "--channels=1",
                "--format=s16le",
            ])
            .arg(format!("--rate={RATE}"))
            .stdout(Stdio::piped())
            .spawn()
            .expect("parec runs");
        let mut out = child.stdout.take().expect("piped");
        let samples = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&samples);
        std::thread::spawn(move || {
            let mut buffer = [0_u8; 960];
            while out.read_exact(&mut buffer).is_ok() {
                let block = buffer.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]]));
                lock(&heard).extend(block);
            }
        });
        let recording = Recording { samples, _child: Ended(child) };
        until("the recording runs", || recording.len() > 0);
        recording
    }

    /// Kills the sound server.
    pub(crate) fn crash(&self) {
        assert!(self.rig("crash").status().expect("bash runs").success());
    }

    /// Starts the sound server again after [`Card::crash`].
    pub(crate) fn restart(&self) {
        assert!(self.rig("start").stdout(Stdio::null()).status().expect("bash runs").success());
    }

    /// Unplugs or plugs a device: `unplug mic`, `plug speaker`.
    pub(crate) fn cable(&self, what: &str, device: &str) {
        assert!(self.rig(what).arg(device).status().expect("bash runs").success());
    }

    /// Lets the speaker leak into the microphone as in a room: 80 ms later, 10 dB quieter, with early reflections.
    #[allow(dead_code, reason = "for the benches")]
    pub(crate) fn leak(&self) {
        let status = self.rig("echo").args(["room", "80", "-10"]).stdout(Stdio::null()).status();
        assert!(status.expect("bash runs").success());
    }

    /// Changes a default in the settings of the system: `set-default-sink` or `set-default-source`.
    pub(crate) fn choose_default(&self, what: &str, device: &str) {
        let status = self.rig("run").args(["pactl", what, device]).status();
        assert!(status.expect("pactl runs").success());
    }

    /// Returns the streams of the server: playback, recording.
    pub(crate) fn streams(&self) -> (usize, usize) {
        let count = |what: &str| {
            let listed = self.rig("run").args(["pactl", "list", "short", what]).output().expect("pactl runs");
            String::from_utf8_lossy(&listed.stdout).lines().count()
        };
        (count("sink-inputs"), count("source-outputs"))
    }
}

/// A child process that ends with the test.
pub(crate) struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// What the speaker gave since the recording began.
pub(crate) struct Recording {
    samples: Arc<Mutex<Vec<i16>>>,
    _child: Ended,
}

impl Recording {
    /// Returns how many samples there are so far.
    pub(crate) fn len(&self) -> usize {
        lock(&self.samples).len()
    }

    /// Returns the samples from `from` on.
    pub(crate) fn since(&self, from: usize) -> Vec<i16> {
        lock(&self.samples)[from..].to_vec()
    }

    /// Waits for `ms` of silence; returns everything from `from` on.
    pub(crate) fn until_silent(&self, from: usize, ms: usize) -> Vec<i16> {
        let quiet = ms * RATE / 1_000;
        until("silence", || {
            let samples = lock(&self.samples);
            samples.len() >= from + quiet
                && samples[samples.len() - quiet..].iter().all(|sample| sample.abs() < LOUD)
        });
        self.since(from)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Samples above this are sound: a thirtieth of full scale.
pub(crate) const LOUD: i16 = 1_000;

/// Returns a sine at half of full scale.
pub(crate) fn tone(rate: usize, hz: f32, ms: usize) -> Vec<i16> {
    let sample = |n: usize| (std::f32::consts::TAU * hz * n as f32 / rate as f32).sin() * 16_384.0;
    (0..rate * ms / 1_000).map(|n| sample(n) as i16).collect()
}

/// Counts the periods of a tone: swings from well below to well above zero.
pub(crate) fn periods(samples: &[i16]) -> usize {
    let swings: Vec<bool> = samples.iter().filter(|s| s.abs() > LOUD).map(|s| *s > 0).collect();
    swings.windows(2).filter(|pair| !pair[0] && pair[1]).count()
}

/// Returns the range from the first to the last loud sample.
pub(crate) fn sounding(samples: &[i16]) -> Option<std::ops::RangeInclusive<usize>> {
    let loud = |sample: &i16| sample.abs() > LOUD;
    Some(samples.iter().position(loud)?..=samples.iter().rposition(loud)?)
}

/// Returns the length of the longest quiet run.
pub(crate) fn longest_gap(samples: &[i16]) -> usize {
    samples.split(|sample| sample.abs() > LOUD).map(<[i16]>::len).max().unwrap_or(0)
}

/// Removes runs of zeros, which a tone does not have. Also returns how many samples they were.
pub(crate) fn without_inserted_silence(samples: &[i16]) -> (Vec<i16>, usize) {
    const RUN: usize = 8;
    let mut kept = Vec::with_capacity(samples.len());
    for run in samples.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
        if run[0] != 0 || run.len() < RUN {
            kept.extend_from_slice(run);
        }
    }
    let inserted = samples.len() - kept.len();
    (kept, inserted)
}
