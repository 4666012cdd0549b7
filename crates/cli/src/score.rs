//! `midband score`: a file of pairs in, a file of final scores out. The run itself is the library's (`midband-run`); this is
//! what the command line makes of it.

use std::{process::ExitCode, sync::Arc};

use anyhow::{Result, bail};
use midband::router::Policy;
use midband_run::{
    Asked, Begun, Files, Inputs, Outcome, PairsOf, ROWS, RunError, Session, output_format,
    own_cache,
};

use crate::{
    args::{RunArgs, ScoreArgs},
    exit, judging, learning,
    progress::Console,
    summary,
};

pub(crate) fn run(args: &ScoreArgs) -> Result<ExitCode> {
    let mut options = args.run.options()?;
    own_cache(&mut options);
    let mut inputs = Inputs::new(&args.inputs, &args.reading.options())?;
    // A stream gets its scores row by row, each by itself, unless a policy is named that looks at all pairs.
    let streams = inputs.is_stdin() && args.run.routing.policy.is_none();
    let learning = learning::learning(&args.run.routing)?.filter(|learning| {
        !streams || matches!(learning.policy, Policy::Target(_)) || learning.calibration.is_some()
    });
    let format = inputs.format();
    if args.run.resume && inputs.is_stdin() {
        bail!(RunError::ResumeNeedsInput);
    }
    let by_calibration = streams
        && learning
            .as_ref()
            .is_some_and(|learning| matches!(learning.policy, Policy::Gain(_)));
    let learns = learning.is_some() && !by_calibration;
    if learns {
        // What is learnt from is read more than once; anything else may be a pipe without an end.
        inputs.keep()?;
    }
    let (rows, columns) = inputs.read()?;
    let begun = Begun::new(
        &options,
        output_format(&options.writing, format),
        (
            &(&args.reading, args.run.shape()),
            // Rows that are not written can't be gone on after.
            learns || !args.run.writing.only.is_empty(),
        ),
        &inputs.paths(),
    )?;
    let console = Arc::new(Console::new(args.run.quiet));
    // A pipe's second row may be far off.
    let seen = if streams { 1 } else { usize::MAX };
    let rows = options.suit_task_to_rows(rows, seen, console.as_ref());
    let session = Session::open(&options, learning, (&begun, PairsOf::File), console.clone())?;
    let files = Files::open(&options, (format, columns), begun, console.as_ref())?;
    let ended = if learns {
        session.learn_and_score(&options, &inputs, files)
    } else {
        // Who writes to a pipe row by row gets scores row by row.
        let at_once = if inputs.is_stdin() { 1 } else { ROWS };
        session.stream(&options, rows, at_once, files)
    };
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
        noteln!("{}", serde_json::to_string_pretty(&outcome.provenance)?);
    }
    let counts = &outcome.summary;
    // Who says that nobody is to be asked is not told that nobody answered.
    let unanswered = counts.unanswered_pairs() > 0 && !args.asks_nobody();
    let rejected = counts.rejected_pairs() + outcome.rejected_rows > 0;
    if !args.quiet {
        note!("{}", summarised(&outcome));
        if outcome.left_out > 0 {
            noteln!(
                "midband: {} of these pairs are not written: they have other decisions",
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
        rejected_file: outcome.rejected_file.as_deref(),
        calibrated: outcome.provenance.calibrated,
        fit: outcome.fit.as_ref(),
    };
    summary::shown(&outcome.summary, &context)
}
