//! The first questions to a model that nothing was measured of: known pairs of its task, in two modes.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{labels, options, pairs, settings, simulator, truth};
use midband_core::Judge;
use midband_judge::{
    Escalation, JudgeSettings, Knowledge, LlmJudge, MeasuredCosts, Measurements, PromptingMode,
    Protocol, RetryPolicy, SecondLook, Task,
};
use midband_sim::{Knows, Labels, Manner, OpenAiServer, Options, SimModel, Simulator};

/// A model without thoughts that knows the known pairs of the default task, where it knows anything.
async fn server(knows: Knows, manner: Manner) -> Simulator {
    let known = Task::default().known_pairs();
    let known = known.iter().map(|pair| {
        let truth = f64::from(u8::from(pair.is_match));
        (
            pair.a.as_str().to_owned(),
            pair.b.as_str().to_owned(),
            truth,
        )
    });
    let asked = pairs(8);
    let asked = asked.iter().enumerate().map(|(at, pair)| {
        let words = (pair.a.as_str().to_owned(), pair.b.as_str().to_owned());
        (words.0, words.1, truth(at))
    });
    simulator(Options {
        labels: Labels::new(known.chain(asked)),
        knows,
        manner,
        openai: OpenAiServer::LlamaCpp,
        models: vec![SimModel::plain("qwen", "qwen2")],
        ..options(0)
    })
    .await
}

fn at(server: &Simulator) -> JudgeSettings {
    JudgeSettings {
        protocol: Protocol::OpenAi,
        models: Vec::new(),
        servers: vec![format!("{}/v1", server.url())],
        // A loaded machine is not to decide what is found.
        retry_policy: RetryPolicy::default(),
        ..settings(&[server])
    }
}

async fn connect(settings: JudgeSettings) -> LlmJudge {
    LlmJudge::connect(settings).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mode_that_knows_something_is_taken_and_said() {
    for (knows, mode) in [
        (Knows::Everywhere, PromptingMode::YesNo),
        (Knows::Freely, PromptingMode::YesNo),
        (Knows::BySchema, PromptingMode::Digits),
    ] {
        let server = server(knows, Manner::Honest).await;
        let judge = connect(at(&server)).await;
        assert_eq!(judge.picked().mode, mode, "{knows:?}: {:?}", judge.picked());
        assert!(
            judge.picked().why.contains("known pairs"),
            "{:?}",
            judge.picked()
        );
        assert!(
            judge
                .notes()
                .iter()
                .any(|note| note.contains("requests about known pairs")),
            "{:?}",
            judge.notes()
        );
        let verdicts = judge.judge(&pairs(8)).await.unwrap();
        for (at, verdict) in verdicts.iter().enumerate() {
            common::score(at, verdict);
        }
        let measured = judge.measured().unwrap();
        assert!(measured.simulated && measured.tried && measured.task == Task::default().name);
        let again = connect(at(&server)).await;
        assert_eq!(again.picked(), judge.picked());
        assert_eq!(again.fingerprint(), judge.fingerprint());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_trial_found_is_not_asked_again() {
    let server = server(Knows::BySchema, Manner::Honest).await;
    let judge = connect(at(&server)).await;
    let before = server.stats().requests;
    let kept = connect(JudgeSettings {
        costs: judge.measured().unwrap().clone().into(),
        ..at(&server)
    })
    .await;
    assert_eq!(kept.picked().mode, judge.picked().mode);
    assert!(kept.measured().is_none());
    assert_eq!(kept.fingerprint(), judge.fingerprint());
    // Probing asks about no pair: what is left is far below the 18 requests of a trial.
    assert!(
        server.stats().requests - before < 16,
        "{before} {:?}",
        server.stats()
    );
    // Another task is another question.
    let other = connect(JudgeSettings {
        costs: judge.measured().unwrap().clone().into(),
        task: Task::built_in("same-product").unwrap(),
        ..at(&server)
    })
    .await;
    assert!(!other.picked().why.contains("patient"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_or_a_mode_of_the_users_leaves_no_trial() {
    let server = server(Knows::BySchema, Manner::Honest).await;
    for settings in [
        JudgeSettings {
            max_calls: Some(4),
            ..at(&server)
        },
        JudgeSettings {
            mode: Some(PromptingMode::Keyed),
            ..at(&server)
        },
    ] {
        assert!(connect(settings).await.measured().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn measured_where_it_pays_a_thought_follows_an_unsure_answer() {
    let known = Knowledge::of(
        40,
        &(0..40)
            .map(|at| {
                (
                    if at % 2 == 0 {
                        0.9
                    } else {
                        0.1 + f64::from(at) / 1e3
                    },
                    at % 2 == 0,
                )
            })
            .collect::<Vec<_>>(),
    );
    let weak = Knowledge {
        auroc: Some(0.75),
        ..known
    };
    let server = simulator(Options {
        labels: labels(8),
        ..options(8)
    })
    .await;
    let plain = connect(settings(&[&server])).await;
    let digest = plain.models().next().unwrap().1.to_owned();
    let costs = MeasuredCosts {
        server: server.url(),
        digest,
        task: Task::default().name,
        seconds_a_pair: [(PromptingMode::YesNo, 0.5)].into(),
        knowledge: [(PromptingMode::YesNo, weak)].into(),
        escalation: Some(Escalation {
            unsure: 0.3,
            seconds_a_pair: 0.8,
            knowledge: known,
        }),
        ..MeasuredCosts::default()
    };
    let judge = connect(JudgeSettings {
        costs: Measurements::from(costs.clone()),
        unsure: (0.0, 1.0),
        retry_policy: RetryPolicy::default(),
        ..settings(&[&server])
    })
    .await;
    assert_eq!(
        judge.picked().second_look,
        Some(SecondLook::Think),
        "{:?}",
        judge.picked()
    );
    judge.judge(&pairs(8)).await.unwrap();
    assert_eq!(judge.usage().second_looks, 8);
    assert!(judge.usage().thought_tokens > 0);
    let dear = MeasuredCosts {
        escalation: Some(Escalation {
            seconds_a_pair: 30.0,
            ..costs.escalation.unwrap()
        }),
        ..costs
    };
    let judge = connect(JudgeSettings {
        costs: Measurements::from(dear),
        ..settings(&[&server])
    })
    .await;
    assert_eq!(judge.picked().second_look, None);
}
