//! The queue of chunks from the audio thread to the session: 25 chunks of 20 ms, of which the oldest is dropped when it
//! is full.
//!
//! A `tokio::sync::mpsc` would drop the newest or wait, and live speech wants neither. The lock is held for one push or
//! pop, by the audio thread and the session, never by a callback.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Capacity in chunks of 20 ms.
pub const MIC_QUEUE_CHUNKS: usize = 25;

/// 20 ms of the microphone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MicChunk {
    /// 320 samples, signed 16-bit little-endian, 16 kHz, mono (640 bytes).
    pub pcm: Vec<u8>,
    /// Counts chunks from the start of the engine. A step of more than one means that chunks were dropped.
    pub sequence: u64,
    /// Whether somebody speaks at its end, as far as the sound alone tells.
    pub voice: bool,
}

#[derive(Debug, Default)]
struct State {
    chunks: VecDeque<MicChunk>,
    dropped: u64,
    closed: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The audio thread's end; dropping it ends the stream.
#[derive(Debug)]
pub(crate) struct MicSender(Arc<Shared>);

/// The session's end; see [`crate::Engine::start`].
#[derive(Debug)]
pub struct MicReceiver(Arc<Shared>);

/// Creates a queue and returns its two ends.
pub(crate) fn mic_queue() -> (MicSender, MicReceiver) {
    let shared = Arc::new(Shared::default());
    (MicSender(Arc::clone(&shared)), MicReceiver(shared))
}

impl MicSender {
    /// Queues `chunk`. A full queue drops its oldest chunk and counts it.
    pub(crate) fn send(&self, chunk: MicChunk) {
        let mut state = self.0.state();
        if state.chunks.len() == MIC_QUEUE_CHUNKS {
            state.chunks.pop_front();
            state.dropped += 1;
        }
        state.chunks.push_back(chunk);
        drop(state);
        self.0.arrived.notify_one();
    }

    /// Returns a view of the losses that outlives both ends.
    pub(crate) fn losses(&self) -> Losses {
        Losses(Arc::clone(&self.0))
    }
}

/// How many chunks the queue dropped.
#[derive(Debug)]
pub(crate) struct Losses(Arc<Shared>);

impl Losses {
    /// Returns how many chunks were dropped so far.
    pub(crate) fn count(&self) -> u64 {
        self.0.state().dropped
    }
}

impl Drop for MicSender {
    fn drop(&mut self) {
        self.0.state().closed = true;
        self.0.arrived.notify_one();
    }
}

impl MicReceiver {
    /// Returns the next chunk, or `None` when the engine is gone and the queue is empty. Cancel safe.
    pub async fn recv(&mut self) -> Option<MicChunk> {
        loop {
            {
                let mut state = self.0.state();
                if let Some(chunk) = state.chunks.pop_front() {
                    return Some(chunk);
                }
                if state.closed {
                    return None;
                }
            }
            // There is one receiver only, so a notification between check and wait is kept as a permit.
            self.0.arrived.notified().await;
        }
    }

    /// Returns the next chunk if one waits.
    pub fn try_recv(&mut self) -> Option<MicChunk> {
        self.0.state().chunks.pop_front()
    }

    /// Returns how many chunks were dropped because nobody took them in time.
    pub fn dropped(&self) -> u64 {
        self.0.state().dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(sequence: u64) -> MicChunk {
        MicChunk { pcm: Vec::new(), sequence, voice: false }
    }

    #[tokio::test]
    async fn a_full_queue_drops_the_oldest_and_counts() {
        let (sender, mut receiver) = mic_queue();
        for sequence in 0..30 {
            sender.send(chunk(sequence));
        }
        assert_eq!(receiver.dropped(), 5);
        assert_eq!(receiver.recv().await, Some(chunk(5)));
    }

    #[tokio::test]
    async fn queued_chunks_survive_the_sender() {
        let (sender, mut receiver) = mic_queue();
        sender.send(chunk(1));
        drop(sender);
        assert_eq!(receiver.recv().await, Some(chunk(1)));
        assert_eq!(receiver.recv().await, None);
    }

    #[tokio::test]
    async fn a_waiting_receiver_is_woken() {
        let (sender, mut receiver) = mic_queue();
        let waiting = tokio::spawn(async move { receiver.recv().await });
        tokio::task::yield_now().await;
        sender.send(chunk(7));
        assert_eq!(waiting.await.expect("task"), Some(chunk(7)));
    }
}
