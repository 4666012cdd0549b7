//! How well scores rank and how far they can be taken at their word.

use crate::curves::bins;

/// A score and the truth about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labelled {
    /// Any finite number for the ranking measures; a probability for Brier and calibration.
    pub score: f64,
    /// The label.
    pub is_match: bool,
    /// How much it counts, above 0: the inverse of its chance to be drawn, up to a factor that all share.
    pub weight: f64,
}

impl Labelled {
    /// One that counts as much as any other.
    pub fn new(score: f64, is_match: bool) -> Self {
        Self {
            score,
            is_match,
            weight: 1.0,
        }
    }

    /// The same with a weight.
    #[must_use]
    pub fn weighing(self, weight: f64) -> Self {
        Self { weight, ..self }
    }
}

/// Weight of the matches, and of all.
pub(crate) fn weights(scored: &[Labelled]) -> (f64, f64) {
    let matches = scored.iter().filter(|one| one.is_match);
    let weight = |one: &Labelled| one.weight;
    (matches.map(weight).sum(), scored.iter().map(weight).sum())
}

/// Highest score first.
fn ranked(scored: &[Labelled]) -> Vec<Labelled> {
    let mut ranked = scored.to_vec();
    ranked.sort_by(|x, y| y.score.total_cmp(&x.score));
    ranked
}

/// Area under the receiver operating characteristic: the chance that a match scores above a non-match,
/// ties counting half (Mann-Whitney). `None` without both classes.
pub fn auroc(scored: &[Labelled]) -> Option<f64> {
    let ranked = ranked(scored);
    let matches = ranked.iter().filter(|one| one.is_match).count();
    if matches == 0 || matches == ranked.len() {
        return None;
    }
    let (matches, all) = weights(&ranked);
    let others = all - matches;
    let (mut above, mut area) = (0.0, 0.0);
    for tied in ranked.chunk_by(|x, y| x.score == y.score) {
        let (hits, here) = weights(tied);
        let misses = here - hits;
        area += misses * (above + hits / 2.0);
        above += hits;
    }
    Some(area / (matches * others))
}

/// Standard error of an AUROC from so many matches and others, at least one of each (Hanley and McNeil, Radiology 143:29,
/// 1982).
pub fn auroc_standard_error(area: f64, matches: usize, others: usize) -> f64 {
    let (m, n) = (matches as f64, others as f64);
    let above = area / (2.0 - area);
    let below = 2.0 * area * area / (1.0 + area);
    let variance =
        area * (1.0 - area) + (m - 1.0) * (above - area * area) + (n - 1.0) * (below - area * area);
    (variance.max(0.0) / (m * n)).sqrt()
}

/// Average precision: the mean of the precision at each match, by rank; ties are taken as one step.
/// `None` without a match.
pub fn average_precision(scored: &[Labelled]) -> Option<f64> {
    let ranked = ranked(scored);
    let (matches, _) = weights(&ranked);
    if matches == 0.0 {
        return None;
    }
    let (mut seen, mut hits, mut total) = (0.0, 0.0, 0.0);
    for tied in ranked.chunk_by(|x, y| x.score == y.score) {
        let (here, all) = weights(tied);
        seen += all;
        hits += here;
        total += here * hits / seen;
    }
    Some(total / matches)
}

/// Mean squared distance between score and label. `None` without a pair.
pub fn brier(scored: &[Labelled]) -> Option<f64> {
    let total: f64 = scored
        .iter()
        .map(|one| one.weight * (one.score - f64::from(u8::from(one.is_match))).powi(2))
        .sum();
    (!scored.is_empty()).then(|| total / weights(scored).1)
}

/// Expected calibration error over ten bins of equal width: the mean distance between the score and the
/// share of matches, weighted by the pairs in the bin (Guo et al. 2017, arXiv 1706.04599). `None` without a pair.
pub fn calibration_error(scored: &[Labelled]) -> Option<f64> {
    let total: f64 = bins(scored)
        .iter()
        .map(|bin| (bin.score - bin.matches).abs())
        .sum();
    (!scored.is_empty()).then(|| total / weights(scored).1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scored(pairs: &[(f64, bool)]) -> Vec<Labelled> {
        pairs
            .iter()
            .map(|&(score, is_match)| Labelled::new(score, is_match))
            .collect()
    }

    #[test]
    fn known_values() {
        // scikit-learn 1.5: roc_auc_score = 0.75, average_precision_score = 0.8333333
        let four = scored(&[(0.1, false), (0.4, false), (0.35, true), (0.8, true)]);
        assert_eq!(auroc(&four), Some(0.75));
        assert!((average_precision(&four).unwrap() - 0.833_333_3).abs() < 1e-6);
        assert!((brier(&four).unwrap() - (0.01 + 0.16 + 0.4225 + 0.04) / 4.0).abs() < 1e-12);
        assert!(
            (calibration_error(&scored(&[(0.8, true), (0.8, false)])).unwrap() - 0.3).abs() < 1e-12
        );
    }

    #[test]
    fn what_the_data_cannot_give_is_none() {
        let one_class = scored(&[(0.1, true), (0.9, true)]);
        assert_eq!(auroc(&one_class), None);
        assert_eq!(average_precision(&scored(&[(0.5, false)])), None);
        assert_eq!(brier(&[]), None);
        assert_eq!(calibration_error(&[]), None);
    }

    proptest! {
        #[test]
        fn auroc_equals_counting_every_pair(items in proptest::collection::vec((0u8..12, any::<bool>()), 2..60)) {
            let items: Vec<(f64, bool)> = items.into_iter().map(|(score, yes)| (f64::from(score), yes)).collect();
            let mut wins = 0.0;
            let mut pairs = 0.0;
            for (x, yes) in &items {
                for (y, other) in &items {
                    if *yes && !*other {
                        pairs += 1.0;
                        wins += if x > y { 1.0 } else if x == y { 0.5 } else { 0.0 };
                    }
                }
            }
            match auroc(&scored(&items)) {
                None => prop_assert_eq!(pairs, 0.0),
                Some(area) => prop_assert!((area - wins / pairs).abs() < 1e-12),
            }
        }
    }

    proptest! {
        /// A weight counts as so many copies.
        #[test]
        fn weights_count_as_copies(items in proptest::collection::vec((0u8..12, any::<bool>(), 1usize..5), 1..40)) {
            let of = |&(score, is_match, _): &(u8, bool, usize)| Labelled::new(f64::from(score) / 11.0, is_match);
            let weighed: Vec<Labelled> = items.iter().map(|item| of(item).weighing(item.2 as f64 / 3.0)).collect();
            let copies: Vec<Labelled> = items.iter().flat_map(|item| vec![of(item); item.2]).collect();
            type Measure = fn(&[Labelled]) -> Option<f64>;
            let measures: [Measure; 6] = [
                auroc, average_precision, brier, calibration_error,
                |scored| crate::accuracy_at(scored, 0.5), |scored| crate::f1_at(scored, 0.5),
            ];
            for (at, measure) in measures.into_iter().enumerate() {
                match (measure(&weighed), measure(&copies)) {
                    (Some(x), Some(y)) => prop_assert!((x - y).abs() < 1e-9, "{at}: {x} {y}"),
                    (x, y) => prop_assert_eq!(x, y),
                }
            }
        }
    }

    #[test]
    fn the_standard_error_is_that_of_the_paper() {
        // Their example: an area of .893 from 58 normal and 51 abnormal images has an error of .032.
        assert!((auroc_standard_error(0.893, 51, 58) - 0.032).abs() < 1e-3);
        assert!(auroc_standard_error(1.0, 5, 5) == 0.0);
    }
}
