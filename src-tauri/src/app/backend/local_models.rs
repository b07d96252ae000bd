//! The backend's part for language models on this computer: looking for them when the window opens, when the partner's settings
//! do, and at Start. One search at a time.

use super::Task;
use super::outcome::Outcome;
use crate::config::{endpoint, local_models};
use crate::contract::{LocalModels, LocalSearch, UiEvent};

impl Task {
    /// Looks for them, unless that is under way.
    pub(super) fn find_local_models(&mut self) {
        if self.state.local_models.search == LocalSearch::Running {
            return;
        }
        self.tell_local_models(LocalModels {
            search: LocalSearch::Running,
            ..self.state.local_models.clone()
        });
        let settings = self.state.settings.clone();
        self.answer_later(async move { Some(Outcome::LocalModels(local_models::find(&settings).await)) });
    }

    /// Looks for one to propose, once it is known that Start would call the practice partner, which has none.
    pub(super) fn propose_local_model(&mut self) {
        let settings = &self.state.settings;
        let is_decided = settings.local_model_offered == Some(true) || settings.think_url.is_some();
        let practices =
            self.secrets.as_ref().is_some_and(|secrets| endpoint::slot(settings, secrets).is_none());
        if practices && !is_decided && self.state.local_models.search == LocalSearch::NotYet {
            self.find_local_models();
        }
    }

    pub(super) fn tell_local_models(&mut self, local_models: LocalModels) {
        self.emit(UiEvent::LocalModels { local_models });
    }

    /// Whatever looked for them panicked.
    pub(super) fn stop_finding_local_models(&mut self) {
        if self.state.local_models.search == LocalSearch::Running {
            self.tell_local_models(LocalModels {
                search: LocalSearch::Done,
                ..self.state.local_models.clone()
            });
        }
    }
}
