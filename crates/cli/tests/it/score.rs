//! `midband score` with the real embedding model. `scripts/setup` brings it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::BTreeMap, fs, path::Path};

use crate::common::{Midband, midband, number, objects, objects_in, root, shared};
use serde_json::Value;
use tempfile::tempdir;

const FIELDS: [&str; 12] = [
    "id",
    "cosine",
    "proxy_score",
    "route",
    "judge_score",
    "score",
    "decision",
    "decided_by",
    "status",
    "reason",
    "truncated",
    "latency_ms",
];

pub(crate) fn data(name: &str) -> String {
    root().join("data").join(name).display().to_string()
}

#[test]
fn the_main_job_scores_every_pair_in_order_with_all_fields() {
    let dir = tempdir().unwrap();
    let ran = midband(
        dir.path(),
        &[
            "score",
            &data("questions.jsonl"),
            "-o",
            "scored.jsonl",
            "--policy",
            "band",
            "--ollama",
            "http://127.0.0.1:9",
        ],
    );
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
    let input = objects_in(&root().join("data/questions.jsonl"));
    let scored = objects_in(&dir.path().join("scored.jsonl"));
    assert_eq!(scored.len(), input.len());
    let mut waiting = 0;
    for (scored, input) in scored.iter().zip(&input) {
        assert_eq!(scored["id"], input["id"]);
        assert_eq!(scored.keys().take(12).collect::<Vec<_>>(), FIELDS);
        assert_eq!(
            (&scored["label"], &scored["difficulty"]),
            (&input["label"], &input["difficulty"])
        );
        assert!(
            !scored.contains_key("a") && !scored.contains_key("b"),
            "text is not written unless asked for"
        );
        assert!((-1.0..=1.0).contains(&number(scored, "cosine")));
        assert!((0.0..=1.0).contains(&number(scored, "score")));
        if scored["route"] == "ask" {
            waiting += 1;
            assert_eq!(scored["decided_by"], "fallback");
            assert_eq!(scored["status"], "unanswered(no judge)");
            assert_eq!(scored["score"], scored["proxy_score"]);
            assert_eq!(scored["judge_score"], Value::Null);
        }
    }
    assert!(waiting > 0);
    assert!(
        ran.stderr
            .contains(&format!("{waiting} pairs have no verdict")),
        "{}",
        ran.stderr
    );

    let sidecar = fs::read_to_string(dir.path().join("scored.jsonl.provenance.json")).unwrap();
    let provenance: Value = serde_json::from_str(&sidecar).unwrap();
    assert_eq!(provenance["embedding_model"]["name"], "all-MiniLM-L6-v2");
    assert!(
        provenance["embedding_model"]["digest"]
            .as_str()
            .unwrap()
            .starts_with("blake3:")
    );
    for field in [
        "engine",
        "band",
        "task",
        "seed",
        "started",
        "judge",
        "calibrated",
    ] {
        assert!(provenance.get(field).is_some(), "{field}");
    }
    assert!(!dir.path().join("scored.jsonl.rejected.jsonl").exists());
}

#[test]
fn a_run_with_nothing_left_to_ask_exits_with_0() {
    let dir = tempdir().unwrap();
    let pair = r#"{"id": 1, "a": "heart attack", "b": "myocardial infarction"}"#;
    let ran = Midband::new(
        dir.path(),
        &["score", "-", "--band", "0.5..0.5", "--judge", "none"],
    )
    .stdin(pair)
    .run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let scored = objects(&ran.stdout);
    assert_eq!(
        (&scored[0]["route"], &scored[0]["status"]),
        (&"accept".into(), &"settled".into())
    );
}

#[test]
fn order_batch_size_and_threads_change_no_score() {
    let dir = tempdir().unwrap();
    // Texts of one word beside texts of hundreds: where padding and neighbours would show.
    let mut lines: Vec<String> = Vec::new();
    for (file, count) in [
        ("terms.jsonl", 40),
        ("questions.jsonl", 30),
        ("patients.jsonl", 15),
    ] {
        let text = fs::read_to_string(data(file)).unwrap();
        lines.extend(text.lines().take(count).map(str::to_owned));
    }
    let long = "the patient was seen again and ".repeat(80);
    lines.push(serde_json::json!({"id": "long", "a": long, "b": "seen again"}).to_string());
    fs::write(dir.path().join("in.jsonl"), lines.join("\n")).unwrap();
    lines.reverse();
    fs::write(dir.path().join("turned.jsonl"), lines.join("\n")).unwrap();
    let cosines = |arguments: &[&str]| -> BTreeMap<String, f64> {
        let ran = midband(
            dir.path(),
            &[&["score", "--judge", "none"], arguments].concat(),
        );
        let scored = objects(&ran.stdout);
        scored
            .iter()
            .map(|scored| (scored["id"].to_string(), number(scored, "cosine")))
            .collect()
    };
    let reference = cosines(&["in.jsonl"]);
    assert_eq!(reference.len(), 86);
    for arguments in [
        &["turned.jsonl"][..],
        &["in.jsonl", "--batch-tokens", "1"],
        &["in.jsonl", "--batch-tokens", "8000", "--threads", "1"],
        &["turned.jsonl", "--threads", "3"],
    ] {
        for (id, cosine) in cosines(arguments) {
            assert!(
                (cosine - reference[&id]).abs() <= 1e-5,
                "{id} with {arguments:?}"
            );
        }
    }
}

#[test]
fn truncated_texts_are_marked_and_counted() {
    let dir = tempdir().unwrap();
    let long = "word ".repeat(400);
    let input = format!(
        "{}\n{}\n",
        serde_json::json!({"id": "long", "a": long, "b": "word"}),
        serde_json::json!({"id": "short", "a": "a word", "b": "word"})
    );
    let ran = Midband::new(dir.path(), &["score", "-", "--judge", "none"])
        .stdin(input)
        .run();
    let marks: Vec<Value> = objects(&ran.stdout)
        .iter()
        .map(|scored| scored["truncated"].clone())
        .collect();
    assert_eq!(marks, [Value::Bool(true), Value::Bool(false)]);
    assert!(
        ran.stderr.contains("1 pair was compared on truncated text"),
        "{}",
        ran.stderr
    );
}

#[test]
fn csv_goes_in_and_out_with_its_own_columns() {
    let dir = tempdir().unwrap();
    let csv = "score,key,left,right,site\n9,k1,\"fever, chills\",high temperature,A\n8,k2,cough,broken leg,B\n";
    fs::write(dir.path().join("in.csv"), csv).unwrap();
    let columns = [
        "--id", "key", "--left", "3", "--right", "right", "--judge", "none",
    ];
    let ran = midband(
        dir.path(),
        &[&["score", "in.csv", "-o", "out.csv"], &columns[..]].concat(),
    );
    assert_eq!(ran.code, 0, "all pairs are clear: {}", ran.stderr);
    let out = fs::read_to_string(dir.path().join("out.csv")).unwrap();
    let mut lines = out.lines();
    assert_eq!(
        lines.next().unwrap(),
        format!("{},input_score,site", FIELDS.join(","))
    );
    assert!(lines.next().unwrap().starts_with("k1,"), "{out}");
    assert!(lines.next().unwrap().ends_with(",8,B"), "{out}");

    let ran = midband(
        dir.path(),
        &[
            &[
                "score",
                "in.csv",
                "--output-format",
                "jsonl",
                "--include-text",
            ],
            &columns[..],
        ]
        .concat(),
    );
    assert_eq!(objects(&ran.stdout)[0]["a"], "fever, chills");

    let ran = midband(dir.path(), &["score", "in.csv"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("no column \"id\"") && ran.stderr.contains("--id"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_second_run_with_a_cache_gives_the_same_scores_and_stores_no_text() {
    let dir = tempdir().unwrap();
    let run = || {
        let ran = midband(
            dir.path(),
            &[
                "score",
                &data("questions.jsonl"),
                "--cache",
                "cache",
                "--judge",
                "none",
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    };
    assert_eq!(run(), run());
    let cache = fs::read(dir.path().join("cache/embeddings.redb")).unwrap();
    let planted = objects_in(Path::new(&data("questions.jsonl")))[0]["a"]
        .as_str()
        .unwrap()
        .as_bytes()[..12]
        .to_vec();
    assert!(!cache.windows(planted.len()).any(|window| window == planted));
}

#[test]
fn cosines_equal_the_reference_embeddings_on_a_shared_set() {
    let (Some(set), Some(reference)) = (
        shared("datasets/mqp.jsonl"),
        shared("router_bench/features_mqp.csv.gz"),
    ) else {
        return;
    };
    let dir = tempdir().unwrap();
    let ran = midband(
        dir.path(),
        &[
            "score",
            &set.display().to_string(),
            "-o",
            "mqp.jsonl",
            "-q",
            "--judge",
            "none",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ours: BTreeMap<String, f64> = objects_in(&dir.path().join("mqp.jsonl"))
        .iter()
        .map(|scored| {
            (
                scored["id"].as_str().unwrap().to_owned(),
                number(scored, "cosine"),
            )
        })
        .collect();
    let file = flate2::read::GzDecoder::new(fs::File::open(reference).unwrap());
    let text = std::io::read_to_string(file).unwrap();
    let (mut compared, mut worst) = (0, 0.0f64);
    for line in text.lines().skip(1) {
        let mut cells = line.split(',');
        let id = cells.next().unwrap();
        let cosine: f64 = cells.nth(1).unwrap().parse().unwrap();
        worst = worst.max((ours[id] - cosine).abs());
        compared += 1;
    }
    assert_eq!(compared, 1524);
    // The reference was computed by another library in f32 and is printed to six digits.
    assert!(worst < 1e-4, "a cosine is {worst} away from the reference");

    let evaluated = midband(dir.path(), &["eval", "mqp.jsonl", "--json"]);
    let evaluation: Value = serde_json::from_str(&evaluated.stdout).unwrap();
    let auroc = evaluation["scores"]["cosine"]["auroc"].as_f64().unwrap();
    assert!((auroc - 0.887).abs() < 0.002, "AUROC {auroc}");
}
