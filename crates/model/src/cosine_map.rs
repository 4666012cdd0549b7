//! From the cosine alone to a probability of a match.
//!
//! The map is a logistic: two numbers, monotone, and easy to read. Without labels a documented
//! default stands in; what a cosine of .8 means differs so much from task to task that every output
//! made with it says `uncalibrated`.

use serde::{Deserialize, Serialize};

use crate::{Explanation, TaskKind, numeric::sigmoid};

/// `logit p(match) = intercept + slope * cosine`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CosineMap {
    /// Log odds of a match at a cosine of 0.
    pub intercept: f64,
    /// Log odds a unit of cosine; above 0 in every map that we ship.
    pub slope: f64,
}

impl CosineMap {
    /// The default for a kind of task and the cosines of all-MiniLM-L6-v2.
    ///
    /// Made by `midband-study priors`: maximum likelihood on the shared labelled sets, each set
    /// weighing the same, classes as they come. Records: abt_buy, amazon_google, dblp_acm, febrl1,
    /// fodors_zagats; questions: mqp, rqe_consumer; terms: askapatient, biomappings, ncbi_disease;
    /// general: all ten, for narratives too.
    pub fn default_for(kind: TaskKind) -> Self {
        let (intercept, slope) = match kind {
            TaskKind::Records => (-21.09, 23.78),
            TaskKind::Questions => (-4.64, 7.63),
            TaskKind::Terms => (-2.91, 5.10),
            TaskKind::Narratives | TaskKind::General => (-4.27, 5.16),
        };
        Self { intercept, slope }
    }

    /// Log odds of a match.
    pub fn logit(&self, cosine: f64) -> f64 {
        self.intercept + self.slope * cosine
    }

    /// Probability of a match, 0..=1.
    pub fn probability(&self, cosine: f64) -> f64 {
        sigmoid(self.logit(cosine))
    }

    /// The log odds as additive parts: the `prior` (a cosine of 0) and the `cosine`.
    pub fn explain(&self, cosine: f64) -> Explanation {
        Explanation::new([
            ("prior".to_owned(), self.intercept),
            ("cosine".to_owned(), self.slope * cosine),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_larger_cosine_never_makes_a_match_less_likely(a in -1.0..1.0f64, b in -1.0..1.0f64) {
            for kind in TaskKind::ALL {
                let map = CosineMap::default_for(kind);
                let (low, high) = (map.probability(a.min(b)), map.probability(a.max(b)));
                prop_assert!(low <= high && (0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            }
        }
    }
}
