//! A flooding server does not fill the memory of `talk` (SECURITY.md).

use std::time::{Duration, Instant};

use testkit::{Flood, FloodServer};

use crate::PATIENCE;
use crate::program::Home;

/// The most memory of the process in bytes: its base and its queues.
const MOST: u64 = 200 * 1024 * 1024;

/// Returns how many pieces to send: keeping them all would take several times [`MOST`], and a debug build reads them
/// quickly.
fn pieces(flood: Flood) -> u64 {
    match flood {
        Flood::Pings => 3_000_000,
        Flood::Fragments | Flood::EmptyFragments => 2_000_000,
        Flood::LargeFragments => 10_000,
        Flood::LargeTurns | Flood::LargeCalls => 1_500,
        Flood::SmallTurns | Flood::EndlessTurn | Flood::Questions | Flood::Unknown => 100_000,
        Flood::Calls => 200_000,
        Flood::Sources | Flood::Sound => 1_000,
    }
}

/// Returns the peak memory of a process; `None` when it has ended.
fn high_water(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    kilobytes.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb * 1024)
}

fn flooded(flood: Flood) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(FloodServer::start(flood, pieces(flood))).unwrap();
    let home = Home::bare();
    let endpoint = server.endpoint();
    let arguments = ["talk", "--endpoint", &endpoint, "--mic", "none", "--speaker", "none", "--text", "hi"];
    let mut command = home.command(&arguments);
    let mut child =
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let mut most = 0;
    while !server.is_done() && child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < 3 * PATIENCE, "{flood:?}: the server is not rid of it, {most} bytes held");
        most = high_water(child.id()).unwrap_or(most);
        assert!(most <= MOST, "{flood:?}: {most} bytes held");
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = child.kill();
    let _ = child.wait();
    assert!(most > 0, "{flood:?}: it ended before it was looked at");
}

#[test]
fn pings_do_not_fill_the_memory() {
    flooded(Flood::Pings);
}

#[test]
fn fragments_do_not_fill_the_memory() {
    flooded(Flood::Fragments);
}

#[test]
fn empty_fragments_do_not_fill_the_memory() {
    flooded(Flood::EmptyFragments);
}

#[test]
fn large_fragments_do_not_fill_the_memory() {
    flooded(Flood::LargeFragments);
}

#[test]
fn large_turns_do_not_fill_the_memory() {
    flooded(Flood::LargeTurns);
}

#[test]
fn small_turns_do_not_fill_the_memory() {
    flooded(Flood::SmallTurns);
}

#[test]
fn endless_turn_does_not_fill_the_memory() {
    flooded(Flood::EndlessTurn);
}

#[test]
fn questions_do_not_fill_the_memory() {
    flooded(Flood::Questions);
}

#[test]
fn calls_do_not_fill_the_memory() {
    flooded(Flood::Calls);
}

#[test]
fn large_calls_do_not_fill_the_memory() {
    flooded(Flood::LargeCalls);
}

#[test]
fn sources_do_not_fill_the_memory() {
    flooded(Flood::Sources);
}

#[test]
fn unknown_messages_do_not_fill_the_memory() {
    flooded(Flood::Unknown);
}

#[test]
fn endless_sound_does_not_fill_the_memory() {
    flooded(Flood::Sound);
}
