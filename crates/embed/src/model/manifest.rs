//! What a model folder says of itself, and the digest of all that shapes a vector.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The network itself.
pub(crate) const GRAPH: &str = "model.onnx";

/// What else fastembed needs, in the order of its `TokenizerFiles`.
pub(crate) const TOKENIZER: [&str; 4] = [
    "tokenizer.json",
    "config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
];

/// How a text's vector comes from its tokens' vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean over the tokens.
    #[default]
    Mean,
    /// The first token's.
    Cls,
}

/// What a model folder says of itself, in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this form; 1.
    pub version: u32,
    /// Name of the model.
    pub name: String,
    /// Where it came from, in words.
    pub source: String,
    /// How tokens become a text.
    pub pooling: Pooling,
    /// Tokens of a text that are read.
    pub max_tokens: usize,
    /// `blake3:<hex>` by file name.
    pub files: BTreeMap<String, String>,
}

impl Manifest {
    /// The digest that [`Model::identity`] has where the files are those that were recorded; `None` where one was not.
    pub(crate) fn model_digest(&self) -> Option<String> {
        let digest = |name: &str| self.files.get(name).map(String::as_str);
        let [a, b, c, d] = TOKENIZER;
        let files = [
            digest(GRAPH)?,
            digest(a)?,
            digest(b)?,
            digest(c)?,
            digest(d)?,
        ];
        Some(whole_digest(files, self.pooling, self.max_tokens))
    }
}

/// Over the files, the graph first, and the settings that shape a vector.
pub(crate) fn whole_digest(files: [&str; 5], pooling: Pooling, max_tokens: usize) -> String {
    let mut all = blake3::Hasher::new();
    for (name, digest) in [GRAPH].iter().chain(&TOKENIZER).zip(files) {
        all.update(name.as_bytes());
        all.update(digest.as_bytes());
    }
    all.update(format!("{pooling:?} {max_tokens}").as_bytes());
    format!("blake3:{}", all.finalize().to_hex())
}
