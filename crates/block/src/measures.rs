//! What blocking saves and what it loses (Christen, Data Matching, 2012, chapter 7).

use std::collections::HashSet;

/// Share of all possible pairs that need not be compared, 0..=1. `right` is `None` for one list.
pub fn reduction_ratio(candidates: usize, left: usize, right: Option<usize>) -> f64 {
    let all = match right {
        Some(right) => left as f64 * right as f64,
        None => left as f64 * left.saturating_sub(1) as f64 / 2.0,
    };
    if all == 0.0 {
        0.0
    } else {
        1.0 - candidates as f64 / all
    }
}

/// Share of the true pairs that are candidates, 0..=1: the recall of blocking; `None` where none is known.
pub fn pairs_completeness(
    candidates: impl IntoIterator<Item = (u32, u32)>,
    gold: &HashSet<(u32, u32)>,
) -> Option<f64> {
    let found = candidates
        .into_iter()
        .filter(|pair| gold.contains(pair))
        .count();
    (!gold.is_empty()).then(|| found as f64 / gold.len() as f64)
}
