//! Requests that can't be met, told apart so that whoever knows the user's words can put them in these.

use std::path::PathBuf;

use midband_io::Format;

/// Why a run can't be done as it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A run without an output file was to be gone on with.
    #[error("only a run that writes to a file can be resumed")]
    ResumeNeedsOutput,
    /// A run over standard input was to be gone on with.
    #[error("a run can be resumed only if its input can be read again")]
    ResumeNeedsInput,
    /// The unfinished output belongs to a run of other settings or inputs.
    #[error("cannot resume {0}: the unfinished run had other settings or another input")]
    OtherSettings(PathBuf),
    /// The settings of the unfinished run are not there any more, or can't be read.
    #[error("cannot resume {output}: its saved state is unreadable")]
    UnknownSettings {
        /// The run's output.
        output: PathBuf,
        /// Why they can't be read.
        source: anyhow::Error,
    },
    /// Parquet or a workbook was to be written to standard output.
    #[error("{0} output needs a file")]
    NeedsFile(Format),
    /// A budget or a target needs all pairs in memory.
    #[error("{pairs} pairs are too many: a budget or a target works for at most {most}")]
    TooManyPairs {
        /// Pairs of the input.
        pairs: u64,
        /// Pairs that are learnt from at most.
        most: usize,
    },
    /// Labels were to take the judge's place.
    #[error("labels were to replace the judge, but no row has one")]
    NoLabels,
    /// The caller ended it.
    #[error("the run was stopped")]
    Stopped,
}
