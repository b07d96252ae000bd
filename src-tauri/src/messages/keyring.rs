//! What the window says of a keyring that does not keep or give what it should. Pure.

use super::account::refusal;
use super::said;
use crate::contract::{ErrorCode, Hint, Severity, Text, UiError};

/// Why the keyring did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyringFault {
    /// There is no session bus, or nobody on it who keeps secrets.
    NoService(String),
    /// It is locked, or refuses.
    Refused(String),
    /// No answer came in time.
    Silent,
}

/// The keyring did not keep what was entered, or did not forget it.
pub(crate) fn keyring_failed(fault: &KeyringFault) -> UiError {
    let (id, detail) = match fault {
        KeyringFault::NoService(detail) => ("keyring-none", Some(detail.clone())),
        KeyringFault::Refused(detail) => ("keyring-refused", Some(detail.clone())),
        KeyringFault::Silent => ("keyring-silent", None),
    };
    let error = refusal(ErrorCode::KeyringFailed, Text::new(id), &[Hint::EnterKey]);
    UiError { severity: Severity::Warn, detail, ..error }
}

/// The keyring did not say what it holds.
pub(crate) fn keyring_unread(fault: &KeyringFault) -> UiError {
    let id = match fault {
        KeyringFault::NoService(_) => "keyring-unread-none",
        KeyringFault::Refused(_) => "keyring-unread-refused",
        KeyringFault::Silent => "keyring-unread-silent",
    };
    let hints = vec![Hint::TryAgain, Hint::EnterKey];
    UiError { text: Text::new(id), hints, ..keyring_failed(fault) }
}

/// Start waits for the keyring.
pub(crate) fn keyring_slow() -> UiError {
    said(ErrorCode::KeyringFailed, Severity::Info, Text::new("keyring-slow"), &[])
}
