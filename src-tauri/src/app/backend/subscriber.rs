//! Events that wait, merged, until the page asks for more. The page asks again only after it took the last ones, so a
//! page that hangs, is slow or was reloaded makes nothing grow. The events of one frame of the screen go as one answer,
//! because each answer costs the web view about a kilobyte for a while. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::app::state::Changed;
use crate::contract::{ConversationInfo, Snapshot, ToolCall, Turn, UiEnvelope, UiEvent};

/// Answers follow one another no faster; the first after a rest goes at once.
const PACE: Duration = Duration::from_millis(33);
/// Most bytes of one answer. One event is sent in any case.
const ANSWER_BYTES: usize = 256 * 1024;
/// Most events that wait for the page; fragments of a row and levels are joined meanwhile.
const WAITING: usize = 256;
/// Most bytes of them.
const WAITING_BYTES: usize = 1024 * 1024;
/// Most rows that a page is caught up with one by one; more come with a snapshot of everything.
const MISSED_ROWS: usize = 1_000;
/// What an event takes beside its texts.
const EVENT_BYTES: usize = 200;

/// Where the events go that a page asked for.
pub(super) type Asking = oneshot::Sender<Vec<UiEnvelope>>;

/// Whoever shows the events.
pub(super) struct Subscriber {
    /// Which subscription of this process it is.
    number: u32,
    /// The page waits for events.
    asking: Option<Asking>,
    waiting: VecDeque<UiEvent>,
    waiting_bytes: usize,
    /// When the last answer went.
    answered_at: Option<Instant>,
    /// What the page missed after the queue was full. It is caught up when it asks again.
    missed: Option<Missed>,
}

impl Subscriber {
    /// Begins with everything there is.
    pub(super) fn new(number: u32, state: &Snapshot) -> Self {
        let mut subscriber = Self {
            number,
            asking: None,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            answered_at: None,
            missed: None,
        };
        subscriber.put(UiEvent::Snapshot { snapshot: Box::new(state.clone()) });
        subscriber
    }

    /// Which subscription it is.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Takes an event for the page, after `state` took it; `seq` is the number of the last envelope of this process. True when the page
    /// was behind and is caught up.
    pub(super) fn offer(&mut self, event: UiEvent, state: &Snapshot, seq: &mut u64, now: Instant) -> bool {
        match &mut self.missed {
            Some(missed) => missed.note(&event),
            None => self.wait(event),
        }
        self.deliver_if_due(state, seq, now)
    }

    /// The page took all that it got and waits for more; `state` is for one that fell behind. True when it was one.
    pub(super) fn ask(&mut self, asking: Asking, state: &Snapshot, seq: &mut u64, now: Instant) -> bool {
        self.asking = Some(asking);
        self.deliver_if_due(state, seq, now)
    }

    fn deliver_if_due(&mut self, state: &Snapshot, seq: &mut u64, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now) && self.deliver(state, seq, now)
    }

    /// When [`deliver`](Self::deliver) is to be called; `None` while nothing waits or the page asks for nothing.
    pub(super) fn due(&self) -> Option<Instant> {
        let is_due = self.asking.is_some() && (self.missed.is_some() || !self.waiting.is_empty());
        is_due.then(|| self.answered_at.map_or_else(Instant::now, |answered_at| answered_at + PACE))
    }

    /// Answers the page with what waits, or catches it up. True when it was behind.
    pub(super) fn deliver(&mut self, state: &Snapshot, seq: &mut u64, now: Instant) -> bool {
        let Some(asking) = self.asking.take() else { return false };
        let missed = self.missed.take();
        let was_behind = missed.is_some();
        if let Some(missed) = missed {
            self.put(missed.caught_up(state));
        }
        let (mut batch, mut batch_bytes) = (Vec::new(), 0);
        while let Some(event) = self.waiting.front() {
            let size = bytes(event);
            if !batch.is_empty() && batch_bytes + size > ANSWER_BYTES {
                break;
            }
            batch_bytes += size;
            self.waiting_bytes = self.waiting_bytes.saturating_sub(size);
            *seq += 1;
            batch.extend(self.waiting.pop_front().map(|event| UiEnvelope { seq: *seq, event }));
        }
        self.answered_at = Some(now);
        if asking.send(batch).is_err() {
            // The page that asked is gone. Should it come back, it knows nothing.
            self.missed = Some(Missed { all: true, ..Missed::default() });
            (self.waiting, self.waiting_bytes) = (VecDeque::new(), 0);
        }
        was_behind
    }

    /// However large it is: nothing else waits.
    fn put(&mut self, event: UiEvent) {
        self.waiting_bytes += bytes(&event);
        self.waiting.push_back(event);
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
                let same = |waiting: &UiEvent| matches!(waiting, UiEvent::Tool { call: old } if old.number == call.number);
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
            UiEvent::Tool { call } => _ = self.changed.calls.insert(call.number),
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
        | UiEvent::TurnLanguage { id, .. }
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
            let args = notice.text.args.iter().map(|(name, value)| name.len() + value.len());
            args.sum::<usize>() + notice.detail.as_ref().map_or(0, String::len)
        }
        UiEvent::LocalModels { local_models } => {
            let models = local_models.servers.iter().flat_map(|server| &server.models);
            models.map(|model| EVENT_BYTES + model.id.len()).sum()
        }
        UiEvent::Toolbox { toolbox } => {
            let tools =
                toolbox.tools.iter().map(|tool| EVENT_BYTES + tool.name.len() + tool.description.len());
            tools.chain(toolbox.notes.iter().map(|note| EVENT_BYTES + note.text.len())).sum()
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
    use proptest::prelude::*;

    use super::*;
    use crate::contract::{Levels, Phase, Speaker};

    /// A page: asks when it likes.
    struct Page {
        answer: Option<oneshot::Receiver<Vec<UiEnvelope>>>,
        shown: Snapshot,
        backend: Snapshot,
        subscriber: Subscriber,
        seq: u64,
        last: u64,
        now: Instant,
    }

    impl Page {
        fn new() -> Self {
            let (shown, backend) = (Snapshot::default(), Snapshot::default());
            let subscriber = Subscriber::new(1, &backend);
            let now = Instant::now();
            let mut page = Self { answer: None, shown, backend, subscriber, seq: 0, last: 0, now };
            page.take_all();
            page
        }

        fn emit(&mut self, event: UiEvent) {
            self.now += PACE;
            self.emit_at_once(event);
        }

        fn emit_at_once(&mut self, event: UiEvent) {
            self.backend.apply(&event);
            self.subscriber.offer(event, &self.backend, &mut self.seq, self.now);
        }

        fn ask(&mut self) {
            let (asking, answer) = oneshot::channel();
            self.answer = Some(answer);
            self.subscriber.ask(asking, &self.backend, &mut self.seq, self.now);
        }

        /// The events of the answer, when there is one.
        fn answer(&mut self) -> Vec<UiEvent> {
            let Some(Ok(batch)) = self.answer.as_mut().map(oneshot::Receiver::try_recv) else {
                return Vec::new();
            };
            self.answer = None;
            let took = |envelope: UiEnvelope| {
                assert_eq!(envelope.seq, self.last + 1, "no number is left out");
                self.last = envelope.seq;
                self.shown.apply(&envelope.event);
                envelope.event
            };
            batch.into_iter().map(took).collect()
        }

        /// Asks, and takes until nothing more comes.
        fn take_all(&mut self) {
            loop {
                if self.answer.is_none() {
                    self.ask();
                }
                self.now += PACE;
                self.subscriber.deliver_if_due(&self.backend, &mut self.seq, self.now);
                if self.answer().is_empty() {
                    return;
                }
            }
        }
    }

    impl Subscriber {
        fn is_behind(&self) -> bool {
            self.missed.is_some()
        }
    }

    fn started(id: u32) -> UiEvent {
        UiEvent::TurnStarted { turn: Turn::new(id, Speaker::Gemini, "", 1) }
    }

    fn text(id: u32, delta: &str) -> UiEvent {
        UiEvent::TurnText { id, delta: delta.into() }
    }

    fn texts(state: &Snapshot) -> Vec<(u32, String, bool)> {
        state.turns.iter().map(|turn| (turn.id, turn.text.clone(), turn.ended)).collect()
    }

    #[test]
    fn a_page_that_hangs_is_kept_little_for_and_then_caught_up() {
        let mut page = Page::new();
        for id in 0..50_000 {
            page.emit(started(id));
            page.emit(text(id, "words"));
        }
        // It had asked before it hung.
        assert_eq!(page.answer().len(), 1);
        assert!(page.subscriber.waiting.is_empty() && page.subscriber.is_behind());
        page.ask();
        assert_eq!(page.answer().len(), 1, "a snapshot and nothing of what waited");
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
        page.answer();
        assert!(page.subscriber.is_behind());
        page.ask();
        let answer = page.answer();
        let [UiEvent::CaughtUp { snapshot }] = answer.as_slice() else { panic!("{}", answer.len()) };
        assert!(snapshot.turns.len() <= 301, "{} rows", snapshot.turns.len());
        assert_eq!(texts(&page.shown), texts(&page.backend));
    }

    #[test]
    fn a_page_that_missed_the_next_start_is_sent_everything() {
        let mut page = Page::new();
        page.emit(started(1));
        page.take_all();
        let info = ConversationInfo::of_test();
        page.emit(UiEvent::Conversation { conversation: Some(info) });
        for id in 1..400 {
            page.emit(started(id));
        }
        page.take_all();
        assert_eq!(texts(&page.shown), texts(&page.backend));
        assert_eq!(page.shown.turns.len(), 399);
    }

    #[test]
    fn turns_of_240_kb_each_are_not_sent_all_at_once() {
        let mut page = Page::new();
        for id in 0..1_000 {
            page.emit(started(id));
            page.emit(text(id, &"a".repeat(240_000)));
            assert!(page.subscriber.waiting_bytes <= WAITING_BYTES);
        }
    }

    #[test]
    fn what_comes_within_a_frame_goes_as_one_answer_joined() {
        let mut page = Page::new();
        page.emit(started(1));
        assert_eq!(page.answer().len(), 1, "at once");
        page.ask();
        for _ in 0..10 {
            page.emit_at_once(text(1, "word "));
        }
        page.emit_at_once(UiEvent::Phase { phase: Phase::Speaking });
        assert!(page.answer().is_empty());
        assert_eq!(page.subscriber.due(), Some(page.now + PACE));
        page.subscriber.deliver(&page.backend, &mut page.seq, page.now + PACE);
        assert_eq!(page.answer().len(), 2);
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
        page.answer();
        page.take_all();
        assert_eq!(page.shown.turns.last().map(|turn| turn.text.len()), Some(1_000));
    }

    #[test]
    fn a_fragment_is_not_joined_across_what_changed_its_row() {
        let mut page = Page::new();
        page.emit(started(1));
        page.answer();
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
    fn a_page_that_waits_is_caught_up_after_a_burst() {
        let mut page = Page::new();
        page.emit(started(0));
        page.answer();
        page.ask();
        for id in 1..400 {
            page.emit_at_once(started(id));
        }
        assert!(page.subscriber.is_behind() && page.subscriber.due() == Some(page.now + PACE));
        page.subscriber.deliver(&page.backend, &mut page.seq, page.now + PACE);
        page.answer();
        assert_eq!(texts(&page.shown), texts(&page.backend));
    }

    #[test]
    fn an_answer_that_nobody_takes_is_made_up_for() {
        let mut page = Page::new();
        page.answer = None;
        page.emit(started(1));
        assert!(page.subscriber.is_behind(), "what was in it is lost");
        page.last = page.seq;
        page.take_all();
        assert_eq!(texts(&page.shown), texts(&page.backend));
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
                    0 => {
                        page.answer();
                        if page.answer.is_none() {
                            page.ask();
                        }
                    }
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
                prop_assert!(page.subscriber.waiting.len() <= WAITING);
                prop_assert!(page.subscriber.waiting_bytes <= WAITING_BYTES);
                let waiting: usize = page.subscriber.waiting.iter().map(bytes).sum();
                prop_assert_eq!(page.subscriber.waiting_bytes, waiting);
            }
            page.answer();
            page.take_all();
            prop_assert_eq!(texts(&page.shown), texts(&page.backend));
            prop_assert_eq!(page.shown.muted, page.backend.muted);
        }
    }
}
