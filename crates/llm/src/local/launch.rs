//! What a server of our own is started with.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    process::Command,
};

use super::{
    LocalModel,
    program::{Known, LocalProgram},
};
use crate::ApiKey;

/// Bytes of a key.
const KEY: usize = 24;

/// llama.cpp's server started from its library, where only the Python package is there.
const WHEEL: &str = include_str!("wheel.py");

/// A free port of the loopback interface.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// A key that nobody else knows.
pub(super) fn key() -> io::Result<ApiKey> {
    let mut bytes = [0; KEY];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let words: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    ApiKey::new(&words).ok_or_else(|| io::Error::other("no key"))
}

/// As many as llama.cpp's own variable says, else as this process has cores: llama.cpp counts those of the machine.
fn threads() -> usize {
    let told = std::env::var("LLAMA_ARG_THREADS").ok();
    let told = told.and_then(|told| told.trim().parse().ok());
    told.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The program with its arguments. The key travels in the environment: arguments are seen by every user.
pub(super) fn command(model: &LocalModel, known: &Known, port: u16, key: &ApiKey) -> Command {
    let tokens = u64::from(model.context) * model.slots as u64;
    let threads = threads();
    let numbers = [
        ("--port", u64::from(port)),
        ("--ctx-size", tokens),
        ("--parallel", model.slots as u64),
        ("--threads", threads as u64),
    ];
    let mut command = match &model.program {
        LocalProgram::LlamaServer(path) => {
            let mut command = Command::new(path);
            command.args(["--host", "127.0.0.1", "--alias", &model.name()]);
            command.args(known.arguments());
            command
        }
        LocalProgram::Wheel { python, folder } => {
            let mut command = Command::new(python);
            command.args(["-c", WHEEL]).arg("--libraries").arg(folder);
            command.args(["--alias", &model.name()]);
            command
        }
    };
    command.arg("--model").arg(&model.file);
    for (flag, number) in numbers {
        command.args([flag, &number.to_string()]);
    }
    command.env("LLAMA_API_KEY", key.reveal());
    command
}
