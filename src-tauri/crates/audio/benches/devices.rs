//! How long a conversation has no sound when its devices are unplugged, plugged in again or changed in the system's
//! settings, or when the sound server dies and comes back: ten times each, on a virtual sound card. It only prints
//! figures.

#[path = "../tests/virtual_card/rig.rs"]
#[allow(dead_code, reason = "half of it is for the tests alone")]
mod rig;

use std::io::Write;
use std::time::{Duration, Instant};

use audio::{Engine, EngineConfig, MicReceiver, Microphone, SpeakerChoice};
use rig::{Card, on_a_card, until};

/// How often each is tried.
const TIMES: usize = 10;
/// The pause between two trials: longer than any recovery.
const PAUSE: Duration = Duration::from_millis(1_500);

fn main() {
    // Two engines: one with chosen devices, one that follows the system.
    on_a_card("", |card| {
        let mut talk = Talk::start(EngineConfig {
            microphone: Microphone::Named("pulseaudio:app_mic".into()),
            speaker: SpeakerChoice::Named("AppSpeaker".into()),
            ..EngineConfig::default()
        });
        let (mut unplugged, mut plugged) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            unplugged.push(talk.after(("SpareMic", "SpareSpeaker"), || cables(card, "unplug")));
            plugged.push(talk.after(("AppMic", "AppSpeaker"), || cables(card, "plug")));
        }
        show("unplugged (from before the rig's script)", unplugged);
        show("plugged in again (from before the rig's script)", plugged);
        drop(talk);

        let mut talk = Talk::start(EngineConfig::default());
        let (mut changed, mut back) = (Vec::new(), Vec::new());
        for n in 0..TIMES {
            let (mic, speaker, names) = match n % 2 {
                0 => ("spare_mic", "spare_speaker", ("SpareMic", "SpareSpeaker")),
                _ => ("app_mic", "app_speaker", ("AppMic", "AppSpeaker")),
            };
            changed.push(talk.after(names, || {
                card.choose_default("set-default-source", mic);
                card.choose_default("set-default-sink", speaker);
                Instant::now()
            }));
        }
        show("another default", changed);
        for _ in 0..TIMES {
            card.crash();
            until("both are given up", || talk.names() == (None, None));
            back.push(talk.after(("AppMic", "AppSpeaker"), || {
                card.restart();
                Instant::now()
            }));
        }
        show("the server back after a crash", back);
        say(&format!("  {:?}", talk.engine.counters()));
    });
}

fn cables(card: &Card, what: &str) -> Instant {
    let begun = Instant::now();
    card.cable(what, "mic");
    card.cable(what, "speaker");
    begun
}

/// A reply that sounds, and a microphone that is read.
struct Talk {
    engine: Engine,
    chunks: MicReceiver,
}

impl Talk {
    fn start(config: EngineConfig) -> Self {
        let (engine, chunks, _) = Engine::start(config).expect("devices");
        let mut talk = Self { engine, chunks };
        talk.reply();
        talk
    }

    /// Queues ten more seconds of a reply, and pauses before the next trial.
    fn reply(&mut self) {
        let tone: Vec<u8> =
            rig::tone(24_000, 500.0, 10_000).iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.engine.play(&tone, 24_000, 1).expect("room");
        let until = Instant::now() + PAUSE;
        while Instant::now() < until {
            while self.chunks.try_recv().is_some() {}
            std::thread::park_timeout(Duration::from_millis(50));
        }
    }

    fn names(&self) -> (Option<String>, Option<String>) {
        (self.engine.current_microphone(), self.engine.current_speaker())
    }

    /// Measures from the moment that `event` returns until these devices are in use and samples move in both
    /// directions.
    fn after(&mut self, (microphone, speaker): (&str, &str), event: impl FnOnce() -> Instant) -> Duration {
        let begun = event();
        until(&format!("{microphone} and {speaker}"), || {
            while self.chunks.try_recv().is_some() {}
            self.names() == (Some(microphone.into()), Some(speaker.into()))
        });
        while self.chunks.try_recv().is_some() {}
        until("the microphone goes on", || self.chunks.try_recv().is_some());
        let heard = self.engine.heard().ms;
        until("the reply goes on", || self.engine.heard().ms > heard);
        let took = begun.elapsed();
        self.reply();
        took
    }
}

fn show(what: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share).round() as usize].as_millis();
    let all: Vec<u128> = took.iter().map(Duration::as_millis).collect();
    say(&format!("{what}: median {} ms, p95 {} ms (wanted 1000 at most), all {all:?}", at(0.5), at(0.95)));
}

fn say(line: &str) {
    _ = writeln!(std::io::stdout(), "{line}");
}
