//! What servers answer, each in its own form (their documentation and sources, 2026): which models, how large, and what they can.
//! Pure.

use net::http::HttpResponse;
use net::{one_line, tidy};
use serde_json::Value;

use super::{LocalModel, ServerKind};

/// So many models of a server are listed.
const MODELS: usize = 64;
/// The longest name, in characters.
const NAME: usize = 128;

/// A list of models.
pub(super) struct Listed {
    pub(super) kind: ServerKind,
    pub(super) wants_key: bool,
    pub(super) models: Vec<LocalModel>,
}

impl Listed {
    fn of(kind: ServerKind, models: impl Iterator<Item = LocalModel>) -> Self {
        let models = models.filter(|model| !model.id.is_empty()).take(MODELS).collect();
        Self { kind, wants_key: false, models }
    }

    fn wanting_a_key(kind: ServerKind) -> Self {
        Self { kind, wants_key: true, models: Vec::new() }
    }
}

/// Returns a name as it can be shown and sent; empty when it can't be either.
fn name(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let is_plain = text.chars().count() <= NAME && tidy(&one_line(text)) == text;
    if is_plain { text.to_owned() } else { String::new() }
}

fn json(answer: &HttpResponse) -> Option<Value> {
    if answer.status != 200 || answer.is_cut {
        return None;
    }
    serde_json::from_slice(&answer.body).ok()
}

fn wants_key(answer: &HttpResponse) -> bool {
    matches!(answer.status, 401 | 403)
}

fn has(list: &Value, word: &str) -> Option<bool> {
    Some(list.as_array()?.iter().any(|one| one == word))
}

/// `GET /api/tags` of Ollama. Its models that run elsewhere are left out: what is said would leave this computer.
pub(super) fn ollama(answer: &HttpResponse) -> Option<Listed> {
    let list = json(answer)?;
    let models = list["models"].as_array()?;
    let here = models.iter().filter(|model| {
        let is_remote = ["remote_host", "remote_model"]
            .iter()
            .any(|field| model[*field].as_str().is_some_and(|at| !at.is_empty()));
        !is_remote && has(&model["capabilities"], "completion") != Some(false)
    });
    let read = here.map(|model| LocalModel {
        id: name(model.get("model").unwrap_or(&model["name"])),
        bytes: model["size"].as_u64(),
        sees: has(&model["capabilities"], "vision"),
        calls: has(&model["capabilities"], "tools"),
        is_loaded: None,
    });
    Some(Listed::of(ServerKind::Ollama, read))
}

/// `POST /api/show` of Ollama, for one model.
pub(super) fn ollama_shown(answer: &HttpResponse, model: &mut LocalModel) {
    let Some(shown) = json(answer) else { return };
    let capabilities = &shown["capabilities"];
    (model.sees, model.calls) = (has(capabilities, "vision"), has(capabilities, "tools"));
    if has(capabilities, "completion") == Some(false) {
        // It makes vectors, and does not talk.
        model.id.clear();
    }
}

/// `GET /api/v1/models` of LM Studio, since version 0.4.
pub(super) fn lm_studio_newer(answer: &HttpResponse) -> Option<Listed> {
    if wants_key(answer) {
        return Some(Listed::wanting_a_key(ServerKind::LmStudio));
    }
    let list = json(answer)?;
    let talk = list["models"].as_array()?.iter().filter(|model| model["type"] == "llm");
    let models = talk.map(|model| LocalModel {
        id: name(&model["key"]),
        bytes: model["size_bytes"].as_u64(),
        sees: model["capabilities"]["vision"].as_bool(),
        calls: model["capabilities"]["trained_for_tool_use"].as_bool(),
        is_loaded: model["loaded_instances"].as_array().map(|loaded| !loaded.is_empty()),
    });
    Some(Listed::of(ServerKind::LmStudio, models))
}

/// `GET /api/v0/models` of LM Studio. It does not tell how large a model is.
pub(super) fn lm_studio(answer: &HttpResponse) -> Option<Listed> {
    if wants_key(answer) {
        return Some(Listed::wanting_a_key(ServerKind::LmStudio));
    }
    let list = json(answer)?;
    let talk =
        list["data"].as_array()?.iter().filter(|model| matches!(model["type"].as_str(), Some("llm" | "vlm")));
    let models = talk.map(|model| LocalModel {
        id: name(&model["id"]),
        bytes: None,
        sees: Some(model["type"] == "vlm"),
        calls: has(&model["capabilities"], "tool_use"),
        is_loaded: model["state"].as_str().map(|state| state == "loaded"),
    });
    Some(Listed::of(ServerKind::LmStudio, models))
}

/// `GET /v1/models` of any other server. Who made the model's entry tells whose server it is.
pub(super) fn open_ai(answer: &HttpResponse) -> Option<Listed> {
    if wants_key(answer) {
        // Jan says so in plain words.
        let words = String::from_utf8_lossy(&answer.body);
        let is_jan =
            words == "Missing authorization header" || words == "Invalid or missing authorization token";
        return Some(Listed::wanting_a_key(if is_jan { ServerKind::Jan } else { ServerKind::Other }));
    }
    let list = json(answer)?;
    let models = list["data"].as_array()?;
    let owner = |name: &str| models.iter().any(|model| model["owned_by"] == name);
    let kind = if owner("llamacpp") {
        ServerKind::LlamaCpp
    } else if owner("vllm") {
        ServerKind::Vllm
    } else if owner("me") {
        ServerKind::LlamaCppPython
    } else if owner("user") && models.iter().all(|model| model["created"] == 1) {
        ServerKind::Jan
    } else {
        ServerKind::Other
    };
    // llama.cpp lists its models once more as Ollama does, with what they can.
    let also = |id: &Value| {
        list["models"].as_array()?.iter().find(|model| model["model"] == *id || model["name"] == *id)
    };
    let read = models.iter().map(|model| LocalModel {
        id: name(&model["id"]),
        bytes: model["meta"]["size"].as_u64(),
        sees: also(&model["id"]).and_then(|also| has(&also["capabilities"], "multimodal")),
        calls: None,
        is_loaded: match (kind, model["status"]["value"].as_str()) {
            (ServerKind::LlamaCpp, Some(status)) => Some(status == "loaded"),
            // These serve what is loaded.
            (
                ServerKind::LlamaCpp | ServerKind::LlamaCppPython | ServerKind::Vllm | ServerKind::Jan,
                None,
            ) => Some(true),
            _ => None,
        },
    });
    Some(Listed::of(kind, read))
}

/// `GET /props` of llama.cpp, which serves one model.
pub(super) fn llama_cpp_props(answer: &HttpResponse, model: &mut LocalModel) {
    let Some(props) = json(answer) else { return };
    model.sees = props["modalities"]["vision"].as_bool().or(model.sees);
    // Without both the functions that are declared are left out without a word.
    let caps = &props["chat_template_caps"];
    model.calls = match (caps["supports_tools"].as_bool(), caps["supports_tool_calls"].as_bool()) {
        (Some(tools), Some(calls)) => Some(tools && calls),
        (one, other) => one.or(other),
    };
}

/// `GET /v1/models/capabilities` of LocalAI; returns whether it is that.
pub(super) fn local_ai_capabilities(answer: &HttpResponse, models: &mut Vec<LocalModel>) -> bool {
    let Some(list) = json(answer) else { return false };
    let Some(known) =
        list["data"].as_array().filter(|all| all.iter().any(|one| one["capabilities"].is_array()))
    else {
        return false;
    };
    models.retain_mut(|model| {
        let Some(told) = known.iter().find(|one| one["id"] == model.id.as_str()) else { return true };
        let capabilities = &told["capabilities"];
        if !capabilities.is_array() {
            return true;
        }
        (model.sees, model.calls) = (has(capabilities, "vision"), has(capabilities, "tools"));
        // It lists voices and recognisers too.
        has(capabilities, "chat") != Some(false)
    });
    true
}

/// `GET /.well-known/localai.json`.
pub(super) fn is_local_ai(answer: &HttpResponse) -> bool {
    json(answer).is_some_and(|told| told["version"].is_string() && told["endpoints"].is_object())
}
