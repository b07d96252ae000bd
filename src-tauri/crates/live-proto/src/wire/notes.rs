//! What was left out while a message was read, and where. Pure.

use super::name::camel;

/// How many names of fields are kept of each kind; the rest is only counted.
pub(crate) const MAX_NAMES: usize = 8;
/// The longest path that is kept, in bytes: a hostile name may be megabytes long.
pub(crate) const MAX_PATH: usize = 120;

/// The first few of something, and how many there were.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) first: Vec<String>,
    pub(crate) count: usize,
}

impl Names {
    /// Counts one; `name` is asked for only while names are kept.
    pub(crate) fn push(&mut self, name: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < MAX_NAMES {
            self.first.push(name());
        }
    }
}

/// What was left out while reading, and where the reader stands.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Names that are not known.
    pub(crate) skipped: Names,
    /// Values of a wrong type.
    pub(crate) malformed: Names,
    place: Vec<Piece>,
}

#[derive(Debug)]
pub(super) enum Piece {
    Field(&'static str),
    Index(usize),
}

impl Notes {
    fn path(place: &[Piece], last: &str) -> String {
        let mut path = String::new();
        for piece in place {
            match piece {
                Piece::Field(name) => path.push_str(&camel(name)),
                Piece::Index(at) => path.push_str(&at.to_string()),
            }
            path.push('.');
        }
        path.extend(last.chars().take(MAX_PATH.saturating_sub(path.len())));
        path.truncate(path.trim_end_matches('.').len());
        path.truncate(path.floor_char_boundary(MAX_PATH));
        path
    }

    pub(super) fn skip(&mut self, name: &str) {
        let place = &self.place;
        self.skipped.push(|| Self::path(place, name));
    }

    pub(super) fn malformed(&mut self) {
        let place = &self.place;
        self.malformed.push(|| Self::path(place, ""));
    }

    /// Reads something at a place below this one; what is of a wrong type is noted there.
    pub(super) fn at<T>(&mut self, piece: Piece, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.place.push(piece);
        let value = read(self);
        if value.is_none() {
            self.malformed();
        }
        self.place.pop();
        value
    }
}
