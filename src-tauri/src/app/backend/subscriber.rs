//! The page's end of the event channel, with credit and a pace: the page acknowledges what it took, only so much is under way to it, and
//! what comes within one frame of the screen goes as one message, joined. Tauri's channels have no bound of their own, so a page that
//! hangs, is slow or was reloaded would make the backend grow; and each message is a script of its own to the web view. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::app::state::Changed;
use crate::contract::{ConversationInfo, Snapshot, ToolCall, Turn, UiEnvelope, UiEvent};

/// Takes events for one subscriber, in order; false when it is gone.
pub type Sink = Box<dyn Fn(Vec<UiEnvelope>) -> bool + Send>;

/// Messages follow one another no faster; the first after a rest goes at once.
const PACE: Duration = Duration::from_millis(33);

/// Most envelopes under way to the page.
const UNDER_WAY: usize = 64;
/// Most bytes under way. One envelope is sent in any case when nothing is.
const UNDER_WAY_BYTES: usize = 256 * 1024;
/// Most events that wait for the page; fragments of a row and levels are joined meanwhile.
const WAITING: usize = 256;
/// Most bytes of them.
const WAITING_BYTES: usize = 1024 * 1024;
/// Most rows that a page is caught up with one by one; more come with a snapshot of everything.
const MISSED_ROWS: usize = 1_000;
/// What an event takes beside its texts.
const EVENT_BYTES: usize = 200;

/// Whoever shows the events.
pub(super) struct Subscriber {
    sink: Sink,
    /// Number and size of what is under way, oldest first.
    under_way: VecDeque<(u64, usize)>,
    under_way_bytes: usize,
    waiting: VecDeque<UiEvent>,
    waiting_bytes: usize,
    /// When the last message went.
    sent_at: Option<Instant>,
    /// More waited than may: what it missed. It is caught up as soon as it takes something again.
    missed: Option<Missed>,
}

impl Subscriber {
    pub(super) fn new(sink: Sink) -> Self {
        Self {
            sink,
            under_way: VecDeque::new(),
            under_way_bytes: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            sent_at: None,
            missed: None,
        }
    }

    /// Events were left out, and the page is to be caught up.
    pub(super) fn is_behind(&self) -> bool {
        self.missed.is_some()
    }

    /// Sends this or lets it wait; `seq` is the number of the last envelope of this process. False when nobody is there.
    pub(super) fn offer(&mut self, event: UiEvent, seq: &mut u64, now: Instant) -> bool {
        if let Some(missed) = &mut self.missed {
            missed.note(&event);
            return true;
        }
        self.wait(event);
        if self.due().is_some_and(|due| due > now) {
            return true;
        }
        self.deliver(seq, now)
    }

    /// When [`deliver`](Self::deliver) is to be called; `None` while nothing waits or the page has enough.
    pub(super) fn due(&self) -> Option<Instant> {
        let next = self.waiting.front().filter(|event| self.has_room(bytes(event)));
        next.and(self.sent_at).map(|sent_at| sent_at + PACE)
    }

    /// The page took everything up to this number. What waited goes on; `state` is for a page that fell behind. False when nobody
    /// is there.
    pub(super) fn taken(&mut self, up_to: u64, state: &Snapshot, seq: &mut u64, now: Instant) -> bool {
        while let Some((_, size)) = self.under_way.pop_front_if(|(number, _)| *number <= up_to) {
            self.under_way_bytes -= size;
        }
        if self.under_way.is_empty()
            && let Some(missed) = self.missed.take()
        {
            // However large it is: nothing else waits.
            let event = missed.caught_up(state);
            self.waiting_bytes += bytes(&event);
            self.waiting.push_back(event);
        }
        self.deliver(seq, now)
    }

    /// Sends of what waits as much as the page may have. False when nobody is there.
    pub(super) fn deliver(&mut self, seq: &mut u64, now: Instant) -> bool {
        let mut batch = Vec::new();
        while let Some(event) = self.waiting.pop_front() {
            let size = bytes(&event);
            if !self.has_room(size) {
                self.waiting.push_front(event);
                break;
            }
            self.waiting_bytes = self.waiting_bytes.saturating_sub(size);
            *seq += 1;
            self.under_way.push_back((*seq, size));
            self.under_way_bytes += size;
            batch.push(UiEnvelope { seq: *seq, event });
        }
        if batch.is_empty() {
            return true;
        }
        self.sent_at = Some(now);
        (self.sink)(batch)
    }

    fn has_room(&self, size: usize) -> bool {
        self.under_way.is_empty()
            || (self.under_way.len() < UNDER_WAY && self.under_way_bytes + size <= UNDER_WAY_BYTES)
    }

    fn wait(&mut self, event: UiEvent) {
        let size = bytes(&event);
        let Some(event) = self.join(event) else {
            self.waiting_bytes += size - EVENT_BYTES;
            self.bound();
            return;
        };
        self.waiting.push_back(event);
        self.waiting_bytes += size;
        self.bound();
    }

    /// Joins it with one that waits, where the page would see the same; gives it back where it would not.
    fn join(&mut self, event: UiEvent) -> Option<UiEvent> {
        match &event {
            UiEvent::TurnText { id, delta } => {
                let of_row = self.waiting.iter_mut().rev().find(|waiting| row(waiting) == Some(*id));
                let Some(UiEvent::TurnText { delta: before, .. }) = of_row else { return Some(event) };
                before.push_str(delta);
                None
            }
            UiEvent::Levels { .. } | UiEvent::Camera { .. } | UiEvent::Figures { .. } => self.replace(event),
            UiEvent::Tool { call } => {
                let same =
                    |waiting: &UiEvent| matches!(waiting, UiEvent::Tool { call: old } if old.id == call.id);
                if let Some(old) = self.waiting.iter_mut().find(|waiting| same(waiting)) {
                    self.waiting_bytes = self.waiting_bytes.saturating_sub(bytes(old) - EVENT_BYTES);
                    *old = event;
                    return None;
                }
                Some(event)
            }
            _ => Some(event),
        }
    }

    /// The newest of a kind that says everything.
    fn replace(&mut self, event: UiEvent) -> Option<UiEvent> {
        let kind = std::mem::discriminant(&event);
        match self.waiting.iter_mut().find(|waiting| std::mem::discriminant(&**waiting) == kind) {
            Some(old) => {
                *old = event;
                None
            }
            None => Some(event),
        }
    }

    fn bound(&mut self) {
        if self.waiting.len() > WAITING || self.waiting_bytes > WAITING_BYTES {
            let mut missed = Missed::default();
            for event in std::mem::take(&mut self.waiting) {
                missed.note(&event);
            }
            self.waiting_bytes = 0;
            self.missed = Some(missed);
        }
    }
}

/// What a page missed that fell behind. A snapshot of everything would cost as much as the conversation is long, and so make the page
/// fall behind again, the more the longer one talks.
#[derive(Default)]
struct Missed {
    changed: Changed,
    /// Not worth telling apart, or no rows of before count any more.
    all: bool,
}

impl Missed {
    fn note(&mut self, event: &UiEvent) {
        match event {
            UiEvent::Snapshot { .. } => self.all = true,
            UiEvent::Conversation { conversation } => {
                self.all |= conversation.as_ref().is_some_and(ConversationInfo::is_new);
            }
            UiEvent::Tool { call } => _ = self.changed.calls.insert(call.id.clone()),
            event => self.changed.turns.extend(row(event)),
        }
        if self.all || self.changed.turns.len() + self.changed.calls.len() > MISSED_ROWS {
            (self.all, self.changed) = (true, Changed::default());
        }
    }

    fn caught_up(&self, state: &Snapshot) -> UiEvent {
        if self.all {
            UiEvent::Snapshot { snapshot: Box::new(state.clone()) }
        } else {
            UiEvent::CaughtUp { snapshot: Box::new(state.since(&self.changed)) }
        }
    }
}

/// The turn that an event changes.
fn row(event: &UiEvent) -> Option<u32> {
    match event {
        UiEvent::TurnStarted { turn } => Some(turn.id),
        UiEvent::TurnText { id, .. }
        | UiEvent::TurnReset { id }
        | UiEvent::TurnEnded { id, .. }
        | UiEvent::TurnSources { id, .. } => Some(*id),
        _ => None,
    }
}

/// About how much an event weighs: its texts.
fn bytes(event: &UiEvent) -> usize {
    let texts = match event {
        UiEvent::Snapshot { snapshot } | UiEvent::CaughtUp { snapshot } => {
            let turns = snapshot.turns.iter().map(|turn| EVENT_BYTES + of_turn(turn));
            let calls = snapshot.tools.iter().map(|call| EVENT_BYTES + of_call(call));
            turns.chain(calls).sum()
        }
        UiEvent::TurnStarted { turn } => of_turn(turn),
        UiEvent::TurnText { delta, .. } => delta.len(),
        UiEvent::TurnSources { sources, queries, .. } => {
            let sources = sources.iter().map(|source| source.title.len() + source.uri.len());
            sources.chain(queries.iter().map(String::len)).sum()
        }
        UiEvent::Tool { call } => of_call(call),
        UiEvent::Notice { notice } => {
            notice.message.len() + notice.explanation.len() + notice.detail.as_ref().map_or(0, String::len)
        }
        _ => 0,
    };
    EVENT_BYTES + texts
}

fn of_turn(turn: &Turn) -> usize {
    let sources = turn.sources.iter().map(|source| source.title.len() + source.uri.len());
    turn.text.len() + sources.chain(turn.queries.iter().map(String::len)).sum::<usize>()
}

fn of_call(call: &ToolCall) -> usize {
    call.name.len() + call.args.len() + call.result.as_ref().map_or(0, String::len)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use proptest::prelude::*;

    use super::*;
    use crate::contract::{Levels, Partner, Phase, Speaker};

    /// A page: takes envelopes when it likes.
    struct Page {
        sent: Arc<Mutex<Vec<UiEnvelope>>>,
        shown: Snapshot,
        backend: Snapshot,
        subscriber: Subscriber,
        seq: u64,
        last: u64,
        now: Instant,
    }

    impl Page {
        fn new() -> Self {
            let sent = Arc::new(Mutex::new(Vec::new()));
            let sender = Arc::clone(&sent);
            let sink = Box::new(move |batch: Vec<UiEnvelope>| {
                sender.lock().unwrap().extend(batch);
                true
            });
            let (shown, backend) = (Snapshot::default(), Snapshot::default());
            Self {
                sent,
                shown,
                backend,
                subscriber: Subscriber::new(sink),
                seq: 0,
                last: 0,
                now: Instant::now(),
            }
        }

        fn emit(&mut self, event: UiEvent) {
            self.now += PACE;
            self.emit_at_once(event);
        }

        fn emit_at_once(&mut self, event: UiEvent) {
            self.backend.apply(&event);
            assert!(self.subscriber.offer(event, &mut self.seq, self.now));
        }

        fn under_way(&self) -> usize {
            self.sent.lock().unwrap().len()
        }

        /// Takes this many, and says so.
        fn take(&mut self, most: usize) {
            let took: Vec<_> = {
                let mut sent = self.sent.lock().unwrap();
                let count = most.min(sent.len());
                sent.drain(..count).collect()
            };
            for envelope in took {
                assert_eq!(envelope.seq, self.last + 1, "no number is left out");
                self.last = envelope.seq;
                self.shown.apply(&envelope.event);
            }
            assert!(self.subscriber.taken(self.last, &self.backend, &mut self.seq, self.now));
        }

        fn take_all(&mut self) {
            loop {
                self.now += PACE;
                assert!(self.subscriber.deliver(&mut self.seq, self.now));
                if self.under_way() == 0 {
                    return;
                }
                self.take(usize::MAX);
            }
        }
    }

    fn started(id: u32) -> UiEvent {
        let turn = Turn {
            id,
            speaker: Speaker::Gemini,
            at: 1,
            text: String::new(),
            typed: false,
            ended: false,
            heard_to: None,
            sources: Vec::new(),
            queries: Vec::new(),
        };
        UiEvent::TurnStarted { turn }
    }

    fn text(id: u32, delta: &str) -> UiEvent {
        UiEvent::TurnText { id, delta: delta.into() }
    }

    fn texts(state: &Snapshot) -> Vec<(u32, String, bool)> {
        state.turns.iter().map(|turn| (turn.id, turn.text.clone(), turn.ended)).collect()
    }

    #[test]
    fn a_page_that_hangs_is_sent_a_bounded_number_and_then_a_snapshot() {
        let mut page = Page::new();
        for id in 0..50_000 {
            page.emit(started(id));
            page.emit(text(id, "words"));
        }
        assert_eq!(page.under_way(), UNDER_WAY);
        assert!(page.subscriber.waiting.is_empty() && page.subscriber.is_behind());
        page.take(usize::MAX);
        assert_eq!(page.under_way(), 1, "a snapshot and nothing of what waited");
        page.take_all();
        assert_eq!(texts(&page.shown), texts(&page.backend));
        page.emit(text(49_999, " go on"));
        page.take_all();
        assert_eq!(page.shown.turns.last().unwrap().text, "words go on");
    }

    #[test]
    fn a_page_that_fell_behind_is_sent_what_changed_and_no_more() {
        let mut page = Page::new();
        for id in 0..5_000 {
            page.emit(started(id));
            page.emit(text(id, "some words of a long conversation"));
            page.take_all();
        }
        for id in 5_000..5_300 {
            page.emit(text(id - 1, " and more"));
            page.emit(started(id));
        }
        assert!(page.subscriber.is_behind());
        page.take(usize::MAX);
        let sent = page.sent.lock().unwrap()[0].event.clone();
        let UiEvent::CaughtUp { snapshot } = sent else { panic!("{sent:?}") };
        assert!(snapshot.turns.len() <= 301, "{} rows", snapshot.turns.len());
        page.take_all();
        assert_eq!(texts(&page.shown), texts(&page.backend));
    }

    #[test]
    fn a_page_that_missed_the_next_start_is_sent_everything() {
        let mut page = Page::new();
        page.emit(started(1));
        page.take_all();
        let info = ConversationInfo {
            started_at: None,
            ended_at: None,
            partner: Partner::Rehearsal,
            model: "m".into(),
            voice: "v".into(),
            push_to_talk: false,
            microphone: None,
            speaker: None,
        };
        page.emit(UiEvent::Conversation { conversation: Some(info) });
        for id in 1..400 {
            page.emit(started(id));
        }
        page.take_all();
        assert_eq!(texts(&page.shown), texts(&page.backend));
        assert_eq!(page.shown.turns.len(), 399);
    }

    #[test]
    fn turns_of_240_kb_each_are_not_all_under_way() {
        let mut page = Page::new();
        for id in 0..1_000 {
            page.emit(started(id));
            page.emit(text(id, &"a".repeat(240_000)));
        }
        let sent: usize = page.sent.lock().unwrap().iter().map(|envelope| bytes(&envelope.event)).sum();
        assert!(sent <= UNDER_WAY_BYTES + 300_000, "{sent} bytes");
        assert!(page.subscriber.waiting_bytes <= WAITING_BYTES);
    }

    #[test]
    fn what_comes_within_a_frame_goes_as_one_message_joined() {
        let batches = Arc::new(Mutex::new(Vec::new()));
        let sent = Arc::clone(&batches);
        let sink = Box::new(move |batch: Vec<UiEnvelope>| {
            sent.lock().unwrap().push(batch.len());
            true
        });
        let (mut subscriber, mut seq, start) = (Subscriber::new(sink), 0, Instant::now());
        subscriber.offer(started(1), &mut seq, start);
        assert_eq!((batches.lock().unwrap().as_slice(), subscriber.due()), ([1].as_slice(), None), "at once");
        for _ in 0..10 {
            subscriber.offer(text(1, "word "), &mut seq, start + PACE / 2);
        }
        subscriber.offer(UiEvent::Phase { phase: Phase::Speaking }, &mut seq, start + PACE / 2);
        assert_eq!(subscriber.due(), Some(start + PACE));
        assert!(subscriber.deliver(&mut seq, start + PACE));
        assert_eq!((batches.lock().unwrap().as_slice(), subscriber.due()), ([1, 2].as_slice(), None));
        subscriber.offer(text(1, "later"), &mut seq, start + PACE * 3);
        assert_eq!(batches.lock().unwrap().as_slice(), [1, 2, 1], "after a rest at once");
    }

    #[test]
    fn fragments_and_levels_that_wait_are_joined() {
        let mut page = Page::new();
        page.emit(started(1));
        for level in 0..1_000_u16 {
            page.emit(text(1, "a"));
            page.emit(UiEvent::Levels { levels: Levels { you: f32::from(level), ..Levels::default() } });
        }
        assert!(page.subscriber.waiting.len() <= 2, "one fragment and the newest levels");
        assert!(!page.subscriber.is_behind());
        page.take_all();
        assert_eq!(page.shown.turns[0].text.len(), 1_000);
    }

    #[test]
    fn a_fragment_is_not_joined_across_what_changed_its_row() {
        let mut page = Page::new();
        page.emit(started(1));
        for _ in 0..UNDER_WAY {
            page.emit(UiEvent::Phase { phase: Phase::Speaking });
        }
        for event in [
            text(1, "half a sen"),
            UiEvent::TurnReset { id: 1 },
            text(1, "A whole one."),
            text(1, " And on."),
        ] {
            page.emit(event);
        }
        page.take_all();
        assert_eq!(page.shown.turns[0].text, "A whole one. And on.");
    }

    #[test]
    fn an_answer_for_what_was_never_sent_gives_no_credit() {
        let mut page = Page::new();
        for _ in 0..100 {
            page.emit(UiEvent::DeviceList);
        }
        assert!(page.subscriber.taken(0, &page.backend, &mut page.seq, page.now));
        assert_eq!(page.under_way(), UNDER_WAY);
    }

    proptest! {
        #[test]
        fn whatever_the_page_takes_and_when_it_shows_what_the_backend_has(
            steps in proptest::collection::vec((0..8_u8, 0..6_u32, 0..90_usize), 1..1_500),
        ) {
            let mut page = Page::new();
            let mut next = 0;
            for (kind, back, size) in steps {
                let id = u32::saturating_sub(next, back + 1);
                match kind {
                    0 => page.take(size),
                    1 => {
                        page.emit(started(next));
                        next += 1;
                    }
                    2 => page.emit(UiEvent::TurnReset { id }),
                    3 => page.emit(UiEvent::TurnEnded { id, heard_to: None }),
                    4 => page.emit(UiEvent::Levels { levels: Levels::default() }),
                    5 => page.emit(text(id, &"x".repeat(size * size))),
                    6 => page.emit_at_once(UiEvent::Muted { muted: size % 2 == 0 }),
                    _ => page.emit(text(id, "some words ")),
                }
                prop_assert!(page.subscriber.under_way.len() <= UNDER_WAY);
                prop_assert!(page.subscriber.waiting.len() <= WAITING);
                prop_assert!(page.subscriber.waiting_bytes <= WAITING_BYTES);
                let waiting: usize = page.subscriber.waiting.iter().map(bytes).sum();
                prop_assert_eq!(page.subscriber.waiting_bytes, waiting);
            }
            page.take_all();
            prop_assert_eq!(texts(&page.shown), texts(&page.backend));
            prop_assert_eq!(page.shown.muted, page.backend.muted);
            prop_assert_eq!(page.subscriber.under_way_bytes, 0);
        }
    }
}
