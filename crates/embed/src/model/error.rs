//! Why a model can't be used.

use std::{io, path::PathBuf};

use super::MANIFEST;

/// Why a model can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Neither folder nor data folder has it.
    #[error(
        "the embedding model {name} is not in {}",
        dir.display()
    )]
    NotOnDisk {
        /// Name of the model.
        name: String,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// The folder lacks a file, or a file can't be read.
    #[error("the model file {} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A manifest or another description that can't be understood.
    #[error("{} is not a model description that midband can read: {why}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file is not the one that was recorded. Set the model up again, or find out who changed it.
    #[error(
        "{} has changed: its digest is {found}, recorded was {recorded}. Set the model up again, or remove the line \
         from {MANIFEST} if the change was yours.",
        path.display()
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// Digest in the manifest.
        recorded: String,
        /// Digest of the file as it is.
        found: String,
    },
    /// The model quantises on the fly, so that a text's vector depends on the texts beside it.
    #[error(
        "{name} is quantized dynamically: it fits its range to each batch, so that a text's embedding depends on its \
         neighbors and the same input can give another score. Use an f32 or statically quantized model, or allow that."
    )]
    BatchDependent {
        /// Name of the model.
        name: String,
    },
    /// The model has no table of static vectors yet: [`crate::distil`] makes it.
    #[error("the embedding model {name} has no static vectors yet")]
    NotDistilled {
        /// Name of the model.
        name: String,
    },
    /// The table was distilled from another model than the one beside it, or from other settings. Distil it again.
    #[error("{} was distilled from a different model than the one next to it", path.display())]
    OfAnotherModel {
        /// The table.
        path: PathBuf,
    },
    /// There is no such model in the catalogue.
    #[error("there is no embedding model {name:?}")]
    Unknown {
        /// The name as given.
        name: String,
    },
    /// The hub could not be reached, or refused. The only error that comes from the network.
    #[error(
        "fetching {name} failed: {why}. If no hub can be reached, `scripts/setup` installs the default model."
    )]
    Fetch {
        /// Name of the model.
        name: String,
        /// What the client said.
        why: String,
    },
    /// No home folder and no `MIDBAND_DATA_DIR`.
    #[error("no data folder is known: set MIDBAND_DATA_DIR")]
    NoDataFolder,
}
