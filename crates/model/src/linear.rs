//! A linear proxy: the sum of a prior and of one part a feature, on the log odds.

use serde::{Deserialize, Serialize};

use crate::{Explanation, MonotoneMap, Scale, numeric::sigmoid, scale::FARTHEST};

/// `logit p = intercept + sum of weight * standardised feature`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LinearProxy {
    /// Names of the columns, in order.
    pub columns: Vec<String>,
    /// Where each column's zero and unit lie.
    pub scale: Scale,
    /// Log odds of a pair that is average in every column.
    pub intercept: f64,
    /// Log odds a standard deviation of each column.
    pub weights: Vec<f64>,
    /// A correction of the sum's log odds, where many labels showed that it needs one.
    pub correction: Option<MonotoneMap>,
}

impl LinearProxy {
    /// True where every column has its weight and its scale.
    pub(crate) fn is_whole(&self) -> bool {
        [
            self.weights.len(),
            self.scale.centre.len(),
            self.scale.spread.len(),
        ] == [self.columns.len(); 3]
    }

    /// Log odds of a match for a row with these columns.
    pub fn logit(&self, row: &[f64]) -> f64 {
        let sum = self.intercept + self.parts(row).sum::<f64>();
        self.correction.as_ref().map_or(sum, |map| map.apply(sum))
    }

    /// Probability of a match, 0..=1.
    pub fn probability(&self, row: &[f64]) -> f64 {
        sigmoid(self.logit(row))
    }

    /// Multiplies the log odds by `slope`, then adds `shift`. One with a monotone correction stays as it is.
    pub fn rescale(&mut self, slope: f64, shift: f64) {
        if self.correction.is_none() {
            self.intercept = slope.mul_add(self.intercept, shift);
            self.weights.iter_mut().for_each(|weight| *weight *= slope);
        }
    }

    /// The same proxy on other columns, found by name: what is not among them counts as average.
    #[must_use]
    pub fn on(&self, columns: &[String]) -> Self {
        let place = |column: &String| self.columns.iter().position(|c| c == column);
        let pick = |values: &[f64]| -> Vec<f64> {
            (columns.iter())
                .map(|c| place(c).map_or(0.0, |at| values[at]))
                .collect()
        };
        Self {
            columns: columns.to_vec(),
            scale: Scale {
                centre: pick(&self.scale.centre),
                spread: pick(&self.scale.spread),
            },
            intercept: self.intercept,
            weights: pick(&self.weights),
            correction: self.correction.clone(),
        }
    }

    /// The proxy with its divisions done, for millions of rows. Gives what [`LinearProxy::logit`] gives,
    /// but for rounding.
    pub fn prepared(&self) -> PreparedProxy<'_> {
        let terms = self.weights.iter().enumerate().filter_map(|(at, weight)| {
            let (centre, spread) = (self.scale.centre[at], self.scale.spread[at]);
            let reach = FARTHEST * spread;
            (spread > 0.0 && *weight != 0.0).then(|| Term {
                column: at,
                slope: weight / spread,
                centre,
                lowest: centre - reach,
                highest: centre + reach,
            })
        });
        PreparedProxy {
            intercept: self.intercept,
            terms: terms.collect(),
            correction: self.correction.as_ref(),
        }
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

    /// The log odds as additive parts: `prior`, then each column of any weight, then `correction`
    /// where there is one.
    pub fn explain(&self, row: &[f64]) -> Explanation {
        let prior = std::iter::once(("prior".to_owned(), self.intercept));
        let parts = (self.columns.iter().zip(&self.weights).zip(self.parts(row)))
            .filter(|((_, weight), _)| **weight != 0.0)
            .map(|((name, _), part)| (name.clone(), part));
        let explanation = Explanation::new(prior.chain(parts));
        let corrected = self
            .correction
            .as_ref()
            .map(|map| map.apply(explanation.logit()));
        match corrected {
            None => explanation,
            Some(logit) => explanation.and("correction", logit),
        }
    }
}

/// A proxy with its divisions done.
#[derive(Clone, Debug)]
pub struct PreparedProxy<'a> {
    intercept: f64,
    terms: Vec<Term>,
    correction: Option<&'a MonotoneMap>,
}

#[derive(Clone, Copy, Debug)]
struct Term {
    column: usize,
    slope: f64,
    centre: f64,
    lowest: f64,
    highest: f64,
}

impl PreparedProxy<'_> {
    /// Log odds of a match for a row with the proxy's columns.
    pub fn logit(&self, row: &[f64]) -> f64 {
        let part = |t: &Term| t.slope * (row[t.column].clamp(t.lowest, t.highest) - t.centre);
        let sum = self.intercept + self.terms.iter().map(part).sum::<f64>();
        self.correction.map_or(sum, |map| map.apply(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_parts_sum_to_the_score(row in prop::array::uniform2(-9.0..9.0f64), weights in prop::array::uniform2(-3.0..3.0f64), corrected: bool) {
            let map = MonotoneMap::of(&[(-1.0, false), (0.0, true), (0.5, false), (2.0, true)]);
            let proxy = LinearProxy {
                columns: vec!["cosine".to_owned(), "subset".to_owned()],
                scale: Scale { centre: vec![0.5, 1.0], spread: vec![0.2, 2.0] },
                intercept: -1.0,
                weights: weights.to_vec(),
                correction: map.filter(|_| corrected),
            };
            prop_assert!((proxy.explain(&row).logit() - proxy.logit(&row)).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&proxy.probability(&row)));
            prop_assert!((proxy.prepared().logit(&row) - proxy.logit(&row)).abs() < 1e-9);
        }
    }
}
