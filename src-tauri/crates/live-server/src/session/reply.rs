//! A reply on its way: what the agent says, cut into messages, and when each is due. Pure; the time is handed in.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::agent::{Agent, Call, OUTPUT_RATE, Speech, Step};
use crate::faults::Fault;

/// Texts that wait to be sent before their sound; the agent is not asked for more while there are so many.
const WORDS: usize = 64;
/// Written words are sent in pieces of so many characters, after the first word.
const PIECE: usize = 80;

/// How a reply is cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    /// Samples in a message.
    pub(super) chunk: usize,
    /// Between two messages.
    pub(super) pause: Duration,
    pub(super) words: WordOrder,
    /// Whether a reply is over only when the client has played it.
    pub(super) waits_for_playback: bool,
}

/// Where the words of a reply are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum WordOrder {
    /// With the sound that they begin in.
    Together,
    /// Before their sound, and so many samples ahead of it. Each text is sent by itself.
    Before(usize),
    /// There is no sound.
    Alone,
}

/// What a reply has to send now.
#[derive(Debug, PartialEq)]
pub(super) enum Due {
    /// Sound, and the transcript of what begins in it.
    Chunk(Speech),
    /// Words whose sound comes later, or never.
    Words(String),
    /// No words follow in what is being said.
    WordsDone,
    /// What the agent thinks.
    Thought(String),
    /// Calls to be made.
    Calls(Vec<Call>),
    /// A fault to be made.
    Fault(Fault),
    /// The turn is over, and nothing is said to have been generated.
    Nothing,
    /// Everything is generated; the client is still playing.
    Generated,
    /// The client has played everything, if it plays in real time.
    Played,
}

/// A reply being sent.
pub(super) struct Reply {
    cut: Cut,
    next: Instant,
    /// Whether the agent has to give more before anything can be done.
    waits: bool,
    /// When it wants to be asked again in any case.
    wakes_at: Option<Instant>,
    /// When the client began to play, if it has never run dry since.
    playing_since: Instant,
    /// What the agent gave and was not sent yet.
    pending: Speech,
    /// Of that, the words that are sent by themselves.
    words: VecDeque<String>,
    /// Whether any words were given.
    begun: bool,
    /// What the agent does when that is sent.
    then: Option<Step>,
    samples: u64,
    generated: bool,
    said: String,
}

impl Reply {
    /// A reply that begins now.
    pub(super) fn new(cut: Cut, now: Instant) -> Self {
        Self {
            cut,
            next: now,
            waits: false,
            wakes_at: None,
            playing_since: now,
            pending: Speech::default(),
            words: VecDeque::new(),
            begun: false,
            then: None,
            samples: 0,
            generated: false,
            said: String::new(),
        }
    }

    /// When there is something to do; `None`: when the session is woken.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.waits { self.wakes_at } else { Some(self.next) }
    }

    /// Whether the next thing to do makes a large message.
    pub(super) fn is_generating(&self) -> bool {
        !self.generated
    }

    /// What is due at `now`, one thing at a time.
    pub(super) fn poll(&mut self, agent: &mut dyn Agent, now: Instant) -> Option<Due> {
        if now < self.next {
            return None;
        }
        if self.generated {
            return Some(Due::Played);
        }
        if self.words.is_empty() {
            self.waits = !self.fill(agent, now);
        }
        if let Some(words) = self.words.pop_front() {
            self.said.push_str(&words);
            return Some(Due::Words(words));
        }
        if !self.is_empty() {
            return Some(Due::Chunk(self.cut_next(now)));
        }
        Some(match self.then.take()? {
            Step::Think(thought) => Due::Thought(thought),
            Step::Call(calls) => Due::Calls(calls),
            Step::WordsDone => Due::WordsDone,
            Step::Nothing => Due::Nothing,
            Step::Fault(fault) => Due::Fault(fault),
            Step::Done => {
                self.generated = true;
                if self.cut.waits_for_playback {
                    self.next = self.playing_since + Duration::from_millis(self.sent_ms());
                }
                Due::Generated
            }
            Step::Say(_) | Step::Wait | Step::WaitUntil(_) => return None,
        })
    }

    /// What the agent does before it says anything, and what therefore need not wait until something is due.
    pub(super) fn at_once(&mut self, agent: &mut dyn Agent, now: Instant) -> Option<Due> {
        if !self.is_empty() || self.then.is_some() || self.generated {
            return None;
        }
        match agent.next_step(now) {
            Step::Say(speech) => self.take(speech),
            Step::Call(calls) => return Some(Due::Calls(calls)),
            Step::Nothing => return Some(Due::Nothing),
            Step::Think(thought) => return Some(Due::Thought(thought)),
            Step::Fault(fault) => return Some(Due::Fault(fault)),
            Step::Wait | Step::WaitUntil(_) => {}
            step @ (Step::WordsDone | Step::Done) => self.then = Some(step),
        }
        None
    }

    /// Takes steps until a message is full, or something else is to be done first. Returns whether that is so; otherwise the
    /// agent is slower than what it says.
    fn fill(&mut self, agent: &mut dyn Agent, now: Instant) -> bool {
        self.wakes_at = None;
        while !self.is_full() && self.then.is_none() {
            match agent.next_step(now) {
                Step::Say(speech) => self.take(speech),
                Step::Wait => return !self.is_empty(),
                Step::WaitUntil(at) => {
                    self.wakes_at = Some(at);
                    return !self.is_empty();
                }
                step => self.then = Some(step),
            }
        }
        true
    }

    fn is_full(&self) -> bool {
        let samples = self.pending.pcm.len();
        match self.cut.words {
            WordOrder::Together => samples >= self.cut.chunk,
            WordOrder::Before(lead) => samples >= self.cut.chunk + lead || self.words.len() >= WORDS,
            WordOrder::Alone => !self.words.is_empty(),
        }
    }

    fn take(&mut self, Speech { pcm, text }: Speech) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let space =
                if std::mem::replace(&mut self.begun, true) && !text.starts_with(' ') { " " } else { "" };
            match self.cut.words {
                WordOrder::Together => {
                    let all = self.pending.text.get_or_insert_default();
                    all.push_str(space);
                    all.push_str(&text);
                }
                WordOrder::Before(_) => self.words.push_back(format!("{space}{text}")),
                WordOrder::Alone => {
                    self.words.extend(pieces(&format!("{space}{text}"), self.said.is_empty()));
                }
            }
        }
        if self.cut.words != WordOrder::Alone {
            self.pending.pcm.extend(pcm);
        }
    }

    fn is_empty(&self) -> bool {
        self.pending.pcm.is_empty() && self.pending.text.is_none() && self.words.is_empty()
    }

    /// The next message, and when the one after it is due.
    fn cut_next(&mut self, now: Instant) -> Speech {
        let rest = self.pending.pcm.split_off(self.cut.chunk.min(self.pending.pcm.len()));
        let pcm = std::mem::replace(&mut self.pending.pcm, rest);
        let text = self.pending.text.take();
        let played = Duration::from_millis(self.sent_ms());
        self.playing_since = self.playing_since.max(now.checked_sub(played).unwrap_or(now));
        self.samples += pcm.len() as u64;
        self.said.extend(text.as_deref());
        // From the plan and not from `now`, so that a late wake-up does not slow the whole reply. But never a burst.
        self.next = (self.next + self.cut.pause).max(now);
        Speech { pcm, text }
    }

    /// The agent's calls were made, or are answered: it says more.
    pub(super) fn go_on(&mut self, now: Instant) {
        self.waits = false;
        self.wakes_at = None;
        self.next = self.next.max(now);
    }

    /// The transcript of what was sent so far.
    pub(super) fn said(&self) -> &str {
        &self.said
    }

    /// How much of it a client can have played: what was sent, and no more than the time since then allows.
    pub(super) fn heard(&self, now: Instant) -> Duration {
        let since = if self.samples == 0 {
            Duration::ZERO
        } else {
            now.saturating_duration_since(self.playing_since)
        };
        since.min(Duration::from_millis(self.sent_ms()))
    }

    /// Audio sent so far, in ms.
    pub(super) fn sent_ms(&self) -> u64 {
        self.samples * 1000 / u64::from(OUTPUT_RATE)
    }
}

/// A text as a model writes it: its first word when `first`, then pieces that end where words end.
fn pieces(text: &str, first: bool) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in text.split_inclusive(' ') {
        let alone = first && all.len() == 1;
        match all.last_mut().filter(|last| !alone && last.len() + word.len() <= PIECE) {
            Some(last) => last.push_str(word),
            None => all.push(word.to_owned()),
        }
    }
    // The space belongs to what follows.
    for at in (1..all.len()).rev() {
        if all[at - 1].ends_with(' ') {
            all[at - 1].pop();
            all[at].insert(0, ' ');
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{AgentState, Event, Prompt};

    /// Takes its steps from a list.
    struct Listed(VecDeque<Step>);

    impl Agent for Listed {
        fn on_event(&mut self, _: Event<'_>, _: Instant) {}
        fn answer(&mut self, _: Prompt, _: Instant) {}

        fn next_step(&mut self, _: Instant) -> Step {
            self.0.pop_front().unwrap_or(Step::Done)
        }

        fn save(&self) -> AgentState {
            AgentState::new(())
        }
    }

    /// Messages of 200 ms.
    fn cut(pause: u64) -> Cut {
        let pause = Duration::from_millis(pause);
        Cut { chunk: 4_800, pause, words: WordOrder::Together, waits_for_playback: true }
    }

    /// The whole reply, the time between its messages left out.
    fn all_of(mut agent: Listed, cut: Cut) -> Vec<Due> {
        let mut now = Instant::now();
        let mut reply = Reply::new(cut, now);
        let mut all = Vec::new();
        while all.last() != Some(&Due::Generated) {
            now = reply.due().expect("this agent never waits");
            all.extend(reply.poll(&mut agent, now));
        }
        all
    }

    fn say(text: &str, samples: usize) -> Step {
        Step::Say(Speech { pcm: vec![1; samples], text: Some(text.to_owned()) })
    }

    fn agent(steps: impl IntoIterator<Item = Step>) -> Listed {
        Listed(steps.into_iter().collect())
    }

    #[tokio::test(start_paused = true)]
    async fn a_reply_comes_in_even_messages_and_ends_when_it_was_heard() {
        let start = Instant::now();
        let words = ["One", " two", " three", " four", " five."];
        let mut agent = agent(words.map(|word| say(word, 11_111)));
        let mut reply = Reply::new(cut(50), start);
        let (mut samples, mut said, mut ends) = (0, String::new(), Vec::new());
        loop {
            let now = reply.due().expect("this agent never waits");
            match reply.poll(&mut agent, now) {
                Some(Due::Chunk(chunk)) => {
                    assert!(chunk.pcm.len() <= 4_800);
                    samples += chunk.pcm.len();
                    said.extend(chunk.text);
                }
                Some(Due::Generated) => ends.push(now - start),
                Some(Due::Played) => break ends.push(now - start),
                other => panic!("{other:?} at the due time"),
            }
            assert_eq!(reply.poll(&mut agent, now - Duration::from_nanos(1)), None);
        }
        assert_eq!(said, words.concat());
        let seconds = Duration::from_millis(samples as u64 / 24);
        assert_eq!(ends[1], seconds);
        assert!(ends[0] < seconds / 3 && ends[0] >= seconds / 5, "{:?} of {seconds:?}", ends[0]);
    }

    #[test]
    fn heard_is_what_was_sent_as_far_as_the_time_allows() {
        let start = Instant::now();
        let mut agent = agent([say("One", 9_600), say(" two", 9_600)]);
        let mut reply = Reply::new(cut(50), start);
        assert_eq!(reply.heard(start + Duration::from_secs(1)), Duration::ZERO, "nothing was sent");
        // Two messages of 200 ms, 50 ms apart.
        for _ in 0..2 {
            let now = reply.due().expect("this agent never waits");
            assert!(matches!(reply.poll(&mut agent, now), Some(Due::Chunk(_))));
        }
        let heard = |ms| reply.heard(start + Duration::from_millis(ms)).as_millis();
        assert_eq!([heard(0), heard(100), heard(1_000)], [0, 100, 400]);
    }

    #[test]
    fn texts_are_joined_by_a_space() {
        let now = Instant::now();
        let mut agent = agent([say("One", 10), say("two", 10), say(" three", 4_800), say("four", 10)]);
        let mut reply = Reply::new(cut(0), now);
        while reply.poll(&mut agent, now) != Some(Due::Generated) {}
        assert_eq!(reply.said(), "One two three four");
    }

    #[test]
    fn what_was_said_is_sent_before_anything_else_is_done() {
        let now = Instant::now();
        let calls =
            || Step::Call(vec![Call { name: "f".into(), args: serde_json::Map::new(), note: ().into() }]);
        let mut agent = agent([say("Wait.", 10), calls(), Step::Wait, Step::Nothing]);
        let mut reply = Reply::new(cut(0), now);
        assert!(matches!(reply.poll(&mut agent, now), Some(Due::Chunk(chunk)) if chunk.pcm.len() == 10));
        assert!(matches!(reply.poll(&mut agent, now), Some(Due::Calls(_))));
        reply.go_on(now);
        assert_eq!((reply.poll(&mut agent, now), reply.due()), (None, None));
        assert_eq!(reply.poll(&mut agent, now), Some(Due::Nothing));
    }

    #[test]
    fn calls_before_any_word_are_made_at_once() {
        let now = Instant::now();
        let calls =
            || Step::Call(vec![Call { name: "f".into(), args: serde_json::Map::new(), note: ().into() }]);
        let mut agent = agent([calls(), say("Well.", 10), calls()]);
        let mut reply = Reply::new(cut(0), now);
        assert!(matches!(reply.at_once(&mut agent, now), Some(Due::Calls(_))));
        assert_eq!(reply.at_once(&mut agent, now), None);
        assert_eq!(reply.at_once(&mut agent, now), None, "the first word is not sent yet");
        assert!(matches!(reply.poll(&mut agent, now), Some(Due::Chunk(_))));
        assert!(matches!(reply.poll(&mut agent, now), Some(Due::Calls(_))));
    }

    #[test]
    fn a_reply_of_nothing_is_over_at_once() {
        let now = Instant::now();
        let mut reply = Reply::new(cut(50), now);
        assert_eq!(reply.poll(&mut agent([]), now), Some(Due::Generated));
        assert_eq!(reply.poll(&mut agent([]), now), Some(Due::Played));
    }

    #[test]
    fn words_come_before_their_sound_and_a_little_ahead() {
        let words = ["One", " two", " three", " four"].map(|word| say(word, 4_800));
        let cut = Cut { words: WordOrder::Before(4_800), ..cut(0) };
        let order: String = all_of(agent(words), cut)
            .iter()
            .map(|due| match due {
                Due::Words(_) => 'w',
                Due::Chunk(chunk) if chunk.text.is_none() => 's',
                Due::Generated => '.',
                _ => '?',
            })
            .collect();
        assert_eq!(order, "wwswswss.");
    }

    #[test]
    fn written_replies_have_no_sound_and_end_at_once() {
        let start = Instant::now();
        let cut = Cut { words: WordOrder::Alone, ..cut(50) };
        let all = all_of(agent([say("Yes, I hear you.", 48_000), say("And you?", 10)]), cut);
        let words = ["Yes,", " I hear you.", " And you?"].map(|text| Due::Words(text.to_owned()));
        assert_eq!(all[..3], words);
        let mut reply = Reply::new(cut, start);
        let mut agent = agent([say("Yes.", 48_000)]);
        assert_eq!(reply.poll(&mut agent, start), Some(Due::Words("Yes.".to_owned())));
        assert_eq!(reply.poll(&mut agent, start), Some(Due::Generated));
        assert_eq!(reply.poll(&mut agent, start), Some(Due::Played));
    }

    #[test]
    fn a_reply_is_over_when_it_was_sent_if_so_configured() {
        let now = Instant::now();
        let mut reply = Reply::new(Cut { waits_for_playback: false, ..cut(0) }, now);
        let mut agent = agent([say("One", 48_000)]);
        while reply.poll(&mut agent, now) != Some(Due::Generated) {}
        assert_eq!(reply.poll(&mut agent, now), Some(Due::Played));
    }

    #[test]
    fn an_agent_that_only_writes_fills_no_queue() {
        let now = Instant::now();
        let cut = Cut { words: WordOrder::Before(0), ..cut(0) };
        let mut reply = Reply::new(cut, now);
        let mut agent = agent((0..1_000).map(|_| say("more", 0)));
        assert!(matches!(reply.poll(&mut agent, now), Some(Due::Words(_))));
        assert_eq!((agent.0.len(), reply.words.len()), (1_000 - WORDS, WORDS - 1));
    }
}
