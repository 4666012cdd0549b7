//! The path of a chunk of pairs: compare, route, ask, combine.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use midband_core::{
    DecidedBy, Decision, EmbedError, Embedder, FinalScore, Judge, Pair, ProxyScore, Route, Status,
    Unanswered, Verdict,
};
use midband_embed::{Comparison, EmbeddingScorer};
use midband_model::{
    CosineMap, DecisionRule, JudgeCovariates, JudgeModel, merge, numeric::sigmoid,
};
use midband_router::BandPolicy;
use tokio::time::timeout_at;

use crate::{
    fitted::{FittedModel, ProxyEstimate},
    prefilter::Prefiltered,
    progress::Tally,
};

/// Time that a judge gets to hand on what it has when its deadline has come.
const GRACE: Duration = Duration::from_millis(20);

/// Everything that scoring a pair depends on. Clones share embedder and judge.
#[derive(Clone)]
pub(crate) struct Cascade {
    pub(crate) scorer: Arc<EmbeddingScorer<Arc<dyn Embedder>>>,
    pub(crate) judge: Option<Arc<dyn Judge>>,
    pub(crate) policy: BandPolicy,
    pub(crate) map: CosineMap,
    pub(crate) judge_model: JudgeModel,
    pub(crate) rule: DecisionRule,
    /// In the place of band, map, judge model and rule, where labels or a run taught something better.
    pub(crate) frozen: Option<Arc<FittedModel>>,
    /// True where every score comes with its parts.
    pub(crate) explains: bool,
}

/// Pairs with what the embeddings say of them.
pub(crate) struct Compared {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) comparisons: Vec<Comparison>,
    /// What a frozen proxy says of each pair, where there is one.
    estimate: Vec<Option<ProxyEstimate>>,
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
            estimate: vec![None; pairs.len()],
            pairs,
            comparisons,
            took: started.elapsed(),
        })
    }

    /// Compares the pairs that their wording does not settle, and adds what the frozen proxy says of each, where there is
    /// one. A stream's alone: a run that learns looks at all pairs at once.
    pub(crate) fn prefilter_and_compare(
        &self,
        mut pairs: Vec<Pair>,
    ) -> Result<(Compared, Option<Prefiltered>), EmbedError> {
        let frozen = self.frozen.as_ref();
        let prefiltered = frozen.and_then(|frozen| frozen.split(&mut pairs, self.explains));
        let mut compared = self.compare(pairs)?;
        if let Some(frozen) = frozen {
            let (mut places, mut pairs) = (Vec::new(), Vec::new());
            for (place, comparison) in compared.comparisons.iter().enumerate() {
                if let Ok(cosine) = comparison.cosine {
                    places.push(place);
                    pairs.push((&compared.pairs[place], f64::from(cosine.get())));
                }
            }
            let estimate = frozen.know(&pairs, self.explains);
            for (place, estimate) in places.into_iter().zip(estimate) {
                compared.estimate[place] = Some(estimate);
            }
        }
        Ok((compared, prefiltered))
    }

    /// Routes compared pairs, asks about those in the band, and combines.
    pub(crate) async fn finish(
        &self,
        compared: Compared,
        tally: &Tally,
        deadline: Option<Instant>,
    ) -> Finished {
        let mut scores = self.routed(&compared);
        let Compared {
            pairs, estimate, ..
        } = compared;
        let asked: Vec<usize> = (0..scores.len())
            .filter(|&index| scores[index].route == Some(Route::Ask))
            .collect();
        let started = Instant::now();
        let (verdicts, judge_failed) = self.ask(&pairs, &asked, (tally, deadline)).await;
        for (&index, verdict) in asked.iter().zip(verdicts) {
            self.combine(&mut scores[index], estimate[index].as_ref(), verdict);
        }
        Finished {
            scores,
            judging_took: started.elapsed(),
            judge_failed,
        }
    }

    /// Where each pair goes; `None` for a pair that can't be scored.
    pub(crate) fn routes(&self, compared: &Compared) -> Vec<Option<Route>> {
        self.routed(compared)
            .into_iter()
            .map(|score| score.route)
            .collect()
    }

    /// The score that each pair has without any judge, and where it goes.
    fn routed(&self, compared: &Compared) -> Vec<FinalScore> {
        let pairs = compared
            .pairs
            .iter()
            .zip(&compared.comparisons)
            .zip(&compared.estimate);
        pairs
            .map(|((pair, comparison), estimate)| self.route(pair, comparison, estimate.as_ref()))
            .collect()
    }

    fn route(
        &self,
        pair: &Pair,
        comparison: &Comparison,
        estimate: Option<&ProxyEstimate>,
    ) -> FinalScore {
        let id = pair.id.clone();
        let cosine = match comparison.cosine {
            Ok(cosine) => cosine,
            Err(why) => return FinalScore::rejected(id, why.to_string()),
        };
        let logit = estimate.map_or_else(
            || self.map.logit(f64::from(cosine.get())),
            |estimate| estimate.logit,
        );
        let Ok(proxy) = ProxyScore::new(sigmoid(logit)) else {
            return FinalScore::rejected(id, "the proxy score is not a number");
        };
        let route = match (&self.frozen, estimate) {
            (Some(frozen), Some(estimate)) => frozen.route(estimate),
            _ => self.policy.route(Some(cosine), Some(proxy)),
        };
        FinalScore {
            id,
            cosine: Some(cosine),
            proxy_score: Some(proxy),
            route: Some(route),
            judge_score: None,
            score: Some(proxy.get()),
            // What is settled goes where it was routed: a band's thresholds are the user's word on what is clear.
            decision: match (&self.frozen, route) {
                (Some(frozen), _) => frozen.rule().decide(proxy.get()),
                (None, Route::Accept) => Decision::Match,
                (None, _) => Decision::NoMatch,
            },
            decided_by: Some(DecidedBy::Embedding),
            status: Status::Settled,
            reason: None,
            truncated: comparison.truncated,
            judge_seconds: 0.0,
            parts: self.explains.then(|| match estimate {
                Some(ProxyEstimate {
                    explanation: Some(explanation),
                    ..
                }) => explanation.parts.clone(),
                _ => self.map.explain(f64::from(cosine.get())).parts,
            }),
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
                match timeout_at((end + GRACE).into(), asking).await {
                    Ok(Err(error)) => (Some(error), Unanswered::Unreachable),
                    Ok(Ok(())) | Err(_) => (None, Unanswered::OutOfBudget),
                }
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
    fn combine(&self, score: &mut FinalScore, estimate: Option<&ProxyEstimate>, verdict: Verdict) {
        score.judge_seconds = verdict.latency.as_secs_f64();
        match verdict.outcome {
            Ok(answer) => {
                let (merged, rule, explained) = match (&self.frozen, estimate) {
                    (Some(frozen), Some(estimate)) => (
                        frozen.merged(estimate, answer.score()),
                        frozen.rule(),
                        frozen.explained(estimate, answer.score()),
                    ),
                    _ => {
                        let cosine = score.cosine.map_or(0.0, |cosine| f64::from(cosine.get()));
                        let logit = self.map.logit(cosine);
                        let merged = merge(logit, answer.score(), &self.judge_model);
                        let explained = self.explains.then(|| {
                            let before = self.map.explain(cosine);
                            before.with_answer(
                                answer.score(),
                                &self.judge_model,
                                &JudgeCovariates::AVERAGE,
                            )
                        });
                        (merged, &self.rule, explained)
                    }
                };
                score.parts = explained.map(|explanation| explanation.parts);
                score.judge_score = Some(answer.score());
                score.score = Some(merged);
                score.decision = rule.decide(merged);
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
