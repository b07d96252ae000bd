//! What a saved turn is called, and what may be saved and shown. Looks at the disk, but writes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How every PNG begins.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The largest picture of a turn, in bytes; a long turn has some 500 KB.
const LARGEST_PICTURE: usize = 16 << 20;

/// A name for a turn of `at`, in milliseconds since 1970: two turns of a person have two names.
pub(crate) fn proposed_name(at: u64, ending: &str) -> String {
    name_in(at, ending, TimeZone::system())
}

fn name_in(at: u64, ending: &str, zone: TimeZone) -> String {
    let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default();
    format!("vivavoce-{}.{ending}", at.to_zoned(zone).strftime("%Y-%m-%d-%H%M%S"))
}

/// The picture that the page drew, of its base64; `None` unless it is a PNG of a bearable size.
pub(crate) fn picture(base64: &str) -> Option<Vec<u8>> {
    if base64.len() > LARGEST_PICTURE / 3 * 4 {
        return None;
    }
    STANDARD.decode(base64).ok().filter(|png| png.starts_with(PNG))
}

/// The place of a file that is still a plain file, without links and relative parts. The file manager gets no other.
pub(crate) fn plain_file(path: &Path) -> Option<PathBuf> {
    let place = fs::canonicalize(path).ok()?;
    fs::metadata(&place).is_ok_and(|there| there.is_file()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_local_time_and_no_sign_that_a_file_system_minds() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(name_in(1_763_911_447_500, "wav", zone), "vivavoce-2025-11-23-172407.wav");
        assert_eq!(name_in(u64::MAX, "png", TimeZone::UTC), "vivavoce-1970-01-01-000000.png");
    }

    #[test]
    fn only_a_png_is_a_picture() {
        let png = STANDARD.encode([PNG, b"rest"].concat());
        assert_eq!(picture(&png).as_deref(), Some([PNG, b"rest"].concat().as_slice()));
        for other in ["", "no base64", &STANDARD.encode("#!/bin/sh"), &png[1..]] {
            assert!(picture(other).is_none(), "{other}");
        }
    }

    #[test]
    fn only_a_file_that_is_there_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("turn.png");
        assert!(plain_file(&file).is_none() && plain_file(folder.path()).is_none());
        fs::write(&file, PNG).unwrap();
        assert_eq!(plain_file(&file), fs::canonicalize(&file).ok());
    }
}
