//! Opens byte streams to one Live server, and says what to ask for on them.

use futures_util::future::BoxFuture;
use net::Stream;

use crate::error::ConnectError;
use crate::tap::Tap;
use crate::upgrade::Request;

/// Opens streams to one Live server. The shell makes one, and the conversation dials with it as often as it must.
pub trait Dialer: Send + Sync + 'static {
    /// Returns what to ask for at the upgrade. It is called for each dial, so a token may have been renewed meanwhile.
    fn request(&self) -> Request;

    /// Opens a stream, ready for the upgrade. Dropping the future gives up.
    ///
    /// # Errors
    /// [`ConnectError::Net`] in general; [`ConnectError::Credentials`] without an access token.
    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>>;

    /// Returns who is shown what goes over its connections. Nobody by default; [`Tapped`](crate::Tapped) sets it.
    fn tap(&self) -> Option<&Tap> {
        None
    }
}
