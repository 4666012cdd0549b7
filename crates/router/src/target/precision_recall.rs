//! Precision and recall: reject from below as long as few matches hide there, accept from above as
//! long as few others do, and ask what is left between.

use midband_combiner::numeric::sigmoid;

use super::{
    Quality,
    accuracy::prefixes,
    exact::upper_bound,
    plan::{Foreseen, sizes},
    run::{Fate, TargetRun, said_yes},
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

/// Mistakes that the first test of a sequence survives.
const SLACK: [usize; 3] = [2, 1, 0];

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

pub(super) fn sample_size(learner: &Learner, pool: &[usize], sides: &Sides, delta: f64) -> usize {
    let order = ordered(learner, pool);
    let n = order.len();
    let low: Vec<f64> = order
        .iter()
        .map(|pair| sigmoid(learner.logits[*pair]))
        .collect();
    let high: Vec<f64> = low.iter().rev().map(|p| 1.0 - p).collect();
    let expected: f64 = low.iter().sum();
    let known = known(learner, pool) as f64;
    let alpha = sides.side(delta);
    let cost = |m: usize| {
        let share = m as f64 / n.max(1) as f64;
        let seen = (expected * share).min(m as f64);
        let rest = upper_bound((m as f64 - seen) as usize, m, n, MATCHES * delta);
        let matches = (n - rest) as f64 + known;
        let foreseen = |mistakes| Foreseen {
            mistakes,
            alpha,
            pool: n,
        };
        let rejected = match sides.recall {
            Some(_) => foreseen(&low).settled(m, |_| sides.may_miss(matches)),
            None => low.partition_point(|p| *p < 0.5),
        };
        let accepted = match sides.precision {
            Some(_) => foreseen(&high).settled(m, |q| sides.may_be_false(matches, q)),
            None => high.partition_point(|p| *p < 0.5),
        };
        let settled = (rejected + accepted).min(n);
        n - settled + (share * settled as f64) as usize
    };
    sizes(n).into_iter().min_by_key(|m| cost(*m)).unwrap_or(0)
}

pub(super) fn test(learner: &Learner, run: &mut TargetRun, sides: &Sides, delta: f64) {
    let order = ordered(learner, &run.pool);
    let n = order.len();
    let mut sampled = vec![false; learner.pairs.len()];
    run.sampled().iter().for_each(|pair| sampled[*pair] = true);
    let m = run.sampled().len();
    // A label that never came counts against either side.
    let is_match = |pair: usize| said_yes(learner, pair) != Some(false);
    let is_not = |pair: usize| said_yes(learner, pair) != Some(true);
    let others = run.sampled().iter().filter(|pair| is_not(**pair)).count();
    let matches =
        (n - upper_bound(others, m, n, MATCHES * delta) + known(learner, &run.pool)) as f64;
    let alpha = sides.side(delta);
    let even = order.partition_point(|pair| learner.logits[*pair] < 0.0);
    let rejected = match sides.recall {
        Some(_) => passed(&prefixes(&order, &sampled, is_match), alpha, |_| {
            sides.may_miss(matches)
        }),
        None => even,
    };
    let falling: Vec<usize> = order.iter().rev().copied().collect();
    let accepted = match sides.precision {
        Some(_) => passed(&prefixes(&falling, &sampled, is_not), alpha, |q| {
            sides.may_be_false(matches, q)
        }),
        None => n - even,
    };
    // Where both sides reach past each other nothing needs asking; they meet at even odds if they can.
    let cut = even.clamp(n - accepted.min(n), rejected.max(n - accepted.min(n)));
    let overlap = rejected + accepted > n;
    let (below, above) = if overlap {
        (cut, cut)
    } else {
        (rejected, n - accepted)
    };
    order[..below]
        .iter()
        .for_each(|pair| run.settle_pair(*pair, Fate::Reject));
    order[above..]
        .iter()
        .for_each(|pair| run.settle_pair(*pair, Fate::Accept));
}

/// Longest prefix of a fixed sequence of tests of which none failed.
fn passed(points: &[(usize, usize, usize)], alpha: f64, allowed: impl Fn(usize) -> f64) -> usize {
    let passes =
        |q: usize, m: usize, k: usize| (upper_bound(k, m, q, alpha) - k) as f64 <= allowed(q);
    let start = SLACK.iter().find_map(|slack| {
        points
            .iter()
            .position(|(q, m, _)| m >= slack && passes(*q, *m, *slack))
    });
    let from = start.map_or(&[] as &[_], |start| &points[start..]);
    from.iter()
        .take_while(|(q, m, k)| passes(*q, *m, *k))
        .last()
        .map_or(0, |(q, ..)| *q)
}
