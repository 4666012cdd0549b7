//! Makes the clinical part of the priors that are shipped, and the same with one set left out for honest figures.
//!
//! Narratives: from invented notes (`benches/make_notes.py`), never from data/patients.jsonl. The other kinds: a few
//! features that mean the same on every set (other names, contradictions) beside the cosine's own map, from the shared
//! sets; and what questions ask for, from the sets of questions.

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

/// What questions ask for: taught by the sets of questions alone, since terms ask nothing.
const ASKS: [&str; 3] = ["asks_shared", "asks_other", "asks_form_differs"];

/// Strength of the ridge on raw columns, in pairs where each set weighs as a thousand: weak, as contradictions are rare.
const RIDGE: f64 = 0.3;

/// How strongly a fit is held, and what a set weighs in it.
struct Strength {
    ridge: f64,
    /// In pairs; its own number of pairs where `None`.
    set: Option<f64>,
}

/// Of what every set has alike.
const ALIKE: Strength = Strength {
    ridge: RIDGE,
    set: Some(1000.0),
};

/// Of what questions ask for: with a weaker ridge, or as much weight of the 294 pairs of rqe_consumer as of the 1,524 of mqp, weights
/// taught by the first are too large for the second. Between 5 and 20 the AUROC of a set that was left out differs by .005.
const OF_ASKS: Strength = Strength {
    ridge: 10.0,
    set: None,
};

/// The largest weight of a flag: a note may be misread, and what no training pair shows is not impossible.
const LARGEST: f64 = 3.0;

/// The sign that a column has by its meaning: a weight against it is left out.
fn sign(name: &str) -> f64 {
    let against = [
        "conflict",
        "only",
        "gap",
        "other",
        "name_related",
        "differs",
    ];
    if against.iter().any(|part| name.contains(part)) {
        -1.0
    } else {
        1.0
    }
}

/// Intercept, and weights on raw columns beside a fixed slope of the cosine.
fn fit(sets: &[&Bench], columns: &[&str], map: CosineMap) -> LinearProxy {
    let offsets: Vec<f64> = sets
        .iter()
        .flat_map(|bench| bench.cosines.iter().map(|cosine| map.slope * cosine))
        .collect();
    let Weights {
        intercept,
        kept,
        of,
    } = weights(sets, columns, &offsets, &ALIKE);
    let slope = std::iter::once(map.slope);
    LinearProxy {
        columns: std::iter::once("cosine".to_owned()).chain(kept).collect(),
        scale: Scale::plain(of.len() + 1),
        intercept: round(intercept, 100.0),
        weights: slope
            .chain(of.iter().map(|w| round(w.clamp(-LARGEST, LARGEST), 100.0)))
            .collect(),
        correction: None,
    }
}

/// The same proxy with the weights of what questions ask for. Each set's log odds are first put on a scale of its own, as
/// sets differ in how much their cosines tell; the weights then go back to the proxy's scale.
fn with_asks(proxy: LinearProxy, sets: &[&Bench]) -> Result<LinearProxy> {
    let questions: Vec<&Bench> = sets
        .iter()
        .copied()
        .filter(|bench| bench.kind == TaskKind::Questions)
        .collect();
    let (mut offsets, mut slopes) = (Vec::new(), 0.0);
    for bench in &questions {
        let logits = bench.logits(&proxy);
        let rows: Vec<f64> = logits.iter().flat_map(|logit| [1.0, *logit]).collect();
        let evidence: Vec<Evidence> = bench.labels.iter().map(|l| Evidence::gold(*l)).collect();
        let problem = Problem {
            rows: &rows,
            evidence: &evidence,
            offsets: &[],
            prior_mean: &[0.0; 2],
            precision: &[1e-6; 2],
        };
        let line = problem.fit(&[0.0; 2]);
        let (intercept, slope) = line
            .first()
            .zip(line.get(1))
            .context("a line has two numbers")?;
        offsets.extend(logits.iter().map(|logit| intercept + slope * logit));
        slopes += slope / questions.len() as f64;
    }
    if slopes <= 0.0 {
        return Ok(proxy);
    }
    let Weights { kept, of, .. } = weights(&questions, &ASKS, &offsets, &OF_ASKS);
    Ok(LinearProxy {
        scale: Scale::plain(proxy.columns.len() + of.len()),
        columns: proxy.columns.into_iter().chain(kept).collect(),
        weights: (proxy.weights.into_iter())
            .chain(of.iter().map(|w| round(w / slopes, 100.0)))
            .collect(),
        ..proxy
    })
}

/// Weights of the columns that keep the sign of their meaning.
struct Weights {
    intercept: f64,
    kept: Vec<String>,
    of: Vec<f64>,
}

/// Weights on raw columns beside fixed log odds, one a row of the sets.
fn weights(sets: &[&Bench], columns: &[&str], offsets: &[f64], strength: &Strength) -> Weights {
    let mut rows = Vec::new();
    let mut evidence = Vec::new();
    for bench in sets {
        let places: Vec<Option<usize>> = columns
            .iter()
            .map(|name| bench.columns.iter().position(|c| c == name))
            .collect();
        for (row, label) in bench
            .values
            .chunks_exact(bench.columns.len())
            .zip(&bench.labels)
        {
            rows.push(1.0);
            rows.extend(places.iter().map(|at| at.map_or(0.0, |at| row[at])));
            let share = (strength.set).map_or(1.0, |set| set / bench.labels.len() as f64);
            evidence.push(Evidence::gold(*label).weighing(share));
        }
    }
    let mut off = vec![false; columns.len()];
    loop {
        let mut precision: Vec<f64> = vec![1e-6];
        precision.extend(
            off.iter()
                .map(|off| if *off { 1e9 } else { strength.ridge }),
        );
        let mean = vec![0.0; columns.len() + 1];
        let problem = Problem {
            rows: &rows,
            evidence: &evidence,
            offsets,
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
        return Weights {
            intercept: weights[0],
            kept: kept.iter().map(|c| columns[*c].to_owned()).collect(),
            of: kept.iter().map(|c| weights[c + 1]).collect(),
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
    let of_kind = |kind, without| -> Result<LinearProxy> {
        let sets = texts(without);
        let plain = LinearProxy {
            intercept: priors.map(kind).intercept,
            ..fit(&sets, &ANYWHERE, priors.map(kind))
        };
        with_asks(plain, &sets)
    };
    let kinds = [TaskKind::Questions, TaskKind::Terms, TaskKind::General];
    let mut made: Vec<(TaskKind, LinearProxy)> = kinds
        .iter()
        .map(|kind| Ok((*kind, of_kind(*kind, None)?)))
        .collect::<Result<_>>()?;
    made.push((TaskKind::Narratives, narratives));
    priors.clinical_left_out = texts(None)
        .into_iter()
        .map(|bench| {
            let without = of_kind(TaskKind::General, Some(bench.name))?;
            let auroc = |scores: &[f64]| round(auroc(scores, &bench.labels), 1e4);
            Ok(ClinicalLeftOut {
                set: bench.name.to_owned(),
                cosine: auroc(&bench.cosines),
                prior: auroc(&bench.logits(&without)),
            })
        })
        .collect::<Result<_>>()?;
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

/// How far the weights of the columns made here depart from the priors: those of the other columns stay as they are.
fn departures(priors: &mut Priors, benches: &[Bench], notes: &Bench) {
    let known = priors
        .columns
        .iter()
        .filter(|c| {
            !FEATURES
                .iter()
                .any(|(name, g)| name == c && matches!(g, Group::Clinical | Group::Asks))
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
