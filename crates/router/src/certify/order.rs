//! Orders of pairs, none of which depends on the order in which the pairs came.

use midband_model::KeyedRng;

use crate::learner::Learner;

/// Pairs by falling certainty of the proxy.
pub(super) fn surest_first(learner: &Learner, pool: &[usize]) -> Vec<usize> {
    by(learner, pool, |pair| -learner.logits[pair].abs())
}

/// Pairs by falling score.
pub(super) fn highest_first(learner: &Learner, pool: &[usize]) -> Vec<usize> {
    by(learner, pool, |pair| -learner.logits[pair])
}

/// Pairs by rising score.
pub(super) fn lowest_first(learner: &Learner, pool: &[usize]) -> Vec<usize> {
    by(learner, pool, |pair| learner.logits[pair])
}

fn by(learner: &Learner, pool: &[usize], value: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut order = pool.to_vec();
    order.sort_unstable_by(|a, b| {
        let keys = learner.pairs.keys[*a].cmp(&learner.pairs.keys[*b]);
        value(*a).total_cmp(&value(*b)).then(keys)
    });
    order
}

/// Pairs in an order that has nothing to do with theirs.
pub(super) fn by_key(learner: &Learner, mut pairs: Vec<usize>) -> Vec<usize> {
    pairs.sort_unstable_by_key(|pair| learner.pairs.keys[*pair]);
    pairs
}

/// The first `size` of some pairs in a seeded order that has nothing to do with theirs.
pub(super) fn drawn(
    learner: &Learner,
    purpose: u64,
    mut pairs: Vec<usize>,
    size: usize,
) -> Vec<usize> {
    let draw = KeyedRng::new(learner.knowledge.seed, purpose);
    pairs.sort_unstable_by_key(|pair| {
        let key = learner.pairs.keys[*pair];
        (draw.rank(key), key)
    });
    pairs.truncate(size);
    pairs
}
