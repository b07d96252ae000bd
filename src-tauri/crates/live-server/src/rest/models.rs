//! The list of models as the service shows it. Pure.

use live_proto::catalogue::{Catalogue, Model, Thinking};
use serde_json::{Map, Value, json};

use super::{Answer, parameter};

/// Models of one page, unless the client says otherwise, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 1_000;
/// Tokens of the context and of a reply (PROTOCOL.md §5).
const INPUT_TOKENS: u32 = 131_072;
const OUTPUT_TOKENS: u32 = 65_536;

/// Lists the models that the Developer API serves, a page at a time.
pub(super) fn list(catalogue: &Catalogue, query: &str) -> Answer {
    let number = |name| parameter(query, name).filter(|value| !value.is_empty()).map(str::parse::<usize>);
    let (Ok(size), Ok(from)) = (number("pageSize").transpose(), number("pageToken").transpose()) else {
        return Answer::invalid("pageSize must be a number, and pageToken one that this server returned.");
    };
    let size = size.filter(|size| *size > 0).unwrap_or(PAGE).min(LARGEST_PAGE);
    let from = from.unwrap_or(0);
    let models = catalogue.models();
    let page: Vec<Value> = models.iter().skip(from).take(size).map(|model| shown(model)).collect();
    let next = from.saturating_add(size);
    let mut answer = Map::from_iter([("models".to_owned(), Value::Array(page))]);
    if next < models.len() {
        answer.insert("nextPageToken".to_owned(), json!(next.to_string()));
    }
    Answer::ok(Value::Object(answer))
}

/// Shows one model.
pub(super) fn one(catalogue: &Catalogue, id: &str, version: &str) -> Answer {
    if let Some(model) = catalogue.models().into_iter().find(|model| model.id == id) {
        return Answer::ok(shown(model));
    }
    let id: String = id.chars().take(128).collect();
    Answer::not_found(format!("Model is not found: models/{id} for api version {version}"))
}

fn shown(model: &Model) -> Value {
    json!({
        "name": format!("models/{}", model.id),
        "version": model.id,
        "displayName": model.label,
        "inputTokenLimit": INPUT_TOKENS,
        "outputTokenLimit": OUTPUT_TOKENS,
        "supportedGenerationMethods": ["bidiGenerateContent"],
        "thinking": model.thinking != Thinking::None,
    })
}
