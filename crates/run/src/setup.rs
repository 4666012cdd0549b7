//! What a run is set up with: runtime, engine, embedder and its cache.

use std::{path::Path, sync::Arc};

use anyhow::Result;
use midband::{
    Embedder, Engine, Judge, Learning,
    embed::{
        CachedEmbedder, CachedEmbeddings, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime,
    },
    judge::Cache,
    model::Use,
};

use crate::{EmbeddingOptions, Listener, Notice, RunError, RunOptions, Stop};

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

/// The engine of a run: with a policy where `learning` has one, its cosines by whole chunks of the input where these must be
/// the same in every run, and for pairs of lists or of a file.
///
/// # Errors
/// The settings can't go together, or the calibration fits another use.
pub fn engine(
    args: &RunOptions,
    (learning, (whole_chunks, lists)): (Option<Learning>, (bool, bool)),
    (embedder, judge): (Arc<dyn Embedder>, Option<Arc<dyn Judge>>),
    listener: &Arc<dyn Listener>,
) -> Result<Engine> {
    let shown = listener.clone();
    let mut builder = Engine::builder()
        .band_on(args.band_on)
        .task(args.task.clone(), args.kind.unwrap_or_default())
        .seed(args.seed)
        .whole_chunks(whole_chunks)
        .explain_scores(args.writing.parts)
        .on_progress(move |now| shown.progress(now));
    if let Some(band) = args.band {
        builder = builder.band(band);
    }
    if let Some(judge) = &judge {
        builder = builder.judge(judge.clone());
    }
    let calibration = learning
        .as_ref()
        .and_then(|learning| learning.calibration.clone());
    if let Some(learning) = learning {
        builder = builder.learn(learning);
    }
    let engine = builder.embedder(embedder).build()?;
    if let Some(calibration) = calibration {
        let fingerprint = judge.as_ref().map(|judge| judge.fingerprint());
        calibration.check(&Use {
            embedding_model: &engine.provenance().embedding_model,
            task: &args.task,
            judge_fingerprint: fingerprint.as_ref(),
            lists,
        })?;
    }
    Ok(engine)
}

/// The embedder that the options name: runtime, model, and cache where there is one.
///
/// # Errors
/// Runtime library or model are missing or can't be used.
pub fn embedder(
    model: &EmbeddingOptions,
    stop: &Stop,
    listener: &Arc<dyn Listener>,
) -> Result<Arc<dyn Embedder>> {
    Ok(embedding(model, stop, listener)?.0)
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

/// Tokens below which hardly a sentence is read.
const FEWEST_TOKENS: usize = 16;

/// The embedder, and its cache where there is one.
pub(crate) type Embedding = (Arc<dyn Embedder>, Option<Arc<CachedEmbedder<OnnxEmbedder>>>);

pub(crate) fn embedding(
    model: &EmbeddingOptions,
    stop: &Stop,
    listener: &Arc<dyn Listener>,
) -> Result<Embedding> {
    if let Some(opened) = &model.opened {
        return Ok((opened.0.clone(), None));
    }
    onnx_runtime(model.onnxruntime.as_deref())?;
    let folder = ModelFolder::find(model.embed_model_dir.as_deref(), &model.embed_model)?;
    let mut read = folder.read(model.allow_batch_dependent)?;
    if let Some(max_tokens) = model.max_tokens {
        if max_tokens < FEWEST_TOKENS {
            listener.notice(&Notice::FewTokens(max_tokens));
        }
        read = read.with_max_tokens(max_tokens);
    }
    let options = OnnxOptions {
        threads: model.threads,
        batch_tokens: model.batch_tokens,
        ..OnnxOptions::default()
    };
    let shown = listener.clone();
    let embedder = OnnxEmbedder::new(read, options)
        .with_stop(stop.0.clone())
        .on_progress(move |done, all| shown.embedded(done, all));
    Ok(match &model.cache {
        Some(folder) => {
            let most = model.cache_most_bytes;
            let room = most.map_or(Ok(u64::MAX), |most| made_room(folder, most))?;
            let cached = CachedEmbedder::open(embedder, folder)?.with_most_bytes(room);
            if let Some(aside) = cached.set_aside() {
                listener.notice(&Notice::CacheSetAside(aside.to_path_buf()));
            }
            let cached = Arc::new(cached);
            (cached.clone(), Some(cached))
        }
        None => (Arc::new(embedder), None),
    })
}

/// Removes what was used longest ago where caches come near to a bound, verdicts up to a half of it. Returns the bytes that are
/// left for embeddings.
fn made_room(folder: &Path, most: u64) -> Result<u64> {
    let is_near = |bytes: u64, most: u64| bytes > most / 10 * 9;
    let of_verdicts = || std::fs::metadata(Cache::file_in(folder)).map_or(0, |about| about.len());
    if is_near(of_verdicts(), most / 2) {
        Cache::prune(folder, Some(most / 8 * 3), None)?;
    }
    let room = most.saturating_sub(of_verdicts());
    if let Some(cached) = CachedEmbeddings::of(folder)?.filter(|cached| is_near(cached.bytes, room))
    {
        cached.prune(Some(room / 4 * 3), None)?;
    }
    Ok(room)
}
