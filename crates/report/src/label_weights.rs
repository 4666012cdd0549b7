//! How often labels count: the inverse of the chance that their pairs had to be labelled (Horvitz and Thompson, J. Am. Stat.
//! Assoc. 47, 1952). A pair that waited for review is labelled for certain and speaks for itself; one of `n` that were drawn at
//! random from `N` speaks for `N / n`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// How a pair came to be labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// It waited for a person.
    Value,
    /// It was drawn at random, from so many pairs where that is known.
    Random {
        /// Pairs that could have been drawn.
        of: Option<u64>,
    },
    /// Nothing says.
    Unknown,
}

impl Choice {
    pub(crate) fn of(row: &Map<String, Value>) -> Self {
        match row.get("chosen").and_then(Value::as_str) {
            Some("value") => Self::Value,
            Some("random") => {
                let of = row.get("drawn_from");
                let of = of.and_then(|of| of.as_u64().or_else(|| of.as_str()?.parse().ok()));
                Self::Random { of }
            }
            _ => Self::Unknown,
        }
    }
}

/// How often labels count, 1 on average.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelWeights {
    weights: BTreeMap<usize, f64>,
    /// Labelled pairs that waited for a person.
    pub by_value: usize,
    /// Other labelled pairs that were drawn at random.
    pub drawn: usize,
}

impl LabelWeights {
    /// Of rows: the place of the row that stands for the pair, and how the pair was chosen. All weights are 1 where it is not known
    /// of every pair.
    pub(crate) fn of(rows: impl Iterator<Item = (usize, Choice)>) -> Self {
        let mut by_value = BTreeMap::new();
        let mut random: BTreeMap<usize, u64> = BTreeMap::new();
        for (place, choice) in rows {
            match choice {
                Choice::Value => drop(by_value.insert(place, 1.0)),
                Choice::Random { of: Some(of) } => drop(random.insert(place, of)),
                Choice::Random { of: None } | Choice::Unknown => return Self::default(),
            }
        }
        // Pairs that were drawn from a population of this size; those that waited as well are among them.
        let mut sizes: BTreeMap<u64, usize> = BTreeMap::new();
        random
            .values()
            .for_each(|of| *sizes.entry(*of).or_default() += 1);
        let drawn = random
            .iter()
            .filter(|(place, _)| !by_value.contains_key(*place));
        let drawn: BTreeMap<usize, f64> = drawn
            .map(|(place, of)| (*place, (*of as f64 / sizes[of] as f64).max(1.0)))
            .collect();
        let (waited, others) = (by_value.len(), drawn.len());
        let mut weights = by_value;
        weights.extend(drawn);
        truncate(&mut weights);
        Self {
            weights,
            by_value: waited,
            drawn: others,
        }
    }

    pub(crate) fn at(&self, place: usize) -> f64 {
        self.weights.get(&place).copied().unwrap_or(1.0)
    }

    /// True where labels count differently.
    pub fn differ(&self) -> bool {
        self.by_value > 0 && self.drawn > 0
    }
}

/// Cuts weights at the square root of their number times their mean (Ionides, J. Comput. Graph. Stat. 17, 2008), so that no label
/// decides alone, and brings their mean to 1.
fn truncate(weights: &mut BTreeMap<usize, f64>) {
    let count = weights.len() as f64;
    let mean = |weights: &BTreeMap<usize, f64>| weights.values().sum::<f64>() / count;
    let most = count.sqrt() * mean(weights);
    weights
        .values_mut()
        .for_each(|weight| *weight = weight.min(most));
    let mean = mean(weights);
    weights.values_mut().for_each(|weight| *weight /= mean);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RANDOM: Choice = Choice::Random { of: Some(1000) };

    #[test]
    fn a_drawn_pair_speaks_for_many_and_one_that_waited_for_itself() {
        // Two waited, one of them was drawn too; four were drawn besides.
        let rows = [(0, Choice::Value), (1, Choice::Value), (1, RANDOM)].into_iter();
        let weights = LabelWeights::of(rows.chain((2..6).map(|place| (place, RANDOM))));
        assert_eq!((weights.by_value, weights.drawn), (2, 4));
        assert!(weights.differ());
        // Five of 1,000 were drawn.
        let ratio = weights.at(2) / weights.at(0);
        assert!((ratio - 200.0).abs() < 1e-9, "{ratio}");
        assert_eq!(weights.at(0), weights.at(1));
    }

    #[test]
    fn labels_of_unknown_choice_count_alike() {
        for unknown in [Choice::Unknown, Choice::Random { of: None }] {
            let weights =
                LabelWeights::of([(0, Choice::Value), (1, RANDOM), (2, unknown)].into_iter());
            assert_eq!(
                (weights.at(0), weights.at(1), weights.differ()),
                (1.0, 1.0, false)
            );
        }
    }

    proptest! {
        #[test]
        fn weights_are_one_on_average_and_none_is_too_large(waited in 0usize..40, drawn in 0usize..40, of in 40u64..1_000_000) {
            prop_assume!(waited + drawn > 0);
            let random = Choice::Random { of: Some(of) };
            let rows = (0..waited + drawn).map(|place| (place, if place < waited { Choice::Value } else { random }));
            let weights = LabelWeights::of(rows);
            let all: Vec<f64> = (0..waited + drawn).map(|place| weights.at(place)).collect();
            let count = all.len() as f64;
            prop_assert!((all.iter().sum::<f64>() / count - 1.0).abs() < 1e-9);
            prop_assert!(all.iter().all(|weight| *weight > 0.0 && *weight <= count));
        }
    }

    /// 2,000 pairs of which the 100 at the border waited and are half matches; of the others one in twenty is.
    #[test]
    fn the_share_of_matches_is_estimated_without_bias() {
        let is_match = |pair: u64| {
            if pair < 100 {
                pair.is_multiple_of(2)
            } else {
                pair.is_multiple_of(20)
            }
        };
        let truth = (0..2000).filter(|pair| is_match(*pair)).count() as f64 / 2000.0;
        let (mut weighed, mut plain) = (0.0, 0.0);
        let rounds = 400;
        for round in 0..rounds {
            let mut drawn: Vec<(u64, u64)> = (0..2000u64)
                .map(|pair| {
                    let hash = blake3::keyed_hash(
                        &[7; 32],
                        &[round as u64, pair].map(u64::to_le_bytes).concat(),
                    );
                    let first = hash.as_bytes().first_chunk().copied().unwrap_or_default();
                    (u64::from_le_bytes(first), pair)
                })
                .collect();
            drawn.sort_unstable();
            let drawn = drawn
                .iter()
                .take(80)
                .map(|(_, pair)| (*pair as usize, Choice::Random { of: Some(2000) }));
            let waited = (0..100).map(|pair| (pair, Choice::Value));
            let rows: Vec<(usize, Choice)> = waited.chain(drawn).collect();
            let weights = LabelWeights::of(rows.iter().copied());
            let mut pairs: Vec<usize> = rows.iter().map(|(pair, _)| *pair).collect();
            pairs.sort_unstable();
            pairs.dedup();
            let count = pairs.len() as f64;
            let matches = |of: &dyn Fn(usize) -> f64| {
                let found = pairs.iter().filter(|pair| is_match(**pair as u64));
                found.map(|pair| of(*pair)).sum::<f64>() / count
            };
            weighed += matches(&|pair| weights.at(pair)) / f64::from(rounds);
            plain += matches(&|_| 1.0) / f64::from(rounds);
        }
        assert!((weighed - truth).abs() < 0.005, "{weighed} against {truth}");
        assert!(plain - truth > 0.2, "{plain} against {truth}");
    }
}
