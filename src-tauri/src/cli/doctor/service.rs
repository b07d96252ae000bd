//! Keyring, network and key, one after the other since each needs the one before; and the practice partner's weights.

use std::time::Duration;

use assets::{Catalogue, Store};
use conversation::of_connect;
use live_client::{ApiKey, Dialer, Endpoint, KeyCheck, ServiceDialer, check_key};
use net::{Connector, ProxyUrl};

use super::check::{Point, within};
use crate::config::secrets::{self, ProxySecret, Secrets};
use crate::config::{endpoint, local_models, proxy, speech_models};
use crate::contract::{KeySlot, KeyState, Settings, Severity, Text};
use crate::messages::{self, KeyringFault};

/// It may be asking the person to unlock it.
const KEYRING_LIMIT: Duration = Duration::from_secs(10);
/// Looking up, connecting and TLS, perhaps by a proxy.
const NETWORK_LIMIT: Duration = Duration::from_secs(12);
const KEY_LIMIT: Duration = Duration::from_secs(15);
/// The name of the service when no custom server is chosen.
const GOOGLE: &str = "wss://generativelanguage.googleapis.com";

/// Keyring, network, key.
pub(crate) async fn all(settings: Settings, lifted: Option<ProxyUrl>, offline: bool) -> Vec<Point> {
    let (sender, found) = tokio::sync::oneshot::channel();
    let keyring = async {
        let both = secrets::ask(|| (secrets::probe(), secrets::find().secrets)).await;
        let Ok((probe, secrets)) = both else { return vec![Point::failed_inside("the keyring's thread")] };
        let _ = sender.send(secrets);
        vec![keyring_point(probe)]
    };
    let mut points = within("keyring", KEYRING_LIMIT, false, keyring).await;
    // A keyring that hangs has no key either; what the environment holds is found without it.
    let mut secrets = found.await.unwrap_or_else(|_| secrets::of_environment());
    if let Some(url) = lifted {
        secrets.proxy = ProxySecret { state: KeyState::Session, url: Some(url) };
    }
    let slot = endpoint::slot(&settings, &secrets);
    let needed = slot.is_some();
    if offline {
        points.push(Point::ok("network", Text::new("doctor-not-tried")));
    } else {
        let way = network(&settings, slot, &secrets);
        points.extend(within("network", NETWORK_LIMIT, needed, way).await);
    }
    points.extend(within("key", KEY_LIMIT, needed, key(&settings, slot, &secrets, offline)).await);
    points
}

fn keyring_point(probe: Result<(), KeyringFault>) -> Point {
    let (id, detail) = match probe {
        Ok(()) => return Point::ok("keyring", Text::new("doctor-keyring")),
        Err(KeyringFault::NoService(detail)) => ("doctor-keyring-none", Some(detail)),
        Err(KeyringFault::Refused(detail)) => ("doctor-keyring-refused", Some(detail)),
        Err(KeyringFault::Silent) => ("doctor-keyring-silent", None),
    };
    Point { detail, ..Point::not("keyring", false, &Text::new(id)) }
}

async fn network(settings: &Settings, slot: Option<KeySlot>, secrets: &Secrets) -> Vec<Point> {
    let needed = slot.is_some();
    let own = settings.endpoint.as_deref().filter(|_| slot == Some(KeySlot::Server));
    let url = own.unwrap_or(GOOGLE).trim().to_owned();
    let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host).to_owned();
    // Without a key: that the way is open says nothing of who may go it.
    let endpoint = Endpoint::Custom { url: url.clone(), key: None::<ApiKey> };
    let dialer = proxy::choose(settings, &secrets.proxy).and_then(|proxy| {
        ServiceDialer::new(&endpoint, proxy).map_err(|error| messages::endpoint_refused(&url, &error))
    });
    let dialer = match dialer {
        Ok(dialer) => dialer,
        Err(error) => return vec![Point::error("network", needed, error)],
    };
    vec![match dialer.dial().await {
        Ok(_) => Point::ok("network", Text::new("doctor-network").with("host", host)),
        Err(error) => {
            let error = messages::ui_error(&of_connect(&error));
            let point = Point::error("network", needed, error);
            Point { says: format!("{host}: {}", point.says), ..point }
        }
    }]
}

async fn key(settings: &Settings, slot: Option<KeySlot>, secrets: &Secrets, offline: bool) -> Vec<Point> {
    let Some(slot) = slot else {
        return vec![match settings.endpoint {
            Some(_) => Point::ok("key", Text::new("doctor-key-not-needed")),
            None => Point::not("key", false, &Text::new("doctor-key-none")),
        }];
    };
    let dialer = match endpoint::service(settings, slot, secrets) {
        Ok(dialer) => dialer,
        Err(error) => return vec![Point::error("key", true, error)],
    };
    let place = match secrets.of(slot, settings).state {
        KeyState::Keyring => "doctor-key-keyring",
        KeyState::Environment => "doctor-key-environment",
        KeyState::Session | KeyState::Token => "doctor-key-session",
        KeyState::Missing if slot == KeySlot::Vertex => "doctor-key-credentials",
        KeyState::Missing => "doctor-key-optional",
    };
    let found = |id: &str| Point::ok("key", Text::new(id).with("place", messages::text(place)));
    if offline {
        return vec![found("doctor-key-not-tried")];
    }
    vec![match check_key(&dialer).await {
        Ok(KeyCheck::Accepted) => found("doctor-key-works"),
        Ok(KeyCheck::Unknown) => found("doctor-key-unknown"),
        Err(error) => {
            let error = messages::key_check(&error);
            Point::error("key", error.severity == Severity::Danger, error)
        }
    }]
}

/// The language model that the practice partner thinks with, where one is named. Connects and asks nothing.
pub(crate) async fn thinking(settings: Settings) -> Vec<Point> {
    if settings.think_url.is_none() {
        return Vec::new();
    }
    within("thinking", NETWORK_LIMIT, false, try_thinking(&settings)).await
}

async fn try_thinking(settings: &Settings) -> Vec<Point> {
    // Only a proxy of the settings may have a password in the keyring, which may take its time.
    let kept = match settings.proxy {
        Some(_) => secrets::find_for(settings).await.secrets.proxy,
        None => ProxySecret::default(),
    };
    let connector = match proxy::choose(settings, &kept) {
        Ok(choice) => Connector::new(choice),
        Err(error) => return vec![Point::error("thinking", false, error)],
    };
    let endpoint = match endpoint::thinking(settings, &Secrets::default()) {
        Ok(Some(endpoint)) => endpoint,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![Point::error("thinking", false, error)],
    };
    let url = match endpoint.url() {
        Ok(url) => url,
        Err(error) => return vec![Point::error("thinking", false, messages::thinking_refused(&error))],
    };
    let place = url.origin().authority();
    vec![match connector.connect(url.origin()).await {
        Ok(_) => {
            let text = Text::new("doctor-llm").with("place", place).with("model", &endpoint.model);
            Point::ok("thinking", text)
        }
        Err(error) => Point {
            detail: Some(error.to_string()),
            ..Point::not("thinking", false, &Text::new("doctor-llm-missing").with("place", place))
        },
    }]
}

/// The language models that servers on this computer offer.
pub(crate) async fn local(settings: Settings) -> Vec<Point> {
    let found = local_models::find(&settings).await;
    if found.servers.is_empty() {
        return vec![Point::ok("local", Text::new("doctor-local-none"))];
    }
    let said = found.servers.iter().map(|server| {
        let text = match (server.wants_key, server.models.is_empty()) {
            (true, _) => Text::new("doctor-local-locked"),
            (false, true) => Text::new("doctor-local-empty"),
            (false, false) => {
                let models = server.models.iter().map(local_models::words).collect::<Vec<_>>();
                Text::new("doctor-local").with("models", models.join("; "))
            }
        };
        Point::ok("local", text.with("server", server.name.words()).with("url", &server.url))
    });
    said.collect()
}

/// What the practice partner speaks and hears with.
pub(crate) async fn assets(settings: Settings) -> Vec<Point> {
    let tried = threads::blocking("doctor", move || try_assets(&settings)).await;
    vec![tried.unwrap_or_else(|| Point::failed_inside(&messages::text("doctor-thread")))]
}

fn try_assets(settings: &Settings) -> Point {
    let (store, catalogue) = (Store::of_user(), Catalogue::with(speech_models::recogniser(settings)));
    let not = |text: Text| Point::not("assets", false, &text);
    let missing = store.missing(&catalogue);
    if !missing.is_empty() {
        let bytes: u64 = missing.iter().map(|asset| asset.size).sum();
        let all = catalogue.assets().len();
        let text = Text::new("doctor-assets-missing").with("missing", missing.len().to_string());
        let text = text.with("all", all.to_string());
        return not(text.with("megabytes", bytes.div_ceil(1 << 20).to_string()));
    }
    for asset in catalogue.assets() {
        match store.is_sound(asset) {
            Ok(true) => {}
            Ok(false) => {
                return not(Text::new("doctor-assets-damaged").with("file", &asset.file));
            }
            Err(error) => return not(Text::new("doctor-assets-unreadable").with("error", error.to_string())),
        }
    }
    Point::ok("assets", speech_models::words(&speech_models::of_user(settings)))
}
