//! Where a score came from: its parts sum to it, whichever way it was made.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

use crate::common::{midband, number, objects_in, root, server::Server};
use serde_json::{Map, Value};

/// The sum of a row's parts is the log odds of its score, to the six decimals that are written.
fn adds_up(row: &Map<String, Value>) -> usize {
    let parts = row["parts"]
        .as_object()
        .unwrap_or_else(|| panic!("no parts: {row:?}"));
    let sum: f64 = parts.values().map(|part| part.as_f64().unwrap()).sum();
    let score = 1.0 / (1.0 + (-sum).exp());
    assert!((score - number(row, "score")).abs() < 2e-6, "{row:?}");
    assert!(parts.contains_key("prior"), "{row:?}");
    let judged = row["judge_score"].is_number() && row["status"] == "settled";
    assert_eq!(parts.contains_key("judge"), judged, "{row:?}");
    parts.len()
}

#[test]
fn the_parts_of_every_score_sum_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let questions = root().join("data/questions.jsonl");
    let server = Server::start(&questions, 0.8, &[]);
    let input = questions.to_str().unwrap();
    let learnt = server.run(
        dir.path(),
        &[
            "calibrate",
            input,
            "-o",
            "calibration.json",
            "--judge",
            "ollama",
            "--task",
            "same-question",
        ],
    );
    assert_eq!(learnt.code, 0, "{}", learnt.stderr);
    for (name, more, least) in [
        ("band", &["--band", "0.4..0.9"][..], 2),
        ("gain", &["--policy", "gain"], 3),
        ("stream", &["--policy", "gain", "--sample", "60"], 3),
        ("target", &["--target", "accuracy=0.7"], 3),
        ("calibrated", &["--calibration", "calibration.json"], 3),
    ] {
        let output = format!("{name}.jsonl");
        let arguments = [
            "score",
            input,
            "-o",
            &output,
            "--parts",
            "--task",
            "same-question",
        ];
        let ran = server.run(dir.path(), &[&arguments, more].concat());
        assert!(ran.code <= 1, "{name}: {}", ran.stderr);
        let rows = objects_in(&dir.path().join(&output));
        assert_eq!(rows.len(), 140);
        let most = rows.iter().map(adds_up).max().unwrap();
        assert!(most >= least, "{name}: {most} parts");
        // Names and numbers: no text of a pair.
        let texts = objects_in(&questions);
        let parts: String = rows.iter().map(|row| row["parts"].to_string()).collect();
        assert!(
            texts
                .iter()
                .all(|pair| !parts.contains(pair["a"].as_str().unwrap()))
        );
        let provenance =
            fs::read_to_string(dir.path().join(format!("{output}.provenance.json"))).unwrap();
        let provenance: Value = serde_json::from_str(&provenance).unwrap();
        let counts = provenance["word_counts"].as_str();
        assert_eq!(
            counts.map(str::len),
            (name != "band").then_some(32),
            "{name}"
        );
    }
}

#[test]
fn a_delimited_file_holds_the_parts_in_a_column_and_nothing_where_they_are_not_wanted() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("in.csv"),
        "id,a,b,parts\n1,left knee,right knee,mine\n2,,x,mine\n",
    )
    .unwrap();
    let ran = midband(
        dir.path(),
        &[
            "score", "in.csv", "-o", "out.csv", "--parts", "--judge", "none",
        ],
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let written = fs::read_to_string(dir.path().join("out.csv")).unwrap();
    let header = written.lines().next().unwrap();
    assert!(
        header.ends_with("latency_ms,parts,contradictions,input_parts"),
        "{header}"
    );
    assert!(
        written.contains("\"\"prior\"\"") && written.contains("mine"),
        "{written}"
    );
    midband(
        dir.path(),
        &["score", "in.csv", "-o", "plain.jsonl", "--judge", "none"],
    );
    let plain = objects_in(&dir.path().join("plain.jsonl"));
    assert_eq!(plain[0]["parts"], "mine");
}
