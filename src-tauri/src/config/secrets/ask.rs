//! Asks the keyring without waiting for ever. It may be asking the person to unlock it, and it may be broken: each question
//! has a thread of its own, which is left to itself when no answer comes in time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;

/// How long an answer is waited for: long enough to type a password.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
/// So many questions may be without an answer; one more would not get any either.
const MOST: usize = 4;

static ASKED: AtomicUsize = AtomicUsize::new(0);

/// One question that is under way, also when nobody asks for its answer any more.
struct Asked;

impl Asked {
    fn begin() -> Option<Self> {
        let more = |asked: usize| (asked < MOST).then(|| asked + 1);
        // Made only when it counts: one that is made and dropped would be taken from the count.
        ASKED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok().then(|| Self)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        ASKED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The answer to `question`, whenever it comes. An error: there won't be any.
pub(crate) fn ask<T: Send + 'static>(question: impl FnOnce() -> T + Send + 'static) -> oneshot::Receiver<T> {
    let Some(asked) = Asked::begin() else { return oneshot::channel().1 };
    let work = move || {
        let _asked = asked;
        question()
    };
    threads::answer("keyring", work).unwrap_or_else(|error| {
        tracing::warn!(%error, "the keyring can't be asked");
        oneshot::channel().1
    })
}

/// The answer, if it comes within [`LIMIT`].
pub(crate) async fn within_limit<T>(answer: &mut oneshot::Receiver<T>) -> Option<T> {
    tokio::time::timeout(LIMIT, answer).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_keyring_that_never_answers_is_left_after_the_limit() {
        let (release, wait) = sync_channel::<()>(0);
        let mut hung = ask(move || wait.recv());
        let began = tokio::time::Instant::now();
        assert!(within_limit(&mut hung).await.is_none());
        assert_eq!(began.elapsed(), LIMIT);
        // Waited for without a limit: the paused clock would run ahead of the thread.
        assert_eq!(ask(|| 7).await, Ok(7), "another question has its own thread");
        drop(release);
        assert!(hung.await.is_ok_and(|answer| answer.is_err()), "a late answer is an answer");

        // Here and not in a test of its own: the count is the whole process's.
        let mut held = Vec::new();
        while let Some(asked) = Asked::begin() {
            held.push(asked);
        }
        for _ in 0..10 {
            assert!(Asked::begin().is_none(), "one that was refused made room");
        }
        assert!(ask(|| 7).await.is_err());
        assert!(ASKED.load(Ordering::Relaxed) <= MOST);
    }
}
