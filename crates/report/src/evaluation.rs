//! What labels say of scores: the measures behind `midband eval` and the report.

use std::collections::BTreeMap;

use midband_metrics::{
    Bin, Decisions, JudgedDecision, Labelled, Point, auroc, average_precision, brier,
    calibration_error, clairvoyant_share, cost_curve, pearson, reliability, spearman,
};
use serde::Serialize;

use crate::ResultRow;

/// The numbers of a pair that rank it; the first is no probability.
pub const SCORES: [&str; 3] = ["cosine", "proxy_score", "score"];

/// Steps of the curve of quality against the share asked.
const STEPS: usize = 10;

/// What wrong decisions cost, in the user's units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Costs {
    /// Calling two different things a match.
    pub false_match: f64,
    /// Overlooking a match.
    pub missed_match: f64,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            false_match: 1.0,
            missed_match: 1.0,
        }
    }
}

/// Scores against gold. `None` stands where the data can't say.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// Pairs of the file.
    pub pairs: usize,
    /// Of these, with gold that is measured by.
    pub labelled: usize,
    /// True if most of the gold lies between 0 and 1: then only correlations are measured.
    pub graded: bool,
    /// Labels between 0 and 1 among labels that are mostly 0 or 1: a person's doubt, left out.
    pub doubtful: usize,
    /// Labelled matches.
    pub matches: Option<usize>,
    /// Measures of each number that ranks pairs, by its name in [`SCORES`].
    pub scores: BTreeMap<&'static str, Measures>,
    /// The same of the pairs alone that the judge gave a score, with its own `judge_score` among them: all on the same pairs. Empty
    /// where it gave none.
    pub judged: BTreeMap<&'static str, Measures>,
    /// All decisions.
    pub decisions: Option<Group>,
    /// The same by route.
    pub by_route: BTreeMap<String, Group>,
    /// The same by who decided.
    pub by_decided_by: BTreeMap<String, Group>,
    /// What the wrong decisions cost.
    pub cost: Option<Cost>,
    /// Final scores against the share of matches, in tenths.
    pub reliability: Vec<Bin>,
    /// Quality against the share asked, least sure pairs first.
    pub curve: Vec<Point>,
    /// Share of pairs that were asked, 0..=1.
    pub asked: Option<f64>,
    /// Share that hindsight and a perfect judge would have asked for the same accuracy, 0..=1.
    pub clairvoyant: Option<f64>,
    /// Log odds a standard deviation of each feature, the heaviest first; empty without a calibration.
    pub weights: Vec<(String, f64)>,
}

/// What wrong decisions came to.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Cost {
    /// In all.
    pub total: f64,
    /// A decided pair.
    pub a_pair: f64,
}

/// How one number ranks and how far it can be taken at its word.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Measures {
    /// Labelled pairs that have the number.
    pub pairs: usize,
    /// Area under the ROC curve.
    pub auroc: Option<f64>,
    /// Average precision.
    pub average_precision: Option<f64>,
    /// Brier score, of probabilities.
    pub brier: Option<f64>,
    /// Expected calibration error, of probabilities.
    pub calibration_error: Option<f64>,
    /// Rank correlation with graded gold.
    pub spearman: Option<f64>,
    /// Linear correlation with graded gold.
    pub pearson: Option<f64>,
}

/// Decisions against labels. A match that is left for review counts as not found: in recall and F1, not in accuracy.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Group {
    /// All of the group.
    pub pairs: u64,
    /// Left for a person.
    pub review: u64,
    /// Of these, matches.
    pub review_matches: u64,
    /// The others.
    #[serde(flatten)]
    pub counts: Decisions,
    /// Share of right decisions among the decided pairs.
    pub accuracy: Option<f64>,
    /// Share of the matches called that are matches.
    pub precision: Option<f64>,
    /// Share of the matches that were called matches.
    pub recall: Option<f64>,
    /// Harmonic mean of both.
    pub f1: Option<f64>,
}

impl Evaluation {
    /// The decisions by route, then by who decided, each with its name.
    pub fn groups(&self) -> impl Iterator<Item = (String, &Group)> {
        let routes = self.by_route.iter();
        let routes = routes.map(|(name, group)| (format!("route {name}"), group));
        let deciders = self.by_decided_by.iter();
        routes.chain(deciders.map(|(name, group)| (format!("decided by {name}"), group)))
    }

    /// Measures the rows that have gold. `None` where none has. A few labels between 0 and 1 do not turn the others into
    /// ratings: if most are 0 or 1, they are counted and left out.
    pub fn of(rows: &[ResultRow], costs: &Costs) -> Option<Self> {
        let pairs = rows.len();
        let mut rows: Vec<Golden> = rows.iter().filter_map(Golden::of).collect();
        let all = rows.len();
        let between = rows.iter().filter(|row| is_between(row.gold)).count();
        let graded = 2 * between > all;
        if !graded {
            rows.retain(|row| !is_between(row.gold));
        }
        (!rows.is_empty()).then(|| Self {
            doubtful: all - rows.len(),
            ..evaluate(pairs, &rows, costs, graded)
        })
    }

    /// True for gold that is measured by.
    pub(crate) fn counts(&self, gold: f64) -> bool {
        self.graded || !is_between(gold)
    }
}

/// True for gold that is neither of both.
pub(crate) fn is_between(gold: f64) -> bool {
    gold != 0.0 && gold != 1.0
}

/// A row whose truth is known.
struct Golden<'a> {
    row: &'a ResultRow,
    gold: f64,
}

impl<'a> Golden<'a> {
    fn of(row: &'a ResultRow) -> Option<Self> {
        row.gold.map(|gold| Self { row, gold })
    }

    fn score(&self, index: usize) -> Option<f64> {
        let row = self.row;
        [row.cosine, row.proxy_score, row.score, row.judge_score][index]
    }
}

fn evaluate(pairs: usize, rows: &[Golden], costs: &Costs, graded: bool) -> Evaluation {
    let scores = SCORES
        .iter()
        .enumerate()
        .map(|(index, name)| (*name, measures(rows, index, graded)))
        .collect();
    let by_judge: Vec<Golden> = rows
        .iter()
        .filter(|row| row.score(JUDGE).is_some())
        .map(|row| Golden { ..*row })
        .collect();
    let mut judged = BTreeMap::new();
    if !by_judge.is_empty() {
        let named = SCORES.iter().copied().chain(["judge_score"]).enumerate();
        judged.extend(named.map(|(index, name)| (name, measures(&by_judge, index, graded))));
    }
    let mut evaluation = Evaluation {
        pairs,
        labelled: rows.len(),
        graded,
        doubtful: 0,
        matches: None,
        scores,
        judged,
        decisions: None,
        by_route: BTreeMap::new(),
        by_decided_by: BTreeMap::new(),
        cost: None,
        reliability: Vec::new(),
        curve: Vec::new(),
        asked: None,
        clairvoyant: None,
        weights: Vec::new(),
    };
    if graded {
        return evaluation;
    }
    let grouped = |key: fn(&ResultRow) -> &str| {
        let mut groups: BTreeMap<&str, Vec<&Golden>> = BTreeMap::new();
        rows.iter()
            .for_each(|row| groups.entry(key(row.row)).or_default().push(row));
        groups
            .into_iter()
            .map(|(name, rows)| (name.to_owned(), group(rows)))
            .collect()
    };
    evaluation.by_route = grouped(|row| &row.route);
    evaluation.by_decided_by = grouped(|row| &row.decided_by);
    evaluation.matches = Some(rows.iter().filter(|row| row.gold == 1.0).count());
    evaluation.reliability = reliability(&labelled(rows, FINAL));
    let all = group(rows.iter().collect());
    let (false_matches, missed) = (
        all.counts.false_matches as f64,
        all.counts.missed_matches as f64,
    );
    let total = false_matches * costs.false_match + missed * costs.missed_match;
    evaluation.cost = Some(Cost {
        total,
        a_pair: total / all.counts.total().max(1) as f64,
    });
    evaluation.asked =
        Some(rows.iter().filter(|row| row.row.route == "ask").count() as f64 / rows.len() as f64);
    let wrong = all.counts.false_matches + all.counts.missed_matches;
    evaluation.clairvoyant = clairvoyant_share(&labelled(rows, PROXY), wrong);
    evaluation.curve = curve(rows);
    evaluation.decisions = Some(all);
    evaluation
}

/// Places in [`SCORES`].
const PROXY: usize = 1;
const FINAL: usize = 2;
/// Its place after [`SCORES`].
const JUDGE: usize = 3;
/// The place of the cosine, which is no probability.
const COSINE: usize = 0;

fn labelled(rows: &[Golden], index: usize) -> Vec<Labelled> {
    let scored = rows
        .iter()
        .filter_map(|row| Some((row.score(index)?, row.gold == 1.0)));
    scored
        .map(|(score, is_match)| Labelled::new(score, is_match))
        .collect()
}

/// Pairs left for review are decided by their score here: somebody will.
fn curve(rows: &[Golden]) -> Vec<Point> {
    let asked = rows.iter().filter_map(|row| {
        Some(JudgedDecision {
            proxy: row.score(PROXY)?,
            judged: row.row.is_judged(),
            called_match: match row.row.decision.as_str() {
                "review" => row.score(FINAL)? >= 0.5,
                decision => decision == "match",
            },
            is_match: row.gold == 1.0,
        })
    });
    let asked: Vec<JudgedDecision> = asked.collect();
    if asked.iter().any(|pair| pair.judged) {
        cost_curve(&asked, STEPS)
    } else {
        Vec::new()
    }
}

fn measures(rows: &[Golden], index: usize, graded: bool) -> Measures {
    if graded {
        let scored = rows
            .iter()
            .filter_map(|row| Some((row.score(index)?, row.gold)));
        let (scores, gold): (Vec<f64>, Vec<f64>) = scored.unzip();
        return Measures {
            pairs: scores.len(),
            spearman: spearman(&scores, &gold),
            pearson: pearson(&scores, &gold),
            ..Measures::default()
        };
    }
    let labelled = labelled(rows, index);
    let is_probability = index != COSINE;
    Measures {
        pairs: labelled.len(),
        auroc: auroc(&labelled),
        average_precision: average_precision(&labelled),
        brier: brier(&labelled).filter(|_| is_probability),
        calibration_error: calibration_error(&labelled).filter(|_| is_probability),
        ..Measures::default()
    }
}

fn group(rows: Vec<&Golden>) -> Group {
    let mut counts = Decisions::default();
    let (mut review, mut review_matches) = (0, 0);
    for row in &rows {
        match row.row.decision.as_str() {
            "match" => counts.count(true, row.gold == 1.0),
            "no_match" => counts.count(false, row.gold == 1.0),
            _ => {
                review += 1;
                review_matches += u64::from(row.gold == 1.0);
            }
        }
    }
    // Not called a match, whatever a person will say.
    let found = Decisions {
        missed_matches: counts.missed_matches + review_matches,
        ..counts
    };
    Group {
        pairs: rows.len() as u64,
        review,
        review_matches,
        counts,
        accuracy: counts.accuracy(),
        precision: counts.precision(),
        recall: found.recall(),
        f1: found.f1(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(gold: &[f64]) -> Evaluation {
        let rows: Vec<ResultRow> = (gold.iter())
            .map(|gold| ResultRow {
                gold: Some(*gold),
                score: Some(*gold),
                decision: "match".into(),
                ..ResultRow::default()
            })
            .collect();
        Evaluation::of(&rows, &Costs::default()).unwrap()
    }

    #[test]
    fn one_doubt_makes_no_ratings_of_labels() {
        let labels = of(&[1.0, 0.5, 0.0]);
        assert_eq!(
            (labels.graded, labels.labelled, labels.doubtful),
            (false, 2, 1)
        );
        assert!(labels.decisions.as_ref().is_some_and(|all| all.pairs == 2));
        assert!(!labels.counts(0.5) && labels.counts(1.0));
        let ratings = of(&[0.25, 0.5, 1.0]);
        assert_eq!(
            (ratings.graded, ratings.labelled, ratings.doubtful),
            (true, 3, 0)
        );
        assert_eq!(ratings.scores["score"].spearman, Some(1.0));
        // As many of one kind as of the other.
        let half = of(&[0.5, 1.0]);
        assert_eq!((half.graded, half.labelled, half.doubtful), (false, 1, 1));
    }
}
