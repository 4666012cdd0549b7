//! Exact finite-sample bounds: hypergeometric and binomial, from log-gamma, without any normal
//! approximation.

/// Lanczos' coefficients for g = 7, n = 9 (Numerical Recipes' choice by Godfrey; relative error below
/// 1e-13 for x > 0).
const LANCZOS: [f64; 9] = [
    0.999_999_999_999_809_9,
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];

/// Natural logarithm of the gamma function, for x >= 1.
fn ln_gamma(x: f64) -> f64 {
    let x = x - 1.0;
    let t = x + 7.5;
    let series = (LANCZOS.iter().enumerate().skip(1))
        .fold(LANCZOS[0], |sum, (i, c)| sum + c / (x + i as f64));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + series.ln()
}

/// `ln (n choose k)`; minus infinity where `k > n`.
fn ln_choose(n: usize, k: usize) -> f64 {
    if k > n {
        return f64::NEG_INFINITY;
    }
    let f = |x: usize| ln_gamma(x as f64 + 1.0);
    f(n) - f(k) - f(n - k)
}

/// Probability of at most `k` marked pairs in a uniform sample of `m` out of `n` pairs with `marked`
/// of them marked, drawn without replacement.
pub fn hypergeometric_cdf(k: usize, n: usize, marked: usize, m: usize) -> f64 {
    let lowest = (m + marked).saturating_sub(n);
    let highest = k.min(marked).min(m);
    if k >= marked.min(m) {
        return 1.0;
    }
    let all = ln_choose(n, m);
    let sum: f64 = (lowest..=highest)
        .map(|i| (ln_choose(marked, i) + ln_choose(n - marked, m - i) - all).exp())
        .sum();
    sum.min(1.0)
}

/// Upper bound on the marked among `n` pairs after `k` marked in a uniform sample of `m`: the largest
/// number that leaves `k` or fewer a probability above `alpha`. It is exceeded with a probability of at
/// most `alpha`.
pub fn upper_bound(k: usize, m: usize, n: usize, alpha: f64) -> usize {
    // The CDF falls as the marked grow: bisection between what was seen and all that is possible.
    let (mut low, mut high) = (k, n - (m - k));
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if hypergeometric_cdf(k, n, middle, m) > alpha {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// Probability of at most `k` successes in `n` trials of probability `p`.
pub fn binomial_cdf(k: usize, n: usize, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    let (ln_p, ln_q) = (p.ln(), (1.0 - p).ln());
    let term = |i: usize| {
        let powers = |count: usize, ln: f64| if count == 0 { 0.0 } else { count as f64 * ln };
        (ln_choose(n, i) + powers(i, ln_p) + powers(n - i, ln_q)).exp()
    };
    (0..=k).map(term).sum::<f64>().min(1.0)
}

/// How many of `k` sampled matches, lowest scores first, may lie below a cut that keeps a share
/// `recall` of all matches with probability `1 - delta`; 0 where nothing may be cut off.
///
/// The cut then lies at the score of that match (the `j`-th lowest): order statistics need no bound on
/// the number of matches.
pub fn recall_cut(k: usize, recall: f64, delta: f64) -> usize {
    (1..=k)
        .take_while(|j| binomial_cdf(j - 1, k, 1.0 - recall) <= delta)
        .last()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// All samples of `m` out of `n`, counted by how many of the first `marked` they hold.
    fn by_brute_force(k: usize, n: usize, marked: usize, m: usize) -> f64 {
        let (mut at_most, mut all) = (0_u32, 0_u32);
        for sample in 0_u32..1 << n {
            if sample.count_ones() as usize == m {
                all += 1;
                let held = (sample & ((1 << marked) - 1)).count_ones() as usize;
                at_most += u32::from(held <= k);
            }
        }
        f64::from(at_most) / f64::from(all)
    }

    #[test]
    fn hypergeometric_agrees_with_counting() {
        for n in 1..=11 {
            for marked in 0..=n {
                for m in 0..=n {
                    for k in 0..=m {
                        let (exact, ours) = (
                            by_brute_force(k, n, marked, m),
                            hypergeometric_cdf(k, n, marked, m),
                        );
                        assert!(
                            (exact - ours).abs() < 1e-9,
                            "{k} {n} {marked} {m}: {exact} {ours}"
                        );
                    }
                }
            }
        }
    }

    /// No small hypergeometric probability equals it, so that rounding can't decide.
    const ALPHA: f64 = 0.097_31;

    #[test]
    fn the_upper_bound_is_the_largest_that_fits() {
        for n in 1..=12 {
            for m in 0..=n {
                for k in 0..=m {
                    let bound = upper_bound(k, m, n, ALPHA);
                    let fits = (k..=n - (m - k))
                        .filter(|marked| by_brute_force(k, n, *marked, m) > ALPHA)
                        .max();
                    assert_eq!(Some(bound), fits, "{k} {m} {n}");
                }
            }
        }
    }

    #[test]
    fn recall_needs_as_many_matches_as_theory_says() {
        // k >= ln(delta) / ln(T): 22 at .90 and 45 at .95, with delta = .1.
        assert_eq!((recall_cut(21, 0.9, 0.1), recall_cut(22, 0.9, 0.1)), (0, 1));
        assert_eq!(
            (recall_cut(44, 0.95, 0.1), recall_cut(45, 0.95, 0.1)),
            (0, 1)
        );
    }

    proptest! {
        #[test]
        fn binomial_is_a_distribution(n in 1..60usize, p in 0.01..0.99f64, k in 0..60usize) {
            let (a, b) = (binomial_cdf(k, n, p), binomial_cdf(k + 1, n, p));
            prop_assert!((0.0..=1.0).contains(&a) && a <= b + 1e-12);
            // The mean of the counts is n p.
            let mean: f64 = (0..n).map(|i| 1.0 - binomial_cdf(i, n, p)).sum();
            prop_assert!((mean - n as f64 * p).abs() < 1e-6);
        }

        #[test]
        fn more_labels_never_loosen_a_clean_bound(n in 20..400usize, m in 1..19usize) {
            prop_assert!(upper_bound(0, m + 1, n, 0.05) <= upper_bound(0, m, n, 0.05));
        }
    }
}
