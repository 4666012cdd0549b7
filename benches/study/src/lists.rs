//! What lists tell beside the texts: the labelled sets rebuilt as two lists (one, where both sides share texts), and how
//! each labelled pair stands among the candidates of its records.

use std::{collections::HashMap, fmt::Write as _};

use anyhow::{Context, Result};
use midband_block::{List, Settings, find};
use midband_core::{Embedder, Vectors};
use midband_embed::{CachedEmbedder, EmbeddingScorer, OnnxEmbedder};
use midband_features::{FeatureSet, NEIGHBOURS};
use midband_model::{
    KeyedRng, MatchedPrior, Priors, TaskKind,
    learn::{FitOptions, Rows, fit},
};

use crate::{
    bench::{Bench, auroc},
    data::{Row, rows},
    parallel::map,
    prior::{matched, own_weights},
};

/// Record sets that can be rebuilt.
const SETS: [&str; 6] = [
    "abt_buy",
    "amazon_google",
    "dblp_acm",
    "febrl1",
    "febrl4",
    "fodors_zagats",
];

/// Most labelled pairs of a set, as in the other tables.
const PAIRS: usize = 2_000;

/// Texts embedded at a time.
const CHUNK: usize = 1_024;

type Scorer = EmbeddingScorer<CachedEmbedder<OnnxEmbedder>>;

/// Distinct texts with their places.
#[derive(Default)]
struct Texts<'a> {
    texts: Vec<&'a str>,
    places: HashMap<&'a str, u32>,
}

impl<'a> Texts<'a> {
    fn place(&mut self, text: &'a str) -> u32 {
        *self.places.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() as u32 - 1
        })
    }

    fn vectors(&self, scorer: &Scorer) -> Result<Vectors> {
        let embedder = scorer.embedder();
        let mut all = Vectors::zeros(self.texts.len(), embedder.width());
        for (part, texts) in self.texts.chunks(CHUNK).enumerate() {
            let embedded = embedder.embed(texts)?;
            for at in 0..texts.len() {
                let found = embedded.get(at).context("a blank text")?;
                all.set(part * CHUNK + at, found.vector, found.truncated)?;
            }
        }
        Ok(all)
    }
}

/// The sets with the features of loose pairs and with the columns of [`NEIGHBOURS`] behind them.
pub(crate) fn benches(scorer: &Scorer) -> Result<Vec<Bench>> {
    SETS.iter().map(|name| bench(name, scorer)).collect()
}

fn bench(name: &'static str, scorer: &Scorer) -> Result<Bench> {
    let all = rows(name)?;
    let (mut left, mut right) = (Texts::default(), Texts::default());
    for row in &all {
        left.place(&row.a);
        right.place(&row.b);
    }
    let shared = left
        .texts
        .iter()
        .filter(|text| right.places.contains_key(*text))
        .count();
    let one_list = shared * 10 > left.texts.len();
    if one_list {
        right.texts.clone().into_iter().for_each(|text| {
            left.place(text);
        });
    }
    let right = (!one_list).then_some(&right);
    let (a, b) = (
        left.vectors(scorer)?,
        right.map(|right| right.vectors(scorer)).transpose()?,
    );
    let of_left = List {
        vectors: Some(&a),
        ..List::of_texts(&left.texts)
    };
    let of_right = right.map(|right| List {
        vectors: b.as_ref(),
        ..List::of_texts(&right.texts)
    });
    let (_, neighbour_ranks) = find(&of_left, of_right.as_ref(), &Settings::default())?;
    let draw = KeyedRng::new(0, 78);
    let mut sample: Vec<&Row> = all
        .iter()
        .filter(|row| !(one_list && row.a == row.b))
        .collect();
    sample.sort_by_key(|row| draw.rank(Bench::key(row)));
    sample.truncate(PAIRS);
    let sample: Vec<Row> = sample.into_iter().cloned().collect();
    let mut bench = Bench::embedded(
        (name, TaskKind::Records),
        &sample,
        &FeatureSet::all(),
        scorer,
    )?;
    let width = bench.columns.len();
    let mut wide = Vec::new();
    for (row, values) in sample.iter().zip(bench.values.chunks_exact(width)) {
        wide.extend_from_slice(values);
        let right = right.unwrap_or(&left);
        neighbour_ranks.push(
            left.places[row.a.as_str()],
            right.places[row.b.as_str()],
            &mut wide,
        );
    }
    bench.values = wide;
    bench.columns.extend(NEIGHBOURS.map(str::to_owned));
    Ok(bench)
}

/// The set without what lists tell.
fn loose(bench: &Bench) -> Bench {
    let width = bench.columns.len();
    let kept = width - NEIGHBOURS.len();
    Bench {
        name: bench.name,
        kind: bench.kind,
        keys: bench.keys.clone(),
        labels: bench.labels.clone(),
        cosines: bench.cosines.clone(),
        columns: bench.columns[..kept].to_vec(),
        values: bench
            .values
            .chunks_exact(width)
            .flat_map(|row| &row[..kept])
            .copied()
            .collect(),
    }
}

/// The prior of matched lists, made from every set but one.
pub(crate) fn prior(all: &[Bench], except: Option<&str>) -> MatchedPrior {
    let sets: Vec<&Bench> = all
        .iter()
        .filter(|bench| Some(bench.name) != except)
        .collect();
    let own: Vec<Vec<f64>> = sets.iter().map(|bench| own_weights(bench)).collect();
    matched(&sets, &own)
}

/// AUROC and accuracy at even odds on the pairs that are not labelled.
fn learned(bench: &Bench, priors: &Priors, labels: usize, seed: u64) -> Result<[f64; 2]> {
    let (gold, rest) = bench.drawn(labels, seed);
    let rows = Rows::new(&bench.columns, &bench.values)?;
    let from = priors.for_task(bench.kind, &bench.columns);
    let proxy = if labels == 0 {
        from.last().context("no prior")?.proxy.on(&bench.columns)
    } else {
        let options = FitOptions {
            seed,
            ..FitOptions::default()
        };
        fit(rows, &rows.scale(), &gold, &from, &options)?.proxy
    };
    let scores: Vec<f64> = rest.iter().map(|i| proxy.logit(rows.row(*i))).collect();
    let truth: Vec<bool> = rest.iter().map(|i| bench.labels[*i]).collect();
    let right = scores
        .iter()
        .zip(&truth)
        .filter(|(score, truth)| (**score >= 0.0) == **truth);
    Ok([
        auroc(&scores, &truth),
        right.count() as f64 / truth.len() as f64,
    ])
}

fn mean(bench: &Bench, priors: &Priors, labels: usize, seeds: u64) -> Result<[f64; 2]> {
    let seeds = if labels == 0 { 1 } else { seeds };
    let all: Vec<u64> = (0..seeds).collect();
    let mut sum = [0.0; 2];
    for found in map(&all, |seed| learned(bench, priors, labels, *seed)) {
        let found = found?;
        sum = [
            sum[0] + found[0] / seeds as f64,
            sum[1] + found[1] / seeds as f64,
        ];
    }
    Ok(sum)
}

/// What the neighbours add, without labels, with 50 and with 200.
pub(crate) fn table(
    loose_priors: &[(&str, Priors)],
    scorer: &Scorer,
    seeds: u64,
) -> Result<String> {
    let mut page = format!(
        "The sets rebuilt as lists from all of their rows; at most {PAIRS} labeled pairs of each, \
         cosines by all-MiniLM-L6-v2. AUROC, and accuracy at even odds, of the proxy without and with the columns of the neighbors; \
         priors made without the set; mean of {seeds} draws of the labels.\n\n| set | labels | AUROC | with neighbors | accuracy | with \
         neighbors |\n|---|---|---|---|---|---|\n"
    );
    let all = benches(scorer)?;
    for bench in &all {
        let without = loose(bench);
        let shipped = Priors::shipped()?;
        let of_others = loose_priors.iter().find(|(name, _)| *name == bench.name);
        let mut priors = of_others.map_or(shipped, |(_, priors)| priors.clone());
        priors.matched = prior(&all, Some(bench.name));
        for labels in [0, 50, 200] {
            let (a, b) = (
                mean(&without, &priors, labels, seeds)?,
                mean(bench, &priors, labels, seeds)?,
            );
            writeln!(
                page,
                "| {} | {labels} | {:.4} | {:.4} | {:.4} | {:.4} |",
                bench.name, a[0], b[0], a[1], b[1]
            )?;
        }
    }
    page.push('\n');
    Ok(page)
}
