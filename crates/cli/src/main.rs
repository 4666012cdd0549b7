//! The `midband` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(unix)]
    quiet::runtime();
    midband_cli::main(std::env::args_os().collect())
}

#[cfg(unix)]
mod quiet {
    use std::{env, os::unix::process::CommandExt, process::Command};

    /// What ONNX Runtime looks at when it is loaded.
    const VARIABLE: &str = "ORT_DISABLE_TELEMETRY";

    /// Keeps ONNX Runtime from reporting to Microsoft, which it does from 1.31 on unless its environment says not to. Its own call
    /// for that comes after the first report, and a program changes its own environment only by unsafe code: so this one
    /// begins once more, as the same process.
    pub(crate) fn runtime() {
        if env::var_os(VARIABLE).is_some() {
            return;
        }
        let Ok(program) = env::current_exe() else {
            return;
        };
        let mut arguments = env::args_os();
        let name = arguments.next().unwrap_or_else(|| program.clone().into());
        // Comes back only where it fails: then the run goes on as it is.
        let _failed = Command::new(program)
            .arg0(name)
            .args(arguments)
            .env(VARIABLE, "1")
            .exec();
    }
}
