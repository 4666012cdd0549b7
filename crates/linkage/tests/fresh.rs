//! New records beside a list that is resolved already.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use midband_linkage::{Linker, Options, SavedError, SavedFit, Table, TableBuilder};
use proptest::prelude::*;

const GIVEN: [&str; 10] = [
    "anna", "ben", "carla", "dmitri", "eva", "farid", "greta", "hugo", "ines", "jonas",
];
const FAMILY: [&str; 9] = [
    "miller", "okoro", "rossi", "ivanov", "haddad", "novak", "garcia", "jensen", "tanaka",
];

/// So many records of people of whom each comes about twice; those beside a number may have a typo.
fn people(count: usize) -> Table {
    let mut table = TableBuilder::new(["given_name", "surname", "date_of_birth", "phone"]);
    for at in 0..count {
        let person = at % count.div_ceil(2);
        let given = GIVEN[person % 10];
        let family = FAMILY[person * 7 % 9].to_owned();
        let family = if at % 7 == 3 {
            family[1..].to_owned()
        } else {
            family
        };
        let born = format!(
            "19{:02}-{:02}-{:02}",
            20 + person * 13 % 75,
            1 + person % 12,
            1 + person * 5 % 28
        );
        let phone = format!("0207946{:04}", person * 271 % 10_000);
        table.push([
            Some(given),
            Some(family.as_str()),
            Some(born.as_str()),
            Some(phone.as_str()),
        ]);
    }
    table.finish()
}

fn with_rules(fresh_from: Option<usize>) -> Options {
    Options {
        rules: [
            "date_of_birth",
            "soundex(surname)+given_name",
            "last(phone,4)",
        ]
        .map(|rule| rule.parse().unwrap())
        .to_vec(),
        fresh_from,
        ..Options::default()
    }
}

fn pairs(table: &Table, options: Options) -> Vec<(u32, u32)> {
    let mut linker = Linker::new(table.clone(), None, options).unwrap();
    linker
        .candidates()
        .iter()
        .map(|pair| (pair.left, pair.right))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    /// Large enough that not every pair is compared.
    #[test]
    fn candidates_are_those_of_all_records_that_hold_a_new_one(known in 1480usize..1500, fresh in prop_oneof![1usize..100, 740usize..760]) {
        let table = people(known + fresh);
        let all = pairs(&table, with_rules(None));
        let wanted: Vec<(u32, u32)> = all.into_iter().filter(|(_, later)| *later as usize >= known).collect();
        let found = pairs(&table, with_rules(Some(known)));
        if fresh > 700 {
            prop_assert_eq!(found, wanted);
        } else {
            // Few enough for every pair of them.
            prop_assert!(wanted.iter().all(|pair| found.binary_search(pair).is_ok()));
            prop_assert!(found.iter().all(|(_, later)| *later as usize >= known));
        }
    }
}

fn saved(table: &Table) -> SavedFit {
    let mut linker = Linker::new(table.clone(), None, Options::default()).unwrap();
    linker.fit(&[]);
    linker.saved().expect("the lists say what a match is")
}

#[test]
fn a_kept_fit_finds_the_matches_of_new_records() {
    let (all, known) = (400, 300);
    let table = people(all);
    let fit = saved(&people(all));
    // Kept as a file keeps it.
    let fit: SavedFit = serde_json::from_str(&serde_json::to_string(&fit).unwrap()).unwrap();
    let options = Options {
        fresh_from: Some(known),
        ..Options::default()
    };
    let mut linker = Linker::new(table, None, options).unwrap();
    // Of people whose both records are there, one cluster.
    let clusters: Vec<u32> = (0..known as u32).map(|row| row % 200).collect();
    linker.resume(&fit, &clusters).unwrap();
    let links = linker.links();
    let strong: Vec<(u32, u32)> = links
        .iter()
        .filter(|link| link.probability() > 0.9)
        .map(|link| (link.left, link.right))
        .collect();
    let right = strong.iter().filter(|(a, b)| b - a == 200).count();
    assert!(
        right >= 95 && strong.len() - right <= 2,
        "{right} of {}",
        strong.len()
    );
    assert!(
        links.iter().all(|link| link.right as usize >= known),
        "known records are not compared with each other"
    );
}

#[test]
fn a_fit_of_another_version_or_of_other_columns_is_refused() {
    let table = people(400);
    let fit = serde_json::to_value(saved(&table)).unwrap();
    let mut text = fit.clone();
    text["version"] = 99.into();
    let other: SavedFit = serde_json::from_value(text).unwrap();
    let linker = || {
        Linker::new(
            table.clone(),
            None,
            Options {
                fresh_from: Some(300),
                ..Options::default()
            },
        )
        .unwrap()
    };
    let clusters: Vec<u32> = (0..300).collect();
    assert!(matches!(
        linker().resume(&other, &clusters),
        Err(SavedError::Version(99))
    ));
    let mut text = fit;
    text["columns"][1]["name"] = "nickname".into();
    let other: SavedFit = serde_json::from_value(text).unwrap();
    assert!(
        matches!(linker().resume(&other, &clusters), Err(SavedError::Column(name)) if name == "surname")
    );
}
