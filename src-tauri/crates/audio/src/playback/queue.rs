//! The queue of replies: parts of any size and rate, in order, limited in bytes.

use std::collections::VecDeque;

use dsp::pcm;

/// The capacity: ten minutes at 24 kHz. The service answers much faster than real time.
pub const PLAYBACK_CAPACITY_BYTES: usize = 10 * 60 * 24_000 * 2;

/// The queue has no space for a part of a reply; nothing of it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the playback queue is full: {queued} of {capacity} bytes")]
pub struct PlaybackFull {
    /// Bytes in the queue.
    pub queued: usize,
    /// Bytes it holds at most.
    pub capacity: usize,
}

/// What the queue gives next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Samples of this reply at this rate.
    Samples { generation: u32, rate: u32 },
    /// The reply is complete.
    End { generation: u32 },
    /// The queue is empty.
    Nothing,
}

#[derive(Debug)]
enum Item {
    Burst { generation: u32, rate: u32, pcm: Vec<u8>, at: usize },
    End { generation: u32 },
}

/// The queued replies, the oldest first.
#[derive(Debug)]
pub(crate) struct PlaybackQueue {
    items: VecDeque<Item>,
    capacity: usize,
    bytes: usize,
    /// The reply that the newest part belongs to, while it is open.
    open: Option<u32>,
    /// The first half of a sample that was split between two parts.
    half: Option<u8>,
}

impl PlaybackQueue {
    /// Creates a queue of at most `capacity` bytes.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { items: VecDeque::new(), capacity, bytes: 0, open: None, half: None }
    }

    /// Queues a part: signed 16-bit little-endian mono. A new generation ends the reply before it.
    ///
    /// # Errors
    /// [`PlaybackFull`] if it does not fit.
    pub(crate) fn push(&mut self, pcm: &[u8], rate: u32, generation: u32) -> Result<(), PlaybackFull> {
        if self.bytes + pcm.len() > self.capacity {
            return Err(PlaybackFull { queued: self.bytes, capacity: self.capacity });
        }
        if self.open.is_some_and(|open| open != generation) {
            self.close();
        }
        self.open = Some(generation);
        let mut whole = Vec::with_capacity(pcm.len() + 1);
        whole.extend(self.half.take());
        whole.extend_from_slice(pcm);
        if whole.len() % 2 == 1 {
            self.half = whole.pop();
        }
        if !whole.is_empty() {
            self.bytes += whole.len();
            self.items.push_back(Item::Burst { generation, rate, pcm: whole, at: 0 });
        }
        Ok(())
    }

    /// Ends the reply `generation`.
    pub(crate) fn end(&mut self, generation: u32) {
        if self.open == Some(generation) {
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(generation) = self.open.take() {
            self.half = None;
            self.items.push_back(Item::End { generation });
        }
    }

    /// Takes about 10 ms, within one part, into `samples` (cleared first).
    pub(crate) fn next(&mut self, samples: &mut Vec<f32>) -> Next {
        samples.clear();
        let Some(front) = self.items.front_mut() else { return Next::Nothing };
        let Item::Burst { generation, rate, pcm, at } = front else {
            let Some(Item::End { generation }) = self.items.pop_front() else { return Next::Nothing };
            return Next::End { generation };
        };
        let upto = pcm.len().min(*at + (*rate as usize / 100).max(1) * 2);
        samples.extend(pcm::samples(&pcm[*at..upto]).map(pcm::to_f32));
        self.bytes -= upto - *at;
        *at = upto;
        let next = Next::Samples { generation: *generation, rate: *rate };
        if upto == pcm.len() {
            self.items.pop_front();
        }
        next
    }

    /// Returns the reply in front; `None` if the queue is empty or an end is in front.
    pub(crate) fn front(&self) -> Option<u32> {
        match self.items.front() {
            Some(Item::Burst { generation, .. }) => Some(*generation),
            Some(Item::End { .. }) | None => None,
        }
    }

    /// Returns true if the reply in front is complete or at least `ms` of it wait.
    pub(crate) fn is_ready(&self, ms: u64) -> bool {
        let mut waiting_us = 0;
        for item in &self.items {
            match item {
                Item::End { .. } => return true,
                Item::Burst { rate, pcm, at, .. } => {
                    waiting_us += (pcm.len() - at) as u64 / 2 * 1_000_000 / u64::from((*rate).max(1));
                    if waiting_us >= ms * 1_000 {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Discards everything, an open reply included.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.capacity);
    }

    /// Returns true if no sample waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drain(queue: &mut PlaybackQueue) -> (Vec<u8>, Vec<u32>) {
        let (mut bytes, mut ended, mut samples) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            match queue.next(&mut samples) {
                Next::Samples { .. } => bytes.extend(pcm::encode(&samples)),
                Next::End { generation } => ended.push(generation),
                Next::Nothing => return (bytes, ended),
            }
        }
    }

    proptest! {
        #[test]
        fn any_split_of_a_reply_gives_the_same_bytes(
            pcm in proptest::collection::vec(any::<u8>(), 0..4_000),
            cuts in proptest::collection::vec(0_usize..900, 0..20),
        ) {
            let mut queue = PlaybackQueue::new(PLAYBACK_CAPACITY_BYTES);
            let mut rest = &pcm[..];
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                queue.push(now, 24_000, 1).expect("room");
                rest = later;
            }
            queue.push(rest, 24_000, 1).expect("room");
            let (bytes, _) = drain(&mut queue);
            prop_assert_eq!(&bytes[..], &pcm[..pcm.len() / 2 * 2]);
            prop_assert!(queue.is_empty());
        }
    }

    #[test]
    fn a_part_that_does_not_fit_is_refused_completely() {
        let mut queue = PlaybackQueue::new(100);
        queue.push(&[0; 60], 24_000, 1).expect("room");
        assert_eq!(queue.push(&[0; 60], 24_000, 1), Err(PlaybackFull { queued: 60, capacity: 100 }));
        queue.push(&[0; 40], 24_000, 1).expect("what fits is still taken");
    }

    #[test]
    fn the_queue_holds_ten_minutes() {
        let mut queue = PlaybackQueue::new(PLAYBACK_CAPACITY_BYTES);
        for _ in 0..300 {
            queue.push(&vec![0; 96_000], 24_000, 1).expect("a burst of two seconds");
        }
    }

    #[test]
    fn a_reply_is_ready_by_its_length_or_its_end() {
        let mut queue = PlaybackQueue::new(10_000);
        queue.push(&[0; 39 * 48], 24_000, 1).expect("room");
        assert!(!queue.is_ready(40));
        queue.push(&[0; 48], 24_000, 1).expect("room");
        assert!(queue.is_ready(40));
        queue.clear();
        queue.push(&[0; 10], 24_000, 2).expect("room");
        assert!(!queue.is_ready(40));
        queue.end(1);
        assert!(!queue.is_ready(40), "another reply's end says nothing");
        queue.end(2);
        assert!(queue.is_ready(40));
    }

    #[test]
    fn a_new_reply_ends_the_one_before() {
        let mut queue = PlaybackQueue::new(10_000);
        queue.push(&[1, 2, 3], 24_000, 1).expect("room");
        queue.push(&[4, 5], 24_000, 2).expect("room");
        queue.end(2);
        assert_eq!(drain(&mut queue), (vec![1, 2, 4, 5], vec![1, 2]), "the half sample does not cross over");
    }
}
