//! Any server of the OpenAI API: llama.cpp, vLLM, LM Studio, TGI and others.
//!
//! The API leaves open what matters here (schemas, alternatives of tokens, raw prompts), and servers
//! take fields that they don't know in silence. So nothing is concluded from a server's name: a few
//! tiny requests find out what each model can do, and in which words it wants to be told.

mod body;
mod dialect;
mod grammar;
mod kept;
mod probe;
mod request;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::{
    About, ApiKey, BoxFuture, Capabilities, Failure, FailureKind, LoadOptions, Loaded, Present,
    PullProgress, Reply, Request, Transport, Version,
    failure::classify,
    wire::{as_folder, client, exchange, shown},
};

pub(crate) use body::read_reply;
pub(crate) use dialect::Dialect;
#[cfg(test)]
pub(crate) use dialect::SchemaBy;
pub use kept::KeptProbes;
pub(crate) use request::scoring_call;

/// Longest wait for an answer that needs no model.
const QUICK: Duration = Duration::from_secs(20);
/// Longest wait for a server that is still loading its model (llama.cpp says 503 until then).
const LOADING: Duration = Duration::from_secs(120);
/// Pause between two looks at a server that is loading.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What the protocol can do at most.
const PROTOCOL: Capabilities = Capabilities {
    raw_turns: true,
    schema: true,
    pattern: true,
    top_logprobs: 20,
    prompt_arrays: true,
    loads_models: false,
    pulls_models: false,
    sets_context: false,
};

/// One server of the OpenAI API.
pub(crate) struct OpenAi {
    client: Client,
    url: Url,
    address: String,
    dialects: Mutex<HashMap<String, Dialect>>,
    kept: Option<KeptProbes>,
}

/// An entry of `/v1/models`. llama.cpp's `meta` and vLLM's `max_model_len` go beyond the API.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Listed {
    id: String,
    owned_by: String,
    root: Option<String>,
    max_model_len: Option<u32>,
    meta: Option<Meta>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    n_ctx: u32,
    n_vocab: u64,
    n_params: u64,
    size: u64,
    ftype: String,
}

#[derive(Deserialize)]
struct List {
    data: Vec<Listed>,
}

impl Listed {
    fn context(&self) -> u32 {
        let meta = self.meta.as_ref().map_or(0, |meta| meta.n_ctx);
        self.max_model_len.unwrap_or(meta)
    }

    /// The API has no digests: what the server says of the weights takes their place, so that a
    /// verdict cache can at least tell models of another name, size or quantisation apart.
    fn digest(&self) -> String {
        let empty = Meta::default();
        let meta = self.meta.as_ref().unwrap_or(&empty);
        let words = format!(
            "{}|{}|{}|{}|{}|{}",
            self.id,
            self.root.as_deref().unwrap_or_default(),
            meta.n_vocab,
            meta.n_params,
            meta.size,
            meta.ftype
        );
        blake3::hash(words.as_bytes()).to_hex().to_string()
    }
}

impl OpenAi {
    /// `url` with or without its `/v1`.
    pub(crate) fn new(
        url: Url,
        key: Option<&ApiKey>,
        kept: Option<KeptProbes>,
    ) -> Result<Self, Failure> {
        let mut url = as_folder(url);
        if url.path() == "/" {
            url.set_path("/v1/");
        }
        Ok(Self {
            client: client(key)?,
            address: shown(&url),
            url,
            dialects: Mutex::default(),
            kept,
        })
    }

    fn endpoint(&self, path: &str) -> Result<Url, Failure> {
        self.url.join(path).map_err(|_| FailureKind::Refused.into())
    }

    /// The models. Waits for a server that is loading.
    async fn list(&self) -> Result<Vec<Listed>, Failure> {
        let give_up = Instant::now() + LOADING;
        loop {
            let request = self.client.get(self.endpoint("models")?);
            let (status, body, later) = exchange(request, QUICK).await?;
            if (200..300).contains(&status) {
                let list: List =
                    serde_json::from_str(&body).map_err(|_| Failure::garbled(status, &body))?;
                return Ok(list.data);
            }
            let failure = classify(status, &body, later);
            let pause = later.unwrap_or(LOOK_AGAIN);
            if failure.kind != FailureKind::Busy || Instant::now() + pause > give_up {
                return Err(failure);
            }
            sleep(pause).await;
        }
    }

    /// What a model can do, from an earlier run where that is kept. A simulator's are not.
    async fn probed(&self, model: &str, listed: &Listed) -> Result<probe::Probed, Failure> {
        let version = Version::from(listed.owned_by.clone());
        let kept = self.kept.as_ref().filter(|_| !version.is_simulator);
        let digest = listed.digest();
        if let Some(known) = kept.and_then(|kept| kept.get(&self.address, &digest)) {
            return Ok(known);
        }
        let found = probe::probe(self, model).await?;
        if let Some(kept) = kept {
            kept.put(&self.address, &digest, &found);
        }
        Ok(found)
    }

    async fn post(&self, path: &str, body: &Value, timeout: Duration) -> Result<Reply, Failure> {
        let request = self.client.post(self.endpoint(path)?).json(body);
        let (status, text, later) = exchange(request, timeout).await?;
        read_reply(status, &text, later)
    }

    fn dialect(&self, model: &str) -> Dialect {
        let dialects = self.dialects.lock().unwrap_or_else(PoisonError::into_inner);
        dialects.get(model).copied().unwrap_or_default()
    }
}

impl Transport for OpenAi {
    fn measures(&self) -> bool {
        true
    }

    fn capabilities(&self) -> Capabilities {
        PROTOCOL
    }

    fn address(&self) -> &str {
        &self.address
    }

    /// The API has no version: whoever owns the models stands for it.
    fn version(&self) -> BoxFuture<'_, Result<Version, Failure>> {
        Box::pin(async {
            let models = self.list().await?;
            let owner = models.into_iter().map(|model| model.owned_by).next();
            Ok(owner.unwrap_or_default().into())
        })
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<Present>, Failure>> {
        Box::pin(async {
            let models = self.list().await?;
            let present = |model: Listed| Present {
                digest: model.digest(),
                quantisation: model.meta.map(|meta| meta.ftype).unwrap_or_default(),
                name: model.id,
            };
            Ok(models.into_iter().map(present).collect())
        })
    }

    fn about<'a>(&'a self, model: &'a str) -> BoxFuture<'a, Result<About, Failure>> {
        Box::pin(async move {
            let models = self.list().await?;
            let listed = models.into_iter().find(|listed| listed.id == model);
            let listed = listed.ok_or(Failure::from(FailureKind::Absent))?;
            let found = self.probed(model, &listed).await?;
            self.dialects
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(model.to_owned(), found.dialect);
            let gemma = if found.gemma { "gemma3" } else { "" };
            Ok(About {
                architecture: gemma.to_owned(),
                context_length: listed.context(),
                own_names: listed.root.into_iter().collect(),
                can: found.can,
                schema_by: found.dialect.words().to_owned(),
                probe_requests: found.requests,
                ..About::default()
            })
        })
    }

    fn loaded(&self) -> BoxFuture<'_, Result<Vec<Loaded>, Failure>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The server loads its models itself.
    fn load<'a>(
        &'a self,
        _model: &'a str,
        _options: &'a LoadOptions,
    ) -> BoxFuture<'a, Result<Duration, Failure>> {
        Box::pin(async { Ok(Duration::ZERO) })
    }

    fn pull<'a>(
        &'a self,
        _model: &'a str,
        _progress: &'a PullProgress<'a>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async { Err(FailureKind::Refused.into()) })
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let (path, body) = scoring_call(request, self.dialect(&request.model))?;
            let mut reply = self.post(path, &body, request.timeout).await?;
            body::count_all_prompts(&mut reply, request.prompts.len());
            Ok(reply)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_models_holds_contexts_and_stands_in_for_digests() {
        let recording = include_str!("../tests/recordings/llama-server/models.json");
        let recording: Value = serde_json::from_str(recording).unwrap();
        let body = &recording["exchanges"][0]["response"];
        let text = body["text"]
            .as_str()
            .map_or_else(|| body["json"].to_string(), str::to_owned);
        let list: List = serde_json::from_str(&text).unwrap();
        let [model] = &list.data[..] else {
            panic!("{} models", list.data.len());
        };
        assert_eq!((model.context(), model.digest().len()), (4_096, 64));
    }
}
