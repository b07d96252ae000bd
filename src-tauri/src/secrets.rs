//! Secrets: keys and the proxy's password. In the system's keyring, else in the environment, else for this run. They never
//! leave the backend (ARCHITECTURE.md, invariant 5). The keyring may ask the person to unlock it, so every call here that
//! touches it may block.

use std::env;

use live_client::{ApiKey, Endpoint, ProxyUrl};

use crate::contract::{ErrorCode, Hint, KeySlot, KeyState, Severity, UiError};

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
}

/// A key and where it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secret {
    /// Where.
    pub state: KeyState,
    /// The key itself; `Debug` redacts it.
    pub key: Option<ApiKey>,
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
    /// The key of this slot.
    pub(crate) fn of(&self, slot: KeySlot) -> &Secret {
        match slot {
            KeySlot::Gemini => &self.gemini,
            KeySlot::Vertex => &self.vertex,
            KeySlot::Server => &self.server,
            KeySlot::Think => &self.think,
        }
    }

    /// For an address that the keyring's key was not entered for: a language model's key goes to its own server alone.
    pub(crate) fn without_kept_think_key(self) -> Self {
        Self { think: key_of_environment(KeySlot::Think), ..self }
    }

    /// Takes another key for this slot.
    pub(crate) fn put(&mut self, slot: KeySlot, secret: Secret) {
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
    let [gemini, think] = [KeySlot::Gemini, KeySlot::Think].map(key_of_environment);
    Secrets { gemini, think, ..Secrets::default() }
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

/// Looks for one key: what was typed wins over the environment.
fn find_key(slot: KeySlot) -> Secret {
    let kept = entry(account(slot)).and_then(|entry| entry.get_password()).ok();
    match kept.and_then(|text| ApiKey::new(&text).ok()) {
        Some(key) => Secret { state: KeyState::Keyring, key: Some(key) },
        None => key_of_environment(slot),
    }
}

fn key_of_environment(slot: KeySlot) -> Secret {
    let names: &[&str] = match slot {
        KeySlot::Gemini => &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        KeySlot::Think => &["VIVAVOCE_THINK_KEY"],
        KeySlot::Vertex | KeySlot::Server => &[],
    };
    names
        .iter()
        .filter_map(|name| env::var(name).ok())
        .find_map(|text| ApiKey::new(&text).ok())
        .map_or_else(Secret::default, |key| Secret { state: KeyState::Environment, key: Some(key) })
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

/// Keeps a key. A keyring that can't be used is said, and the key holds for this run, as a token does anyway.
pub(crate) fn keep(slot: KeySlot, key: ApiKey) -> (Secret, Option<UiError>) {
    if slot == KeySlot::Gemini && matches!(Endpoint::for_key(key.clone()), Endpoint::Ephemeral { .. }) {
        return (Secret { state: KeyState::Token, key: Some(key) }, None);
    }
    let (state, trouble) = write(account(slot), key.expose());
    (Secret { state, key: Some(key) }, trouble)
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
        let (kept, trouble) = keep(KeySlot::Gemini, token);
        assert_eq!((kept.state, trouble), (KeyState::Token, None));
    }

    #[test]
    fn nothing_of_a_secret_is_printed() {
        let key = Secret { state: KeyState::Session, key: ApiKey::new("Secret").ok() };
        let url = "http://me:Secret@proxy:1".parse().ok();
        let proxy = ProxySecret { state: KeyState::Session, url };
        let all =
            Secrets { gemini: key.clone(), vertex: key.clone(), think: key.clone(), server: key, proxy };
        assert!(!format!("{all:?}").contains("Secret@") && !format!("{all:?}").contains("\"Secret\""));
    }
}
