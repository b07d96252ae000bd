//! What a run of the program begins with: the settings, the catalogue of models, and what was wrong with either. Reads small
//! files, so it blocks for milliseconds; called once, before the window opens.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use directories::ProjectDirs;
use live_proto::catalogue::{Catalogue, NotUsed};

use crate::config::account_models::ModelCache;
use crate::config::endpoint_name;
use crate::config::files::{self, Unreadable};
use crate::config::functions::{self, ToolsFile};
use crate::config::mcp_servers;
use crate::config::notes::NotesFile;
use crate::config::settings::{self, Store};
use crate::config::voice_samples::VoiceSamples;
use crate::contract::{Settings, UiError};
use crate::messages;

/// A user's own list of models, beside the settings. One that is not older than ours wins.
const MODELS: &str = "models.toml";

/// What a run begins with.
#[derive(Debug)]
pub struct Startup {
    /// Where changed settings go.
    pub store: Store,
    /// The settings.
    pub settings: Settings,
    /// The models and voices of this run.
    pub catalogue: Arc<Catalogue>,
    /// Where the models that the account has are kept.
    pub(crate) model_cache: ModelCache,
    /// Where recorded samples of voices are kept.
    pub(crate) voice_samples: VoiceSamples,
    /// Where the person's own functions stand.
    pub(crate) tools_path: Option<PathBuf>,
    /// As they were read; `Ok(None)` when there are none.
    pub(crate) tools_file: Result<Option<ToolsFile>, UiError>,
    /// Where notes are kept.
    pub(crate) notes_file: NotesFile,
    /// The person's file of MCP servers, which need not exist.
    pub(crate) mcp_path: Option<PathBuf>,
    /// What could not be read.
    pub troubles: Vec<UiError>,
}

impl Startup {
    /// With the user's own settings.
    pub(crate) fn of_user() -> Self {
        let store = Store::of_user();
        let (settings, trouble) = store.load();
        let troubles: Vec<UiError> = trouble.into_iter().collect();
        let (model_cache, voice_samples) = (ModelCache::of_user(), VoiceSamples::of_user());
        let mcp_path = mcp_servers::user_path();
        Self { store, model_cache, voice_samples, mcp_path, troubles, ..Self::of(settings) }
            .with_user_catalogue()
            .with_user_tools()
    }

    /// With the settings of a profile file; the user's own stay as they are.
    ///
    /// # Errors
    /// When the file can't be read.
    pub(crate) fn of_profile(path: &Path) -> Result<Self, UiError> {
        let (settings, trouble) = settings::read_profile(path)?;
        let troubles = trouble.into_iter().collect();
        Ok(Self { troubles, ..Self::of(settings) }.with_user_catalogue().with_user_tools())
    }

    /// With the defaults, and the user's own list of models.
    pub(crate) fn of_nobody() -> Self {
        Self::of(Settings::default()).with_user_catalogue()
    }

    /// With these settings, which are nobody's, and the models that this version was built with.
    pub fn of(mut settings: Settings) -> Self {
        endpoint_name::normalize(&mut settings);
        Self {
            store: Store::none(),
            settings,
            catalogue: Catalogue::embedded(),
            model_cache: ModelCache::default(),
            voice_samples: VoiceSamples::default(),
            tools_path: None,
            tools_file: Ok(None),
            notes_file: NotesFile::default(),
            mcp_path: None,
            troubles: Vec::new(),
        }
    }

    /// Keeps recorded samples of voices in this folder. For tests.
    #[must_use]
    pub fn with_voice_samples(mut self, folder: PathBuf) -> Self {
        self.voice_samples = VoiceSamples::in_folder(folder);
        self
    }

    /// With the person's own functions in this folder, and the notes. For tests.
    #[must_use]
    pub fn with_tools_in(self, folder: &Path) -> Self {
        self.with_tools(folder.join("tools.toml"), NotesFile::at(folder.join("notes.json")))
    }

    /// With the MCP servers of this file. For tests.
    #[must_use]
    pub fn with_servers_of(self, file: PathBuf) -> Self {
        Self { mcp_path: Some(file), ..self }
    }

    fn with_user_tools(self) -> Self {
        match functions::user_path() {
            Some(path) => self.with_tools(path, NotesFile::of_user()),
            None => self,
        }
    }

    fn with_tools(self, path: PathBuf, notes_file: NotesFile) -> Self {
        Self { tools_file: functions::user_file(&path), tools_path: Some(path), notes_file, ..self }
    }

    fn with_user_catalogue(mut self) -> Self {
        let Some(folders) = ProjectDirs::from("app", "vivavoce", "Vivavoce") else { return self };
        match catalogue(&folders.config_dir().join(MODELS)) {
            Ok(Some(catalogue)) => self.catalogue = catalogue,
            Ok(None) => {}
            Err(trouble) => self.troubles.push(trouble),
        }
        self
    }
}

/// The user's catalogue; `None` when there is none or ours is newer.
fn catalogue(path: &Path) -> Result<Option<Arc<Catalogue>>, UiError> {
    let not_usable =
        |reason: &dyn std::error::Error| messages::catalogue(&path.display().to_string(), reason);
    let text = match files::read_text(path) {
        Ok(text) => text,
        Err(Unreadable::Missing) => return Ok(None),
        Err(error) => return Err(not_usable(&error)),
    };
    match Catalogue::newer(&Catalogue::embedded(), &text) {
        Ok(catalogue) => Ok(Some(Arc::new(catalogue))),
        Err(older @ NotUsed::Older { .. }) => {
            tracing::info!(path = %path.display(), %older);
            Ok(None)
        }
        Err(NotUsed::Unreadable(error)) => Err(not_usable(&error)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use live_proto::catalogue::MAX_BYTES;

    use super::*;
    use crate::contract::ErrorCode;

    fn user_file(text: &str) -> Result<Option<Arc<Catalogue>>, UiError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MODELS);
        fs::write(&path, text).unwrap();
        catalogue(&path)
    }

    /// A catalogue of one model and one voice, of this day.
    fn of_day(day: &str) -> String {
        let rules = "state = \"current\"\nmodalities = [\"AUDIO\"]\nthinking = { kind = \"none\" }\n\
            typing = \"realtime_text\"\nhistory = \"none\"\naffective = { support = \"unsupported\" }\n\
            proactive = { support = \"unsupported\" }\nmute = \"audio_stream_end\"\n";
        format!(
            "revision = \"{day}\"\n[[models]]\nid = \"gemini-9-live\"\nlabel = \"Gemini 9 Live\"\n{rules}\
            [unknown]\nid = \"\"\nlabel = \"\"\n{rules}[[voices]]\nname = \"Zoe\"\ntone = \"New\"\n"
        )
    }

    #[test]
    fn the_old_word_for_the_practice_partner_is_still_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profile.json");
        fs::write(&path, r#"{"endpoint": "rehearsal"}"#).unwrap();
        let startup = Startup::of_profile(&path).unwrap();
        assert_eq!(startup.settings.endpoint.as_deref(), Some("practice"));
    }

    #[test]
    fn a_users_newer_list_wins_and_an_older_one_does_not() {
        let newer = user_file(&of_day("2999-01-01")).unwrap().unwrap();
        assert_eq!(newer.default_model(), "gemini-9-live");
        assert!(user_file(&of_day("2001-01-01")).unwrap().is_none());
    }

    #[test]
    fn no_list_is_no_trouble_and_a_broken_one_is_said_with_its_reason() {
        assert!(catalogue(Path::new("/nowhere/models.toml")).unwrap().is_none());
        let said = user_file("revision = 1").unwrap_err();
        assert_eq!(said.code, ErrorCode::File);
        assert!(said.detail.is_some_and(|detail| !detail.is_empty()));
    }

    #[test]
    fn a_file_without_end_is_not_read_to_its_end() {
        let said = user_file(&"#".repeat(MAX_BYTES * 2)).unwrap_err();
        assert!(said.detail.unwrap().contains("bytes"));
    }
}
