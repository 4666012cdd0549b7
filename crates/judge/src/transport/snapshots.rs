//! The bodies that go over the wire in both protocols, word by word.

use std::time::Duration;

use super::{
    Ask, LoadOptions, ollama,
    openai::{self, Dialect, SchemaBy},
};
use crate::{
    mode::PromptingMode,
    prompt::{ChatTemplate, Prompt},
    task::Task,
};

/// A request of two pairs, or of one where a prompt holds one.
pub(super) fn ask(template: ChatTemplate, mode: PromptingMode) -> Ask {
    let pairs = [("left knee", "right knee"), ("HTN", "hypertension")];
    let prompt = |pairs: &[_]| Prompt::new(&Task::default(), mode, template, pairs);
    Ask {
        model: "m".to_owned(),
        prompts: if mode.is_single() {
            vec![prompt(&pairs[..1])]
        } else {
            vec![prompt(&pairs)]
        },
        template,
        schema: mode.schema(2),
        top_logprobs: if mode.wants_logprobs() { 20 } else { 0 },
        num_predict: mode.budget(2),
        think: (template == ChatTemplate::Chat).then_some(mode.thinks()),
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
        for mode in [
            PromptingMode::Digits,
            PromptingMode::Array,
            PromptingMode::Keyed,
            PromptingMode::YesNo,
            PromptingMode::Think,
        ] {
            let ask = ask(template, mode);
            let told = Dialect {
                schema_by: Some(SchemaBy::ResponseFormat),
            };
            for (name, call) in [
                ("ollama", ollama::scoring_call(&ask)),
                ("openai", openai::scoring_call(&ask, told)),
            ] {
                let (path, body) = call.unwrap();
                let body = serde_json::to_string_pretty(&body).unwrap();
                shown += &format!("=== {name} {} {path}\n{body}\n", mode.cache_words());
            }
        }
    }
    let gemma = ChatTemplate::Gemma { thoughts: false };
    for by in SchemaBy::ALL {
        let told = Dialect {
            schema_by: Some(by),
        };
        let (path, body) = openai::scoring_call(&ask(gemma, PromptingMode::Digits), told).unwrap();
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
    let mut several = ask(gemma, PromptingMode::YesNo);
    several.prompts.push(several.prompts[0].clone());
    let (_, body) = openai::scoring_call(&several, Dialect::default()).unwrap();
    assert_eq!(body["prompt"].as_array().map(Vec::len), Some(2));
    assert!(ollama::scoring_call(&several).is_err());
    let expected = include_str!("../../tests/snapshots/wire.txt");
    if shown != expected {
        let path = std::env::temp_dir().join("midband-wire.txt");
        std::fs::write(&path, &shown).unwrap();
        panic!(
            "the bodies changed: look at them and take over {}",
            path.display()
        );
    }
}
