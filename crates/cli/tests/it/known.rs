//! `midband match NEW --known LIST --known-clusters FILE`: nights.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::HashMap, fs, path::Path};

use crate::common::{FAMILY, GIVEN, Midband, objects_in};
use serde_json::Value;
use tempfile::tempdir;

/// A record of a person; a copy has a typo in the family name.
fn record(id: u32, person: usize, copy: bool) -> String {
    let family = FAMILY[person * 7 % FAMILY.len()];
    let family = if copy { &family[1..] } else { family };
    format!(
        "{id},{},{family},19{:02}-{:02}-{:02},0207946{:04}\n",
        GIVEN[person % GIVEN.len()],
        20 + person * 13 % 75,
        1 + person % 12,
        1 + person * 5 % 28,
        person * 271 % 10_000
    )
}

fn list(dir: &Path, name: &str, records: impl Iterator<Item = String>) {
    let header = "id,given_name,surname,date_of_birth,phone\n".to_owned();
    fs::write(dir.join(name), header + &records.collect::<String>()).unwrap();
}

/// 200 people, every second one with two records; resolved.
fn first_night(dir: &Path) {
    let records = (0..200).flat_map(|person| {
        let second = (person % 2 == 0).then(|| record(person as u32 + 1000, person, true));
        std::iter::once(record(person as u32, person, false)).chain(second)
    });
    list(dir, "known.csv", records);
    let ran = midband(dir, &["match", "known.csv", "--clusters", "c0.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

fn midband(dir: &Path, arguments: &[&str]) -> crate::common::Ran {
    let more = ["--judge", "none", "-o", "out.jsonl"];
    Midband::new(dir, &[arguments, &more].concat()).run()
}

fn by_id(path: &Path) -> HashMap<String, u64> {
    let rows = objects_in(path);
    let id = |row: &serde_json::Map<String, Value>| match &row["id"] {
        Value::String(id) => id.clone(),
        id => id.to_string(),
    };
    rows.iter()
        .map(|row| (id(row), row["cluster"].as_u64().unwrap()))
        .collect()
}

const NIGHT: [&str; 6] = [
    "match",
    "new.csv",
    "--known",
    "known.csv",
    "--known-clusters",
    "c0.jsonl",
];

#[test]
fn new_records_join_what_is_known_and_the_rest_is_new() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    first_night(dir);
    // Third records of 20 known people, and two records each of 10 new ones.
    let thirds = (0..20).map(|person| record(person as u32 + 2000, person, false));
    let fresh = (300..310).flat_map(|person| {
        [
            record(person as u32 + 2000, person, false),
            record(person as u32 + 3000, person, true),
        ]
    });
    list(dir, "new.csv", thirds.chain(fresh));
    let ran = midband(dir, &[&NIGHT[..], &["--clusters", "c1.jsonl"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("20 of 40 new records join one of 200 known clusters, 20 make 10 new ones"),
        "{}",
        ran.stderr
    );

    let (before, after) = (by_id(&dir.join("c0.jsonl")), by_id(&dir.join("c1.jsonl")));
    assert_eq!(after.len(), before.len() + 40);
    assert!(
        before.iter().all(|(id, cluster)| after[id] == *cluster),
        "known records stay where they are"
    );
    for person in 0..20 {
        assert_eq!(
            after[&format!("{}", person + 2000)],
            after[&person.to_string()],
            "{person}"
        );
    }
    for person in 300..310 {
        let cluster = after[&format!("{}", person + 2000)];
        assert_eq!(cluster, after[&format!("{}", person + 3000)]);
        assert!(cluster >= 200, "a number that no known cluster has");
    }
    let rows = objects_in(&dir.join("out.jsonl"));
    assert!(
        rows.iter()
            .all(|row| row["right_id"].as_str().unwrap().parse::<u32>().unwrap() >= 2000),
        "no two known ones"
    );
    let joins = rows
        .iter()
        .find(|row| row["left_id"] == "7" && row["right_id"] == "2007")
        .unwrap();
    assert_eq!(joins["known_cluster"].as_u64(), Some(before["7"]));
    let changes = objects_in(&dir.join("c1.jsonl.changes.jsonl"));
    let of = |kind: &str| {
        changes
            .iter()
            .filter(|change| change["change"] == kind)
            .count()
    };
    assert_eq!((of("add"), of("new"), of("merge")), (20, 20, 0));
    // The weights go on from night to night.
    let weights = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    assert!(weights("c1.jsonl.weights.json").contains("\"version\": 1"));

    let known = fs::read_to_string(dir.join("known.csv")).unwrap();
    let new = fs::read_to_string(dir.join("new.csv")).unwrap();
    fs::write(dir.join("all.csv"), known + new.split_once('\n').unwrap().1).unwrap();
    list(dir, "new.csv", std::iter::once(record(5000, 305, false)));
    let second = [
        "match",
        "new.csv",
        "--known",
        "all.csv",
        "--known-clusters",
        "c1.jsonl",
        "--clusters",
        "c2.csv",
    ];
    let ran = midband(dir, &second);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let table = fs::read_to_string(dir.join("c2.csv")).unwrap();
    assert!(
        table
            .lines()
            .any(|line| line.starts_with(&format!("{},left,5000,", after["2305"]))),
        "{table}"
    );
}

#[test]
fn a_record_that_two_known_clusters_match_is_a_proposal_or_a_merge() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    first_night(dir);
    // Somebody parted the two records of person 8.
    let rows = objects_in(&dir.join("c0.jsonl"));
    let parted: String = rows
        .into_iter()
        .map(|mut row| {
            if row["id"] == "1008" {
                row.insert("cluster".to_owned(), 900.into());
            }
            Value::Object(row).to_string() + "\n"
        })
        .collect();
    fs::write(dir.join("c0.jsonl"), parted).unwrap();
    let home = by_id(&dir.join("c0.jsonl"))["8"];
    list(dir, "new.csv", std::iter::once(record(2008, 8, false)));
    let night = |merges: &str, clusters: &str| {
        let ran = midband(
            dir,
            &[&NIGHT[..], &["--merges", merges, "--clusters", clusters]].concat(),
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let all = by_id(&dir.join(clusters));
        let changes = objects_in(&dir.join(format!("{clusters}.changes.jsonl")));
        let merge = changes
            .into_iter()
            .find(|change| change["change"] == "merge")
            .expect("said");
        (all["8"], all["1008"], all["2008"], merge)
    };
    let (one, other, new, merge) = night("propose", "c1.jsonl");
    assert_eq!((one, other), (home, 900));
    assert!(new == home || new == 900);
    assert_eq!(
        (&merge["done"], &merge["by"]),
        (&Value::Bool(false), &Value::from("2008"))
    );
    let (one, other, new, merge) = night("join", "c2.jsonl");
    assert_eq!((one, other, new), (home, home, home));
    assert_eq!(merge["done"], true);
}

#[test]
fn a_state_that_can_not_be_used_is_refused_and_stays() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    first_night(dir);
    list(dir, "new.csv", std::iter::once(record(2008, 8, false)));
    let kept = fs::read(dir.join("c0.jsonl")).unwrap();
    let refused = |arguments: &[&str], said: &str| {
        let ran = midband(dir, arguments);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    };
    refused(
        &[&NIGHT[..], &["--clusters", "c0.jsonl"]].concat(),
        "would overwrite the input",
    );
    refused(
        &[&NIGHT[..], &["--compare", "text"]].concat(),
        "new ones cannot be compared as texts",
    );
    refused(
        &[
            "match",
            "new.csv",
            "known.csv",
            "--known",
            "known.csv",
            "--known-clusters",
            "c0.jsonl",
        ],
        "--known takes one list",
    );
    refused(
        &["match", "new.csv", "--known", "known.csv"],
        "--known-clusters",
    );
    // A record that no cluster has.
    let mut known = fs::read_to_string(dir.join("known.csv")).unwrap();
    known += &record(7777, 77, false);
    fs::write(dir.join("more.csv"), known).unwrap();
    refused(
        &[
            "match",
            "new.csv",
            "--known",
            "more.csv",
            "--known-clusters",
            "c0.jsonl",
        ],
        "1 records of the known list have no cluster: \"7777\"",
    );
    fs::rename(dir.join("c0.jsonl.weights.json"), dir.join("aside")).unwrap();
    refused(&NIGHT, "--clusters FILE");
    fs::write(dir.join("c0.jsonl.weights.json"), "{}").unwrap();
    refused(&NIGHT, "cannot use");
    assert_eq!(fs::read(dir.join("c0.jsonl")).unwrap(), kept);
}

#[test]
fn new_records_beside_a_list_of_texts() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let things = [
        "red woollen winter jacket with hood\tNordkap",
        "steel kitchen knife, 20 cm blade\tSolida",
        "wireless noise canceling headphones\tAudiora",
        "garden hose of 25 metres\tHydrox",
        "mountain bike with 21 gears\tVelomax",
        "children's book about whales\tLeselust",
    ];
    let texts = |name: &str, rows: &[(u32, String)]| {
        let rows = rows.iter().map(|(id, text)| format!("{id}\t{text}\n"));
        fs::write(
            dir.join(name),
            format!("id\ttitle\tbrand\n{}", rows.collect::<String>()),
        )
        .unwrap();
    };
    let known = (0..6).map(|at| (at, things[at as usize].to_owned()));
    let copies = (0..3).map(|at| (at + 10, things[at as usize].replacen(' ', " new ", 1)));
    texts("known.tsv", &known.chain(copies).collect::<Vec<_>>());
    texts(
        "new.tsv",
        &[
            (20, things[1].to_uppercase()),
            (21, "football boots, size 42\tKickers".to_owned()),
        ],
    );
    let ran = midband(dir, &["match", "known.tsv", "--clusters", "c0.csv"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let night = [
        "match",
        "new.tsv",
        "--known",
        "known.tsv",
        "--known-clusters",
        "c0.csv",
        "--clusters",
        "c1.jsonl",
    ];
    let ran = midband(dir, &night);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("comparing new records as texts"),
        "{}",
        ran.stderr
    );
    let pairs = objects_in(&dir.join("out.jsonl"));
    let is_new = |id: &Value| matches!(id.as_str(), Some("20" | "21"));
    assert!(!pairs.is_empty());
    for pair in &pairs {
        assert!(
            is_new(&pair["left_id"]) || is_new(&pair["right_id"]),
            "{pair:?}"
        );
    }
    let clusters = by_id(&dir.join("c1.jsonl"));
    assert_eq!(clusters.len(), 11);
    assert_eq!(clusters["20"], clusters["1"]);
    assert!((0..20).all(|id| clusters.get(&id.to_string()) != Some(&clusters["21"])));

    let by_columns = midband(dir, &[&night[..], &["--compare", "columns"]].concat());
    assert!(
        by_columns.code == 2 && by_columns.stderr.contains("were compared as texts"),
        "{}",
        by_columns.stderr
    );
}
