//! Exit codes, in one place.

use std::{io, process::ExitCode};

/// Every pair got what it was routed to.
pub(crate) const SETTLED: ExitCode = ExitCode::SUCCESS;
/// The run is finished, and some pairs are unanswered or rejected.
pub(crate) const UNSETTLED: u8 = 1;
/// The run could not be done.
const COULD_NOT_RUN: u8 = 2;

/// For `--help`.
pub(crate) const HELP: &str = "Exit codes:\n  0  all pairs are settled\n  1  finished, with unanswered or rejected pairs\n  \
                               2  could not run";

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
        noteln!("midband: {}", lines.join(": "));
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
