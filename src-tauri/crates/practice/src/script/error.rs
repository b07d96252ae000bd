//! What can be wrong with a script. Plain data: whoever tells it has the words.

/// A mistake in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// In which line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is no TOML; the parser's own words.
    Syntax(String),
    /// A name that is not known here, and those that are.
    UnknownName {
        /// As it stands there.
        name: String,
        /// With commas between them.
        known: String,
    },
    /// A value of another kind than wanted.
    WrongKind {
        /// Of what.
        name: String,
        /// What it has to be.
        wanted: Wanted,
    },
    /// A number that is too small or too large.
    OutOfRange {
        /// Of what.
        name: String,
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// A text that is too long.
    TooLong {
        /// Of what.
        name: String,
        /// In characters; of a reason and a frame in bytes.
        most: usize,
    },
    /// Too many of something.
    TooMany {
        /// Of what.
        name: String,
        /// How many there may be.
        most: usize,
    },
    /// Something has to be there.
    Missing {
        /// What.
        name: String,
    },
    /// An empty text, or no name of a function.
    BadName {
        /// As it stands there.
        name: String,
    },
    /// A step does nothing, or several things.
    NotOneStep {
        /// What a step can be, with commas between them.
        known: String,
    },
    /// Only turns have such a step.
    OnlyInTurns {
        /// Which.
        name: String,
    },
    /// Two things that exclude each other.
    Excludes {
        /// One.
        name: String,
        /// The other.
        other: String,
    },
    /// A close code that no close frame may have (RFC 6455 §7.4).
    BadCloseCode,
    /// It is no base64.
    BadBase64,
    /// A step after one that ends the turn.
    AfterTheEnd,
}

/// A kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A text in quotes.
    Text,
    /// A whole number.
    Whole,
    /// A number of seconds.
    Seconds,
    /// `true`.
    True,
    /// `false`.
    False,
    /// A list of steps.
    Steps,
    /// A table of names and values.
    Table,
    /// `[[turn]]` or `[[connection]]`.
    Tables,
    /// A whole number, or `true`.
    WholeOrTrue,
    /// A function's name, or `true`.
    TextOrTrue,
    /// A whole number, or `"always"`.
    WholeOrAlways,
    /// `"practice"`, or a list of steps.
    PracticeOrSteps,
}
