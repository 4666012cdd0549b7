//! `midband match` where pairs decide about each other: one partner a record, and clusters.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::BTreeMap, fs, path::Path};

use crate::common::{FAMILY, GIVEN, Ran, midband, number, objects_in};
use serde_json::{Map, Value};
use tempfile::tempdir;

/// Three spellings of one person on the left and two on the right; another person on both sides.
fn lists(dir: &Path) {
    let rows = |rows: &[(&str, &str)]| {
        let lines: Vec<String> = rows
            .iter()
            .map(|(id, name)| format!("{id},{name}"))
            .collect();
        format!("id,name\n{}\n", lines.join("\n"))
    };
    fs::write(
        dir.join("left.csv"),
        rows(&[
            ("l0", "Johannes van der Berg"),
            ("l1", "Johannes van den Berg"),
            ("l2", "J. van der Berg"),
            ("l3", "Marie Curie"),
        ]),
    )
    .unwrap();
    fs::write(
        dir.join("right.csv"),
        rows(&[
            ("r0", "Johannes van der Berg"),
            ("r1", "Johannes van den Berg"),
            ("r2", "Marie Curie"),
        ]),
    )
    .unwrap();
}

/// Whatever is alike by seven tenths is a match.
fn matched(dir: &Path, more: &[&str]) -> (Ran, Vec<Map<String, Value>>) {
    let all = [
        &[
            "match",
            "left.csv",
            "right.csv",
            "-o",
            "out.jsonl",
            "--judge",
            "none",
            "--band",
            "0.69..0.7",
            "--top-k",
            "3",
        ],
        more,
    ]
    .concat();
    let ran = midband(dir, &all);
    assert!(ran.code < 2, "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    (ran, rows)
}

fn matches(rows: &[Map<String, Value>]) -> Vec<(String, String)> {
    let matches = rows.iter().filter(|row| row["decision"] == "match");
    let id = |row: &Map<String, Value>, side: &str| row[side].as_str().unwrap().to_owned();
    matches
        .map(|row| (id(row, "left_id"), id(row, "right_id")))
        .collect()
}

#[test]
fn each_record_has_one_partner_where_that_is_asked_for() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    let (_, free) = matched(dir, &[]);
    let all = matches(&free);
    assert!(all.len() >= 5, "the test needs pairs that compete: {all:?}");
    assert!(!free[0].contains_key("resolved"));

    let (ran, rows) = matched(dir, &["--one-to-one"]);
    let pair = |left: &str, right: &str| (left.to_owned(), right.to_owned());
    assert_eq!(
        matches(&rows),
        [pair("l0", "r0"), pair("l1", "r1"), pair("l3", "r2")]
    );
    assert!(
        ran.stderr
            .contains(&format!("kept 3 of {} matches", all.len())),
        "{}",
        ran.stderr
    );
    let summary = ran
        .stderr
        .lines()
        .find(|line| line.contains("decisions:"))
        .unwrap();
    assert!(summary.contains("match 3,"), "{summary}");
    for (row, free) in rows.iter().zip(&free) {
        let lost = free["decision"] == "match" && row["decision"] == "no_match";
        assert_eq!(row["resolved"] == "one_to_one", lost, "{row:?}");
        assert!(
            (number(row, "score") - number(free, "score")).abs() < 1e-6,
            "scores stay"
        );
    }

    let (_, rows) = matched(dir, &["--many-to-one"]);
    let mut partners: BTreeMap<String, usize> = BTreeMap::new();
    matches(&rows)
        .into_iter()
        .for_each(|(left, _)| *partners.entry(left).or_default() += 1);
    assert!(
        partners.len() == 4 && partners.values().all(|count| *count == 1),
        "{partners:?}"
    );
    let (ran, rows) = matched(dir, &["--one-to-one", "--min-proxy", "0.2"]);
    assert_eq!(matches(&rows).len(), 3);
    assert!(rows.iter().all(|row| number(row, "proxy_score") >= 0.2) && rows.len() < free.len());
    assert!(
        ran.stderr
            .contains(&format!("midband: {} pairs in", free.len())),
        "{}",
        ran.stderr
    );
    let (_, rows) = matched(dir, &["--min-proxy", "0.2"]);
    assert_eq!(matches(&rows), all);
    let csv = midband(
        dir,
        &[
            "match",
            "left.csv",
            "right.csv",
            "-o",
            "out.csv",
            "--judge",
            "none",
            "--one-to-one",
        ],
    );
    assert!(csv.code < 2, "{}", csv.stderr);
    assert!(
        fs::read_to_string(dir.join("out.csv"))
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .ends_with(",resolved")
    );
}

#[test]
fn clusters_hold_what_matches_join_and_no_chain_joins_strangers() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    let (ran, rows) = matched(dir, &["--clusters", "clusters.jsonl"]);
    let clusters = objects_in(&dir.join("clusters.jsonl"));
    let of = |list: &str, id: &str| {
        let row = clusters
            .iter()
            .find(|row| row["list"] == list && row["id"] == id)
            .unwrap();
        row["cluster"].as_u64().unwrap()
    };
    assert_eq!(clusters.len(), 7, "every record stands in it");
    for (left, right) in matches(&rows) {
        assert_eq!(of("left", &left), of("right", &right));
    }
    assert_eq!(
        (of("left", "l0"), of("left", "l1"), of("left", "l3")),
        (0, 0, of("right", "r2"))
    );
    assert_ne!(of("left", "l3"), 0);
    assert!(
        ran.stderr.contains("2 of more than one record"),
        "{}",
        ran.stderr
    );
    assert!(clusters.iter().all(|row| row["contradicted"] == false));

    // A chain whose ends have nothing in common: kept together by its middle alone.
    fs::write(dir.join("chain.csv"), "id,name\na,fracture of the left hip\nb,fracture of the left hip and diabetes mellitus\nc,diabetes mellitus\nd,tonsillitis\n").unwrap();
    let ran = midband(
        dir,
        &[
            "match",
            "chain.csv",
            "-o",
            "chain.jsonl",
            "--clusters",
            "chain-clusters.csv",
            "--judge",
            "none",
            "--band",
            "0.4..0.45",
        ],
    );
    assert!(ran.code < 2, "{}", ran.stderr);
    let text = fs::read_to_string(dir.join("chain-clusters.csv")).unwrap();
    let header = "cluster,list,id,size,confidence,contradicted,review,by_pair,by_score,decided_by";
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(header));
    let of: Vec<&str> = lines.map(|line| line.split(',').next().unwrap()).collect();
    // The middle stays with the end that it is more alike; the other end is alone, and their match is none.
    assert_ne!(of[0], of[2], "{text}");
    assert!(of[1] == of[0] || of[1] == of[2], "{text}");
    assert!(ran.stderr.contains("dropped 1 matches"), "{}", ran.stderr);
    let rows = objects_in(&dir.join("chain.jsonl"));
    let lost: Vec<_> = rows
        .iter()
        .filter(|row| row["resolved"] == "clusters")
        .collect();
    assert!(
        lost.len() == 1 && lost[0]["decision"] == "no_match",
        "{lost:?}"
    );
    let summary: Value =
        serde_json::from_str(&fs::read_to_string(dir.join("chain.jsonl.summary.json")).unwrap())
            .unwrap();
    assert_eq!(summary["clusters"]["clusters"], 3);
    assert_eq!(summary["decisions"]["match"], 1);
}

/// Ten records of each person, some of them under the name or the birth date of a relative.
fn groups(dir: &Path) {
    let (mut list, mut gold, mut id) = (
        String::from("id,given_name,surname,birth_date,phone\n"),
        String::from("left_id,right_id\n"),
        0,
    );
    for person in 0..24usize {
        let (given, family) = (GIVEN[person % 12], FAMILY[(person * 7 + person / 12) % 11]);
        let born = format!(
            "19{:02}-{:02}-{:02}",
            30 + person * 2,
            1 + person % 12,
            1 + person % 28
        );
        let first = id;
        for copy in 0..10 {
            let typo = |text: &str, at: usize| {
                if copy == at {
                    text.replacen(|_: char| true, "x", 1)
                } else {
                    text.to_owned()
                }
            };
            let gone = |text: String, at: usize| if copy % 5 == at { String::new() } else { text };
            let given = if copy == 3 {
                GIVEN[(person + 1) % 12].to_owned()
            } else {
                typo(given, 1)
            };
            let phone = format!("0{}", 2_071_000_000u64 + person as u64 * 7_919_113);
            list += &format!(
                "{id},{given},{},{},{}\n",
                typo(family, 2),
                gone(born.clone(), 4),
                gone(phone, 0)
            );
            (first..id).for_each(|other| gold += &format!("{other},{id}\n"));
            id += 1;
        }
    }
    fs::write(dir.join("groups.csv"), list).unwrap();
    fs::write(dir.join("gold.csv"), gold).unwrap();
}

#[test]
fn groups_of_ten_are_found_and_measured_against_the_known_matches() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    groups(dir);
    let all = [
        "match",
        "groups.csv",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
        "--gold-pairs",
        "gold.csv",
        "--clusters",
        "clusters.csv",
    ];
    let ran = midband(dir, &all);
    assert!(ran.code < 2, "{}", ran.stderr);
    let summary = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(dir.join(name)).unwrap()).unwrap()
    };
    let found = &summary("out.jsonl.summary.json")["clusters"];
    assert!(found["pairwise_f1"].as_f64().unwrap() > 0.99, "{found}");
    assert!(found["b_cubed_f1"].as_f64().unwrap() > 0.99, "{found}");
    assert!(
        ran.stderr
            .contains("clusters against the known matches: pairwise precision"),
        "{}",
        ran.stderr
    );

    let strict = midband(dir, &[&all[..], &["--cluster-threshold", "0.999"]].concat());
    assert!(strict.code < 2, "{}", strict.stderr);
    let stricter = &summary("out.jsonl.summary.json")["clusters"];
    assert!(
        stricter["clusters"].as_u64() > found["clusters"].as_u64(),
        "{stricter}"
    );
    let wrong = midband(dir, &[&all[..], &["--cluster-threshold", "1"]].concat());
    assert!(
        wrong.code == 2 && wrong.stderr.contains("--cluster-threshold"),
        "{}",
        wrong.stderr
    );
}
