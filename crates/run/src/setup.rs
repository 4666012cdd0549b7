//! What a run is set up with: where it waits, and the engine.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Result;
use midband::{Embedder, Engine, Judge, Learning, NO_JUDGE, model::Use};

use crate::{Listener, Notice, RunError, RunOptions, Stop};

/// Where a command waits: two threads, whatever the machine, since the work is done elsewhere.
///
/// # Errors
/// The system has no thread left.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

/// The pairs of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct PairSource {
    /// Embed them by whole chunks of the input, so that a run that goes on has the same cosines.
    pub whole_chunks: bool,
    /// They come from lists, and not from a file of pairs.
    pub of_lists: bool,
}

/// The engine of a run, with a policy if `learning` has one.
///
/// # Errors
/// The settings can't go together, or the calibration fits another use.
pub fn engine(
    args: &RunOptions,
    learning: Option<Learning>,
    pairs: PairSource,
    embedder: Arc<dyn Embedder>,
    judge: Option<Arc<dyn Judge>>,
    listener: &Arc<dyn Listener>,
) -> Result<Engine> {
    let shown = listener.clone();
    let pace = judge.as_ref().and_then(|judge| judge.pace());
    let told = AtomicBool::new(false);
    let is_there = judge.as_ref().is_none_or(|judge| judge.name() != NO_JUDGE);
    let mut builder = Engine::builder()
        .band_on(args.band_on)
        .task(args.task.clone(), args.kind.unwrap_or_default())
        .seed(args.seed)
        .whole_chunks(pairs.whole_chunks)
        .explain_scores(args.writing.parts)
        .on_progress(move |now| {
            if let Some(questions) = now.expected.filter(|_| is_there)
                && questions > 0
                && !told.swap(true, Ordering::Relaxed)
            {
                let of = now.read;
                shown.notice(&Notice::Expects {
                    questions,
                    of,
                    pace,
                });
            }
            shown.progress(now);
        });
    if let Some(band) = args.band {
        builder = builder.band(band);
    }
    if let Some(judge) = &judge {
        builder = builder.judge(judge.clone());
    }
    let lexicon = learning
        .as_ref()
        .and_then(|learning| learning.own_lexicon());
    let calibration = learning
        .as_ref()
        .and_then(|learning| learning.calibration.clone());
    builder = match learning {
        Some(learning) if args.alone => builder.learn(learning).without_learning(),
        Some(learning) => builder.learn(learning),
        None => builder.by_pair(),
    };
    let engine = builder.embedder(embedder).build()?;
    if let Some(calibration) = calibration {
        let fingerprint = judge.as_ref().map(|judge| judge.fingerprint());
        calibration.check(&Use {
            embedding_model: &engine.provenance().embedding_model,
            task: &args.task,
            lexicon: lexicon.as_deref(),
            judge_fingerprint: fingerprint.as_ref(),
            lists: pairs.of_lists,
        })?;
    }
    Ok(engine)
}

/// What comes of `work`, unless the run is told to stop before.
///
/// # Errors
/// The work's own, or [`RunError::Stopped`].
pub async fn until<T>(stop: &Stop, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        done = work => done,
        () = stop.told() => Err(RunError::Stopped.into()),
    }
}
