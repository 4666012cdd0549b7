//! Fifty pairs of notes by someone who had not seen the lexicon (data/clinician_pairs.jsonl): what it knows of them, and
//! what it misses. Nothing of them may become an entry: the list would no longer say what it says.

#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use midband_lexicon::{CLINICAL, ClinicalProfile, Lexicon, compare};
use serde_json::Value;

fn read(text: &str) -> ClinicalProfile {
    ClinicalProfile::of(Lexicon::clinical(), text, |_| 1.0)
}

fn value(values: &[f64], name: &str) -> f64 {
    values[CLINICAL.iter().position(|of| *of == name).unwrap()]
}

#[test]
fn two_links_in_three_of_a_strangers_notes_are_known() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/clinician_pairs.jsonl");
    let text = fs::read_to_string(path).unwrap();
    let pairs: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(pairs.len(), 50);
    let (mut links, mut same, mut related) = (0, 0, 0);
    let (mut differing, mut contradicted, mut invented) = (0, 0, 0);
    for pair in &pairs {
        let id = &pair["id"];
        for link in pair["links"].as_array().unwrap() {
            let (a, b) = (link[0].as_str().unwrap(), link[1].as_str().unwrap());
            let found = compare(&read(a), &read(b)).values;
            links += 1;
            if value(&found, "concept_jaccard") > 0.0 {
                same += 1;
            } else if value(&found, "concepts_related") > 0.0 {
                related += 1;
            } else {
                eprintln!("missed {id}: {a} | {b}");
            }
        }
        let (a, b) = (pair["a"].as_str().unwrap(), pair["b"].as_str().unwrap());
        let found = compare(&read(a), &read(b)).contradictions;
        let said: Vec<String> = (found.iter())
            .map(|found| found.describe(Lexicon::clinical()))
            .collect();
        if pair["label"] == 0 {
            differing += 1;
            contradicted += usize::from(!said.is_empty());
            if said.is_empty() {
                eprintln!("no contradiction {id}: {}", pair["differs"]);
            }
        } else {
            invented += usize::from(!said.is_empty());
            if !said.is_empty() {
                eprintln!("invented {id}: {said:?}");
            }
        }
    }
    eprintln!("links: {same} same, {related} related, of {links}");
    eprintln!("contradicted: {contradicted} of {differing} of two patients, {invented} of one");
    assert!(3 * (same + related) >= 2 * links);
}
