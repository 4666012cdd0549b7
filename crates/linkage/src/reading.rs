//! How a column was read.

use serde::{Deserialize, Serialize};

use crate::{dates::Notation, vocabulary::Vocabulary};

/// How a column was read in an earlier run: a part of its values may not show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnReading {
    /// How it writes dates of numbers alone; found out where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notation: Option<Notation>,
    /// The words that it writes a category in, where they are known ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<Vocabulary>,
    /// Values, normalised, that stand for "missing" because they were frequent (1900-01-01, 999999999).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fillers: Vec<String>,
    /// Short forms of a category with the long ones that the other of two lists writes, both normalised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub short: Vec<(String, String)>,
}
