//! Accuracy: settle the pairs of which the proxy is surest, as many as the sample lets through.

use midband_combiner::numeric::sigmoid;

use super::{
    plan::{Foreseen, cheapest},
    run::{Fate, TargetRun, said_yes},
    sequence::{Limits, certified, prefixes, seen},
};
use crate::learner::Learner;

/// Pairs by falling certainty.
fn ordered(learner: &Learner, pool: &[usize]) -> Vec<usize> {
    let mut order = pool.to_vec();
    let certainty = |pair: usize| learner.logits[pair].abs();
    order.sort_unstable_by(|a, b| {
        let keys = learner.pairs.keys[*a].cmp(&learner.pairs.keys[*b]);
        certainty(*b).total_cmp(&certainty(*a)).then(keys)
    });
    order
}

/// Mistakes that the target allows.
fn allowed(learner: &Learner, target: f64) -> f64 {
    ((1.0 - target) * learner.pairs.len() as f64 + 1e-9).floor()
}

pub(super) fn sample_size(learner: &Learner, pool: &[usize], target: f64, delta: f64) -> usize {
    let order = ordered(learner, pool);
    let mistakes: Vec<f64> = order.iter().map(|pair| mistake(learner, *pair)).collect();
    let foreseen = Foreseen {
        mistakes: &mistakes,
        alpha: delta,
    };
    let (n, allowed) = (pool.len() as f64, allowed(learner, target));
    cheapest(pool.len(), |m| {
        let settled = foreseen.settled(m, |_| allowed);
        n - settled + m as f64 * settled / n
    })
}

/// Probability that settling the pair by the proxy is a mistake.
fn mistake(learner: &Learner, pair: usize) -> f64 {
    sigmoid(-learner.logits[pair].abs())
}

pub(super) fn test(learner: &Learner, run: &mut TargetRun, target: f64, delta: f64) {
    let order = ordered(learner, &run.pool);
    let sampled = run.sample_flags();
    let says = |pair: usize| learner.logits[pair] >= 0.0;
    // A label that never came counts as a mistake.
    let wrong =
        |pair: usize| sampled[pair] && said_yes(learner, pair).is_none_or(|yes| yes != says(pair));
    let points = prefixes(&order, &sampled, |pair| mistake(learner, pair));
    let allowed = allowed(learner, target);
    let limits = Limits {
        planned: |_| allowed,
        tested: |_| allowed,
    };
    let settled = certified(&points, &seen(&points, &order, wrong), delta, &limits);
    for pair in &order[..settled] {
        run.settle_pair(
            *pair,
            if says(*pair) {
                Fate::Accept
            } else {
                Fate::Reject
            },
        );
    }
}
