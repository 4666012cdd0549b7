//! docs/tutorial.md, command by command, as a reader would type it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{collections::HashSet, fs};

use crate::common::{midband, root};
use serde_json::{Value, json};
use tempfile::tempdir;

/// The commands of the tutorial, in order.
fn commands(text: &str) -> Vec<Vec<String>> {
    let mut in_code = false;
    let lines = text.lines().filter(|line| {
        if line.starts_with("```") {
            in_code = *line == "```sh";
            return false;
        }
        in_code
    });
    lines
        .map(|line| {
            let line = line.split('#').next().unwrap();
            let words = line.split_whitespace().map(str::to_owned);
            let words: Vec<String> = words.collect();
            assert_eq!(words[0], "midband", "{line}");
            words[1..].to_vec()
        })
        .collect()
}

#[test]
fn the_tutorial_does_what_it_says() {
    let text = fs::read_to_string(root().join("docs/tutorial.md")).unwrap();
    let commands = commands(&text);
    assert!((1..=6).contains(&commands.len()), "{}", commands.len());
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::create_dir(dir.join("data")).unwrap();
    for name in ["hospital.csv", "practice.csv"] {
        fs::copy(root().join("data").join(name), dir.join("data").join(name)).unwrap();
    }
    for command in &commands {
        let output = command
            .iter()
            .position(|word| word == "-o")
            .map(|at| command[at + 1].clone())
            .unwrap();
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let ran = midband(dir, &arguments);
        assert_eq!(ran.code, 0, "{command:?}: {}", ran.stderr);
        assert!(
            fs::metadata(dir.join(&output)).unwrap().len() > 1000,
            "{output}"
        );
        if command[0] == "review" {
            labels(dir);
        }
    }
    let page = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    // Figures that the tutorial quotes.
    let first = page("report.html");
    for wanted in [
        "156 of 260",
        "records of hospital.csv were found in practice.csv",
        ">104<",
        "UNCALIBRATED",
        "birth_date",
        "Records that can't be found",
        "card combination",
    ] {
        assert!(first.contains(wanted), "{wanted}");
    }
    // Every record has its place among what an exact copy would score, and these have values enough to be found.
    let summary: Value = serde_json::from_str(&page("matched.jsonl.summary.json")).unwrap();
    for side in ["left", "right"] {
        let copies = summary["lists"][side]["copies"].as_array().unwrap();
        let copies: Vec<u64> = copies.iter().map(|count| count.as_u64().unwrap()).collect();
        assert_eq!(copies.len(), 101);
        assert_eq!(
            (copies.iter().sum::<u64>(), copies[..50].iter().sum::<u64>()),
            (260, 0)
        );
    }
    let measured = page("measured.html");
    assert!(measured.contains("0.0 % (95 % interval 0.0 % to 8.8 %)"));
    let record = fs::read_to_string(dir.join("data/hospital.csv")).unwrap();
    let address = record.lines().nth(1).unwrap().split(',').nth(6).unwrap();
    assert!(first.contains(address) && !measured.contains(address));
    assert!(
        fs::read(dir.join("report.pdf"))
            .unwrap()
            .starts_with(b"%PDF-")
    );
}

/// A person who knows the truth answers every pair of the page.
fn labels(dir: &std::path::Path) {
    let page = fs::read_to_string(dir.join("review.html")).unwrap();
    let data = page.split("id=\"review-data\">").nth(1).unwrap();
    let data: Value = serde_json::from_str(data.split("</script>").next().unwrap()).unwrap();
    assert_eq!(data["chosen"], "random");
    let pairs = data["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 40);
    assert!(
        pairs
            .iter()
            .all(|pair| pair["columns"].as_array().unwrap().len() > 4)
    );
    let gold = fs::read_to_string(root().join("data/hospital_practice_gold.csv")).unwrap();
    let gold: HashSet<&str> = gold.lines().skip(1).collect();
    let lines: Vec<String> = pairs
        .iter()
        .map(|pair| {
            let ids = ["left_id", "right_id"].map(|side| pair[side].as_str().unwrap());
            let label = u8::from(gold.contains(ids.join(",").as_str()));
            json!({"id": pair["id"], "label": label, "chosen": "random"}).to_string()
        })
        .collect();
    fs::write(dir.join("labels.jsonl"), lines.join("\n")).unwrap();
}
