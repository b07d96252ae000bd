//! Ten times ten thousand hostile first messages, and what they leave behind: the memory of the process after each ten
//! thousand, and what a connection costs. Then every kind of flood for a minute (`VIVAVOCE_HOSTILE_SECONDS` for less), and the
//! most that the process held meanwhile: more than 200 MB is a failure. What each message is answered with is judged by the
//! tests.

// A bench says by a panic what it can't measure.
#![allow(clippy::panic)]

#[path = "../tests/live/attack.rs"]
mod attack;
#[path = "../tests/live/client.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod client;
mod memory;
#[path = "../tests/live/mischief.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod mischief;

use std::env;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use live_server::LiveServer;
use tokio::io::AsyncWriteExt;

use attack::ATTACKS;
use client::{Client, server};
use mischief::{Dice, First, SETUP, damaged, first};

/// What may be held, in bytes.
const MOST: u64 = 200 << 20;
const ROUND: usize = 10_000;
const ROUNDS: usize = 10;
/// Connections at once.
const ABREAST: usize = 50;

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        flood().await?;
        measure().await
    })
}

/// Each attack for its time, and the most that was held.
async fn flood() -> std::io::Result<()> {
    let seconds = env::var("VIVAVOCE_HOSTILE_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let each = Duration::from_secs(seconds.unwrap_or(60));
    let mut out = std::io::stdout();
    let mut worst = 0;
    for attack in ATTACKS {
        let peak = Arc::new(AtomicU64::new(0));
        let watching = tokio::spawn({
            let peak = Arc::clone(&peak);
            async move {
                let mut tick = tokio::time::interval(Duration::from_millis(50));
                loop {
                    tick.tick().await;
                    peak.fetch_max(memory::resident().unwrap_or_default(), Ordering::Relaxed);
                }
            }
        });
        let made = attack.run(each).await?;
        watching.abort();
        let held = peak.load(Ordering::Relaxed);
        worst = worst.max(held);
        writeln!(out, "{:>4} MB at most  {} ({made} connections)", held >> 20, attack.name)?;
    }
    if worst > MOST {
        return Err(std::io::Error::other(format!("{} MB were held", worst >> 20)));
    }
    Ok(())
}

async fn measure() -> std::io::Result<()> {
    let mut out = std::io::stdout();
    let server = server();
    let before = memory::resident()?;
    writeln!(out, "before the first: {} KB resident", before / 1024)?;
    let (mut least, mut most) = (u64::MAX, 0);
    for round in 0..ROUNDS {
        let start = Instant::now();
        let mut workers = tokio::task::JoinSet::new();
        for worker in 0..ABREAST {
            let seed = ((round * ABREAST + worker + 1) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            workers.spawn(torment(server.clone(), Dice(seed), ROUND / ABREAST));
        }
        while let Some(done) = workers.join_next().await {
            done.expect("no panic");
        }
        let resident = memory::resident()?;
        let each = start.elapsed() / ROUND as u32;
        writeln!(
            out,
            "after {:>7} hostile clients: {} KB resident, {each:.0?} each",
            (round + 1) * ROUND,
            resident / 1024
        )?;
        // The first round fills caches and the allocator's pools.
        if round > 0 {
            (least, most) = (least.min(resident), most.max(resident));
        }
    }
    writeln!(out, "from the second round on: between {} and {} KB", least / 1024, most / 1024)
}

/// Half of the clients send one hostile message first, the others are set up and send forty damaged ones.
async fn torment(server: LiveServer, mut dice: Dice, clients: usize) {
    for _ in 0..clients {
        let (near, far) = tokio::io::duplex(1 << 16);
        let serving = tokio::spawn({
            let server = server.clone();
            async move { server.serve_stream(far).await }
        });
        let request = client::request(client::PATH, &[]);
        let (socket, _) = tokio_tungstenite::client_async(request, near).await.expect("an upgrade");
        let mut client = Client { socket };
        if dice.roll(2) == 0 {
            match first(&mut dice) {
                First::Message(message) => drop(client.socket.send(message).await),
                First::Raw(bytes) => drop(client.socket.get_mut().write_all(&bytes).await),
            }
        } else {
            client.send_text(SETUP.to_owned()).await;
            for _ in 0..40 {
                if client.socket.send(damaged(&mut dice)).await.is_err() {
                    break;
                }
            }
        }
        // Whatever it is answered with: the first word of it, then the client is gone.
        let _ = client.socket.next().await;
        drop(client);
        serving.await.expect("no panic");
    }
}
