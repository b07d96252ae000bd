//! When a conversation without a window is over: what was asked for has happened, or somebody wants to leave and nothing
//! is left in the air. Pure.

use std::time::Duration;

use crate::contract::{Phase, Snapshot};

/// How long who leaves waits for the last words and the answer to them.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How long the first of those words may take, if something was said just now: the server hears the end of the turn,
/// recognises it, and sends it.
const FIRST_OF_THEM: Duration = Duration::from_secs(2);
/// How long an answer to a sound file may take to begin after its end: a slow machine needs seconds to understand it.
const FIRST_SIGN: Duration = Duration::from_secs(20);
/// At this level nothing is heard at all, in dBFS.
const SILENCE_DB: f32 = -60.0;
/// Louder than this is a voice, in dBFS.
const VOICED_DB: f32 = -45.0;

/// How long a typed message may go without any sign of an answer. The connection may break and be made again meanwhile.
const UNANSWERED: Duration = Duration::from_mins(3);

/// Where it stands.
#[expect(
    clippy::struct_excessive_bools,
    reason = "three wishes and four facts, each true or false apart from the others"
)]
#[derive(Debug)]
pub(crate) struct EndCondition {
    /// Over when the last typed message is answered.
    by_text: bool,
    /// Over when anything is answered.
    by_turn: bool,
    /// And then only when the reply was heard.
    to_the_last_sound: bool,
    is_reached: bool,
    /// A typed message had no answer.
    lacks_answer: bool,
    /// Nothing will ever be asked.
    asks_nothing: bool,
    /// The reply has come whole, and no word since.
    has_come: bool,
    /// When a message was typed that has no answer, or the last sign of one.
    asked_at: Option<Duration>,
    /// When the microphone last heard a voice, since the start.
    voiced_at: Option<Duration>,
    /// The microphone gave something that is not silence.
    has_heard: bool,
    /// When the file in the microphone's place was over.
    voice_over: Option<Duration>,
    leaving: Option<Leaving>,
}

#[derive(Clone, Copy, Debug)]
struct Leaving {
    /// Until then it waits for words that may be on their way.
    expects_until: Duration,
    /// Until then it waits for what has begun.
    waits_until: Duration,
}

impl EndCondition {
    /// Returns the condition: the end comes after the typed messages, after the first turn, or only on request.
    pub(crate) fn new(by_text: bool, by_turn: bool, to_the_last_sound: bool) -> Self {
        Self {
            by_text,
            by_turn,
            to_the_last_sound,
            is_reached: false,
            lacks_answer: false,
            asks_nothing: false,
            has_come: false,
            asked_at: None,
            voiced_at: None,
            has_heard: false,
            voice_over: None,
            leaving: None,
        }
    }

    /// The conversation has begun. Without a microphone and with no `texts` nothing will be asked.
    pub(crate) fn began(&mut self, has_microphone: bool, texts: usize) {
        self.asks_nothing = self.by_turn && !has_microphone && texts == 0;
    }

    /// A message is typed.
    pub(crate) fn typed(&mut self, now: Duration) {
        self.asked_at = Some(now);
    }

    /// An exchange is complete, with or without an answer; `texts_left` are still to be typed. Whether to type the next one.
    pub(crate) fn answered(&mut self, texts_left: usize, is_answer: bool) -> bool {
        self.lacks_answer |= self.asked_at.take().is_some() && !is_answer;
        self.is_reached |= self.by_turn || (self.by_text && texts_left == 0);
        !self.is_reached && self.leaving.is_none()
    }

    /// Whether everything that was typed was answered.
    pub(crate) fn is_answered(&self) -> bool {
        !self.lacks_answer && self.asked_at.is_none()
    }

    /// Why it ends though what was asked for has not happened: a sentence of the catalogue.
    pub(crate) fn gave_up(&self, now: Duration) -> Option<&'static str> {
        if self.leaving.is_some() {
            return None;
        }
        let is_late = self.asked_at.is_some_and(|at| now >= at + UNANSWERED);
        match (self.asks_nothing, is_late) {
            (true, _) => Some("talk-no-question"),
            (_, true) => Some("talk-no-answer"),
            _ => None,
        }
    }

    /// Words came, of whomever, or a call.
    pub(crate) fn words(&mut self, now: Duration) {
        self.has_come = false;
        if self.asked_at.is_some() {
            self.asked_at = Some(now);
        }
    }

    /// The reply has come whole; it may be heard for a while yet.
    pub(crate) fn whole_reply(&mut self) {
        self.has_come = true;
    }

    /// The microphone's level.
    pub(crate) fn level(&mut self, dbfs: f32, now: Duration) {
        self.has_heard |= dbfs > SILENCE_DB;
        if dbfs > VOICED_DB {
            self.voiced_at = Some(now);
        }
    }

    /// The file in the microphone's place is over.
    pub(crate) fn no_more_voice(&mut self, now: Duration) {
        self.voice_over = Some(now);
    }

    /// It waits for the first answer to a file that is over, and none will come.
    pub(crate) fn is_in_vain(&self, state: &Snapshot, now: Duration) -> bool {
        let until = self.vain_from();
        self.by_turn && !self.is_reached && until.is_some_and(|at| now >= at) && !is_in_the_air(state)
    }

    fn vain_from(&self) -> Option<Duration> {
        self.voice_over.map(|at| if self.has_heard { at + FIRST_SIGN } else { at })
    }

    /// Somebody wants to leave.
    pub(crate) fn leave(&mut self, now: Duration) {
        let spoke = self.voiced_at.is_some_and(|at| at + FIRST_OF_THEM > now);
        let expects_until = if spoke { now + FIRST_OF_THEM } else { now };
        self.leaving = Some(Leaving { expects_until, waits_until: now + LAST_WORDS });
    }

    /// When to ask [`EndCondition::is_over`] again though nothing happened.
    pub(crate) fn next(&self, now: Duration) -> Option<Duration> {
        let leaving = self.leaving.map(|leaving| [leaving.expects_until, leaving.waits_until]);
        let gives_up = self.asked_at.map(|at| at + UNANSWERED);
        let looks = leaving.into_iter().flatten().chain(gives_up).chain(self.vain_from());
        looks.filter(|at| *at > now).min()
    }

    /// Whether to end it now.
    pub(crate) fn is_over(&self, state: &Snapshot, now: Duration) -> bool {
        if let Some(Leaving { expects_until, waits_until }) = self.leaving {
            // A reply may be whole though more is owed, as after a call that ended its turn.
            let is_whole = self.has_come && state.phase != Phase::Thinking;
            let is_all = is_whole || !is_in_the_air(state);
            return now >= waits_until || (now >= expects_until && is_all);
        }
        let is_quiet = matches!(state.phase, Phase::Listening | Phase::Muted);
        (self.is_reached && (is_quiet || !self.to_the_last_sound)) || self.gave_up(now).is_some()
    }
}

/// Words that have begun and not ended, or an answer that is awaited.
fn is_in_the_air(state: &Snapshot) -> bool {
    matches!(state.phase, Phase::Thinking | Phase::Reconnecting) || state.turns.iter().any(|turn| !turn.ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Speaker, Turn};

    const AT: fn(u64) -> Duration = Duration::from_secs;

    fn state(phase: Phase, open: bool) -> Snapshot {
        let turn = Turn {
            id: 1,
            speaker: Speaker::You,
            at: 0,
            text: "the last wor".into(),
            typed: false,
            ended: !open,
            heard_to: None,
            sources: Vec::new(),
            queries: Vec::new(),
            language: None,
        };
        Snapshot { phase, turns: vec![turn], ..Snapshot::default() }
    }

    #[test]
    fn typed_messages_are_over_with_the_last_answer_once_it_was_heard() {
        let mut end_condition = EndCondition::new(true, false, true);
        let (listening, speaking) = (state(Phase::Listening, false), state(Phase::Speaking, false));
        end_condition.answered(1, true);
        assert!(!end_condition.is_over(&listening, AT(1)));
        end_condition.answered(0, true);
        assert!(!end_condition.is_over(&speaking, AT(2)) && end_condition.is_over(&listening, AT(3)));
        assert!(!end_condition.answered(0, true), "nothing is left to say");
        let mut unheard = EndCondition::new(true, false, false);
        unheard.answered(0, true);
        assert!(unheard.is_over(&speaking, AT(2)));
    }

    #[test]
    fn until_turn_is_over_with_the_first_answer_and_without_it_nothing_is_over() {
        let listening = state(Phase::Listening, false);
        let (mut until, mut on) =
            (EndCondition::new(true, true, false), EndCondition::new(false, false, false));
        until.answered(3, true);
        on.answered(0, true);
        assert!(until.is_over(&listening, AT(1)) && !on.is_over(&listening, AT(1)));
    }

    #[test]
    fn a_sound_file_without_a_sound_is_not_waited_for() {
        let listening = state(Phase::Listening, false);
        let mut end_condition = EndCondition::new(false, true, false);
        end_condition.level(-60.0, AT(1));
        assert!(!end_condition.is_in_vain(&listening, AT(1)));
        end_condition.no_more_voice(AT(1));
        assert!(end_condition.is_in_vain(&listening, AT(1)));
        let mut unasked = EndCondition::new(false, false, false);
        unasked.no_more_voice(AT(1));
        assert!(!unasked.is_in_vain(&listening, AT(100)), "nobody said when it ends");
    }

    #[test]
    fn an_answer_to_a_sound_file_may_take_its_time_to_begin() {
        let (listening, thinking) = (state(Phase::Listening, false), state(Phase::Thinking, false));
        let mut end_condition = EndCondition::new(false, true, false);
        end_condition.level(-30.0, AT(1));
        end_condition.no_more_voice(AT(2));
        assert!(!end_condition.is_in_vain(&listening, AT(21)));
        assert_eq!(end_condition.next(AT(21)), Some(AT(22)));
        assert!(end_condition.is_in_vain(&listening, AT(22)) && !end_condition.is_in_vain(&thinking, AT(22)));
        end_condition.answered(0, true);
        assert!(!end_condition.is_in_vain(&listening, AT(22)));
    }

    #[test]
    fn who_leaves_in_silence_leaves_at_once() {
        let mut end_condition = EndCondition::new(false, false, true);
        end_condition.level(-60.0, AT(9));
        end_condition.level(-20.0, AT(1));
        end_condition.leave(AT(10));
        assert!(end_condition.is_over(&state(Phase::Muted, false), AT(10)));
        assert!(end_condition.is_over(&state(Phase::Speaking, false), AT(10)), "only its sound is left");
    }

    #[test]
    fn a_reply_that_has_come_is_not_heard_out_by_who_leaves() {
        let mut end_condition = EndCondition::new(false, false, true);
        let heard = state(Phase::Speaking, true);
        end_condition.leave(AT(10));
        assert!(!end_condition.is_over(&heard, AT(11)));
        end_condition.whole_reply();
        assert!(end_condition.is_over(&heard, AT(11)));
        end_condition.words(AT(11));
        assert!(!end_condition.is_over(&heard, AT(11)), "more is being said");
    }

    #[test]
    fn who_leaves_after_a_call_gets_the_answer_to_it() {
        let mut end_condition = EndCondition::new(true, false, true);
        end_condition.typed(AT(1));
        end_condition.words(AT(2));
        end_condition.whole_reply();
        end_condition.leave(AT(3));
        let owed = state(Phase::Thinking, false);
        assert!(!end_condition.is_over(&owed, AT(4)), "the turn that called is over, its answer is not");
        end_condition.words(AT(5));
        end_condition.answered(0, true);
        assert!(end_condition.is_over(&state(Phase::Listening, false), AT(6)) && end_condition.is_answered());
    }

    #[test]
    fn who_leaves_while_speaking_gets_the_words_and_the_answer_but_not_for_ever() {
        let mut end_condition = EndCondition::new(false, false, true);
        end_condition.level(-20.0, AT(10));
        end_condition.leave(AT(10));
        let (silent, open) = (state(Phase::Muted, false), state(Phase::Muted, true));
        assert!(!end_condition.is_over(&silent, AT(11)), "they may be on their way");
        assert_eq!(end_condition.next(AT(11)), Some(AT(10) + FIRST_OF_THEM));
        assert!(
            !end_condition.is_over(&open, AT(13))
                && !end_condition.is_over(&state(Phase::Thinking, false), AT(13))
        );
        assert!(end_condition.is_over(&silent, AT(13)), "they came, or they never will");
        assert!(end_condition.is_over(&open, AT(10) + LAST_WORDS));
        assert_eq!(end_condition.next(AT(10) + LAST_WORDS), None);
    }

    #[test]
    fn a_message_without_an_answer_is_not_answered_and_the_next_one_is_typed() {
        let mut end_condition = EndCondition::new(true, false, false);
        end_condition.typed(AT(1));
        assert!(end_condition.answered(1, false) && !end_condition.is_answered());
        end_condition.typed(AT(2));
        assert!(!end_condition.answered(0, true));
        assert!(
            end_condition.is_over(&state(Phase::Listening, false), AT(3)) && !end_condition.is_answered()
        );
    }

    #[test]
    fn a_typed_message_is_not_waited_for_for_ever() {
        let mut end_condition = EndCondition::new(true, false, true);
        let broken = state(Phase::Reconnecting, false);
        end_condition.typed(AT(10));
        end_condition.words(AT(20));
        assert_eq!(end_condition.next(AT(20)), Some(AT(20) + UNANSWERED));
        assert!(!end_condition.is_over(&broken, AT(10) + UNANSWERED));
        assert!(end_condition.is_over(&broken, AT(20) + UNANSWERED) && !end_condition.is_answered());
        assert!(end_condition.gave_up(AT(20) + UNANSWERED).is_some());
    }

    #[test]
    fn until_turn_without_a_microphone_and_a_text_is_over_at_once() {
        let listening = state(Phase::Listening, false);
        let mut end_condition = EndCondition::new(false, true, true);
        end_condition.began(true, 0);
        assert!(!end_condition.is_over(&listening, AT(1)));
        end_condition.began(false, 0);
        assert!(end_condition.is_over(&listening, AT(1)));
        let mut end_condition = EndCondition::new(true, true, true);
        end_condition.began(false, 1);
        assert!(!end_condition.is_over(&listening, AT(1)));
    }
}
