//! [`Dialer`] over the network: to one of the [`Endpoint`]s, by a [`ProxyChoice`].

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use net::{Connector, ProxyChoice, Stream};

use crate::auth::{ApiKey, TokenRenewal};
use crate::dialer::Dialer;
use crate::endpoint::Endpoint;
use crate::error::ConnectError;
use crate::upgrade::{BadEndpoint, Request};

/// Dials a Live server over the network. Each dial stands for itself: it looks the name up, chooses among the addresses
/// and, for Vertex, sees to a fresh access token. Clones share that token.
#[derive(Debug, Clone)]
pub struct ServiceDialer {
    request: Request,
    renewal: Option<TokenRenewal>,
    has_model_list: bool,
    connector: Connector,
}

impl ServiceDialer {
    /// For this server, by this way. Nothing is opened yet; the environment's proxies are read now, and one that is no
    /// address is said when dialling.
    ///
    /// # Errors
    /// [`BadEndpoint`] when the endpoint can't be meant.
    pub fn new(endpoint: &Endpoint, proxy: ProxyChoice) -> Result<Self, BadEndpoint> {
        let (request, renewal) = endpoint.request()?;
        let has_model_list = matches!(endpoint, Endpoint::Gemini { .. } | Endpoint::Custom { .. });
        Ok(Self { request, renewal, has_model_list, connector: Connector::new(proxy) })
    }

    /// The Gemini API with this key, by the environment's proxy.
    pub fn gemini(key: &ApiKey) -> Self {
        let connector = Connector::new(ProxyChoice::System);
        Self { request: Request::gemini(key), renewal: None, has_model_list: true, connector }
    }

    /// A server at `url`, with a key if it wants one: `wss://` anywhere, `ws://` on this computer only. By the environment's
    /// proxy.
    ///
    /// # Errors
    /// [`BadEndpoint`], before anything is opened.
    pub fn custom(url: &str, key: Option<&ApiKey>) -> Result<Self, BadEndpoint> {
        let endpoint = Endpoint::Custom { url: url.to_owned(), key: key.cloned() };
        Self::new(&endpoint, ProxyChoice::System)
    }

    /// Sees to an access token where one is needed.
    pub(crate) async fn renew(&self) -> Result<(), ConnectError> {
        match &self.renewal {
            Some(renewal) => renewal.renew(&self.connector).await,
            None => Ok(()),
        }
    }

    pub(crate) fn has_access_token(&self) -> bool {
        self.renewal.is_some()
    }

    pub(crate) fn has_model_list(&self) -> bool {
        self.has_model_list
    }

    pub(crate) fn upgrade_request(&self) -> &Request {
        &self.request
    }

    pub(crate) fn connector(&self) -> &Connector {
        &self.connector
    }

    /// The same with trust in a certificate of a test's own.
    #[cfg(test)]
    pub(crate) fn trusting_only(self, certificate: &[u8]) -> Self {
        Self { connector: self.connector.trusting_only(certificate), ..self }
    }

    /// The same with access tokens from elsewhere.
    #[cfg(test)]
    pub(crate) fn with_renewal(self, renewal: TokenRenewal) -> Self {
        let authorization = crate::auth::Authorization::Bearer(renewal.token().clone());
        Self { request: self.request.with(authorization), renewal: Some(renewal), ..self }
    }

    async fn open(&self) -> Result<Box<dyn Stream>, ConnectError> {
        // Before the stream: a server does not wait for the half minute that gcloud may take.
        self.renew().await?;
        Ok(self.connector.connect(&self.request.origin()).await?)
    }
}

impl Dialer for ServiceDialer {
    /// The access token in it is the one there is when it is written, which is after [`Dialer::dial`].
    fn request(&self) -> Request {
        self.request.clone()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        self.open().boxed()
    }
}
