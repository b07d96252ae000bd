//! The door to a Live server: something that says what to ask for and opens a byte stream to ask it on.

use futures_util::future::BoxFuture;
use net::Stream;

use crate::error::ConnectError;
use crate::tap::Tap;
use crate::upgrade::Request;

/// Opens streams to one Live server. The shell makes one and hands it to the conversation, which dials as often as it must.
pub trait Dialer: Send + Sync + 'static {
    /// What to ask for at the upgrade. It is answered anew for each dial, so a token may have been renewed meanwhile.
    fn request(&self) -> Request;

    /// Opens a stream, ready for the upgrade. Dropping the future gives up.
    ///
    /// # Errors
    /// [`ConnectError::Network`] in general; a proxy may also refuse.
    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>>;

    /// Who is shown what goes over its connections. By default nobody; [`Tapped`](crate::Tapped) makes it somebody.
    fn tap(&self) -> Option<&Tap> {
        None
    }
}
