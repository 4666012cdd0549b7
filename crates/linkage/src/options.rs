//! What a linker is told, and why it may refuse.

use std::collections::BTreeMap;

use crate::{
    reading::ColumnReading,
    rules::{BlockingRule, RuleError},
    types::ColumnType,
};

/// How to link. The default needs nothing.
#[derive(Clone, Debug)]
pub struct Options {
    /// Types of columns, by header (of either list), where the inferred ones are not right.
    pub types: BTreeMap<String, ColumnType>,
    /// Blocking rules; none for those that the columns suggest.
    pub rules: Vec<BlockingRule>,
    /// Headers that are left out, a record's own number for instance.
    pub ignore: Vec<String>,
    /// Pairs of headers (left, right) that hold the same; columns not named here are paired by [`crate::map_columns`].
    pub map: Vec<(String, String)>,
    /// Whether a record has one partner at most; by default where both of two lists look clean.
    pub one_to_one: Option<bool>,
    /// Candidate pairs a record, as the most that the suggested rules propose (a million pairs are always free).
    pub pairs_a_record: u32,
    /// Of two lists: pairs within each of them count too, as if they were one list.
    pub within: bool,
    /// Of one list: the first record that is new. Those before it are resolved already, and no two of them are compared.
    pub fresh_from: Option<usize>,
    /// Only pairs that a rule proposes are compared, however few there are in all.
    pub by_rules: bool,
    /// The lists are samples of longer ones, for which rules are chosen; none where they are whole.
    pub whole: Option<WholeLists>,
    /// No column is made of others: no names are joined, no addresses taken apart.
    pub as_they_are: bool,
    /// How columns of the left list were read before, by header.
    pub reading: BTreeMap<String, ColumnReading>,
    /// Seed of the random pairs.
    pub seed: u64,
    /// Threads; the result is the same for any number.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            types: BTreeMap::new(),
            rules: Vec::new(),
            ignore: Vec::new(),
            map: Vec::new(),
            one_to_one: None,
            pairs_a_record: 30,
            within: false,
            fresh_from: None,
            by_rules: false,
            whole: None,
            as_they_are: false,
            reading: BTreeMap::new(),
            seed: 0,
            threads,
        }
    }
}

/// How long the lists are of which samples are at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeLists {
    /// Records of the left list, or of the only one.
    pub left: usize,
    /// Records of the right list.
    pub right: Option<usize>,
}

impl WholeLists {
    /// All records.
    pub(crate) fn records(self) -> usize {
        self.left + self.right.unwrap_or(0)
    }

    /// Pairs of these lists for each pair of a sample of so many records.
    pub(crate) fn grown(self, left: usize, right: Option<usize>) -> f64 {
        let pairs = |left: usize, right: Option<usize>| match right {
            Some(right) => left as f64 * right as f64,
            None => left as f64 * (left as f64 - 1.0) / 2.0,
        };
        pairs(self.left, self.right) / pairs(left, right).max(1.0)
    }
}

/// Why lists cannot be linked as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// A rule that cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// An option names a column that no list has.
    #[error("no column {0:?}")]
    NoColumn(String),
    /// Two pairs of columns that hold the same name one column.
    #[error("column {0:?} is paired twice")]
    PairedTwice(String),
    /// More records than numbers for them.
    #[error("{0} records; at most four billion can be linked")]
    TooMany(usize),
}
