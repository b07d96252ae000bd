//! Whom to talk with: turns the `endpoint` of the settings into a partner and a dialer to it.

use std::sync::Arc;

use live_client::{BoxFuture, ConnectError, Dialer, Request, ServiceDialer, Stream};
use rehearsal::Rehearsal;

use crate::contract::{Partner, Settings, UiError};
use crate::errors;
use crate::secrets::Secret;

/// Bytes that may lie unread in each direction between the app and the rehearsal server: a second of replies.
const REHEARSAL_PIPE: usize = 64 * 1024;

/// A partner and the way to it.
pub(crate) struct Line {
    /// Who.
    pub partner: Partner,
    /// How.
    pub dialer: Arc<dyn Dialer>,
}

/// Chooses by the settings: unset means Gemini when there is a key, else rehearsal.
pub(crate) fn choose(settings: &Settings, secret: &Secret, rehearsal: &Rehearsal) -> Result<Line, UiError> {
    let endpoint = settings.endpoint.as_deref().map(str::trim).filter(|endpoint| !endpoint.is_empty());
    match (endpoint, &secret.key) {
        (Some("rehearsal"), _) | (None, None) => {
            Ok(Line { partner: Partner::Rehearsal, dialer: Arc::new(RehearsalDialer(rehearsal.clone())) })
        }
        (Some("gemini") | None, Some(key)) => {
            Ok(Line { partner: Partner::Gemini, dialer: Arc::new(ServiceDialer::gemini(key)) })
        }
        (Some("gemini"), None) => Err(errors::key_missing()),
        // The key goes to Google alone: a server of one's own has its own ways.
        (Some(url), _) => match ServiceDialer::custom(url, None) {
            Ok(dialer) => Ok(Line { partner: Partner::Custom, dialer: Arc::new(dialer) }),
            Err(error) => Err(errors::endpoint_refused(url, &error.to_string())),
        },
    }
}

/// Reaches the embedded server through memory: no port is opened.
struct RehearsalDialer(Rehearsal);

impl Dialer for RehearsalDialer {
    fn request(&self) -> Request {
        Request::in_memory()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        let rehearsal = self.0.clone();
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(REHEARSAL_PIPE);
            tokio::spawn(async move { rehearsal.serve_stream(theirs).await });
            Ok(Box::new(ours) as Box<dyn Stream>)
        })
    }
}
