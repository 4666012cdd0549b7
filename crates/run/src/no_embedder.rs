//! An embedder for runs that embed nothing.

use midband::{EmbedError, Embedder, ModelIdentity, Vectors};

/// Stands where nothing is embedded, so that no model is opened.
pub struct NoEmbedder(ModelIdentity);

impl Default for NoEmbedder {
    fn default() -> Self {
        Self(ModelIdentity {
            name: "none".to_owned(),
            digest: String::new(),
        })
    }
}

impl Embedder for NoEmbedder {
    fn embed(&self, _: &[&str]) -> Result<Vectors, EmbedError> {
        Err(EmbedError::Model(
            "columns are compared: no model was opened".to_owned(),
        ))
    }
    fn width(&self) -> usize {
        0
    }
    fn max_tokens(&self) -> usize {
        0
    }
    fn model(&self) -> &ModelIdentity {
        &self.0
    }
}
