//! How large a certificate's sample should be, foreseen from the pilot's fit alone.
//!
//! A larger sample bounds the mistakes more tightly, so that more pairs are settled unasked; but its own
//! labels are asked. The size with the smallest foreseen cost is taken.

use super::sequence::{Limit, Point, start};

/// A run of pairs, in the order in which they would be settled, by the probability that settling one
/// is a mistake.
pub(super) struct CostEstimate<'a> {
    pub(super) mistakes: &'a [f64],
    /// Failure probability of the test.
    pub(super) alpha: f64,
}

/// Points at which a prefix is tried.
const POINTS: usize = 40;

impl CostEstimate<'_> {
    /// Mean length of the prefix that a sample of `m` certifies, given the mistakes that a prefix
    /// may hold.
    pub(super) fn settled(&self, m: usize, limit: &Limit) -> f64 {
        let n = self.mistakes.len();
        let share = m as f64 / n.max(1) as f64;
        let (mut expected, mut from) = (0.0, 0);
        let points: Vec<Point> = (1..=POINTS)
            .map(|point| {
                let pairs = n * point / POINTS;
                expected += self.mistakes[from..pairs].iter().sum::<f64>();
                from = pairs;
                let sampled = ((pairs as f64 * share) as usize).min(pairs);
                Point {
                    pairs,
                    sampled,
                    expected,
                }
            })
            .collect();
        start(&points, self.alpha, 1.0, limit).map_or(0.0, |(_, settled)| settled)
    }
}

/// The size of the smallest cost among 10 and up in steps of a quarter, two thirds of the pool at most, times
/// `beyond`: a little too many labels cost a few questions, too few can cost most of what was to be settled.
pub(super) fn cheapest(pool: usize, beyond: f64, cost: impl Fn(usize) -> f64) -> usize {
    let mut best = (f64::INFINITY, pool / 2);
    let mut m = 10.0;
    while (m as usize) < 2 * pool / 3 {
        let cost = cost(m as usize);
        if cost < best.0 {
            best = (cost, m as usize);
        }
        m *= 1.25;
    }
    ((best.1 as f64 * beyond) as usize).min(pool)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_sample_settles_no_less() {
        let mistakes: Vec<f64> = (0..4000)
            .map(|i| (f64::from(i) / 4000.0).powi(3) * 0.4)
            .collect();
        let estimate = CostEstimate {
            mistakes: &mistakes,
            alpha: 0.1,
        };
        let of = |m| estimate.settled(m, &Limit::fixed(200.0));
        assert!(
            of(60) < of(400) && of(400) < of(1500),
            "{} {} {}",
            of(60),
            of(400),
            of(1500)
        );
        assert!(of(1500) > 2000.0);
    }
}
