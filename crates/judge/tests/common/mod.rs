//! Simulators and judges for the tests of the queue.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, unreachable_pub)]

use std::time::Duration;

use midband_core::{Pair, Verdict};
use midband_judge::{JudgeSettings, LlmJudge, Protocol, RetryPolicy};
use midband_sim::{Labels, OpenAiServer, Options, Simulator};

/// Both protocols, each with the server that the simulator is then.
pub const PROTOCOLS: [(Protocol, OpenAiServer); 3] = [
    (Protocol::Ollama, OpenAiServer::Ollama),
    (Protocol::OpenAi, OpenAiServer::LlamaCpp),
    (Protocol::OpenAi, OpenAiServer::Vllm),
];

/// Pairs with known labels: even ones match.
pub fn pairs(count: usize) -> Vec<Pair> {
    (0..count)
        .map(|i| {
            Pair::new(
                format!("id{i}"),
                format!("{i} y/o with HTN, case {i}"),
                format!("case {i}: hypertension"),
            )
        })
        .collect()
}

pub fn truth(index: usize) -> f64 {
    f64::from(u8::from(index.is_multiple_of(2)))
}

pub fn labels(count: usize) -> Labels {
    Labels::new(pairs(count).into_iter().enumerate().map(|(i, pair)| {
        (
            pair.a.as_str().to_owned(),
            pair.b.as_str().to_owned(),
            truth(i),
        )
    }))
}

/// A simulator so fast that a minute of its clock takes 60 ms; it always tells the truth.
pub fn options(count: usize) -> Options {
    Options {
        labels: labels(count),
        accuracy: 1.0,
        speed: 1_000.0,
        loaded: true,
        ..Options::default()
    }
}

pub async fn simulator(options: Options) -> Simulator {
    Simulator::start(options).await.unwrap()
}

/// Settings whose patience fits a clock a thousand times as fast.
pub fn settings(simulators: &[&Simulator]) -> JudgeSettings {
    JudgeSettings {
        servers: simulators.iter().map(|simulator| simulator.url()).collect(),
        max_wait: Duration::from_millis(20),
        retry_policy: RetryPolicy {
            least_timeout: Duration::from_millis(400),
            most_timeout: Duration::from_millis(1_500),
            backoff: Duration::from_millis(5),
            most_backoff: Duration::from_millis(100),
            tries: 4,
            give_up: Duration::from_secs(2),
        },
        ..JudgeSettings::default()
    }
}

pub async fn connect(settings: JudgeSettings) -> LlmJudge {
    LlmJudge::connect(settings).await.unwrap()
}

/// The answered score, and that it is on the right side.
pub fn score(index: usize, verdict: &Verdict) -> f64 {
    let score = verdict
        .outcome
        .as_ref()
        .unwrap_or_else(|why| panic!("pair {index}: {why}"))
        .score();
    assert_eq!(
        score >= 0.5,
        truth(index) >= 0.5,
        "pair {index} got {score}"
    );
    score
}
