//! A dialer whose connections are shown by a [`Tap`].

use std::sync::Arc;

use futures_util::future::BoxFuture;
use net::Stream;

use crate::dialer::Dialer;
use crate::error::ConnectError;
use crate::tap::Tap;
use crate::upgrade::Request;

/// A dialer whose connections show what goes over them.
pub struct Tapped {
    dialer: Arc<dyn Dialer>,
    tap: Tap,
}

impl Tapped {
    /// Dials as `dialer` does.
    pub fn new(dialer: Arc<dyn Dialer>, tap: Tap) -> Self {
        Self { dialer, tap }
    }
}

impl Dialer for Tapped {
    fn request(&self) -> Request {
        self.dialer.request()
    }

    fn dial(&self) -> BoxFuture<'_, Result<Box<dyn Stream>, ConnectError>> {
        self.dialer.dial()
    }

    fn tap(&self) -> Option<&Tap> {
        Some(&self.tap)
    }
}
