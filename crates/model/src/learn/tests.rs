use super::*;
use crate::{CosineMap, TaskKind};
use midband_core::PairId;
use proptest::prelude::*;

/// `n` pairs with a cosine, a column that tells all, and one that tells nothing.
fn pairs(n: usize) -> (Vec<String>, Vec<f64>, Vec<Label>, Vec<bool>) {
    let columns = ["cosine", "telling", "idle"].map(str::to_owned).to_vec();
    let (mut values, mut labels, mut truth) = (Vec::new(), Vec::new(), Vec::new());
    let draw = KeyedRng::new(5, 5);
    for row in 0..n {
        let key = PairKey::from(&PairId::new(format!("p{row}")));
        let of = |salt: u64| KeyedRng::new(5, salt).unit(key);
        let telling = of(1);
        let is_match = draw.unit(key) < sigmoid(8.0 * (telling - 0.5));
        values.extend([0.5 * of(2) + 0.3 * telling, telling, of(3)]);
        labels.push(Label {
            row,
            key,
            evidence: Evidence::gold(is_match),
        });
        truth.push(is_match);
    }
    (columns, values, labels, truth)
}

fn fitted(columns: &[String], values: &[f64], labels: &[Label]) -> Fit {
    let rows = Rows::new(columns, values).unwrap();
    let prior = Prior::cosine(CosineMap::default_for(TaskKind::General), columns);
    fit(
        rows,
        &rows.scale(),
        labels,
        &[prior],
        &FitOptions::default(),
    )
    .unwrap()
}

#[test]
fn it_finds_the_column_that_tells() {
    let (columns, values, labels, _) = pairs(400);
    let found = fitted(&columns, &values, &labels);
    assert!(
        found.proxy.weights[1] > 4.0 * found.proxy.weights[2].abs(),
        "{:?}",
        found.proxy.weights
    );
    let share: f64 = found.candidates.iter().map(|c| c.share).sum();
    assert!((share - 1.0).abs() < 1e-9);
}

#[test]
fn verdicts_of_known_reliability_teach_what_gold_labels_teach() {
    let (columns, values, gold, truth) = pairs(1500);
    let wrong = KeyedRng::new(9, 9);
    let judge = crate::JudgeModel::new(0.8, 0.8).unwrap();
    let verdicts: Vec<Label> = (gold.iter().zip(&truth))
        .map(|(label, is_match)| {
            let says = *is_match != (wrong.unit(label.key) < 0.2);
            Label {
                evidence: judge
                    .evidence(f64::from(u8::from(says)), &crate::JudgeCovariates::AVERAGE),
                ..*label
            }
        })
        .collect();
    let (from_gold, from_verdicts) = (
        fitted(&columns, &values, &gold),
        fitted(&columns, &values, &verdicts),
    );
    let (a, b) = (from_gold.proxy.weights[1], from_verdicts.proxy.weights[1]);
    assert!((a - b).abs() < 0.35 * a, "{a} {b}");
}

#[test]
fn one_step_without_a_fold_is_near_the_full_fit_without_it() {
    let (_, values, labels, _) = pairs(700);
    let evidence: Vec<Evidence> = labels.iter().map(|l| l.evidence).collect();
    let problem = crate::logistic::Problem {
        rows: &values,
        evidence: &evidence,
        offsets: &[],
        prior_mean: &[0.0; 3],
        precision: &[1.0; 3],
    };
    let all = problem.fit(&[0.0; 3]);
    let fold: Vec<usize> = (0..700).map(|i| i / 140).collect();
    let (near, exact) = (
        problem.one_step_without(&all, &fold, 5),
        problem.fit_without(&all, &fold, 5),
    );
    for (a, b) in near.iter().flatten().zip(exact.iter().flatten()) {
        assert!((a - b).abs() < 0.02 * (1.0 + b.abs()), "{a} {b}");
    }
}

#[test]
fn wrong_requests_are_refused() {
    let (columns, values, labels, _) = pairs(20);
    let rows = Rows::new(&columns, &values).unwrap();
    let scale = rows.scale();
    let prior = [Prior::cosine(
        CosineMap::default_for(TaskKind::General),
        &columns,
    )];
    let options = FitOptions::default();
    assert!(matches!(
        fit(rows, &scale, &labels[..4], &prior, &options),
        Err(FitError::TooFew { .. })
    ));
    assert_eq!(
        fit(rows, &scale, &labels, &[], &options),
        Err(FitError::NoPrior)
    );
    let stray = [Label {
        row: 99,
        ..labels[0]
    }; 5];
    assert!(matches!(
        fit(rows, &scale, &stray, &prior, &options),
        Err(FitError::NoSuchRow { row: 99, .. })
    ));
    assert!(Rows::new(&columns, &values[1..]).is_err());
    assert!(Rows::new(&columns, &[0.0, f64::NAN, 0.0]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn order_changes_nothing(shift in 1..60usize) {
        let (columns, values, labels, _) = pairs(60);
        let mut turned = labels.clone();
        turned.rotate_left(shift % 60);
        let (a, b) = (fitted(&columns, &values, &labels), fitted(&columns, &values, &turned));
        prop_assert_eq!(&a.proxy, &b.proxy);
        prop_assert_eq!(a.held_out[shift % 60], b.held_out[0]);
    }

    #[test]
    fn probabilities_stay_in_range(x in prop::array::uniform3(-1e6..1e6f64)) {
        let (columns, values, labels, _) = pairs(40);
        let p = fitted(&columns, &values, &labels).proxy.probability(&x);
        prop_assert!((0.0..=1.0).contains(&p));
    }
}
