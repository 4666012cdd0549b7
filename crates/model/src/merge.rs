//! Proxy and verdict become one final score, and the score can say where it came from.
//!
//! Everything adds up on the log odds: that is what makes an explanation honest, since its parts
//! sum to the score instead of being an attribution made afterwards.

use midband_core::Part;
use serde::{Deserialize, Serialize};

use crate::{JudgeCovariates, JudgeModel, numeric::sigmoid};

/// Final probability of a match from the proxy's log odds and a judge's graded answer.
///
/// A proxy that is not a number says nothing: the answer then stands alone on even odds. Where the
/// judge's reliability depends on the pair, use [`JudgeModel::merged_logit`].
pub fn merge(logit_p: f64, answer_score: f64, judge: &JudgeModel) -> f64 {
    sigmoid(judge.merged_logit(logit_p, answer_score, &JudgeCovariates::AVERAGE))
}

/// Log odds that are no part of their own.
const ROUNDING: f64 = 1e-9;

/// A score as a sum of parts (a waterfall).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The parts, in the order in which they are added.
    pub parts: Vec<Part>,
}

impl Explanation {
    /// An explanation from named log odds.
    pub fn new(parts: impl IntoIterator<Item = (String, f64)>) -> Self {
        Self {
            parts: (parts.into_iter())
                .map(|(name, log_odds)| Part { name, log_odds })
                .collect(),
        }
    }

    /// Adds the part that brings the sum to `logit`, unless it is there already but for rounding.
    #[must_use]
    pub fn and(mut self, name: &str, logit: f64) -> Self {
        let log_odds = logit - self.logit();
        if log_odds.abs() > ROUNDING {
            self.parts.push(Part {
                name: name.to_owned(),
                log_odds,
            });
        }
        self
    }

    /// Adds what the judge's answer says, and by how much the proxy counts less beside it
    /// (`overlap with judge`), where the judge was found to err where the proxy errs.
    #[must_use]
    pub fn with_answer(
        mut self,
        answer_score: f64,
        judge: &JudgeModel,
        at: &JudgeCovariates,
    ) -> Self {
        let overlap = (judge.proxy_weight() - 1.0) * self.logit();
        if overlap != 0.0 {
            self.parts.push(Part {
                name: "overlap with judge".to_owned(),
                log_odds: overlap,
            });
        }
        self.parts.push(Part {
            name: "judge".to_owned(),
            log_odds: judge.log_likelihood_ratio(answer_score, at),
        });
        self
    }

    /// The parts' sum: the score's log odds.
    pub fn logit(&self) -> f64 {
        self.parts.iter().map(|part| part.log_odds).sum()
    }

    /// The score, 0..=1.
    pub fn score(&self) -> f64 {
        sigmoid(self.logit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CosineMap, TaskKind};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_parts_sum_to_the_score(cosine in -1.0..1.0f64, answer in 0.0..1.0f64) {
            let map = CosineMap::default_for(TaskKind::General);
            let judge = JudgeModel::default();
            let explanation = map.explain(cosine).with_answer(answer, &judge, &JudgeCovariates::AVERAGE);
            let merged = merge(map.logit(cosine), answer, &judge);
            prop_assert!((explanation.score() - merged).abs() < 1e-12);
            prop_assert!((0.0..=1.0).contains(&merged));
        }
    }

    #[test]
    fn a_missing_proxy_leaves_the_answer_alone() {
        let judge = JudgeModel::default();
        assert!((merge(f64::NAN, 1.0, &judge) - 0.8).abs() < 1e-12);
    }
}
