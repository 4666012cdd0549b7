//! Vectors rounded to a table of 8 bits a number, with the weights of texts that were never counted.

use midband_core::ModelIdentity;
use ndarray::{Array2, ArrayView1};

use crate::static_table::StaticTable;

/// The constant `a` of smooth inverse frequency, `a / (a + p)` (Arora, Liang and Ma, ICLR 2017: 1e-3 to 1e-4); the lower end
/// ranks better on three of four sets that were tried.
const SMOOTH: f64 = 1e-4;

impl StaticTable {
    /// Rounds vectors to 8 bits a number, each row by its own scale. Entries that are `silent` weigh nothing.
    pub(crate) fn rounded(
        vectors: &Array2<f64>,
        silent: impl Fn(usize) -> bool,
        model: ModelIdentity,
    ) -> Self {
        let (mut rows, mut scales) = (Vec::with_capacity(vectors.len()), Vec::new());
        for row in vectors.rows() {
            let scale = largest(row) / 127.0;
            scales.push(scale as f32);
            rows.extend(row.iter().map(|value| rounded(*value, scale)));
        }
        let all = vectors.nrows();
        let weights = scales.iter().zip(usual_weights(all)).enumerate();
        let weights = weights
            .map(|(entry, (scale, weight))| if silent(entry) { 0.0 } else { scale * weight })
            .collect();
        Self {
            model,
            width: vectors.ncols(),
            rows,
            scales,
            weights,
        }
    }
}

fn largest(row: ArrayView1<'_, f64>) -> f64 {
    row.iter().fold(0.0, |most, value| value.abs().max(most))
}

fn rounded(value: f64, scale: f64) -> i8 {
    if scale > 0.0 {
        // Within -127..=127 by the choice of the scale.
        (value / scale).round() as i8
    } else {
        0
    }
}

/// Weights where no texts were counted: vocabularies are in order of frequency, near enough, so that an entry's share of all
/// tokens follows from its place (Zipf's law).
pub(crate) fn usual_weights(entries: usize) -> impl Iterator<Item = f32> {
    let all: f64 = (0..entries).map(zipf).sum();
    (0..entries).map(move |entry| (SMOOTH / (SMOOTH + zipf(entry) / all)) as f32)
}

fn zipf(place: usize) -> f64 {
    1.0 / (place as f64 + 2.0)
}
