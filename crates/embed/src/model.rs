//! A model on disk: a folder of files, each with a recorded digest.
//!
//! A model is always loaded from bytes that were digested first, so that a file that changed is an error
//! and a score's provenance names what really ran.

mod error;
mod loaded;
mod manifest;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use midband_core::ModelIdentity;

use crate::data_folder;

use loaded::TokenizerBytes;
pub(crate) use manifest::TOKENIZER;
use manifest::{GRAPH, whole_digest};

pub use error::ModelError;
pub use loaded::Model;
pub use manifest::{Manifest, Pooling};

/// The model used where none is named: small, quick, and the one that the default band and the default
/// map were made for.
pub const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2";

const MANIFEST: &str = "manifest.json";

/// Tokens read where neither a manifest nor the model's own files say: the length that BERT-like
/// encoders are trained for, and fastembed's own default.
const FALLBACK_MAX_TOKENS: usize = 512;

/// A folder that should hold a model.
#[derive(Clone, Debug)]
pub struct ModelFolder {
    name: String,
    path: PathBuf,
}

impl ModelFolder {
    /// The folder that the user named, else the one of that name in the data folder.
    ///
    /// # Errors
    /// There is no such folder.
    pub fn find(named: Option<&Path>, name: &str) -> Result<Self, ModelError> {
        let (name, path) = match named {
            Some(path) => {
                let own = path
                    .file_name()
                    .map_or(name.into(), |own| own.to_string_lossy());
                (own.into_owned(), path.to_path_buf())
            }
            None => (name.to_owned(), Self::home(name)?),
        };
        if path.is_dir() {
            Ok(Self { name, path })
        } else {
            Err(ModelError::NotOnDisk { name, dir: path })
        }
    }

    /// Where a model of that name stands in the data folder, whether it is there or not.
    ///
    /// # Errors
    /// No data folder is known.
    pub fn home(name: &str) -> Result<PathBuf, ModelError> {
        let folder = data_folder().ok_or(ModelError::NoDataFolder)?;
        Ok(folder.join("models").join(name))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads and digests every file. With `allow_batch_dependent`, a dynamically quantised model passes.
    ///
    /// # Errors
    /// A file is missing, changed or malformed, or the model's vectors depend on the batch.
    pub fn read(&self, allow_batch_dependent: bool) -> Result<Model, ModelError> {
        let manifest = self.manifest()?;
        let graph = self.file(GRAPH, manifest.as_ref())?;
        let [tokenizer, config, special, tokenizer_config] =
            TOKENIZER.map(|name| self.file(name, manifest.as_ref()));
        let files = [graph, tokenizer?, config?, special?, tokenizer_config?];
        let dynamic = is_dynamically_quantised(&files[0].bytes);
        let name = manifest
            .as_ref()
            .map_or(&self.name, |manifest| &manifest.name)
            .clone();
        if dynamic && !allow_batch_dependent {
            return Err(ModelError::BatchDependent { name });
        }
        let (pooling, max_tokens) = match &manifest {
            Some(manifest) => (manifest.pooling, manifest.max_tokens),
            None => (self.own_pooling(), self.own_max_tokens()),
        };
        let digests = files.each_ref().map(|file| file.digest.as_str());
        let digest = whole_digest(digests, pooling, max_tokens);
        let [graph, tokenizer, config, special, tokenizer_config] = files.map(|file| file.bytes);
        Ok(Model {
            identity: ModelIdentity { name, digest },
            max_tokens,
            pooling,
            dynamic,
            graph,
            tokenizer: TokenizerBytes {
                tokenizer,
                config,
                special,
                settings: tokenizer_config,
            },
        })
    }

    /// Records the digests of the files as they are now, in `manifest.json`.
    ///
    /// # Errors
    /// A file is missing, or the manifest can't be written.
    pub fn record(&self, source: &str, pooling: Option<Pooling>) -> Result<Manifest, ModelError> {
        let mut files = BTreeMap::new();
        for name in [GRAPH].iter().chain(&TOKENIZER) {
            files.insert((*name).to_owned(), self.file(name, None)?.digest);
        }
        let manifest = Manifest {
            version: 1,
            name: self.name.clone(),
            source: source.to_owned(),
            pooling: pooling.unwrap_or_else(|| self.own_pooling()),
            max_tokens: self.own_max_tokens(),
            files,
        };
        self.write_manifest(&manifest)?;
        Ok(manifest)
    }

    pub(crate) fn write_manifest(&self, manifest: &Manifest) -> Result<(), ModelError> {
        let path = self.path.join(MANIFEST);
        let text =
            serde_json::to_string_pretty(manifest).map_err(|error| ModelError::Malformed {
                path: path.clone(),
                why: error.to_string(),
            })?;
        fs::write(&path, text + "\n").map_err(|source| ModelError::Unreadable { path, source })
    }

    pub(crate) fn manifest(&self) -> Result<Option<Manifest>, ModelError> {
        let path = self.path.join(MANIFEST);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ModelError::Unreadable { path, source }),
        };
        let manifest: Manifest =
            serde_json::from_str(&text).map_err(|error| ModelError::Malformed {
                path: path.clone(),
                why: error.to_string(),
            })?;
        match manifest.version {
            1 => Ok(Some(manifest)),
            other => Err(ModelError::Malformed {
                path,
                why: format!("version {other} is not known; this midband reads version 1"),
            }),
        }
    }

    pub(crate) fn file(
        &self,
        name: &str,
        manifest: Option<&Manifest>,
    ) -> Result<Digested, ModelError> {
        let path = self.path.join(name);
        let bytes = fs::read(&path).map_err(|source| ModelError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let digest = format!("blake3:{}", blake3::hash(&bytes).to_hex());
        match manifest.and_then(|manifest| manifest.files.get(name)) {
            Some(recorded) if *recorded != digest => Err(ModelError::Changed {
                path,
                recorded: recorded.clone(),
                found: digest,
            }),
            _ => Ok(Digested { bytes, digest }),
        }
    }

    /// A number or flag from one of the model's own JSON files, where it is there.
    fn own_value(&self, file: &str, key: &str) -> Option<serde_json::Value> {
        let text = fs::read_to_string(self.path.join(file)).ok()?;
        serde_json::from_str::<serde_json::Value>(&text)
            .ok()?
            .get(key)
            .cloned()
    }

    /// As sentence-transformers writes it; the mean where it does not say.
    fn own_pooling(&self) -> Pooling {
        match self.own_value("1_Pooling/config.json", "pooling_mode_cls_token") {
            Some(serde_json::Value::Bool(true)) => Pooling::Cls,
            _ => Pooling::Mean,
        }
    }

    fn own_max_tokens(&self) -> usize {
        self.own_value("sentence_bert_config.json", "max_seq_length")
            .and_then(|value| usize::try_from(value.as_u64()?).ok())
            .unwrap_or(FALLBACK_MAX_TOKENS)
    }
}

pub(crate) struct Digested {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: String,
}

/// True where the graph has an operator that fits its range to the batch (`DynamicQuantizeLinear`,
/// `DynamicQuantizeMatMul`, `DynamicQuantizeLSTM`). Operator names stand as plain text in the file, so
/// this holds for any model, whatever its name says.
fn is_dynamically_quantised(graph: &[u8]) -> bool {
    memchr::memmem::find(graph, b"DynamicQuantize").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with_a_model(graph: &[u8]) -> (tempfile::TempDir, ModelFolder) {
        let dir = tempfile::tempdir().unwrap();
        for name in TOKENIZER {
            fs::write(dir.path().join(name), b"{}").unwrap();
        }
        fs::write(dir.path().join(GRAPH), graph).unwrap();
        let folder = ModelFolder::find(Some(dir.path()), "x").unwrap();
        (dir, folder)
    }

    #[test]
    fn a_changed_file_is_an_error_that_names_it() {
        let (dir, folder) = folder_with_a_model(b"graph");
        folder.record("a test", None).unwrap();
        assert!(folder.read(false).is_ok());
        fs::write(dir.path().join(GRAPH), b"another graph").unwrap();
        let Err(error) = folder.read(false) else {
            panic!("a changed file was read")
        };
        assert!(matches!(error, ModelError::Changed { .. }));
        assert!(error.to_string().contains(GRAPH), "{error}");
    }

    #[test]
    fn dynamic_quantisation_is_refused_unless_allowed() {
        let (_dir, folder) = folder_with_a_model(b"xxDynDynamicQuantizeLinearxx");
        let Err(error) = folder.read(false) else {
            panic!("a batch-dependent model was read")
        };
        assert!(matches!(error, ModelError::BatchDependent { .. }));
        assert!(folder.read(true).is_ok());
    }

    #[test]
    fn the_digest_follows_every_file_and_setting() {
        let digest = |graph: &[u8]| {
            folder_with_a_model(graph)
                .1
                .read(false)
                .unwrap()
                .identity()
                .digest
                .clone()
        };
        assert_eq!(digest(b"one"), digest(b"one"));
        assert_ne!(digest(b"one"), digest(b"two"));
        let (_dir, folder) = folder_with_a_model(b"one");
        let short = folder.read(false).unwrap().with_max_tokens(64);
        assert_ne!(short.identity().digest, digest(b"one"));
    }

    #[test]
    fn a_missing_model_is_said_with_its_place() {
        let Err(error) = ModelFolder::find(Some(Path::new("/no/such/folder")), "m") else {
            panic!("found a folder that is not there")
        };
        assert!(matches!(error, ModelError::NotOnDisk { .. }));
        assert!(error.to_string().contains("/no/such/folder"), "{error}");
    }
}
