//! Logistic regression from labels of any reliability, with a Gaussian prior on the weights.
//!
//! A gold label, a judge's yes and a graded answer are one thing here: how probable what was
//! observed is if the pair is a match, and if it is not ([`Evidence`]). The likelihood of a pair is
//! the mixture of both (Raykar et al. 2010, JMLR 11, learning from crowds), so that every verdict
//! teaches as much as it deserves.

use crate::numeric::{sigmoid, solve_symmetric};

/// What was observed of one pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// Probability (or density) of the observation if the pair is a match, 0 or more.
    pub if_match: f64,
    /// Probability (or density) of the observation if it is not, 0 or more.
    pub if_no_match: f64,
    /// How often it counts; 1 for one pair.
    pub weight: f64,
}

impl Evidence {
    /// A label that is taken to be the truth.
    pub fn gold(is_match: bool) -> Self {
        Self {
            if_match: f64::from(u8::from(is_match)),
            if_no_match: f64::from(u8::from(!is_match)),
            weight: 1.0,
        }
    }

    /// The same observation, counting `weight` times.
    #[must_use]
    pub fn weighing(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    /// Probability of a match after the observation, given `p` before it.
    pub fn posterior(&self, p: f64) -> f64 {
        let (yes, no) = (p * self.if_match, (1.0 - p) * self.if_no_match);
        if yes + no > 0.0 { yes / (yes + no) } else { p }
    }

    /// Fisher information of such an observation on the log odds, where the pair is a match with
    /// probability `p`; that of a gold label is `p (1 - p)`. At least a hundredth of that, so that a step
    /// of Newton's method is always defined: a line search keeps it short enough.
    fn information(&self, p: f64) -> f64 {
        let variance = p * (1.0 - p);
        let (yes, no) = (self.if_match.min(1.0), self.if_no_match.min(1.0));
        let observed = p * yes + (1.0 - p) * no;
        let slope = variance * (yes - no);
        let spread = (observed * (1.0 - observed)).max(1e-12);
        (slope * slope / spread).max(0.01 * variance)
    }

    /// Log likelihood of the observation where the pair is a match with probability `p`, times the
    /// weight. Floored at `ln 1e-12`, so that one impossible observation can't decide a comparison.
    pub fn log_likelihood(&self, p: f64) -> f64 {
        let mixture = p * self.if_match + (1.0 - p) * self.if_no_match;
        self.weight * mixture.max(1e-12).ln()
    }
}

/// Rows, what was observed of them, and the prior on the weights.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// Row-major; each row has as many numbers as there are weights (a column of ones is the
    /// caller's business).
    pub rows: &'a [f64],
    /// One observation a row.
    pub evidence: &'a [Evidence],
    /// Added to each row's linear score; empty for none.
    pub offsets: &'a [f64],
    /// Mean of the Gaussian prior, one a weight.
    pub prior_mean: &'a [f64],
    /// Its precision (1 / variance), one a weight; 0 leaves a weight free.
    pub precision: &'a [f64],
}

/// Steps of Newton's method after which a fit is taken as it stands; well-posed fits need 5 to 15.
const MAX_STEPS: usize = 60;

/// A step that gains less than this many nats ends the fit: no figure that is reported moves by it.
const GAIN: f64 = 1e-7;

/// A step smaller than this in every weight ends the fit.
const TOLERANCE: f64 = 1e-6;

impl Problem<'_> {
    fn width(&self) -> usize {
        self.prior_mean.len()
    }

    fn score(&self, row: usize, weights: &[f64]) -> f64 {
        let width = weights.len();
        let values = &self.rows[row * width..(row + 1) * width];
        let offset = self.offsets.get(row).copied().unwrap_or(0.0);
        offset + values.iter().zip(weights).map(|(x, w)| x * w).sum::<f64>()
    }

    /// Log posterior density up to a constant; what the fit maximises.
    pub fn log_posterior(&self, weights: &[f64]) -> f64 {
        self.value_kept(weights, |_| true)
    }

    fn value_kept(&self, weights: &[f64], keep: impl Fn(usize) -> bool) -> f64 {
        let likelihood: f64 = (self.evidence.iter().enumerate().filter(|(i, _)| keep(*i)))
            .map(|(i, e)| e.log_likelihood(sigmoid(self.score(i, weights))))
            .sum();
        let penalty: f64 = (weights.iter().zip(self.prior_mean).zip(self.precision))
            .map(|((w, m), p)| p * (w - m) * (w - m))
            .sum();
        likelihood - 0.5 * penalty
    }

    /// Gradient of [`Problem::log_posterior`].
    pub fn gradient(&self, weights: &[f64]) -> Vec<f64> {
        let mut sums = self.prior_sums(weights);
        self.add_curvature(weights, |_| true, &mut sums);
        sums.gradient
    }

    /// Adds the labels' part of the gradient and of a positive definite stand-in for the negative
    /// Hessian (exact for gold labels; lower triangle).
    fn add_curvature(&self, weights: &[f64], keep: impl Fn(usize) -> bool, sums: &mut Sums) {
        let n = self.width();
        for (index, evidence) in self.evidence.iter().enumerate().filter(|(i, _)| keep(*i)) {
            let row = &self.rows[index * n..(index + 1) * n];
            let p = sigmoid(self.score(index, weights));
            let r = evidence.posterior(p);
            let slope = evidence.weight * (r - p);
            let bend = evidence.weight * evidence.information(p);
            for (i, x) in row.iter().enumerate() {
                sums.gradient[i] += slope * x;
                let scaled = bend * x;
                let line = &mut sums.hessian[i * n..=i * n + i];
                line.iter_mut()
                    .zip(row)
                    .for_each(|(cell, y)| *cell += scaled * y);
            }
        }
    }

    /// The prior's part of gradient and Hessian.
    fn prior_sums(&self, weights: &[f64]) -> Sums {
        let n = self.width();
        let mut sums = Sums {
            gradient: (weights.iter().zip(self.prior_mean).zip(self.precision))
                .map(|((w, m), p)| -p * (w - m))
                .collect(),
            hessian: vec![0.0; n * n],
        };
        for i in 0..n {
            // The ridge is far below any prior in use; it only keeps a constant column solvable.
            sums.hessian[i * n + i] = self.precision[i] + 1e-9;
        }
        sums
    }

    /// Weights of the largest posterior density that Newton's method with a halving line search
    /// reaches from `start`.
    pub fn fit(&self, start: &[f64]) -> Vec<f64> {
        self.fit_kept(start, |_| true)
    }

    /// The fits that leave out one fold each, every one started from `start`.
    pub fn fit_without(&self, start: &[f64], fold: &[usize], folds: usize) -> Vec<Vec<f64>> {
        (0..folds)
            .map(|out| self.fit_kept(start, |i| fold[i] != out))
            .collect()
    }

    /// The same, one Newton step from the fit on all labels: a single pass over them.
    pub fn one_step_without(&self, fitted: &[f64], fold: &[usize], folds: usize) -> Vec<Vec<f64>> {
        let n = self.width();
        let mut parts: Vec<Sums> = vec![
            Sums {
                gradient: vec![0.0; n],
                hessian: vec![0.0; n * n]
            };
            folds
        ];
        for (out, part) in parts.iter_mut().enumerate() {
            self.add_curvature(fitted, |i| fold[i] == out, part);
        }
        let mut whole = self.prior_sums(fitted);
        parts.iter().for_each(|part| whole.add(part, 1.0));
        let step = |part: &Sums| {
            let mut rest = whole.clone();
            rest.add(part, -1.0);
            let mut step = rest.gradient;
            if !solve_symmetric(&mut rest.hessian, &mut step) {
                step.iter_mut().for_each(|s| *s = 0.0);
            }
            fitted.iter().zip(&step).map(|(w, s)| w + s).collect()
        };
        parts.iter().map(step).collect()
    }

    fn fit_kept(&self, start: &[f64], keep: impl Fn(usize) -> bool) -> Vec<f64> {
        let mut weights = start.to_vec();
        let mut best = self.value_kept(&weights, &keep);
        for _ in 0..MAX_STEPS {
            let mut sums = self.prior_sums(&weights);
            self.add_curvature(&weights, &keep, &mut sums);
            let mut step = sums.gradient;
            if !solve_symmetric(&mut sums.hessian, &mut step) {
                break;
            }
            let mut scale = 1.0;
            let accepted = loop {
                let trial: Vec<f64> = (weights.iter().zip(&step))
                    .map(|(w, s)| w + scale * s)
                    .collect();
                let value = self.value_kept(&trial, &keep);
                if value >= best && value.is_finite() {
                    break Some((trial, value));
                }
                scale *= 0.5;
                if scale < 1e-6 {
                    break None;
                }
            };
            let Some((trial, value)) = accepted else {
                break;
            };
            let largest = step.iter().fold(0.0_f64, |m, s| m.max((s * scale).abs()));
            let gained = value - best;
            (weights, best) = (trial, value);
            if largest < TOLERANCE || gained < GAIN {
                break;
            }
        }
        weights
    }
}

/// Sums over labels that a Newton step needs.
#[derive(Clone)]
struct Sums {
    gradient: Vec<f64>,
    hessian: Vec<f64>,
}

impl Sums {
    fn add(&mut self, other: &Self, sign: f64) {
        (self.gradient.iter_mut().zip(&other.gradient)).for_each(|(a, b)| *a += sign * b);
        (self.hessian.iter_mut().zip(&other.hessian)).for_each(|(a, b)| *a += sign * b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem_parts() -> impl Strategy<Value = (Vec<f64>, Vec<Evidence>, Vec<f64>)> {
        let evidence =
            (0.05..0.95f64, 0.05..0.95f64, 0.2..3.0f64).prop_map(|(a, b, weight)| Evidence {
                if_match: a,
                if_no_match: b,
                weight,
            });
        (
            prop::collection::vec(-2.0..2.0f64, 30),
            prop::collection::vec(evidence, 10),
            prop::collection::vec(-1.0..1.0f64, 3),
        )
    }

    proptest! {
        #[test]
        fn gradient_agrees_with_finite_differences((rows, evidence, weights) in problem_parts()) {
            let problem = Problem { rows: &rows, evidence: &evidence, offsets: &[], prior_mean: &[0.3, -0.2, 0.0], precision: &[0.5, 2.0, 0.0] };
            let gradient = problem.gradient(&weights);
            for i in 0..3 {
                let h = 1e-5;
                let (mut up, mut down) = (weights.clone(), weights.clone());
                up[i] += h;
                down[i] -= h;
                let slope = (problem.log_posterior(&up) - problem.log_posterior(&down)) / (2.0 * h);
                prop_assert!((slope - gradient[i]).abs() < 1e-5 * (1.0 + slope.abs()), "{} {}", slope, gradient[i]);
            }
        }

        #[test]
        fn the_fit_is_a_stationary_point(rows in prop::collection::vec(-2.0..2.0f64, 30), verdicts in prop::collection::vec((0.7..0.99f64, 0.7..0.99f64, any::<bool>()), 10)) {
            let of = |(sens, spec, yes): &(f64, f64, bool)| Evidence {
                if_match: if *yes { *sens } else { 1.0 - sens },
                if_no_match: if *yes { 1.0 - spec } else { *spec },
                weight: 1.0,
            };
            let evidence: Vec<Evidence> = verdicts.iter().map(of).collect();
            let problem = Problem { rows: &rows, evidence: &evidence, offsets: &[], prior_mean: &[0.0; 3], precision: &[1.0; 3] };
            let weights = problem.fit(&[0.0; 3]);
            for g in problem.gradient(&weights) {
                prop_assert!(g.abs() < 0.01, "{}", g);
            }
        }
    }

    #[test]
    fn gold_labels_are_fitted_as_usual() {
        // Three of four are matches and there is nothing but the intercept: the logit is ln 3.
        let evidence: Vec<Evidence> = [true, true, true, false].map(Evidence::gold).to_vec();
        let problem = Problem {
            rows: &[1.0; 4],
            evidence: &evidence,
            offsets: &[],
            prior_mean: &[0.0],
            precision: &[0.0],
        };
        assert!((problem.fit(&[0.0])[0] - 3.0_f64.ln()).abs() < 1e-6);
    }
}
