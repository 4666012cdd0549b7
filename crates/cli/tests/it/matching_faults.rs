//! Lists that cannot be matched, and records that are bad.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use super::matching::lists;
use crate::common::{midband, objects_in};
use serde_json::json;

#[test]
fn lists_that_can_not_be_matched_are_named() {
    let dir = tempfile::tempdir().unwrap();
    lists(dir.path());
    fs::write(dir.path().join("nobody.csv"), "left_id,right_id\nl0,r9\n").unwrap();
    for (arguments, words) in [
        (&["left.jsonl", "--one-to-one"][..], "two lists"),
        (&["left.jsonl", "--id", "key"], "no id in \"key\""),
        (
            &["left.jsonl", "--text", "surname"],
            "no record has a column \"surname\"",
        ),
        (
            &["left.jsonl", "--block-on", "zip"],
            "there is no column \"zip\"; the columns are name, born, city",
        ),
        (
            &["left.jsonl", "--block-on", "zip", "--compare", "text"],
            "no record has a column \"zip\"",
        ),
        (&["absent.jsonl"], "cannot open"),
        (
            &["left.jsonl", "right.csv", "--gold-pairs", "nobody.csv"],
            "names a record that is not in the lists: \"r9\" (line",
        ),
        (&["left.jsonl", "--top-k", "0"], "--top-k"),
    ] {
        let mut all = vec!["match"];
        all.extend(arguments);
        all.extend(["-o", "out.jsonl", "--judge", "none"]);
        let ran = midband(dir.path(), &all);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("secret"));
    }
}

#[test]
fn a_bad_record_is_listed_and_the_others_are_matched() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(
        dir.join("list.jsonl"),
        "{\"id\":1,\"t\":\"left knee pain\"}\n{\"id\":1,\"t\":\"secret\"}\n{\"t\":\"secret\"}\nsecret\n{\"id\":2,\"t\":\" \"}\n{\"id\":3,\"t\":\"pain, left knee\"}\n",
    )
    .unwrap();
    let ran = midband(
        dir,
        &["match", "list.jsonl", "-o", "out.jsonl", "--judge", "none"],
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let pairs = objects_in(&dir.join("out.jsonl"));
    assert_eq!(pairs.len(), 1);
    assert_eq!(
        (&pairs[0]["left_id"], &pairs[0]["right_id"]),
        (&json!(1), &json!(3))
    );
    let rejected = objects_in(&dir.join("out.jsonl.rejected.jsonl"));
    let said: Vec<String> = rejected
        .iter()
        .map(|row| format!("{} {}", row["line"], row["reason"]))
        .collect();
    for (said, wanted) in said.iter().zip([
        "2 \"an earlier",
        "3 \"no id",
        "4 \"not a JSON object",
        "5 \"nothing to compare",
    ]) {
        assert!(said.starts_with(wanted), "{said}");
    }
    assert_eq!(said.len(), 4);
    assert!(!format!("{} {said:?}", ran.stderr).contains("secret"));
}
