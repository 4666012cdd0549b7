//! The one place where a final score is put together: from what is known before any verdict, then from the verdict.

use midband_core::{
    Cosine, DecidedBy, Decision, FinalScore, PairId, Part, ProxyScore, Route, Status, Unanswered,
    Verdict,
};

/// What is known of a pair before any verdict.
pub(crate) struct Unjudged {
    pub(crate) id: PairId,
    /// `None` where the pair was not embedded.
    pub(crate) cosine: Option<Cosine>,
    /// Probability of a match by the proxy.
    pub(crate) proxy: f64,
    pub(crate) route: Route,
    pub(crate) decision: Decision,
    pub(crate) truncated: bool,
    pub(crate) parts: Option<Vec<Part>>,
}

impl Unjudged {
    /// The score that stands unless a verdict comes.
    pub(crate) fn score(self) -> FinalScore {
        let Ok(proxy) = ProxyScore::new(self.proxy) else {
            return FinalScore::rejected(self.id, "the proxy score is not a number");
        };
        FinalScore {
            id: self.id,
            cosine: self.cosine,
            proxy_score: Some(proxy),
            route: Some(self.route),
            judge_score: None,
            score: Some(proxy.get()),
            decision: self.decision,
            decided_by: Some(DecidedBy::Embedding),
            status: Status::Settled,
            reason: None,
            truncated: self.truncated,
            judge_seconds: 0.0,
            parts: self.parts,
        }
    }
}

/// What an answer makes of a pair.
pub(crate) struct Merged {
    /// Probability of a match.
    pub(crate) score: f64,
    pub(crate) decision: Decision,
    pub(crate) parts: Option<Vec<Part>>,
}

/// Merges a verdict into a score, or marks that none came. `merge` is given the judge's graded answer.
pub(crate) fn judged(score: &mut FinalScore, verdict: Verdict, merge: impl FnOnce(f64) -> Merged) {
    score.judge_seconds = verdict.latency.as_secs_f64();
    match verdict.outcome {
        Ok(answer) => {
            let merged = merge(answer.score());
            score.judge_score = Some(answer.score());
            score.score = Some(merged.score);
            score.decision = merged.decision;
            score.parts = merged.parts;
            score.decided_by = Some(if answer.cached {
                DecidedBy::Cache
            } else {
                DecidedBy::Judge
            });
            score.reason = answer.reason;
        }
        Err(reason) => unanswered(score, reason),
    }
}

/// Marks that no verdict came: the proxy score stands in, and a person should look.
pub(crate) fn unanswered(score: &mut FinalScore, reason: Unanswered) {
    score.score = score.proxy_score.map(ProxyScore::get);
    score.decided_by = Some(DecidedBy::Fallback);
    score.decision = Decision::Review;
    score.status = Status::Unanswered(reason);
}
