//! The API key: in the system's keyring, else in the environment, else for this run. It never leaves the backend
//! (ARCHITECTURE.md, invariant 5). The keyring may ask the person to unlock it, so every call here may block.

use std::env;

use live_client::ApiKey;

use crate::contract::{ErrorCode, Hint, KeyState, Severity, UiError};

const SERVICE: &str = "app.vivavoce.Vivavoce";
const ACCOUNT: &str = "gemini-api-key";

/// The key and where it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secret {
    /// Where.
    pub state: KeyState,
    /// The key itself; `Debug` redacts it.
    pub key: Option<ApiKey>,
}

/// Looks for the key: what was typed wins over the environment.
pub(crate) fn find() -> Secret {
    let kept = entry().and_then(|entry| entry.get_password()).ok();
    if let Some(key) = kept.and_then(|text| ApiKey::new(&text).ok()) {
        return Secret { state: KeyState::Keyring, key: Some(key) };
    }
    ["GEMINI_API_KEY", "GOOGLE_API_KEY"]
        .into_iter()
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

/// Keeps a key. A keyring that can't be used is said, and the key holds for this run.
pub(crate) fn keep(key: ApiKey) -> (Secret, Option<UiError>) {
    match entry().and_then(|entry| entry.set_password(key.expose())) {
        Ok(()) => (Secret { state: KeyState::Keyring, key: Some(key) }, None),
        Err(error) => (Secret { state: KeyState::Session, key: Some(key) }, Some(keyring_failed(&error))),
    }
}

/// Removes the key from the keyring; one in the environment stays and is found again.
pub(crate) fn forget() -> (Secret, Option<UiError>) {
    let trouble = match entry().and_then(|entry| entry.delete_credential()) {
        Ok(()) | Err(keyring::Error::NoEntry) => None,
        Err(error) => Some(keyring_failed(&error)),
    };
    (find(), trouble)
}

fn entry() -> keyring::Result<keyring::Entry> {
    keyring::Entry::new(SERVICE, ACCOUNT)
}

fn keyring_failed(error: &keyring::Error) -> UiError {
    UiError {
        code: ErrorCode::KeyringFailed,
        severity: Severity::Warn,
        message: "The system's keyring can't be used".into(),
        explanation: "The key holds until you quit. Unlock the keyring, then enter the key again to keep it."
            .into(),
        hints: vec![Hint::EnterKey],
        detail: Some(error.to_string()),
        suggestion: None,
    }
}
