//! What a run took, as it is written beside its scores.

use serde::{Deserialize, Serialize};

use crate::Lists;

/// What a run came to beside its scores, as it stands in `OUTPUT.summary.json`. Fields that are not there are zero.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// Time by stage.
    pub seconds: Seconds,
    /// Rows of the input that were no pairs.
    pub rejected_rows: u64,
    /// What the judge spent, where there was one.
    pub judge: Option<JudgeUsage>,
    /// The lists, where the pairs come from lists.
    pub lists: Option<Lists>,
    /// Whether labels, verdicts or a prior of the kind speak for the scores; `None` where the run learnt nothing.
    pub vouched: Option<bool>,
}

/// Seconds by stage; stages overlap.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seconds {
    /// Embedding and comparing.
    pub embedding: f64,
    /// Waiting for the judge.
    pub judging: f64,
    /// From the first pair to the last score.
    pub total: f64,
    /// From the start of the command to its last file; 0 where it was not written down.
    pub wall: f64,
}

/// What a judge spent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct JudgeUsage {
    /// Requests.
    pub calls: u64,
    /// Of these, asked again.
    pub retries: u64,
    /// Pairs with an answer, from server or cache.
    pub answered: u64,
    /// Answers from the verdict cache.
    pub cached: u64,
    /// Prompt tokens.
    pub tokens_in: u64,
    /// Answer tokens.
    pub tokens_out: u64,
    /// Of these, thoughts.
    pub thought_tokens: u64,
    /// True where a simulator answered.
    pub simulated: bool,
}

/// Time and calls that the cascade did not spend.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Saved {
    /// Seconds that the judge took for a pair it answered, all requests at once counted once.
    pub seconds_a_pair: f64,
    /// Minutes if every pair had been asked at that pace.
    pub all_asked_minutes: f64,
    /// Of these, not spent.
    pub minutes: f64,
}
