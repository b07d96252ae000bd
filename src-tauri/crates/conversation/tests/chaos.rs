//! Five hundred conversations with servers that misbehave at random from a seed: none hangs, panics or dials more than
//! eight times in ten seconds, all end, and memory does not grow.
//!
//! The clock is tokio's, paused, so the two minutes of each conversation pass quickly.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that reports what it counted"
)]

use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use conversation::{Command, Config, Conversation, Event, PreviewFrame};
use live_proto::SetupOptions;
use live_proto::catalogue::Catalogue;
use testkit::RogueDialer;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tools::Registry;

const CONVERSATIONS: u64 = 500;
/// How long each conversation lasts, on the paused clock.
const LASTS: Duration = Duration::from_mins(2);
/// How long it may take to end, on the paused clock.
const ENDS: Duration = Duration::from_secs(30);
/// The most dials in any ten seconds.
const MOST: usize = 8;
const WINDOW: Duration = Duration::from_secs(10);
/// How much the process may grow between the fiftieth and the last conversation, in bytes.
const GROWTH: u64 = 30_000_000;
/// The real time after which a conversation counts as hanging.
const HANGS: Duration = Duration::from_mins(2);

fn config() -> Config {
    Config {
        is_local: false,
        setup: SetupOptions::default(),
        catalogue: Catalogue::embedded(),
        microphone: audio::Microphone::None,
        speaker: audio::SpeakerChoice::None,
        volume: 1.0,
        save: None,
        save_silence: false,
        camera: None,
        preview: watch::Sender::new(None::<PreviewFrame>),
        replies: watch::Sender::new(None),
    }
}

/// Types, mutes and shows pictures for a while, then ends the conversation.
async fn a_person(conversation: &Conversation) {
    let begun = Instant::now();
    let mut turn = 0_u32;
    while begun.elapsed() < LASTS {
        turn += 1;
        conversation.send(Command::Text(format!("Question {turn}"))).await;
        conversation.send(Command::Mute(turn.is_multiple_of(2))).await;
        conversation.send(Command::Picture(vec![0xff, 0xd8, 0xff, 0xd9])).await;
        sleep(Duration::from_millis(u64::from(turn % 5) * 3_000 + 500)).await;
    }
    conversation.send(Command::End).await;
}

/// Reads all events, sometimes slowly like a window, and returns their number.
async fn listen(mut told: mpsc::Receiver<Event>) -> usize {
    let mut count = 0;
    let mut ended = false;
    while let Some(event) = told.recv().await {
        assert!(!ended, "{event:?} after the end");
        count += 1;
        ended = matches!(event, Event::Ended { .. });
    }
    assert!(ended, "the stream of events ended without its last one");
    count
}

/// The most dials in any ten seconds.
fn crowd(dials: &[Instant]) -> usize {
    dials
        .iter()
        .map(|first| dials.iter().filter(|at| **at >= *first && **at < *first + WINDOW).count())
        .max()
        .unwrap_or(0)
}

struct Outcome {
    dials: usize,
    most_in_window: usize,
    events: usize,
}

fn converse(seed: u64) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let dialer = RogueDialer::new(seed);
        let (conversation, told) =
            Conversation::start(config(), Arc::new(dialer.clone()), Arc::new(Registry::builtin()));
        let listening = tokio::spawn(listen(told));
        // Some conversations end by themselves.
        a_person(&conversation).await;
        let events = timeout(ENDS, listening).await.expect("it ends").expect("no task panics");
        let dials = dialer.dials();
        Outcome { dials: dials.len(), most_in_window: crowd(&dials), events }
    })
}

/// Returns the resident memory of this process, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[cfg(not(target_os = "linux"))]
fn resident() -> u64 {
    0
}

#[test]
fn misbehaving_servers_bring_nothing_down() {
    let first = std::env::var("VIVAVOCE_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let (mut dials, mut events, mut most, mut settled) = (0, 0, 0, 0);
    for seed in first..first + CONVERSATIONS {
        let (done, waiting) = std::sync::mpsc::sync_channel(1);
        let thread = std::thread::spawn(move || {
            let outcome = converse(seed);
            let _ = done.send(());
            outcome
        });
        let hangs = waiting.recv_timeout(HANGS) == Err(RecvTimeoutError::Timeout);
        assert!(!hangs, "the conversation with seed {seed} hangs");
        let outcome = thread.join().unwrap_or_else(|_| panic!("the conversation with seed {seed} panicked"));
        assert!(
            outcome.most_in_window <= MOST,
            "seed {seed}: {} connections within {WINDOW:?}",
            outcome.most_in_window
        );
        dials += outcome.dials;
        events += outcome.events;
        most = most.max(outcome.most_in_window);
        if seed == first + 50 {
            settled = resident();
        }
    }
    let grown = resident().saturating_sub(settled);
    println!(
        "seeds {first} to {}: {dials} connections, at most {most} in {WINDOW:?}, {events} events, {grown} bytes grown",
        first + CONVERSATIONS - 1
    );
    assert!(grown <= GROWTH, "{grown} bytes more than after 50 conversations");
}
