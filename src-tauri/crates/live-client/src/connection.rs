//! The line under a session: down, being made, or up.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use live_proto::catalogue::ApiVersion;
use tokio::sync::mpsc;

use crate::dialer::Dialer;
use crate::error::ConnectError;
use crate::socket::{Departure, Halves};
use crate::tap::LineTap;
use crate::upgrade::{Request, upgrade};

/// A dial and its upgrade under way. Dropping it gives up.
type Dialling = Pin<Box<dyn Future<Output = Result<Halves, ConnectError>> + Send>>;

/// The present connection.
pub(crate) enum Line {
    /// None.
    Down,
    /// One is being made.
    Dialling(Dialling),
    /// Open.
    Up(Halves),
}

impl Line {
    /// The way to the writer, while it takes frames.
    pub(crate) fn departures(&self) -> Option<&mpsc::Sender<Departure>> {
        match self {
            Self::Up(halves) => halves.departures.as_ref(),
            Self::Down | Self::Dialling(_) => None,
        }
    }

    /// The other side has said how the line ends. With a close frame, its answer still goes out when the line is dropped.
    pub(crate) fn closed_by_peer(&mut self, in_order: bool) {
        if let Self::Up(halves) = self {
            halves.departures = None;
            halves.is_closed |= in_order;
        }
    }

    /// Nothing more will be sent: the writer ends when it has sent the rest.
    pub(crate) fn close_writer(&mut self) {
        if let Self::Up(halves) = self {
            halves.departures = None;
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Down => "Down",
            Self::Dialling(_) => "Dialling",
            Self::Up(_) => "Up",
        })
    }
}

/// Dials and upgrades; once more when the service wants another version of its API.
pub(crate) async fn dial(
    dialer: Arc<dyn Dialer>,
    version: ApiVersion,
    message_bytes: usize,
) -> Result<Halves, ConnectError> {
    let request = dialer.request().at(version);
    match once(&*dialer, &request, message_bytes).await {
        Err(ConnectError::Refused { status: 400..=428 | 501, .. }) if request.fall_back() => {
            once(&*dialer, &dialer.request().at(version), message_bytes).await
        }
        outcome => outcome,
    }
}

async fn once(dialer: &dyn Dialer, request: &Request, message_bytes: usize) -> Result<Halves, ConnectError> {
    let stream = dialer.dial().await?;
    let socket = upgrade(stream, request, message_bytes).await?;
    let secrets = request.secrets();
    Ok(Halves::start(socket, LineTap::new(dialer.tap(), &secrets), secrets))
}
