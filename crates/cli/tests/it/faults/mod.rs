//! What can fail at each stage, and what is promised then. `docs/reliability.md` has the table; the last test holds it to
//! the tests here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reading;
mod running;
mod writing;

use std::fs;

use crate::common::root;

#[test]
fn the_document_names_every_test() {
    let document = fs::read_to_string(root().join("docs/reliability.md")).unwrap();
    let here = root().join("crates/cli/tests/it/faults");
    let mut tests = Vec::new();
    for file in fs::read_dir(here).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if line == "#[test]" {
                let name = lines.find(|line| line.starts_with("fn ")).unwrap();
                let name = name.trim_start_matches("fn ");
                tests.push(name.split('(').next().unwrap().to_owned());
            }
        }
    }
    assert!(tests.len() > 8, "{tests:?}");
    for name in &tests {
        let named = document.contains(&format!("`{name}`"));
        assert!(
            named || name == "the_document_names_every_test",
            "docs/reliability.md does not name {name}"
        );
    }
    // And no promise rests on a test that is not there.
    let everywhere: String = [
        "crates/cli/tests/it",
        "crates/cli/tests/it/faults",
        "crates/cli/tests/it/serve",
        "crates/embed/src",
        "crates/engine/tests",
        "crates/embed/src/cache",
        "crates/io/src",
        "crates/io/src/delimited",
        "crates/io/src/parquet",
        "crates/io/tests",
        "crates/judge/src",
        "crates/judge/src/cache",
        "crates/judge/tests",
    ]
    .iter()
    .flat_map(|folder| fs::read_dir(root().join(folder)).unwrap())
    .filter_map(|file| fs::read_to_string(file.unwrap().path()).ok())
    .collect();
    for row in document
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
    {
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap();
        for name in cell.split('`').skip(1).step_by(2) {
            assert!(
                everywhere.contains(&format!("fn {name}(")),
                "there is no test {name}"
            );
        }
    }
}
