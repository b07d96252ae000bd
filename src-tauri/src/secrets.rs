//! Secrets: keys and the proxy's password. In the system's keyring, else in the environment, else for this run. They never
//! leave the backend (ARCHITECTURE.md, invariant 5). The keyring may ask the person to unlock it, so every call here that
//! touches it may block.

use std::env;

use live_client::{ApiKey, BadKey, Endpoint, ProxyUrl};
use tauri::Url;

use crate::contract::{ErrorCode, Hint, KeySlot, KeyState, Settings, Severity, UiError};

const SERVICE: &str = "app.vivavoce.Vivavoce";
const PROXY_ACCOUNT: &str = "proxy";
/// Written and removed again, to see whether the keyring works.
const PROBE_ACCOUNT: &str = "doctor";
const PROBE: &str = "written by vivavoce doctor";

/// All secrets. `Debug` redacts each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    /// The Gemini API's key or token.
    pub gemini: Secret,
    /// Vertex AI's key.
    pub vertex: Secret,
    /// The key of a server of one's own.
    pub server: Secret,
    /// The key of the language model that the rehearsal partner thinks with.
    pub think: Secret,
    /// The proxy's address with its name and password.
    pub proxy: ProxySecret,
    /// What stands where a key should, and is none.
    pub unusable: Vec<Unusable>,
}

/// A text where a key should be, which can't be one: said, and not passed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unusable {
    /// Whose key it should be.
    pub slot: KeySlot,
    /// Where it stands: a variable, or the keyring.
    pub place: &'static str,
    /// Why it is none.
    pub reason: BadKey,
}

/// A key and where it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secret {
    /// Where.
    pub state: KeyState,
    /// The key itself; `Debug` redacts it.
    pub key: Option<ApiKey>,
    /// The only server that it goes to, as [`Server`] names it. None: its slot has one service, or it comes from the
    /// environment and is meant for whatever is named.
    pub server: Option<Server>,
}

/// A server that a key was entered for: scheme, host and port of its address, nothing else of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server(String);

impl Server {
    /// The server of an address; none when it is no address.
    pub(crate) fn of(address: &str) -> Option<Self> {
        let origin = Url::parse(address.trim()).ok()?.origin();
        origin.is_tuple().then(|| Self(origin.ascii_serialization()))
    }
}

/// A proxy's whole address and where it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProxySecret {
    /// Where.
    pub state: KeyState,
    /// With name and password; `Debug` leaves them out.
    pub url: Option<ProxyUrl>,
}

impl Secrets {
    /// The key of this slot for the server that these settings name: a key goes to the server alone that it was entered for.
    pub(crate) fn of(&self, slot: KeySlot, settings: &Settings) -> Secret {
        let secret = match slot {
            KeySlot::Gemini => &self.gemini,
            KeySlot::Vertex => &self.vertex,
            KeySlot::Server => &self.server,
            KeySlot::Think => &self.think,
        };
        if secret.server.is_none() || secret.server == server_of(slot, settings) {
            secret.clone()
        } else {
            key_of_environment(slot)
        }
    }

    /// What stands where this slot's key should be, when it is none.
    pub(crate) fn unusable(&self, slot: KeySlot) -> Option<Unusable> {
        self.unusable.iter().find(|unusable| unusable.slot == slot).copied()
    }

    /// Takes another key for this slot.
    pub(crate) fn put(&mut self, slot: KeySlot, secret: Secret) {
        if secret.key.is_some() {
            self.unusable.retain(|unusable| unusable.slot != slot);
        }
        *match slot {
            KeySlot::Gemini => &mut self.gemini,
            KeySlot::Vertex => &mut self.vertex,
            KeySlot::Server => &mut self.server,
            KeySlot::Think => &mut self.think,
        } = secret;
    }
}

/// Looks for everything.
pub(crate) fn find() -> Secrets {
    let proxy = entry(PROXY_ACCOUNT).and_then(|entry| entry.get_password()).ok();
    let url = proxy.and_then(|text| text.parse().ok());
    Secrets {
        gemini: find_key(KeySlot::Gemini),
        vertex: find_key(KeySlot::Vertex),
        server: find_key(KeySlot::Server),
        think: find_key(KeySlot::Think),
        proxy: ProxySecret { state: if url.is_some() { KeyState::Keyring } else { KeyState::Missing }, url },
    }
}

/// What there is without the keyring.
pub(crate) fn of_environment() -> Secrets {
    let slots = [KeySlot::Gemini, KeySlot::Think];
    let [gemini, think] = slots.map(key_of_environment);
    let unusable = slots.into_iter().filter_map(unusable_in_environment).collect();
    Secrets { gemini, think, unusable, ..Secrets::default() }
}

/// Whether the keyring keeps what it is given. Only writing tells: a locked one reads as an empty one.
pub(crate) fn probe() -> Result<(), UiError> {
    let kept = entry(PROBE_ACCOUNT).and_then(|entry| {
        entry.set_password(PROBE)?;
        let kept = entry.get_password()?;
        entry.delete_credential()?;
        Ok(kept)
    });
    match kept {
        Ok(kept) if kept == PROBE => Ok(()),
        Ok(_) => Err(keyring_failed(&"it gave back something else than it was given")),
        Err(error) => Err(keyring_failed(&error)),
    }
}

/// Whether a key of this slot goes to a server that the settings name.
pub(crate) fn is_bound(slot: KeySlot) -> bool {
    matches!(slot, KeySlot::Server | KeySlot::Think)
}

/// The server that a key of this slot would go to; none where the slot has one service, or nothing is named.
pub(crate) fn server_of(slot: KeySlot, settings: &Settings) -> Option<Server> {
    let address = match slot {
        KeySlot::Gemini | KeySlot::Vertex => None,
        KeySlot::Server => settings.endpoint.as_deref(),
        KeySlot::Think => settings.think_url.as_deref(),
    };
    address.and_then(Server::of)
}

/// Looks for one key: what was typed wins over the environment.
fn find_key(slot: KeySlot) -> Secret {
    let kept = entry(account(slot)).and_then(|entry| entry.get_password()).ok();
    kept.and_then(|text| read(slot, &text)).unwrap_or_else(|| key_of_environment(slot))
}

/// What the keyring holds: the server and the key, or the key alone where the slot has one service.
fn read(slot: KeySlot, kept: &str) -> Option<Secret> {
    let (server, key) = match kept.split_once(' ') {
        Some((server, key)) if is_bound(slot) => (Some(Server(server.to_owned())), key),
        _ if is_bound(slot) => return None,
        _ => (None, kept),
    };
    Some(Secret { state: KeyState::Keyring, key: Some(ApiKey::new(key).ok()?), server })
}

/// The other way.
fn written(key: &ApiKey, server: Option<&Server>) -> String {
    match server {
        Some(Server(server)) => format!("{server} {}", key.expose()),
        None => key.expose().to_owned(),
    }
}

fn key_of_environment(slot: KeySlot) -> Secret {
    // One that can't be a key is said at Start, by [`unusable_in_environment`].
    let key = first_in_environment(slot, variable).and_then(|(_, key)| key.ok());
    let state = if key.is_some() { KeyState::Environment } else { KeyState::Missing };
    Secret { state, key, server: None }
}

fn unusable_in_environment(slot: KeySlot) -> Option<Unusable> {
    let (place, key) = first_in_environment(slot, variable)?;
    key.err().map(|reason| Unusable { slot, place, reason })
}

fn variable(name: &str) -> Option<String> {
    env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// The first variable for this slot that is set to something, and its key. `get` gives a variable's value.
fn first_in_environment(
    slot: KeySlot,
    get: impl Fn(&str) -> Option<String>,
) -> Option<(&'static str, Result<ApiKey, BadKey>)> {
    let names: &[&str] = match slot {
        KeySlot::Gemini => &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        KeySlot::Think => &["VIVAVOCE_THINK_KEY"],
        KeySlot::Vertex | KeySlot::Server => &[],
    };
    let set = names.iter().filter_map(|name| Some((*name, ApiKey::new(&get(name)?))));
    set.into_iter().find(|(_, key)| !matches!(key, Err(BadKey::Empty)))
}

/// A typed key, when it can be one.
pub(crate) fn parse(typed: &str) -> Result<ApiKey, UiError> {
    ApiKey::new(typed).map_err(|error| UiError {
        code: ErrorCode::KeyRefused,
        severity: Severity::Danger,
        message: "That is not a key".into(),
        explanation: "A key is one word of about 40 letters and digits. Paste it whole, without spaces."
            .into(),
        hints: vec![Hint::EnterKey, Hint::GetKey],
        detail: Some(error.to_string()),
        suggestion: None,
    })
}

/// Keeps a key, for this server alone if it is given. A keyring that can't be used is said, and the key holds for this run,
/// as a token does anyway.
pub(crate) fn keep(slot: KeySlot, key: ApiKey, server: Option<Server>) -> (Secret, Option<UiError>) {
    if slot == KeySlot::Gemini && matches!(Endpoint::for_key(key.clone()), Endpoint::Ephemeral { .. }) {
        return (Secret { state: KeyState::Token, key: Some(key), server }, None);
    }
    let (state, trouble) = write(account(slot), &written(&key, server.as_ref()));
    (Secret { state, key: Some(key), server }, trouble)
}

/// Removes a key from the keyring; one in the environment stays and is found again.
pub(crate) fn forget(slot: KeySlot) -> (Secret, Option<UiError>) {
    let trouble = remove(account(slot));
    (find_key(slot), trouble)
}

/// Keeps a proxy's whole address, name and password among it.
pub(crate) fn keep_proxy(text: &str, url: ProxyUrl) -> (ProxySecret, Option<UiError>) {
    let (state, trouble) = write(PROXY_ACCOUNT, text);
    (ProxySecret { state, url: Some(url) }, trouble)
}

/// Removes it.
pub(crate) fn forget_proxy() -> (ProxySecret, Option<UiError>) {
    (ProxySecret::default(), remove(PROXY_ACCOUNT))
}

fn write(account: &str, secret: &str) -> (KeyState, Option<UiError>) {
    match entry(account).and_then(|entry| entry.set_password(secret)) {
        Ok(()) => (KeyState::Keyring, None),
        Err(error) => (KeyState::Session, Some(keyring_failed(&error))),
    }
}

fn remove(account: &str) -> Option<UiError> {
    match entry(account).and_then(|entry| entry.delete_credential()) {
        Ok(()) | Err(keyring::Error::NoEntry) => None,
        Err(error) => Some(keyring_failed(&error)),
    }
}

fn account(slot: KeySlot) -> &'static str {
    match slot {
        KeySlot::Gemini => "gemini-api-key",
        KeySlot::Vertex => "vertex-express-key",
        KeySlot::Server => "own-server-key",
        KeySlot::Think => "language-model-key",
    }
}

fn entry(account: &str) -> keyring::Result<keyring::Entry> {
    keyring::Entry::new(SERVICE, account)
}

fn keyring_failed(error: &dyn std::fmt::Display) -> UiError {
    UiError {
        code: ErrorCode::KeyringFailed,
        severity: Severity::Warn,
        message: "The system's keyring can't be used".into(),
        explanation:
            "What you entered holds until you quit. Unlock the keyring, then enter it again to keep it."
                .into(),
        hints: vec![Hint::EnterKey],
        detail: Some(error.to_string()),
        suggestion: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_written_to_the_keyring() {
        let token = ApiKey::new("auth_tokens/abc").unwrap();
        let (kept, trouble) = keep(KeySlot::Gemini, token, None);
        assert_eq!((kept.state, trouble), (KeyState::Token, None));
    }

    #[test]
    fn nothing_of_a_secret_is_printed() {
        let key = Secret { state: KeyState::Session, key: ApiKey::new("Secret").ok(), server: None };
        let url = "http://me:Secret@proxy:1".parse().ok();
        let proxy = ProxySecret { state: KeyState::Session, url };
        let all = Secrets {
            gemini: key.clone(),
            vertex: key.clone(),
            think: key.clone(),
            server: key,
            proxy,
            unusable: Vec::new(),
        };
        assert!(!format!("{all:?}").contains("Secret@") && !format!("{all:?}").contains("\"Secret\""));
    }
    #[test]
    fn a_key_goes_to_the_server_alone_that_it_was_entered_for() {
        for (slot, here, same, others) in [
            (
                KeySlot::Server,
                "wss://live.example/a",
                "wss://live.example:443/b?c",
                ["wss://live.example:444/a", "ws://live.example/a", "gemini"],
            ),
            (
                KeySlot::Think,
                "https://models.example/v1",
                "https://MODELS.example",
                ["https://models.example.net/v1", "http://models.example/v1", ""],
            ),
        ] {
            let settings = |address: &str| match slot {
                KeySlot::Think => Settings { think_url: Some(address.into()), ..Settings::default() },
                _ => Settings { endpoint: Some(address.into()), ..Settings::default() },
            };
            let key = ApiKey::new("its-key").unwrap();
            let text = written(&key, server_of(slot, &settings(here)).as_ref());
            let mut secrets = Secrets::default();
            secrets.put(slot, read(slot, &text).unwrap());
            for address in [here, same] {
                assert_eq!(secrets.of(slot, &settings(address)).key, Some(key.clone()), "{address}");
            }
            for address in others {
                assert_eq!(secrets.of(slot, &settings(address)).key, None, "{address}");
            }
            assert!(read(slot, "its-key").is_none(), "nobody knows whose this is");
        }
    }

    #[test]
    fn a_variable_that_holds_no_key_is_seen_and_not_passed_by() {
        let of = |value: &str, other: Option<&str>| {
            first_in_environment(KeySlot::Gemini, |name| match name {
                "GEMINI_API_KEY" => Some(value.to_owned()),
                _ => other.map(str::to_owned),
            })
        };
        let key = ApiKey::new("AIzaSy-1").unwrap();
        for value in
            ["AIzaSy-1", "\"AIzaSy-1\"", " 'AIzaSy-1'\r\n", "AIza\u{200b}Sy-1", "\u{feff}AIzaSy-1\u{a0}"]
        {
            assert_eq!(of(value, None), Some(("GEMINI_API_KEY", Ok(key.clone()))), "{value:?}");
        }
        for value in [
            "\"AIza… # mine\"",
            "AIzaSy-1 # mine",
            "two words",
            "AIza\u{a0}Sy-1",
            "a\r\nb",
            "ключ",
            "\u{fffd}",
        ] {
            let found = of(value, Some("AIzaSy-1"));
            assert_eq!(found, Some(("GEMINI_API_KEY", Err(BadKey::Characters))), "{value:?}");
        }
        for value in ["", " \t", "\"\"", "\u{200b}"] {
            assert_eq!(of(value, None), None, "{value:?}");
            assert_eq!(of(value, Some("AIzaSy-1")), Some(("GOOGLE_API_KEY", Ok(key.clone()))), "{value:?}");
        }
    }

    #[test]
    fn a_key_of_the_environment_is_for_whatever_is_named() {
        let think = Secret { state: KeyState::Environment, key: ApiKey::new("k").ok(), server: None };
        let secrets = Secrets { think, ..Secrets::default() };
        let settings = Settings { think_url: Some("https://any.example".into()), ..Settings::default() };
        assert!(secrets.of(KeySlot::Think, &settings).key.is_some());
    }
}
