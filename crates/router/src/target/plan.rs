//! How large a certificate's sample should be, foreseen from the pilot's fit alone.
//!
//! A larger sample bounds the mistakes more tightly, so that more pairs are settled unasked; but its own
//! labels are asked. The fit's probabilities say what each size would lead to.

use super::exact::upper_bound;

/// A run of pairs, in the order in which they would be settled, by the probability that settling one
/// is a mistake.
pub(super) struct Foreseen<'a> {
    pub(super) mistakes: &'a [f64],
    /// Failure probability of the test.
    pub(super) alpha: f64,
    /// Pairs of which the sample is drawn.
    pub(super) pool: usize,
}

/// Points at which a prefix is tried.
const POINTS: usize = 50;

impl Foreseen<'_> {
    /// Longest prefix that a sample of `m` is expected to certify, given the mistakes that a prefix of
    /// a length may hold.
    pub(super) fn settled(&self, m: usize, allowed: impl Fn(usize) -> f64) -> usize {
        let mut sums = vec![0.0];
        for mistake in self.mistakes {
            sums.push(sums[sums.len() - 1] + mistake);
        }
        let n = self.mistakes.len();
        let share = m as f64 / self.pool.max(1) as f64;
        let mut settled = 0;
        for point in 1..=POINTS {
            let q = n * point / POINTS;
            let in_prefix = ((q as f64 * share) as usize).min(q);
            // A little more than expected: half of the samples are worse than the mean.
            let expected = sums[q] * share;
            let seen = ((expected + 0.5 * expected.sqrt()).round() as usize).min(in_prefix);
            let left = upper_bound(seen, in_prefix, q, self.alpha) - seen;
            if left as f64 <= allowed(q) {
                settled = q;
            } else if settled > 0 {
                break;
            }
        }
        settled
    }
}

/// Sample sizes worth trying: 30 and up in steps of a quarter, half of the pool at most.
pub(super) fn sizes(pool: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut m = 30.0;
    while (m as usize) < pool / 2 {
        sizes.push(m as usize);
        m *= 1.25;
    }
    if sizes.is_empty() {
        sizes.push(pool / 2);
    }
    sizes
}
