//! In which words a server is told what it can do.

use serde_json::{Map, Value, json};

use super::grammar::gbnf;

/// In which words a model wants to be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// How it is told of a schema, where it keeps to any.
    pub(crate) schema_by: Option<SchemaBy>,
}

impl Dialect {
    pub(crate) fn words(self) -> &'static str {
        self.schema_by.map_or("nothing", SchemaBy::words)
    }
}

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
