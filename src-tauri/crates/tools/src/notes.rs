//! `remember` and `recall`: notes that stay on this computer from one conversation to the next.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use crate::error::ToolError;
use crate::tool::{CallContext, CallFuture, Consent, Declaration, Terms, Tool, text_argument};

/// The longest note, in characters.
pub const MAX_NOTE_CHARS: usize = 500;
/// The most notes that are kept.
pub const MAX_NOTES: usize = 200;
/// The longest search, in characters.
const MAX_SEARCH_CHARS: usize = 200;
/// The most notes of one answer: more would fill the model's context.
const MAX_FOUND: usize = 50;

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When it was written, in milliseconds since 1970.
    pub at: u64,
    /// Its words.
    pub text: String,
}

/// Keeps notes.
pub trait NoteStore: Send + Sync + 'static {
    /// Adds a note of [`MAX_NOTE_CHARS`] at most. The error is words for the model: there are [`MAX_NOTES`] already, or
    /// they can't be written.
    fn add(&self, text: String) -> BoxFuture<'static, Result<(), String>>;

    /// The notes, the oldest first. The error is words for the model.
    fn all(&self) -> BoxFuture<'static, Result<Vec<Note>, String>>;
}

/// The tool `remember`.
pub struct Remember {
    store: Arc<dyn NoteStore>,
}

impl Remember {
    /// The tool on these notes.
    pub fn new(store: Arc<dyn NoteStore>) -> Self {
        Self { store }
    }
}

impl Tool for Remember {
    fn declaration(&self) -> Declaration {
        Declaration {
            name: "remember".into(),
            description:
                "Keeps a note for later conversations. Call it when the user asks you to remember something."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "note": {
                        "type": "string",
                        "description": "What to remember, as a sentence that is understood without this conversation.",
                    },
                },
                "required": ["note"],
            }),
        }
    }

    fn terms(&self) -> Terms {
        Terms::default()
    }

    fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async move {
            let note = text_argument(&args, "note", MAX_NOTE_CHARS)?;
            let note = note.ok_or_else(|| ToolError::BadArgument { reason: "`note` is missing".into() })?;
            let added = self.store.add(note).await;
            added.map_err(|reason| ToolError::Unavailable { reason }).map(|()| json!({"remembered": true}))
        })
    }
}

/// The tool `recall`.
pub struct Recall {
    store: Arc<dyn NoteStore>,
}

impl Recall {
    /// The tool on these notes.
    pub fn new(store: Arc<dyn NoteStore>) -> Self {
        Self { store }
    }
}

impl Tool for Recall {
    fn declaration(&self) -> Declaration {
        Declaration {
            name: "recall".into(),
            description:
                "Tells what you were asked to remember in earlier conversations. Call it when the user \
                          refers to that."
                    .into(),
            parameters: json!({
                "type": "object",
                "properties": {
                    "about": {
                        "type": "string",
                        "description": "Words that the notes must have; leave it out for the newest notes.",
                    },
                },
            }),
        }
    }

    fn terms(&self) -> Terms {
        // It tells the service what the person said at another time.
        Terms { consent: Consent::Ask, ..Terms::default() }
    }

    fn call(&self, args: Value, _: CallContext) -> CallFuture<'_> {
        Box::pin(async move {
            let about = text_argument(&args, "about", MAX_SEARCH_CHARS)?.unwrap_or_default();
            let all = self.store.all().await.map_err(|reason| ToolError::Unavailable { reason })?;
            let count = all.len();
            let found = all.iter().rev().filter(|note| has_a_word_of(note, &about)).take(MAX_FOUND);
            let notes: Vec<Value> = found.map(shown).collect();
            // A search in other words than the note's finds nothing; the model reads all of a few notes itself.
            let notes = if notes.is_empty() && count <= MAX_FOUND {
                all.iter().rev().map(shown).collect()
            } else {
                notes
            };
            Ok(json!({"notes": notes, "kept": count}))
        })
    }
}

fn shown(note: &Note) -> Value {
    let at = i64::try_from(note.at).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    json!({"date": at.map(|at| at.strftime("%Y-%m-%d").to_string()), "note": note.text})
}

/// Whether a note has one of the words, or none is asked for.
fn has_a_word_of(note: &Note, about: &str) -> bool {
    let text = note.text.to_lowercase();
    let mut words = about.split_whitespace().filter(|word| word.chars().count() > 2).peekable();
    words.peek().is_none() || words.any(|word| text.contains(&word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct InMemory(Mutex<Vec<Note>>);

    impl NoteStore for InMemory {
        fn add(&self, text: String) -> BoxFuture<'static, Result<(), String>> {
            let mut notes = self.0.lock().unwrap();
            let at = 1_764_547_200_000;
            notes.push(Note { at, text });
            Box::pin(async { Ok(()) })
        }

        fn all(&self) -> BoxFuture<'static, Result<Vec<Note>, String>> {
            let notes = self.0.lock().unwrap().clone();
            Box::pin(async { Ok(notes) })
        }
    }

    async fn recalled(store: &Arc<InMemory>, about: &str) -> Vec<String> {
        let tool = Recall::new(store.clone());
        let answer = tool.call(json!({"about": about}), CallContext::unattended()).await.unwrap();
        let notes = answer["notes"].as_array().unwrap().iter();
        notes.map(|note| note["note"].as_str().unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn what_was_remembered_is_found_by_its_words_the_newest_first() {
        let store = Arc::new(InMemory::default());
        for note in
            ["The car key is in the blue drawer.", "Ann is allergic to nuts.", "The blue bin is for paper."]
        {
            let tool = Remember::new(store.clone());
            let answer = tool.call(json!({"note": note}), CallContext::unattended()).await.unwrap();
            assert_eq!(answer, json!({"remembered": true}));
        }
        assert_eq!(recalled(&store, "what is BLUE").await.len(), 2);
        let answer =
            Recall::new(store.clone()).call(json!({"about": "ann"}), CallContext::unattended()).await;
        assert_eq!(answer.unwrap()["notes"][0]["date"], "2025-12-01");
        assert_eq!(recalled(&store, "ann").await, ["Ann is allergic to nuts."]);
        assert_eq!(recalled(&store, "").await[0], "The blue bin is for paper.");
        assert_eq!(recalled(&store, "automobile").await.len(), 3, "the model looks for it itself");
    }

    #[tokio::test]
    async fn a_note_is_bounded_and_asks_first() {
        let tool = Remember::new(Arc::new(InMemory::default()));
        for bad in [json!({}), json!({"note": " "}), json!({"note": "x".repeat(MAX_NOTE_CHARS + 1)})] {
            let error = tool.call(bad, CallContext::unattended()).await.unwrap_err();
            assert_eq!(error.code(), "bad_arguments");
        }
        assert_eq!(tool.terms().consent, Consent::Ask);
    }

    #[tokio::test]
    async fn one_answer_holds_a_bounded_number() {
        let store = Arc::new(InMemory::default());
        for number in 0..MAX_NOTES {
            store.add(format!("note {number}")).await.unwrap();
        }
        assert_eq!(recalled(&store, "note").await.len(), MAX_FOUND);
        assert_eq!(recalled(&store, "nowhere").await.len(), 0);
    }
}
