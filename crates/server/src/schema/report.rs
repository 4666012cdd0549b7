//! Shapes of the report. A test holds them to what is really sent.

mod found;
mod measured;
mod ran;

use std::collections::BTreeMap;

use utoipa::ToSchema;

use self::{
    found::{Answer, Patterns},
    measured::{ChosenShare, Estimate, Evaluation, Threshold},
    ran::{ReportedRun, Saved},
};
use super::{
    runs::{Provenance, RejectedRow},
    scores::{DecisionName, Score},
};

/// The report as data; `midband report -o report.json` writes the same, without `scores` and `rejected_rows`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Analysis {
    /// What was scored.
    source: String,
    /// When the report was made, RFC 3339.
    made: String,
    /// True where a simulator stood in for the judge.
    simulated: bool,
    /// True where the run used no label of the user's.
    #[schema(required)]
    uncalibrated: Option<bool>,
    answer: Answer,
    /// How sure the decisions are; null where no pair has a score.
    #[schema(required)]
    estimate: Option<Estimate>,
    /// What other thresholds would give, by hundredths.
    thresholds: Vec<Threshold>,
    /// Which comparison levels occur together; null where the scores have no parts of columns.
    #[schema(required)]
    patterns: Option<Patterns>,
    /// Verdicts that the final decision went against.
    overruled: u64,
    /// Scored pairs.
    pairs: u64,
    routes: BTreeMap<String, u64>,
    decisions: BTreeMap<String, u64>,
    decided_by: BTreeMap<String, u64>,
    /// Pairs that wanted a judge and got no answer, by reason.
    unanswered: BTreeMap<String, u64>,
    /// Pairs without a score, by reason.
    rejected: BTreeMap<String, u64>,
    /// Pairs that were compared on truncated text.
    truncated: u64,
    #[schema(required)]
    run: Option<ReportedRun>,
    /// What was not spent, where the judge's time is known.
    #[schema(required)]
    saved: Option<Saved>,
    #[schema(required)]
    band: Option<ReportedBand>,
    /// The number that the band lies on, else the proxy score, by route.
    routed: Histogram,
    /// Final scores, by decision.
    scored: Histogram,
    #[schema(required)]
    latency: Option<Latency>,
    /// Who decided, in the order of the pairs.
    over_time: Vec<Slice>,
    /// Pairs for review, in all.
    to_review: u64,
    /// The pairs that are most worth a look, the best first.
    review: Vec<ToReview>,
    /// Scores against labels, where there are labels.
    #[schema(required)]
    evaluation: Option<Evaluation>,
    /// Points of the ROC curves (false and true positive rate), by the number that ranks pairs.
    roc: BTreeMap<String, Vec<Vec<f64>>>,
    /// Points of recall and precision, by the number that ranks pairs.
    precision_recall: BTreeMap<String, Vec<Vec<f64>>>,
    /// What was asked and what it gave, where there are labels.
    #[schema(required)]
    chosen: Option<ChosenShare>,
    #[schema(required)]
    provenance: Option<Provenance>,
    scores: Vec<Score>,
    rejected_rows: Vec<RejectedRow>,
}

/// The band, where the policy is a fixed one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ReportedBand {
    lower: f64,
    upper: f64,
    /// `cosine` or `proxy_score`.
    on: String,
}

/// Pairs by a number, in bars of equal width.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Histogram {
    /// `cosine`, `proxy_score` or `score`.
    of: String,
    bars: Vec<Bar>,
}

/// A bar of a histogram.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Bar {
    from: f64,
    to: f64,
    /// Pairs by route or by decision.
    counts: BTreeMap<String, u64>,
}

/// How long the judge took, milliseconds; answers from the cache left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Latency {
    pairs: u64,
    mean: f64,
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
    bars: Vec<Bar>,
}

/// Rows that stand together in the order of the pairs.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Slice {
    /// First row, from 1.
    from: u64,
    /// Last row.
    to: u64,
    /// Pairs by who decided.
    counts: BTreeMap<String, u64>,
}

/// A pair that a person should look at. Texts are null without `include_text`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ToReview {
    /// How much a look is worth, 0..=1.
    priority: f64,
    id: String,
    #[schema(required)]
    left_id: Option<String>,
    #[schema(required)]
    right_id: Option<String>,
    #[schema(required)]
    cosine: Option<f64>,
    #[schema(required)]
    proxy_score: Option<f64>,
    #[schema(required)]
    judge_score: Option<f64>,
    #[schema(required)]
    score: Option<f64>,
    /// Empty where the pair was not routed.
    route: String,
    decision: DecisionName,
    /// Empty where the pair has no score.
    decided_by: String,
    status: String,
    #[schema(required)]
    reason: Option<String>,
    truncated: bool,
    latency_ms: f64,
    /// What is known to be true, 0..=1.
    #[schema(required)]
    gold: Option<f64>,
    #[schema(required)]
    a: Option<String>,
    #[schema(required)]
    b: Option<String>,
    /// Additive log odds by name.
    parts: Option<BTreeMap<String, f64>>,
    #[schema(required)]
    contradictions: Option<Vec<String>>,
}

#[cfg(test)]
mod tests;
