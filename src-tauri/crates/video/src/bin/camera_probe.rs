//! Opens a camera and prints a line for each event. Useful to examine a camera, and for tests that load fakecam into a
//! separate process.
//!
//! `camera-probe --list`, or `camera-probe [--camera NAME] [--file PICTURE] [--save DIR] [--send-ms N]`, which runs
//! until its stdin ends. Each preview is acknowledged at once.

#![allow(clippy::print_stdout, reason = "printing is all this program does")]

use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use video::{Camera, CameraChoice, CameraConfig, CameraState, Picture, VideoError};

struct Wishes {
    list: bool,
    save: Option<PathBuf>,
    config: CameraConfig,
}

fn main() -> Result<(), Box<dyn Error>> {
    let wishes = wishes(std::env::args().skip(1))?;
    if wishes.list {
        for camera in video::cameras()? {
            println!(
                "camera {} | {}{}",
                camera.id,
                camera.name,
                if camera.is_default { " | default" } else { "" }
            );
        }
        return Ok(());
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(wishes))
}

fn wishes(mut args: impl Iterator<Item = String>) -> Result<Wishes, Box<dyn Error>> {
    let mut wishes = Wishes { list: false, save: None, config: CameraConfig::default() };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--list" => wishes.list = true,
            "--camera" => wishes.config.choice = CameraChoice::Named(value()?),
            "--file" => wishes.config.choice = CameraChoice::File(value()?.into()),
            "--save" => wishes.save = Some(value()?.into()),
            "--send-ms" => wishes.config.send_every = Duration::from_millis(value()?.parse()?),
            _ => return Err(format!("unknown option {arg}").into()),
        }
    }
    Ok(wishes)
}

async fn run(wishes: Wishes) -> Result<(), Box<dyn Error>> {
    let (camera, mut pictures, mut previews, mut states) = Camera::start(wishes.config);
    let mut stdin_ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let save = wishes.save.as_deref();
    loop {
        tokio::select! {
            biased;
            state = states.recv() => match state {
                Some(CameraState::Failed(error)) => {
                    println!("failed {} | {error}{}", kind(&error), causes(&error));
                    break;
                }
                Some(CameraState::On { name, width, height }) => println!("on {width}x{height} | {name}"),
                Some(CameraState::Starting) => {}
                None => break,
            },
            Some(picture) = pictures.recv() => report("picture", &picture, save)?,
            Some(preview) = previews.recv() => {
                report("preview", &preview, save)?;
                camera.preview_taken();
            }
            _ = &mut stdin_ended => break,
        }
    }
    let counters = camera.counters();
    let closing = Instant::now();
    drop(camera);
    println!("closed {} ms | {counters:?}", closing.elapsed().as_millis());
    // The thread that waits for stdin would block the runtime's shutdown.
    std::process::exit(0)
}

/// Prints a line, after saving the picture if there is a folder for it.
fn report(what: &str, picture: &Picture, save: Option<&Path>) -> std::io::Result<()> {
    let Picture { jpeg, width, height, sequence, .. } = picture;
    if let Some(folder) = save {
        std::fs::write(folder.join(format!("{what}-{sequence}.jpg")), jpeg)?;
    }
    println!("{what} {sequence} {width}x{height} {} bytes", jpeg.len());
    Ok(())
}

fn kind(error: &VideoError) -> &'static str {
    match error {
        VideoError::Missing { .. } => "missing",
        VideoError::Denied { .. } => "denied",
        VideoError::Busy { .. } => "busy",
        VideoError::Format { .. } => "format",
        VideoError::Lost { .. } => "lost",
        VideoError::Stalled { .. } => "stalled",
        VideoError::File { .. } => "file",
        VideoError::Other { .. } => "other",
    }
}

fn causes(error: &dyn Error) -> String {
    error.source().map_or_else(String::new, |cause| format!(": {cause}{}", causes(cause)))
}
