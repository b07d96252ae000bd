//! The storage of assets: a folder of the user, and folders that come with the program. Blocks on files.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::AssetError;
use crate::catalogue::{Asset, Catalogue};

/// The environment variable for a folder other than the user's data folder.
pub const FOLDER_VARIABLE: &str = "VIVAVOCE_ASSETS";

/// Folders with assets. Only the first one is written to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Store {
    folders: Vec<PathBuf>,
}

impl Store {
    /// Returns the store in the user's data folder, or in the folder that `VIVAVOCE_ASSETS` names. It has no folder
    /// when the user has no home.
    pub fn of_user() -> Self {
        let named = env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let own = || {
            let folders = directories::ProjectDirs::from("app", "vivavoce", "Vivavoce")?;
            Some(folders.data_local_dir().join("assets"))
        };
        Self { folders: named.or_else(own).into_iter().collect() }
    }

    /// Returns a store with only this folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self { folders: vec![folder.into()] }
    }

    /// Adds a read-only folder, such as one that is installed with the app.
    #[must_use]
    pub fn also_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }

    /// Returns the writable folder.
    pub fn folder(&self) -> Option<&Path> {
        self.folders.first().map(PathBuf::as_path)
    }

    /// Returns the asset's path if it is present in full size. Its digest was verified when it was stored.
    pub fn find(&self, asset: &Asset) -> Option<PathBuf> {
        self.folders
            .iter()
            .map(|folder| folder.join(&asset.file))
            .find(|path| fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == asset.size))
    }

    /// Returns the missing assets of the catalogue.
    pub fn missing<'a>(&self, catalogue: &'a Catalogue) -> Vec<&'a Asset> {
        catalogue.assets().iter().filter(|asset| self.find(asset).is_none()).collect()
    }

    /// Returns the writable folder if it contains all of the catalogue; for tests.
    ///
    /// # Errors
    /// `Missing` with the names of missing files, `NoFolder` when there is no writable folder.
    pub fn whole_folder(&self, catalogue: &Catalogue) -> Result<PathBuf, AssetError> {
        let folder = self.folder().ok_or(AssetError::NoFolder)?;
        let missing = self.missing(catalogue);
        if missing.is_empty() {
            return Ok(folder.to_owned());
        }
        let files: Vec<&str> = missing.iter().map(|asset| asset.file.as_str()).collect();
        Err(AssetError::Missing { folder: folder.to_owned(), files: files.join(", ") })
    }

    /// Reads the asset and returns whether its digest is right. Takes a tenth of a second for the largest one.
    ///
    /// # Errors
    /// `File` when it can't be read.
    pub fn is_sound(&self, asset: &Asset) -> Result<bool, AssetError> {
        let Some(path) = self.find(asset) else { return Ok(false) };
        let digest = digest_of(&path).map_err(AssetError::file(&path))?;
        Ok(asset.sha256.contains(&digest))
    }

    /// Puts bytes in the asset's place, if they are the right ones: under another name first, then renamed, so that no
    /// reader ever sees half a file.
    ///
    /// # Errors
    /// [`AssetError::Corrupt`] for other bytes, else as for [`Store::part`].
    pub(crate) fn put(&self, asset: &Asset, bytes: &[u8]) -> Result<(), AssetError> {
        let right = bytes.len() as u64 == asset.size && asset.sha256.contains(&hex(&Sha256::digest(bytes)));
        if !right {
            return Err(AssetError::Corrupt(asset.file.clone()));
        }
        let part = self.part(&asset.file)?;
        fs::write(&part, bytes).map_err(AssetError::file(&part))?;
        self.settle(&part, asset)
    }

    /// Moves a file that was fetched into its place, if it is the right one; throws it away otherwise.
    ///
    /// # Errors
    /// [`AssetError::Corrupt`] for another file, else as for [`Store::part`].
    pub(crate) fn put_file(&self, asset: &Asset, part: &Path) -> Result<(), AssetError> {
        let digest = digest_of(part).map_err(AssetError::file(part))?;
        if asset.sha256.contains(&digest) {
            return self.settle(part, asset);
        }
        fs::remove_file(part).map_err(AssetError::file(part))?;
        Err(AssetError::Corrupt(asset.file.clone()))
    }

    /// A file beside the others for what is not finished.
    ///
    /// # Errors
    /// [`AssetError::NoFolder`], or [`AssetError::File`] when the folder cannot be made.
    pub(crate) fn part(&self, name: &str) -> Result<PathBuf, AssetError> {
        let folder = self.folder().ok_or(AssetError::NoFolder)?.join("unfinished");
        fs::create_dir_all(&folder).map_err(AssetError::file(&folder))?;
        Ok(folder.join(name))
    }

    fn settle(&self, part: &Path, asset: &Asset) -> Result<(), AssetError> {
        let place = self.folder().ok_or(AssetError::NoFolder)?.join(&asset.file);
        let written = OpenOptions::new().write(true).open(part).and_then(|file| file.sync_all());
        written.and_then(|()| fs::rename(part, &place)).map_err(AssetError::file(&place))
    }
}

/// SHA-256 of a file, in lower-case hex.
///
/// # Errors
/// What the system says when the file cannot be read.
pub(crate) fn digest_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..read]);
    }
}

/// Returns lower-case hex.
pub(crate) fn hex(digest: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn asset(content: &[u8]) -> Asset {
        Asset {
            name: "thing".into(),
            recogniser: None,
            about: String::new(),
            file: "thing.bin".into(),
            size: content.len() as u64,
            sha256: vec![hex(&Sha256::digest(content))],
            licence: "MIT".into(),
            hub: None,
            package: None,
        }
    }

    #[test]
    fn only_verified_bytes_are_stored() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(folder.path());
        let asset = asset(b"the right bytes");
        assert!(matches!(store.put(&asset, b"the wrong bytes"), Err(AssetError::Corrupt(_))));
        assert_eq!(store.find(&asset), None);
        store.put(&asset, b"the right bytes").expect("put");
        assert!(store.is_sound(&asset).expect("read"));
        fs::write(folder.path().join("thing.bin"), b"the Wrong bytes").expect("written");
        assert!(!store.is_sound(&asset).expect("read"));
    }

    #[test]
    fn an_installed_folder_is_read_only() {
        let (own, bundle) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let asset = asset(b"bundled");
        Store::at(bundle.path()).put(&asset, b"bundled").expect("put");
        let store = Store::at(own.path()).also_in(bundle.path());
        assert_eq!(store.find(&asset), Some(bundle.path().join("thing.bin")));
        assert_eq!(store.folder(), Some(own.path()));
    }

    #[test]
    fn what_is_too_short_is_missing() {
        let folder = tempfile::tempdir().expect("a folder");
        let asset = asset(b"whole");
        fs::write(folder.path().join("thing.bin"), b"who").expect("written");
        assert_eq!(Store::at(folder.path()).find(&asset), None);
    }
}
