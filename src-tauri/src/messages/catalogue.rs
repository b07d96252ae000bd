//! The catalogue of sentences, `locales/*/*.ftl` (Project Fluent), as the program looks them up. The window has the same files and
//! looks up by itself; what travels to it is a [`Text`]. Pure.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};

use crate::contract::{Text, UiError};

/// What this program prints; the window's own sentences are the window's.
const FILES: [&str; 3] = [
    include_str!("../../../locales/en/errors.ftl"),
    include_str!("../../../locales/en/limits.ftl"),
    include_str!("../../../locales/en/cli.ftl"),
];
/// The attribute that says what to do.
const EXPLANATION: &str = "explanation";

static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let language = "en".parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Names stand in plain terminals; what may turn a line around is taken out where it is shown.
    bundle.set_use_isolating(false);
    for file in FILES {
        // A file with a mistake has all its other sentences; a test reads every file.
        let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
});

impl Text {
    /// The sentence of this id.
    pub(crate) fn new(id: &str) -> Self {
        Self { id: id.to_owned(), args: BTreeMap::new() }
    }

    /// The same with this value for one of its variables.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }

    /// In English. An id that is in no file stands for itself: an ugly word is better than none.
    pub(crate) fn words(&self) -> String {
        let message = ENGLISH.get_message(&self.id);
        let words = message.and_then(|message| {
            let pattern = message.value()?;
            Some(self.fill(|args, faults| ENGLISH.format_pattern(pattern, Some(args), faults).into_owned()))
        });
        words.unwrap_or_else(|| self.id.clone())
    }

    /// What to do, where the catalogue says it.
    pub(crate) fn explanation(&self) -> String {
        let message = ENGLISH.get_message(&self.id);
        let words = message.and_then(|message| {
            let pattern = message.get_attribute(EXPLANATION)?.value();
            Some(self.fill(|args, faults| ENGLISH.format_pattern(pattern, Some(args), faults).into_owned()))
        });
        words.unwrap_or_default()
    }

    /// A variable that is missing shows as its name.
    fn fill(&self, format: impl FnOnce(&FluentArgs<'_>, &mut Vec<FluentError>) -> String) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in &self.args {
            args.set(name.as_str(), value.as_str());
        }
        let mut faults = Vec::new();
        let words = format(&args, &mut faults);
        if cfg!(test) {
            assert!(faults.is_empty(), "{}: {faults:?}", self.id);
        }
        words
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.words()
    }
}

/// A sentence without variables.
pub(crate) fn text(id: &str) -> String {
    Text::new(id).words()
}

impl UiError {
    /// What happened, a short sentence in English.
    pub fn message(&self) -> String {
        self.text.words()
    }

    /// What that means and what to do.
    pub fn explanation(&self) -> String {
        self.text.explanation()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_whole() {
        for file in FILES {
            assert!(
                FluentResource::try_new(file.to_owned()).is_ok(),
                "{}",
                file.lines().next().unwrap_or("")
            );
        }
    }

    #[test]
    fn variables_are_filled_in_and_options_select() {
        let text = Text::new("limit-unsupported-other").with("model", "A").with("option", "thinking");
        assert_eq!(text.with("other", "B").words(), "A doesn’t support thinking. Choose B.");
    }

    #[test]
    fn an_id_that_nobody_knows_stands_for_itself() {
        assert_eq!(
            (Text::new("no-such").words(), Text::new("no-such").explanation()),
            ("no-such".into(), String::new())
        );
    }
}
