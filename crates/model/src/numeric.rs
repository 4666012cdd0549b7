//! Small numerics that the fits stand on: logistic function, logit, and the solution of a symmetric
//! positive definite system.
//!
//! They are ours because a score must be the same on every machine and in every year: no linear
//! algebra library chooses a blocking, a thread count or an instruction set for us.

/// Probabilities are kept this far from 0 and 1, so that a logit is always finite (about ±27.6).
pub const PROBABILITY_FLOOR: f64 = 1e-12;

/// The logistic function, without overflow at either end.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `ln(p / (1 - p))`, with `p` kept [`PROBABILITY_FLOOR`] away from both ends.
pub fn logit(p: f64) -> f64 {
    let p = p.clamp(PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR);
    (p / (1.0 - p)).ln()
}

/// `ln(1 + exp(x))`, without overflow.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Solves `a · x = b` in place for a symmetric positive definite `a` (row-major, lower triangle
/// read and overwritten); `b` becomes `x`. False where `a` is not positive definite.
pub fn solve_symmetric(a: &mut [f64], b: &mut [f64]) -> bool {
    let n = b.len();
    for j in 0..n {
        for i in j..n {
            let mut sum = a[i * n + j];
            for k in 0..j {
                sum -= a[i * n + k] * a[j * n + k];
            }
            if i > j {
                a[i * n + j] = sum / a[j * n + j];
            } else if sum > 0.0 && sum.is_finite() {
                a[j * n + j] = sum.sqrt();
            } else {
                return false;
            }
        }
    }
    for i in 0..n {
        let done: f64 = (0..i).map(|k| a[i * n + k] * b[k]).sum();
        b[i] = (b[i] - done) / a[i * n + i];
    }
    for i in (0..n).rev() {
        let done: f64 = (i + 1..n).map(|k| a[k * n + i] * b[k]).sum();
        b[i] = (b[i] - done) / a[i * n + i];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn logit_undoes_sigmoid(x in -20.0..20.0f64) {
            prop_assert!((logit(sigmoid(x)) - x).abs() < 1e-4);
            prop_assert!((softplus(x) + (1.0 - sigmoid(x)).ln()).abs() < 1e-6);
        }

        #[test]
        fn the_solution_solves(values in prop::collection::vec(-2.0..2.0f64, 12), b in prop::collection::vec(-5.0..5.0f64, 3)) {
            // A Gram matrix plus a ridge is positive definite.
            let mut a = [0.0; 9];
            for row in values.chunks(3) {
                for i in 0..3 {
                    for j in 0..3 {
                        a[i * 3 + j] += row[i] * row[j];
                    }
                }
            }
            for i in 0..3 {
                a[i * 3 + i] += 0.5;
            }
            let (mut factor, mut x) = (a, b.clone());
            prop_assert!(solve_symmetric(&mut factor, &mut x));
            for i in 0..3 {
                let product: f64 = (0..3).map(|j| a[i * 3 + j] * x[j]).sum();
                prop_assert!((product - b[i]).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn an_indefinite_matrix_is_refused() {
        let mut a = [0.0, 0.0, 0.0, -1.0];
        assert!(!solve_symmetric(&mut a, &mut [1.0, 1.0]));
    }
}
