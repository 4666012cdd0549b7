//! A person's labels: nobody is asked about them, and they change a proxy only where they show that it gains.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use midband_core::PairId;
use midband_model::{
    CosineMap, Costs, Goal, KeyedRng, PairKey, TaskKind, learn::Prior, numeric::sigmoid,
};
use midband_router::{
    GainOptions, GoldLabel, Knowledge, Outcome, Pairs, Policy, Reply, Router, Step,
};

const PAIRS: usize = 400;

#[test]
fn costs_that_make_no_rule_are_refused() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let usual = Costs::default();
        for costs in [
            Costs {
                false_match: bad,
                ..usual
            },
            Costs {
                missed_match: bad,
                ..usual
            },
            Costs {
                review: Some(bad),
                ..usual
            },
        ] {
            let (pairs, _) = pairs();
            let prior = Prior::cosine(CosineMap::default_for(TaskKind::General), &pairs.columns);
            let knowledge = Knowledge {
                goal: Goal::Cost(costs),
                ..Knowledge::of_priors(vec![prior])
            };
            let refused = Router::new(Policy::Gain(GainOptions::default()), pairs, knowledge);
            let error = refused.err().map(|error| error.to_string());
            assert!(
                error
                    .as_deref()
                    .is_some_and(|error| error.starts_with("a cost must lie in")),
                "{costs:?}: {error:?}"
            );
        }
    }
}
const LABELS: usize = 60;

/// Pairs with a cosine and a second column, and for each a number in 0..1 that has to do with neither.
fn pairs() -> (Pairs, Vec<f64>) {
    let keys: Vec<PairKey> = (0..PAIRS)
        .map(|at| PairKey::from(&PairId::new(at.to_string())))
        .collect();
    let unit = |salt: u64, key: &PairKey| KeyedRng::new(1, salt).unit(*key);
    let pairs = Pairs {
        values: keys
            .iter()
            .flat_map(|key| [unit(1, key), unit(2, key)])
            .collect(),
        columns: ["cosine", "telling"].map(str::to_owned).to_vec(),
        keys: keys.clone(),
    };
    let chance = keys.iter().map(|key| unit(3, key)).collect();
    (pairs, chance)
}

/// What a run comes to whose first pairs somebody labelled.
fn outcome(
    truth: impl Fn(f64, f64, f64) -> bool,
    labels: usize,
    asks: bool,
) -> (Outcome, Vec<usize>) {
    let (pairs, chance) = pairs();
    let prior = Prior::cosine(CosineMap::default_for(TaskKind::General), &pairs.columns);
    let is_match = |at: usize| {
        let row = pairs.row(at);
        truth(row[0], row[1], chance[at])
    };
    let gold = (0..labels).map(|pair| GoldLabel {
        pair,
        is_match: is_match(pair),
    });
    let knowledge = Knowledge {
        gold: gold.collect(),
        judge_gold: false,
        ..Knowledge::of_priors(vec![prior])
    };
    let mut router = Router::new(
        Policy::Gain(GainOptions::default()),
        pairs.clone(),
        knowledge,
    )
    .unwrap();
    let mut asked = Vec::new();
    if !asks {
        router.settle();
        return (router.outcome(), asked);
    }
    while let Step::Ask(rows) = router.step() {
        asked.extend(&rows);
        let replies = rows.iter().map(|pair| Reply {
            pair: *pair,
            answer: Some(f64::from(u8::from(is_match(*pair)))),
        });
        router.learn(&replies.collect::<Vec<_>>()).unwrap();
    }
    (router.outcome(), asked)
}

/// The truth as the prior has it.
fn as_the_prior(cosine: f64, chance: f64) -> bool {
    chance < sigmoid(CosineMap::default_for(TaskKind::General).logit(cosine))
}

#[test]
fn labels_change_the_proxy_where_they_show_a_gain_and_only_there() {
    let prior = outcome(|cosine, _, chance| as_the_prior(cosine, chance), 0, false).0;
    let agreeing = outcome(
        |cosine, _, chance| as_the_prior(cosine, chance),
        LABELS,
        false,
    )
    .0;
    assert_eq!(agreeing.fits, 0);
    assert_eq!(agreeing.scores, prior.scores);
    let telling = outcome(|_, telling, _| telling > 0.5, LABELS, false).0;
    assert!(telling.fits > 0);
    let (pairs, _) = pairs();
    let right = |outcome: &Outcome| {
        let rest = LABELS..PAIRS;
        rest.filter(|at| (outcome.scores[*at] >= 0.5) == (pairs.row(*at)[1] > 0.5))
            .count()
    };
    assert!(
        right(&telling) > right(&prior) + 50,
        "{} {}",
        right(&telling),
        right(&prior)
    );
    // Too few to tell.
    assert_eq!(
        outcome(|_, telling, _| telling > 0.5, 20, false).0.scores,
        prior.scores
    );
}

#[test]
fn nobody_is_asked_about_a_labelled_pair() {
    let (_, asked) = outcome(|_, telling, _| telling > 0.5, LABELS, true);
    assert!(!asked.is_empty());
    assert!(asked.iter().all(|pair| *pair >= LABELS));
}
