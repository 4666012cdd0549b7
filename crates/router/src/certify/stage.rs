//! One side of a target: a pool of pairs that a sample may settle, from its surest pair on.

use midband_model::numeric::sigmoid;

use super::{
    exact::upper_bound,
    inner::{allowed, found},
    order::{lowest_first, surest_first},
    plan::{CostEstimate, cheapest},
    sequence::{Limit, certified, prefixes, seen},
};
use crate::learner::Learner;

/// What a test leaves unasked, by pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Accept,
    Reject,
    Ask,
}

/// What settling a pair of the pool means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Side {
    /// The proxy's own side of even odds, with a target of accuracy.
    Surest(f64),
    /// A match, with a target of precision if one was set.
    Accept(Option<f64>),
    /// No match, with a target of recall if one was set.
    Reject(Option<f64>),
}

/// Labels for a bound on the matches among pairs that are accepted without a promise: the share of the
/// pool, and the least and the most of them.
const FOR_BOUND: (usize, usize, usize) = (10, 60, 300);

/// A sample's size over the one that seems cheapest, for accuracy and for either side alone: chosen on the
/// study's sets, where accuracy costs much the same from 1.2 to 2.
const BEYOND: (f64, f64) = (1.4, 1.2);

/// A side at work.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) side: Side,
    /// The pool, from the first pair to settle to the last once it was ordered.
    pub(super) pool: Vec<usize>,
    /// Failure probability of its test.
    pub(super) alpha: f64,
}

/// What stages before have made certain of: matches among the pairs that were accepted unasked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Before {
    pub(super) accepted_matches: f64,
}

/// What a test found.
pub(super) struct Settled {
    /// First pairs of the pool that are settled.
    pub(super) pairs: usize,
    /// Lower bound on the matches among those of them that nobody was asked about; 0 where they are
    /// no matches.
    pub(super) matches: f64,
}

impl Stage {
    pub(super) fn order(&mut self, learner: &Learner) {
        self.pool = match self.side {
            Side::Surest(_) => surest_first(learner, &self.pool),
            Side::Reject(_) => lowest_first(learner, &self.pool),
            Side::Accept(_) => {
                let mut order = lowest_first(learner, &self.pool);
                order.reverse();
                order
            }
        };
    }

    /// Probability that settling the pair is a mistake.
    fn mistake(&self, learner: &Learner, pair: usize) -> f64 {
        let logit = learner.logits[pair];
        match self.side {
            Side::Surest(_) => sigmoid(-logit.abs()),
            Side::Accept(_) => sigmoid(-logit),
            Side::Reject(_) => sigmoid(logit),
        }
    }

    pub(super) fn fate(&self, learner: &Learner, pair: usize) -> Fate {
        match self.side {
            Side::Surest(_) if learner.logits[pair] >= 0.0 => Fate::Accept,
            Side::Surest(_) => Fate::Reject,
            Side::Accept(_) => Fate::Accept,
            Side::Reject(_) => Fate::Reject,
        }
    }

    /// True where the judge's word on a pair of the sample is against settling it, or never came.
    fn mistaken(&self, learner: &Learner, pair: usize) -> bool {
        let settled_as = self.fate(learner, pair) == Fate::Accept;
        learner.said_yes(pair).is_none_or(|yes| yes != settled_as)
    }

    /// Mistakes that a prefix may hold beside those in its sample, with so many matches found among the
    /// pairs that were asked; `None` where nothing is promised.
    fn limit(&self, learner: &Learner, before: Before, found: f64) -> Option<Limit> {
        match self.side {
            Side::Surest(target) => Some(Limit::fixed(allowed(learner, target))),
            // False ones in p of what is called a match: those accepted unasked, and those found.
            Side::Accept(precision) => precision.map(|precision| Limit {
                fixed: (1.0 - precision) * found,
                of_unasked: 1.0 - precision,
            }),
            Side::Reject(recall) => recall.map(|recall| {
                Limit::fixed((1.0 - recall) / recall * (found + before.accepted_matches))
            }),
        }
    }

    /// By the size of a sample: the matches that are found before its labels are known, and those that are
    /// expected of it.
    pub(super) fn estimate(&self, learner: &Learner) -> impl Fn(usize) -> f64 + use<> {
        let pairs = self.pool.len().max(1) as f64;
        let known = found(learner) as f64;
        let p = |pair: &usize| sigmoid(learner.logits[*pair]);
        let expected: f64 = self.pool.iter().map(p).sum();
        move |sample| known + expected * sample as f64 / pairs
    }

    /// Labels that the test should have, by what the fit foresees.
    pub(super) fn sample_size(&self, learner: &Learner, before: Before) -> usize {
        let n = self.pool.len();
        match self.side {
            Side::Reject(None) => return 0,
            Side::Accept(None) => {
                let (share, least, most) = FOR_BOUND;
                return (n / share).clamp(least, most).min(n);
            }
            _ => {}
        }
        let mistakes: Vec<f64> = (self.pool.iter())
            .map(|pair| self.mistake(learner, *pair))
            .collect();
        let plan = CostEstimate {
            mistakes: &mistakes,
            alpha: self.alpha,
        };
        let estimate = self.estimate(learner);
        let n = n as f64;
        let beyond = match self.side {
            Side::Surest(_) => BEYOND.0,
            _ => BEYOND.1,
        };
        cheapest(self.pool.len(), beyond, |m| {
            let limit = self.limit(learner, before, estimate(m));
            let settled = limit.map_or(0.0, |limit| plan.settled(m, &limit));
            n - settled + m as f64 * settled / n
        })
    }

    /// The longest run of pairs that the sample lets through. `planned` is the matches that were foreseen
    /// before its labels were known: where the tests begin must not depend on them.
    pub(super) fn test(
        &self,
        learner: &Learner,
        sampled: &[bool],
        before: Before,
        planned: f64,
    ) -> Settled {
        let mistaken = |pair: usize| sampled[pair] && self.mistaken(learner, pair);
        let limit = |found| self.limit(learner, before, found);
        let (Some(planned), Some(tested)) = (limit(planned), limit(found(learner) as f64)) else {
            let m = self.pool.iter().filter(|pair| sampled[**pair]).count();
            let others = self.pool.iter().filter(|pair| mistaken(**pair)).count();
            let most = upper_bound(others, m, self.pool.len(), self.alpha);
            return self.settled(self.pool.len(), m, (most - others) as f64);
        };
        let points = prefixes(&self.pool, sampled, |pair| self.mistake(learner, pair));
        let mistakes = seen(&points, &self.pool, mistaken);
        let point = certified(&points, &mistakes, self.alpha, planned, tested).unwrap_or_default();
        self.settled(point.pairs, point.sampled, tested.at(&point))
    }

    /// The first `pairs`, of which `sampled` were asked and no more than `mistakes` of the others are mistakes.
    fn settled(&self, pairs: usize, sampled: usize, mistakes: f64) -> Settled {
        let unasked = (pairs - sampled) as f64;
        let matches = match self.side {
            Side::Accept(_) => (unasked - mistakes.floor()).max(0.0),
            Side::Surest(_) | Side::Reject(_) => 0.0,
        };
        Settled { pairs, matches }
    }
}
