//! A linear proxy: the sum of a prior and of one part a feature, on the log odds.

use serde::{Deserialize, Serialize};

use crate::{Explanation, Scale, numeric::sigmoid};

/// `logit p = intercept + sum of weight * standardised feature`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearProxy {
    /// Names of the columns, in order.
    pub columns: Vec<String>,
    /// Where each column's zero and unit lie.
    pub scale: Scale,
    /// Log odds of a pair that is average in every column.
    pub intercept: f64,
    /// Log odds a standard deviation of each column.
    pub weights: Vec<f64>,
}

impl LinearProxy {
    /// Log odds of a match for a row with these columns.
    pub fn logit(&self, row: &[f64]) -> f64 {
        self.intercept + self.parts(row).sum::<f64>()
    }

    /// Probability of a match, 0..=1.
    pub fn probability(&self, row: &[f64]) -> f64 {
        sigmoid(self.logit(row))
    }

    fn parts(&self, row: &[f64]) -> impl Iterator<Item = f64> {
        (row.iter().zip(&self.weights).enumerate()).map(|(at, (x, w))| {
            if *w == 0.0 {
                0.0
            } else {
                w * self.scale.standardise(at, *x)
            }
        })
    }

    /// The log odds as additive parts: `prior`, then each column of any weight.
    pub fn explain(&self, row: &[f64]) -> Explanation {
        let prior = std::iter::once(("prior".to_owned(), self.intercept));
        let parts = (self.columns.iter().zip(&self.weights).zip(self.parts(row)))
            .filter(|((_, weight), _)| **weight != 0.0)
            .map(|((name, _), part)| (name.clone(), part));
        Explanation::new(prior.chain(parts))
    }
}
