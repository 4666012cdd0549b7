//! Pairs that static embeddings found: what the model says of those that it is asked about.
//!
//! How a pair stands among its rivals says more than its cosine. So the model compares, with an unsure pair, the best rivals
//! of both records; a rival further down keeps its static cosine, brought to the scale of the model's.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use midband_block::Candidate;
use midband_core::{EmbedError, Embedder};
use midband_embed::EmbeddingScorer;

use crate::records::{Record, pair};

/// Who compares by the model.
pub(crate) type Embeddings = EmbeddingScorer<Arc<dyn Embedder>>;

/// Rivals of each record that the model compares, the best by their static cosines. A choice: F1 of `match` then stays within
/// .005 of embedding everything on the shared sets, and 3 to 40 in 100 records are embedded for it.
const RIVALS: usize = 3;

/// Pairs that are compared at once.
const CHUNK: usize = 4_096;

/// Ranks are told apart up to this one, as where the model finds the pairs (`block/src/neighbour_ranks.rs`).
const LAST_RANK: usize = 16;

/// What a pair's `cosine_` columns are: smaller and larger margin, smaller and larger rank.
type Standing = [f64; 4];

/// The lists that are searched.
#[derive(Clone)]
pub(crate) struct RecordLists {
    pub(crate) left: Arc<[Record]>,
    /// None where one list is searched for doubles.
    pub(crate) right: Option<Arc<[Record]>>,
}

/// Candidates with their static cosines, and what the model said since.
pub(crate) struct StaticTier {
    left: Arc<[Record]>,
    /// None where one list is searched for doubles.
    right: Option<Arc<[Record]>>,
    candidates: Vec<Candidate>,
    /// On the scale of the model's.
    cosines: Vec<f32>,
    scale: CosineScale,
    /// Candidates of each record, best first: of the left list, and of the right one.
    of_left: Vec<Vec<u32>>,
    of_right: Vec<Vec<u32>>,
    rescored: RwLock<HashMap<u32, Standing>>,
}

impl StaticTier {
    /// Of candidates with a static cosine each, in lists of one or two.
    pub(crate) fn new(
        lists: RecordLists,
        candidates: Vec<Candidate>,
        cosines: &[f32],
        scale: CosineScale,
    ) -> Self {
        let RecordLists { left, right } = lists;
        let cosines: Vec<f32> = cosines.iter().map(|&cosine| scale.of(cosine)).collect();
        let mut of_left = vec![Vec::new(); left.len()];
        let mut of_right = vec![Vec::new(); right.as_ref().map_or(0, |list| list.len())];
        for (at, pair) in candidates.iter().enumerate() {
            of_left[pair.left as usize].push(at as u32);
            let other = if right.is_some() {
                &mut of_right
            } else {
                &mut of_left
            };
            other[pair.right as usize].push(at as u32);
        }
        for places in of_left.iter_mut().chain(&mut of_right) {
            let cosine = |at: &u32| cosines[*at as usize];
            places.sort_by(|a, b| cosine(b).total_cmp(&cosine(a)));
        }
        Self {
            left,
            right,
            candidates,
            cosines,
            scale,
            of_left,
            of_right,
            rescored: RwLock::default(),
        }
    }

    /// What a difference of static cosines is worth in the model's.
    pub(crate) fn slope(&self) -> f64 {
        self.scale.slope
    }

    /// The static cosine of a candidate, on the scale of the model's.
    pub(crate) fn cosine(&self, at: u32) -> Option<f32> {
        self.cosines.get(at as usize).copied()
    }

    /// The candidates of a pair's two records.
    fn rivals(&self, at: u32) -> [&[u32]; 2] {
        let pair = &self.candidates[at as usize];
        let others = if self.right.is_some() {
            &self.of_right
        } else {
            &self.of_left
        };
        [
            &self.of_left[pair.left as usize],
            &others[pair.right as usize],
        ]
    }

    /// Has the model compare candidates with their best rivals. What is found of a pair depends on the lists alone.
    pub(crate) fn rescore(
        &self,
        embeddings: &Embeddings,
        places: &[u32],
    ) -> Result<(), EmbedError> {
        let mut wanted: BTreeSet<u32> = places.iter().copied().collect();
        for &at in places {
            for rivals in self.rivals(at) {
                wanted.extend(rivals.iter().take(RIVALS));
            }
        }
        let wanted: Vec<u32> = wanted.into_iter().collect();
        let partners = self.right.as_ref().unwrap_or(&self.left);
        let mut cosines: HashMap<u32, f32> = HashMap::with_capacity(wanted.len());
        for part in wanted.chunks(CHUNK) {
            let pairs: Vec<_> = part
                .iter()
                .map(|&at| pair(&self.left, partners, &self.candidates[at as usize]))
                .collect();
            let compared = embeddings.score(&pairs)?;
            let found = part.iter().zip(&compared);
            cosines.extend(found.filter_map(|(&at, model)| Some((at, model.cosine.ok()?.get()))));
        }
        let cosine = |at: u32, own: u32| {
            // Of a pair's rivals its own best ones, whatever else was compared beside.
            let best = at == own
                || self
                    .rivals(own)
                    .iter()
                    .any(|all| all.iter().take(RIVALS).any(|&best| best == at));
            let model = cosines.get(&at).filter(|_| best);
            model.copied().unwrap_or(self.cosines[at as usize])
        };
        let mut rescored = self
            .rescored
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for &at in places {
            let sides = self.rivals(at).map(|rivals| {
                let own = cosine(at, at);
                let others = || {
                    rivals
                        .iter()
                        .filter(|&&other| other != at)
                        .map(|&other| cosine(other, at))
                };
                let best = others().fold(f32::NEG_INFINITY, f32::max);
                let margin = if best.is_finite() { own - best } else { 0.0 };
                let rank = 1 + others().filter(|&other| other > own).count();
                (f64::from(margin), rank.min(LAST_RANK) as f64)
            });
            let [(margin_a, rank_a), (margin_b, rank_b)] = sides;
            let standing = [
                margin_a.min(margin_b),
                margin_a.max(margin_b),
                rank_a.min(rank_b).ln(),
                rank_a.max(rank_b).ln(),
            ];
            rescored.insert(at, standing);
        }
        Ok(())
    }

    /// Puts what the model said in the place of a candidate's `cosine_` columns, where it was asked.
    pub(crate) fn stand_in(&self, at: u32, columns: &[String], values: &mut [f64]) {
        let rescored = self.rescored.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(standing) = rescored.get(&at) {
            let own = columns
                .iter()
                .zip(values)
                .filter(|(name, _)| name.starts_with("cosine_"));
            own.zip(standing)
                .for_each(|((_, value), new)| *value = *new);
        }
    }
}

/// From static cosines to the model's: a straight line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CosineScale {
    slope: f64,
    intercept: f64,
}

/// Pairs from which on a line is fitted.
const FEWEST: usize = 20;

impl CosineScale {
    /// The line of least squares through pairs of a static cosine and the model's. Cosines as they are where there are too
    /// few, or where the two do not rise together.
    pub(crate) fn fit(pairs: &[(f32, f32)]) -> Self {
        let plain = Self {
            slope: 1.0,
            intercept: 0.0,
        };
        let n = pairs.len() as f64;
        if pairs.len() < FEWEST {
            return plain;
        }
        let mean = |of: fn(&(f32, f32)) -> f32| {
            pairs.iter().map(|pair| f64::from(of(pair))).sum::<f64>() / n
        };
        let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
        let (mut xx, mut xy) = (0.0, 0.0);
        for (a, b) in pairs {
            let from = f64::from(*a) - x;
            xx += from * from;
            xy += from * (f64::from(*b) - y);
        }
        if xx <= 0.0 || xy <= 0.0 {
            return plain;
        }
        let slope = xy / xx;
        Self {
            slope,
            intercept: y - slope * x,
        }
    }

    fn of(self, cosine: f32) -> f32 {
        (self.intercept + self.slope * f64::from(cosine)).clamp(-1.0, 1.0) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_straight_line_is_found_again(slope in 0.1..1.0f64, intercept in -0.5..0.5f64) {
            let line = |x: f32| (intercept + slope * f64::from(x)) as f32;
            let pairs: Vec<(f32, f32)> = (0..50).map(|i| i as f32 / 50.0).map(|x| (x, line(x))).collect();
            let found = CosineScale::fit(&pairs);
            prop_assert!((found.slope - slope).abs() < 1e-4 && (found.intercept - intercept).abs() < 1e-4);
            prop_assert!(found.of(1e9) <= 1.0 && found.of(-1e9) >= -1.0);
        }
    }

    #[test]
    fn where_nothing_can_be_fitted_cosines_stay_as_they_are() {
        let falling: Vec<(f32, f32)> = (0..50).map(|i| (i as f32, -(i as f32))).collect();
        for pairs in [&falling[..], &[(0.5, 0.5); 50], &[(0.1, 0.9), (0.2, 0.95)]] {
            assert_eq!(CosineScale::fit(pairs).of(0.3), 0.3);
        }
    }
}
