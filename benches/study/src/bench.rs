//! A labelled set, ready for a simulation: features by our own extractor, cosines of section 7 or by the embedding
//! model itself.

use std::collections::HashMap;

use anyhow::{Context, Result};
use midband_core::{Pair, PairId};
use midband_embed::{
    CachedEmbedder, DEFAULT_MODEL, EmbeddingScorer, ModelFolder, OnnxEmbedder, OnnxOptions,
    onnx_runtime,
};
use midband_features::{DocumentFrequencies, FeatureRows, FeatureSet};
use midband_model::{Evidence, KeyedRng, LinearProxy, PairKey, TaskKind, learn::Label};

use crate::data::{Row, SETS, rows, table, vectors};

/// One set.
pub(crate) struct Bench {
    pub(crate) name: &'static str,
    pub(crate) kind: TaskKind,
    pub(crate) keys: Vec<PairKey>,
    pub(crate) labels: Vec<bool>,
    pub(crate) cosines: Vec<f64>,
    pub(crate) columns: Vec<String>,
    /// Row-major features.
    pub(crate) values: Vec<f64>,
}

impl Bench {
    /// Reads the rows of section 7, at most 2,000 with their cosines, and computes the features of a set of them.
    pub(crate) fn read(name: &'static str, kind: TaskKind, set: &FeatureSet) -> Result<Self> {
        let table = table(&format!("features_{name}"))?;
        let by_id: HashMap<String, Row> = rows(name)?
            .into_iter()
            .map(|row| (row.id.clone(), row))
            .collect();
        let rows = (table.ids.iter())
            .map(|id| {
                by_id
                    .get(id)
                    .cloned()
                    .with_context(|| format!("no texts of {id}"))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self::of((name, kind), &rows, table.column("cosine")?, set))
    }

    /// Compares rows of a set by the embedding model itself.
    pub(crate) fn embedded(
        (name, kind): (&'static str, TaskKind),
        rows: &[Row],
        set: &FeatureSet,
        scorer: &EmbeddingScorer<CachedEmbedder<OnnxEmbedder>>,
    ) -> Result<Self> {
        let pairs: Vec<Pair> = rows
            .iter()
            .map(|row| Pair::new(row.id.as_str(), row.a.as_str(), row.b.as_str()))
            .collect();
        let cosines = scorer
            .score(&pairs)?
            .into_iter()
            .map(|compared| Ok(f64::from(compared.cosine?.get())))
            .collect::<Result<Vec<f64>>>()?;
        Ok(Self::of((name, kind), rows, cosines, set))
    }

    fn of(
        (name, kind): (&'static str, TaskKind),
        pairs: &[Row],
        cosines: Vec<f64>,
        set: &FeatureSet,
    ) -> Self {
        let all = pairs
            .iter()
            .flat_map(|row| [row.a.as_str(), row.b.as_str()]);
        let rows = FeatureRows::new(set.clone(), DocumentFrequencies::of_texts(all));
        let mut values = Vec::new();
        for (row, cosine) in pairs.iter().zip(&cosines) {
            rows.push_row(
                &rows.profile(&row.a),
                &rows.profile(&row.b),
                Some(*cosine),
                &mut values,
            );
        }
        Self {
            name,
            kind,
            keys: pairs.iter().map(Self::key).collect(),
            labels: pairs.iter().map(|row| row.label).collect(),
            cosines,
            columns: set.names().iter().map(|n| (*n).to_owned()).collect(),
            values,
        }
    }
}

impl Bench {
    /// A row's key.
    pub(crate) fn key(row: &Row) -> PairKey {
        PairKey::from(&PairId::new(row.id.as_str()))
    }

    /// So many random pairs with their gold labels, half of all at most, and the rows of the others.
    pub(crate) fn drawn(&self, labels: usize, seed: u64) -> (Vec<Label>, Vec<usize>) {
        let draw = KeyedRng::new(seed, 77);
        let mut order: Vec<usize> = (0..self.keys.len()).collect();
        order.sort_by_key(|i| draw.rank(self.keys[*i]));
        let rest = order.split_off(labels.min(order.len() / 2));
        let gold = order.into_iter().map(|row| Label {
            row,
            key: self.keys[row],
            evidence: Evidence::gold(self.labels[row]),
        });
        (gold.collect(), rest)
    }

    /// Log odds of every row by a proxy, whose columns are found by name.
    pub(crate) fn logits(&self, proxy: &LinearProxy) -> Vec<f64> {
        let places: Vec<Option<usize>> = (proxy.columns.iter())
            .map(|name| self.columns.iter().position(|c| c == name))
            .collect();
        let pick = |row: &[f64]| -> Vec<f64> {
            places
                .iter()
                .map(|at| at.map_or(0.0, |at| row[at]))
                .collect()
        };
        (self.values.chunks_exact(self.columns.len()))
            .map(|row| proxy.logit(&pick(row)))
            .collect()
    }
}

/// The embedding model, with the vectors of earlier runs.
pub(crate) fn scorer() -> Result<EmbeddingScorer<CachedEmbedder<OnnxEmbedder>>> {
    onnx_runtime(None)?;
    let model = ModelFolder::find(None, DEFAULT_MODEL)?.read(false)?;
    let embedder = OnnxEmbedder::new(model, OnnxOptions::default());
    let cached = CachedEmbedder::open(embedder, &vectors())?;
    Ok(EmbeddingScorer::new(cached))
}

/// Every set.
pub(crate) fn benches(set: &FeatureSet) -> Result<Vec<Bench>> {
    SETS.iter()
        .map(|(name, kind)| Bench::read(name, *kind, set))
        .collect()
}

/// Area under the ROC curve, ties counting one half.
pub(crate) fn auroc(scores: &[f64], labels: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut sum, mut at) = (0.0, 0);
    while at < order.len() {
        let mut end = at;
        while end < order.len() && scores[order[end]] == scores[order[at]] {
            end += 1;
        }
        let rank = (at + end + 1) as f64 / 2.0;
        sum += rank * order[at..end].iter().filter(|i| labels[**i]).count() as f64;
        at = end;
    }
    let p = labels.iter().filter(|l| **l).count() as f64;
    let n = labels.len() as f64 - p;
    (sum - p * (p + 1.0) / 2.0) / (p * n)
}
