//! `/jobs`: made, listed, looked at, removed.

use std::{
    sync::PoisonError,
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    extract::{Path, Request, State as Of},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use midband::Progress;

use super::{
    accept::{NewJob, accept, idempotency_key},
    store::{About, State, Store},
};
use crate::{
    app::{App, Shared, date},
    engines,
    problem::Problem,
    request::{Fields, Upload},
    schema,
    scoring::json,
};

/// Seconds after which it pays to look at a job again.
pub(super) const AGAIN: u32 = 2;

/// Starts a long run. It is on disk when the answer comes, and survives a restart of the server or its death; a run that
/// was broken off begins anew, and verdicts that were paid for come from the cache. The body may be as for `/analyze-json`.
///
/// A request that is sent again with the same `Idempotency-Key` gets the job of the first one; with another body it is
/// refused.
#[utoipa::path(
    post, path = "/jobs", tag = "jobs", operation_id = "create_job", request_body = schema::JobRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 255 characters of the caller's choice")),
    responses(
        schema::Unusable,
        (status = 202, description = "It waits; `Location` is where it is", body = schema::Job,
         headers(("Location" = String, description = "The job"),
                 ("Retry-After" = u32, description = "Seconds after which it pays to look"))),
    )
)]
pub(crate) async fn create(Of(app): Of<Shared>, request: Request) -> Result<Response, Problem> {
    let limits = &app.settings.limits;
    let given = idempotency_key(request.headers())?;
    let mut upload = Upload::receive(request, limits, Fields::JOB).await?;
    // Read now, so that what can't be used is refused now.
    let read = upload.read(false, limits, limits.job_pairs)?;
    let wanted = &mut upload.wanted;
    // A job has time to learn; a server with a band of its own, or a request that names a policy, says otherwise.
    if app.settings.band.is_none() && wanted.target.is_none() {
        wanted.policy.get_or_insert_with(|| "gain".to_owned());
    }
    app.engines.choose(&app.settings, &upload.wanted, None)?;
    let job = NewJob {
        form: upload.form,
        wanted: upload.wanted,
        pairs: read.rows.len() as u64,
        body: upload.bytes,
        key: given,
    };
    begin(&app, job).await
}

/// Takes a job, and says where it is.
pub(crate) async fn begin(app: &App, job: NewJob) -> Result<Response, Problem> {
    let about = accept(app, job).await?;
    let mut response = state_of(app, &about)?;
    *response.status_mut() = StatusCode::ACCEPTED;
    if let Ok(location) = HeaderValue::from_str(&format!("/jobs/{}", about.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// All jobs, the newest first. A job's id is all that is needed to read it, so that a server without a key lists none.
#[utoipa::path(
    get, path = "/jobs", tag = "jobs", operation_id = "list_jobs",
    responses(
        schema::Refused,
        (status = 200, description = "The jobs", body = schema::JobList),
    )
)]
pub(crate) async fn list(Of(app): Of<Shared>) -> Result<Response, Problem> {
    if app.settings.api_key.is_none() {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "only a server with an API key lists jobs",
        ));
    }
    let all = app.jobs.with_store(Store::all).await?;
    json(&schema::JobList {
        jobs: all.iter().rev().map(|about| shown(&app, about)).collect(),
    })
}

/// How far a job has come.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "jobs", operation_id = "get_job", params(("id" = String, Path, description = "The job")),
    responses(
        schema::Refused, (status = 404, description = "There is no such job", body = Problem, content_type = "application/problem+json"),
        (status = 200, description = "Its state", body = schema::Job,
         headers(("Retry-After" = u32, description = "Seconds after which it pays to look again, until it ends"))),
    )
)]
pub(crate) async fn look(Of(app): Of<Shared>, Path(id): Path<String>) -> Result<Response, Problem> {
    state_of(&app, &known(&app, id).await?)
}

/// A job's state, and when it pays to look again.
fn state_of(app: &App, about: &About) -> Result<Response, Problem> {
    let mut response = json(&shown(app, about))?;
    if about.ended.is_none() {
        let again = HeaderValue::from(AGAIN);
        response.headers_mut().insert(header::RETRY_AFTER, again);
    }
    Ok(response)
}

/// Stops a job where it runs, and forgets it with its input and result.
#[utoipa::path(
    delete, path = "/jobs/{id}", tag = "jobs", operation_id = "delete_job", params(("id" = String, Path, description = "The job")),
    responses(
        schema::Refused, (status = 404, description = "There is no such job", body = Problem, content_type = "application/problem+json"),
        (status = 204, description = "It is gone"),
    )
)]
pub(crate) async fn remove(
    Of(app): Of<Shared>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let named = id.clone();
    let was_there = app
        .jobs
        .with_store(move |store| store.remove(&named))
        .await?;
    if let Some(running) = app.jobs.running().filter(|running| running.id == id) {
        running.cancel.notify_one();
    }
    if was_there {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("such job"))
    }
}

pub(super) async fn known(app: &App, id: String) -> Result<About, Problem> {
    let found = app.jobs.with_store(move |store| store.about(&id)).await?;
    found.ok_or_else(|| Problem::not_found("such job"))
}

fn shown(app: &App, about: &About) -> schema::Job {
    let progress = app
        .jobs
        .running()
        .filter(|running| running.id == about.id)
        .map(|running| {
            *running
                .progress
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        });
    let progress = match (progress, about.state) {
        (Some(progress), _) => progress,
        (None, State::Finished) => {
            let mut all = Progress::default();
            all.finished = about.pairs;
            all
        }
        (None, _) => Progress::default(),
    };
    let task = engines::task(&app.settings, &about.wanted).ok();
    let batch = task
        .and_then(|task| task.judge.usage())
        .map(|usage| usage.batch_size.max(1) as u64);
    let waiting = progress.asked.saturating_sub(progress.judged);
    let time = |seconds: u64| date(UNIX_EPOCH + Duration::from_secs(seconds));
    schema::Job {
        id: about.id.clone(),
        state: about.state.as_str(),
        pairs: about.pairs,
        scored: progress.finished,
        asked: progress.asked,
        judged: progress.judged,
        calls_left: batch
            .filter(|_| about.state == State::Running)
            .map(|batch| waiting.div_ceil(batch)),
        created: time(about.created),
        started: about.started.map(time),
        ended: about.ended.map(time),
        error: about.error.clone(),
        summary: about.summary.clone(),
    }
}
