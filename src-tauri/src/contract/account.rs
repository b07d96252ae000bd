//! Keys and other secrets as the window knows them: whether there is one, where it is kept and whether it works; never what
//! it says. Plain data.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::UiError;

/// Whether there is a key and where it is stored. The key itself is never sent to the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum KeyState {
    /// There is none.
    #[default]
    Missing,
    /// In the system's keyring.
    Keyring,
    /// In `GEMINI_API_KEY` or `GOOGLE_API_KEY`; a language model's in `VIVAVOCE_THINK_KEY`.
    Environment,
    /// In memory for this run, because the keyring can't be used.
    Session,
    /// An ephemeral token, in memory for this run, because it expires soon.
    Token,
}

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum KeySlot {
    /// For the Gemini API: a key or an ephemeral token.
    Gemini,
    /// For Vertex AI in express mode.
    Vertex,
    /// For a custom server.
    Server,
    /// For the practice partner's language model.
    Think,
}

/// The other keys, the proxy and the last check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The key for Vertex AI in express mode.
    pub vertex: KeyState,
    /// The key for a custom server.
    pub server: KeyState,
    /// The key for the practice partner's language model.
    pub think: KeyState,
    /// The proxy's name and password.
    pub proxy: KeyState,
    /// The last check.
    pub check: Option<KeyCheck>,
}

/// A check of a key, or of the system's credentials for Vertex AI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct KeyCheck {
    /// The key that was checked.
    pub slot: KeySlot,
    /// The result.
    pub verdict: Verdict,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Verdict {
    /// In progress.
    Checking,
    /// The service accepts it.
    Works,
    /// Only a conversation can tell.
    Unknown,
    /// It does not work, or could not be checked.
    Failed {
        /// What is wrong, and what to do.
        error: Box<UiError>,
    },
}
