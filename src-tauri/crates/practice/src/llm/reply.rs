//! The answer to a question as the session takes it: sentence by sentence, each as soon as it is whole.

use std::collections::VecDeque;

use speech::sentences;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::error::LlmError;
use super::speakable::Speakable;
use super::stream::RequestedCall;

/// A sentence before others, so that none of them is the first.
const BEFORE: &str = "So!";

/// What a question's task tells.
#[derive(Debug)]
pub(super) enum Event {
    Text(String),
    /// The end: text that was held back, and the calls that the model wants made.
    Done {
        rest: String,
        calls: Vec<RequestedCall>,
    },
    Failed(LlmError),
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LlmOutcome {
    /// The model wants these calls made; none when it is done.
    Done(Vec<RequestedCall>),
    Failed(LlmError),
}

/// A question that is being answered. Dropping it ends the request.
pub(crate) struct LlmReply {
    events: mpsc::Receiver<Event>,
    task: JoinHandle<Option<()>>,
    speakable: Speakable,
    /// Sentences that were not handed out yet.
    whole: VecDeque<String>,
    /// The text behind them, which may go on.
    open: String,
    /// There was a sentence.
    begun: bool,
    ended: Option<LlmOutcome>,
}

impl Drop for LlmReply {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl LlmReply {
    pub(super) fn new(events: mpsc::Receiver<Event>, task: JoinHandle<Option<()>>) -> Self {
        Self {
            events,
            task,
            speakable: Speakable::default(),
            whole: VecDeque::new(),
            open: String::new(),
            begun: false,
            ended: None,
        }
    }

    /// The next sentence that is whole, if there is one.
    pub(crate) fn sentence(&mut self) -> Option<String> {
        while self.ended.is_none() {
            match self.events.try_recv() {
                Ok(Event::Text(text)) => self.write(&text),
                Ok(Event::Done { rest, calls }) => {
                    self.write(&rest);
                    self.end(LlmOutcome::Done(calls));
                }
                Ok(Event::Failed(error)) => self.end(LlmOutcome::Failed(error)),
                Err(mpsc::error::TryRecvError::Empty) => break,
                // Its task is gone without a word: it panicked, and the waker tells the session.
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    self.end(LlmOutcome::Failed(LlmError::BrokenOff));
                }
            }
        }
        self.split();
        self.whole.pop_front()
    }

    /// Moves the sentences that are whole out of the text that may go on.
    fn split(&mut self) {
        let coming = self.speakable.coming();
        // Whether a sentence is over may depend on how the next word begins.
        let next = coming.map(|letter| format!(" {letter}")).unwrap_or_default();
        // Only the first sentence of all is cut early, since somebody waits for it.
        let all = if self.begun {
            sentences(&format!("{BEFORE} {}{next}", self.open)).split_off(1)
        } else {
            sentences(&format!("{}{next}", self.open))
        };
        let is_over = self.ended.is_some() || (coming.is_none() && self.speakable.is_at_end());
        // What stands last may go on.
        let count = if is_over { all.len() } else { all.len().saturating_sub(1) };
        let mut length = 0;
        for sentence in all.into_iter().take(count) {
            length += sentence.len() + 1;
            self.whole.push_back(sentence);
            self.begun = true;
        }
        self.open = self.open.get(length..).unwrap_or_default().to_owned();
    }

    /// How it ended, once it did and every sentence was handed out.
    pub(crate) fn ended(&self) -> Option<&LlmOutcome> {
        self.ended.as_ref().filter(|_| self.whole.is_empty())
    }

    /// Whether a word of it is known.
    pub(crate) fn has_words(&self) -> bool {
        self.begun || !self.open.is_empty()
    }

    fn write(&mut self, text: &str) {
        let said = self.speakable.push(text);
        self.add(&said);
    }

    fn end(&mut self, outcome: LlmOutcome) {
        let said = self.speakable.finish();
        self.add(&said);
        self.ended = Some(outcome);
    }

    fn add(&mut self, said: &str) {
        self.open.push_str(if self.open.is_empty() { said.trim_start() } else { said });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply() -> (mpsc::Sender<Event>, LlmReply) {
        let (sender, events) = mpsc::channel(8);
        (sender, LlmReply::new(events, tokio::spawn(async { Some(()) })))
    }

    #[tokio::test]
    async fn sentences_are_handed_out_when_they_are_whole() {
        let (sender, mut reply) = reply();
        let mut next = |text: &str| {
            sender.try_send(Event::Text(text.to_owned())).expect("room");
            std::iter::from_fn(|| reply.sentence()).collect::<Vec<_>>()
        };
        assert!(next("It is 3").is_empty());
        assert!(next(".5 km to Dr.").is_empty());
        assert_eq!(next(" Brown. S"), ["It is 3.5 km to Dr. Brown."]);
        assert_eq!(next("hall we? Yes. **Now**\n- or"), ["Shall we?", "Yes.", "Now."]);
        sender.try_send(Event::Done { rest: " later!".to_owned(), calls: Vec::new() }).expect("room");
        assert_eq!(reply.sentence().as_deref(), Some("or later!"));
        assert_eq!((reply.sentence(), reply.ended()), (None, Some(&LlmOutcome::Done(Vec::new()))));
    }

    #[tokio::test]
    async fn nothing_is_waited_for_when_a_sentence_is_certainly_over() {
        let (sender, mut reply) = reply();
        let mut next = |text: &str| {
            sender.try_send(Event::Text(text.to_owned())).expect("room");
            std::iter::from_fn(|| reply.sentence()).collect::<Vec<_>>()
        };
        assert!(next("Is it?").is_empty(), "a quote or a bracket may follow");
        assert_eq!(next(" "), ["Is it?"]);
        // A line's end, which also stands before a call.
        assert_eq!(next("Let me look.\n"), ["Let me look."]);
        assert_eq!(next("e.g. this. and that. But"), ["e.g. this. and that."]);
    }
}
