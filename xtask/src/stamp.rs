//! Decides whether a step must run again, by a digest of its inputs that is stored beside its output.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::process::Failure;

/// Returns a digest of the names and contents of these files and folders, except folders named in `without`. A missing
/// file counts as missing. `DefaultHasher` may change with the compiler; then a step runs once too often.
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

/// Returns whether the stamp has this digest.
pub(crate) fn says(stamp: &Path, digest: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|text| text == digest)
}

/// Writes the stamp. Call it only after the step succeeded.
pub(crate) fn put(stamp: &Path, digest: &str) -> Result<(), Failure> {
    fs::write(stamp, digest).map_err(|e| Failure(format!("can't write {}: {e}", stamp.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_covers_names_contents_and_places() {
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
