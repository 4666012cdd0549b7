//! `--judge local`: a server of the run's own, here a stand-in program that hands its connections to the simulator, and
//! llama.cpp's own where a real model is wanted.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::common::{Midband, Ran, command, midband, objects_in, root, server::Server, signal};
use midband_sim::OpenAiServer;

/// Takes llama-server's flags, notes them, asks for the key of the environment, and hands every connection on.
const STAND_IN: &str = r#"#!/usr/bin/env python3
import os, socket, sys, threading
if "--help" in sys.argv:
    print("--swa-full --fit")
    sys.exit()
if os.environ.get("STAND_IN_FAILS"):
    sys.exit("error: no such architecture")
with open(os.environ["STAND_IN_NOTES"], "w") as notes:
    notes.write("\n".join([str(os.getpid()), *sys.argv[1:]]))
host, port = os.environ["STAND_IN_TARGET"].rsplit(":", 1)
key = os.environ["LLAMA_API_KEY"].encode()
def pump(source, sink, checks):
    while data := source.recv(65536):
        if checks and data.startswith(b"POST") and b"Bearer " + key not in data:
            break
        sink.sendall(data)
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
listener = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])))
while True:
    near, _ = listener.accept()
    far = socket.create_connection((host, int(port)))
    threading.Thread(target=pump, args=(near, far, True), daemon=True).start()
    threading.Thread(target=pump, args=(far, near, False), daemon=True).start()
"#;

/// The header of a GGUF file of a language model, and nothing behind it.
pub(crate) fn toy_model() -> Vec<u8> {
    let numbers = [
        ("toy.context_length", 32_768u32),
        ("toy.block_count", 4),
        ("toy.embedding_length", 64),
        ("toy.attention.head_count", 4),
    ];
    let mut file = b"GGUF".to_vec();
    file.extend(3u32.to_le_bytes());
    file.extend(0u64.to_le_bytes());
    file.extend((numbers.len() as u64).to_le_bytes());
    for (key, number) in numbers {
        file.extend((key.len() as u64).to_le_bytes());
        file.extend(key.as_bytes());
        file.extend(4u32.to_le_bytes());
        file.extend(number.to_le_bytes());
    }
    file
}

/// A folder with the stand-in, a model and pairs, and the simulator that answers.
pub(crate) struct Place {
    dir: tempfile::TempDir,
    server: Server,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let labels = root().join("data/questions.jsonl");
        let program = dir.path().join("llama-server");
        fs::write(&program, STAND_IN).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path().join("toy.gguf"), toy_model()).unwrap();
        let text = fs::read_to_string(&labels).unwrap();
        let lines: Vec<&str> = text.lines().take(40).collect();
        fs::write(dir.path().join("in.jsonl"), lines.join("\n")).unwrap();
        Self {
            server: Server::with(&labels, 1.0, OpenAiServer::LlamaCpp),
            dir,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn variables(&self) -> [(&'static str, String); 3] {
        let address = self.server.url().trim_start_matches("http://").to_owned();
        let at = |name: &str| self.path().join(name).display().to_string();
        [
            ("STAND_IN_TARGET", address),
            ("STAND_IN_NOTES", at("notes")),
            ("MIDBAND_LLAMA_SERVER", at("llama-server")),
        ]
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut run = Midband::new(self.path(), arguments);
        for (name, value) in self.variables() {
            run = run.env(name, &value);
        }
        run.run()
    }

    pub(crate) fn started(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.path(), arguments);
        command
            .envs(self.variables())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// The stand-in's process number and arguments.
    pub(crate) fn notes(&self) -> Vec<String> {
        let notes = soon(|| {
            let notes = fs::read_to_string(self.path().join("notes")).ok();
            notes.filter(|notes| notes.contains("--port"))
        });
        notes.lines().map(str::to_owned).collect()
    }
}

fn soon<T>(what: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = what() {
            return found;
        }
        assert!(Instant::now() < end, "it did not happen within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// True where a process runs; one that has ended and was not waited for does not.
fn runs(process: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat"));
    match (Path::new("/proc/self/stat").exists(), state) {
        (true, state) => state.is_ok_and(|state| !state.contains(") Z ")),
        (false, _) => Command::new("sh")
            .args(["-c", &format!("kill -0 {process}")])
            .status()
            .unwrap()
            .success(),
    }
}

#[test]
fn a_run_starts_a_server_for_its_model_and_leaves_none_behind() {
    let place = Place::new();
    let ran = place.run(&[
        "score",
        "in.jsonl",
        "-o",
        "out.jsonl",
        "--band",
        "0..1",
        "--task",
        "same-question",
        "--judge",
        "local:toy.gguf",
        "--in-flight",
        "3",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("GB of memory") && ran.stderr.contains("3 x 8192 tokens"),
        "{}",
        ran.stderr
    );
    let rows = objects_in(&place.path().join("out.jsonl"));
    let judged = rows
        .iter()
        .filter(|row| row["decided_by"] == "judge")
        .count();
    let asked = rows.iter().filter(|row| row["route"] == "ask").count();
    assert!(
        judged == asked && judged > 30,
        "{judged} of {asked}: {}",
        ran.stderr
    );
    let notes = place.notes();
    let said = notes.join(" ");
    for flags in [
        "--host 127.0.0.1",
        "--ctx-size 24576",
        "--parallel 3",
        "--swa-full",
        "--alias toy",
        "--model",
    ] {
        assert!(said.contains(flags), "{flags} in {said}");
    }
    assert!(!said.contains("n-gpu-layers"), "{said}");
    assert!(!runs(&notes[0]), "the server is still there");
}

#[test]
fn a_killed_run_leaves_no_server_behind() {
    let place = Place::new();
    let serve = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--state",
        "state",
        "--judge",
        "local:toy.gguf",
        "--task",
        "same-question",
    ];
    for how in ["-KILL", "-TERM"] {
        let mut child = place.started(&serve).spawn().unwrap();
        let server = place.notes()[0].clone();
        assert!(runs(&server));
        signal(how, child.id());
        child.wait().unwrap();
        soon(|| (!runs(&server)).then_some(()));
        fs::remove_file(place.path().join("notes")).unwrap();
    }
}

#[test]
fn what_can_not_be_started_is_said_before_anything_is_embedded() {
    let place = Place::new();
    fs::write(place.path().join("text.gguf"), "no model").unwrap();
    for (judge, words) in [
        ("local:absent.gguf", "absent.gguf"),
        ("local:./absent.gguf", "is not a file"),
        ("local:text.gguf", "not a GGUF file"),
        ("locale", "local:FILE.gguf"),
    ] {
        let ran = place.run(&["score", "in.jsonl", "-o", "out.jsonl", "--judge", judge]);
        assert_eq!(ran.code, 2, "{judge}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{judge}: {}", ran.stderr);
    }
    let failing = Midband::new(
        place.path(),
        &[
            "score",
            "in.jsonl",
            "-o",
            "out.jsonl",
            "--judge",
            "local:toy.gguf",
        ],
    )
    .env("STAND_IN_FAILS", "1")
    .env(
        "MIDBAND_LLAMA_SERVER",
        place.path().join("llama-server").to_str().unwrap(),
    )
    .run();
    assert_eq!(failing.code, 2, "{}", failing.stderr);
    assert!(
        failing.stderr.contains("no such architecture"),
        "{}",
        failing.stderr
    );
    let absent = Midband::new(
        place.path(),
        &["score", "in.jsonl", "--judge", "local:toy.gguf"],
    )
    .env("MIDBAND_DATA_DIR", place.path().to_str().unwrap())
    .env("PATH", "/nowhere")
    .run();
    assert_eq!(absent.code, 2, "{}", absent.stderr);
    assert!(
        absent.stderr.contains("--llama-server"),
        "{}",
        absent.stderr
    );
}

/// llama.cpp's own server and Gemma 3 270M, whose answers are noise: form and bookkeeping only.
#[test]
fn a_real_model_is_served_for_the_run_and_goes_with_it() {
    if std::env::var_os("MIDBAND_LIVE").is_none() {
        eprintln!("SKIPPED: no live judge; MIDBAND_LIVE=1 starts one");
        return;
    }
    let set_up = Command::new(root().join("scripts/live-judge"))
        .arg("--set-up")
        .status();
    assert!(set_up.unwrap().success());
    let place = Place::new();
    let about = midband(place.path(), &["models", "where"]);
    let models = PathBuf::from(
        about
            .stdout
            .lines()
            .last()
            .unwrap()
            .split_whitespace()
            .last()
            .unwrap(),
    );
    let file = models
        .ancestors()
        .nth(2)
        .unwrap()
        .join("live-judge/gemma-3-270m-q4_k_m.gguf");
    let judge = format!("local:{}", file.display());
    let ran = midband(
        place.path(),
        &[
            "score",
            "in.jsonl",
            "-o",
            "out.jsonl",
            "--band",
            "0..1",
            "--task",
            "same-question",
            "--mode",
            "yes-no",
            "--judge",
            &judge,
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let rows = objects_in(&place.path().join("out.jsonl"));
    let judged = rows
        .iter()
        .filter(|row| row["decided_by"] == "judge")
        .count();
    assert!(judged > 30, "{judged}: {}", ran.stderr);
    let left = Command::new("sh")
        .args(["-c", "ps -eo args | grep -c '[g]emma-3-270m-q4_k_m.gguf'"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&left.stdout).trim(), "0");
}
