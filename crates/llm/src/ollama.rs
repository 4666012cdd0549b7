//! Ollama's own API, both generations.
//!
//! `ollama-rs` gives the request types, `show` and the warm-up. The scoring call is sent here: that
//! client hides status, `done_reason` and alternatives of tokens, can't send `truncate`, and fails
//! on a logprob without `bytes`; its list of models leaves the digests out.

mod body;
mod wire;

use std::time::{Duration, Instant};

use ollama_rs::generation::completion::request::GenerationRequest;
use reqwest::{Client, Url};
use serde::de::DeserializeOwned;

use self::wire::{Models, PullStep, Running, Tag, VersionBody, keep_alive, options};
use crate::{
    About, BoxFuture, Capabilities, Failure, FailureKind, LoadOptions, Loaded, Present,
    PullProgress, Reply, Request, Transport, Version,
    failure::{classify, of_reqwest},
    wire::{as_folder, client, exchange, shown, whole},
};

pub(crate) use body::read_reply;
pub(crate) use wire::scoring_call;

/// Longest wait for an answer that needs no model.
const QUICK: Duration = Duration::from_secs(20);
/// Longest wait for a model to load; Ollama's own limit (`OLLAMA_LOAD_TIMEOUT`) is as long.
const LOAD: Duration = Duration::from_secs(300);
/// Longest silence during a download.
const PULL_SILENCE: Duration = Duration::from_secs(120);

/// Every Ollama server since 0.12.11 can do all this.
const CAPABILITIES: Capabilities = Capabilities {
    raw_turns: true,
    schema: true,
    pattern: true,
    top_logprobs: 20,
    prompt_arrays: false,
    loads_models: true,
    pulls_models: true,
    sets_context: true,
};

/// One Ollama server.
pub(crate) struct Ollama {
    client: Client,
    url: Url,
    address: String,
    typed: ollama_rs::Ollama,
}

impl Ollama {
    pub(crate) fn new(url: Url) -> Result<Self, Failure> {
        let client = client(None)?;
        let url = as_folder(url);
        let typed = ollama_rs::Ollama::builder()
            .url(url.clone())
            .reqwest_client(client.clone())
            .build();
        Ok(Self {
            client,
            address: shown(&url),
            url,
            typed,
        })
    }

    fn endpoint(&self, path: &str) -> Result<Url, Failure> {
        self.url.join(path).map_err(|_| FailureKind::Refused.into())
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
        serde_json::from_str(&body).map_err(|_| Failure::garbled(status, &body))
    }
}

impl Transport for Ollama {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn version(&self) -> BoxFuture<'_, Result<Version, Failure>> {
        Box::pin(async {
            let found: VersionBody = self.get("api/version").await?;
            Ok(found.version.into())
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
                .map_err(|_| Failure::from(FailureKind::TimedOut))?
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
                can: CAPABILITIES,
                schema_by: String::new(),
                probe_requests: 0,
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
                .map_err(|_| Failure::from(FailureKind::TimedOut))?
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
                    .map_err(|_| Failure::from(FailureKind::TimedOut))?
                    .map_err(|error| of_reqwest(&error))?;
                let Some(chunk) = chunk else {
                    return Err(FailureKind::Broken.into());
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
                            ..FailureKind::Absent.into()
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

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let (path, body) = scoring_call(request)?;
            let call = self.client.post(self.endpoint(path)?).json(&body);
            let (status, text, later) = exchange(call, request.timeout).await?;
            read_reply(status, &text, later)
        })
    }
}

/// `ollama-rs` keeps a failed answer's body and drops its status.
fn of_ollama_rs(error: &ollama_rs::error::OllamaError) -> Failure {
    use ollama_rs::error::OllamaError;
    match error {
        OllamaError::ReqwestError(error) => of_reqwest(error),
        OllamaError::JsonError(_) => FailureKind::Garbled.into(),
        OllamaError::Other(body) if body.contains("not found") => classify(404, body, None),
        OllamaError::Other(body) if body.contains("busy") => classify(503, body, None),
        OllamaError::Other(body) => Failure {
            status: 0,
            ..classify(500, body, None)
        },
        _ => FailureKind::Server.into(),
    }
}
