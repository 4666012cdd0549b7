//! Learns while it asks: all pairs of a run together, questions in rounds, every verdict a label.
//!
//! The router decides what to ask and refits the proxy; this file only fetches what it wants (cosines,
//! features, verdicts) and turns its outcome into final scores. The pairs of a run are held in memory:
//! what a run learns depends on all of them.

use std::{collections::HashMap, sync::Arc, time::Instant};

use midband_core::{Decision, FinalScore, Pair, Part, Route, Unanswered, Verdict};
use midband_model::{
    CALIBRATION_VERSION, Calibration, DecisionRule, JudgeCovariates, LabelShift, numeric::logit,
};
use midband_router::{Certificate, Knowledge, Outcome, Reply, Router, Step};

use crate::{
    assembly::{Merged, UNSURE, Unjudged, is_indistinct, judged, unanswered},
    cascade::Cascade,
    clock::Clock,
    error::EngineError,
    featured::Featured,
    knowledge::{Start, explored, knowledge},
    options::Learning,
    progress::Tally,
    summary::Summary,
};

/// What a run learnt.
#[derive(Clone, Debug)]
#[non_exhaustive]
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
    /// The language of the texts in English words, where clinical features are on and the lexicon has no names in it.
    pub unread_language: Option<&'static str>,
    /// What was certified, where a target was set.
    pub certificate: Option<Certificate>,
}

/// What a learning run is given beside its pairs.
pub(crate) struct Run<'a> {
    pub(crate) learning: &'a Learning,
    pub(crate) task: &'a str,
    pub(crate) seed: u64,
    pub(crate) start: Start,
    pub(crate) deadline: Option<Instant>,
    /// True for pairs of records.
    pub(crate) lists: bool,
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
    // A target without a judge is refused before: nothing could be certified.
    let asks = cascade.judge.is_some();
    let knowledge = Knowledge {
        unjudged: !asks,
        ..knowledge(
            &featured,
            learning,
            &run.start,
            cascade.band.judge,
            run.seed,
        )?
    };
    let mut router = Router::new(
        explored(learning, &featured),
        featured.rows.clone(),
        knowledge,
    )?;
    if asks && tally.is_heard() {
        // Found by rehearsing the run without a judge, for whoever is told: CPU work, off the async threads with it.
        let (back, expected) = tokio::task::spawn_blocking(move || {
            let expected = router.expected().questions;
            (router, expected)
        })
        .await
        .map_err(|death| EngineError::Stage(death.to_string()))?;
        router = back;
        if let Some(questions) = expected {
            tally.expects(questions);
        }
    }
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
            lexicon: learning.own_lexicon(),
            proxy: outcome.proxy.clone(),
            lexical: None,
            judge: outcome.judge,
            goal: run.start.goal(featured.corpus.kind, learning),
            rule: outcome.rule,
            labels: verdicts
                .values()
                .filter(|verdict| verdict.outcome.is_ok())
                .count(),
            taught: Vec::new(),
            kept: Vec::new(),
            log_likelihood: None,
            made: String::new(),
        },
        fits: outcome.fits,
        embedded: featured.cosines.iter().flatten().count(),
        label_shift: outcome.label_shift,
        vouched,
        unread_language: featured.corpus.unread_language,
        certificate: outcome.certificate.clone(),
    };
    let decisions = Decisions {
        rule: if asks {
            outcome.rule
        } else {
            outcome.rule.reviewing(outcome.rule.review.or(Some(UNSURE)))
        },
        vouched,
        lists: run.lists,
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
    let mut clock = Clock::new(run.learning, run.deadline);
    loop {
        if let Some(questions) = clock.questions_left() {
            router.limit(questions);
        }
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
        if run.deadline.is_some_and(|end| Instant::now() >= end) {
            router.settle();
            return Ok((router, verdicts));
        }
        let asked: Vec<usize> = rows.iter().map(|&row| featured.places[row]).collect();
        let started = Instant::now();
        let (answers, failed) = cascade
            .ask(&featured.pairs, &asked, tally, clock.deadline())
            .await;
        let took = started.elapsed();
        clock.asked(rows.len(), took);
        summary.judging_took(took);
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
    lists: bool,
    explains: bool,
}

impl Decisions {
    fn unjudged(&self, score: f64, pair: &Pair) -> Decision {
        if self.vouched {
            return self.rule.decide(score);
        }
        // Records that say the same to the letter are told apart by nothing; what they are worth needs no vouching.
        let equal = pair.a.as_str().trim() == pair.b.as_str().trim();
        if self.lists && equal && score >= 0.5 {
            Decision::Match
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
            decision: decisions.unjudged(settled, &featured.pairs[place]),
            decided_by: featured.decided_by,
            truncated: featured.truncated[row],
            indistinct: is_indistinct(&featured.pairs[place], featured.cosines[row]),
            parts: parts(None),
        }
        .with_final(settled);
        match verdicts.remove(&row) {
            Some(verdict) => judged(&mut score, verdict, |answer| Merged {
                score: settled,
                decision: decisions.rule.decide(settled),
                parts: parts(Some(answer)),
            }),
            None if score.route == Some(Route::Ask) => {
                unanswered(&mut score, Unanswered::OutOfBudget);
            }
            None => {}
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
