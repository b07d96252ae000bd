//! A long conversation over open speakers, on a virtual sound card whose speaker leaks into its microphone: replies,
//! pauses, and speech over every fourth reply. Counts what must not happen. It only prints figures.
//!
//! It lasts `VIVAVOCE_DUPLEX_SECONDS` (600 if that is not set).

#[path = "../tests/virtual_card/rig.rs"]
#[allow(dead_code, reason = "half of it is for the tests alone")]
mod rig;

use std::io::Write;
use std::time::{Duration, Instant};

use audio::{Engine, EngineConfig, MicReceiver};
use dsp::synthetic;
use rig::{Card, on_a_card};

/// The duration of a run.
const SECONDS: u64 = 600;
/// The first seconds of the canceller, in which echo can't be told from speech.
const LEARNING: Duration = Duration::from_secs(5);
/// The end of a reply may still reach the microphone for this long.
const TAIL: Duration = Duration::from_millis(500);

fn main() {
    let seconds = std::env::var("VIVAVOCE_DUPLEX_SECONDS").ok().and_then(|text| text.parse().ok());
    on_a_card("", |card| {
        card.leak();
        Talk::start().hold(card, Duration::from_secs(seconds.unwrap_or(SECONDS)));
    });
}

/// What the microphone gave so far.
struct Talk {
    engine: Engine,
    chunks: MicReceiver,
    begun: Instant,
    next: Option<u64>,
    came: u64,
    lost: u64,
    /// Chunks with speech while there was only the reply.
    echoes: u64,
    /// The same as utterances: a server would have been interrupted that often.
    interruptions: u64,
    in_echo: bool,
    first: Option<Instant>,
}

impl Talk {
    fn start() -> Self {
        let (engine, chunks, _) = Engine::start(EngineConfig::default()).expect("devices");
        let begun = Instant::now();
        Self {
            engine,
            chunks,
            begun,
            next: None,
            came: 0,
            lost: 0,
            echoes: 0,
            interruptions: 0,
            in_echo: false,
            first: None,
        }
    }

    /// Listens for `span`. With `reply_only` nobody speaks, so speech in it is echo.
    fn listen(&mut self, span: Duration, reply_only: bool) {
        let until = Instant::now() + span;
        while Instant::now() < until {
            self.take(reply_only);
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    fn take(&mut self, reply_only: bool) {
        while let Some(chunk) = self.chunks.try_recv() {
            self.first.get_or_insert_with(Instant::now);
            self.lost += chunk.sequence - self.next.unwrap_or(chunk.sequence);
            (self.next, self.came) = (Some(chunk.sequence + 1), self.came + 1);
            let is_echo = reply_only && chunk.voice && self.begun.elapsed() > LEARNING;
            self.echoes += u64::from(is_echo);
            if is_echo && !self.in_echo {
                self.interruptions += 1;
                let heard = self.engine.heard();
                say(&format!("  at {:.1} s, in reply {:?}", self.begun.elapsed().as_secs_f64(), heard));
            }
            self.in_echo = is_echo;
        }
    }

    fn hold(mut self, card: &Card, length: Duration) {
        let (mut turn, mut by_us, mut by_itself) = (0_u32, 0, 0);
        while self.begun.elapsed() < length {
            turn += 1;
            let voice = synthetic::speech(u64::from(turn), 100.0 + f32::from((turn % 7) as u8) * 20.0, 7.0);
            let pcm: Vec<u8> = voice
                .chunks_exact(2)
                .flat_map(|pair| (((pair[0] + pair[1]) * 16_384.0) as i16).to_le_bytes())
                .collect();
            for burst in pcm.chunks(9_600) {
                self.engine.play(burst, 24_000, turn).expect("room");
            }
            self.engine.end_of_reply(turn);
            let ducked = self.engine.counters().ducked;
            if turn % 4 == 0 {
                self.listen(Duration::from_secs(3), true);
                let speech = synthetic::speech(u64::from(turn) + 1_000, 170.0, 1.5);
                let speech: Vec<i16> = speech.iter().map(|sample| (sample * 32_767.0) as i16).collect();
                let speaking = card.speak(&speech);
                // As a service does when it detects speech.
                self.listen(Duration::from_millis(600), false);
                self.engine.flush();
                self.listen(Duration::from_millis(1_800), false);
                drop(speaking);
                by_us += self.engine.counters().ducked - ducked;
            } else {
                while self.engine.is_playing() {
                    self.listen(Duration::from_millis(50), true);
                }
                by_itself += self.engine.counters().ducked - ducked;
                self.listen(TAIL, true);
            }
            self.listen(Duration::from_millis(700), true);
        }
        self.show(turn, by_us, by_itself);
    }

    fn show(&self, turns: u32, by_us: u64, by_itself: u64) {
        let counters = self.engine.counters();
        let heard_for = self.first.map_or(0.0, |first| first.elapsed().as_secs_f64());
        let kept = self.came as f64 * 0.02 / heard_for * 100.0;
        say(&format!(
            "{:.0} s, {turns} replies, every fourth spoken over",
            self.begun.elapsed().as_secs_f64()
        ));
        say(&format!(
            "self-interruptions: {} (a voice heard in {} chunks with a reply alone; ducked by itself {by_itself} times, by us {by_us})",
            self.interruptions, self.echoes
        ));
        say(&format!(
            "glitches of ours: {} underruns, {} overrun frames; buffers that the devices missed: {}",
            counters.underruns, counters.overrun_frames, counters.device_xruns
        ));
        say(&format!(
            "samples lost: {} chunks dropped, {} not numbered on; {kept:.2} % of the time kept",
            counters.chunks_dropped, self.lost
        ));
        say(&format!("  {counters:?}"));
        say(&format!("  {:?}", self.engine.echo()));
    }
}

fn say(line: &str) {
    _ = writeln!(std::io::stdout(), "{line}");
}
