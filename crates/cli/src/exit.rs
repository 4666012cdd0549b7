//! Exit codes, in one place.

use std::{io, process::ExitCode};

/// Done. Pairs for a person to review are no failure.
pub(crate) const SETTLED: ExitCode = ExitCode::SUCCESS;
/// The run is finished, and questions are unanswered.
pub(crate) const UNANSWERED: u8 = 1;
/// The run could not be done.
const COULD_NOT_RUN: u8 = 2;
/// The run is finished, and rows or pairs were rejected.
pub(crate) const REJECTED: u8 = 3;
/// Both.
const UNANSWERED_AND_REJECTED: u8 = 4;

/// For `--help`.
pub(crate) const HELP: &str = "Exit codes:\n  0  done (pairs for review are no failure)\n  1  finished, with unanswered questions\n  \
                               2  could not run\n  3  finished, with rejected rows\n  4  finished, with both";

/// The code of a run that is finished.
pub(crate) fn finished(unanswered: bool, rejected: bool) -> ExitCode {
    match (unanswered, rejected) {
        (false, false) => SETTLED,
        (true, false) => ExitCode::from(UNANSWERED),
        (false, true) => ExitCode::from(REJECTED),
        (true, true) => ExitCode::from(UNANSWERED_AND_REJECTED),
    }
}

/// Says what went wrong, with its causes, and gives the code for it.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    let gone = error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    });
    // Whoever read our output has seen enough: there is nobody to tell.
    if !gone {
        let mut lines: Vec<String> = Vec::new();
        for cause in error.chain().map(ToString::to_string) {
            if !lines.iter().any(|line| line.contains(&cause)) {
                lines.push(cause);
            }
        }
        eprintln!("midband: {}", lines.join(": "));
    }
    ExitCode::from(COULD_NOT_RUN)
}

/// Prints what clap has to say: help and version are no failure.
pub(crate) fn shown(error: &clap::Error) -> ExitCode {
    // A closed pipe leaves nobody to print for.
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::from(COULD_NOT_RUN)
    } else {
        SETTLED
    }
}
