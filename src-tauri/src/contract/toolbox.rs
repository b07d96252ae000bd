//! The functions that a conversation can offer: those of the app and the person's own. Plain data.

use serde::Serialize;
use ts_rs::TS;

use super::UiError;

/// What there is to be switched on. Which of it is on, and its permission, stand in the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Toolbox {
    /// The functions, those of the app first.
    pub tools: Vec<ToolChoice>,
    /// The person's `tools.toml`.
    pub file: ToolsFileState,
    /// What was remembered, the oldest first.
    pub notes: Vec<Note>,
}

/// A function that can be offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolChoice {
    /// Its name, as the model calls it.
    pub name: String,
    /// What the model is told of it.
    pub description: String,
    /// Where it comes from.
    pub source: ToolSource,
    /// Whether it is offered until it is switched.
    pub on_at_first: bool,
    /// Whether it asks before it runs, while the settings have no rule.
    pub asks: ToolAsks,
}

/// Where a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ToolSource {
    /// The app.
    BuiltIn,
    /// The person's `tools.toml`.
    Own,
}

/// Whether a function asks before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ToolAsks {
    /// It does not.
    No,
    /// It does, until it is allowed for longer.
    First,
    /// It does each time.
    EachTime,
}

/// The person's `tools.toml`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolsFileState {
    /// Where it is, or would be; absent without a home folder.
    pub path: Option<String>,
    /// Whether there is one.
    pub exists: bool,
    /// Why nothing of it is used, with its line or its function.
    pub error: Option<Box<UiError>>,
}

/// Something that was remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// Unique in this run.
    pub id: u32,
    /// When it was written, in milliseconds since 1970.
    #[ts(type = "number")]
    pub at: u64,
    /// Its words.
    pub text: String,
}
