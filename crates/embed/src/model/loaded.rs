//! A model's bytes, ready to be loaded.

#[cfg(feature = "onnx")]
use fastembed::{QuantizationMode, TokenizerFiles, UserDefinedEmbeddingModel};
use midband_core::ModelIdentity;

use super::manifest::Pooling;

/// A model's bytes, digested, ready to be loaded.
#[cfg_attr(not(feature = "onnx"), expect(dead_code))]
pub struct Model {
    pub(crate) identity: ModelIdentity,
    pub(crate) max_tokens: usize,
    pub(crate) pooling: Pooling,
    pub(crate) dynamic: bool,
    pub(crate) graph: Vec<u8>,
    pub(crate) tokenizer: TokenizerBytes,
}

/// The tokeniser's files, in the order of [`super::manifest::TOKENIZER`].
#[derive(Clone)]
#[cfg_attr(not(feature = "onnx"), expect(dead_code))]
pub(crate) struct TokenizerBytes {
    pub(crate) tokenizer: Vec<u8>,
    pub(crate) config: Vec<u8>,
    pub(crate) special: Vec<u8>,
    pub(crate) settings: Vec<u8>,
}

impl Model {
    /// Name, and digest over all files and settings that shape a vector.
    pub fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    /// Tokens of a text that are read.
    pub fn max_tokens(&self) -> usize {
        self.max_tokens
    }

    /// Reads at most this many tokens of a text, two at least: its tokeniser sets a mark at either end. The digest changes
    /// with it.
    #[must_use]
    pub fn with_max_tokens(mut self, max_tokens: usize) -> Self {
        let max_tokens = max_tokens.max(2);
        if max_tokens != self.max_tokens {
            let marked = format!("{} {max_tokens}", self.identity.digest);
            self.identity.digest = format!("blake3:{}", blake3::hash(marked.as_bytes()).to_hex());
            self.max_tokens = max_tokens;
        }
        self
    }

    /// The JSON of the model's tokeniser.
    #[cfg(feature = "onnx")]
    pub(crate) fn tokenizer_json(&self) -> &[u8] {
        &self.tokenizer.tokenizer
    }

    /// The same network behind another tokeniser.
    #[cfg(feature = "onnx")]
    pub(crate) fn with_tokenizer(&self, json: Vec<u8>) -> Self {
        Self {
            identity: self.identity.clone(),
            graph: self.graph.clone(),
            tokenizer: TokenizerBytes {
                tokenizer: json,
                ..self.tokenizer.clone()
            },
            ..*self
        }
    }

    /// What fastembed loads. It takes the bytes by value, once a session.
    #[cfg(feature = "onnx")]
    pub(crate) fn for_fastembed(&self) -> UserDefinedEmbeddingModel {
        let quantization = if self.dynamic {
            QuantizationMode::Dynamic
        } else {
            QuantizationMode::None
        };
        let files = self.tokenizer.clone();
        let files = TokenizerFiles {
            tokenizer_file: files.tokenizer,
            config_file: files.config,
            special_tokens_map_file: files.special,
            tokenizer_config_file: files.settings,
        };
        UserDefinedEmbeddingModel::new(self.graph.clone(), files)
            .with_quantization(quantization)
            .with_pooling(match self.pooling {
                Pooling::Mean => fastembed::Pooling::Mean,
                Pooling::Cls => fastembed::Pooling::Cls,
            })
    }
}
