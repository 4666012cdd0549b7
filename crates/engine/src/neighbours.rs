//! What the lists tell of a pair beside its texts: how it stands among the other candidates of its records.
//!
//! It is computed once, from the lists alone, so that a pair's score does not depend on what else is asked.

use std::{collections::HashMap, sync::Arc};

use midband_block::{Candidate, NeighbourRanks};
use midband_features::FeatureRows;
use midband_model::PairKey;

/// Columns that join the features of a pair whose records are known.
pub(crate) struct Neighbours {
    columns: Vec<String>,
    places: HashMap<PairKey, u32>,
    /// Row-major.
    values: Vec<f64>,
}

impl Neighbours {
    /// Of candidates with their keys.
    pub(crate) fn of(
        neighbour_ranks: &NeighbourRanks,
        candidates: &[Candidate],
        key: impl Fn(&Candidate) -> PairKey,
    ) -> Self {
        let columns: Vec<String> = neighbour_ranks
            .columns()
            .iter()
            .map(|&name| name.into())
            .collect();
        let mut values = Vec::with_capacity(candidates.len() * columns.len());
        let mut places = HashMap::with_capacity(candidates.len());
        for (at, candidate) in candidates.iter().enumerate() {
            neighbour_ranks.push(candidate.left, candidate.right, &mut values);
            places.insert(key(candidate), at as u32);
        }
        Self {
            columns,
            places,
            values,
        }
    }

    /// Names of the columns.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// True where the vectors of the lists are at hand, so that a cosine costs next to nothing.
    pub(crate) fn embedded(&self) -> bool {
        self.columns.iter().any(|name| name.starts_with("cosine"))
    }

    /// Rows of `width` columns, each with these columns behind them. A pair that is no candidate has zeros there.
    pub(crate) fn beside(&self, rows: &[f64], width: usize, keys: &[PairKey]) -> Vec<f64> {
        let own = self.columns.len();
        let mut wide = Vec::with_capacity(rows.len() + keys.len() * own);
        for (row, key) in rows.chunks_exact(width.max(1)).zip(keys) {
            wide.extend_from_slice(row);
            match self.places.get(key) {
                Some(&at) => wide.extend(&self.values[at as usize * own..(at as usize + 1) * own]),
                None => wide.extend(std::iter::repeat_n(0.0, own)),
            }
        }
        wide
    }
}

/// Names of the columns that pairs have: those of the features, and those of their lists where there are any.
pub(crate) fn columns(rows: &FeatureRows, lists: Option<&Arc<Neighbours>>) -> Vec<String> {
    let own = rows.set().names().into_iter().map(str::to_owned);
    let of_lists = lists.into_iter().flat_map(|lists| lists.columns());
    own.chain(of_lists.cloned()).collect()
}
