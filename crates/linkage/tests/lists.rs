//! Lists of people with gold pairs, without a label. Skipped where the lists are absent.

#![allow(clippy::unwrap_used)]

use std::{collections::HashMap, path::PathBuf};

use midband_linkage::{Linker, Options, Table, TableBuilder};

fn folder() -> Option<PathBuf> {
    let shared = std::env::var_os("MIDBAND_SHARED")
        .map_or_else(|| PathBuf::from("../../../shared"), PathBuf::from);
    let lists = shared.join("lists");
    if lists.is_dir() {
        return Some(lists);
    }
    eprintln!("SKIPPED: no lists in {}", lists.display());
    None
}

fn read(path: PathBuf) -> (Table, HashMap<String, u32>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut builder =
        TableBuilder::new(reader.headers().unwrap().iter().skip(1).map(str::to_owned));
    let mut ids = HashMap::new();
    for (row, record) in reader.records().enumerate() {
        let record = record.unwrap();
        builder.push(record.iter().skip(1).map(Some));
        ids.insert(record[0].to_owned(), row as u32);
    }
    (builder.finish(), ids)
}

fn f1(left: &str, right: Option<&str>, gold: &str) -> Option<f64> {
    let lists = folder()?;
    let (one, ids) = read(lists.join(left));
    let (two, right_ids) = right.map(|right| read(lists.join(right))).unzip();
    let mut linker = Linker::new(one, two, Options::default()).unwrap();
    linker.fit(&[]);
    let said: std::collections::HashSet<(u32, u32)> = linker
        .links()
        .iter()
        .filter(|link| link.probability() >= 0.5)
        .map(|link| (link.left, link.right))
        .collect();
    let (mut hits, mut all) = (0, 0);
    for record in csv::Reader::from_path(lists.join(gold)).unwrap().records() {
        let record = record.unwrap();
        let (a, b) = (
            ids[&record[0]],
            right_ids.as_ref().unwrap_or(&ids)[&record[1]],
        );
        all += 1;
        hits += usize::from(said.contains(&if right.is_some() {
            (a, b)
        } else {
            (a.min(b), a.max(b))
        }));
    }
    Some(2.0 * hits as f64 / (said.len() + all) as f64)
}

#[test]
fn one_list_with_copies() {
    if let Some(f1) = f1("febrl2.csv", None, "febrl2_gold.csv") {
        assert!(f1 >= 0.99, "{f1}");
    }
}

#[test]
fn two_clean_lists() {
    if let Some(f1) = f1(
        "febrl4_left.csv",
        Some("febrl4_right.csv"),
        "febrl4_gold.csv",
    ) {
        assert!(f1 >= 0.9995, "{f1}");
    }
}

#[test]
fn patients_with_families_and_twins() {
    if let Some(f1) = f1("patients_small.csv", None, "patients_small_gold.csv") {
        assert!(f1 >= 0.99, "{f1}");
    }
}
