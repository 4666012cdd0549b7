//! A run over the lists of a request or of a job.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use midband::{EmbedError, EngineError, Progress};
use midband_io::RejectedRow;
use midband_run::{
    Collected, Destination, EmbeddingOptions, JudgeChoice, Listener, Notice, OpenedEmbedder,
    Outcome, RunOptions, Stop, WritingOptions, lists::Matching,
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
    let mut learning = engines::learning(settings, task, &scoring)?;
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
    let collected = Arc::new(Collected::new(&run.writing));
    let heard = Arc::new(Heard {
        findings: Mutex::default(),
        progress: Box::new(progress),
    });
    let _leaving = Leaving(stop);
    let (sink, listener) = (collected.clone(), heard.clone());
    let inputs = wanted.inputs();
    let done = tokio::task::spawn_blocking(move || {
        let matching = Matching {
            options: &options,
            run: &run,
            learning,
            listener,
        };
        matching.run(inputs, Destination::Sink(sink))
    });
    let mut outcome = done
        .await
        .map_err(|_| Problem::internal("the run ended unexpectedly"))?
        .map_err(|error| problem(&error))?;
    let spent = task
        .judge
        .usage()
        .map(|after| after.since(&spent.unwrap_or_default()));
    outcome.written["judge"] = serde_json::to_value(spent).unwrap_or_default();
    let (rows, rejected) = collected.take();
    Ok(Matched {
        rows,
        rejected,
        findings: mem::take(&mut heard.findings()),
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

/// Hears what a run says.
struct Heard {
    findings: Mutex<Vec<String>>,
    progress: Box<dyn Fn(Progress) + Send + Sync>,
}

impl Heard {
    fn findings(&self) -> MutexGuard<'_, Vec<String>> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Heard {
    fn notice(&self, notice: &Notice) {
        self.findings().push(notice.to_string());
    }

    fn progress(&self, now: Progress) {
        (self.progress)(now);
    }
}
