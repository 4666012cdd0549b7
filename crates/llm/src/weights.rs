//! Weights of language models in a folder of ours: GGUF files from a model hub, each with a record of what it was when it
//! came.
//!
//! A hub names a file and not its bytes, so the digest is taken at the first fetch; from then on a file that has changed is
//! refused. No digest is known beforehand, and none is invented.

mod error;
mod hub;
mod source;

use std::{fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use self::{
    error::WeightsError,
    hub::Hub,
    source::{Terms, WeightsSource},
};
use self::{error::disk, hub::shown_digest, source::ENDING};
use crate::PullProgress;

/// The hub that is asked where no other is named.
pub const HUB: &str = "https://huggingface.co";

/// Weights that were fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Name: the file's, without its ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What it was when it came.
    pub record: WeightsRecord,
}

/// What was noted at the first fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsRecord {
    /// Version of this form; 1.
    pub version: u32,
    /// Where it came from.
    pub source: String,
    /// The licence that was accepted, in the hub's short word; empty where it named none.
    pub licence: String,
    /// Bytes.
    pub bytes: u64,
    /// `blake3:<hex>`.
    pub digest: String,
}

/// The folder with all weights that were fetched.
#[derive(Clone, Debug)]
pub struct WeightsFolder(PathBuf);

impl WeightsFolder {
    /// The folder, which need not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// All that are here, by name.
    ///
    /// # Errors
    /// The folder or a record can't be read.
    pub fn list(&self) -> Result<Vec<Weights>, WeightsError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(disk(&self.0)(source)),
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(disk(&self.0))?.path();
            let Some(name) = path
                .file_name()
                .and_then(|name| name.to_str()?.strip_suffix(ENDING))
            else {
                continue;
            };
            if !name.starts_with('.') {
                all.push(Weights {
                    name: name.to_owned(),
                    record: self.record(name)?,
                    path: path.clone(),
                });
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// The one of that name, or the only one where no name is given; its digest is compared with the recorded one, which
    /// reads the whole file.
    ///
    /// # Errors
    /// It is not here, or not what was fetched.
    pub fn find(&self, name: Option<&str>) -> Result<Weights, WeightsError> {
        let all = self.list()?;
        let names: Vec<&str> = all.iter().map(|weights| weights.name.as_str()).collect();
        let names = names.join(", ");
        let found = match (name, &all[..]) {
            (_, []) => return Err(WeightsError::Empty(self.0.clone())),
            (None, [only]) => only,
            (None, _) => return Err(WeightsError::Several(names)),
            (Some(name), all) => {
                let wanted = name.strip_suffix(ENDING).unwrap_or(name);
                all.iter()
                    .find(|weights| weights.name.eq_ignore_ascii_case(wanted))
                    .ok_or_else(|| WeightsError::Unknown {
                        name: name.to_owned(),
                        here: format!("here are {names}"),
                    })?
            }
        };
        found.verify()?;
        Ok(found.clone())
    }

    fn record_path(&self, name: &str) -> PathBuf {
        self.0.join(format!("{name}.json"))
    }

    fn record(&self, name: &str) -> Result<WeightsRecord, WeightsError> {
        let path = self.record_path(name);
        let text = fs::read(&path).map_err(disk(&path))?;
        serde_json::from_slice(&text).map_err(|error| disk(&path)(error.into()))
    }

    /// Fetches a file and records its digest; one that is here already is only compared with its record.
    ///
    /// # Errors
    /// The hub does not give it, the disk does not take it, or what is here has changed.
    pub async fn fetch(
        &self,
        hub: &Hub,
        source: &WeightsSource,
        terms: &Terms,
        progress: &PullProgress<'_>,
    ) -> Result<Weights, WeightsError> {
        let file = source.file_name();
        let name = file.strip_suffix(ENDING).unwrap_or(file).to_owned();
        let path = self.0.join(file);
        if path.exists() && self.record_path(&name).exists() {
            return self.find(Some(&name));
        }
        fs::create_dir_all(&self.0).map_err(disk(&self.0))?;
        let beside = self.0.join(format!(".{file}.part"));
        let (bytes, digest) = hub.download(source, &beside, progress).await?;
        let record = WeightsRecord {
            version: 1,
            source: format!("{} {}", hub.shown(), source.words()),
            licence: terms.licence.clone().unwrap_or_default(),
            bytes,
            digest,
        };
        let text = serde_json::to_vec_pretty(&record).unwrap_or_default();
        let recorded = self.record_path(&name);
        fs::write(&recorded, text).map_err(disk(&recorded))?;
        fs::rename(&beside, &path).map_err(disk(&path))?;
        Ok(Weights { name, path, record })
    }
}

impl Weights {
    /// Reads the whole file and compares it with its record.
    ///
    /// # Errors
    /// It has changed or can't be read.
    pub fn verify(&self) -> Result<(), WeightsError> {
        let mut hasher = blake3::Hasher::new();
        let file = fs::File::open(&self.path).map_err(disk(&self.path))?;
        hasher.update_reader(file).map_err(disk(&self.path))?;
        let found = shown_digest(&hasher);
        if found == self.record.digest {
            return Ok(());
        }
        Err(WeightsError::Changed {
            path: self.path.clone(),
            recorded: self.record.digest.clone(),
            found,
        })
    }
}
