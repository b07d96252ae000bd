//! What a session makes of its turns' sound while they last and when they end: drafts, the words that drafts agree on,
//! and the words of the whole turn. Free of tasks: jobs are started in the compute pool and looked at when the session is woken.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::compute_pool::{ComputePool, Job, JobStatus};
use live_server::{INPUT_RATE, Waker};
use speech::Transcript;

/// A draft is begun when there is so much more of a turn than in the last (1 s).
const DRAFT_EVERY: usize = INPUT_RATE as usize;
/// Drafts end with a turn's first half minute: what comes later is heard at its end.
const DRAFTS_UNTIL: usize = 28 * INPUT_RATE as usize;
/// Turns that wait to be heard; the oldest is dropped for a new one.
const QUEUED: usize = 4;

/// What became known.
#[derive(Debug, PartialEq)]
pub(crate) enum TranscriptEvent {
    /// More words of the turn in progress, with the space before them.
    Partial { words: String, language: Option<&'static str> },
    /// A turn's last words, with the space before them, and all of its words.
    Final { rest: String, text: String, language: Option<&'static str> },
    /// The recogniser failed: the turn's audio, unheard.
    Failed(Vec<i16>),
}

/// The hearing of one session.
pub(crate) struct Transcription {
    compute_pool: Arc<ComputePool>,
    waker: Waker,
    draft: Option<Draft>,
    /// The words of the last draft.
    last: Vec<String>,
    /// The words of this turn that were told.
    sent: Vec<String>,
    /// What was heard in a pause that may be the end, and was not asked for yet.
    likely: Option<String>,
    finals: VecDeque<Final>,
}

struct Draft {
    job: Job<Transcript>,
    /// How much of the turn it covers, in samples.
    samples: usize,
    /// Taken in a pause: if nothing is said after it, these are the words of the turn.
    in_pause: bool,
    result: Option<Transcript>,
}

struct Final {
    audio: Vec<i16>,
    job: Option<Job<Transcript>>,
    sent: Vec<String>,
}

impl Transcription {
    pub(crate) fn new(compute_pool: Arc<ComputePool>, waker: Waker) -> Self {
        Self {
            compute_pool,
            waker,
            draft: None,
            last: Vec::new(),
            sent: Vec::new(),
            likely: None,
            finals: VecDeque::new(),
        }
    }

    /// Whether there is a recogniser.
    pub(crate) fn is_available(&self) -> bool {
        self.compute_pool.models().has_recogniser()
    }

    /// A turn goes on; `audio` is what there is of it.
    pub(crate) fn on_sound(&mut self, audio: &[i16]) {
        let covered = self.draft.as_ref().map_or(0, |draft| draft.samples);
        let working = self.draft.as_ref().is_some_and(|draft| draft.result.is_none());
        if !working && audio.len() >= covered + DRAFT_EVERY && audio.len() <= DRAFTS_UNTIL {
            self.begin(audio, false);
        }
    }

    /// The speaker pauses, perhaps at the end: what there is, is heard now, so that it is known when the end is certain.
    pub(crate) fn on_pause(&mut self, audio: &[i16]) {
        if audio.len() <= DRAFTS_UNTIL {
            self.begin(audio, true);
        }
    }

    /// The speaker went on after a pause.
    pub(crate) fn on_more(&mut self) {
        if let Some(draft) = &mut self.draft {
            draft.in_pause = false;
        }
        self.likely = None;
    }

    fn begin(&mut self, audio: &[i16], in_pause: bool) {
        if let Some(job) = self.compute_pool.transcribe(audio.to_vec(), in_pause, &self.waker) {
            self.draft = Some(Draft { job, samples: audio.len(), in_pause, result: None });
        }
    }

    /// The turn is over.
    pub(crate) fn on_end(&mut self, audio: Vec<i16>) {
        let sent = std::mem::take(&mut self.sent);
        self.last.clear();
        self.likely = None;
        let draft = self.draft.take().filter(|draft| draft.in_pause);
        let job = match draft {
            // It is done: its words are the turn's.
            Some(Draft { result: Some(text), .. }) => Some(Job::done(text)),
            Some(Draft { job, .. }) => Some(job),
            None => None,
        };
        if self.finals.len() == QUEUED {
            self.finals.pop_front();
        }
        self.finals.push_back(Final { audio, job, sent });
        // Looked at even when nothing is left to be done.
        self.waker.wake();
    }

    /// Whether a turn that ended is not understood yet.
    pub(crate) fn is_busy(&self) -> bool {
        !self.finals.is_empty()
    }

    /// What the turn's words are if nothing more is said, once.
    pub(crate) fn likely(&mut self) -> Option<String> {
        self.likely.take()
    }

    /// The next thing that became known.
    pub(crate) fn poll(&mut self) -> Option<TranscriptEvent> {
        self.poll_final().or_else(|| self.poll_draft())
    }

    fn poll_final(&mut self) -> Option<TranscriptEvent> {
        let first = self.finals.front_mut()?;
        if first.job.is_none() {
            first.job = self.compute_pool.transcribe(first.audio.clone(), true, &self.waker);
        }
        let result = match first.job.as_mut()?.status() {
            JobStatus::Working => return None,
            JobStatus::Done(result) => result,
        };
        let Final { audio, sent, .. } = self.finals.pop_front()?;
        let Some(Transcript { text, language }) = result else { return Some(TranscriptEvent::Failed(audio)) };
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        let rest = delta(&words[continued_at(&sent, &words)..], sent.is_empty());
        Some(TranscriptEvent::Final { rest, text, language })
    }

    fn poll_draft(&mut self) -> Option<TranscriptEvent> {
        let draft = self.draft.as_mut().filter(|draft| draft.result.is_none())?;
        let JobStatus::Done(result) = draft.job.status() else { return None };
        let Some(heard) = result else {
            // What failed is tried again with the whole turn.
            self.draft = None;
            return None;
        };
        let words: Vec<String> = heard.text.split_whitespace().map(str::to_owned).collect();
        let language = heard.language;
        self.likely = draft.in_pause.then(|| heard.text.clone());
        draft.result = Some(heard);
        // Told is what two drafts in a row agree on, but never the last word: it may be half a word.
        let agreed = self.last.iter().zip(&words).take_while(|(a, b)| same(a, b)).count();
        let end = agreed.min(words.len().saturating_sub(1));
        let start = self.sent.len();
        let begins = self.sent.is_empty();
        let consistent = self.sent.iter().zip(&words).all(|(a, b)| same(a, b));
        self.last.clone_from(&words);
        if !consistent || end <= start {
            return None;
        }
        self.sent.extend_from_slice(&words[start..end]);
        Some(TranscriptEvent::Partial { words: delta(&words[start..end], begins), language })
    }
}

fn same(a: &str, b: &str) -> bool {
    let letters = |word: &str| {
        word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    letters(a) == letters(b)
}

/// Where in `words` that what was told ends: where the fewest words differ.
fn continued_at(sent: &[String], words: &[String]) -> usize {
    // Levenshtein's last row: what it costs to make the told words of the first n.
    let mut row: Vec<usize> = (0..=words.len()).collect();
    for (n, word) in sent.iter().enumerate() {
        let mut before = row[0];
        row[0] = n + 1;
        for (m, other) in words.iter().enumerate() {
            let replaced = before + usize::from(!same(word, other));
            before = row[m + 1];
            row[m + 1] = replaced.min(before + 1).min(row[m] + 1);
        }
    }
    (0..row.len()).rev().min_by_key(|&n| row[n]).unwrap_or(0)
}

fn delta(words: &[String], first: bool) -> String {
    let text = words.join(" ");
    if first || text.is_empty() { text } else { format!(" {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech_models::{SpeechModels, SpeechToText};
    use std::sync::atomic::AtomicBool;

    /// Hears a word for each second.
    struct Counter;

    impl SpeechToText for Counter {
        fn transcribe(&self, samples: &[i16], _: &AtomicBool) -> Option<Transcript> {
            let seconds = samples.len() / INPUT_RATE as usize;
            let text = (1..=seconds).map(|n| format!("word{n}")).collect::<Vec<_>>().join(" ");
            (samples.first() != Some(&666)).then_some(Transcript { text, language: Some("en") })
        }
    }

    fn transcriber() -> (Transcription, Waker) {
        let waker = Waker::default();
        let models = SpeechModels::of(None, Some(Arc::new(Counter)));
        (Transcription::new(Arc::new(ComputePool::new(models)), waker.clone()), waker)
    }

    async fn next(transcription: &mut Transcription, waker: &Waker) -> TranscriptEvent {
        loop {
            if let Some(heard) = transcription.poll() {
                return heard;
            }
            waker.woken().await;
        }
    }

    fn seconds(n: usize) -> Vec<i16> {
        vec![1; n * INPUT_RATE as usize]
    }

    #[tokio::test]
    async fn words_are_told_once_and_add_up_to_the_text() {
        let (mut transcription, waker) = transcriber();
        let mut sent = String::new();
        for n in 1..=5 {
            transcription.on_sound(&seconds(n));
            while transcription.draft.as_ref().is_some_and(|draft| draft.result.is_none()) {
                if let Some(TranscriptEvent::Partial { words: more, .. }) = transcription.poll() {
                    sent.push_str(&more);
                }
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(sent, "word1 word2 word3 word4");
        transcription.on_end(seconds(6));
        let TranscriptEvent::Final { rest, text, language } = next(&mut transcription, &waker).await else {
            panic!("the end")
        };
        assert_eq!((sent + &rest, language), (text.clone(), Some("en")));
        assert_eq!(text, "word1 word2 word3 word4 word5 word6");
        assert!(!transcription.is_busy() && transcription.poll().is_none());
    }

    #[tokio::test]
    async fn what_was_heard_in_the_pause_is_not_heard_again() {
        let (mut transcription, waker) = transcriber();
        transcription.on_pause(&seconds(2));
        transcription.on_end(seconds(3));
        assert!(
            matches!(next(&mut transcription, &waker).await, TranscriptEvent::Final { text, .. } if text == "word1 word2")
        );
        transcription.on_pause(&seconds(2));
        transcription.on_more();
        transcription.on_end(seconds(3));
        assert!(
            matches!(next(&mut transcription, &waker).await, TranscriptEvent::Final { text, .. } if text == "word1 word2 word3")
        );
    }

    #[tokio::test]
    async fn what_is_heard_in_a_pause_is_likely_until_the_speaker_goes_on() {
        let (mut transcription, _waker) = transcriber();
        for goes_on in [false, true] {
            transcription.on_pause(&seconds(2));
            while transcription.draft.as_ref().is_some_and(|draft| draft.result.is_none()) {
                transcription.poll();
                tokio::task::yield_now().await;
            }
            if goes_on {
                transcription.on_more();
            }
            assert_eq!(transcription.likely().is_some(), !goes_on);
            assert_eq!(transcription.likely(), None, "it is told once");
        }
    }

    #[tokio::test]
    async fn a_turn_that_cannot_be_heard_comes_back_as_sound() {
        let (mut transcription, waker) = transcriber();
        transcription.on_end(vec![666; 10]);
        assert_eq!(next(&mut transcription, &waker).await, TranscriptEvent::Failed(vec![666; 10]));
        // A draft that failed in the pause is not taken for silence.
        transcription.on_pause(&[666; 10]);
        while transcription.draft.is_some() {
            assert_eq!(transcription.poll(), None);
            tokio::task::yield_now().await;
        }
        transcription.on_end(vec![666; 10]);
        assert_eq!(next(&mut transcription, &waker).await, TranscriptEvent::Failed(vec![666; 10]));
    }

    #[test]
    fn the_told_words_are_found_in_the_final_ones() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let rest = |sent: &str, all: &str| words(all)[continued_at(&words(sent), &words(all))..].join(" ");
        assert_eq!(rest("tell me a", "Tell me a joke."), "joke.");
        assert_eq!(rest("tell me", "Please tell me a joke."), "a joke.");
        assert_eq!(rest("tell me the a", "Tell me a joke."), "joke.");
    }
}
