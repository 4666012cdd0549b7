//! The static embeddings of a run's model.

use std::sync::Arc;

use anyhow::Result;
use midband::embed::{ModelError, ModelFolder, StaticEmbedder};

use crate::args::MatchArgs;

/// The table of the model that the flags name; none where it was not distilled, and then it says what would help.
pub(super) fn embedder(
    args: &MatchArgs,
    tell: impl Fn(&str),
) -> Result<Option<Arc<StaticEmbedder>>> {
    let model = &args.run.model;
    let folder = ModelFolder::find(model.embed_model_dir.as_deref(), &model.embed_model)?;
    match StaticEmbedder::open(&folder) {
        Ok(embedder) => {
            tell(&format!(
                "midband: candidates by static vectors of {}; the model embeds those that they leave unsure\n",
                model.embed_model
            ));
            Ok(Some(Arc::new(embedder)))
        }
        Err(why @ (ModelError::NotDistilled { .. } | ModelError::OfAnotherModel { .. })) => {
            tell(&format!(
                "midband: {why}, so that it embeds every record: `midband models distil`, once, makes this many times faster\n"
            ));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
