//! How sure the decisions are, and what labels say of them.

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// How sure the decisions are.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Estimate {
    from: BasisName,
    /// Labeled pairs that it rests on.
    labelled: u64,
    /// True where these were drawn at random; other labels are left out then.
    drawn: bool,
    /// Share of the matches that are wrong.
    #[schema(required)]
    wrong_matches: Option<Share>,
    /// Share of all true matches among the pairs that are called no match.
    #[schema(required)]
    missed: Option<Share>,
    /// Share of all true matches among the pairs that wait for a person.
    #[schema(required)]
    waiting: Option<Share>,
}

/// Where an estimate comes from.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum BasisName {
    /// Labels, by counting.
    Labels,
    /// The scores, taken at their word.
    Scores,
}

/// A share with its 95 % interval, all 0..=1.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Share {
    value: f64,
    low: f64,
    high: f64,
}

/// What is called a match from a threshold on.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Threshold {
    /// The threshold on the final score, 0..=1.
    at: f64,
    /// Pairs with that score or a greater one.
    pairs: u64,
    /// Sum of their scores.
    expected: f64,
    /// Labeled pairs among them.
    labelled: u64,
    /// Labeled matches among them.
    labelled_matches: u64,
}

/// Scores against labels.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Evaluation {
    pairs: u64,
    labelled: u64,
    /// True where labels are graded, not 0 or 1: then only correlations are measured.
    graded: bool,
    /// Labels between 0 and 1 among labels that are mostly 0 or 1: left out.
    doubtful: u64,
    /// Labeled matches.
    #[schema(required)]
    matches: Option<u64>,
    /// Measures of each number that ranks pairs.
    scores: BTreeMap<String, Measures>,
    /// The same of the pairs alone that the judge gave a score.
    judged: BTreeMap<String, Measures>,
    #[schema(required)]
    decisions: Option<DecisionGroup>,
    by_route: BTreeMap<String, DecisionGroup>,
    by_decided_by: BTreeMap<String, DecisionGroup>,
    #[schema(required)]
    cost: Option<WrongCost>,
    /// Final scores against the share of matches, in tenths.
    reliability: Vec<ReliabilityBin>,
    /// Quality against the share asked, least sure pairs first.
    curve: Vec<AskedPoint>,
    /// Share of pairs that were asked, 0..=1.
    #[schema(required)]
    asked: Option<f64>,
    /// Share that hindsight and a perfect judge would have asked for the same accuracy, 0..=1.
    #[schema(required)]
    clairvoyant: Option<f64>,
    /// Features with their weights; empty here.
    weights: Vec<Vec<serde_json::Value>>,
}

/// How one number ranks and how far it can be taken at its word; null where the data can't say.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Measures {
    /// Labeled pairs that have the number.
    pairs: u64,
    #[schema(required)]
    auroc: Option<f64>,
    #[schema(required)]
    average_precision: Option<f64>,
    #[schema(required)]
    brier: Option<f64>,
    #[schema(required)]
    calibration_error: Option<f64>,
    #[schema(required)]
    spearman: Option<f64>,
    #[schema(required)]
    pearson: Option<f64>,
}

/// Decisions against labels. A match that is left for review counts as not found: in recall and F1, not in accuracy.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct DecisionGroup {
    pairs: u64,
    review: u64,
    review_matches: u64,
    true_matches: u64,
    false_matches: u64,
    missed_matches: u64,
    true_others: u64,
    #[schema(required)]
    accuracy: Option<f64>,
    #[schema(required)]
    precision: Option<f64>,
    #[schema(required)]
    recall: Option<f64>,
    #[schema(required)]
    f1: Option<f64>,
}

/// What wrong decisions came to.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct WrongCost {
    total: f64,
    a_pair: f64,
}

/// Pairs whose scores lie within a tenth.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ReliabilityBin {
    from: f64,
    pairs: u64,
    mean_score: f64,
    /// Share of matches among them.
    matches: f64,
}

/// Quality if a share of the pairs had been asked.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct AskedPoint {
    share_asked: f64,
    #[schema(required)]
    accuracy: Option<f64>,
    #[schema(required)]
    f1: Option<f64>,
}

/// What was asked and what it gave.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ChosenShare {
    /// Share of the labeled pairs that were asked.
    share_asked: f64,
    accuracy: f64,
}
