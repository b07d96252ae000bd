//! Hands camera pictures to the window, one at a time: the camera encodes the next one only after the window asked for it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// A picture as the window gets it.
pub type Picture = Arc<Vec<u8>>;
/// Where the newest one is.
pub type Pictures = watch::Receiver<Option<Picture>>;

/// Which picture the window got last.
#[derive(Debug, Default)]
pub struct PreviewSlot(Mutex<Option<Pictures>>);

impl PreviewSlot {
    /// The next picture that the window did not get yet; `None` when none will come. A picture that came before the window did
    /// is the `first`: without the answer to it no other would come. Cancel safe.
    pub async fn next(&self, pictures: &Pictures, first: bool) -> Option<Picture> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut pictures = last.filter(|_| !first).unwrap_or_else(|| {
            let mut all = pictures.clone();
            all.mark_changed();
            all
        });
        loop {
            pictures.changed().await.ok()?;
            let picture = pictures.borrow_and_update().clone();
            if let Some(picture) = picture {
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(pictures);
                return Some(picture);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_new_picture_goes_out_once_and_the_end_ends_it() {
        let (sender, pictures) = watch::channel(None);
        let slot = PreviewSlot::default();
        sender.send_replace(Some(Arc::new(vec![1])));
        assert_eq!(slot.next(&pictures, true).await, Some(Arc::new(vec![1])));
        sender.send_replace(None);
        sender.send_replace(Some(Arc::new(vec![2])));
        assert_eq!(slot.next(&pictures, false).await, Some(Arc::new(vec![2])));
        drop(sender);
        assert_eq!(slot.next(&pictures, false).await, None);
    }

    #[tokio::test]
    async fn a_reloaded_window_gets_the_picture_that_is_there() {
        let (sender, pictures) = watch::channel(None);
        let slot = PreviewSlot::default();
        sender.send_replace(Some(Arc::new(vec![1])));
        for _ in 0..2 {
            assert_eq!(slot.next(&pictures, true).await, Some(Arc::new(vec![1])));
        }
    }
}
