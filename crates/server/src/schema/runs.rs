//! Shapes of what a run came to: summary, provenance, job. A test holds them to what is really sent.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::{id::Id, scores::Score};

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

/// Counts of a run, in pairs.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Summary {
    pairs: u64,
    routes: BTreeMap<String, u64>,
    decided_by: BTreeMap<String, u64>,
    decisions: BTreeMap<String, u64>,
    /// Wanted a judge and got no answer, by reason.
    unanswered: BTreeMap<String, u64>,
    /// Not embedded when the deadline came.
    late: u64,
    /// Could not be scored, by reason.
    rejected: BTreeMap<String, u64>,
    /// Scored on truncated text.
    truncated: u64,
    seconds: StageSeconds,
    /// Why no pair could be asked, where the judge failed as a whole.
    #[schema(required)]
    judge_failed: Option<String>,
}

/// Seconds by stage. Stages overlap, so that they can add up to more than the run took.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct StageSeconds {
    embedding: f64,
    judging: f64,
    total: f64,
}

/// A model by name and by the digest of what was loaded.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ModelName {
    name: String,
    digest: String,
}

/// What the band is laid on.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum BandOnName {
    Cosine,
    Proxy,
}

/// All that is needed to reproduce scores.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Provenance {
    /// Version of the engine that scored.
    engine: String,
    embedding_model: ModelName,
    /// Tokens of a text that the embedding model reads.
    max_tokens: u64,
    task: String,
    policy: String,
    /// Lower and upper threshold, where the policy is a fixed band.
    #[schema(required, min_items = 2, max_items = 2)]
    band: Option<Vec<f64>>,
    band_on: BandOnName,
    /// How the proxy score came from cosine and features.
    proxy: String,
    #[schema(required)]
    word_counts: Option<String>,
    /// Digest of the lexicon behind the clinical features.
    #[schema(required)]
    lexicon: Option<String>,
    /// True where the proxy was fitted on the user's own labels.
    calibrated: bool,
    /// The judge's name, or `none`.
    judge: String,
    /// Changes whenever the judge's answers could; null without a judge.
    #[schema(required)]
    judge_fingerprint: Option<String>,
    seed: u64,
    /// RFC 3339; empty in the answer to `/score`.
    started: String,
}

/// A row of an upload that was no pair.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct RejectedRow {
    /// From 1.
    line: u64,
    #[schema(required)]
    id: Option<Id>,
    reason: String,
}

/// Where a job stands.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) enum JobState {
    Queued,
    Running,
    Finished,
    Failed,
}

/// How far a job has come. Times are RFC 3339.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    #[schema(value_type = JobState)]
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
    /// Counts, once it is finished, as those of `/score`; with `rejected_rows` and what the judge spent.
    #[schema(required, value_type = Option<Summary>)]
    pub(crate) summary: Option<Value>,
}

/// Jobs, the newest first.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct JobList {
    pub(crate) jobs: Vec<Job>,
}

#[cfg(test)]
mod tests {
    use utoipa::OpenApi;

    use crate::server_info::Document;

    fn named(schema: &str) -> Vec<String> {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let fields = &document["components"]["schemas"][schema]["properties"];
        let mut named: Vec<String> = fields.as_object().unwrap().keys().cloned().collect();
        named.sort_unstable();
        named
    }

    fn sent(value: impl serde::Serialize) -> Vec<String> {
        let value = serde_json::to_value(value).unwrap();
        let mut sent: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        sent.sort_unstable();
        sent
    }

    #[test]
    fn the_document_names_what_is_sent() {
        let summary = midband::Summary::default();
        assert_eq!(named("StageSeconds"), sent(summary.seconds));
        assert_eq!(named("Summary"), sent(summary));
        let model = midband::ModelIdentity {
            name: "m".to_owned(),
            digest: "d".to_owned(),
        };
        assert_eq!(named("ModelName"), sent(model.clone()));
        let provenance = midband::Provenance {
            engine: String::new(),
            embedding_model: model,
            max_tokens: 1,
            task: String::new(),
            policy: String::new(),
            band: None,
            band_on: midband::BandOn::Cosine,
            proxy: String::new(),
            word_counts: None,
            lexicon: None,
            calibrated: false,
            judge: String::new(),
            judge_fingerprint: None,
            seed: 0,
            started: String::new(),
        };
        assert_eq!(named("Provenance"), sent(provenance));
    }
}
