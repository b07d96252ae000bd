//! How long a question waits for its answer (PROTOCOL.md §14). Pure.
//!
//! A model can fall silent while its connection lives: it still writes down what the person says and answers nothing. So
//! a question that the service took is watched from the end of what was said or typed. First the person is told, then
//! the session is resumed and the question is asked again, once.

use std::time::Duration;

use super::event::Millis;

/// Transcript this soon after a turn may be the last words of the question that the turn answered.
const LATE_WORDS: Duration = Duration::from_secs(2);
/// The longest that a voice defers the watch after the last word. A voice in the room that nobody writes down must not
/// defer it for ever.
const LONGEST_VOICE: Duration = Duration::from_secs(30);

/// Whether a question waits, and what was done about it.
#[expect(clippy::struct_excessive_bools, reason = "four facts, each true or false apart from the others")]
#[derive(Debug)]
pub(super) struct Unanswered {
    tell_after: Duration,
    ask_after: Duration,
    /// Whether the model may leave speech unanswered on purpose (proactive audio).
    may_ignore_speech: bool,
    /// Since when a question waits.
    since: Option<Millis>,
    is_spoken: bool,
    /// When the person was told.
    told_at: Option<Millis>,
    is_asked_again: bool,
    /// Whether it was typed while a reply ran, whose end does not answer it.
    outlasts_turn: bool,
    /// When the microphone last heard a voice.
    voiced_at: Option<Millis>,
    /// When the last turn ended, or the last result of a call was sent.
    settled_at: Option<Millis>,
}

impl Unanswered {
    pub(super) fn new(tell_after: Duration, ask_after: Duration, may_ignore_speech: bool) -> Self {
        Self {
            tell_after,
            ask_after,
            may_ignore_speech,
            since: None,
            is_spoken: false,
            told_at: None,
            is_asked_again: false,
            outlasts_turn: false,
            voiced_at: None,
            settled_at: None,
        }
    }

    /// Records a typed text, which the model will answer.
    pub(super) fn typed(&mut self, in_reply: bool, now: Millis) {
        (self.since, self.is_spoken, self.outlasts_turn) = (Some(now), false, in_reply);
    }

    /// Records words that the service heard. Noise without words is no question.
    pub(super) fn heard(&mut self, words: &str, now: Millis) {
        let is_late = self.settled_at.is_some_and(|settled_at| {
            now < settled_at.after(LATE_WORDS) && self.voiced_at <= Some(settled_at)
        });
        if has_words(words) && !is_late {
            self.spoken(now);
        }
    }

    /// Records the end of speech that the client marks.
    pub(super) fn spoken(&mut self, now: Millis) {
        self.is_spoken |= self.since.is_none();
        self.since = Some(now);
    }

    /// Records that the microphone hears a voice: what is said has not ended.
    pub(super) fn voiced(&mut self, now: Millis) {
        self.voiced_at = Some(now);
    }

    /// Records the end of a turn, or the result of a call: the wait begins anew.
    pub(super) fn settled(&mut self, now: Millis) {
        self.settled_at = Some(now);
    }

    /// Records the end of a turn that was not interrupted.
    pub(super) fn turn_complete(&mut self) {
        if !std::mem::take(&mut self.outlasts_turn) {
            self.answered();
        }
    }

    /// Records that the model answers, calls a function, or stays silent on purpose.
    pub(super) fn answered(&mut self) {
        (self.since, self.is_spoken) = (None, false);
        (self.told_at, self.is_asked_again, self.outlasts_turn) = (None, false, false);
    }

    /// Records a lost connection. What is sent again over the next one is noted again.
    pub(super) fn connection_lost(&mut self) {
        (self.since, self.is_spoken) = (None, false);
    }

    /// Returns whether a question waits.
    pub(super) fn is_waiting(&self) -> bool {
        self.since.is_some()
    }

    /// Returns whether it was spoken.
    pub(super) fn is_spoken(&self) -> bool {
        self.is_spoken
    }

    /// Returns when something is due: telling the person, or asking again.
    pub(super) fn due(&self) -> Option<Millis> {
        let since = self.since?;
        let voiced_at = self.voiced_at.filter(|_| self.is_spoken).unwrap_or_default();
        let end =
            since.max(voiced_at.min(since.after(LONGEST_VOICE))).max(self.settled_at.unwrap_or_default());
        let Some(told_at) = self.told_at else { return Some(end.after(self.tell_after)) };
        let may_be_meant_for_others = self.is_spoken && self.may_ignore_speech;
        let asks = !(self.is_asked_again || may_be_meant_for_others);
        // A computer that slept must not do both at once: the answer may be waiting to be read.
        let between = self.ask_after.saturating_sub(self.tell_after);
        asks.then(|| end.after(self.ask_after).max(told_at.after(between)))
    }

    /// Records that the person is told now. Returns false when that was done before.
    pub(super) fn tell(&mut self, now: Millis) -> bool {
        let is_first = self.told_at.is_none();
        self.told_at.get_or_insert(now);
        is_first
    }

    /// Records that the question is asked again.
    pub(super) fn ask_again(&mut self) {
        self.is_asked_again = true;
    }
}

/// Returns whether a transcript has words. The service writes noise down as `<noise>` or as a mark alone.
fn has_words(transcript: &str) -> bool {
    let mut is_tag = false;
    transcript.chars().any(|letter| {
        is_tag = match letter {
            '<' => true,
            '>' => false,
            _ => is_tag,
        };
        !is_tag && letter.is_alphanumeric()
    })
}
