//! `midband match --golden`: one record for each cluster, with where each value is from.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::BTreeMap, fs, path::Path};

use crate::common::{FAMILY, GIVEN, midband, objects_in};
use serde_json::{Map, Value, json};
use tempfile::tempdir;

const COLUMNS: [&str; 5] = ["given_name", "surname", "birth_date", "phone", "updated"];

/// Forty people, three records each: the newest has a new phone, one has no date, one a typo.
fn list(dir: &Path) -> BTreeMap<String, Map<String, Value>> {
    let mut rows = String::new();
    let mut all = BTreeMap::new();
    for person in 0..40usize {
        let (given, family) = (GIVEN[person % 12], FAMILY[(person * 7 + person / 12) % 11]);
        for copy in 0..3usize {
            let born = format!(
                "19{:02}-{:02}-{:02}",
                30 + person,
                1 + person % 12,
                1 + person % 28
            );
            let row = json!({
                "id": person * 3 + copy,
                "given_name": given,
                "surname": if copy == 1 { format!("{family}x") } else { family.to_owned() },
                "birth_date": if copy == 2 { Value::Null } else { born.into() },
                "phone": format!("0{}", 2_071_000_000usize + person * 7_919_113 + usize::from(copy == 1)),
                "updated": format!("{:02}/03/2021", 10 + copy),
            });
            rows += &format!("{row}\n");
            all.insert(row["id"].to_string(), row.as_object().unwrap().clone());
        }
    }
    fs::write(dir.join("people.jsonl"), rows).unwrap();
    all
}

#[test]
fn a_golden_record_for_each_cluster_holds_values_of_its_records() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let all = list(dir);
    let command = [
        "match",
        "people.jsonl",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
        "--clusters",
        "clusters.jsonl",
        "--golden",
        "golden.jsonl",
        "--golden-rule",
        "phone=most_recent(updated),updated=most_recent(updated)",
    ];
    let ran = midband(dir, &command);
    assert!(ran.code < 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("golden records are in golden.jsonl"),
        "{}",
        ran.stderr
    );
    let golden = objects_in(&dir.join("golden.jsonl"));
    let clusters = objects_in(&dir.join("clusters.jsonl"));
    let mut members: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for row in &clusters {
        members
            .entry(row["cluster"].as_u64().unwrap())
            .or_default()
            .push(row["id"].clone());
    }
    assert_eq!(golden.len(), members.len());
    assert_eq!(golden.len(), 40, "the test needs every person found");
    for record in &golden {
        let own = &members[&record["cluster"].as_u64().unwrap()];
        assert_eq!(record["ids"].as_array().unwrap(), own);
        for column in COLUMNS {
            let from = &record[&format!("{column}_from")];
            assert!(own.contains(from), "{column} {from}");
            assert_eq!(record[column], all[&from.to_string()][column], "{column}");
        }
        // Two of three write the surname alike; the last one is the newest, and has no date of birth.
        assert!(!record["surname"].as_str().unwrap().ends_with('x'));
        assert_eq!(record["phone_from"], record["ids"][2]);
        assert_ne!(record["birth_date_from"], record["ids"][2]);
    }
    let summary = fs::read_to_string(dir.join("out.jsonl.summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let rules = &summary["clusters"]["golden"]["rules"];
    assert_eq!(rules["phone"], "most_recent(updated)");
    assert_eq!(rules["surname"], "most_frequent");

    let wrong = midband(dir, &[&command[..11], &["phone=newest"]].concat());
    assert!(
        wrong.code == 2 && wrong.stderr.contains("\"phone=newest\" is not a rule"),
        "{}",
        wrong.stderr
    );
    let wrong = midband(dir, &[&command[..11], &["most_recent(seen)"]].concat());
    assert!(
        wrong.code == 2 && wrong.stderr.contains("\"seen\""),
        "{}",
        wrong.stderr
    );
}

#[test]
fn golden_records_of_two_lists_take_their_values_from_either() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let all = list(dir);
    let (mut left, mut right) = (String::new(), String::new());
    for (id, row) in &all {
        let id: usize = id.parse().unwrap();
        match id % 3 {
            0 => left += &format!("{}\n", Value::Object(row.clone())),
            1 => {
                let mut row = row.clone();
                let surname = row.remove("surname").unwrap();
                row.insert("last_name".to_owned(), surname);
                row.insert("ward".to_owned(), "B".into());
                right += &format!("{}\n", Value::Object(row));
            }
            _ => {}
        }
    }
    fs::write(dir.join("left.jsonl"), left).unwrap();
    fs::write(dir.join("right.jsonl"), right).unwrap();
    let ran = midband(
        dir,
        &[
            "match",
            "left.jsonl",
            "right.jsonl",
            "-o",
            "out.jsonl",
            "--judge",
            "none",
            "--golden",
            "golden.csv",
            "--golden-rule",
            "trusted(right)",
            "--golden-rule",
            "surname=trusted(left)",
        ],
    );
    assert!(ran.code < 2, "{}", ran.stderr);
    let golden = fs::read_to_string(dir.join("golden.csv")).unwrap();
    let mut lines = golden.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(
        header[..8],
        [
            "cluster",
            "size",
            "confidence",
            "review",
            "ids",
            "given_name",
            "given_name_from",
            "given_name_list"
        ]
    );
    assert!(header.contains(&"ward") && !header.contains(&"last_name"));
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap() + 1;
    let pairs: Vec<Vec<&str>> = lines
        .map(|line| line.split(',').collect())
        .filter(|cells: &Vec<&str>| cells[1] == "2")
        .collect();
    assert_eq!(pairs.len(), 40, "{golden}");
    for cells in pairs {
        // The list of ids holds one comma.
        assert_eq!(
            (cells[place("surname_list")], cells[place("phone_list")]),
            ("left", "right")
        );
        assert!(!cells[place("surname")].ends_with('x'));
        assert_eq!(cells[place("ward")], "B");
    }
    let wrong = midband(
        dir,
        &[
            "match",
            "left.jsonl",
            "--judge",
            "none",
            "--golden",
            "g.csv",
            "--golden-rule",
            "trusted(left)",
        ],
    );
    assert!(
        wrong.code == 2 && wrong.stderr.contains("needs two lists"),
        "{}",
        wrong.stderr
    );
}
