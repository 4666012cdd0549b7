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
        let judge = connect(JudgeSettings {
            mode: Some(way),
            ..openai(&[&sim])
        })
        .await;
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
    let Err(JudgeError::NoModel(why)) = LlmJudge::connect(wrong).await else {
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
async fn a_server_that_ignores_schemas_is_asked_in_another_way() {
    let sim = simulator(Options {
        ignores_schemas: true,
        ..options(8)
    })
    .await;
    let judge = connect(settings(&[&sim])).await;
    // Thoughts are read from free text.
    assert_eq!(judge.picked().mode, PromptingMode::Think);
    let said = judge.notes().join("; ");
    assert!(
        said.contains("patterns, schemas, token alternatives"),
        "{said}"
    );
    let verdicts = judge.judge(&pairs(8)).await.unwrap();
    verdicts.iter().enumerate().for_each(|(index, verdict)| {
        score(index, verdict);
    });
    // One that keeps its promises is tried once, and asked as ever.
    let sound = simulator(options(8)).await;
    let judge = connect(settings(&[&sound])).await;
    assert_eq!(judge.picked().mode, PromptingMode::Think);
    assert_eq!((judge.notes(), sound.stats().requests), (&[][..], 1));
}

/// Answers everything with these bytes.
async fn stranger(status: &'static str, body: &'static [u8]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body).await;
        }
    });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_instead_of_an_answer_is_said() {
    for protocol in [Protocol::Ollama, Protocol::OpenAi] {
        for (status, body, said) in [
            (
                "200 OK",
                &b"<html><body>Jane Roe</body></html>"[..],
                "a web page came",
            ),
            (
                "200 OK",
                b"\x1f\x8b\x08\x00\x00\x00",
                "compressed bytes came",
            ),
            (
                "200 OK",
                b"{\"error\": \"Jane Roe\"}",
                "an error came as a success",
            ),
            ("200 OK", b"", "nothing came"),
            ("200 OK", b"[1, 2]", "JSON of another kind came"),
        ] {
            let at = JudgeSettings {
                protocol,
                servers: vec![stranger(status, body).await],
                ..JudgeSettings::default()
            };
            let Err(error) = LlmJudge::connect(at).await else {
                panic!("{said}: taken for a judge");
            };
            let words = error.to_string();
            assert!(matches!(error, JudgeError::NotAJudge(_)), "{words}");
            assert!(words.contains(said) && !words.contains("Roe"), "{words}");
            assert!(!words.contains("running"), "{words}");
        }
    }
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
