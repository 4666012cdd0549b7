//! Our features against the values that were computed beside the shared sets.
//!
//! Needs the shared folder (`MIDBAND_SHARED`, else `../shared` beside the workspace); without it the
//! test says so and passes. Only plain ASCII pairs are compared: other letters are folded here and
//! split there, which also moves the rarities a little.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use midband_features::{DocumentFrequencies, FeatureRows, FeatureSet};

fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let path = std::env::var_os("MIDBAND_SHARED").map_or(beside, PathBuf::from);
    let there = path.join("router_bench").is_dir();
    if !there {
        eprintln!("SKIPPED: no shared sets in {}", path.display());
    }
    there.then_some(path)
}

/// Our column, theirs, and how theirs becomes ours, given `ln(N + 1)`.
type Column = (&'static str, fn(&HashMap<String, f64>, f64) -> f64);

const COLUMNS: [Column; 13] = [
    ("idf_jaccard", |row, _| row["idf_jaccard"]),
    ("contained_in_smaller", |row, _| row["contained_in_smaller"]),
    ("contained_in_larger", |row, _| row["contained_in_larger"]),
    ("rarest_shared", |row, ln_n| row["rarest_shared"] / ln_n),
    ("rarest_only_smaller", |row, ln_n| {
        row["rarest_only_a"].min(row["rarest_only_b"]) / ln_n
    }),
    ("rarest_only_larger", |row, ln_n| {
        row["rarest_only_a"].max(row["rarest_only_b"]) / ln_n
    }),
    ("numbers_shared", |row, _| row["numbers_shared"].ln_1p()),
    ("numbers_differing", |row, _| {
        row["numbers_differing"].ln_1p()
    }),
    ("numbers_conflict", |row, _| row["numbers_conflict"]),
    ("negation_difference", |row, _| row["negation_difference"]),
    ("marker_difference", |row, _| {
        row["marker_difference"].ln_1p()
    }),
    ("length_ratio", |row, _| row["abs_log_length_ratio"]),
    ("trigram_overlap", |row, _| row["trigram_overlap"]),
];

fn agreement(shared: &Path, set: &str) -> Vec<(&'static str, f64)> {
    let texts: HashMap<String, (String, String)> =
        BufReader::new(std::fs::File::open(shared.join(format!("datasets/{set}.jsonl"))).unwrap())
            .lines()
            .map(|line| {
                let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
                let text = |key: &str| row[key].as_str().unwrap().to_owned();
                (text("id"), (text("a"), text("b")))
            })
            .collect();
    let file =
        std::fs::File::open(shared.join(format!("router_bench/features_{set}.csv.gz"))).unwrap();
    let mut lines = BufReader::new(flate2::read::GzDecoder::new(file))
        .lines()
        .map(Result::unwrap);
    let head: Vec<String> = lines
        .next()
        .unwrap()
        .split(',')
        .map(str::to_owned)
        .collect();
    let rows: Vec<(String, HashMap<String, f64>)> = lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let numbers = head
                .iter()
                .zip(&cells)
                .skip(1)
                .map(|(h, c)| (h.clone(), c.parse().unwrap()));
            (cells[0].to_owned(), numbers.collect())
        })
        .collect();
    let used = rows
        .iter()
        .flat_map(|(id, _)| [texts[id].0.as_str(), texts[id].1.as_str()]);
    let extractor = FeatureRows::new(FeatureSet::all(), DocumentFrequencies::of_texts(used));
    let ln_n = (extractor.frequencies().texts() as f64 + 1.0).ln();
    let names = extractor.set().names();
    let mut near = [0.0; COLUMNS.len()];
    let mut compared = 0.0;
    for (id, row) in &rows {
        let (a, b) = &texts[id];
        if !a.is_ascii() || !b.is_ascii() {
            continue;
        }
        compared += 1.0;
        let ours = extractor.row(a, b, Some(row["cosine"]));
        for (near, (name, theirs)) in near.iter_mut().zip(COLUMNS) {
            let at = names.iter().position(|n| *n == name).unwrap();
            *near += f64::from(u8::from((ours[at] - theirs(row, ln_n)).abs() < 0.02));
        }
    }
    assert!(compared > 200.0, "{set}: too few plain pairs");
    COLUMNS
        .iter()
        .zip(near)
        .map(|((name, _), near)| (*name, near / compared))
        .collect()
}

#[test]
fn features_agree_with_the_shared_values() {
    let Some(shared) = shared() else { return };
    for set in [
        "abt_buy",
        "amazon_google",
        "biomappings",
        "dblp_acm",
        "mqp",
        "ncbi_disease",
        "rqe_consumer",
    ] {
        for (name, share) in agreement(&shared, set) {
            assert!(
                share > 0.97,
                "{set}: {name} agrees on {share:.3} of the pairs only"
            );
        }
    }
}
