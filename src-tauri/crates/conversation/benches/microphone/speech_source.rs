//! Plays speech into the virtual microphone, as one of two speakers.

use std::fmt;
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

use speech::{RATE, Voice};

use crate::sound::{CHARACTERS, spoken};

/// English of two places, at two speeds.
const ESPEAK: [(&str, &str); 4] = [("en-us", "160"), ("en-gb", "150"), ("en-us", "175"), ("en-gb", "165")];
/// Of espeak-ng's samples louder than this is speech, of 32,768.
const SPEECH: u16 = 300;

/// Who asks, and in which of their characters.
pub(crate) enum Talker {
    /// The partner's own voice.
    Own(usize),
    /// espeak-ng: formants, and nothing that the recogniser's makers had in mind.
    Espeak(usize),
}

impl fmt::Display for Talker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own(_) => "own   ",
            Self::Espeak(_) => "espeak",
        })
    }
}

impl Talker {
    /// A question from its first to its last sound, at [`RATE`].
    pub(crate) fn speak(&self, voice: &Voice, text: &str) -> Vec<i16> {
        match self {
            Self::Own(n) => spoken(voice, text, CHARACTERS[n % CHARACTERS.len()]),
            Self::Espeak(n) => {
                let (language, speed) = ESPEAK[n / 2 % ESPEAK.len()];
                espeak(text, language, speed)
            }
        }
    }
}

fn espeak(text: &str, language: &str, speed: &str) -> Vec<i16> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("question.wav");
    let spoke =
        Command::new("espeak-ng").args(["-v", language, "-s", speed, "-w"]).arg(&path).arg(text).status();
    assert!(spoke.expect("espeak-ng is there").success());
    let mut reader = hound::WavReader::open(&path).expect("a WAV");
    let rate = reader.spec().sample_rate;
    let samples: Vec<i16> = reader.samples().map(|sample| sample.expect("a sample")).collect();
    let loud = |sample: &i16| sample.unsigned_abs() > SPEECH;
    let end = samples.iter().rposition(loud).map_or(0, |at| at + 1);
    let start = samples.iter().position(loud).unwrap_or(end);
    at_rate(&samples[start..end], rate as usize, RATE as usize)
}

/// The samples at another rate, straight between their neighbours: good enough to be understood, and to be found again.
pub(crate) fn at_rate(samples: &[i16], from: usize, to: usize) -> Vec<i16> {
    let last = samples.len().saturating_sub(1);
    (0..samples.len() * to / from)
        .map(|n| {
            let (at, part) = (n * from / to, (n * from % to) as f32 / to as f32);
            let (here, next) = (f32::from(samples[at]), f32::from(samples[(at + 1).min(last)]));
            (here + (next - here) * part) as i16
        })
        .collect()
}

/// A player into the virtual microphone. What is not spoken in time leaves silence.
pub(crate) struct SpeechSource {
    player: Child,
    samples: ChildStdin,
}

impl SpeechSource {
    pub(crate) fn open() -> Self {
        let mut player = Command::new("pacat")
            .args(["--playback", "--raw", "--format=s16le", "--channels=1", "--latency-msec=120"])
            .args(["--device=virtual_mic", &format!("--rate={RATE}")])
            .stdin(Stdio::piped())
            .spawn()
            .expect("pacat is there");
        let samples = player.stdin.take().expect("piped");
        Self { player, samples }
    }

    /// Speaks on. Called in real time: the player takes about a second ahead.
    pub(crate) fn say(&mut self, samples: &[i16]) {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.samples
            .write_all(&bytes)
            .expect("the virtual card runs: cargo xtask bench microphone starts it");
    }
}

impl Drop for SpeechSource {
    fn drop(&mut self) {
        let _ = self.player.kill();
        let _ = self.player.wait();
    }
}
