//! What the end of a turn means, with a manual clock.

use super::*;

/// An exchange with its clock.
#[derive(Default)]
struct Talk {
    exchange: Exchange,
    now: Moment,
    runs: bool,
}

impl Talk {
    fn asking() -> Self {
        let mut talk = Self::default();
        talk.exchange.typed(true);
        talk
    }

    fn end(&mut self, generation: u32, reason: Option<&str>, more_follows: bool) {
        let end = TurnEnd { generation, reason, more_follows };
        self.exchange.turn_complete(end, self.runs, self.now);
    }

    fn after(&mut self, ms: u64) -> Option<Verdict> {
        self.now.steady += ms;
        self.exchange.due(self.runs, self.now)
    }

    fn result(&mut self, blocks: bool) {
        self.exchange.result_sent(blocks, self.now);
    }
}

const ANSWERED: Option<Verdict> = Some(Verdict { answered: true, trouble: None });

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what may be nothing")]
fn not(why: NoAnswer) -> Option<Verdict> {
    Some(Verdict { answered: false, trouble: Some(why) })
}

#[test]
fn a_turn_with_words_is_an_answer_a_moment_later() {
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    talk.end(1, None, false);
    assert_eq!(talk.after(0), None);
    assert_eq!(talk.after(SETTLES_MS), ANSWERED);
    assert_eq!(talk.after(1_000_000), None, "once");
}

#[test]
fn an_answer_of_words_alone_follows_the_result() {
    for result_before_the_end in [false, true] {
        let mut talk = Talk::asking();
        talk.exchange.called();
        talk.exchange.content(1);
        if result_before_the_end {
            talk.result(false);
        }
        talk.end(1, None, false);
        if !result_before_the_end {
            talk.result(false);
        }
        assert_eq!(talk.after(SETTLES_MS), None, "the answer is owed");
        // Without sound they are taken for late words of the reply before.
        talk.exchange.content(1);
        talk.end(1, None, false);
        assert_eq!(talk.after(SETTLES_MS), ANSWERED);
    }
}

#[test]
fn a_bare_turn_complete_is_no_answer_and_says_why() {
    for (reason, why) in [
        (None, NoAnswer::Silent),
        (Some("TURN_COMPLETE_REASON_UNSPECIFIED"), NoAnswer::Silent),
        (Some("NEED_MORE_INPUT"), NoAnswer::NeedsInput),
        (Some("RESPONSE_REJECTED"), NoAnswer::Withheld),
        (Some("GENERATED_AUDIO_SAFETY"), NoAnswer::Withheld),
        (Some("PROHIBITED_INPUT_CONTENT"), NoAnswer::Prohibited),
        (Some("BLOCKLIST"), NoAnswer::Prohibited),
        (Some("MALFORMED_FUNCTION_CALL"), NoAnswer::BadCall),
        (Some("SOMETHING_NEW"), NoAnswer::Other),
    ] {
        let mut talk = Talk::asking();
        talk.end(0, reason, false);
        assert_eq!(talk.after(SETTLES_MS), not(why), "{reason:?}");
    }
}

#[test]
fn half_an_answer_with_a_reason_is_cut_short() {
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    talk.end(1, Some("GENERATED_CONTENT_SAFETY"), false);
    assert_eq!(talk.after(SETTLES_MS), not(NoAnswer::CutShort));
    talk.exchange.content(2);
    talk.end(2, Some("NEED_MORE_INPUT"), false);
    assert_eq!(talk.after(SETTLES_MS), ANSWERED, "a question back is an answer");
}

#[test]
fn an_empty_unasked_turn_is_ignored() {
    let mut talk = Talk::default();
    talk.end(0, None, false);
    assert_eq!(talk.after(1_000), None);
    talk.exchange.asked();
    talk.exchange.stays_silent();
    talk.end(0, None, false);
    assert_eq!(talk.after(1_000), None, "it chose to be silent");
    talk.exchange.typed(true);
    talk.exchange.stays_silent();
    talk.end(0, None, false);
    assert_eq!(talk.after(1_000), not(NoAnswer::Silent), "who types is told");
}

#[test]
fn the_answer_is_what_comes_after_the_result() {
    let mut talk = Talk::asking();
    talk.exchange.called();
    talk.runs = true;
    talk.exchange.content(1);
    talk.end(1, None, false);
    assert_eq!(talk.after(60_000), None, "the function has its own limit");
    talk.runs = false;
    talk.result(false);
    talk.exchange.content(2);
    talk.end(2, None, false);
    assert_eq!(talk.after(SETTLES_MS), ANSWERED);
}

#[test]
fn a_running_reply_does_not_answer_a_later_result() {
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    talk.result(false);
    talk.exchange.content(1);
    talk.end(1, None, false);
    assert_eq!(talk.after(1_000), None, "it was said before the result was known");
    talk.exchange.content(2);
    talk.end(2, None, false);
    assert_eq!(talk.after(SETTLES_MS), ANSWERED);
}

#[test]
fn a_model_that_waits_for_the_result_answers_in_the_same_turn() {
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    talk.result(true);
    talk.exchange.content(1);
    talk.end(1, None, false);
    assert_eq!(talk.after(SETTLES_MS), ANSWERED);
}

#[test]
fn on_vertex_the_answer_to_a_call_is_a_separate_turn() {
    let mut talk = Talk::asking();
    talk.result(true);
    talk.end(0, None, false);
    assert_eq!(talk.after(1_000), None);
    talk.exchange.content(1);
    talk.end(1, None, false);
    assert_eq!(talk.after(SETTLES_MS), ANSWERED);
}

#[test]
fn a_result_that_leads_to_nothing_is_given_up() {
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    talk.end(1, None, false);
    talk.result(false);
    assert_eq!(talk.after(RESULT_LIMIT_MS - 1), None);
    assert_eq!(talk.after(1), not(NoAnswer::AfterCall));
    assert_eq!(talk.after(RESULT_LIMIT_MS), None, "once");
}

#[test]
fn several_results_may_have_one_answer_or_several() {
    let mut talk = Talk::asking();
    talk.result(false);
    talk.result(false);
    talk.exchange.content(1);
    talk.end(1, None, false);
    assert_eq!(talk.after(SEVERAL_MS - 1), None, "the second may get its own");
    assert_eq!(talk.after(1), ANSWERED);
    talk.result(false);
    talk.exchange.content(2);
    talk.result(false);
    talk.end(2, None, false);
    assert_eq!(talk.after(SEVERAL_MS), None, "one is not told yet");
    talk.exchange.content(3);
    talk.end(3, None, false);
    assert_eq!(talk.after(SETTLES_MS), ANSWERED);
}

#[test]
fn a_result_that_nobody_speaks_of_completes_the_exchange() {
    for result_before_the_end in [false, true] {
        let mut talk = Talk::asking();
        talk.exchange.called();
        talk.runs = !result_before_the_end;
        if result_before_the_end {
            talk.exchange.result_noted(false, talk.now);
        }
        talk.end(1, None, false);
        if !result_before_the_end {
            assert_eq!(talk.after(60_000), None, "it runs");
            talk.runs = false;
            talk.exchange.result_noted(false, talk.now);
        }
        assert_eq!(talk.after(SETTLES_MS), ANSWERED);
        assert_eq!(talk.after(RESULT_LIMIT_MS), None, "once");
        talk.exchange.typed(true);
        talk.end(2, None, false);
        assert_eq!(talk.after(SETTLES_MS), not(NoAnswer::Silent), "of the next question nothing is known");
    }
}

#[test]
fn announced_content_is_awaited_with_a_limit() {
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    talk.end(1, None, true);
    assert_eq!(talk.after(MORE_LIMIT_MS - 1), None);
    assert_eq!(talk.after(1), Some(Verdict { answered: true, trouble: Some(NoAnswer::MoreMissing) }));
}

#[test]
fn the_end_of_an_interrupted_reply_is_no_answer() {
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    talk.exchange.broken_off(true);
    talk.end(1, None, false);
    assert_eq!(talk.after(1_000), None);
    talk.end(1, Some("RESPONSE_REJECTED"), false);
    assert_eq!(talk.after(SETTLES_MS), not(NoAnswer::Withheld));
}

#[test]
fn what_is_not_sent_again_is_no_answer() {
    let mut talk = Talk::asking();
    talk.exchange.abandoned();
    talk.end(0, None, false);
    talk.exchange.broken_off(false);
    assert_eq!(talk.after(SETTLES_MS), Some(Verdict { answered: false, trouble: None }));
}

#[test]
fn an_answer_may_follow_an_empty_turn_after_an_interruption() {
    let mut talk = Talk::asking();
    talk.exchange.broken_off(true);
    talk.end(0, None, false);
    assert_eq!(talk.after(DROPPED_MS - 1), None);
    assert_eq!(talk.after(1), not(NoAnswer::Silent));
    talk.exchange.typed(true);
    talk.exchange.broken_off(true);
    talk.end(0, None, false);
    talk.exchange.content(1);
    assert_eq!(talk.after(DROPPED_MS), None);
    talk.end(1, None, false);
    assert_eq!(talk.after(SETTLES_MS), ANSWERED);
}

#[test]
fn what_is_typed_during_a_reply_is_answered_after_it() {
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    assert!(talk.exchange.typed(false), "the reply goes on");
    talk.exchange.content(1);
    talk.end(1, None, false);
    assert_eq!(talk.after(60_000), None, "that was the reply before");
    talk.exchange.content(2);
    talk.end(2, None, false);
    assert_eq!(talk.after(SETTLES_MS), ANSWERED);
}

#[test]
fn a_turn_that_only_calls_is_not_the_whole_reply() {
    let mut talk = Talk::asking();
    talk.exchange.called();
    assert!(!talk.exchange.is_whole(true), "it runs");
    talk.result(true);
    assert!(!talk.exchange.is_whole(false), "nothing was said");
    talk.end(0, None, false);
    assert!(talk.exchange.owes());
    talk.exchange.content(1);
    assert!(talk.exchange.is_whole(false) && !talk.exchange.owes());
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    talk.result(false);
    assert!(!talk.exchange.is_whole(false), "the answer to the result is owed");
}

#[test]
fn a_call_in_the_message_that_ends_the_turn_is_waited_for() {
    let mut talk = Talk::asking();
    talk.exchange.content(1);
    talk.end(1, None, false);
    talk.exchange.called();
    talk.runs = true;
    assert_eq!(talk.after(1_000), None);
    talk.runs = false;
    talk.result(true);
    assert_eq!(talk.after(1_000), None);
}
