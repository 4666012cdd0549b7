//! What all handlers share.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::sync::Semaphore;

use crate::{
    Settings, engines::Engines, jobs::Jobs, labels::LabelFile, metrics::Metrics, problem::Problem,
    request::Wanted,
};

pub(crate) type Shared = Arc<App>;

pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) engines: Engines,
    pub(crate) metrics: Metrics,
    pub(crate) jobs: Jobs,
    /// Where labels go that reviewers give on the page.
    pub(crate) labels: Option<LabelFile>,
    /// A permit for each request that may be worked on at once.
    pub(crate) work: Arc<Semaphore>,
    /// Tells this start of the server from others, in the ids of its requests.
    pub(crate) nonce: u32,
    /// RFC 3339.
    pub(crate) started: String,
}

impl App {
    /// The time that a request has.
    pub(crate) fn deadline(&self, wanted: &Wanted) -> Result<Duration, Problem> {
        let limits = &self.settings.limits;
        let Some(named) = wanted.deadline_ms else {
            return Ok(limits.deadline);
        };
        let named = Duration::from_millis(named);
        if named > limits.longest_deadline {
            return Err(Problem::unprocessable(format!(
                "\"deadline_ms\" is at most {}; send a job for what takes longer",
                limits.longest_deadline.as_millis()
            )));
        }
        Ok(named)
    }
}

/// A time, RFC 3339, UTC, to the second.
pub(crate) fn date(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Now.
pub(crate) fn now() -> String {
    date(SystemTime::now())
}
