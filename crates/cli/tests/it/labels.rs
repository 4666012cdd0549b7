//! A person's word: `--labels` in `score` and `match`, and the user's rules of certainty.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeMap, fs, path::Path};

use crate::common::{FAMILY, GIVEN, Ran, midband, number, objects_in, root, server::Server};
use serde_json::{Map, Value, json};
use tempfile::tempdir;

fn summary(dir: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(dir.join("out.jsonl.summary.json")).unwrap()).unwrap()
}

fn write_lines(path: &Path, rows: &[Value]) {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(path, lines.join("\n")).unwrap();
}

#[test]
fn labelled_pairs_are_neither_asked_nor_reviewed_and_every_conflict_is_said() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let text = fs::read_to_string(root().join("data/terms.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(150).collect();
    fs::write(dir.join("in.jsonl"), lines.join("\n")).unwrap();
    let pairs = objects_in(&dir.join("in.jsonl"));
    let truth: BTreeMap<String, u64> = pairs
        .iter()
        .map(|pair| (pair["id"].to_string(), pair["label"].as_u64().unwrap()))
        .collect();
    let server = Server::start(&dir.join("in.jsonl"), 0.8, &[]);
    let score = |more: &[&str]| -> (Vec<Map<String, Value>>, u64, Ran) {
        let before = server.pairs_asked();
        let all = [
            &["score", "in.jsonl", "-o", "out.jsonl", "--include-text"],
            more,
        ];
        let ran = server.run(dir, &all.concat());
        assert!(ran.code < 2, "{}", ran.stderr);
        let asked = server.pairs_asked() - before;
        (objects_in(&dir.join("out.jsonl")), asked, ran)
    };
    let (first, ..) = score(&[]);
    let asked = first.iter().filter(|row| row["route"] == "ask");
    let mut labels: Vec<Value> = asked
        .take(30)
        .map(|row| json!({"id": row["id"], "label": truth[&row["id"].to_string()]}))
        .collect();
    assert_eq!(
        labels.len(),
        30,
        "the test needs pairs that are asked about"
    );
    let labelled: BTreeMap<String, u64> = labels
        .iter()
        .map(|label| (label["id"].to_string(), label["label"].as_u64().unwrap()))
        .collect();
    // An earlier row that says the opposite, and a pair that is not there.
    let mut wrong = labels[0].clone();
    wrong["label"] = json!(1 - wrong["label"].as_u64().unwrap());
    labels.insert(0, wrong);
    labels.push(json!({"id": "no-such-pair", "label": 1}));
    write_lines(&dir.join("labels.jsonl"), &labels);

    for policy in [&["--policy", "gain"][..], &["--band", "0.3..0.95"]] {
        let (rows, asked, ran) = score(&[policy, &["--labels", "labels.jsonl"]].concat());
        let mut persons = 0;
        for row in &rows {
            let Some(label) = labelled.get(&row["id"].to_string()) else {
                assert_ne!(row["decided_by"], "person");
                continue;
            };
            persons += 1;
            assert_eq!(row["decided_by"], "person");
            assert_eq!(row["judge_score"], Value::Null);
            let decision = if *label == 1 { "match" } else { "no_match" };
            assert_eq!(row["decision"], decision);
            assert_eq!(number(row, "score"), *label as f64);
            assert_eq!(row["status"], "settled");
        }
        assert_eq!(persons, 30);
        let wanted = rows.iter().filter(|row| row["route"] == "ask").count() as u64;
        assert!(wanted > 0 && asked >= wanted, "{asked} of {wanted}");
        let judged = rows
            .iter()
            .filter(|row| row["decided_by"] == "judge")
            .count() as u64;
        assert_eq!(judged, wanted, "every other question was answered");
        let said = "1 row of labels.jsonl contradicts an earlier row about the same pair";
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        let said = "1 of 31 labels in labels.jsonl fit no pair: \"no-such-pair\" (line 32)";
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        let found = &summary(dir)["labels"];
        assert_eq!(
            found,
            &json!({"given": 31, "fit_no_pair": 1, "conflicts": 1})
        );
        assert_eq!(summary(dir)["decided_by"]["person"], 30);
    }
    let ran = midband(dir, &["review", "out.jsonl", "-o", "page.html"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let page = fs::read_to_string(dir.join("page.html")).unwrap();
    let data = page.split(r#"id="review-data">"#).nth(1).unwrap();
    let data: Value = serde_json::from_str(data.split("</script>").next().unwrap()).unwrap();
    let shown = data["pairs"].as_array().unwrap();
    assert!(!shown.is_empty());
    assert!(shown.iter().all(|pair| pair["decided_by"] != "person"));
}

/// Sixty people, three records each: a date of birth with a typo or missing, and a number that some share.
fn people(dir: &Path) {
    let mut list = String::from("id,given_name,surname,birth_date,sex,hospital_no\n");
    let mut gold = String::from("left_id,right_id\n");
    for person in 0..60usize {
        let (given, family) = (GIVEN[person % 12], FAMILY[(person * 7 + person / 12) % 11]);
        let born = format!(
            "19{:02}-{:02}-{:02}",
            30 + person,
            1 + person % 12,
            1 + person % 28
        );
        for copy in 0..3 {
            let id = person * 3 + copy;
            let given = if copy == 1 {
                given.replacen('a', "e", 1)
            } else {
                given.to_owned()
            };
            let born = if copy == 2 {
                String::new()
            } else {
                born.clone()
            };
            let sex = if person % 2 == 0 { "f" } else { "m" };
            let number = 100_000 + person * 791;
            list += &format!("r{id},{given},{family},{born},{sex},{number}\n");
            (person * 3..id).for_each(|other| gold += &format!("r{other},r{id}\n"));
        }
    }
    fs::write(dir.join("people.csv"), list).unwrap();
    fs::write(dir.join("gold.csv"), gold).unwrap();
}

fn matched(dir: &Path, more: &[&str]) -> (Vec<Map<String, Value>>, Ran) {
    let all = [
        "match",
        "people.csv",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
        "--gold-pairs",
        "gold.csv",
        "--clusters",
        "clusters.jsonl",
    ];
    let ran = midband(dir, &[&all[..], more].concat());
    assert!(ran.code < 2, "{}", ran.stderr);
    (objects_in(&dir.join("out.jsonl")), ran)
}

fn cluster(dir: &Path, id: &str) -> u64 {
    let rows = objects_in(&dir.join("clusters.jsonl"));
    let row = rows.iter().find(|row| row["id"] == id).unwrap();
    row["cluster"].as_u64().unwrap()
}

#[test]
fn a_wrong_merge_is_taken_back_by_one_label_and_an_unseen_pair_is_joined() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    let (rows, _) = matched(dir, &[]);
    let there = |rows: &[Map<String, Value>], a: &str, b: &str| {
        let pair = |row: &&Map<String, Value>| row["left_id"] == a && row["right_id"] == b;
        rows.iter().find(pair).cloned()
    };
    assert_eq!(there(&rows, "r0", "r1").unwrap()["decision"], "match");
    assert!(there(&rows, "r5", "r100").is_none());
    assert_eq!(cluster(dir, "r0"), cluster(dir, "r1"));
    // Both orders of the records will do; a later row stands.
    write_lines(
        &dir.join("labels.jsonl"),
        &[
            json!({"id": "r0|r1", "label": 1}),
            json!({"unique_id_l": "r1", "unique_id_r": "r0", "clerical_match_score": 0}),
            json!({"left_id": "r100", "right_id": "r5", "label": "yes"}),
            json!({"left_id": "r7", "right_id": "r8", "label": null}),
            json!({"left_id": "r7", "right_id": "gone", "label": 1}),
        ],
    );
    let labels = ["--labels", "labels.jsonl", "--parts"];
    let (rows, ran) = matched(dir, &labels);
    let apart = there(&rows, "r0", "r1").unwrap();
    assert_eq!(
        (&apart["decision"], &apart["decided_by"]),
        (&json!("no_match"), &json!("person"))
    );
    let parts = apart["parts"].as_object().unwrap();
    assert!(parts.contains_key("person") && parts.len() > 3, "{parts:?}");
    let joined = there(&rows, "r5", "r100").unwrap();
    assert_eq!(joined["decision"], "match");
    assert_eq!(joined["label"], 0, "the gold is not the label");
    assert_ne!(cluster(dir, "r0"), cluster(dir, "r1"));
    assert_eq!(cluster(dir, "r5"), cluster(dir, "r100"));
    for said in [
        "labels: 1 match, 1 no match, 1 unsure or graded",
        "1 row of labels.jsonl contradicts an earlier row",
        "1 of 4 labels in labels.jsonl fit no pair",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    assert_eq!(summary(dir)["labels"]["conflicts"], 1);
    // The same with texts, where nothing proposes the pair either.
    let (rows, _) = matched(
        dir,
        &[&labels[..2], &["--compare", "text", "--band", "0.5..0.6"]].concat(),
    );
    assert_eq!(there(&rows, "r5", "r100").unwrap()["decided_by"], "person");
    assert_eq!(there(&rows, "r0", "r1").unwrap()["decision"], "no_match");
    assert_ne!(cluster(dir, "r0"), cluster(dir, "r1"));
}

#[test]
fn rules_of_certainty_settle_pairs_and_are_counted() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    write_lines(
        &dir.join("labels.jsonl"),
        &[json!({"id": "r0|r1", "label": 0})],
    );
    let rules = [
        "--same",
        "hospital_no",
        "--different",
        "sex",
        "--labels",
        "labels.jsonl",
    ];
    let (rows, ran) = matched(dir, &rules);
    let by = |by: &str, decision: &str| {
        let rows = rows
            .iter()
            .filter(|row| row["decided_by"] == by && row["decision"] == decision);
        rows.count()
    };
    // Sixty times three pairs, but for the one that a person says is none.
    assert_eq!((by("rule", "match"), by("person", "no_match")), (179, 1));
    for row in &rows {
        if row["decided_by"] == "rule" {
            assert_eq!(row["label"], u64::from(row["decision"] == "match"));
        }
    }
    assert!(
        ran.stderr.contains("rules: 179 pairs match"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("1 label contradicts a rule: the labels count"),
        "{}",
        ran.stderr
    );
    let found = summary(dir);
    assert_eq!(found["rules"]["same"], 179);
    assert_eq!(found["rules"]["different"], by("rule", "no_match"));
    let wrong = midband(
        dir,
        &["match", "people.csv", "--same", "nhs", "--judge", "none"],
    );
    assert!(
        wrong.code == 2 && wrong.stderr.contains("\"nhs\""),
        "{}",
        wrong.stderr
    );
}

#[test]
fn one_partner_a_record_leaves_a_labelled_match() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    people(dir);
    let list = fs::read_to_string(dir.join("people.csv")).unwrap();
    let part = |copy: usize| {
        let header = list.lines().take(1);
        let rows = list.lines().skip(1).skip(copy).step_by(3);
        header.chain(rows).collect::<Vec<_>>().join("\n")
    };
    fs::write(dir.join("left.csv"), part(0)).unwrap();
    fs::write(dir.join("right.csv"), part(1)).unwrap();
    // By their columns r0 and r1 are the same, and so are r3 and r4.
    write_lines(
        &dir.join("labels.jsonl"),
        &[json!({"id": "r0|r4", "label": 1})],
    );
    let command = [
        "match",
        "left.csv",
        "right.csv",
        "-o",
        "out.jsonl",
        "--judge",
        "none",
        "--labels",
        "labels.jsonl",
    ];
    let ran = midband(
        dir,
        &[&command[..], &["--one-to-one", "--min-proxy", "0.5"]].concat(),
    );
    assert!(ran.code < 2, "{}", ran.stderr);
    let rows = objects_in(&dir.join("out.jsonl"));
    let of = |left: &str| -> Vec<(&str, &str)> {
        let rows = rows
            .iter()
            .filter(|row| row["left_id"] == left && row["decision"] == "match");
        rows.map(|row| {
            (
                row["right_id"].as_str().unwrap(),
                row["decided_by"].as_str().unwrap(),
            )
        })
        .collect()
    };
    assert_eq!(of("r0"), [("r4", "person")]);
    assert_eq!(of("r3"), []);
    assert_eq!(of("r6"), [("r7", "columns")]);
}
