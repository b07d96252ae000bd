//! Hands camera pictures to the window, one at a time: the camera encodes the next one only after the window took the last,
//! since Tauri's channels have no backpressure.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The one forwarding task: a reloaded window takes the place of the old one.
#[derive(Debug, Default)]
pub struct Outlet(Mutex<Option<JoinHandle<Option<()>>>>);

impl Outlet {
    /// From now on this task forwards, and the last one no more.
    pub fn replace(&self, task: JoinHandle<Option<()>>) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = current.replace(task) {
            old.abort();
        }
    }
}

/// Forwards pictures, newest wins, until the camera's side or the window's side is gone.
pub async fn forward(
    mut pictures: watch::Receiver<Option<Arc<Vec<u8>>>>,
    send: impl Fn(Vec<u8>) -> bool + Send + 'static,
) {
    // A picture that came before the window did waits for it: without the answer to it no other would come.
    pictures.mark_changed();
    while pictures.changed().await.is_ok() {
        let picture = pictures.borrow_and_update().clone();
        if let Some(picture) = picture
            && !send(picture.to_vec())
        {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_new_picture_goes_out_once_and_the_end_ends_it() {
        let (pictures, receiver) = watch::channel(None);
        let (sent, mut got) = tokio::sync::mpsc::channel(4);
        let task = threads::task("preview", forward(receiver, move |picture| sent.try_send(picture).is_ok()));
        pictures.send_replace(Some(Arc::new(vec![1])));
        assert_eq!(got.recv().await, Some(vec![1]));
        drop(pictures);
        task.await.unwrap();
        assert_eq!(got.recv().await, None);
    }
}
