//! A model hub: what it says of a repository, and a file of it with its digest.

use std::{path::Path, time::Duration};

use reqwest::{Client, Response, Url};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use super::{
    error::{WeightsError, disk},
    source::{Terms, WeightsSource},
};
use crate::{ApiKey, PullProgress, wire::as_folder};

/// Longest wait for a connection, and for what a hub says of a repository.
const QUICK: Duration = Duration::from_secs(30);
/// Longest silence during a download.
const SILENCE: Duration = Duration::from_secs(120);

pub(super) fn shown_digest(hasher: &blake3::Hasher) -> String {
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

    pub(super) fn shown(&self) -> String {
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

    pub(super) async fn download(
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
