//! Learns while it asks: all pairs of a run together, questions in rounds, every verdict a label.
//!
//! The router decides what to ask and refits the proxy; this file only fetches what it wants (cosines,
//! features, verdicts) and turns its outcome into final scores. The pairs of a run are held in memory:
//! what a run learns depends on all of them.

use std::{collections::HashMap, sync::Arc, time::Instant};

use midband_core::{Decision, FinalScore, Part, Route, Unanswered, Verdict};
use midband_model::{
    CALIBRATION_VERSION, Calibration, DecisionRule, JudgeCovariates, JudgeModel, LabelShift,
    Priors, TaskKind, learn::Prior, numeric::logit,
};
use midband_router::{
    Certificate, GainOptions, GoldLabel, Knowledge, Outcome, Policy, Reply, Router, Step,
};

use crate::{
    assembly::{Merged, Unjudged, is_indistinct, judged, unanswered},
    cascade::Cascade,
    error::EngineError,
    featured::Featured,
    options::Learning,
    progress::Tally,
    summary::Summary,
};

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
    /// How often matches were found to occur, where that differs from what the prior was trained at.
    pub label_shift: Option<LabelShift>,
    /// True where labels, verdicts or a prior for such texts vouch for the proxy. Where nothing does, no pair is settled
    /// by it.
    pub vouched: bool,
    /// What was certified, where a target was set.
    pub certificate: Option<Certificate>,
}

/// Log odds by which a judge's verdicts on other pairs may move what a linker says of one: it learnt from all pairs of the
/// lists, and a judge that is wrong about some kind of pair must not undo that.
const MOST_DEPARTURE: f64 = 2.0;

/// Where a run starts from before any label of its own.
pub(crate) enum Start {
    /// The shipped prior of the texts' kind.
    Shipped,
    /// The same for pairs that wording left unsure: how often matches occur was looked for among all pairs.
    Prefiltered(Option<LabelShift>),
    /// A linker's log odds.
    Linked(Prior),
}

/// What the router knows before its first question.
pub(crate) fn knowledge(
    featured: &Featured,
    learning: &Learning,
    start: &Start,
    judge: JudgeModel,
    seed: u64,
) -> Result<Knowledge, EngineError> {
    let (mut priors, trained_prevalence, label_shift) = match start {
        Start::Linked(prior) => (vec![prior.clone()], None, None),
        Start::Shipped | Start::Prefiltered(_) => {
            let shipped =
                Priors::shipped().map_err(|error| EngineError::Stage(error.to_string()))?;
            let kind = featured.corpus.kind;
            let priors = shipped.for_task(kind, &featured.rows.columns);
            match start {
                Start::Prefiltered(shift) => (priors, None, *shift),
                _ => {
                    // Labelled pairs were chosen by somebody: how often they match says little of the others.
                    let trained =
                        Priors::prevalence(kind).filter(|_| learning.calibration.is_none());
                    (priors, trained, None)
                }
            }
        }
    };
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
        trained_prevalence,
        label_shift,
        vouched: start.vouches(featured, learning),
        of_kind: featured.corpus.kind != TaskKind::General,
        most_departure: match start {
            Start::Linked(_) => MOST_DEPARTURE,
            _ => f64::INFINITY,
        },
        gold: gold.collect(),
        // Whoever labelled a pair does not want to hear what a judge says of it.
        judge_gold: false,
        goal: learning.goal,
        seed,
        ..Knowledge::of_priors(priors)
    })
}

impl Start {
    /// True where labels, a prior of the kind or a linker vouch for the probabilities before any verdict.
    fn vouches(&self, featured: &Featured, learning: &Learning) -> bool {
        matches!(self, Self::Linked(_))
            || has_labels(learning)
            || Priors::prevalence(featured.corpus.kind).is_some()
    }
}

/// True where labels say what the prior would otherwise have to. Those of a run's own pairs vouch for a proxy once a fit to
/// them was taken.
fn has_labels(learning: &Learning) -> bool {
    learning.calibration.is_some()
}

/// Share of the first round that is added at random where neither labels nor the kind of the texts vouch for
/// the prior. On clinical narratives the general prior is far off; a random round finds that out.
const EXPLORE_UNKNOWN: f64 = 3.0;

/// The policy, with a first round that doubts a prior that nothing vouches for.
fn explored(learning: &Learning, featured: &Featured) -> Policy {
    // The prior of narratives was made from invented notes: it is doubted as none is.
    let doubted = [TaskKind::General, TaskKind::Narratives];
    let estimate = !doubted.contains(&featured.corpus.kind) || has_labels(learning);
    match &learning.policy {
        Policy::Gain(options) if !estimate => Policy::Gain(GainOptions {
            explore: options.explore.max(EXPLORE_UNKNOWN),
            ..*options
        }),
        policy => policy.clone(),
    }
}

/// Probabilities between which a pair is for a person where nobody is asked: a judge that is right four times in five
/// could change its decision.
pub(crate) const UNSURE: (f64, f64) = (0.2, 0.8);

/// What a learning run is given beside its pairs.
pub(crate) struct Run<'a> {
    pub(crate) learning: &'a Learning,
    pub(crate) task: &'a str,
    pub(crate) seed: u64,
    pub(crate) start: Start,
    pub(crate) deadline: Option<Instant>,
}

/// Runs the policy to its end: asks, learns, asks again.
pub(crate) async fn run(
    cascade: &Arc<Cascade>,
    featured: Featured,
    run: Run<'_>,
    tally: &Tally,
    summary: &mut Summary,
) -> Result<(Vec<FinalScore>, FitReport), EngineError> {
    let learning = run.learning;
    let knowledge = knowledge(
        &featured,
        learning,
        &run.start,
        cascade.band.judge,
        run.seed,
    )?;
    let mut router = Router::new(
        explored(learning, &featured),
        featured.rows.clone(),
        knowledge,
    )?;
    // A target without a judge is refused before: nothing could be certified.
    let asks = cascade.judge.is_some();
    let verdicts = if asks {
        let (back, verdicts) = ask(cascade, &featured, router, &run, tally, summary).await?;
        router = back;
        verdicts
    } else {
        router.settle();
        HashMap::new()
    };
    let outcome = router.outcome();
    let vouched = run.start.vouches(&featured, learning) || outcome.fits > 0;
    let report = FitReport {
        calibration: Calibration {
            version: CALIBRATION_VERSION,
            task: run.task.to_owned(),
            kind: featured.corpus.kind,
            embedding_model: cascade.embeddings.embedder().model().clone(),
            judge_fingerprint: cascade.judge.as_ref().map(|judge| judge.fingerprint()),
            features: learning.features.clone(),
            frequencies: featured.corpus.frequencies.clone(),
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
        embedded: featured.cosines.iter().flatten().count(),
        label_shift: outcome.label_shift,
        vouched,
        certificate: outcome.certificate.clone(),
    };
    let decisions = Decisions {
        rule: if asks {
            outcome.rule
        } else {
            outcome.rule.reviewing(outcome.rule.review.or(Some(UNSURE)))
        },
        vouched,
        explains: cascade.explains,
    };
    Ok((scores(featured, &outcome, verdicts, &decisions), report))
}

/// Asks whatever the router wants, until it wants nothing more.
async fn ask(
    cascade: &Arc<Cascade>,
    featured: &Featured,
    mut router: Router,
    run: &Run<'_>,
    tally: &Tally,
    summary: &mut Summary,
) -> Result<(Router, HashMap<usize, Verdict>), EngineError> {
    let mut verdicts = HashMap::new();
    loop {
        // A refit is CPU work: off the async threads with it.
        let (back, step) = tokio::task::spawn_blocking(move || {
            let step = router.step();
            (router, step)
        })
        .await
        .map_err(|death| EngineError::Stage(death.to_string()))?;
        router = back;
        let Step::Ask(rows) = step else {
            return Ok((router, verdicts));
        };
        let asked: Vec<usize> = rows.iter().map(|&row| featured.places[row]).collect();
        let started = Instant::now();
        let (answers, failed) = cascade
            .ask(&featured.pairs, &asked, tally, run.deadline)
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
}

/// How scores become decisions.
struct Decisions {
    rule: DecisionRule,
    vouched: bool,
    explains: bool,
}

impl Decisions {
    fn unjudged(&self, score: f64) -> Decision {
        if self.vouched {
            self.rule.decide(score)
        } else {
            Decision::Review
        }
    }
}

/// The router's outcome as final scores, one a pair, in the order of the pairs.
fn scores(
    featured: Featured,
    outcome: &Outcome,
    mut verdicts: HashMap<usize, Verdict>,
    decisions: &Decisions,
) -> Vec<FinalScore> {
    let mut scores = featured.rejected;
    for (row, &place) in featured.places.iter().enumerate() {
        let id = featured.pairs[place].id.clone();
        let settled = outcome.scores[row];
        let parts = |answer: Option<f64>| {
            let wanted = decisions.explains;
            wanted.then(|| explained(featured.rows.row(row), outcome, row, answer))
        };
        let mut score = Unjudged {
            id,
            cosine: featured.cosines[row],
            proxy: outcome.proxy_scores[row],
            route: outcome.routes[row],
            decision: decisions.unjudged(settled),
            decided_by: featured.decided_by,
            truncated: featured.truncated[row],
            indistinct: is_indistinct(&featured.pairs[place], featured.cosines[row]),
            parts: parts(None),
        }
        .score();
        match verdicts.remove(&row) {
            Some(verdict) => judged(&mut score, verdict, |answer| Merged {
                score: settled,
                decision: decisions.rule.decide(settled),
                parts: parts(Some(answer)),
            }),
            None if score.route == Some(Route::Ask) => {
                unanswered(&mut score, Unanswered::OutOfBudget);
            }
            None => score.score = score.score.map(|_| settled),
        }
        scores[place] = Some(score);
    }
    scores.into_iter().flatten().collect()
}

/// What a score of 0 or 1 is taken for on the scale of log odds.
const SUREST: f64 = 1e-9;

/// The parts of a final score. `held out` is what a fit that has not seen the pair's own label or verdict says
/// more or less than the last one; `certificate` what a certified target settles beyond that; `hedge` what an unvouched
/// proxy may not bring against a verdict.
fn explained(values: &[f64], outcome: &Outcome, row: usize, answer: Option<f64>) -> Vec<Part> {
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
    let stands = outcome.scores[row].clamp(SUREST, 1.0 - SUREST);
    let rest = if outcome.certificate.is_some() {
        "certificate"
    } else {
        "hedge"
    };
    explanation.and(rest, logit(stands)).parts
}
