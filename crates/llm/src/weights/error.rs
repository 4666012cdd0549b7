//! Why weights can't be had or used.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why weights can't be had or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The words are not `OWNER/REPOSITORY/FILE.gguf`.
    #[error("{0:?} does not name a weights file: write OWNER/REPOSITORY/FILE.gguf")]
    NotASource(String),
    /// Nothing of that name was fetched.
    #[error("there is no judge {name:?}; {here}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What is there, in words.
        here: String,
    },
    /// Several are there, and none was named.
    #[error("several judges are installed; name one: {0}")]
    Several(String),
    /// Nothing was fetched yet.
    #[error("there is no judge in {0} yet")]
    Empty(PathBuf),
    /// The file is not the one that was fetched.
    #[error("{path} has changed: recorded {recorded}, found {found}")]
    Changed {
        /// The file.
        path: PathBuf,
        /// Its digest when it was fetched.
        recorded: String,
        /// Its digest now.
        found: String,
    },
    /// The hub does not give it.
    #[error("cannot fetch {source_name}: {why}")]
    Fetch {
        /// What was asked for.
        source_name: String,
        /// What the hub or the network said.
        why: String,
    },
    /// The folder or a file in it can't be read or written.
    #[error("{path}: {source}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

pub(super) fn disk(path: &Path) -> impl FnOnce(io::Error) -> WeightsError {
    let path = path.to_owned();
    move |source| WeightsError::Disk { path, source }
}
