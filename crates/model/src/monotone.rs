//! A monotone correction of a proxy's log odds, learnt from many labels.
//!
//! A logistic is two numbers and right for few labels; with many, the shape of the curve itself can be
//! read off (pool adjacent violators). The result is kept on the log odds and continued with slope one
//! beyond its ends, so that order is never lost and no score is pushed to certainty.

use serde::{Deserialize, Serialize};

use crate::{
    logistic::Evidence,
    numeric::{logit, sigmoid},
};

/// Fewest labels from which the shape of a curve is read off.
const FROM: usize = 500;

/// Cross-validated gain in log likelihood, in nats, below which the logistic stays: what a map of a
/// few spare parameters gains by chance.
const GAIN: f64 = 3.0;

/// Parts of the cross-validation.
const FOLDS: usize = 5;

/// A piecewise linear, never falling map of log odds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonotoneMap {
    /// Log odds before and after, both rising.
    knots: Vec<(f64, f64)>,
}

impl MonotoneMap {
    /// The pooled map of (log odds, label) pairs; `None` where there are none.
    pub fn of(points: &[(f64, bool)]) -> Option<Self> {
        let mut sorted = points.to_vec();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        // Blocks: sum of log odds, matches, pairs.
        let mut blocks: Vec<(f64, f64, f64)> = Vec::new();
        for (x, is_match) in sorted {
            blocks.push((x, f64::from(u8::from(is_match)), 1.0));
            while let [.., a, b] = blocks.as_slice() {
                // Ties in log odds are one point; a falling share is pooled.
                if a.1 / a.2 < b.1 / b.2 && a.0 / a.2 < b.0 / b.2 {
                    break;
                }
                let pooled = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
                blocks.truncate(blocks.len() - 2);
                blocks.push(pooled);
            }
        }
        // Half a pair on either side keeps the ends finite (Krichevsky and Trofimov).
        let knots: Vec<(f64, f64)> = (blocks.iter())
            .map(|(x, k, n)| (x / n, logit((k + 0.5) / (n + 1.0))))
            .collect();
        (!knots.is_empty()).then_some(Self {
            knots: rising(knots),
        })
    }

    /// The map where it predicts held-out labels better than the log odds as they are; `None` where
    /// the logistic stays. `points` are log odds from fits that have not seen the label, in an order
    /// that has nothing to do with either.
    pub fn if_better(points: &[(f64, bool)]) -> Option<Self> {
        if points.len() < FROM {
            return None;
        }
        let likelihood = |x: f64, label: bool| Evidence::gold(label).log_likelihood(sigmoid(x));
        let mut gain = 0.0;
        for fold in 0..FOLDS {
            let kept: Vec<(f64, bool)> = points
                .iter()
                .enumerate()
                .filter(|(i, _)| i % FOLDS != fold)
                .map(|(_, p)| *p)
                .collect();
            let map = Self::of(&kept)?;
            gain += (points.iter().skip(fold).step_by(FOLDS))
                .map(|(x, label)| likelihood(map.apply(*x), *label) - likelihood(*x, *label))
                .sum::<f64>();
        }
        if gain > GAIN { Self::of(points) } else { None }
    }

    /// The corrected log odds.
    pub fn apply(&self, x: f64) -> f64 {
        let at = self.knots.partition_point(|knot| knot.0 <= x);
        match (
            at.checked_sub(1).and_then(|i| self.knots.get(i)),
            self.knots.get(at),
        ) {
            (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0),
            (Some(a), None) => a.1 + (x - a.0),
            (None, Some(b)) => b.1 + (x - b.0),
            (None, None) => x,
        }
    }
}

/// Smoothing moves small blocks more than large ones: what falls by it is levelled.
fn rising(mut knots: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut highest = f64::NEG_INFINITY;
    for knot in &mut knots {
        knot.1 = knot.1.max(highest);
        highest = knot.1;
    }
    knots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{KeyedRng, PairKey};
    use proptest::prelude::*;

    fn points(n: u64, truth: impl Fn(f64) -> f64) -> Vec<(f64, bool)> {
        let of = |i, salt| KeyedRng::new(1, salt).unit(PairKey(i));
        (0..n)
            .map(|i| (8.0 * of(i, 1) - 4.0, i))
            .map(|(x, i)| (x, of(i, 2) < sigmoid(truth(x))))
            .collect()
    }

    #[test]
    fn it_stays_away_where_the_logistic_is_right() {
        assert!(MonotoneMap::if_better(&points(3000, |x| x)).is_none());
        assert!(MonotoneMap::if_better(&points(100, |x| x * x * x)).is_none());
    }

    #[test]
    fn it_straightens_a_bent_curve() {
        let bent = |x: f64| if x > 0.0 { 0.2 * x } else { 2.0 * x };
        let map = MonotoneMap::if_better(&points(4000, bent)).unwrap();
        for x in [-2.0, 1.0, 3.0] {
            assert!(
                (sigmoid(map.apply(x)) - sigmoid(bent(x))).abs() < 0.1,
                "{x}: {}",
                map.apply(x)
            );
        }
    }

    proptest! {
        #[test]
        fn it_never_falls(data in prop::collection::vec((-5.0..5.0f64, any::<bool>()), 1..80), a in -9.0..9.0f64, b in -9.0..9.0f64) {
            let map = MonotoneMap::of(&data).unwrap();
            prop_assert!(map.apply(a.min(b)) <= map.apply(a.max(b)) + 1e-9);
            prop_assert!(map.apply(a).is_finite());
        }
    }
}
