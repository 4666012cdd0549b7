//! Weights of language models in a folder of ours: GGUF files from a model hub, each with a record of what it was when it
//! came.
//!
//! A hub names a file and not its bytes, so the digest is taken at the first fetch; from then on a file that has changed is
//! refused. No digest is known beforehand, and none is invented.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Client, Response, Url};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::{ApiKey, PullProgress, wire::as_folder};

/// The hub that is asked where no other is named.
pub const HUB: &str = "https://huggingface.co";

/// Longest wait for a connection, and for what a hub says of a repository.
const QUICK: Duration = Duration::from_secs(30);
/// Longest silence during a download.
const SILENCE: Duration = Duration::from_secs(120);
/// The ending of the files.
const ENDING: &str = ".gguf";

/// Why weights can't be had or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The words are not `OWNER/REPOSITORY/FILE.gguf`.
    #[error("{0:?} names no weights: OWNER/REPOSITORY/FILE.gguf does")]
    NotASource(String),
    /// Nothing of that name was fetched.
    #[error("no judge is called {name:?}; {here}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What is there, in words.
        here: String,
    },
    /// Several are there, and none was named.
    #[error("several judges are here, and none is named: {0}")]
    Several(String),
    /// Nothing was fetched yet.
    #[error("no judge was fetched into {0} yet")]
    Empty(PathBuf),
    /// The file is not the one that was fetched.
    #[error("{path} has changed: recorded {recorded}, found {found}")]
    Changed {
        /// The file.
        path: PathBuf,
        /// Its digest when it was fetched.
        recorded: String,
        /// Its digest now.
        found: String,
    },
    /// The hub does not give it.
    #[error("{source_name} can't be fetched: {why}")]
    Fetch {
        /// What was asked for.
        source_name: String,
        /// What the hub or the network said.
        why: String,
    },
    /// The folder or a file in it can't be read or written.
    #[error("{path}: {source}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn disk(path: &Path) -> impl FnOnce(io::Error) -> WeightsError {
    let path = path.to_owned();
    move |source| WeightsError::Disk { path, source }
}

/// A file of a repository on a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeightsSource {
    repository: String,
    file: String,
}

impl WeightsSource {
    /// `OWNER/REPOSITORY/FILE.gguf`; the file may be in folders.
    ///
    /// # Errors
    /// The words are something else.
    pub fn parse(words: &str) -> Result<Self, WeightsError> {
        let wrong = || WeightsError::NotASource(words.to_owned());
        let plain = |part: &str| {
            let letters = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty() && part.chars().all(letters) && !part.starts_with('.')
        };
        let parts: Vec<&str> = words.split('/').collect();
        match &parts[..] {
            [owner, name, file @ ..]
                if !file.is_empty()
                    && parts.iter().all(|part| plain(part))
                    && words.ends_with(ENDING) =>
            {
                Ok(Self {
                    repository: format!("{owner}/{name}"),
                    file: file.join("/"),
                })
            }
            _ => Err(wrong()),
        }
    }

    /// The file's own name.
    fn file_name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }

    fn words(&self) -> String {
        format!("{}/{}", self.repository, self.file)
    }
}

/// What a hub says of the terms of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The licence in the hub's short word, where it names one.
    pub licence: Option<String>,
    /// True where a person must accept the terms on the hub's page, and a token must say who fetches.
    pub gated: bool,
    /// The page on which the terms stand.
    pub page: String,
}

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

fn shown_digest(hasher: &blake3::Hasher) -> String {
    format!("blake3:{}", hasher.finalize().to_hex())
}

/// A model hub with the routes of Hugging Face's.
pub struct Hub {
    client: Client,
    url: Url,
    token: Option<ApiKey>,
}

impl Hub {
    /// A hub by its address; the token goes to it and to nobody that it redirects to.
    ///
    /// # Errors
    /// The address is none, or the HTTP client can't be set up.
    pub fn new(address: &str, token: Option<ApiKey>) -> Result<Self, WeightsError> {
        let failed = |why: String| WeightsError::Fetch {
            source_name: address.to_owned(),
            why,
        };
        let url = Url::parse(address).map_err(|error| failed(error.to_string()))?;
        let client = Client::builder().connect_timeout(QUICK).build();
        Ok(Self {
            client: client.map_err(|error| failed(error.to_string()))?,
            url: as_folder(url),
            token,
        })
    }

    fn shown(&self) -> String {
        self.url.as_str().trim_end_matches('/').to_owned()
    }

    async fn get(&self, path: &str, source: &WeightsSource) -> Result<Response, WeightsError> {
        let failed = |why: String| WeightsError::Fetch {
            source_name: source.words(),
            why,
        };
        let url = self
            .url
            .join(path)
            .map_err(|error| failed(error.to_string()))?;
        let mut request = self.client.get(url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.reveal());
        }
        let sent = tokio::time::timeout(SILENCE, request.send()).await;
        let response = sent
            .map_err(|_| failed(format!("{} is silent", self.shown())))?
            .map_err(|error| failed(error.without_url().to_string()))?;
        match response.status().as_u16() {
            200..=299 => Ok(response),
            401 | 403 => Err(failed(
                "the hub wants to know who fetches: accept the terms on its page, and put a token into the variable HF_TOKEN"
                    .to_owned(),
            )),
            404 => Err(failed(format!("{} has no such file", self.shown()))),
            status => Err(failed(format!("{} answers with status {status}", self.shown()))),
        }
    }

    /// What the hub says of the terms.
    ///
    /// # Errors
    /// It does not answer, or does not know the repository.
    pub async fn terms(&self, source: &WeightsSource) -> Result<Terms, WeightsError> {
        let response = self
            .get(&format!("api/models/{}", source.repository), source)
            .await?;
        let text = tokio::time::timeout(QUICK, response.bytes()).await;
        let said: Value = text
            .ok()
            .and_then(Result::ok)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let card = &said["cardData"];
        Ok(Terms {
            licence: word(&card["license_name"]).or_else(|| word(&card["license"])),
            gated: !matches!(said["gated"], Value::Null | Value::Bool(false)),
            page: format!("{}/{}", self.shown(), source.repository),
        })
    }

    async fn download(
        &self,
        source: &WeightsSource,
        to: &Path,
        progress: &PullProgress<'_>,
    ) -> Result<(u64, String), WeightsError> {
        let broken = |why: &str| WeightsError::Fetch {
            source_name: source.words(),
            why: why.to_owned(),
        };
        let path = format!("{}/resolve/main/{}", source.repository, source.file);
        let mut response = self.get(&path, source).await?;
        let all = response.content_length().unwrap_or(0);
        let mut file = tokio::fs::File::create(to).await.map_err(disk(to))?;
        let (mut hasher, mut done) = (blake3::Hasher::new(), 0);
        loop {
            let chunk = tokio::time::timeout(SILENCE, response.chunk()).await;
            let chunk = chunk
                .map_err(|_| broken("the hub fell silent"))?
                .map_err(|error| broken(&error.without_url().to_string()))?;
            let Some(chunk) = chunk else { break };
            file.write_all(&chunk).await.map_err(disk(to))?;
            hasher.update(&chunk);
            done += chunk.len() as u64;
            progress(source.file_name(), done, all);
        }
        file.flush().await.map_err(disk(to))?;
        file.sync_all().await.map_err(disk(to))?;
        if all > 0 && done != all {
            return Err(broken("the download was cut off"));
        }
        Ok((done, shown_digest(&hasher)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_a_repository_and_a_file() {
        let source = WeightsSource::parse("google/medgemma-4b-it-GGUF/q4/medgemma.gguf").unwrap();
        assert_eq!(source.repository, "google/medgemma-4b-it-GGUF");
        assert_eq!(
            (source.file.as_str(), source.file_name()),
            ("q4/medgemma.gguf", "medgemma.gguf")
        );
        for wrong in [
            "",
            "a/b",
            "a/b/c.bin",
            "a/../c.gguf",
            "/a/b.gguf",
            "a/b/.gguf",
            "a/b?x/c.gguf",
        ] {
            assert!(WeightsSource::parse(wrong).is_err(), "{wrong}");
        }
    }
}
