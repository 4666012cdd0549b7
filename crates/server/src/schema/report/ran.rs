//! What a run came to beside its scores.

use utoipa::ToSchema;

/// What a run came to beside its scores.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ReportedRun {
    seconds: RunSeconds,
    rejected_rows: u64,
    /// What the judge spent.
    #[schema(required)]
    judge: Option<JudgeSpent>,
    /// The lists, where the pairs come from lists.
    #[schema(required)]
    lists: Option<ReportedLists>,
    /// Whether labels, verdicts or a prior of the kind speak for the scores; null where the run learned nothing.
    #[schema(required)]
    vouched: Option<bool>,
}

/// Seconds by stage, and of the whole command (0 where it was none).
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct RunSeconds {
    embedding: f64,
    judging: f64,
    total: f64,
    wall: f64,
}

/// What a judge spent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct JudgeSpent {
    /// Requests.
    calls: u64,
    /// Of these, asked again.
    retries: u64,
    /// Pairs with an answer, from server or cache.
    answered: u64,
    /// Answers from the verdict cache.
    cached: u64,
    tokens_in: u64,
    tokens_out: u64,
    thought_tokens: u64,
    /// True where a simulator answered.
    simulated: bool,
}

/// Two lists, or one with duplicates.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ReportedLists {
    left: ReportedList,
    #[schema(required)]
    right: Option<ReportedList>,
    columns: Vec<ReportedColumn>,
}

/// One list.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ReportedList {
    name: String,
    /// The column of its ids.
    id: String,
    records: u64,
    /// Records by the probability that an exact copy of theirs would be a match, in hundredths.
    copies: Option<Vec<u64>>,
}

/// A column of one list, or the same of both.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct ReportedColumn {
    left: String,
    right: String,
    /// Its type; empty where records were compared as texts.
    kind: String,
    /// Share of the records with a value, 0..=1.
    left_filled: f64,
    right_filled: f64,
}

/// Time that the cascade did not spend.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the document alone")]
pub(crate) struct Saved {
    /// Seconds that the judge took for a pair it answered.
    seconds_a_pair: f64,
    /// Minutes if every pair had been asked at that pace.
    all_asked_minutes: f64,
    /// Of these, not spent.
    minutes: f64,
}
