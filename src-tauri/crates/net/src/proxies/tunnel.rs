//! A tunnel through an HTTP proxy: CONNECT (RFC 9110 §9.3.6), with Basic credentials where the address has some.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt;

use super::target::Target;
use super::url::ProxyUrl;
use crate::error::ProxyFault;
use crate::http_head::{self, Head, HeadFault};
use crate::stream::Stream;

/// Asks for the tunnel. Returns a stream that leads to the target.
pub(super) async fn enter(
    mut stream: Box<dyn Stream>,
    proxy: &ProxyUrl,
    target: Target<'_>,
) -> Result<Box<dyn Stream>, ProxyFault> {
    let mut request = format!(
        "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: vivavoce/{}\r\n",
        env!("CARGO_PKG_VERSION")
    );
    if let Some(credentials) = proxy.credentials() {
        let pair = STANDARD.encode(format!("{}:{}", credentials.name, credentials.password));
        request.extend(["Proxy-Authorization: Basic ", &pair, "\r\n"]);
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    match http_head::read(&mut stream).await {
        // In TLS the client speaks first: bytes that come now are not from the server behind the tunnel.
        Ok((head, rest)) if (200..300).contains(&head.status) && rest.is_empty() => Ok(stream),
        Ok((head, _)) => Err(fault(&head, proxy.credentials().is_some(), target)),
        Err(HeadFault::Io(error)) => Err(error.into()),
        Err(HeadFault::NotHttp(_)) => Err(ProxyFault::NotAProxy { kind: "an HTTP proxy" }),
    }
}

fn fault(head: &Head, has_credentials: bool, target: Target<'_>) -> ProxyFault {
    let target = target.to_string();
    match head.status {
        407 => {
            let offered: Vec<_> = head.all("proxy-authenticate").filter_map(scheme).collect();
            let is_basic = offered.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
            match (is_basic || offered.is_empty(), has_credentials) {
                (true, false) => ProxyFault::CredentialsMissing,
                (true, true) => ProxyFault::CredentialsRefused,
                (false, _) => ProxyFault::SignIn { offered: offered.join(" or ") },
            }
        }
        401 | 403 | 451 => ProxyFault::Forbidden { target },
        500..=599 => ProxyFault::NoWay { target, reason: format!("HTTP {}", head.status) },
        200..=299 => ProxyFault::NotAProxy { kind: "an HTTP proxy" },
        status => ProxyFault::Refused { answer: format!("HTTP {status}") },
    }
}

/// Returns the scheme of a challenge when it is a plain word: it is shown to a person.
fn scheme(challenge: &str) -> Option<&str> {
    let scheme = challenge.split_whitespace().next()?;
    let is_word =
        scheme.len() <= 20 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_word.then_some(scheme)
}
