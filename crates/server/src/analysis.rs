//! `/analyze` and `/analyze-json`: pairs in, a report out.

use axum::{
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use midband::{Pair, Provenance, Summary, judge::Usage};
use midband_io::{Beside, RejectedRow, ScoredRow};
use midband_report::{Options, Report, ResultRow, RowReader, pdf};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    app::{App, Shared, now},
    engines,
    problem::Problem,
    request::Fields,
    schema,
    scoring::{ScoreRequest, json},
};

/// The report with the scores that it is about.
#[derive(Serialize)]
struct Analysis {
    #[serde(flatten)]
    report: Report,
    scores: Vec<Map<String, Value>>,
    rejected_rows: Vec<RejectedRow>,
}

/// Scores pairs and reports on them: the report as data, with every score. The body may also be JSONL, CSV or TSV, as for
/// `/score`, or a form with a file (`multipart/form-data`) whose other fields say what is wanted.
#[utoipa::path(
    post, path = "/analyze-json", tag = "reports", request_body = schema::AnalyzeRequest,
    responses(
        schema::Unusable,
        (status = 200, description = "The report, with scores and rows that were no pairs", body = schema::Analysis),
    )
)]
pub(crate) async fn analyze_json(
    State(app): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let (report, scores, rejected_rows) = analyzed(&app, request).await?;
    json(&Analysis {
        report,
        scores,
        rejected_rows,
    })
}

/// Scores pairs and reports on them: the report as a PDF, which is typeset once the scores are there. The body may be as
/// for `/analyze-json`.
#[utoipa::path(
    post, path = "/analyze", tag = "reports", request_body = schema::AnalyzeRequest,
    responses(
        schema::Unusable,
        (status = 200, description = "The report", body = Vec<u8>, content_type = "application/pdf"),
    )
)]
pub(crate) async fn analyze(
    State(app): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let (report, ..) = analyzed(&app, request).await?;
    typeset(report).await
}

type Analyzed = (Report, Vec<Map<String, Value>>, Vec<RejectedRow>);

async fn analyzed(app: &Shared, request: Request) -> Result<Analyzed, Problem> {
    let ScoreRequest {
        rows,
        rejected,
        wanted,
        chosen,
        due,
    } = ScoreRequest::receive(app, request, Fields::ANALYZE).await?;
    if let (true, Some(first)) = (rows.is_empty(), rejected.first()) {
        return Err(Problem::unprocessable(format!(
            "none of the {} rows is a valid pair; the first: line {}: {}",
            rejected.len(),
            first.line,
            first.reason
        )));
    }
    let usage = |app: &App| engines::task(&app.settings, &wanted).ok()?.judge.usage();
    let before = usage(app);
    let pairs: Vec<Pair> = rows.iter().map(|row| row.pair.clone()).collect();
    let limit = due.limit(pairs.len(), &app.rest);
    let scored = chosen.score(pairs, Some(limit)).await?;
    app.answered(&scored.summary, due);
    let spent = usage(app).map(|after| after.since(&before.unwrap_or_default()));
    let beside = Beside {
        texts: wanted.include_text,
        parts: wanted.parts,
    };
    let mut scores = Vec::with_capacity(rows.len());
    for (row, score) in rows.into_iter().zip(&scored.scores) {
        let row = ScoredRow::new(score, Some(&row.pair), beside, row.extra);
        match serde_json::to_value(&row) {
            Ok(Value::Object(object)) => scores.push(object),
            _ => return Err(Problem::internal("a score can't be written")),
        }
    }
    let provenance = Provenance {
        started: now(),
        ..chosen.provenance()
    };
    let run = run_of(&scored.summary, rejected.len(), spent.as_ref());
    let made = Made {
        source: wanted.source.unwrap_or_else(|| "a request".to_owned()),
        gold: wanted.gold,
        include_text: wanted.include_text,
    };
    let report = report(&scores, made, Some(&provenance), Some(run))?;
    Ok((report, scores, rejected))
}

/// How a report is to be made.
pub(crate) struct Made {
    pub(crate) source: String,
    pub(crate) gold: Option<String>,
    pub(crate) include_text: bool,
}

/// A report on scored rows.
pub(crate) fn report(
    scores: &[Map<String, Value>],
    made: Made,
    provenance: Option<&Provenance>,
    run: Option<Value>,
) -> Result<Report, Problem> {
    let mut reader = RowReader::new(made.gold.as_deref());
    let rows: Result<Vec<ResultRow>, _> = scores.iter().map(|object| reader.read(object)).collect();
    let unusable = |error: midband_report::ReportError| Problem::unprocessable(error.to_string());
    let rows = rows.map_err(unusable)?;
    if rows.is_empty() {
        return Err(Problem::unprocessable(
            "there is no scored pair to report on",
        ));
    }
    if let Some(gold) = &made.gold
        && scores.iter().all(|row| !row.contains_key(gold))
    {
        let what = format!("no pair has the field {gold:?}, which \"gold\" names");
        return Err(Problem::unprocessable(what));
    }
    let options = Options {
        provenance: provenance.and_then(|all| serde_json::to_value(all).ok()),
        run: run.and_then(|run| serde_json::from_value(run).ok()),
        include_text: made.include_text,
        ..Options::new(made.source, now())
    };
    Ok(Report::new(&rows, &options))
}

/// What the run came to, as `OUTPUT.summary.json` has it.
fn run_of(summary: &Summary, rejected_rows: usize, usage: Option<&Usage>) -> Value {
    let mut run = serde_json::to_value(summary).unwrap_or_default();
    if let Value::Object(fields) = &mut run {
        fields.insert("rejected_rows".to_owned(), rejected_rows.into());
        fields.insert(
            "judge".to_owned(),
            serde_json::to_value(usage).unwrap_or_default(),
        );
    }
    run
}

/// The report as a PDF, typeset off the async threads.
pub(crate) async fn typeset(report: Report) -> Result<Response, Problem> {
    let made = tokio::task::spawn_blocking(move || pdf(&report)).await;
    let bytes = match made {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return Err(Problem::internal(error.to_string())),
        Err(_) => return Err(Problem::internal("the PDF can't be written")),
    };
    let name = "attachment; filename=\"midband-report.pdf\"";
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}
