//! The functions that a conversation can offer: those of the app, the person's own, and those of MCP servers. Plain data.

use serde::{Deserialize, Serialize};
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
    /// The person's own functions, as far as a form can change them.
    pub own: Vec<OwnTool>,
    /// The MCP servers, in their file's order.
    pub servers: Vec<ToolServer>,
    /// The person's `mcp.json`.
    pub servers_file: ToolsFileState,
    /// Programs whose servers can be taken into it.
    pub programs: Vec<String>,
    /// What came of taking some.
    pub import: Option<Box<UiError>>,
    /// The running conversation was told of other functions than there are now.
    pub waits: bool,
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

/// An MCP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ToolServer {
    /// Its name in the file.
    pub name: String,
    /// What its tools' names begin with. `key__*` stands for all of them in the settings.
    pub key: String,
    /// What it calls itself, with its version.
    pub title: Option<String>,
    /// How it is.
    pub state: ToolServerState,
    /// Why it does not run, in one line; not trusted.
    pub reason: Option<String>,
    /// Whether it runs until it is switched.
    pub on_at_first: bool,
    /// Its tools.
    pub tools: Vec<ToolChoice>,
    /// Tools that can't be used.
    pub left_out: Vec<LeftOutTool>,
}

/// How an MCP server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ToolServerState {
    /// It is switched off.
    Off,
    /// It starts.
    Starting,
    /// Its tools can be called.
    Running,
    /// It broke off and is started again.
    Restarting,
    /// It does not run, and is not started again by itself.
    Failed,
}

/// A tool that can't be declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LeftOutTool {
    /// Its name; not trusted.
    pub name: String,
    /// Why not.
    pub reason: String,
}

/// Where a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ToolSource {
    /// The app.
    BuiltIn,
    /// The person's `tools.toml`.
    Own,
    /// An MCP server.
    Server,
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

/// A file of the person's: `tools.toml` or `mcp.json`.
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

/// A function of the person's own, as a form shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OwnTool {
    /// Its name, as the model calls it.
    pub name: String,
    /// When to call it.
    pub description: String,
    /// What it needs to know; absent where the file says more of it than a form can, which then stays.
    pub arguments: Option<Vec<OwnArgument>>,
    /// What happens when it is called.
    pub way: OwnWay,
}

/// Something that a function needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct OwnArgument {
    /// Its name.
    pub name: String,
    /// What it means; may be empty.
    pub description: String,
    /// What it is.
    pub kind: OwnKind,
    /// Whether the model must give it.
    pub required: bool,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum OwnKind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// Yes or no.
    YesNo,
}

/// How a function of the person's own runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "camelCase")]
pub enum OwnWay {
    /// A program is started, without a shell.
    Program {
        /// Its name or its path.
        program: String,
        /// What it is started with.
        args: Vec<String>,
    },
    /// A request is sent.
    Request {
        /// Where.
        url: String,
        /// `POST` with the arguments as JSON, instead of `GET` with them as the query.
        posts: bool,
    },
    /// It always answers this.
    Answer {
        /// A text, or JSON.
        text: String,
    },
    /// The person types the answer.
    Ask {
        /// What the person is asked.
        question: String,
    },
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
