//! The servers a conversation can go to, and what each calls a model (PROTOCOL.md §1.1). Pure; never blocks.

use std::fmt;

use crate::auth::{ApiKey, Authorization, TokenRenewal, TokenSource};
use crate::upgrade::{BadEndpoint, Request};

/// Every ephemeral token begins with this (PROTOCOL.md §1.2).
const TOKEN_PREFIX: &str = "auth_tokens/";
/// Far more than the id of a project or the name of a location has.
const MAX_NAME_BYTES: usize = 100;

/// A Live server and the credentials for it. `Debug` shows no secret and no URL.
#[derive(Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// The Gemini API with an API key.
    Gemini {
        /// The key.
        key: ApiKey,
    },
    /// The Gemini API with a token that someone else's server made for one conversation.
    Ephemeral {
        /// The token, `auth_tokens/…`.
        token: ApiKey,
    },
    /// Vertex AI in express mode: with an API key, without a project.
    VertexExpress {
        /// The key.
        key: ApiKey,
        /// Where the model runs: `global`, a region such as `us-central1`, or `us` or `eu`.
        location: String,
    },
    /// Vertex AI with an access token, from the file that `GOOGLE_APPLICATION_CREDENTIALS` names, else from `gcloud`.
    Vertex {
        /// The id or the number of the project that pays.
        project: String,
        /// As for [`Endpoint::VertexExpress`].
        location: String,
    },
    /// The user's own server: `wss://` anywhere, `ws://` on this computer only. Without a path, the Gemini API's.
    Custom {
        /// Where.
        url: String,
        /// A key, if it wants one.
        key: Option<ApiKey>,
    },
}

impl Endpoint {
    /// Returns the Gemini API with whatever was pasted: a key, or an ephemeral token, which its prefix tells. The service
    /// answers one in the place of the other with words that do not help (PROTOCOL.md §1.2).
    pub fn for_key(key: ApiKey) -> Self {
        if key.expose().starts_with(TOKEN_PREFIX) {
            Self::Ephemeral { token: key }
        } else {
            Self::Gemini { key }
        }
    }

    /// Returns what the setup's `model` must say for the model `id`. Vertex requires a path to it, everyone else the id;
    /// `models/` before it or a whole path may stand there already. live-proto passes ids with a slash through.
    pub fn model_name(&self, id: &str) -> String {
        let bare = id.strip_prefix("models/").unwrap_or(id);
        if bare.contains('/') {
            return id.to_owned();
        }
        match self {
            Self::Vertex { project, location } => {
                format!("projects/{project}/locations/{location}/publishers/google/models/{bare}")
            }
            Self::VertexExpress { .. } => format!("publishers/google/models/{bare}"),
            Self::Gemini { .. } | Self::Ephemeral { .. } | Self::Custom { .. } => id.to_owned(),
        }
    }

    /// Returns the upgrade request, and what renews its access token if it needs one.
    ///
    /// # Errors
    /// [`BadEndpoint`] for the part that can't be used.
    pub(crate) fn request(&self) -> Result<(Request, Option<TokenRenewal>), BadEndpoint> {
        let request = match self {
            Self::Gemini { key } => Request::gemini(key),
            Self::Ephemeral { token } if !token.expose().starts_with(TOKEN_PREFIX) => {
                return Err(BadEndpoint::NotAToken);
            }
            Self::Ephemeral { token } => Request::ephemeral(token),
            Self::VertexExpress { key, location } => {
                Request::vertex(&vertex_host(location)?, Authorization::Key(key.clone()))?
            }
            Self::Vertex { project, location } => {
                if !is_name(project, b"-.:_") {
                    return Err(BadEndpoint::Project);
                }
                let host = vertex_host(location)?;
                let renewal = TokenRenewal::new(TokenSource::from_environment());
                let request = Request::vertex(&host, Authorization::Bearer(renewal.token().clone()))?;
                return Ok((request, Some(renewal)));
            }
            Self::Custom { url, key } => {
                let request = Request::custom(url)?;
                key.as_ref().map_or(request.clone(), |key| request.with_key(key))
            }
        };
        Ok((request, None))
    }
}

/// Returns the host of a location. The two that span several regions have names of another form.
fn vertex_host(location: &str) -> Result<String, BadEndpoint> {
    match location {
        "global" => Ok("aiplatform.googleapis.com".to_owned()),
        "us" | "eu" => Ok(format!("aiplatform.{location}.rep.googleapis.com")),
        // It becomes part of the host's name: nothing in it may end that name.
        _ if is_name(location, b"-") => Ok(format!("{location}-aiplatform.googleapis.com")),
        _ => Err(BadEndpoint::Location),
    }
}

fn is_name(text: &str, marks: &[u8]) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || marks.contains(&byte);
    (1..=MAX_NAME_BYTES).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(is_fine)
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gemini { .. } => f.write_str("Gemini"),
            Self::Ephemeral { .. } => f.write_str("Ephemeral"),
            Self::VertexExpress { location, .. } => write!(f, "VertexExpress({location})"),
            Self::Vertex { project, location } => write!(f, "Vertex({project}, {location})"),
            // It was not checked yet and may hold a password.
            Self::Custom { .. } => f.write_str("Custom"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> ApiKey {
        ApiKey::new(text).unwrap()
    }

    fn vertex(project: &str, location: &str) -> Endpoint {
        Endpoint::Vertex { project: project.into(), location: location.into() }
    }

    #[test]
    fn a_pasted_token_is_told_from_a_key() {
        assert_eq!(Endpoint::for_key(key("AIza1")), Endpoint::Gemini { key: key("AIza1") });
        let token = key("auth_tokens/abc");
        assert_eq!(Endpoint::for_key(token.clone()), Endpoint::Ephemeral { token });
        let wrong = Endpoint::Ephemeral { token: key("AIza1") };
        assert_eq!(wrong.request().unwrap_err(), BadEndpoint::NotAToken);
    }

    #[test]
    fn each_location_has_its_host() {
        for (location, host) in [
            ("global", "aiplatform.googleapis.com"),
            ("us-central1", "us-central1-aiplatform.googleapis.com"),
            ("eu", "aiplatform.eu.rep.googleapis.com"),
        ] {
            let (request, renewal) = vertex("my-project", location).request().unwrap();
            assert_eq!((request.host(), request.port(), request.is_encrypted()), (host, 443, true));
            assert!(renewal.is_some());
            let express = Endpoint::VertexExpress { key: key("k"), location: location.into() };
            assert_eq!(express.request().unwrap().0.host(), host);
        }
    }

    #[test]
    fn no_name_can_change_the_host_or_the_path() {
        for location in
            ["", "evil.example/", "a@b", "US-central1", "x y", "a.b", "-a", "a:1", &"l".repeat(200)]
        {
            assert_eq!(vertex("p", location).request().unwrap_err(), BadEndpoint::Location, "{location}");
        }
        for project in ["", "a/b", "a b", "../x", "a\n"] {
            assert_eq!(vertex(project, "global").request().unwrap_err(), BadEndpoint::Project, "{project}");
        }
        for project in ["my-project", "123456", "example.com:old"] {
            assert!(vertex(project, "global").request().is_ok(), "{project}");
        }
    }

    #[test]
    fn vertex_calls_a_model_by_its_path() {
        let path = "projects/p/locations/eu/publishers/google/models/gemini-live";
        let vertex = vertex("p", "eu");
        assert_eq!(vertex.model_name("gemini-live"), path);
        assert_eq!(vertex.model_name("models/gemini-live"), path);
        assert_eq!(vertex.model_name(path), path);
        let express = Endpoint::VertexExpress { key: key("k"), location: "global".into() };
        assert_eq!(express.model_name("gemini-live"), "publishers/google/models/gemini-live");
        assert_eq!(Endpoint::Gemini { key: key("k") }.model_name("gemini-live"), "gemini-live");
    }

    #[test]
    fn debug_shows_no_secret() {
        let secret = key("auth_tokens/Secret");
        let url = "wss://me:Secret@x.y".to_owned();
        for endpoint in [
            Endpoint::Gemini { key: secret.clone() },
            Endpoint::Ephemeral { token: secret.clone() },
            Endpoint::VertexExpress { key: secret.clone(), location: "eu".into() },
            vertex("p", "eu"),
            Endpoint::Custom { url, key: Some(secret) },
        ] {
            assert!(!format!("{endpoint:?}").contains("Secret"), "{endpoint:?}");
        }
    }
}
