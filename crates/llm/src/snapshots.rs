//! The bodies that go over the wire in both protocols, word by word.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    ChatTemplate, LoadOptions, Prompt, Request, ollama,
    openai::{self, Dialect, SchemaBy},
};

/// What is asked for: the kinds of requests that a judge of pairs sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Digits,
    Array,
    Keyed,
    YesNo,
    Think,
}

impl Kind {
    /// For an answer of two parts.
    pub(crate) fn schema(self) -> Option<Value> {
        let score = json!({"type": "integer", "minimum": 0, "maximum": 100});
        match self {
            Self::Digits => Some(json!({"type": "string", "pattern": "^[0-9]{2}$"})),
            Self::Array => {
                Some(json!({"type": "array", "items": score, "minItems": 2, "maxItems": 2}))
            }
            Self::Keyed => Some(
                json!({"type": "object", "properties": {"p01": score, "p02": score}, "required": ["p01", "p02"], "additionalProperties": false}),
            ),
            Self::YesNo | Self::Think => None,
        }
    }
}

pub(crate) fn ask(template: ChatTemplate, kind: Kind) -> Request {
    let reads_logprobs = matches!(kind, Kind::Digits | Kind::YesNo);
    let closed = kind == Kind::YesNo;
    Request {
        model: "m".to_owned(),
        prompts: vec![Prompt {
            constant: "Is it so?\n\n".to_owned(),
            rest: "A: left knee\n".to_owned(),
            prefill: if closed {
                template.closed_thought()
            } else {
                ""
            },
        }],
        template,
        schema: kind.schema(),
        top_logprobs: if reads_logprobs { 20 } else { 0 },
        num_predict: match kind {
            Kind::Digits => 20,
            Kind::Array => 32,
            Kind::Keyed => 64,
            Kind::YesNo => 1,
            Kind::Think => 1_792,
        },
        think: (template == ChatTemplate::Chat).then_some(kind == Kind::Think),
        load: LoadOptions {
            num_ctx: 8_192,
            seed: 7,
            keep_alive: 86_400,
        },
        timeout: Duration::from_secs(1),
    }
}

/// A change here changes what servers are told: take the new file over only on purpose.
#[test]
fn bodies_are_as_they_were() {
    let mut shown = String::new();
    for template in [ChatTemplate::Gemma { thoughts: true }, ChatTemplate::Chat] {
        for kind in [
            Kind::Digits,
            Kind::Array,
            Kind::Keyed,
            Kind::YesNo,
            Kind::Think,
        ] {
            let ask = ask(template, kind);
            let told = Dialect {
                schema_by: Some(SchemaBy::ResponseFormat),
            };
            for (name, call) in [
                ("ollama", ollama::scoring_call(&ask)),
                ("openai", openai::scoring_call(&ask, told)),
            ] {
                let (path, body) = call.unwrap();
                let body = serde_json::to_string_pretty(&body).unwrap();
                shown += &format!("=== {name} {kind:?} {path}\n{body}\n");
            }
        }
    }
    let gemma = ChatTemplate::Gemma { thoughts: false };
    for by in SchemaBy::ALL {
        let told = Dialect {
            schema_by: Some(by),
        };
        let (path, body) = openai::scoring_call(&ask(gemma, Kind::Digits), told).unwrap();
        let field = [
            "response_format",
            "json_schema",
            "structured_outputs",
            "guided_json",
            "grammar",
        ]
        .into_iter()
        .find(|field| body.get(field).is_some())
        .unwrap();
        shown += &format!("=== {} {path}\n{field}: {}\n", by.words(), body[field]);
    }
    let mut several = ask(gemma, Kind::YesNo);
    several.prompts.push(several.prompts[0].clone());
    let (_, body) = openai::scoring_call(&several, Dialect::default()).unwrap();
    assert_eq!(body["prompt"].as_array().map(Vec::len), Some(2));
    assert!(ollama::scoring_call(&several).is_err());
    let expected = include_str!("../tests/snapshots/wire.txt");
    if shown != expected {
        let path = std::env::temp_dir().join("midband-wire.txt");
        std::fs::write(&path, &shown).unwrap();
        panic!(
            "the bodies changed: look at them and take over {}",
            path.display()
        );
    }
}
