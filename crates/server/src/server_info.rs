//! What the server says of itself.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use crate::{
    ReconnectingJudge, analysis,
    app::Shared,
    jobs, labels, linking,
    metrics::Now,
    problem::Problem,
    schema::{self, Health, Info, JudgeState, LimitsInfo, Ready, TaskInfo},
    scoring, verdicts,
};

/// The API's own document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "midband",
        description = "Scores text pairs: embeddings for the clear ones, an LLM for the ambiguous middle band."
    ),
    paths(
        scoring::score, linking::match_lists, verdicts::verdicts, analysis::analyze, analysis::analyze_json,
        jobs::routes::create, jobs::routes::list, jobs::routes::look, jobs::results::scores, jobs::results::result, jobs::routes::remove,
        jobs::results::review, labels::save,
        health, ready, info, metrics, openapi,
    ),
    components(schemas(Problem, schema::Score)),
    modifiers(&Keys),
    security((), ("bearer" = []), ("key" = []), ("basic" = [])),
    tags(
        (name = "scores", description = "Pairs in, final scores out"),
        (name = "reports", description = "Reports and review"),
        (name = "jobs", description = "Long runs"),
        (name = "server", description = "What the server says of itself"),
    )
)]
pub(crate) struct Document;

/// The ways to show the server's key, where it has one.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let http = |scheme| SecurityScheme::Http(HttpBuilder::new().scheme(scheme).build());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", http(HttpAuthScheme::Bearer));
        components.add_security_scheme("basic", http(HttpAuthScheme::Basic));
        let header = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        components.add_security_scheme("key", SecurityScheme::ApiKey(header));
    }
}

/// True as long as the process answers.
#[utoipa::path(get, path = "/health", tag = "server", security(()),
    responses((status = 200, description = "Alive", body = Health)))]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "alive" })
}

/// True once the embedding model is loaded, which it is before the server listens. The judge's state is told.
#[utoipa::path(get, path = "/ready", tag = "server", security(()),
    responses((status = 200, description = "Ready", body = Ready)))]
pub(crate) async fn ready(State(app): State<Shared>) -> Json<Ready> {
    let tasks = app.settings.tasks.iter();
    Json(Ready {
        status: "ready",
        judges: tasks
            .map(|task| (task.name.clone(), judge_state(&task.judge)))
            .collect(),
    })
}

fn judge_state(slot: &ReconnectingJudge) -> JudgeState {
    match slot.connected() {
        Ok(judge) => JudgeState {
            state: if judge.usage().unreachable {
                "unreachable"
            } else {
                "connected"
            },
            detail: midband::Judge::name(judge.as_ref()),
            simulated: judge.is_simulated(),
        },
        Err(why) => JudgeState {
            state: "absent",
            detail: why,
            simulated: false,
        },
    }
}

/// Version, model, tasks and limits.
#[utoipa::path(get, path = "/info", tag = "server",
    responses(
        schema::Refused,
        (status = 200, description = "What this server is", body = Info),
    ))]
pub(crate) async fn info(State(app): State<Shared>) -> Json<Info> {
    let settings = &app.settings;
    let limits = &settings.limits;
    let tasks = settings.tasks.iter();
    Json(Info {
        version: env!("CARGO_PKG_VERSION"),
        started: app.started.clone(),
        embedding_model: settings.embedder.model().name.clone(),
        tasks: tasks
            .map(|task| TaskInfo {
                name: task.name.clone(),
                calibrated: task.learning.calibration.is_some(),
                judge: judge_state(&task.judge),
            })
            .collect(),
        limits: LimitsInfo {
            body_bytes: limits.body_bytes,
            pairs: limits.pairs,
            job_pairs: limits.job_pairs,
            text_bytes: limits.text_bytes,
            concurrency: limits.concurrency,
            deadline_ms: limits.deadline.as_millis() as u64,
            longest_deadline_ms: limits.longest_deadline.as_millis() as u64,
        },
    })
}

/// Counters for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses(
        schema::Refused,
        (status = 200, description = "OpenMetrics", body = String, content_type = "application/openmetrics-text"),
    ))]
pub(crate) async fn metrics(State(app): State<Shared>) -> Result<Response, Problem> {
    let free = app.work.available_permits();
    let tasks = &app.settings.tasks;
    let late = tasks.iter().map(|task| task.judge.late());
    let (for_cache, finished_late) = late.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let usages = tasks.iter().filter_map(|task| task.judge.usage());
    let usage = usages.reduce(|sum, one| sum.plus(&one));
    let now = Now {
        usage,
        working: app.settings.limits.concurrency.saturating_sub(free),
        for_cache,
        finished_late,
        jobs: app.jobs.counts().await,
    };
    let text = app
        .metrics
        .shown(&now)
        .map_err(|_| Problem::internal("the metrics can't be written"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "server",
    responses(
        schema::Refused,
        (status = 200, description = "OpenAPI 3.1", body = std::collections::BTreeMap<String, serde_json::Value>),
    ))]
pub(crate) async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_the_fields_that_are_written() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let fields = document["components"]["schemas"]["Score"]["properties"]
            .as_object()
            .unwrap();
        let mut named: Vec<&str> = fields.keys().map(String::as_str).collect();
        let mut written = midband_io::OUTPUT_FIELDS.to_vec();
        // Written if they are asked for.
        written.extend(["parts", "contradictions"]);
        named.sort_unstable();
        written.sort_unstable();
        assert_eq!(named, written);
    }
}
