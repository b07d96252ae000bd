//! What the partner is told to say and to do wrong, turn by turn, by a file that a developer writes (docs/SDK.md). Pure.
//!
//! A script has turns, each with a condition and steps; faults of connections; and what is done with whatever no turn is
//! for. `read` makes it of TOML and finds every mistake in it; `progress` knows what of it was played in a session.

mod error;
mod progress;
mod read;
#[cfg(test)]
mod tests;

use std::time::Duration;

use live_server::{Call, ConnectionFaults, Fault};

pub use error::{Problem, ScriptError, Wanted};
pub(crate) use progress::{Asked, Progress};

/// A script. Made by [`Script::read`].
///
/// # Examples
///
/// ```
/// let script = practice::Script::read(
///     r#"
///     [[turn]]
///     when = { text = "weather" }
///     do = [{ call = "get_weather", args = { location = "Oslo" } }, { say = "It rains in Oslo." }]
///
///     [[turn]]
///     do = [{ say = "Goodbye." }, { close = 1011, reason = "Internal error encountered." }]
///     "#,
/// );
/// assert!(script.is_ok());
/// let mistakes = practice::Script::read("[[turn]]\ndo = [{ sya = \"Hello.\" }]").unwrap_err();
/// assert_eq!(mistakes[0].line, 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    turns: Vec<ScriptTurn>,
    connections: Vec<ConnectionFaults>,
    otherwise: Otherwise,
}

/// One answer.
#[derive(Clone, Debug, PartialEq)]
struct ScriptTurn {
    when: Condition,
    /// How often it is given in a session; `None`: always.
    times: Option<u32>,
    /// What the user is said to have said, if that is spoken.
    heard: Option<String>,
    steps: Vec<ScriptStep>,
}

/// When an answer is given: all of it must fit.
#[derive(Clone, Debug, Default, PartialEq)]
struct Condition {
    /// It has this in it, in lower case.
    text: Option<String>,
    /// It is spoken, as the n-th turn that is.
    spoken: Option<Count>,
    /// It is the n-th turn of the session.
    turn: Option<u32>,
    /// It is the result of a function; without this, it is none.
    result: Option<Function>,
    /// It comes over the n-th connection to the server.
    connection: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Count {
    Any,
    Nth(u32),
}

#[derive(Clone, Debug, PartialEq)]
enum Function {
    Any,
    Named(String),
}

/// What is done with what no turn of the script is for.
#[derive(Clone, Debug, Default, PartialEq)]
enum Otherwise {
    /// The practice partner answers.
    #[default]
    Practice,
    Steps(Vec<ScriptStep>),
}

/// One thing that is done in a turn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ScriptStep {
    Say(String),
    Think(String),
    /// At once.
    Call(Vec<Call>),
    Wait(Duration),
    Fault(Fault),
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    ///
    /// Every mistake in it, up to twenty, in the order of their lines.
    pub fn read(text: &str) -> Result<Self, Vec<ScriptError>> {
        read::script(text)
    }

    /// What is done to connections, for the server's settings.
    pub fn connection_faults(&self) -> &[ConnectionFaults] {
        &self.connections
    }
}
