//! Five hundred people talk with one server at once, over loopback, for a minute each time: first in pieces of 100 ms, then of
//! 20 ms. How long a frame is until it is handled, what is lost, what a session costs in memory and in time. Figures only.
//!
//! The server is a process of its own, so that its memory and its time are its own. This process only sends frames that
//! were made before, and reads what it must. Without a recogniser: it would be measured instead of the server.

// A bench says by a panic what it can't measure.
#![allow(clippy::panic)]

#[path = "../../tests/live/client.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod client;
#[path = "../memory/mod.rs"]
mod memory;
mod person;
mod server;
mod sound;

use std::io::Write;
use std::time::Duration;

use tokio::time::Instant;

use person::{Counts, Person};
use server::Server;

const PEOPLE: usize = 500;
/// How long each talks; another number of seconds may be given in the environment, to try the bench itself.
const SPAN: Duration = Duration::from_mins(1);
const SPAN_VARIABLE: &str = "VIVAVOCE_LOAD_SECONDS";
/// Each so many frames of a person, it is asked how long the last took.
const ASK_EVERY: usize = 7;
/// No reply is longer.
const LAST_REPLY: Duration = Duration::from_secs(20);
/// Between two looks at the clock.
const STEP: Duration = Duration::from_millis(1);

type Shown<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Shown {
    if std::env::args().any(|argument| argument == server::ROLE) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        return Ok(runtime.block_on(server::run())?);
    }
    let span = std::env::var(SPAN_VARIABLE).ok().and_then(|seconds| seconds.parse().ok());
    let span = span.map_or(SPAN, Duration::from_secs);
    // One thread: the server shall have the rest.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let day = sound::day().await;
        for piece in [Duration::from_millis(100), Duration::from_millis(20)] {
            talk(&sound::frames(&day, piece), piece, span).await?;
        }
        Ok(())
    })
}

async fn talk(frames: &[Vec<u8>], piece: Duration, span: Duration) -> Shown {
    let mut out = std::io::stdout();
    let mut server = Server::start()?;
    // What the first session brings along belongs to the server.
    drop(Person::connect(server.port(), 0).await?);
    let empty = memory::resident_of(server.id())?;
    let mut people = Vec::with_capacity(PEOPLE);
    for n in 0..PEOPLE {
        // Each somewhere else in the day.
        people.push(Person::connect(server.port(), n * frames.len() / PEOPLE).await?);
    }
    let idle = memory::resident_of(server.id())?;
    writeln!(out, "{PEOPLE} sessions, sound in pieces of {} ms for {} s", piece.as_millis(), span.as_secs())?;
    writeln!(out, "  memory: {} KB for an idle session", per_session(idle, empty))?;

    let busy_before = memory::processor_time(server.id())?;
    let sender_before = memory::processor_time(std::process::id())?;
    let mut late = Vec::new();
    let sent = send(&mut people, frames, piece, span, &mut late).await?;
    let talking = memory::resident_of(server.id())?;
    for person in &mut people {
        person.catch_up().await?;
    }
    let heard = server.heard_ms()?;
    // Work that was put off is counted, too.
    let busy = memory::processor_time(server.id())?.saturating_sub(busy_before);

    let sender = memory::processor_time(std::process::id())?.saturating_sub(sender_before);
    // Others on this machine take from both, and it shows in every time below.
    let load = std::fs::read_to_string("/proc/loadavg")?;
    tokio::time::sleep(LAST_REPLY).await;
    let quiet = memory::resident_of(server.id())?;
    let mut seen = Counts::default();
    for person in people {
        seen.add(person.leave());
    }

    let sent_ms = (sent - seen.refused) * piece.as_millis() as u64;
    writeln!(out, "  memory: {} KB for a session that talks", per_session(talking, empty))?;
    writeln!(out, "  memory: {} KB for a session that is idle again", per_session(quiet, empty))?;
    writeln!(
        out,
        "  dropped: {} connections, {} frames not taken, {} ms not heard of {} ms sent",
        seen.closed,
        seen.refused,
        sent_ms.abs_diff(heard),
        sent_ms
    )?;
    writeln!(out, "  answered: {} turns, {} MB", seen.turns, seen.bytes >> 20)?;
    let share = |time: Duration| time.as_secs_f64() / span.as_secs_f64() * 100.0;
    writeln!(
        out,
        "  processor: {:.0} % of one for the server, {:.0} % for the sender; the machine's load was {}",
        share(busy),
        share(sender),
        load.split_whitespace().next().unwrap_or("?")
    )?;
    writeln!(out, "  until a frame is handled: {}", spread(&mut seen.waits))?;
    writeln!(out, "  (the sender itself was late: {})", spread(&mut late))?;
    Ok(())
}

/// Sends everybody's frames in real time, evenly spread; returns how many.
async fn send(
    people: &mut [Person],
    frames: &[Vec<u8>],
    piece: Duration,
    span: Duration,
    late: &mut Vec<Duration>,
) -> Shown<u64> {
    let steps_of_piece = (piece.as_millis() / STEP.as_millis()) as usize;
    let start = Instant::now();
    let steps = (span.as_millis() / STEP.as_millis()) as usize;
    let mut sent = 0;
    for step in 0..steps {
        let due = start + STEP * step as u32;
        tokio::time::sleep_until(due).await;
        late.push(due.elapsed());
        for person in people.iter_mut().skip(step % steps_of_piece).step_by(steps_of_piece) {
            person.send(frames, (step / steps_of_piece).is_multiple_of(ASK_EVERY));
            sent += 1;
        }
    }
    Ok(sent)
}

fn per_session(now: u64, empty: u64) -> u64 {
    now.saturating_sub(empty) / 1024 / PEOPLE as u64
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| {
        times.get(((times.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or_default()
    };
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    format!(
        "p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, at most {:.1} ms, of {}",
        ms(at(0.5)),
        ms(at(0.95)),
        ms(at(0.99)),
        ms(at(1.0)),
        times.len()
    )
}
