//! Shapes of scored pairs.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::id::Id;

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
    /// With `parts`: additive log odds by name; null where the pair has no score.
    parts: Option<BTreeMap<String, f64>>,
    /// With `parts`: clinical statements of the texts that exclude each other, such as "side of cataract: left / right"; null
    /// where clinical features are off.
    contradictions: Option<Vec<String>>,
}
