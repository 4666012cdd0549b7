//! Shapes of requests and answers, for the API's own document. A test holds them to what is really sent.

mod runs;
mod verdicts;

use std::collections::BTreeMap;

use utoipa::{IntoResponses, ToSchema};

pub(crate) use self::{
    runs::{Analysis, Job, JobList, Provenance, Summary},
    verdicts::{VerdictOut, VerdictState, Verdicts, VerdictsRequest},
};
use crate::problem::Problem;

/// Pairs, and how to score them.
#[derive(ToSchema, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ScoreRequest {
    pairs: Vec<PairIn>,
    /// `band`, `gain`, `budget` or `target`. Where none is named: `gain` for a job, unless the server was started with a
    /// band, and where the server has a calibration; else `band`. With a
    /// calibration `band` and `gain` score each pair by itself; everything else learns from the request's own pairs.
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
    /// Answer with the parts of each score.
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
    /// `band`, `gain`, `budget` or `target`. Where none is named: `gain` for a job, unless the server was started with a
    /// band, and where the server has a calibration; else `band`. With a
    /// calibration `band` and `gain` score each pair by itself; everything else learns from the request's own pairs.
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
    /// Answer with the parts of each score.
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
    /// `band`, `gain`, `budget` or `target`. Where none is named: `gain` for a job, unless the server was started with a
    /// band, and where the server has a calibration; else `band`. With a
    /// calibration `band` and `gain` score each pair by itself; everything else learns from the request's own pairs.
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
    /// Answer with the parts of each score.
    parts: Option<bool>,
    /// What a report calls the pairs.
    source: Option<String>,
    /// The field of a pair that says what is true, instead of `label`.
    gold: Option<String>,
}

/// How pairs are chosen for the judge.
#[derive(ToSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PolicyName {
    Band,
    Gain,
    Budget,
    Target,
}

/// A pair's id. What is given as a number comes back as one.
#[derive(ToSchema, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub(crate) enum Id {
    Text(String),
    Number(f64),
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

/// Scores in the order of the pairs.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ScoreResponse {
    scores: Vec<Score>,
    /// Counts of the request.
    summary: Summary,
    /// All that is needed to reproduce the scores.
    provenance: Provenance,
}

/// Where the router sends a pair.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum RouteName {
    /// Clear match: settled without the judge.
    Accept,
    /// Ambiguous: the judge is asked.
    Ask,
    /// Clear non-match: settled without the judge.
    Reject,
}

/// What to do with a pair.
#[derive(Clone, Copy, ToSchema, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DecisionName {
    /// The two texts are a match.
    Match,
    /// They are none.
    NoMatch,
    /// A person should look.
    Review,
}

/// Whose word a score is.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum DecidedByName {
    /// The proxy's, from the texts.
    Embedding,
    /// The match weights' of lists.
    Columns,
    Judge,
    /// A verdict's from the cache.
    Cache,
    /// The proxy's, since no verdict or no embedding came.
    Fallback,
    /// A label's.
    Person,
    /// That of a rule that the user calls certain.
    Rule,
}

/// A scored pair; what was passed through stands beside these fields.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Score {
    /// The pair's id, a number where it was given as one.
    id: Id,
    /// Similarity of the two embeddings, -1..=1; null where the pair was settled by its wording or could not be scored.
    #[schema(required)]
    cosine: Option<f64>,
    /// Probability of a match before any judge, 0..=1.
    #[schema(required)]
    proxy_score: Option<f64>,
    /// Where the router sent the pair; null for a pair that was rejected or came late.
    #[schema(required)]
    route: Option<RouteName>,
    /// The judge's graded answer, 0..=1.
    #[schema(required)]
    judge_score: Option<f64>,
    /// Final probability of a match, 0..=1; null where the pair could not be scored.
    #[schema(required)]
    score: Option<f64>,
    /// What to do with the pair.
    decision: DecisionName,
    /// Whose word the score is; null where there is no score.
    #[schema(required)]
    decided_by: Option<DecidedByName>,
    /// `settled`, `unanswered(REASON)`, `late` (the deadline came before the pair was embedded) or `rejected(REASON)`.
    #[schema(pattern = r"^(settled|late|unanswered\(.+\)|rejected\(.+\))$")]
    status: String,
    /// The judge's own words, or why the pair was rejected.
    #[schema(required)]
    reason: Option<String>,
    /// A text was longer than the embedding model reads.
    truncated: bool,
    /// Time the judge took for this pair.
    latency_ms: u64,
}

/// The server is alive.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct Health {
    /// Always `alive`.
    pub(crate) status: &'static str,
}

/// The server is ready: its embedding model is loaded. A judge that is not there does not make it unready.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct Ready {
    /// Always `ready`.
    pub(crate) status: &'static str,
    /// The judge of each task.
    pub(crate) judges: BTreeMap<String, JudgeState>,
}

/// A task's judge.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct JudgeState {
    /// `connected` or `absent`.
    pub(crate) state: &'static str,
    /// The judge, or why there is none.
    pub(crate) detail: String,
    /// True where a simulator answers.
    pub(crate) simulated: bool,
}

/// What this server is.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct Info {
    pub(crate) version: &'static str,
    pub(crate) started: String,
    pub(crate) embedding_model: String,
    pub(crate) tasks: Vec<TaskInfo>,
    pub(crate) limits: LimitsInfo,
}

/// A task that requests may name.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct TaskInfo {
    pub(crate) name: String,
    /// True where a calibration is in force.
    pub(crate) calibrated: bool,
    pub(crate) judge: JudgeState,
}

/// Bounds on what is taken.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct LimitsInfo {
    pub(crate) body_bytes: usize,
    pub(crate) pairs: usize,
    pub(crate) job_pairs: usize,
    pub(crate) text_bytes: usize,
    pub(crate) concurrency: usize,
    pub(crate) deadline_ms: u64,
    pub(crate) longest_deadline_ms: u64,
}

/// What every route but the first looks may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum Refused {
    /// No key, or a wrong one.
    #[response(status = 401, content_type = "application/problem+json")]
    Key(Problem),
    /// Not a name of this machine's, or sent by a page of another site.
    #[response(status = 403, content_type = "application/problem+json")]
    Host(Problem),
    /// The server failed.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Problem),
}

/// What a route that takes pairs may answer beside these.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum Unusable {
    /// The body can't be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Body(Problem),
    /// No key, or a wrong one.
    #[response(status = 401, content_type = "application/problem+json")]
    Key(Problem),
    /// Not a name of this machine's, or sent by a page of another site.
    #[response(status = 403, content_type = "application/problem+json")]
    Host(Problem),
    /// The body did not arrive in time.
    #[response(status = 408, content_type = "application/problem+json")]
    Late(Problem),
    /// Too long a body, or too many pairs.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// A form of body that is not known.
    #[response(status = 415, content_type = "application/problem+json")]
    Form(Problem),
    /// A pair or a setting can't be used, or there is nothing to report on.
    #[response(status = 422, content_type = "application/problem+json")]
    Pair(Problem),
    /// As many requests, or jobs, as are taken at once are there.
    #[response(status = 429, content_type = "application/problem+json")]
    Busy(Problem),
    /// The server failed.
    #[response(status = 500, content_type = "application/problem+json")]
    Failed(Problem),
}

/// What a job's result may answer beside [`Refused`].
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum NoResult {
    /// There is no such job.
    #[response(status = 404, content_type = "application/problem+json")]
    Unknown(Problem),
    /// It is not finished.
    #[response(status = 409, content_type = "application/problem+json")]
    Open(Problem),
    /// There is nothing to show.
    #[response(status = 422, content_type = "application/problem+json")]
    Nothing(Problem),
}
