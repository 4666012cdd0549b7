//! How sure the decisions are, and what another threshold would give.

use midband_metrics::wilson;
use serde::Serialize;

use crate::ResultRow;

/// Steps of the thresholds: hundredths.
const STEPS: usize = 100;

/// Standard errors of a 95 % interval.
const Z: f64 = 1.96;

/// A share with its 95 % interval, all 0..=1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    /// The share.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Where an estimate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// From labels, by counting.
    Labels,
    /// From the scores, taken at their word.
    Scores,
}

/// How sure the decisions are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Where it comes from.
    pub from: Basis,
    /// Labelled pairs that it rests on.
    pub labelled: u64,
    /// True where these were drawn at random; other labels are left out then.
    pub drawn: bool,
    /// Share of the matches that are wrong.
    pub wrong_matches: Option<Share>,
    /// Share of all true matches among the pairs that are called no match.
    pub missed: Option<Share>,
    /// Share of all true matches among the pairs that wait for a person.
    pub waiting: Option<Share>,
}

/// What is called a match from a threshold on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Threshold {
    /// The threshold on the final score, 0..=1.
    pub at: f64,
    /// Pairs with that score or a greater one.
    pub pairs: u64,
    /// Sum of their scores: the matches to be expected among them.
    pub expected: f64,
    /// Labelled pairs among them.
    pub labelled: u64,
    /// Labelled matches among them.
    pub labelled_matches: u64,
}

/// Sums over pairs.
#[derive(Clone, Copy, Default)]
struct Sum {
    pairs: f64,
    matches: f64,
    variance: f64,
}

impl Sum {
    fn of<'a>(rows: impl Iterator<Item = &'a ResultRow>) -> Self {
        rows.filter_map(|row| row.score)
            .fold(Self::default(), |sum, score| Self {
                pairs: sum.pairs + 1.0,
                matches: sum.matches + score,
                variance: sum.variance + score * (1.0 - score),
            })
    }

    /// A share of `whole`, with the spread of independent pairs.
    fn share(part: f64, variance: f64, whole: f64) -> Option<Share> {
        let half = Z * variance.sqrt();
        let end = |value: f64| (value / whole).clamp(0.0, 1.0);
        (whole > 0.0).then(|| Share {
            value: end(part),
            low: end(part - half),
            high: end(part + half),
        })
    }
}

impl Estimate {
    /// From labels where there are any that are 0 or 1, else from the scores. `None` where no pair has a score.
    pub fn of(rows: &[ResultRow]) -> Option<Self> {
        // Labels of pairs that somebody picked say nothing of the others.
        let drawn = rows.iter().any(|row| row.drawn && row.gold.is_some());
        let counts = |row: &&ResultRow| row.drawn || !drawn;
        let labelled = |decision: &'static str, truth: f64| {
            rows.iter()
                .filter(counts)
                .filter(|row| row.decision == decision && row.gold == Some(truth))
                .count() as u64
        };
        let right = labelled("match", 1.0);
        let wrong = labelled("match", 0.0);
        let missed = labelled("no_match", 1.0);
        let waiting = labelled("review", 1.0);
        let all = rows
            .iter()
            .filter(counts)
            .filter(|row| matches!(row.gold, Some(truth) if truth == 0.0 || truth == 1.0))
            .count() as u64;
        if all > 0 {
            let matches = right + missed + waiting;
            let share = |part: u64, whole: u64| {
                let (low, high) = wilson(part, whole)?;
                let value = part as f64 / whole as f64;
                Some(Share { value, low, high })
            };
            return Some(Self {
                from: Basis::Labels,
                labelled: all,
                drawn,
                wrong_matches: share(wrong, right + wrong),
                missed: share(missed, matches),
                waiting: share(waiting, matches),
            });
        }
        let of = |decision: &'static str| {
            Sum::of(rows.iter().filter(move |row| row.decision == decision))
        };
        let (matched, other, open) = (of("match"), of("no_match"), of("review"));
        let expected = matched.matches + other.matches + open.matches;
        (matched.pairs + other.pairs + open.pairs > 0.0).then(|| Self {
            from: Basis::Scores,
            labelled: 0,
            drawn: false,
            wrong_matches: Sum::share(
                matched.pairs - matched.matches,
                matched.variance,
                matched.pairs,
            ),
            // Of pairs that are not there nothing is known: they may not have been written.
            missed: Sum::share(other.matches, other.variance, expected)
                .filter(|_| other.pairs > 0.0),
            waiting: Sum::share(open.matches, open.variance, expected).filter(|_| open.pairs > 0.0),
        })
    }
}

/// What each hundredth would give, from 0 to 1.
pub(crate) fn thresholds(rows: &[ResultRow]) -> Vec<Threshold> {
    let mut bins = vec![Threshold::default(); STEPS + 1];
    for row in rows {
        let Some(score) = row.score else { continue };
        // A score of .57 is 56.99… hundredths.
        let at = ((score * STEPS as f64 + 1e-9) as usize).min(STEPS);
        let bin = &mut bins[at];
        bin.pairs += 1;
        bin.expected += score;
        bin.labelled += u64::from(row.gold == Some(0.0) || row.gold == Some(1.0));
        bin.labelled_matches += u64::from(row.gold == Some(1.0));
    }
    let mut sum = Threshold::default();
    for (at, bin) in bins.iter_mut().enumerate().rev() {
        sum = Threshold {
            at: at as f64 / STEPS as f64,
            pairs: sum.pairs + bin.pairs,
            expected: sum.expected + bin.expected,
            labelled: sum.labelled + bin.labelled,
            labelled_matches: sum.labelled_matches + bin.labelled_matches,
        };
        *bin = sum;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(decision: &str, score: f64, gold: Option<f64>) -> ResultRow {
        ResultRow {
            decision: decision.into(),
            score: Some(score),
            gold,
            ..ResultRow::default()
        }
    }

    #[test]
    fn scores_taken_at_their_word_give_an_estimate_with_an_interval() {
        let rows: Vec<ResultRow> = (0..100)
            .map(|_| row("match", 0.9, None))
            .chain((0..10).map(|_| row("review", 0.5, None)))
            .chain((0..50).map(|_| row("no_match", 0.1, None)))
            .collect();
        let found = Estimate::of(&rows).unwrap();
        let (wrong, missed) = (found.wrong_matches.unwrap(), found.missed.unwrap());
        assert!((wrong.value - 0.1).abs() < 1e-9 && wrong.low < 0.1 && wrong.high > 0.1);
        assert!((missed.value - 0.05).abs() < 1e-9);
        assert!((found.waiting.unwrap().value - 0.05).abs() < 1e-9);
        assert_eq!(found.from, Basis::Scores);
    }

    #[test]
    fn labels_are_counted_and_matches_left_for_review_are_not_found() {
        let rows = [
            row("match", 0.9, Some(1.0)),
            row("match", 0.9, Some(0.0)),
            row("review", 0.5, Some(1.0)),
            row("no_match", 0.1, Some(1.0)),
            row("no_match", 0.1, None),
        ];
        let found = Estimate::of(&rows).unwrap();
        assert_eq!((found.from, found.labelled), (Basis::Labels, 4));
        assert_eq!(found.wrong_matches.unwrap().value, 0.5);
        assert!((found.missed.unwrap().value - 1.0 / 3.0).abs() < 1e-12);
        assert!((found.waiting.unwrap().value - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn labels_drawn_at_random_count_alone() {
        let drawn = |row: ResultRow| ResultRow { drawn: true, ..row };
        let rows = [
            drawn(row("match", 0.9, Some(1.0))),
            row("match", 0.6, Some(0.0)),
            row("match", 0.6, Some(0.0)),
        ];
        let found = Estimate::of(&rows).unwrap();
        assert_eq!((found.labelled, found.drawn), (1, true));
        assert_eq!(found.wrong_matches.unwrap().value, 0.0);
        assert_eq!(
            Estimate::of(&rows[1..])
                .unwrap()
                .wrong_matches
                .unwrap()
                .value,
            1.0
        );
    }

    #[test]
    fn thresholds_count_from_above() {
        let rows = [
            row("match", 0.57, Some(1.0)),
            row("match", 1.0, None),
            row("no_match", 0.2, Some(0.0)),
        ];
        let found = thresholds(&rows);
        assert_eq!(found.len(), 101);
        assert_eq!(
            (found[0].pairs, found[57].pairs, found[58].pairs),
            (3, 2, 1)
        );
        assert_eq!((found[57].labelled, found[57].labelled_matches), (1, 1));
        assert!((found[0].expected - 1.77).abs() < 1e-9);
    }
}
