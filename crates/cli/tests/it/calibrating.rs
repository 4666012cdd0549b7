//! What `midband calibrate` teaches, refuses and asks for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use super::learning::{run, split, start};
use crate::common::{midband, number, objects_in, root};
use serde_json::{Value, json};
use tempfile::tempdir;

#[test]
fn a_calibration_is_learnt_used_and_refused_where_it_does_not_fit() {
    let dir = tempdir().unwrap();
    split(&root().join("data/terms.jsonl"), dir.path(), (120, 100));
    let server = start(&dir.path().join("all.jsonl"), 0.9);
    let concept = ["--task", "same-concept", "--task-kind", "terms"];
    let learnt = run(
        &server,
        dir.path(),
        &[
            &[
                "calibrate",
                "gold.jsonl",
                "-o",
                "terms.json",
                "--judge",
                "ollama",
                "--compare",
                "12",
            ],
            &concept[..],
        ]
        .concat(),
    );
    assert_eq!(learnt.code, 0, "{}", learnt.stderr);
    assert!(
        learnt.stderr.contains("120 labels, texts treated as terms"),
        "{}",
        learnt.stderr
    );
    assert!(
        learnt.stderr.contains("120 labeled pairs"),
        "{}",
        learnt.stderr
    );
    for way in ["standard", "think", "keyed", "array", "digits", "yes-no"] {
        let row = learnt
            .stdout
            .lines()
            .find(|line| line.starts_with(way))
            .unwrap_or_else(|| panic!("no {way}"));
        assert!(row.contains("SIMULATED") && row.contains(" 12 "), "{row}");
    }
    let file: Value =
        serde_json::from_str(&fs::read_to_string(dir.path().join("terms.json")).unwrap()).unwrap();
    assert_eq!(
        (&file["task"], &file["labels"]),
        (&"same-concept".into(), &120.into())
    );
    let planted = objects_in(&dir.path().join("gold.jsonl"))[0]["a"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        !file.to_string().contains(&planted),
        "a calibration holds no text"
    );

    let scored = run(
        &server,
        dir.path(),
        &[
            &[
                "score",
                "rest.jsonl",
                "-o",
                "out.jsonl",
                "--calibration",
                "terms.json",
            ],
            &concept[..],
        ]
        .concat(),
    );
    assert_eq!(scored.code, 0, "{}", scored.stderr);
    assert!(!scored.stderr.contains("uncalibrated"));
    for row in objects_in(&dir.path().join("out.jsonl")) {
        assert!(
            (0.0..=1.0).contains(&number(&row, "proxy_score"))
                && (0.0..=1.0).contains(&number(&row, "score"))
        );
        assert_eq!(
            row["decision"] == "match",
            number(&row, "score") >= 0.5,
            "{}",
            row["id"]
        );
    }
    let sidecar = fs::read_to_string(dir.path().join("out.jsonl.provenance.json")).unwrap();
    let provenance: Value = serde_json::from_str(&sidecar).unwrap();
    assert_eq!(
        (&provenance["policy"], &provenance["calibrated"]),
        (&"gain".into(), &true.into())
    );

    let other = run(
        &server,
        dir.path(),
        &[
            "score",
            "rest.jsonl",
            "--calibration",
            "terms.json",
            "--task",
            "patient-match",
        ],
    );
    assert_eq!(other.code, 2);
    assert!(
        other.stderr.contains("\"same-concept\"") && other.stderr.contains("\"patient-match\""),
        "{}",
        other.stderr
    );
    fs::write(dir.path().join("broken.json"), "{\"version\": 1}").unwrap();
    let broken = run(
        &server,
        dir.path(),
        &["score", "rest.jsonl", "--calibration", "broken.json"],
    );
    assert!(
        broken.code == 2 && broken.stderr.contains("broken.json"),
        "{}",
        broken.stderr
    );
}

#[test]
fn calibrate_says_what_is_missing() {
    let dir = tempdir().unwrap();
    fs::write(
        dir.path().join("one.jsonl"),
        "{\"id\": 1, \"a\": \"x\", \"b\": \"y\", \"label\": 1}\n",
    )
    .unwrap();
    let ran = midband(dir.path(), &["calibrate", "one.jsonl"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("both matches and non-matches are needed"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_handful_of_labels_settles_nothing() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let text = fs::read_to_string(root().join("data/patients.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().take(20).collect();
    fs::write(dir.join("few.jsonl"), lines[..5].join("\n")).unwrap();
    fs::write(dir.join("all.jsonl"), lines.join("\n")).unwrap();
    let made = midband(dir, &["calibrate", "few.jsonl", "-o", "c.json"]);
    assert!(made.stderr.contains("5 labels are few"), "{}", made.stderr);
    let ran = midband(
        dir,
        &[
            "score",
            "all.jsonl",
            "-o",
            "o.jsonl",
            "--calibration",
            "c.json",
            "--judge",
            "none",
        ],
    );
    assert!(ran.stderr.contains("NOT CALIBRATED"), "{}", ran.stderr);
    let scored = objects_in(&dir.join("o.jsonl"));
    assert!(scored.iter().all(|row| row["decision"] == "review"));
}

#[test]
fn labels_count_by_the_chance_of_their_pairs_to_be_labelled() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let all = fs::read_to_string(root().join("data/patients.jsonl")).unwrap();
    fs::write(dir.join("pairs.jsonl"), all).unwrap();
    let pairs = objects_in(&dir.join("pairs.jsonl"));
    // Sixty that waited, and of all others some at random, as the review page writes them.
    let label = |pair: &serde_json::Map<String, Value>, more: Value| {
        let mut row = more;
        row["id"] = pair["id"].clone();
        row["label"] = pair["label"].clone();
        row.to_string()
    };
    let waited = || {
        pairs
            .iter()
            .take(60)
            .map(|pair| label(pair, json!({"chosen": "value"})))
    };
    let drawn = || {
        let drawn = pairs.iter().skip(55).step_by(7).take(40);
        drawn.map(|pair| label(pair, json!({"chosen": "random", "drawn_from": pairs.len()})))
    };
    let unknown = || {
        pairs
            .iter()
            .skip(60)
            .take(1)
            .map(|pair| label(pair, json!({})))
    };
    let calibrate = |name: &str, lines: Vec<String>| {
        fs::write(dir.join("labels.jsonl"), lines.join("\n")).unwrap();
        let ran = midband(
            dir,
            &[
                "calibrate",
                "pairs.jsonl",
                "--labels",
                "labels.jsonl",
                "-o",
                name,
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let file: Value =
            serde_json::from_str(&fs::read_to_string(dir.join(name)).unwrap()).unwrap();
        (ran.stderr, file)
    };
    let (said, weighed) = calibrate("both.json", waited().chain(drawn()).collect());
    assert!(
        said.contains("60 pairs were labeled because they waited for review")
            && said.contains("drawn at random:"),
        "{said}"
    );
    let kept = weighed["kept"].as_array().unwrap();
    let weights: Vec<f64> = kept
        .iter()
        .map(|label| label["weight"].as_f64().unwrap())
        .collect();
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    assert!((mean - 1.0).abs() < 1e-6, "{mean}");
    let (least, most) = (
        weights.iter().copied().fold(f64::MAX, f64::min),
        weights.iter().copied().fold(0.0, f64::max),
    );
    let ratio = pairs.len() as f64 / drawn().count() as f64;
    assert!(
        (most / least - ratio).abs() < 1e-6,
        "{most} {least} {ratio}"
    );
    // What is not known of one label is not known of the sample.
    let (said, plain) = calibrate(
        "plain.json",
        waited().chain(drawn()).chain(unknown()).collect(),
    );
    assert!(!said.contains("drawn at random"), "{said}");
    assert!(plain["kept"][0].get("weight").is_none());
    assert_ne!(plain["proxy"], weighed["proxy"]);
    let (said, _) = calibrate("waited.json", waited().collect());
    assert!(said.contains("hold for such pairs alone"), "{said}");
    let (said, _) = calibrate("drawn.json", drawn().collect());
    assert!(!said.contains("review"), "{said}");
}
