//! The path of a chunk of pairs: compare, route, ask, combine.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use midband_core::{
    DecidedBy, EmbedError, Embedder, FinalScore, Judge, Pair, Route, Unanswered, Verdict,
};
use midband_embed::{Comparison, EmbeddingScorer};
use midband_model::numeric::sigmoid;
use tokio::time::timeout_at;
use tracing::Instrument;

use crate::{
    assembly::{Unjudged, is_indistinct, judged, uncompared},
    fitted::ProxyEstimate,
    late_pairs::{WordingProxy, score_late},
    prefilter::Prefiltered,
    progress::Tally,
    scorer::{BandScorer, Scorer},
};

/// Time that a judge gets to hand on what it has when its deadline has come.
const GRACE: Duration = Duration::from_millis(20);

/// Everything that scoring a pair depends on. Clones share embedder and judge.
#[derive(Clone)]
pub(crate) struct Cascade {
    pub(crate) embeddings: Arc<EmbeddingScorer<Arc<dyn Embedder>>>,
    /// The same with names written out before texts are embedded, where labels may choose that.
    pub(crate) expanded: Option<Arc<EmbeddingScorer<Arc<dyn Embedder>>>>,
    pub(crate) judge: Option<Arc<dyn Judge>>,
    /// What stands where nothing was learnt.
    pub(crate) band: BandScorer,
    /// What scores a pair of a stream.
    pub(crate) scorer: Scorer,
    /// True where every score comes with its parts.
    pub(crate) explains: bool,
}

/// Pairs with what the embeddings say of them.
pub(crate) struct Compared {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) took: Duration,
}

/// Pairs with the scores that they have without any judge.
pub(crate) struct Routed {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) scores: Vec<FinalScore>,
    /// What the scores came from; `None` for a rejected pair.
    estimates: Vec<Option<ProxyEstimate>>,
    /// Pairs of the chunk that their wording settled.
    prefiltered: Option<Prefiltered>,
    /// Time that embedding took.
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
    pub(crate) fn compare(
        &self,
        pairs: Vec<Pair>,
        deadline: Option<Instant>,
    ) -> Result<Compared, EmbedError> {
        let started = Instant::now();
        let comparisons = match deadline {
            None => self.embeddings.score(&pairs)?,
            Some(deadline) => self.embeddings.score_until(&pairs, deadline)?,
        };
        Ok(Compared {
            pairs,
            comparisons,
            took: started.elapsed(),
        })
    }

    /// Compares the pairs that their wording does not settle, and scores them as far as it goes without a judge.
    /// Synchronous CPU work, a stream's alone: a run that learns looks at all pairs at once.
    pub(crate) fn route_chunk(
        &self,
        mut pairs: Vec<Pair>,
        deadline: Option<Instant>,
    ) -> Result<Routed, EmbedError> {
        let prefiltered = match &self.scorer {
            Scorer::Fitted(model) => model.split(&mut pairs, self.explains),
            Scorer::Band(_) | Scorer::ByKind(..) => None,
        };
        if let Scorer::Fitted(model) = &self.scorer {
            model.rescore(&self.embeddings, &pairs)?;
        }
        let compared = self.compare(pairs, deadline)?;
        Ok(Routed {
            prefiltered,
            ..self.route(compared)
        })
    }

    /// The score that each compared pair has without any judge, and where it goes.
    pub(crate) fn route(&self, compared: Compared) -> Routed {
        let cosines = compared.pairs.iter().zip(&compared.comparisons);
        let embedded: Vec<_> = cosines
            .filter_map(|(pair, comparison)| Some((pair, comparison.cosine.ok()?)))
            .collect();
        let mut estimates = self.scorer.estimates(&embedded, self.explains).into_iter();
        let mut routed = Routed {
            scores: Vec::with_capacity(compared.pairs.len()),
            estimates: Vec::with_capacity(compared.pairs.len()),
            prefiltered: None,
            took: compared.took,
            pairs: Vec::new(),
        };
        for (pair, comparison) in compared.pairs.iter().zip(&compared.comparisons) {
            let (score, estimate) = match &comparison.cosine {
                Err(why) => (uncompared(pair, *why), None),
                Ok(cosine) => match estimates.next() {
                    None => continue,
                    Some(estimate) => {
                        let indistinct = is_indistinct(pair, Some(*cosine));
                        let (route, decision) = match self.scorer.route(*cosine, &estimate) {
                            (_, decision) if indistinct => (Route::Ask, decision),
                            settled => settled,
                        };
                        let unjudged = Unjudged {
                            id: pair.id.clone(),
                            cosine: Some(*cosine),
                            proxy: sigmoid(estimate.logit),
                            route,
                            decision,
                            decided_by: DecidedBy::Embedding,
                            truncated: comparison.truncated,
                            indistinct,
                            parts: estimate.explanation.clone().map(|known| known.parts),
                        };
                        (unjudged.score(), Some(estimate))
                    }
                },
            };
            routed.scores.push(score);
            routed.estimates.push(estimate);
        }
        routed.pairs = compared.pairs;
        let fitted = self.scorer.fitted();
        let wording = || WordingProxy::of_stream(fitted, &routed.pairs);
        let scored = routed.pairs.iter().zip(&mut routed.scores);
        score_late(scored, wording, self.explains);
        routed
    }

    /// Asks about the pairs that were routed to the judge, and combines.
    pub(crate) async fn finish(
        &self,
        routed: Routed,
        tally: &Tally,
        deadline: Option<Instant>,
    ) -> Finished {
        let Routed {
            mut scores,
            estimates,
            pairs,
            prefiltered,
            ..
        } = routed;
        let asked: Vec<usize> = (0..scores.len())
            .filter(|&at| scores[at].route == Some(Route::Ask))
            .collect();
        let started = Instant::now();
        let asking = self.ask(&pairs, &asked, tally, deadline);
        let span = tracing::info_span!("verdicts", pairs = asked.len());
        let (verdicts, judge_failed) = asking.instrument(span).await;
        for (&at, verdict) in asked.iter().zip(verdicts) {
            if let Some(estimate) = &estimates[at] {
                judged(&mut scores[at], verdict, |answer| {
                    self.scorer.merged(estimate, answer)
                });
            }
        }
        if let Some(prefiltered) = prefiltered {
            scores = prefiltered.woven(self.scorer.rule(), scores);
        }
        Finished {
            scores,
            judging_took: started.elapsed(),
            judge_failed,
        }
    }

    /// One verdict an asked pair, in order; and why nothing could be asked, where that is so.
    pub(crate) async fn ask(
        &self,
        pairs: &[Pair],
        asked: &[usize],
        tally: &Tally,
        deadline: Option<Instant>,
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
                    // A judge that ends early has left pairs out.
                    Ok(Ok(())) if Instant::now() < end => (None, Unanswered::Unreachable),
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
}
