//! Jobs that match lists.

use axum::{body::Bytes, response::Response};
use midband::Progress;

use super::{
    About,
    accept::{NewJob, accept},
    routes::accepted,
    store::Outcome,
    usage,
};
use crate::{
    app::{App, Shared},
    linking::run,
    problem::Problem,
    request::{Form, Wanted},
};

/// Keeps a body for a job, and says where it is.
pub(crate) async fn begin(
    app: &Shared,
    (form, wanted): (Form, Wanted),
    records: u64,
    body: Bytes,
) -> Result<Response, Problem> {
    let job = NewJob {
        form,
        wanted,
        pairs: records,
        body,
        key: None,
    };
    accepted(app, &accept(app, job).await?)
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
