//! Makes the priors that are shipped, and the same with one set left out for honest figures.

use anyhow::{Context, Result};
use midband_features::{FeatureSet, NEIGHBOURS};
use midband_model::{
    CosineMap, Evidence, LeftOut, LinearProxy, MatchedPrior, PRIORS_VERSION, Priors, Scale,
    TaskKind, logistic::Problem,
};

use crate::{
    bench::{Bench, auroc, benches, scorer},
    data::workspace,
    lists,
};

/// Strength of the ridge under the pooled fit, in pairs, where each set weighs as [`SET`] pairs.
const RIDGE: f64 = 20.0;
const SET: f64 = 1000.0;

/// Strength of the ridge under a set's own weights.
const OWN_RIDGE: f64 = 5.0;

/// Sets' worth of the same kind against another kind in the departures.
const SAME_KIND: f64 = 4.0;

/// Features whose weights carry over from one sort of records to another. Spelling and fields do not:
/// which field names the thing differs from task to task (with them febrl1, left out, falls from 1.000
/// to .991).
const CARRY: &str = "cosine,words,numbers,negation,markers,length,trigrams,acronym,codes";

/// Makes the priors from every set but one. `own` are the sets' own weights, in their order.
pub(crate) fn make(all: &[Bench], own: &[Vec<f64>], except: Option<&str>) -> Result<Priors> {
    let sets: Vec<&Bench> = all.iter().filter(|b| Some(b.name) != except).collect();
    let own: Vec<(TaskKind, &Vec<f64>)> = (all.iter().zip(own))
        .filter(|(b, _)| Some(b.name) != except)
        .map(|(b, w)| (b.kind, w))
        .collect();
    let of_kind = |kind: TaskKind| -> Vec<&Bench> {
        (sets.iter().copied())
            .filter(|b| kind == TaskKind::General || b.kind == kind)
            .collect()
    };
    let carry: FeatureSet = CARRY.parse()?;
    let records = of_kind(TaskKind::Records);
    Ok(Priors {
        version: PRIORS_VERSION,
        embedding_model: "all-MiniLM-L6-v2".to_owned(),
        columns: all.first().context("no sets")?.columns.clone(),
        maps: TaskKind::ALL
            .map(|kind| (kind, cosine_map(&of_kind(kind))))
            .to_vec(),
        prior_sds: TaskKind::ALL
            .map(|kind| (kind, prior_sds(&own, kind)))
            .to_vec(),
        records: pooled(&records, &carry.names()),
        records_without_cosine: pooled(&records, &carry.without_cosine().names()),
        left_out: Vec::new(),
        // Made from lists, which take the embedding model.
        matched: MatchedPrior::default(),
        // Made by `clinical`, afterwards.
        clinical: Vec::new(),
        clinical_left_out: Vec::new(),
    })
}

/// Maximum likelihood of the cosine's map, every set weighing the same.
pub(crate) fn cosine_map(sets: &[&Bench]) -> CosineMap {
    let (mut rows, mut evidence) = (Vec::new(), Vec::new());
    for bench in sets {
        rows.extend(bench.cosines.iter().flat_map(|cosine| [1.0, *cosine]));
        evidence.extend(evidence_of(bench));
    }
    let weights = solve(&rows, &evidence, &[0.0; 2]);
    CosineMap {
        intercept: round(weights[0], 100.0),
        slope: round(weights[1], 100.0),
    }
}

fn evidence_of(bench: &Bench) -> impl Iterator<Item = Evidence> {
    let weight = SET / bench.labels.len() as f64;
    bench
        .labels
        .iter()
        .map(move |label| Evidence::gold(*label).weighing(weight))
}

fn solve(rows: &[f64], evidence: &[Evidence], precision: &[f64]) -> Vec<f64> {
    let mean = vec![0.0; precision.len()];
    let problem = Problem {
        rows,
        evidence,
        offsets: &[],
        prior_mean: &mean,
        precision,
    };
    problem.fit(&mean)
}

pub(crate) fn round(x: f64, unit: f64) -> f64 {
    (x * unit).round() / unit
}

/// Weights of a set on its own labels, in its own scale, without the intercept.
pub(crate) fn own_weights(bench: &Bench) -> Vec<f64> {
    let width = bench.columns.len();
    let rows = design(&bench.values, &Scale::of(&bench.values, width));
    let mut precision = vec![OWN_RIDGE; width + 1];
    precision[0] = 1e-6;
    let evidence: Vec<Evidence> = evidence_of(bench).collect();
    solve(&rows, &evidence, &precision).split_off(1)
}

fn design(values: &[f64], scale: &Scale) -> Vec<f64> {
    let mut rows = Vec::new();
    for row in values.chunks_exact(scale.centre.len()) {
        rows.push(1.0);
        rows.extend(
            row.iter()
                .enumerate()
                .map(|(c, x)| scale.standardise(c, *x)),
        );
    }
    rows
}

/// Root mean square of each weight over the sets; one set's worth of .22 for what was never seen.
pub(crate) fn prior_sds(own: &[(TaskKind, &Vec<f64>)], kind: TaskKind) -> Vec<f64> {
    let width = own.first().map_or(0, |(_, w)| w.len());
    let of = |column: usize| {
        let (mut sum, mut n) = (0.05, 1.0);
        for (of, weights) in own {
            let share = if *of == kind { SAME_KIND } else { 1.0 };
            sum += share * weights[column] * weights[column];
            n += share;
        }
        round((sum / n).sqrt(), 1e4)
    };
    (0..width).map(of).collect()
}

/// Centre and spread with every set weighing the same.
fn even_scale(sets: &[&Bench], width: usize) -> Scale {
    let scales: Vec<Scale> = sets.iter().map(|b| Scale::of(&b.values, width)).collect();
    let mean =
        |of: &dyn Fn(&Scale) -> f64| scales.iter().map(of).sum::<f64>() / scales.len() as f64;
    let centre: Vec<f64> = (0..width)
        .map(|c| round(mean(&|s| s.centre[c]), 1e5))
        .collect();
    let spread = (0..width)
        .map(|c| mean(&|s| s.spread[c].powi(2) + (s.centre[c] - centre[c]).powi(2)).sqrt());
    let spread = spread.map(|s| round(s, 1e5)).collect();
    Scale { centre, spread }
}

/// The prior of these sets on these columns. A weight against the column's own direction (an overlap
/// that speaks against a match because another column says more) does not carry over: it is set to 0.
fn pooled(sets: &[&Bench], carried: &[&str]) -> LinearProxy {
    let all = sets.first().map_or(&[] as &[String], |b| &b.columns);
    let width = all.len();
    let scale = even_scale(sets, width);
    let rows: Vec<f64> = sets
        .iter()
        .flat_map(|b| design(&b.values, &scale))
        .collect();
    let evidence: Vec<Evidence> = sets.iter().flat_map(|b| evidence_of(b)).collect();
    let alone = covariance(&rows, &evidence, width + 1);
    let mut precision: Vec<f64> = vec![1e-6];
    precision.extend(all.iter().map(|c| {
        if carried.contains(&c.as_str()) {
            RIDGE
        } else {
            FIXED
        }
    }));
    let weights = loop {
        let weights = solve(&rows, &evidence, &precision);
        let against: Vec<usize> = (1..=width)
            .filter(|c| precision[*c] < FIXED && weights[*c] * alone[*c] < 0.0)
            .collect();
        if against.is_empty() {
            break weights;
        }
        against.iter().for_each(|c| precision[*c] = FIXED);
    };
    let kept: Vec<usize> = (0..width).filter(|c| precision[c + 1] < FIXED).collect();
    LinearProxy {
        columns: kept.iter().map(|c| all[*c].clone()).collect(),
        scale: Scale {
            centre: kept.iter().map(|c| scale.centre[*c]).collect(),
            spread: kept.iter().map(|c| scale.spread[*c]).collect(),
        },
        intercept: round(weights[0], 1e4),
        weights: kept.iter().map(|c| round(weights[c + 1], 1e4)).collect(),
        correction: None,
    }
}

/// Precision that holds a weight at 0.
const FIXED: f64 = 1e9;

/// The prior of lists: what carries over between records, and the neighbours. `own` are the sets' own weights.
pub(crate) fn matched(sets: &[&Bench], own: &[Vec<f64>]) -> MatchedPrior {
    let carry: FeatureSet = CARRY.parse().unwrap_or_default();
    let carried = [carry.names(), NEIGHBOURS.to_vec()].concat();
    let own: Vec<(TaskKind, &Vec<f64>)> = own.iter().map(|w| (TaskKind::Records, w)).collect();
    let all = prior_sds(&own, TaskKind::Records);
    MatchedPrior {
        proxy: pooled(sets, &carried),
        prior_sds: all[all.len() - NEIGHBOURS.len()..].to_vec(),
    }
}

/// Covariance of each column with the label.
fn covariance(rows: &[f64], evidence: &[Evidence], width: usize) -> Vec<f64> {
    let total: f64 = evidence.iter().map(|e| e.weight).sum();
    let share = evidence.iter().map(|e| e.weight * e.if_match).sum::<f64>() / total;
    let mut out = vec![0.0; width];
    for (row, e) in rows.chunks_exact(width).zip(evidence) {
        (out.iter_mut().zip(row)).for_each(|(o, x)| *o += e.weight * (e.if_match - share) * x);
    }
    out
}

/// Makes the file that is shipped.
pub(crate) fn run() -> Result<()> {
    let all = benches(&FeatureSet::all())?;
    let own: Vec<Vec<f64>> = all.iter().map(own_weights).collect();
    let mut priors = make(&all, &own, None)?;
    for bench in all.iter().filter(|b| b.kind == TaskKind::Records) {
        let without = make(&all, &own, Some(bench.name))?;
        let lexical: Vec<String> = FeatureSet::all()
            .without_cosine()
            .names()
            .iter()
            .map(|n| (*n).to_owned())
            .collect();
        let of = |columns: &[String]| -> Result<f64> {
            let proxy = without
                .proxy(TaskKind::Records, columns)
                .context("no prior")?;
            Ok(round(auroc(&bench.logits(&proxy), &bench.labels), 1e4))
        };
        priors.left_out.push(LeftOut {
            set: bench.name.to_owned(),
            cosine: round(auroc(&bench.cosines, &bench.labels), 1e4),
            prior: of(&bench.columns)?,
            without_cosine: of(&lexical)?,
        });
    }
    priors.matched = lists::prior(&lists::benches(&scorer()?)?, None);
    let path = workspace().join("crates/model/priors/all-MiniLM-L6-v2.json");
    std::fs::write(&path, serde_json::to_string_pretty(&priors)? + "\n")
        .with_context(|| path.display().to_string())?;
    for found in &priors.left_out {
        println!(
            "{:15} cosine {:.4}, prior {:.4}, without the cosine {:.4}",
            found.set, found.cosine, found.prior, found.without_cosine
        );
    }
    for (kind, map) in &priors.maps {
        println!("{kind}: intercept {}, slope {}", map.intercept, map.slope);
    }
    Ok(())
}
