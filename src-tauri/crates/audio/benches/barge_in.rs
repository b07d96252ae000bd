//! Speaking over a reply, on a virtual sound card: how long after the first speech frame the reply is ducked, and
//! whether the heard mark agrees with a recording of the speaker. It only prints figures.

#[path = "../tests/virtual_card/rig.rs"]
#[allow(dead_code, reason = "half of it is for the tests alone")]
mod rig;
use std::io::Write;
use std::time::{Duration, Instant};

use audio::{Engine, EngineConfig, MicReceiver, Microphone};
use dsp::synthetic;
use dsp::vad::{FRAME_SAMPLES, SpeechScorer};
use rig::{Card, RATE, Recording, on_a_card, sounding, tone, until};

/// How often each is tried.
const TIMES: usize = 20;
/// As in `dsp::vad::SpeechDetector`.
const SPEECH: f32 = 0.65;

fn main() {
    on_a_card("", |card| {
        ducked(card);
        heard(card);
    });
}

fn reply(engine: &Engine, seconds: usize, generation: u32) {
    let tone: Vec<u8> =
        tone(24_000, 500.0, seconds * 1_000).iter().flat_map(|sample| sample.to_le_bytes()).collect();
    engine.play(&tone, 24_000, generation).expect("room");
    engine.end_of_reply(generation);
}

/// The microphone's chunks, with the times at which they came.
struct Listener {
    samples: Vec<f32>,
    /// The end of each chunk in samples, and when it came, in s since `begun`.
    came: Vec<(usize, f64)>,
    begun: Instant,
}

impl Listener {
    fn take(&mut self, chunks: &mut MicReceiver) {
        while let Some(chunk) = chunks.try_recv() {
            let pairs = chunk.pcm.chunks_exact(2);
            self.samples.extend(pairs.map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0));
            self.came.push((self.samples.len(), self.begun.elapsed().as_secs_f64()));
        }
    }

    /// Returns when sample `n` had come at the latest, by the earliest chunks around it, in s.
    fn at(&self, n: usize) -> Option<f64> {
        let near = self.came.iter().filter(|(end, _)| end.abs_diff(n) < 16_000);
        let zero = near.map(|(end, at)| at - *end as f64 / 16_000.0).min_by(f64::total_cmp)?;
        Some(zero + n as f64 / 16_000.0)
    }

    /// Returns the end of the first speech frame from sample `from` on.
    fn first_speech(&self, from: usize) -> Option<usize> {
        let (mut scorer, mut end, mut first) = (SpeechScorer::new(), 0, None);
        // The net has a memory, so it hears the sound from the beginning.
        scorer.push(&self.samples, |score, _| {
            end += FRAME_SAMPLES;
            if score > SPEECH && end >= from + FRAME_SAMPLES {
                first = first.or(Some(end));
            }
        });
        first
    }
}

/// Speaks over a tone: when was the first speech frame there, and when was the reply ducked?
fn ducked(card: &Card) {
    let (engine, mut chunks, _) = Engine::start(EngineConfig::default()).expect("devices");
    let mut listener = Listener { samples: Vec::new(), came: Vec::new(), begun: Instant::now() };
    let (mut took, mut missed) = (Vec::new(), 0);
    for n in 0..TIMES {
        let speech: Vec<i16> = synthetic::speech(20 + n as u64, 110.0 + 8.0 * n as f32, 1.2)
            .iter()
            .map(|sample| (sample * 32_767.0) as i16)
            .collect();
        reply(&engine, 6, n as u32 + 1);
        // Speech over a reply is not believed before the canceller has adapted.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            listener.take(&mut chunks);
            std::thread::park_timeout(Duration::from_millis(5));
        }
        let (from, ducked) = (listener.samples.len(), engine.counters().ducked);
        let speaking = card.speak(&speech);
        let (begun, mut at) = (Instant::now(), None);
        while begun.elapsed() < Duration::from_secs(2) {
            if at.is_none() && engine.counters().ducked > ducked {
                at = Some(listener.begun.elapsed().as_secs_f64());
            }
            listener.take(&mut chunks);
            std::thread::park_timeout(Duration::from_millis(1));
        }
        drop(speaking);
        match (at, listener.first_speech(from).and_then(|end| listener.at(end))) {
            (Some(at), Some(speech_end)) => took.push(((at - speech_end) * 1_000.0).round() as i64),
            _ => missed += 1,
        }
        engine.flush();
    }
    took.sort_unstable();
    let at = |share: f64| took.get(((took.len().max(1) - 1) as f64 * share).round() as usize).copied();
    say(&format!(
        "ducked after the first speech frame: median {:?} ms, p95 {:?} ms (wanted 40 at most), not at all {missed}, all {took:?}",
        at(0.5),
        at(0.95)
    ));
}

/// Flushes a reply in its middle, and compares the heard mark with what the speaker gave.
fn heard(card: &Card) {
    let config = EngineConfig { microphone: Microphone::None, ..EngineConfig::default() };
    let (engine, _chunks, _) = Engine::start(config).expect("devices");
    let recording = card.listen();
    let mut differences = Vec::new();
    for n in 0..TIMES {
        let from = recording.len();
        reply(&engine, 10, n as u32 + 1);
        until("the reply", || engine.heard().ms > 600 + 70 * n as u64);
        let mark = engine.flush().ms;
        let sounded = sounded_ms(&recording, from);
        differences.push(i64::try_from(mark).unwrap_or(i64::MAX) - sounded);
    }
    differences.sort_unstable();
    let most = differences.iter().map(|ms| ms.abs()).max();
    say(&format!(
        "the heard mark against the recording: at most {most:?} ms off (wanted 100), all {differences:?} ms"
    ));
}

/// Returns how long the recording sounds.
fn sounded_ms(recording: &Recording, from: usize) -> i64 {
    let samples = recording.until_silent(from, 300);
    let sound = sounding(&samples).expect("the tone");
    i64::try_from((sound.end() - sound.start()) * 1_000 / RATE).unwrap_or(i64::MAX)
}

fn say(line: &str) {
    _ = writeln!(std::io::stdout(), "{line}");
}
