//! Why a profile can't be used.

use std::path::PathBuf;

/// Why a profile can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// Neither the name of a built-in profile nor a file.
    #[error("there is no task {name:?}; built-in tasks are {known}; or name a TOML file")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The built-in names.
        known: String,
    },
    /// The file can't be read.
    #[error("cannot read the task file {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not a profile; the message names the line and the key, never an example's text.
    #[error("the task file is invalid: {0}")]
    Syntax(String),
    /// A value is out of its bounds.
    #[error("cannot use the task {name:?}: {what}")]
    Invalid {
        /// The profile's name.
        name: String,
        /// Which value, and its bounds.
        what: String,
    },
}
