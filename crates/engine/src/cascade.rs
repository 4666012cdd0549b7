//! The path of a chunk of pairs: compare, route, ask, combine.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use midband_combiner::{CosineMap, DecisionRule, JudgeModel, merge};
use midband_core::{
    DecidedBy, Decision, EmbedError, Embedder, FinalScore, Judge, Pair, ProxyScore, Route, Status,
    Unanswered, Verdict,
};
use midband_embed::{Comparison, EmbeddingScorer};
use midband_router::BandPolicy;
use tokio::time::timeout_at;

use crate::progress::Tally;

/// Time that a judge gets to hand on what it has when its deadline has come.
const GRACE: Duration = Duration::from_millis(20);

/// Everything that scoring a pair depends on.
pub(crate) struct Cascade {
    pub(crate) scorer: EmbeddingScorer<Arc<dyn Embedder>>,
    pub(crate) judge: Option<Arc<dyn Judge>>,
    pub(crate) policy: BandPolicy,
    pub(crate) map: CosineMap,
    pub(crate) judge_model: JudgeModel,
    pub(crate) rule: DecisionRule,
}

/// Pairs with what the embeddings say of them.
pub(crate) struct Compared {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) took: Duration,
}

/// Pairs with their final scores.
pub(crate) struct Finished {
    pub(crate) scores: Vec<FinalScore>,
    pub(crate) judging_took: Duration,
    pub(crate) judge_failed: Option<String>,
}

impl Cascade {
    /// Synchronous CPU work: the engine runs it off the async threads.
    pub(crate) fn compare(&self, pairs: Vec<Pair>) -> Result<Compared, EmbedError> {
        let started = Instant::now();
        let comparisons = self.scorer.score(&pairs)?;
        Ok(Compared {
            pairs,
            comparisons,
            took: started.elapsed(),
        })
    }

    /// Routes compared pairs, asks about those in the band, and combines.
    pub(crate) async fn finish(
        &self,
        compared: Compared,
        tally: &Tally,
        deadline: Option<Instant>,
    ) -> Finished {
        let Compared {
            pairs, comparisons, ..
        } = compared;
        let mut scores: Vec<FinalScore> = pairs
            .iter()
            .zip(&comparisons)
            .map(|(pair, comparison)| self.route(pair, comparison))
            .collect();
        let asked: Vec<usize> = (0..scores.len())
            .filter(|&index| scores[index].route == Some(Route::Ask))
            .collect();
        let started = Instant::now();
        let (verdicts, judge_failed) = self.ask(&pairs, &asked, (tally, deadline)).await;
        for (&index, verdict) in asked.iter().zip(verdicts) {
            self.combine(&mut scores[index], verdict);
        }
        Finished {
            scores,
            judging_took: started.elapsed(),
            judge_failed,
        }
    }

    /// Where the fixed band sends each pair; `None` for a pair that can't be scored.
    pub(crate) fn routes(&self, compared: &Compared) -> Vec<Option<Route>> {
        let pairs = compared.pairs.iter().zip(&compared.comparisons);
        pairs
            .map(|(pair, comparison)| self.route(pair, comparison).route)
            .collect()
    }

    /// The score that a pair has without any judge.
    fn route(&self, pair: &Pair, comparison: &Comparison) -> FinalScore {
        let id = pair.id.clone();
        let cosine = match comparison.cosine {
            Ok(cosine) => cosine,
            Err(why) => return FinalScore::rejected(id, why.to_string()),
        };
        let Ok(proxy) = ProxyScore::new(self.map.probability(f64::from(cosine.get()))) else {
            return FinalScore::rejected(id, "the proxy score is not a number");
        };
        let route = self.policy.route(Some(cosine), Some(proxy));
        FinalScore {
            id,
            cosine: Some(cosine),
            proxy_score: Some(proxy),
            route: Some(route),
            judge_score: None,
            score: Some(proxy.get()),
            // The band's thresholds are the user's word on what is clear.
            decision: if route == Route::Accept {
                Decision::Match
            } else {
                Decision::NoMatch
            },
            decided_by: Some(DecidedBy::Embedding),
            status: Status::Settled,
            reason: None,
            truncated: comparison.truncated,
            judge_seconds: 0.0,
        }
    }

    /// One verdict an asked pair, in order; and why nothing could be asked, where that is so.
    pub(crate) async fn ask(
        &self,
        pairs: &[Pair],
        asked: &[usize],
        (tally, deadline): (&Tally, Option<Instant>),
    ) -> (Vec<Verdict>, Option<String>) {
        if asked.is_empty() {
            return (Vec::new(), None);
        }
        tally.asked(asked.len());
        let Some(judge) = &self.judge else {
            tally.judged(asked.len());
            let none = Verdict::unanswered(Unanswered::NoJudge, Duration::ZERO);
            return (vec![none; asked.len()], None);
        };
        let wanted: Vec<Pair> = asked.iter().map(|&index| pairs[index].clone()).collect();
        let arrived = Mutex::new(vec![None; wanted.len()]);
        let deliver = |index: usize, verdict: Verdict| {
            let mut arrived = arrived.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = arrived.get_mut(index) {
                *place = Some(verdict);
                tally.judged(1);
            }
        };
        let (failed, missing) = match deadline {
            None => (
                judge.judge_each(&wanted, &deliver).await.err(),
                Unanswered::Unreachable,
            ),
            Some(end) => {
                let asking = judge.judge_within(&wanted, end, &deliver);
                // A judge that knows no deadlines is dropped a moment after it.
                let ended = timeout_at((end + GRACE).into(), asking).await;
                (ended.ok().and_then(Result::err), Unanswered::OutOfBudget)
            }
        };
        let arrived = arrived.into_inner().unwrap_or_else(PoisonError::into_inner);
        let open = || Verdict::unanswered(missing.clone(), Duration::ZERO);
        let verdicts = arrived
            .into_iter()
            .map(|verdict| verdict.unwrap_or_else(open))
            .collect();
        (verdicts, failed.map(|error| error.to_string()))
    }

    /// Merges a verdict into the score, or marks that none came: never a made-up number.
    fn combine(&self, score: &mut FinalScore, verdict: Verdict) {
        score.judge_seconds = verdict.latency.as_secs_f64();
        match verdict.outcome {
            Ok(answer) => {
                let logit = score
                    .cosine
                    .map_or(0.0, |cosine| self.map.logit(f64::from(cosine.get())));
                let merged = merge(logit, answer.score(), &self.judge_model);
                score.judge_score = Some(answer.score());
                score.score = Some(merged);
                score.decision = self.rule.decide(merged);
                score.decided_by = Some(if answer.cached {
                    DecidedBy::Cache
                } else {
                    DecidedBy::Judge
                });
                score.reason = answer.reason;
            }
            Err(reason) => {
                score.decided_by = Some(DecidedBy::Fallback);
                score.decision = Decision::Review;
                score.status = Status::Unanswered(reason);
            }
        }
    }
}
