//! How far a judge's answer can be trusted.
//!
//! An answer is evidence, not truth: it moves the log odds of a match by the logarithm of how much
//! more often such an answer is given for matches than for the rest.

use serde::{Deserialize, Serialize};

use crate::logistic::Evidence;

/// A reliability is kept inside of this range: no finite number of gold pairs proves a judge
/// infallible, and one that is wrong more often than right is not asked.
const RELIABILITY: (f64, f64) = (0.005, 0.995);

/// A judge's reliability: how often it says yes to a match and no to the rest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeModel {
    sensitivity: f64,
    specificity: f64,
}

/// A reliability that is no probability.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("sensitivity and specificity must lie in 0..=1, got {sensitivity} and {specificity}")]
pub struct ReliabilityError {
    /// Sensitivity as given.
    pub sensitivity: f64,
    /// Specificity as given.
    pub specificity: f64,
}

impl Default for JudgeModel {
    /// Right four times in five on either class: what MedGemma 4B showed on labelled pairs. Used
    /// until gold pairs say otherwise, and every output made with it says `uncalibrated`.
    fn default() -> Self {
        Self {
            sensitivity: 0.8,
            specificity: 0.8,
        }
    }
}

impl JudgeModel {
    /// A judge that says yes to a share `sensitivity` of the matches and no to a share `specificity`
    /// of the rest. Both are kept within .005..=.995.
    ///
    /// # Errors
    /// A number is not in 0..=1.
    pub fn new(sensitivity: f64, specificity: f64) -> Result<Self, ReliabilityError> {
        let ok = |x: f64| (0.0..=1.0).contains(&x);
        if !ok(sensitivity) || !ok(specificity) {
            return Err(ReliabilityError {
                sensitivity,
                specificity,
            });
        }
        Ok(Self {
            sensitivity: sensitivity.clamp(RELIABILITY.0, RELIABILITY.1),
            specificity: specificity.clamp(RELIABILITY.0, RELIABILITY.1),
        })
    }

    /// Share of matches that it says yes to.
    pub fn sensitivity(&self) -> f64 {
        self.sensitivity
    }

    /// Share of the rest that it says no to.
    pub fn specificity(&self) -> f64 {
        self.specificity
    }

    /// What a graded answer, 0 (no) to 1 (yes), says of the pair. An answer between the two is the
    /// mixture of a yes and a no (virtual evidence), so that .5 from an even-handed judge says
    /// nothing and no graded answer outweighs a plain one.
    pub fn evidence(&self, answer_score: f64) -> Evidence {
        let yes = answer_score.clamp(0.0, 1.0);
        Evidence {
            if_match: yes * self.sensitivity + (1.0 - yes) * (1.0 - self.sensitivity),
            if_no_match: yes * (1.0 - self.specificity) + (1.0 - yes) * self.specificity,
            weight: 1.0,
        }
    }

    /// By how much an answer moves the log odds of a match.
    pub fn log_likelihood_ratio(&self, answer_score: f64) -> f64 {
        let evidence = self.evidence(answer_score);
        (evidence.if_match / evidence.if_no_match).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_are_a_plain_yes_and_a_plain_no() {
        let judge = JudgeModel::new(0.9, 0.7).unwrap();
        assert!((judge.log_likelihood_ratio(1.0) - 3.0_f64.ln()).abs() < 1e-12);
        assert!((judge.log_likelihood_ratio(0.0) - (0.1_f64 / 0.7).ln()).abs() < 1e-12);
        assert!(JudgeModel::default().log_likelihood_ratio(0.5).abs() < 1e-12);
        assert!(JudgeModel::new(1.1, 0.5).is_err());
        assert!(JudgeModel::new(0.5, f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn a_useful_judge_is_monotone(sens in 0.5..1.0f64, spec in 0.5..1.0f64, a in 0.0..1.0f64, b in 0.0..1.0f64) {
            let judge = JudgeModel::new(sens, spec).unwrap();
            prop_assert!(judge.log_likelihood_ratio(a.min(b)) <= judge.log_likelihood_ratio(a.max(b)) + 1e-12);
        }
    }
}
