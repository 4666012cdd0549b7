//! How often matches occur, estimated from scores without any label.
//!
//! A proxy that was trained where one pair in eight is a match ranks pairs well elsewhere, and its probabilities are
//! off by the ratio of the two prevalences. The prevalence that makes the scores at hand likeliest is found by EM
//! (Saerens, Latinne and Decaestecker 2002, Neural Computation 14): with likelihood ratios `r_i`,
//! `q_i = pi r_i / (pi r_i + 1 - pi)` and `pi = mean q_i`. The likelihood is concave in `pi`, so the end is unique.

use crate::{
    LinearProxy,
    numeric::{logit, sigmoid},
    two_groups::TwoGroups,
};

/// Rounds at most; the likelihood is concave and the start is never far in practice.
const ROUNDS: usize = 200;
/// The prevalence is kept inside of this range.
const RANGE: (f64, f64) = (0.001, 0.999);
/// Scores from which on there is an estimate.
const LEAST_SCORES: usize = 50;
/// Scores in which two groups are looked for; of more, so many quantiles.
const MOST_SCORES: usize = 20_000;
/// Mean of `4 q (1 - q)` above which the two classes do not separate: the mixture then fits many prevalences.
const MOST_DOUBT: f64 = 0.5;
/// Mean doubt above which a shift is half believed.
const DOUBT: f64 = 0.25;
/// Standard errors that a prevalence must differ by before the trained one gives way.
const STANDARD_ERRORS: f64 = 3.0;

/// Standard deviations between two groups of scores (Ashman's D) from which on they are taken for the two classes. On eight sets of
/// records, whole and thinned out to a third and a tenth of their matches, groups that are 4.5 apart cut the calibration error in
/// each case, and groups that are nearer were no classes.
const FAR_APART: f64 = 4.5;
/// Log odds, by size, beyond which a border between two groups is none between the classes: exact copies are a group of their own.
const FARTHEST_BORDER: f64 = 2.0;
/// Largest factor that log odds are multiplied by.
const STEEPEST: f64 = 3.0;

/// How a shift to one side is taken. The classes of other data have other shapes, and the estimate takes that for prevalence: on
/// eight sets of records thinned out to 1, 3, 30 and 70 % matches it was off by 0.35 (root mean square, log odds) where
/// matches are more frequent than in training, and by 1.3 where they are rarer.
struct Side {
    /// Log odds that the two must differ by.
    least: f64,
    /// Share of the estimated shift that is taken: what makes the probabilities likeliest on those sets.
    taken: f64,
    /// Log odds that the shift is off by, beside its sampling error.
    off: f64,
}

/// Share of a shift that is taken where the estimate is worth little.
const HALF: f64 = 0.5;

const MORE: Side = Side {
    least: 0.3,
    taken: 0.8,
    off: 0.35,
};
const FEWER: Side = Side {
    least: 1.0,
    taken: HALF,
    off: 0.65,
};

/// A prevalence that differs from the one that a proxy was trained at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelShift {
    /// Estimated share of matches, 0..=1.
    pub prevalence: f64,
    /// Its standard error: from the observed information, and from how far such estimates were off on sets of known prevalence.
    pub standard_error: f64,
    /// What every log odds is to be multiplied by: 1 unless the scores fall into two groups far apart.
    pub slope: f64,
    /// What is then to be added to every log odds.
    pub log_odds: f64,
}

impl LabelShift {
    /// As [`LabelShift::estimate`], for scores that no judge will be asked about. If they fall into two groups far apart, the
    /// log odds grow as fast as the groups say: a proxy is milder on easy data than it needs to be, which helps as long as a
    /// judge may still find its errors, and is no calibration once nobody looks again.
    pub fn of_unjudged(log_odds: &[f64], trained: f64) -> Option<Self> {
        let shift = Self::estimate(log_odds, trained);
        let start = shift.map_or(0.0, |shift| shift.log_odds);
        let slope = slope_of_two_groups(log_odds, start).filter(|slope| *slope > 1.0);
        match slope {
            None => shift,
            // The cut stays where it is: how steep the odds are is seen in the shape of the groups, where they meet is not.
            Some(slope) => Some(Self {
                slope,
                log_odds: slope * start,
                ..shift.unwrap_or_else(|| Self::none(log_odds, trained))
            }),
        }
    }

    /// Log odds as they are after the shift.
    pub fn applied(&self, log_odds: f64) -> f64 {
        self.slope.mul_add(log_odds, self.log_odds)
    }

    /// A proxy whose log odds are shifted. One with a monotone correction stays as it is.
    pub fn apply(&self, proxy: &mut LinearProxy) {
        proxy.rescale(self.slope, self.log_odds);
    }

    /// The share as trained, with what sampling makes it vary by.
    fn none(log_odds: &[f64], trained: f64) -> Self {
        let spread = trained * (1.0 - trained) / log_odds.len() as f64;
        Self {
            prevalence: trained,
            standard_error: spread.sqrt(),
            slope: 1.0,
            log_odds: 0.0,
        }
    }

    /// From the log odds of all pairs by a proxy that was trained where a share `trained` of the pairs are matches.
    ///
    /// `None` where there are too few scores, the two classes do not separate, or the prevalence is not clearly another
    /// one: the proxy then stands as it is.
    pub fn estimate(log_odds: &[f64], trained: f64) -> Option<Self> {
        let at = logit(trained.clamp(RANGE.0, RANGE.1));
        let ratios: Vec<f64> = log_odds
            .iter()
            .filter(|x| !x.is_nan())
            .map(|x| x - at)
            .collect();
        if ratios.len() < LEAST_SCORES {
            return None;
        }
        let n = ratios.len() as f64;
        let mut prevalence = trained;
        for _ in 0..ROUNDS {
            let prior = logit(prevalence);
            let mean = ratios.iter().map(|r| sigmoid(r + prior)).sum::<f64>() / n;
            let next = mean.clamp(RANGE.0, RANGE.1);
            let moved = (next - prevalence).abs();
            prevalence = next;
            if moved < 1e-9 {
                break;
            }
        }
        let prior = logit(prevalence);
        let posteriors = ratios.iter().map(|r| sigmoid(r + prior));
        let doubt = posteriors.clone().map(|q| 4.0 * q * (1.0 - q)).sum::<f64>() / n;
        // Score of the prevalence: q / pi - (1 - q) / (1 - pi), whose squares sum to the observed information.
        let information: f64 = posteriors
            .map(|q| (q / prevalence - (1.0 - q) / (1.0 - prevalence)).powi(2))
            .sum();
        let standard_error = information.max(f64::MIN_POSITIVE).sqrt().recip();
        let estimated = prior - at;
        let side = if estimated > 0.0 { MORE } else { FEWER };
        let clear = (prevalence - trained).abs() > STANDARD_ERRORS * standard_error
            && estimated.abs() > side.least;
        let taken = if doubt > DOUBT { HALF } else { side.taken };
        let log_odds = taken * estimated;
        let taken = sigmoid(at + log_odds);
        let off = side.off * taken * (1.0 - taken);
        (doubt <= MOST_DOUBT && clear).then_some(Self {
            prevalence: taken,
            standard_error: standard_error.hypot(off),
            slope: 1.0,
            log_odds,
        })
    }
}

/// Where the log odds fall into two groups far apart, with a border at which the proxy is unsure, the groups are the classes:
/// their normal densities say how fast the odds grow beside it.
fn slope_of_two_groups(log_odds: &[f64], start: f64) -> Option<f64> {
    let mut scores: Vec<f64> = log_odds.iter().copied().filter(|x| !x.is_nan()).collect();
    if scores.len() < LEAST_SCORES {
        return None;
    }
    scores.sort_unstable_by(f64::total_cmp);
    let step = scores.len().div_ceil(MOST_SCORES);
    let scores: Vec<f64> = scores.into_iter().step_by(step).collect();
    let groups = TwoGroups::fit(&scores, start)?;
    let border = groups.border()?;
    let are_classes = groups.apart() >= FAR_APART && (border + start).abs() <= FARTHEST_BORDER;
    are_classes.then(|| groups.slope(border).clamp(1.0, STEEPEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{KeyedRng, PairKey};

    /// Log odds of a proxy trained at `trained`, on pairs of which a share `prevalence` are matches: two normal classes
    /// whose means lie `apart` standard deviations from each other.
    fn scores(n: u64, trained: f64, prevalence: f64, apart: f64) -> Vec<f64> {
        let rng = KeyedRng::new(7, 7);
        let normal = |i: u64, salt: u64| -> f64 {
            let uniform = |j: u64| rng.unit(PairKey(i * 32 + salt * 16 + j));
            (0..12).map(uniform).sum::<f64>() - 6.0
        };
        let one = |i: u64| {
            let is_match = rng.unit(PairKey(1 << 40 | i)) < prevalence;
            let x = normal(i, 1) + if is_match { apart / 2.0 } else { -apart / 2.0 };
            apart * x + logit(trained)
        };
        (0..n).map(one).collect()
    }

    #[test]
    fn more_matches_than_in_training_are_found() {
        for prevalence in [0.25, 0.4, 0.75] {
            let found = LabelShift::estimate(&scores(4000, 0.12, prevalence, 4.0), 0.12).unwrap();
            let of_truth = found.log_odds / (logit(prevalence) - logit(0.12));
            assert!(
                (of_truth - MORE.taken).abs() < 0.05,
                "{prevalence}: {found:?}"
            );
            assert!((found.prevalence - prevalence).abs() < 2.0 * found.standard_error);
        }
    }

    #[test]
    fn fewer_matches_are_half_believed() {
        let found = LabelShift::estimate(&scores(4000, 0.12, 0.01, 4.0), 0.12).unwrap();
        let of_truth = found.log_odds / (logit(0.01) - logit(0.12));
        assert!((of_truth - FEWER.taken).abs() < 0.1, "{found:?}");
        assert!(LabelShift::estimate(&scores(4000, 0.12, 0.06, 4.0), 0.12).is_none());
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        assert_eq!(
            LabelShift::estimate(&scores(4000, 0.12, 0.12, 4.0), 0.12),
            None,
            "no shift"
        );
        assert_eq!(
            LabelShift::estimate(&scores(4000, 0.12, 0.75, 0.8), 0.12),
            None,
            "no separation"
        );
        assert_eq!(
            LabelShift::estimate(&scores(20, 0.12, 0.75, 4.0), 0.12),
            None,
            "few scores"
        );
        assert_eq!(LabelShift::estimate(&[f64::NAN; 100], 0.12), None);
    }

    /// Scores of two classes, each normal with a spread of 1, whose odds are a fraction of the true ones.
    fn mild(share: f64, means: (f64, f64)) -> Vec<f64> {
        let rng = KeyedRng::new(3, 3);
        let unit = |i: u64| rng.unit(PairKey(i));
        let normal = |i: u64| {
            let (u, v) = (1.0 - unit(2 * i), unit(2 * i + 1));
            (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
        };
        let count = 2_000;
        (0..count)
            .map(|i| {
                let is_match = (i as f64) < share * count as f64;
                normal(i) + if is_match { means.1 } else { means.0 }
            })
            .collect()
    }

    #[test]
    fn two_groups_far_apart_are_the_classes() {
        for share in [0.05, 0.2, 0.35] {
            let scores = mild(share, (-3.0, 4.0));
            let found = LabelShift::of_unjudged(&scores, 0.12).unwrap();
            assert_eq!(found.slope, STEEPEST, "{found:?}");
            // The middle between the groups stays where it was.
            let before = LabelShift::estimate(&scores, 0.12).map_or(0.0, |found| found.log_odds);
            assert!((found.log_odds - STEEPEST * before).abs() < 1e-12);
        }
    }

    #[test]
    fn exact_copies_are_no_class_and_near_groups_are_none() {
        let copies = LabelShift::of_unjudged(&mild(0.1, (-3.0, 9.0)), 0.12);
        assert!(copies.is_none_or(|found| found.slope == 1.0));
        let near = LabelShift::of_unjudged(&mild(0.3, (-2.0, 1.5)), 0.12);
        assert!(near.is_none_or(|found| found.slope == 1.0));
    }
}
