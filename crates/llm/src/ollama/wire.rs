//! What goes over the wire: the scoring call's body, and the answers that `ollama-rs` cuts short.

use ollama_rs::{
    generation::{
        chat::{ChatMessage, request::ChatMessageRequest},
        completion::request::GenerationRequest,
        parameters::{FormatType, JsonStructure, KeepAlive, ThinkType, TimeUnit},
    },
    models::ModelOptions,
};
use serde::{Deserialize, Serialize};

use crate::{ChatTemplate, Failure, FailureKind, LoadOptions, Request, chat_template::GEMMA_STOP};

#[derive(Serialize)]
struct Scoring<R> {
    #[serde(flatten)]
    request: R,
    stream: bool,
    /// Left out, a prompt that is too long is cut in silence.
    truncate: bool,
}

#[derive(Serialize)]
struct Chat<R> {
    #[serde(flatten)]
    request: R,
    truncate: bool,
}

/// Options in the order and with the values that every call to a model has.
pub(crate) fn options(load: &LoadOptions, num_predict: u32, stop: Option<&str>) -> ModelOptions {
    let options = ModelOptions::default()
        .num_ctx(u64::from(load.num_ctx))
        .temperature(0.0)
        .seed(load.seed)
        .num_predict(i32::try_from(num_predict).unwrap_or(i32::MAX));
    match stop {
        Some(stop) => options.stop(vec![stop.to_owned()]),
        None => options,
    }
}

pub(crate) fn keep_alive(seconds: i64) -> KeepAlive {
    match u64::try_from(seconds) {
        Ok(0) => KeepAlive::UnloadOnCompletion,
        Ok(time) => KeepAlive::Until {
            time,
            unit: TimeUnit::Seconds,
        },
        Err(_) => KeepAlive::Indefinitely,
    }
}

fn format_of(ask: &Request) -> Result<Option<FormatType>, Failure> {
    let schema = ask
        .schema
        .clone()
        .map(serde_json::from_value::<JsonStructure>)
        .transpose();
    let schema = schema.map_err(|_| Failure::from(FailureKind::BadSchema))?;
    Ok(schema.map(|schema| FormatType::StructuredJson(Box::new(schema))))
}

/// Path and body of a scoring call.
pub(crate) fn scoring_call(ask: &Request) -> Result<(&'static str, serde_json::Value), Failure> {
    let format = format_of(ask)?;
    let [prompt] = &ask.prompts[..] else {
        return Err(FailureKind::Refused.into());
    };
    let logprobs = (ask.top_logprobs > 0).then_some(true);
    let top_logprobs = (ask.top_logprobs > 0).then_some(u32::from(ask.top_logprobs));
    let value = match ask.template {
        ChatTemplate::Gemma { .. } => {
            let mut request = GenerationRequest::new(ask.model.clone(), prompt.gemma())
                .raw(true)
                .options(options(&ask.load, ask.num_predict, Some(GEMMA_STOP)))
                .keep_alive(keep_alive(ask.load.keep_alive));
            (request.format, request.logprobs, request.top_logprobs) =
                (format, logprobs, top_logprobs);
            serde_json::to_value(Scoring {
                request,
                stream: false,
                truncate: false,
            })
        }
        ChatTemplate::Chat => {
            let message = ChatMessage::user(prompt.message());
            let mut request = ChatMessageRequest::new(ask.model.clone(), vec![message])
                .options(options(&ask.load, ask.num_predict, None))
                .keep_alive(keep_alive(ask.load.keep_alive));
            (request.format, request.logprobs, request.top_logprobs) =
                (format, logprobs, top_logprobs);
            request.think = ask.think.map(|think| {
                if think {
                    ThinkType::True
                } else {
                    ThinkType::False
                }
            });
            serde_json::to_value(Chat {
                request,
                truncate: false,
            })
        }
    };
    let path = if ask.template == ChatTemplate::Chat {
        "api/chat"
    } else {
        "api/generate"
    };
    value
        .map(|value| (path, value))
        .map_err(|_| FailureKind::Refused.into())
}

#[derive(Deserialize)]
pub(crate) struct VersionBody {
    pub(crate) version: String,
}

#[derive(Deserialize)]
pub(crate) struct Models<T> {
    pub(crate) models: Vec<T>,
}

#[derive(Deserialize)]
pub(crate) struct Tag {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) digest: String,
    #[serde(default)]
    pub(crate) details: Details,
}

#[derive(Default, Deserialize)]
pub(crate) struct Details {
    #[serde(default)]
    pub(crate) quantization_level: String,
}

#[derive(Deserialize)]
pub(crate) struct Running {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) digest: String,
    #[serde(default)]
    pub(crate) size: u64,
    #[serde(default)]
    pub(crate) size_vram: u64,
    #[serde(default)]
    pub(crate) context_length: u32,
}

#[derive(Deserialize)]
pub(crate) struct PullStep {
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) total: u64,
    #[serde(default)]
    pub(crate) completed: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::snapshots::{Kind, ask};

    #[test]
    fn a_scoring_call_sets_all_that_must_be_set() {
        let (path, body) =
            scoring_call(&ask(ChatTemplate::Gemma { thoughts: true }, Kind::Digits)).unwrap();
        assert_eq!(path, "api/generate");
        assert!(
            body["prompt"]
                .as_str()
                .unwrap()
                .starts_with("<start_of_turn>user\n")
        );
        for (name, value) in [
            ("raw", json!(true)),
            ("stream", json!(false)),
            ("truncate", json!(false)),
            ("keep_alive", json!("86400s")),
            ("logprobs", json!(true)),
            ("top_logprobs", json!(20)),
            ("format", json!({"type": "string", "pattern": "^[0-9]{2}$"})),
        ] {
            assert_eq!(body[name], value, "{name}");
        }
        let expected = json!({"num_ctx": 8_192, "temperature": 0.0, "seed": 7, "num_predict": 20, "stop": ["<end_of_turn>"]});
        assert_eq!(body["options"], expected);
        let (path, body) = scoring_call(&ask(ChatTemplate::Chat, Kind::Think)).unwrap();
        assert_eq!(path, "api/chat");
        assert_eq!(body["messages"].as_array().unwrap().len(), 1);
        for (name, value) in [
            ("think", json!(true)),
            ("stream", json!(false)),
            ("truncate", json!(false)),
        ] {
            assert_eq!(body[name], value, "{name}");
        }
        assert!(
            body.get("raw").is_none()
                && body.get("format").is_none()
                && body.get("logprobs").is_none()
        );
    }

    #[test]
    fn every_call_to_a_model_has_the_same_load_time_options() {
        let load = ask(ChatTemplate::Chat, Kind::Keyed).load;
        let warm = serde_json::to_value(options(&load, 1, None)).unwrap();
        for (template, mode) in [
            (ChatTemplate::Chat, Kind::Keyed),
            (ChatTemplate::Gemma { thoughts: false }, Kind::Think),
        ] {
            let (_, body) = scoring_call(&ask(template, mode)).unwrap();
            for name in ["num_ctx", "num_gpu", "num_thread", "num_batch"] {
                assert_eq!(body["options"].get(name), warm.get(name), "{name}");
            }
        }
    }
}
