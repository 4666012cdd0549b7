//! `/jobs` and what hangs on it.

use std::{
    collections::HashMap,
    sync::PoisonError,
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    body::Body,
    extract::{Path, Request, State as Of},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use midband::Progress;
use midband_report::{Purpose, ResultRow, Review, html, review_page_for};
use serde_json::{Map, Value};

use super::{
    accept::{NewJob, accept, idempotency_key},
    store::{About, State, Store},
};
use crate::{
    analysis::{Made, report, typeset},
    app::{App, Shared, date},
    engines, labels,
    problem::Problem,
    request::{Fields, Upload, query},
    schema,
    scoring::{accepts, json},
};

/// Seconds after which it pays to look at a job again.
const AGAIN: u32 = 2;

/// Pairs on the review page.
const REVIEWED: usize = 500;

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
         headers(("Location" = String, description = "The job"))),
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
    let mut response = json(&shown(app, &about))?;
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
            "jobs are listed by a server with an API key only",
        ));
    }
    let all = app.jobs.with_store(Store::all).await?;
    json(&schema::JobList {
        jobs: all.iter().rev().map(|about| shown(&app, about)).collect(),
    })
}

/// The scores of a finished job, as `/score` answers them.
#[utoipa::path(
    get, path = "/jobs/{id}/scores", tag = "jobs", operation_id = "get_job_scores",
    params(("id" = String, Path, description = "The job")),
    responses(
        schema::Refused, schema::NoResult,
        (status = 200, description = "Final scores, in the order of the pairs", body = schema::ScoreResponse),
    )
)]
pub(crate) async fn scores(
    Of(app): Of<Shared>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (about, lines) = finished(&app, id).await?;
    let scores: Vec<Map<String, Value>> = objects(&lines).collect();
    json(&serde_json::json!({
        "scores": scores,
        "summary": about.summary,
        "provenance": about.provenance,
    }))
}

/// How far a job has come.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "jobs", operation_id = "get_job", params(("id" = String, Path, description = "The job")),
    responses(
        schema::Refused, (status = 404, description = "There is no such job", body = Problem, content_type = "application/problem+json"),
        (status = 200, description = "Its state", body = schema::Job),
    )
)]
pub(crate) async fn look(Of(app): Of<Shared>, Path(id): Path<String>) -> Result<Response, Problem> {
    json(&shown(&app, &known(&app, id).await?))
}

/// What a finished job gave: scored rows as NDJSON; with `Accept: application/json` (as `/analyze-json` answers),
/// `application/pdf` or `text/html` the report on them.
#[utoipa::path(
    get, path = "/jobs/{id}/result", tag = "jobs", operation_id = "get_job_result",
    params(("id" = String, Path, description = "The job")),
    responses(
        schema::Refused, schema::NoResult,
        (status = 200, description = "Scored rows, or the report", body = String, content_type = "application/x-ndjson"),
    )
)]
pub(crate) async fn result(
    Of(app): Of<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (about, lines) = finished(&app, id).await?;
    let wants = |kind: &str| accepts(&headers, kind);
    if wants("application/x-ndjson")
        || !(wants("application/json") || wants("application/pdf") || wants("text/html"))
    {
        let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
        return Ok((kind, Body::from(lines)).into_response());
    }
    let scores: Vec<Map<String, Value>> = objects(&lines).collect();
    let made = Made {
        source: about
            .wanted
            .source
            .clone()
            .unwrap_or_else(|| format!("job {}", about.id)),
        gold: about.wanted.gold.clone(),
        include_text: about.wanted.include_text,
    };
    let made = report(
        &scores,
        made,
        about.provenance.as_ref(),
        about.summary.clone(),
    )?;
    if wants("application/pdf") {
        return typeset(made).await;
    }
    if wants("text/html") {
        return Ok(Html(html(&made)).into_response());
    }
    let mut answer =
        serde_json::to_value(&made).map_err(|error| Problem::internal(error.to_string()))?;
    if let Value::Object(fields) = &mut answer {
        let rejected = about
            .summary
            .as_ref()
            .map(|summary| summary["rejected_input"].clone());
        fields.insert(
            "scores".to_owned(),
            scores.into_iter().map(Value::Object).collect(),
        );
        fields.insert("rejected_rows".to_owned(), rejected.unwrap_or_default());
    }
    json(&answer)
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

/// The page on which a person labels pairs: those of a finished job (`?job=ID`), or of a file that it opens itself.
#[utoipa::path(
    get, path = "/review", tag = "reports", params(("job" = Option<String>, Query, description = "A finished job")),
    responses(
        schema::Refused, schema::NoResult,
        (status = 200, description = "The page", body = String, content_type = "text/html"),
    )
)]
pub(crate) async fn review(Of(app): Of<Shared>, request: Request) -> Result<Response, Problem> {
    let unusable = |error: midband_report::ReportError| Problem::unprocessable(error.to_string());
    let review = |source, rows: &[ResultRow]| {
        let review = Review {
            source,
            purpose: Purpose::Decide,
            most: REVIEWED,
            seed: 0,
            lists: None,
            save_to: app.labels.as_ref().map(|_| labels::ROUTE),
        };
        review_page_for(rows, &review).map_err(unusable)
    };
    let Some(id) = query(&request)?.remove("job") else {
        return Ok(Html(review("", &[])?).into_response());
    };
    let (about, lines) = finished(&app, id).await?;
    let named = about.id.clone();
    let input = app
        .jobs
        .with_store(move |store| store.input(&named))
        .await?;
    let mut upload = Upload::of_job(about.form, input.unwrap_or_default(), about.wanted);
    let limits = &app.settings.limits;
    let pairs = upload.read(false, limits, limits.job_pairs)?.rows;
    let texts: HashMap<&str, _> = pairs
        .iter()
        .map(|row| (row.pair.id.as_str(), &row.pair))
        .collect();
    let mut rows = Vec::new();
    for object in objects(&lines) {
        let mut row = ResultRow::read(&object, upload.wanted.gold.as_deref()).map_err(unusable)?;
        if let Some(pair) = texts.get(row.id.as_str()) {
            row.a = Some(pair.a.as_str().to_owned());
            row.b = Some(pair.b.as_str().to_owned());
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Problem::unprocessable("the job has no pair"));
    }
    let page = review(&format!("job {}", about.id), &rows)?;
    Ok(Html(page).into_response())
}

async fn known(app: &App, id: String) -> Result<About, Problem> {
    let found = app.jobs.with_store(move |store| store.about(&id)).await?;
    found.ok_or_else(|| Problem::not_found("such job"))
}

async fn finished(app: &App, id: String) -> Result<(About, Vec<u8>), Problem> {
    let of = id.clone();
    // The rows first: a job that ends in between has its summary then.
    let rows = app
        .jobs
        .with_store(move |store: &Store| store.rows(&of))
        .await?;
    let about = known(app, id).await?;
    match rows {
        Some(rows) => Ok((about, rows)),
        None => Err(match &about.error {
            Some(why) => Problem::new(StatusCode::CONFLICT, format!("the job failed: {why}")),
            None => {
                Problem::new(StatusCode::CONFLICT, "the job is not finished").retry_after(AGAIN)
            }
        }),
    }
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

/// A scored row as the report reads it.
fn objects(lines: &[u8]) -> impl Iterator<Item = Map<String, Value>> + '_ {
    lines
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .filter_map(|line| serde_json::from_slice(line).ok())
}
