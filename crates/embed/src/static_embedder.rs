//! Static embeddings: a text is the weighted mean of its tokens' vectors. Microseconds a text, and no ONNX Runtime.

mod shared;

use std::{borrow::Borrow, num::NonZero, sync::Arc, thread};

use midband_core::{EmbedError, Embedder, ModelIdentity, Vectors};

use crate::{
    model::{ModelError, ModelFolder},
    static_table::StaticTable,
    tokens::{Reader, Tokens},
};

use shared::Shared;

/// The constant `a` of smooth inverse frequency, `a / (a + p)`, where tokens were counted (Arora, Liang and Ma, ICLR 2017).
/// By mean AUROC on the shared sets 3e-4 is as good and 3e-3 worse (docs/performance.md).
const SMOOTH: f64 = 1e-3;

/// Length, for a weight of 1, below which a sum of tokens has no direction: rows have a length of about .5.
const LEAST: f32 = 1e-5;

/// Texts from which on another thread pays: about a millisecond's worth.
const FEW_TEXTS: usize = 64;

/// Embeds texts by a distilled table alone; see [`crate::distil`].
///
/// A text is read to its end, however long. The same text has the same vector, to the last bit, whatever stands beside it.
pub struct StaticEmbedder {
    identity: ModelIdentity,
    tokens: Arc<Tokens>,
    table: Arc<StaticTable>,
    /// What each row's numbers are multiplied by.
    weights: Vec<f32>,
    /// What all texts of a collection share, where one was counted.
    shared: Option<Shared>,
}

impl StaticEmbedder {
    /// Opens the table of a model's folder. Reads neither the model nor the runtime library.
    ///
    /// # Errors
    /// The model was not distilled, or a file is missing, malformed or not the one that was recorded.
    pub fn open(folder: &ModelFolder) -> Result<Self, ModelError> {
        let (table, tokenizer, digest) = folder.static_files()?;
        Self::new(table, &tokenizer, digest).map_err(|why| ModelError::Malformed {
            path: folder.path().to_path_buf(),
            why,
        })
    }

    /// An embedder over a table, the JSON of the model's tokeniser and the digest of both.
    fn new(table: StaticTable, tokenizer: &[u8], digest: String) -> Result<Self, String> {
        Ok(Self {
            identity: ModelIdentity {
                name: format!("{} (static)", table.model.name),
                digest,
            },
            tokens: Arc::new(Tokens::of(tokenizer)?),
            weights: table.weights.clone(),
            table: Arc::new(table),
            shared: None,
        })
    }

    /// The same for a collection of texts: tokens weigh by how rare they are in it, and what all of
    /// its texts share (field names, a shop's phrases) is taken out: their mean, and the directions in which they vary most. Its identity differs with the
    /// counts.
    #[must_use]
    pub fn for_texts<T: Borrow<str> + Sync>(&self, texts: &[T]) -> Self {
        let entries = self.table.len();
        let counted = on_all_cores(texts, |part| {
            let mut counts = vec![0u64; entries];
            let mut reader = self.tokens.reader();
            for text in part {
                for &token in reader.read(text.borrow()) {
                    if let Some(count) = counts.get_mut(token as usize) {
                        *count += 1;
                    }
                }
            }
            vec![counts]
        });
        let mut counts = vec![0u64; entries];
        for part in counted {
            counts
                .iter_mut()
                .zip(part)
                .for_each(|(all, own)| *all += own);
        }
        let all = counts.iter().sum::<u64>().max(1) as f64;
        let mut seen = blake3::Hasher::new();
        counts.iter().for_each(|count| {
            seen.update(&count.to_le_bytes());
        });
        // What weighs nothing at first stands for no text.
        let rarity = |entry: usize| {
            let share = counts[entry] as f64 / all;
            if self.table.weights[entry] > 0.0 {
                SMOOTH / (SMOOTH + share)
            } else {
                0.0
            }
        };
        let weights: Vec<f64> = (0..entries).map(rarity).collect();
        let scales = self.table.scales.iter();
        Self {
            identity: ModelIdentity {
                name: self.identity.name.clone(),
                digest: digest_of(&[self.identity.digest.as_bytes(), seen.finalize().as_bytes()]),
            },
            tokens: self.tokens.clone(),
            table: self.table.clone(),
            weights: scales
                .zip(&weights)
                .map(|(scale, weight)| scale * *weight as f32)
                .collect(),
            shared: Shared::of(&self.table, &counts, &weights),
        }
    }

    /// Adds a text's tokens up. Of unit length, or zero where no token says anything.
    fn vector(&self, reader: &mut Reader<'_>, text: &str, out: &mut [f32]) {
        let mut taken = 0.0;
        for &token in reader.read(text) {
            let entry = token as usize;
            let weight = self.weights.get(entry).copied().unwrap_or(0.0);
            if weight > 0.0 {
                let row = self.table.row(entry);
                out.iter_mut()
                    .zip(row)
                    .for_each(|(sum, &x)| *sum += weight * f32::from(x));
                if let Some(shared) = &self.shared {
                    taken += shared.weights[entry];
                }
            }
        }
        if let Some(shared) = &self.shared {
            shared.take_out(out, taken);
        }
        let length = out.iter().map(|x| x * x).sum::<f32>().sqrt();
        // What is left of a text that says nothing of its own is rounding.
        if length > LEAST * taken.max(1.0) {
            out.iter_mut().for_each(|x| *x /= length);
        } else {
            out.fill(0.0);
        }
    }
}

impl Embedder for StaticEmbedder {
    fn embed(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let width = self.table.width;
        let rows = on_all_cores(texts, |part| {
            let mut reader = self.tokens.reader();
            let mut values = vec![0.0f32; part.len() * width];
            for (text, row) in part.iter().zip(values.chunks_exact_mut(width.max(1))) {
                self.vector(&mut reader, text, row);
            }
            values
        });
        let mut vectors = Vectors::zeros(texts.len(), width);
        for (at, row) in rows.chunks_exact(width.max(1)).enumerate() {
            vectors.set(at, row, false)?;
        }
        Ok(vectors)
    }

    fn width(&self) -> usize {
        self.table.width
    }

    /// No limit.
    fn max_tokens(&self) -> usize {
        usize::MAX
    }

    fn model(&self) -> &ModelIdentity {
        &self.identity
    }
}

pub(crate) fn digest_of(parts: &[&[u8]]) -> String {
    let mut all = blake3::Hasher::new();
    parts.iter().for_each(|part| {
        all.update(part);
    });
    format!("blake3:{}", all.finalize().to_hex())
}

/// What `work` makes of each part of the items, in order, a part a core.
fn on_all_cores<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> Vec<R> + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    if items.len() <= FEW_TEXTS || cores == 1 {
        return work(items);
    }
    let work = &work;
    thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(items.len().div_ceil(cores))
            .map(|part| scope.spawn(move || work(part)))
            .collect();
        let done = parts.into_iter().map(thread::ScopedJoinHandle::join);
        // A panic in a thread is a panic here.
        done.flat_map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests;
