//! A judge's reliability without gold labels: from its agreement with the proxy.
//!
//! Judge and proxy are two noisy raters of the same pairs (Dawid and Skene 1979, Applied Statistics 28). The proxy has
//! learnt from this very judge, and what it says of the truth can't be told from what it says of the judge; but where it
//! is surest, the share of answers that differ bounds the judge's mistakes from above, whatever the truth is. A judge that
//! knows nothing is told by answers that are all the same, or that agree with what was known before it taught anything no
//! more than chance does.

use super::{JudgeModel, graded, latent, plain};
use crate::numeric::sigmoid;

/// What speaks for a proxy's probabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxySupport {
    /// Nothing.
    Nothing,
    /// The judge's answers agree with what a prior of such texts said before any of them, beyond chance.
    Answers,
    /// Labels, or a prior that measured well on such texts: they can be taken as they are before any answer.
    Vouched,
}

/// What the judge answered about a pair of which the proxy has an opinion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Log odds of a match by a fit that has not seen the answer.
    pub logit_p: f64,
    /// The same before the judge taught anything.
    pub before: f64,
    /// The judge's graded answer, 0..=1.
    pub answer_score: f64,
}

/// Pairs of either class that the assumed reliability weighs as much as.
const ASSUMED_PAIRS: f64 = 20.0;
/// Agreement proves no more than this: errors that the two share look like agreement.
const MOST: f64 = 0.97;
/// Share of the answered pairs at either end of the proxy's order in which the judge's mistakes are bounded, and pairs of
/// an end at least.
const END: f64 = 0.15;
const LEAST_OF_AN_END: usize = 15;

/// Answers from which on a judge that says the same to nearly all is taken to know nothing: what is asked is what the
/// proxy is unsure of, so both answers must occur.
const CONSTANT_FROM: usize = 30;
/// Answers from which on this is said earlier where the proxy is vouched for, and the log likelihood below which answers that are
/// all the same would surprise from the assumed judge: odds of 150 to 1.
const CONSTANT_EARLY: usize = 12;
const SURPRISE: f64 = -5.0;
/// Share of the rarer answer below which answers are all the same.
const CONSTANT: f64 = 0.03;

/// Answers from which on a judge is held against a coin where the proxy is vouched for.
const COIN_FROM: usize = 16;
/// Log likelihood ratio of the assumed judge against a coin, below which answers are a coin's: odds of 20 to 1.
const COIN: f64 = -3.0;
/// Answers from which on an agreement of no more than chance is believed, where nothing vouches for the proxy either.
const CHANCE_FROM: usize = 140;
/// Standard errors by which yes and no are told apart where there is more than chance: low, since a judge that knows
/// something of what the proxy knows nothing of looks the same.
const CHANCE: f64 = 0.5;
/// Standard errors below chance from which on answers contradict the proxy: many at first, when each answer counts much.
const CONTRADICTS: f64 = 1.0;
const CONTRADICTS_EARLY: f64 = 1.64;
const EARLY: usize = 100;

impl JudgeModel {
    /// The same judge with the sensitivity and specificity that its agreement with the proxy suggests, held back by the
    /// assumed ones. A judge that says the same to every pair, or the opposite of the truth, ends with answers that move
    /// nothing.
    #[must_use]
    pub fn by_agreement(&self, seen: &[Agreement], support: ProxySupport) -> Self {
        let vouched = support == ProxySupport::Vouched;
        let yes = seen.iter().filter(|pair| pair.answer_score >= 0.5).count();
        let yes_rate = yes as f64 / seen.len().max(1) as f64;
        if seen.len() >= CONSTANT_FROM && !(CONSTANT..=1.0 - CONSTANT).contains(&yes_rate) {
            return self.without_information();
        }
        let early = vouched && seen.len() >= CONSTANT_EARLY;
        if early && (yes == 0 || yes == seen.len()) && self.log_likelihood(seen) < SURPRISE {
            return self.without_information();
        }
        let before = Agreements::of(seen, |pair| pair.before);
        let needed = if seen.len() < EARLY {
            CONTRADICTS_EARLY
        } else {
            CONTRADICTS
        };
        let is_coin = if vouched {
            seen.len() >= COIN_FROM && self.against_a_coin(seen) < COIN
        } else {
            let learnt = Agreements::of(seen, |pair| pair.logit_p);
            let chance = |found: Option<Agreements>| found.is_some_and(|f| f.z() < CHANCE);
            seen.len() >= CHANCE_FROM && chance(before) && chance(learnt)
        };
        if is_coin || before.is_some_and(|found| found.z() < -needed) {
            return self.without_information();
        }
        let (sensitivity, specificity) = match support {
            ProxySupport::Answers => latent::reliability(self, seen),
            ProxySupport::Nothing | ProxySupport::Vouched => self.by_ends(seen),
        };
        // A yes that is likelier for the rest than for matches would turn the judge's word round: it is worth nothing
        // instead, since without labels a proxy that is wrong looks the same.
        if sensitivity + specificity <= 1.0 {
            return self.without_information();
        }
        // A proxy that is vouched for needs no map: a hedged answer then counts as the little that it says.
        let answers = graded::Answers::of(seen.iter().map(|pair| pair.answer_score));
        let right = 0.5 * (self.sensitivity + self.specificity);
        Self {
            sensitivity,
            specificity,
            graded: (!vouched && answers.hedge).then(|| graded::map(seen, &answers, right)),
            ..*self
        }
    }

    /// Log likelihood ratio of this judge against a coin, the proxy's probabilities before any answer taken for true: how
    /// much the two bear each other out.
    pub fn against_a_coin(&self, seen: &[Agreement]) -> f64 {
        self.log_likelihood(seen) + seen.len() as f64 * std::f64::consts::LN_2
    }

    /// Log likelihood of the answers, the proxy's probabilities before any answer taken for true.
    fn log_likelihood(&self, seen: &[Agreement]) -> f64 {
        let one = |pair: &Agreement| {
            let p = sigmoid(pair.before);
            let (if_match, if_no_match) = if pair.answer_score >= 0.5 {
                (self.sensitivity, 1.0 - self.specificity)
            } else {
                (1.0 - self.sensitivity, self.specificity)
            };
            (p * if_match + (1.0 - p) * if_no_match).ln()
        };
        seen.iter().map(one).sum()
    }

    /// The assumed sensitivity and specificity, or better ones where the proxy's surest pairs show fewer mistakes.
    fn by_ends(&self, seen: &[Agreement]) -> (f64, f64) {
        let end = ((seen.len() as f64 * END) as usize).max(LEAST_OF_AN_END);
        if seen.len() < 2 * end {
            return (self.sensitivity, self.specificity);
        }
        let mut order: Vec<&Agreement> = seen.iter().collect();
        order.sort_by_key(|pair| rounded(pair.logit_p));
        let yes = |pairs: &[&Agreement]| {
            pairs
                .iter()
                .map(|pair| plain(pair.answer_score))
                .sum::<f64>()
        };
        let no_below = end as f64 - yes(&order[..end]);
        let yes_above = yes(&order[order.len() - end..]);
        let sensitivity = held_back(self.sensitivity, yes_above, end as f64);
        let specificity = held_back(self.specificity, no_below, end as f64);
        (
            sensitivity.max(self.sensitivity),
            specificity.max(self.specificity),
        )
    }

    /// The same judge, its answers worth nothing.
    fn without_information(&self) -> Self {
        Self {
            sensitivity: 0.5,
            specificity: 0.5,
            ..*self
        }
    }
}

/// How yes and no stand in the proxy's order.
#[derive(Clone, Copy)]
struct Agreements {
    yes: f64,
    no: f64,
    /// Probability that a yes ranks above a no.
    auroc: f64,
}

impl Agreements {
    /// `None` where too few said yes, or no.
    fn of(seen: &[Agreement], log_odds: impl Fn(&Agreement) -> f64) -> Option<Self> {
        let mut order: Vec<&Agreement> = seen.iter().collect();
        order.sort_by_key(|pair| rounded(log_odds(pair)));
        let (mut no, mut yes, mut wins) = (0.0_f64, 0.0_f64, 0.0);
        for pair in order {
            if pair.answer_score >= 0.5 {
                yes += 1.0;
                wins += no;
            } else {
                no += 1.0;
            }
        }
        (yes >= 10.0 && no >= 10.0).then(|| Self {
            yes,
            no,
            auroc: wins / (yes * no),
        })
    }

    /// Standard errors above chance (Hanley and McNeil 1982, Radiology 143).
    fn z(&self) -> f64 {
        let error = ((self.yes + self.no + 1.0) / (12.0 * self.yes * self.no)).sqrt();
        (self.auroc - 0.5) / error
    }
}

/// Log odds on a grid, so that the last bit of a sum decides no order.
fn rounded(log_odds: f64) -> i64 {
    (log_odds * 1e6) as i64
}

/// A share of right answers, held back by the assumed one.
pub(super) fn held_back(assumed: f64, right: f64, all: f64) -> f64 {
    ((assumed * ASSUMED_PAIRS + right) / (ASSUMED_PAIRS + all)).clamp(0.01, MOST)
}

#[cfg(test)]
mod tests;
