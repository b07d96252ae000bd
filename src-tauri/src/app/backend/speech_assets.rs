//! The backend's part for what the practice partner speaks and hears with: looking for it, fetching it, giving that up,
//! and taking it from a file. The work blocks and runs elsewhere; one at a time.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use assets::{AssetError, Catalogue, Fetcher, Progress, Recogniser, Source, Store};
use practice::SpeechModels;
use tokio::sync::mpsc;

use super::Task;
use super::outcome::{AssetsNews, Outcome};
use crate::config::{proxy, speech_models};
use crate::contract::{AssetsFetch, SpeechAssets, UiEvent};
use crate::messages;

/// How often the window gets the progress.
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
    /// Looks for the speech models in the background.
    pub(super) fn find_speech_assets(&self) {
        let outcomes = self.outcomes.0.clone();
        let recogniser = speech_models::recogniser(&self.state.settings);
        threads::blocking("speech-assets", move || {
            let (models, assets) = found(&Store::of_user(), recogniser);
            let _ = outcomes.blocking_send(Outcome::SpeechAssets(AssetsNews::Found { models, assets }));
        });
    }

    /// Fetches what is missing, unless that is under way.
    pub(super) fn fetch_speech_assets(&mut self) {
        let catalogue = Catalogue::with(speech_models::recogniser(&self.state.settings));
        self.work_on_assets(catalogue, |fetcher, step| fetcher.run(step));
    }

    /// Takes what it can use from this file: any recogniser that is offered.
    pub(super) fn take_speech_asset(&mut self, file: PathBuf) {
        self.work_on_assets(Catalogue::whole(), move |fetcher, _| fetcher.take_file(&file));
    }

    /// Gives fetching up; what came is kept.
    pub(super) fn cancel_speech_assets(&mut self) {
        // The work notices, ends and says so.
        self.fetching = None;
    }

    fn work_on_assets(
        &mut self,
        catalogue: Catalogue,
        work: impl FnOnce(&Fetcher, &mut dyn FnMut(&Progress) -> bool) -> Result<(), AssetError> + Send + 'static,
    ) {
        if matches!(self.state.speech_assets.fetch, AssetsFetch::Running { .. }) {
            return;
        }
        let connector = match proxy::for_assets(&self.state.settings, self.secrets.as_ref()) {
            Ok(connector) => connector,
            Err(error) => return self.report_fetch(AssetsFetch::Failed { error: Box::new(error) }),
        };
        let stop = Arc::new(AtomicBool::new(false));
        self.fetching = Some(Fetching { stop: Arc::clone(&stop) });
        self.report_fetch(AssetsFetch::Running { what: String::new(), done: 0, total: 0 });
        let outcomes = self.outcomes.0.clone();
        let recogniser = speech_models::recogniser(&self.state.settings);
        threads::blocking("speech-assets", move || {
            let store = Store::of_user();
            let fetcher =
                Fetcher::new(store.clone(), catalogue, &[Source::Hub, Source::Registry]).by(connector);
            let result = work(&fetcher, &mut step(&outcomes, &stop));
            let (models, assets) = found(&store, recogniser);
            let news = AssetsNews::Done { models, assets, error: result.err() };
            let _ = outcomes.blocking_send(Outcome::SpeechAssets(news));
        });
    }

    pub(super) fn take_assets_news(&mut self, news: AssetsNews) {
        match news {
            // A download that runs goes on.
            AssetsNews::Found { models, assets } => {
                let fetch = self.state.speech_assets.fetch.clone();
                self.set_speech_assets(models, SpeechAssets { fetch, ..assets });
            }
            AssetsNews::Progress(Progress { what, done, total }) => {
                self.report_fetch(AssetsFetch::Running { what, done, total });
            }
            AssetsNews::Done { models, assets, error } => {
                self.fetching = None;
                // The choice may have changed meanwhile.
                self.find_speech_assets();
                let fetch = match error {
                    None | Some(AssetError::Cancelled) => AssetsFetch::Idle,
                    Some(error) => AssetsFetch::Failed { error: Box::new(messages::speech_assets(&error)) },
                };
                self.set_speech_assets(models, SpeechAssets { fetch, ..assets });
            }
        }
    }

    /// A conversation that runs keeps what it began with: the next Start has the new ones.
    fn set_speech_assets(&mut self, models: SpeechModels, assets: SpeechAssets) {
        self.models = models;
        self.emit(UiEvent::SpeechAssets { speech_assets: assets });
    }

    /// Whatever looked after the speech models panicked.
    pub(super) fn stop_fetching(&mut self) {
        self.fetching = None;
        if matches!(self.state.speech_assets.fetch, AssetsFetch::Running { .. }) {
            self.report_fetch(AssetsFetch::Idle);
        }
    }

    fn report_fetch(&mut self, fetch: AssetsFetch) {
        self.emit(UiEvent::SpeechAssets {
            speech_assets: SpeechAssets { fetch, ..self.state.speech_assets.clone() },
        });
    }
}

fn found(store: &Store, recogniser: Recogniser) -> (SpeechModels, SpeechAssets) {
    let models = speech_models::of_store(store, recogniser);
    let assets = speech_models::assets(&models, store, recogniser);
    (models, assets)
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
            let _ = outcomes.try_send(Outcome::SpeechAssets(AssetsNews::Progress(progress.clone())));
        }
        !stop.load(Ordering::Relaxed)
    }
}
