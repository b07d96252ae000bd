//! Whether something must be done again: a digest of the files it was made from, kept beside what it made.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::process::Failure;

/// A digest of the names and contents of these files and of everything in these folders, but for folders called one of
/// `without`. A file that does not exist counts as such. `DefaultHasher` may change with the compiler: then one step is
/// done once too often.
pub(crate) fn digest(paths: &[PathBuf], without: &[&str]) -> Result<String, Failure> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        add(&mut hasher, path, without)
            .map_err(|e| Failure(format!("can't read {}: {e}", path.display())))?;
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn add(hasher: &mut DefaultHasher, path: &Path, without: &[&str]) -> std::io::Result<()> {
    path.file_name().hash(hasher);
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
        entries.sort();
        for entry in entries {
            let name = entry.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            if !without.contains(&name) {
                add(hasher, &entry, without)?;
            }
        }
    } else {
        fs::read(path).ok().hash(hasher);
    }
    Ok(())
}

/// True when the stamp says exactly this.
pub(crate) fn says(stamp: &Path, digest: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|text| text == digest)
}

/// Writes the stamp; only after the work succeeded.
pub(crate) fn put(stamp: &Path, digest: &str) -> Result<(), Failure> {
    fs::write(stamp, digest).map_err(|e| Failure(format!("can't write {}: {e}", stamp.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_contents_and_places_count_and_what_is_left_out_does_not() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        let of = || digest(std::slice::from_ref(&folder), &["node_modules"]).unwrap();
        fs::write(folder.join("src/a"), "1").unwrap();
        let first = of();
        fs::write(folder.join("node_modules/b"), "1").unwrap();
        assert_eq!(of(), first);
        fs::write(folder.join("src/a"), "2").unwrap();
        let second = of();
        assert_ne!(second, first);
        fs::rename(folder.join("src/a"), folder.join("src/c")).unwrap();
        assert_ne!(of(), second);
        let stamp = folder.join("stamp");
        assert!(!says(&stamp, &first));
        put(&stamp, &first).unwrap();
        assert!(says(&stamp, &first) && !says(&stamp, &second));
        fs::remove_dir_all(folder).unwrap();
    }
}
