//! `/match`: lists of records in, scored candidate pairs out, at once or as a job.

mod judge;
mod request;

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use axum::{
    extract::{Request, State as Of},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use midband::{EmbedError, EngineError, Progress, Provenance};
use midband_io::{Beside, RejectedRow, ScoredRow};
use midband_run::{
    Destination, EmbeddingOptions, JudgeChoice, Listener, Notice, OpenedEmbedder, Outcome,
    OutputRow, RunOptions, Sink, Stop, WritingOptions, lists::Matching,
};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::runtime::Handle;

use self::judge::ServerJudge;
pub(crate) use self::request::MatchRequest;
use crate::{
    app::{App, Shared},
    engines, jobs,
    problem::Problem,
    request::{Form, whole},
    schema,
    scoring::json,
};

/// Candidate pairs of lists, scored.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct MatchResponse {
    /// In the order of the left list; beside the fields of a score `left_id`, `right_id`, and what was asked for: `label`, columns,
    /// `resolved`, texts, parts.
    #[schema(value_type = Vec<schema::Score>)]
    scores: Vec<Map<String, Value>>,
    /// Rows of the lists that are no records, with their list (`file`), their place from 1 (`line`) and the reason.
    #[schema(value_type = Vec<std::collections::BTreeMap<String, Value>>)]
    rejected_rows: Vec<RejectedRow>,
    /// What was found of the lists, a fact each: types of columns, columns that are taken for the same, how pairs were found.
    findings: Vec<String>,
    /// Counts of the pairs.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    summary: Value,
    /// All that is needed to reproduce the scores.
    #[schema(value_type = std::collections::BTreeMap<String, Value>)]
    provenance: Provenance,
}

/// Finds the pairs in two lists of records, or the doubles in one, and scores them, as `midband match` does. The lists
/// together hold as many records at most as a request may hold pairs (`limits.pairs` in `/info`); with `"job": true` as many as
/// a job may (`limits.job_pairs`), and the answer is a job, whose result are the scored rows. The deadline bounds the time
/// that the judge has: pairs that it has not answered by then keep their proxy score.
#[utoipa::path(
    post, path = "/match", tag = "scores", request_body = MatchRequest,
    responses(
        schema::Unusable,
        (status = 200, description = "Candidate pairs with final scores", body = MatchResponse),
        (status = 202, description = "It waits as a job; `Location` is where it is", body = schema::Job,
         headers(("Location" = String, description = "The job"))),
    )
)]
pub(crate) async fn match_lists(
    Of(app): Of<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let is_json = |kind: &HeaderValue| {
        let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
        kind.split(';').next().unwrap_or_default().trim() == "application/json"
    };
    if !request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(is_json)
    {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send application/json",
        ));
    }
    let limits = &app.settings.limits;
    let bytes = whole(request, limits).await?;
    let arrived = Instant::now();
    let wanted = tokio::task::block_in_place(|| MatchRequest::read(&bytes))?;
    let most = if wanted.is_job() {
        limits.job_pairs
    } else {
        limits.pairs
    };
    let records = wanted.records();
    if records > most {
        let why = format!("the lists hold {records} records, more than {most}");
        return Err(Problem::too_large(if wanted.is_job() {
            why
        } else {
            format!("{why}; send fewer, or \"job\": true")
        }));
    }
    let scoring = wanted.scoring()?;
    // What can't be used is refused now, also of a job.
    engines::learning(engines::task(&app.settings, &scoring)?, &scoring)?;
    wanted.options(limits)?;
    if wanted.is_job() {
        return jobs::begin(&app, (Form::Lists, scoring), records as u64, bytes).await;
    }
    let due = app.due(&scoring, arrived)?;
    let matched = run(&app, wanted, Some(due.at), |_| {}).await?;
    app.metrics.scored_in_time(&matched.outcome.summary, due.at);
    json(&MatchResponse {
        scores: matched.rows,
        rejected_rows: matched.rejected,
        findings: matched.findings,
        summary: matched.outcome.written,
        provenance: matched.outcome.provenance,
    })
}

/// A job's lists, matched.
pub(crate) struct Matched {
    pub(crate) rows: Vec<Map<String, Value>>,
    pub(crate) rejected: Vec<RejectedRow>,
    findings: Vec<String>,
    pub(crate) outcome: Outcome,
}

/// Matches the lists of a body that was taken as a job.
pub(crate) async fn run_job(
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

async fn run(
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
    let outcome = done
        .await
        .map_err(|_| Problem::internal("the run died"))?
        .map_err(|error| problem(&error))?;
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
