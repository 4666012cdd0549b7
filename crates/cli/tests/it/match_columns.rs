//! Columns of the output of `midband match`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use super::match_output::{lists, matched};
use crate::common::{FAMILY, GIVEN, midband, objects_in};
use serde_json::{Value, json};
use tempfile::tempdir;

#[test]
fn values_of_both_records_stand_beside_the_score_where_they_are_asked_for() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    matched(dir, "plain.jsonl", &[]);
    let plain = fs::read_to_string(dir.join("plain.jsonl"))
        .unwrap()
        .to_lowercase();
    assert!(FAMILY.iter().all(|name| !plain.contains(name)));

    matched(
        dir,
        "out.jsonl",
        &["--columns", "surname,ward,remark", "--only", "match"],
    );
    let rows = objects_in(&dir.join("out.jsonl"));
    assert_eq!(rows.len(), 40);
    for row in &rows {
        let at = row["left_id"].as_u64().unwrap();
        let family = FAMILY[at as usize * 7 % 11];
        // Named as in the left list, whatever the right one calls it; types as they were.
        assert_eq!(row["surname_l"], family);
        assert_eq!(row["surname_r"], family.to_uppercase());
        assert_eq!(
            (&row["ward_l"], &row["ward_r"]),
            (&json!(at % 5), &Value::Null)
        );
        assert_eq!(
            (&row["remark_l"], &row["remark_r"]),
            (&Value::Null, &json!(format!("note {at}")))
        );
        assert!(row.get("birth_date_l").is_none());
    }
    // Every column, in a delimited file, by texts as well.
    matched(
        dir,
        "all.csv",
        &[
            "--columns",
            "all",
            "--compare",
            "text",
            "--candidates",
            "lexical",
            "--map",
            "surname=last_name",
        ],
    );
    let text = fs::read_to_string(dir.join("all.csv")).unwrap();
    let header = text.lines().next().unwrap();
    assert!(
        header.ends_with(
            "left_id,right_id,given_name_l,given_name_r,surname_l,surname_r,birth_date_l,birth_date_r,ward_l,ward_r,\
             first_name_l,first_name_r,dob_l,dob_r,remark_l,remark_r"
        ),
        "{header}"
    );
    // A name that is none is said before anything is compared.
    let ran = midband(
        dir,
        &[
            "match",
            "left.jsonl",
            "right.csv",
            "--columns",
            "surnam",
            "--judge",
            "none",
        ],
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("no list has a column \"surnam\""),
        "{}",
        ran.stderr
    );
}

#[test]
fn columns_that_later_records_have_are_columns() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let lines: Vec<String> = (0..60)
        .map(|at| {
            let mut person = json!({"id": at, "surname": FAMILY[at / 2 * 7 % 11], "given_name": GIVEN[at / 2 % 12]});
            if at > 1 {
                person["birth_date"] = format!("19{:02}-03-{:02}", 30 + at / 2, 1 + at / 2 % 28).into();
            }
            person.to_string()
        })
        .collect();
    fs::write(dir.join("list.jsonl"), lines.join("\n")).unwrap();
    let ran = midband(
        dir,
        &[
            "match",
            "list.jsonl",
            "-o",
            "out.jsonl",
            "--judge",
            "none",
            "--columns",
            "birth_date",
            "--only",
            "match",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("birth_date (date)"), "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    assert!(rows.len() >= 29, "{}", rows.len());
    assert!(
        rows.iter()
            .all(|row| row["birth_date_l"] == row["birth_date_r"])
    );
}

#[test]
fn the_columns_are_named_as_what_decided() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    lists(dir);
    let said = matched(dir, "out.jsonl", &[]);
    let rows = objects_in(&dir.join("out.jsonl"));
    assert!(rows.iter().all(|row| row["decided_by"] == "columns"));
    assert!(
        said.contains(&format!("decided by: columns {}", rows.len())),
        "{said}"
    );
    // Texts of the same lists are another matter, and so are files of the time before.
    matched(
        dir,
        "text.jsonl",
        &["--compare", "text", "--candidates", "lexical"],
    );
    let text = objects_in(&dir.join("text.jsonl"));
    assert!(text.iter().all(|row| row["decided_by"] == "embedding"));
    for (scored, by) in [("out.jsonl", "columns"), ("text.jsonl", "embedding")] {
        for report in ["report.json", "report.html"] {
            let ran = midband(dir, &["report", scored, "-o", report]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
        }
        let report: Value =
            serde_json::from_slice(&fs::read(dir.join("report.json")).unwrap()).unwrap();
        let pairs = report["pairs"].as_u64().unwrap();
        assert_eq!(report["decided_by"][by], pairs);
        // In the table, and among the words of the chart of the run.
        let page = fs::read_to_string(dir.join("report.html")).unwrap();
        assert!(page.matches(&format!(">{by}<")).count() >= 2, "{by}");
    }
}

#[test]
fn a_rule_names_a_column_as_the_left_list_does() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let (mut left, mut right) = (
        String::from("id,given_name,surname,birth_date\n"),
        String::from("id,patient,dob\n"),
    );
    for at in 0..60 {
        let (given, family) = (GIVEN[at % GIVEN.len()], FAMILY[at * 7 % FAMILY.len()]);
        let born = format!("19{:02}-{:02}-{:02}", 30 + at, 1 + at % 12, 1 + at % 28);
        left += &format!("l{at},{given},{family},{born}\n");
        right += &format!("r{at},\"{family}, {given}\",{born}\n");
    }
    fs::write(dir.join("left.csv"), left).unwrap();
    fs::write(dir.join("right.csv"), right).unwrap();
    let lists = [
        "match",
        "left.csv",
        "right.csv",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
    ];
    let rules = ["--block-on", "birth_date", "--columns", "all"];
    let ran = midband(dir, &[&lists[..], &rules].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("birth_date (60 pairs)"),
        "{}",
        ran.stderr
    );
    let joined = "given_name and surname: joined, as patient";
    assert!(ran.stderr.contains(joined), "{}", ran.stderr);
    let pairs = objects_in(&dir.join("out.jsonl"));
    let matches = pairs.iter().filter(|pair| pair["decision"] == "match");
    let right_ones = matches.filter(|pair| {
        let ids = [&pair["left_id"], &pair["right_id"]].map(|id| id.as_str().unwrap_or_default());
        ids[0][1..] == ids[1][1..]
    });
    assert_eq!(right_ones.count(), 60);
    // The values are those of the lists, as they have them.
    assert!(pairs[0]["patient_r"].is_string() && pairs[0]["given_name_l"].is_string());
    assert!(
        !pairs[0].contains_key("given_name surname_l"),
        "{:?}",
        pairs[0]
    );
}
