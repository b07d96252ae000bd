//! The language models that servers on this computer offer. Plain data.

use serde::Serialize;
use ts_rs::TS;

use super::Text;

/// What was found on this computer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalModels {
    /// Whether it was looked for.
    pub search: LocalSearch,
    /// The servers that answered.
    pub servers: Vec<LocalServer>,
    /// The model to propose.
    pub proposed: Option<LocalChoice>,
}

/// Whether language models were looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LocalSearch {
    /// Not yet.
    #[default]
    NotYet,
    /// In progress; what was found before stays until it is over.
    Running,
    /// They were.
    Done,
}

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalServer {
    /// What it is called.
    pub name: Text,
    /// The part before `/chat/completions`, as in [`super::Settings::think_url`].
    pub url: String,
    /// It wants a key before it lists its models.
    pub wants_key: bool,
    /// Its models.
    pub models: Vec<LocalModel>,
}

/// A model of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalModel {
    /// Its name, as in [`super::Settings::think_model`].
    pub id: String,
    /// Its size, where the server tells it, and what it can do, where that is known.
    pub facts: Vec<Text>,
}

/// A model of a server that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LocalChoice {
    /// What its server is called.
    pub server: Text,
    /// See [`LocalServer::url`].
    pub url: String,
    /// See [`LocalModel::id`].
    pub model: String,
}
