//! Accuracy: settle the pairs of which the proxy is surest, as many as the sample lets through.

use midband_combiner::numeric::sigmoid;

use super::{
    exact::upper_bound,
    plan::{Foreseen, sizes},
    run::{Fate, TargetRun, said_yes},
};
use crate::learner::Learner;

/// Steps of the fixed sequence, from few settled pairs to all.
const STEPS: usize = 120;

/// Mistakes that the first test of the sequence survives: starting where a single one fails would end
/// most runs at the first label.
const SLACK: [usize; 3] = [2, 1, 0];

/// Pairs by falling certainty.
fn ordered(learner: &Learner, pool: &[usize]) -> Vec<usize> {
    let mut order = pool.to_vec();
    let certainty = |pair: usize| learner.logits[pair].abs();
    order.sort_unstable_by(|a, b| {
        let keys = learner.pairs.keys[*a].cmp(&learner.pairs.keys[*b]);
        certainty(*b).total_cmp(&certainty(*a)).then(keys)
    });
    order
}

fn allowed(learner: &Learner, target: f64) -> usize {
    ((1.0 - target) * learner.pairs.len() as f64 + 1e-9) as usize
}

pub(super) fn sample_size(learner: &Learner, pool: &[usize], target: f64, delta: f64) -> usize {
    let order = ordered(learner, pool);
    let mistakes: Vec<f64> = order
        .iter()
        .map(|pair| sigmoid(-learner.logits[*pair].abs()))
        .collect();
    let foreseen = Foreseen {
        mistakes: &mistakes,
        alpha: delta,
        pool: pool.len(),
    };
    let allowed = allowed(learner, target) as f64;
    let cost = |m: usize| {
        let settled = foreseen.settled(m, |_| allowed);
        pool.len() - settled + m * settled / pool.len().max(1)
    };
    sizes(pool.len())
        .into_iter()
        .min_by_key(|m| cost(*m))
        .unwrap_or(0)
}

pub(super) fn test(learner: &Learner, run: &mut TargetRun, target: f64, delta: f64) {
    let order = ordered(learner, &run.pool);
    let mut sampled = vec![false; learner.pairs.len()];
    run.sampled().iter().for_each(|pair| sampled[*pair] = true);
    let says = |pair: usize| learner.logits[pair] >= 0.0;
    // A label that never came counts as a mistake.
    let wrong = |pair: usize| said_yes(learner, pair).is_none_or(|yes| yes != says(pair));
    let points: Vec<(usize, usize, usize)> = prefixes(&order, &sampled, wrong);
    let allowed = allowed(learner, target);
    let left = |(q, m, k): (usize, usize, usize)| upper_bound(k, m, q, delta) - k;
    let start = SLACK.iter().find_map(|slack| {
        (points.iter()).position(|(q, m, _)| m >= slack && left((*q, *m, *slack)) <= allowed)
    });
    let Some(start) = start else { return };
    let passed = points[start..]
        .iter()
        .take_while(|point| left(**point) <= allowed)
        .last();
    let settled = passed.map_or(0, |(q, ..)| *q);
    for pair in &order[..settled] {
        run.settle_pair(
            *pair,
            if says(*pair) {
                Fate::Accept
            } else {
                Fate::Reject
            },
        );
    }
}

/// For rising prefixes of an order: its length, its sampled pairs, and the marked among those.
pub(super) fn prefixes(
    order: &[usize],
    sampled: &[bool],
    marked: impl Fn(usize) -> bool,
) -> Vec<(usize, usize, usize)> {
    let mut points = Vec::new();
    let (mut m, mut k, mut from) = (0, 0, 0);
    for step in 1..=STEPS {
        let to = order.len() * step / STEPS;
        for pair in order[from..to].iter().filter(|pair| sampled[**pair]) {
            m += 1;
            k += usize::from(marked(*pair));
        }
        if to > from {
            points.push((to, m, k));
        }
        from = to;
    }
    points
}
