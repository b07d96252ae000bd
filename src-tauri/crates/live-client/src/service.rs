//! [`Dialer`] over the network: to an [`Endpoint`], through the proxy of a [`ProxyChoice`].

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use net::{Connector, ProxyChoice, Stream};

use crate::auth::{ApiKey, TokenRenewal};
use crate::dialer::Dialer;
use crate::endpoint::Endpoint;
use crate::error::ConnectError;
use crate::upgrade::{BadEndpoint, Request};

/// Dials a Live server over the network. Each dial looks the name up anew and, for Vertex, renews the access token when
/// it is due. Clones share that token.
#[derive(Debug, Clone)]
pub struct ServiceDialer {
    request: Request,
    renewal: Option<TokenRenewal>,
    has_model_list: bool,
    connector: Connector,
}

impl ServiceDialer {
    /// Returns a dialer for this server. Nothing is opened yet. The system's proxies are read now; one that holds no
    /// address is an error of the dial.
    ///
    /// # Errors
    /// [`BadEndpoint`] when the endpoint can't be used.
    pub fn new(endpoint: &Endpoint, proxy: ProxyChoice) -> Result<Self, BadEndpoint> {
        let (request, renewal) = endpoint.request()?;
        let has_model_list = matches!(endpoint, Endpoint::Gemini { .. } | Endpoint::Custom { .. });
        Ok(Self { request, renewal, has_model_list, connector: Connector::new(proxy) })
    }

    /// Returns a dialer for the Gemini API with this key, through the system's proxy.
    pub fn gemini(key: &ApiKey) -> Self {
        let connector = Connector::new(ProxyChoice::System);
        Self { request: Request::gemini(key), renewal: None, has_model_list: true, connector }
    }

    /// Returns a dialer for a server at `url`, with a key if it requires one: `wss://` anywhere, `ws://` on this computer
    /// only. Through the system's proxy.
    ///
    /// # Errors
    /// [`BadEndpoint`], before anything is opened.
    pub fn custom(url: &str, key: Option<&ApiKey>) -> Result<Self, BadEndpoint> {
        let endpoint = Endpoint::Custom { url: url.to_owned(), key: key.cloned() };
        Self::new(&endpoint, ProxyChoice::System)
    }

    /// Renews the access token where one is needed and due.
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

    /// Trusts this certificate and no other.
    #[cfg(test)]
    pub(crate) fn trusting_only(self, certificate: &[u8]) -> Self {
        Self { connector: self.connector.trusting_only(certificate), ..self }
    }

    /// Takes access tokens from elsewhere.
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
    /// The access token is looked up when the request is written, which is after [`Dialer::dial`].
    fn request(&self) -> Request {
        self.request.clone()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        self.open().boxed()
    }
}
