//! The connection under a session: down, being made, or up.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use live_proto::catalogue::ApiVersion;
use tokio::sync::mpsc;

use crate::dialer::Dialer;
use crate::error::ConnectError;
use crate::socket::{Outgoing, SocketTasks};
use crate::tap::ConnectionTap;
use crate::upgrade::{Request, upgrade};

/// A dial and its upgrade in progress. Dropping it gives up.
type Dialling = Pin<Box<dyn Future<Output = Result<SocketTasks, ConnectError>> + Send>>;

/// The current connection.
pub(crate) enum Connection {
    /// None.
    Down,
    /// One is being made.
    Dialling(Dialling),
    /// Open.
    Up(SocketTasks),
}

impl Connection {
    /// Returns the queue to the socket task, while it takes frames.
    pub(crate) fn outgoing(&self) -> Option<&mpsc::Sender<Outgoing>> {
        match self {
            Self::Up(tasks) => tasks.outgoing.as_ref(),
            Self::Down | Self::Dialling(_) => None,
        }
    }

    /// The other side closed, with a close frame when `in_order`. The answer to that still goes out when the connection is
    /// dropped.
    pub(crate) fn closed_by_peer(&mut self, in_order: bool) {
        if let Self::Up(tasks) = self {
            tasks.outgoing = None;
            tasks.is_closed |= in_order;
        }
    }

    /// Nothing more will be sent: the task ends when it has sent the rest.
    pub(crate) fn close_writer(&mut self) {
        if let Self::Up(tasks) = self {
            tasks.outgoing = None;
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Down => "Down",
            Self::Dialling(_) => "Dialling",
            Self::Up(_) => "Up",
        })
    }
}

/// Dials and upgrades; a second time when the service wants another version of its API.
pub(crate) async fn dial(
    dialer: Arc<dyn Dialer>,
    version: ApiVersion,
    message_bytes: usize,
) -> Result<SocketTasks, ConnectError> {
    let request = dialer.request().at(version);
    match once(&*dialer, &request, message_bytes).await {
        Err(ConnectError::Refused { status: 400..=428 | 501, .. }) if request.fall_back() => {
            once(&*dialer, &dialer.request().at(version), message_bytes).await
        }
        outcome => outcome,
    }
}

async fn once(
    dialer: &dyn Dialer,
    request: &Request,
    message_bytes: usize,
) -> Result<SocketTasks, ConnectError> {
    let stream = dialer.dial().await?;
    let socket = upgrade(stream, request, message_bytes).await?;
    let secrets = request.secrets();
    Ok(SocketTasks::start(socket, ConnectionTap::new(dialer.tap(), &secrets), secrets))
}
