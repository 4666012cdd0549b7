//! Jobs that match lists.

use midband::Progress;

use super::{
    store::{About, Outcome},
    worker::usage,
};
use crate::{app::App, linking::run, problem::Problem};

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
        written: Some(matched.outcome.written),
        rejected_rows: serde_json::to_value(matched.rejected).unwrap_or_default(),
        usage: usage(app, about).map(|after| after.since(&before.unwrap_or_default())),
        provenance: matched.outcome.provenance,
    })
}
