//! `midband eval`: what labels say of scores.

mod shown;

use std::process::ExitCode;

use anyhow::{Context, Result};
use midband_report::{Costs, Evaluation, ResultRow};

use crate::{
    args::EvalArgs, exit, learning::read_calibration, reports::scored_rows, score::format_of,
};

pub(crate) fn run(args: &EvalArgs) -> Result<ExitCode> {
    let form = args.text.form(format_of(args.format, &args.scored));
    let rows = scored_rows(&args.scored, &form, args.gold.as_deref())?;
    let costs = Costs {
        false_match: args.costs.false_match,
        missed_match: args.costs.missed_match,
    };
    let mut evaluation = Evaluation::of(&rows, &costs).with_context(|| no_gold(&rows, args))?;
    evaluation.weights = weights(args)?;
    if args.json {
        outln!("{}", serde_json::to_string_pretty(&evaluation)?)?;
    } else {
        out!("{}", shown::shown(&evaluation))?;
    }
    Ok(exit::SETTLED)
}

fn no_gold(rows: &[ResultRow], args: &EvalArgs) -> String {
    let field = args.gold.as_deref().unwrap_or("label");
    format!(
        "none of the {} rows has a number in {field:?}; name another field with --gold",
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
