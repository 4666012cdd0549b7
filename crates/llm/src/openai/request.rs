//! What goes over the wire.

use serde_json::{Map, Value, json};

use super::dialect::Dialect;
use crate::{ChatTemplate, Failure, FailureKind, Request, chat_template::GEMMA_STOP};

/// Path and body of a scoring call.
pub(crate) fn scoring_call(
    ask: &Request,
    dialect: Dialect,
) -> Result<(&'static str, Value), Failure> {
    let mut body = Map::new();
    body.insert("model".into(), json!(ask.model));
    let path = match ask.template {
        ChatTemplate::Gemma { .. } => {
            let prompts: Vec<String> = ask.prompts.iter().map(|prompt| prompt.gemma()).collect();
            let prompt = match &prompts[..] {
                [one] => json!(one),
                several => json!(several),
            };
            body.insert("prompt".into(), prompt);
            body.insert("stop".into(), json!([GEMMA_STOP]));
            if ask.top_logprobs > 0 {
                body.insert("logprobs".into(), json!(ask.top_logprobs));
            }
            "completions"
        }
        ChatTemplate::Chat => {
            let [prompt] = &ask.prompts[..] else {
                return Err(FailureKind::Refused.into());
            };
            let message = json!([{"role": "user", "content": prompt.message()}]);
            body.insert("messages".into(), message);
            if ask.top_logprobs > 0 {
                body.insert("logprobs".into(), json!(true));
                body.insert("top_logprobs".into(), json!(ask.top_logprobs));
            }
            "chat/completions"
        }
    };
    for (name, value) in [
        ("max_tokens", json!(ask.num_predict)),
        ("temperature", json!(0)),
        ("seed", json!(ask.load.seed)),
        ("stream", json!(false)),
    ] {
        body.insert(name.into(), value);
    }
    if let (Some(schema), Some(by)) = (&ask.schema, dialect.schema_by)
        && !by.add(&mut body, schema)
    {
        return Err(FailureKind::BadSchema.into());
    }
    Ok((path, Value::Object(body)))
}
