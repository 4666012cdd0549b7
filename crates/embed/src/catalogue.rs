//! The embedding models that fastembed knows by name, and how to get one.
//!
//! `fetch` is the only code of midband's that may use the network for a model.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fastembed::{EmbeddingModel, QuantizationMode, TextEmbedding, TextInitOptions};

use crate::model::{DEFAULT_MODEL, ModelError, ModelFolder, Pooling};

/// A model that can be fetched.
#[derive(Clone, Debug)]
pub struct CatalogueEntry {
    /// Name in midband: the last part of the repository's.
    pub name: String,
    /// Repository on the hub.
    pub repository: String,
    /// Numbers in a vector.
    pub width: usize,
    /// In a few words.
    pub description: String,
    /// False where a text's vector depends on the texts beside it.
    pub batch_safe: bool,
    model: EmbeddingModel,
    graph: String,
}

/// All models, by name. Models that keep weights outside of the ONNX file are left out: they can't be
/// loaded from digested bytes.
pub fn catalogue() -> Vec<CatalogueEntry> {
    let mut entries: Vec<CatalogueEntry> = TextEmbedding::list_supported_models()
        .into_iter()
        .filter(|info| info.additional_files.is_empty() && info.model != EmbeddingModel::ClipVitB32)
        .map(|info| {
            let quantised = TextEmbedding::get_quantization_mode(&info.model);
            CatalogueEntry {
                name: own_name(&info.model, &info.model_code, &info.model_file),
                repository: info.model_code,
                width: info.dim,
                description: info.description,
                batch_safe: quantised != QuantizationMode::Dynamic,
                graph: info.model_file,
                model: info.model,
            }
        })
        .collect();
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries
}

fn own_name(model: &EmbeddingModel, repository: &str, graph: &str) -> String {
    if *model == EmbeddingModel::AllMiniLML6V2 {
        return DEFAULT_MODEL.to_owned();
    }
    let last = repository.rsplit('/').next().unwrap_or(repository);
    let variant = graph
        .rsplit('/')
        .next()
        .unwrap_or(graph)
        .trim_end_matches(".onnx");
    match variant {
        "model" | "model_optimized" => last.to_owned(),
        other => format!("{last}-{}", other.trim_start_matches("model_")),
    }
}

fn entry(name: &str) -> Result<CatalogueEntry, ModelError> {
    catalogue()
        .into_iter()
        .find(|entry| {
            entry.name.eq_ignore_ascii_case(name) || entry.repository.eq_ignore_ascii_case(name)
        })
        .ok_or_else(|| ModelError::Unknown {
            name: name.to_owned(),
        })
}

/// Fetches a model from the hub into the data folder and records its digests. Needs
/// [`crate::onnx_runtime`] first. `HF_ENDPOINT` names another hub.
///
/// # Errors
/// The name is not in the catalogue, the hub can't be reached, or the folder can't be written.
pub fn fetch(name: &str) -> Result<ModelFolder, ModelError> {
    let entry = entry(name)?;
    let failed = |why: String| ModelError::Fetch {
        name: entry.name.clone(),
        why,
    };
    let home = ModelFolder::home(&entry.name)?;
    let hub = home.with_file_name(format!(".{}.hub", entry.name));
    let options = TextInitOptions::new(entry.model.clone())
        .with_cache_dir(hub.clone())
        .with_show_download_progress(false);
    TextEmbedding::try_new(options).map_err(|error| failed(in_full(&error)))?;
    let snapshot = snapshot(&entry, &hub)
        .ok_or_else(|| failed("the hub's files are not where they should be".into()))?;
    let unwritable = |path: &PathBuf| {
        let path = path.clone();
        move |source| ModelError::Unreadable { path, source }
    };
    fs::create_dir_all(&home).map_err(unwritable(&home))?;
    let files = [
        "tokenizer.json",
        "config.json",
        "special_tokens_map.json",
        "tokenizer_config.json",
    ];
    for (from, to) in files
        .iter()
        .map(|file| (*file, *file))
        .chain([(entry.graph.as_str(), "model.onnx")])
    {
        let to = home.join(to);
        fs::copy(snapshot.join(from), &to).map_err(unwritable(&to))?;
    }
    // The copies are what is used; the hub's own layout is not kept twice.
    fs::remove_dir_all(&hub).map_err(unwritable(&hub))?;
    let folder = ModelFolder::find(None, &entry.name)?;
    let pooling = match TextEmbedding::get_default_pooling_method(&entry.model) {
        Some(fastembed::Pooling::Cls) => Pooling::Cls,
        _ => Pooling::Mean,
    };
    folder.record(&format!("hub {}", entry.repository), Some(pooling))?;
    Ok(folder)
}

/// The one revision in the hub's layout: `models--OWNER--NAME/snapshots/REVISION`. `HF_HOME` overrides
/// the folder that fastembed is given.
fn snapshot(entry: &CatalogueEntry, hub: &Path) -> Option<PathBuf> {
    let base = std::env::var_os("HF_HOME").map_or_else(|| hub.to_path_buf(), PathBuf::from);
    let snapshots = base
        .join(format!("models--{}", entry.repository.replace('/', "--")))
        .join("snapshots");
    let mut revisions: Vec<PathBuf> = fs::read_dir(snapshots)
        .ok()?
        .filter_map(|e| Some(e.ok()?.path()))
        .collect();
    revisions.sort();
    revisions.pop()
}

/// An error with its causes, on one line.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_the_default_is_among_them() {
        let entries = catalogue();
        let names: HashSet<String> = entries
            .iter()
            .map(|entry| entry.name.to_lowercase())
            .collect();
        assert_eq!(
            names.len(),
            entries.len(),
            "{:?}",
            entries.iter().map(|e| &e.name).collect::<Vec<_>>()
        );
        assert!(entry(DEFAULT_MODEL).is_ok_and(|entry| entry.batch_safe && entry.width == 384));
    }

    #[test]
    fn dynamically_quantised_models_are_marked() {
        let marked: Vec<String> = catalogue()
            .into_iter()
            .filter(|e| !e.batch_safe)
            .map(|e| e.name)
            .collect();
        assert!(
            marked.iter().any(|name| name.contains("quantized")),
            "{marked:?}"
        );
    }

    #[test]
    fn an_unknown_name_is_said() {
        let Err(error) = entry("no-such-model") else {
            panic!("found a model that is not there")
        };
        assert!(error.to_string().contains("no-such-model"), "{error}");
    }
}
