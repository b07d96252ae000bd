//! The language models on this computer: where they are looked for, and what the window and the command line say of them.

use net::HttpUrl;
use practice::local_models::{self, LocalPort, ServerKind, USUAL_PORTS, Usual};

use crate::config::endpoint_name::text;
use crate::contract::{
    LocalChoice, LocalModel, LocalModels, LocalSearch, LocalServer, Settings, Text, UiError,
};
use crate::messages;

/// Looks for servers and their models: on the usual ports, and where the settings name one of this computer.
pub(crate) async fn find(settings: &Settings) -> LocalModels {
    let found = local_models::find(&ports(settings)).await;
    let proposed = local_models::best(&found).map(|(server, model)| LocalChoice {
        server: name(server),
        url: server.base_url(),
        model: model.id.clone(),
    });
    LocalModels { search: LocalSearch::Done, servers: found.into_iter().map(server).collect(), proposed }
}

/// Takes a model of this computer into the settings: the one of this name, or for an empty name the one to propose.
///
/// # Errors
/// When no server has such a model, or none was found.
pub(crate) async fn take(named: &str, settings: &mut Settings) -> Result<(), UiError> {
    let found = find(settings).await;
    let mut all =
        found.servers.iter().flat_map(|server| server.models.iter().map(move |model| (server, model)));
    let named = named.trim();
    let taken = match named {
        "" => found.proposed.as_ref().map(|choice| (choice.url.clone(), choice.model.clone())),
        // Ollama's names end in a tag, which is not told apart from its absence.
        named => all
            .find(|(_, model)| model.id == named || model.id.strip_suffix(":latest") == Some(named))
            .map(|(server, model)| (server.url.clone(), model.id.clone())),
    };
    let (url, model) = taken.ok_or_else(|| messages::no_local_model(named))?;
    (settings.think_url, settings.think_model) = (Some(url), Some(model));
    Ok(())
}

/// Returns which ports are asked.
fn ports(settings: &Settings) -> Vec<LocalPort> {
    let mut ports = usual();
    let named = text(settings.think_url.as_ref()).and_then(|url| url.parse::<HttpUrl>().ok());
    // The server is asked at 127.0.0.1, which "localhost" means as a rule.
    let here = named.filter(|url| !url.origin().is_encrypted).map(|url| url.origin().port);
    if let Some(number) = here.filter(|number| ports.iter().all(|port| port.number != *number)) {
        ports.push(LocalPort { number, usual: Usual::OpenAi });
    }
    ports
}

/// The usual ports. Tests name others, in a build for development only: `VIVAVOCE_LOCAL_PORTS=ollama:1234,openai:2345`.
fn usual() -> Vec<LocalPort> {
    #[cfg(debug_assertions)]
    if let Ok(named) = std::env::var("VIVAVOCE_LOCAL_PORTS") {
        return named.split(',').filter_map(of_test).collect();
    }
    USUAL_PORTS.to_vec()
}

#[cfg(debug_assertions)]
fn of_test(named: &str) -> Option<LocalPort> {
    let (usual, number) = named.split_once(':')?;
    let usual = match usual {
        "ollama" => Usual::Ollama,
        "lm-studio" => Usual::LmStudio,
        _ => Usual::OpenAi,
    };
    Some(LocalPort { number: number.parse().ok()?, usual })
}

fn server(found: local_models::LocalServer) -> LocalServer {
    let (name, url) = (name(&found), found.base_url());
    let models = found.models.into_iter().map(|model| LocalModel { facts: facts(&model), id: model.id });
    LocalServer { name, url, wants_key: found.wants_key, models: models.collect() }
}

/// Returns what a server is called.
fn name(server: &local_models::LocalServer) -> Text {
    match server.kind {
        ServerKind::Ollama => Text::new("local-ollama"),
        ServerKind::LmStudio => Text::new("local-lm-studio"),
        ServerKind::LlamaCpp => Text::new("local-llama-cpp"),
        ServerKind::LlamaCppPython => Text::new("local-llama-cpp-python"),
        ServerKind::Jan => Text::new("local-jan"),
        ServerKind::Vllm => Text::new("local-vllm"),
        ServerKind::LocalAi => Text::new("local-local-ai"),
        ServerKind::Other => Text::new("local-other").with("port", server.port.to_string()),
    }
}

/// Returns what is known of a model, and what is not.
fn facts(model: &local_models::LocalModel) -> Vec<Text> {
    let size = model.bytes.map(|bytes| {
        let gigabytes = bytes as f64 / 1e9;
        Text::new("local-size").with("gigabytes", format!("{gigabytes:.1}"))
    });
    let calls = Text::new(match model.calls {
        Some(true) => "local-calls",
        Some(false) => "local-no-calls",
        None => "local-calls-unknown",
    });
    let sees = Text::new(match model.sees {
        Some(true) => "local-sees",
        Some(false) => "local-no-eyes",
        None => "local-sees-unknown",
    });
    size.into_iter().chain([calls, sees]).collect()
}

/// Returns a model with what is known of it, as "qwen3:8b (5.2 GB, calls functions)".
pub(crate) fn words(model: &LocalModel) -> String {
    let facts = model.facts.iter().map(Text::words).collect::<Vec<_>>().join(", ");
    Text::new("local-model").with("model", &model.id).with("facts", facts).words()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(url: &str) -> Vec<u16> {
        let settings = Settings { think_url: Some(url.into()), ..Settings::default() };
        ports(&settings).iter().map(|port| port.number).collect()
    }

    #[test]
    fn usual_ports_are_asked_and_one_that_is_named_on_this_computer() {
        let usual = [11_434, 1_234, 8_080, 1_337, 8_000];
        for url in ["", "http://127.0.0.1:11434/v1", "https://models.example/v1", "nonsense"] {
            assert_eq!(named(url), usual, "{url}");
        }
        assert_eq!(named(" http://localhost:5001/v1 ").last(), Some(&5_001));
        let test = of_test("ollama:4711");
        assert_eq!(test, Some(LocalPort { number: 4_711, usual: Usual::Ollama }));
        assert_eq!((of_test("ollama"), of_test("x:70000")), (None, None));
    }

    #[test]
    fn what_is_unknown_of_a_model_is_said_to_be() {
        let mut model = local_models::LocalModel {
            id: "qwen3:8b".into(),
            bytes: Some(5_225_388_164),
            sees: Some(false),
            calls: Some(true),
            is_loaded: None,
        };
        let said = |model: &local_models::LocalModel| {
            words(&LocalModel { id: model.id.clone(), facts: facts(model) })
        };
        assert_eq!(said(&model), "qwen3:8b (5.2 GB, calls functions, no pictures)");
        (model.bytes, model.sees, model.calls) = (None, None, None);
        assert_eq!(said(&model), "qwen3:8b (functions unknown, pictures unknown)");
    }
}
