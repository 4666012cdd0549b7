//! What all handlers share.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use midband::Summary;
use tokio::sync::Semaphore;

use crate::{
    Event, Settings,
    deadline::{Due, Rest},
    engines::Engines,
    jobs::queue::Jobs,
    label_file::LabelFile,
    metrics::Metrics,
    problem::Problem,
    request::Wanted,
};

pub(crate) type Shared = Arc<App>;

pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) engines: Engines,
    pub(crate) metrics: Metrics,
    pub(crate) rest: Rest,
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
    /// Tells the program around the server.
    pub(crate) fn tell(&self, event: &Event<'_>) {
        if let Some(told) = &self.settings.on_event {
            told(event);
        }
    }

    /// When a request whose body has just arrived is to be answered.
    pub(crate) fn due(&self, wanted: &Wanted, arrived: Instant) -> Result<Due, Problem> {
        let time = self.time(wanted)?;
        let at = arrived.checked_add(time);
        // Beyond what a clock can say, nothing is late.
        let at = at.unwrap_or_else(|| arrived + self.settings.limits.longest_deadline);
        Ok(Due { arrived, at })
    }

    /// Counts an answer that had a deadline, and learns from it what the next one needs.
    pub(crate) fn answered(&self, summary: &Summary, due: Due) {
        self.metrics.scored_in_time(summary, due.at);
        self.rest.observe(summary, due);
    }

    fn time(&self, wanted: &Wanted) -> Result<Duration, Problem> {
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
