//! Where sessions have speech, transcripts and image statistics computed: on the runtime's blocking threads, as many at once as there are
//! processors, the rest waits. A session never waits: it starts a job, goes on, and is woken. A job that panics is
//! told by the waker, and ends the session that it was for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use live_server::Waker;
use speech::{Prosody, Spoken, Transcript};
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Semaphore, oneshot};

use crate::image_stats::{self, ImageStats};
use crate::speech_models::SpeechModels;

/// The jobs of one server.
pub(crate) struct ComputePool {
    models: SpeechModels,
    speaking: Arc<Semaphore>,
    transcribing: Arc<Semaphore>,
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
pub(crate) enum JobStatus<T> {
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

    pub(crate) fn status(&mut self) -> JobStatus<T> {
        match self.result.try_recv() {
            Ok(result) => JobStatus::Done(result),
            Err(TryRecvError::Empty) => JobStatus::Working,
            Err(TryRecvError::Closed) => JobStatus::Done(None),
        }
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl ComputePool {
    pub(crate) fn new(models: SpeechModels) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let places = || Arc::new(Semaphore::new(processors));
        Self { models, speaking: places(), transcribing: places(), looking: Arc::new(Semaphore::new(1)) }
    }

    pub(crate) fn models(&self) -> &SpeechModels {
        &self.models
    }

    /// Has a sentence spoken.
    pub(crate) fn speak(&self, sentence: String, prosody: Prosody, waker: &Waker) -> Job<Spoken> {
        let models = self.models.clone();
        start(&self.speaking, waker, move |_| models.voice()?.speak(&sentence, prosody))
    }

    /// Has a picture looked at, and the one before it for what moved.
    pub(crate) fn look(&self, newest: Bytes, before: Option<Bytes>, waker: &Waker) -> Job<ImageStats> {
        start(&self.looking, waker, move |_| image_stats::look(&newest, before.as_deref()))
    }

    /// Has a turn heard. One that is not `urgent` is a draft: it is not begun when others wait, and heard less well.
    pub(crate) fn transcribe(
        &self,
        samples: Vec<i16>,
        urgent: bool,
        waker: &Waker,
    ) -> Option<Job<Transcript>> {
        if !urgent && self.transcribing.available_permits() == 0 {
            return None;
        }
        let models = self.models.clone();
        Some(start(&self.transcribing, waker, move |stop| {
            let recogniser = models.recogniser()?;
            if urgent { recogniser.transcribe(&samples, stop) } else { recogniser.draft(&samples, stop) }
        }))
    }
}

fn start<T: Send + 'static>(
    places: &Arc<Semaphore>,
    waker: &Waker,
    work: impl FnOnce(&AtomicBool) -> Option<T> + Send + 'static,
) -> Job<T> {
    let (sender, result) = oneshot::channel();
    let stop = Arc::new(AtomicBool::new(false));
    let (places, waker, stopped) = (Arc::clone(places), waker.clone(), Arc::clone(&stop));
    threads::task("compute", async move {
        let place = places.acquire_owned().await;
        let done = threads::blocking("compute-job", move || {
            let done = (!stopped.load(Ordering::Relaxed)).then(|| work(&stopped)).flatten();
            drop(place);
            done
        });
        let done = done.await;
        if done.is_none() {
            waker.report_panic();
        }
        let _ = sender.send(done.flatten());
        waker.wake();
    });
    Job { result, stop }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech_models::{SpeechModels, SpeechToText};

    struct Parrot;

    impl SpeechToText for Parrot {
        fn transcribe(&self, samples: &[i16], stop: &AtomicBool) -> Option<Transcript> {
            assert!(samples.len() < 100, "a panic in a job");
            (!stop.load(Ordering::Relaxed)).then(|| format!("{} samples", samples.len()).into())
        }

        fn draft(&self, _: &[i16], _: &AtomicBool) -> Option<Transcript> {
            Some("a draft".to_owned().into())
        }
    }

    #[tokio::test]
    async fn what_is_not_urgent_is_a_draft() {
        let compute_pool = ComputePool::new(SpeechModels::of(None, Some(Arc::new(Parrot))));
        let waker = Waker::default();
        for (urgent, expected) in [(false, "a draft"), (true, "7 samples")] {
            let mut job = compute_pool.transcribe(vec![0; 7], urgent, &waker).expect("a place");
            waker.woken().await;
            assert_eq!(job.status(), JobStatus::Done(Some(expected.to_owned().into())));
        }
    }

    #[tokio::test]
    async fn a_job_rings_when_it_is_done_and_a_panic_is_told() {
        let compute_pool = ComputePool::new(SpeechModels::of(None, Some(Arc::new(Parrot))));
        let waker = Waker::default();
        for (samples, expected) in [(7, Some("7 samples".to_owned().into())), (100, None)] {
            let mut job = compute_pool.transcribe(vec![0; samples], true, &waker).expect("urgent");
            let panics = expected.is_none();
            let mut stand = job.status();
            while stand == JobStatus::Working {
                waker.woken().await;
                stand = job.status();
            }
            assert_eq!((stand, waker.is_broken()), (JobStatus::Done(expected), panics));
        }
        let mut spoken = compute_pool.speak("Hello".into(), Prosody::default(), &waker);
        let mut stand = spoken.status();
        while stand == JobStatus::Working {
            waker.woken().await;
            stand = spoken.status();
        }
        assert_eq!(stand, JobStatus::Done(None), "nobody speaks here");
    }
}
