//! Reads a catalogue: bounded, validated as a whole, without panics on any user's file. Pure; never blocks.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::Error as _;
use toml::Table;

use super::Catalogue;
use super::behaviour::{Behaviour, Behaviours};
use super::model::{Model, Prices, Thinking, Voice};

/// The longest catalogue that is read, in bytes; the embedded one has about 8,000.
pub const MAX_BYTES: usize = 128 << 10;
/// The most models, and the most voices.
const MAX_ENTRIES: usize = 200;
/// The longest id, name or label, in bytes.
const MAX_WORD: usize = 128;

/// The date of a catalogue, such as `2026-11-23`. Later dates are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision {
    year: u16,
    month: u8,
    day: u8,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl FromStr for Revision {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |piece: Option<&str>, digits: usize| -> Option<u16> {
            let piece = piece.filter(|piece| piece.len() == digits)?;
            if piece.bytes().all(|byte| byte.is_ascii_digit()) { piece.parse().ok() } else { None }
        };
        let mut pieces = text.split('-');
        let (year, month, day) =
            (number(pieces.next(), 4), number(pieces.next(), 2), number(pieces.next(), 2));
        match (year, month, day, pieces.next()) {
            (Some(year), Some(month @ 1..=12), Some(day @ 1..=31), None) => {
                Ok(Self { year, month: month as u8, day: day as u8 })
            }
            _ => Err("a revision is a day such as \"2026-11-23\""),
        }
    }
}

impl<'de> Deserialize<'de> for Revision {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// Why a catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is longer than anything we would write.
    #[error("the model catalogue has {bytes} bytes; the limit is {MAX_BYTES}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// No TOML, or something at the top that does not fit.
    #[error("the model catalogue can't be read")]
    Format(#[from] toml::de::Error),
    /// There is nothing to choose from, or more than anyone would.
    #[error("the model catalogue must list 1 to {MAX_ENTRIES} models and as many voices")]
    Size,
    /// An entry whose fields have wrong types.
    #[error("the entry {id:?} of the model catalogue can't be read")]
    Entry {
        /// Its id; empty when it has none.
        id: String,
        /// The parser's error.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// An entry that contradicts itself or another one.
    #[error("the entry {id:?} of the model catalogue is wrong: {problem}")]
    Rule {
        /// Its id.
        id: String,
        /// What is wrong.
        problem: Problem,
    },
}

/// A problem of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The id is empty, too long, or holds more than letters, digits and `. _ -`.
    #[error("its id is not a valid model name")]
    Id,
    /// The label or the voice's name is empty or too long.
    #[error("its label is empty or too long")]
    Label,
    /// There is an entry of this id before it.
    #[error("it is listed twice")]
    Twice,
    /// `like` names no entry before it.
    #[error("its `like` names no entry before it")]
    Like,
    /// It has no modality.
    #[error("it has no modality")]
    Modality,
    /// Its default level is not among its levels.
    #[error("its default level of thinking is not among its levels")]
    Level,
    /// Its default behavior of functions is not among its behaviors.
    #[error("its default behavior of functions is not among its behaviors")]
    Behavior,
    /// A price is negative or not a number.
    #[error("a price is not zero or more")]
    Price,
    /// Its successor is not listed, or is itself.
    #[error("its successor is not listed")]
    Successor,
    /// It is listed first, so it is the default, and it can't be chosen.
    #[error("it is listed first, so it is the default, but it can't be chosen")]
    Default,
}

/// Why a user's catalogue does not replace the embedded one.
#[derive(Debug, thiserror::Error)]
pub enum NotUsed {
    /// The embedded one is newer, for example after an update of the app. This is not an error.
    #[error("the model catalogue of {theirs} is older than the app's own of {ours}")]
    Older {
        /// The file's.
        theirs: Revision,
        /// The embedded one's.
        ours: Revision,
    },
    /// It can't be used.
    #[error(transparent)]
    Unreadable(#[from] CatalogueError),
}

#[derive(Deserialize)]
struct File {
    revision: Revision,
    /// What every model does on Vertex AI, unless its entry says otherwise.
    #[serde(default)]
    vertex: Table,
    models: Vec<Table>,
    unknown: Table,
    voices: Vec<Voice>,
}

impl Catalogue {
    /// Reads a user's catalogue in the format of `models.toml`, if it is at least as new as `embedded`. So a user who
    /// edits a copy need not change its date. Callers should read at most [`MAX_BYTES`] + 1 bytes of a file.
    ///
    /// # Errors
    /// [`NotUsed`] when the file is older or unreadable; use the embedded catalogue then.
    pub fn newer(embedded: &Self, text: &str) -> Result<Self, NotUsed> {
        let theirs = Self::parse(text)?;
        if theirs.revision < embedded.revision {
            return Err(NotUsed::Older { theirs: theirs.revision, ours: embedded.revision });
        }
        Ok(theirs)
    }

    /// Reads a catalogue in the format of `models.toml`. Unknown fields are skipped.
    ///
    /// # Errors
    /// [`CatalogueError`] with the first problem; a catalogue is accepted as a whole or not at all.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        if text.len() > MAX_BYTES {
            return Err(CatalogueError::TooLong { bytes: text.len() });
        }
        let file: File = toml::from_str(text)?;
        let counts = 1..=MAX_ENTRIES;
        if !counts.contains(&file.models.len()) || !counts.contains(&file.voices.len()) {
            return Err(CatalogueError::Size);
        }
        let models = models(file.models, &file.vertex)?;
        let mut unknown = file.unknown;
        let behaviour = Written::of(&mut unknown).read("", &file.vertex)?;
        let unknown = Model { id: String::new(), behaviour, ..model("", unknown)? };
        check_rules(&unknown).map_err(|problem| rule("", problem))?;
        for voice in &file.voices {
            if !is_word(&voice.name) {
                return Err(rule(&voice.name, Problem::Label));
            }
        }
        Ok(Self { revision: file.revision, models, unknown, voices: file.voices })
    }
}

/// Returns the models in order. An entry with `like` inherits the fields that it does not set.
fn models(entries: Vec<Table>, vertex: &Table) -> Result<Vec<Model>, CatalogueError> {
    let mut models: Vec<Model> = Vec::with_capacity(entries.len());
    let mut behaviours: Vec<Written> = Vec::with_capacity(entries.len());
    for mut entry in entries {
        let id = entry.get("id").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        if !is_id(&id) {
            return Err(rule(&id, Problem::Id));
        }
        if models.iter().any(|other| other.id == id) {
            return Err(rule(&id, Problem::Twice));
        }
        let mut behaviour = Written::of(&mut entry);
        if let Some(like) = entry.remove("like") {
            let at = like.as_str().and_then(|like| models.iter().position(|model| model.id == like));
            let at = at.ok_or_else(|| rule(&id, Problem::Like))?;
            let pattern = &models[at];
            behaviour.inherit(&behaviours[at]);
            // Inherit from the parsed model, so that unknown fields are not copied.
            let pattern = Table::try_from(pattern).map_err(|_| rule(&id, Problem::Like))?;
            for (name, value) in pattern {
                entry.entry(name).or_insert(value);
            }
        }
        let model = Model { behaviour: behaviour.read(&id, vertex)?, ..model(&id, entry)? };
        check_rules(&model).map_err(|problem| rule(&id, problem))?;
        if !is_word(&model.label) {
            return Err(rule(&id, Problem::Label));
        }
        models.push(model);
        behaviours.push(behaviour);
    }
    for model in &models {
        let is_listed = |successor: &str| models.iter().any(|other| other.id == successor);
        let fits = |successor: &String| is_listed(successor) && *successor != model.id;
        if !model.successor.as_ref().is_none_or(fits) {
            return Err(rule(&model.id, Problem::Successor));
        }
    }
    match models.first() {
        Some(first) if first.is_choosable() => Ok(models),
        Some(first) => Err(rule(&first.id, Problem::Default)),
        None => Err(CatalogueError::Size),
    }
}

fn model(id: &str, table: Table) -> Result<Model, CatalogueError> {
    read(id, table)
}

fn read<T: serde::de::DeserializeOwned>(id: &str, table: Table) -> Result<T, CatalogueError> {
    table.try_into().map_err(|source| CatalogueError::Entry { id: id.to_owned(), source: Box::new(source) })
}

/// The table `behaviour` of an entry as it is written: only what differs from the defaults.
#[derive(Clone, Debug, Default)]
struct Written {
    both: Table,
    vertex: Table,
}

impl Written {
    /// Takes it out of an entry. Unknown fields are left out, so that they are not inherited.
    fn of(entry: &mut Table) -> Self {
        let Some(toml::Value::Table(mut both)) = entry.remove("behaviour") else { return Self::default() };
        let vertex = match both.remove("vertex") {
            Some(toml::Value::Table(vertex)) => known(vertex),
            _ => Table::new(),
        };
        Self { both: known(both), vertex }
    }

    /// Takes over what it does not say itself.
    fn inherit(&mut self, pattern: &Self) {
        fill(&mut self.both, &pattern.both);
        fill(&mut self.vertex, &pattern.vertex);
    }

    /// Reads what it says for each API. `vertex` is what every model does there.
    fn read(&self, id: &str, vertex: &Table) -> Result<Behaviours, CatalogueError> {
        let mut on_vertex = self.vertex.clone();
        fill(&mut on_vertex, vertex);
        fill(&mut on_vertex, &self.both);
        Ok(Behaviours { developer: read(id, self.both.clone())?, vertex: read(id, on_vertex)? })
    }
}

/// Adds the fields of `pattern` that `table` does not have.
fn fill(table: &mut Table, pattern: &Table) {
    for (name, value) in pattern {
        if !table.contains_key(name) {
            table.insert(name.clone(), value.clone());
        }
    }
}

fn known(mut table: Table) -> Table {
    let names = Table::try_from(Behaviour::default()).unwrap_or_default();
    table.retain(|name, _| names.contains_key(name));
    table
}

fn rule(id: &str, problem: Problem) -> CatalogueError {
    CatalogueError::Rule { id: id.chars().take(MAX_WORD).collect(), problem }
}

fn check_rules(model: &Model) -> Result<(), Problem> {
    if model.modalities.is_empty() {
        return Err(Problem::Modality);
    }
    if let Thinking::Level { levels, default, .. } = &model.thinking
        && !levels.contains(default)
    {
        return Err(Problem::Level);
    }
    let functions = &model.functions;
    if !functions.behaviors.is_empty() && !functions.behaviors.contains(&functions.default) {
        return Err(Problem::Behavior);
    }
    let is_price = |price: f64| price.is_finite() && price >= 0.0;
    if model.prices.iter().flat_map(Prices::all).any(|price| !is_price(price)) {
        return Err(Problem::Price);
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= MAX_WORD && !text.contains(char::is_control)
}

fn is_id(id: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !id.is_empty() && id.len() <= MAX_WORD && id.bytes().all(is_part)
}
