//! What a hedged answer says where no gold pair shows it: from the answers themselves and the proxy.
//!
//! A small model's probability of a yes is no frequency: most of its answers lie in a narrow range around a point that is not .5.
//! The point at which its answer says nothing, and the slope around it, are estimated by expectation and maximization, the truth
//! of each pair being what is missing. The log likelihood ratio of a match is linear in the logit of the answer (Anderson 1979,
//! Biometrika 66), answers and proxy are independent given the truth, and the proxy's log odds are moved and stretched as the
//! answers demand. Each number is held by a Gaussian around what would be assumed without any answer.

use super::{Agreement, graded_logit};
use crate::numeric::{logit, sigmoid};

/// Answers between these are neither a plain yes nor a plain no.
const HEDGED: (f64, f64) = (0.25, 0.75);
/// Share of such answers from which on a judge hedges, and answers from which on this is looked at.
const SHARE: f64 = 0.3;
const FROM: usize = 30;
/// Pairs whose worth holds the slope at that of the assumed judge.
const SLOPE_PAIRS: f64 = 30.0;
/// Information that a pair has about the slope, for answers one standard deviation apart: p(1-p) for p between .3 and .5.
const PAIR_INFORMATION: f64 = 0.2;
/// Standard deviation of the neutral point around .5, in logits of the answer.
const NEUTRAL: f64 = 0.25;
/// Standard deviations of what the proxy's log odds are moved by, and of their stretch around 1.
const MOVED: f64 = 1.0;
const STRETCHED: f64 = 0.3;
/// No hedged answer moves the log odds of a match by more than this.
const LARGEST: f64 = 3.0;
const MOST_ROUNDS: usize = 200;
const NEWTON_STEPS: usize = 4;

/// Answers of a judge, as they are read.
pub(super) struct Answers {
    /// Logits of the answers.
    pub(super) logits: Vec<f64>,
    /// Standard deviation of the logits, kept above 0.
    pub(super) spread: f64,
    /// True where many answers are neither a plain yes nor a plain no.
    pub(super) hedge: bool,
}

impl Answers {
    /// Of graded answers, 0..=1.
    pub(super) fn of(scores: impl Iterator<Item = f64>) -> Self {
        let mut hedged = 0.0;
        let logits: Vec<f64> = scores
            .inspect(|score| hedged += f64::from(u8::from((HEDGED.0..=HEDGED.1).contains(score))))
            .map(graded_logit)
            .collect();
        let n = logits.len().max(1) as f64;
        let mean = logits.iter().sum::<f64>() / n;
        let squares = logits.iter().map(|logit| (logit - mean).powi(2));
        Self {
            spread: (squares.sum::<f64>() / n).sqrt() + 0.01,
            hedge: logits.len() >= FROM && hedged >= SHARE * n,
            logits,
        }
    }
}

/// Slope and intercept of the log likelihood ratio of a match on the logit of an answer, where the judge hedges. `answers` are
/// those of the pairs seen, in their order; `right` is what the judge is taken to get right before any is seen, .5..1.
pub(super) fn map(seen: &[Agreement], answers: &Answers, right: f64) -> (f64, f64) {
    let before: Vec<f64> = seen.iter().map(|pair| pair.before).collect();
    let (n, spread) = (seen.len().max(1) as f64, answers.spread);
    let assumed = logit(right) / spread;
    let verdict = Held {
        slope: (assumed, SLOPE_PAIRS * PAIR_INFORMATION * spread * spread),
        intercept: (NEUTRAL * assumed).powi(-2),
        largest_step: 2.0 / spread,
    };
    let proxy = Held {
        slope: (1.0, STRETCHED.powi(-2)),
        intercept: MOVED.powi(-2),
        largest_step: 2.0,
    };
    let mut judge = Line {
        slope: assumed,
        intercept: 0.0,
    };
    let mut moved = Line {
        slope: 1.0,
        intercept: 0.0,
    };
    let mut truth: Vec<f64> = before.iter().map(|logit| sigmoid(*logit)).collect();
    for _ in 0..MOST_ROUNDS {
        let matches = truth.iter().sum::<f64>().clamp(1e-9, n - 1e-9);
        judge = verdict.fitted(&answers.logits, &truth, logit(matches / n), judge);
        judge.slope = judge.slope.max(0.0);
        moved = proxy.fitted(&before, &truth, 0.0, moved);
        let mut change = 0.0_f64;
        for ((truth, before), answer) in truth.iter_mut().zip(&before).zip(&answers.logits) {
            let says = judge.at(*answer).clamp(-LARGEST, LARGEST);
            let p = sigmoid(moved.at(*before) + says);
            change = change.max((p - *truth).abs());
            *truth = p;
        }
        if change < 1e-7 {
            break;
        }
    }
    (judge.slope, judge.intercept)
}

/// A straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    slope: f64,
    intercept: f64,
}

impl Line {
    fn at(&self, x: f64) -> f64 {
        self.slope * x + self.intercept
    }
}

/// What a line is held by: mean and precision of its slope, and precision of its intercept around 0.
struct Held {
    slope: (f64, f64),
    intercept: f64,
    largest_step: f64,
}

impl Held {
    /// The logistic of soft labels on one number, with an offset that is no part of the line.
    fn fitted(&self, x: &[f64], labels: &[f64], offset: f64, start: Line) -> Line {
        let mut line = start;
        for _ in 0..NEWTON_STEPS {
            let mut gradient = (
                -self.slope.1 * (line.slope - self.slope.0),
                -self.intercept * line.intercept,
            );
            let (mut ss, mut si, mut ii) = (self.slope.1, 0.0, self.intercept);
            for (x, label) in x.iter().zip(labels) {
                let p = sigmoid(offset + line.at(*x));
                let w = p * (1.0 - p);
                gradient.0 += (label - p) * x;
                gradient.1 += label - p;
                ss += w * x * x;
                si += w * x;
                ii += w;
            }
            let determinant = (ss * ii - si * si).max(1e-12);
            let step = |by: f64| (by / determinant).clamp(-self.largest_step, self.largest_step);
            line.slope += step(gradient.0 * ii - gradient.1 * si);
            line.intercept += step(gradient.1 * ss - gradient.0 * si);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{KeyedRng, PairKey};

    /// A judge whose answers lie around `neutral` with a standard deviation of `spread`, and a proxy that tells classes apart.
    fn hedging(n: u64, neutral: f64, spread: f64) -> Vec<Agreement> {
        let rng = KeyedRng::new(11, 7);
        let one = |i: u64| {
            let truth = if rng.unit(PairKey(i)) < 0.4 {
                1.0
            } else {
                -1.0
            };
            let logit_p = 2.0 * (truth + 1.2 * rng.normal(i | 1 << 40));
            let answer = neutral + spread * (0.8 * truth + rng.normal(i | 1 << 41));
            Agreement {
                logit_p,
                before: logit_p,
                answer_score: sigmoid(answer),
            }
        };
        (0..n).map(one).collect()
    }

    fn answers(seen: &[Agreement]) -> Answers {
        Answers::of(seen.iter().map(|pair| pair.answer_score))
    }

    fn learned(seen: &[Agreement]) -> Line {
        let (slope, intercept) = map(seen, &answers(seen), 0.8);
        Line { slope, intercept }
    }

    #[test]
    fn the_neutral_point_of_a_hedging_judge_is_found() {
        for neutral in [-0.5, 0.0, 0.5] {
            let seen = hedging(800, neutral, 0.3);
            assert!(answers(&seen).hedge);
            let found = learned(&seen);
            let at = -found.intercept / found.slope;
            assert!((at - neutral).abs() < 0.12, "{neutral}: {at}");
            // Two normals 1.6 standard deviations apart: 1.6 / .3.
            assert!((3.5..7.0).contains(&found.slope), "{found:?}");
        }
    }

    #[test]
    fn few_answers_leave_what_was_assumed() {
        let seen = hedging(30, 0.3, 0.3);
        let found = learned(&seen);
        let at = -found.intercept / found.slope;
        assert!(at.abs() < 0.3, "{found:?}");
    }

    #[test]
    fn plain_answers_are_no_hedges() {
        let mut seen = hedging(100, 0.0, 0.3);
        for pair in &mut seen {
            pair.answer_score = if pair.answer_score < 0.5 { 0.1 } else { 0.9 };
        }
        assert!(!answers(&seen).hedge);
    }

    #[test]
    fn the_order_of_answers_changes_nothing_beyond_rounding() {
        let mut seen = hedging(200, 0.4, 0.4);
        let one = learned(&seen);
        seen.reverse();
        let other = learned(&seen);
        assert!((one.slope - other.slope).abs() < 1e-5);
        assert!((one.intercept - other.intercept).abs() < 1e-5);
    }
}
