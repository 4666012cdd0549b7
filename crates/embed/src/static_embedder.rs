//! Static embeddings: a text is the weighted mean of its tokens' vectors. Microseconds a text, and no ONNX Runtime.

use std::{borrow::Borrow, num::NonZero, sync::Arc, thread};

use midband_core::{EmbedError, Embedder, ModelIdentity, Vectors};
use ndarray::{Array1, Array2, ArrayView1};

use crate::{
    components::leading,
    model::{ModelError, ModelFolder},
    static_table::StaticTable,
    tokens::{Reader, Tokens},
};

/// The constant `a` of smooth inverse frequency, `a / (a + p)`, where tokens were counted (Arora, Liang and Ma, ICLR 2017).
/// By mean AUROC on the shared sets 3e-4 is as good and 3e-3 worse (docs/performance.md).
const SMOOTH: f64 = 1e-3;

/// Directions in which the counted texts vary most and that are taken out of a vector, as their mean is (all but the top: Mu
/// and Viswanath, ICLR 2018). Mean AUROC on twelve shared sets: .882 with 5, 8 and 12, .881 with 20; F1 of `match` is best on
/// most sets with 12 and 20.
const COMMON: usize = 12;

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

/// What the texts that were counted have in common.
struct Shared {
    /// Weight of each entry, without the row's scale.
    weights: Vec<f32>,
    /// Mean of their tokens.
    mean: Vec<f32>,
    /// Unit vectors along which their tokens vary most.
    directions: Vec<Vec<f32>>,
}

impl Shared {
    /// Of tokens that were seen so many times each, with a weight each.
    fn of(table: &StaticTable, counts: &[u64], weights: &[f64]) -> Option<Self> {
        let seen: Vec<usize> = (0..counts.len())
            .filter(|&entry| counts[entry] > 0 && weights[entry] > 0.0)
            .collect();
        let times: Vec<f64> = seen
            .iter()
            .map(|&entry| counts[entry] as f64 * weights[entry])
            .collect();
        let sum: f64 = times.iter().sum();
        if sum <= 0.0 {
            return None;
        }
        let mut rows = Array2::from_shape_fn((seen.len(), table.width), |(at, column)| {
            let entry = seen[at];
            f64::from(table.scales[entry]) * f64::from(table.row(entry)[column])
        });
        let mut mean = Array1::<f64>::zeros(table.width);
        for (row, times) in rows.rows().into_iter().zip(&times) {
            mean.scaled_add(times / sum, &row);
        }
        for (mut row, times) in rows.rows_mut().into_iter().zip(&times) {
            row -= &mean;
            row *= times.sqrt();
        }
        let directions = leading(&rows.t().dot(&rows), COMMON);
        let single = |values: ArrayView1<'_, f64>| values.iter().map(|&x| x as f32).collect();
        Some(Self {
            weights: weights.iter().map(|&weight| weight as f32).collect(),
            mean: single(mean.view()),
            directions: directions.columns().into_iter().map(single).collect(),
        })
    }

    /// Takes it out of the sum of tokens whose weights come to `taken`.
    fn take_out(&self, sum: &mut [f32], taken: f32) {
        sum.iter_mut()
            .zip(&self.mean)
            .for_each(|(x, mean)| *x -= taken * mean);
        for direction in &self.directions {
            let along: f32 = sum.iter().zip(direction).map(|(x, y)| x * y).sum();
            sum.iter_mut()
                .zip(direction)
                .for_each(|(x, y)| *x -= along * y);
        }
    }
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
mod tests {
    use std::collections::HashMap;

    use super::*;
    use proptest::prelude::*;

    const WORDS: [&str; 8] = [
        "[UNK]", "heart", "attack", "##s", "name", "knee", "pain", ":",
    ];

    /// A tokeniser as BERT's over a few words, and a vector for each: words of like meaning lie together.
    fn embedder() -> StaticEmbedder {
        let vocabulary: HashMap<&str, usize> =
            WORDS.iter().enumerate().map(|(n, w)| (*w, n)).collect();
        let json = serde_json::json!({
            "version": "1.0", "truncation": null, "padding": null, "decoder": null, "post_processor": null,
            "added_tokens": [{"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
            "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocabulary},
        });
        let vectors = Array2::from_shape_fn((WORDS.len(), 12), |(i, j)| {
            ((i * 7 + j * 3) as f64).sin() + if i < 3 && j == 0 { 3.0 } else { 0.0 }
        });
        let model = ModelIdentity {
            name: "of a test".into(),
            digest: "none".into(),
        };
        let table = StaticTable::rounded(&vectors, |entry| entry == 0, model);
        StaticEmbedder::new(table, json.to_string().as_bytes(), "none".into()).unwrap()
    }

    fn one(embedder: &StaticEmbedder, text: &str) -> Vec<f32> {
        embedder.embed(&[text]).unwrap().values().to_vec()
    }

    proptest! {
        #[test]
        fn a_vector_depends_on_its_text_alone_to_the_last_bit(
            texts in prop::collection::vec("(heart|attacks|Knee:pain|näme|zz| |\\t|\u{3000}|\u{301}){0,6}", 1..200),
            fitted: bool,
        ) {
            let mut embedder = embedder();
            if fitted {
                embedder = embedder.for_texts(&texts);
            }
            let all: Vec<&str> = texts.iter().map(String::as_str).collect();
            let vectors = embedder.embed(&all).unwrap();
            for (at, text) in all.iter().enumerate() {
                let found = vectors.get(at).unwrap();
                let alone = one(&embedder, text);
                prop_assert_eq!(found.vector, alone.as_slice());
                let length = found.vector.iter().map(|x| x * x).sum::<f32>().sqrt();
                prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-3, "{}", length);
            }
        }

        #[test]
        fn words_by_themselves_have_the_tokens_of_the_text(text in "(heart|attacks|Knee:pain|NÄME|zz| |\\n|\u{3000}|\u{301}|\\[UNK\\]){0,9}") {
            let embedder = embedder();
            let whole = embedder.tokens.encode(&text);
            let mut reader = embedder.tokens.reader();
            prop_assert_eq!(reader.read(&text), &*whole);
        }
    }

    #[test]
    fn texts_without_a_known_word_have_no_direction() {
        assert!(one(&embedder(), "zz [UNK]").iter().all(|&x| x == 0.0));
        assert!(one(&embedder(), "").iter().all(|&x| x == 0.0));
    }

    #[test]
    fn what_all_texts_share_tells_none_apart() {
        let cosine = |embedder: &StaticEmbedder, a: &str, b: &str| -> f32 {
            one(embedder, a)
                .iter()
                .zip(one(embedder, b))
                .map(|(x, y)| x * y)
                .sum()
        };
        let plain = embedder();
        let texts: Vec<String> = ["heart", "attack", "knee", "pain"]
            .iter()
            .cycle()
            .take(40)
            .map(|word| format!("name: name: {word}"))
            .collect();
        let fitted = plain.for_texts(&texts);
        let (a, b) = ("name: name: heart", "name: name: knee");
        assert!(cosine(&plain, a, b) > cosine(&fitted, a, b) + 0.3);
        assert_ne!(plain.model().digest, fitted.model().digest);
        assert_eq!(
            fitted.model().digest,
            plain.for_texts(&texts).model().digest
        );
    }
}
