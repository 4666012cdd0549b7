//! The words of a drawing's counts.

use std::collections::BTreeMap;

/// Words in the order in which they are stacked and named.
pub(super) fn words<'a>(counts: impl Iterator<Item = &'a BTreeMap<String, u64>>) -> Vec<String> {
    let all: Vec<&String> = counts.flat_map(BTreeMap::keys).collect();
    let order = [
        "reject",
        "no_match",
        "embedding",
        "columns",
        "ask",
        "review",
        "cache",
        "accept",
        "match",
        "judge",
        "fallback",
        "rule",
        "person",
    ];
    order
        .iter()
        .filter(|word| all.iter().any(|known| known == *word))
        .map(|word| (*word).to_owned())
        .collect()
}
