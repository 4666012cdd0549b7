//! Texts → embeddings → cosines, on the CPU, without an async runtime.
//!
//! [`EmbeddingScorer`] is the whole crate for a backend that wants cosines and nothing else: it embeds
//! every distinct text once, rejects pairs that have no cosine, and says which texts were truncated.
//! Below it stands an [`Embedder`](midband_core::Embedder): [`OnnxEmbedder`] (fastembed on ONNX
//! Runtime), with [`CachedEmbedder`] around it where vectors should outlive the process; or [`StaticEmbedder`], which needs
//! no runtime library and microseconds a text, with a table that [`distil`] made of the model once.
//!
//! ```no_run
//! use midband_core::Pair;
//! use midband_embed::{EmbeddingScorer, ModelFolder, OnnxEmbedder, OnnxOptions, onnx_runtime};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! onnx_runtime(None)?;
//! let model = ModelFolder::find(None, "all-MiniLM-L6-v2")?.read(false)?;
//! let scorer = EmbeddingScorer::new(OnnxEmbedder::new(model, OnnxOptions::default()));
//! let pairs = [Pair::new("1", "heart attack", "myocardial infarction")];
//! for comparison in scorer.score(&pairs)? {
//!     println!("{:?}", comparison.cosine);
//! }
//! # Ok(()) }
//! ```

#[cfg(feature = "onnx")]
mod batches;
mod cache;
#[cfg(feature = "onnx")]
mod catalogue;
mod components;
#[cfg(feature = "onnx")]
mod distil;
mod domain_models;
mod folders;
mod model;
#[cfg(feature = "onnx")]
mod onnx;
#[cfg(feature = "onnx")]
mod pool;
#[cfg(any(test, feature = "onnx"))]
mod quantized_table;
mod recent_vectors;
#[cfg(feature = "onnx")]
mod runtime;
mod scorer;
#[cfg(feature = "onnx")]
mod sessions;
mod static_embedder;
mod static_files;
mod static_table;
mod tokens;

#[cfg(feature = "onnx")]
pub use batches::DEFAULT_BATCH_TOKENS;
pub use cache::{CacheError, CachedEmbedder, CachedEmbeddings};
#[cfg(feature = "onnx")]
pub use catalogue::{CatalogueEntry, catalogue, fetch};
#[cfg(feature = "onnx")]
pub use distil::{STATIC_WIDTH, distil};
pub use domain_models::{DOMAIN_MODELS, DomainModel};
pub use folders::data_folder;
pub use model::{DEFAULT_MODEL, Manifest, Model, ModelError, ModelFolder, Pooling};
#[cfg(feature = "onnx")]
pub use onnx::{OnnxEmbedder, OnnxOptions};
#[cfg(feature = "onnx")]
pub use runtime::{RuntimeError, host_package, onnx_runtime};
pub use scorer::{Comparison, EmbeddingScorer, NoCosine};
pub use static_embedder::StaticEmbedder;
pub use static_table::StaticTable;
