//! Embedding only what the lexical features leave unsure.

use std::fmt::Write as _;

use anyhow::Result;
use midband_features::FeatureSet;
use midband_model::learn::{Fit, FitOptions, Rows, fit};
use midband_router::EmbedPlan;

use crate::{bench::Bench, parallel::map, proxy::Prepared};

/// Labels that decide.
const LABELS: usize = 200;

/// Accuracy with all embedded, accuracy as planned, share embedded, whether all were.
fn simulate(
    full: &Bench,
    lexical: &Bench,
    prepared: (&Prepared, usize),
    seed: u64,
) -> Result<[f64; 4]> {
    let (labels, rest) = full.drawn(LABELS, seed);
    let learn = |bench: &Bench| -> Result<(Fit, Vec<f64>)> {
        let rows = Rows::new(&bench.columns, &bench.values)?;
        let priors = prepared.0.priors[prepared.1].for_task(bench.kind, &bench.columns);
        let options = FitOptions {
            seed,
            ..FitOptions::default()
        };
        let found = fit(rows, &rows.scale(), &labels, &priors, &options)?;
        let logits = (0..rows.len())
            .map(|i| found.proxy.logit(rows.row(i)))
            .collect();
        Ok((found, logits))
    };
    let ((with, with_logits), (without, without_logits)) = (learn(full)?, learn(lexical)?);
    let plan = EmbedPlan::from_fits(&labels, &without, &with);
    let threshold = plan.threshold(&without_logits);
    let embedded = |i: usize| without_logits[i].abs() < threshold;
    let share = |of: &dyn Fn(usize) -> bool| {
        rest.iter().filter(|i| of(**i)).count() as f64 / rest.len() as f64
    };
    let planned = |i: usize| {
        if embedded(i) {
            with_logits[i]
        } else {
            without_logits[i]
        }
    };
    Ok([
        share(&|i| (with_logits[i] >= 0.0) == full.labels[i]),
        share(&|i| (planned(i) >= 0.0) == full.labels[i]),
        share(&embedded),
        f64::from(u8::from(plan.share >= 1.0)),
    ])
}

/// The table of the embedding tier.
pub(crate) fn table(prepared: &Prepared, seeds: u64) -> Result<String> {
    let mut page = format!(
        "## Embedding only what the lexical features leave unsure\n\n{LABELS} labels decide (fewer where a set is small); accuracy without any \
         judge, mean of {seeds} seeds. Bar: on abt_buy, amazon_google and dblp_acm within .002 with at most 20 % embedded; on mqp and \
         askapatient all.\n\n| set | all embedded | as planned | difference | share embedded | seeds that embed all |\n|---|---|---|---|---|---|\n"
    );
    let set = FeatureSet::all().without_cosine();
    for (at, bench) in prepared.benches.iter().enumerate() {
        let lexical = Bench::read(bench.name, bench.kind, &set)?;
        let all: Vec<u64> = (0..seeds).collect();
        let runs = map(&all, |seed| {
            simulate(bench, &lexical, (prepared, at), *seed)
        });
        let mut mean = [0.0; 4];
        for run in runs {
            mean.iter_mut()
                .zip(run?)
                .for_each(|(m, x)| *m += x / seeds as f64);
        }
        writeln!(
            page,
            "| {} | {:.3} | {:.3} | {:+.3} | {:.0} % | {:.0} % |",
            bench.name,
            mean[0],
            mean[1],
            mean[1] - mean[0],
            100.0 * mean[2],
            100.0 * mean[3]
        )?;
    }
    page.push('\n');
    Ok(page)
}
