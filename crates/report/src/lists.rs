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
    /// Records by the probability that an exact copy of theirs would be a match, in hundredths (the last is 1 itself): those far down
    /// can't be found. Empty where nothing was learnt of the columns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<u64>,
}

impl List {
    /// Records whose exact copy would stay below a probability of `at` hundredths; `None` where that is not known.
    pub fn unfindable(&self, at: usize) -> Option<u64> {
        (!self.copies.is_empty()).then(|| self.copies.iter().take(at).sum())
    }
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
