//! `midband profile`: what columns hold and what rules cost, without a value unless it is asked for.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::midband;
use serde_json::Value;
use tempfile::tempdir;

/// 80 people, two of whom share what a third of them lacks.
fn list(dir: &Path) {
    let names = ["Anna", "ANNA", "Ben", "Carla", "NULL"];
    let rows: String = (0..80)
        .map(|at| {
            let born = if at % 4 == 0 {
                "1900-01-01".to_owned()
            } else {
                format!("19{at:02}-05-17")
            };
            let family: String = [at / 2 / 8, at / 2 % 8]
                .map(|part| char::from(b'a' + part as u8))
                .iter()
                .collect();
            let ward = if at % 3 == 0 { "" } else { "North" };
            format!("{at},{},Quagmire{family},{born},{ward}\n", names[at % 5])
        })
        .collect();
    fs::write(
        dir.join("list.csv"),
        format!("id,given_name,family_name,birth_date,ward\n{rows}7,Anna,Again,1950-01-02,North\n"),
    )
    .unwrap();
}

fn profiled(dir: &Path, more: &[&str]) -> (String, String) {
    let ran = midband(dir, &[&["profile", "list.csv"], more].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (ran.stdout, ran.stderr)
}

#[test]
fn columns_and_rules_are_told_and_values_only_where_they_are_asked_for() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    list(dir);
    let (text, _) = profiled(dir, &[]);
    for said in [
        "81 records; \"id\": 0 have no id, 1 an id that came before",
        "given_name: stand for \"missing\": \"NULL\" 16",
        "birth_date: stand for \"missing\": \"1900-01-01\" 20",
        "comparing all 3240 pairs",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let (json, _) = profiled(dir, &["--json"]);
    for output in [&text, &json] {
        assert!(
            !output.contains("Quagmire") && !output.contains("Carla"),
            "{output}"
        );
    }
    let found: Value = serde_json::from_str(&json).unwrap();
    let column = |name: &str| {
        let columns = found["columns"].as_array().unwrap();
        columns
            .iter()
            .find(|column| column["name"] == name)
            .unwrap()
            .clone()
    };
    let given = column("given_name");
    assert_eq!(given["type"], "given_name");
    assert_eq!(
        (
            &given["filled"],
            &given["distinct"],
            &given["distinct_normalised"]
        ),
        (&65.into(), &4.into(), &3.into())
    );
    assert_eq!(given["stand_ins"]["NULL"], 16);
    assert_eq!(given["frequent"][0]["records"], 17);
    assert!(given["frequent"][0].get("value").is_none());
    assert_eq!(column("ward")["empty"], 27);
    assert!((column("birth_date")["completeness"].as_f64().unwrap() - 61.0 / 81.0).abs() < 1e-9);
    assert_eq!(found["blocking"]["all_pairs"], 3240);

    let (json, _) = profiled(dir, &["--json", "--include-text", "--top", "1"]);
    let found: Value = serde_json::from_str(&json).unwrap();
    let frequent = &found["columns"][1]["frequent"];
    assert_eq!(frequent.as_array().unwrap().len(), 1);
    assert_eq!(frequent[0]["value"], "Anna");
}

#[test]
fn rules_are_counted_before_they_are_used() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    list(dir);
    let (json, _) = profiled(
        dir,
        &["--json", "--block-on", "family_name,prefix(family_name,4)"],
    );
    let found: Value = serde_json::from_str(&json).unwrap();
    let rules = found["blocking"]["rules"].as_array().unwrap();
    // 40 names twice; all but one begin alike.
    assert_eq!(
        (&rules[0]["rule"], &rules[0]["pairs"]),
        (&"family_name".into(), &40.into())
    );
    assert_eq!(rules[1]["pairs"], 80 * 79 / 2);
    // A type that is given is the one that counts.
    let (text, _) = profiled(dir, &["--column", "family_name=category"]);
    let line = text
        .lines()
        .find(|line| line.starts_with("family_name"))
        .unwrap();
    assert!(line.contains("category"), "{line}");
    for (arguments, said) in [
        (&["list.csv", "--block-on", "surname"][..], "surname"),
        (&["list.csv", "--column", "surname=date"], "\"surname\""),
        (&["absent.csv"], "cannot open"),
    ] {
        let ran = midband(dir, &[&["profile"], arguments].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

#[test]
fn rows_that_are_none_are_counted() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(
        dir.join("list.jsonl"),
        "{\"t\": \"knee pain\"}\nsecret\n{\"t\": \"hip pain\", \"site\": [\"left\", 1]}\n",
    )
    .unwrap();
    let ran = midband(dir, &["profile", "list.jsonl", "--json"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&found["records"], &found["rejected_rows"]),
        (&2.into(), &1.into())
    );
    assert_eq!(found["ids"], Value::Null);
    assert_eq!(found["columns"][1]["empty"], 1);
    assert_eq!(found["compared_by"], "text");
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("secret"));
}
