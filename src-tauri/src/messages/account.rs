//! What the window says of keys, endpoints and proxies, in a conversation and before one. Pure.

use std::error::Error;

use conversation::{NoConnection, TroubleKind, of_connect};
use live_client::ConnectError;

use super::{Words, say, ui_error};
use crate::config::secrets::{Fault, Unusable};
use crate::contract::{ErrorCode, Hint, KeySlot, Severity, UiError};

pub(super) fn wrong_key() -> Words {
    say(
        Severity::Danger,
        "The service does not accept this key",
        "It may be mistyped, withdrawn, or not allowed to talk live. Paste it again whole, or make another.",
        &[Hint::EnterKey, Hint::GetKey, Hint::Rehearse],
    )
}

pub(super) fn expired_key() -> Words {
    say(
        Severity::Danger,
        "This key has expired",
        "Its time is over, as was set when it was made. Make a new one and paste it.",
        &[Hint::GetKey, Hint::EnterKey, Hint::Rehearse],
    )
}

pub(super) fn leaked_key() -> Words {
    say(
        Severity::Danger,
        "This key was found in public and is blocked",
        "Google blocks keys that anyone can read. Delete it there, make a new one, and paste that.",
        &[Hint::GetKey, Hint::EnterKey, Hint::Rehearse],
    )
}

pub(super) fn not_paid() -> Words {
    say(
        Severity::Danger,
        "This account has no credit left, or its billing is off",
        "Add credit or turn on billing at https://aistudio.google.com/billing, then try again. Another key may work too.",
        &[Hint::OpenBilling, Hint::TryAgain, Hint::EnterKey, Hint::Rehearse],
    )
}

pub(super) fn no_credentials() -> Words {
    say(
        Severity::Danger,
        "There is no way into Vertex AI",
        "The system's Google credentials were not found or not accepted. The details say what to do.",
        &[Hint::TryAgain, Hint::ChoosePartner, Hint::Rehearse],
    )
}

pub(super) fn proxy() -> Words {
    say(
        Severity::Danger,
        "The proxy does not let Vivavoce through",
        "The details say what it wants. Its address is in the settings.",
        &[Hint::ChooseProxy, Hint::TryAgain, Hint::Rehearse],
    )
}

/// There is no key and one is needed.
pub(crate) fn key_missing(slot: KeySlot) -> UiError {
    let whose = match slot {
        KeySlot::Gemini => "Gemini",
        KeySlot::Vertex => "Vertex AI in express mode",
        KeySlot::Server => "The server",
        KeySlot::Think => "The language model",
    };
    refusal(
        ErrorCode::KeyMissing,
        format!("{whose} needs a key, and there is none"),
        "Paste one, or start without a key with the rehearsal partner on this computer.",
        &[Hint::EnterKey, Hint::GetKey, Hint::Rehearse],
    )
}

/// There is something where a key should be, and it can't be one. It is not repeated: most of it may be a key.
pub(crate) fn key_unusable(unusable: &Unusable) -> UiError {
    let error = refusal(
        ErrorCode::KeyMissing,
        format!("{} is not an API key", unusable.place),
        "A key is one word of letters, digits and signs. Take away spaces, comments and line breaks, or enter the key anew.",
        &[Hint::EnterKey, Hint::GetKey, Hint::Rehearse],
    );
    UiError { detail: Some(unusable.reason.to_string()), ..error }
}

/// The keyring did not keep what was entered, or did not forget it.
pub(crate) fn keyring_failed(fault: &Fault) -> UiError {
    let (message, explanation, detail) = match fault {
        Fault::NoService(detail) => (
            "No keyring service is running",
            "What you entered holds until you quit. Start one, such as GNOME Keyring or KWallet, then enter it again to keep it.",
            Some(detail.clone()),
        ),
        Fault::Refused(detail) => (
            "The system's keyring can't be used",
            "What you entered holds until you quit. Unlock the keyring, then enter it again to keep it.",
            Some(detail.clone()),
        ),
        Fault::Silent => (
            "The system's keyring does not answer",
            "What you entered holds until you quit. Unlock the keyring or restart it, then enter it again to keep it.",
            None,
        ),
    };
    let error = refusal(ErrorCode::KeyringFailed, message.into(), explanation, &[Hint::EnterKey]);
    UiError { severity: Severity::Warn, detail, ..error }
}

/// The keyring did not say what it holds.
pub(crate) fn keyring_unread(fault: &Fault) -> UiError {
    let error = keyring_failed(fault);
    let explanation = match fault {
        Fault::NoService(_) => "Enter a key, or set GEMINI_API_KEY.",
        Fault::Refused(_) => "The keys in it are not used. Unlock it and try again, or enter a key for now.",
        Fault::Silent => {
            "The keys in it are not used. Unlock or restart it and try again, or enter a key for now."
        }
    };
    UiError { explanation: explanation.into(), hints: vec![Hint::TryAgain, Hint::EnterKey], ..error }
}

/// Start waits for the keyring.
pub(crate) fn keyring_slow() -> UiError {
    let error = refusal(
        ErrorCode::KeyringFailed,
        "Waiting for the system's keyring".into(),
        "It may be asking you to unlock it.",
        &[],
    );
    UiError { severity: Severity::Info, ..error }
}

/// Vertex AI is chosen and no project.
pub(crate) fn project_missing() -> UiError {
    refusal(
        ErrorCode::Credentials,
        "Vertex AI needs a project".into(),
        "Enter the id of the Google Cloud project that pays, or choose another partner.",
        &[Hint::ChoosePartner, Hint::Rehearse],
    )
}

/// A language model that can't be asked, and why.
pub(crate) fn thinking_refused(reason: &dyn Error) -> UiError {
    let error = refusal(
        ErrorCode::Refused,
        "The rehearsal partner's language model can't be used".into(),
        "Give its server's address, as http://127.0.0.1:11434/v1, and the model's name; or empty both.",
        &[Hint::OpenSettings],
    );
    UiError { detail: Some(reason.to_string()), ..error }
}

/// An endpoint that can't be used, and why. An address is not repeated: it may hold a key or a password.
pub(crate) fn endpoint_refused(endpoint: &str, reason: &dyn Error) -> UiError {
    let is_word = endpoint.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
    let shown = if is_word { endpoint } else { "This address" };
    let error = refusal(
        ErrorCode::Refused,
        format!("{shown} can't be used as a partner"),
        "Give gemini, rehearsal, vertex, ws:// to this computer, or wss:// to any other.",
        &[Hint::ChoosePartner, Hint::Rehearse],
    );
    UiError { detail: Some(reason.to_string()), ..error }
}

/// A proxy's address that can't be one. The reason does not repeat it, since it may hold a password.
pub(crate) fn proxy_refused(reason: &dyn Error) -> UiError {
    let error = refusal(
        ErrorCode::Proxy,
        "That is no proxy's address".into(),
        "Write it as http://host:port or socks5://name:password@host:port.",
        &[Hint::ChooseProxy],
    );
    UiError { detail: Some(reason.to_string()), ..error }
}

/// Why the check of a key came to nothing. What says nothing of the key is no more than a warning: it is kept.
pub(crate) fn key_check(error: &ConnectError) -> UiError {
    let trouble = of_connect(error);
    let said = ui_error(&trouble);
    let unchecked = |explanation: &str| UiError {
        severity: Severity::Warn,
        message: "The key could not be checked".into(),
        explanation: explanation.to_owned(),
        hints: vec![Hint::CheckKey],
        ..said.clone()
    };
    match trouble.kind {
        TroubleKind::Network => {
            unchecked("This computer seems to be offline. The key is kept and tried at Start.")
        }
        // That it wants a key, or another one, is what was asked.
        TroubleKind::NoConnection(why) if why != NoConnection::KeyWanted => {
            let hints = vec![Hint::CheckKey];
            UiError { severity: Severity::Warn, hints, ..said }
        }
        TroubleKind::TimedOut => {
            unchecked("The service did not answer in time. The key is kept and tried at Start.")
        }
        TroubleKind::Quota => UiError {
            severity: Severity::Warn,
            message: "The key is right, and its quota is used up".into(),
            hints: vec![Hint::CheckKey, Hint::EnterKey],
            ..said
        },
        TroubleKind::Billing => UiError {
            severity: Severity::Warn,
            message: "The key is right, and its account can't pay".into(),
            hints: vec![Hint::OpenBilling, Hint::CheckKey, Hint::EnterKey],
            ..said
        },
        TroubleKind::Proxy => {
            let hints = vec![Hint::ChooseProxy, Hint::CheckKey];
            UiError {
                hints,
                ..unchecked("The proxy does not let Vivavoce through; the details say what it wants.")
            }
        }
        _ => UiError { hints: instead_of_trying(&said.hints), ..said },
    }
}

/// Why the models of an account are not known.
pub(crate) fn models_unknown(error: &ConnectError) -> UiError {
    let said = key_check(error);
    let hints = said.hints.iter().copied().filter(|hint| *hint != Hint::CheckKey).collect();
    UiError { message: "Your models could not be asked for".into(), hints, ..said }
}

/// The account's service has no list of models.
pub(crate) fn no_list() -> UiError {
    let error = refusal(
        ErrorCode::Model,
        "There is no list of your models".into(),
        "This service, or an ephemeral token, gives none. Any model can be entered by its id.",
        &[],
    );
    UiError { severity: Severity::Warn, ..error }
}

/// There is no conversation to try again, but the check.
fn instead_of_trying(hints: &[Hint]) -> Vec<Hint> {
    let swapped = |hint: &Hint| if *hint == Hint::TryAgain { Hint::CheckKey } else { *hint };
    hints.iter().map(swapped).collect()
}

fn refusal(code: ErrorCode, message: String, explanation: &str, hints: &[Hint]) -> UiError {
    UiError {
        code,
        severity: Severity::Danger,
        message,
        explanation: explanation.to_owned(),
        hints: hints.to_vec(),
        detail: None,
        suggestion: None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use live_proto::CloseKind;
    use net::{NetError, NetworkFault, TlsFault};

    use super::*;

    fn refused(kind: CloseKind) -> ConnectError {
        ConnectError::Refused { kind, status: 400, reason: "its own words".into() }
    }

    #[test]
    fn wrong_expired_leaked_region_quota_and_offline_are_different_texts_each_with_a_way_out() {
        let offline = ConnectError::from(NetError::Network {
            kind: NetworkFault::Dns,
            host: "h".into(),
            source: io::Error::from(io::ErrorKind::NotFound),
        });
        let errors = [
            refused(CloseKind::KeyRefused),
            refused(CloseKind::KeyExpired),
            refused(CloseKind::KeyLeaked),
            refused(CloseKind::Region),
            refused(CloseKind::Quota),
            refused(CloseKind::Billing),
            offline,
        ];
        let mut texts = Vec::new();
        for error in &errors {
            let said = key_check(error);
            assert!(!said.hints.is_empty() && !said.hints.contains(&Hint::TryAgain), "{said:?}");
            assert!(said.detail.as_deref().is_some_and(|detail| !detail.is_empty()));
            texts.push((said.message, said.explanation));
        }
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), errors.len());
    }

    #[test]
    fn an_account_without_credit_leads_to_the_page_where_it_is_paid_for() {
        let trouble = conversation::Trouble { kind: TroubleKind::Billing, subject: None, detail: None };
        assert_eq!(ui_error(&trouble).hints[0], Hint::OpenBilling);
        assert_eq!(key_check(&refused(CloseKind::Billing)).hints[0], Hint::OpenBilling);
    }

    #[test]
    fn what_says_nothing_of_the_key_keeps_it() {
        let host = || "live.example".to_owned();
        let broken = || io::Error::from(io::ErrorKind::InvalidData);
        for error in [
            refused(CloseKind::Internal),
            refused(CloseKind::Other),
            NetError::Tls { host: host(), fault: TlsFault::Untrusted, source: broken() }.into(),
            ConnectError::NotLive { host: host(), reason: "a page".into() },
            NetError::Network { kind: NetworkFault::Refused, host: host(), source: broken() }.into(),
        ] {
            let said = key_check(&error);
            assert_eq!((said.severity, said.hints), (Severity::Warn, vec![Hint::CheckKey]));
            assert!(!said.explanation.contains("offline"), "{}", said.explanation);
            let models = models_unknown(&error);
            assert!(!models.explanation.contains("offline"), "{}", models.explanation);
        }
        assert_eq!(key_check(&refused(CloseKind::KeyExpired)).severity, Severity::Danger);
    }
}
