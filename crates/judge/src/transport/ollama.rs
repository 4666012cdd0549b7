//! Ollama's own API, both generations.
//!
//! `ollama-rs` gives the request types, `show` and the warm-up. The scoring call is sent here: that
//! client hides status, `done_reason` and alternatives of tokens, can't send `truncate`, and fails
//! on a logprob without `bytes`; its list of models leaves the digests out.

mod body;
mod wire;

use std::time::{Duration, Instant};

use midband_core::BoxFuture;
use ollama_rs::generation::completion::request::GenerationRequest;
use reqwest::{Client, Response, Url, header};
use serde::de::DeserializeOwned;

use super::{
    About, Ask, Failure, Features, Kind, LoadOptions, Loaded, Present, PullProgress, Transport,
    failure::{classify, of_reqwest},
};
use crate::answer::Reply;

pub(crate) use body::read_reply;
use wire::{Models, PullStep, Running, Tag, Version, keep_alive, options, scoring_call};

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Longest wait for an answer that needs no model.
const QUICK: Duration = Duration::from_secs(20);
/// Longest wait for a model to load; Ollama's own limit (`OLLAMA_LOAD_TIMEOUT`) is as long.
const LOAD: Duration = Duration::from_secs(300);
/// Longest silence during a download.
const PULL_SILENCE: Duration = Duration::from_secs(120);
/// An answer holds a few kilobytes of text and up to 1.5 kB of alternatives a token.
const MAX_BODY: usize = 16 << 20;

/// One Ollama server.
pub(crate) struct Ollama {
    client: Client,
    url: Url,
    address: String,
    typed: ollama_rs::Ollama,
}

impl Ollama {
    pub(crate) fn new(url: Url) -> Result<Self, Failure> {
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|_| Failure::from(Kind::Refused))?;
        let mut url = url;
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let typed = ollama_rs::Ollama::builder()
            .url(url.clone())
            .reqwest_client(client.clone())
            .build();
        let port = url
            .port_or_known_default()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let address = format!(
            "{}://{}{port}",
            url.scheme(),
            url.host_str().unwrap_or_default()
        );
        Ok(Self {
            client,
            url,
            address,
            typed,
        })
    }

    fn endpoint(&self, path: &str) -> Result<Url, Failure> {
        self.url.join(path).map_err(|_| Kind::Refused.into())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let response = self
            .client
            .get(self.endpoint(path)?)
            .timeout(QUICK)
            .send()
            .await;
        let (status, body) = whole(response.map_err(|error| of_reqwest(&error))?).await?;
        if !(200..300).contains(&status) {
            return Err(classify(status, &body, None));
        }
        serde_json::from_str(&body).map_err(|_| Kind::Garbled.into())
    }
}

/// Status and body, bounded.
async fn whole(mut response: Response) -> Result<(u16, String), Failure> {
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| of_reqwest(&error))? {
        if bytes.len() + chunk.len() > MAX_BODY {
            return Err(Kind::Garbled.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    // The form with a date is not worth a calendar: such a server gets the usual back-off.
    value.trim().parse().ok().map(Duration::from_secs)
}

impl Transport for Ollama {
    fn features(&self) -> Features {
        Features {
            raw_turns: true,
            schema: true,
            top_logprobs: 20,
            loads_models: true,
            pulls_models: true,
            sets_context: true,
        }
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn version(&self) -> BoxFuture<'_, Result<String, Failure>> {
        Box::pin(async {
            self.get::<Version>("api/version")
                .await
                .map(|found| found.version)
        })
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<Present>, Failure>> {
        Box::pin(async {
            let tags: Models<Tag> = self.get("api/tags").await?;
            let present = |tag: Tag| Present {
                name: tag.name,
                digest: tag.digest,
                quantisation: tag.details.quantization_level,
            };
            Ok(tags.models.into_iter().map(present).collect())
        })
    }

    fn about<'a>(&'a self, model: &'a str) -> BoxFuture<'a, Result<About, Failure>> {
        Box::pin(async move {
            let show =
                tokio::time::timeout(QUICK, self.typed.show_model_info(model.to_owned())).await;
            let info = show
                .map_err(|_| Failure::from(Kind::TimedOut))?
                .map_err(|error| of_ollama_rs(&error))?;
            let word = |key: &str| {
                info.model_info
                    .get(key)
                    .and_then(serde_json::Value::as_str)
                    .map(str::to_owned)
            };
            let architecture = word("general.architecture").unwrap_or_default();
            let context = info
                .model_info
                .get(&format!("{architecture}.context_length"))
                .and_then(serde_json::Value::as_u64);
            let own_names = ["general.name", "general.basename", "general.finetune"]
                .into_iter()
                .filter_map(word)
                .collect();
            Ok(About {
                context_length: context
                    .and_then(|length| u32::try_from(length).ok())
                    .unwrap_or(0),
                architecture,
                template: info.template,
                capabilities: info.capabilities,
                own_names,
            })
        })
    }

    fn loaded(&self) -> BoxFuture<'_, Result<Vec<Loaded>, Failure>> {
        Box::pin(async {
            let running: Models<Running> = self.get("api/ps").await?;
            let loaded = |model: Running| Loaded {
                name: model.name,
                digest: model.digest,
                bytes: model.size,
                gpu_bytes: model.size_vram,
                context_length: model.context_length,
            };
            Ok(running.models.into_iter().map(loaded).collect())
        })
    }

    fn load<'a>(
        &'a self,
        model: &'a str,
        load: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Duration, Failure>> {
        Box::pin(async move {
            let begin = Instant::now();
            let request = GenerationRequest::new(model.to_owned(), "")
                .options(options(load, 1, None))
                .keep_alive(keep_alive(load.keep_alive));
            let loaded = tokio::time::timeout(LOAD, self.typed.generate(request)).await;
            loaded
                .map_err(|_| Failure::from(Kind::TimedOut))?
                .map_err(|error| of_ollama_rs(&error))?;
            Ok(begin.elapsed())
        })
    }

    fn pull<'a>(
        &'a self,
        model: &'a str,
        progress: &'a PullProgress<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let body = serde_json::json!({"model": model, "stream": true});
            let response = self
                .client
                .post(self.endpoint("api/pull")?)
                .json(&body)
                .send()
                .await;
            let mut response = response.map_err(|error| of_reqwest(&error))?;
            let mut lines = Vec::new();
            loop {
                let chunk = tokio::time::timeout(PULL_SILENCE, response.chunk()).await;
                let chunk = chunk
                    .map_err(|_| Failure::from(Kind::TimedOut))?
                    .map_err(|error| of_reqwest(&error))?;
                let Some(chunk) = chunk else {
                    return Err(Kind::Broken.into());
                };
                lines.extend_from_slice(&chunk);
                while let Some(end) = lines.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = lines.drain(..=end).collect();
                    let Ok(step) = serde_json::from_slice::<PullStep>(&line) else {
                        continue;
                    };
                    if step.error.is_some() {
                        return Err(Failure {
                            status: response.status().as_u16(),
                            ..Kind::Absent.into()
                        });
                    }
                    progress(&step.status, step.completed, step.total);
                    if step.status == "success" {
                        return Ok(());
                    }
                }
            }
        })
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let (path, body) = scoring_call(ask)?;
            let call = async {
                let response = self
                    .client
                    .post(self.endpoint(path)?)
                    .json(&body)
                    .send()
                    .await;
                let response = response.map_err(|error| of_reqwest(&error))?;
                let later = retry_after(&response);
                let (status, text) = whole(response).await?;
                read_reply(status, &text, later)
            };
            tokio::time::timeout(ask.timeout, call)
                .await
                .unwrap_or_else(|_| Err(Kind::TimedOut.into()))
        })
    }
}

/// `ollama-rs` keeps a failed answer's body and drops its status.
fn of_ollama_rs(error: &ollama_rs::error::OllamaError) -> Failure {
    use ollama_rs::error::OllamaError;
    match error {
        OllamaError::ReqwestError(error) => of_reqwest(error),
        OllamaError::JsonError(_) => Kind::Garbled.into(),
        OllamaError::Other(body) if body.contains("not found") => classify(404, body, None),
        OllamaError::Other(body) if body.contains("busy") => classify(503, body, None),
        OllamaError::Other(body) => Failure {
            status: 0,
            ..classify(500, body, None)
        },
        _ => Kind::Server.into(),
    }
}
