//! Jobs that match lists.

use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use midband::Progress;

use super::{About, State, new_id, routes::shown, seconds, store::Outcome, usage};
use crate::{
    app::{App, Shared},
    linking::run,
    problem::Problem,
    request::{Form, Wanted},
    scoring::json,
};

/// Keeps a body for a job, and says where it is.
pub(crate) async fn begin(
    app: &Shared,
    (form, wanted): (Form, Wanted),
    records: u64,
    body: Bytes,
) -> Result<Response, Problem> {
    let mut about = About {
        id: new_id(),
        number: 0,
        state: State::Queued,
        form,
        wanted,
        pairs: records,
        created: seconds(),
        started: None,
        ended: None,
        error: None,
        summary: None,
        provenance: None,
        idempotency: None,
    };
    let most = app.settings.limits.jobs;
    let added = app
        .jobs
        .with_store(move |store| {
            let all = store.all()?;
            if all.iter().filter(|job| job.ended.is_none()).count() >= most {
                return Ok(None);
            }
            about.number = all.last().map_or(0, |last| last.number + 1);
            store.add(&about, &body)?;
            Ok(Some(about))
        })
        .await?;
    let about = added.ok_or_else(|| Problem::busy(60))?;
    app.jobs.wake.notify_one();
    let mut response = json(&shown(app, &about))?;
    *response.status_mut() = StatusCode::ACCEPTED;
    if let Ok(location) = HeaderValue::from_str(&format!("/jobs/{}", about.id)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Matches a job's lists.
pub(super) async fn score(
    app: &App,
    about: &About,
    body: &[u8],
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Outcome, Problem> {
    let before = usage(app, about);
    let matched = run::of_job(app, body, progress).await?;
    let mut rows = Vec::new();
    for row in &matched.rows {
        serde_json::to_writer(&mut rows, row)
            .map_err(|error| Problem::internal(error.to_string()))?;
        rows.push(b'\n');
    }
    Ok(Outcome {
        rows,
        summary: matched.outcome.summary,
        rejected_rows: serde_json::to_value(matched.rejected).unwrap_or_default(),
        usage: usage(app, about).map(|after| after.since(&before.unwrap_or_default())),
        provenance: matched.outcome.provenance,
    })
}
