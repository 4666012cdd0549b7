//! The static embeddings of a run's model.

use std::sync::Arc;

use anyhow::Result;
use midband::embed::{ModelError, ModelFolder, StaticEmbedder};

use crate::{EmbeddingOptions, Listener, Notice};

/// The table of the model that the options name; none of a model that was opened elsewhere; none where it
/// was not distilled, and then it says so.
pub(super) fn embedder(
    model: &EmbeddingOptions,
    listener: &dyn Listener,
) -> Result<Option<Arc<StaticEmbedder>>> {
    if model.opened.is_some() {
        return Ok(None);
    }
    let folder = ModelFolder::find(model.embed_model_dir.as_deref(), &model.embed_model)?;
    match StaticEmbedder::open(&folder) {
        Ok(embedder) => {
            listener.notice(&Notice::Told(format!(
                "finding candidates with static vectors of {}; the model embeds only the unclear ones",
                model.embed_model
            )));
            Ok(Some(Arc::new(embedder)))
        }
        Err(why @ (ModelError::NotDistilled { .. } | ModelError::OfAnotherModel { .. })) => {
            listener.notice(&Notice::NotDistilled(why.to_string()));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
