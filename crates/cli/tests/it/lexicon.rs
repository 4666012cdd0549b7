//! Lexicons of the user's own: read, joined, refused with their row, named in the provenance, made of releases. Embedding models
//! compared on pairs of the user's own.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{fs, path::Path};

use crate::common::{midband, objects_in};
use serde_json::Value;

const OWN: &str = "form,concept,kind,relations\nriver ague,,condition,\nBRF,river ague,condition,\nZarvexa,,drug,treats river ague\n";

/// Notes that share what only the user's lexicon knows, and notes that share nothing.
fn pairs(dir: &Path) {
    let mut rows = String::new();
    for at in 0..30 {
        let (age, other) = (30 + at, 31 + at);
        rows += &format!(
            "{{\"id\":\"m{at}\",\"a\":\"Man of {age} with river ague and gout. Takes allopurinol, denies chest pain.\",\"b\":\"{age}M, BRF, gout. On allopurinol. No chest pain today.\",\"label\":1}}\n\
             {{\"id\":\"n{at}\",\"a\":\"Man of {age} with river ague and gout. Takes allopurinol, denies chest pain.\",\"b\":\"{other}M, asthma, gout. On allopurinol. No chest pain today.\",\"label\":0}}\n"
        );
    }
    fs::write(dir.join("pairs.jsonl"), rows).unwrap();
}

fn lexicon_digest(dir: &Path, output: &str) -> String {
    let text = fs::read_to_string(dir.join(format!("{output}.provenance.json"))).unwrap();
    let provenance: Value = serde_json::from_str(&text).unwrap();
    provenance["lexicon"].as_str().unwrap().to_owned()
}

#[test]
fn own_names_change_scores_and_are_in_the_provenance() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    pairs(dir);
    fs::write(dir.join("own.csv"), OWN).unwrap();
    let score = |output: &str, more: &[&str]| {
        let said = ["score", "pairs.jsonl", "-o", output, "--judge", "none"];
        let ran = midband(dir, &[&said[..], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let rows = objects_in(&dir.join(output));
        rows.iter()
            .find(|row| row["id"] == "m3")
            .map(|row| row["score"].as_f64().unwrap())
            .unwrap()
    };
    let (plain, own) = (
        score("plain.jsonl", &[]),
        score("own.jsonl", &["--lexicon", "own.csv"]),
    );
    assert!(own > plain + 0.005, "{plain} {own}");
    let shipped = lexicon_digest(dir, "plain.jsonl");
    assert!(shipped.starts_with("blake3:"));
    assert_ne!(shipped, lexicon_digest(dir, "own.jsonl"));

    // A calibration holds for the lexicon that it was made with.
    let said = [
        "calibrate",
        "pairs.jsonl",
        "--judge",
        "none",
        "--lexicon",
        "own.csv",
    ];
    let ran = midband(dir, &said);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let calibrated = ["--calibration", "calibration.json"];
    let said = ["score", "pairs.jsonl", "-o", "c.jsonl", "--judge", "none"];
    let ran = midband(dir, &[&said[..], &calibrated].concat());
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("a different lexicon"), "{}", ran.stderr);
    score(
        "c.jsonl",
        &["--calibration", "calibration.json", "--lexicon", "own.csv"],
    );
}

#[test]
fn a_bad_row_is_named_and_a_release_is_to_be_imported() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    pairs(dir);
    fs::write(
        dir.join("own.csv"),
        OWN.replace("BRF,river ague,condition", "BRF,river ague,planet"),
    )
    .unwrap();
    fs::write(dir.join("MRCONSO.RRF"), "").unwrap();
    let with = |file: &str| {
        let ran = midband(
            dir,
            &["score", "pairs.jsonl", "--judge", "none", "--lexicon", file],
        );
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        ran.stderr
    };
    let said = with("own.csv");
    assert!(
        said.contains("own.csv") && said.contains("row 3") && said.contains("unknown kind"),
        "{said}"
    );
    assert!(!said.contains("planet"), "{said}");
    assert!(with("MRCONSO.RRF").contains("midband lexicon import"));
    assert!(with("none.csv").contains("none.csv"));
}

#[test]
fn a_release_becomes_a_lexicon() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    pairs(dir);
    let meta = dir.join("2026AA/META");
    fs::create_dir_all(&meta).unwrap();
    fs::write(
        meta.join("MRCONSO.RRF"),
        "C1|ENG|P|L1|PF|S1|Y|A1||||SAB|PT|X1|River ague|0|N||\nC1|ENG|S|L2|PF|S2|Y|A2||||SAB|SY|X1|BRF|0|N||\n",
    )
    .unwrap();
    let none = midband(dir, &["lexicon", "import", "2026AA"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("MRSTY.RRF"), "{}", none.stderr);
    fs::write(meta.join("MRSTY.RRF"), "C1|T047|B2|Disease|AT1||\n").unwrap();
    let ran = midband(dir, &["lexicon", "import", "2026AA", "-o", "umls.csv"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("2 names of 1 concepts"),
        "{}",
        ran.stderr
    );
    let said = [
        "score",
        "pairs.jsonl",
        "-o",
        "o.jsonl",
        "--judge",
        "none",
        "--lexicon",
        "umls.csv",
    ];
    let ran = midband(dir, &said);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let other = midband(dir, &["lexicon", "import", "."]);
    assert_eq!(
        other.code, 0,
        "a folder above it is searched: {}",
        other.stderr
    );
}

#[test]
fn parts_name_the_contradiction() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::write(
        dir.join("two.jsonl"),
        "{\"id\":\"1\",\"a\":\"71F, T2DM, left TKR 2011\",\"b\":\"Lady of 71, T2DM; right knee replaced 2011\"}\n{\"id\":\"2\",\"a\":\"71F, T2DM, left TKR 2011\",\"b\":\"Lady of 71, T2DM; left knee replaced 2011\"}\n",
    )
    .unwrap();
    let ran = midband(
        dir,
        &[
            "score",
            "two.jsonl",
            "-o",
            "o.jsonl",
            "--judge",
            "none",
            "--parts",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows = objects_in(&dir.join("o.jsonl"));
    let said = rows[0]["contradictions"].to_string();
    assert!(
        said.contains("side of") && said.contains("left / right"),
        "{said}"
    );
    assert_eq!(rows[1]["contradictions"].to_string(), "[]");
}

#[test]
fn embedding_models_are_compared_on_own_pairs() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    pairs(dir);
    let ran = midband(
        dir,
        &[
            "models",
            "compare",
            "--pairs",
            "pairs.jsonl",
            "all-MiniLM-L6-v2",
            "no-such-model",
            "--json",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("skipped no-such-model"),
        "{}",
        ran.stderr
    );
    let row: Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    let auroc = row["auroc"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&auroc) && row["texts_per_second"].as_f64().unwrap() > 0.0);
    let none = midband(
        dir,
        &[
            "models",
            "compare",
            "--pairs",
            "pairs.jsonl",
            "no-such-model",
        ],
    );
    assert_eq!(none.code, 2);
}
