//! CPU time of everything but the server, measured on demand:
//! `cargo test -p midband-judge --release --test overhead -- --ignored --nocapture`.

#![allow(clippy::unwrap_used)]

mod common;

use common::{connect, options, pairs, settings, simulator};
use midband_core::Judge;
use midband_judge::{JudgeSettings, PromptingMode};

/// Held by each measurement: the clock counts for the whole process.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// User and system time of this process in seconds; clock ticks are hundredths on Linux.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// The simulator runs in the same process: what is measured is an upper bound.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn two_milliseconds_a_pair_at_most() {
    const COUNT: usize = 4_000;
    let _alone = ALONE.lock().await;
    let sim = simulator(options(COUNT)).await;
    let folder = tempfile::tempdir().unwrap();
    for mode in [
        PromptingMode::Digits,
        PromptingMode::Keyed,
        PromptingMode::YesNo,
        PromptingMode::Think,
    ] {
        let cache = Some(folder.path().to_owned());
        let judge = connect(JudgeSettings {
            mode: Some(mode),
            cache,
            ..settings(&[&sim])
        })
        .await;
        let all = pairs(COUNT);
        let Some(begin) = cpu_seconds() else {
            eprintln!("SKIPPED: no /proc/self/stat on this system");
            return;
        };
        judge.judge(&all).await.unwrap();
        let milliseconds = (cpu_seconds().unwrap() - begin) * 1_000.0 / COUNT as f64;
        println!("SIMULATED {mode}: {milliseconds:.3} ms of CPU a pair, simulator included");
        assert!(milliseconds < 2.0);
    }
}

/// While servers work and pairs wait, the queue sleeps.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn waiting_costs_nothing() {
    let _alone = ALONE.lock().await;
    let sim = simulator(midband_sim::Options {
        speed: 1.0,
        ..options(64)
    })
    .await;
    let judge = connect(JudgeSettings {
        mode: Some(PromptingMode::Think),
        retry_policy: midband_judge::RetryPolicy::default(),
        ..settings(&[&sim])
    })
    .await;
    let all = pairs(64);
    let begin = cpu_seconds();
    let waited = std::time::Duration::from_secs(5);
    let _ = tokio::time::timeout(waited, judge.judge(&all)).await;
    if let (Some(begin), Some(end)) = (begin, cpu_seconds()) {
        println!("{:.0} ms of CPU in 5 s of waiting", (end - begin) * 1_000.0);
        assert!(end - begin < 0.1);
    }
}
