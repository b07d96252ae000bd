//! A connection through a SOCKS5 proxy, which looks the name up itself: no DNS query of ours shows it.

use tokio::net::TcpStream;
use tokio_socks::Error;
use tokio_socks::tcp::Socks5Stream;

use super::target::Target;
use super::url::ProxyUrl;
use crate::error::ProxyFault;
use crate::stream::Stream;

/// Asks for the connection. Returns a stream that leads to the target.
pub(super) async fn enter(
    tcp: TcpStream,
    proxy: &ProxyUrl,
    target: Target<'_>,
) -> Result<Box<dyn Stream>, ProxyFault> {
    let address = (target.host, target.port);
    let entered = match proxy.credentials() {
        Some(credentials) => {
            let (name, password) = (credentials.name.as_str(), credentials.password.as_str());
            Socks5Stream::connect_with_password_and_socket(tcp, address, name, password).await
        }
        None => Socks5Stream::connect_with_socket(tcp, address).await,
    };
    match entered {
        Ok(stream) => Ok(Box::new(stream.into_inner())),
        Err(error) => Err(fault(error, proxy.credentials().is_some(), target)),
    }
}

fn fault(error: Error, has_credentials: bool, target: Target<'_>) -> ProxyFault {
    let target = target.to_string();
    match error {
        Error::Io(source) => source.into(),
        Error::NoAcceptableAuthMethods | Error::AuthorizationRequired if !has_credentials => {
            ProxyFault::CredentialsMissing
        }
        Error::PasswordAuthFailure(_) | Error::NoAcceptableAuthMethods | Error::AuthorizationRequired => {
            ProxyFault::CredentialsRefused
        }
        Error::ConnectionNotAllowedByRuleset => ProxyFault::Forbidden { target },
        Error::GeneralSocksServerFailure
        | Error::NetworkUnreachable
        | Error::HostUnreachable
        | Error::ConnectionRefused
        | Error::TtlExpired => ProxyFault::NoWay { target, reason: error.to_string() },
        Error::InvalidResponseVersion | Error::InvalidReservedByte | Error::UnknownAddressType => {
            ProxyFault::NotAProxy { kind: "a SOCKS5 proxy" }
        }
        // The library also says this of every code that it does not know.
        Error::UnknownAuthMethod => {
            ProxyFault::Refused { answer: "with a code that SOCKS5 does not have".into() }
        }
        // The rest are features that the proxy does not have; the error names them.
        other => ProxyFault::Refused { answer: other.to_string() },
    }
}
