//! What a run came to.

use anyhow::Result;
use midband::{
    FitReport, Provenance, Summary,
    judge::{LlmJudge, Usage},
};
use midband_io::RejectedRow;
use serde_json::Value;

use crate::{Audited, WithoutPartner, judge::Unreachable};

/// Who was asked.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Language models: what answered, in which way, and what it cost, in words.
    Judge(String),
    /// Nobody: so it was wanted.
    Nobody,
    /// The input's labels, under this name.
    Gold(String),
    /// No server answered.
    Absent(Unreachable),
}

/// What a run came to, once all its files have their names.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Counts and times.
    pub summary: Summary,
    /// What the run learnt, where it learnt.
    pub fit: Option<FitReport>,
    /// What the judge said of pairs that were settled without it, where it was asked.
    pub audited: Option<Audited>,
    /// Rows of the input that are no pairs.
    pub rejected_rows: u64,
    /// The first of them.
    pub first_rejected: Option<RejectedRow>,
    /// Where they are written, where they are.
    pub rejected_file: Option<String>,
    /// Scored pairs that are not written: of decisions that nobody asked for.
    pub left_out: u64,
    /// Records of the lists that no pair joins to another; `None` if that was not counted.
    pub without_partner: Option<WithoutPartner>,
    /// Who was asked.
    pub asked: Asked,
    /// Where the scores come from.
    pub provenance: Provenance,
    /// The same as it stands beside the output, with digests of the inputs and of the calibration.
    pub recorded: Value,
    /// The summary as it stands beside the output.
    pub written: Value,
    /// True where provenance and summary stand in files beside the output.
    pub has_side_files: bool,
}

/// The summary as it is written beside the output.
pub(crate) fn written(
    summary: &Summary,
    rejected_rows: u64,
    judge: Option<&Usage>,
) -> Result<Value> {
    let mut written = serde_json::to_value(summary)?;
    written["rejected_rows"] = rejected_rows.into();
    written["judge"] = serde_json::to_value(judge)?;
    Ok(written)
}

/// The judge: what answered, in which way, and what it cost.
pub(crate) fn described(judge: &LlmJudge) -> String {
    let usage = judge.usage();
    let models: Vec<&str> = judge.models().map(|(tag, _)| tag).collect();
    let simulated = if judge.is_simulated() {
        "SIMULATED "
    } else {
        ""
    };
    let notes: String = judge
        .notes()
        .iter()
        .map(|note| format!("; {note}"))
        .collect();
    let picked = judge.picked();
    format!(
        "{simulated}{} ({}, {}); {} calls, {} retries, {} answered, {} from the cache, {} unanswered; \
         {} tokens in ({} read before), {} out ({} of thoughts); {} a request, {} requests at once; mean fill {:.0} %{notes}",
        models.join(", "),
        picked.mode,
        picked.why,
        usage.calls,
        usage.retries,
        usage.answered,
        usage.cached,
        usage.unanswered,
        usage.tokens_in,
        usage.tokens_cached,
        usage.tokens_out,
        usage.thought_tokens,
        usage.batch_size,
        usage.in_flight_peak,
        usage.mean_fill() * 100.0
    )
}
