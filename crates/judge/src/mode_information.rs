//! What a judge knows of a task when it is asked in one mode: how its answers stand to pairs whose answers are known.

use midband_metrics::{Labelled, auroc, auroc_standard_error};
use serde::{Deserialize, Serialize};

/// Answers below which nothing is concluded.
pub(crate) const FEWEST: usize = 16;
/// One-sided 95 % of a normal distribution, in standard errors.
const ONE_SIDED: f64 = 1.645;
/// Two-sided 95 %.
const TWO_SIDED: f64 = 1.96;

/// What was counted on known pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Knowledge {
    /// Pairs that were asked about.
    pub asked: usize,
    /// Of these, answered.
    pub answered: usize,
    /// Of the answered, right at .5.
    pub right: usize,
    /// Probability that a match scores above another pair, 0..=1; `None` without both among the answered.
    pub auroc: Option<f64>,
    /// Standard error of it.
    pub auroc_error: f64,
    /// Different scores among the answers.
    pub distinct: usize,
}

impl Knowledge {
    /// Counts answers: score in 0..=1 and truth of each answered pair, of `asked` in all.
    pub fn of(asked: usize, answers: &[(f64, bool)]) -> Self {
        let scored: Vec<Labelled> = answers
            .iter()
            .map(|&(score, is_match)| Labelled { score, is_match })
            .collect();
        let matches = answers.iter().filter(|(_, is_match)| *is_match).count();
        let area = auroc(&scored);
        let mut scores: Vec<f64> = answers.iter().map(|(score, _)| *score).collect();
        scores.sort_by(f64::total_cmp);
        scores.dedup();
        Self {
            asked,
            answered: answers.len(),
            right: answers
                .iter()
                .filter(|(score, is_match)| (*score >= 0.5) == *is_match)
                .count(),
            auroc: area,
            auroc_error: area.map_or(0.0, |area| error(area, matches, answers.len() - matches)),
            distinct: scores.len(),
        }
    }

    /// Counts scores by slot against the truths of the same pairs; `None` was asked and not answered.
    pub(crate) fn of_slots(scores: &[Option<f64>], truths: &[bool]) -> Self {
        let answers = scores.iter().zip(truths);
        let answers: Vec<(f64, bool)> = answers
            .filter_map(|(score, truth)| Some(((*score)?, *truth)))
            .collect();
        Self::of(scores.len(), &answers)
    }

    /// True where its AUROC is above another's beyond chance (one-sided 95 %, as if the pairs were others).
    pub(crate) fn is_better_than(&self, other: &Self) -> bool {
        let (Some(here), Some(there)) = (self.auroc, other.auroc) else {
            return self.auroc.is_some();
        };
        let error = self.auroc_error.hypot(other.auroc_error);
        here - there > ONE_SIDED * error
    }

    /// Both ends of the 95 % interval of the AUROC.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let area = self.auroc?;
        let half = TWO_SIDED * self.auroc_error;
        Some(((area - half).max(0.0), (area + half).min(1.0)))
    }

    /// True where it tells matches from other pairs beyond chance (one-sided 95 %), false where that is not shown; `None` where
    /// too few were answered to say.
    pub fn has_signal(&self) -> Option<bool> {
        if self.answered < FEWEST {
            return None;
        }
        let area = self.auroc?;
        Some(self.distinct > 1 && area - ONE_SIDED * self.auroc_error > 0.5)
    }

    /// Worth of an answer, 0..=1: the square of 2 AUROC - 1 (the Gini coefficient), to which the information of a weak signal
    /// is proportional.
    pub fn worth(&self) -> f64 {
        let gini = self.auroc.map_or(0.0, |area| 2.0 * area - 1.0).max(0.0);
        gini * gini
    }
}

/// Standard error of an AUROC; 0 without both classes. A perfect one is taken for one wrong order of rank short of it: a few
/// pairs prove no certainty.
fn error(area: f64, matches: usize, others: usize) -> f64 {
    if matches == 0 || others == 0 {
        return 0.0;
    }
    let short = 0.5 / matches.max(others) as f64;
    auroc_standard_error(area.min(1.0 - short).max(short), matches, others)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answers(score: impl Fn(usize) -> f64) -> Vec<(f64, bool)> {
        (0..40).map(|at| (score(at), at % 2 == 0)).collect()
    }

    #[test]
    fn a_constant_a_random_and_a_knowing_judge_are_told_apart() {
        let constant = Knowledge::of(40, &answers(|_| 0.9));
        assert_eq!(
            (constant.auroc, constant.has_signal()),
            (Some(0.5), Some(false))
        );
        assert_eq!((constant.right, constant.worth()), (20, 0.0));
        let knowing = Knowledge::of(
            40,
            &answers(|at| {
                if at % 2 == 0 {
                    0.8
                } else {
                    0.1 + at as f64 / 1e3
                }
            }),
        );
        assert_eq!((knowing.right, knowing.has_signal()), (40, Some(true)));
        let (low, high) = knowing.interval().unwrap();
        assert!(low < 1.0 && high == 1.0);
        let inverted = Knowledge::of(40, &answers(|at| if at % 2 == 1 { 0.8 } else { 0.1 }));
        assert_eq!(inverted.has_signal(), Some(false));
        assert_eq!(Knowledge::of(40, &[]).has_signal(), None);
    }

    #[test]
    fn the_error_is_that_of_the_paper() {
        // Hanley and McNeil's example: area .893 (.032) of 51 diseased and 58 normal ones.
        assert!((error(0.893, 51, 58) - 0.032).abs() < 0.001);
    }

    proptest! {
        #[test]
        fn figures_stay_in_their_ranges(scores in prop::collection::vec((0.0..=1.0, any::<bool>()), 0..60)) {
            let known = Knowledge::of(60, &scores);
            prop_assert!(known.right <= known.answered && known.distinct <= known.answered);
            prop_assert!((0.0..=1.0).contains(&known.worth()) && known.auroc_error.is_finite());
            if let Some((low, high)) = known.interval() {
                prop_assert!(0.0 <= low && low <= high && high <= 1.0);
            }
        }
    }
}
