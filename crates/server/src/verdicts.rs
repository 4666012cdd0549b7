//! `/verdicts`: pairs in, the judge's verdicts out. Nothing is embedded and nothing is learnt.

use std::time::{Duration, Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use midband::{Judge, JudgeError, Pair, Unanswered, Verdict};

use crate::{
    app::Shared,
    engines,
    problem::Problem,
    request::{Fields, Upload},
    schema::{self, VerdictOut, VerdictState, Verdicts},
    scoring::json,
};

/// Time in which what is in the cache comes, however short the deadline is.
const LEAST: Duration = Duration::from_millis(100);

/// Seconds after which it pays to ask again.
const AGAIN: u32 = 1;

/// Seconds after which a judge may have come.
const JUDGE_AGAIN: u32 = 5;

/// Asks the judge about pairs and waits until the deadline. A pair whose verdict is not there by then is `pending`: send it
/// again, as often as you like. The judge is asked about a pair once, whoever waits for it, and what it said is in the
/// cache from then on, also after a restart.
#[utoipa::path(
    post, path = "/verdicts", tag = "scores", request_body = schema::VerdictsRequest,
    responses(
        schema::Unusable,
        (status = 200, description = "Every pair has its verdict, or the reason why it has none", body = Verdicts),
        (status = 202, description = "Some pairs are pending: send them again", body = Verdicts,
         headers(("Retry-After" = u32, description = "Seconds"))),
        (status = 503, description = "There is no judge, or it can't be reached", body = Problem,
         content_type = "application/problem+json",
         headers(("Retry-After" = u32, description = "Seconds, if a judge may come"))),
    )
)]
pub(crate) async fn verdicts(
    State(app): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let limits = &app.settings.limits;
    let mut upload = Upload::receive(request, limits, Fields::VERDICTS).await?;
    let arrived = Instant::now();
    let rows = upload.read(true, limits, limits.pairs)?.rows;
    let due = app.due(&upload.wanted, arrived)?;
    let task = engines::task(&app.settings, &upload.wanted)?;
    let absent = |error: JudgeError| {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string());
        if task.judge.may_come() {
            problem.retry_after(JUDGE_AGAIN)
        } else {
            problem
        }
    };
    let (pairs, extras): (Vec<Pair>, Vec<_>) =
        rows.into_iter().map(|row| (row.pair, row.extra)).unzip();
    let until = due.at.max(arrived + LEAST);
    let found = task.judge.ask_until(&pairs, until).await.map_err(absent)?;
    let judge = task.judge.connected();
    let judge = judge.map_err(|why| absent(JudgeError::Unreachable(why)))?;
    // What was handed out is not asked again, whatever happens to this process.
    let kept = judge.clone();
    let flushed = tokio::task::spawn_blocking(move || kept.flush_cache()).await;
    flushed.map_err(|death| Problem::internal(death.to_string()))?;
    let verdicts = pairs.iter().zip(found).map(shown);
    let verdicts = verdicts
        .zip(extras)
        .map(|(verdict, extra)| verdict.with(extra));
    let verdicts: Vec<VerdictOut> = verdicts.collect();
    let pending = verdicts
        .iter()
        .filter(|verdict| verdict.status == VerdictState::Pending)
        .count();
    let mut response = json(&Verdicts {
        verdicts,
        pending: pending as u64,
        judge: judge.name(),
        judge_fingerprint: judge.fingerprint().to_string(),
        simulated: judge.is_simulated(),
    })?;
    // What is in the cache takes a moment, whatever the deadline.
    app.metrics.answered_in_time(until + LEAST);
    if pending > 0 {
        *response.status_mut() = StatusCode::ACCEPTED;
        let again = HeaderValue::from(AGAIN);
        response.headers_mut().insert(header::RETRY_AFTER, again);
    }
    Ok(response)
}

fn shown((pair, verdict): (&Pair, Option<Verdict>)) -> VerdictOut {
    let pending = VerdictOut::pending(pair.id.clone());
    let Some(Verdict { outcome, latency }) = verdict else {
        return pending;
    };
    let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Ok(answer) => VerdictOut {
            status: VerdictState::Answered,
            judge_score: Some(answer.score()),
            reason: answer.reason.as_ref().map(|text| text.as_str().to_owned()),
            cached: answer.cached,
            model: Some(answer.model),
            latency_ms,
            ..pending
        },
        // Whoever sends it again has it asked about.
        Err(Unanswered::Cancelled | Unanswered::OutOfBudget) => pending,
        Err(why) => VerdictOut {
            status: VerdictState::Unanswered,
            unanswered: Some(why.as_str()),
            latency_ms,
            ..pending
        },
    }
}
