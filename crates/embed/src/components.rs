//! Principal components, by the eigenvectors of a symmetric matrix.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::Array2;

/// The eigenvectors of the `count` largest eigenvalues, one a column, of a symmetric matrix.
pub(crate) fn leading(products: &Array2<f64>, count: usize) -> Array2<f64> {
    let wide = products.nrows();
    let eigen = SymmetricEigen::new(DMatrix::from_fn(wide, wide, |i, j| products[[i, j]]));
    let mut order: Vec<usize> = (0..wide).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    order.truncate(count);
    Array2::from_shape_fn((wide, order.len()), |(i, j)| {
        eigen.eigenvectors[(i, order[j])]
    })
}
