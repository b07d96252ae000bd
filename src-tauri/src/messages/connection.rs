//! Messages for connections that can't be made and for sessions that end. Pure.

use conversation::NoConnection;
use live_proto::CloseKind;
use net::TlsFault;

use super::account::{ANOTHER_KEY, NEW_KEY};
use super::{Notice, named};
use crate::contract::{ErrorCode, Hint, Severity, Text};

/// For a server that may work in a moment.
const SAME_SERVER: &[Hint] = &[Hint::TryAgain, Hint::ChoosePartner, Hint::Practice];
/// For a server that needs a change first.
const OTHER_SERVER: &[Hint] = &[Hint::ChoosePartner, Hint::TryAgain, Hint::Practice];

/// The session ended, or the service refused it.
pub(super) fn closed(kind: CloseKind) -> Notice {
    use CloseKind as K;
    use ErrorCode as C;
    use Hint as H;
    let (code, id, hints): (_, _, &[Hint]) = match kind {
        K::KeyRefused => (C::KeyRefused, "key-refused", NEW_KEY),
        K::KeyExpired => (C::KeyExpired, "key-expired", ANOTHER_KEY),
        K::KeyLeaked => (C::KeyLeaked, "key-leaked", ANOTHER_KEY),
        K::Region => (C::Region, "region", &[H::Practice]),
        K::Quota => (C::Quota, "quota", &[H::TryAgain, H::EnterKey, H::Practice]),
        K::Billing => (C::Billing, "billing", &[H::OpenBilling, H::TryAgain, H::EnterKey, H::Practice]),
        K::ModelNotFound => (C::Model, "model-unnamed", &[H::ChooseModel]),
        K::Refused => (C::Refused, "refused", &[H::ChooseModel, H::OpenSettings]),
        K::Protocol => (C::Protocol, "protocol", &[H::ChoosePartner, H::TryAgain]),
        K::LimitExceeded => (C::LimitExceeded, "limit-exceeded", &[H::TryAgain]),
        K::Network => return not_made(NoConnection::Offline, None),
        K::SetupTimeout => return not_made(NoConnection::TimedOut, None),
        K::Bug => (C::Internal, "internal", &[H::TryAgain]),
        K::Normal | K::SessionNotFound | K::Transient | K::Internal | K::DeadlineExpired | K::Other => {
            (C::Closed, "closed", &[H::TryAgain])
        }
    };
    (code, Severity::Danger, Text::new(id), hints)
}

/// There is no connection to the server of this name.
pub(super) fn not_made(why: NoConnection, host: Option<&str>) -> Notice {
    use Hint as H;
    use NoConnection as Why;
    let (code, id, hints): (_, _, &[Hint]) = match why {
        Why::Offline => (ErrorCode::Network, "network", &[H::TryAgain, H::Practice]),
        Why::TimedOut => (ErrorCode::TimedOut, "timed-out", &[H::TryAgain, H::ChooseModel]),
        Why::Proxy => (ErrorCode::Proxy, "proxy", &[H::ChooseProxy, H::TryAgain, H::Practice]),
        Why::Credentials => {
            (ErrorCode::Credentials, "credentials", &[H::TryAgain, H::ChoosePartner, H::Practice])
        }
        Why::Tls(fault) => (ErrorCode::Network, tls(fault), OTHER_SERVER),
        Why::NotLive => (ErrorCode::Network, "server-not-live", OTHER_SERVER),
        Why::NotListening => (ErrorCode::Network, "server-not-listening", SAME_SERVER),
        Why::HungUp => (ErrorCode::Network, "server-hung-up", SAME_SERVER),
        Why::Failing => (ErrorCode::Network, "server-failing", SAME_SERVER),
        Why::KeyWanted => {
            (ErrorCode::KeyRefused, "server-key-wanted", &[H::EnterKey, H::ChoosePartner, H::Practice])
        }
    };
    (code, Severity::Danger, named(id, "server", host, "the-server"), hints)
}

fn tls(fault: TlsFault) -> &'static str {
    match fault {
        TlsFault::Untrusted => "tls-untrusted",
        TlsFault::OtherName => "tls-other-name",
        TlsFault::Expired => "tls-expired",
        TlsFault::NotYetValid => "tls-not-yet-valid",
        TlsFault::Revoked => "tls-revoked",
        TlsFault::Unusable => "tls-unusable",
        TlsFault::NoAuthorities => "tls-no-authorities",
        TlsFault::Handshake => "tls-handshake",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TLS: [TlsFault; 8] = [
        TlsFault::Untrusted,
        TlsFault::OtherName,
        TlsFault::Expired,
        TlsFault::NotYetValid,
        TlsFault::Revoked,
        TlsFault::Unusable,
        TlsFault::NoAuthorities,
        TlsFault::Handshake,
    ];

    #[test]
    fn a_bad_certificate_is_not_called_a_network_that_is_down() {
        let mut messages: Vec<_> = TLS
            .iter()
            .map(|fault| {
                let (_, _, text, hints) = not_made(NoConnection::Tls(*fault), Some("live.example"));
                assert!(!text.explanation().contains("online") && !hints.is_empty(), "{text:?}");
                text.words()
            })
            .collect();
        assert!(
            messages.iter().filter(|message| message.contains("certificate of live.example")).count() >= 6
        );
        messages.sort();
        messages.dedup();
        assert_eq!(messages.len(), TLS.len());
        for fault in [TlsFault::Untrusted, TlsFault::OtherName, TlsFault::NoAuthorities] {
            assert!(
                not_made(NoConnection::Tls(fault), None).2.explanation().contains("SSL_CERT_FILE"),
                "{fault:?}"
            );
        }
    }

    #[test]
    fn a_wrong_path_says_nothing_of_keys_models_or_gemini() {
        for why in
            [NoConnection::NotLive, NoConnection::NotListening, NoConnection::HungUp, NoConnection::Failing]
        {
            let (_, _, text, hints) = not_made(why, Some("live.example"));
            let said = format!("{} {}", text.words(), text.explanation()).to_lowercase();
            assert!(said.contains("live.example"), "{said}");
            for word in ["key", "model", "gemini", "online"] {
                assert!(!said.contains(word), "{said}");
            }
            assert!(
                !hints.iter().any(|hint| matches!(hint, Hint::EnterKey | Hint::GetKey | Hint::ChooseModel))
            );
        }
    }
}
