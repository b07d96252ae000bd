//! What is said in a turn: parts that are turned into sound only as they are sent. Pure.

use std::collections::VecDeque;

use live_server::{OUTPUT_RATE, Speech};
use speech::formant::PlayedBack;

use crate::llm::LlmOutcome;
use crate::voice::{NextWord, Utterance};

/// Silence between two parts (200 ms).
const GAP: usize = OUTPUT_RATE as usize / 5;

enum Part {
    /// The user's own words in another voice, and what the transcript calls them.
    PlayedBack { label: Option<String>, audio: Box<PlayedBack> },
    /// Text in a voice.
    Spoken(Utterance),
}

/// What parts have to give.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    Speech(Speech),
    /// No more words follow, only sound.
    WordsDone,
    /// The voice is still at it; the session is woken when there is more.
    NotYet,
    Over,
}

/// What is said, part after part.
#[derive(Default)]
pub(crate) struct Parts {
    queue: VecDeque<Part>,
    /// How a language model ended that wrote the last part.
    ended: Option<LlmOutcome>,
    /// The first part is no part of the answer.
    interjects: bool,
}

impl Parts {
    pub(crate) fn spoken(utterance: impl Into<Utterance>) -> Self {
        let mut parts = Self::default();
        parts.speak(utterance);
        parts
    }

    pub(crate) fn speak(&mut self, utterance: impl Into<Utterance>) {
        self.queue.push_back(Part::Spoken(utterance.into()));
    }

    pub(crate) fn play_back(&mut self, label: String, audio: PlayedBack) {
        self.queue.push_back(Part::PlayedBack { label: Some(label), audio: Box::new(audio) });
    }

    /// Says this first, before what is not there yet.
    pub(crate) fn interject(&mut self, utterance: impl Into<Utterance>) {
        self.queue.push_front(Part::Spoken(utterance.into()));
        self.interjects = true;
    }

    /// Whether what is being said was interjected.
    pub(crate) fn is_interjecting(&self) -> bool {
        self.interjects
    }

    /// Whether a language model has not written a word yet of what is said next.
    pub(crate) fn awaits_words(&self) -> bool {
        matches!(self.queue.front(), Some(Part::Spoken(utterance)) if utterance.awaits_words())
    }

    pub(crate) fn next(&mut self) -> Piece {
        loop {
            let is_last = self.queue.len() == 1;
            let Some(part) = self.queue.front_mut() else { return Piece::Over };
            let (text, pcm) = match part {
                Part::PlayedBack { label, audio } => (label.take(), audio.next()),
                Part::Spoken(utterance) => match utterance.next() {
                    NextWord::Word(word) => (Some(word.text), Some(word.pcm)),
                    NextWord::WordsDone if is_last => return Piece::WordsDone,
                    NextWord::WordsDone => continue,
                    NextWord::End => (None, None),
                    NextWord::NotYet => return Piece::NotYet,
                },
            };
            if let Some(pcm) = pcm {
                return Piece::Speech(Speech { pcm, text });
            }
            self.interjects = false;
            if let Some(Part::Spoken(utterance)) = self.queue.pop_front() {
                self.ended = utterance.ended().cloned();
            }
            let gap = if self.queue.is_empty() { 0 } else { GAP };
            if gap > 0 || text.is_some() {
                return Piece::Speech(Speech { pcm: vec![0; gap], text });
            }
        }
    }

    /// How a language model ended, once all of it was said, and unless that was its last word.
    pub(crate) fn take_unfinished(&mut self) -> Option<LlmOutcome> {
        self.ended.take().filter(|ended| *ended != LlmOutcome::Done(Vec::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::SpokenText;
    use speech::formant::{Character, FormantSpeech};

    fn speech(text: &str) -> SpokenText {
        SpokenText::Formant(Box::new(FormantSpeech::new(text, Character::named("Kore"))))
    }

    #[test]
    fn parts_follow_each_other_with_a_gap() {
        let mut parts = Parts::default();
        parts.play_back("[your words]".to_owned(), PlayedBack::new(vec![100; 16_000], 1.3));
        parts.speak(speech("Those were yours."));
        let (mut texts, mut samples) = (Vec::new(), 0);
        while let Piece::Speech(piece) = parts.next() {
            texts.extend(piece.text);
            samples += piece.pcm.len();
        }
        assert_eq!(texts, ["[your words]", "Those", " were", " yours."]);
        assert!(samples > 24_000 + GAP + 12_000);
    }

    #[test]
    fn no_parts_are_over_at_once() {
        assert_eq!(Parts::default().next(), Piece::Over);
        assert_eq!(Parts::spoken(speech("")).next(), Piece::Over);
    }
}
