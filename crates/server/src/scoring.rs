//! `/score`: pairs in, final scores out, within the deadline.

use std::{sync::Arc, time::Instant};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use midband::{FinalScore, Pair, Provenance, Summary};
use midband_io::{Beside, PairRow, ScoredRow};
use serde::Serialize;

use crate::{
    app::{App, Shared},
    deadline::Due,
    engines::Chosen,
    problem::Problem,
    request::{Fields, Upload, Wanted},
    schema,
};

/// Rows that are handed on together in a stream.
const AT_ONCE: usize = 64;

/// The answer.
#[derive(Serialize)]
struct ScoreAnswer<'a> {
    scores: Vec<ScoredRow<'a>>,
    summary: &'a Summary,
    provenance: &'a Provenance,
}

/// Scores pairs. Embedding and asking end at the deadline. A pair that the judge has not answered by then keeps its proxy
/// score, with `decided_by` = `fallback` and `status` = `unanswered(out of budget)`; its verdict reaches the cache later. A
/// pair that was not embedded by then has the `status` = `late`, and the score of its wording if labels or the prior of
/// records vouch for that, else none.
///
/// The body may also be JSONL (`application/x-ndjson`), CSV (`text/csv`) or TSV (`text/tab-separated-values`); the other
/// fields then stand in the query, and `id`, `left` and `right` name the columns. It may be a Parquet file, be compressed
/// (`Content-Encoding: gzip` or `zstd`), and name its `charset`. With `Accept: application/x-ndjson` the
/// answer is one score a line.
#[utoipa::path(
    post, path = "/score", tag = "scores", request_body = schema::ScoreRequest,
    responses(
        schema::Unusable,
        (status = 200, description = "Final scores, in the order of the pairs", body = schema::ScoreResponse),
    )
)]
pub(crate) async fn score(
    State(app): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let streams = accepts(request.headers(), "application/x-ndjson");
    let ScoreRequest {
        rows,
        wanted,
        chosen,
        due,
        ..
    } = ScoreRequest::receive(&app, request, Fields::SCORE).await?;
    if streams && !chosen.learns {
        return Ok(streamed(&app, chosen, rows, &wanted, due));
    }
    let pairs: Vec<Pair> = rows.iter().map(|row| row.pair.clone()).collect();
    let limit = due.limit(pairs.len(), &app.rest);
    let scored = chosen.score(pairs, Some(limit)).await?;
    let beside = beside(&wanted);
    if streams {
        let mut lines = Vec::new();
        for (row, score) in rows.into_iter().zip(&scored.scores) {
            write_line(&mut lines, score, row, beside);
        }
        app.answered(&scored.summary, due);
        return Ok(lines_of(Body::from(lines)));
    }
    // The pairs are borrowed by the rows of the answer.
    let (pairs, extras): (Vec<Pair>, Vec<_>) =
        rows.into_iter().map(|row| (row.pair, row.extra)).unzip();
    let scores = scored.scores.iter().zip(&pairs).zip(extras);
    let answer = ScoreAnswer {
        scores: scores
            .map(|((score, pair), extra)| ScoredRow::new(score, Some(pair), beside, extra))
            .collect(),
        summary: &scored.summary,
        provenance: &chosen.provenance(),
    };
    let answered = json(&answer);
    app.answered(&scored.summary, due);
    answered
}

/// A request that is to be answered at once.
pub(crate) struct ScoreRequest {
    pub(crate) rows: Vec<PairRow>,
    pub(crate) rejected: Vec<midband_io::RejectedRow>,
    pub(crate) wanted: Wanted,
    pub(crate) chosen: Chosen,
    pub(crate) due: Due,
}

impl ScoreRequest {
    /// Takes the request's pairs within the limits, and finds the engine for them.
    pub(crate) async fn receive(
        app: &Arc<App>,
        request: Request,
        fields: Fields,
    ) -> Result<Self, Problem> {
        let limits = &app.settings.limits;
        let mut upload = Upload::receive(request, limits, fields).await?;
        let arrived = Instant::now();
        // What is wrong in a report's file is listed in the report.
        let read = upload.read(!fields.reports(), limits, limits.pairs)?;
        let chosen = app.engines.choose(&app.settings, &upload.wanted, None)?;
        Ok(Self {
            due: app.due(&upload.wanted, arrived)?,
            rows: read.rows,
            rejected: read.rejected,
            wanted: upload.wanted,
            chosen,
        })
    }
}

pub(crate) fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.to_ascii_lowercase().contains(kind))
}

fn beside(wanted: &Wanted) -> Beside {
    Beside {
        texts: wanted.include_text,
        parts: wanted.parts,
    }
}

pub(crate) fn json(answer: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(answer).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn lines_of(body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    let kind = header::HeaderValue::from_static("application/x-ndjson");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn write_line(lines: &mut Vec<u8>, score: &FinalScore, row: PairRow, beside: Beside) {
    let row = ScoredRow::new(score, Some(&row.pair), beside, row.extra);
    // Into memory, from plain fields: it can't fail.
    if serde_json::to_writer(&mut *lines, &row).is_ok() {
        lines.push(b'\n');
    }
}

/// Rows as they are scored. A client that goes away stops the run.
fn streamed(
    app: &Shared,
    chosen: Chosen,
    rows: Vec<PairRow>,
    wanted: &Wanted,
    due: Due,
) -> Response {
    let beside = beside(wanted);
    let pairs: Vec<Pair> = rows.iter().map(|row| row.pair.clone()).collect();
    let limit = due.limit(pairs.len(), &app.rest);
    let scores = chosen.engine.stream_within(stream::iter(pairs), limit);
    let running = (scores, rows.into_iter(), app.clone(), chosen);
    let chunks = stream::unfold(Some(running), move |running| async move {
        let (mut scores, mut rows, app, chosen) = running?;
        let mut lines = Vec::new();
        for _ in 0..AT_ONCE {
            match (scores.next().await, rows.next()) {
                (Some(Ok(score)), Some(row)) => {
                    write_line(&mut lines, &chosen.named(&row.pair, score), row, beside);
                }
                (Some(Err(error)), _) => return Some((Err(error), None)),
                _ => {
                    app.answered(&scores.summary(), due);
                    return (!lines.is_empty()).then(|| (Ok(Bytes::from(lines)), None));
                }
            }
        }
        Some((Ok(Bytes::from(lines)), Some((scores, rows, app, chosen))))
    });
    lines_of(Body::from_stream(chunks))
}
