//! The backend's part for what the practice partner speaks and hears with: looking for it, fetching it, giving that up,
//! and taking it from a file. The work blocks and runs elsewhere; one at a time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use assets::{AssetError, Catalogue, Fetcher, Progress, Source, Store};
use practice::SpeechModels;
use tokio::sync::mpsc;

use super::Task;
use super::outcome::{Outcome, PartsNews};
use crate::config::{proxy, speech_models};
use crate::contract::{Parts, PartsFetch, UiEvent};
use crate::messages;

/// How often the window is told how far it is.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Fetching that is under way. Dropping it gives it up.
pub(super) struct Fetching {
    stop: Arc<AtomicBool>,
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Task {
    /// Looks for the parts in the background.
    pub(super) fn look_for_parts(&self) {
        let outcomes = self.outcomes.0.clone();
        threads::blocking("parts", move || {
            let (models, parts) = found(&Store::of_user());
            let _ = outcomes.blocking_send(Outcome::Parts(PartsNews::Found { models, parts }));
        });
    }

    /// Fetches what is missing, unless that is under way.
    pub(super) fn fetch_parts(&mut self) {
        self.work_on_parts(|fetcher, step| fetcher.run(step));
    }

    /// Takes what it can use from this file.
    pub(super) fn take_part(&mut self, file: PathBuf) {
        self.work_on_parts(move |fetcher, _| fetcher.take_file(&file));
    }

    /// Gives fetching up; what came is kept.
    pub(super) fn cancel_parts(&mut self) {
        // The work notices, ends and says so.
        self.fetching = None;
    }

    fn work_on_parts(
        &mut self,
        work: impl FnOnce(&Fetcher, &mut dyn FnMut(&Progress) -> bool) -> Result<(), AssetError> + Send + 'static,
    ) {
        if matches!(self.state.parts.fetch, PartsFetch::Running { .. }) {
            return;
        }
        let connector = match proxy::for_parts(&self.state.settings, self.secrets.as_ref()) {
            Ok(connector) => connector,
            Err(error) => return self.tell_parts(PartsFetch::Failed { error: Box::new(error) }),
        };
        let stop = Arc::new(AtomicBool::new(false));
        self.fetching = Some(Fetching { stop: Arc::clone(&stop) });
        self.tell_parts(PartsFetch::Running { what: String::new(), done: 0, total: 0 });
        let outcomes = self.outcomes.0.clone();
        threads::blocking("parts", move || {
            let store = Store::of_user();
            let fetcher =
                Fetcher::new(store.clone(), Catalogue::embedded(), &[Source::Hub, Source::Registry])
                    .by(connector);
            let result = work(&fetcher, &mut step(&outcomes, &stop));
            let (models, parts) = found(&store);
            let news = PartsNews::Done { models, parts, error: result.err() };
            let _ = outcomes.blocking_send(Outcome::Parts(news));
        });
    }

    pub(super) fn take_parts_news(&mut self, news: PartsNews) {
        match news {
            PartsNews::Found { models, parts } => self.have_parts(models, parts),
            PartsNews::Progress(Progress { what, done, total }) => {
                self.tell_parts(PartsFetch::Running { what, done, total });
            }
            PartsNews::Done { models, parts, error } => {
                self.fetching = None;
                let fetch = match error {
                    None | Some(AssetError::Cancelled) => PartsFetch::Idle,
                    Some(error) => PartsFetch::Failed { error: Box::new(messages::parts(&error)) },
                };
                self.have_parts(models, Parts { fetch, ..parts });
            }
        }
    }

    /// A conversation that runs keeps what it began with: the next Start has the new parts.
    fn have_parts(&mut self, models: SpeechModels, parts: Parts) {
        self.models = models;
        self.emit(UiEvent::Parts { parts });
    }

    /// Whatever looked after the parts panicked.
    pub(super) fn give_up_parts(&mut self) {
        self.fetching = None;
        if matches!(self.state.parts.fetch, PartsFetch::Running { .. }) {
            self.tell_parts(PartsFetch::Idle);
        }
    }

    fn tell_parts(&mut self, fetch: PartsFetch) {
        self.emit(UiEvent::Parts { parts: Parts { fetch, ..self.state.parts.clone() } });
    }
}

fn found(store: &Store) -> (SpeechModels, Parts) {
    let models = store.folder().map(SpeechModels::in_folder).unwrap_or_default();
    let parts = speech_models::parts(&models, store);
    (models, parts)
}

/// Tells the window now and then, and stops when nobody wants it any more.
fn step(outcomes: &mpsc::Sender<Outcome>, stop: &Arc<AtomicBool>) -> impl FnMut(&Progress) -> bool {
    let mut reported: Option<(String, Instant)> = None;
    move |progress| {
        let is_news =
            reported.as_ref().is_none_or(|(what, at)| *what != progress.what || at.elapsed() > TELL_EVERY);
        if is_news {
            reported = Some((progress.what.clone(), Instant::now()));
            // A full queue only means that the window hears of the next step.
            let _ = outcomes.try_send(Outcome::Parts(PartsNews::Progress(progress.clone())));
        }
        !stop.load(Ordering::Relaxed)
    }
}
