//! A fixed sequence of tests of nested sets, each at the full failure probability.
//!
//! To return a bad set the first bad one of the sequence must pass its test, so nothing is paid for
//! the number of tests. Where the sequence starts is free as long as it does not depend on what the
//! sample's labels say: it starts where the pilot expects it to get furthest.

use midband_model::{KeyedRng, PairKey, numeric::logit};

use super::exact::hypergeometric_cdf;

/// Steps of a sequence, from few settled pairs to all.
pub(super) const STEPS: usize = 240;

/// A set: its pairs, those of them in the sample, and the mistakes that the pilot expects among all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Point {
    pub(super) pairs: usize,
    pub(super) sampled: usize,
    pub(super) expected: f64,
}

impl Point {
    /// Pairs beside the sample.
    pub(super) fn unasked(&self) -> usize {
        self.pairs - self.sampled
    }
}

/// Mistakes that a set may hold beside those in its sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limit {
    /// Whatever the set.
    pub(super) fixed: f64,
    /// Of each pair beside the sample.
    pub(super) of_unasked: f64,
}

impl Limit {
    pub(super) fn fixed(fixed: f64) -> Self {
        Self {
            fixed,
            of_unasked: 0.0,
        }
    }

    pub(super) fn at(&self, point: &Point) -> f64 {
        self.fixed + self.of_unasked * point.unasked() as f64
    }
}

/// True where so many mistakes in the sample leave, with the failure probability `alpha`, no more than
/// `allowed` mistakes beside them, which are put right: the upper bound is at most their sum.
fn passes(point: &Point, mistakes: usize, alpha: f64, allowed: f64) -> bool {
    if allowed < 0.0 || mistakes > point.sampled {
        return false;
    }
    let first_too_many = mistakes + allowed as usize + 1;
    let possible = point.pairs - (point.sampled - mistakes);
    first_too_many > possible
        || hypergeometric_cdf(mistakes, point.pairs, first_too_many, point.sampled) <= alpha
}

/// Where to start, and the mean length of the prefix that is then certified, foreseen from what the
/// pilot expects; `None` where nothing is expected to be.
///
/// A few samples are drawn as the pilot expects them. A start too early meets tests that fail for want of
/// labels, one too late is lost by a single mistake: the mean over the samples weighs both.
pub(super) fn start(
    points: &[Point],
    alpha: f64,
    pessimism: f64,
    limit: &Limit,
) -> Option<(usize, f64)> {
    let most: Vec<Option<usize>> = points
        .iter()
        .map(|p| most_mistakes(p, alpha, limit.at(p)))
        .collect();
    let mut reached = vec![0.0; points.len()];
    for sample in 0..SAMPLES {
        // A normal quantile, by the logistic distribution of the same variance.
        let quantile = (sample as f64 + 0.5) / SAMPLES as f64;
        let error = MISJUDGED * logit(quantile) * 3.0_f64.sqrt() / std::f64::consts::PI;
        let seen = drawn(points, sample, pessimism * error.exp());
        let mut to = 0;
        for at in (0..points.len()).rev() {
            let passes = most[at].is_some_and(|most| seen[at] <= most);
            // The last prefix of the unbroken run of passed tests that begins here.
            to = if !passes { 0 } else { to.max(points[at].pairs) };
            reached[at] += to as f64 / SAMPLES as f64;
        }
    }
    let best = reached.iter().fold(0.0_f64, |best, mean| best.max(*mean));
    let at = reached.iter().position(|mean| *mean >= best)?;
    (best > 0.0).then_some((at, best))
}

/// Samples drawn to foresee a sequence.
const SAMPLES: u64 = 128;

/// Standard deviation of the logarithm by which a fit on few labels misjudges the mistakes of all pairs
/// together: each foreseen sample is drawn with another such error.
const MISJUDGED: f64 = 0.3;

/// Keeps the drawn samples apart from every other use of a seed.
const LUCK: u64 = 0x91a7_0000;

/// Share of mistakes that is expected of any set beside what the pilot's fit says of it: a fit on sixty
/// labels does not know of rarer ones.
const UNKNOWN: f64 = 0.002;

/// Mistakes in each prefix of one foreseen sample: Poisson steps of the expected size.
fn drawn(points: &[Point], sample: u64, pessimism: f64) -> Vec<usize> {
    let draw = KeyedRng::new(LUCK, sample);
    let (mut sum, mut before) = (0, Point::default());
    (points.iter().enumerate())
        .map(|(at, point)| {
            let pairs = (point.pairs - before.pairs) as f64;
            let rate = (point.expected - before.expected) / pairs.max(1.0) + UNKNOWN;
            let sampled = point.sampled - before.sampled;
            sum += poisson(
                pessimism * rate * sampled as f64,
                draw.unit(PairKey(at as u64)),
            )
            .min(sampled);
            before = *point;
            sum
        })
        .collect()
}

/// The `quantile` of a Poisson distribution.
fn poisson(mean: f64, quantile: f64) -> usize {
    let mut term = (-mean).exp();
    let (mut sum, mut k) = (term, 0);
    while sum < quantile && k < 1000 {
        k += 1;
        term *= mean / k as f64;
        sum += term;
    }
    k
}

/// Largest number of mistakes in the sample that still passes.
fn most_mistakes(point: &Point, alpha: f64, allowed: f64) -> Option<usize> {
    if !passes(point, 0, alpha, allowed) {
        return None;
    }
    let (mut low, mut high) = (0, point.sampled);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if passes(point, middle, alpha, allowed) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Some(low)
}

/// The rising prefixes of an order of pairs.
pub(super) fn prefixes(
    order: &[usize],
    sampled: &[bool],
    mistake: impl Fn(usize) -> f64,
) -> Vec<Point> {
    let mut points = Vec::new();
    let (mut m, mut expected, mut from) = (0, 0.0, 0);
    for step in 1..=STEPS {
        let to = order.len() * step / STEPS;
        for pair in &order[from..to] {
            m += usize::from(sampled[*pair]);
            expected += mistake(*pair);
        }
        if to > from {
            points.push(Point {
                pairs: to,
                sampled: m,
                expected,
            });
        }
        from = to;
    }
    points
}

/// Share of the failure probability that the main sequence has; the rest is for a second one, which
/// starts where a pilot that was far too hopeful would have started. Without it a run whose first test
/// fails asks everything.
const MAIN: f64 = 0.95;

/// How far too hopeful the second sequence takes the pilot to be.
const PESSIMISM: f64 = 3.0;

/// Longest prefix that is certified to keep to its limit with failure probability `alpha`, if one is.
/// `mistakes` are those in each prefix's sample; the limits are the one that the start is planned with,
/// from what was known before the sample, and the one that is tested.
pub(super) fn certified(
    points: &[Point],
    mistakes: &[usize],
    alpha: f64,
    planned: Limit,
    tested: Limit,
) -> Option<Point> {
    let run = |alpha: f64, pessimism: f64| {
        let (from, _) = start(points, alpha, pessimism, &planned)?;
        let test = |(point, mistakes): &(&Point, &usize)| {
            passes(point, **mistakes, alpha, tested.at(point))
        };
        let kept = points.iter().zip(mistakes).skip(from).take_while(test);
        kept.last().map(|(point, _)| *point)
    };
    run(MAIN * alpha, 1.0).or_else(|| run((1.0 - MAIN) * alpha, PESSIMISM))
}

/// Mistakes in the sample of each prefix.
pub(super) fn seen(
    points: &[Point],
    order: &[usize],
    mistaken: impl Fn(usize) -> bool,
) -> Vec<usize> {
    let (mut sum, mut from) = (0, 0);
    (points.iter())
        .map(|point| {
            sum += order[from..point.pairs]
                .iter()
                .filter(|pair| mistaken(**pair))
                .count();
            from = point.pairs;
            sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::exact::upper_bound, *};

    #[test]
    fn poisson_quantiles_have_their_mean() {
        let mean: f64 = (0..1000)
            .map(|i| poisson(3.2, (f64::from(i) + 0.5) / 1000.0) as f64)
            .sum::<f64>()
            / 1000.0;
        assert!((mean - 3.2).abs() < 0.02, "{mean}");
    }

    #[test]
    fn a_test_passes_where_the_upper_bound_is_low_enough() {
        for pairs in [20, 53] {
            for sampled in [0, 5, 13, 20] {
                for mistakes in 0..=sampled.min(6) {
                    for allowed in [0.0, 2.9, 7.0, 60.0] {
                        let point = Point {
                            pairs,
                            sampled,
                            expected: 0.0,
                        };
                        let bound = upper_bound(mistakes, sampled, pairs, 0.0913) - mistakes;
                        assert_eq!(
                            passes(&point, mistakes, 0.0913, allowed),
                            bound as f64 <= allowed,
                            "{pairs} {sampled} {mistakes} {allowed}"
                        );
                    }
                }
            }
        }
    }
}
