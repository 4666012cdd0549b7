//! Learns while it asks: all pairs of a run together, questions in rounds, every verdict a label.
//!
//! The router decides what to ask and refits the proxy; this file only fetches what it wants (cosines,
//! features, verdicts) and turns its outcome into final scores. The pairs of a run are held in memory:
//! what a run learns depends on all of them.

use std::{collections::HashMap, sync::Arc, time::Instant};

use midband_core::{
    DecidedBy, Decision, FinalScore, PairId, Part, ProxyScore, Route, Status, Unanswered, Verdict,
};
use midband_features::FeatureSet;
use midband_model::{
    CALIBRATION_VERSION, Calibration, Goal, JudgeCovariates, JudgeModel, Priors, TaskKind,
    numeric::logit,
};
use midband_router::{
    Certificate, GainOptions, GoldLabel, Knowledge, Outcome, Policy, Reply, Router, Step,
};

use crate::{
    cascade::Cascade, error::EngineError, featured::Featured, progress::Tally, summary::Summary,
};

/// How a run learns.
#[derive(Clone, Debug)]
pub struct Learning {
    /// Which pairs are asked.
    pub policy: Policy,
    /// What the decisions are to be good at.
    pub goal: Goal,
    /// What is compared beside the cosine.
    pub features: FeatureSet,
    /// Compare how pairs of lists stand among their neighbours too ([`midband_features::NEIGHBOURS`]).
    pub neighbours: bool,
    /// What the texts are; `None` finds out.
    pub kind: Option<TaskKind>,
    /// Embed only the pairs that their wording leaves unsure, where labels or the kind's prior show that
    /// nothing is lost. A target has every pair embedded: its certificate covers what the router sees.
    pub embed_unsure_only: bool,
    /// What labels taught before.
    pub calibration: Option<Arc<Calibration>>,
    /// Pairs whose truth is known.
    pub gold: HashMap<PairId, bool>,
}

impl Learning {
    /// Right decisions as the goal, all features, nothing known beforehand.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            goal: Goal::default(),
            features: FeatureSet::all(),
            neighbours: true,
            kind: None,
            embed_unsure_only: false,
            calibration: None,
            gold: HashMap::new(),
        }
    }
}

/// What a run learnt.
#[derive(Clone, Debug)]
pub struct FitReport {
    /// All of it in the form of a calibration, with which further pairs can be scored. `labels` counts the
    /// verdicts.
    pub calibration: Calibration,
    /// Refits of the proxy.
    pub fits: usize,
    /// Pairs that were embedded.
    pub embedded: usize,
    /// What was certified, where a target was set.
    pub certificate: Option<Certificate>,
}

/// What the router knows before its first question.
pub(crate) fn knowledge(
    featured: &Featured,
    learning: &Learning,
    judge: JudgeModel,
    seed: u64,
) -> Result<Knowledge, EngineError> {
    let shipped = Priors::shipped().map_err(|error| EngineError::Stage(error.to_string()))?;
    let mut priors = shipped.for_task(featured.wording.kind, &featured.rows.columns);
    if let Some(calibration) = &learning.calibration {
        // The last prior stands in for labels: what labels taught before goes first.
        priors.push(calibration.prior());
    }
    let gold = featured
        .places
        .iter()
        .enumerate()
        .filter_map(|(row, &place)| {
            let is_match = *learning.gold.get(&featured.pairs[place].id)?;
            Some(GoldLabel {
                pair: row,
                is_match,
            })
        });
    Ok(Knowledge {
        judge: learning
            .calibration
            .as_ref()
            .map_or(judge, |calibration| calibration.judge),
        gold: gold.collect(),
        goal: learning.goal,
        seed,
        ..Knowledge::of_priors(priors)
    })
}

/// Share of the first round that is added at random where neither labels nor the kind of the texts vouch for
/// the prior. On clinical narratives the general prior is far off; a random round finds that out.
const EXPLORE_UNKNOWN: f64 = 3.0;

/// The policy, with a first round that doubts a prior that nothing vouches for.
fn explored(learning: &Learning, featured: &Featured) -> Policy {
    let estimate = featured.wording.kind != TaskKind::General
        || learning.calibration.is_some()
        || !learning.gold.is_empty();
    match &learning.policy {
        Policy::Gain(options) if !estimate => Policy::Gain(GainOptions {
            explore: options.explore.max(EXPLORE_UNKNOWN),
            ..*options
        }),
        policy => policy.clone(),
    }
}

/// Runs the policy to its end: asks, learns, asks again.
pub(crate) async fn run(
    cascade: &Arc<Cascade>,
    featured: Featured,
    (learning, task, seed): (&Learning, &str, u64),
    (tally, summary): (&Tally, &mut Summary),
    deadline: Option<Instant>,
) -> Result<(Vec<FinalScore>, FitReport), EngineError> {
    let knowledge = knowledge(&featured, learning, cascade.judge_model, seed)?;
    let mut router = Router::new(
        explored(learning, &featured),
        featured.rows.clone(),
        knowledge,
    )?;
    let mut verdicts: HashMap<usize, Verdict> = HashMap::new();
    loop {
        // A refit is CPU work: off the async threads with it.
        let (back, step) = tokio::task::spawn_blocking(move || {
            let step = router.step();
            (router, step)
        })
        .await
        .map_err(|death| EngineError::Stage(death.to_string()))?;
        router = back;
        let Step::Ask(rows) = step else { break };
        let asked: Vec<usize> = rows.iter().map(|&row| featured.places[row]).collect();
        let started = Instant::now();
        let (answers, failed) = cascade
            .ask(&featured.pairs, &asked, (tally, deadline))
            .await;
        summary.judging_took(started.elapsed());
        summary.judge_failed = failed.or(summary.judge_failed.take());
        let reply = |(row, verdict): (&usize, &Verdict)| Reply {
            pair: *row,
            answer: verdict.outcome.as_ref().ok().map(|answer| answer.score()),
        };
        router.learn(&rows.iter().zip(&answers).map(reply).collect::<Vec<_>>())?;
        verdicts.extend(rows.into_iter().zip(answers));
    }
    let outcome = router.outcome();
    let learnt = FitReport {
        calibration: Calibration {
            version: CALIBRATION_VERSION,
            task: task.to_owned(),
            kind: featured.wording.kind,
            embedding_model: cascade.scorer.embedder().model().clone(),
            judge_fingerprint: cascade.judge.as_ref().map(|judge| judge.fingerprint()),
            features: learning.features.clone(),
            frequencies: featured.wording.frequencies.clone(),
            proxy: outcome.proxy.clone(),
            lexical: None,
            judge: outcome.judge,
            goal: learning.goal,
            rule: outcome.rule,
            labels: verdicts
                .values()
                .filter(|verdict| verdict.outcome.is_ok())
                .count(),
            log_likelihood: None,
            made: String::new(),
        },
        fits: outcome.fits,
        embedded: featured.places.len(),
        certificate: outcome.certificate.clone(),
    };
    let explains = cascade.explains;
    Ok((scores(featured, &outcome, verdicts, explains), learnt))
}

/// The router's outcome as final scores, one a pair, in the order of the pairs.
fn scores(
    featured: Featured,
    outcome: &Outcome,
    mut verdicts: HashMap<usize, Verdict>,
    explains: bool,
) -> Vec<FinalScore> {
    let mut scores = featured.rejected;
    for (row, &place) in featured.places.iter().enumerate() {
        let id = featured.pairs[place].id.clone();
        let (final_score, proxy) = (
            outcome.scores[row],
            ProxyScore::new(outcome.proxy_scores[row]),
        );
        let (Ok(cosine), Ok(proxy)) = (midband_core::Cosine::new(featured.cosines[row]), proxy)
        else {
            scores[place] = Some(FinalScore::rejected(id, "the proxy score is not a number"));
            continue;
        };
        let mut score = FinalScore {
            id,
            cosine: Some(cosine),
            proxy_score: Some(proxy),
            route: Some(outcome.routes[row]),
            judge_score: None,
            score: Some(final_score),
            decision: outcome.rule.decide(final_score),
            decided_by: Some(DecidedBy::Embedding),
            status: Status::Settled,
            reason: None,
            truncated: featured.truncated[row],
            judge_seconds: 0.0,
            parts: None,
        };
        match verdicts.remove(&row) {
            Some(verdict) => answered(&mut score, verdict),
            None if score.route == Some(Route::Ask) => {
                score.decided_by = Some(DecidedBy::Fallback);
                score.decision = Decision::Review;
                score.status = Status::Unanswered(Unanswered::OutOfBudget);
            }
            None => {}
        }
        if let Some(stands) = score.score.filter(|_| explains) {
            let values = (featured.rows.row(row), outcome, row);
            score.parts = Some(explained(values, score.judge_score, stands));
        }
        scores[place] = Some(score);
    }
    scores.into_iter().flatten().collect()
}

/// What a score of 0 or 1 is taken for on the scale of log odds.
const SUREST: f64 = 1e-9;

/// The parts of a final score. `held out` is what a fit that has not seen the pair's own label or verdict says
/// more or less than the last one; `certificate` what a certified target settles beyond that.
fn explained(
    (values, outcome, row): (&[f64], &Outcome, usize),
    answer: Option<f64>,
    stands: f64,
) -> Vec<Part> {
    let before = logit(outcome.proxy_scores[row]);
    let explanation = outcome.proxy.explain(values).and("held out", before);
    let explanation = match answer {
        None => explanation,
        Some(answer) => {
            let at = JudgeCovariates::of(&outcome.proxy, values, before);
            explanation.with_answer(answer, &outcome.judge, &at)
        }
    };
    // A judge's plain word stands where it was certified, and has no finite log odds.
    let stands = stands.clamp(SUREST, 1.0 - SUREST);
    explanation.and("certificate", logit(stands)).parts
}

/// Marks a score with what the judge said, or with why it said nothing.
fn answered(score: &mut FinalScore, verdict: Verdict) {
    score.judge_seconds = verdict.latency.as_secs_f64();
    match verdict.outcome {
        Ok(answer) => {
            score.judge_score = Some(answer.score());
            score.decided_by = Some(if answer.cached {
                DecidedBy::Cache
            } else {
                DecidedBy::Judge
            });
            score.reason = answer.reason;
        }
        Err(reason) => {
            score.score = score.proxy_score.map(ProxyScore::get);
            score.decided_by = Some(DecidedBy::Fallback);
            score.decision = Decision::Review;
            score.status = Status::Unanswered(reason);
        }
    }
}
