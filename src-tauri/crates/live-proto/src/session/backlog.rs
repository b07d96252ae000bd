//! The ordered queue of client input: what waits to be sent, and what was sent and is not covered yet. Pure.
//!
//! A broken connection loses what the service had not yet made part of a resumable state. So input is kept until a
//! checkpoint covers it (PROTOCOL.md §3.2) or its answer arrived, and is sent again over the next connection. Audio is
//! limited in bytes, the oldest is dropped. Of pictures only the newest waits.

use std::collections::VecDeque;
use std::time::Duration;

use super::limits::{Counters, Limits};

/// 100 ms at 16 kHz: waiting audio is joined into messages of at most this size (PROTOCOL.md §4).
const JOINED_BYTES: usize = 3200;

/// An input other than audio.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum QueuedInput {
    StreamEnd,
    ActivityStart,
    ActivityEnd,
    Text(String),
    Picture(Vec<u8>),
}

/// The next message to send.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Audio, in the caller's buffer.
    Audio,
    Input(QueuedInput),
}

#[derive(Debug)]
struct Entry {
    payload: Payload,
    /// The number of the message that contained it.
    message: u64,
    /// How many times it was sent.
    sent: u8,
}

impl Entry {
    fn new(payload: Payload) -> Self {
        Self { payload, message: 0, sent: 0 }
    }
}

#[derive(Debug)]
enum Payload {
    /// A number of bytes of `Backlog::audio`.
    Audio(usize),
    Input(QueuedInput),
}

#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// The first `sent` entries were sent over the current connection; the rest waits.
    entries: VecDeque<Entry>,
    sent: usize,
    /// The audio of all entries, in order. It grows once and is reused.
    audio: VecDeque<u8>,
    sent_bytes: usize,
    /// Number of waiting entries other than audio.
    waiting_inputs: usize,
    /// Number of the last message that was dropped although nothing covered it.
    forgotten: u64,
    /// Bytes of audio that wait for the second time. They do not count against the limit for new audio.
    again_bytes: usize,
}

impl Backlog {
    /// Adds audio; the oldest that waits is dropped when there is too much.
    pub(super) fn push_audio(&mut self, pcm: &[u8], limits: &Limits, counters: &mut Counters) {
        self.audio.extend(pcm);
        let waits = self.has_waiting();
        match self.entries.back_mut() {
            // Join tiny pieces, so that they can't fill the queue.
            Some(Entry { payload: Payload::Audio(last), .. })
                if waits && *last + pcm.len() <= JOINED_BYTES =>
            {
                *last += pcm.len();
            }
            _ => self.entries.push_back(Entry::new(Payload::Audio(pcm.len()))),
        }
        while self.waiting_bytes() > limits.held_audio_bytes.saturating_add(self.again_bytes) {
            counters.held_audio_dropped += self.drop_oldest_waiting() as u64;
        }
    }

    /// Returns how much more audio may wait before the oldest is dropped.
    pub(super) fn room(&self, limits: &Limits) -> Duration {
        let bytes =
            limits.held_audio_bytes.saturating_add(self.again_bytes).saturating_sub(self.waiting_bytes());
        Duration::from_millis(bytes as u64 / 32)
    }

    /// Adds another input. It is dropped when too many wait; a new picture replaces one that waits.
    pub(super) fn push(&mut self, input: QueuedInput, limits: &Limits, counters: &mut Counters) {
        if matches!(input, QueuedInput::Picture(_)) {
            let is_picture = |entry: &Entry| matches!(entry.payload, Payload::Input(QueuedInput::Picture(_)));
            if let Some(old) = self.entries.iter().skip(self.sent).position(is_picture) {
                self.entries.remove(self.sent + old);
                self.waiting_inputs -= 1;
            }
        }
        if self.waiting_inputs >= limits.held_commands {
            counters.commands_dropped += 1;
            return;
        }
        self.waiting_inputs += 1;
        self.entries.push_back(Entry::new(Payload::Input(input)));
    }

    /// Adds an input before everything that will be sent over the next connection. It counts as sent over this one,
    /// which can't cover it, and `times` over all so far.
    pub(super) fn push_again(&mut self, input: QueuedInput, times: u8) {
        self.entries.push_front(Entry { payload: Payload::Input(input), message: u64::MAX, sent: times });
        self.sent += 1;
    }

    /// Returns whether a question that was sent is not covered yet: a text, or the end of a marked turn.
    pub(super) fn asks(&self) -> bool {
        self.entries.iter().take(self.sent).any(|entry| {
            matches!(entry.payload, Payload::Input(QueuedInput::Text(_) | QueuedInput::ActivityEnd))
        })
    }

    /// Takes the next waiting input and marks it as sent with the number `message`. Audio is put into `pcm`. Of sent
    /// audio, `kept_bytes` are kept.
    pub(super) fn next(
        &mut self,
        message: u64,
        pcm: &mut Vec<u8>,
        kept_bytes: usize,
        limits: &Limits,
    ) -> Option<Next> {
        let Some(entry) = self.entries.get(self.sent) else {
            self.again_bytes = 0;
            return None;
        };
        let next = match &entry.payload {
            Payload::Audio(_) => {
                self.take_audio(message, pcm);
                Next::Audio
            }
            Payload::Input(input) => {
                let input = input.clone();
                self.waiting_inputs -= 1;
                if matches!(input, QueuedInput::Picture(_)) {
                    // A picture would be outdated, so it is not sent again.
                    self.entries.remove(self.sent);
                } else {
                    self.mark_sent(message);
                }
                Next::Input(input)
            }
        };
        while self.sent_bytes > kept_bytes || self.sent > limits.kept_messages {
            self.forgotten = self.entries.front().map_or(self.forgotten, |entry| entry.message);
            self.drop_front();
        }
        Some(next)
    }

    /// Takes as many pieces of audio as fit into one message.
    fn take_audio(&mut self, message: u64, pcm: &mut Vec<u8>) {
        pcm.clear();
        while let Some(Entry { payload: Payload::Audio(bytes), .. }) = self.entries.get(self.sent)
            && (pcm.is_empty() || pcm.len() + bytes <= JOINED_BYTES)
        {
            let (start, end) = (self.sent_bytes, self.sent_bytes + bytes);
            let (first, second) = self.audio.as_slices();
            let split = first.len();
            pcm.extend_from_slice(&first[start.min(split)..end.min(split)]);
            pcm.extend_from_slice(&second[start.saturating_sub(split)..end.saturating_sub(split)]);
            self.sent_bytes = end;
            self.mark_sent(message);
        }
    }

    fn mark_sent(&mut self, message: u64) {
        if let Some(entry) = self.entries.get_mut(self.sent) {
            entry.message = message;
            entry.sent = entry.sent.saturating_add(1);
            self.sent += 1;
        }
    }

    /// Returns how many times the oldest uncovered input was sent.
    pub(super) fn times_sent(&self) -> u8 {
        self.entries.front().map_or(0, |entry| entry.sent)
    }

    /// After a lost connection, drops input that was sent `times` times. A turn that the client marks stays open.
    /// Returns true when a question was dropped: a text, or the end of a marked turn.
    pub(super) fn give_up(&mut self, times: u8) -> bool {
        let (mut is_open, mut asked) = (false, false);
        while self.sent > 0
            && let Some(front) = self.entries.front().filter(|front| front.sent >= times)
        {
            match front.payload {
                Payload::Input(QueuedInput::ActivityStart) => is_open = true,
                Payload::Input(QueuedInput::ActivityEnd) => (is_open, asked) = (false, true),
                Payload::Input(QueuedInput::Text(_)) => asked = true,
                _ => {}
            }
            self.drop_front();
        }
        if is_open {
            self.entries
                .push_front(Entry { sent: 1, ..Entry::new(Payload::Input(QueuedInput::ActivityStart)) });
            self.sent += 1;
        }
        asked
    }

    /// After a lost connection, queues everything that was not covered again.
    pub(super) fn on_connection_lost(&mut self) {
        self.waiting_inputs += self
            .entries
            .iter()
            .take(self.sent)
            .filter(|entry| matches!(entry.payload, Payload::Input(_)))
            .count();
        // What was already sent again after an earlier loss counts as old.
        self.again_bytes = self.again_bytes.max(self.sent_bytes);
        self.sent = 0;
        self.sent_bytes = 0;
    }

    /// Drops what was sent up to `message`: it need not be sent again.
    pub(super) fn covered(&mut self, message: u64) {
        while self.sent > 0 && self.entries.front().is_some_and(|entry| entry.message <= message) {
            self.drop_front();
        }
    }

    /// Number of the last message that was dropped although nothing covered it.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Returns the bytes of audio that wait.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.audio.len() - self.sent_bytes
    }

    /// Returns how many inputs other than audio wait.
    pub(super) fn waiting_inputs(&self) -> usize {
        self.waiting_inputs
    }

    /// Returns whether anything waits.
    pub(super) fn has_waiting(&self) -> bool {
        self.sent < self.entries.len()
    }

    fn drop_front(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.sent -= 1;
            if let Payload::Audio(bytes) = entry.payload {
                self.audio.drain(..bytes);
                self.sent_bytes -= bytes;
            }
        }
    }

    fn drop_oldest_waiting(&mut self) -> usize {
        let waiting = self.entries.iter().enumerate().skip(self.sent);
        let oldest = waiting.filter_map(|(at, entry)| match entry.payload {
            Payload::Audio(bytes) => Some((at, bytes)),
            Payload::Input(_) => None,
        });
        let Some((at, bytes)) = oldest.min_by_key(|(at, _)| *at) else { return 0 };
        self.entries.remove(at);
        self.audio.drain(self.sent_bytes..self.sent_bytes + bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { held_audio_bytes: 6_400, held_commands: 2, kept_messages: 100, ..Limits::default() }
    }

    fn take(backlog: &mut Backlog, message: u64) -> Option<(Next, Vec<u8>)> {
        let mut pcm = Vec::new();
        backlog.next(message, &mut pcm, 3_200, &limits()).map(|next| (next, pcm))
    }

    fn rest(backlog: &mut Backlog) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some((_, pcm)) = take(backlog, 9) {
            all.extend(pcm);
        }
        all
    }

    #[test]
    fn audio_is_sent_in_order_and_again_after_a_loss() {
        let (mut backlog, mut counters) = (Backlog::default(), Counters::default());
        for n in 0..4u8 {
            backlog.push_audio(&[n; 640], &limits(), &mut counters);
            assert_eq!(take(&mut backlog, u64::from(n)), Some((Next::Audio, vec![n; 640])));
        }
        assert_eq!(take(&mut backlog, 4), None);
        backlog.covered(1);
        backlog.on_connection_lost();
        backlog.push_audio(&[4; 640], &limits(), &mut counters);
        let again: Vec<u8> = [2, 3, 4].into_iter().flat_map(|n| [n; 640]).collect();
        assert_eq!(rest(&mut backlog), again, "what was covered does not come again");
        assert_eq!(counters.held_audio_dropped, 0);
    }

    #[test]
    fn waiting_sound_is_joined_to_100_ms() {
        let (mut backlog, mut counters) = (Backlog::default(), Counters::default());
        for n in 0..8u8 {
            backlog.push_audio(&[n; 640], &limits(), &mut counters);
        }
        assert_eq!(take(&mut backlog, 1).map(|(_, pcm)| pcm.len()), Some(3200));
        assert_eq!(take(&mut backlog, 2).map(|(_, pcm)| pcm.len()), Some(3 * 640));
    }

    #[test]
    fn the_oldest_audio_is_dropped_and_counted() {
        let (mut backlog, mut counters) = (Backlog::default(), Counters::default());
        for n in 0..50u8 {
            backlog.push_audio(&[n; 640], &limits(), &mut counters);
        }
        let kept = rest(&mut backlog);
        assert_eq!(kept.len() as u64 + counters.held_audio_dropped, 50 * 640);
        assert!(kept.is_sorted() && kept.last() == Some(&49));
        assert!(kept.len() <= 9_600);
    }

    #[test]
    fn sent_audio_is_kept_up_to_its_limit() {
        let (mut backlog, mut counters) = (Backlog::default(), Counters::default());
        for n in 0..20u8 {
            backlog.push_audio(&[n; 640], &limits(), &mut counters);
            take(&mut backlog, u64::from(n));
        }
        backlog.on_connection_lost();
        assert_eq!(rest(&mut backlog).len(), 3200);
        assert_eq!(counters.held_audio_dropped, 0, "it was sent");
    }

    #[test]
    fn only_the_newest_picture_waits_and_is_sent_once() {
        let (mut backlog, mut counters) = (Backlog::default(), Counters::default());
        for n in 0..3 {
            backlog.push(QueuedInput::Picture(vec![n]), &limits(), &mut counters);
        }
        for text in ["a", "b"] {
            backlog.push(QueuedInput::Text(text.into()), &limits(), &mut counters);
        }
        assert_eq!(counters.commands_dropped, 1);
        assert_eq!(take(&mut backlog, 1), Some((Next::Input(QueuedInput::Picture(vec![2])), vec![])));
        assert_eq!(take(&mut backlog, 2), Some((Next::Input(QueuedInput::Text("a".into())), vec![])));
        backlog.on_connection_lost();
        assert_eq!(take(&mut backlog, 3), Some((Next::Input(QueuedInput::Text("a".into())), vec![])));
        assert_eq!(take(&mut backlog, 4), None);
    }
}
