//! What goes over the wire.

use serde_json::{Map, Value, json};

use super::{grammar::gbnf, probe::Dialect};
use crate::{ChatTemplate, Failure, FailureKind, Request, chat_template::GEMMA_STOP};

/// How a server is told that an answer must keep to a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SchemaBy {
    /// `response_format` with `json_schema`: the API's own.
    ResponseFormat,
    /// `json_schema`: llama.cpp's own field.
    JsonSchema,
    /// `structured_outputs`: vLLM's field.
    StructuredOutputs,
    /// `guided_json`: vLLM's field before 0.12.
    GuidedJson,
    /// `response_format` with `json_object` and a schema: llama-cpp-python.
    JsonObject,
    /// `response_format` with `json` and a value: TGI.
    JsonValue,
    /// `grammar`: llama.cpp's GBNF.
    Grammar,
}

impl SchemaBy {
    pub(crate) const ALL: [Self; 7] = [
        Self::ResponseFormat,
        Self::JsonSchema,
        Self::StructuredOutputs,
        Self::GuidedJson,
        Self::JsonObject,
        Self::JsonValue,
        Self::Grammar,
    ];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::ResponseFormat => "response_format json_schema",
            Self::JsonSchema => "json_schema",
            Self::StructuredOutputs => "structured_outputs",
            Self::GuidedJson => "guided_json",
            Self::JsonObject => "response_format json_object with a schema",
            Self::JsonValue => "response_format json with a value",
            Self::Grammar => "grammar",
        }
    }

    /// Adds the schema to a request's body. False where it can't be said in these words.
    pub(crate) fn add(self, body: &mut Map<String, Value>, schema: &Value) -> bool {
        let (name, value) = match self {
            Self::ResponseFormat => (
                "response_format",
                json!({"type": "json_schema", "json_schema": {"name": "scores", "strict": true, "schema": schema}}),
            ),
            Self::JsonSchema => ("json_schema", schema.clone()),
            Self::StructuredOutputs => ("structured_outputs", json!({"json": schema})),
            Self::GuidedJson => ("guided_json", schema.clone()),
            Self::JsonObject => (
                "response_format",
                json!({"type": "json_object", "schema": schema}),
            ),
            Self::JsonValue => ("response_format", json!({"type": "json", "value": schema})),
            Self::Grammar => match gbnf(schema) {
                Some(grammar) => ("grammar", Value::String(grammar)),
                None => return false,
            },
        };
        body.insert(name.to_owned(), value);
        true
    }
}

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
