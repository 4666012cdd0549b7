//! Exit codes, in one place.

use std::{error::Error, io, process::ExitCode};

use midband::{
    JudgeError,
    embed::{CacheError, ModelError, RuntimeError},
    judge::{self, LocalError, WeightsError},
};
use midband_io::ReadError;
use midband_report::ReportError;
use midband_run::{RunError, lists::MatchError};
use midband_server::ServeError;

use crate::no_column::NoColumn;

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
pub(crate) const HELP: &str = "Exit codes:\n  0  done (pairs for review do not count as a failure)\n  1  finished, but some questions are unanswered\n  \
                               2  could not run\n  3  finished, but some rows were rejected\n  4  both 1 and 3";

/// The code of a run that is finished.
pub(crate) fn finished(unanswered: bool, rejected: bool) -> ExitCode {
    match (unanswered, rejected) {
        (false, false) => SETTLED,
        (true, false) => ExitCode::from(UNANSWERED),
        (false, true) => ExitCode::from(REJECTED),
        (true, true) => ExitCode::from(UNANSWERED_AND_REJECTED),
    }
}

/// Which flag or command helps: the libraries know none.
pub(crate) fn hint(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(JudgeError::Remote(_)) = error.downcast_ref() {
        return Some("Use --allow-remote-judge to allow it".to_owned());
    }
    if let Some(RuntimeError::NotFound { .. }) = error.downcast_ref() {
        return Some("Or name it with --onnxruntime".to_owned());
    }
    if let Some(ReadError::OpenQuote(_)) = error.downcast_ref() {
        return Some("Close the quotes, or use --quoting off if quotes are plain text".to_owned());
    }
    if let Some(ReadError::SameColumn(_)) = error.downcast_ref() {
        return Some(
            "Name different columns with --id, --left, --right and --gold; to find the pairs within one list, use `midband match`"
                .to_owned(),
        );
    }
    if let Some(ReadError::NoColumn { .. }) = error.downcast_ref() {
        return Some(
            "Name the column with --id, --left or --right; for a file without a header, use --no-headers and positions"
                .to_owned(),
        );
    }
    if let (Some(CacheError::Folder { .. }), _) | (_, Some(judge::CacheError::Folder { .. })) =
        (error.downcast_ref(), error.downcast_ref())
    {
        return Some("Name a folder with --cache".to_owned());
    }
    if let Some(NoColumn { .. }) = error.downcast_ref() {
        return Some("Name the column with --id, --left or --right".to_owned());
    }
    match error.downcast_ref() {
        Some(ServeError::Open(_)) => {
            return Some("Set MIDBAND_API_KEY (or --api-key), or use --insecure".to_owned());
        }
        Some(ServeError::State(..)) => {
            return Some("Use --state to name another folder".to_owned());
        }
        _ => {}
    }
    match error.downcast_ref() {
        Some(ReportError::NoTexts) => {
            return Some(
                "Score with --include-text, or name the scored pairs with --pairs".to_owned(),
            );
        }
        Some(ReportError::NotScored(_)) => {
            return Some("Name a file that `midband score` or `midband match` wrote".to_owned());
        }
        _ => {}
    }
    if let Some(LocalError::NoProgram { .. }) = error.downcast_ref() {
        return Some(
            "Install llama.cpp, name its server with --llama-server, or run `scripts/live-judge --set-up` in a clone of midband"
                .to_owned(),
        );
    }
    match error.downcast_ref() {
        Some(WeightsError::Empty(_)) => {
            return Some(
                "Get one with `midband models fetch OWNER/REPOSITORY/FILE.gguf`, or name your own with --judge local:FILE.gguf"
                    .to_owned(),
            );
        }
        Some(WeightsError::Several(_) | WeightsError::Unknown { .. }) => {
            return Some(
                "Name it with --judge local:NAME, or name a file with local:FILE.gguf".to_owned(),
            );
        }
        Some(WeightsError::Changed { .. }) => {
            return Some("Remove the file and get it again with `midband models fetch`".to_owned());
        }
        _ => {}
    }
    match error.downcast_ref()? {
        ModelError::NotOnDisk { name, .. } => Some(format!(
            "Get it once with `scripts/setup` (the default model) or `midband models fetch {name}`, or name a folder \
             with --embed-model-dir"
        )),
        ModelError::Changed { .. } => Some(
            "Install the model again with `scripts/setup` or `midband models fetch`".to_owned(),
        ),
        ModelError::BatchDependent { .. } => {
            Some("Use --allow-batch-dependent to allow it".to_owned())
        }
        ModelError::NotDistilled { .. } | ModelError::OfAnotherModel { .. } => {
            Some("Run `midband models distil` once".to_owned())
        }
        ModelError::Unknown { .. } => Some("See `midband models list`".to_owned()),
        _ => None,
    }
}

/// An error's message; where flags are at fault, with their names.
fn said(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref() {
        Some(RunError::ResumeNeedsOutput) => {
            "--resume needs an output file: name it with -o".to_owned()
        }
        Some(RunError::ResumeNeedsInput) => {
            "--resume needs an input that can be read again: use a file, not a pipe".to_owned()
        }
        Some(error @ RunError::OtherSettings(_)) => {
            format!("{error}: use the same settings, or omit --resume to start over")
        }
        Some(error @ RunError::UnknownSettings { .. }) => {
            format!("{error}; omit --resume to start over")
        }
        Some(error @ RunError::NeedsFile(_)) => format!("{error}: name one with -o"),
        Some(error @ RunError::TooManyPairs { .. }) => {
            format!("{error}: raise --sample, or use `--policy gain`")
        }
        Some(RunError::NoLabels) => {
            "--reference gold needs labels in the input, but no row has one".to_owned()
        }
        _ => error
            .downcast_ref()
            .map_or_else(|| error.to_string(), said_of_lists),
    }
}

fn said_of_lists(error: &MatchError) -> String {
    match error {
        MatchError::LeastProxy => "--min-proxy must be between 0 and 1".to_owned(),
        MatchError::ClusterThreshold => {
            "--cluster-threshold must be between 0 and 1, both excluded".to_owned()
        }
        MatchError::PartnersInOneList => {
            "--one-to-one and --many-to-one need two lists; for duplicates in one list, use --clusters".to_owned()
        }
        MatchError::ColumnsWithTexts => {
            "--compare columns cannot be used with --text, --candidates, --exact, --calibration or --band, which are for texts".to_owned()
        }
        MatchError::RuleOfColumns(rule) => format!(
            "--block-on {rule}: rules with several columns or with functions need `--compare columns`"
        ),
        MatchError::NoIdColumn { .. } => format!("{error}; {ID}"),
        MatchError::KnownAndRight => "--known takes one list of new records. Leave out the second list".to_owned(),
        MatchError::StateAndRight => "--known-state takes one list. Leave out the second list".to_owned(),
        MatchError::KnownTexts => {
            format!("{error}: omit --compare text, --text, --candidates, --exact, --calibration and --band")
        }
        MatchError::LinkType { one: true } => format!("{error}: for two lists, use --link-type link_only or link_and_dedupe"),
        MatchError::LinkType { one: false } => format!("{error}: for one list, use --link-type dedupe_only"),
        MatchError::KnownAndState => "--known-state cannot be used with --known or --known-clusters".to_owned(),
        MatchError::StateRules => format!("{error}: omit --block-on and --same"),
        MatchError::StateTexts => format!("{error}: use --known and --known-clusters for texts"),
        MatchError::NothingToKeep => format!("{error}: --known-state needs lists that are compared by columns; use --known and --known-clusters for texts"),
        MatchError::NoState { .. } => format!("{error}; use a new or empty folder for --known-state"),
        MatchError::StateVersion { .. } => {
            format!("{error}: use the version of midband that wrote it, or start again in another folder")
        }
        MatchError::KnownColumns => format!("{error}: omit --compare columns"),
        MatchError::NoWeights(_) => format!("{error}; `midband match LIST --clusters FILE` writes them"),
        MatchError::NoRecord { no_id: true, .. } => format!("{error}; {ID}"),
        _ => error.to_string(),
    }
}

const ID: &str = "name the id column with --id (or --left-id and --right-id)";

/// A message and what helps, as sentences.
pub(crate) fn with_hint(message: &str, hint: Option<String>) -> String {
    hint.map_or_else(
        || message.to_owned(),
        |hint| format!("{}. {hint}", message.trim_end_matches('.')),
    )
}

/// What went wrong, with its causes and what helps.
pub(crate) fn told(error: &anyhow::Error) -> String {
    let mut lines: Vec<String> = Vec::new();
    for cause in error.chain().map(said) {
        if !lines.iter().any(|line| line.contains(&cause)) {
            lines.push(cause);
        }
    }
    let hint = error.chain().find_map(hint);
    with_hint(&lines.join(": "), hint)
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
        crate::print::error(format_args!("midband: {}\n", told(error)));
    }
    ExitCode::from(COULD_NOT_RUN)
}

/// Prints what clap has to say: help and version are no failure.
pub(crate) fn shown(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if error.use_stderr() {
        return ExitCode::from(COULD_NOT_RUN);
    }
    match printed {
        // A closed pipe leaves nobody to print for.
        Err(full) if full.kind() != io::ErrorKind::BrokenPipe => failed(&full.into()),
        _ => SETTLED,
    }
}
