//! What was found, in records and in combinations of levels.

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// What was found.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Answer {
    matches: u64,
    review: u64,
    no_match: u64,
    /// Records of the left list, or of the only one; null where the pairs came from no list.
    #[schema(required)]
    left: Option<FoundRecords>,
    #[schema(required)]
    right: Option<FoundRecords>,
    #[schema(required)]
    clusters: Option<Clusters>,
}

/// What became of a list's records.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct FoundRecords {
    name: String,
    /// Records, where the run wrote it down.
    #[schema(required)]
    records: Option<u64>,
    /// Records with a match.
    found: u64,
    /// Of these, with more than one.
    several: u64,
    /// Records without a match, in a pair that waits for a person.
    waiting: u64,
    /// The others.
    #[schema(required)]
    alone: Option<u64>,
}

/// Records that matches join, directly or through others.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Clusters {
    /// Clusters by the number of their records, of two and more.
    by_size: BTreeMap<String, u64>,
    /// The largest ones.
    largest: Vec<Cluster>,
}

/// One cluster.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Cluster {
    /// Ids of its records, those of the left list first.
    records: Vec<String>,
    /// Records of the left list among them.
    left: u64,
    /// Its matches: two places in `records`, and the final score.
    edges: Vec<Vec<f64>>,
    /// The smallest score of a match that it rests on, 0..=1.
    weakest: f64,
}

/// How often each combination of comparison levels occurs.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Patterns {
    columns: Vec<String>,
    /// The most frequent ones first.
    found: Vec<Pattern>,
    /// Combinations in all.
    all: u64,
}

/// A combination of comparison levels.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Pattern {
    /// The level of each column; empty where a pair has none.
    levels: Vec<String>,
    pairs: u64,
    mean_score: f64,
    decisions: BTreeMap<String, u64>,
    /// Ids of some pairs.
    examples: Vec<String>,
}
