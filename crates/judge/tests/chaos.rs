//! Many callers, half of whom go away, over servers that fail in every way: whoever stays gets every
//! verdict, and nothing is left behind.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use common::{connect, options, pairs, settings, simulator, truth};
use midband_core::Judge;
use midband_judge::{JudgeSettings, PromptingMode, SecondLook};
use midband_sim::{Fault, FaultRate, Options};

const CALLERS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn who_stays_is_served_and_nothing_is_left_behind() {
    let rate = 0.3 / Fault::ALL.len() as f64;
    let faults: Vec<FaultRate> = Fault::ALL
        .iter()
        .map(|&fault| FaultRate { fault, rate })
        .collect();
    let faulty = |seed| Options {
        seed,
        faults: faults.clone(),
        ..options(12 * CALLERS)
    };
    let (one, two) = (simulator(faulty(1)).await, simulator(faulty(2)).await);
    let asked = JudgeSettings {
        mode: Some(PromptingMode::Digits),
        second_look: Some(SecondLook::Think),
        unsure: (0.0, 0.15),
        explain: true,
        max_in_flight: 3,
        ..settings(&[&one, &two])
    };
    let judge = Arc::new(connect(asked).await);
    let all = Arc::new(pairs(12 * CALLERS));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (judge, all) = (Arc::clone(&judge), Arc::clone(&all));
            tokio::spawn(async move {
                let first = caller * 12;
                let mine = &all[first..first + 1 + caller % 12];
                let asked = judge.judge(mine);
                if caller % 2 == 0 {
                    let retry_policy = Duration::from_millis(3 * caller as u64);
                    let _ = tokio::time::timeout(retry_policy, asked).await;
                    return 0;
                }
                let verdicts = asked.await.unwrap();
                assert_eq!(verdicts.len(), mine.len());
                for (offset, verdict) in verdicts.iter().enumerate() {
                    if let Ok(answer) = &verdict.outcome {
                        assert_eq!(answer.score() >= 0.5, truth(first + offset) >= 0.5);
                    }
                }
                verdicts
                    .iter()
                    .filter(|verdict| verdict.outcome.is_ok())
                    .count()
            })
        })
        .collect();
    let mut answered = 0;
    for caller in callers {
        answered += tokio::time::timeout(Duration::from_secs(40), caller)
            .await
            .unwrap()
            .unwrap();
    }
    let stayed: usize = (0..CALLERS)
        .filter(|caller| caller % 2 == 1)
        .map(|caller| 1 + caller % 12)
        .sum();
    assert!(answered * 100 >= stayed * 95, "{answered} of {stayed}");
    let gone = Instant::now();
    while one.stats().in_flight + two.stats().in_flight > 0 {
        assert!(
            gone.elapsed() < Duration::from_millis(200),
            "{:?} {:?}",
            one.stats(),
            two.stats()
        );
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // On our side: a server needs a moment to notice that a request was given up.
    assert!(judge.usage().in_flight_peak <= 3);
    println!(
        "SIMULATED chaos: {answered} of {stayed} answered, {:?}",
        judge.usage()
    );
}
