//! Shapes of what the server says of itself.

use std::collections::BTreeMap;

use utoipa::ToSchema;

/// The server is alive.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct Health {
    /// Always `alive`.
    pub(crate) status: &'static str,
}

/// The server is ready: its embedding model is loaded. A judge that is not there does not make it unready.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct Ready {
    /// Always `ready`.
    pub(crate) status: &'static str,
    /// The judge of each task.
    pub(crate) judges: BTreeMap<String, JudgeState>,
}

/// A task's judge.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct JudgeState {
    /// `connected`; `unreachable` if its server did not answer the last requests, until it answers one; `absent`.
    pub(crate) state: &'static str,
    /// The judge, or why there is none.
    pub(crate) detail: String,
    /// True where a simulator answers.
    pub(crate) simulated: bool,
}

/// What this server is.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct Info {
    pub(crate) version: &'static str,
    pub(crate) started: String,
    pub(crate) embedding_model: String,
    pub(crate) tasks: Vec<TaskInfo>,
    pub(crate) limits: LimitsInfo,
}

/// A task that requests may name.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct TaskInfo {
    pub(crate) name: String,
    /// True where a calibration is in force.
    pub(crate) calibrated: bool,
    pub(crate) judge: JudgeState,
}

/// Bounds on what is taken.
#[derive(ToSchema, serde::Serialize)]
pub(crate) struct LimitsInfo {
    pub(crate) body_bytes: usize,
    pub(crate) pairs: usize,
    pub(crate) job_pairs: usize,
    pub(crate) text_bytes: usize,
    pub(crate) concurrency: usize,
    pub(crate) deadline_ms: u64,
    pub(crate) longest_deadline_ms: u64,
}
