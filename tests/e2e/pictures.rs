//! The camera: the preview in the window advances, and the server's pictures have the camera's frame numbers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::app::App;
use crate::rig::{Rig, rig_folder};

/// The camera's width, which determines the positions of the number's squares.
const CAMERA_WIDTH: u32 = 1280;

#[path = "../rig/fakecam/frame_number.rs"]
mod frame_number;

#[tokio::test(flavor = "multi_thread")]
async fn preview_frames_advance_and_the_server_gets_the_pictures() {
    let rig = Rig::start().await;
    let library = fakecam();
    let received = tempfile::tempdir().unwrap();
    let server = Server::start(received.path());
    let profile = json!({ "endpoint": server.url });
    let app = App::open(&rig, profile, &[("LD_PRELOAD", &library)]).await;
    app.until_phase("ready").await;
    app.click("start").await;
    app.until_phase("listening").await;
    app.click_on("[title^='Camera']").await;
    let frames = "Number(document.querySelector('[data-testid=\"preview\"]')?.dataset.frames ?? 0)";
    app.until("preview frames come", &format!("{frames} > 5")).await;
    let before = app.number(frames).await;
    app.until("they advance", &format!("{frames} > {before} + 5")).await;
    app.picture("camera-light").await;
    let numbers = server.wait_for_pictures(3);
    println!("numbers on the received pictures: {numbers:?}");
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "each picture is a later one: {numbers:?}");
    app.click("start").await;
    app.until_phase("ended").await;
    app.close().await;
}

/// A running `vivavoce serve`.
struct Server {
    url: String,
    pictures: PathBuf,
    process: Child,
}

impl Server {
    fn start(pictures: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(env!("CARGO_BIN_EXE_vivavoce"))
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--pictures"])
            .arg(pictures)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { url: format!("ws://127.0.0.1:{port}"), pictures: pictures.to_owned(), process }
    }

    /// Waits for `count` pictures and returns their frame numbers in order of arrival.
    fn wait_for_pictures(&self, count: usize) -> Vec<u32> {
        let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
        loop {
            let mut files: Vec<_> =
                fs::read_dir(&self.pictures).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.retain(|file| file.extension().is_some_and(|end| end == "jpg"));
            if files.len() >= count {
                files.sort();
                return files.iter().map(|file| number_on(file)).collect();
            }
            assert!(std::time::Instant::now() < deadline, "{} pictures came", files.len());
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn number_on(file: &Path) -> u32 {
    let picture = image::open(file).unwrap().to_rgb8();
    let (width, height) = picture.dimensions();
    frame_number::frame_number(picture.as_raw(), width, height, CAMERA_WIDTH)
        .unwrap_or_else(|| panic!("no number on {}", file.display()))
}

fn fakecam() -> PathBuf {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("libfakecam-e2e.so");
    let built = Command::new("sh").arg(rig_folder().join("fakecam/build.sh")).arg(&library).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    library
}
