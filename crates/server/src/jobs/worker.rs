//! Works on jobs, one after the other.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use midband::{Pair, Progress};
use midband_io::{Beside, ScoredRow};
use serde_json::Value;

use super::{
    lists,
    queue::{Running, next_queued, seconds, sweep_old},
    store::{About, Outcome, State},
};
use crate::{
    Event,
    app::{App, Shared},
    problem::Problem,
    request::{Form, Read, Upload},
};

/// Time between two looks for jobs that are kept no longer.
const SWEEP: Duration = Duration::from_secs(60);

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

async fn run(app: &Shared, mut about: About) {
    let running = Running {
        id: about.id.clone(),
        progress: Arc::default(),
        cancel: Arc::default(),
    };
    app.jobs.set_running(Some(running.clone()));
    // A run that panics fails its job; the jobs after it go on.
    let scoring = AssertUnwindSafe(score(app, &about, &running)).catch_unwind();
    let panicked = |_| Err(Problem::internal("the run ended unexpectedly"));
    let done = tokio::select! {
        done = scoring => Some(done.unwrap_or_else(panicked)),
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
    let counts = || serde_json::to_value(&outcome.summary).unwrap_or_default();
    let mut summary = outcome.written.clone().unwrap_or_else(counts);
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
        written: None,
        rejected_rows: serde_json::to_value(rejected).unwrap_or_default(),
        usage: usage(app, about).map(|after| after.since(&before.unwrap_or_default())),
        provenance: midband::Provenance {
            started: crate::app::now(),
            ..chosen.provenance()
        },
    })
}

/// What the judge of a job's task has used so far.
pub(super) fn usage(app: &App, about: &About) -> Option<midband::judge::Usage> {
    crate::engines::task(&app.settings, &about.wanted)
        .ok()?
        .judge
        .usage()
}
