//! Why a call came to nothing, in words that the model can say to the person.

use std::time::Duration;

use crate::fetch::FetchError;

/// Why a tool call has no answer.
///
/// The text of each variant is written for the model: the caller sends it as `{"error": "…", "code": "…"}`, and the model
/// tells the person in its own words. So a text names what was wrong and what would be right, and nothing of our insides.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The model called something that was never declared.
    #[error("there is no function called {name:?}")]
    UnknownTool {
        /// The name that was called.
        name: String,
    },
    /// The arguments are no JSON object, or one of them is missing, of the wrong type or out of range.
    #[error("bad argument: {reason}")]
    BadArgument {
        /// What is wrong, naming the argument.
        reason: String,
    },
    /// No such zone in the IANA time zone database.
    #[error("there is no time zone {zone:?}; use an IANA name such as \"Europe/Berlin\"")]
    UnknownZone {
        /// The zone as it was asked for.
        zone: String,
    },
    /// The place directory knows no such place.
    #[error("no place called {place:?} was found; try the name of a larger place nearby")]
    UnknownPlace {
        /// The place as it was asked for.
        place: String,
    },
    /// A server could not be reached or broke off.
    #[error("{server} could not be asked: {source}")]
    Unreachable {
        /// The server, as a person would call it.
        server: String,
        /// What went wrong on the way.
        source: FetchError,
    },
    /// A server answered with an error of its own or with something that is no answer.
    #[error("{server} gave no usable answer: {reason}")]
    BadAnswer {
        /// The server, as a person would call it.
        server: String,
        /// The server's reason, or what is missing in its answer.
        reason: String,
    },
    /// What it needs of this computer is not to be had.
    #[error("{reason}")]
    Unavailable {
        /// Why.
        reason: String,
    },
    /// It did not finish within its limit, and was stopped.
    #[error("the function took longer than {} and was stopped", words(*limit))]
    TimedOut {
        /// Its limit.
        limit: Duration,
    },
    /// A program could not be started.
    #[error("the program could not be started: {0}")]
    NotStarted(#[source] std::io::Error),
    /// A program ended with an error.
    #[error("the program ended with {status}{}", said(words))]
    Failed {
        /// How it ended, such as "exit status 1".
        status: String,
        /// The end of what it wrote to its standard error; may be empty.
        words: String,
    },
    /// The tool of an MCP server says that it failed.
    #[error("the tool failed: {words}")]
    Reported {
        /// Its own words.
        words: String,
    },
    /// An MCP server can't be asked.
    #[error("the server {server} can't be asked: {reason}")]
    NoServer {
        /// Its name.
        server: String,
        /// Why.
        reason: String,
    },
    /// The function broke inside, which is a bug in it.
    #[error("the function failed inside")]
    Crashed,
    /// The person does not allow it.
    #[error("the user does not allow this function")]
    Refused,
    /// It needs the person's leave, and nobody can be asked.
    #[error("this function needs the user's permission, and nobody can be asked here; {hint}")]
    NeedsLeave {
        /// What would allow it.
        hint: String,
    },
    /// The person was asked, and did not answer in time.
    #[error("the user was asked and did not answer within {}", words(*limit))]
    NotAnswered {
        /// How long they had.
        limit: Duration,
    },
    /// The person stopped it.
    #[error("the user stopped this call")]
    Stopped,
    /// Nobody is there to be asked.
    #[error("this function asks the user, and nobody can be asked here")]
    NobodyThere,
    /// Too much is called at once.
    #[error("too many calls at once; wait, then try fewer")]
    TooMany,
    /// Another call has this id.
    #[error("a call with this id has no answer yet; give each call an id of its own")]
    DuplicateId,
    /// The id or the name fills the memory.
    #[error("the call's id or name is too long")]
    TooLong,
}

impl ToolError {
    /// What kind of error it is, in a word that a program may compare.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownTool { .. } => "unknown_function",
            Self::BadArgument { .. } | Self::UnknownZone { .. } | Self::UnknownPlace { .. } => {
                "bad_arguments"
            }
            Self::Unreachable { .. }
            | Self::BadAnswer { .. }
            | Self::Unavailable { .. }
            | Self::NoServer { .. } => "unavailable",
            Self::TimedOut { .. } => "timeout",
            Self::NotStarted(_) | Self::Failed { .. } | Self::Reported { .. } => "failed",
            Self::Crashed => "crashed",
            Self::Refused | Self::NeedsLeave { .. } | Self::NotAnswered { .. } | Self::NobodyThere => {
                "refused"
            }
            Self::Stopped => "stopped",
            Self::TooMany => "too_many_calls",
            Self::DuplicateId => "duplicate_id",
            Self::TooLong => "too_long",
        }
    }
}

fn words(limit: Duration) -> String {
    match limit.as_secs() {
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

fn said(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}
