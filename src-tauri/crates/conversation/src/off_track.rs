//! Whether a conversation has left its track, so that a fresh session would help: the model gives one answer to
//! everything, answers in another script, or the service ends every connection in the same way (PROTOCOL.md §14). Pure.
//!
//! A language is known only by its script, which is what can be told without guessing: from English to Korean, but not
//! from English to Spanish. It does not count when your own words are in that script, too.

use live_proto::{CloseCause, CloseKind};

/// So many times the same answer to different questions is a sign.
const SAME_ANSWERS: u32 = 3;
/// So many answers in another script are a sign.
const FLIPPED_ANSWERS: u32 = 2;
/// So many connections that end with the same words are a sign.
const SAME_CLOSES: u32 = 2;
/// An answer must have this many letters to count as the same: "Yes" may well come three times.
const SAME_LETTERS: usize = 20;
/// This many letters of one script tell it.
const SCRIPT_LETTERS: usize = 6;
/// How much of a question and of an answer is looked at, in bytes.
const BYTES: usize = 4 << 10;

/// Why a fresh session may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OffTrack {
    /// The model gave the same answer three times.
    SameAnswer,
    /// The model answers in another script.
    OtherScript,
    /// The service ends every connection in the same way.
    SameClose,
}

/// A writing system; those that mix in one language are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Hebrew,
    Arabic,
    Devanagari,
    Thai,
    Hangul,
    Han,
    /// Any other; they are not told apart.
    Other,
}

const SCRIPTS: usize = Script::Other as usize + 1;

/// What is known of the exchanges so far.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    question: String,
    answer: String,
    last_question: String,
    last_answer: String,
    same_answers: u32,
    script: Option<Script>,
    flipped: u32,
    last_close: Option<(u16, String)>,
    closes: u32,
    told_of_closes: bool,
    /// Nothing more is told: it was told already, or the partner is no service.
    is_told: bool,
    is_local: bool,
}

impl Watch {
    /// Returns a watch; over a partner in this program, which has few answers, one that tells nothing.
    pub(crate) fn new(is_local: bool) -> Self {
        Self { is_told: is_local, is_local, ..Self::default() }
    }

    /// Records a typed question.
    pub(crate) fn typed(&mut self, text: &str) {
        push(&mut self.question, text);
    }

    /// Records words of yours.
    pub(crate) fn heard(&mut self, delta: &str) {
        push(&mut self.question, delta);
    }

    /// Records words of a reply.
    pub(crate) fn said(&mut self, delta: &str) {
        push(&mut self.answer, delta);
        (self.last_close, self.closes) = (None, 0);
    }

    /// Returns true once when an answer came though the service had ended every connection.
    pub(crate) fn recovered(&mut self) -> bool {
        let recovers = self.told_of_closes && self.last_close.is_none();
        if recovers {
            (self.told_of_closes, self.is_told) = (false, false);
        }
        recovers
    }

    /// Forgets the exchange under way: it was interrupted, or comes again.
    pub(crate) fn broken_off(&mut self) {
        self.question.clear();
        self.answer.clear();
    }

    /// Records the end of a turn. Returns what is wrong, once.
    pub(crate) fn turn_complete(&mut self) -> Option<OffTrack> {
        if self.answer.is_empty() {
            return None;
        }
        let (question, answer) = (std::mem::take(&mut self.question), std::mem::take(&mut self.answer));
        let is_same = self.is_same_answer(&question, &answer);
        self.same_answers = if is_same { self.same_answers + 1 } else { 1 };
        self.look_at_script(&question, &answer);
        (self.last_question, self.last_answer) = (question, answer);
        let why = if self.same_answers >= SAME_ANSWERS {
            OffTrack::SameAnswer
        } else if self.flipped >= FLIPPED_ANSWERS {
            OffTrack::OtherScript
        } else {
            return None;
        };
        self.told(why)
    }

    /// Records the end of a connection. Returns true once when the service ends each in the same way.
    pub(crate) fn closed(&mut self, cause: &CloseCause) -> bool {
        let is_usual = matches!(cause.kind, CloseKind::Normal | CloseKind::DeadlineExpired);
        let Some(code) = cause.code.filter(|_| !is_usual) else { return false };
        let mut close = (code, cause.reason.clone());
        close.1.truncate(close.1.floor_char_boundary(BYTES));
        self.closes = if self.last_close.as_ref() == Some(&close) { self.closes + 1 } else { 1 };
        self.last_close = Some(close);
        let is_news = self.closes >= SAME_CLOSES && self.told(OffTrack::SameClose).is_some();
        self.told_of_closes |= is_news;
        is_news
    }

    /// Records a fresh session: everything is looked at anew.
    pub(crate) fn started_fresh(&mut self) {
        *self = Self { script: self.script, ..Self::new(self.is_local) };
    }

    fn told(&mut self, why: OffTrack) -> Option<OffTrack> {
        (!std::mem::replace(&mut self.is_told, true)).then_some(why)
    }

    fn is_same_answer(&self, question: &str, answer: &str) -> bool {
        let is_long = answer.chars().filter(|letter| letter.is_alphanumeric()).count() >= SAME_LETTERS;
        is_long && plain(answer) == plain(&self.last_answer) && plain(question) != plain(&self.last_question)
    }

    fn look_at_script(&mut self, question: &str, answer: &str) {
        let Some(answered) = script_of(answer) else { return };
        let asked = script_of(question);
        match self.script {
            // You chose it, or nothing was chosen yet.
            _ if asked == Some(answered) => (self.script, self.flipped) = (Some(answered), 0),
            None => self.script = Some(answered),
            Some(script) if script == answered => self.flipped = 0,
            Some(_) => self.flipped += 1,
        }
    }
}

/// The letters and digits of a text in small letters, for comparing.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The script of most letters of a text; `None` for a text that is too short or mixed.
fn script_of(text: &str) -> Option<Script> {
    let mut counts = [(Script::Latin, 0_usize); SCRIPTS];
    for one in text.chars().filter_map(script) {
        let slot = &mut counts[one as usize];
        *slot = (one, slot.1 + 1);
    }
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    let (most, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    // One character of Chinese is about two letters.
    let letters = if most == Script::Han { count * 2 } else { count };
    (letters >= SCRIPT_LETTERS && count * 4 >= all * 3).then_some(most)
}

fn script(letter: char) -> Option<Script> {
    if !letter.is_alphabetic() {
        return None;
    }
    Some(match u32::from(letter) {
        0x0041..=0x024F | 0x1E00..=0x1EFF | 0xFF21..=0xFF5A => Script::Latin,
        0x0370..=0x03FF | 0x1F00..=0x1FFF => Script::Greek,
        0x0400..=0x052F | 0x1C80..=0x1C8F => Script::Cyrillic,
        0x0590..=0x05FF => Script::Hebrew,
        0x0600..=0x06FF | 0x0750..=0x077F | 0x08A0..=0x08FF => Script::Arabic,
        0x0900..=0x097F => Script::Devanagari,
        0x0E00..=0x0E7F => Script::Thai,
        0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7AF => Script::Hangul,
        0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF => {
            Script::Han
        }
        _ => Script::Other,
    })
}

fn push(text: &mut String, piece: &str) {
    let room = BYTES.saturating_sub(text.len());
    text.push_str(&piece[..piece.floor_char_boundary(room)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(watch: &mut Watch, question: &str, answer: &str) -> Option<OffTrack> {
        watch.typed(question);
        watch.said(answer);
        watch.turn_complete()
    }

    const REFUSAL: &str = "I'm sorry, but I can't help with that.";

    #[test]
    fn one_answer_to_three_questions_is_a_sign_once() {
        let mut watch = Watch::default();
        assert_eq!(exchange(&mut watch, "What is two and two?", REFUSAL), None);
        assert_eq!(
            exchange(&mut watch, "And three and three?", "I’m sorry, but I can’t help with that"),
            None
        );
        assert_eq!(exchange(&mut watch, "Are you there?", REFUSAL), Some(OffTrack::SameAnswer));
        assert_eq!(exchange(&mut watch, "Hello?", REFUSAL), None, "once");
        watch.started_fresh();
        assert_eq!(exchange(&mut watch, "Hello?", REFUSAL), None);
    }

    #[test]
    fn a_short_answer_or_the_same_question_is_no_sign() {
        let mut watch = Watch::default();
        for n in 0..9 {
            assert_eq!(exchange(&mut watch, &format!("Is {n} a number?"), "Yes, it is."), None);
        }
        for _ in 0..9 {
            assert_eq!(exchange(&mut watch, "Who wrote it?", "It was written by Mary Shelley."), None);
        }
    }

    #[test]
    fn an_answer_in_another_script_is_a_sign_the_second_time() {
        let mut watch = Watch::default();
        assert_eq!(exchange(&mut watch, "Good morning.", "Good morning to you."), None);
        assert_eq!(exchange(&mut watch, "How are you?", "저는 잘 지내고 있어요."), None);
        assert_eq!(exchange(&mut watch, "Pardon me?", "何かお手伝いできますか"), Some(OffTrack::OtherScript));
    }

    #[test]
    fn who_speaks_another_language_is_answered_in_it() {
        let mut watch = Watch::default();
        assert_eq!(exchange(&mut watch, "Good morning.", "Good morning to you."), None);
        for _ in 0..4 {
            assert_eq!(exchange(&mut watch, "Как у тебя дела?", "Всё хорошо, спасибо."), None);
        }
        assert_eq!(exchange(&mut watch, "Back to English.", "Of course, as you like."), None);
        assert_eq!(exchange(&mut watch, "Say it in Greek.", "Καλημέρα σε όλους"), None, "once is a wish");
        assert_eq!(exchange(&mut watch, "Thank you.", "You are welcome."), None);
    }

    #[test]
    fn the_same_close_twice_is_a_sign() {
        let close = |reason: &str, kind, code| CloseCause { kind, code, reason: reason.to_owned() };
        let mut watch = Watch::default();
        let internal = close("Internal error encountered.", CloseKind::Internal, Some(1011));
        assert!(!watch.closed(&internal));
        watch.said("Hello.");
        assert!(!watch.closed(&internal), "an answer came between");
        assert!(watch.closed(&internal));
        assert!(!watch.closed(&internal), "once");
        assert!(!watch.recovered(), "nothing came yet");
        watch.said("Here I am.");
        assert!(watch.recovered() && !watch.recovered());
        let mut watch = Watch::default();
        for _ in 0..9 {
            assert!(!watch.closed(&close("", CloseKind::Network, None)), "the network broke");
            assert!(!watch.closed(&close("", CloseKind::DeadlineExpired, Some(1011))), "its time was over");
        }
    }

    #[test]
    fn a_long_answer_costs_little() {
        let mut watch = Watch::default();
        watch.said(&"é".repeat(1 << 20));
        assert!(watch.answer.len() <= BYTES);
    }
}
