//! Runs that are killed and go on: the real binary, SIGKILL, and a simulated judge that counts what it is asked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    io::Read,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::common::{command, midband, root, server::Server};
use serde_json::json;
use tempfile::tempdir;

/// Pairs for each ten kills: every kill loses what is in flight, and the run must get on in spite of them.
const PAIRS: usize = 9_000;
/// About every twentieth pair.
const BAND: &str = "0.78..0.9";

/// Ten, or as many as `MIDBAND_KILLS` says.
fn kills() -> u32 {
    std::env::var("MIDBAND_KILLS").map_or(10, |given| given.parse().unwrap())
}

/// Many pairs of few texts, so many times more than for ten kills: the embeddings are quick, and no two pairs are the same
/// question.
fn write_input(dir: &Path, times: usize) {
    let sites = [
        "hip", "knee", "wrist", "skull", "rib", "ankle", "spine", "jaw", "thumb", "femur",
    ];
    let kinds = [
        "fracture",
        "pain",
        "swelling",
        "arthritis",
        "infection",
        "tumour",
    ];
    let texts: Vec<String> = sites
        .iter()
        .flat_map(|site| {
            kinds.iter().flat_map(move |kind| {
                ["left", "right"].map(|side| format!("{kind} of the {side} {site}"))
            })
        })
        .collect();
    let texts: Vec<String> = (0..times)
        .flat_map(|grade| {
            texts.iter().map(move |text| match grade {
                0 => text.clone(),
                _ => format!("{text}, grade {grade}"),
            })
        })
        .collect();
    let lines: Vec<String> = (0..PAIRS * times)
        .map(|at| {
            let (a, b) = (at % texts.len(), at * 7 / texts.len() % texts.len());
            json!({"id": at, "a": texts[a], "b": texts[b], "note": format!("line\n{at}, \"quoted\"")}).to_string()
        })
        .collect();
    fs::write(dir.join("in.jsonl"), lines.join("\n")).unwrap();
}

/// The file with its times taken out.
fn timeless(path: &Path) -> String {
    let mut text = String::new();
    let read = midband_io::open(path).unwrap().read_to_string(&mut text);
    read.unwrap();
    if path.extension().unwrap() != "csv" {
        return without_times(&text);
    }
    let mut reader = csv_rows(&text);
    let at = reader[0]
        .iter()
        .position(|name| name == "latency_ms")
        .unwrap();
    reader[1..].iter_mut().for_each(|row| row[at].clear());
    format!("{reader:?}")
}

fn without_times(lines: &str) -> String {
    let parts = lines.split("\"latency_ms\":");
    parts
        .map(|part| part.trim_start_matches(|char: char| char.is_ascii_digit()))
        .collect()
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut quoted) = (vec![vec![String::new()]], false);
    for char in text.chars() {
        let row = rows.last_mut().unwrap();
        match char {
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            other => row.last_mut().unwrap().push(other),
        }
    }
    rows.retain(|row| row.len() > 1);
    rows
}

/// Starts the run and kills it as soon as it is time, or lets it end. True where it ended by itself.
fn killed(dir: &Path, arguments: &[&str], is_time: impl Fn(Duration) -> bool) -> bool {
    let mut child = command(dir, arguments)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while !is_time(begin.elapsed()) {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(0));
            return true;
        }
        assert!(begin.elapsed() < Duration::from_secs(300), "the run hangs");
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

#[test]
fn ten_kills_change_nothing_but_the_times() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    let kills = kills();
    write_input(dir, kills.div_ceil(10) as usize);
    let labels = root().join("data/patients.jsonl");
    for (name, format) in [("lines", "jsonl"), ("table", "csv"), ("columns", "parquet")] {
        let out = &format!("out.{format}");
        let server = Server::at_speed(&labels, 0.8, 60.0);
        let url = server.url();
        let run = |output: &str, cache: &str, resume: &[&str]| {
            let all = [
                "score",
                "in.jsonl",
                "-o",
                output,
                "--cache",
                cache,
                "--ollama",
                &url,
                "--band",
                BAND,
                "--batch-size",
                "4",
                "--in-flight",
                "2",
                "-q",
            ];
            let all: Vec<String> = all
                .iter()
                .chain(resume)
                .map(|&word| word.to_owned())
                .collect();
            all
        };
        let whole = format!("whole-{out}");
        let words = run(&whole, &format!("{name}-1"), &[]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert!(killed(dir, &words, |_| false));
        let undisturbed = server.pairs_asked();
        assert!(
            undisturbed > 150,
            "{undisturbed} pairs are too few for this test"
        );

        let words = run(out, &format!("{name}-2"), &["--resume"]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let partial = dir.join(format!(".{out}.partial"));
        let (mut kept, mut verdicts) = (0, 0);
        let lines_of_whole = timeless(&dir.join(&whole));
        for kill in 0..kills {
            // At points that follow no pattern of the run: one before the first request, the others after so many more pairs
            // that all kills together leave some of them.
            let more =
                undisturbed * u64::from(kill * 7 % kills) / u64::from(kills * (kills - 1) / 2);
            let goal = server.pairs_asked() + more;
            let at_once = Duration::from_millis(30);
            let is_time = |elapsed| {
                if more == 0 {
                    elapsed > at_once
                } else {
                    server.pairs_asked() >= goal
                }
            };
            assert!(
                !killed(dir, &words, is_time),
                "the run ended after {kill} kills"
            );
            let text = fs::read(&partial).unwrap_or_default();
            kept = kept.max(text.split(|byte| *byte == b'\n').count());
            if format != "csv" {
                let text = String::from_utf8_lossy(&text);
                let text = without_times(&text[..text.rfind('\n').map_or(0, |end| end + 1)]);
                let other = text
                    .lines()
                    .zip(lines_of_whole.lines())
                    .find(|(row, whole)| row != whole);
                assert!(
                    lines_of_whole.starts_with(&text),
                    "kill {kill}: a row, and that of the undisturbed run: {other:?}"
                );
            }
            let looked = midband(
                dir,
                &["cache", "stats", "--json", "--cache", &format!("{name}-2")],
            );
            assert_eq!(looked.code, 0, "kill {kill}: {}", looked.stderr);
            let stats: serde_json::Value = serde_json::from_str(&looked.stdout).unwrap();
            let now = stats["verdicts"].as_u64().unwrap();
            assert!(
                now >= verdicts,
                "kill {kill}: {verdicts} verdicts, then {now}"
            );
            verdicts = now;
            assert!(
                !dir.join(out).exists(),
                "an unfinished file has its final name"
            );
        }
        assert!(
            kept >= midband::DEFAULT_CHUNK,
            "no kill came after the first chunk: {kept} lines"
        );
        assert!(killed(dir, &words, |_| false));
        assert!(
            timeless(&dir.join(out)) == timeless(&dir.join(&whole)),
            "{out} differs from that of an undisturbed run"
        );
        let repeated = server.pairs_asked() - 2 * undisturbed;
        // Two requests of four pairs are out, and the answers before them may be on their way to the disk.
        let in_flight = u64::from(kills) * (2 + 2) * 4;
        assert!(
            repeated <= in_flight,
            "{repeated} pairs asked again after {kills} kills, {in_flight} could be in flight"
        );
        assert!(!partial.exists() && !dir.join(format!(".{out}.partial.json")).exists());
        let counts = |name: &str| {
            let text = fs::read_to_string(dir.join(format!("{name}.summary.json"))).unwrap();
            let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
            json!([
                summary["pairs"],
                summary["routes"],
                summary["decisions"],
                summary["decided_by"]
            ])
        };
        assert_eq!(
            counts(out),
            counts(&whole),
            "the summary is that of the whole run"
        );
        eprintln!(
            "{out}: {kills} kills, {repeated} of {undisturbed} pairs asked again, {kept} lines written before the last run"
        );
    }
}

/// A run without a judge that keeps its vectors.
const ALONE: [&str; 10] = [
    "score",
    "in.jsonl",
    "--policy",
    "band",
    "-o",
    "out.jsonl",
    "--judge",
    "none",
    "--cache",
    "vectors",
];

#[test]
fn a_run_of_other_settings_is_not_gone_on_with() {
    let dir = tempdir().unwrap();
    let dir = dir.path();
    write_input(dir, 1);
    let run = |more: &[&str]| midband(dir, &[&ALONE[..], more].concat());
    // A run that was broken off: begun, its rows half written.
    assert_eq!(run(&["--resume"]).code, 0);
    let whole = fs::read_to_string(dir.join("out.jsonl")).unwrap();
    let broken = &whole[..whole.len() / 2];
    let begun = command(dir, &[&ALONE[..], &["--resume"]].concat())
        .stderr(Stdio::null())
        .spawn();
    let mut begun = begun.unwrap();
    let state = dir.join(".out.jsonl.partial.json");
    let begin = Instant::now();
    while !state.exists() && begin.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(1));
    }
    begun.kill().unwrap();
    begun.wait().unwrap();
    assert!(state.exists(), "the run was too quick for this test");
    let kept = fs::read(&state).unwrap();
    let broken_off = || {
        fs::write(dir.join(".out.jsonl.partial"), broken).unwrap();
        fs::write(&state, &kept).unwrap();
    };

    // Rows whose settings nobody knows are never gone on with.
    broken_off();
    for damage in [&b""[..], &kept[..kept.len() / 2]] {
        fs::write(&state, damage).unwrap();
        let unknown = run(&["--resume"]);
        assert_eq!(unknown.code, 2);
        assert!(unknown.stderr.contains("start over"), "{}", unknown.stderr);
    }

    broken_off();
    let other = run(&["--resume", "--band", "0.1..0.2"]);
    assert_eq!(other.code, 2);
    assert!(other.stderr.contains("other settings"), "{}", other.stderr);
    let on = run(&["--resume"]);
    assert!(on.stderr.contains("resuming after"), "{}", on.stderr);
    assert!(fs::read_to_string(dir.join("out.jsonl")).unwrap() == whole);

    broken_off();
    fs::write(
        dir.join("in.jsonl"),
        fs::read_to_string(dir.join("in.jsonl")).unwrap() + "\n",
    )
    .unwrap();
    assert_eq!(run(&["--resume"]).code, 2, "the input has changed");
    let anew = run(&[]);
    assert!(!anew.stderr.contains("resuming after"));
    assert!(fs::read_to_string(dir.join("out.jsonl")).unwrap() == whole);
    let nowhere = midband(dir, &["score", "in.jsonl", "--judge", "none", "--resume"]);
    assert!(
        nowhere.code == 2 && nowhere.stderr.contains("-o"),
        "{}",
        nowhere.stderr
    );
}
