//! Who turns texts into vectors.

use std::time::Instant;

use crate::ModelIdentity;

/// One text's place in [`Vectors`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Embedding<'a> {
    /// Unit-length vector, or as the model made it where that has no length.
    pub vector: &'a [f32],
    /// True where the text was longer than the model reads.
    pub truncated: bool,
}

/// Row-major vectors, one row a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Vectors {
    width: usize,
    values: Vec<f32>,
    truncated: Vec<bool>,
}

impl Vectors {
    /// Room for `rows` rows of `width` numbers, all zero.
    pub fn zeros(rows: usize, width: usize) -> Self {
        Self {
            width,
            values: vec![0.0; rows * width],
            truncated: vec![false; rows],
        }
    }

    /// Numbers in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.truncated.len()
    }

    /// True where there is no row.
    pub fn is_empty(&self) -> bool {
        self.truncated.is_empty()
    }

    /// All numbers, row after row: `len() * width()` of them.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// One row, where there is one.
    pub fn get(&self, row: usize) -> Option<Embedding<'_>> {
        let truncated = *self.truncated.get(row)?;
        let vector = self.values.get(row * self.width..(row + 1) * self.width)?;
        Some(Embedding { vector, truncated })
    }

    /// Writes one row. Rows or widths that don't fit are an error of the caller's.
    ///
    /// # Errors
    /// There is no such row, or the vector has another width.
    pub fn set(&mut self, row: usize, vector: &[f32], truncated: bool) -> Result<(), EmbedError> {
        if vector.len() != self.width || row >= self.truncated.len() {
            return Err(EmbedError::Model(format!(
                "a vector of width {} does not fit row {row} of {} rows of width {}",
                vector.len(),
                self.truncated.len(),
                self.width
            )));
        }
        self.values[row * self.width..(row + 1) * self.width].copy_from_slice(vector);
        self.truncated[row] = truncated;
        Ok(())
    }
}

/// Vectors of the texts that were reached before a deadline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reached {
    /// One row per text; zeros if the text was not reached.
    pub vectors: Vectors,
    /// One mark per text: true if its row is its vector.
    pub reached: Vec<bool>,
}

impl From<Vectors> for Reached {
    /// Every text was reached.
    fn from(vectors: Vectors) -> Self {
        Self {
            reached: vec![true; vectors.len()],
            vectors,
        }
    }
}

/// Why no text could be embedded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The model failed on a batch. Nothing was embedded; the message names no text.
    #[error("the embedding model failed: {0}")]
    Model(String),
    /// The embedding cache failed. Run without it, or clear it.
    #[error("the embedding cache failed: {0}")]
    Cache(String),
    /// An embedder breaks its laws: there is not one row per text, or a row is not as wide as [`Embedder::width`] says.
    #[error(
        "the embedder returned {rows} vectors of width {width} for {texts} texts, but it promises one vector of width \
         {promised} per text"
    )]
    Shape {
        /// Rows that came back.
        rows: usize,
        /// Numbers in each.
        width: usize,
        /// Texts that were given.
        texts: usize,
        /// [`Embedder::width`].
        promised: usize,
    },
}

/// Turns texts into vectors. Synchronous CPU work.
///
/// # Laws
/// * One row a text, in the order given, each of [`Embedder::width`] numbers. Another shape is [`EmbedError::Shape`].
/// * A text's vector depends on the text alone, within 1e-5 a component: not on its neighbours, not
///   on their order, not on the number of threads.
/// * Rows are of unit length, except where the model gives a vector without length or one that is not
///   finite; such a row is returned as it is, and whoever compares it rejects the pair.
pub trait Embedder: Send + Sync {
    /// Embeds texts.
    ///
    /// # Errors
    /// The model or the cache failed.
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError>;

    /// The same until a point in time. An embedder that can, stops between two of its batches and leaves out the texts
    /// that it did not reach; the default knows no time and reaches all.
    ///
    /// # Errors
    /// The model or the cache failed. A text that was not reached is not an error.
    fn embed_until(&self, texts: &[&str], _deadline: Instant) -> Result<Reached, EmbedError> {
        self.embed(texts).map(Reached::from)
    }

    /// Loads what the first text would otherwise wait for.
    ///
    /// # Errors
    /// The model can't be loaded.
    fn warm_up(&self) -> Result<(), EmbedError> {
        self.embed(&["warm-up"]).map(drop)
    }

    /// Numbers in a vector.
    fn width(&self) -> usize;

    /// The same where it is known without loading a model; `None` where only a text would show it.
    fn known_width(&self) -> Option<usize> {
        Some(self.width())
    }

    /// Tokens of a text that the model reads.
    fn max_tokens(&self) -> usize;

    /// Name and digest of the model.
    fn model(&self) -> &ModelIdentity;
}

impl<E: Embedder + ?Sized> Embedder for std::sync::Arc<E> {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        (**self).embed(texts)
    }
    fn embed_until(&self, texts: &[&str], deadline: Instant) -> Result<Reached, EmbedError> {
        (**self).embed_until(texts, deadline)
    }
    fn warm_up(&self) -> Result<(), EmbedError> {
        (**self).warm_up()
    }
    fn width(&self) -> usize {
        (**self).width()
    }
    fn known_width(&self) -> Option<usize> {
        (**self).known_width()
    }
    fn max_tokens(&self) -> usize {
        (**self).max_tokens()
    }
    fn model(&self) -> &ModelIdentity {
        (**self).model()
    }
}

/// Embeds texts, until a point in time where there is one, and holds the embedder to the shape that it promises. Whoever calls an
/// embedder that somebody else wrote calls it in this way: rows of another text would be taken for its own.
///
/// # Errors
/// As [`Embedder::embed`], and [`EmbedError::Shape`].
pub fn embed_checked(
    embedder: &(impl Embedder + ?Sized),
    texts: &[&str],
    deadline: Option<Instant>,
) -> Result<Reached, EmbedError> {
    if texts.is_empty() {
        return Ok(Reached::default());
    }
    let found = match deadline {
        None => embedder.embed(texts)?.into(),
        Some(deadline) => embedder.embed_until(texts, deadline)?,
    };
    let Reached { vectors, reached } = &found;
    let promised = embedder.known_width().unwrap_or(vectors.width());
    let rows = vectors.len().min(reached.len());
    if rows != texts.len() || vectors.len() != rows || vectors.width() != promised {
        return Err(EmbedError::Shape {
            rows,
            width: vectors.width(),
            texts: texts.len(),
            promised,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers in a shape of its own, whatever it promises.
    struct Shaped {
        rows: usize,
        width: usize,
        model: ModelIdentity,
    }

    impl Embedder for Shaped {
        fn embed(&self, _: &[&str]) -> Result<Vectors, EmbedError> {
            Ok(Vectors::zeros(self.rows, self.width))
        }
        fn width(&self) -> usize {
            3
        }
        fn max_tokens(&self) -> usize {
            9
        }
        fn model(&self) -> &ModelIdentity {
            &self.model
        }
    }

    #[test]
    fn an_embedder_keeps_to_the_shape_that_it_promises() {
        let asked = |rows, width, deadline| {
            let model = ModelIdentity {
                name: "shaped".to_owned(),
                digest: "none".to_owned(),
            };
            embed_checked(&Shaped { rows, width, model }, &["a", "b"], deadline)
        };
        for deadline in [None, Some(Instant::now())] {
            assert_eq!(asked(2, 3, deadline).unwrap().vectors.len(), 2);
            for (rows, width) in [(1, 3), (3, 3), (0, 3), (2, 2), (2, 4), (2, 0)] {
                let error = asked(rows, width, deadline).unwrap_err();
                assert!(matches!(error, EmbedError::Shape { .. }), "{error}");
                let said = format!("{rows} vectors of width {width} for 2 texts");
                assert!(error.to_string().contains(&said), "{error}");
            }
        }
        let model = ModelIdentity {
            name: "shaped".to_owned(),
            digest: "none".to_owned(),
        };
        let shaped = Shaped {
            rows: 7,
            width: 1,
            model,
        };
        assert!(
            embed_checked(&shaped, &[], None)
                .unwrap()
                .vectors
                .is_empty()
        );
    }
}
