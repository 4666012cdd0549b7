//! Every fault, alone and mixed: no pair is lost or doubled, no score is invented, nothing hangs, and
//! the number of further requests is bounded.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use common::{PROTOCOLS, connect, options, pairs, settings, simulator, truth};
use midband_core::{Judge, Verdict};
use midband_judge::{JudgeSettings, PromptingMode, Protocol, Usage};
use midband_sim::{Fault, FaultRate, OpenAiServer, Options};

const PAIRS: usize = 160;
/// Pairs where nothing but a fault is answered.
const FEW: usize = 24;

/// The bound of the queue's module: for each model of a chain of two, a pair is in at most 4 requests
/// with others (8, 4, 2, 1), in one more alone, and in 4 more after failures that may pass.
const MOST_REQUESTS_A_PAIR: u64 = 2 * (4 + 1 + 4);

struct Run {
    answered: usize,
    usage: Usage,
    took: Duration,
}

/// Who is asked, and how.
type Case = ((Protocol, OpenAiServer), PromptingMode);

async fn run(count: usize, case: Case, faults: Vec<FaultRate>) -> Run {
    let ((protocol, openai), mode) = case;
    let sim = simulator(Options {
        faults,
        openai,
        ..options(count)
    })
    .await;
    let chain = vec!["medgemma:1.5-4b-q4".to_owned(), "gemma3:4b".to_owned()];
    let judge = connect(JudgeSettings {
        protocol,
        mode: Some(mode),
        models: chain,
        ..settings(&[&sim])
    })
    .await;
    let seen: Mutex<Vec<Option<Verdict>>> = Mutex::new(vec![None; count]);
    let deliver = |index: usize, verdict: Verdict| {
        let before = seen.lock().unwrap()[index].replace(verdict);
        assert!(before.is_none(), "pair {index} was delivered twice");
    };
    let begin = Instant::now();
    let all = pairs(count);
    let run = tokio::time::timeout(Duration::from_secs(60), judge.judge_each(&all, &deliver));
    run.await.expect("it hangs").unwrap();
    let took = begin.elapsed();
    let mut answered = 0;
    for (index, verdict) in seen.into_inner().unwrap().into_iter().enumerate() {
        let verdict = verdict.unwrap_or_else(|| panic!("pair {index} was lost"));
        if let Ok(answer) = &verdict.outcome {
            answered += 1;
            // The simulator always tells the truth: any other score is invented.
            assert_eq!(
                answer.score() >= 0.5,
                truth(index) >= 0.5,
                "pair {index} got {}",
                answer.score()
            );
        }
    }
    let usage = judge.usage();
    assert_eq!(
        (usage.answered as usize, usage.unanswered as usize),
        (answered, count - answered)
    );
    assert!(
        usage.pairs_sent <= MOST_REQUESTS_A_PAIR * count as u64,
        "{usage:?}"
    );
    Run {
        answered,
        usage,
        took,
    }
}

fn show(name: &str, server: OpenAiServer, run: &Run) {
    println!(
        "SIMULATED {server:>9} {name:>20}: {} answered, {} calls, {} retries, {:.2} s",
        run.answered,
        run.usage.calls,
        run.usage.retries,
        run.took.as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_alone_at_twenty_percent() {
    for protocol in PROTOCOLS {
        for &fault in Fault::ALL {
            let case = (protocol, PromptingMode::Keyed);
            let run = run(PAIRS, case, vec![FaultRate { fault, rate: 0.2 }]).await;
            show(fault.as_str(), protocol.1, &run);
            // Without faults 20 requests; a fifth of the tries fails, each on at most a few pairs.
            assert!(
                run.answered >= PAIRS * 97 / 100,
                "{fault}: {} answered",
                run.answered
            );
            assert!(run.usage.calls <= 80, "{fault}: {} calls", run.usage.calls);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_always() {
    for protocol in PROTOCOLS {
        for &fault in Fault::ALL {
            let case = (protocol, PromptingMode::Think);
            let run = run(FEW, case, vec![FaultRate { fault, rate: 1.0 }]).await;
            show(fault.as_str(), protocol.1, &run);
            // Extra keys and reloads do no harm; a thought that never closes harms only who thinks.
            let harmless = matches!(fault, Fault::Extra | Fault::Unload);
            assert!(!harmless || run.answered == FEW, "{fault}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_faults_mixed_at_twenty_percent() {
    let each = 0.2 / Fault::ALL.len() as f64;
    let mixed: Vec<FaultRate> = Fault::ALL
        .iter()
        .map(|&fault| FaultRate { fault, rate: each })
        .collect();
    for protocol in PROTOCOLS {
        for mode in PromptingMode::ALL {
            let run = run(PAIRS, (protocol, mode), mixed.clone()).await;
            show(&format!("{mode}"), protocol.1, &run);
            let sound = match mode {
                PromptingMode::YesNo | PromptingMode::Standard => PAIRS,
                // Also the smallest size that is tried without thoughts.
                _ => PAIRS / 4,
            };
            assert!(
                run.answered >= PAIRS * 97 / 100,
                "{} answered",
                run.answered
            );
            assert!(
                run.usage.calls <= 2 * sound as u64 + 20,
                "{} calls instead of {sound}",
                run.usage.calls
            );
        }
    }
}
