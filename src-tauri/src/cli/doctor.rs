//! `vivavoce doctor`: tries everything that a conversation needs, one thing after the other or side by side, each in bounded
//! time, and says of each that it works or what to do. It really opens the devices: being listed proves nothing.

mod check;
mod devices;
mod servers;
mod service;

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinHandle;

use crate::cli::DoctorArgs;
use crate::cli::print::{self, Printable};
use crate::config::proxy;
use crate::config::startup::Startup;
use crate::contract::{Settings, UiError};
use crate::messages;
use check::{Found, Point, within};

/// Shown under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  vivavoce doctor
  vivavoce doctor --profile meeting.json --json
  vivavoce doctor --practice --offline
  vivavoce doctor --mcp mcp.json

It opens the microphone for a second, sounds a soft tone for half a second, switches the camera on until its first picture, writes a
word to the keyring and removes it, asks the usual ports of this computer for language models, starts the MCP servers of mcp.json and
lists their tools, and connects to the service (nothing but the key is sent). --offline leaves connections out. Each point has a time limit, together half a minute. Exit status: 0 when nothing is missing that a conversation needs, 1 when
something is (✗). What a conversation can do without (–) counts as nothing missing.";

#[derive(Serialize)]
struct Report {
    ok: bool,
    points: Vec<Point>,
}

/// Tries everything and says what came of it.
pub(crate) async fn run(args: DoctorArgs) -> ExitCode {
    let mut settings = match settings(&args) {
        Ok(settings) => settings,
        Err(error) => {
            print::say(&error);
            return ExitCode::FAILURE;
        }
    };
    // A password in a profile stays out of what is shown.
    let lifted = proxy::lift(&mut settings).map(|(_, url)| url);
    if !args.json {
        print::note(messages::text("doctor-begin"));
    }
    let thinking = threads::task("doctor", service::thinking(settings.clone()));
    let local = threads::task(
        "doctor",
        within("local", Duration::from_secs(5), false, service::local(settings.clone())),
    );
    let assets = threads::task(
        "doctor",
        within("assets", Duration::from_secs(10), false, service::assets(settings.clone())),
    );
    let servers = threads::task("doctor", servers::all(settings.clone(), args.mcp.clone(), args.offline));
    let parts = [
        threads::task("doctor", devices::sound(settings.clone())),
        threads::task("doctor", devices::camera(settings.clone())),
        threads::task("doctor", service::all(settings, lifted, args.offline)),
        assets,
        local,
        thinking,
        servers,
    ];
    let (mut points, mut printed) = (Vec::new(), ExitCode::SUCCESS);
    for part in parts {
        let part = joined(part).await;
        if !args.json && printed == ExitCode::SUCCESS {
            printed = show(&part);
        }
        points.extend(part);
    }
    let ok = points.iter().all(|point| point.found != Found::Missing);
    if args.json {
        printed = print::json(&Report { ok, points });
    }
    if ok { printed } else { ExitCode::FAILURE }
}

fn settings(args: &DoctorArgs) -> Result<Settings, UiError> {
    let startup = match &args.profile {
        Some(path) => Startup::of_profile(path)?,
        None => Startup::of_user(),
    };
    startup.troubles.iter().for_each(print::say);
    let mut settings = startup.settings;
    if args.practice {
        settings.endpoint = Some("practice".into());
    }
    Ok(settings)
}

async fn joined(part: JoinHandle<Option<Vec<Point>>>) -> Vec<Point> {
    part.await.ok().flatten().unwrap_or_else(|| vec![Point::failed_inside(&messages::text("doctor-thread"))])
}

fn show(points: &[Point]) -> ExitCode {
    let colour = print::has_colours();
    let shown = points.iter().fold(Printable::default(), |all, point| all.then(point.shown(colour)));
    print::data(shown)
}
