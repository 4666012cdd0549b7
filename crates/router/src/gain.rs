//! The policies that ask where asking pays: `gain`, and `budget`, which is the same under a cap.
//!
//! Asking a pair is worth the expected loss before less the expected loss after a verdict; it is zero
//! where no verdict could change the decision, so a judge is asked about a pair only where it knows
//! better than the proxy. Questions come in rounds: half of what is worth asking, at random, then a
//! refit, then again. Random halves teach the proxy about the whole band, and what it learns takes the
//! rest of the band off the list.

use midband_model::{DecisionRule, KeyedRng};

use crate::{Budget, GainOptions, RouterError, is_worth_asking, learner::Learner, rehearsal};

/// Rounds after which what is left is asked at once.
const MOST_ROUNDS: usize = 12;

/// First round at most, as a share of all pairs: the prior chose it, and the prior may be wrong.
const FIRST: f64 = 0.05;

/// Questions after which a judge that nothing is known of is looked at for the first time: enough to find one that always
/// says the same.
const PROBE: usize = 40;

/// Keeps the draws of the rounds apart from every other use of the seed.
const ROUNDS: u64 = 0x9a17_0000;
const EXPLORE: u64 = 0x9a18_0000;
const PROBES: u64 = 0x9a19_0000;

#[derive(Clone)]
pub(crate) struct Gain {
    options: GainOptions,
    budget: Option<Budget>,
    round: usize,
    spent: (usize, f64),
    begun: bool,
    /// What is left of a round whose first questions try the judge.
    planned: Vec<usize>,
    /// Questions that there is still time for, where time is limited.
    in_time: Option<usize>,
}

impl Gain {
    pub(crate) fn new(
        options: GainOptions,
        budget: Option<Budget>,
        pairs: usize,
    ) -> Result<Self, RouterError> {
        let setting = |ok: bool, name, range, value| {
            if ok {
                Ok(())
            } else {
                Err(RouterError::Setting { name, range, value })
            }
        };
        setting(
            (0.0..1.0).contains(&options.min_gain),
            "the price of a question",
            "0..1",
            options.min_gain,
        )?;
        setting(
            options.share > 0.0 && options.share <= 1.0,
            "the share of a round",
            "0..=1, not 0",
            options.share,
        )?;
        setting(
            (0.0..=10.0).contains(&options.explore),
            "the share to explore",
            "0..=10",
            options.explore,
        )?;
        if let Some(budget) = &budget {
            let given = budget.pair_seconds.len();
            setting(
                given == 0 || given == pairs,
                "the number of expected seconds",
                "0 or one a pair",
                given as f64,
            )?;
            let positive = budget
                .pair_seconds
                .iter()
                .all(|s| s.is_finite() && *s > 0.0);
            setting(
                positive,
                "a question's expected seconds",
                "numbers above 0",
                f64::NAN,
            )?;
        }
        Ok(Self {
            options,
            budget,
            round: 0,
            spent: (0, 0.0),
            begun: false,
            planned: Vec::new(),
            in_time: None,
        })
    }

    /// There is time for so many more questions, as far as is known.
    pub(crate) fn limit(&mut self, questions: usize) {
        self.in_time = Some(questions);
    }

    /// The next pairs to ask; none where asking no longer pays.
    pub(crate) fn next(&mut self, learner: &mut Learner) -> Vec<usize> {
        if !std::mem::replace(&mut self.begun, true)
            && learner.knowledge.judge_gold
            && !learner.knowledge.gold.is_empty()
        {
            let mut gold: Vec<usize> = learner.knowledge.gold.iter().map(|g| g.pair).collect();
            gold.sort_unstable_by_key(|pair| learner.pairs.keys[*pair]);
            let gold = self.afford(gold);
            return learner.ask(gold);
        }
        learner.refit();
        if learner.judge.knows_nothing() {
            return Vec::new();
        }
        if !self.planned.is_empty() {
            let mut planned = std::mem::take(&mut self.planned);
            planned.truncate(self.in_time.unwrap_or(usize::MAX));
            return learner.ask(planned);
        }
        let rule = rule(learner);
        let worth = self.worth_asking(learner, &rule);
        if worth.is_empty() {
            return Vec::new();
        }
        let chosen = self.choose(learner, worth);
        let is_first = self.round == 0 && learner.judge_is_unknown();
        self.round += 1;
        let mut chosen = self.afford(chosen);
        if is_first && chosen.len() > PROBE {
            let draw = KeyedRng::new(learner.knowledge.seed, PROBES);
            let keys = &learner.pairs.keys;
            chosen.sort_unstable_by_key(|&pair| (draw.rank(keys[pair]), keys[pair]));
            self.planned = chosen.split_off(PROBE);
        }
        learner.ask(chosen)
    }

    /// Pairs that are worth their price, with their gain.
    fn worth_asking(&self, learner: &Learner, rule: &DecisionRule) -> Vec<(usize, f64)> {
        let judge = learner.asked_judge();
        let reach = judge.reach();
        let at_cut = midband_model::numeric::logit(rule.cut);
        let mut worth = Vec::new();
        for pair in 0..learner.pairs.len() {
            // No verdict can carry a pair this far across the cut.
            if (judge.proxy_weight() * learner.logits[pair] - at_cut).abs() > reach {
                continue;
            }
            if learner.asked[pair] || learner.is_gold(pair) {
                continue;
            }
            let odds = judge.proxy_weight() * learner.logits[pair];
            let loss = midband_model::loss(midband_model::numeric::sigmoid(odds), rule.cut);
            if !is_worth_asking(loss, self.options.min_gain) {
                continue;
            }
            let at = learner.covariates(pair);
            let (before, after) = judge.expected_loss(learner.logits[pair], &at, rule.cut);
            if is_worth_asking(before - after, self.options.min_gain) {
                worth.push((pair, before - after));
            }
        }
        worth
    }

    /// Questions that a run which begins as this one would ask.
    pub(crate) fn expected(&self, learner: &Learner) -> usize {
        if let Some(questions) = rehearsal::questions(self, learner) {
            return questions;
        }
        // What is worth its price as things stand, and what the first round adds at random.
        let worth = self.worth_asking(learner, &rule(learner)).len();
        let is_unguided = worth > 0 && learner.knowledge.gold.is_empty();
        let rest = learner.pairs.len() - worth;
        let explored = if is_unguided {
            self.options.explored().min(rest)
        } else {
            0
        };
        let most = self.budget.as_ref().and_then(|budget| budget.questions);
        (worth + explored).min(most.unwrap_or(usize::MAX))
    }

    fn choose(&self, learner: &Learner, mut worth: Vec<(usize, f64)>) -> Vec<usize> {
        let key = |pair: usize| learner.pairs.keys[pair];
        if self.left() < worth.len() {
            // Not enough for all: the best for their time come first.
            let seconds = self.budget.as_ref().map(|budget| &budget.pair_seconds);
            let rate = |w: &(usize, f64)| {
                w.1 / seconds.and_then(|all| all.get(w.0)).copied().unwrap_or(1.0)
            };
            worth
                .sort_unstable_by(|a, b| rate(b).total_cmp(&rate(a)).then(key(a.0).cmp(&key(b.0))));
        } else {
            let draw = KeyedRng::new(learner.knowledge.seed, ROUNDS + self.round as u64);
            worth.sort_unstable_by_key(|(pair, _)| (draw.rank(key(*pair)), key(*pair)));
        }
        let mut take = ((worth.len() as f64 * self.options.share) as usize).max(self.options.round);
        let unguided = self.round == 0 && learner.fits == 0;
        if unguided {
            take = take.min(
                self.options
                    .round
                    .max((learner.pairs.len() as f64 * FIRST) as usize),
            );
        }
        if self.round >= MOST_ROUNDS || worth.len() <= take + self.options.round / 2 {
            take = worth.len();
        }
        let mut chosen: Vec<usize> = worth.iter().take(take).map(|(pair, _)| *pair).collect();
        if unguided {
            chosen.extend(self.explored(learner, &chosen));
        }
        chosen
    }

    fn explored(&self, learner: &Learner, chosen: &[usize]) -> Vec<usize> {
        let extra = self.options.explored();
        let draw = KeyedRng::new(learner.knowledge.seed, EXPLORE);
        let mut taken = vec![false; learner.pairs.len()];
        chosen.iter().for_each(|pair| taken[*pair] = true);
        let mut rest: Vec<usize> = (0..taken.len())
            .filter(|pair| !taken[*pair] && !learner.is_gold(*pair))
            .collect();
        let rank = |pair: &usize| {
            (
                draw.rank(learner.pairs.keys[*pair]),
                learner.pairs.keys[*pair],
            )
        };
        if extra < rest.len() {
            rest.select_nth_unstable_by_key(extra, rank);
            rest.truncate(extra);
            rest.sort_unstable_by_key(rank);
        }
        rest
    }

    /// Questions that may still be asked.
    fn left(&self) -> usize {
        let in_time = self.in_time.unwrap_or(usize::MAX);
        let Some(budget) = &self.budget else {
            return in_time;
        };
        let by_count = budget
            .questions
            .map_or(usize::MAX, |most| most.saturating_sub(self.spent.0));
        let each = if budget.pair_seconds.is_empty() {
            budget.usual_seconds
        } else {
            budget.pair_seconds.iter().sum::<f64>() / budget.pair_seconds.len() as f64
        };
        let by_time = budget
            .seconds
            .filter(|_| each > 0.0)
            .map_or(usize::MAX, |most| {
                ((most - self.spent.1).max(0.0) / each) as usize
            });
        by_count.min(by_time).min(in_time)
    }

    /// The beginning of a list that the budget still covers.
    fn afford(&mut self, mut chosen: Vec<usize>) -> Vec<usize> {
        chosen.truncate(self.in_time.unwrap_or(usize::MAX));
        let Some(budget) = &self.budget else {
            return chosen;
        };
        let (questions, seconds) = (
            budget.questions.unwrap_or(usize::MAX),
            budget.seconds.unwrap_or(f64::INFINITY),
        );
        let mut kept = Vec::new();
        for pair in chosen {
            let cost = budget
                .pair_seconds
                .get(pair)
                .copied()
                .unwrap_or(budget.usual_seconds);
            if self.spent.0 + 1 > questions || self.spent.1 + cost > seconds {
                break;
            }
            self.spent = (self.spent.0 + 1, self.spent.1 + cost);
            kept.push(pair);
        }
        kept
    }
}

/// The rule that serves the goal, on what is known now.
pub(crate) fn rule(learner: &Learner) -> DecisionRule {
    let probabilities = (0..learner.pairs.len())
        .filter(|pair| !learner.is_gold(*pair))
        .map(|pair| midband_model::numeric::sigmoid(learner.final_logit(pair)))
        .chain(learner.knowledge.settled.iter().copied());
    match learner.knowledge.goal {
        midband_model::Goal::Accuracy => DecisionRule::default(),
        // `Router::new` has refused costs that make no rule.
        goal => goal.rule(probabilities).unwrap_or_default(),
    }
}
