//! Pairs whose answers are known, made up for each kind of task: what a judge knows of it is measured with them.
//!
//! Forty a kind, half of them matches, and of both halves some are hard: other words for the same, the same words for
//! something else.

use midband_core::Text;
use serde::{Deserialize, Serialize};

/// A pair whose answer is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownPair {
    /// Left text.
    pub a: Text,
    /// Right text.
    pub b: Text,
    /// True where both are the same in the task's sense.
    #[serde(rename = "match")]
    pub is_match: bool,
}

/// Tab-separated lines: 1 or 0, left, right.
fn read(lines: &str) -> Vec<KnownPair> {
    lines
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('\t');
            let (label, a, b) = (cells.next()?, cells.next()?, cells.next()?);
            Some(KnownPair {
                a: a.into(),
                b: b.into(),
                is_match: label == "1",
            })
        })
        .collect()
}

/// The pairs of a built-in task; those of the general one for any other name. Matches and others alternate, so that any
/// beginning of them is balanced.
pub(super) fn of(name: &str) -> Vec<KnownPair> {
    let all = read(match name {
        "patient-match" => include_str!("known_pairs/patients.tsv"),
        "same-question" => include_str!("known_pairs/questions.tsv"),
        "same-concept" => include_str!("known_pairs/terms.tsv"),
        "same-person" => include_str!("known_pairs/people.tsv"),
        "same-product" => include_str!("known_pairs/products.tsv"),
        "same-work" => include_str!("known_pairs/citations.tsv"),
        _ => include_str!("known_pairs/general.tsv"),
    });
    let (matches, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|pair| pair.is_match);
    matches
        .into_iter()
        .zip(others)
        .flat_map(|(one, other)| [one, other])
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Task;

    #[test]
    fn every_built_in_task_has_forty_known_pairs_half_of_them_matches() {
        for name in Task::names() {
            let pairs = of(name);
            let matches = pairs.iter().filter(|pair| pair.is_match).count();
            assert_eq!((pairs.len(), matches), (40, 20), "{name}");
            let distinct: HashSet<(&str, &str)> = pairs
                .iter()
                .map(|pair| (pair.a.as_str(), pair.b.as_str()))
                .collect();
            assert_eq!(distinct.len(), 40, "{name}");
        }
    }
}
