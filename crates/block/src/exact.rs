//! Exact search: a product of blocks of two matrices, and the best of each row.

use std::{ops::Range, panic::resume_unwind, thread};

use midband_core::Vectors;
use ndarray::ArrayView2;

use crate::top::{Hit, Top};

/// Left rows of a block: the product of 128 rows with a block of the right fits into the cache of a core.
const LEFT: usize = 128;
/// Right rows of a block.
const RIGHT: usize = 1_024;

/// How far a vector's length may be from 1.
const UNIT_TOLERANCE: f32 = 1e-3;

/// The rows that have a direction: finite and of unit length, row after row, with their places in the list.
pub(crate) struct Matrix {
    pub(crate) width: usize,
    pub(crate) values: Vec<f32>,
    pub(crate) rows: Vec<u32>,
}

impl Matrix {
    pub(crate) fn of(vectors: &Vectors) -> Self {
        let width = vectors.width();
        let (mut values, mut rows) = (Vec::new(), Vec::new());
        for (row, vector) in vectors.values().chunks_exact(width.max(1)).enumerate() {
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            if length.is_finite() && (length - 1.0).abs() <= UNIT_TOLERANCE {
                values.extend_from_slice(vector);
                rows.push(row as u32);
            }
        }
        Self {
            width,
            values,
            rows,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn vector(&self, at: usize) -> &[f32] {
        &self.values[at * self.width..(at + 1) * self.width]
    }

    fn view(&self, rows: Range<usize>) -> Option<ArrayView2<'_, f32>> {
        let values = &self.values[rows.start * self.width..rows.end * self.width];
        ArrayView2::from_shape((rows.len(), self.width), values).ok()
    }
}

/// The `k` nearest right rows of each left row of a matrix, by place in the matrix. `skip_self` leaves out the
/// row itself: both matrices are then the same.
pub(crate) fn nearest(left: &Matrix, right: &Matrix, k: usize, skip_self: bool) -> Vec<Vec<Hit>> {
    let blocks: Vec<Range<usize>> = (0..left.len())
        .step_by(LEFT)
        .map(|from| from..(from + LEFT).min(left.len()))
        .collect();
    on_all_cores(&blocks, |block| {
        let mut tops: Vec<Top> = block.clone().map(|_| Top::new(k)).collect();
        for from in (0..right.len()).step_by(RIGHT) {
            let columns = from..(from + RIGHT).min(right.len());
            let (Some(a), Some(b)) = (left.view(block.clone()), right.view(columns)) else {
                continue;
            };
            let product = a.dot(&b.t());
            for (at, top) in tops.iter_mut().enumerate() {
                let own = left.rows[block.start + at];
                for (column, &score) in product.row(at).iter().enumerate() {
                    let row = right.rows[from + column];
                    if !(skip_self && row == own) {
                        top.offer(row, score);
                    }
                }
            }
        }
        tops.into_iter().map(Top::into_hits).collect()
    })
}

/// The dot product of two rows.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Eight sums at once, which the compiler turns into vector instructions.
    let mut sums = [0.0f32; 8];
    let (left, right) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = left
        .remainder()
        .iter()
        .zip(right.remainder())
        .map(|(x, y)| x * y)
        .sum();
    for (x, y) in left.zip(right) {
        for at in 0..8 {
            sums[at] += x[at] * y[at];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// What `work` makes of each item, in order, the items shared out among the cores.
pub(crate) fn on_all_cores<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Vec<R> + Sync,
) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let part = items.len().div_ceil(cores).max(1);
    let work = &work;
    thread::scope(|scope| {
        let parts: Vec<_> = items
            .chunks(part)
            .map(|part| scope.spawn(move || part.iter().flat_map(work).collect::<Vec<R>>()))
            .collect();
        let done = parts.into_iter().map(|part| part.join());
        // A panic in a thread is a panic here.
        done.flat_map(|part| part.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}
