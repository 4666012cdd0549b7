//! `midband eval`: what labels say of scores.

mod render;

use std::process::ExitCode;

use anyhow::{Context, Result};
use midband_report::{Evaluation, ResultRow};
use midband_run::format_of;

pub(crate) use render::shown;

use crate::{args::EvalArgs, exit, learning::read_calibration, reports::scored_rows};

pub(crate) fn run(args: &EvalArgs) -> Result<ExitCode> {
    let form = args.text.form(format_of(args.format, &args.scored));
    let rows = scored_rows(&args.scored, &form, args.gold.as_deref())?;
    if rows.is_empty() {
        // A night without new pairs is no failure of the pipeline.
        let words = if args.json {
            r#"{"pairs": 0}"#
        } else {
            "0 pairs"
        };
        outln!("{words}")?;
        return Ok(exit::SETTLED);
    }
    let evaluation = evaluated(&rows, args)?;
    if args.json {
        outln!("{}", serde_json::to_string_pretty(&evaluation)?)?;
    } else {
        out!("{}", shown(&evaluation))?;
    }
    Ok(exit::SETTLED)
}

/// What the labels of these rows say.
pub(crate) fn evaluated(rows: &[ResultRow], args: &EvalArgs) -> Result<Evaluation> {
    let mut evaluation =
        Evaluation::of(rows, &args.costs.or_one()).with_context(|| no_gold(rows, args))?;
    if evaluation.doubtful > 0 {
        let all = evaluation.doubtful + evaluation.labelled;
        noteln!(
            "midband: ignored {} of {all} labels that lie between 0 and 1, because most are 0 or 1",
            evaluation.doubtful
        );
    }
    evaluation.weights = weights(args)?;
    Ok(evaluation)
}

fn no_gold(rows: &[ResultRow], args: &EvalArgs) -> String {
    let field = args.gold.as_deref().unwrap_or("label");
    format!(
        "none of the {} rows has a number in {field:?}; use --gold to name another field",
        rows.len()
    )
}

fn weights(args: &EvalArgs) -> Result<Vec<(String, f64)>> {
    let Some(path) = &args.calibration else {
        return Ok(Vec::new());
    };
    let proxy = &read_calibration(path)?.proxy;
    let mut weights: Vec<(String, f64)> = proxy
        .columns
        .iter()
        .cloned()
        .zip(proxy.weights.iter().copied())
        .collect();
    weights.sort_by(|x, y| y.1.abs().total_cmp(&x.1.abs()));
    Ok(weights)
}
