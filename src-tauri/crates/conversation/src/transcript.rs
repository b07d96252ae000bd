//! The state of the transcript: which turn is open, which delta belongs to it, and where a reply was interrupted.
//!
//! Pure. The order between your transcript and the reply is undefined, so your turn stays open until the exchange is
//! over, and late text joins it (PROTOCOL.md §3.1). The last text may arrive even after that; it joins its turn.

use crate::clock::Moment;
use crate::event::{Event, Source, Speaker, Turn};

/// The longest text of one turn, in bytes, so that a broken peer can't fill the memory. An hour of speech is about 60
/// KB.
const TURN_TEXT_LIMIT: usize = 256 * 1024;
/// The mark where a longer text is cut.
const CUT: &str = " […]";
/// How long after the end of a turn its last text may arrive, in ms, if nothing was asked since.
const LATE_REPLY_MS: u64 = 3_000;
/// The same for your turns, where only punctuation and spaces distinguish it from your next turn.
const LATE_YOU_MS: u64 = 2_000;

/// The longest name of a language; the common ones have two to seven letters.
const LANGUAGE_LIMIT: usize = 35;

/// How long a letter takes to say, in ms, when somebody speaks fast.
const LETTER_MS: u64 = 45;

#[derive(Debug)]
struct Open {
    id: u32,
    text: String,
    /// Whether the server announced that no more text follows.
    finished: bool,
    /// The reply's generation. `None` while only text arrived that may belong to an earlier reply.
    generation: Option<u32>,
}

/// A turn that is final.
#[derive(Debug)]
struct Closed {
    id: u32,
    bytes: usize,
    finished: bool,
    generation: Option<u32>,
    heard_to: Option<u32>,
    /// When it ended, on the steady clock.
    at: u64,
    /// Whether later text may be a new turn of the same speaker.
    is_past: bool,
}

/// The open turns and the next free id.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    next_id: u32,
    you: Option<Open>,
    gemini: Option<Open>,
    /// Your last ended turn, for late text.
    last_you: Option<Closed>,
    /// Your turn whose language was told last, and the language.
    language: Option<(u32, String)>,
    /// The last ended reply, for late text and search results.
    last_reply: Option<Closed>,
}

impl Transcript {
    /// Adds your transcript. `finished` closes the turn for text, but not the exchange.
    pub(crate) fn heard_you(&mut self, delta: &str, finished: bool, now: Moment) -> Vec<Event> {
        if self.you.is_none()
            && let Some(events) = self.late_words_of_yours(delta, now)
        {
            return events;
        }
        let mut events = Vec::new();
        // Text after your finished turn begins a new turn.
        if !delta.is_empty() && self.you.as_ref().is_some_and(|open| open.finished) {
            events.extend(self.close_you(now));
        }
        if !delta.is_empty() {
            self.asked();
        }
        append(&mut self.you, &mut self.next_id, Speaker::You, delta, now, &mut events);
        if let Some(open) = &mut self.you {
            open.finished |= finished;
        }
        events
    }

    /// Records in which language your open turn is spoken. It comes from the other side, so anything that is no name of a
    /// language is ignored.
    pub(crate) fn spoken_in(&mut self, language: &str) -> Option<Event> {
        let id = self.you.as_ref()?.id;
        let is_name = language.len() <= LANGUAGE_LIMIT
            && language.starts_with(|c: char| c.is_ascii_alphabetic())
            && language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let is_known =
            self.language.as_ref().is_some_and(|known| (known.0, known.1.as_str()) == (id, language));
        if !is_name || is_known {
            return None;
        }
        self.language = Some((id, language.to_owned()));
        Some(Event::TurnLanguage { id, language: language.to_owned() })
    }

    /// Adds a typed message as a complete turn.
    pub(crate) fn typed(&mut self, text: &str, now: Moment) -> Vec<Event> {
        let mut events = self.close_you(now);
        self.asked();
        self.last_you = None;
        let id = self.take_id();
        let turn = Turn { typed: true, ended: true, ..Turn::new(id, Speaker::You, text, now.wall) };
        events.push(Event::TurnStarted(turn));
        events.push(Event::TurnEnded { id, heard_to: None });
        events
    }

    /// Records a question: the next reply text begins a new turn.
    pub(crate) fn asked(&mut self) {
        if let Some(last) = &mut self.last_reply {
            last.is_past = true;
        }
    }

    /// Records that your voice was detected: your next text begins a new turn.
    pub(crate) fn voiced(&mut self) {
        if let Some(last) = &mut self.last_you {
            last.is_past = true;
        }
    }

    /// Adds text of a reply.
    pub(crate) fn reply(&mut self, generation: u32, delta: &str, now: Moment) -> Vec<Event> {
        if delta.is_empty() {
            return Vec::new();
        }
        // Late transcript has the generation of the previous reply.
        let lags = self.last_reply.as_ref().is_some_and(|last| last.generation == Some(generation));
        if lags
            && self.gemini.is_none()
            && let Some(last) = self.last_reply.as_mut()
            && !last.is_past
            && now.steady < last.at.saturating_add(LATE_REPLY_MS)
        {
            return append_late(last, delta);
        }
        let mut events = Vec::new();
        let is_another = |open: &Open| open.generation.is_some_and(|known| !lags && known != generation);
        if self.gemini.as_ref().is_some_and(is_another) {
            events.extend(self.close_reply(None, now));
        }
        append(&mut self.gemini, &mut self.next_id, Speaker::Gemini, delta, now, &mut events);
        if let Some(open) = &mut self.gemini
            && !lags
        {
            open.generation.get_or_insert(generation);
        }
        events
    }

    /// Returns the turn of the last ended reply.
    pub(crate) fn last_reply(&self) -> Option<u32> {
        self.last_reply.as_ref().map(|last| last.id)
    }

    /// Adds pages and queries to the reply, open or just ended.
    pub(crate) fn sources(&mut self, sources: Vec<Source>, queries: Vec<String>) -> Vec<Event> {
        match self.gemini.as_ref().map(|open| open.id).or(self.last_reply()) {
            Some(id) => vec![Event::TurnSources { id, sources, queries }],
            None => Vec::new(),
        }
    }

    /// Ends both turns, because the exchange is over.
    pub(crate) fn complete(&mut self, now: Moment) -> Vec<Event> {
        let mut events = self.close_you(now);
        events.extend(self.close_reply(None, now));
        events
    }

    /// Ends a reply that was interrupted after `heard_ms` of the received `received_ms`. Words may come before their
    /// sound, so while a reply `is_coming` its sound is at least as long as its words would take.
    pub(crate) fn interrupted(
        &mut self,
        heard_ms: u64,
        received_ms: u64,
        is_coming: bool,
        now: Moment,
    ) -> Vec<Event> {
        let letters = self.gemini.as_ref().map_or(0, |open| open.text.chars().count() as u64);
        let spoken_ms = if is_coming { letters * LETTER_MS } else { 0 };
        let length_ms = received_ms.max(spoken_ms);
        let share = if received_ms == 0 { 0.0 } else { heard_ms as f64 / length_ms as f64 };
        let mut events = self.close_you(now);
        let heard_to = self.gemini.as_ref().map(|open| heard_to(&open.text, share.min(1.0)));
        events.extend(self.close_reply(heard_to, now));
        events
    }

    /// Resets the turns of the exchange, because it is sent again after a lost connection.
    pub(crate) fn again(&mut self) -> Vec<Event> {
        let open = [&mut self.you, &mut self.gemini];
        open.into_iter()
            .flatten()
            .map(|open| {
                open.text.clear();
                open.finished = false;
                open.generation = None;
                Event::TurnReset { id: open.id }
            })
            .collect()
    }

    /// Adds late text to your last turn after its exchange. Such text begins with a space or punctuation, and no voice
    /// was detected since.
    fn late_words_of_yours(&mut self, delta: &str, now: Moment) -> Option<Vec<Event>> {
        let goes_on = |first: char| first.is_whitespace() || first.is_ascii_punctuation();
        let last = self.last_you.as_mut().filter(|last| !last.is_past && !last.finished)?;
        let is_late = now.steady < last.at.saturating_add(LATE_YOU_MS) && delta.starts_with(goes_on);
        is_late.then(|| append_late(last, delta))
    }

    fn close_you(&mut self, now: Moment) -> Vec<Event> {
        let Some(open) = self.you.take() else { return Vec::new() };
        let id = open.id;
        self.last_you = Some(closed(&open, None, now));
        vec![Event::TurnEnded { id, heard_to: None }]
    }

    fn close_reply(&mut self, heard_to: Option<u32>, now: Moment) -> Vec<Event> {
        let Some(open) = self.gemini.take() else { return Vec::new() };
        let last = self.last_reply.as_ref().and_then(|last| last.generation);
        self.last_reply =
            Some(Closed { generation: open.generation.or(last), ..closed(&open, heard_to, now) });
        vec![Event::TurnEnded { id: open.id, heard_to }]
    }

    fn take_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }
}

fn closed(open: &Open, heard_to: Option<u32>, now: Moment) -> Closed {
    let Open { id, ref text, finished, generation } = *open;
    Closed { id, bytes: text.len(), finished, generation, heard_to, at: now.steady, is_past: false }
}

/// Adds late text to an ended turn and ends it again.
fn append_late(last: &mut Closed, delta: &str) -> Vec<Event> {
    let Some(delta) = fitting(last.bytes, delta) else { return Vec::new() };
    last.bytes += delta.len();
    let Closed { id, heard_to, .. } = *last;
    vec![Event::TurnText { id, delta }, Event::TurnEnded { id, heard_to }]
}

fn append(
    slot: &mut Option<Open>,
    next_id: &mut u32,
    speaker: Speaker,
    delta: &str,
    now: Moment,
    events: &mut Vec<Event>,
) {
    if delta.is_empty() {
        return;
    }
    let open = slot.get_or_insert_with(|| {
        *next_id += 1;
        events.push(Event::TurnStarted(Turn::new(*next_id, speaker, "", now.wall)));
        Open { id: *next_id, text: String::new(), finished: false, generation: None }
    });
    let Some(delta) = fitting(open.text.len(), delta) else { return };
    open.text.push_str(&delta);
    events.push(Event::TurnText { id: open.id, delta });
}

/// Returns as much of `delta` as fits into a turn of `bytes`, with a mark once where it is cut.
fn fitting(bytes: usize, delta: &str) -> Option<String> {
    let room = TURN_TEXT_LIMIT.checked_sub(bytes)?;
    if delta.len() <= room {
        return Some(delta.to_owned());
    }
    let end = delta.floor_char_boundary(room);
    // One byte above the limit, so that nothing more fits.
    Some(format!("{}{CUT}", &delta[..end]))
}

/// Returns how many UTF-16 units of `text` were heard when `share` of its audio was played, rounded down to the end of
/// a word. There are no word times, so text is assumed to be spread evenly over the audio.
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

    /// At this time by both clocks.
    fn at(ms: u64) -> Moment {
        Moment { wall: ms, steady: ms }
    }

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
        let mut events = transcript.reply(1, "It is", at(1));
        events.extend(transcript.reply(1, " 19 degrees", at(2)));
        assert_eq!(texts(&events), [(1, "It is".to_owned()), (1, " 19 degrees".to_owned())]);
        assert_eq!(events.iter().filter(|event| matches!(event, Event::TurnStarted(_))).count(), 1);
    }

    #[test]
    fn late_user_transcript_joins_its_turn() {
        let mut transcript = Transcript::default();
        let first = transcript.heard_you("What's the", false, at(1));
        transcript.reply(1, "It", at(2));
        let late = transcript.heard_you(" weather", true, at(3));
        assert_eq!(texts(&first)[0].0, texts(&late)[0].0);
        transcript.complete(at(3));
        let next = transcript.heard_you("And", false, at(4));
        assert_ne!(texts(&first)[0].0, texts(&next)[0].0);
    }

    #[test]
    fn a_turns_language_is_told_once_and_only_if_it_is_one() {
        let mut transcript = Transcript::default();
        let told = |event: Option<Event>| match event {
            Some(Event::TurnLanguage { id, language }) => Some((id, language)),
            _ => None,
        };
        assert_eq!(told(transcript.spoken_in("fr")), None, "nothing was said");
        transcript.heard_you("Bonjour", false, at(1));
        assert_eq!(told(transcript.spoken_in("fr")), Some((1, "fr".to_owned())));
        assert_eq!(told(transcript.spoken_in("fr")), None);
        assert_eq!(told(transcript.spoken_in("zh-Hant")), Some((1, "zh-Hant".to_owned())));
        for no_name in ["", "\u{1b}[31m", "f r", "-", &"x".repeat(36)] {
            assert_eq!(told(transcript.spoken_in(no_name)), None, "{no_name:?}");
        }
        transcript.heard_you("", true, at(2));
        transcript.heard_you("Encore", false, at(3));
        assert!(matches!(transcript.spoken_in("zh-Hant"), Some(Event::TurnLanguage { id: 2, .. })));
    }

    #[test]
    fn words_after_a_finished_turn_are_a_new_one() {
        let mut transcript = Transcript::default();
        let first = transcript.heard_you("Stop.", true, at(1));
        let second = transcript.heard_you("No, go on.", false, at(2));
        assert_ne!(texts(&first)[0].0, texts(&second)[0].0);
    }

    #[test]
    fn an_interruption_marks_the_last_word_that_was_heard_whole() {
        let mut transcript = Transcript::default();
        transcript.reply(1, "one two three four", at(1));
        let events = transcript.interrupted(500, 1000, false, at(2));
        assert!(
            matches!(events.as_slice(), [Event::TurnEnded { heard_to: Some(7), .. }]),
            "half of the sound is 'one two' and a part of 'three': {events:?}"
        );
    }

    #[test]
    fn words_that_came_before_their_sound_were_not_heard() {
        for (is_coming, heard) in [(true, 7), (false, 18)] {
            let mut transcript = Transcript::default();
            transcript.reply(1, "one two three four", at(1));
            let events = transcript.interrupted(400, 400, is_coming, at(2));
            assert!(
                matches!(events.as_slice(), [Event::TurnEnded { heard_to: Some(to), .. }] if *to == heard),
                "all of its sound so far was played: {events:?}"
            );
        }
    }

    #[test]
    fn sources_find_the_reply_even_after_its_end() {
        let mut transcript = Transcript::default();
        assert!(transcript.sources(Vec::new(), vec!["q".into()]).is_empty());
        transcript.reply(1, "Yes.", at(1));
        transcript.complete(at(3));
        assert!(matches!(
            transcript.sources(Vec::new(), vec!["q".into()]).as_slice(),
            [Event::TurnSources { id: 1, .. }]
        ));
    }

    #[test]
    fn a_long_turn_is_cut_and_marked() {
        let mut transcript = Transcript::default();
        let delta = "é".repeat(TURN_TEXT_LIMIT);
        let cut = texts(&transcript.reply(1, &delta, at(1)));
        assert!(cut[0].1.len() <= TURN_TEXT_LIMIT + CUT.len() && cut[0].1.ends_with(CUT));
        assert!(transcript.reply(1, "b", at(2)).is_empty());
        transcript.complete(at(3));
        assert!(transcript.reply(1, "c", at(4)).is_empty(), "nor by late words");
    }

    fn starts(events: &[Event]) -> usize {
        events.iter().filter(|event| matches!(event, Event::TurnStarted(_))).count()
    }

    #[test]
    fn the_last_words_after_turn_complete_join_their_turn() {
        let mut transcript = Transcript::default();
        transcript.reply(1, "It is", at(1));
        transcript.complete(at(2));
        let late = transcript.reply(1, " ten.", at(3));
        assert_eq!((texts(&late), starts(&late)), (vec![(1, " ten.".to_owned())], 0));
        assert!(matches!(late.last(), Some(Event::TurnEnded { id: 1, heard_to: None })));
        transcript.typed("And now?", at(4));
        let next = transcript.reply(2, "Eleven.", at(5));
        assert_eq!(texts(&next), [(3, "Eleven.".to_owned())], "below what was asked");
    }

    #[test]
    fn the_last_words_of_yours_after_turn_complete_join_their_turn() {
        let mut transcript = Transcript::default();
        transcript.heard_you("What's the", false, at(1));
        transcript.reply(1, "It", at(2));
        transcript.complete(at(3));
        let late = transcript.heard_you(" weather?", false, at(4));
        assert_eq!((texts(&late), starts(&late)), (vec![(1, " weather?".to_owned())], 0));
        transcript.voiced();
        assert_eq!(starts(&transcript.heard_you(" Thanks.", false, at(5))), 1, "you spoke again");
    }

    #[test]
    fn transcript_before_its_audio_opens_the_next_turn() {
        let mut transcript = Transcript::default();
        transcript.reply(1, "Old.", at(1));
        transcript.complete(at(2));
        transcript.heard_you("Next?", false, at(3));
        // The machine can't know yet whether they lag behind the reply before.
        let first = transcript.reply(1, "Fresh ", at(4));
        let rest = transcript.reply(2, "answer.", at(5));
        assert_eq!(texts(&first)[0].0, texts(&rest)[0].0, "{rest:?}");
        assert_eq!((starts(&first), starts(&rest)), (1, 0));
    }

    #[test]
    fn a_reply_without_a_previous_end_is_a_new_turn() {
        let mut transcript = Transcript::default();
        transcript.reply(1, "One.", at(1));
        let next = transcript.reply(2, "Two.", at(2));
        assert!(matches!(next.first(), Some(Event::TurnEnded { id: 1, .. })), "{next:?}");
        assert_eq!(texts(&next), [(2, "Two.".to_owned())]);
    }

    #[test]
    fn words_long_after_the_end_are_a_new_turn() {
        let mut transcript = Transcript::default();
        transcript.reply(1, "One.", at(1));
        transcript.complete(at(2));
        assert_eq!(starts(&transcript.reply(1, "Are you there?", at(2 + LATE_REPLY_MS))), 1);
    }

    #[test]
    fn a_resent_exchange_stays_in_its_turn() {
        let mut transcript = Transcript::default();
        transcript.reply(1, "It i", at(1));
        transcript.again();
        assert_eq!(texts(&transcript.reply(2, "It is ten.", at(2))), [(1, "It is ten.".to_owned())]);
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
