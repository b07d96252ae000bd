//! Pictures for typed turns. Pure.
//!
//! A turn that is typed as `clientContent` does not see a picture that was sent just before as `realtimeInput`. So the
//! newest pictures are repeated inside the turn.

use std::time::Duration;

use super::event::Millis;

/// Pictures that were sent within this time belong together; a camera sends one a second.
const TOGETHER: Duration = Duration::from_millis(900);
/// The most pictures of one turn.
const MOST: usize = 8;

/// The pictures that no typed turn has shown yet.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    newest: Vec<(Millis, Vec<u8>)>,
    /// Those of the turn that is not answered yet.
    shown: Vec<(Millis, Vec<u8>)>,
}

impl Pictures {
    /// Adds a picture that is sent now, in place of older ones.
    pub(super) fn sent(&mut self, jpeg: Vec<u8>, now: Millis) {
        self.newest.retain(|(at, _)| at.after(TOGETHER) > now);
        if self.newest.len() == MOST {
            self.newest.remove(0);
        }
        self.newest.push((now, jpeg));
    }

    /// Returns the pictures for a turn that is typed now.
    pub(super) fn take(&mut self) -> Vec<Vec<u8>> {
        let taken = std::mem::take(&mut self.newest);
        if !taken.is_empty() {
            self.shown = taken;
            return self.shown.iter().map(|(_, jpeg)| jpeg.clone()).collect();
        }
        Vec::new()
    }

    /// Forgets what is no longer seen, because the camera was closed.
    pub(super) fn gone(&mut self) {
        self.newest.clear();
    }

    /// Forgets the pictures of the turn that is answered now.
    pub(super) fn answered(&mut self) {
        self.shown.clear();
    }

    /// Handles a lost connection: the turn is sent again, with its pictures or newer ones.
    pub(super) fn connection_lost(&mut self) {
        let shown = std::mem::take(&mut self.shown);
        if self.newest.is_empty() {
            self.newest = shown;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_picture_replaces_older_ones() {
        let mut pictures = Pictures::default();
        pictures.sent(vec![1], Millis(0));
        pictures.sent(vec![2], Millis(1_000));
        assert_eq!(pictures.take(), [vec![2]]);
        assert!(pictures.take().is_empty(), "it was shown");
    }

    #[test]
    fn pictures_given_together_are_shown_together() {
        let mut pictures = Pictures::default();
        for n in 0..12 {
            pictures.sent(vec![n], Millis(u64::from(n)));
        }
        assert_eq!(pictures.take().len(), MOST);
    }

    #[test]
    fn a_turn_that_is_sent_again_has_its_pictures() {
        let mut pictures = Pictures::default();
        pictures.sent(vec![1], Millis(0));
        pictures.take();
        pictures.connection_lost();
        assert_eq!(pictures.take(), [vec![1]]);
        pictures.answered();
        pictures.connection_lost();
        assert!(pictures.take().is_empty());
    }
}
