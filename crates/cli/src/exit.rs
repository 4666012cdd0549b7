//! Exit codes, in one place.

use std::{error::Error, io, process::ExitCode};

use midband::{
    JudgeError,
    embed::{ModelError, RuntimeError},
    judge::{LocalError, WeightsError},
};
use midband_io::ReadError;
use midband_report::ReportError;
use midband_run::{RunError, lists::MatchError};
use midband_server::ServeError;

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

/// Which flag or command helps: the libraries know none.
pub(crate) fn hint(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(JudgeError::Remote(_)) = error.downcast_ref() {
        return Some("--allow-remote-judge allows that".to_owned());
    }
    if let Some(RuntimeError::NotFound { .. }) = error.downcast_ref() {
        return Some("--onnxruntime names it too".to_owned());
    }
    if let Some(ReadError::OpenQuote(_)) = error.downcast_ref() {
        return Some("Close them, or read with --quoting off where a quote is text".to_owned());
    }
    if let Some(ReadError::NoColumn { .. }) = error.downcast_ref() {
        return Some(
            "Name it with --id, --left or --right; a file without a header is read with --no-headers and positions"
                .to_owned(),
        );
    }
    match error.downcast_ref() {
        Some(ServeError::Open(_)) => {
            return Some("Set MIDBAND_API_KEY (or --api-key), or say --insecure".to_owned());
        }
        Some(ServeError::State(..)) => {
            return Some("Name another folder with --state".to_owned());
        }
        _ => {}
    }
    match error.downcast_ref() {
        Some(ReportError::NoTexts) => {
            return Some("Score with --include-text, or name the pairs with --pairs".to_owned());
        }
        Some(ReportError::NotScored(_)) => {
            return Some("Name one that `midband score` or `midband match` wrote".to_owned());
        }
        _ => {}
    }
    if let Some(LocalError::NoProgram { .. }) = error.downcast_ref() {
        return Some(
            "Install llama.cpp, or name its server with --llama-server; a clone of midband has `scripts/live-judge --set-up`"
                .to_owned(),
        );
    }
    match error.downcast_ref() {
        Some(WeightsError::Empty(_)) => {
            return Some(
                "`midband models fetch OWNER/REPOSITORY/FILE.gguf` brings one; --judge local:FILE.gguf names a file of yours"
                    .to_owned(),
            );
        }
        Some(WeightsError::Several(_) | WeightsError::Unknown { .. }) => {
            return Some("Name it as --judge local:NAME, or a file as local:FILE.gguf".to_owned());
        }
        Some(WeightsError::Changed { .. }) => {
            return Some("Remove it and fetch it again with `midband models fetch`".to_owned());
        }
        _ => {}
    }
    match error.downcast_ref()? {
        ModelError::NotOnDisk { name, .. } => Some(format!(
            "Get it once with `scripts/setup` (the default model) or `midband models fetch {name}`, or name a folder \
             with --embed-model-dir"
        )),
        ModelError::Changed { .. } => {
            Some("`scripts/setup` and `midband models fetch` set a model up".to_owned())
        }
        ModelError::BatchDependent { .. } => Some("--allow-batch-dependent allows that".to_owned()),
        ModelError::NotDistilled { .. } | ModelError::OfAnotherModel { .. } => {
            Some("`midband models distil` does that once".to_owned())
        }
        ModelError::Unknown { .. } => Some("`midband models list` names them all".to_owned()),
        _ => None,
    }
}

/// An error's message; where flags are at fault, with their names.
fn said(error: &(dyn Error + 'static)) -> String {
    match error.downcast_ref() {
        Some(RunError::ResumeNeedsOutput) => {
            "--resume needs a file to go on with: name it with -o".to_owned()
        }
        Some(RunError::ResumeNeedsInput) => {
            "--resume needs an input that can be read again: name a file".to_owned()
        }
        Some(error @ RunError::OtherSettings(_)) => {
            format!("{error}: say the same again, or leave --resume out")
        }
        Some(error @ RunError::UnknownSettings { .. }) => {
            format!("{error}: leave --resume out to begin anew")
        }
        Some(error @ RunError::NeedsFile(_)) => format!("{error}: name it with -o"),
        Some(error @ RunError::TooManyPairs { .. }) => {
            format!("{error}: raise --sample, or use `--policy gain`")
        }
        Some(RunError::NoLabels) => {
            "--reference gold needs labels in the input, and no row has one".to_owned()
        }
        _ => error
            .downcast_ref()
            .map_or_else(|| error.to_string(), said_of_lists),
    }
}

fn said_of_lists(error: &MatchError) -> String {
    match error {
        MatchError::LeastProxy => "--min-proxy lies between 0 and 1".to_owned(),
        MatchError::ClusterThreshold => {
            "--cluster-threshold lies between 0 and 1, neither included".to_owned()
        }
        MatchError::PartnersInOneList => {
            "--one-to-one and --many-to-one need two lists; for the doubles of one list there is --clusters".to_owned()
        }
        MatchError::ColumnsWithTexts => {
            "--compare columns goes with none of --text, --candidates, --exact, --calibration and --band: they belong to texts".to_owned()
        }
        MatchError::RuleOfColumns(rule) => format!(
            "--block-on {rule}: a rule of several columns or of a part of one needs `--compare columns`"
        ),
        MatchError::NoIdColumn { .. } => format!("{error}; name the ids' column with --id"),
        MatchError::KnownAndRight => "--known goes with one list of new records: leave the right list out".to_owned(),
        MatchError::KnownTexts => {
            "--known compares columns: it goes with none of --compare text, --text, --candidates, --exact, --calibration and --band".to_owned()
        }
        MatchError::LinkType { one: true } => format!("{error}: --link-type is link_only or link_and_dedupe for two"),
        MatchError::LinkType { one: false } => format!("{error}: --link-type is dedupe_only for one"),
        MatchError::KnownAndState => "--known-state goes without --known and --known-clusters".to_owned(),
        MatchError::StateRules => format!("{error}: leave --block-on and --same out"),
        MatchError::NothingToKeep => format!("{error}: --known-state is for lists whose columns are compared"),
        MatchError::NoState { .. } => format!("{error}; name a new or empty folder with --known-state"),
        MatchError::StateVersion { .. } => {
            format!("{error}: use the midband that wrote it, or keep the list anew in another folder")
        }
        MatchError::NoWeights(_) => format!("{error}; `midband match LIST --clusters FILE` writes them"),
        MatchError::NoRecord { no_id: true, .. } => format!("{error}; name its column with --id"),
        _ => error.to_string(),
    }
}

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
