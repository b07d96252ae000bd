//! The transcript's book-keeping: which turn is open, which delta belongs to it, and where a reply was cut off.
//!
//! Pure. The server promises no order between what you said and the reply to it, so your turn stays open until the
//! exchange is over and late words still find it (PROTOCOL.md 3.1).

use crate::event::{Event, Source, Speaker, Turn};

/// Longest text of one turn in bytes; a broken peer must not fill the memory. An hour of speech is about 60 KB.
const TURN_TEXT_LIMIT: usize = 256 * 1024;

#[derive(Debug)]
struct Open {
    id: u32,
    text: String,
    /// True once the server said that no more words follow.
    finished: bool,
}

/// The open turns and the next free id.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    next_id: u32,
    you: Option<Open>,
    gemini: Option<Open>,
    /// The last closed reply, for search results that come after its end.
    last_reply: Option<u32>,
}

impl Transcript {
    /// Words of yours. `finished` closes the turn for words, not for the exchange.
    pub(crate) fn heard_you(&mut self, delta: &str, finished: bool, now: u64) -> Vec<Event> {
        let mut events = Vec::new();
        // Words after a finished turn of yours are a new one.
        if !delta.is_empty() && self.you.as_ref().is_some_and(|open| open.finished) {
            events.extend(self.close_you());
        }
        append(&mut self.you, &mut self.next_id, Speaker::You, delta, now, &mut events);
        if let Some(open) = &mut self.you {
            open.finished |= finished;
        }
        events
    }

    /// A typed message: a whole turn at once.
    pub(crate) fn typed(&mut self, text: &str, now: u64) -> Vec<Event> {
        let mut events = self.close_you();
        let id = self.take_id();
        let turn = Turn { typed: true, ended: true, ..new_turn(id, Speaker::You, text, now) };
        events.push(Event::TurnStarted(turn));
        events.push(Event::TurnEnded { id, heard_to: None });
        events
    }

    /// Words of the reply.
    pub(crate) fn reply(&mut self, delta: &str, now: u64) -> Vec<Event> {
        let mut events = Vec::new();
        append(&mut self.gemini, &mut self.next_id, Speaker::Gemini, delta, now, &mut events);
        events
    }

    /// The reply that was closed last.
    pub(crate) fn last_reply(&self) -> Option<u32> {
        self.last_reply
    }

    /// Pages and queries behind the reply, open or just closed.
    pub(crate) fn sources(&mut self, sources: Vec<Source>, queries: Vec<String>) -> Vec<Event> {
        match self.gemini.as_ref().map(|open| open.id).or(self.last_reply) {
            Some(id) => vec![Event::TurnSources { id, sources, queries }],
            None => Vec::new(),
        }
    }

    /// The exchange is over: both turns are final.
    pub(crate) fn complete(&mut self) -> Vec<Event> {
        let mut events = self.close_you();
        events.extend(self.close_reply(None));
        events
    }

    /// The reply was cut off after `heard_ms` of the `received_ms` that came.
    pub(crate) fn interrupted(&mut self, heard_ms: u64, received_ms: u64) -> Vec<Event> {
        let share = if received_ms == 0 { 0.0 } else { heard_ms as f64 / received_ms as f64 };
        let mut events = self.close_you();
        let heard_to = self.gemini.as_ref().map(|open| heard_to(&open.text, share.min(1.0)));
        events.extend(self.close_reply(heard_to));
        events
    }

    /// The connection broke in the middle of the exchange and it is said again: what came of it will come once more.
    pub(crate) fn again(&mut self) -> Vec<Event> {
        let open = [&mut self.you, &mut self.gemini];
        open.into_iter()
            .flatten()
            .map(|open| {
                open.text.clear();
                open.finished = false;
                Event::TurnReset { id: open.id }
            })
            .collect()
    }

    fn close_you(&mut self) -> Vec<Event> {
        self.you.take().map(|open| Event::TurnEnded { id: open.id, heard_to: None }).into_iter().collect()
    }

    fn close_reply(&mut self, heard_to: Option<u32>) -> Vec<Event> {
        let Some(open) = self.gemini.take() else { return Vec::new() };
        self.last_reply = Some(open.id);
        vec![Event::TurnEnded { id: open.id, heard_to }]
    }

    fn take_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }
}

fn append(
    slot: &mut Option<Open>,
    next_id: &mut u32,
    speaker: Speaker,
    delta: &str,
    now: u64,
    events: &mut Vec<Event>,
) {
    if delta.is_empty() {
        return;
    }
    let open = slot.get_or_insert_with(|| {
        *next_id += 1;
        events.push(Event::TurnStarted(new_turn(*next_id, speaker, "", now)));
        Open { id: *next_id, text: String::new(), finished: false }
    });
    if open.text.len() + delta.len() > TURN_TEXT_LIMIT {
        return;
    }
    open.text.push_str(delta);
    events.push(Event::TurnText { id: open.id, delta: delta.to_owned() });
}

fn new_turn(id: u32, speaker: Speaker, text: &str, at: u64) -> Turn {
    Turn {
        id,
        speaker,
        at,
        text: text.to_owned(),
        typed: false,
        ended: false,
        heard_to: None,
        sources: Vec::new(),
        queries: Vec::new(),
    }
}

/// How many UTF-16 units of `text` were heard when `share` of its sound was, back to the end of a word: a word that was
/// not heard whole does not count. The sound carries no word times, so words are taken to be spread evenly over it.
fn heard_to(text: &str, share: f64) -> u32 {
    let units: usize = text.chars().map(char::len_utf16).sum();
    let limit = (units as f64 * share) as usize;
    if limit >= units {
        return units as u32;
    }
    let (mut at, mut word_end) = (0, 0);
    let mut in_word = false;
    for character in text.chars() {
        if character.is_whitespace() && in_word && at <= limit {
            word_end = at;
        }
        in_word = !character.is_whitespace();
        at += character.len_utf16();
        if at > limit {
            break;
        }
    }
    word_end as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(events: &[Event]) -> Vec<(u32, String)> {
        events
            .iter()
            .filter_map(|event| match event {
                Event::TurnText { id, delta } => Some((*id, delta.clone())),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn deltas_are_joined_verbatim_into_one_turn() {
        let mut transcript = Transcript::default();
        let mut events = transcript.reply("It is", 1);
        events.extend(transcript.reply(" 19 degrees", 2));
        assert_eq!(texts(&events), [(1, "It is".to_owned()), (1, " 19 degrees".to_owned())]);
        assert_eq!(events.iter().filter(|event| matches!(event, Event::TurnStarted(_))).count(), 1);
    }

    #[test]
    fn late_words_of_yours_find_the_turn_of_their_exchange() {
        let mut transcript = Transcript::default();
        let first = transcript.heard_you("What's the", false, 1);
        transcript.reply("It", 2);
        let late = transcript.heard_you(" weather", true, 3);
        assert_eq!(texts(&first)[0].0, texts(&late)[0].0);
        transcript.complete();
        let next = transcript.heard_you("And", false, 4);
        assert_ne!(texts(&first)[0].0, texts(&next)[0].0);
    }

    #[test]
    fn words_after_a_finished_turn_are_a_new_one() {
        let mut transcript = Transcript::default();
        let first = transcript.heard_you("Stop.", true, 1);
        let second = transcript.heard_you("No, go on.", false, 2);
        assert_ne!(texts(&first)[0].0, texts(&second)[0].0);
    }

    #[test]
    fn an_interruption_marks_the_last_word_that_was_heard_whole() {
        let mut transcript = Transcript::default();
        transcript.reply("one two three four", 1);
        let events = transcript.interrupted(500, 1000);
        assert!(
            matches!(events.as_slice(), [Event::TurnEnded { heard_to: Some(7), .. }]),
            "half of the sound is 'one two' and a part of 'three': {events:?}"
        );
    }

    #[test]
    fn sources_find_the_reply_even_after_its_end() {
        let mut transcript = Transcript::default();
        assert!(transcript.sources(Vec::new(), vec!["q".into()]).is_empty());
        transcript.reply("Yes.", 1);
        transcript.complete();
        assert!(matches!(
            transcript.sources(Vec::new(), vec!["q".into()]).as_slice(),
            [Event::TurnSources { id: 1, .. }]
        ));
    }

    #[test]
    fn a_turn_does_not_grow_without_bound() {
        let mut transcript = Transcript::default();
        let delta = "a".repeat(TURN_TEXT_LIMIT);
        assert_eq!(texts(&transcript.reply(&delta, 1)).len(), 1);
        assert!(transcript.reply("b", 2).is_empty());
    }

    proptest! {
        #[test]
        fn the_heard_mark_is_a_word_end_within_the_text(text in "\\PC{0,60}", share in 0.0f64..=1.0) {
            let units = text.encode_utf16().count() as u32;
            let mark = heard_to(&text, share);
            prop_assert!(mark <= units);
            prop_assert_eq!(heard_to(&text, 1.0), units);
            let wide: Vec<u16> = text.encode_utf16().collect();
            prop_assert!(String::from_utf16(&wide[..mark as usize]).is_ok(), "never within a character");
        }
    }
}
