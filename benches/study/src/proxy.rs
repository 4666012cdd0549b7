//! How well the proxy ranks pairs: without labels, with few, with two hundred; and what each group of
//! features adds.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use midband_features::{FeatureSet, Group};
use midband_model::{
    Priors, TaskKind,
    learn::{FitOptions, Rows, fit},
};

use crate::{
    bench::{Bench, auroc, benches},
    parallel::map,
    prior::{make, own_weights},
};

/// Targets: section 7's columns "no labels" and "fitted on 200 labels".
const TARGETS: [(&str, f64, f64); 9] = [
    ("abt_buy", 0.958, 0.970),
    ("amazon_google", 0.906, 0.932),
    ("dblp_acm", 0.999, 0.999),
    ("febrl1", 1.0, 1.0),
    ("mqp", 0.887, 0.887),
    ("rqe_consumer", 0.896, 0.924),
    ("askapatient", 0.865, 0.867),
    ("ncbi_disease", 0.798, 0.832),
    ("biomappings", 0.752, 0.759),
];

/// Sets with the priors that were made without them.
pub(crate) struct Prepared {
    pub(crate) benches: Vec<Bench>,
    pub(crate) priors: Vec<Priors>,
}

/// Reads every set and makes its priors.
pub(crate) fn prepare(set: &FeatureSet) -> Result<Prepared> {
    let benches = benches(set)?;
    let own = map(&benches, own_weights);
    let priors = map(&benches, |b| make(&benches, &own, Some(b.name)));
    Ok(Prepared {
        priors: priors.into_iter().collect::<Result<_>>()?,
        benches,
    })
}

/// AUROC on the pairs that are not labelled, by a fit on `labels` random gold pairs.
fn learned(bench: &Bench, priors: &Priors, labels: usize, seed: u64) -> Result<f64> {
    let (gold, rest) = bench.drawn(labels, seed);
    let rows = Rows::new(&bench.columns, &bench.values)?;
    let from = priors.for_task(bench.kind, &bench.columns);
    let options = FitOptions {
        seed,
        ..FitOptions::default()
    };
    let found = fit(rows, &rows.scale(), &gold, &from, &options)?;
    let scores: Vec<f64> = rest
        .iter()
        .map(|i| found.proxy.logit(rows.row(*i)))
        .collect();
    let truth: Vec<bool> = rest.iter().map(|i| bench.labels[*i]).collect();
    Ok(auroc(&scores, &truth))
}

fn mean_learned(prepared: &Prepared, at: usize, labels: usize, seeds: u64) -> Result<f64> {
    let seeds: Vec<u64> = (0..seeds).collect();
    let found = map(&seeds, |s| {
        learned(&prepared.benches[at], &prepared.priors[at], labels, *s)
    });
    let sum: f64 = found
        .into_iter()
        .collect::<Result<Vec<f64>>>()?
        .iter()
        .sum();
    Ok(sum / seeds.len() as f64)
}

/// The table of AUROC.
pub(crate) fn table(prepared: &Prepared, seeds: u64) -> Result<String> {
    let mut page = format!(
        "## The proxy that learns\n\nAUROC on pairs that carry no label, mean of {seeds} draws of the labels. Priors are made without the \
         set. In brackets: the target.\n\n| set | cosine | no label | 50 labels | 200 labels | 800 labels |\n|---|---|---|---|---|---|\n"
    );
    let (mut ours, mut targets) = (0.0, 0.0);
    for (at, bench) in prepared.benches.iter().enumerate() {
        let cosine = auroc(&bench.cosines, &bench.labels);
        let proxy = prepared.priors[at]
            .proxy(bench.kind, &bench.columns)
            .context("no prior")?;
        let none = auroc(&bench.logits(&proxy), &bench.labels);
        let of = |labels| mean_learned(prepared, at, labels, seeds);
        let (few, many, most) = (of(50)?, of(200)?, of(800)?);
        let target = TARGETS.iter().find(|t| t.0 == bench.name);
        let beside = |x: f64, of: fn(&(&str, f64, f64)) -> f64| match target {
            Some(t) => format!("{x:.3} ({:.3})", of(t)),
            None => format!("{x:.3}"),
        };
        if let Some(t) = target {
            ours += many / TARGETS.len() as f64;
            targets += t.2 / TARGETS.len() as f64;
        }
        let (none, many) = (beside(none, |t| t.1), beside(many, |t| t.2));
        writeln!(
            page,
            "| {} ({}) | {cosine:.3} | {none} | {few:.3} | {many} | {most:.3} |",
            bench.name, bench.kind
        )?;
    }
    writeln!(
        page,
        "\nMean of the sets with a target at 200 labels: {ours:.4} ({targets:.4}); the difference is {:+.4}.\n",
        ours - targets
    )?;
    Ok(page)
}

/// What each group adds: AUROC with it less AUROC without it, 200 labels, mean by kind.
pub(crate) fn gains(whole: &Prepared, seeds: u64) -> Result<String> {
    let mut page = format!(
        "## What each group of features adds\n\nAUROC at 200 labels with all groups, less that without the group, in thousandths; mean of \
         {seeds} draws.\n\n| group | records | questions | terms |\n|---|---|---|---|\n"
    );
    let full: Vec<f64> = (0..whole.benches.len())
        .map(|at| mean_learned(whole, at, 200, seeds))
        .collect::<Result<_>>()?;
    for group in Group::ALL {
        let kept: Vec<&str> = Group::ALL
            .iter()
            .filter(|g| **g != group)
            .map(|g| g.as_str())
            .collect();
        let without = prepare(&kept.join(",").parse()?)?;
        let mut line = format!("| {} |", group.as_str());
        for kind in [TaskKind::Records, TaskKind::Questions, TaskKind::Terms] {
            let (mut sum, mut n) = (0.0, 0.0);
            for at in (0..full.len()).filter(|at| whole.benches[*at].kind == kind) {
                sum += full[at] - mean_learned(&without, at, 200, seeds)?;
                n += 1.0;
            }
            write!(line, " {:+.1} |", 1000.0 * sum / n)?;
        }
        writeln!(page, "{line}")?;
    }
    page.push('\n');
    Ok(page)
}
