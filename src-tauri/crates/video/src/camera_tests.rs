//! A camera with a scripted source: its states, its outputs, its end. No test uses a device or measures time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::*;
use crate::source::{RawFrame, Source};

/// A step of the scripted source. The source waits for the next step as a camera waits for a frame.
enum Step {
    Frame(Vec<u8>),
    Fail(VideoError),
}

struct Scripted {
    steps: Receiver<Step>,
    /// How often it was asked for a frame.
    asked: Arc<AtomicUsize>,
    dropped: SyncSender<()>,
}

impl Source for Scripted {
    fn name(&self) -> String {
        "Scripted".to_owned()
    }

    fn size(&self) -> (u32, u32) {
        (64, 48)
    }

    fn next(&mut self, take: &mut dyn FnMut(RawFrame<'_>)) -> Result<(), VideoError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.steps.recv() {
            Ok(Step::Frame(data)) => {
                take(RawFrame { layout: Layout::Mjpeg, width: 64, height: 48, data: &data });
                Ok(())
            }
            Ok(Step::Fail(error)) => Err(error),
            Err(_) => Err(lost()),
        }
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        let _ = self.dropped.try_send(());
    }
}

fn lost() -> VideoError {
    VideoError::Lost { cause: Arc::new(std::io::Error::other("(os error 19)")) }
}

/// Returns a picture of one shade, so that a test can distinguish pictures.
fn shade(shade: u8) -> Vec<u8> {
    picture::encode(&Bitmap { width: 64, height: 48, rgb: vec![shade; 64 * 48 * 3] }, 90).unwrap()
}

fn shade_of(picture: &Picture) -> u8 {
    let mut bitmap = Bitmap::default();
    picture::decode_jpeg(&picture.jpeg, &mut bitmap).unwrap();
    bitmap.rgb[0]
}

struct Bench {
    /// The first field, so that it is dropped first: the source's wait ends, and then the camera.
    steps: SyncSender<Step>,
    camera: Camera,
    pictures: PictureReceiver,
    previews: PreviewReceiver,
    states: StateReceiver,
    asked: Arc<AtomicUsize>,
    dropped: Receiver<()>,
}

/// A timeout that a test never reaches.
const LONG: Duration = Duration::from_mins(10);
const UNHURRIED: TimeLimits =
    TimeLimits { open: LONG, first: LONG, next: LONG, close: Duration::from_secs(5) };

fn bench(config: CameraConfig, limits: TimeLimits) -> Bench {
    let (steps, script) = sync_channel(64);
    let (dropped, was_dropped) = sync_channel(1);
    let asked = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&asked);
    let opener: Opener = Box::new(move || Ok(Box::new(Scripted { steps: script, asked: counts, dropped })));
    let (camera, pictures, previews, states) = Camera::start_with(config, limits, opener);
    Bench { steps, camera, pictures, previews, states, asked, dropped: was_dropped }
}

fn every_frame() -> CameraConfig {
    CameraConfig { send_every: Duration::ZERO, ..CameraConfig::default() }
}

/// Blocks on a future with a deadline that only a hang reaches.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(20), future).await }).expect("hangs")
}

/// Waits for an action of another thread that no channel reports.
fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "never happened");
        std::thread::yield_now();
    }
}

#[test]
fn the_first_whole_picture_turns_it_on() {
    let mut bench = bench(every_frame(), UNHURRIED);
    assert!(matches!(bench.states.current(), CameraState::Starting));
    bench.steps.send(Step::Frame(vec![0; 4000])).unwrap();
    eventually(|| bench.camera.counters().damaged == 1);
    assert!(matches!(bench.states.current(), CameraState::Starting), "a damaged frame proves nothing");
    bench.steps.send(Step::Frame(shade(100))).unwrap();
    let Some(CameraState::On { name, width, height }) = wait(bench.states.recv()) else { panic!("not on") };
    assert_eq!((name.as_str(), width, height), ("Scripted", 64, 48));
    let picture = wait(bench.pictures.recv()).unwrap();
    assert_eq!((picture.width, picture.height, picture.sequence), (64, 48, 1));
    assert!(shade_of(&picture).abs_diff(100) < 4);
}

#[test]
fn the_newest_picture_wins() {
    let mut bench = bench(every_frame(), UNHURRIED);
    for (count, tone) in [20, 90, 200].into_iter().enumerate() {
        bench.steps.send(Step::Frame(shade(tone))).unwrap();
        eventually(|| bench.camera.counters().sent == count as u64 + 1);
    }
    eventually(|| bench.pictures.latest().is_some_and(|picture| picture.sequence == 2));
    let picture = wait(bench.pictures.recv()).unwrap();
    assert!(shade_of(&picture).abs_diff(200) < 4, "{}", shade_of(&picture));
}

#[test]
fn pictures_keep_their_pace() {
    let hourly = CameraConfig { send_every: Duration::from_hours(1), ..CameraConfig::default() };
    let mut bench = bench(hourly, UNHURRIED);
    bench.steps.send(Step::Frame(shade(60))).unwrap();
    // Until then a second frame could take the place of the first.
    eventually(|| bench.camera.counters().sent == 1);
    for count in 2..=5 {
        bench.steps.send(Step::Frame(shade(60))).unwrap();
        eventually(|| bench.camera.counters().frames == count);
    }
    assert_eq!(wait(bench.pictures.recv()).unwrap().sequence, 0);
    drop(bench.steps);
    drop(bench.camera);
    assert!(wait(bench.pictures.recv()).is_none(), "one in an hour");
}

#[test]
fn a_preview_needs_credit() {
    let eager = CameraConfig { preview_fps_max: 1_000_000, ..every_frame() };
    let mut bench = bench(eager, UNHURRIED);
    let mut frames = 0;
    let mut feed = |tone| {
        bench.steps.send(Step::Frame(shade(tone))).unwrap();
        frames += 1;
        eventually(|| bench.camera.counters().sent == frames);
    };
    (0..4).for_each(|_| feed(30));
    assert_eq!(wait(bench.previews.recv()).unwrap().sequence, 0, "the first is free");
    assert_eq!(bench.camera.counters().previewed, 1);
    bench.camera.preview_taken();
    bench.camera.preview_taken();
    (0..4).for_each(|_| feed(180));
    let preview = wait(bench.previews.recv()).unwrap();
    assert_eq!(preview.sequence, 4);
    assert!(shade_of(&preview).abs_diff(180) < 4);
    assert_eq!(bench.camera.counters().previewed, 2, "credit does not add up");
}

#[test]
fn outputs_have_their_sizes() {
    let config = CameraConfig { send_max_side: 32, preview_max_side: 16, ..every_frame() };
    let mut bench = bench(config, UNHURRIED);
    bench.steps.send(Step::Frame(shade(50))).unwrap();
    let picture = wait(bench.pictures.recv()).unwrap();
    assert_eq!((picture.width, picture.height), (32, 24));
    let preview = wait(bench.previews.recv()).unwrap();
    assert_eq!((preview.width, preview.height), (16, 12));
}

#[test]
fn an_unplugged_camera_is_lost_and_closed() {
    let mut bench = bench(every_frame(), UNHURRIED);
    bench.steps.send(Step::Frame(shade(50))).unwrap();
    assert!(matches!(wait(bench.states.recv()), Some(CameraState::On { .. })));
    bench.steps.send(Step::Fail(lost())).unwrap();
    assert!(matches!(wait(bench.states.recv()), Some(CameraState::Failed(VideoError::Lost { .. }))));
    bench.dropped.try_recv().expect("closed before the failure is told");
    assert!(wait(bench.states.recv()).is_none(), "the threads have ended");
    assert!(wait(bench.pictures.recv()).is_some() && wait(bench.pictures.recv()).is_none());
}

#[test]
fn a_stall_is_told() {
    let limits =
        TimeLimits { next: Duration::from_millis(50), close: Duration::from_millis(20), ..UNHURRIED };
    let mut bench = bench(every_frame(), limits);
    bench.steps.send(Step::Frame(shade(50))).unwrap();
    assert!(matches!(wait(bench.states.recv()), Some(CameraState::On { .. })));
    let Some(CameraState::Failed(VideoError::Stalled { after, .. })) = wait(bench.states.recv()) else {
        panic!("not stalled")
    };
    assert_eq!(after, limits.next);
}

#[test]
fn damaged_frames_do_not_count_as_progress() {
    let limits =
        TimeLimits { first: Duration::from_millis(200), close: Duration::from_millis(20), ..UNHURRIED };
    let mut bench = bench(every_frame(), limits);
    let mut half = shade(50);
    half.truncate(half.len() / 2);
    // Sends frames until the camera has ended.
    let steps = bench.steps.clone();
    let feeder = std::thread::spawn(move || while steps.send(Step::Frame(half.clone())).is_ok() {});
    let Some(CameraState::Failed(VideoError::Stalled { damaged, .. })) = wait(bench.states.recv()) else {
        panic!("not stalled")
    };
    assert!(damaged > 0);
    drop(bench);
    feeder.join().unwrap();
}

#[test]
fn closing_does_not_wait_for_a_driver_that_hangs() {
    let limits = TimeLimits { close: Duration::from_millis(50), ..UNHURRIED };
    let bench = bench(every_frame(), limits);
    bench.steps.send(Step::Frame(shade(50))).unwrap();
    eventually(|| bench.camera.counters().sent == 1);
    // The reader is blocked in the driver again. Before that it would notice the end by itself.
    eventually(|| bench.asked.load(Ordering::SeqCst) == 2);
    drop(bench.camera); // returns although the source still waits for its next step
    assert!(bench.dropped.try_recv().is_err());
    drop(bench.steps); // the driver lets go at last
    bench.dropped.recv_timeout(Duration::from_secs(20)).expect("the thread that was left behind ends");
}

#[test]
fn a_camera_that_does_not_open_says_why() {
    let opener: Opener = Box::new(|| Err(VideoError::Missing { wanted: Some("x".to_owned()) }));
    let (_camera, _, _, mut states) = Camera::start_with(every_frame(), UNHURRIED, opener);
    let Some(CameraState::Failed(error)) = wait(states.recv()) else { panic!("not failed") };
    assert_eq!(error.to_string(), "no camera is called \"x\"");
}

#[test]
fn a_panicking_driver_is_a_failure() {
    let (owner, mut deaths) = threads::owner();
    let _entered = owner.enter();
    let opener: Opener = Box::new(|| panic!("the driver"));
    let (_camera, _, _, mut states) = Camera::start_with(every_frame(), UNHURRIED, opener);
    assert!(matches!(wait(states.recv()), Some(CameraState::Failed(VideoError::Other { .. }))));
    assert_eq!(deaths.try_recv().map(|death| death.name), Some("camera-reader"));
}

#[test]
fn a_file_stands_for_a_camera() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("still.png");
    image::RgbImage::from_pixel(1000, 500, image::Rgb([10, 200, 30])).save(&path).unwrap();
    let config = CameraConfig { choice: CameraChoice::File(path), ..CameraConfig::default() };
    let (_camera, mut pictures, _, _) = Camera::start(config);
    let picture = wait(pictures.recv()).unwrap();
    assert_eq!((picture.width, picture.height), (768, 384));
    let missing = CameraChoice::File(folder.path().join("none.png"));
    let (_camera, _, _, mut states) =
        Camera::start(CameraConfig { choice: missing, ..CameraConfig::default() });
    assert!(matches!(wait(states.recv()), Some(CameraState::Failed(VideoError::File { .. }))));
}
