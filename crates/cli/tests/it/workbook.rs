//! `-o matches.xlsx`: what a spreadsheet shows, and what is never written under its name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::Path,
};

use crate::common::{midband, root};
use tempfile::tempdir;
use zip::ZipArchive;

/// Sheets by name, each cell as it is written: its kind and its text.
struct Book {
    sheets: BTreeMap<String, Vec<Vec<(String, String)>>>,
    order: Vec<String>,
}

impl Book {
    fn read(path: &Path) -> Self {
        let mut archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            archive
                .by_name(name)
                .unwrap()
                .read_to_string(&mut text)
                .unwrap();
            text
        };
        let book = part("xl/workbook.xml");
        let order: Vec<String> = book
            .split("<sheet name=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect();
        let sheets = (1..)
            .zip(&order)
            .map(|(at, name)| {
                let xml = part(&format!("xl/worksheets/sheet{at}.xml"));
                assert!(!xml.contains("<f>"), "{name} has a formula");
                (name.clone(), rows(&xml))
            })
            .collect();
        Self { sheets, order }
    }

    fn column(&self, sheet: &str, name: &str) -> Vec<(String, String)> {
        let rows = &self.sheets[sheet];
        let at = rows[0].iter().position(|(_, text)| text == name).unwrap();
        rows[1..].iter().map(|row| row[at].clone()).collect()
    }
}

/// Cells in the order of their columns; a missing one is empty.
fn rows(xml: &str) -> Vec<Vec<(String, String)>> {
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split(&format!("{name}=\"")).nth(1)?;
        rest.split('"').next().map(str::to_owned)
    };
    xml.split("<row ")
        .skip(1)
        .map(|row| {
            let mut cells: Vec<(String, String)> = Vec::new();
            for cell in row.split("<c ").skip(1) {
                let tag = cell.split('>').next().unwrap();
                let place = attribute(tag, "r").unwrap();
                let letters = place.bytes().filter(u8::is_ascii_uppercase);
                let at = letters.fold(0, |at, letter| at * 26 + usize::from(letter - b'A') + 1) - 1;
                cells.resize(at + 1, Default::default());
                let kind = attribute(tag, "t").unwrap_or_else(|| "n".to_owned());
                let text = cell
                    .split_once("<t")
                    .or_else(|| cell.split_once("<v"))
                    .and_then(|(_, rest)| rest.split_once('>'))
                    .map_or("", |(_, rest)| rest.split('<').next().unwrap());
                cells[at] = (kind, text.replace("&amp;", "&").replace("&quot;", "\""));
            }
            cells
        })
        .collect()
}

#[test]
fn a_workbook_has_the_matches_and_who_has_none() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let list = |name: &str| root().join("data").join(name).display().to_string();
    let (left, right) = (list("hospital.csv"), list("practice.csv"));
    let run = |output: &str| {
        let ran = midband(
            dir,
            &[
                "match",
                &left,
                &right,
                "-o",
                output,
                "--judge",
                "none",
                "--columns",
                "surname,dob",
                "--one-to-one",
            ],
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    };
    run("matches.xlsx");
    run("matches.jsonl");
    let book = Book::read(&dir.join("matches.xlsx"));
    assert_eq!(
        book.order,
        [
            "matches",
            "review",
            "unmatched left",
            "unmatched right",
            "clusters",
            "summary"
        ]
    );
    let lines = fs::read_to_string(dir.join("matches.jsonl")).unwrap();
    let matched = lines.matches("\"decision\":\"match\"").count();
    let ids = book.column("matches", "left_id");
    assert_eq!(ids.len(), matched);
    assert!(
        ids.iter()
            .all(|(kind, id)| kind != "n" && id.starts_with('a'))
    );
    assert!(
        book.column("matches", "score")
            .iter()
            .all(|(kind, score)| kind == "n" && score.parse::<f64>().is_ok())
    );
    // Every record is matched or stands among the others.
    let alone = book.column("unmatched left", "id");
    let all = fs::read_to_string(&left).unwrap().lines().count() - 1;
    assert_eq!(alone.len() + matched, all);
    assert!(alone.iter().all(|id| !ids.contains(id)));
    assert_eq!(
        book.sheets["unmatched left"][0]
            .iter()
            .map(|(_, name)| name.as_str())
            .collect::<Vec<_>>(),
        ["id", "waits_for_review", "surname", "dob"]
    );
    assert_eq!(book.column("clusters", "id").len(), 2 * matched);
    let facts = book.column("summary", "what");
    let at = facts
        .iter()
        .position(|(_, what)| what == "decisions: match")
        .unwrap();
    assert_eq!(book.column("summary", "value")[at].1, matched.to_string());
    let first = fs::read(dir.join("matches.xlsx")).unwrap();
    let names = || {
        let archive = ZipArchive::new(std::io::Cursor::new(first.clone())).unwrap();
        archive.file_names().count()
    };
    assert!(names() > 6);
    assert!(fs::read_dir(dir).unwrap().all(|entry| {
        !entry
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("partial")
    }));
}

#[test]
fn no_cell_is_a_formula_and_excel_reads_the_csv_as_utf_8() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let rows = [
        "{\"id\":\"007\",\"a\":\"=cmd|' /C calc'!A0\",\"b\":\"=cmd|' /C calc'!A0\",\"note\":\"@SUM(1)\",\"born\":\"-12\"}",
        "{\"id\":\"008\",\"a\":\"Zoë\",\"b\":\"Zoe\",\"note\":\"+44 20 7946\",\"born\":\"1999\"}",
    ];
    fs::write(dir.join("in.jsonl"), rows.join("\n")).unwrap();
    let run = |more: &[&str]| {
        let mut arguments = vec!["score", "in.jsonl", "--judge", "none", "--include-text"];
        arguments.extend(more);
        let ran = midband(dir, &arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    };
    run(&["-o", "out.xlsx"]);
    let book = Book::read(&dir.join("out.xlsx"));
    let cells: Vec<(String, String)> = book
        .sheets
        .values()
        .flatten()
        .flatten()
        .filter(|(_, text)| text.starts_with(['=', '@', '+']) || text == "007")
        .cloned()
        .collect();
    assert_eq!(cells.len(), 5, "{cells:?}");
    assert!(cells.iter().all(|(kind, _)| kind != "n"), "{cells:?}");

    run(&["-o", "out.csv", "--bom"]);
    let csv = fs::read_to_string(dir.join("out.csv")).unwrap();
    assert!(csv.starts_with("\u{feff}id,"), "{csv}");
    assert!(csv.contains("'@SUM(1)") && csv.contains("'+44 20 7946") && csv.contains("'=cmd"));
    assert!(csv.contains(",-12") && !csv.contains(",=") && csv.contains("Zoë"));
    run(&[
        "-o",
        "semi.csv",
        "--bom",
        "--output-format",
        "csv-semicolon",
    ]);
    let semi = fs::read_to_string(dir.join("semi.csv")).unwrap();
    assert!(
        semi.starts_with("\u{feff}id;cosine;") && semi.contains("'@SUM(1)"),
        "{semi}"
    );
    let ran = midband(dir, &["report", "semi.csv", "-o", "semi.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // midband reads its own file again.
    let ran = midband(dir, &["report", "out.csv", "-o", "report.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    run(&["-o", "plain.csv"]);
    let plain = fs::read_to_string(dir.join("plain.csv")).unwrap();
    assert!(plain.starts_with("id,") && plain.contains(",@SUM(1)"));
}

#[test]
fn nothing_else_is_written_under_the_name_of_a_spreadsheet() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    fs::write(dir.join("in.jsonl"), "{\"id\":1,\"a\":\"x\",\"b\":\"x\"}").unwrap();
    let refused = |arguments: &[&str], wanted: &str| {
        let ran = midband(dir, arguments);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    };
    let score = ["score", "in.jsonl", "--judge", "none"];
    for name in ["out.xls", "out.ods", "out.XLSM"] {
        refused(&[&score[..], &["-o", name]].concat(), ".xlsx or .csv");
        assert!(!dir.join(name).exists());
    }
    refused(
        &[&score[..], &["--output-format", "xlsx"]].concat(),
        "name one with -o",
    );
    fs::write(dir.join("in.xlsx"), "PK").unwrap();
    refused(
        &["score", "in.xlsx", "-o", "out.jsonl", "--judge", "none"],
        "save the sheet as CSV",
    );
}
