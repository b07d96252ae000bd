//! Turns the `endpoint` of the settings into a partner and a dialer to it.

use std::sync::Arc;

use live_client::{ApiKey, BoxFuture, ConnectError, Dialer, Endpoint, Request, ServiceDialer, Stream};
use live_server::{LiveServer, ServerConfig};
use net::Connector;
use practice::{LlmEndpoint, PracticeAgent, PracticeConfig, SpeechModels};
use tools::Registry;

use crate::config::endpoint_name::{self, named, text};
use crate::config::proxy;
use crate::config::secrets::Secrets;
use crate::contract::{KeySlot, Partner, Settings, UiError};
use crate::messages;

/// Bytes that may lie unread in each direction between the app and the practice partner: a second of replies.
const PRACTICE_PIPE: usize = 64 * 1024;
/// Where Vertex AI runs a model when nothing is said.
const VERTEX_LOCATION: &str = "us-central1";

/// A partner and the way to it.
pub(crate) struct ChosenEndpoint {
    /// Who.
    pub partner: Partner,
    /// How.
    pub dialer: Arc<dyn Dialer>,
    /// What the partner calls the model.
    pub model: String,
    /// The functions that it may call, which go by the proxy that was chosen.
    pub tools: Arc<Registry>,
}

/// Chooses by the settings: unset means Gemini when there is a key, else the practice partner.
///
/// # Errors
/// When a key or a part of an address is missing or can't be meant.
pub(crate) fn choose(
    settings: &Settings,
    model: &str,
    secrets: &Secrets,
    models: &SpeechModels,
) -> Result<ChosenEndpoint, UiError> {
    choose_opened_by(settings, model, secrets, models, false)
}

/// The same for the window: a practice partner that understands speech begins the conversation. One that does not explains
/// itself with its first answer.
///
/// # Errors
/// As for [`choose`].
pub(crate) fn choose_for_window(
    settings: &Settings,
    model: &str,
    secrets: &Secrets,
    models: &SpeechModels,
) -> Result<ChosenEndpoint, UiError> {
    choose_opened_by(settings, model, secrets, models, models.has_recogniser())
}

fn choose_opened_by(
    settings: &Settings,
    model: &str,
    secrets: &Secrets,
    models: &SpeechModels,
    greets: bool,
) -> Result<ChosenEndpoint, UiError> {
    let tools = Arc::new(Registry::builtin_by(proxy::for_tools(settings, secrets)));
    let Some(slot) = slot(settings, secrets) else {
        let mut config = PracticeConfig { models: models.clone(), greets, ..PracticeConfig::default() };
        if let Some(llm) = thinking(settings, secrets)? {
            config.connector = Connector::new(proxy::choose(settings, &secrets.proxy)?);
            config.llm = Some(llm);
        }
        let server = LiveServer::new(ServerConfig::default(), PracticeAgent::factory(config));
        return Ok(ChosenEndpoint {
            partner: Partner::Practice,
            dialer: Arc::new(PracticeDialer(server)),
            model: model.to_owned(),
            tools,
        });
    };
    let endpoint = endpoint(settings, slot, secrets)?;
    let partner = if slot == KeySlot::Server { Partner::Custom } else { Partner::Gemini };
    let dialer = dial(settings, &endpoint, secrets)?;
    Ok(ChosenEndpoint { partner, dialer: Arc::new(dialer), model: endpoint.model_name(model), tools })
}

/// Returns the practice partner's language model; `None` for the built-in intents.
///
/// # Errors
/// If it can't be used: no address, no name, or an unencrypted connection to another machine.
pub(crate) fn thinking(settings: &Settings, secrets: &Secrets) -> Result<Option<LlmEndpoint>, UiError> {
    let Some(url) = text(settings.think_url.as_ref()) else { return Ok(None) };
    let secret = secrets.of(KeySlot::Think, settings);
    if let (None, Some(unusable)) = (&secret.key, secrets.unusable(KeySlot::Think)) {
        return Err(messages::key_unusable(unusable.place, &unusable.reason));
    }
    let endpoint = LlmEndpoint {
        base_url: url.to_owned(),
        model: text(settings.think_model.as_ref()).unwrap_or_default().to_owned(),
        key: secret.key.map(|key| key.expose().to_owned()),
    };
    endpoint.check().map_err(|error| messages::thinking_refused(&error))?;
    Ok(Some(endpoint))
}

/// Returns whose key Start needs; none for the practice partner.
pub(crate) fn slot(settings: &Settings, secrets: &Secrets) -> Option<KeySlot> {
    // Whoever set a key, even a wrong one, wants Gemini.
    let has_key = secrets.gemini.key.is_some() || secrets.unusable(KeySlot::Gemini).is_some();
    endpoint_name::slot(settings, has_key)
}

/// A dialer for what the settings say of this slot, be it chosen now or not: also for checking a key.
///
/// # Errors
/// As for [`choose`].
pub(crate) fn service(
    settings: &Settings,
    slot: KeySlot,
    secrets: &Secrets,
) -> Result<ServiceDialer, UiError> {
    dial(settings, &endpoint(settings, slot, secrets)?, secrets)
}

fn dial(settings: &Settings, endpoint: &Endpoint, secrets: &Secrets) -> Result<ServiceDialer, UiError> {
    let proxy = proxy::choose(settings, &secrets.proxy)?;
    ServiceDialer::new(endpoint, proxy).map_err(|error| match endpoint {
        Endpoint::Custom { url, .. } => messages::endpoint_refused(url, &error),
        _ => messages::endpoint_refused("Vertex AI", &error),
    })
}

fn endpoint(settings: &Settings, slot: KeySlot, secrets: &Secrets) -> Result<Endpoint, UiError> {
    let key = |slot| secrets.of(slot, settings).key;
    let needed = |slot| -> Result<ApiKey, UiError> {
        key(slot).ok_or_else(|| match secrets.unusable(slot) {
            Some(unusable) => messages::key_unusable(unusable.place, &unusable.reason),
            None => messages::key_missing(slot),
        })
    };
    let location = || text(settings.vertex_location.as_ref()).unwrap_or(VERTEX_LOCATION).to_owned();
    Ok(match slot {
        KeySlot::Gemini => Endpoint::for_key(needed(slot)?),
        KeySlot::Vertex if named(settings) == Some("vertex-express") => {
            Endpoint::VertexExpress { key: needed(slot)?, location: location() }
        }
        KeySlot::Vertex => {
            let project = text(settings.vertex_project.as_ref()).ok_or_else(messages::project_missing)?;
            Endpoint::Vertex { project: project.to_owned(), location: location() }
        }
        // Google's key goes to Google only: a custom server has its own.
        KeySlot::Server => {
            Endpoint::Custom { url: named(settings).unwrap_or_default().to_owned(), key: key(slot) }
        }
        // No partner of its own.
        KeySlot::Think => return Err(messages::internal("a language model is no Live server")),
    })
}

/// Reaches the embedded server through memory: no port is opened.
struct PracticeDialer(LiveServer);

impl Dialer for PracticeDialer {
    fn request(&self) -> Request {
        Request::in_memory()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        let server = self.0.clone();
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(PRACTICE_PIPE);
            threads::task("practice", async move { server.serve_stream(theirs).await });
            Ok(Box::new(ours) as Box<dyn Stream>)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::secrets::{Secret, Server, Unusable};
    use crate::contract::{ErrorCode, Hint, KeyState};
    use live_client::BadKey;

    fn settings(endpoint: &str) -> Settings {
        Settings { endpoint: Some(endpoint.into()), ..Settings::default() }
    }

    fn with_keys() -> Secrets {
        let secret =
            |key: &str| Secret { state: KeyState::Session, key: ApiKey::new(key).ok(), server: None };
        Secrets {
            gemini: secret("google-key"),
            vertex: secret("vertex-key"),
            server: Secret { server: Server::of("ws://127.0.0.1:1"), ..secret("server-key") },
            ..Secrets::default()
        }
    }

    fn of(settings: &Settings, secrets: &Secrets) -> Result<Endpoint, UiError> {
        endpoint(settings, slot(settings, secrets).unwrap(), secrets)
    }

    #[test]
    fn unset_is_gemini_with_a_key_and_practice_without() {
        assert_eq!(slot(&Settings::default(), &with_keys()), Some(KeySlot::Gemini));
        assert_eq!(slot(&Settings::default(), &Secrets::default()), None);
        assert_eq!(slot(&settings("practice"), &with_keys()), None);
    }

    #[test]
    fn a_partner_may_be_written_in_capitals_and_with_blanks() {
        for (written, kept) in [
            ("Gemini", Some("gemini")),
            (" PRACTICE\n", Some("practice")),
            ("Rehearsal", Some("practice")),
            ("rehearse", Some("practice")),
            ("Vertex-Express", Some("vertex-express")),
            (" \t", None),
            (" WSS://Live.Example/A ", Some("WSS://Live.Example/A")),
        ] {
            let mut settings = settings(written);
            endpoint_name::normalize(&mut settings);
            assert_eq!(settings.endpoint.as_deref(), kept, "{written}");
        }
        assert_eq!(slot(&settings("Practice"), &with_keys()), None);
        assert_eq!(slot(&settings("GEMINI"), &Secrets::default()), Some(KeySlot::Gemini));
        let line = choose(&settings("WS://127.0.0.1:1"), "m", &with_keys(), &SpeechModels::none()).unwrap();
        assert_eq!(line.partner, Partner::Custom);
    }

    #[test]
    fn an_address_that_is_refused_is_not_repeated() {
        for endpoint in [
            "wss://me:Secret@live.example",
            "wss://live.example/?key=Secret",
            "wss://h/Secret#",
            "ws://Secret",
        ] {
            let error = choose(&settings(endpoint), "m", &with_keys(), &SpeechModels::none()).err().unwrap();
            assert!(!error.message().contains("Secret"), "{error:?}");
        }
    }

    #[test]
    fn each_key_goes_to_its_own_service_alone() {
        let key = |text: &str| ApiKey::new(text).unwrap();
        let keys = with_keys();
        assert_eq!(of(&settings("gemini"), &keys), Ok(Endpoint::Gemini { key: key("google-key") }));
        let server = of(&settings("ws://127.0.0.1:1"), &keys);
        assert_eq!(
            server,
            Ok(Endpoint::Custom { url: "ws://127.0.0.1:1".into(), key: Some(key("server-key")) })
        );
        let elsewhere = Endpoint::Custom { url: "wss://live.example".into(), key: None };
        assert_eq!(of(&settings("wss://live.example"), &keys), Ok(elsewhere));
        let express = Endpoint::VertexExpress { key: key("vertex-key"), location: VERTEX_LOCATION.into() };
        assert_eq!(of(&settings("vertex-express"), &keys), Ok(express));
        let project = Settings {
            vertex_project: Some("my-project".into()),
            vertex_location: Some("eu".into()),
            ..settings("vertex")
        };
        let vertex = Endpoint::Vertex { project: "my-project".into(), location: "eu".into() };
        assert_eq!(of(&project, &keys), Ok(vertex));
    }

    #[test]
    fn a_variable_that_holds_no_key_never_practices_silently() {
        let odd = |slot, place| Secrets {
            unusable: vec![Unusable { slot, place, reason: BadKey::Characters }],
            ..Secrets::default()
        };
        let secrets = odd(KeySlot::Gemini, "GEMINI_API_KEY");
        let error = choose(&Settings::default(), "m", &secrets, &SpeechModels::none()).err().unwrap();
        assert_eq!(error.message(), "GEMINI_API_KEY is not an API key");
        assert!(choose(&settings("practice"), "m", &secrets, &SpeechModels::none()).is_ok(), "it needs none");
        let secrets = odd(KeySlot::Think, "VIVAVOCE_THINK_KEY");
        let thinks = Settings {
            think_url: Some("http://127.0.0.1:1/v1".into()),
            think_model: Some("m".into()),
            ..settings("practice")
        };
        assert_eq!(
            thinking(&thinks, &secrets).unwrap_err().message(),
            "VIVAVOCE_THINK_KEY is not an API key"
        );
        assert_eq!(thinking(&settings("practice"), &secrets), Ok(None));
        // One that is entered takes its place.
        let mut secrets = odd(KeySlot::Gemini, "GEMINI_API_KEY");
        secrets.put(KeySlot::Gemini, with_keys().gemini);
        assert!(choose(&Settings::default(), "m", &secrets, &SpeechModels::none()).is_ok());
    }

    #[test]
    fn what_is_missing_is_said_with_the_way_to_it() {
        for endpoint in ["gemini", "vertex-express"] {
            let error = of(&settings(endpoint), &Secrets::default()).unwrap_err();
            assert_eq!((error.code, error.hints[0]), (ErrorCode::KeyMissing, Hint::EnterKey), "{endpoint}");
        }
        let error = of(&settings("vertex"), &with_keys()).unwrap_err();
        assert_eq!(error.hints[0], Hint::ChoosePartner);
    }

    #[test]
    fn vertex_calls_the_model_by_its_path() {
        let project = Settings { vertex_project: Some("p".into()), ..settings("vertex") };
        let models = SpeechModels::none();
        let line = choose(&project, "gemini-live", &with_keys(), &models).unwrap();
        assert!(line.model.ends_with("/publishers/google/models/gemini-live"), "{}", line.model);
        let gemini = choose(&settings("gemini"), "gemini-live", &with_keys(), &models).unwrap();
        assert_eq!(gemini.model, "gemini-live");
    }

    #[test]
    fn the_practice_partner_thinks_with_what_is_named_and_sends_that_key_alone() {
        let thinks = |url: &str, model: &str| Settings {
            think_url: Some(url.into()),
            think_model: Some(model.into()),
            ..settings("practice")
        };
        let think = Secret {
            state: KeyState::Keyring,
            key: ApiKey::new("think-key").ok(),
            server: Server::of("http://127.0.0.1:11434"),
        };
        let keys = Secrets { think, ..with_keys() };
        assert_eq!(thinking(&settings("practice"), &keys), Ok(None));
        let endpoint = thinking(&thinks(" http://127.0.0.1:11434/v1 ", "llama3.2"), &keys).unwrap().unwrap();
        assert_eq!(endpoint.base_url, "http://127.0.0.1:11434/v1");
        assert_eq!((endpoint.model.as_str(), endpoint.key.as_deref()), ("llama3.2", Some("think-key")));
        let elsewhere = thinking(&thinks("https://models.example/v1", "m"), &keys).unwrap().unwrap();
        assert_eq!(elsewhere.key, None);
        for (url, model) in [("llama", "m"), ("http://example.org/v1", "m"), ("https://example.org/v1", " ")]
        {
            let error = thinking(&thinks(url, model), &keys).unwrap_err();
            assert!(error.detail.is_some() && error.hints == [Hint::OpenSettings], "{url}: {error:?}");
            assert!(choose(&thinks(url, model), "m", &keys, &SpeechModels::none()).is_err());
        }
    }
}
