//! `/match`: lists of records in, scored candidate pairs out, at once or as a job.

mod judge;
mod request;
pub(crate) mod run;

use std::time::Instant;

use axum::{
    extract::{Request, State as Of},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use midband::Provenance;
use midband_io::RejectedRow;
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) use self::request::MatchRequest;
use crate::{
    app::Shared,
    engines,
    jobs::{
        accept::{NewJob, idempotency_key},
        routes::begin,
    },
    problem::Problem,
    request::{Form, parsing, whole},
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
    /// Counts of the pairs; with `rejected_rows`, `lists`, and what the judge spent.
    #[schema(value_type = schema::Summary)]
    summary: Value,
    /// All that is needed to reproduce the scores.
    #[schema(value_type = schema::Provenance)]
    provenance: Provenance,
}

/// Finds the pairs in two lists of records, or the doubles in one, and scores them, as `midband match` does. The lists
/// together hold as many records at most as a request may hold pairs (`limits.pairs` in `/info`); with `"job": true` as many as
/// a job may (`limits.job_pairs`), and the answer is a job, whose result are the scored rows. The deadline bounds the time
/// that the judge has: pairs that it has not answered by then keep their proxy score.
#[utoipa::path(
    post, path = "/match", tag = "scores", request_body = MatchRequest,
    params(("Idempotency-Key" = Option<String>, Header,
            description = "Of a job, as for `/jobs`: up to 255 characters of the caller's choice")),
    responses(
        schema::Unusable,
        (status = 200, description = "Candidate pairs with final scores", body = MatchResponse),
        (status = 202, description = "It waits as a job; `Location` is where it is", body = schema::Job,
         headers(("Location" = String, description = "The job"),
                 ("Retry-After" = u32, description = "Seconds after which it pays to look"))),
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
    let key = idempotency_key(request.headers())?;
    let bytes = whole(request, limits).await?.bytes;
    let arrived = Instant::now();
    let wanted = parsing(bytes.len(), || MatchRequest::read(&bytes))?;
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
    engines::learning(
        &app.settings,
        engines::task(&app.settings, &scoring)?,
        &scoring,
    )?;
    wanted.options(limits)?;
    if wanted.is_job() {
        let job = NewJob {
            form: Form::Lists,
            wanted: scoring,
            pairs: records as u64,
            body: bytes,
            key,
        };
        return begin(&app, job).await;
    }
    let due = app.due(&scoring, arrived)?;
    let matched = run::run(&app, wanted, Some(due.at), |_| {}).await?;
    app.metrics.scored_in_time(&matched.outcome.summary, due.at);
    json(&MatchResponse {
        scores: matched.rows,
        rejected_rows: matched.rejected,
        findings: matched.findings,
        summary: matched.outcome.written,
        provenance: matched.outcome.provenance,
    })
}
