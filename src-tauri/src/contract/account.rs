//! Keys and other secrets as the window knows them: whether there is one, where it is kept and whether it works; never what
//! it says. Plain data.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::UiError;

/// Whether there is a key and where it is kept. The key itself never crosses this border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum KeyState {
    /// There is none.
    #[default]
    Missing,
    /// In the system's keyring.
    Keyring,
    /// In `GEMINI_API_KEY` or `GOOGLE_API_KEY`; for a language model in `VIVAVOCE_THINK_KEY`.
    Environment,
    /// For this run only, since the keyring can't be used.
    Session,
    /// An ephemeral token: for this run only, since it ends by itself.
    Token,
}

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum KeySlot {
    /// The Gemini API's: a key or an ephemeral token.
    Gemini,
    /// Vertex AI's, in express mode.
    Vertex,
    /// A server's of one's own.
    Server,
    /// That of the language model which the practice partner thinks with.
    Think,
}

/// What else is known of the ways to a partner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The key for Vertex AI in express mode.
    pub vertex: KeyState,
    /// The key for a server of one's own.
    pub server: KeyState,
    /// The key for the practice partner's language model.
    pub think: KeyState,
    /// The proxy's name and password.
    pub proxy: KeyState,
    /// The last check.
    pub check: Option<KeyCheck>,
}

/// A check of a key, or of the credentials that the system has for Vertex AI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct KeyCheck {
    /// Of which.
    pub slot: KeySlot,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "is", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Verdict {
    /// Under way.
    Checking,
    /// The service knows it.
    Works,
    /// It can't be found out without a conversation.
    Unknown,
    /// It does not work, or could not be tried.
    Failed {
        /// What is wrong and the way out.
        error: Box<UiError>,
    },
}
