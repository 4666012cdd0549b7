//! New records beside a list that is resolved already.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;

use midband_linkage::{
    ColumnCounts, Linker, Options, SavedError, SavedFit, Table, TableBuilder, ValueCounts,
    WholeList,
};
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
    linker.resume(&fit, &clusters, None).unwrap();
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
        linker().resume(&other, &clusters, None),
        Err(SavedError::Version(99))
    ));
    // One that was kept when there was a class less still links.
    let mut text = fit.clone();
    text["pairs"].as_array_mut().unwrap().pop();
    for column in text["columns"].as_array_mut().unwrap() {
        column["shared"].as_array_mut().unwrap().pop();
    }
    let shorter: SavedFit = serde_json::from_value(text).unwrap();
    let mut old = linker();
    old.resume(&shorter, &clusters, None).unwrap();
    assert!(old.links().iter().any(|link| link.probability() > 0.9));
    let mut text = fit;
    text["columns"][1]["name"] = "nickname".into();
    let other: SavedFit = serde_json::from_value(text).unwrap();
    assert!(
        matches!(linker().resume(&other, &clusters, None), Err(SavedError::Column(name)) if name == "surname")
    );
}

#[test]
fn a_part_of_a_list_with_the_counts_of_all_gives_the_scores_of_all() {
    let (all, known) = (400, 380);
    let table = people(all);
    let rules = ["phone", "date_of_birth+surname"].map(|rule| rule.parse().unwrap());
    let by_rules = Options {
        rules: rules.into(),
        ..Options::default()
    };
    let mut learning = Linker::new(table.clone(), None, by_rules).unwrap();
    learning.fit(&[]);
    let fit = learning.saved().unwrap();
    let clusters: Vec<u32> = (0..known as u32).map(|row| row % 200).collect();
    let options = Options {
        fresh_from: Some(known),
        by_rules: true,
        rules: fit.rules().map(|rule| rule.parse().unwrap()).collect(),
        ..Options::default()
    };
    let mut whole = Linker::new(table.clone(), None, options.clone()).unwrap();
    whole.resume(&fit, &clusters, None).unwrap();

    // Known records that share a key with a new one, and those of their clusters.
    let read = fit.read(&table);
    let news: HashSet<u64> = (known..all).flat_map(|row| read.keys(row)).collect();
    let near: HashSet<u32> = (0..known)
        .filter(|row| read.keys(*row).any(|key| news.contains(&key)))
        .map(|row| clusters[row])
        .collect();
    let rows: Vec<usize> = (0..known)
        .filter(|row| near.contains(&clusters[*row]))
        .chain(known..all)
        .collect();
    assert!(rows.len() < all, "a part");
    let names: Vec<&str> = table
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut part = TableBuilder::new(names.clone());
    rows.iter()
        .for_each(|row| part.push(table.columns().iter().map(|column| column.get(*row))));
    let columns = fit
        .types()
        .map(|(name, _)| (name.to_owned(), ColumnCounts::default()));
    let mut counts = ValueCounts::new(columns.collect());
    for row in 0..all {
        let alone = clusters.get(row).map_or(1.0, |cluster| {
            1.0 / clusters.iter().filter(|other| *other == cluster).count() as f64
        });
        for (column, value) in read.values(row) {
            counts.add(column, value, alone);
        }
    }
    let part_clusters: Vec<u32> = rows
        .iter()
        .filter_map(|row| clusters.get(*row).copied())
        .collect();
    let options = Options {
        fresh_from: Some(part_clusters.len()),
        reading: fit
            .readings()
            .map(|(name, of)| (name.to_owned(), of))
            .collect(),
        ..options
    };
    let mut linker = Linker::new(part.finish(), None, options).unwrap();
    let of_all = WholeList {
        records: all,
        counts: &counts,
    };
    linker.resume(&fit, &part_clusters, Some(of_all)).unwrap();
    let found: Vec<_> = linker
        .links()
        .iter()
        .map(|link| {
            (
                rows[link.left as usize],
                rows[link.right as usize],
                link.log_odds,
            )
        })
        .collect();
    let wanted = whole.links();
    assert_eq!(found.len(), wanted.len());
    for ((left, right, odds), link) in found.iter().zip(&wanted) {
        assert_eq!((*left, *right), (link.left as usize, link.right as usize));
        assert!(
            (odds - link.log_odds).abs() < 1e-4,
            "{odds} {}",
            link.log_odds
        );
    }
}
