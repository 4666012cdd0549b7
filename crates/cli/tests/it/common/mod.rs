//! Drives the real binary in a folder of its own.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod http;
pub mod server;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Map, Value};

/// Names of invented people.
pub const GIVEN: [&str; 12] = [
    "anna", "ben", "carla", "dmitri", "eva", "farid", "greta", "hugo", "ines", "jonas", "karin",
    "luis",
];
/// Family names of invented people.
pub const FAMILY: [&str; 11] = [
    "miller",
    "okoro",
    "rossi",
    "ivanov",
    "lindqvist",
    "haddad",
    "novak",
    "garcia",
    "jensen",
    "kowalski",
    "tanaka",
];

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_path_buf()
}

/// The folder of shared sets, or `None` with a loud word: the project must pass without it.
pub fn shared(what: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("MIDBAND_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = folder.join(what);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "SKIPPED: {} is not there; set MIDBAND_SHARED to the folder of shared sets",
        path.display()
    );
    None
}

/// A run of the binary, with nothing of the tester's own settings.
pub struct Midband {
    command: Command,
    input: Vec<u8>,
}

/// What came of it.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Midband {
    pub fn new(dir: &Path, arguments: &[&str]) -> Self {
        Self {
            command: command(dir, arguments),
            input: Vec::new(),
        }
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    pub fn run(mut self) -> Ran {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = std::mem::take(&mut self.input);
        let feeding = std::thread::spawn(move || {
            // The program may stop reading early.
            let _ = stdin.write_all(&input);
        });
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        feeding.join().unwrap();
        Ran {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }
}

/// The binary with nothing of the tester's own settings.
pub fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_midband"));
    for (name, _) in std::env::vars() {
        if name.starts_with("MIDBAND_") && name != "MIDBAND_DATA_DIR" || name == "OLLAMA_HOST" {
            command.env_remove(name);
        }
    }
    command.current_dir(dir).args(arguments);
    command
}

/// Sends a signal to a process. A shell has it within; the program `kill` is not everywhere.
pub fn signal(name: &str, process: u32) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill {name} {process}")])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Runs the binary in a folder.
pub fn midband(dir: &Path, arguments: &[&str]) -> Ran {
    Midband::new(dir, arguments).run()
}

/// Every line of a JSONL text.
pub fn objects(text: &str) -> Vec<Map<String, Value>> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Every line of a JSONL file.
pub fn objects_in(path: &Path) -> Vec<Map<String, Value>> {
    objects(&fs::read_to_string(path).unwrap())
}

pub fn number(object: &Map<String, Value>, field: &str) -> f64 {
    object[field]
        .as_f64()
        .unwrap_or_else(|| panic!("{field} of {} is no number", object["id"]))
}
