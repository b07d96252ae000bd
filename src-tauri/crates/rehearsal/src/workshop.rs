//! Where sessions have their speaking, hearing and looking done: on the runtime's blocking threads, as many at once as there are
//! processors, the rest waits. A session never waits: it starts a job, goes on, and is woken by its bell. A job that panics is
//! told by the bell, and ends the session that it was for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use speech::{Prosody, Spoken};
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Notify, Semaphore, oneshot};

use crate::models::Models;
use crate::sight::{self, Sight};

/// Rung when a job of a session is done.
pub(crate) type Bell = Arc<Ring>;

/// Wakes one session, and tells it when something that worked for it is broken.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    notify: Notify,
    is_broken: AtomicBool,
}

impl Ring {
    pub(crate) fn notify_one(&self) {
        self.notify.notify_one();
    }

    pub(crate) async fn notified(&self) {
        self.notify.notified().await;
    }

    /// Something that worked for the session panicked.
    pub(crate) fn report_panic(&self) {
        self.is_broken.store(true, Ordering::Relaxed);
        self.notify.notify_one();
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }
}

/// The jobs of one server.
pub(crate) struct Workshop {
    models: Models,
    speaking: Arc<Semaphore>,
    hearing: Arc<Semaphore>,
    looking: Arc<Semaphore>,
}

/// A job whose result comes later. Dropping it gives the job up.
#[derive(Debug)]
pub(crate) struct Job<T> {
    result: oneshot::Receiver<Option<T>>,
    stop: Arc<AtomicBool>,
}

/// How a job stands.
#[derive(Debug, PartialEq)]
pub(crate) enum Stand<T> {
    Working,
    /// `None`: it failed.
    Done(Option<T>),
}

impl<T> Job<T> {
    /// One that needs no work.
    pub(crate) fn done(value: T) -> Self {
        let (sender, result) = oneshot::channel();
        // The receiver is right here.
        let _ = sender.send(Some(value));
        Self { result, stop: Arc::default() }
    }

    pub(crate) fn stand(&mut self) -> Stand<T> {
        match self.result.try_recv() {
            Ok(result) => Stand::Done(result),
            Err(TryRecvError::Empty) => Stand::Working,
            Err(TryRecvError::Closed) => Stand::Done(None),
        }
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Workshop {
    pub(crate) fn new(models: Models) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let places = || Arc::new(Semaphore::new(processors));
        Self { models, speaking: places(), hearing: places(), looking: Arc::new(Semaphore::new(1)) }
    }

    pub(crate) fn models(&self) -> &Models {
        &self.models
    }

    /// Has a sentence spoken.
    pub(crate) fn speak(&self, sentence: String, prosody: Prosody, bell: &Bell) -> Job<Spoken> {
        let models = self.models.clone();
        start(&self.speaking, bell, move |_| models.voice()?.speak(&sentence, prosody))
    }

    /// Has a picture looked at, and the one before it for what moved.
    pub(crate) fn look(&self, newest: Bytes, before: Option<Bytes>, bell: &Bell) -> Job<Sight> {
        start(&self.looking, bell, move |_| sight::look(&newest, before.as_deref()))
    }

    /// Has a turn heard. One that is not `urgent` is a draft: it is not begun when others wait, and heard less well.
    pub(crate) fn hear(&self, samples: Vec<i16>, urgent: bool, bell: &Bell) -> Option<Job<String>> {
        if !urgent && self.hearing.available_permits() == 0 {
            return None;
        }
        let models = self.models.clone();
        Some(start(&self.hearing, bell, move |stop| {
            let recogniser = models.recogniser()?;
            if urgent { recogniser.transcribe(&samples, stop) } else { recogniser.draft(&samples, stop) }
        }))
    }
}

fn start<T: Send + 'static>(
    places: &Arc<Semaphore>,
    bell: &Bell,
    work: impl FnOnce(&AtomicBool) -> Option<T> + Send + 'static,
) -> Job<T> {
    let (sender, result) = oneshot::channel();
    let stop = Arc::new(AtomicBool::new(false));
    let (places, bell, stopped) = (Arc::clone(places), Arc::clone(bell), Arc::clone(&stop));
    threads::task("workshop", async move {
        let place = places.acquire_owned().await;
        let done = threads::blocking("workshop-job", move || {
            let done = (!stopped.load(Ordering::Relaxed)).then(|| work(&stopped)).flatten();
            drop(place);
            done
        });
        let done = done.await;
        if done.is_none() {
            bell.report_panic();
        }
        let _ = sender.send(done.flatten());
        bell.notify_one();
    });
    Job { result, stop }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Models, SpeechToText};

    struct Parrot;

    impl SpeechToText for Parrot {
        fn transcribe(&self, samples: &[i16], stop: &AtomicBool) -> Option<String> {
            assert!(samples.len() < 100, "a panic in a job");
            (!stop.load(Ordering::Relaxed)).then(|| format!("{} samples", samples.len()))
        }

        fn draft(&self, _: &[i16], _: &AtomicBool) -> Option<String> {
            Some("a draft".to_owned())
        }
    }

    #[tokio::test]
    async fn what_is_not_urgent_is_a_draft() {
        let workshop = Workshop::new(Models::of(None, Some(Arc::new(Parrot))));
        let bell = Bell::default();
        for (urgent, expected) in [(false, "a draft"), (true, "7 samples")] {
            let mut job = workshop.hear(vec![0; 7], urgent, &bell).expect("a place");
            bell.notified().await;
            assert_eq!(job.stand(), Stand::Done(Some(expected.to_owned())));
        }
    }

    #[tokio::test]
    async fn a_job_rings_when_it_is_done_and_a_panic_is_told() {
        let workshop = Workshop::new(Models::of(None, Some(Arc::new(Parrot))));
        let bell = Bell::default();
        for (samples, expected) in [(7, Some("7 samples".to_owned())), (100, None)] {
            let mut job = workshop.hear(vec![0; samples], true, &bell).expect("urgent");
            let panics = expected.is_none();
            let mut stand = job.stand();
            while stand == Stand::Working {
                bell.notified().await;
                stand = job.stand();
            }
            assert_eq!((stand, bell.is_broken()), (Stand::Done(expected), panics));
        }
        let mut spoken = workshop.speak("Hello".into(), Prosody::default(), &bell);
        let mut stand = spoken.stand();
        while stand == Stand::Working {
            bell.notified().await;
            stand = spoken.stand();
        }
        assert_eq!(stand, Stand::Done(None), "nobody speaks here");
    }
}
