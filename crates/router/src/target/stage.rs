//! One side of a target: a pool of pairs that a sample may settle, from its surest pair on.

use midband_combiner::numeric::sigmoid;

use super::{
    exact::upper_bound,
    inner::{allowed, found, lowest_first, surest_first},
    plan::{Foreseen, cheapest},
    run::{Fate, said_yes},
    sequence::{Limit, Point, certified, prefixes, seen},
};
use crate::learner::Learner;

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
        said_yes(learner, pair).is_none_or(|yes| yes != settled_as)
    }

    /// Mistakes that a prefix may hold beside those in its sample, with so many matches found among the
    /// pairs that were asked.
    fn limit(&self, learner: &Learner, before: Before, found: f64) -> Limit {
        match self.side {
            Side::Surest(target) => Limit::fixed(allowed(learner, target)),
            Side::Accept(None) | Side::Reject(None) => Limit::fixed(0.0),
            // False ones in p of what is called a match: those accepted unasked, and those found.
            Side::Accept(Some(precision)) => Limit {
                fixed: (1.0 - precision) * found,
                of_unasked: 1.0 - precision,
            },
            Side::Reject(Some(recall)) => {
                Limit::fixed((1.0 - recall) / recall * (found + before.accepted_matches))
            }
        }
    }

    /// Matches that are found before the sample's labels are known, and those that are expected of it.
    pub(super) fn foreseen(&self, learner: &Learner, sample: usize) -> f64 {
        let share = sample as f64 / self.pool.len().max(1) as f64;
        let expected: f64 = (self.pool.iter())
            .map(|pair| share * sigmoid(learner.logits[*pair]))
            .sum();
        found(learner) as f64 + expected
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
        let foreseen = Foreseen {
            mistakes: &mistakes,
            alpha: self.alpha,
        };
        let n = n as f64;
        let beyond = match self.side {
            Side::Surest(_) => BEYOND.0,
            _ => BEYOND.1,
        };
        cheapest(self.pool.len(), beyond, |m| {
            let limit = self.limit(learner, before, self.foreseen(learner, m));
            let settled = foreseen.settled(m, &limit);
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
        let n = self.pool.len();
        let mistaken = |pair: usize| sampled[pair] && self.mistaken(learner, pair);
        match self.side {
            Side::Reject(None) => {
                return Settled {
                    pairs: n,
                    matches: 0.0,
                };
            }
            Side::Accept(None) => {
                let m = self.pool.iter().filter(|pair| sampled[**pair]).count();
                let others = self.pool.iter().filter(|pair| mistaken(**pair)).count();
                let beside = upper_bound(others, m, n, self.alpha) - others;
                return Settled {
                    pairs: n,
                    matches: (n - m - beside) as f64,
                };
            }
            _ => {}
        }
        let points = prefixes(&self.pool, sampled, |pair| self.mistake(learner, pair));
        let mistakes = seen(&points, &self.pool, mistaken);
        let tested = self.limit(learner, before, found(learner) as f64);
        let limits = (self.limit(learner, before, planned), tested);
        match certified(&points, &mistakes, self.alpha, limits) {
            Some(point) => Settled {
                pairs: point.pairs,
                matches: self.matches(&point, &tested),
            },
            None => Settled {
                pairs: 0,
                matches: 0.0,
            },
        }
    }

    fn matches(&self, point: &Point, limit: &Limit) -> f64 {
        match self.side {
            Side::Accept(_) => (point.unasked() as f64 - limit.at(point).floor()).max(0.0),
            Side::Surest(_) | Side::Reject(_) => 0.0,
        }
    }
}
