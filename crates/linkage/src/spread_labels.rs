//! What somebody is certain of, as other pairs of the same records hear of it.

use std::{borrow::Cow, collections::BTreeMap};

/// Log odds of a pair that somebody is certain of, where other pairs of its records are weighed.
const CERTAIN: f64 = 15.0;

/// The candidates as far as they tell of other pairs: what is certain stands in the place of the columns.
pub(crate) struct Told<'a> {
    pub(crate) pairs: Cow<'a, [(u32, u32)]>,
    pub(crate) scores: Cow<'a, [f64]>,
    /// The pairs that somebody is certain of.
    pub(crate) certain: Vec<(u32, u32)>,
}

impl<'a> Told<'a> {
    /// `said` are probabilities by pair; only 0 and 1 are certain, and of several about one pair the last counts.
    pub(crate) fn of(
        pairs: &'a [(u32, u32)],
        scores: &'a [f64],
        said: &[((u32, u32), f64)],
    ) -> Self {
        let mut certain: BTreeMap<(u32, u32), f64> = BTreeMap::new();
        for (pair, p) in said.iter().filter(|(_, p)| *p <= 0.0 || *p >= 1.0) {
            certain.insert(*pair, if *p >= 1.0 { CERTAIN } else { -CERTAIN });
        }
        let mut told = Self {
            pairs: pairs.into(),
            scores: scores.into(),
            certain: certain.keys().copied().collect(),
        };
        // Millions of candidates are copied only where somebody said something.
        if certain.is_empty() {
            return told;
        }
        let (pairs, scores) = (told.pairs.to_mut(), told.scores.to_mut());
        for (pair, score) in pairs.iter().zip(scores.iter_mut()) {
            if let Some(odds) = certain.remove(pair) {
                *score = odds;
            }
        }
        // Nobody proposed the rest: only as matches do they bring others together.
        for (pair, odds) in certain.into_iter().filter(|(_, odds)| *odds > 0.0) {
            pairs.push(pair);
            scores.push(odds);
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_certain_takes_the_place_of_the_columns() {
        let said = [
            ((0, 1), 1.0),
            ((0, 1), 0.0),
            ((2, 3), 1.0),
            ((4, 5), 0.0),
            ((1, 2), 0.9),
        ];
        let told = Told::of(&[(0, 1), (1, 2)], &[3.0, -2.0], &said);
        assert_eq!(told.pairs[..], [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(told.scores[..], [-CERTAIN, -2.0, CERTAIN]);
        assert_eq!(told.certain, [(0, 1), (2, 3), (4, 5)]);
    }
}
