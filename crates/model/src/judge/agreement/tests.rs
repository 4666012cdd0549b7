use super::*;
use crate::rng::{KeyedRng, PairKey};

/// Answers of a judge about pairs of which the proxy is fairly sure.
fn answers(n: u64, judge: impl Fn(bool, f64) -> f64) -> Vec<Agreement> {
    let rng = KeyedRng::new(3, 3);
    let one = |i: u64| {
        let logit_p = 6.0 * rng.unit(PairKey(i)) - 3.0;
        let is_match = rng.unit(PairKey(1 << 40 | i)) < sigmoid(logit_p);
        let answer_score = judge(is_match, rng.unit(PairKey(1 << 41 | i)));
        Agreement {
            logit_p,
            before: logit_p,
            answer_score,
        }
    };
    (0..n).map(one).collect()
}

fn yes(is: bool) -> f64 {
    f64::from(u8::from(is))
}

#[test]
fn a_judge_better_than_assumed_is_found() {
    let model = JudgeModel::default();
    for right in [0.8, 0.95] {
        let seen = answers(2000, |truth, u| yes(truth == (u < right)));
        for support in [
            ProxySupport::Nothing,
            ProxySupport::Answers,
            ProxySupport::Vouched,
        ] {
            let found = model.by_agreement(&seen, support);
            assert!(
                (right - 0.08..=right + 0.02).contains(&found.sensitivity()),
                "{right}: {found:?}"
            );
            assert!(
                (right - 0.08..=right + 0.02).contains(&found.specificity()),
                "{right}: {found:?}"
            );
        }
    }
}

#[test]
fn answers_without_information_move_nothing() {
    let model = JudgeModel::default();
    for support in [ProxySupport::Nothing, ProxySupport::Vouched] {
        let useless = |seen: &[Agreement]| model.by_agreement(seen, support).knows_nothing();
        assert!(useless(&answers(40, |_, _| 1.0)), "all yes");
        assert!(useless(&answers(40, |_, _| 0.0)), "all no");
        assert!(useless(&answers(60, |truth, _| yes(!truth))), "inverted");
        let right = |truth, u| yes(truth == (u < 0.8));
        assert!(!useless(&answers(40, right)), "right four times in five");
    }
    // Chance alone puts a coin above the line of an unvouched proxy in three of ten runs.
    let all = answers(8000, |_, u| yes(u < 0.5));
    let found = |support| {
        let useless = |seen: &&[Agreement]| model.by_agreement(seen, support).knows_nothing();
        all.chunks_exact(200).filter(useless).count()
    };
    let (vouched, nothing) = (found(ProxySupport::Vouched), found(ProxySupport::Nothing));
    assert!(vouched >= 38, "{vouched} of 40");
    assert!(nothing >= 24, "{nothing} of 40");
}

#[test]
fn a_weak_proxy_that_is_too_sure_discredits_no_judge() {
    let rng = KeyedRng::new(5, 5);
    let one = |i: u64| {
        let truth = rng.unit(PairKey(i)) < 0.5;
        // AUROC about .65, and log odds three times as large as they should be.
        let noise = rng.normal(i | 1 << 42);
        let logit_p = 3.0 * 0.5 * (noise + if truth { 0.27 } else { -0.27 });
        let right = rng.unit(PairKey(1 << 41 | i)) < 0.8;
        Agreement {
            logit_p,
            before: logit_p,
            answer_score: yes(truth == right),
        }
    };
    let seen: Vec<Agreement> = (0..400).map(one).collect();
    let found = JudgeModel::default().by_agreement(&seen, ProxySupport::Nothing);
    assert!((found.sensitivity() - 0.8).abs() < 0.1, "{found:?}");
    assert!((found.specificity() - 0.8).abs() < 0.1, "{found:?}");
}

#[test]
fn where_the_proxy_knows_nothing_the_assumption_stands() {
    let seen: Vec<Agreement> = answers(500, |truth, u| yes(truth == (u < 0.8)))
        .into_iter()
        .map(|seen| Agreement {
            logit_p: 0.0,
            ..seen
        })
        .collect();
    let found = JudgeModel::default().by_agreement(&seen, ProxySupport::Nothing);
    assert!((found.sensitivity() - 0.8).abs() < 0.06, "{found:?}");
}
