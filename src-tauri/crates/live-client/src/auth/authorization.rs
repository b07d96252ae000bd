//! How a request says who asks (PROTOCOL.md §1.2): one header, never a query. Pure; never blocks.

use std::fmt;

use net::Scrubber;

use super::access_token::AccessToken;
use super::key::ApiKey;

/// The secret of a request and the header that it travels in. `Debug` names the header alone.
#[derive(Clone)]
pub(crate) enum Authorization {
    /// No secret.
    None,
    /// An API key.
    Key(ApiKey),
    /// An ephemeral token: `auth_tokens/…`.
    Token(ApiKey),
    /// An OAuth access token, the newest there is when the request is written.
    Bearer(AccessToken),
}

impl Authorization {
    /// Returns name and value of the header. `None` also while there is no access token yet; the service then says what is
    /// missing.
    pub(crate) fn header(&self) -> Option<(&'static str, String)> {
        match self {
            Self::None => None,
            Self::Key(key) => Some(("x-goog-api-key", key.expose().to_owned())),
            Self::Token(token) => Some(("authorization", format!("Token {}", token.expose()))),
            Self::Bearer(token) => {
                token.get().map(|token| ("authorization", format!("Bearer {}", token.expose())))
            }
        }
    }

    /// Returns what must be removed from a server's words, the access tokens of earlier connections included.
    pub(crate) fn secrets(&self) -> Scrubber {
        match self {
            Self::None => Scrubber::default(),
            Self::Key(key) | Self::Token(key) => scrubber_of(std::slice::from_ref(key)),
            Self::Bearer(token) => scrubber_of(&token.granted()),
        }
    }

    /// The service refused it. An access token is not used again, so that the next dial asks for another.
    pub(crate) fn refused(&self) {
        if let Self::Bearer(token) = self {
            token.forget();
        }
    }
}

fn scrubber_of(keys: &[ApiKey]) -> Scrubber {
    Scrubber::new(keys.iter().map(|key| key.expose().to_owned()))
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Key(_) => "x-goog-api-key",
            Self::Token(_) => "authorization: Token",
            Self::Bearer(_) => "authorization: Bearer",
        })
    }
}
