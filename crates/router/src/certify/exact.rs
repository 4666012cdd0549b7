//! Exact finite-sample bounds: hypergeometric and binomial, from log-gamma, without any normal
//! approximation.

use statrs::function::factorial::ln_binomial;

/// `ln (n choose k)`; minus infinity where `k > n`.
fn ln_choose(n: usize, k: usize) -> f64 {
    ln_binomial(n as u64, k as u64)
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

    #[test]
    fn large_counts_keep_their_digits() {
        // ln C(n, k) as the sum of ln((n - k + i) / i), whose terms lose nothing to each other.
        for (n, k) in [(171, 85), (10_000, 4_000), (1_000_000, 300)] {
            let sum: f64 = (1..=k).map(|i| ((n - k + i) as f64 / i as f64).ln()).sum();
            let relative = (ln_choose(n, k) - sum).abs() / sum;
            assert!(relative < 1e-11, "{n} {k}: {relative}");
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
