//! The receivers of a camera. Each holds only the newest value; all waits are cancel safe.

use std::sync::Arc;

use tokio::sync::watch;

use crate::config::CameraState;
use crate::picture::Picture;

/// Pictures for the session: one slot, the newest wins.
#[derive(Debug, Clone)]
pub struct PictureReceiver {
    slot: watch::Receiver<Option<Arc<Picture>>>,
}

/// Previews for the window: one at a time, the next one only after
/// [`Camera::preview_taken`](crate::Camera::preview_taken).
#[derive(Debug, Clone)]
pub struct PreviewReceiver {
    slot: watch::Receiver<Option<Arc<Picture>>>,
}

/// The camera's newest state. A state that is replaced quickly may be missed.
#[derive(Debug, Clone)]
pub struct StateReceiver {
    slot: watch::Receiver<CameraState>,
}

async fn next(slot: &mut watch::Receiver<Option<Arc<Picture>>>) -> Option<Arc<Picture>> {
    loop {
        slot.changed().await.ok()?;
        let newest = slot.borrow_and_update().clone();
        if newest.is_some() {
            return newest;
        }
    }
}

impl PictureReceiver {
    pub(crate) fn new(slot: watch::Receiver<Option<Arc<Picture>>>) -> Self {
        Self { slot }
    }

    /// Waits for a new picture. Returns `None` when the camera has ended.
    pub async fn recv(&mut self) -> Option<Arc<Picture>> {
        next(&mut self.slot).await
    }

    /// Returns the newest picture so far, received or not.
    pub fn latest(&self) -> Option<Arc<Picture>> {
        self.slot.borrow().clone()
    }
}

impl PreviewReceiver {
    pub(crate) fn new(slot: watch::Receiver<Option<Arc<Picture>>>) -> Self {
        Self { slot }
    }

    /// Waits for a new preview. Returns `None` when the camera has ended.
    pub async fn recv(&mut self) -> Option<Arc<Picture>> {
        next(&mut self.slot).await
    }
}

impl StateReceiver {
    pub(crate) fn new(slot: watch::Receiver<CameraState>) -> Self {
        Self { slot }
    }

    /// Returns the camera's current state.
    pub fn current(&self) -> CameraState {
        self.slot.borrow().clone()
    }

    /// Waits for a new state. Returns `None` when the camera has ended and its last state was received.
    pub async fn recv(&mut self) -> Option<CameraState> {
        self.slot.changed().await.ok()?;
        Some(self.slot.borrow_and_update().clone())
    }
}
