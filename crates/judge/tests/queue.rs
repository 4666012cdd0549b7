//! The queue under load: full batches, bounded requests, callers that go away, caps, the cache.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use common::{connect, options, pairs, score, settings, simulator};
use midband_core::{Judge, Unanswered};
use midband_judge::{Cache, Connecting, JudgeSettings, LlmJudge, PromptingMode};
use midband_sim::{Options, SimModel, Simulator};

async fn from_many_callers(sim: &Simulator, mode: PromptingMode) -> Arc<LlmJudge> {
    let asked = JudgeSettings {
        mode: Some(mode),
        ..settings(&[sim])
    };
    let judge = Arc::new(connect(asked).await);
    let all = Arc::new(pairs(1_000));
    let callers: Vec<_> = (0..50)
        .map(|caller| {
            let (judge, all) = (Arc::clone(&judge), Arc::clone(&all));
            tokio::spawn(async move {
                let mine = caller * 20..caller * 20 + 20;
                let seen = Mutex::new(BTreeSet::new());
                let deliver = |index: usize, verdict| {
                    score(mine.start + index, &verdict);
                    assert!(seen.lock().unwrap().insert(index), "delivered twice");
                };
                judge
                    .judge_each(&all[mine.clone()], &deliver)
                    .await
                    .unwrap();
                assert_eq!(seen.into_inner().unwrap().len(), 20);
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    judge
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_pairs_from_fifty_callers_fill_the_batches() {
    let sim = simulator(options(1_000)).await;
    for mode in [PromptingMode::Digits, PromptingMode::Think] {
        let judge = from_many_callers(&sim, mode).await;
        let usage = judge.usage();
        assert!(usage.mean_fill() >= 0.9, "mean fill {}", usage.mean_fill());
        assert_eq!(
            (usage.answered, usage.pairs_sent, usage.retries),
            (1_000, 1_000, 0)
        );
        assert!(
            usage.in_flight_peak <= 2 && sim.stats().peak <= 2,
            "{usage:?} {:?}",
            sim.stats()
        );
        println!(
            "SIMULATED {mode}: {} calls, mean fill {:.3}, {usage:?}",
            usage.calls,
            usage.mean_fill()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_never_passes_the_users_maximum_and_servers_share_the_load() {
    let (one, two) = (simulator(options(400)).await, simulator(options(400)).await);
    let asked = JudgeSettings {
        mode: Some(PromptingMode::Digits),
        max_in_flight: 4,
        ..settings(&[&one, &two])
    };
    let judge = connect(asked).await;
    for (index, verdict) in judge.judge(&pairs(400)).await.unwrap().iter().enumerate() {
        score(index, verdict);
    }
    for sim in [&one, &two] {
        let stats = sim.stats();
        assert!(
            stats.peak <= 4 && stats.peak >= 2 && stats.requests >= 10,
            "{stats:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_frees_its_slots_at_once() {
    // Real time: a request takes 20 s unless it is cancelled.
    let slow = Options {
        speed: 1.0,
        ..options(64)
    };
    let sim = simulator(slow).await;
    let judge = Arc::new(
        connect(JudgeSettings {
            mode: Some(PromptingMode::Think),
            warm_up: false,
            ..settings(&[&sim])
        })
        .await,
    );
    let caller = {
        let judge = Arc::clone(&judge);
        tokio::spawn(async move { judge.judge(&pairs(64)).await.map(drop) })
    };
    while sim.stats().in_flight < 2 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let gone = Instant::now();
    caller.abort();
    while sim.stats().in_flight > 0 {
        assert!(
            gone.elapsed() < Duration::from_millis(100),
            "slots still taken"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!("freed after {:?}", gone.elapsed());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((sim.stats().requests, sim.stats().gone), (2, 2));
    assert_eq!(judge.usage().cancelled_calls, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_goes_on_while_anyone_waits_for_it() {
    let sim = simulator(Options {
        speed: 100.0,
        ..options(8)
    })
    .await;
    let judge = Arc::new(
        connect(JudgeSettings {
            mode: Some(PromptingMode::Think),
            ..settings(&[&sim])
        })
        .await,
    );
    let all = pairs(4);
    let leaver = {
        let (judge, mine) = (Arc::clone(&judge), all[..2].to_vec());
        tokio::spawn(async move { judge.judge(&mine).await.map(drop) })
    };
    let stayer = judge.judge(&all[2..]);
    let verdicts = tokio::join!(stayer, async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        leaver.abort();
    });
    for (index, verdict) in verdicts.0.unwrap().iter().enumerate() {
        score(index, verdict);
    }
    assert_eq!(
        (
            judge.usage().calls,
            judge.usage().pairs_sent,
            sim.stats().gone
        ),
        (1, 4, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn caps_end_the_run_and_leave_nothing_without_a_reason() {
    let sim = simulator(Options {
        speed: 200.0,
        ..options(200)
    })
    .await;
    let base = JudgeSettings {
        mode: Some(PromptingMode::Digits),
        ..settings(&[&sim])
    };
    for (asked, calls) in [
        (
            JudgeSettings {
                max_calls: Some(3),
                ..base.clone()
            },
            Some(3),
        ),
        (
            JudgeSettings {
                max_judge_time: Some(Duration::from_millis(30)),
                ..base.clone()
            },
            None,
        ),
        (
            JudgeSettings {
                deadline: Some(Duration::from_millis(30)),
                ..base.clone()
            },
            None,
        ),
    ] {
        let judge = connect(asked).await;
        let begin = Instant::now();
        let verdicts = judge.judge(&pairs(200)).await.unwrap();
        assert!(begin.elapsed() < Duration::from_millis(1_500));
        let late = verdicts
            .iter()
            .filter(|verdict| verdict.outcome == Err(Unanswered::OutOfBudget))
            .count();
        let answered = verdicts
            .iter()
            .filter(|verdict| verdict.outcome.is_ok())
            .count();
        assert_eq!(late + answered, 200);
        assert!(late > 0);
        if let Some(calls) = calls {
            assert_eq!((judge.usage().calls, answered), (calls, 24));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_verdicts_go_into_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let sim = simulator(Options {
        speed: 50.0,
        ..options(40)
    })
    .await;
    let asked = JudgeSettings {
        mode: Some(PromptingMode::Think),
        cache: Some(folder.path().to_owned()),
        ..settings(&[&sim])
    };
    let judge = connect(asked).await;
    let verdicts = Mutex::new(Vec::new());
    let begin = Instant::now();
    let deliver = |index, verdict| verdicts.lock().unwrap().push((index, verdict));
    judge
        .judge_within(
            &pairs(40),
            Instant::now() + Duration::from_millis(150),
            &deliver,
        )
        .await
        .unwrap();
    assert!(begin.elapsed() < Duration::from_millis(600));
    assert_eq!(verdicts.lock().unwrap().len(), 40);
    // What was out by then ends in peace; nothing else is asked.
    let kept = || {
        judge.flush_cache();
        let cache = Cache::open(folder.path()).unwrap();
        cache.stats().unwrap().verdicts
    };
    let ended = async {
        while kept() < 4 * sim.stats().requests as u64 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
    assert!(ended.is_ok(), "{} of {:?}", kept(), sim.stats());
    let requests = sim.stats().requests;
    assert!(requests <= 2 && sim.stats().gone == 0, "{:?}", sim.stats());
    assert_eq!(kept(), 4 * requests as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_job_is_free_the_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let sim = simulator(options(50)).await;
    let asked = JudgeSettings {
        mode: Some(PromptingMode::Digits),
        cache: Some(folder.path().to_owned()),
        ..settings(&[&sim])
    };
    let first: Vec<f64> = {
        let judge = connect(asked.clone()).await;
        judge
            .judge(&pairs(50))
            .await
            .unwrap()
            .iter()
            .enumerate()
            .map(|(i, verdict)| score(i, verdict))
            .collect()
    };
    let judge = connect(asked.clone()).await;
    let swapped: Vec<_> = pairs(50)
        .into_iter()
        .map(|pair| midband_core::Pair {
            id: pair.id,
            a: pair.b,
            b: pair.a,
        })
        .collect();
    let again = judge.judge(&swapped).await.unwrap();
    for (index, verdict) in again.iter().enumerate() {
        assert_eq!(score(index, verdict), first[index]);
        assert!(verdict.outcome.as_ref().unwrap().cached);
    }
    assert_eq!((judge.usage().calls, judge.usage().cached), (0, 50));
    // Another mode, another task and `fresh` ask anew.
    let array = JudgeSettings {
        mode: Some(PromptingMode::Array),
        ..asked.clone()
    };
    let task = JudgeSettings {
        task: midband_judge::Task::built_in("same-concept").unwrap(),
        ..asked.clone()
    };
    for other in [
        array,
        task,
        JudgeSettings {
            fresh: true,
            ..asked
        },
    ] {
        let judge = connect(other).await;
        judge.judge(&pairs(50)[..8]).await.unwrap();
        assert_eq!(judge.usage().calls, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chain_skips_what_is_absent_and_pulls_when_told() {
    let pullable = vec![SimModel::medgemma("medgemma:27b")];
    let sim = simulator(Options {
        pullable,
        ..options(4)
    })
    .await;
    let chain = JudgeSettings {
        models: vec!["medgemma:27b".into(), "GEMMA3:4b".into()],
        ..settings(&[&sim])
    };
    let judge = connect(chain.clone()).await;
    assert_eq!(judge.models().next().unwrap().0, "gemma3:4b");
    assert!(
        judge
            .notes()
            .iter()
            .any(|note| note.contains("medgemma:27b")),
        "{:?}",
        judge.notes()
    );
    score(0, &judge.judge(&pairs(1)).await.unwrap()[0]);
    let none = JudgeSettings {
        models: vec!["medgemma:27b".into()],
        ..chain
    };
    assert!(LlmJudge::connect(none.clone()).await.is_err());
    let steps = Mutex::new(Vec::new());
    let progress = |at: Connecting<'_>| {
        if let Connecting::Pulling { step, done, all } = at {
            steps.lock().unwrap().push((step.to_owned(), done, all));
        }
    };
    let judge = LlmJudge::connect_with(JudgeSettings { pull: true, ..none }, &progress)
        .await
        .unwrap();
    assert_eq!(judge.models().next().unwrap().0, "medgemma:27b");
    assert!(
        steps
            .lock()
            .unwrap()
            .iter()
            .any(|(_, done, all)| done == all && *all > 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_left_out_and_one_that_dies_ends_the_run() {
    let sim = simulator(options(60)).await;
    let mut asked = JudgeSettings {
        mode: Some(PromptingMode::Digits),
        ..settings(&[&sim])
    };
    asked.servers.insert(0, "http://127.0.0.1:9".to_owned());
    let judge = connect(asked).await;
    assert!(
        judge.notes()[0].contains("127.0.0.1:9"),
        "{:?}",
        judge.notes()
    );
    score(0, &judge.judge(&pairs(1)).await.unwrap()[0]);
    drop(sim);
    let begin = Instant::now();
    let verdicts = judge.judge(&pairs(60)).await.unwrap();
    assert!(
        verdicts
            .iter()
            .all(|verdict| verdict.outcome == Err(Unanswered::Unreachable)),
        "{verdicts:?}"
    );
    assert!(
        begin.elapsed() < Duration::from_secs(6),
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_job_goes_through_in_portions_and_keeps_the_batches_full() {
    let sim = simulator(options(5_000)).await;
    let asked = JudgeSettings {
        mode: Some(PromptingMode::Digits),
        ..settings(&[&sim])
    };
    let judge = connect(asked).await;
    let verdicts = judge.judge(&pairs(5_000)).await.unwrap();
    for (index, verdict) in verdicts.iter().enumerate() {
        score(index, verdict);
    }
    let usage = judge.usage();
    assert_eq!(usage.answered, 5_000);
    assert!(usage.mean_fill() > 0.99, "{usage:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maximum_that_is_too_high_costs_little() {
    // On the profile's machine four requests at once get half as much done as two.
    let fast = Options {
        speed: 400.0,
        ..options(320)
    };
    let sim = simulator(fast).await;
    let mut took = Vec::new();
    for max_in_flight in [2, 4] {
        let asked = JudgeSettings {
            mode: Some(PromptingMode::Think),
            max_in_flight,
            ..settings(&[&sim])
        };
        let judge = connect(asked).await;
        let begin = Instant::now();
        judge.judge(&pairs(320)).await.unwrap();
        took.push(begin.elapsed().as_secs_f64());
    }
    println!(
        "SIMULATED at most 2 at once {:.2} s, at most 4 {:.2} s",
        took[0], took[1]
    );
    assert!(took[1] < 1.5 * took[0], "{took:?}");
}
