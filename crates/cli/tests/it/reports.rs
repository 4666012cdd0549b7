//! `midband report`, `midband review`, and labels on their way back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path, process::Command};

use crate::common::{midband, objects_in, root, server::Server};
use serde_json::{Value, json};
use tempfile::tempdir;

const PAIRS: usize = 60;

/// Scores patients with a judge; their texts stay out of the scored file.
fn scored(dir: &Path) {
    let patients = root().join("data/patients.jsonl");
    let text = fs::read_to_string(&patients).unwrap();
    let lines: Vec<&str> = text.lines().take(PAIRS).collect();
    fs::write(dir.join("in.jsonl"), lines.join("\n")).unwrap();
    let server = Server::start(&patients, 0.8, &[]);
    let ran = server.run(
        dir,
        &[
            "score",
            "in.jsonl",
            "-o",
            "out.jsonl",
            "--band",
            "0.4..0.9",
            "-q",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

fn json_in(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_report_counts_what_the_run_and_the_evaluation_count() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    scored(dir);
    let ran = midband(dir, &["report", "out.jsonl", "-o", "report.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report = json_in(&dir.join("report.json"));
    let summary = json_in(&dir.join("out.jsonl.summary.json"));
    for counts in ["routes", "decisions", "decided_by"] {
        assert_eq!(report[counts], summary[counts], "{counts}");
    }
    assert_eq!(report["run"]["judge"]["calls"], summary["judge"]["calls"]);
    assert!(report["run"]["judge"]["calls"].as_u64().unwrap() > 0);
    assert_eq!(
        (report["simulated"].as_bool(), report["band"]["on"].as_str()),
        (Some(true), Some("cosine"))
    );
    let saved = &report["saved"];
    let asked = summary["decided_by"]["judge"].as_f64().unwrap();
    let a_pair = summary["seconds"]["judging"].as_f64().unwrap() / asked;
    assert!((saved["seconds_a_pair"].as_f64().unwrap() - a_pair).abs() < 1e-9);
    let minutes = a_pair * (PAIRS as f64 - asked) / 60.0;
    assert!(
        (saved["minutes"].as_f64().unwrap() - minutes).abs() < 1e-9,
        "{saved} {minutes}"
    );

    let evaluated = midband(dir, &["eval", "out.jsonl", "--json"]);
    let evaluation: Value = serde_json::from_str(&evaluated.stdout).unwrap();
    assert_eq!(report["evaluation"], evaluation);
    for histogram in ["routed", "scored"] {
        let bars = report[histogram]["bars"].as_array().unwrap();
        let pairs: u64 = bars
            .iter()
            .flat_map(|bar| bar["counts"].as_object().unwrap().values())
            .map(|count| count.as_u64().unwrap())
            .sum();
        assert_eq!(pairs as usize, PAIRS, "{histogram}");
    }
    let priorities: Vec<f64> = report["review"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| pair["priority"].as_f64().unwrap())
        .collect();
    assert_eq!(priorities.len(), 50);
    assert!(priorities.is_sorted_by(|x, y| x >= y));
}

#[test]
fn pages_load_nothing_and_show_no_text_unless_they_are_told_to() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    scored(dir);
    let text = objects_in(&dir.join("in.jsonl"))[7]["a"].as_str().unwrap()[..40].to_owned();
    for ending in ["html", "pdf", "json"] {
        let name = format!("report.{ending}");
        assert_eq!(midband(dir, &["report", "out.jsonl", "-o", &name]).code, 0);
    }
    let page = fs::read_to_string(dir.join("report.html")).unwrap();
    assert!(page.contains("SIMULATED") && page.contains("For review"));
    assert!(!page.contains(" src=") && !page.contains("<link") && !page.contains("url("));
    assert!(page.contains("default-src 'none'") && !page.contains("connect-src"));
    let elsewhere = page.matches("http").count()
        - page.matches("xmlns=\"http").count()
        - page.matches("http-equiv").count();
    assert_eq!(elsewhere, 0);
    assert!(!page.contains(&text));
    let told = midband(
        dir,
        &[
            "report",
            "out.jsonl",
            "-o",
            "told.html",
            "--include-text",
            "--pairs",
            "in.jsonl",
            "--review",
            "60",
        ],
    );
    assert_eq!(told.code, 0, "{}", told.stderr);
    let told = fs::read_to_string(dir.join("told.html")).unwrap();
    // Any pair is shown to whoever names it.
    let shown = |id: &str| {
        midband(
            dir,
            &[
                "report",
                "out.jsonl",
                "-o",
                "shown.json",
                "--review",
                "2",
                "--show",
                id,
            ],
        )
    };
    let last = json_in(&dir.join("report.json"))["review"][49]["id"].clone();
    let last = last.as_str().unwrap();
    assert_eq!(shown(last).code, 0);
    let review = &json_in(&dir.join("shown.json"))["review"];
    assert_eq!(
        (review.as_array().unwrap().len(), review[0]["id"].as_str()),
        (3, Some(last))
    );
    let unknown = shown("nobody");
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("no pair \"nobody\""),
        "{}",
        unknown.stderr
    );
    assert!(told.contains(&text.replace('"', "&quot;")));
    let refused = midband(dir, &["report", "out.jsonl", "--include-text"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--pairs"), "{}", refused.stderr);
    assert_eq!(
        midband(dir, &["report", "out.jsonl", "-o", "report.docx"]).code,
        2
    );

    let pdf = fs::read(dir.join("report.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    let Ok(read) = Command::new("pdftotext")
        .args(["-layout", "report.pdf", "-"])
        .current_dir(dir)
        .output()
    else {
        eprintln!("SKIPPED: pdftotext is not there; the PDF's text was not read");
        return;
    };
    let read = String::from_utf8(read.stdout).unwrap();
    let report = json_in(&dir.join("report.json"));
    let auroc = report["evaluation"]["scores"]["score"]["auroc"]
        .as_f64()
        .unwrap();
    let calls = &report["run"]["judge"]["calls"];
    for wanted in [
        "SIMULATED".to_owned(),
        format!("{auroc:.3}"),
        format!("{calls} ("),
    ] {
        assert!(read.contains(&wanted), "{wanted} is not in\n{read}");
    }
}

#[test]
fn labels_of_the_review_page_reach_the_calibration_and_the_report() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    scored(dir);
    let without = midband(dir, &["review", "out.jsonl"]);
    assert_eq!(without.code, 2);
    assert!(
        without.stderr.contains("--include-text"),
        "{}",
        without.stderr
    );
    let made = midband(
        dir,
        &[
            "review",
            "out.jsonl",
            "--pairs",
            "in.jsonl",
            "--random",
            "40",
        ],
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    let page = fs::read_to_string(dir.join("review.html")).unwrap();
    let data = page
        .split("id=\"review-data\">")
        .nth(1)
        .unwrap()
        .split("</script>")
        .next()
        .unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["pairs"].as_array().unwrap().len(), 40);

    // A person who knows the truth answers; some pairs stay unsure.
    let truth = objects_in(&dir.join("in.jsonl"));
    let label = |at: usize| {
        if at % 10 == 9 {
            Value::Null
        } else {
            truth[at]["label"].clone()
        }
    };
    let lines: Vec<String> = (0..PAIRS)
        .map(|at| {
            json!({"id": truth[at]["id"], "label": label(at), "answered": "2026-01-01T00:00:00Z"})
                .to_string()
        })
        .collect();
    fs::write(dir.join("labels.jsonl"), lines.join("\n")).unwrap();
    let rows: Vec<String> = (0..PAIRS)
        .map(|at| {
            let score = match label(at).as_f64() {
                Some(label) => format!("{label:.1}"),
                None => "0.5".to_owned(),
            };
            format!(",,{score},{}", truth[at]["id"].as_str().unwrap())
        })
        .collect();
    let splink = format!(
        "unique_id_l,unique_id_r,clerical_match_score,id\n{}\n",
        rows.join("\n")
    );
    fs::write(dir.join("labels.csv"), splink).unwrap();

    // The input has no labels of its own.
    let bare: Vec<String> = truth
        .iter()
        .map(|row| json!({"id": row["id"], "a": row["a"], "b": row["b"]}).to_string())
        .collect();
    fs::write(dir.join("bare.jsonl"), bare.join("\n")).unwrap();
    let mut made = Vec::new();
    for labels in ["labels.jsonl", "labels.csv"] {
        let ran = midband(
            dir,
            &[
                "calibrate",
                "bare.jsonl",
                "--labels",
                labels,
                "-o",
                "calibration.json",
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("54 labels") && ran.stderr.contains("6 rows without a label"),
            "{}",
            ran.stderr
        );
        let mut calibration = json_in(&dir.join("calibration.json"));
        calibration["made"] = Value::Null;
        made.push(calibration);
        let report = midband(
            dir,
            &[
                "report",
                "out.jsonl",
                "--labels",
                labels,
                "-o",
                "report.json",
            ],
        );
        assert_eq!(report.code, 0, "{}", report.stderr);
        assert_eq!(
            json_in(&dir.join("report.json"))["evaluation"]["labelled"],
            54
        );
    }
    assert_eq!(made[0], made[1], "both forms say the same");
    fs::write(
        dir.join("bad.jsonl"),
        "{\"id\": \"x\", \"label\": \"perhaps\"}",
    )
    .unwrap();
    let bad = midband(dir, &["calibrate", "bare.jsonl", "--labels", "bad.jsonl"]);
    assert_eq!(bad.code, 2);
    assert!(bad.stderr.contains("line 1"), "{}", bad.stderr);
}
