//! A transformer's knowledge of single words as a table: static embeddings by distillation, as in model2vec (Tulkens and
//! van Dongen, 2024).
//!
//! Each entry of the vocabulary goes through the model by itself, between the model's own beginning and end. The vectors are
//! centred and turned onto their principal components, of which the first ones are kept.

use std::sync::{Arc, atomic::AtomicBool};

use midband_core::{EmbedError, Embedder, ModelIdentity};
use ndarray::{Array1, Array2, Axis};
use tokenizers::Tokenizer;

use crate::{
    components::leading,
    model::Model,
    onnx::{OnnxEmbedder, OnnxOptions},
    static_table::StaticTable,
};

/// Numbers in a static vector. By mean AUROC on the shared sets (docs/performance.md) 128 loses .01 against 256, and 384 wins
/// .002 for half as much again of time and memory.
pub const STATIC_WIDTH: usize = 256;

/// Entries that go through the model between two reports of progress.
const CHUNK: usize = 1_024;

/// Distils a table of [`STATIC_WIDTH`] numbers an entry, or of the model's width where that is less. The same model gives
/// the same table on the same machine. Needs [`crate::onnx_runtime`] first; `progress` is told the entries done and all; it ends
/// once `stop` is set.
///
/// # Errors
/// The tokeniser has no vocabulary that can be listed, the model fails, or it was stopped.
pub fn distil(
    model: &Model,
    options: OnnxOptions,
    stop: &Arc<AtomicBool>,
    progress: impl Fn(usize, usize),
) -> Result<StaticTable, EmbedError> {
    let identity = model.identity().clone();
    let Vocabulary {
        entries,
        special,
        tokenizer,
    } = Vocabulary::of(model.tokenizer_json())
        .map_err(|why| EmbedError::Model(format!("its vocabulary can't be read: {why}")))?;
    let embedder =
        OnnxEmbedder::new(model.with_tokenizer(tokenizer), options).with_stop(stop.clone());
    let mut vectors = Array2::<f64>::zeros((entries.len(), embedder.width()));
    for (at, part) in entries.chunks(CHUNK).enumerate() {
        progress(at * CHUNK, entries.len());
        let texts: Vec<&str> = part.iter().map(String::as_str).collect();
        let embedded = embedder.embed(&texts)?;
        let rows = vectors.rows_mut().into_iter().skip(at * CHUNK);
        for (mut row, at) in rows.zip(0..embedded.len()) {
            if let Some(embedding) = embedded.get(at) {
                row.assign(&Array1::from_iter(
                    embedding.vector.iter().map(|&x| f64::from(x)),
                ));
            }
        }
    }
    progress(entries.len(), entries.len());
    Ok(reduced(vectors, STATIC_WIDTH, &special, identity))
}

/// The table of the first principal components.
fn reduced(
    mut vectors: Array2<f64>,
    width: usize,
    special: &[bool],
    model: ModelIdentity,
) -> StaticTable {
    if let Some(mean) = vectors.mean_axis(Axis(0)) {
        vectors -= &mean;
    }
    let products = vectors.t().dot(&vectors);
    let components = leading(&products, width);
    let turned = vectors.dot(&components);
    let is_special = |entry: usize| special.get(entry).copied().unwrap_or(false);
    StaticTable::rounded(&turned, is_special, model)
}

/// A model's vocabulary, and a tokeniser that takes each entry of it for one token.
struct Vocabulary {
    /// By their numbers; an empty text where a number has no entry.
    entries: Vec<String>,
    /// True for what stands for no text, such as padding or an unknown word.
    special: Vec<bool>,
    tokenizer: Vec<u8>,
}

impl Vocabulary {
    fn of(json: &[u8]) -> Result<Self, String> {
        let tokenizer = Tokenizer::from_bytes(json).map_err(|error| error.to_string())?;
        let words = tokenizer.get_vocab(true);
        let last = words.values().max().ok_or("it is empty")?;
        let mut entries = vec![String::new(); *last as usize + 1];
        for (word, &number) in &words {
            entries[number as usize].clone_from(word);
        }
        let mut special = vec![false; entries.len()];
        for (number, added) in tokenizer.get_added_tokens_decoder() {
            if let Some(mark) = special.get_mut(number as usize) {
                *mark = added.special;
            }
        }
        let mut file: serde_json::Value =
            serde_json::from_slice(json).map_err(|error| error.to_string())?;
        // Any entry will do: every text that is asked about is one.
        let unknown = entries.iter().find(|entry| !entry.is_empty());
        let plain: serde_json::Map<String, serde_json::Value> = words
            .iter()
            .map(|(word, number)| (word.clone(), (*number).into()))
            .collect();
        file["model"] =
            serde_json::json!({"type": "WordLevel", "vocab": plain, "unk_token": unknown});
        file["normalizer"] = serde_json::Value::Null;
        file["pre_tokenizer"] = serde_json::Value::Null;
        Ok(Self {
            special,
            entries,
            tokenizer: serde_json::to_vec(&file).map_err(|error| error.to_string())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A WordPiece tokeniser in the form of its file.
    const TOKENIZER: &str = r###"{"version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [{"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
        "normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                  "vocab": {"[UNK]": 0, "heart": 1, "##s": 2, "a b": 3}}}"###;

    #[test]
    fn every_entry_is_one_token_even_the_inside_of_a_word() {
        let vocabulary = Vocabulary::of(TOKENIZER.as_bytes()).unwrap();
        assert_eq!(vocabulary.entries, ["[UNK]", "heart", "##s", "a b"]);
        assert_eq!(vocabulary.special, [true, false, false, false]);
        let tokenizer = Tokenizer::from_bytes(&vocabulary.tokenizer).unwrap();
        for (number, entry) in vocabulary.entries.iter().enumerate() {
            let tokens = tokenizer.encode_fast(entry.as_str(), false).unwrap();
            assert_eq!(tokens.get_ids(), [number as u32], "{entry}");
        }
    }

    #[test]
    fn the_first_components_keep_what_varies_most() {
        // Two numbers vary together, a third one hardly.
        let vectors = Array2::from_shape_fn((50, 3), |(i, j)| {
            let x = (i as f64 * 0.7).sin();
            [x, x * 2.0, 0.001 * (i % 3) as f64][j]
        });
        let model = ModelIdentity {
            name: "of a test".into(),
            digest: "none".into(),
        };
        let table = reduced(vectors.clone(), 1, &[], model);
        assert_eq!(table.width(), 1);
        let value = |entry: usize| f64::from(table.row(entry)[0]) * f64::from(table.scales[entry]);
        let length = |i: usize| (vectors[[i, 0]] - vectors.column(0).mean().unwrap()) * 5f64.sqrt();
        let sign = value(3).signum() * length(3).signum();
        for entry in 0..50 {
            assert!((value(entry) * sign - length(entry)).abs() < 0.01);
        }
    }
}
