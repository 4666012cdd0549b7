//! `midband score`: a file of pairs in, a file of final scores out. The run itself is the library's (`midband-run`); this is
//! what the command line makes of it.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Result;
use midband_run::{Asked, Destination, Inputs, Outcome, Scoring, none_found_later, own_cache};

use crate::{
    args::{RunArgs, ScoreArgs},
    exit, judging, learning,
    progress::Console,
    summary,
};

pub(crate) fn run(args: &ScoreArgs) -> Result<ExitCode> {
    let mut options = args.run.options()?;
    own_cache(&mut options);
    none_found_later(
        args.run.writing.output.iter().map(PathBuf::as_path),
        args.inputs.iter().map(PathBuf::as_path),
    )?;
    let inputs = Inputs::new(&args.inputs, &args.reading.options())?;
    let console = Arc::new(Console::new(args.run.quiet));
    let scoring = Scoring {
        run: &options,
        learning: learning::learning(&args.run.routing)?,
        // Scores come row by row, unless a policy is named that looks at all pairs.
        by_row: args.run.routing.policy.is_none() && args.run.routing.max_questions.is_none(),
        listener: console.clone(),
    };
    let settings = (&args.reading, args.run.shape());
    let to = Destination::Files {
        settings: &settings,
    };
    let ended = scoring.files(inputs, to);
    finish(&args.run, &console, ended)
}

/// Says what a run came to.
pub(crate) fn finish(
    args: &RunArgs,
    console: &Console,
    ended: Result<Outcome>,
) -> Result<ExitCode> {
    console.finish();
    let outcome = ended?;
    if args.writing.provenance && !outcome.has_side_files {
        noteln!("{}", serde_json::to_string_pretty(&outcome.recorded)?);
    }
    let counts = &outcome.summary;
    // Who says that nobody is to be asked is not told that nobody answered.
    let unanswered = counts.unanswered_pairs() > 0 && !args.asks_nobody();
    let rejected = counts.rejected_pairs() + outcome.rejected_rows > 0;
    if !args.quiet {
        note!("{}", summarised(&outcome));
        if outcome.left_out > 0 {
            noteln!(
                "midband: {} of these pairs are not in the output because of --only",
                outcome.left_out
            );
        }
    }
    Ok(exit::finished(unanswered, rejected))
}

/// What a run came to, in words.
pub(crate) fn summarised(outcome: &Outcome) -> String {
    let context = summary::Context {
        judge: match &outcome.asked {
            Asked::Judge(described) => described.clone(),
            Asked::Nobody => judging::NONE.to_owned(),
            Asked::Gold(name) => name.clone(),
            Asked::Absent(absent) => judging::absent(absent),
        },
        rejected_rows: outcome.rejected_rows,
        first_rejected: outcome.first_rejected.as_ref(),
        rejected_file: outcome.rejected_file.as_deref(),
        calibrated: outcome.provenance.calibrated,
        fit: outcome.fit.as_ref(),
        audited: outcome.audited.as_ref(),
        bands: outcome.provenance.band.is_some()
            && matches!(outcome.asked, Asked::Judge(_) | Asked::Gold(_)),
    };
    summary::shown(&outcome.summary, &context)
}
