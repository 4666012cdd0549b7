//! Centre and spread of the columns, so that one prior strength means the same for each.

use serde::{Deserialize, Serialize};

/// Mean and standard deviation of each column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Means.
    pub centre: Vec<f64>,
    /// Standard deviations; 0 for a column that never varies, which then has no weight.
    pub spread: Vec<f64>,
}

/// A spread below this is a constant column.
const CONSTANT: f64 = 1e-9;

/// Standard deviations beyond which a standardised value is cut off: a rare extreme must not decide
/// a score through a weight that was learnt elsewhere.
pub(crate) const FARTHEST: f64 = 4.0;

impl Scale {
    /// Of the rows given, all weighing the same. `rows` is row-major with `width` columns.
    pub fn of(rows: &[f64], width: usize) -> Self {
        let n = (rows.len() / width.max(1)).max(1) as f64;
        let mut centre = vec![0.0; width];
        let mut spread = vec![0.0; width];
        for row in rows.chunks_exact(width.max(1)) {
            centre.iter_mut().zip(row).for_each(|(c, x)| *c += x / n);
        }
        for row in rows.chunks_exact(width.max(1)) {
            for ((s, c), x) in spread.iter_mut().zip(&centre).zip(row) {
                *s += (x - c) * (x - c) / n;
            }
        }
        for s in &mut spread {
            *s = if s.sqrt() > CONSTANT { s.sqrt() } else { 0.0 };
        }
        Self { centre, spread }
    }

    /// Raw values: centre 0 and spread 1 everywhere.
    pub fn plain(width: usize) -> Self {
        Self {
            centre: vec![0.0; width],
            spread: vec![1.0; width],
        }
    }

    /// True for [`Scale::plain`]: values are taken as they are.
    pub(crate) fn is_plain(&self) -> bool {
        self.centre.iter().all(|c| *c == 0.0) && self.spread.iter().all(|s| *s == 1.0)
    }

    /// A column's value in standard deviations from its mean, within ±4.
    pub fn standardise(&self, column: usize, value: f64) -> f64 {
        let spread = self.spread[column];
        if spread > 0.0 {
            ((value - self.centre[column]) / spread).clamp(-FARTHEST, FARTHEST)
        } else {
            0.0
        }
    }
}
