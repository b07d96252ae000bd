//! Something answers, or is there, and no connection to it comes about. Pure.

use conversation::NoConnection;
use net::TlsFault;

use super::{Notice, named};
use crate::contract::{ErrorCode, Hint, Severity};

pub(super) fn code(why: NoConnection) -> ErrorCode {
    match why {
        NoConnection::KeyWanted => ErrorCode::KeyRefused,
        NoConnection::Tls(_)
        | NoConnection::NotLive
        | NoConnection::NotListening
        | NoConnection::HungUp
        | NoConnection::Failing => ErrorCode::Network,
    }
}

/// `host` is the server's, where it is known.
pub(super) fn notice(why: NoConnection, host: Option<&str>) -> Notice {
    let hints: &[Hint] = match why {
        NoConnection::NotListening | NoConnection::Failing | NoConnection::HungUp => {
            &[Hint::TryAgain, Hint::ChoosePartner, Hint::Practice]
        }
        NoConnection::Tls(_) | NoConnection::NotLive => {
            &[Hint::ChoosePartner, Hint::TryAgain, Hint::Practice]
        }
        NoConnection::KeyWanted => &[Hint::EnterKey, Hint::ChoosePartner, Hint::Practice],
    };
    let id = match why {
        NoConnection::Tls(fault) => tls(fault),
        NoConnection::NotLive => "server-not-live",
        NoConnection::NotListening => "server-not-listening",
        NoConnection::HungUp => "server-hung-up",
        NoConnection::Failing => "server-failing",
        NoConnection::KeyWanted => "server-key-wanted",
    };
    (Severity::Danger, named(id, "server", host, "the-server"), hints)
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
                let (_, text, hints) = notice(NoConnection::Tls(*fault), Some("live.example"));
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
                notice(NoConnection::Tls(fault), None).1.explanation().contains("SSL_CERT_FILE"),
                "{fault:?}"
            );
        }
    }

    #[test]
    fn a_wrong_path_says_nothing_of_keys_models_or_gemini() {
        for why in
            [NoConnection::NotLive, NoConnection::NotListening, NoConnection::HungUp, NoConnection::Failing]
        {
            let (_, text, hints) = notice(why, Some("live.example"));
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
