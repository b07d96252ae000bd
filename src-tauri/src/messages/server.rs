//! What is said when something answers, or is there, and no connection to it comes about. Pure.

use conversation::NoConnection;
use net::TlsFault;

use super::Words;
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
pub(super) fn words(why: NoConnection, host: Option<&str>) -> Words {
    let name = host.unwrap_or("the server");
    let at_start = host.unwrap_or("The server");
    let hints: &[Hint] = match why {
        NoConnection::NotListening | NoConnection::Failing | NoConnection::HungUp => {
            &[Hint::TryAgain, Hint::ChoosePartner, Hint::Rehearse]
        }
        NoConnection::Tls(_) | NoConnection::NotLive => {
            &[Hint::ChoosePartner, Hint::TryAgain, Hint::Rehearse]
        }
        NoConnection::KeyWanted => &[Hint::EnterKey, Hint::ChoosePartner, Hint::Rehearse],
    };
    let (message, explanation) = match why {
        NoConnection::Tls(fault) => tls(fault, name, at_start),
        NoConnection::NotLive => (
            format!("There is no Live server at this path of {name}"),
            "Something answers there, but not as a Live server; the details say how. Check the address and its path.",
        ),
        NoConnection::NotListening => (
            format!("{at_start} refuses the connection"),
            "Nobody listens at this port. Is the server running, and is its address right?",
        ),
        NoConnection::HungUp => (
            format!("{at_start} closed the connection before it answered"),
            "Try again. If that does not help, check the address: is it wss:// or ws://, and the right port?",
        ),
        NoConnection::Failing => (
            format!("{at_start} can't take a conversation now"),
            "It answers with an error of its own, which is under Details. Try again in a while.",
        ),
        NoConnection::KeyWanted => (
            format!("{at_start} does not let you in"),
            "It wants a key, or another one. Enter the key of this server, or choose another partner.",
        ),
    };
    (Severity::Danger, message, explanation, hints)
}

fn tls(fault: TlsFault, name: &str, at_start: &str) -> (String, &'static str) {
    let not_trusted = |why: &str| format!("The certificate of {name} is not trusted{why}");
    match fault {
        TlsFault::Untrusted => (
            not_trusted(""),
            "Somebody may be listening in. If the server is your own, add its certificate authority to those that this \
             computer trusts, or name the authority's file in SSL_CERT_FILE.",
        ),
        TlsFault::OtherName => (
            not_trusted(": it is for another name"),
            "Is the address right? Use a name that stands in the certificate. If the server is your own, make it a \
             certificate for this name, and name your authority's file in SSL_CERT_FILE.",
        ),
        TlsFault::Expired => (
            not_trusted(": it has expired"),
            "Whoever runs the server must renew it. If it is new, check this computer's clock.",
        ),
        TlsFault::NotYetValid => (
            not_trusted(": it is not valid yet"),
            "Check this computer's clock. If that is right, whoever runs the server must replace the certificate.",
        ),
        TlsFault::Revoked => (
            not_trusted(": it was revoked"),
            "Its authority has withdrawn it. Don't use this server until it has another one.",
        ),
        TlsFault::Unusable => (
            not_trusted(": it can't be used"),
            "It is damaged, or made in a way that is not accepted; the details say more. Whoever runs the server must \
             replace it.",
        ),
        TlsFault::NoAuthorities => (
            "This computer has no list of trusted certificate authorities".to_owned(),
            "Install the system's CA certificates, or name a file of them in SSL_CERT_FILE.",
        ),
        TlsFault::Handshake => (
            format!("{at_start} does not answer in TLS"),
            "Something answers there, but not encrypted. Is the port right? A server on this computer may want ws:// in the \
             place of wss://.",
        ),
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
                let (_, message, explanation, hints) = words(NoConnection::Tls(*fault), Some("live.example"));
                assert!(!explanation.contains("online") && !hints.is_empty(), "{explanation}");
                message
            })
            .collect();
        assert!(messages.iter().filter(|message| message.contains("is not trusted")).count() >= 6);
        messages.sort();
        messages.dedup();
        assert_eq!(messages.len(), TLS.len());
        for fault in [TlsFault::Untrusted, TlsFault::OtherName, TlsFault::NoAuthorities] {
            assert!(words(NoConnection::Tls(fault), None).2.contains("SSL_CERT_FILE"), "{fault:?}");
        }
    }

    #[test]
    fn a_wrong_path_says_nothing_of_keys_models_or_gemini() {
        for why in
            [NoConnection::NotLive, NoConnection::NotListening, NoConnection::HungUp, NoConnection::Failing]
        {
            let (_, message, explanation, hints) = words(why, Some("live.example"));
            let said = format!("{message} {explanation}").to_lowercase();
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
