//! The models that the account was last seen to have: asked for by the person, kept in a file of the user's data folder so
//! that the next run knows them too. The file is small and read bounded; both calls block for milliseconds.

use std::io;
use std::path::{Path, PathBuf};

use live_client::ListedModel;
use serde::{Deserialize, Serialize};

use crate::config::files;

const FILE: &str = "served-models.json";

/// What the service answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountModels {
    /// When, in milliseconds since 1970.
    pub at: u64,
    /// Those that can hold a conversation, in the service's order.
    pub models: Vec<Model>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Model {
    /// Its id, without `models/`.
    pub id: String,
    /// Its name for people.
    pub label: String,
}

impl AccountModels {
    /// An answer of this moment.
    pub(crate) fn new(at: u64, models: Vec<ListedModel>) -> Self {
        let model = |ListedModel { id, label }| Model { id, label };
        Self { at, models: models.into_iter().map(model).collect() }
    }
}

/// Where the answer is kept; nowhere without a home folder or in a run from a profile.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelCache(Option<PathBuf>);

impl ModelCache {
    /// The user's own.
    pub(crate) fn of_user() -> Self {
        let folders = directories::ProjectDirs::from("app", "vivavoce", "Vivavoce");
        Self(folders.map(|folders| folders.data_dir().join(FILE)))
    }

    /// What is there. A file that can't be read is no more than a question to ask again.
    pub(crate) fn load(&self) -> Option<AccountModels> {
        let path = self.0.as_ref()?;
        read(path)
            .inspect_err(|error| tracing::info!(path = %path.display(), %error, "no models of last time"))
            .ok()
    }

    /// Writes it whole or not at all.
    pub(crate) fn save(&self, served: &AccountModels) {
        let Some(path) = &self.0 else { return };
        if let Err(error) = write(path, served) {
            tracing::warn!(path = %path.display(), %error, "the models can't be kept for the next run");
        }
    }
}

fn read(path: &Path) -> io::Result<AccountModels> {
    let text = files::read_text(path).map_err(io::Error::other)?;
    Ok(serde_json::from_str(&text)?)
}

fn write(path: &Path, served: &AccountModels) -> io::Result<()> {
    files::replace(path, &serde_json::to_vec(served)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_was_answered_is_known_the_next_time_and_a_broken_file_is_no_trouble() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join(FILE);
        let model_cache = ModelCache(Some(path.clone()));
        assert_eq!(model_cache.load(), None);
        let served =
            AccountModels::new(5, vec![ListedModel { id: "gemini-9".into(), label: "Gemini 9".into() }]);
        model_cache.save(&served);
        assert_eq!(model_cache.load(), Some(served));
        fs::write(path, "{\"at\": ").unwrap();
        assert_eq!(model_cache.load(), None);
        ModelCache::default().save(&AccountModels::default());
    }
}
