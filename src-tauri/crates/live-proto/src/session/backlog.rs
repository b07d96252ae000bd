//! What the person said and did, in order: what waits to be sent, and what was sent and is not yet known to be kept. Pure.
//!
//! A connection that breaks takes with it whatever the service had not made part of a resumable state. So everything is
//! kept until a checkpoint covers it (PROTOCOL.md §3.2) or its answer has come, and is sent again over the next connection.
//! Sound is kept up to a number of bytes, the oldest dropped; of pictures only the newest that waits.

use std::collections::VecDeque;
use std::time::Duration;

use super::limits::{Counters, Limits};

/// 100 ms at 16 kHz: the longest message that waiting sound is joined to (PROTOCOL.md §4).
const JOINED_BYTES: usize = 3200;

/// Something said or done that is not sound.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    StreamEnd,
    ActivityStart,
    ActivityEnd,
    Text(String),
    Picture(Vec<u8>),
}

/// What is to be sent next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// The sound in the buffer that was handed in.
    Audio,
    Said(Said),
}

#[derive(Debug)]
struct Entry {
    what: What,
    /// The number of the message that carried it.
    message: u64,
    /// How often it was sent.
    sent: u8,
}

impl Entry {
    fn new(what: What) -> Self {
        Self { what, message: 0, sent: 0 }
    }
}

#[derive(Debug)]
enum What {
    /// So many bytes of the sound.
    Audio(usize),
    Said(Said),
}

#[derive(Debug, Default)]
pub(super) struct Backlog {
    /// The first `sent` of them were sent over the present connection, the rest waits.
    entries: VecDeque<Entry>,
    sent: usize,
    /// All sound of the entries, in order. It grows once and is used again and again.
    audio: VecDeque<u8>,
    sent_bytes: usize,
    /// How many entries that wait are no sound.
    waiting_others: usize,
    /// The last message that was forgotten though nothing covered it.
    forgotten: u64,
    /// Bytes of sound that wait for the second time; they take no room from what is new.
    again_bytes: usize,
}

impl Backlog {
    /// Adds sound.
    pub(super) fn push_audio(&mut self, pcm: &[u8], limits: &Limits, counters: &mut Counters) {
        self.audio.extend(pcm);
        let waits = self.waits();
        match self.entries.back_mut() {
            // Joined here too, so that many tiny pieces can't fill the queue.
            Some(Entry { what: What::Audio(last), .. }) if waits && *last + pcm.len() <= JOINED_BYTES => {
                *last += pcm.len();
            }
            _ => self.entries.push_back(Entry::new(What::Audio(pcm.len()))),
        }
        while self.waiting_bytes() > limits.held_audio_bytes.saturating_add(self.again_bytes) {
            counters.held_audio_dropped += self.drop_oldest_waiting() as u64;
        }
    }

    /// How much more sound may wait before the oldest of it is dropped.
    pub(super) fn room(&self, limits: &Limits) -> Duration {
        let bytes =
            limits.held_audio_bytes.saturating_add(self.again_bytes).saturating_sub(self.waiting_bytes());
        Duration::from_millis(bytes as u64 / 32)
    }

    /// Adds something else; the newest is dropped when too many wait.
    pub(super) fn push(&mut self, said: Said, limits: &Limits, counters: &mut Counters) {
        if matches!(said, Said::Picture(_)) {
            let is_picture = |entry: &Entry| matches!(entry.what, What::Said(Said::Picture(_)));
            if let Some(old) = self.entries.iter().skip(self.sent).position(is_picture) {
                self.entries.remove(self.sent + old);
                self.waiting_others -= 1;
            }
        }
        if self.waiting_others >= limits.held_commands {
            counters.commands_dropped += 1;
            return;
        }
        self.waiting_others += 1;
        self.entries.push_back(Entry::new(What::Said(said)));
    }

    /// The next thing that waits, from now on sent as `message`. Sound is put into `pcm`. Of what was sent, `kept_bytes` of
    /// sound are kept.
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
        let next = match &entry.what {
            What::Audio(_) => {
                self.take_audio(message, pcm);
                Next::Audio
            }
            What::Said(said) => {
                let said = said.clone();
                self.waiting_others -= 1;
                if matches!(said, Said::Picture(_)) {
                    // A picture is of its moment: it is not sent again.
                    self.entries.remove(self.sent);
                } else {
                    self.mark_sent(message);
                }
                Next::Said(said)
            }
        };
        while self.sent_bytes > kept_bytes || self.sent > limits.kept_messages {
            self.forgotten = self.entries.front().map_or(self.forgotten, |entry| entry.message);
            self.drop_front();
        }
        Some(next)
    }

    /// As many pieces of sound as fit into one message.
    fn take_audio(&mut self, message: u64, pcm: &mut Vec<u8>) {
        pcm.clear();
        while let Some(Entry { what: What::Audio(bytes), .. }) = self.entries.get(self.sent)
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

    /// How often the oldest thing was sent that was sent and is not covered.
    pub(super) fn times_sent(&self) -> u8 {
        self.entries.front().map_or(0, |entry| entry.sent)
    }

    /// The connection is gone, and what was sent over it so often need not be sent again. A turn that its speaker marks
    /// stays open. True when something was asked with it, by text or by the end of such a turn.
    pub(super) fn give_up(&mut self, times: u8) -> bool {
        let (mut is_open, mut asked) = (false, false);
        while self.sent > 0
            && let Some(front) = self.entries.front().filter(|front| front.sent >= times)
        {
            match front.what {
                What::Said(Said::ActivityStart) => is_open = true,
                What::Said(Said::ActivityEnd) => (is_open, asked) = (false, true),
                What::Said(Said::Text(_)) => asked = true,
                _ => {}
            }
            self.drop_front();
        }
        if is_open {
            self.entries.push_front(Entry { sent: 1, ..Entry::new(What::Said(Said::ActivityStart)) });
            self.sent += 1;
        }
        asked
    }

    /// The connection is gone: everything that was not covered waits again.
    pub(super) fn lost(&mut self) {
        self.waiting_others +=
            self.entries.iter().take(self.sent).filter(|entry| matches!(entry.what, What::Said(_))).count();
        // Once the rest of an earlier loss was sent again it is new no more.
        self.again_bytes = self.again_bytes.max(self.sent_bytes);
        self.sent = 0;
        self.sent_bytes = 0;
    }

    /// What was sent up to this message need not be sent again.
    pub(super) fn covered(&mut self, message: u64) {
        while self.sent > 0 && self.entries.front().is_some_and(|entry| entry.message <= message) {
            self.drop_front();
        }
    }

    /// The last message that was forgotten though nothing covered it.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Bytes of sound that wait.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.audio.len() - self.sent_bytes
    }

    /// How many things wait that are no sound.
    pub(super) fn waiting_others(&self) -> usize {
        self.waiting_others
    }

    /// Whether anything waits.
    pub(super) fn waits(&self) -> bool {
        self.sent < self.entries.len()
    }

    fn drop_front(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.sent -= 1;
            if let What::Audio(bytes) = entry.what {
                self.audio.drain(..bytes);
                self.sent_bytes -= bytes;
            }
        }
    }

    fn drop_oldest_waiting(&mut self) -> usize {
        let waiting = self.entries.iter().enumerate().skip(self.sent);
        let oldest = waiting.filter_map(|(at, entry)| match entry.what {
            What::Audio(bytes) => Some((at, bytes)),
            What::Said(_) => None,
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
    fn sound_goes_out_in_order_and_again_after_a_loss() {
        let (mut backlog, mut counters) = (Backlog::default(), Counters::default());
        for n in 0..4u8 {
            backlog.push_audio(&[n; 640], &limits(), &mut counters);
            assert_eq!(take(&mut backlog, u64::from(n)), Some((Next::Audio, vec![n; 640])));
        }
        assert_eq!(take(&mut backlog, 4), None);
        backlog.covered(1);
        backlog.lost();
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
    fn the_oldest_sound_gives_way_and_is_counted() {
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
    fn what_was_sent_is_kept_up_to_its_bound() {
        let (mut backlog, mut counters) = (Backlog::default(), Counters::default());
        for n in 0..20u8 {
            backlog.push_audio(&[n; 640], &limits(), &mut counters);
            take(&mut backlog, u64::from(n));
        }
        backlog.lost();
        assert_eq!(rest(&mut backlog).len(), 3200);
        assert_eq!(counters.held_audio_dropped, 0, "it was sent");
    }

    #[test]
    fn one_picture_and_a_few_texts_wait_and_a_picture_goes_once() {
        let (mut backlog, mut counters) = (Backlog::default(), Counters::default());
        for n in 0..3 {
            backlog.push(Said::Picture(vec![n]), &limits(), &mut counters);
        }
        for text in ["a", "b"] {
            backlog.push(Said::Text(text.into()), &limits(), &mut counters);
        }
        assert_eq!(counters.commands_dropped, 1);
        assert_eq!(take(&mut backlog, 1), Some((Next::Said(Said::Picture(vec![2])), vec![])));
        assert_eq!(take(&mut backlog, 2), Some((Next::Said(Said::Text("a".into())), vec![])));
        backlog.lost();
        assert_eq!(take(&mut backlog, 3), Some((Next::Said(Said::Text("a".into())), vec![])));
        assert_eq!(take(&mut backlog, 4), None);
    }
}
