//! Names written out before texts are embedded: chosen by labels, named in the provenance, held to by a calibration.

#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    common::{midband, objects_in},
    score::data,
};

const WRITTEN_OUT: &str = "names written out";

fn model(dir: &Path, output: &str) -> String {
    let text = fs::read_to_string(dir.join(format!("{output}.provenance.json"))).unwrap();
    let provenance: Value = serde_json::from_str(&text).unwrap();
    provenance["embedding_model"]["name"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn cosines(dir: &Path, output: &str) -> Vec<f64> {
    let rows = objects_in(&dir.join(output));
    rows.iter()
        .map(|row| row["cosine"].as_f64().unwrap())
        .collect()
}

#[test]
fn labels_choose_and_a_calibration_holds_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let terms = data("terms.jsonl");
    // With all features the names are known to the proxy, and little is left to gain.
    let features = ["--features", "cosine,kind_conflict"];
    let said = ["calibrate", &terms, "--judge", "none", "-o", "c.json"];
    let ran = midband(dir, &[&said[..], &features].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("--expand-terms"), "{}", ran.stderr);
    let score = |output: &str, more: &[&str]| {
        let said = ["score", &terms, "-o", output, "--judge", "none"];
        midband(dir, &[&said[..], more].concat())
    };
    let calibrated = ["--calibration", "c.json"];
    for (output, more) in [
        ("c.jsonl", &calibrated[..]),
        ("on.jsonl", &["--expand-terms", "on"]),
        (
            "labels.jsonl",
            &["--labels", &terms, features[0], features[1]],
        ),
    ] {
        let ran = score(output, more);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(model(dir, output).contains(WRITTEN_OUT), "{output}");
        assert!(ran.stderr.contains("--expand-terms"), "{}", ran.stderr);
    }
    for (output, more) in [
        ("auto.jsonl", &[][..]),
        ("off.jsonl", &["--expand-terms", "off"]),
    ] {
        let ran = score(output, more);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(!model(dir, output).contains(WRITTEN_OUT), "{output}");
    }
    let (on, off) = (cosines(dir, "on.jsonl"), cosines(dir, "off.jsonl"));
    let same = |others: Vec<f64>| on.iter().zip(others).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(same(cosines(dir, "c.jsonl")) && same(cosines(dir, "labels.jsonl")));
    assert!(on.iter().zip(&off).any(|(a, b)| (a - b).abs() > 0.1));
    let ran = score(
        "x.jsonl",
        &[&calibrated[..], &["--expand-terms", "off"]].concat(),
    );
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains(WRITTEN_OUT), "{}", ran.stderr);
    let ran = score("x.jsonl", &["--policy", "band", "--expand-terms", "on"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--expand-terms"), "{}", ran.stderr);
}

#[test]
fn the_cache_keeps_vectors_of_what_was_embedded_and_no_text() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(
        dir.join("two.jsonl"),
        "{\"id\":\"1\",\"a\":\"T2DM\",\"b\":\"type 2 diabetes\"}\n{\"id\":\"2\",\"a\":\"HTN\",\"b\":\"gout\"}\n",
    )
    .unwrap();
    let vectors = |expands: &str| {
        let said = [
            "score",
            "two.jsonl",
            "-o",
            "o.jsonl",
            "--judge",
            "none",
            "--cache",
            "cache",
        ];
        let ran = midband(dir, &[&said[..], &["--expand-terms", expands]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let ran = midband(dir, &["cache", "stats", "--cache", "cache", "--json"]);
        let stats: Value = serde_json::from_str(&ran.stdout).unwrap();
        stats["embeddings"]["vectors"].as_u64().unwrap()
    };
    // "T2DM" and "HTN" become other texts, the usual names stay.
    assert_eq!((vectors("off"), vectors("on"), vectors("on")), (4, 6, 6));
    let cache = fs::read(dir.join("cache/embeddings.redb")).unwrap();
    for planted in ["T2DM", "diabetes", "hypertension"] {
        let planted = planted.as_bytes();
        assert!(!cache.windows(planted.len()).any(|window| window == planted));
    }
}
