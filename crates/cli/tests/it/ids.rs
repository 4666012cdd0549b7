//! Ids keep their types: the real binary.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, io::Read, path::Path};

use crate::common::{midband, objects, objects_in};
use serde_json::{Map, Value, json};
use tempfile::tempdir;

fn rows_of(path: &Path) -> Vec<Map<String, Value>> {
    let mut text = String::new();
    let read = midband_io::open(path).unwrap().read_to_string(&mut text);
    read.unwrap();
    objects(&text)
}

fn ids(rows: &[Map<String, Value>], field: &str) -> Vec<Value> {
    rows.iter().map(|row| row[field].clone()).collect()
}

fn write(path: &Path, rows: &[Value]) {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(path, lines.join("\n")).unwrap();
}

#[test]
fn a_pairs_id_comes_out_as_what_it_was() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let pair =
        |id: &str| format!("{{\"id\": {id}, \"a\": \"pain in the knee\", \"b\": \"knee pain\"}}\n");
    // The last one does not fit 64 bits: a text with every digit.
    let given = [
        "7",
        "\"8\"",
        "18446744073709551615",
        "-9223372036854775808",
        "123456789012345678901234",
        "\"007\"",
    ];
    let lines: String = given.iter().map(|id| pair(id)).collect();
    // Rows that are none keep theirs too, and a number is the text of its digits.
    let bad = "{\"id\": 9, \"a\": 1, \"b\": \"x\"}\n{\"id\": \"7\", \"a\": \"x\", \"b\": \"x\"}\n";
    fs::write(dir.join("in.jsonl"), format!("{lines}{bad}")).unwrap();
    let ran = midband(
        dir,
        &["score", "in.jsonl", "-o", "out.jsonl", "--judge", "none"],
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let found = ids(&objects_in(&dir.join("out.jsonl")), "id");
    assert_eq!(
        found,
        [
            json!(7),
            json!("8"),
            json!(u64::MAX),
            json!(i64::MIN),
            json!("123456789012345678901234"),
            json!("007")
        ]
    );
    let rejected = objects_in(&dir.join("out.jsonl.rejected.jsonl"));
    assert_eq!(ids(&rejected, "id"), [json!(9), json!("7")]);
    assert_eq!(rejected[1]["reason"], "duplicate id");

    // Parquet with unsigned ids: there and back.
    let numbers: String = ["7", "18446744073709551614", "18446744073709551615"]
        .iter()
        .map(|id| pair(id))
        .collect();
    fs::write(dir.join("numbers.jsonl"), numbers).unwrap();
    for (input, output) in [
        ("numbers.jsonl", "out.parquet"),
        ("out.parquet", "again.parquet"),
        ("out.parquet", "again.jsonl"),
    ] {
        let ran = midband(
            dir,
            &[
                "score",
                input,
                "-o",
                output,
                "--judge",
                "none",
                "--include-text",
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(
            ids(&rows_of(&dir.join(output)), "id"),
            [json!(7), json!(u64::MAX - 1), json!(u64::MAX)],
            "{output}"
        );
    }
    // A delimited file has no types: texts.
    fs::write(dir.join("in.csv"), "id,a,b\n7,knee pain,pain\n").unwrap();
    let ran = midband(
        dir,
        &["score", "in.csv", "-o", "csv.jsonl", "--judge", "none"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ids(&objects_in(&dir.join("csv.jsonl")), "id"), [json!("7")]);
}

#[test]
fn records_ids_come_out_as_what_they_were_and_labels_find_them() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let person = |id: Value, name: &str| json!({"id": id, "text": format!("{name} has pain in the left knee")});
    write(
        &dir.join("left.jsonl"),
        &[
            person(json!(u64::MAX), "Anna"),
            person(json!(2), "Ben"),
            person(json!(2), "Eve"),
        ],
    );
    write(
        &dir.join("right.jsonl"),
        &[person(json!("x"), "Anna"), person(json!(2), "Ben")],
    );
    fs::write(
        dir.join("gold.csv"),
        "left_id,right_id\n18446744073709551615,x\n2,2\n",
    )
    .unwrap();
    let out = [
        "match",
        "left.jsonl",
        "right.jsonl",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
        "--compare",
        "text",
        "--clusters",
        "clusters.jsonl",
        "--gold-pairs",
        "gold.csv",
        "--include-text",
    ];
    let ran = midband(dir, &out);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    let labelled = rows.iter().filter(|row| row["label"] == 1);
    let labelled: Vec<_> = labelled
        .map(|row| (row["left_id"].clone(), row["right_id"].clone()))
        .collect();
    assert_eq!(
        labelled,
        [(json!(u64::MAX), json!("x")), (json!(2), json!(2))]
    );
    assert_eq!(ids(&rows, "id")[0], json!("18446744073709551615|x"));
    let rejected = objects_in(&dir.join("out.jsonl.rejected.jsonl"));
    assert_eq!(ids(&rejected, "id"), [json!(2)]);
    let mut clustered = ids(&objects_in(&dir.join("clusters.jsonl")), "id");
    clustered.sort_by_key(Value::to_string);
    assert_eq!(clustered, [json!("x"), json!(u64::MAX), json!(2), json!(2)]);

    // Labels by the records' ids fit whatever the types are.
    fs::write(
        dir.join("labels.csv"),
        "unique_id_l,unique_id_r,clerical_match_score\n18446744073709551615,x,1.0\n2,2,1.0\n2,x,0.0\n",
    )
    .unwrap();
    let ran = midband(
        dir,
        &[
            "report",
            "out.jsonl",
            "--labels",
            "labels.csv",
            "-o",
            "report.json",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains("fit no pair"), "{}", ran.stderr);
    let ran = midband(
        dir,
        &[
            "calibrate",
            "out.jsonl",
            "--labels",
            "labels.csv",
            "-o",
            "calibration.json",
        ],
    );
    assert!(!ran.stderr.contains("fit no pair"), "{}", ran.stderr);
}

#[test]
fn a_column_is_not_two_things_at_once() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("p.csv"), "id,a,b\n1,flu,influenza\n2,leg,arm\n").unwrap();
    fs::write(
        dir.join("p.jsonl"),
        "{\"id\":\"1\",\"a\":\"flu\",\"b\":\"influenza\"}\n",
    )
    .unwrap();
    for input in ["p.csv", "p.jsonl"] {
        for columns in [
            &["--left", "a", "--right", "a"][..],
            &["--id", "b"],
            &["--gold", "a"],
        ] {
            let words = [
                &["score", input, "-o", "s.jsonl", "--judge", "none"],
                columns,
            ]
            .concat();
            let ran = midband(dir, &words);
            assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
            assert!(
                ran.stderr.contains("the same column") && ran.stderr.contains("midband match"),
                "{}",
                ran.stderr
            );
        }
    }
    // By position and by name.
    let words = [
        "score", "p.csv", "-o", "s.jsonl", "--judge", "none", "--left", "2", "--right", "a",
    ];
    let ran = midband(dir, &words);
    assert!(
        ran.code == 2 && ran.stderr.contains("the same column"),
        "{}",
        ran.stderr
    );
    let twice = [
        "score", "p.csv", "./p.csv", "-o", "s.jsonl", "--judge", "none",
    ];
    let ran = midband(dir, &twice);
    assert!(
        ran.code == 2 && ran.stderr.contains("named twice"),
        "{}",
        ran.stderr
    );
    assert!(!dir.join("s.jsonl").exists());
}
