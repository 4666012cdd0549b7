//! A judge's reliability without gold labels: from its agreement with the proxy.
//!
//! Judge and proxy are two noisy raters of the same pairs (Dawid and Skene 1979, Applied Statistics 28). The proxy's log
//! odds are a covariate of the hidden truth, `P(match) = sigmoid(a + b logit_p)`: taken as they are where a prior vouches
//! for them, with `a` and `b` free elsewhere, so that a proxy that is surer than it should be says no more than it knows.
//! EM finds them with the judge's share of right answers on either class: where the proxy is sure, a judge that differs
//! is wrong. Where the proxy knows little, a better judge and a better proxy explain the answers alike, and the assumed
//! reliability stands.

use super::JudgeModel;
use crate::numeric::sigmoid;

/// What the judge answered about a pair of which the proxy has an opinion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Log odds of a match by a fit that has not seen the answer.
    pub logit_p: f64,
    /// The judge's graded answer, 0..=1.
    pub answer_score: f64,
}

/// Pairs of either class that the assumed reliability weighs as much as.
const ASSUMED_PAIRS: f64 = 20.0;
/// Rounds of EM: the change is below a thousandth long before.
const ROUNDS: usize = 60;
/// Agreement proves no more than this: errors that the two share look like agreement.
const MOST: f64 = 0.97;
/// Range of the slope: from a proxy that says nothing to one that is far too modest.
const SLOPE: (f64, f64) = (0.0, 3.0);
/// The intercept stays within the odds of one match in four hundred either way.
const INTERCEPT: f64 = 6.0;

/// Answers from which on a judge that says the same to nearly all is taken to know nothing: what is asked is what the
/// proxy is unsure of, so both answers must occur.
const CONSTANT_FROM: usize = 40;
/// Share of the rarer answer below which answers are all the same.
const CONSTANT: f64 = 0.03;

/// `P(match) = sigmoid(intercept + slope * logit_p)`.
struct Truth {
    intercept: f64,
    slope: f64,
}

impl Truth {
    /// One Newton step of the logistic regression of the expected truths `q` on the proxy's log odds.
    fn step(&mut self, seen: &[Agreement], q: &[f64]) {
        // A ridge of one pair keeps the step finite where all log odds are alike.
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1.0, 0.0, 1.0);
        for (pair, q) in seen.iter().zip(q) {
            let x = pair.logit_p;
            let p = sigmoid(self.intercept + self.slope * x);
            let (r, w) = (q - p, p * (1.0 - p));
            (g0, g1) = (g0 + r, g1 + r * x);
            (h00, h01, h11) = (h00 + w, h01 + w * x, h11 + w * x * x);
        }
        let det = h00 * h11 - h01 * h01;
        if det > 1e-9 {
            let intercept = self.intercept + (h11 * g0 - h01 * g1) / det;
            let slope = self.slope + (h00 * g1 - h01 * g0) / det;
            self.intercept = intercept.clamp(-INTERCEPT, INTERCEPT);
            self.slope = slope.clamp(SLOPE.0, SLOPE.1);
        }
    }
}

impl JudgeModel {
    /// The same judge with the sensitivity and specificity that its agreement with the proxy suggests, held back by the
    /// assumed ones. A judge that says the same to every pair, or the opposite of the truth, ends with answers that move
    /// nothing. `vouched` is true where the proxy's probabilities can be taken as they are.
    #[must_use]
    pub fn by_agreement(&self, seen: &[Agreement], vouched: bool) -> Self {
        let yes_rate = seen.iter().map(|pair| pair.answer_score).sum::<f64>() / seen.len() as f64;
        if seen.len() >= CONSTANT_FROM && !(CONSTANT..=1.0 - CONSTANT).contains(&yes_rate) {
            return self.without_information();
        }
        let (mut sensitivity, mut specificity) = (self.sensitivity, self.specificity);
        let mut truth = Truth {
            intercept: 0.0,
            slope: 1.0,
        };
        let mut q = vec![0.0; seen.len()];
        for _ in 0..ROUNDS {
            let (mut matches, mut yes_to_matches) = (0.0, 0.0);
            let (mut others, mut no_to_others) = (0.0, 0.0);
            for (pair, q) in seen.iter().zip(&mut q) {
                let yes = pair.answer_score;
                let if_match = yes * sensitivity + (1.0 - yes) * (1.0 - sensitivity);
                let if_no_match = yes * (1.0 - specificity) + (1.0 - yes) * specificity;
                let prior = truth.intercept + truth.slope * pair.logit_p;
                *q = sigmoid(prior + (if_match / if_no_match).ln());
                matches += *q;
                yes_to_matches += *q * yes;
                others += 1.0 - *q;
                no_to_others += (1.0 - *q) * (1.0 - yes);
            }
            if !vouched {
                truth.step(seen, &q);
            }
            let share = |right: f64, all: f64, assumed: f64| {
                ((assumed * ASSUMED_PAIRS + right) / (ASSUMED_PAIRS + all)).clamp(0.01, MOST)
            };
            sensitivity = share(yes_to_matches, matches, self.sensitivity);
            specificity = share(no_to_others, others, self.specificity);
        }
        // A yes that is likelier for the rest than for matches would turn the judge's word round: it is worth nothing
        // instead, since without labels a proxy that is wrong looks the same.
        if sensitivity + specificity <= 1.0 {
            return self.without_information();
        }
        Self {
            sensitivity,
            specificity,
            ..*self
        }
    }

    /// The same judge, its answers worth nothing.
    fn without_information(&self) -> Self {
        Self {
            sensitivity: 0.5,
            specificity: 0.5,
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{KeyedRng, PairKey};

    /// Answers of a judge about pairs of which the proxy is fairly sure.
    fn answers(n: u64, judge: impl Fn(bool, f64) -> f64) -> Vec<Agreement> {
        let rng = KeyedRng::new(3, 3);
        let one = |i: u64| {
            let logit_p = 6.0 * rng.unit(PairKey(i)) - 3.0;
            let is_match = rng.unit(PairKey(1 << 40 | i)) < sigmoid(logit_p);
            let answer_score = judge(is_match, rng.unit(PairKey(1 << 41 | i)));
            Agreement {
                logit_p,
                answer_score,
            }
        };
        (0..n).map(one).collect()
    }

    fn yes(is: bool) -> f64 {
        f64::from(u8::from(is))
    }

    #[test]
    fn a_judge_better_or_worse_than_assumed_is_found() {
        let model = JudgeModel::default();
        for right in [0.65, 0.8, 0.95] {
            let seen = answers(2000, |truth, u| yes(truth == (u < right)));
            let found = model.by_agreement(&seen, true);
            assert!(
                (found.sensitivity() - right).abs() < 0.04,
                "{right}: {found:?}"
            );
            assert!(
                (found.specificity() - right).abs() < 0.04,
                "{right}: {found:?}"
            );
        }
    }

    #[test]
    fn answers_without_information_move_nothing() {
        let model = JudgeModel::default();
        let ratio = |seen: &[Agreement]| {
            let found = model.by_agreement(seen, true);
            let at = super::super::JudgeCovariates::AVERAGE;
            found.log_likelihood_ratio(1.0, &at).abs()
        };
        assert!(ratio(&answers(400, |_, _| 1.0)) < 0.15, "all yes");
        assert!(ratio(&answers(400, |_, u| yes(u < 0.5))) < 0.35, "random");
        assert!(
            ratio(&answers(400, |truth, _| yes(!truth))) < 0.15,
            "inverted"
        );
    }

    #[test]
    fn a_weak_proxy_that_is_too_sure_discredits_no_judge() {
        let rng = KeyedRng::new(5, 5);
        let one = |i: u64| {
            let truth = rng.unit(PairKey(i)) < 0.5;
            // AUROC about .65, and log odds three times as large as they should be.
            let noise: f64 = (0..12)
                .map(|j| rng.unit(PairKey((i << 8) | (1 << 50) | j)))
                .sum::<f64>()
                - 6.0;
            let logit_p = 3.0 * 0.5 * (noise + if truth { 0.27 } else { -0.27 });
            let right = rng.unit(PairKey(1 << 41 | i)) < 0.8;
            Agreement {
                logit_p,
                answer_score: yes(truth == right),
            }
        };
        let seen: Vec<Agreement> = (0..400).map(one).collect();
        let found = JudgeModel::default().by_agreement(&seen, false);
        assert!((found.sensitivity() - 0.8).abs() < 0.1, "{found:?}");
        assert!((found.specificity() - 0.8).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn where_the_proxy_knows_nothing_the_assumption_stands() {
        let seen: Vec<Agreement> = answers(500, |truth, u| yes(truth == (u < 0.8)))
            .into_iter()
            .map(|seen| Agreement {
                logit_p: 0.0,
                ..seen
            })
            .collect();
        let found = JudgeModel::default().by_agreement(&seen, false);
        assert!((found.sensitivity() - 0.8).abs() < 0.06, "{found:?}");
    }
}
