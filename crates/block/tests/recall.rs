//! Recall of blocking by words on the shared sets, rebuilt as two lists (skipped loudly where they are absent).

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::HashSet, fs, path::Path};

use midband_block::{List, Settings, Source, candidates, pairs_completeness, reduction_ratio};
use serde_json::Value;

/// Distinct left texts, distinct right texts, and the matches among them.
struct Lists {
    left: Vec<String>,
    right: Vec<String>,
    gold: HashSet<(u32, u32)>,
}

fn lists(set: &str) -> Option<Lists> {
    let folder = std::env::var_os("MIDBAND_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        Into::into,
    );
    let path = folder.join(format!("datasets/{set}.jsonl"));
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: {} is not there", path.display());
        return None;
    };
    let place = |list: &mut Vec<String>, text: &str| match list.iter().position(|x| x == text) {
        Some(at) => at as u32,
        None => {
            list.push(text.to_owned());
            list.len() as u32 - 1
        }
    };
    let (mut left, mut right, mut gold) = (Vec::new(), Vec::new(), HashSet::new());
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let a = place(&mut left, row["a"].as_str().unwrap());
        let b = place(&mut right, row["b"].as_str().unwrap());
        if row["label"] == 1 {
            gold.insert((a, b));
        }
    }
    Some(Lists { left, right, gold })
}

/// What was measured when this was written; a change that finds less is a change for the worse.
#[test]
fn words_find_the_matches_of_the_shared_sets() {
    for (set, at_5, at_10) in [
        ("abt_buy", 0.9987, 1.0),
        ("amazon_google", 0.9899, 0.9988),
        ("dblp_acm", 1.0, 1.0),
    ] {
        let Some(Lists { left, right, gold }) = lists(set) else {
            continue;
        };
        let a: Vec<&str> = left.iter().map(String::as_str).collect();
        let b: Vec<&str> = right.iter().map(String::as_str).collect();
        for (top_k, floor) in [(5, at_5), (10, at_10)] {
            let settings = Settings {
                source: Source::Words,
                top_k,
                ..Settings::default()
            };
            let found =
                candidates(&List::of_texts(&a), Some(&List::of_texts(&b)), &settings).unwrap();
            let recall =
                pairs_completeness(found.iter().map(|pair| (pair.left, pair.right)), &gold)
                    .unwrap();
            let saved = reduction_ratio(found.len(), a.len(), Some(b.len()));
            eprintln!(
                "{set}: {} x {}, words, {top_k} a record: completeness {recall:.4}, reduction {saved:.4}",
                a.len(),
                b.len()
            );
            assert!(recall >= floor - 0.0001, "{set} at {top_k}: {recall}");
        }
    }
}
