//! Precision and recall: reject from below as long as few matches hide there, accept from above as
//! long as few others do, and ask what is left between.

use midband_combiner::numeric::sigmoid;

use super::{
    Quality,
    exact::upper_bound,
    plan::{Foreseen, cheapest},
    run::{Fate, TargetRun, said_yes},
    sequence::{Limits, certified, prefixes, seen},
};
use crate::learner::Learner;

/// What has to hold on either side; an absent side is cut at even odds without a promise.
pub(super) struct Sides {
    precision: Option<f64>,
    recall: Option<f64>,
}

impl From<Quality> for Sides {
    fn from(quality: Quality) -> Self {
        let (precision, recall) = match quality {
            Quality::Precision(t) => (Some(t), None),
            Quality::Recall(t) => (None, Some(t)),
            Quality::PrecisionRecall { precision, recall } => (Some(precision), Some(recall)),
            // 2pr / (p + r) is t where both are t. Accuracy has a module of its own.
            Quality::F1(t) | Quality::Accuracy(t) => (Some(t), Some(t)),
        };
        Self { precision, recall }
    }
}

/// Shares of the failure probability: the number of matches, the low side, the high side.
const MATCHES: f64 = 0.1;
const SIDE: f64 = 0.45;

impl Sides {
    /// Failure probability of one side.
    fn side(&self, delta: f64) -> f64 {
        if self.precision.is_some() && self.recall.is_some() {
            SIDE * delta
        } else {
            (1.0 - MATCHES) * delta
        }
    }

    /// Missed matches that may be left, of at least so many matches.
    fn may_miss(&self, matches: f64) -> f64 {
        self.recall.map_or(0.0, |recall| (1.0 - recall) * matches)
    }

    /// False matches that may be left when `called` pairs are accepted at least, of at least so many
    /// matches: either bound alone keeps the precision.
    fn may_be_false(&self, matches: f64, called: usize) -> f64 {
        let Some(precision) = self.precision else {
            return 0.0;
        };
        let found = self.recall.unwrap_or(0.0) * matches;
        ((1.0 - precision) / precision * found).max((1.0 - precision) * called as f64)
    }
}

/// Pairs by rising score.
fn ordered(learner: &Learner, pool: &[usize]) -> Vec<usize> {
    let mut order = pool.to_vec();
    order.sort_unstable_by(|a, b| {
        let keys = learner.pairs.keys[*a].cmp(&learner.pairs.keys[*b]);
        learner.logits[*a].total_cmp(&learner.logits[*b]).then(keys)
    });
    order
}

/// Matches known outside of the pool.
fn known(learner: &Learner, pool: &[usize]) -> usize {
    let mut outside = vec![true; learner.pairs.len()];
    pool.iter().for_each(|pair| outside[*pair] = false);
    (0..outside.len())
        .filter(|pair| outside[*pair] && said_yes(learner, *pair) == Some(true))
        .count()
}

/// A lower bound on the matches among `n` pairs after so many others in a sample of `m`.
fn matches_at_least(others: usize, m: usize, n: usize, delta: f64) -> f64 {
    (n - upper_bound(others, m, n, MATCHES * delta)) as f64
}

pub(super) fn sample_size(learner: &Learner, pool: &[usize], sides: &Sides, delta: f64) -> usize {
    let order = ordered(learner, pool);
    let n = order.len();
    let low: Vec<f64> = order
        .iter()
        .map(|pair| sigmoid(learner.logits[*pair]))
        .collect();
    let high: Vec<f64> = low.iter().rev().map(|p| 1.0 - p).collect();
    let known = known(learner, pool) as f64;
    let alpha = sides.side(delta);
    cheapest(n, |m| {
        let matches = planned_matches(&low, m, delta) + known;
        let foreseen = |mistakes| Foreseen { mistakes, alpha };
        let rejected = match sides.recall {
            Some(_) => foreseen(&low).settled(m, |_| sides.may_miss(matches)),
            None => low.partition_point(|p| *p < 0.5) as f64,
        };
        let accepted = match sides.precision {
            Some(_) => foreseen(&high).settled(m, |q| sides.may_be_false(matches, q)),
            None => high.partition_point(|p| *p < 0.5) as f64,
        };
        let settled = (rejected + accepted).min(n as f64);
        n as f64 - settled + m as f64 * settled / n.max(1) as f64
    })
}

/// The bound on the matches of the pool that the pilot expects from a sample of `m`.
fn planned_matches(probabilities: &[f64], m: usize, delta: f64) -> f64 {
    let n = probabilities.len();
    let share = probabilities.iter().sum::<f64>() / n.max(1) as f64;
    let others = ((1.0 - share) * m as f64).round() as usize;
    matches_at_least(others.min(m), m, n, delta)
}

pub(super) fn test(learner: &Learner, run: &mut TargetRun, sides: &Sides, delta: f64) {
    let order = ordered(learner, &run.pool);
    let n = order.len();
    let sampled = run.sample_flags();
    let m = sampled.iter().filter(|s| **s).count();
    let p = |pair: usize| sigmoid(learner.logits[pair]);
    // A label that never came counts against either side.
    let is_match = |pair: usize| sampled[pair] && said_yes(learner, pair) != Some(false);
    let is_not = |pair: usize| sampled[pair] && said_yes(learner, pair) != Some(true);
    let known = known(learner, &run.pool) as f64;
    let others = order.iter().filter(|pair| is_not(**pair)).count();
    let matches = matches_at_least(others, m, n, delta) + known;
    // Where a sequence starts must not depend on what the sample says: the pilot's figure.
    let planned = planned_matches(
        &order.iter().map(|pair| p(*pair)).collect::<Vec<_>>(),
        m,
        delta,
    ) + known;
    let alpha = sides.side(delta);
    let even = order.partition_point(|pair| learner.logits[*pair] < 0.0);
    let rejected = match sides.recall {
        Some(_) => {
            let points = prefixes(&order, &sampled, p);
            let limits = Limits {
                planned: |_| sides.may_miss(planned),
                tested: |_| sides.may_miss(matches),
            };
            certified(&points, &seen(&points, &order, is_match), alpha, &limits)
        }
        None => even,
    };
    let falling: Vec<usize> = order.iter().rev().copied().collect();
    let accepted = match sides.precision {
        Some(_) => {
            let points = prefixes(&falling, &sampled, |pair| 1.0 - p(pair));
            let limits = Limits {
                planned: |q| sides.may_be_false(planned, q),
                tested: |q| sides.may_be_false(matches, q),
            };
            certified(&points, &seen(&points, &falling, is_not), alpha, &limits)
        }
        None => n - even,
    };
    // Where both sides reach past each other nothing needs asking; they meet at even odds if they can.
    let accepts_from = n - accepted;
    let cut = even.clamp(accepts_from, rejected.max(accepts_from));
    let (below, above) = if rejected > accepts_from {
        (cut, cut)
    } else {
        (rejected, accepts_from)
    };
    order[..below]
        .iter()
        .for_each(|pair| run.settle_pair(*pair, Fate::Reject));
    order[above..]
        .iter()
        .for_each(|pair| run.settle_pair(*pair, Fate::Accept));
}
