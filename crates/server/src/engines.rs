//! Which engine scores a request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;
use midband::{
    Engine, FinalScore, Judge, Learning, Pair, Progress, Provenance, Scored,
    router::{Budget, GainOptions, Policy, Target},
};

use crate::{ReconnectingJudge, Settings, Task, problem::Problem, request::Wanted};

/// An engine, and what is to be said about it.
#[derive(Clone)]
pub(crate) struct Chosen {
    pub(crate) engine: Engine,
    /// All pairs of the request are learnt from; else each pair's score depends on the pair alone.
    pub(crate) learns: bool,
    /// Each score comes with its parts and with the contradictions of its texts.
    parts: bool,
    /// As the engine was built: without a judge that came since.
    provenance: Provenance,
    judge: Arc<ReconnectingJudge>,
}

/// Told how far a run has come.
pub(crate) type Listener = Box<dyn Fn(Progress) + Send + Sync>;

/// Engines that keep no state of a request: one a task, policy and form of answer, so that all requests share the
/// vectors of recent texts.
#[derive(Default)]
pub(crate) struct Engines(Mutex<HashMap<(String, &'static str, bool), Chosen>>);

impl Engines {
    /// The engine for a request.
    pub(crate) fn choose(
        &self,
        settings: &Settings,
        wanted: &Wanted,
        listener: Option<Listener>,
    ) -> Result<Chosen, Problem> {
        let task = task(settings, wanted)?;
        let learning = learning(settings, task, wanted)?;
        let policy = learning
            .as_ref()
            .map_or("band", |learning| learning.policy.as_str());
        let alone = scores_alone(settings, task, wanted);
        let learns = !alone && learns(learning.as_ref());
        let policy = if alone { "alone" } else { policy };
        let way = Way {
            learning,
            learns,
            parts: wanted.parts,
        };
        if learns || listener.is_some() {
            return build(settings, task, way, listener);
        }
        let key = (task.name.clone(), policy, wanted.parts);
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chosen) = ready.get(&key) {
            return Ok(chosen.clone());
        }
        let chosen = build(settings, task, way, None)?;
        ready.insert(key, chosen.clone());
        Ok(chosen)
    }
}

impl Chosen {
    /// What is needed to reproduce scores that were just made: with the judge that is there now, by name and fingerprint.
    pub(crate) fn provenance(&self) -> Provenance {
        let judge = self.judge.connected().ok();
        Provenance {
            judge: judge
                .as_ref()
                .map_or_else(|| "none".to_owned(), |judge| judge.name()),
            judge_fingerprint: judge.map(|judge| judge.fingerprint()),
            ..self.provenance.clone()
        }
    }

    /// Scores all pairs, each back by the deadline where there is one.
    pub(crate) async fn score(
        &self,
        pairs: Vec<Pair>,
        limit: Option<Duration>,
    ) -> Result<Scored, Problem> {
        let kept = self.parts.then(|| pairs.clone());
        let scored = match limit {
            Some(limit) => self.engine.score_within(pairs, limit).await,
            None => self.engine.score(pairs).await,
        };
        let mut scored = scored
            .map_err(|error| Problem::internal(format!("the pairs can't be embedded: {error}")))?;
        if let Some(pairs) = kept {
            scored.scores = self.name_contradictions(pairs, scored.scores).await?;
        }
        Ok(scored)
    }

    /// The scores with what their texts exclude, read off the async threads.
    async fn name_contradictions(
        &self,
        pairs: Vec<Pair>,
        mut scores: Vec<FinalScore>,
    ) -> Result<Vec<FinalScore>, Problem> {
        let engine = self.engine.clone();
        let named = tokio::task::spawn_blocking(move || {
            for (pair, score) in pairs.iter().zip(&mut scores) {
                score.contradictions = engine.contradictions(pair);
            }
            scores
        });
        (named.await).map_err(|_| Problem::internal("the texts can't be read for contradictions"))
    }

    /// A score with what its pair's texts exclude, if that is wanted: a fraction of a millisecond for a page of text.
    pub(crate) fn named(&self, pair: &Pair, mut score: FinalScore) -> FinalScore {
        let found = || self.engine.contradictions(pair);
        score.contradictions = self.parts.then(found).flatten();
        score
    }
}

/// The task that a request names, or the default.
pub(crate) fn task<'a>(settings: &'a Settings, wanted: &Wanted) -> Result<&'a Task, Problem> {
    let known = || {
        let names: Vec<&str> = settings
            .tasks
            .iter()
            .map(|task| task.name.as_str())
            .collect();
        names.join(", ")
    };
    match &wanted.task {
        None => settings
            .tasks
            .first()
            .ok_or_else(|| Problem::internal("the server has no task")),
        Some(name) => settings
            .tasks
            .iter()
            .find(|task| task.name == *name)
            .ok_or_else(|| {
                Problem::unprocessable(format!("this server has the tasks: {}", known()))
            }),
    }
}

/// How a request's pairs are learnt from; `None` for a fixed band.
pub(crate) fn learning(
    settings: &Settings,
    task: &Task,
    wanted: &Wanted,
) -> Result<Option<Learning>, Problem> {
    let default = if wanted.target.is_some() {
        "target"
    } else if task.learning.calibration.is_some() || scores_alone(settings, task, wanted) {
        "gain"
    } else {
        "band"
    };
    let options = GainOptions::at_min_gain(task.learning.policy.min_gain());
    let policy = match wanted.policy.as_deref().unwrap_or(default) {
        "band" if wanted.target.is_some() => {
            return Err(Problem::unprocessable(
                "a fixed band certifies nothing: leave \"target\" out",
            ));
        }
        "band" => return Ok(None),
        "gain" => Policy::Gain(options),
        "budget" => {
            let questions = wanted.max_questions.ok_or_else(|| {
                Problem::unprocessable("the policy \"budget\" needs \"max_questions\"")
            })?;
            let budget = Budget {
                questions: Some(questions),
                ..Budget::default()
            };
            Policy::Budget(options, budget)
        }
        "target" => {
            let text = wanted.target.as_deref().ok_or_else(|| {
                Problem::unprocessable(
                    "the policy \"target\" needs \"target\", such as precision=0.95",
                )
            })?;
            let quality = text
                .parse()
                .map_err(|error: midband::router::QualityError| {
                    Problem::unprocessable(error.to_string())
                })?;
            Policy::Target(Target {
                delta: wanted.delta.unwrap_or(0.1),
                ..Target::new(quality)
            })
        }
        _ => {
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "\"policy\" is band, gain, budget or target",
            ));
        }
    };
    Ok(Some(Learning {
        policy,
        ..task.learning.clone()
    }))
}

/// True where nothing says how a request is to be scored: each pair then by itself, and nothing is learnt.
fn scores_alone(settings: &Settings, task: &Task, wanted: &Wanted) -> bool {
    let named = wanted.policy.is_some() || wanted.target.is_some() || settings.band.is_some();
    !named && task.learning.calibration.is_none()
}

/// With a calibration the gain policy learns nothing more.
fn learns(learning: Option<&Learning>) -> bool {
    learning.is_some_and(|learning| {
        learning.calibration.is_none() || !matches!(learning.policy, Policy::Gain(_))
    })
}

/// How an engine scores.
struct Way {
    /// `None` for a fixed band.
    learning: Option<Learning>,
    /// True where verdicts change what follows.
    learns: bool,
    /// True where each score comes with its parts.
    parts: bool,
}

fn build(
    settings: &Settings,
    task: &Task,
    way: Way,
    listener: Option<Listener>,
) -> Result<Chosen, Problem> {
    let Way {
        learning,
        learns,
        parts,
    } = way;
    let mut builder = Engine::builder()
        .embedder(settings.embedder.clone())
        .task(task.name.clone(), task.kind)
        .band_on(settings.band_on)
        .seed(settings.seed)
        .explain_scores(parts);
    if let Some(band) = settings.band {
        builder = builder.band(band);
    }
    if task.judge.may_come() {
        builder = builder.judge(task.judge.clone());
    }
    if let Some(listener) = listener {
        builder = builder.on_progress(listener);
    }
    let calibration = learning
        .as_ref()
        .and_then(|learning| learning.calibration.clone());
    let alone = !learns && calibration.is_none();
    builder = match learning {
        Some(learning) if alone => builder.learn(learning).without_learning(),
        Some(learning) => builder.learn(learning),
        None => builder.by_pair(),
    };
    let engine = builder
        .build()
        .map_err(|error| Problem::internal(error.to_string()))?;
    let provenance = engine.provenance();
    let engine = match calibration {
        Some(calibration) if !learns => engine.fitted(&calibration),
        _ => engine,
    };
    Ok(Chosen {
        engine,
        learns,
        parts,
        provenance,
        judge: task.judge.clone(),
    })
}
