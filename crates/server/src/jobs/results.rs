//! What a finished job gave: scores, report, review page.

use std::collections::HashMap;

use axum::{
    body::Body,
    extract::{Path, Request, State as Of},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use midband_report::{Lists, Purpose, ResultRow, Review, RowReader, html, review_page_for};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    routes::{AGAIN, known},
    store::{About, Store},
};
use crate::{
    analysis::{Made, report, typeset},
    app::{App, Shared},
    labels,
    linking::MatchRequest,
    problem::Problem,
    request::{Form, Upload, parsing, query},
    schema,
    scoring::{accepts, json},
};

/// Pairs on the review page.
const REVIEWED: usize = 500;

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
    parsing(lines.len(), || {
        let scores: Vec<Map<String, Value>> = objects(&lines).collect();
        json(&serde_json::json!({
            "scores": scores,
            "summary": about.summary,
            "provenance": about.provenance,
        }))
    })
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
    let made = Made {
        source: about
            .wanted
            .source
            .clone()
            .unwrap_or_else(|| format!("job {}", about.id)),
        gold: about.wanted.gold.clone(),
        include_text: about.wanted.include_text,
    };
    let (scores, made) = parsing(lines.len(), || {
        let scores: Vec<Map<String, Value>> = objects(&lines).collect();
        let made = report(
            &scores,
            made,
            about.provenance.as_ref(),
            about.summary.clone(),
        )?;
        Ok::<_, Problem>((scores, made))
    })?;
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
    let review = |source, rows: &[ResultRow], lists: Option<&Lists>| {
        let review = Review {
            source,
            purpose: Purpose::Decide,
            most: REVIEWED,
            seed: 0,
            lists,
            save_to: app.labels.as_ref().map(|_| labels::ROUTE),
        };
        review_page_for(rows, &review).map_err(unusable)
    };
    let mut asked = query(&request)?;
    let id = asked.remove("job");
    if !asked.is_empty() {
        return Err(Problem::unprocessable(
            "the only field of this query is \"job\"",
        ));
    }
    let Some(id) = id else {
        return Ok(Html(review("", &[], None)?).into_response());
    };
    let (about, lines) = finished(&app, id).await?;
    let named = about.id.clone();
    let input = app
        .jobs
        .with_store(move |store| store.input(&named))
        .await?;
    let mut reader = RowReader::new(about.wanted.gold.as_deref());
    let mut rows: Vec<ResultRow> = parsing(lines.len(), || {
        let rows = objects(&lines).map(|object| reader.read(&object));
        rows.collect::<Result<_, _>>().map_err(unusable)
    })?;
    if rows.is_empty() {
        return Err(Problem::unprocessable("the job has no pair"));
    }
    let source = format!("job {}", about.id);
    let lists = about.summary.as_ref().map(|summary| &summary["lists"]);
    let lists = lists.and_then(|lists| Lists::deserialize(lists).ok());
    give_texts(&app, &mut rows, about, input.unwrap_or_default())?;
    let page = parsing(lines.len(), || review(&source, &rows, lists.as_ref()))?;
    Ok(Html(page).into_response())
}

/// Gives the rows of a job the texts of its input.
fn give_texts(
    app: &App,
    rows: &mut [ResultRow],
    about: About,
    input: Vec<u8>,
) -> Result<(), Problem> {
    if about.form == Form::Lists {
        return parsing(input.len(), || {
            MatchRequest::read(&input)?.give_texts(rows);
            Ok(())
        });
    }
    let mut upload = Upload::of_job(about.form, input, about.wanted);
    let limits = &app.settings.limits;
    let pairs = upload.read(false, limits, limits.job_pairs)?.rows;
    let texts: HashMap<&str, _> = pairs
        .iter()
        .map(|row| (row.pair.id.as_str(), &row.pair))
        .collect();
    for row in rows {
        if let Some(pair) = texts.get(row.id.as_str()) {
            row.a = Some(pair.a.as_str().to_owned());
            row.b = Some(pair.b.as_str().to_owned());
        }
    }
    Ok(())
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

/// A scored row as the report reads it.
fn objects(lines: &[u8]) -> impl Iterator<Item = Map<String, Value>> + '_ {
    lines
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .filter_map(|line| serde_json::from_slice(line).ok())
}
