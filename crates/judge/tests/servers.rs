//! Servers of the OpenAI API that differ in what they can: what is found out, and that every pair is judged.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{connect, options, pairs, score, settings, simulator};
use midband_core::{Judge, JudgeError};
use midband_judge::{ApiKey, JudgeSettings, LazyJudge, LlmJudge, PromptingMode, Protocol, doctor};
use midband_sim::{OpenAiServer, Options, SimModel, Simulator};

fn openai(simulators: &[&Simulator]) -> JudgeSettings {
    JudgeSettings {
        protocol: Protocol::OpenAi,
        ..settings(simulators)
    }
}

async fn a(openai: OpenAiServer) -> Simulator {
    simulator(Options {
        openai,
        ..options(40)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_can_is_measured_and_used() {
    for (server, way, schema_by, arrays) in [
        (
            OpenAiServer::LlamaCpp,
            PromptingMode::Digits,
            "json_schema",
            true,
        ),
        (
            OpenAiServer::Vllm,
            PromptingMode::Digits,
            "response_format json_schema",
            true,
        ),
        (
            OpenAiServer::Ollama,
            PromptingMode::Digits,
            "response_format json_schema",
            false,
        ),
        (
            OpenAiServer::LlamaCppPython,
            PromptingMode::Digits,
            "response_format json_object with a schema",
            false,
        ),
        (
            OpenAiServer::Bare,
            PromptingMode::Standard,
            "nothing",
            false,
        ),
    ] {
        let sim = a(server).await;
        let report = doctor::examine(&openai(&[&sim]), false).await.unwrap();
        let model = &report.servers[0].models[0];
        let can = model.can.unwrap();
        assert_eq!(
            (model.schema_by.as_str(), can.prompt_arrays),
            (schema_by, arrays),
            "{server}"
        );
        let python = server == OpenAiServer::LlamaCppPython;
        assert_eq!(
            can.schema,
            !python && server != OpenAiServer::Bare,
            "{server}"
        );
        assert_eq!(
            can.top_logprobs >= 10,
            !python && server != OpenAiServer::Bare,
            "{server}"
        );
        let judge = connect(openai(&[&sim])).await;
        let picked = judge.picked();
        assert_eq!(picked.mode, way, "{server}: {picked:?}");
        assert!(judge.is_simulated() && judge.name().contains("SIMULATED"));
        for (index, verdict) in judge.judge(&pairs(40)).await.unwrap().iter().enumerate() {
            score(index, verdict);
        }
        assert_eq!(
            (judge.usage().answered, judge.usage().retries),
            (40, 0),
            "{server}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_are_asked_for_what_both_can() {
    let (one, two) = (
        a(OpenAiServer::LlamaCpp).await,
        a(OpenAiServer::LlamaCpp).await,
    );
    let judge = connect(JudgeSettings {
        batch_size: Some(2.into()),
        ..openai(&[&one, &two])
    })
    .await;
    for (index, verdict) in judge.judge(&pairs(40)).await.unwrap().iter().enumerate() {
        score(index, verdict);
    }
    for sim in [&one, &two] {
        assert!(sim.stats().pairs >= 8, "{:?}", sim.stats());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_the_first_listed_model_is_taken_and_a_wrong_one_is_named() {
    let sim = simulator(Options {
        openai: OpenAiServer::Vllm,
        models: vec![SimModel::medgemma("google/medgemma-4b-it")],
        ..options(8)
    })
    .await;
    let unnamed = JudgeSettings {
        models: Vec::new(),
        ..openai(&[&sim])
    };
    let judge = connect(unnamed).await;
    assert!(
        judge
            .models()
            .all(|(name, digest)| name == "google/medgemma-4b-it" && digest.len() == 64)
    );
    let wrong = JudgeSettings {
        models: vec!["medgemma-27b".to_owned()],
        ..openai(&[&sim])
    };
    let Err(JudgeError::Unreachable(why)) = LlmJudge::connect(wrong).await else {
        panic!("a model that is not there was taken");
    };
    assert!(
        why.contains("medgemma-27b") && why.contains("google/medgemma-4b-it"),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_that_the_server_sets_is_kept_to() {
    let sim = simulator(Options {
        openai: OpenAiServer::LlamaCpp,
        context: 2_048,
        ..options(40)
    })
    .await;
    // A thought has no room there, which is said at once.
    let thinking = JudgeSettings {
        mode: Some(PromptingMode::Think),
        ..openai(&[&sim])
    };
    let Err(JudgeError::Settings(why)) = LlmJudge::connect(thinking).await else {
        panic!("2,048 tokens hold no thought");
    };
    assert!(why.contains("2048") && why.contains("slots"), "{why}");
    let judge = connect(openai(&[&sim])).await;
    for (index, verdict) in judge.judge(&pairs(40)).await.unwrap().iter().enumerate() {
        score(index, verdict);
    }
    assert_eq!(judge.usage().failed_calls, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_opens_the_server_and_is_shown_nowhere() {
    let key = "sk-very-secret";
    let sim = simulator(Options {
        openai: OpenAiServer::Vllm,
        api_key: Some(key.to_owned()),
        ..options(8)
    })
    .await;
    let with = |key: &str| JudgeSettings {
        api_key: ApiKey::new(key),
        ..openai(&[&sim])
    };
    let judge = connect(with(key)).await;
    let verdicts = judge.judge(&pairs(8)).await.unwrap();
    verdicts.iter().enumerate().for_each(|(index, verdict)| {
        score(index, verdict);
    });
    assert!(!format!("{:?} {}", with(key), judge.fingerprint().as_str()).contains("secret"));
    let Err(error) = LlmJudge::connect(with("sk-another-secret")).await else {
        panic!("another key opened it");
    };
    let words = error.to_string();
    assert!(
        words.contains("does not accept the key") && !words.contains("secret"),
        "{words}"
    );
    // The key is no part of what a verdict depends on.
    let other = simulator(Options {
        openai: OpenAiServer::Vllm,
        ..options(8)
    })
    .await;
    assert_eq!(
        connect(openai(&[&other])).await.fingerprint(),
        judge.fingerprint()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lazy_judge_connects_once_its_server_is_there() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let judge = LazyJudge::new(JudgeSettings {
        servers: vec![format!("http://{address}")],
        models: Vec::new(),
        ..settings(&[])
    });
    let asked = judge.judge(&pairs(4)).await;
    assert!(
        matches!(asked, Err(JudgeError::Unreachable(_))),
        "{asked:?}"
    );
    assert_eq!((judge.name(), judge.usage()), ("none".to_owned(), None));
    let _server = simulator(Options {
        listen: address,
        ..options(4)
    })
    .await;
    let verdicts = judge.judge(&pairs(4)).await.unwrap();
    for (index, verdict) in verdicts.iter().enumerate() {
        score(index, verdict);
    }
    assert_ne!(judge.name(), "none");
    assert_eq!(judge.usage().unwrap().answered, 4);
    assert_eq!(
        judge.fingerprint(),
        judge.connected().await.unwrap().fingerprint()
    );
}
