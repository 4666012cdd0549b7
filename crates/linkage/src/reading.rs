//! How a column was read.

use crate::{dates::Notation, vocabulary::Vocabulary};

/// How a column was read in an earlier run: a part of its values may not show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnReading {
    /// How it writes dates of numbers alone; found out where nothing is said.
    pub notation: Option<Notation>,
    /// The words that it writes a category in, where they are known ones.
    pub vocabulary: Option<Vocabulary>,
    /// Values, normalised, that stand for "missing" because they were frequent (1900-01-01, 999999999).
    pub fillers: Vec<String>,
}
