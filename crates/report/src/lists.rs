//! The lists of a `midband match` run, as they are described beside its output.

use serde::{Deserialize, Serialize};

/// Two lists, or one with duplicates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lists {
    /// The left list.
    pub left: List,
    /// The right list; `None` where the pairs are within one list.
    pub right: Option<List>,
    /// The columns, those that hold the same in both lists as one.
    pub columns: Vec<ListColumn>,
}

/// One list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct List {
    /// Name of its file.
    pub name: String,
    /// The column of its ids.
    pub id: String,
    /// Records.
    pub records: u64,
}

/// A column of one list, or the same of both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListColumn {
    /// Its header in the left list; empty where the left list has none.
    pub left: String,
    /// Its header in the right list; empty where the right list has none.
    pub right: String,
    /// Its type (`date`, `family_name`, …); empty where records were compared as texts.
    pub kind: String,
    /// Share of the left records with a value, 0..=1.
    pub left_filled: f64,
    /// Share of the right records with a value, 0..=1.
    pub right_filled: f64,
}

impl ListColumn {
    /// The header that people know it by.
    pub fn name(&self) -> &str {
        if self.left.is_empty() {
            &self.right
        } else {
            &self.left
        }
    }
}
