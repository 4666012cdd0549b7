//! A run over the lists of a request or of a job.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use midband::{EmbedError, EngineError, Progress};
use midband_io::{Beside, RejectedRow, ScoredRow};
use midband_run::{
    Destination, EmbeddingOptions, JudgeChoice, Listener, Notice, OpenedEmbedder, Outcome,
    OutputRow, RunOptions, Sink, Stop, WritingOptions, lists::Matching,
};
use serde_json::{Map, Value};
use tokio::runtime::Handle;

use super::{judge::ServerJudge, request::MatchRequest};
use crate::{app::App, engines, problem::Problem};

/// What came of lists.
pub(crate) struct Matched {
    pub(crate) rows: Vec<Map<String, Value>>,
    pub(crate) rejected: Vec<RejectedRow>,
    pub(super) findings: Vec<String>,
    pub(crate) outcome: Outcome,
}

/// Matches the lists of a body that was taken as a job.
pub(crate) async fn of_job(
    app: &App,
    body: &[u8],
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Matched, Problem> {
    run(app, MatchRequest::read(body)?, None, progress).await
}

/// Ends the run of whoever goes away.
struct Leaving(Stop);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.now();
    }
}

pub(super) async fn run(
    app: &App,
    wanted: MatchRequest,
    deadline: Option<Instant>,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Matched, Problem> {
    let settings = &app.settings;
    let scoring = wanted.scoring()?;
    let task = engines::task(settings, &scoring)?;
    let mut learning = engines::learning(task, &scoring)?;
    if let Some(learning) = &mut learning {
        learning.neighbours = wanted.sees_neighbours();
        // Its calibration is of pairs.
        learning.calibration = None;
    }
    let spent = task.judge.usage();
    let stop = Stop::default();
    let run = RunOptions {
        writing: WritingOptions {
            include_text: scoring.include_text,
            parts: scoring.parts,
            only: wanted.only()?,
            ..WritingOptions::default()
        },
        embedding: EmbeddingOptions {
            opened: Some(OpenedEmbedder(settings.embedder.clone())),
            ..EmbeddingOptions::default()
        },
        band: settings.band.filter(|_| learning.is_none()),
        band_on: settings.band_on,
        task: task.name.clone(),
        kind: Some(task.kind),
        judge: if task.judge.may_come() {
            JudgeChoice::Own(Arc::new(ServerJudge {
                judge: task.judge.clone(),
                server: Handle::current(),
                deadline,
            }))
        } else {
            JudgeChoice::Nobody
        },
        seed: settings.seed,
        stop: stop.clone(),
        ..RunOptions::default()
    };
    let options = wanted.options(&settings.limits)?;
    let taken = Arc::new(Taken {
        beside: Beside {
            texts: scoring.include_text,
            parts: scoring.parts,
        },
        rows: Mutex::default(),
        rejected: Mutex::default(),
        findings: Mutex::default(),
        progress: Box::new(progress),
    });
    let _leaving = Leaving(stop);
    let sink = taken.clone();
    let inputs = wanted.inputs();
    let done = tokio::task::spawn_blocking(move || {
        let matching = Matching {
            options: &options,
            run: &run,
            learning,
            listener: sink.clone(),
        };
        matching.run(inputs, Destination::Sink(sink))
    });
    let mut outcome = done
        .await
        .map_err(|_| Problem::internal("the run died"))?
        .map_err(|error| problem(&error))?;
    let spent = task
        .judge
        .usage()
        .map(|after| after.since(&spent.unwrap_or_default()));
    outcome.written["judge"] = serde_json::to_value(spent).unwrap_or_default();
    Ok(Matched {
        rows: mem::take(&mut held(&taken.rows)),
        rejected: mem::take(&mut held(&taken.rejected)),
        findings: mem::take(&mut held(&taken.findings)),
        outcome,
    })
}

/// Whose fault it is.
fn problem(error: &anyhow::Error) -> Problem {
    let ours = error.chain().any(|cause| {
        cause.is::<EmbedError>()
            || cause.is::<std::io::Error>()
            || cause
                .downcast_ref()
                .is_some_and(|error| !matches!(error, EngineError::TargetNeedsJudge))
    });
    if ours {
        Problem::internal(format!("{error:#}"))
    } else {
        Problem::unprocessable(format!("{error:#}"))
    }
}

/// Takes what a run gives and says.
struct Taken {
    beside: Beside,
    rows: Mutex<Vec<Map<String, Value>>>,
    rejected: Mutex<Vec<RejectedRow>>,
    findings: Mutex<Vec<String>>,
    progress: Box<dyn Fn(Progress) + Send + Sync>,
}

impl Sink for Taken {
    fn row(&self, row: OutputRow) -> anyhow::Result<()> {
        let OutputRow { score, pair, extra } = row;
        let scored = ScoredRow::new(&score, pair.as_ref(), self.beside, extra);
        if let Value::Object(row) = serde_json::to_value(&scored)? {
            held(&self.rows).push(row);
        }
        Ok(())
    }

    fn rejected(&self, row: RejectedRow) {
        held(&self.rejected).push(row);
    }
}

impl Listener for Taken {
    fn notice(&self, notice: &Notice) {
        held(&self.findings).push(notice.to_string());
    }

    fn progress(&self, now: Progress) {
        (self.progress)(now);
    }
}

fn held<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
