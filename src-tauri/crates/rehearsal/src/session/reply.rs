//! A reply on its way: what is still to be said, cut into messages, and when each is due. Pure; the time is handed in.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::llm::LlmOutcome;
use crate::voice::{Next, OUTPUT_RATE, Utterance};
use speech::formant::PlayedBack;

/// Silence between two parts (200 ms).
const GAP: usize = OUTPUT_RATE as usize / 5;

/// What a reply consists of.
enum Part {
    /// The user's own words in another voice, and what the transcript calls them.
    PlayedBack { label: Option<String>, audio: Box<PlayedBack> },
    /// Text in a voice.
    Spoken(Utterance),
}

/// Audio and the transcript of what begins in it.
#[derive(Debug, PartialEq)]
pub(super) struct Chunk {
    pub(super) pcm: Vec<i16>,
    pub(super) text: Option<String>,
}

/// What a script has to give.
#[derive(Debug, PartialEq)]
enum Piece {
    Chunk(Chunk),
    /// The voice is still at it; the session is woken when there is more.
    NotYet,
    Over,
}

/// A reply: its parts are turned into sound only as they are sent.
#[derive(Default)]
pub(super) struct Script {
    parts: VecDeque<Part>,
    pending: Vec<i16>,
    /// Whether any text was given out: the next delta then begins with a space.
    begun: bool,
    /// How a language model ended that wrote the last part.
    ended: Option<LlmOutcome>,
}

impl Script {
    pub(super) fn spoken(saying: Utterance) -> Self {
        let mut script = Self::default();
        script.speak(saying);
        script
    }

    pub(super) fn speak(&mut self, saying: Utterance) {
        self.parts.push_back(Part::Spoken(saying));
    }

    pub(super) fn play_back(&mut self, label: String, audio: PlayedBack) {
        self.parts.push_back(Part::PlayedBack { label: Some(label), audio: Box::new(audio) });
    }

    /// The next `samples` at 24 kHz, fewer at the end or when the voice is slower than what it says.
    fn chunk(&mut self, samples: usize) -> Piece {
        let mut text = String::new();
        let mut waits = false;
        while self.pending.len() < samples {
            let Some(part) = self.parts.front_mut() else { break };
            let (delta, pcm) = match part {
                Part::PlayedBack { label, audio } => (label.take(), audio.next()),
                Part::Spoken(saying) => match saying.next() {
                    Next::Word(word) => (Some(word.text), Some(word.pcm)),
                    Next::End => (None, None),
                    Next::NotYet => {
                        waits = true;
                        break;
                    }
                },
            };
            if let Some(delta) = delta {
                if self.begun && !delta.starts_with(' ') {
                    text.push(' ');
                }
                text.push_str(&delta);
                self.begun = true;
            }
            if let Some(pcm) = pcm {
                self.pending.extend(pcm);
            } else {
                if let Some(Part::Spoken(saying)) = self.parts.pop_front() {
                    self.ended = saying.ended().cloned();
                }
                if !self.parts.is_empty() {
                    self.pending.resize(self.pending.len() + GAP, 0);
                }
            }
        }
        if self.pending.is_empty() && text.is_empty() {
            return if waits { Piece::NotYet } else { Piece::Over };
        }
        let rest = self.pending.split_off(samples.min(self.pending.len()));
        let pcm = std::mem::replace(&mut self.pending, rest);
        Piece::Chunk(Chunk { pcm, text: (!text.is_empty()).then_some(text) })
    }
}

/// What a reply has to send now.
#[derive(Debug, PartialEq)]
pub(super) enum Due {
    /// Audio.
    Chunk(Chunk),
    /// A language model ended, and not with its last word: what is to be said next is still to be found.
    Unfinished(LlmOutcome),
    /// Everything is generated; the client is still playing.
    Generated,
    /// The client has played everything, if it plays in real time.
    Played,
}

/// A reply being sent.
pub(super) struct Reply {
    script: Script,
    chunk: usize,
    /// Between two messages.
    pause: Duration,
    next: Instant,
    /// Whether the voice has to give more before anything can be done.
    waits: bool,
    /// When the client began to play, if it has never run dry since.
    playing_since: Instant,
    samples: u64,
    generated: bool,
    said: String,
}

impl Reply {
    /// A reply that begins now, in messages of `chunk` samples, `pause` apart.
    pub(super) fn new(script: Script, chunk: usize, pause: Duration, now: Instant) -> Self {
        Self {
            script,
            chunk,
            pause,
            next: now,
            waits: false,
            playing_since: now,
            samples: 0,
            generated: false,
            said: String::new(),
        }
    }

    /// When there is something to do; `None`: when the session is woken.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.waits).then_some(self.next)
    }

    /// Whether the next thing to do makes a large message.
    pub(super) fn is_generating(&self) -> bool {
        !self.generated
    }

    /// What is due at `now`, one thing at a time.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Due> {
        if now < self.next {
            return None;
        }
        if self.generated {
            return Some(Due::Played);
        }
        let piece = self.script.chunk(self.chunk);
        self.waits = piece == Piece::NotYet;
        match piece {
            Piece::NotYet => None,
            Piece::Chunk(chunk) => {
                let played = Duration::from_millis(self.sent_ms());
                self.playing_since = self.playing_since.max(now.checked_sub(played).unwrap_or(now));
                self.samples += chunk.pcm.len() as u64;
                self.said.extend(chunk.text.as_deref());
                // From the plan and not from `now`, so that a late wake-up does not slow the whole reply. But never a burst.
                self.next = (self.next + self.pause).max(now);
                Some(Due::Chunk(chunk))
            }
            Piece::Over => {
                let done = LlmOutcome::Done(Vec::new());
                if let Some(ended) = self.script.ended.take().filter(|ended| *ended != done) {
                    return Some(Due::Unfinished(ended));
                }
                self.generated = true;
                self.next = self.playing_since + Duration::from_millis(self.sent_ms());
                Some(Due::Generated)
            }
        }
    }

    /// Says this, too, behind what was said.
    pub(super) fn go_on(&mut self, mut script: Script, now: Instant) {
        script.begun = !self.said.is_empty();
        self.script = script;
        self.waits = false;
        self.next = self.next.max(now);
    }

    /// The transcript of what was sent so far.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// Audio sent so far, in ms.
    pub(super) fn sent_ms(&self) -> u64 {
        self.samples * 1000 / u64::from(OUTPUT_RATE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use speech::formant::{Character, FormantSpeech};

    fn speech(text: &str) -> Utterance {
        Utterance::Formant(Box::new(FormantSpeech::new(text, Character::named("Kore"))))
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_comes_in_even_messages_and_ends_when_it_was_heard() {
        let start = Instant::now();
        let text = "One two three four five.";
        let mut reply = Reply::new(Script::spoken(speech(text)), 4_800, Duration::from_millis(50), start);
        let (mut samples, mut said, mut ends) = (0, String::new(), Vec::new());
        loop {
            let now = reply.due().expect("a sketch never waits");
            match reply.poll(now) {
                Some(Due::Chunk(chunk)) => {
                    assert!(chunk.pcm.len() <= 4_800);
                    samples += chunk.pcm.len();
                    said.extend(chunk.text);
                }
                Some(Due::Generated) => ends.push(now - start),
                Some(Due::Played) => break ends.push(now - start),
                other => panic!("{other:?} at the due time"),
            }
            assert_eq!(reply.poll(now - Duration::from_nanos(1)), None);
        }
        assert_eq!(said, text);
        let seconds = Duration::from_millis(samples as u64 / 24);
        assert_eq!(ends[1], seconds);
        assert!(ends[0] < seconds / 3 && ends[0] >= seconds / 5, "{:?} of {seconds:?}", ends[0]);
    }

    #[test]
    fn parts_follow_each_other_with_a_space_and_a_gap() {
        let mut script = Script::default();
        script.play_back("[your words]".to_owned(), PlayedBack::new(vec![100; 16_000], 1.3));
        script.speak(speech("Those were yours."));
        let (mut text, mut samples) = (String::new(), 0);
        while let Piece::Chunk(chunk) = script.chunk(4_800) {
            text.extend(chunk.text);
            samples += chunk.pcm.len();
        }
        assert_eq!(text, "[your words] Those were yours.");
        assert!(samples > 24_000 + GAP + 12_000);
    }

    #[test]
    fn an_empty_script_is_over_at_once() {
        assert_eq!(Script::default().chunk(100), Piece::Over);
        assert_eq!(Script::spoken(speech("")).chunk(100), Piece::Over);
    }
}
