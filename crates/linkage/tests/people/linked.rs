//! One list: what is learnt, why, and when nothing can be learnt.

use std::collections::BTreeSet;

use midband_linkage::{ColumnType, Evidence, Fit, Linker, Options, Reason};

use crate::made::{HEADERS, Row, f1, gold, people, table};

#[test]
fn a_list_is_linked_without_labels_and_says_why() {
    let (rows, owner) = people(200);
    let mut linker = Linker::new(table(&HEADERS, &rows), None, Options::default()).unwrap();
    assert!(linker.informative());
    let kinds: Vec<ColumnType> = linker
        .plan()
        .left
        .iter()
        .map(|column| column.kind)
        .collect();
    use ColumnType as T;
    assert_eq!(
        kinds,
        [
            T::GivenName,
            T::FamilyName,
            T::Date,
            T::Street,
            T::City,
            T::Postcode,
            T::Phone
        ]
    );
    assert!(
        linker
            .plan()
            .notes
            .iter()
            .any(|note| note.starts_with("phone:")),
        "{:?}",
        linker.plan().notes
    );
    assert!(matches!(linker.fit(&[]), Fit::Learnt(_)));
    let truth = gold(&owner);
    assert!(f1(&linker, &truth) > 0.98, "{}", f1(&linker, &truth));
    let mut features = Vec::new();
    for link in linker.links().iter().filter(|link| link.log_odds > -10.0) {
        let scored = linker.score((link.left, link.right)).unwrap();
        let sum: f64 = scored
            .parts
            .iter()
            .map(|part| part.weight_log2)
            .sum::<f64>()
            * std::f64::consts::LN_2;
        assert!(
            (sum - scored.log_odds).abs() < 1e-9 && (link.log_odds - scored.log_odds).abs() < 1e-9
        );
        linker.features((link.left, link.right), &mut features);
        assert_eq!(features.len(), linker.feature_names().len());
    }
    let levels: BTreeSet<String> = truth
        .iter()
        .flat_map(|pair| linker.score(*pair).unwrap().parts)
        .map(|part| part.level)
        .collect();
    for level in [
        "exact",
        "nickname",
        "given and family name swapped",
        "missing",
    ] {
        assert!(levels.contains(level), "{level} is not among {levels:?}");
    }
}

#[test]
fn ill_posed_lists_end_in_a_statement() {
    let reason = |rows: &[Row], headers: &[&str]| {
        let mut linker = Linker::new(table(headers, rows), None, Options::default()).unwrap();
        match linker.fit(&[]) {
            Fit::Unidentified(reason) => reason.clone(),
            Fit::Learnt(learning) => panic!("learned {learning:?}"),
        }
    };
    let same: Vec<Row> = (0..50)
        .map(|_| vec!["Anna".into(), "Meyer".into(), "1970-01-02".into()])
        .collect();
    assert_eq!(
        reason(&same, &["given_name", "surname", "dob"]),
        Reason::FewColumns
    );
    let (rows, owner) = people(300);
    let mut last = usize::MAX;
    let alone: Vec<Row> = rows
        .iter()
        .zip(&owner)
        .filter(|(_, person)| std::mem::replace(&mut last, **person) != **person)
        .map(|(row, _)| row.clone())
        .collect();
    assert_eq!(reason(&alone, &HEADERS), Reason::NoMatches);
    assert!(matches!(reason(&rows[..3], &HEADERS), Reason::FewPairs(3)));
    let texts: Vec<Row> = (0..60)
        .map(|at| {
            vec![format!(
                "a long text about thing number {at} and what it does to others"
            )]
        })
        .collect();
    assert_eq!(reason(&texts, &["description"]), Reason::FewColumns);
    let nearly: Vec<Row> = (0..40)
        .map(|at| {
            vec![
                "Anna".into(),
                if at == 3 { "Meier" } else { "Meyer" }.into(),
                "1970-05-02".into(),
            ]
        })
        .collect();
    assert_eq!(
        reason(&nearly, &["given_name", "surname", "dob"]),
        Reason::FewColumns
    );
}

#[test]
fn verdicts_move_the_weights() {
    let (rows, owner) = people(120);
    let truth = gold(&owner);
    let mut linker = Linker::new(table(&HEADERS, &rows), None, Options::default()).unwrap();
    linker.fit(&[]);
    let before = linker.weights()[4].levels[0].m;
    let (mut yes, mut evidence) = (0, Vec::new());
    for pair in &truth {
        let city = linker.score(*pair).unwrap().parts[5].level.clone();
        if city != "exact" && yes < 20 {
            yes += 1;
            evidence.extend((0..5).map(|_| Evidence {
                pair: *pair,
                p_match: 0.95,
            }));
        }
    }
    assert!(yes > 3);
    linker.fit(&evidence);
    let after = linker.weights()[4].levels[0].m;
    assert!(after <= before + 1e-6, "{before} {after}");
    assert!(f1(&linker, &truth) > 0.97);
}
