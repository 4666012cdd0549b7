//! From candidates to probabilities: rounds of chance and fit, and when there is nothing to fit.

use crate::{
    block::CandidatePair,
    classes::{Classes, MOVED, SAME},
    em,
    follows::{self, Follows},
    frequency::Chance,
    learning::{FEWEST, Fit, Learning, Reason},
    learnt::Learnt,
    model::{Model, log_odds, probability},
    namesakes::{self, Namesakes},
    pair_levels::{Compared, random_pairs},
    region::Region,
};

/// Random pairs for the u probabilities.
const RANDOM_PAIRS: usize = 500_000;
/// Rounds: the first finds who is one person, the others count every person once.
const ROUNDS: usize = 3;
/// The share of what tells records apart on which a class of pairs may disagree and still be matches: a record of a
/// person agrees with another one on most of what both hold. Pairs that agree on one thing only are explained by
/// something else, such as columns that follow from one another.
const MOST_DOUBT: f64 = 0.5;

/// Records of the smaller list that are taken to be looked up in the other one rather than linked with it, if the lists show no match.
const LOOKED_UP: usize = 5;

/// What is fitted: records, candidates with their levels, rules as sets of fields (none where all pairs are
/// candidates), the end of the left list where there are two.
pub(crate) struct Task<'a> {
    pub(crate) compared: &'a Compared,
    pub(crate) pairs: &'a [(u32, u32)],
    pub(crate) levels: &'a [u8],
    pub(crate) rules: &'a [Vec<usize>],
    pub(crate) split: Option<usize>,
    pub(crate) seed: u64,
    pub(crate) threads: usize,
}

impl Task<'_> {
    fn all_pairs(&self) -> f64 {
        let rows = self.compared.rows as f64;
        self.split.map_or(rows * (rows - 1.0) / 2.0, |split| {
            split as f64 * (rows - split as f64)
        })
    }

    /// Log odds of all candidates.
    pub(crate) fn scores(&self, model: &Model) -> Vec<f64> {
        let width = self.compared.width();
        if width == 0 {
            return vec![log_odds(&model.classes(self.compared, &[], 0, 0)); self.pairs.len()];
        }
        let mut out = vec![0.0; self.pairs.len()];
        let chunk = self.pairs.len().div_ceil(self.threads.max(1)).max(1);
        std::thread::scope(|scope| {
            for ((pairs, levels), out) in self
                .pairs
                .chunks(chunk)
                .zip(self.levels.chunks(chunk * width))
                .zip(out.chunks_mut(chunk))
            {
                scope.spawn(move || {
                    for (((a, b), levels), out) in pairs.iter().zip(levels.chunks(width)).zip(out) {
                        *out = log_odds(&model.classes(self.compared, levels, *a, *b));
                    }
                });
            }
        });
        out
    }

    /// Fits; `said` are labelled pairs (records of both lists counted through).
    pub(crate) fn run(&self, said: &[((u32, u32), f64)]) -> (Model, Fit) {
        let compared = self.compared;
        let width = compared.width();
        let hashes = compared.record_hashes();
        let drawn = random_pairs(&hashes, self.split, RANDOM_PAIRS, self.seed);
        let drawn_levels = compared.all_levels(&drawn, self.threads);
        let mut apart = vec![1.0; drawn.len()];
        let mut person = vec![1.0; compared.rows];
        let classes = Classes::new(&compared.fields);
        let chance = Chance::new(compared, &drawn_levels, &apart, &person, self.split);
        let matches = (compared.rows as f64 / 5.0)
            .min(self.all_pairs() / 10.0)
            .max(1.0);
        let learnt = Learnt::start(compared, &classes, matches, self.all_pairs());
        let mut model = Model {
            logs: learnt.logs(),
            chance,
            learnt,
        };
        let telling = compared
            .fields
            .iter()
            .filter(|field| field.values.len() > 2)
            .count();
        if telling < 2 {
            return (model, Fit::Unidentified(Reason::FewColumns));
        }
        if self.pairs.len() < FEWEST {
            return (model, Fit::Unidentified(Reason::FewPairs(self.pairs.len())));
        }
        let shipped = model.clone();
        let region = Region::new(self.rules);
        let said = self.said(said);
        let chosen = self.thin(&hashes, region.as_ref(), &said, &model);
        let mut learning = Learning {
            matches: 0.0,
            found: 0.0,
            objective: Vec::new(),
        };
        let follows = follows::found(compared);
        model.chance.namesakes = self.namesakes(&model, &follows, &chosen);
        for round in 0..ROUNDS {
            let fitted = self.fitted(&model, &chosen, region.as_ref(), &said);
            let (learnt, trace) = em::fit(
                &fitted,
                model.learnt.clone(),
                em::Given {
                    classes: &classes,
                    compared,
                    u: &model.chance.u,
                    present: &model.chance.present,
                    region: region.as_ref(),
                },
            );
            model.logs = learnt.logs();
            model.learnt = learnt;
            learning.objective.push(trace);
            let scores = self.scores(&model);
            learning.found = scores.iter().map(|score| probability(*score)).sum();
            if round + 1 == ROUNDS {
                break;
            }
            person = vec![1.0; compared.rows];
            for ((a, b), score) in self.pairs.iter().zip(&scores) {
                let same = probability(*score);
                person[*a as usize] += same;
                person[*b as usize] += same;
            }
            person.iter_mut().for_each(|person| *person = 1.0 / *person);
            for (((a, b), levels), apart) in
                drawn.iter().zip(drawn_levels.chunks(width)).zip(&mut apart)
            {
                *apart = 1.0 - probability(log_odds(&model.classes(compared, levels, *a, *b)));
            }
            let namesakes = self.namesakes(&model, &follows, &chosen);
            model.chance = Chance::new(compared, &drawn_levels, &apart, &person, self.split);
            model.chance.namesakes = namesakes;
        }
        learning.matches = model.learnt.pairs[SAME] + model.learnt.pairs[MOVED];
        if learning.found < 1.0 || model.doubt(compared) > MOST_DOUBT {
            return match self.looked_up(&shipped, &classes) {
                Some(found) => found,
                None => (shipped, Fit::Unidentified(Reason::NoMatches)),
            };
        }
        if learning.found > 0.5 * self.all_pairs() {
            return (shipped, Fit::Unidentified(Reason::AllMatch));
        }
        (model, Fit::Learnt(learning))
    }

    /// A few records against a list: they show no shares, so that the shipped weights score them, with half a match expected
    /// for each. `None` where more records are there to learn from, or where none of them has a partner.
    fn looked_up(&self, shipped: &Model, classes: &Classes) -> Option<(Model, Fit)> {
        let split = self.split?;
        let few = split.min(self.compared.rows - split);
        if few > LOOKED_UP {
            return None;
        }
        let learnt = Learnt::start(self.compared, classes, 0.5 * few as f64, self.all_pairs());
        let model = Model {
            logs: learnt.logs(),
            learnt,
            ..shipped.clone()
        };
        let found: f64 = self
            .scores(&model)
            .iter()
            .map(|score| probability(*score))
            .sum();
        let learning = Learning {
            matches: found,
            found,
            objective: Vec::new(),
        };
        (found >= 0.5).then_some((model, Fit::Learnt(learning)))
    }

    /// What addresses show of two people who share a name.
    fn namesakes(&self, model: &Model, follows: &[Follows], chosen: &[(usize, f64)]) -> Namesakes {
        let width = self.compared.width();
        let pairs = chosen.iter().map(|(at, weight)| namesakes::Weighed {
            pair: self.pairs[*at],
            levels: &self.levels[at * width..][..width],
            weight: *weight,
        });
        let pairs: Vec<_> = pairs.collect();
        namesakes::learnt(
            self.compared,
            follows,
            self.rules,
            &pairs,
            |levels, (a, b)| model.classes(self.compared, levels, a, b),
        )
    }
}

/// Candidates as pairs of records counted through both lists.
pub(crate) fn through(candidates: &[CandidatePair], split: Option<usize>) -> Vec<(u32, u32)> {
    let shift = split.unwrap_or(0) as u32;
    candidates
        .iter()
        .map(|pair| (pair.left, pair.right + shift))
        .collect()
}
