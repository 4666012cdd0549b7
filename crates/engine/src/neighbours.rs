//! What the lists tell of a pair beside its texts: how it stands among the other candidates of its records.
//!
//! It is computed once, from the lists alone, so that a pair's score does not depend on what else is asked.

use std::{collections::HashMap, sync::Arc};

use midband_block::{Candidate, NeighbourRanks};
use midband_core::{EmbedError, Pair};
use midband_features::FeatureRows;
use midband_model::PairKey;

use crate::static_tier::{Embeddings, StaticTier};

/// Columns that join the features of a pair whose records are known.
pub(crate) struct Neighbours {
    columns: Vec<String>,
    places: HashMap<PairKey, u32>,
    /// Row-major.
    values: Vec<f64>,
    /// Where static embeddings found the pairs.
    by_static: Option<StaticTier>,
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
            by_static: None,
        }
    }

    /// The same where static embeddings found the pairs. Margins are brought to the scale of the model's cosines.
    pub(crate) fn by_static(mut self, tier: StaticTier) -> Self {
        let width = self.columns.len();
        for (at, name) in self.columns.iter().enumerate() {
            if name.starts_with("cosine_margin") {
                let margins = self.values.iter_mut().skip(at).step_by(width);
                margins.for_each(|margin| *margin *= tier.slope());
            }
        }
        self.by_static = Some(tier);
        self
    }

    /// The static cosine of a pair, where static embeddings found the pairs and this one is among them.
    pub(crate) fn static_cosine(&self, key: PairKey) -> Option<f64> {
        let at = *self.places.get(&key)?;
        self.by_static.as_ref()?.cosine(at).map(f64::from)
    }

    /// True where static embeddings found the pairs.
    pub(crate) fn are_static(&self) -> bool {
        self.by_static.is_some()
    }

    /// Has the model compare pairs that static embeddings found, with their rivals, so that [`Neighbours::beside`] tells how
    /// they stand by its cosines. Synchronous CPU work; nothing to do where the model found the pairs.
    pub(crate) fn rescore(
        &self,
        embeddings: &Embeddings,
        pairs: &[Pair],
    ) -> Result<(), EmbedError> {
        let Some(tier) = &self.by_static else {
            return Ok(());
        };
        let places = pairs
            .iter()
            .filter_map(|pair| self.places.get(&PairKey::from(&pair.id)));
        tier.rescore(embeddings, &places.copied().collect::<Vec<u32>>())
    }

    /// Names of the columns.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// True where the vectors of the lists are at hand, so that a cosine costs next to nothing.
    pub(crate) fn embedded(&self) -> bool {
        !self.are_static() && self.columns.iter().any(|name| name.starts_with("cosine"))
    }

    /// Rows of `width` columns, each with these columns behind them. A pair that is no candidate has zeros there.
    pub(crate) fn beside(&self, rows: &[f64], width: usize, keys: &[PairKey]) -> Vec<f64> {
        let mut wide = self.beside_static(rows, width, keys);
        if let Some(tier) = &self.by_static {
            let all = wide.chunks_exact_mut(width + self.columns.len());
            for (row, key) in all.zip(keys) {
                if let Some(&at) = self.places.get(key) {
                    tier.stand_in(at, &self.columns, &mut row[width..]);
                }
            }
        }
        wide
    }

    /// The same by what found the pairs, whether the model has compared some since or not.
    pub(crate) fn beside_static(&self, rows: &[f64], width: usize, keys: &[PairKey]) -> Vec<f64> {
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
