//! The inner band: pairs that every certificate would leave to the judge.
//!
//! However large a sample, no certificate settles more than the pairs among which the mistakes are as
//! many as the target allows. What lies beyond, by a fit that takes its own mistakes for fewer than it
//! says, will be asked in any case: it is asked first, in rounds, and every round teaches the fit that
//! orders the rest and plans the sample. The sample is drawn afterwards from what is left, so that these
//! labels are as good as a pilot's to the tests.

use midband_model::numeric::sigmoid;

use super::{
    Quality,
    order::{lowest_first, surest_first},
};
use crate::learner::Learner;

/// What a round takes of the mistakes that the fit expects: a first fit, on a pilot's few labels, is
/// trusted less than later ones.
const TAKEN: [f64; 5] = [0.4, 0.55, 0.7, 0.8, 0.85];

/// A round that would ask less than this share of the pairs is not worth the wait.
const WORTH: f64 = 0.005;

/// What a target demands of either kind of mistake.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Demand {
    Accuracy(f64),
    /// An absent side is cut at even odds without a promise.
    Sides {
        precision: Option<f64>,
        recall: Option<f64>,
    },
}

impl From<Quality> for Demand {
    fn from(quality: Quality) -> Self {
        let sides = |precision, recall| Self::Sides { precision, recall };
        match quality {
            Quality::Accuracy(t) => Self::Accuracy(t),
            Quality::Precision(t) => sides(Some(t), None),
            Quality::Recall(t) => sides(None, Some(t)),
            Quality::PrecisionRecall { precision, recall } => sides(Some(precision), Some(recall)),
            // 2pr / (p + r) is t where both are t.
            Quality::F1(t) => sides(Some(t), Some(t)),
        }
    }
}

/// Mistakes that a target of accuracy allows.
pub(super) fn allowed(learner: &Learner, target: f64) -> f64 {
    ((1.0 - target) * learner.pairs.len() as f64 + 1e-9).floor()
}

/// Pairs of which the judge said yes.
pub(super) fn found(learner: &Learner) -> usize {
    let yes = |pair: &usize| learner.said_yes(*pair) == Some(true);
    (0..learner.pairs.len()).filter(yes).count()
}

/// How many of the first pairs may be settled until the mistakes are more than `allowed`.
fn reach(mistakes: impl Iterator<Item = f64>, allowed: f64) -> usize {
    let mut sum = 0.0;
    mistakes
        .take_while(|mistake| {
            sum += mistake;
            sum <= allowed
        })
        .count()
}

/// Where rejecting from below and accepting from above would end, as places in the order by rising
/// score: the pairs before the first are rejected, those from the second on accepted.
fn reaches(
    learner: &Learner,
    order: &[usize],
    taken: f64,
    precision: Option<f64>,
    recall: Option<f64>,
) -> (usize, usize) {
    let p = |pair: &usize| sigmoid(learner.logits[*pair]);
    let even = order.partition_point(|pair| learner.logits[*pair] < 0.0);
    let matches = order.iter().map(p).sum::<f64>() + found(learner) as f64;
    let low = recall.map_or(even, |recall| {
        reach(
            order.iter().map(|pair| taken * p(pair)),
            (1.0 - recall) * matches,
        )
    });
    let high = precision.map_or(even, |precision| {
        let others = order.iter().rev().map(|pair| taken * (1.0 - p(pair)));
        order.len() - reach(others, (1.0 - precision) * matches)
    });
    (low, high)
}

/// The pairs to ask in the first of the rounds from `round` on that asks any, and that round; `None` where
/// the rounds are over.
pub(super) fn inner(
    learner: &Learner,
    pool: &[usize],
    demand: Demand,
    round: usize,
) -> Option<(usize, Vec<usize>)> {
    let order = match demand {
        Demand::Accuracy(_) => surest_first(learner, pool),
        Demand::Sides { .. } => lowest_first(learner, pool),
    };
    let ends = |taken: f64| match demand {
        Demand::Accuracy(target) => {
            let mistake = |pair: &usize| taken * sigmoid(-learner.logits[*pair].abs());
            let allowed = allowed(learner, target);
            (reach(order.iter().map(mistake), allowed), order.len())
        }
        Demand::Sides { precision, recall } => reaches(learner, &order, taken, precision, recall),
    };
    let worth = WORTH * learner.pairs.len() as f64;
    (TAKEN.iter().enumerate().skip(round)).find_map(|(round, taken)| {
        let (from, to) = ends(*taken);
        (to as f64 - from as f64 >= worth).then(|| (round, order[from..to].to_vec()))
    })
}

/// The pool in two: pairs to reject from below, and pairs to accept from above. Where both sides would
/// reach past each other they meet at even odds if they can.
pub(super) fn split(
    learner: &Learner,
    pool: &[usize],
    precision: Option<f64>,
    recall: Option<f64>,
) -> (Vec<usize>, Vec<usize>) {
    let mut order = lowest_first(learner, pool);
    let (low, high) = reaches(learner, &order, 1.0, precision, recall);
    let even = order.partition_point(|pair| learner.logits[*pair] < 0.0);
    let above = order.split_off(even.clamp(low.min(high), low.max(high)));
    (order, above)
}
