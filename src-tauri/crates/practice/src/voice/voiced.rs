//! A text on its way through the real voice: sentence by sentence, the next one while the last is being sent, so that the
//! first is heard soon and a reply that is broken off costs little. Free of tasks; the compute_pool has them.

use std::collections::VecDeque;
use std::sync::Arc;

use speech::{Prosody, Spoken, sentences};

use crate::compute_pool::{ComputePool, Job, JobStatus};
use live_server::{Delivery, Waker};
use speech::formant::{Character, FormantSpeech, SpokenWord};

/// The pitch of the voice that there is, in Hz.
const OWN_PITCH_HZ: f32 = 200.0;
/// Its throat, in the terms of [`Character::tract`].
const OWN_TRACT: f32 = 1.14;

/// Who speaks, for one session.
#[derive(Clone)]
pub(crate) struct SessionVoice {
    compute_pool: Arc<ComputePool>,
    waker: Waker,
    character: Character,
    delivery: Delivery,
}

impl SessionVoice {
    pub(crate) fn new(
        compute_pool: Arc<ComputePool>,
        waker: Waker,
        character: Character,
        delivery: Delivery,
    ) -> Self {
        Self { compute_pool, waker, character, delivery }
    }

    /// A text in the form in which the session's words and sound are sent.
    fn deliver(&self, text: &str, spoken: impl FnOnce() -> SpokenText) -> SpokenText {
        let words = Some(text.to_owned()).filter(|text| !text.is_empty());
        match self.delivery {
            Delivery::Together => spoken(),
            Delivery::WordsFirst => {
                SpokenText::WordsFirst { words, is_done: false, spoken: Box::new(spoken()) }
            }
            Delivery::WordsOnly => SpokenText::Written(words),
        }
    }

    /// A text to be said, by the voice if there is one, else sketched.
    pub(crate) fn say(&self, text: &str) -> SpokenText {
        self.say_prepared(text, None)
    }

    /// Has the first sentence of a text made into sound; the formant voice needs no time.
    pub(crate) fn prepare(&self, text: &str) -> Option<Prepared> {
        let sentence =
            sentences(text).into_iter().next().filter(|_| self.compute_pool.models().has_voice())?;
        let job = self.compute_pool.speak(sentence.clone(), prosody_of(&self.character), &self.waker);
        Some(Prepared { sentence, job })
    }

    /// A text to be said, of which the first sentence may be there already.
    pub(crate) fn say_prepared(&self, text: &str, prepared: Option<Prepared>) -> SpokenText {
        self.deliver(text, || self.speak(text, prepared))
    }

    fn speak(&self, text: &str, prepared: Option<Prepared>) -> SpokenText {
        if !self.compute_pool.models().has_voice() {
            return SpokenText::Formant(Box::new(FormantSpeech::new(text, self.character)));
        }
        let mut voiced = Voiced {
            voice: self.clone(),
            left: sentences(text).into(),
            ready: VecDeque::new(),
            job: None,
            begun: false,
        };
        match prepared.filter(|prepared| voiced.left.front() == Some(&prepared.sentence)) {
            Some(Prepared { sentence, job }) => {
                voiced.left.pop_front();
                voiced.job = Some((sentence, job));
            }
            None => voiced.begin(),
        }
        SpokenText::Voiced(Box::new(voiced))
    }
}

/// A sentence that is made into sound before it is certain to be said.
pub(crate) struct Prepared {
    sentence: String,
    job: Job<Spoken>,
}

/// A text that is being said.
pub(crate) enum SpokenText {
    Formant(Box<FormantSpeech>),
    Voiced(Box<Voiced>),
    /// All its words, and then their sound.
    WordsFirst {
        words: Option<String>,
        is_done: bool,
        spoken: Box<SpokenText>,
    },
    /// It has no sound.
    Written(Option<String>),
}

/// What comes next of it.
#[derive(Debug, PartialEq)]
pub(crate) enum NextWord {
    Word(SpokenWord),
    /// All words were given; their sound follows.
    WordsDone,
    /// The session is woken when there is more.
    NotYet,
    End,
}

impl SpokenText {
    pub(crate) fn next(&mut self) -> NextWord {
        match self {
            Self::Formant(speech) => speech.next().map_or(NextWord::End, NextWord::Word),
            Self::Voiced(voiced) => voiced.next(),
            Self::Written(words) => words.take().map_or(NextWord::End, written),
            Self::WordsFirst { words, is_done, spoken } => {
                if let Some(words) = words.take() {
                    return written(words);
                }
                if !std::mem::replace(is_done, true) {
                    return NextWord::WordsDone;
                }
                let mut next = spoken.next();
                if let NextWord::Word(word) = &mut next {
                    word.text.clear();
                }
                next
            }
        }
    }
}

fn written(text: String) -> NextWord {
    NextWord::Word(SpokenWord { text, pcm: Vec::new() })
}

/// A text that the voice says.
pub(crate) struct Voiced {
    voice: SessionVoice,
    left: VecDeque<String>,
    ready: VecDeque<SpokenWord>,
    job: Option<(String, Job<Spoken>)>,
    begun: bool,
}

impl Voiced {
    fn begin(&mut self) {
        self.job = self.left.pop_front().map(|sentence| {
            let SessionVoice { compute_pool, waker, character, .. } = &self.voice;
            let job = compute_pool.speak(sentence.clone(), prosody_of(character), waker);
            (sentence, job)
        });
    }

    fn next(&mut self) -> NextWord {
        if let Some((sentence, job)) = &mut self.job
            && let JobStatus::Done(spoken) = job.status()
        {
            // A sentence that the voice can't say is said by the formant voice: a reply has no holes.
            let words = match spoken {
                Some(spoken) => words_of(spoken),
                None => FormantSpeech::new(sentence, self.voice.character).collect(),
            };
            self.ready.extend(words);
            self.begin();
        }
        let Some(mut word) = self.ready.pop_front() else {
            return if self.job.is_some() { NextWord::NotYet } else { NextWord::End };
        };
        if std::mem::replace(&mut self.begun, true) && !word.text.starts_with(' ') {
            word.text.insert(0, ' ');
        }
        NextWord::Word(word)
    }
}

/// A sentence's sound, cut where its words begin.
fn words_of(spoken: Spoken) -> Vec<SpokenWord> {
    let ends: Vec<usize> = spoken.words.iter().skip(1).map(|(_, at)| *at).chain([spoken.pcm.len()]).collect();
    let mut from = 0;
    let mut words = Vec::with_capacity(ends.len());
    for (n, ((text, _), end)) in spoken.words.into_iter().zip(ends).enumerate() {
        let end = end.clamp(from, spoken.pcm.len());
        let text = if n == 0 { text } else { format!(" {text}") };
        words.push(SpokenWord { text, pcm: spoken.pcm[from..end].to_vec() });
        from = end;
    }
    words
}

/// The thirty names are one voice, made higher or lower, with a longer or shorter throat, faster or slower.
pub(super) fn prosody_of(character: &Character) -> Prosody {
    Prosody {
        pitch: (character.pitch_hz / OWN_PITCH_HZ).clamp(0.45, 1.25),
        throat: (character.tract / OWN_TRACT).clamp(0.8, 1.1),
        speed: character.speed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech_models::{SpeechModels, TextToSpeech};

    /// 100 samples for each letter; has no word for "mute".
    struct Monotone;

    impl TextToSpeech for Monotone {
        fn speak(&self, sentence: &str, _: Prosody) -> Option<Spoken> {
            let mut at = 0;
            let mut words = Vec::new();
            for word in sentence.split(' ') {
                words.push((word.to_owned(), at));
                at += 100 * word.len();
            }
            (!sentence.contains("mute")).then(|| Spoken { pcm: vec![5; at], words })
        }
    }

    async fn all(text: &str, voice: Option<Arc<dyn TextToSpeech>>) -> (String, usize) {
        let waker = Waker::default();
        let compute_pool = Arc::new(ComputePool::new(SpeechModels::of(voice, None)));
        let mut saying =
            SessionVoice::new(compute_pool, waker.clone(), Character::named("Puck"), Delivery::Together)
                .say(text);
        let (mut said, mut samples) = (String::new(), 0);
        loop {
            match saying.next() {
                NextWord::Word(word) => {
                    said.push_str(&word.text);
                    samples += word.pcm.len();
                }
                NextWord::NotYet => waker.woken().await,
                NextWord::WordsDone => {}
                NextWord::End => return (said, samples),
            }
        }
    }

    #[tokio::test]
    async fn the_words_are_the_text_whoever_says_them() {
        let text = "Hello there. It is 14:05, or so. Bye!";
        assert_eq!(all(text, Some(Arc::new(Monotone))).await, (text.to_owned(), 3_000));
        assert_eq!(all(text, None).await.0, text);
        assert_eq!(all("", Some(Arc::new(Monotone))).await, (String::new(), 0));
    }

    #[tokio::test]
    async fn what_the_voice_cannot_say_is_said_by_the_formant_voice() {
        let (said, samples) = all("One. A mute one. Two.", Some(Arc::new(Monotone))).await;
        assert_eq!(said, "One. A mute one. Two.");
        assert!(samples > 10_000, "{samples}");
    }

    #[tokio::test]
    async fn prepared_sentence_is_used_and_another_text_is_said() {
        for (text, first) in [("One. Two.", "One."), ("Three.", "Three.")] {
            let waker = Waker::default();
            let compute_pool = Arc::new(ComputePool::new(SpeechModels::of(Some(Arc::new(Monotone)), None)));
            let voice =
                SessionVoice::new(compute_pool, waker.clone(), Character::named("Puck"), Delivery::Together);
            let prepared = voice.prepare("One. And what follows.");
            waker.woken().await;
            let mut saying = voice.say_prepared(text, prepared);
            let mut next = saying.next();
            assert_eq!(next == NextWord::NotYet, first == "Three.");
            while next == NextWord::NotYet {
                waker.woken().await;
                next = saying.next();
            }
            assert!(matches!(&next, NextWord::Word(word) if word.text == first), "{next:?}");
        }
    }

    #[test]
    fn no_two_names_sound_the_same() {
        let names = ["Puck", "Charon", "Kore", "Fenrir", "Aoede", "Leda", "Algenib", "Gacrux"];
        let all: Vec<Prosody> = names.iter().map(|name| prosody_of(&Character::named(name))).collect();
        assert!((0..all.len()).all(|n| !all[..n].contains(&all[n])));
    }
}
