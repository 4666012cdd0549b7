//! What a fit learns, and how likely it makes a pair in each class.

use crate::{
    classes::{CLASSES, Classes, MOVED, SAME, SHARING},
    comparison_levels::{self, MISSING},
    pair_levels::Compared,
};

/// Logarithms of m probabilities by field and level, and of the numbers of pairs by class.
#[derive(Clone, Debug)]
pub(crate) struct Logs {
    pub(crate) m: Vec<Vec<f64>>,
    pub(crate) pairs: [f64; CLASSES],
}

/// What is learnt.
#[derive(Clone, Debug)]
pub(crate) struct Learnt {
    /// By field and level: m probability, of pairs with a value on both sides.
    pub(crate) m: Vec<Vec<f64>>,
    /// By class: pairs of it among all pairs of the lists; 0 for a class that is not there.
    pub(crate) pairs: [f64; CLASSES],
    /// By class and field: probability to agree as one person's records do.
    pub(crate) shared: [Vec<f64>; CLASSES],
}

impl Learnt {
    /// Where the fit starts: shipped m probabilities, as many matches as given.
    pub(crate) fn start(compared: &Compared, classes: &Classes, matches: f64, all: f64) -> Self {
        let m = compared.fields.iter().map(|field| {
            let levels = comparison_levels::levels(field.kind);
            let sum: f64 = levels.iter().map(|level| level.prior).sum();
            levels.iter().map(|level| level.prior / sum).collect()
        });
        let mut pairs = [
            0.9 * matches,
            0.1 * matches,
            all,
            2.0 * matches,
            0.1 * matches,
            0.02 * matches,
            0.05 * matches,
        ];
        for (pairs, there) in pairs.iter_mut().zip(classes.there) {
            *pairs *= f64::from(u8::from(there));
        }
        Self {
            m: m.collect(),
            pairs,
            shared: classes.shared.clone(),
        }
    }

    /// Logarithms of how likely a pair is in each class, against chance (the class's number of pairs included).
    pub(crate) fn classes(&self, logs: &Logs, levels: &[u8], ln_u: &[f32]) -> [f64; CLASSES] {
        let weights = levels
            .iter()
            .zip(ln_u)
            .enumerate()
            .filter(|(_, (level, _))| **level != MISSING)
            .map(|(field, (level, ln_u))| {
                (field, logs.m[field][*level as usize] - f64::from(*ln_u))
            });
        self.classes_by(logs, weights)
    }

    /// The same from match weights (natural logarithms) by field.
    pub(crate) fn classes_by(
        &self,
        logs: &Logs,
        weights: impl Iterator<Item = (usize, f64)>,
    ) -> [f64; CLASSES] {
        let mut out = logs.pairs;
        // Products of sums, with one logarithm at the end; they stay far from the limits of the numbers.
        let mut mixed = [1.0_f64; CLASSES];
        for (field, weight) in weights {
            out[SAME] += weight;
            out[MOVED] += weight * self.shared[MOVED][field];
            if SHARING.iter().any(|class| self.shared[*class][field] > 0.0) {
                let ratio = weight.exp();
                for class in SHARING {
                    let shared = self.shared[class][field];
                    mixed[class] *= 1.0 - shared + shared * ratio;
                    if !(1e-200..1e200).contains(&mixed[class]) {
                        out[class] += mixed[class].ln();
                        mixed[class] = 1.0;
                    }
                }
            }
        }
        for class in SHARING {
            out[class] += mixed[class].ln();
        }
        out
    }

    /// Logarithms of what scores need.
    pub(crate) fn logs(&self) -> Logs {
        Logs {
            m: self
                .m
                .iter()
                .map(|m| m.iter().map(|m| m.ln()).collect())
                .collect(),
            pairs: self.pairs.map(f64::ln),
        }
    }
}

/// Logarithm of a sum of exponentials.
pub(crate) fn ln_sum(terms: &[f64]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        most
    } else {
        most + terms
            .iter()
            .map(|term| (term - most).exp())
            .sum::<f64>()
            .ln()
    }
}
