//! What the window says of keys, endpoints and proxies, in a conversation and before one. Pure.

use std::error::Error;

use conversation::{NoConnection, TroubleKind, of_connect};
use live_client::ConnectError;
use live_proto::CloseKind;

use super::{said, ui_error};
use crate::contract::{ErrorCode, Hint, KeySlot, Severity, Text, UiError};

/// For a key that may be mistyped.
pub(super) const NEW_KEY: &[Hint] = &[Hint::EnterKey, Hint::GetKey, Hint::Practice];
/// For a key that will never work again.
pub(super) const ANOTHER_KEY: &[Hint] = &[Hint::GetKey, Hint::EnterKey, Hint::Practice];

/// There is no key and one is needed.
pub(crate) fn key_missing(slot: KeySlot) -> UiError {
    let id = match slot {
        KeySlot::Gemini => "key-missing-gemini",
        KeySlot::Vertex => "key-missing-vertex",
        KeySlot::Server => "key-missing-server",
        KeySlot::Think => "key-missing-think",
    };
    refusal(ErrorCode::KeyMissing, Text::new(id), NEW_KEY)
}

/// There is something where a key should be, and it can't be one. It is not repeated: most of it may be a key.
pub(crate) fn key_unusable(place: &str, reason: &dyn Error) -> UiError {
    let text = Text::new("key-unusable").with("place", place);
    let error = refusal(ErrorCode::KeyMissing, text, NEW_KEY);
    UiError { detail: Some(reason.to_string()), ..error }
}

/// What was typed can't be a key. It is not repeated.
pub(crate) fn not_a_key(reason: &dyn Error) -> UiError {
    let hints = &[Hint::EnterKey, Hint::GetKey];
    UiError {
        detail: Some(reason.to_string()),
        ..refusal(ErrorCode::KeyRefused, Text::new("key-not-one"), hints)
    }
}

/// Vertex AI is chosen and no project.
pub(crate) fn project_missing() -> UiError {
    let hints = &[Hint::ChoosePartner, Hint::Practice];
    refusal(ErrorCode::Credentials, Text::new("project-missing"), hints)
}

/// A language model that can't be asked, and why.
pub(crate) fn thinking_refused(reason: &dyn Error) -> UiError {
    let error = refusal(ErrorCode::Refused, Text::new("llm-refused"), &[Hint::OpenSettings]);
    UiError { detail: Some(reason.to_string()), ..error }
}

/// No language model was found on this computer, or none of this name.
pub(crate) fn no_local_model(named: &str) -> UiError {
    let text = match named {
        "" => Text::new("local-model-none"),
        named => Text::new("local-model-missing").with("model", named),
    };
    refusal(ErrorCode::Refused, text, &[Hint::OpenSettings])
}

/// An endpoint that can't be used, and why. An address is not repeated: it may hold a key or a password.
pub(crate) fn endpoint_refused(endpoint: &str, reason: &dyn Error) -> UiError {
    let is_word = endpoint.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
    let text = if is_word {
        Text::new("endpoint-refused").with("endpoint", endpoint)
    } else {
        Text::new("endpoint-refused-address")
    };
    let error = refusal(ErrorCode::Refused, text, &[Hint::ChoosePartner, Hint::Practice]);
    UiError { detail: Some(reason.to_string()), ..error }
}

/// A proxy's address that can't be one. The reason does not repeat it, since it may hold a password.
pub(crate) fn proxy_refused(reason: &dyn Error) -> UiError {
    let error = refusal(ErrorCode::Proxy, Text::new("proxy-address"), &[Hint::ChooseProxy]);
    UiError { detail: Some(reason.to_string()), ..error }
}

/// Why the check of a key came to nothing. What says nothing of the key is no more than a warning: it is kept.
pub(crate) fn key_check(error: &ConnectError) -> UiError {
    let trouble = of_connect(error);
    let refused = ui_error(&trouble);
    let warning = |id: &str, hints: &[Hint]| UiError {
        severity: Severity::Warn,
        text: Text::new(id),
        hints: hints.to_vec(),
        ..refused.clone()
    };
    match trouble.kind {
        TroubleKind::NoConnection(why) => match why {
            NoConnection::Offline => warning("key-unchecked-offline", &[Hint::CheckKey]),
            NoConnection::TimedOut => warning("key-unchecked-slow", &[Hint::CheckKey]),
            NoConnection::Proxy => warning("key-unchecked-proxy", &[Hint::ChooseProxy, Hint::CheckKey]),
            // That it requires a key, or another one, answers the question.
            NoConnection::KeyWanted | NoConnection::Credentials => instead_of_trying(refused),
            _ => UiError { severity: Severity::Warn, hints: vec![Hint::CheckKey], ..refused },
        },
        TroubleKind::Closed(CloseKind::Quota) => {
            warning("key-right-quota", &[Hint::CheckKey, Hint::EnterKey])
        }
        TroubleKind::Closed(CloseKind::Billing) => {
            warning("key-right-billing", &[Hint::OpenBilling, Hint::CheckKey, Hint::EnterKey])
        }
        _ => instead_of_trying(refused),
    }
}

/// Why the models of an account are not known.
pub(crate) fn models_unknown(error: &ConnectError) -> UiError {
    let offline = of_connect(error).kind == TroubleKind::NoConnection(NoConnection::Offline);
    let unchecked = key_check(error);
    let hints = unchecked.hints.iter().copied().filter(|hint| *hint != Hint::CheckKey).collect();
    let text = Text::new(if offline { "models-unknown-offline" } else { "models-unknown" });
    UiError { text, hints, ..unchecked }
}

/// The account's service has no list of models.
pub(crate) fn no_list() -> UiError {
    said(ErrorCode::Model, Severity::Warn, Text::new("models-no-list"), &[])
}

/// Offers to check the key again: there is no conversation to start again.
fn instead_of_trying(mut error: UiError) -> UiError {
    for hint in error.hints.iter_mut().filter(|hint| **hint == Hint::TryAgain) {
        *hint = Hint::CheckKey;
    }
    error
}

pub(super) fn refusal(code: ErrorCode, text: Text, hints: &[Hint]) -> UiError {
    said(code, Severity::Danger, text, hints)
}

#[cfg(test)]
mod tests {
    use std::io;

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
            texts.push((said.message(), said.explanation()));
        }
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), errors.len());
    }

    #[test]
    fn an_account_without_credit_leads_to_the_page_where_it_is_paid_for() {
        let kind = TroubleKind::Closed(CloseKind::Billing);
        let trouble = conversation::Trouble { kind, subject: None, detail: None };
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
            assert!(!said.explanation().contains("offline"), "{said:?}");
            assert_eq!((said.severity, said.hints), (Severity::Warn, vec![Hint::CheckKey]));
            let models = models_unknown(&error);
            assert!(!models.explanation().contains("offline"), "{models:?}");
        }
        assert_eq!(key_check(&refused(CloseKind::KeyExpired)).severity, Severity::Danger);
    }
}
