//! Makes the clinical part of the priors that are shipped, and the same with one set left out for honest figures.
//!
//! Narratives: from invented notes (`benches/make_notes.py`), never from data/patients.jsonl. The other kinds: a few
//! features that mean the same on every set (other names, contradictions) beside the cosine's own map, from the shared
//! sets.

use std::path::Path;

use anyhow::{Context, Result};
use midband_features::{FEATURES, FeatureSet, Group};
use midband_model::{
    ClinicalLeftOut, CosineMap, Evidence, LinearProxy, Priors, Scale, TaskKind, logistic::Problem,
};

use crate::{
    bench::{Bench, auroc, scorer},
    data::{SETS, rows_of, workspace},
    prior::{own_weights, prior_sds, round},
};

/// Features that say the same whatever the set: one thing in other words; two names of other concepts; contradictions.
const ANYWHERE: [&str; 6] = [
    "concepts_reworded",
    "name_other",
    "name_related",
    "kind_conflict",
    "side_conflict",
    "sex_conflict",
];

/// Strength of the ridge on raw columns, in pairs where each set weighs as a thousand: weak, as contradictions are rare.
const RIDGE: f64 = 0.3;

/// The largest weight of a flag: a note may be misread, and what no training pair shows is not impossible.
const LARGEST: f64 = 3.0;

/// The sign that a column has by its meaning: a weight against it is left out.
fn sign(name: &str) -> f64 {
    let against = ["conflict", "only", "gap", "other", "name_related"];
    if against.iter().any(|part| name.contains(part)) {
        -1.0
    } else {
        1.0
    }
}

/// Intercept, and weights on raw columns beside a fixed slope of the cosine.
fn fit(sets: &[&Bench], columns: &[&str], map: CosineMap) -> LinearProxy {
    let mut rows = Vec::new();
    let (mut evidence, mut offsets) = (Vec::new(), Vec::new());
    for bench in sets {
        let places: Vec<Option<usize>> = columns
            .iter()
            .map(|name| bench.columns.iter().position(|c| c == name))
            .collect();
        for (row, (label, cosine)) in bench
            .values
            .chunks_exact(bench.columns.len())
            .zip(bench.labels.iter().zip(&bench.cosines))
        {
            rows.push(1.0);
            rows.extend(places.iter().map(|at| at.map_or(0.0, |at| row[at])));
            evidence.push(Evidence::gold(*label).weighing(1000.0 / bench.labels.len() as f64));
            offsets.push(map.slope * cosine);
        }
    }
    let mut off = vec![false; columns.len()];
    loop {
        let mut precision: Vec<f64> = vec![1e-6];
        precision.extend(off.iter().map(|off| if *off { 1e9 } else { RIDGE }));
        let mean = vec![0.0; columns.len() + 1];
        let problem = Problem {
            rows: &rows,
            evidence: &evidence,
            offsets: &offsets,
            prior_mean: &mean,
            precision: &precision,
        };
        let weights = problem.fit(&mean);
        let against: Vec<usize> = (0..columns.len())
            .filter(|c| !off[*c] && weights[c + 1] * sign(columns[*c]) < 0.0)
            .collect();
        if !against.is_empty() {
            against.iter().for_each(|c| off[*c] = true);
            continue;
        }
        let kept: Vec<usize> = (0..columns.len()).filter(|c| !off[*c]).collect();
        let named = kept.iter().map(|c| columns[*c].to_owned());
        let of = kept
            .iter()
            .map(|c| round(weights[c + 1].clamp(-LARGEST, LARGEST), 100.0));
        return LinearProxy {
            columns: std::iter::once("cosine".to_owned()).chain(named).collect(),
            scale: Scale::plain(kept.len() + 1),
            intercept: round(weights[0], 100.0),
            weights: std::iter::once(map.slope).chain(of).collect(),
            correction: None,
        };
    }
}

/// Slope of the cosine on narratives: what two notes name says more, and what they don't the cosine still sees.
/// Between 0 and 3 the AUROC on held-out invented notes differs by less than .002.
const NARRATIVES_SLOPE: f64 = 1.0;

/// Makes the clinical part of the file that is shipped, from the notes in a file.
pub(crate) fn run(notes: &Path) -> Result<()> {
    let path = workspace().join("crates/model/priors/all-MiniLM-L6-v2.json");
    let mut priors = Priors::from_json(&std::fs::read_to_string(&path)?)?;
    let set = FeatureSet::all();
    let benches: Vec<Bench> = SETS
        .iter()
        .map(|(name, kind)| Bench::read(name, *kind, &set))
        .collect::<Result<_>>()?;
    let notes = Bench::embedded(
        ("notes", TaskKind::Narratives),
        &rows_of(notes)?,
        &set,
        &scorer()?,
    )?;
    let clinical: Vec<&str> = FEATURES
        .iter()
        .filter(|(_, group)| *group == Group::Clinical)
        .map(|(name, _)| *name)
        .collect();
    let narratives = fit(
        &[&notes],
        &clinical,
        CosineMap {
            intercept: 0.0,
            slope: NARRATIVES_SLOPE,
        },
    );
    let texts = |without: Option<&str>| -> Vec<&Bench> {
        benches
            .iter()
            .filter(|b| b.kind != TaskKind::Records && Some(b.name) != without)
            .collect()
    };
    // The map's own intercept stays: how often matches occur differs from set to set.
    let of_kind = |kind, without| LinearProxy {
        intercept: priors.map(kind).intercept,
        ..fit(&texts(without), &ANYWHERE, priors.map(kind))
    };
    let kinds = [TaskKind::Questions, TaskKind::Terms, TaskKind::General];
    let mut made: Vec<(TaskKind, LinearProxy)> = kinds
        .iter()
        .map(|kind| (*kind, of_kind(*kind, None)))
        .collect();
    made.push((TaskKind::Narratives, narratives));
    priors.clinical_left_out = texts(None)
        .into_iter()
        .map(|bench| ClinicalLeftOut {
            set: bench.name.to_owned(),
            cosine: round(auroc(&bench.cosines, &bench.labels), 1e4),
            prior: round(
                auroc(
                    &bench.logits(&of_kind(TaskKind::General, Some(bench.name))),
                    &bench.labels,
                ),
                1e4,
            ),
        })
        .collect();
    priors.clinical = made;
    departures(&mut priors, &benches, &notes);
    std::fs::write(&path, serde_json::to_string_pretty(&priors)? + "\n")
        .with_context(|| path.display().to_string())?;
    for found in &priors.clinical_left_out {
        println!(
            "{:15} cosine {:.4}, prior {:.4}",
            found.set, found.cosine, found.prior
        );
    }
    for (kind, proxy) in &priors.clinical {
        println!(
            "{kind}: {:?}",
            proxy.columns.iter().zip(&proxy.weights).collect::<Vec<_>>()
        );
    }
    Ok(())
}

/// How far the weights of clinical columns depart from the priors: those of the other columns stay as they are.
fn departures(priors: &mut Priors, benches: &[Bench], notes: &Bench) {
    let known = priors
        .columns
        .iter()
        .filter(|c| {
            !FEATURES
                .iter()
                .any(|(name, g)| name == c && *g == Group::Clinical)
        })
        .count();
    let own: Vec<(TaskKind, Vec<f64>)> = benches
        .iter()
        .chain([notes])
        .map(|b| (b.kind, own_weights(b)))
        .collect();
    let own: Vec<(TaskKind, &Vec<f64>)> = own.iter().map(|(kind, w)| (*kind, w)).collect();
    priors.columns = FEATURES
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let mut sds: Vec<(TaskKind, Vec<f64>)> = Vec::new();
    for kind in TaskKind::ALL {
        let made = prior_sds(&own, kind);
        let before = priors
            .prior_sds
            .iter()
            .find(|(of, _)| *of == kind)
            .map_or(made.as_slice(), |(_, d)| d);
        sds.push((kind, [&before[..known], &made[known..]].concat()));
    }
    priors.prior_sds = sds;
}
