//! Tracks whether the partner owes an answer, and what the end of a turn means for it. Pure.
//!
//! The end of a turn is not always an answer: it may be empty, may only call a function, or may announce more. An
//! exchange is complete when all of that has arrived, or after a time limit.

use crate::clock::Moment;

/// How long the answer to a function's result may take, in ms.
const RESULT_LIMIT_MS: u64 = 20_000;
/// How long a partner that announced more may be silent, in ms. It may be thinking.
const MORE_LIMIT_MS: u64 = 120_000;
/// One reply may answer several results, or each gets its own: how long to wait for the next one, in ms.
const SEVERAL_MS: u64 = 2_000;
/// After an interruption an answer may follow an empty turn: how long to wait for it, in ms.
const DROPPED_MS: u64 = 5_000;
/// How long to wait for the rest of a turn's last message, such as a call, in ms.
const SETTLES_MS: u64 = 30;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoAnswer {
    /// Nothing came yet, though the connection lives.
    NotYet,
    /// The turn ended empty without a reason.
    Silent,
    /// The partner waits for more before it answers.
    NeedsInput,
    /// The request is not allowed.
    Prohibited,
    /// The answer was withheld by a content rule.
    Withheld,
    /// The partner called a function wrongly.
    BadCall,
    /// A reason that this version does not know.
    Other,
    /// The answer to a function's result did not arrive in time.
    AfterCall,
    /// Announced content did not arrive in time.
    MoreMissing,
    /// The answer ended early with an error of the partner.
    CutShort,
}

impl NoAnswer {
    /// Returns the reason for a name on the wire (PROTOCOL.md §3.1); `None` for a normal end.
    fn of_reason(reason: &str) -> Option<Self> {
        match reason {
            "" | "TURN_COMPLETE_REASON_UNSPECIFIED" => None,
            "NEED_MORE_INPUT" => Some(Self::NeedsInput),
            "PROHIBITED_INPUT_CONTENT" | "BLOCKLIST" => Some(Self::Prohibited),
            "RESPONSE_REJECTED" | "GENERATED_CONTENT_SAFETY" | "GENERATED_AUDIO_SAFETY" => {
                Some(Self::Withheld)
            }
            "MALFORMED_FUNCTION_CALL" => Some(Self::BadCall),
            _ => Some(Self::Other),
        }
    }
}

/// The result of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether there was an answer.
    pub(crate) answered: bool,
    /// What to report to the user.
    pub(crate) trouble: Option<NoAnswer>,
}

/// The end of a turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TurnEnd<'a> {
    /// Which reply.
    pub(crate) generation: u32,
    /// Why it ended: the name on the wire.
    pub(crate) reason: Option<&'a str>,
    /// Whether the partner announced more.
    pub(crate) more_follows: bool,
}

/// A function's result that was sent and is not answered yet.
#[derive(Debug)]
struct Owed {
    /// The reply before it.
    after: u32,
    /// Whether the model waits for it, so that any later content is the answer.
    blocks: bool,
    /// Whether the turn of the call has ended, so that transcript of any reply is the answer.
    is_between: bool,
    has_begun: bool,
}

/// The state of the current exchange.
#[expect(clippy::struct_excessive_bools, reason = "ten facts, each true or false apart from the others")]
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    /// Whether something was typed or said, or a key pressed, since the last answer.
    asked: bool,
    /// Whether your voice was detected since, which may not have been a question.
    voiced: bool,
    typed: bool,
    /// Whether something was typed during a reply that it does not cut: its answer is the next turn.
    typed_next: bool,
    /// Whether the current turn has text or audio.
    has_content: bool,
    /// Whether this exchange had text or audio.
    had_content: bool,
    /// Whether the current turn called a function.
    calls_in_turn: bool,
    /// Whether the partner stays silent on purpose.
    stays_silent: bool,
    /// Whether a function did what was wanted, and nothing is to be said of it.
    is_noted: bool,
    /// Whether it was given up because the connection breaks every time.
    is_abandoned: bool,
    /// Set after an interruption until the end of the turn: whether there was a reply to interrupt.
    cut: Option<bool>,
    last: u32,
    owed: Vec<Owed>,
    /// The deadline while waiting for more, and what follows.
    until: Option<(u64, Then)>,
}

/// What follows when the deadline passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Complete(Verdict),
    GiveUp(NoAnswer),
}

impl Exchange {
    /// Records typed text; `cuts` says whether it cuts a reply. Returns true when a reply goes on.
    pub(crate) fn typed(&mut self, cuts: bool) -> bool {
        (self.asked, self.typed) = (true, true);
        self.typed_next |= self.has_content && !cuts;
        self.typed_next
    }

    /// Returns whether something was typed during the reply that goes on.
    pub(crate) fn is_typed_next(&self) -> bool {
        self.typed_next
    }

    /// Returns whether the partner still owes something: the answer to a result, or what it announced.
    pub(crate) fn owes(&self) -> bool {
        let waits = matches!(self.until, Some((_, Then::GiveUp(_))));
        waits || self.owed.iter().any(|owed| !owed.has_begun)
    }

    /// Returns whether the reply that has come is all that is owed; `runs` says whether a function is running.
    pub(crate) fn is_whole(&self, runs: bool) -> bool {
        self.has_content && !runs && !self.typed_next && self.owed.iter().all(|owed| owed.has_begun)
    }

    /// Records a question, by transcript or by key.
    pub(crate) fn asked(&mut self) {
        self.asked = true;
    }

    /// Returns whether a reply is in progress.
    pub(crate) fn is_under_way(&self) -> bool {
        self.has_content
    }

    /// Records that your voice was detected.
    pub(crate) fn voiced(&mut self) {
        self.voiced = true;
    }

    /// Records text or audio of a reply.
    pub(crate) fn content(&mut self, generation: u32) {
        (self.has_content, self.had_content, self.last) = (true, true, generation);
        (self.until, self.cut) = (None, None);
        for owed in &mut self.owed {
            owed.has_begun |= owed.blocks || owed.is_between || generation > owed.after;
        }
    }

    /// Records that the partner stays silent on purpose.
    pub(crate) fn stays_silent(&mut self) {
        self.stays_silent = true;
    }

    /// Records that the question was given up, because the connection broke every time.
    pub(crate) fn abandoned(&mut self) {
        self.is_abandoned = true;
    }

    /// Records a function call.
    pub(crate) fn called(&mut self) {
        self.until = None;
        self.calls_in_turn = true;
    }

    /// Records that a function's result was sent; a reply should follow.
    pub(crate) fn result_sent(&mut self, blocks: bool, now: Moment) {
        let is_between = !self.calls_in_turn && !self.has_content;
        self.owed.push(Owed { after: self.last, blocks, is_between, has_begun: false });
        self.wait_for_the_answer(now);
    }

    /// Records a result that the partner does not speak of; `runs` as above.
    pub(crate) fn result_noted(&mut self, runs: bool, now: Moment) {
        self.is_noted = true;
        let is_between = !self.calls_in_turn && !self.has_content;
        if !runs && is_between && self.owed.is_empty() && self.until.is_none() {
            (self.asked, self.voiced, self.typed, self.is_noted) = (false, false, false, false);
            let verdict = Verdict { answered: true, trouble: None };
            self.until = Some((now.steady.saturating_add(SETTLES_MS), Then::Complete(verdict)));
        }
    }

    /// Records cancelled calls; `runs` says whether a call is still running.
    pub(crate) fn cancelled(&mut self, runs: bool, now: Moment) {
        if !runs && self.until.is_none() && !self.has_content {
            self.wait_for_the_answer(now);
        }
    }

    /// Records an interrupted reply, by you or by a lost connection: what was owed will not arrive.
    pub(crate) fn broken_off(&mut self, by_you: bool) {
        self.cut = by_you.then_some(self.has_content);
        self.owed.clear();
        // A complete exchange that is not reported yet stays complete.
        self.until = self.until.filter(|(_, then)| matches!(then, Then::Complete(_)));
        (self.has_content, self.had_content, self.stays_silent) = (false, false, false);
        self.typed_next = false;
    }

    /// Records the end of a turn. Returns false for the turn of an interrupted reply, which answers nothing. `runs`
    /// says whether a function is running. [`Exchange::due`] returns the result.
    pub(crate) fn turn_complete(&mut self, end: TurnEnd<'_>, runs: bool, now: Moment) -> bool {
        let reason = end.reason.and_then(NoAnswer::of_reason);
        let cut = self.cut.take().filter(|_| reason.is_none());
        if cut == Some(true) && !self.is_abandoned {
            return false;
        }
        self.last = self.last.max(end.generation);
        let had_words = std::mem::take(&mut self.has_content);
        let stays_silent = std::mem::take(&mut self.stays_silent);
        let before = self.owed.len();
        self.owed.retain(|owed| !owed.has_begun);
        let settled = before - self.owed.len();
        self.calls_in_turn = false;
        for owed in &mut self.owed {
            owed.is_between = true;
        }
        if std::mem::take(&mut self.typed_next) && reason.is_none() {
            // This turn was the one that went on; what was typed meanwhile is answered next.
            (self.until, self.had_content, self.voiced) = (None, false, false);
            return false;
        }
        if runs {
            self.until = None;
        } else if end.more_follows {
            self.until =
                Some((now.steady.saturating_add(MORE_LIMIT_MS), Then::GiveUp(NoAnswer::MoreMissing)));
        } else if !self.owed.is_empty() && reason.is_none() {
            self.wait_for_the_answer(now);
        } else if let Some(verdict) = self.verdict(had_words, stays_silent, reason) {
            // Later input belongs to the next turn.
            (self.asked, self.voiced, self.typed) = (false, false, false);
            (self.is_abandoned, self.is_noted) = (false, false);
            let wait = match (settled, cut) {
                (2.., _) => SEVERAL_MS,
                // It may be the end of an answer that was dropped when you continued.
                (_, Some(_)) => DROPPED_MS,
                _ => SETTLES_MS,
            };
            self.until = Some((now.steady.saturating_add(wait), Then::Complete(verdict)));
        }
        true
    }

    /// Returns the result that is due now; `runs` as above.
    pub(crate) fn due(&mut self, runs: bool, now: Moment) -> Option<Verdict> {
        let (_, then) = self.until.filter(|(until, _)| *until <= now.steady && !runs)?;
        Some(self.settle(then))
    }

    /// Returns the pending result when the conversation ends.
    pub(crate) fn last_word(&mut self) -> Option<Verdict> {
        let (_, then) = self.until.filter(|(_, then)| matches!(then, Then::Complete(_)))?;
        Some(self.settle(then))
    }

    fn settle(&mut self, then: Then) -> Verdict {
        let verdict = match then {
            Then::Complete(verdict) => verdict,
            Then::GiveUp(why) => {
                Verdict { answered: why == NoAnswer::MoreMissing && self.had_content, trouble: Some(why) }
            }
        };
        (self.owed, self.until, self.had_content) = (Vec::new(), None, false);
        if let Then::GiveUp(_) = then {
            (self.asked, self.voiced, self.typed) = (false, false, false);
        }
        verdict
    }

    fn verdict(&self, had_words: bool, stays_silent: bool, reason: Option<NoAnswer>) -> Option<Verdict> {
        let verdict = |answered, trouble| Some(Verdict { answered, trouble });
        if self.is_abandoned {
            // This was already reported.
            return verdict(false, None);
        }
        match (had_words, reason) {
            (true, None | Some(NoAnswer::NeedsInput)) => verdict(true, None),
            (true, Some(_)) => verdict(false, Some(NoAnswer::CutShort)),
            (false, Some(why)) => verdict(false, Some(why)),
            // More was announced, but nothing came.
            (false, None) if self.had_content || self.is_noted => verdict(true, None),
            // A model with proactive audio is often silent, which is not an error.
            (false, None) if stays_silent && !self.typed => None,
            (false, None) if self.asked || self.voiced => verdict(false, Some(NoAnswer::Silent)),
            (false, None) => None,
        }
    }

    fn wait_for_the_answer(&mut self, now: Moment) {
        self.until = Some((now.steady.saturating_add(RESULT_LIMIT_MS), Then::GiveUp(NoAnswer::AfterCall)));
    }
}

#[cfg(test)]
mod tests;
