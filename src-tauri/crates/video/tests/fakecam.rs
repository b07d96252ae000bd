//! Tests the camera with a V4L2 device: nokhwa, the mapping, faults. Each test runs camera-probe in a separate process
//! with the rig's fakecam loaded, and reads its output. Every wait has a deadline that only a hang reaches.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the functions around the tests may end a test too")]

#[path = "../../../../tests/rig/fakecam/frame_number.rs"]
mod frame_number;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Long enough for a busy machine; the longest limit of the camera is ten seconds.
const HANG: Duration = Duration::from_mins(1);

/// Returns the library, built once from the rig.
fn fakecam() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libfakecam.so");
        let rig = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/rig/fakecam/build.sh");
        let built = Command::new("sh").arg(rig).arg(&library).output().expect("sh runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        library
    })
}

/// camera-probe with a fake camera.
struct Probe {
    child: Child,
    lines: Receiver<String>,
    folder: TempDir,
}

impl Probe {
    fn start(fault: &str, settings: &[(&str, &str)], args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let control = folder.path().join("fault");
        std::fs::write(&control, fault).unwrap();
        let trace = std::fs::File::create(folder.path().join("trace")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_camera-probe"))
            .args(args)
            .args(["--save".as_ref(), folder.path().as_os_str()])
            .env("LD_PRELOAD", fakecam())
            .env("FAKECAM_CTL", &control)
            .env("FAKECAM_TRACE", "1")
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(trace)
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = sync_channel(10_000);
        std::thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines, folder }
    }

    /// Changes the fault. The file is renamed into place, so that fakecam never reads half a word.
    fn fault(&self, fault: &str) {
        let fresh = self.folder.path().join("fresh");
        std::fs::write(&fresh, fault).unwrap();
        std::fs::rename(fresh, self.folder.path().join("fault")).unwrap();
    }

    /// Returns the rest of the next line that begins with `word`. A failure in between fails the test.
    fn next(&self, word: &str) -> String {
        loop {
            let line =
                self.lines.recv_timeout(HANG).unwrap_or_else(|_| panic!("no \"{word}\"; {}", self.trace()));
            match line.strip_prefix(word) {
                Some(rest) => return rest.trim().to_owned(),
                None => assert!(!line.starts_with("failed"), "{line} instead of \"{word}\""),
            }
        }
    }

    /// Returns the number and size of the next picture of that kind.
    fn number(&self, what: &str, camera_width: u32) -> (u32, u32, u32) {
        let line = self.next(what);
        let sequence = line.split(' ').next().unwrap();
        let picture =
            image::open(self.folder.path().join(format!("{what}-{sequence}.jpg"))).unwrap().into_rgb8();
        let (width, height) = picture.dimensions();
        let number = frame_number::frame_number(&picture, width, height, camera_width);
        (number.unwrap_or_else(|| panic!("no number in {line}")), width, height)
    }

    /// Ends the probe like a user and waits for it.
    fn finish(mut self) -> (String, String) {
        drop(self.child.stdin.take());
        let closed = self.next("closed");
        self.child.wait().unwrap();
        (closed, self.trace())
    }

    /// Waits for something that only the trace shows.
    fn until(&self, what: &str, condition: impl Fn() -> bool) {
        let deadline = Instant::now() + HANG;
        while !condition() {
            assert!(Instant::now() < deadline, "no {what}; {}", self.trace());
            std::thread::yield_now();
        }
    }

    fn trace(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("trace")).unwrap()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns whether the light is off: the last of VIDIOC_STREAMOFF and VIDIOC_REQBUFS in fakecam's trace is an "off".
fn light_is_out(trace: &str) -> bool {
    let last = |what| trace.rfind(what);
    last("ioctl V/19 -> 0") > last("ioctl V/18 -> 0")
}

#[test]
fn a_camera_is_listed_once_with_a_short_name() {
    let probe = Probe::start("ok", &[], &["--list"]);
    assert_eq!(probe.next("camera"), "/dev/video0 | FakeCam HD | default");
    assert!(probe.lines.recv_timeout(HANG).is_err(), "the metadata node is no camera");
    let unplugged = Probe::start("unplug", &[], &["--list"]);
    assert!(unplugged.lines.recv_timeout(HANG).is_err(), "nothing there, nothing listed");
}

#[test]
fn numbers_rise_in_pictures_and_previews() {
    let probe = Probe::start("ok", &[], &["--send-ms", "200"]);
    assert_eq!(probe.next("on"), "1280x720 | FakeCam HD");
    let sent: Vec<_> = (0..4).map(|_| probe.number("picture", 1280)).collect();
    assert!(sent.iter().all(|&(_, width, height)| (width, height) == (768, 432)), "{sent:?}");
    assert!(sent.is_sorted_by(|a, b| a.0 < b.0), "{sent:?}");
    let previews: Vec<_> = (0..10).map(|_| probe.number("preview", 1280)).collect();
    assert!(previews.iter().all(|&(_, width, height)| (width, height) == (640, 360)), "{previews:?}");
    assert!(previews.is_sorted_by(|a, b| a.0 < b.0), "{previews:?}");
    let (_, trace) = probe.finish();
    assert!(light_is_out(&trace), "{trace}");
}

#[test]
fn a_small_mjpeg_picture_is_its_own_preview() {
    let modes = [("FAKECAM_MODES", "MJPG:640x480@30")];
    let probe = Probe::start("nodht", &modes, &[]);
    let numbers: Vec<_> = (0..5).map(|_| probe.number("preview", 640)).collect();
    assert!(numbers.is_sorted_by(|a, b| a.0 < b.0), "{numbers:?}");
    let bytes = std::fs::read_dir(probe.folder.path()).unwrap().filter_map(|entry| {
        let entry = entry.unwrap();
        entry
            .file_name()
            .to_string_lossy()
            .starts_with("preview")
            .then(|| std::fs::read(entry.path()).unwrap())
    });
    for jpeg in bytes {
        // The tables were inserted: not every viewer has them.
        assert!(jpeg.windows(2).any(|pair| pair == [0xFF, 0xC4]));
    }
}

#[test]
fn raw_pictures_are_read() {
    let modes = [("FAKECAM_MODES", "YUYV:1280x720@10,5;YUYV:320x240@15;YUYV:640x480@30,15")];
    let probe = Probe::start("ok", &modes, &["--send-ms", "100"]);
    assert_eq!(probe.next("on"), "640x480 | FakeCam HD", "smooth before large");
    let sent: Vec<_> = (0..3).map(|_| probe.number("picture", 640)).collect();
    assert!(sent.is_sorted_by(|a, b| a.0 < b.0), "{sent:?}");
    assert_eq!((sent[0].1, sent[0].2), (640, 480));
}

#[test]
fn a_large_mode_at_power_on_is_changed() {
    let modes = [("FAKECAM_MODES", "YUYV:1920x1080@5;MJPG:1920x1080@30;MJPG:800x600@15,30")];
    let probe = Probe::start("ok", &modes, &["--camera", "fakecam"]);
    assert_eq!(probe.next("on"), "800x600 | FakeCam HD");
    probe.number("picture", 800);
}

#[test]
fn missing_tables_are_put_in() {
    let probe = Probe::start("nodht", &[], &["--send-ms", "100"]);
    let sent: Vec<_> = (0..3).map(|_| probe.number("picture", 1280)).collect();
    assert!(sent.is_sorted_by(|a, b| a.0 < b.0), "{sent:?}");
}

#[test]
fn what_fails_at_once_says_why() {
    for (fault, kind) in [("eacces", "denied"), ("openbusy", "busy"), ("busy", "busy"), ("unplug", "missing")]
    {
        let probe = Probe::start(fault, &[], &[]);
        let line = probe.next("failed");
        assert!(line.starts_with(kind), "{fault}: {line}");
        probe.next("closed");
    }
    let other = Probe::start("ok", &[], &["--camera", "another one"]);
    assert!(other.next("failed").starts_with("missing | no camera is called \"another one\""));
}

#[test]
fn an_unplugged_camera_is_lost_and_works_again_later() {
    let probe = Probe::start("ok", &[], &["--send-ms", "100"]);
    probe.next("picture");
    probe.fault("unplug");
    // Pictures may still be in flight.
    assert!(probe.next("failed").starts_with("lost"));
    probe.next("closed");
    let again = Probe::start("ok", &[], &[]);
    again.next("picture");
}

#[test]
fn a_stall_is_reported_and_the_light_turns_off() {
    let probe = Probe::start("ok", &[], &["--send-ms", "100"]);
    probe.next("picture");
    probe.fault("stall");
    assert!(probe.next("failed").starts_with("stalled"));
    probe.next("closed");
    assert!(light_is_out(&probe.trace()), "{}", probe.trace());
}

#[test]
fn a_stalled_camera_can_be_closed() {
    let probe = Probe::start("stall", &[], &[]);
    // It is open and streams when fakecam has answered STREAMON.
    probe.until("a stream", || probe.trace().contains("ioctl V/18 -> 0"));
    let (_, trace) = probe.finish();
    assert!(light_is_out(&trace), "{trace}");
}

#[test]
fn torn_frames_never_get_through() {
    let probe = Probe::start("corrupt", &[], &["--send-ms", "100"]);
    let failed = probe.next("failed");
    assert!(failed.starts_with("stalled"), "{failed}");
    assert!(!failed.contains("(0 damaged)"), "{failed}");
    // After a short fault it continues, and every picture that was sent has its number.
    let probe = Probe::start("ok", &[], &["--send-ms", "50"]);
    let before = probe.number("picture", 1280).0;
    probe.fault("corrupt");
    let frames = || probe.trace().matches("ioctl V/17 -> 0").count();
    let torn_from = frames();
    probe.until("torn frames", || frames() > torn_from + 5);
    probe.fault("ok");
    let sent: Vec<_> = (0..5).map(|_| probe.number("picture", 1280).0).collect();
    assert!(sent[0] > before && sent.is_sorted(), "{before}, {sent:?}");
}
