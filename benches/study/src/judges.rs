//! Judges of known faults, as the end of section 7 defines them.

use midband_model::{Evidence, KeyedRng, logistic::Problem, numeric::sigmoid};

use crate::bench::Bench;

/// How a judge errs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Errs {
    /// At this rate, whatever the pair.
    Evenly(f64),
    /// More the harder a pair is for the cosine, 4 to 36 %.
    WithDifficulty,
    /// Every other time on the hardest quarter, else one time in ten.
    OnHardestQuarter,
    /// 5 % on matches, 25 % on the rest.
    OnOneClass,
    /// By saying yes to what looks alike.
    OnLookalikes,
}

/// Rank of each value, 0..1, ties sharing theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut at = 0;
    while at < order.len() {
        let tied = order[at..]
            .iter()
            .take_while(|i| values[**i] == values[order[at]])
            .count();
        let rank = (at as f64 + tied as f64 / 2.0) / values.len() as f64;
        order[at..at + tied].iter().for_each(|i| ranks[*i] = rank);
        at += tied;
    }
    ranks
}

/// How likely the judge is to be wrong about each pair.
pub(crate) fn error_rates(bench: &Bench, errs: Errs) -> Vec<f64> {
    let hardness = || {
        let rows: Vec<f64> = bench.cosines.iter().flat_map(|c| [1.0, *c]).collect();
        let evidence: Vec<Evidence> = bench.labels.iter().map(|l| Evidence::gold(*l)).collect();
        let problem = Problem {
            rows: &rows,
            evidence: &evidence,
            offsets: &[],
            prior_mean: &[0.0; 2],
            precision: &[0.0; 2],
        };
        let w = problem.fit(&[0.0; 2]);
        let of = |c: &f64| 1.0 - 2.0 * (sigmoid(w[0] + w[1] * c) - 0.5).abs();
        ranks(&bench.cosines.iter().map(of).collect::<Vec<f64>>())
    };
    let by_label = |of: &dyn Fn(usize, bool) -> f64| {
        bench
            .labels
            .iter()
            .enumerate()
            .map(|(i, l)| of(i, *l))
            .collect()
    };
    match errs {
        Errs::Evenly(rate) => vec![rate; bench.labels.len()],
        Errs::WithDifficulty => hardness().iter().map(|r| 0.04 + 0.32 * r).collect(),
        Errs::OnHardestQuarter => hardness()
            .iter()
            .map(|r| if *r > 0.75 { 0.5 } else { 0.1 })
            .collect(),
        Errs::OnOneClass => by_label(&|_, is_match| if is_match { 0.05 } else { 0.25 }),
        Errs::OnLookalikes => {
            let at = bench
                .columns
                .iter()
                .position(|c| c == "trigram_overlap")
                .unwrap_or(0);
            let alike: Vec<f64> = bench
                .values
                .chunks_exact(bench.columns.len())
                .map(|row| row[at])
                .collect();
            let rank = ranks(&alike);
            by_label(&|i, is_match| {
                if is_match {
                    0.05
                } else {
                    (0.9 * rank[i].powi(3)).min(0.9)
                }
            })
        }
    }
}

/// Keeps a judge's luck apart from every other use of a seed.
const LUCK: u64 = 0x10c4;

/// The judge's yes or no about every pair, drawn once a seed.
pub(crate) fn verdicts(bench: &Bench, errs: Errs, seed: u64) -> Vec<bool> {
    let draw = KeyedRng::new(seed, LUCK);
    (error_rates(bench, errs)
        .iter()
        .zip(&bench.labels)
        .zip(&bench.keys))
    .map(|((rate, label), key)| *label != (draw.unit(*key) < *rate))
    .collect()
}
