use super::*;
use crate::{KeyedRng, rng::PairKey};
use midband_core::PairId;
use proptest::prelude::*;

const ANY: JudgeCovariates = JudgeCovariates::AVERAGE;

#[test]
fn the_ends_are_a_plain_yes_and_a_plain_no() {
    let judge = JudgeModel::new(0.9, 0.7).unwrap();
    assert!((judge.log_likelihood_ratio(1.0, &ANY) - 3.0_f64.ln()).abs() < 1e-9);
    assert!((judge.log_likelihood_ratio(0.0, &ANY) - (0.1_f64 / 0.7).ln()).abs() < 1e-9);
    assert!(JudgeModel::default().log_likelihood_ratio(0.5, &ANY).abs() < 1e-9);
    assert!(JudgeModel::new(1.1, 0.5).is_err());
    assert!(JudgeModel::new(0.5, f64::NAN).is_err());
}

/// Gold pairs whose judge is right with a probability that depends on the pair.
fn gold(n: u64, right: impl Fn(bool, f64) -> f64, grade: bool) -> Vec<JudgedGold> {
    (0..n)
        .map(|i| {
            let key = PairKey::from(&PairId::new(format!("g{i}")));
            let of = |salt| KeyedRng::new(3, salt).unit(key);
            let likeness = 4.0 * of(1) - 2.0;
            let is_match = of(2) < sigmoid(likeness);
            let is_right = of(3) < right(is_match, likeness);
            let says = is_match == is_right;
            let edge = if grade { 0.5 * of(4) } else { 0.0 };
            JudgedGold {
                answer_score: if says { 1.0 - edge } else { edge },
                is_match,
                logit_p: likeness,
                at: JudgeCovariates::looking_alike(likeness),
            }
        })
        .collect()
}

#[test]
fn gold_pairs_show_how_often_it_is_right() {
    let judge = JudgeModel::default().fitted(&gold(2000, |m, _| if m { 0.95 } else { 0.7 }, false));
    assert!(
        (judge.sensitivity() - 0.95).abs() < 0.03,
        "{}",
        judge.sensitivity()
    );
    assert!(
        (judge.specificity() - 0.7).abs() < 0.04,
        "{}",
        judge.specificity()
    );
    assert!(
        (judge.proxy_weight() - 1.0).abs() < 0.15,
        "{}",
        judge.proxy_weight()
    );
    assert_eq!(judge.gold_pairs(), 2000);
}

#[test]
fn a_yes_to_what_looks_alike_counts_less_once_that_is_known() {
    let right = |m: bool, likeness: f64| {
        if m {
            0.95
        } else {
            1.0 - sigmoid(2.0 * likeness)
        }
    };
    let judge = JudgeModel::default().fitted(&gold(1000, right, false));
    let after_yes =
        |likeness: f64| judge.log_likelihood_ratio(1.0, &JudgeCovariates::looking_alike(likeness));
    assert!(
        after_yes(1.5) + 1.0 < after_yes(-1.5),
        "{} {}",
        after_yes(1.5),
        after_yes(-1.5)
    );
}

#[test]
fn a_judge_that_repeats_the_proxy_takes_its_weight() {
    // It says yes where the proxy does, whatever the truth: both together are no better than one.
    let mut pairs = gold(800, |_, _| 0.5, false);
    for pair in &mut pairs {
        pair.answer_score = f64::from(u8::from(pair.logit_p > 0.0));
    }
    let judge = JudgeModel::default().fitted(&pairs);
    let merged = judge.merged_logit(1.0, 1.0, &JudgeCovariates::looking_alike(1.0));
    assert!(merged < 1.5, "{merged}");
}

#[test]
fn graded_answers_get_their_own_map() {
    let judge = JudgeModel::default().fitted(&gold(1500, |_, _| 0.8, true));
    let at = |score| judge.log_likelihood_ratio(score, &ANY);
    assert!(at(0.95) > at(0.6) && at(0.6) > at(0.4) && at(0.4) > at(0.05));
    assert!(at(0.95) < 4.0, "{}", at(0.95));
}

#[test]
fn hedged_answers_are_read_around_their_neutral_point() {
    // Its probabilities of a yes lie between .35 and .5, and it is right four times in five.
    let mut pairs = gold(400, |_, _| 0.8, true);
    for pair in &mut pairs {
        pair.answer_score = 0.35 + 0.15 * pair.answer_score;
    }
    let judge = JudgeModel::default().fitted(&pairs);
    let at = |score| judge.log_likelihood_ratio(score, &ANY);
    assert!(
        at(0.48) > 0.7 && at(0.37) < -0.7,
        "{} {}",
        at(0.48),
        at(0.37)
    );
    // A question is planned for as its usual answer, not as certainty: what is expected after it is no zero.
    let (before, after) = judge.expected_loss(0.0, &ANY, 0.5);
    assert!(after > 0.1 && after < before, "{before} {after}");
}

#[test]
fn no_gold_pairs_change_nothing_and_few_change_little() {
    let judge = JudgeModel::default();
    assert_eq!(judge.fitted(&[]), judge);
    let few = judge.fitted(&gold(10, |_, _| 1.0, false));
    assert!(few.sensitivity() < 0.97 && few.proxy_weight() == 1.0);
}

#[test]
fn judge_models_read_back() {
    let judge = JudgeModel::default().fitted(&gold(60, |_, _| 0.8, false));
    let read: JudgeModel = serde_json::from_str(&serde_json::to_string(&judge).unwrap()).unwrap();
    let (a, b) = (
        judge.merged_logit(0.3, 1.0, &ANY),
        read.merged_logit(0.3, 1.0, &ANY),
    );
    assert!((a - b).abs() < 1e-12);
}

proptest! {
    #[test]
    fn a_useful_judge_is_monotone(sens in 0.5..1.0f64, spec in 0.5..1.0f64, a in 0.0..1.0f64, b in 0.0..1.0f64) {
        let judge = JudgeModel::new(sens, spec).unwrap();
        prop_assert!(judge.log_likelihood_ratio(a.min(b), &ANY) <= judge.log_likelihood_ratio(a.max(b), &ANY) + 1e-12);
    }

    #[test]
    fn asking_never_costs_in_expectation(logit_p in -6.0..6.0f64, sens in 0.5..1.0f64, spec in 0.5..1.0f64, cut in 0.01..0.99f64) {
        let (before, after) = JudgeModel::new(sens, spec).unwrap().expected_loss(logit_p, &ANY, cut);
        prop_assert!(after <= before + 1e-9 && after >= 0.0);
    }

    #[test]
    fn asking_is_worth_something_exactly_where_a_verdict_could_change_the_decision(logit_p in -3.0..3.0f64) {
        let judge = JudgeModel::default();
        let (before, after) = judge.expected_loss(logit_p, &ANY, 0.5);
        let ratio = 4.0_f64.ln();
        prop_assume!((logit_p.abs() - ratio).abs() > 1e-3);
        prop_assert_eq!(before - after > 1e-9, logit_p.abs() < ratio);
    }
}

#[test]
fn a_judge_that_is_noise_or_worse_is_worth_nothing() {
    for grade in [false, true] {
        for right in [0.5, 0.3] {
            let judge = JudgeModel::default().fitted(&gold(400, |_, _| right, grade));
            for logit_p in [-2.0, -0.4, 0.0, 0.4, 2.0] {
                let (before, after) = judge.expected_loss(logit_p, &ANY, 0.5);
                assert!(before - after < 0.08, "{right} {grade}: {judge:?}");
            }
            let says = |answer| judge.log_likelihood_ratio(answer, &ANY);
            assert!(says(1.0) >= says(0.0), "{judge:?}");
            // What it teaches the proxy is next to nothing too, whatever it says.
            for answer in [0.0, 0.1, 0.9, 1.0] {
                let Evidence {
                    if_match,
                    if_no_match,
                    ..
                } = judge.evidence(answer, &ANY);
                assert!((if_match / if_no_match).ln().abs() < 0.45, "{judge:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn an_answer_is_never_expected_to_do_harm(
        (sens, spec) in (0.0..=1.0, 0.0..=1.0), logit_p in -8.0..8.0, cut in 0.05..0.95, seed in 0u64..50
    ) {
        let plain = JudgeModel::new(sens, spec).unwrap();
        let stacked = plain.fitted(&gold(30 + seed, |is, x| if is { sens } else { spec * sigmoid(x) }, seed % 2 == 0));
        for judge in [plain, stacked] {
            let (before, after) = judge.expected_loss(logit_p, &ANY, cut);
            prop_assert!(after <= before + 1e-9, "{} {} {:?}", before, after, judge);
        }
    }
}
