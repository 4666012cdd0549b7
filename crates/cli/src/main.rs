//! The `midband` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    midband_cli::main(std::env::args_os().collect())
}
