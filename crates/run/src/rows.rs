//! Rows on their way into a run.

use anyhow::Result;
use midband_io::{Item, ReadError};

/// Rows as they come.
pub type Rows = Box<dyn Iterator<Item = Result<Item, ReadError>> + Send>;

/// Rows that can be had more than once.
pub trait Source {
    /// The rows from the first one on.
    ///
    /// # Errors
    /// They can't be read.
    fn rows(&self) -> Result<Rows>;
}
