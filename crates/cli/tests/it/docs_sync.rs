//! The papers say what the program does: manual pages as generated, and commands with flags that there are.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::HashMap, fs, path::Path};

use crate::common::{midband, root};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_manual_pages_are_those_of_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let made = midband(dir.path(), &["man", "pages"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let (made, kept) = (dir.path().join("pages"), root().join("docs/man"));
    let again = "make them again: cargo run --release -- man docs/man";
    assert_eq!(names(&made), names(&kept), "{again}");
    for name in names(&made) {
        let same = fs::read(made.join(&name)).unwrap() == fs::read(kept.join(&name)).unwrap();
        assert!(
            same,
            "docs/man/{name} is not what the program says; {again}"
        );
    }
}

/// The commands of a page's shell blocks that run midband, without comments.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for block in page.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        let joined = block.replace("\\\n", " ");
        for command in joined.lines().flat_map(|line| line.split("&&")) {
            let command = command.split(" #").next().unwrap_or_default();
            let command = command.trim().trim_end_matches('&').trim();
            let ours = [
                "midband ",
                "cargo run --release -- ",
                "cargo run --release --quiet -- ",
            ];
            if let Some(rest) = ours.iter().find_map(|start| command.strip_prefix(start)) {
                found.push(rest.to_owned());
            }
        }
    }
    found
}

/// What a page shows of the output of the commands before it: each block of text with the commands of the block before.
fn shown_output(page: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let mut blocks = page.split("```").skip(1).step_by(2).peekable();
    let mut found = Vec::new();
    while let Some(block) = blocks.next() {
        if let Some(text) = blocks.next_if(|next| next.starts_with("text\n")) {
            let lines = text.lines().skip(1).map(str::to_owned).collect();
            found.push((commands(&format!("```{block}```")), lines));
        }
    }
    found
}

#[test]
fn the_readme_shows_what_its_commands_print() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::create_dir(dir.join("data")).unwrap();
    for name in ["hospital.csv", "practice.csv", "patients.jsonl"] {
        fs::copy(root().join("data").join(name), dir.join("data").join(name)).unwrap();
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown = shown_output(&readme);
    assert!(
        shown.len() >= 2,
        "only {} outputs in the README",
        shown.len()
    );
    for (commands, lines) in shown {
        let mut printed = String::new();
        for command in &commands {
            let words: Vec<&str> = command.split_whitespace().collect();
            let ran = midband(dir, &words);
            assert_eq!(ran.code, 0, "{command}: {}", ran.stderr);
            printed += &ran.stderr;
        }
        assert!(!commands.is_empty() && !lines.is_empty(), "{commands:?}");
        for line in lines {
            let (start, whole) = match line.strip_suffix('…') {
                Some(start) => (start, false),
                None => (line.as_str(), true),
            };
            let is_there = |said: &str| {
                if whole {
                    said == start
                } else {
                    said.starts_with(start)
                }
            };
            assert!(
                printed.lines().any(is_there),
                "{commands:?} does not print {line:?}: {printed}"
            );
        }
    }
}

#[test]
fn every_flag_in_the_papers_is_there() {
    let root = root();
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    for name in names(&root.join("docs")) {
        if name.ends_with(".md") {
            pages.push(root.join("docs").join(name));
        }
    }
    let (mut helps, mut checked) = (HashMap::new(), 0);
    for page in pages {
        for command in commands(&fs::read_to_string(&page).unwrap()) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let mut help_of = |of: &[&str]| -> String {
                let new = || {
                    let ran = midband(&root, &[of, &["--help"]].concat());
                    assert_eq!(ran.code, 0, "{}: no command {of:?}", page.display());
                    ran.stdout
                };
                helps.entry(of.join(" ")).or_insert_with(new).clone()
            };
            let mut of = words[0].to_owned();
            let mut help = help_of(&words[..1]);
            // A command of commands, as `midband models fetch`.
            if words.len() > 1 && help.contains("\nCommands:\n") && !words[1].starts_with('-') {
                of = words[..2].join(" ");
                help = help_of(&words[..2]);
            }
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                let flag = flag.split('=').next().unwrap_or_default();
                let known = help.split(|char: char| !(char.is_ascii_alphanumeric() || char == '-'));
                assert!(
                    known.into_iter().any(|word| word == flag),
                    "{}: `midband {of}` has no {flag}",
                    page.display()
                );
                checked += 1;
            }
        }
    }
    assert!(
        checked > 20,
        "only {checked} flags were found in the papers"
    );
}
