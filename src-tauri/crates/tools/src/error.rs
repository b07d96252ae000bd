//! Why a call came to nothing, in words that the model can say to the person.

use crate::fetch::FetchError;

/// Why a tool call has no answer.
///
/// The text of each variant is written for the model: the caller sends it as `{"error": "…"}`, and the model tells the
/// person in its own words. So a text names what was wrong and what would be right, and nothing of our insides.
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
        server: &'static str,
        /// What went wrong on the way.
        source: FetchError,
    },
    /// A server answered with an error of its own or with something that is no answer.
    #[error("{server} gave no usable answer: {reason}")]
    BadAnswer {
        /// The server, as a person would call it.
        server: &'static str,
        /// The server's reason, or what is missing in its answer.
        reason: String,
    },
}
