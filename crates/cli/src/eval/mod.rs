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
    let evaluation = evaluated(rows, args)?;
    if args.json {
        outln!("{}", serde_json::to_string_pretty(&evaluation)?)?;
    } else {
        out!("{}", shown(&evaluation))?;
    }
    Ok(exit::SETTLED)
}

/// What the labels of these rows say.
pub(crate) fn evaluated(mut rows: Vec<ResultRow>, args: &EvalArgs) -> Result<Evaluation> {
    if args.gold.is_none() {
        leave_unsure_out(&mut rows);
    }
    let mut evaluation =
        Evaluation::of(&rows, &args.costs.or_one()).with_context(|| no_gold(&rows, args))?;
    evaluation.weights = weights(args)?;
    Ok(evaluation)
}

/// A label is 0 or 1: one between them is a person's doubt, and must not turn the others into ratings. Where every one lies
/// between, they are ratings.
fn leave_unsure_out(rows: &mut [ResultRow]) {
    let is_unsure = |row: &ResultRow| row.gold.is_some_and(|gold| gold > 0.0 && gold < 1.0);
    let unsure = rows.iter().filter(|row| is_unsure(row)).count();
    let labelled = rows.iter().filter(|row| row.gold.is_some()).count();
    if unsure == 0 || unsure == labelled {
        return;
    }
    for row in rows.iter_mut().filter(|row| is_unsure(row)) {
        row.gold = None;
    }
    noteln!(
        "midband: ignored {unsure} of {labelled} labels that are neither 0 nor 1; use --gold for graded labels"
    );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_doubt_makes_no_ratings_of_labels() {
        let row = |gold| ResultRow {
            gold: Some(gold),
            ..ResultRow::default()
        };
        let mut rows = [row(1.0), row(0.5), row(0.0)];
        leave_unsure_out(&mut rows);
        assert_eq!(rows.map(|row| row.gold), [Some(1.0), None, Some(0.0)]);
        let mut rows = [row(0.25), row(0.5)];
        leave_unsure_out(&mut rows);
        assert_eq!(rows.map(|row| row.gold), [Some(0.25), Some(0.5)]);
    }
}
