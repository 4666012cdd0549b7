//! The embedder of a run: runtime library, model, and the cache within its bound.

use std::{path::Path, sync::Arc};

use anyhow::Result;
use midband::{
    Embedder,
    embed::{
        CachedEmbedder, CachedEmbeddings, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime,
    },
    judge::Cache,
};

use crate::{EmbeddingOptions, Listener, Notice, Stop};

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
            let room = most.map_or(u64::MAX, |most| made_room(folder, most));
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
/// left for embeddings. A cache that is in use or broken is left to whoever opens it next.
fn made_room(folder: &Path, most: u64) -> u64 {
    let is_near = |bytes: u64, most: u64| bytes > most / 10 * 9;
    let of_verdicts = || std::fs::metadata(Cache::file_in(folder)).map_or(0, |about| about.len());
    if is_near(of_verdicts(), most / 2) {
        let _ = Cache::prune(folder, Some(most / 8 * 3), None);
    }
    let room = most.saturating_sub(of_verdicts());
    let cached = CachedEmbeddings::of(folder).ok().flatten();
    if let Some(cached) = cached.filter(|cached| is_near(cached.bytes, room)) {
        let _ = cached.prune(Some(room / 4 * 3), None);
    }
    room
}
