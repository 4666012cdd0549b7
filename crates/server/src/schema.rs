//! Shapes of requests and answers, for the API's own document. A test holds them to what is really sent.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::{IntoResponses, ToSchema};

use crate::problem::Problem;

/// Pairs, and how to score them.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ScoreRequest {
    /// At least one pair for a report.
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
    #[schema(minimum = 0)]
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
}

/// How pairs are chosen for the judge.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum PolicyName {
    Band,
    Gain,
    Budget,
    Target,
}

/// A pair's id. What is given as a number comes back as one.
#[derive(ToSchema, serde::Serialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum Id {
    Text(String),
    Number(f64),
}

/// A pair. Further fields are passed through.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct PairIn {
    /// Unique within the request, a number or a text; its place where there is none.
    id: Option<Id>,
    /// The left text.
    a: String,
    /// The right text.
    b: String,
    /// What is known to be true: 0 or 1.
    label: Option<u8>,
}

/// A form with a file of pairs (JSONL, CSV or TSV, by its name's ending); other fields as in `ScoreRequest`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct PairsFile {
    /// The file.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    file: String,
}

/// Scores in the order of the pairs.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ScoreResponse {
    scores: Vec<Score>,
    /// Counts of the request.
    summary: BTreeMap<String, Value>,
    /// All that is needed to reproduce the scores.
    provenance: BTreeMap<String, Value>,
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
    /// `accept`, `ask` or `reject`.
    #[schema(required)]
    route: Option<String>,
    /// The judge's graded answer, 0..=1.
    #[schema(required)]
    judge_score: Option<f64>,
    /// Final probability of a match, 0..=1; null where the pair could not be scored.
    #[schema(required)]
    score: Option<f64>,
    /// `match`, `no_match` or `review`.
    decision: String,
    /// `embedding`, `columns` (of lists that were matched), `judge`, `cache`, `fallback`, `person` or `rule`.
    #[schema(required)]
    decided_by: Option<String>,
    /// `settled`, `unanswered(…)` or `rejected(…)`.
    status: String,
    /// The judge's own words, or why the pair was rejected.
    #[schema(required)]
    reason: Option<String>,
    /// A text was longer than the embedding model reads.
    truncated: bool,
    /// Time the judge took for this pair.
    latency_ms: u64,
}

/// The report as data; `midband report -o report.json` writes the same.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Analysis {
    pairs: u64,
    simulated: bool,
    routes: BTreeMap<String, u64>,
    decisions: BTreeMap<String, u64>,
    decided_by: BTreeMap<String, u64>,
    scores: Vec<Score>,
    /// Rows of an upload that were no pairs, with their reasons.
    rejected_rows: Vec<BTreeMap<String, Value>>,
}

/// How far a job has come. Times are RFC 3339.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    /// `queued`, `running`, `finished` or `failed`.
    pub(crate) state: &'static str,
    /// Pairs to score.
    pub(crate) pairs: u64,
    /// Of these, with their final score.
    pub(crate) scored: u64,
    /// Pairs that the judge was asked about so far.
    pub(crate) asked: u64,
    /// Of these, come back.
    pub(crate) judged: u64,
    /// Requests to the judge that these pairs still need, about.
    #[schema(required)]
    pub(crate) calls_left: Option<u64>,
    pub(crate) created: String,
    #[schema(required)]
    pub(crate) started: Option<String>,
    #[schema(required)]
    pub(crate) ended: Option<String>,
    /// Why it failed.
    #[schema(required)]
    pub(crate) error: Option<String>,
    /// Counts, once it is finished.
    #[schema(required, value_type = Option<BTreeMap<String, Value>>)]
    pub(crate) summary: Option<Value>,
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
