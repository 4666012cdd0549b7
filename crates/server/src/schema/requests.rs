//! Shapes of requests that hold pairs.

use utoipa::ToSchema;

use super::id::Id;

/// Pairs, and how to score them.
#[derive(ToSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ScoreRequest {
    pairs: Vec<PairIn>,
    /// How pairs are chosen for the judge; what none means is said of the type.
    policy: Option<PolicyName>,
    /// One of the tasks in `/info`; the first where none is named.
    task: Option<String>,
    /// Time for the answer, milliseconds; at most the server's limit.
    #[schema(maximum = 600_000, minimum = 0)]
    deadline_ms: Option<u64>,
    /// What `budget` may ask at most, pairs.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    max_questions: Option<u64>,
    /// What `target` certifies, such as `precision=0.95,recall=0.9`.
    target: Option<String>,
    /// Probability that a certified promise is broken.
    #[schema(exclusive_minimum = 0.0, exclusive_maximum = 1.0)]
    delta: Option<f64>,
    /// Answer with the texts too.
    include_text: Option<bool>,
    /// Answer with the parts of each score, and with the contradictions of its texts.
    parts: Option<bool>,
}

/// Pairs, how to score them, and what a report on them shows.
#[derive(ToSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct AnalyzeRequest {
    /// At least one.
    #[schema(min_items = 1)]
    pairs: Vec<PairIn>,
    /// How pairs are chosen for the judge; what none means is said of the type.
    policy: Option<PolicyName>,
    /// One of the tasks in `/info`; the first where none is named.
    task: Option<String>,
    /// Time for the answer, milliseconds; at most the server's limit.
    #[schema(maximum = 600_000, minimum = 0)]
    deadline_ms: Option<u64>,
    /// What `budget` may ask at most, pairs.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    max_questions: Option<u64>,
    /// What `target` certifies, such as `precision=0.95,recall=0.9`.
    target: Option<String>,
    /// Probability that a certified promise is broken.
    #[schema(exclusive_minimum = 0.0, exclusive_maximum = 1.0)]
    delta: Option<f64>,
    /// Answer with the texts too.
    include_text: Option<bool>,
    /// Answer with the parts of each score, and with the contradictions of its texts.
    parts: Option<bool>,
    /// What a report calls the pairs.
    source: Option<String>,
    /// The field of a pair that says what is true, instead of `label`.
    gold: Option<String>,
}

/// Pairs for a long run, and how to score them.
#[derive(ToSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct JobRequest {
    pairs: Vec<PairIn>,
    /// How pairs are chosen for the judge; what none means is said of the type.
    policy: Option<PolicyName>,
    /// One of the tasks in `/info`; the first where none is named.
    task: Option<String>,
    /// What `budget` may ask at most, pairs.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    max_questions: Option<u64>,
    /// What `target` certifies, such as `precision=0.95,recall=0.9`.
    target: Option<String>,
    /// Probability that a certified promise is broken.
    #[schema(exclusive_minimum = 0.0, exclusive_maximum = 1.0)]
    delta: Option<f64>,
    /// Answer with the texts too.
    include_text: Option<bool>,
    /// Answer with the parts of each score, and with the contradictions of its texts.
    parts: Option<bool>,
    /// What a report calls the pairs.
    source: Option<String>,
    /// The field of a pair that says what is true, instead of `label`.
    gold: Option<String>,
}

/// How pairs are chosen for the judge. A request that names no policy learns nothing, so that each pair has the score that it has in
/// any other request: by the calibration; without one by the server's own band, if it was started with one; else records ("field:
/// value; …") by the shipped prior of records and other texts by their cosine. A job that names none learns from its pairs, unless
/// the server has a band. With a calibration `band` and `gain` score each pair by itself; everything else learns from the request's
/// own pairs.
#[derive(ToSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PolicyName {
    Band,
    Gain,
    Budget,
    Target,
}

/// A pair. Further fields are passed through.
#[derive(ToSchema, serde::Deserialize)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct PairIn {
    /// Unique within the request, a number or a text; its place where there is none.
    id: Option<Id>,
    /// The left text.
    a: String,
    /// The right text.
    b: String,
    /// What is known to be true: 0 or 1, true or false, yes or no. Any value if `gold` names another field.
    label: Option<serde_json::Value>,
}
