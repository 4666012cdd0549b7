//! What asking bought: reliability by score, quality against the share asked, and what hindsight would have
//! needed.

use serde::Serialize;

use crate::{Decisions, Labelled};

/// Bins of a reliability table: equal widths over 0..=1, as in the calibration error.
pub(crate) const BINS: usize = 10;

/// Pairs whose scores lie close together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Lower end of the bin; it is a tenth wide.
    pub from: f64,
    /// Pairs in it.
    pub pairs: u64,
    /// Mean of their scores.
    pub mean_score: f64,
    /// Share of matches among them.
    pub matches: f64,
}

/// Sums of a bin.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums {
    pairs: u64,
    weight: f64,
    /// Scores, each by its weight.
    pub(crate) score: f64,
    /// Weight of the matches.
    pub(crate) matches: f64,
}

pub(crate) fn bins(scored: &[Labelled]) -> [Sums; BINS] {
    let mut bins = [Sums::default(); BINS];
    for one in scored {
        let bin = &mut bins[((one.score * BINS as f64) as usize).min(BINS - 1)];
        bin.pairs += 1;
        bin.weight += one.weight;
        bin.score += one.weight * one.score;
        bin.matches += one.weight * f64::from(u8::from(one.is_match));
    }
    bins
}

/// The bins that hold pairs: where mean score and share of matches differ, scores can't be taken at their
/// word. Both count each pair by its weight.
pub fn reliability(scored: &[Labelled]) -> Vec<Bin> {
    let bins = bins(scored);
    let filled = bins.iter().enumerate().filter(|(_, bin)| bin.pairs > 0);
    filled
        .map(|(at, bin)| Bin {
            from: at as f64 / BINS as f64,
            pairs: bin.pairs,
            mean_score: bin.score / bin.weight,
            matches: bin.matches / bin.weight,
        })
        .collect()
}

/// A point of a curve: false positive rate and true positive rate, or recall and precision.
pub type CurvePoint = (f64, f64);

/// False and true positive rates at every threshold, from (0, 0) to (1, 1); ties are one step. Empty without
/// both classes.
pub fn roc(scored: &[Labelled]) -> Vec<CurvePoint> {
    let steps = steps(scored);
    let Some(&(hits, misses)) = steps.last() else {
        return Vec::new();
    };
    if hits == 0.0 || misses == 0.0 {
        return Vec::new();
    }
    std::iter::once((0.0, 0.0))
        .chain(steps.iter().map(|&(hit, miss)| (miss / misses, hit / hits)))
        .collect()
}

/// Recall and precision at every threshold, the highest first; ties are one step. Empty without a match.
pub fn precision_recall(scored: &[Labelled]) -> Vec<CurvePoint> {
    let steps = steps(scored);
    match steps.last() {
        Some(&(hits, _)) if hits > 0.0 => steps
            .iter()
            .map(|&(hit, miss)| (hit / hits, hit / (hit + miss)))
            .collect(),
        _ => Vec::new(),
    }
}

/// Weights of matches and of others at or above each distinct score, the highest first.
fn steps(scored: &[Labelled]) -> Vec<(f64, f64)> {
    let mut ranked = scored.to_vec();
    ranked.sort_by(|x, y| y.score.total_cmp(&x.score));
    let (mut hits, mut misses) = (0.0, 0.0);
    ranked
        .chunk_by(|x, y| x.score == y.score)
        .map(|tied| {
            for one in tied {
                let sum = if one.is_match { &mut hits } else { &mut misses };
                *sum += one.weight;
            }
            (hits, misses)
        })
        .collect()
}

/// A pair that was judged or settled: what the proxy alone would have said, and what was decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JudgedDecision {
    /// Probability of a match before any judge.
    pub proxy: f64,
    /// True where the judge answered.
    pub judged: bool,
    /// What was decided in the end.
    pub called_match: bool,
    /// The truth.
    pub is_match: bool,
}

/// Quality with part of the questions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Share of all pairs that were asked.
    pub share_asked: f64,
    /// Share of right decisions.
    pub accuracy: Option<f64>,
    /// F1 of the match class.
    pub f1: Option<f64>,
}

/// Accuracy and F1 if only the least sure of the judged pairs had been asked, in `steps` equal steps from no
/// question to all that were answered. What is not asked is decided by the proxy, at one half.
pub fn cost_curve(pairs: &[JudgedDecision], steps: usize) -> Vec<Point> {
    let mut judged: Vec<usize> = (0..pairs.len()).filter(|&at| pairs[at].judged).collect();
    judged.sort_by(|&x, &y| {
        (pairs[x].proxy - 0.5)
            .abs()
            .total_cmp(&(pairs[y].proxy - 0.5).abs())
    });
    let steps = steps.max(1);
    (0..=steps)
        .map(|step| {
            let asked = judged.len() * step / steps;
            let mut open = vec![false; pairs.len()];
            judged[asked..].iter().for_each(|&at| open[at] = true);
            let mut decisions = Decisions::default();
            for (pair, open) in pairs.iter().zip(open) {
                decisions.count(
                    if open {
                        pair.proxy >= 0.5
                    } else {
                        pair.called_match
                    },
                    pair.is_match,
                );
            }
            Point {
                share_asked: asked as f64 / pairs.len().max(1) as f64,
                accuracy: decisions.accuracy(),
                f1: decisions.f1(),
            }
        })
        .collect()
}

/// The smallest share of pairs, each counted once, that lie in one band of scores such that at most `errors` pairs outside of it
/// are on the wrong side: what a clairvoyant with this proxy and a perfect judge would have asked. `None`
/// without a pair.
pub fn clairvoyant_share(scored: &[Labelled], errors: u64) -> Option<f64> {
    if scored.is_empty() {
        return None;
    }
    let mut sorted = scored.to_vec();
    sorted.sort_by(|x, y| x.score.total_cmp(&y.score));
    let n = sorted.len();
    // false_from[j]: non-matches at or above place j, which would be accepted.
    let mut false_from = vec![0u64; n + 1];
    for at in (0..n).rev() {
        false_from[at] = false_from[at + 1] + u64::from(!sorted[at].is_match);
    }
    // A cut can't stand between two equal scores.
    let is_cut = |at: usize| at == 0 || at == n || sorted[at - 1].score < sorted[at].score;
    let (mut best, mut missed) = (n, 0u64);
    for lower in 0..=n {
        if lower > 0 {
            missed += u64::from(sorted[lower - 1].is_match);
        }
        if missed > errors {
            break;
        }
        if !is_cut(lower) {
            continue;
        }
        let mut upper = lower
            + false_from[lower..].partition_point(|&false_matches| false_matches > errors - missed);
        while !is_cut(upper) {
            upper += 1;
        }
        best = best.min(upper - lower);
    }
    Some(best as f64 / n as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labelled(items: &[(f64, bool)]) -> Vec<Labelled> {
        items
            .iter()
            .map(|&(score, is_match)| Labelled::new(score, is_match))
            .collect()
    }

    #[test]
    fn bins_hold_every_pair() {
        let bins = reliability(&labelled(&[(0.0, false), (0.05, true), (1.0, true)]));
        assert_eq!(bins.len(), 2);
        assert_eq!((bins[0].pairs, bins[0].matches), (2, 0.5));
        assert_eq!((bins[1].from, bins[1].mean_score), (0.9, 1.0));
    }

    #[test]
    fn a_curve_runs_from_the_proxy_to_what_was_decided() {
        let pairs = [
            JudgedDecision {
                proxy: 0.9,
                judged: false,
                called_match: true,
                is_match: true,
            },
            JudgedDecision {
                proxy: 0.4,
                judged: true,
                called_match: true,
                is_match: true,
            },
            JudgedDecision {
                proxy: 0.8,
                judged: true,
                called_match: false,
                is_match: false,
            },
            JudgedDecision {
                proxy: 0.1,
                judged: false,
                called_match: false,
                is_match: false,
            },
        ];
        let curve = cost_curve(&pairs, 2);
        let accuracies: Vec<f64> = curve.iter().filter_map(|point| point.accuracy).collect();
        assert_eq!(accuracies, [0.5, 0.75, 1.0]);
        assert_eq!(curve[2].share_asked, 0.5);
    }

    #[test]
    fn hindsight_needs_nothing_where_scores_separate() {
        let apart = labelled(&[(0.1, false), (0.2, false), (0.8, true)]);
        assert_eq!(clairvoyant_share(&apart, 0), Some(0.0));
        let crossed = labelled(&[(0.1, false), (0.2, true), (0.7, false), (0.8, true)]);
        assert_eq!(clairvoyant_share(&crossed, 0), Some(0.5));
        assert_eq!(clairvoyant_share(&crossed, 1), Some(0.0));
        assert_eq!(clairvoyant_share(&[], 0), None);
    }

    proptest! {
        #[test]
        fn hindsight_equals_trying_every_band(
            items in proptest::collection::vec((0u8..8, any::<bool>()), 1..20), errors in 0u64..4,
        ) {
            let items: Vec<(f64, bool)> = items.into_iter().map(|(score, yes)| (f64::from(score), yes)).collect();
            let mut best = items.len();
            for lower in 0..=9 {
                for upper in lower..=9 {
                    let (lower, upper) = (f64::from(lower), f64::from(upper));
                    let wrong = items.iter().filter(|(s, yes)| (*s < lower && *yes) || (*s >= upper && !*yes)).count();
                    if wrong as u64 <= errors {
                        best = best.min(items.iter().filter(|(s, _)| *s >= lower && *s < upper).count());
                    }
                }
            }
            let share = clairvoyant_share(&labelled(&items), errors).unwrap();
            prop_assert!((share - best as f64 / items.len() as f64).abs() < 1e-12);
        }
    }

    proptest! {
        /// The area under the curve's steps is the AUROC, and both curves end where everything is called a match.
        #[test]
        fn curves_and_their_measures_agree(items in prop::collection::vec((0u8..6, any::<bool>()), 1..40)) {
            let scored: Vec<Labelled> = items.iter().map(|&(score, is_match)| Labelled::new(f64::from(score), is_match)).collect();
            let points = roc(&scored);
            let area: f64 = points.windows(2).map(|step| (step[1].0 - step[0].0) * (step[0].1 + step[1].1) / 2.0).sum();
            match crate::auroc(&scored) {
                Some(auroc) => {
                    prop_assert!((area - auroc).abs() < 1e-9);
                    prop_assert_eq!((points[0], points[points.len() - 1]), ((0.0, 0.0), (1.0, 1.0)));
                }
                None => prop_assert!(points.is_empty()),
            }
            let matches = scored.iter().filter(|one| one.is_match).count();
            match precision_recall(&scored).last() {
                Some(&(recall, precision)) => {
                    prop_assert_eq!(recall, 1.0);
                    prop_assert!((precision - matches as f64 / scored.len() as f64).abs() < 1e-12);
                }
                None => prop_assert_eq!(matches, 0),
            }
        }
    }
}
