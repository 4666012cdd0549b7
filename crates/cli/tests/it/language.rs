//! Texts in a language that no lexicon of the run names: said once; not where a lexicon names it, nor for records.

#![allow(clippy::unwrap_used)]

use std::{fs, path::Path};

use crate::common::midband;

const SENTENCES: [&str; 6] = [
    "Die Patientin klagt seit drei Wochen über Husten und Fieber und nimmt Metformin.",
    "Der Mann wurde wegen eines Herzinfarktes in das Krankenhaus gebracht und behandelt.",
    "Nach der Operation am linken Knie geht es ihm besser, die Schmerzen sind kaum noch da.",
    "Ihre Mutter hatte Brustkrebs, sie selbst ist gesund und raucht nicht.",
    "Seit gestern hat das Kind hohes Fieber, es trinkt wenig und schläft sehr viel.",
    "Wegen der starken Kopfschmerzen nimmt sie jeden Abend eine Tablette und ruht sich aus.",
];

fn said(dir: &Path, more: &[&str]) -> String {
    let arguments = ["score", "pairs.jsonl", "-o", "out.jsonl", "--judge", "none"];
    let ran = midband(dir, &[&arguments[..], more].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stderr
}

#[test]
fn a_language_without_a_lexicon_is_said_once() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let pairs = |wrap: fn(&str) -> String| {
        let rows = (0..SENTENCES.len()).map(|at| {
            let (a, b) = (SENTENCES[at], SENTENCES[(at + 1) % SENTENCES.len()]);
            serde_json::json!({"id": at, "a": wrap(a), "b": wrap(b)}).to_string() + "\n"
        });
        fs::write(dir.join("pairs.jsonl"), rows.collect::<String>()).unwrap();
    };
    pairs(str::to_owned);
    let german = said(dir, &[]);
    assert_eq!(
        german.matches("the texts look German").count(),
        1,
        "{german}"
    );
    fs::write(
        dir.join("own.csv"),
        "# midband-lexicon 1, language de\nform,concept,kind,relations\nHusten,,symptom,\n",
    )
    .unwrap();
    let named = said(dir, &["--lexicon", "own.csv"]);
    assert!(!named.contains("the texts look"), "{named}");
    let unread = said(dir, &["--features", "cosine,words"]);
    assert!(!unread.contains("the texts look"), "{unread}");
    pairs(|text| format!("note: {text}; ward: 3; bed: 12"));
    let records = said(dir, &[]);
    assert!(!records.contains("the texts look"), "{records}");
}
