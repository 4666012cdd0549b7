//! What a model can do on a server, found by asking it.
//!
//! Servers of this API ignore fields that they don't know, so that status 200 proves nothing: a schema
//! works where an answer keeps to it that would not without it.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde_json::{Map, Value, json};

use super::{
    LOOK_AGAIN, OpenAi, PROTOCOL,
    dialect::{Dialect, SchemaBy},
};
use crate::{
    Capabilities, Failure, FailureKind, Reply,
    trial::{TEMPTATION, digits, is_three_digits, is_two_scores, list},
};

/// Longest wait for a request of a few tokens; the first may wait for others or for a model to load, and a machine at work on other
/// things took more than two minutes for one (a 1.8 B model, load 40 on two cores).
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Tries of a request that met a passing failure.
const TRIES: u32 = 4;

/// A question in Gemma's turns, whose marks are one token each to Gemma 1 to 3.
const TURNS: &str = "<start_of_turn>user\nSay yes.<end_of_turn>\n<start_of_turn>model\n";

/// Tokens of it, BOS among them, that only a tokenizer with the marks can keep to: 12 of Gemma's; a
/// tokenizer without them needs at least 4 for each of the three marks beside the same 9.
const MOST_TOKENS: u32 = 16;

pub(crate) struct Probed {
    pub(crate) dialect: Dialect,
    pub(crate) can: Capabilities,
    /// True where it knows Gemma's turns as tokens, and takes raw prompts.
    pub(crate) gemma: bool,
    /// Requests that it took to find out.
    pub(crate) requests: u32,
}

/// Finds out what a model can do: 3 to 18 requests of at most 16 tokens.
pub(crate) async fn probe(server: &OpenAi, model: &str) -> Result<Probed, Failure> {
    let sent = AtomicU32::new(0);
    let raw = Door {
        server,
        model,
        raw: true,
        sent: &sent,
    };
    let (raw_logprobs, gemma) = match raw.logprobs(TURNS).await? {
        Some((top, reply)) => {
            let counted = reply.prompt_tokens.filter(|count| *count > 0);
            (top, counted.is_some_and(|count| count <= MOST_TOKENS))
        }
        None => (0, false),
    };
    let door = Door {
        server,
        model,
        raw: gemma,
        sent: &sent,
    };
    let top_logprobs = if gemma {
        raw_logprobs
    } else {
        match door.logprobs("Say yes.").await? {
            Some((top, _)) => top,
            None => return Err(FailureKind::Refused.into()),
        }
    };
    let kept = door.schema().await?;
    let prompt_arrays = gemma && top_logprobs > 0 && door.arrays().await?;
    Ok(Probed {
        dialect: Dialect { schema_by: kept.by },
        can: Capabilities {
            raw_turns: gemma,
            schema: kept.lists,
            pattern: kept.patterns,
            top_logprobs,
            prompt_arrays,
            ..PROTOCOL
        },
        gemma,
        requests: sent.load(Ordering::Relaxed),
    })
}

/// The words in which a server is told of a schema, and what it keeps to then.
#[derive(Default)]
struct SchemaSupport {
    by: Option<SchemaBy>,
    lists: bool,
    patterns: bool,
}

/// One of the two endpoints of one model.
struct Door<'a> {
    server: &'a OpenAi,
    model: &'a str,
    raw: bool,
    sent: &'a AtomicU32,
}

impl Door<'_> {
    fn body(&self, prompt: &str, max_tokens: u32) -> Map<String, Value> {
        let asked = if self.raw {
            ("prompt", json!(prompt))
        } else {
            ("messages", json!([{"role": "user", "content": prompt}]))
        };
        let fields = [
            ("model", json!(self.model)),
            asked,
            ("max_tokens", json!(max_tokens)),
            ("temperature", json!(0)),
            ("seed", json!(0)),
            ("stream", json!(false)),
        ];
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// The answer, or `None` where the server takes no such request.
    async fn post(&self, body: Map<String, Value>) -> Result<Option<Reply>, Failure> {
        let path = if self.raw {
            "completions"
        } else {
            "chat/completions"
        };
        let body = Value::Object(body);
        let mut tries = 1;
        loop {
            self.sent.fetch_add(1, Ordering::Relaxed);
            let failure = match self.server.post(path, &body, LONGEST_WAIT).await {
                Ok(reply) => return Ok(Some(reply)),
                Err(failure) => failure,
            };
            match failure.kind {
                // A server that does not know a field may fail on it as well as refuse it.
                FailureKind::Refused
                | FailureKind::BadSchema
                | FailureKind::Server
                | FailureKind::Garbled => return Ok(None),
                FailureKind::Busy | FailureKind::Broken | FailureKind::RunnerDied
                    if tries < TRIES =>
                {
                    let pause = failure.retry_after.unwrap_or(LOOK_AGAIN);
                    tokio::time::sleep(pause.min(LONGEST_WAIT)).await;
                    tries += 1;
                }
                _ => return Err(failure),
            }
        }
    }

    /// The most alternatives a token that it gives, and the answer that showed it; `None` where it
    /// does not answer at all.
    async fn logprobs(&self, prompt: &str) -> Result<Option<(u8, Reply)>, Failure> {
        // 20 is what llama.cpp and vLLM allow at most, 5 what the API promised first.
        for top in [20u8, 5, 0] {
            let mut body = self.body(prompt, 1);
            match (top, self.raw) {
                (0, _) => {}
                (_, true) => drop(body.insert("logprobs".into(), json!(top))),
                (_, false) => {
                    body.insert("logprobs".into(), json!(true));
                    body.insert("top_logprobs".into(), json!(top));
                }
            }
            if let Some(reply) = self.post(body).await? {
                let seen = reply.logprobs.first().map_or(0, |token| token.top.len());
                return Ok(Some((u8::try_from(seen).unwrap_or(top).min(top), reply)));
            }
        }
        Ok(None)
    }

    /// In which words it keeps to schemas: the first in which it keeps to lists of bounded integers and
    /// to patterns of strings, else the first in which it keeps to one of them.
    async fn schema(&self) -> Result<SchemaSupport, Failure> {
        let (list, digits) = (list(), digits());
        let mut best = SchemaSupport::default();
        for by in SchemaBy::ALL {
            let lists = self.keeps(by, &list, is_two_scores).await?;
            let patterns = self.keeps(by, &digits, is_three_digits).await?;
            if lists && patterns || (best.by.is_none() && (lists || patterns)) {
                best = SchemaSupport {
                    by: Some(by),
                    lists,
                    patterns,
                };
            }
            if lists && patterns {
                break;
            }
        }
        Ok(best)
    }

    async fn keeps(
        &self,
        by: SchemaBy,
        schema: &Value,
        is_kept: fn(&str) -> bool,
    ) -> Result<bool, Failure> {
        let mut body = self.body(TEMPTATION, 16);
        if !by.add(&mut body, schema) {
            return Ok(false);
        }
        let reply = self.post(body).await?;
        Ok(reply.is_some_and(|reply| is_kept(&reply.text)))
    }

    async fn arrays(&self) -> Result<bool, Failure> {
        let mut body = self.body("", 1);
        body.insert("prompt".into(), json!(["one", "two"]));
        body.insert("logprobs".into(), json!(5));
        let reply = self.post(body).await?;
        Ok(reply.is_some_and(|reply| {
            reply.further.len() == 1 && reply.further.iter().all(|tokens| !tokens.is_empty())
        }))
    }
}
