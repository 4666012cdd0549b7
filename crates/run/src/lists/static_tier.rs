//! The static embeddings of a run's model.

use std::sync::Arc;

use anyhow::Result;
use midband::embed::{ModelError, ModelFolder, OnnxOptions, StaticEmbedder, distil, onnx_runtime};

use crate::{EmbeddingOptions, Listener, Notice, Stop};

/// The table of the model that the options name; none of a model that was opened elsewhere. A model that has none gets one:
/// that takes half a minute once, and less than embedding the records of lists that are long enough to be asked for here.
pub(super) fn embedder(
    model: &EmbeddingOptions,
    stop: &Stop,
    listener: &dyn Listener,
) -> Result<Option<Arc<StaticEmbedder>>> {
    if model.opened.is_some() {
        return Ok(None);
    }
    let folder = ModelFolder::find(model.embed_model_dir.as_deref(), &model.embed_model)?;
    let opened = match StaticEmbedder::open(&folder) {
        Err(why @ (ModelError::NotDistilled { .. } | ModelError::OfAnotherModel { .. })) => {
            if !folder.can_keep_static() {
                listener.notice(&Notice::NotDistilled(why.to_string()));
                return Ok(None);
            }
            make(&folder, model, stop, listener)?;
            StaticEmbedder::open(&folder)?
        }
        opened => opened?,
    };
    listener.notice(&Notice::Told(format!(
        "finding candidates with static vectors of {}; the model embeds only the unclear ones",
        model.embed_model
    )));
    Ok(Some(Arc::new(opened)))
}

fn make(
    folder: &ModelFolder,
    model: &EmbeddingOptions,
    stop: &Stop,
    listener: &dyn Listener,
) -> Result<()> {
    listener.notice(&Notice::Told(format!(
        "making the static vectors of {} (once, half a minute), so that long lists need not be embedded",
        model.embed_model
    )));
    onnx_runtime(model.onnxruntime.as_deref())?;
    let options = OnnxOptions {
        threads: model.threads,
        ..OnnxOptions::default()
    };
    let table = distil(&folder.read(true)?, options, &stop.0, |done, all| {
        listener.embedded(done as u64, all as u64);
    })?;
    Ok(folder.write_static(&table)?)
}
