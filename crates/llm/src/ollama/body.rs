//! The body of a scoring call's answer.

use std::time::Duration;

use serde::Deserialize;

use crate::{Failure, Reply, failure::classify, wire::Entry};

/// An answer, or one line of a stream. Every field may be absent: zero metrics are left out, and so
/// are reason and counts where the server gave up.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    response: Option<String>,
    thinking: Option<String>,
    message: Option<Message>,
    done: Option<bool>,
    done_reason: Option<String>,
    error: Option<serde_json::Value>,
    total_duration: u64,
    load_duration: u64,
    prompt_eval_count: Option<u32>,
    prompt_eval_duration: u64,
    eval_count: Option<u32>,
    eval_duration: u64,
    logprobs: Option<Vec<Entry>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    content: String,
    thinking: Option<String>,
}

/// Reads a scoring call's answer: one object, or a stream of lines that some proxies make of it.
///
/// # Errors
/// The status is an error, a line is one, or the body is not of the protocol.
pub(crate) fn read_reply(
    status: u16,
    text: &str,
    retry_after: Option<Duration>,
) -> Result<Reply, Failure> {
    if !(200..300).contains(&status) {
        return Err(classify(status, text, retry_after));
    }
    let garbled = || Failure::garbled(status, text);
    let mut reply = Reply::default();
    let mut answered = false;
    for line in serde_json::Deserializer::from_str(text).into_iter::<Body>() {
        let body = line.map_err(|_| garbled())?;
        if let Some(error) = body.error {
            // An error in the middle of a stream arrives after status 200.
            let failure = classify(500, &serde_json::json!({"error": error}).to_string(), None);
            return Err(Failure { status, ..failure });
        }
        answered |= body.response.is_some() || body.message.is_some();
        take(&mut reply, body);
    }
    if answered { Ok(reply) } else { Err(garbled()) }
}

fn take(reply: &mut Reply, body: Body) {
    reply.text += body.response.as_deref().unwrap_or_default();
    reply.thought_apart += body.thinking.map_or(0, |thought| thought.len());
    if let Some(message) = body.message {
        reply.text += &message.content;
        reply.thought_apart += message.thinking.map_or(0, |thought| thought.len());
    }
    reply.done = body.done.unwrap_or(false);
    // `stop` is a whole answer, `length` a spent budget; anything else answered nothing.
    reply.cut = reply.done && body.done_reason.as_deref() != Some("stop");
    reply.prompt_tokens = body.prompt_eval_count.or(reply.prompt_tokens);
    reply.answer_tokens = body.eval_count.or(reply.answer_tokens);
    for (kept, found) in [
        (&mut reply.total, body.total_duration),
        (&mut reply.load, body.load_duration),
        (&mut reply.prompt_time, body.prompt_eval_duration),
        (&mut reply.answer_time, body.eval_duration),
    ] {
        if found > 0 {
            *kept = Duration::from_nanos(found);
        }
    }
    let entries = body.logprobs.into_iter().flatten();
    reply.logprobs.extend(entries.filter_map(Entry::token));
}
