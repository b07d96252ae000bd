//! What a voice's name sounds like here: the partner's own voice as near to it as it comes. Blocks while it computes.

use std::sync::atomic::{AtomicBool, Ordering};

use speech::formant::{Character, FormantSpeech};
use speech::sentences;

use super::voiced::prosody_of;
use crate::speech_models::SpeechModels;

/// Returns a text as the practice partner would say it under a voice's name: mono samples at 24 kHz. An unknown name gets
/// the default voice. Blocks for about a fiftieth of the time that it lasts, and half a second more when the voice has to
/// be loaded. Returns `None` when `stop` was set.
pub fn imitate(models: &SpeechModels, name: &str, text: &str, stop: &AtomicBool) -> Option<Vec<i16>> {
    let (voice, character) = (models.voice(), Character::named(name));
    let prosody = prosody_of(&character);
    let mut pcm = Vec::new();
    for sentence in sentences(text) {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        match voice.as_ref().and_then(|voice| voice.speak(&sentence, prosody)) {
            Some(spoken) => pcm.extend(spoken.pcm),
            None => pcm.extend(FormantSpeech::new(&sentence, character).flat_map(|word| word.pcm)),
        }
    }
    Some(pcm)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use speech::{Prosody, Spoken};

    use super::*;
    use crate::speech_models::TextToSpeech;

    /// As many samples as letters, each as high as the voice is.
    struct Pitch;

    impl TextToSpeech for Pitch {
        fn speak(&self, sentence: &str, prosody: Prosody) -> Option<Spoken> {
            let sample = (prosody.pitch * 1_000.0) as i16;
            (!sentence.contains("mute"))
                .then(|| Spoken { pcm: vec![sample; sentence.len()], words: Vec::new() })
        }
    }

    fn said(models: &SpeechModels, name: &str, text: &str) -> Vec<i16> {
        imitate(models, name, text, &AtomicBool::new(false)).expect("nothing stops it")
    }

    #[test]
    fn each_name_has_a_voice_of_its_own_with_and_without_models() {
        let models = SpeechModels::of(Some(Arc::new(Pitch)), None);
        let [puck, kore] = ["Puck", "Kore"].map(|name| said(&models, name, "Hello. Bye."));
        assert!(puck.len() == 10 && puck != kore);
        let [puck, kore] = ["Puck", "Kore"].map(|name| said(&SpeechModels::none(), name, "Hello."));
        assert!(puck.len() > 5_000 && puck != kore);
    }

    #[test]
    fn a_sentence_that_the_voice_cannot_say_is_no_hole() {
        let models = SpeechModels::of(Some(Arc::new(Pitch)), None);
        assert!(said(&models, "Puck", "One. A mute one.").len() > 5_000);
    }

    #[test]
    fn it_stops_between_two_sentences() {
        let stopped = imitate(&SpeechModels::none(), "Puck", "One. Two.", &AtomicBool::new(true));
        assert_eq!(stopped, None);
    }
}
