//! From a final score to what should be done with the pair.
//!
//! The cut follows from what a wrong decision costs, not from a habit of one half: with a false
//! match five times as dear as a missed one, a pair is matched from 5/6 upwards.

use midband_core::Decision;
use serde::{Deserialize, Serialize};

use crate::TaskKind;

/// What wrong decisions cost, in any unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Calling two different things a match.
    pub false_match: f64,
    /// Overlooking a match.
    pub missed_match: f64,
    /// A person's look at one pair, which is taken to settle it; `None` where nobody looks.
    pub review: Option<f64>,
}

/// A cost that can't be weighed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("a cost must be a finite number above 0, got {0}")]
pub struct CostError(pub f64);

impl Default for Costs {
    /// Both mistakes cost the same and nobody looks: matched from one half upwards.
    fn default() -> Self {
        Self {
            false_match: 1.0,
            missed_match: 1.0,
            review: None,
        }
    }
}

impl Costs {
    /// Of people: joining two patients does more harm than keeping one of them twice.
    pub const OF_PEOPLE: Self = Self {
        false_match: 5.0,
        missed_match: 1.0,
        review: None,
    };

    /// The rule that makes the expected cost smallest.
    ///
    /// # Errors
    /// A cost is not a finite number above 0.
    pub fn rule(&self) -> Result<DecisionRule, CostError> {
        let given = [Some(self.false_match), Some(self.missed_match), self.review];
        if let Some(bad) = given
            .into_iter()
            .flatten()
            .find(|c| !(c.is_finite() && *c > 0.0))
        {
            return Err(CostError(bad));
        }
        let cut = self.false_match / (self.false_match + self.missed_match);
        // Reviewing beats "no match" from review / missed upwards, and "match" up to 1 - review / false.
        let review = self
            .review
            .map(|review| (review / self.missed_match, 1.0 - review / self.false_match));
        Ok(DecisionRule::new(cut).reviewing(review.filter(|(lower, upper)| lower < upper)))
    }
}

/// What the decisions are to be good at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// As many right decisions as possible.
    #[default]
    Accuracy,
    /// The largest F1 of the match class.
    F1,
    /// The smallest cost.
    Cost(Costs),
}

impl Goal {
    /// What decisions on texts of a kind are to be good at where nobody says it: F1 on records, of which few pairs are matches,
    /// so that a score below one half is more often a match that was missed than one too many; else accuracy.
    pub fn of_kind(kind: TaskKind) -> Self {
        match kind {
            TaskKind::Records => Self::F1,
            _ => Self::Accuracy,
        }
    }

    /// The rule that serves the goal best on pairs with these final probabilities, if they are right.
    ///
    /// # Errors
    /// A cost is not a finite number above 0.
    pub fn rule(
        &self,
        probabilities: impl IntoIterator<Item = f64>,
    ) -> Result<DecisionRule, CostError> {
        self.rule_weighing(probabilities.into_iter().map(|p| (p, 1.0)))
    }

    /// The same, each probability with how often it counts.
    ///
    /// # Errors
    /// As [`Goal::rule`].
    pub fn rule_weighing(
        &self,
        probabilities: impl IntoIterator<Item = (f64, f64)>,
    ) -> Result<DecisionRule, CostError> {
        match self {
            Self::Accuracy => Ok(DecisionRule::default()),
            Self::F1 => Ok(DecisionRule::new(f1_cut(
                probabilities.into_iter().collect(),
            ))),
            Self::Cost(costs) => costs.rule(),
        }
    }
}

/// Cuts tried for F1 are the multiples of this: finer ones differ by less than their error.
const F1_STEPS: usize = 400;

/// No pair is called a match that is taken to be none in three of four cases: where there are no matches at all, the best pair is
/// not one for being the best.
const LEAST_CUT: f64 = 0.25;

/// The cut of the largest expected F1, `2 E[true matches] / (called + E[matches])`, within .25..=.5.
/// The best cut is half of the best F1 (Lipton, Elkan, Narayanaswamy 2014), so it never exceeds .5.
fn f1_cut(probabilities: Vec<(f64, f64)>) -> f64 {
    // Sums by histogram: the order of the pairs must not matter, and a million need no sorting.
    let mut bins = vec![(0.0, 0.0); F1_STEPS + 1];
    for (p, weight) in probabilities.into_iter().filter(|(p, _)| !p.is_nan()) {
        let bin = &mut bins[(p.clamp(0.0, 1.0) * F1_STEPS as f64) as usize];
        *bin = (bin.0 + weight, bin.1 + p * weight);
    }
    let all: f64 = bins.iter().map(|bin| bin.1).sum();
    let (mut called, mut hits, mut best) = (0.0, 0.0, (0.0, 0.5));
    for (at, bin) in bins.iter().enumerate().rev() {
        called += bin.0;
        hits += bin.1;
        let cut = at as f64 / F1_STEPS as f64;
        let f1 = if called + all > 0.0 {
            2.0 * hits / (called + all)
        } else {
            0.0
        };
        if f1 > best.0 + 1e-12 && (LEAST_CUT..=0.5).contains(&cut) {
            best = (f1, cut);
        }
    }
    best.1
}

/// Where a score turns into a decision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRule {
    /// A score at or above it is a match, 0..=1.
    pub cut: f64,
    /// Scores in `lower <= score < upper` go to a person, where there is such a zone.
    pub review: Option<(f64, f64)>,
}

impl Default for DecisionRule {
    fn default() -> Self {
        Self::new(0.5)
    }
}

impl DecisionRule {
    /// Matches from `cut` upwards, nothing to review.
    pub fn new(cut: f64) -> Self {
        Self { cut, review: None }
    }

    /// The same cut with another review zone.
    #[must_use]
    pub fn reviewing(self, review: Option<(f64, f64)>) -> Self {
        Self { review, ..self }
    }

    /// What to do with a pair of this score. A score that is not a number is for a person.
    pub fn decide(&self, score: f64) -> Decision {
        let in_zone = self
            .review
            .is_some_and(|(lower, upper)| lower <= score && score < upper);
        if score.is_nan() || in_zone {
            Decision::Review
        } else if score >= self.cut {
            Decision::Match
        } else {
            Decision::NoMatch
        }
    }
}

/// What to do with a pair of this final score under these costs.
///
/// # Errors
/// A cost is not a finite number above 0. Build a [`DecisionRule`] once where many pairs follow.
pub fn decide(score: f64, costs: &Costs) -> Result<Decision, CostError> {
    Ok(costs.rule()?.decide(score))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_decision_is_the_cheapest(p in 0.0..1.0f64, fm in 0.1..10.0f64, mm in 0.1..10.0f64, rv in prop::option::of(0.01..5.0f64)) {
            let costs = Costs { false_match: fm, missed_match: mm, review: rv };
            let of = |d: Decision| match d {
                Decision::Match => (1.0 - p) * fm,
                Decision::NoMatch => p * mm,
                Decision::Review => rv.unwrap_or(f64::INFINITY),
            };
            let chosen = of(decide(p, &costs).unwrap());
            for other in [Decision::Match, Decision::NoMatch, Decision::Review] {
                prop_assert!(chosen <= of(other) + 1e-9);
            }
        }
    }

    #[test]
    fn the_cut_for_f1_is_half_of_the_best_f1() {
        // Sure pairs and even ones: F1 is best where everything from about F1 / 2 upwards is called.
        let probabilities: Vec<f64> = (0..4000).map(|i| (f64::from(i) / 4000.0).powi(4)).collect();
        let rule = Goal::F1.rule(probabilities.iter().copied()).unwrap();
        let expected = |cut: f64| {
            let called: Vec<f64> = probabilities
                .iter()
                .copied()
                .filter(|p| *p >= cut)
                .collect();
            2.0 * called.iter().sum::<f64>()
                / (called.len() as f64 + probabilities.iter().sum::<f64>())
        };
        assert!(
            (rule.cut - expected(rule.cut) / 2.0).abs() < 0.02,
            "{}",
            rule.cut
        );
        for cut in [0.2, 0.3, 0.4, 0.45, 0.5] {
            assert!(expected(rule.cut) >= expected(cut) - 1e-3);
        }
        assert_eq!(Goal::F1.rule([]).unwrap().cut, 0.5);
        assert_eq!(Goal::Accuracy.rule([0.1]).unwrap().cut, 0.5);
    }

    #[test]
    fn five_to_one_cuts_at_five_sixths() {
        let costs = Costs {
            false_match: 5.0,
            missed_match: 1.0,
            review: None,
        };
        assert_eq!(decide(0.83, &costs), Ok(Decision::NoMatch));
        assert_eq!(decide(0.84, &costs), Ok(Decision::Match));
        assert_eq!(decide(f64::NAN, &costs), Ok(Decision::Review));
        assert!(
            decide(
                0.5,
                &Costs {
                    false_match: 0.0,
                    ..costs
                }
            )
            .is_err()
        );
    }
}
