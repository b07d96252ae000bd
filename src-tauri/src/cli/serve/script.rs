//! `serve --script`: the file, a script or a recording, and its mistakes in words.

use std::path::Path;
use std::sync::Arc;

use live_server::{Replay, ReplayProblem};
use practice::{Problem, Script, Wanted};

use crate::config::files::{self, Unreadable};
use crate::contract::Text;
use crate::messages;

/// The largest recording, in bytes: about twenty minutes of a conversation.
const MOST_BYTES: u64 = 64 << 20;

/// What clients are answered by.
#[derive(Debug)]
pub(super) enum Answers {
    Script(Arc<Script>),
    Recording(Arc<Replay>),
}

impl Answers {
    /// What is said when the server begins.
    pub(super) fn words(&self, path: &Path) -> String {
        let id = match self {
            Self::Script(_) => "serve-script",
            Self::Recording(_) => "serve-replay",
        };
        Text::new(id).with("file", path.display().to_string()).words()
    }
}

/// Reads a script, or a recording: lines of JSON.
///
/// # Errors
/// Lines for the terminal: what is wrong, where, and what to do.
pub(super) fn read(path: &Path) -> Result<Answers, Vec<String>> {
    let file = path.display().to_string();
    let unreadable = |error: Unreadable| {
        vec![Text::new("script-unreadable").with("file", &file).with("error", error.to_string()).words()]
    };
    let text = files::read_text_up_to(path, MOST_BYTES).map_err(unreadable)?;
    let mistake = |line: usize, problem: String| {
        let text = Text::new("script-mistake").with("file", &file).with("line", line.to_string());
        text.with("problem", problem).words()
    };
    // No TOML begins so.
    if text.trim_start().starts_with('{') {
        let replay = Replay::read(&text);
        let replay = replay.map_err(|error| vec![mistake(error.line, words_of_recording(&error.problem))])?;
        return Ok(Answers::Recording(Arc::new(replay)));
    }
    if text.len() as u64 > files::MAX_BYTES {
        return Err(unreadable(Unreadable::TooLarge(files::MAX_BYTES >> 20)));
    }
    let script = Script::read(&text);
    let script = script.map_err(|errors| {
        errors.iter().map(|error| mistake(error.line, words(&error.problem))).collect::<Vec<String>>()
    })?;
    Ok(Answers::Script(Arc::new(script)))
}

fn words_of_recording(problem: &ReplayProblem) -> String {
    match problem {
        ReplayProblem::NoJson(error) => Text::new("recording-no-json").with("error", error).words(),
        ReplayProblem::NoFrame => messages::text("recording-no-frame"),
        ReplayProblem::Empty => messages::text("recording-empty"),
    }
}

fn words(problem: &Problem) -> String {
    let named = |id: &'static str, name: &str| Text::new(id).with("name", name);
    let text = match problem {
        Problem::Syntax(error) => Text::new("script-syntax").with("error", error),
        Problem::UnknownName { name, known } => named("script-unknown-name", name).with("known", known),
        Problem::WrongKind { name, wanted } => {
            named("script-wrong-kind", name).with("wanted", messages::text(wanted_id(*wanted)))
        }
        Problem::OutOfRange { name, least, most } => {
            named("script-out-of-range", name).with("least", least.to_string()).with("most", most.to_string())
        }
        Problem::TooLong { name, most } => named("script-too-long", name).with("most", most.to_string()),
        Problem::TooMany { name, most } => named("script-too-many", name).with("most", most.to_string()),
        Problem::Missing { name } => named("script-missing", name),
        Problem::BadName { name } => named("script-bad-name", name),
        Problem::NotOneStep { known } => Text::new("script-not-one-step").with("known", known),
        Problem::OnlyInTurns { name } => named("script-only-in-turns", name),
        Problem::Excludes { name, other } => named("script-excludes", name).with("other", other),
        Problem::BadCloseCode => Text::new("script-bad-close-code"),
        Problem::BadBase64 => Text::new("script-bad-base64"),
        Problem::AfterTheEnd => Text::new("script-after-the-end"),
    };
    text.words()
}

fn wanted_id(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Text => "script-wanted-text",
        Wanted::Whole => "script-wanted-whole",
        Wanted::Seconds => "script-wanted-seconds",
        Wanted::True => "script-wanted-true",
        Wanted::False => "script-wanted-false",
        Wanted::Steps => "script-wanted-steps",
        Wanted::Table => "script-wanted-table",
        Wanted::Tables => "script-wanted-tables",
        Wanted::WholeOrTrue => "script-wanted-whole-or-true",
        Wanted::TextOrTrue => "script-wanted-text-or-true",
        Wanted::WholeOrAlways => "script-wanted-whole-or-always",
        Wanted::PracticeOrSteps => "script-wanted-practice-or-steps",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_a_line_that_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.toml");
        std::fs::write(&path, "[[turn]]\ndo = [\n  { sya = \"Hello.\" },\n  { wait = \"long\" },\n]\n")
            .unwrap();
        let mistakes = read(&path).unwrap_err();
        let file = path.display().to_string();
        assert!(
            mistakes[0].starts_with(&format!("{file}, line 3: ")) && mistakes[0].contains("say, think"),
            "{mistakes:?}"
        );
        assert!(
            mistakes[1].starts_with(&format!("{file}, line 4: ")) && mistakes[1].contains("seconds"),
            "{mistakes:?}"
        );
        assert_eq!(mistakes.len(), 2);
        std::fs::write(&path, "{\"source\": \"a test\"}\n{\"dir\": \"received\"}\n").unwrap();
        let mistakes = read(&path).unwrap_err();
        assert!(mistakes[0].starts_with(&format!("{file}, line 2: ")), "{mistakes:?}");
        let missing = read(&folder.path().join("none.toml")).unwrap_err();
        assert!(missing[0].contains("none.toml"), "{missing:?}");
    }
}
