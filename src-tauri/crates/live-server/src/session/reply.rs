//! A reply on its way: what the agent says, cut into messages, and when each is due. Pure; the time is handed in.

use std::time::Duration;

use tokio::time::Instant;

use crate::agent::{Agent, Call, OUTPUT_RATE, Speech, Step};

/// What a reply has to send now.
#[derive(Debug, PartialEq)]
pub(super) enum Due {
    /// Sound, and the transcript of what begins in it.
    Chunk(Speech),
    /// What the agent thinks.
    Thought(String),
    /// Calls to be made.
    Calls(Vec<Call>),
    /// The turn is over, and nothing is said to have been generated.
    Nothing,
    /// Everything is generated; the client is still playing.
    Generated,
    /// The client has played everything, if it plays in real time.
    Played,
}

/// A reply being sent.
pub(super) struct Reply {
    chunk: usize,
    /// Between two messages.
    pause: Duration,
    next: Instant,
    /// Whether the agent has to give more before anything can be done.
    waits: bool,
    /// When it wants to be asked again in any case.
    wakes_at: Option<Instant>,
    /// When the client began to play, if it has never run dry since.
    playing_since: Instant,
    /// What the agent gave and was not sent yet.
    pending: Speech,
    /// What the agent does when that is sent.
    then: Option<Step>,
    samples: u64,
    generated: bool,
    said: String,
}

impl Reply {
    /// A reply that begins now, in messages of `chunk` samples, `pause` apart.
    pub(super) fn new(chunk: usize, pause: Duration, now: Instant) -> Self {
        Self {
            chunk,
            pause,
            next: now,
            waits: false,
            wakes_at: None,
            playing_since: now,
            pending: Speech::default(),
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
        self.waits = !self.fill(agent, now);
        if !self.is_empty() {
            return Some(Due::Chunk(self.cut(now)));
        }
        Some(match self.then.take()? {
            Step::Think(thought) => Due::Thought(thought),
            Step::Call(calls) => Due::Calls(calls),
            Step::Nothing => Due::Nothing,
            Step::Done => {
                self.generated = true;
                self.next = self.playing_since + Duration::from_millis(self.sent_ms());
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
            Step::Wait | Step::WaitUntil(_) => {}
            step @ (Step::Think(_) | Step::Done) => self.then = Some(step),
        }
        None
    }

    /// Takes steps until a message is full, or something else is to be done first. Returns whether that is so; otherwise the
    /// agent is slower than what it says.
    fn fill(&mut self, agent: &mut dyn Agent, now: Instant) -> bool {
        self.wakes_at = None;
        while self.pending.pcm.len() < self.chunk && self.then.is_none() {
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

    fn take(&mut self, Speech { pcm, text }: Speech) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let begun = !self.said.is_empty() || self.pending.text.is_some();
            let all = self.pending.text.get_or_insert_default();
            if begun && !text.starts_with(' ') {
                all.push(' ');
            }
            all.push_str(&text);
        }
        self.pending.pcm.extend(pcm);
    }

    fn is_empty(&self) -> bool {
        self.pending.pcm.is_empty() && self.pending.text.is_none()
    }

    /// The next message, and when the one after it is due.
    fn cut(&mut self, now: Instant) -> Speech {
        let rest = self.pending.pcm.split_off(self.chunk.min(self.pending.pcm.len()));
        let pcm = std::mem::replace(&mut self.pending.pcm, rest);
        let text = self.pending.text.take();
        let played = Duration::from_millis(self.sent_ms());
        self.playing_since = self.playing_since.max(now.checked_sub(played).unwrap_or(now));
        self.samples += pcm.len() as u64;
        self.said.extend(text.as_deref());
        // From the plan and not from `now`, so that a late wake-up does not slow the whole reply. But never a burst.
        self.next = (self.next + self.pause).max(now);
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

    /// Audio sent so far, in ms.
    pub(super) fn sent_ms(&self) -> u64 {
        self.samples * 1000 / u64::from(OUTPUT_RATE)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

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
        let mut reply = Reply::new(4_800, Duration::from_millis(50), start);
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
    fn texts_are_joined_by_a_space() {
        let now = Instant::now();
        let mut agent = agent([say("One", 10), say("two", 10), say(" three", 4_800), say("four", 10)]);
        let mut reply = Reply::new(4_800, Duration::ZERO, now);
        while reply.poll(&mut agent, now) != Some(Due::Generated) {}
        assert_eq!(reply.said(), "One two three four");
    }

    #[test]
    fn what_was_said_is_sent_before_anything_else_is_done() {
        let now = Instant::now();
        let calls =
            || Step::Call(vec![Call { name: "f".into(), args: serde_json::Map::new(), note: ().into() }]);
        let mut agent = agent([say("Wait.", 10), calls(), Step::Wait, Step::Nothing]);
        let mut reply = Reply::new(4_800, Duration::ZERO, now);
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
        let mut reply = Reply::new(4_800, Duration::ZERO, now);
        assert!(matches!(reply.at_once(&mut agent, now), Some(Due::Calls(_))));
        assert_eq!(reply.at_once(&mut agent, now), None);
        assert_eq!(reply.at_once(&mut agent, now), None, "the first word is not sent yet");
        assert!(matches!(reply.poll(&mut agent, now), Some(Due::Chunk(_))));
        assert!(matches!(reply.poll(&mut agent, now), Some(Due::Calls(_))));
    }

    #[test]
    fn a_reply_of_nothing_is_over_at_once() {
        let now = Instant::now();
        let mut reply = Reply::new(4_800, Duration::from_millis(50), now);
        assert_eq!(reply.poll(&mut agent([]), now), Some(Due::Generated));
        assert_eq!(reply.poll(&mut agent([]), now), Some(Due::Played));
    }
}
