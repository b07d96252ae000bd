//! How the program reads and writes its small files. A file is refused or read whole, and refused in its own words; a file
//! is written whole or stays as it was. What may hold a person's words is readable by that person alone. Blocks for
//! milliseconds.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes: far more than settings, a profile or a list of models has.
pub(crate) const MAX_BYTES: u64 = 1024 * 1024;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// A folder has no text.
    #[error("it is a folder")]
    Folder,
    /// A device, a pipe or a socket may never end, or never begin.
    #[error("it is not a plain file, but a {0}")]
    Special(&'static str),
    /// Larger than so many MiB.
    #[error("it is larger than {0} MiB")]
    TooLarge(u64),
    /// Windows' Notepad and PowerShell write this on request.
    #[error("it is UTF-16 text; save it as UTF-8")]
    Utf16,
    /// Something else than text.
    #[error("it is not UTF-8 text (byte {0})")]
    NotText(usize),
    /// What the system says.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// Reads a text file of [`MAX_BYTES`] at most. A byte order mark is no part of the text.
pub(crate) fn read_text(path: &Path) -> Result<String, Unreadable> {
    read_text_up_to(path, MAX_BYTES)
}

/// The same of so many bytes at most.
pub(crate) fn read_text_up_to(path: &Path, most: u64) -> Result<String, Unreadable> {
    let there = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Unreadable::Missing,
        _ => error.into(),
    })?;
    // Before it is opened: opening a pipe waits for somebody who writes.
    plain(&there, most)?;
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Unreadable::TooLarge(most >> 20));
    }
    text(bytes)
}

fn plain(there: &fs::Metadata, most: u64) -> Result<(), Unreadable> {
    if there.is_dir() {
        return Err(Unreadable::Folder);
    }
    if !there.is_file() {
        return Err(Unreadable::Special(kind(there)));
    }
    if there.len() > most { Err(Unreadable::TooLarge(most >> 20)) } else { Ok(()) }
}

#[cfg(unix)]
fn kind(there: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;

    let kind = there.file_type();
    if kind.is_fifo() {
        "pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn kind(_: &fs::Metadata) -> &'static str {
    "device"
}

fn text(bytes: Vec<u8>) -> Result<String, Unreadable> {
    let bytes = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => rest.to_vec(),
        None => bytes,
    };
    // Of UTF-16 every ASCII character has a zero byte, with a mark before it or without.
    if matches!(bytes.as_slice(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..]) {
        return Err(Unreadable::Utf16);
    }
    String::from_utf8(bytes).map_err(|error| Unreadable::NotText(error.utf8_error().valid_up_to()))
}

/// Creates a file, or empties it, for what may hold words, sound or pictures: a new one is readable by its owner alone, one
/// that was there keeps its permissions.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    private().write(true).create(true).truncate(true).open(path)
}

/// Writes `bytes` to `path` whole or not at all, readable by its owner alone; after a crash the old file or the new one is
/// there. A link stays a link.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // Neither a device nor a folder is to be replaced by a file.
    if fs::metadata(&place).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a plain file"));
    }
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let (mut file, draft) = draft(&place)?;
    let written =
        file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, &place));
    if written.is_err() {
        // The old file stands, and nothing is lost by what stays of the new one.
        _ = fs::remove_file(&draft);
        return written;
    }
    // The name is on the disk, too. Not every system lets a folder be opened; then it is its own to see to that.
    if let Ok(folder) = File::open(folder) {
        _ = folder.sync_all();
    }
    Ok(())
}

/// A file beside `place` that nobody else writes: two programs may save at once.
fn draft(place: &Path) -> io::Result<(File, PathBuf)> {
    let name = place.file_name().ok_or(ErrorKind::InvalidInput)?;
    for n in 0..100 {
        let mut draft = name.to_owned();
        draft.push(format!(".{}-{n}.new", std::process::id()));
        let draft = place.with_file_name(draft);
        match private().write(true).create_new(true).open(&draft) {
            Ok(file) => return Ok((file, draft)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Elsewhere a file in the user's own folders is the user's alone.
#[cfg(not(unix))]
fn private() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, bytes).unwrap();
        read_text(&path).unwrap_err().to_string()
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        for (bytes, text) in [(&b"\xef\xbb\xbf{}"[..], "{}"), (b"{}", "{}"), (b"", ""), ("ü".as_bytes(), "ü")]
        {
            fs::write(&path, bytes).unwrap();
            assert_eq!(read_text(&path).unwrap(), text);
        }
    }

    #[test]
    fn utf_16_is_named_with_and_without_its_mark() {
        for bytes in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}", b"{\0}\0", b"\0{\0}"] {
            assert!(refused(bytes).contains("UTF-16"), "{bytes:?}");
        }
    }

    #[test]
    fn each_file_that_is_no_text_is_refused_in_its_own_words() {
        assert!(refused(b"{\"a\": \"\xff\"}").contains("byte 7"));
        assert!(refused(&vec![b' '; 1024 * 1024 + 1]).contains("1 MiB"));
        let folder = tempfile::tempdir().unwrap();
        assert!(read_text(folder.path()).unwrap_err().to_string().contains("folder"));
        assert!(matches!(read_text(&folder.path().join("none")), Err(Unreadable::Missing)));
    }

    #[cfg(unix)]
    #[test]
    fn an_endless_file_and_a_silent_pipe_are_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("endless");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        assert!(read_text(&link).unwrap_err().to_string().contains("device"));
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(read_text(&pipe).unwrap_err().to_string().contains("pipe"));
        let socket = folder.path().join("socket");
        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert!(read_text(&socket).unwrap_err().to_string().contains("socket"));
        let circle = folder.path().join("circle");
        std::os::unix::fs::symlink(&circle, &circle).unwrap();
        assert!(matches!(read_text(&circle), Err(Unreadable::System(_))));
    }

    #[cfg(unix)]
    #[test]
    fn what_may_hold_words_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (new, old, kept) = ["new", "old", "kept"].map(|name| folder.path().join(name)).into();
        create_private(&new).unwrap();
        for path in [&old, &kept] {
            fs::write(path, "before").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        create_private(&kept).unwrap();
        replace(&old, b"after").unwrap();
        assert_eq!([mode(&new), mode(&kept), mode(&old)], [0o600, 0o644, 0o600]);
        assert_eq!(fs::read(&old).unwrap(), b"after");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_the_settings_stays_a_link_and_nothing_is_left_beside() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "before").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        replace(&link, b"after").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"after");
        // A place that can't be replaced leaves nothing behind.
        fs::create_dir(folder.path().join("taken")).unwrap();
        replace(&folder.path().join("taken"), b"x").unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
