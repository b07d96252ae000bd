//! What of a reply was heard when it was interrupted: the words whose sound had begun. Pure.

use std::time::Duration;

use live_server::{OUTPUT_RATE, Speech};

/// How fast words are spoken that were written before their sound, in characters a second.
const PACE: u64 = 15;

/// A reply's words, each with where its sound begins.
#[derive(Debug, Default)]
pub(super) struct Uttered {
    words: Vec<Word>,
    samples: u64,
}

#[derive(Debug)]
struct Word {
    begins_at: u64,
    text: String,
    /// Its sound came with it; otherwise the sound of a whole text follows.
    has_sound: bool,
}

impl Uttered {
    /// Takes what is said next.
    pub(super) fn add(&mut self, speech: &Speech) {
        let begins_at = self.samples;
        self.samples += speech.pcm.len() as u64;
        if let Some(text) = speech.text.as_ref().filter(|text| !text.is_empty()) {
            let space = if self.words.is_empty() || text.starts_with(' ') { "" } else { " " };
            let text = format!("{space}{text}");
            self.words.push(Word { begins_at, text, has_sound: !speech.pcm.is_empty() });
        }
    }

    /// The words that were heard when so much was played.
    pub(super) fn until(&self, played: Duration) -> String {
        let played = played.as_millis() as u64 * u64::from(OUTPUT_RATE) / 1_000;
        let begun = self.words.iter().take_while(|word| word.begins_at < played);
        begun
            .map(
                |word| {
                    if word.has_sound { word.text.as_str() } else { word.said_in(played - word.begins_at) }
                },
            )
            .collect()
    }
}

impl Word {
    /// The beginning of a text that is spoken in so many samples, up to the end of a word.
    fn said_in(&self, samples: u64) -> &str {
        let letters = samples * PACE / u64::from(OUTPUT_RATE);
        let Some((end, _)) = self.text.char_indices().nth(letters as usize) else { return &self.text };
        let end = self.text[end..].find(' ').map_or(self.text.len(), |more| end + more);
        &self.text[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speech(text: &str, samples: usize) -> Speech {
        Speech { pcm: vec![0; samples], text: Some(text.to_owned()) }
    }

    #[test]
    fn words_are_heard_when_their_sound_has_begun() {
        let mut uttered = Uttered::default();
        for (text, samples) in [("Rooks", 12_000), (" are", 12_000), (" birds.", 24_000), ("They", 24_000)] {
            uttered.add(&speech(text, samples));
        }
        for (ms, heard) in [
            (0, ""),
            (1, "Rooks"),
            (501, "Rooks are"),
            (1_500, "Rooks are birds."),
            (9_000, "Rooks are birds. They"),
        ] {
            assert_eq!(uttered.until(Duration::from_millis(ms)), heard, "{ms}");
        }
    }

    #[test]
    fn of_a_text_before_its_sound_as_much_is_heard_as_is_said_in_that_time() {
        let mut uttered = Uttered::default();
        uttered.add(&speech("Rooks are birds that live in rookeries.", 0));
        uttered.add(&Speech { pcm: vec![0; 72_000], text: None });
        uttered.add(&speech("They are black.", 0));
        for (ms, heard) in
            [(0, ""), (500, "Rooks are"), (3_100, "Rooks are birds that live in rookeries. They")]
        {
            assert_eq!(uttered.until(Duration::from_millis(ms)), heard, "{ms}");
        }
    }
}
