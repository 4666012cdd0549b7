//! How long the pure parts take.

use std::{fmt::Write as _, time::Instant};

use anyhow::Result;
use midband_features::{DocumentFrequencies, FEATURES, FeatureRows, FeatureSet};
use midband_model::{
    CosineMap, Evidence, JudgeCovariates, JudgeModel, KeyedRng, PairKey, TaskKind,
    learn::{FitOptions, Label, Prior, Rows, fit},
    numeric::sigmoid,
};
use midband_router::{GainOptions, Knowledge, Pairs, Policy, Router, Step};

use crate::data::rows;

/// Rows as wide as ours, of which three columns tell something.
fn made(n: usize) -> (Vec<String>, Vec<f64>, Vec<PairKey>, Vec<bool>) {
    let columns: Vec<String> = FEATURES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let keys: Vec<PairKey> = (0..n as u64)
        .map(|i| PairKey(i.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    let (mut values, mut labels) = (Vec::with_capacity(n * columns.len()), Vec::with_capacity(n));
    let draws: Vec<KeyedRng> = (0..=columns.len() as u64)
        .map(|salt| KeyedRng::new(1, salt))
        .collect();
    for key in &keys {
        let from = values.len();
        values.extend(draws[1..].iter().map(|draw| draw.unit(*key)));
        let row = &values[from..];
        let logit = 12.0 * (row[0] - 0.7) + 6.0 * (row[1] - 0.5) + 4.0 * (row[23] - 0.5);
        labels.push(draws[0].unit(*key) < sigmoid(logit));
    }
    (columns, values, keys, labels)
}

fn timed<T>(of: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let made = of();
    (start.elapsed().as_secs_f64(), made)
}

fn labels_of(keys: &[PairKey], evidence: impl Fn(usize) -> Evidence) -> Vec<Label> {
    (0..keys.len())
        .map(|row| Label {
            row,
            key: keys[row],
            evidence: evidence(row),
        })
        .collect()
}

/// The table of times.
pub(crate) fn table() -> Result<String> {
    let mut page =
        String::from("## Speed\n\nOne thread.\n\n| what | time | bar |\n|---|---|---|\n");
    for set in ["biomappings", "mqp", "abt_buy"] {
        let pairs: Vec<(String, String)> =
            rows(set)?.into_iter().map(|row| (row.a, row.b)).collect();
        let rows = FeatureRows::new(
            FeatureSet::all(),
            DocumentFrequencies::of_texts(pairs.iter().map(|(a, _)| a.as_str())),
        );
        let (seconds, sum) = timed(|| {
            let mut out = Vec::new();
            for (a, b) in &pairs {
                out.clear();
                rows.push_row(&rows.profile(a), &rows.profile(b), Some(0.5), &mut out);
            }
            out.len()
        });
        let characters: usize = pairs.iter().map(|(a, b)| a.len() + b.len()).sum();
        writeln!(
            page,
            "| features of a pair of {set} ({} bytes, {sum} columns, both texts read) | {:.1} µs | 20 µs (two cores, 1 million in 10 s) |",
            characters / pairs.len(),
            1e6 * seconds / pairs.len() as f64
        )?;
    }
    let (columns, values, keys, labels) = made(1_000_000);
    let priors = vec![Prior::cosine(
        CosineMap::default_for(TaskKind::General),
        &columns,
    )];
    let pairs = Pairs {
        keys,
        columns,
        values,
    };
    let (seconds, asked) = timed(|| -> Result<usize> {
        let mut router = Router::new(
            Policy::Gain(GainOptions::default()),
            pairs,
            Knowledge::of_priors(priors.clone()),
        )?;
        Ok(match router.step() {
            Step::Ask(asked) => asked.len(),
            Step::Done => 0,
        })
    });
    writeln!(
        page,
        "| 1 million pairs routed, gain policy ({} asked in the first round) | {:.2} s | 0.5 s |",
        asked?, seconds
    )?;
    let (columns, values, keys, _) = made(10_000);
    let rows = Rows::new(&columns, &values)?;
    let scale = rows.scale();
    let options = FitOptions::default();
    let gold = labels_of(&keys, |row| Evidence::gold(labels[row]));
    let (seconds, found) = timed(|| fit(rows, &scale, &gold, &priors, &options));
    writeln!(
        page,
        "| calibration on 10,000 labels, every candidate | {seconds:.2} s | 1 s |"
    )?;
    let judge = JudgeModel::default();
    let at = JudgeCovariates::AVERAGE;
    let verdicts = labels_of(&keys[..1000], |row| {
        judge.evidence(f64::from(u8::from(labels[row])), &at)
    });
    let (seconds, _) = timed(|| fit(rows, &scale, &verdicts, &priors, &options));
    writeln!(
        page,
        "| fit on 1,000 verdicts, every candidate | {:.0} ms | |",
        1e3 * seconds
    )?;
    let narrowed = FitOptions {
        narrowed: Some(found?.candidates),
        ..options
    };
    let (seconds, _) = timed(|| fit(rows, &scale, &verdicts, &priors, &narrowed));
    writeln!(
        page,
        "| refit on 1,000 verdicts, the candidates of the round before | {:.0} ms | 50 ms |\n",
        1e3 * seconds
    )?;
    Ok(page)
}
