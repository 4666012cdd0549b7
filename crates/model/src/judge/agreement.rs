//! A judge's reliability without gold labels: from its agreement with the proxy.
//!
//! Judge and proxy are two noisy raters of the same pairs (Dawid and Skene 1979, Applied Statistics 28), and the proxy's
//! probabilities are known. EM over the hidden truth gives the judge's share of right answers on either class. Where
//! the proxy says nothing, every reliability explains the answers alike, and the assumed one stands.

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
const ROUNDS: usize = 50;
/// Agreement proves no more than this: errors that the two share look like agreement.
const MOST: f64 = 0.97;

impl JudgeModel {
    /// The same judge with the sensitivity and specificity that its agreement with the proxy suggests, held back by the
    /// assumed ones. A judge that says the same to every pair, or the opposite of the truth, ends with answers that move
    /// nothing.
    #[must_use]
    pub fn by_agreement(&self, seen: &[Agreement]) -> Self {
        let (assumed_sensitivity, assumed_specificity) = (self.sensitivity, self.specificity);
        let (mut sensitivity, mut specificity) = (assumed_sensitivity, assumed_specificity);
        for _ in 0..ROUNDS {
            let (mut matches, mut yes_to_matches) = (0.0, 0.0);
            let (mut others, mut no_to_others) = (0.0, 0.0);
            for Agreement {
                logit_p,
                answer_score: yes,
            } in seen
            {
                let if_match = yes * sensitivity + (1.0 - yes) * (1.0 - sensitivity);
                let if_no_match = yes * (1.0 - specificity) + (1.0 - yes) * specificity;
                let q = sigmoid(logit_p + (if_match / if_no_match).ln());
                matches += q;
                yes_to_matches += q * yes;
                others += 1.0 - q;
                no_to_others += (1.0 - q) * (1.0 - yes);
            }
            sensitivity =
                (assumed_sensitivity * ASSUMED_PAIRS + yes_to_matches) / (ASSUMED_PAIRS + matches);
            specificity =
                (assumed_specificity * ASSUMED_PAIRS + no_to_others) / (ASSUMED_PAIRS + others);
            (sensitivity, specificity) =
                (sensitivity.clamp(0.01, MOST), specificity.clamp(0.01, MOST));
        }
        // A yes that is likelier for the rest than for matches would turn the judge's word round: it is worth nothing
        // instead, since without labels a proxy that is wrong looks the same.
        if sensitivity + specificity <= 1.0 {
            (sensitivity, specificity) = (0.5, 0.5);
        }
        Self {
            sensitivity,
            specificity,
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
            let found = model.by_agreement(&seen);
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
            let found = model.by_agreement(seen);
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
    fn where_the_proxy_knows_nothing_the_assumption_stands() {
        let seen: Vec<Agreement> = answers(500, |truth, u| yes(truth == (u < 0.8)))
            .into_iter()
            .map(|seen| Agreement {
                logit_p: 0.0,
                ..seen
            })
            .collect();
        let found = JudgeModel::default().by_agreement(&seen);
        assert!((found.sensitivity() - 0.8).abs() < 0.06, "{found:?}");
    }
}
