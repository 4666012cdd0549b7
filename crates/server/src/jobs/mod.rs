//! Long runs: they wait in a file, one runs at a time, and a restart loses none.

mod accept;
mod lists;
mod routes;
mod store;

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use midband::{Pair, Progress};
use midband_io::{Beside, ScoredRow};
use serde_json::{Map, Value};
use tokio::sync::Notify;

pub(crate) use lists::begin;
pub(crate) use routes::*;
pub(crate) use store::{About, Idempotency, State, Store};

use self::store::Outcome;
use crate::{
    Event, ServeError,
    app::{App, Shared},
    problem::Problem,
    request::{Form, Read, Upload},
};

/// Time between two looks for jobs that are kept no longer.
const SWEEP: Duration = Duration::from_secs(60);

/// All jobs, and the one that runs.
pub(crate) struct Jobs {
    store: Store,
    running: Mutex<Option<Running>>,
    wake: Notify,
}

#[derive(Clone)]
struct Running {
    id: String,
    progress: Arc<Mutex<Progress>>,
    cancel: Arc<Notify>,
}

impl Jobs {
    pub(crate) fn open(folder: &std::path::Path) -> Result<Self, ServeError> {
        Ok(Self {
            store: Store::open(folder)?,
            running: Mutex::new(None),
            wake: Notify::new(),
        })
    }

    /// Runs the jobs one after the other, for ever.
    pub(crate) async fn work(app: Shared) {
        let keep = app.settings.limits.keep_jobs.as_secs();
        let mut swept = Instant::now();
        loop {
            if swept.elapsed() >= SWEEP {
                swept = Instant::now();
                // What can't be removed now is removed in a minute.
                let _ = app
                    .jobs
                    .with_store(move |store| sweep_old(store, keep))
                    .await;
            }
            let next = app.jobs.with_store(next_queued).await;
            match next {
                Ok(Some(about)) => run(&app, about).await,
                _ => {
                    let waiting = app.jobs.wake.notified();
                    // A job has come, or it is time to sweep.
                    let _ = tokio::time::timeout(SWEEP, waiting).await;
                }
            }
        }
    }

    /// Does something with the store, off the async threads.
    async fn with_store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(Problem::internal(format!("the jobs' file failed: {error}"))),
            Err(_) => Err(Problem::internal("the jobs' file failed")),
        }
    }

    /// Jobs by state.
    pub(crate) async fn counts(&self) -> Vec<(&'static str, usize)> {
        let all = self.with_store(Store::all).await.unwrap_or_default();
        [
            State::Queued,
            State::Running,
            State::Finished,
            State::Failed,
        ]
        .into_iter()
        .map(|state| {
            let count = all.iter().filter(|about| about.state == state).count();
            (state.as_str(), count)
        })
        .collect()
    }

    fn running(&self) -> Option<Running> {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set_running(&self, running: Option<Running>) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }
}

fn next_queued(store: &Store) -> Result<Option<About>, redb::Error> {
    let mut all = store.all()?.into_iter();
    let Some(mut about) = all.find(|about| about.state == State::Queued) else {
        return Ok(None);
    };
    about.state = State::Running;
    about.started = Some(seconds());
    store.update(&about)?;
    Ok(Some(about))
}

fn sweep_old(store: &Store, keep: u64) -> Result<(), redb::Error> {
    let now = seconds();
    for about in store.all()? {
        if about.ended.is_some_and(|ended| ended + keep < now) {
            store.remove(&about.id)?;
        }
    }
    Ok(())
}

async fn run(app: &Shared, mut about: About) {
    let running = Running {
        id: about.id.clone(),
        progress: Arc::default(),
        cancel: Arc::default(),
    };
    app.jobs.set_running(Some(running.clone()));
    let done = tokio::select! {
        done = score(app, &about, &running) => Some(done),
        () = running.cancel.notified() => None,
    };
    app.jobs.set_running(None);
    // Cancelled: whoever cancelled it has removed it.
    let Some(done) = done else { return };
    about.ended = Some(seconds());
    let mut rows = None;
    match done {
        Ok(outcome) => {
            app.metrics.scored(&outcome.summary);
            about.pairs = outcome.summary.pairs;
            about.state = State::Finished;
            about.summary = Some(summary(&outcome));
            about.provenance = Some(outcome.provenance);
            rows = Some(outcome.rows);
        }
        Err(problem) => {
            about.state = State::Failed;
            about.error = Some(problem.to_string());
        }
    }
    let kept = app
        .jobs
        .with_store(move |store| store.finish(&about, rows.as_deref()))
        .await;
    if let Err(problem) = kept {
        app.tell(&Event::JobNotKept(&problem.to_string()));
    }
}

/// Counts as `OUTPUT.summary.json` has them.
fn summary(outcome: &Outcome) -> Value {
    let mut summary = serde_json::to_value(&outcome.summary).unwrap_or_default();
    if let Value::Object(fields) = &mut summary {
        let usage = serde_json::to_value(outcome.usage).unwrap_or_default();
        let rows = outcome.rejected_rows.as_array().map_or(0, Vec::len);
        fields.insert("rejected_rows".to_owned(), rows.into());
        fields.insert("rejected_input".to_owned(), outcome.rejected_rows.clone());
        fields.insert("judge".to_owned(), usage);
    }
    summary
}

async fn score(app: &App, about: &About, running: &Running) -> Result<Outcome, Problem> {
    let id = about.id.clone();
    let input = app.jobs.with_store(move |store| store.input(&id)).await?;
    let mut upload = Upload::of_job(about.form, input.unwrap_or_default(), about.wanted.clone());
    let shown = running.progress.clone();
    let listener = Box::new(move |now: Progress| {
        *shown.lock().unwrap_or_else(PoisonError::into_inner) = now;
    });
    if upload.form == Form::Lists {
        return lists::score(app, about, &upload.bytes, listener).await;
    }
    let limits = &app.settings.limits;
    let Read { rows, rejected } = upload.read(false, limits, limits.job_pairs)?;
    let chosen = app
        .engines
        .choose(&app.settings, &upload.wanted, Some(listener))?;
    let pairs: Vec<Pair> = rows.iter().map(|row| row.pair.clone()).collect();
    let before = usage(app, about);
    let scored = chosen.score(pairs, None).await?;
    let beside = Beside {
        texts: upload.wanted.include_text,
        parts: upload.wanted.parts,
        contradictions: false,
    };
    let mut lines = Vec::new();
    for (row, score) in rows.into_iter().zip(&scored.scores) {
        let scored = ScoredRow::new(score, Some(&row.pair), beside, row.extra);
        serde_json::to_writer(&mut lines, &scored)
            .map_err(|error| Problem::internal(error.to_string()))?;
        lines.push(b'\n');
    }
    Ok(Outcome {
        rows: lines,
        summary: scored.summary,
        rejected_rows: serde_json::to_value(rejected).unwrap_or_default(),
        usage: usage(app, about).map(|after| after.since(&before.unwrap_or_default())),
        provenance: midband::Provenance {
            started: crate::app::now(),
            ..chosen.provenance()
        },
    })
}

fn usage(app: &App, about: &About) -> Option<midband::judge::Usage> {
    crate::engines::task(&app.settings, &about.wanted)
        .ok()?
        .judge
        .usage()
}

fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// 128 bits that nobody can guess: a job's id is all that is needed to read it where no key is set.
fn new_id() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

/// A scored row as the report reads it.
fn objects(lines: &[u8]) -> impl Iterator<Item = Map<String, Value>> + '_ {
    lines
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .filter_map(|line| serde_json::from_slice(line).ok())
}
