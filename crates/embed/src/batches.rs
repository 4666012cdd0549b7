//! Which texts share a run of the model.
//!
//! A batch is padded to its longest text, so what costs is `texts × longest`. Sorted by length and cut
//! by that product, a batch has next to no padding and every batch costs about the same.

/// Tokens in a batch, padding included. On all-MiniLM-L6-v2 the rate is flat from 1,024 to 4,096 and
/// falls above (docs/performance.md); the smallest keeps the runtime's arena small.
pub const DEFAULT_BATCH_TOKENS: usize = 1024;

/// Splits texts of the given lengths (in tokens) into batches of indices, cheapest first. Every index
/// stands in exactly one batch; no batch exceeds `budget` unless it is a single text. With `workers`
/// waiting, a small input is split further so that none idles.
pub(crate) fn plan(lengths: &[usize], budget: usize, workers: usize) -> Vec<Vec<usize>> {
    let total: usize = lengths.iter().sum();
    let budget = budget.min(total.div_ceil(workers.max(1)));
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&index| (lengths[index], index));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for index in order {
        match batches.last_mut() {
            // The text at hand is the longest so far: it sets the width of the batch.
            Some(batch) if (batch.len() + 1) * lengths[index] <= budget => batch.push(index),
            _ => batches.push(vec![index]),
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_single_pair_keeps_two_workers_busy() {
        assert_eq!(plan(&[20, 20], 1024, 2).len(), 2);
        assert_eq!(plan(&[20, 20], 1024, 1).len(), 1);
    }

    proptest! {
        #[test]
        fn every_text_is_in_one_batch_within_the_budget(
            lengths in proptest::collection::vec(1usize..300, 0..200),
            budget in 1usize..4000,
            workers in 1usize..5,
        ) {
            let batches = plan(&lengths, budget, workers);
            let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for batch in &batches {
                let longest = batch.iter().map(|&index| lengths[index]).max().unwrap_or(0);
                prop_assert!(batch.len() == 1 || batch.len() * longest <= budget);
            }
        }
    }
}
