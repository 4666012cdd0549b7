//! A labelled set, ready for a simulation: features by our own extractor on the rows of section 7.

use anyhow::{Context, Result};
use midband_combiner::{LinearProxy, PairKey, TaskKind};
use midband_core::PairId;
use midband_features::{DocumentFrequencies, FeatureRows, FeatureSet};

use crate::data::{SETS, table, texts};

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
    /// Reads a set and computes the features of a set of them.
    pub(crate) fn read(name: &'static str, kind: TaskKind, set: &FeatureSet) -> Result<Self> {
        let table = table(&format!("features_{name}"))?;
        let texts = texts(name)?;
        let pairs = (table.ids.iter())
            .map(|id| texts.get(id).with_context(|| format!("no texts of {id}")))
            .collect::<Result<Vec<_>>>()?;
        let all = pairs.iter().flat_map(|(a, b)| [a.as_str(), b.as_str()]);
        let rows = FeatureRows::new(set.clone(), DocumentFrequencies::of_texts(all));
        let cosines = table.column("cosine")?;
        let mut values = Vec::new();
        for ((a, b), cosine) in pairs.iter().zip(&cosines) {
            rows.push_row(
                &rows.profile(a),
                &rows.profile(b),
                Some(*cosine),
                &mut values,
            );
        }
        Ok(Self {
            name,
            kind,
            keys: table
                .ids
                .iter()
                .map(|id| PairKey::from(&PairId::new(id.as_str())))
                .collect(),
            labels: table.column("label")?.iter().map(|l| *l > 0.5).collect(),
            cosines,
            columns: set.names().iter().map(|n| (*n).to_owned()).collect(),
            values,
        })
    }
}

impl Bench {
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
