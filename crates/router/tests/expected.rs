//! The number of questions that a run expects, against the number that it asks.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use midband_core::PairId;
use midband_model::{
    CosineMap, KeyedRng, LinearProxy, PairKey, TaskKind, learn::Prior, numeric::sigmoid,
};
use midband_router::{GainOptions, Knowledge, Pairs, Policy, Reply, Router, Step};

/// Pairs with one column, and a prior by which `sharp` times its distance from .6 is the log odds of a match.
fn run(count: usize, sharp: f64, seed: u64) -> (usize, usize) {
    let keys: Vec<PairKey> = (0..count)
        .map(|at| PairKey::from(&PairId::new(format!("{seed}-{at}"))))
        .collect();
    let unit = |salt: u64, key: &PairKey| KeyedRng::new(seed, salt).unit(*key);
    let columns = vec!["likeness".to_owned()];
    let logit = |key: &PairKey| sharp * (unit(1, key) - 0.6);
    let map = CosineMap::default_for(TaskKind::General);
    let plain = Prior::cosine(map, &columns);
    let proxy = LinearProxy {
        weights: vec![sharp],
        intercept: -0.6 * sharp,
        ..plain.proxy
    };
    let prior = Prior { proxy, ..plain };
    let pairs = Pairs {
        values: keys.iter().map(|key| unit(1, key)).collect(),
        columns,
        keys: keys.clone(),
    };
    let knowledge = Knowledge {
        vouched: true,
        seed,
        ..Knowledge::of_priors(vec![prior])
    };
    let mut router = Router::new(Policy::Gain(GainOptions::default()), pairs, knowledge).unwrap();
    let expected = router.expected().questions.unwrap();
    assert_eq!(router.expected().questions, Some(expected), "asked twice");
    let mut asked = 0;
    while let Step::Ask(rows) = router.step() {
        asked += rows.len();
        let reply = |pair: usize| {
            let is_match = unit(2, &keys[pair]) < sigmoid(logit(&keys[pair]));
            let yes = is_match == (unit(3, &keys[pair]) < 0.8);
            Reply {
                pair,
                answer: Some(f64::from(u8::from(yes))),
            }
        };
        let replies: Vec<Reply> = rows.into_iter().map(reply).collect();
        router.learn(&replies).unwrap();
    }
    (expected, asked)
}

#[test]
fn a_run_asks_about_as_much_as_it_expects() {
    for (count, sharp) in [(400, 8.0), (1_000, 15.0), (2_000, 30.0)] {
        for seed in 0..3 {
            let (expected, asked) = run(count, sharp, seed);
            let ratio = expected as f64 / asked as f64;
            assert!(
                (1.0 / 1.5..1.5).contains(&ratio),
                "{count} pairs, seed {seed}: {expected} expected, {asked} asked"
            );
        }
    }
}

#[test]
fn large_runs_are_estimated_from_their_first_state() {
    let (expected, asked) = run(5_001, 30.0, 1);
    assert!(expected > 0 && asked > 0, "{expected}, {asked}");
}
