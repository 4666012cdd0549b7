//! What is known of a pair when the judge is asked, and may bear on how well it will answer.

use crate::{LinearProxy, numeric::sigmoid};

/// How unsure the proxy is, and how alike the two texts look.
///
/// Judges err on pairs that are hard for everyone, and say yes to what looks alike: the two ways in
/// which a judge's errors follow the proxy's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct JudgeCovariates {
    values: [f64; Self::COUNT],
}

/// Columns that say how alike two texts look.
const LIKENESS: [&str; 2] = ["trigram_overlap", "cosine"];

impl JudgeCovariates {
    /// Numbers in it.
    pub(crate) const COUNT: usize = 1 + LIKENESS.len();

    /// A pair of which nothing particular is known.
    pub const AVERAGE: Self = Self {
        values: [0.0; Self::COUNT],
    };

    /// Of a row, given the proxy's log odds. Columns that the proxy does not have count as average.
    pub fn of(proxy: &LinearProxy, row: &[f64], logit_p: f64) -> Self {
        Self::at(proxy, &Self::places(proxy), row, logit_p)
    }

    /// Where the proxy has the columns of likeness; look them up once for many rows.
    pub fn places(proxy: &LinearProxy) -> [Option<usize>; 2] {
        LIKENESS.map(|name| proxy.columns.iter().position(|column| column == name))
    }

    /// The same with the columns looked up.
    pub fn at(proxy: &LinearProxy, places: &[Option<usize>; 2], row: &[f64], logit_p: f64) -> Self {
        let p = sigmoid(logit_p);
        // 4p(1-p) is 1 where the proxy knows nothing and 0 where it is sure.
        let mut values = [4.0 * p * (1.0 - p) - 0.5, 0.0, 0.0];
        for (value, place) in values[1..].iter_mut().zip(places) {
            let given = place.and_then(|at| Some((at, row.get(at)?)));
            *value = given.map_or(0.0, |(at, x)| proxy.scale.standardise(at, *x));
        }
        Self { values }
    }

    #[cfg(test)]
    pub(crate) fn looking_alike(trigrams: f64) -> Self {
        Self {
            values: [0.0, trigrams, 0.0],
        }
    }

    pub(crate) fn values(&self) -> &[f64; Self::COUNT] {
        &self.values
    }
}
