//! The steps of a target: pilot, inner band, then sample, test and ask the rest, side by side.

use midband_model::DecisionRule;

use super::{
    Certificate, Quality, Target,
    inner::{Demand, inner, split},
    order::{by_key, drawn},
    pilot::pilot,
    stage::{Before, Fate, Side, Stage},
};
use crate::{RouterError, learner::Learner};

const SAMPLE_DRAW: u64 = 0x7a12_0000;

/// Share of the failure probability that bounds the matches where no precision was asked for.
const MATCHES: f64 = 0.1;

enum Phase {
    Pilot,
    Inner(usize),
    Sample,
    Test { sample: Vec<usize>, planned: f64 },
    Done,
}

/// A target at work.
pub(crate) struct TargetRun {
    target: Target,
    phase: Phase,
    /// Sides that are still to be tested, the next one last.
    stages: Vec<Stage>,
    before: Before,
    fates: Vec<Fate>,
    labels: usize,
}

impl TargetRun {
    pub(crate) fn new(target: Target, learner: &mut Learner) -> Result<Self, RouterError> {
        let levels = match target.quality {
            Quality::Accuracy(t) | Quality::Precision(t) | Quality::Recall(t) | Quality::F1(t) => {
                [t, t]
            }
            Quality::PrecisionRecall { precision, recall } => [precision, recall],
        };
        let open = |x: f64| x > 0.0 && x < 1.0;
        for (name, value) in [
            ("a target", levels[0]),
            ("a target", levels[1]),
            ("delta", target.delta),
        ] {
            if !open(value) {
                return Err(RouterError::Setting {
                    name,
                    range: "0..1, ends left out",
                    value,
                });
            }
        }
        // The reference is the judge's own word: its answers are the truth here.
        learner.trust_judge();
        learner.refit();
        Ok(Self {
            target,
            phase: Phase::Pilot,
            stages: Vec::new(),
            before: Before::default(),
            fates: vec![Fate::Ask; learner.pairs.len()],
            labels: 0,
        })
    }

    pub(crate) fn next(&mut self, learner: &mut Learner) -> Vec<usize> {
        loop {
            let asked = match std::mem::replace(&mut self.phase, Phase::Done) {
                Phase::Pilot => {
                    self.phase = Phase::Inner(0);
                    let pilot = learner.ask(pilot(learner, self.target.pilot));
                    self.labels += pilot.len();
                    pilot
                }
                Phase::Inner(round) => {
                    learner.refit();
                    let pool: Vec<usize> = (0..learner.pairs.len())
                        .filter(|pair| !learner.asked[*pair])
                        .collect();
                    if let Some((round, sure)) =
                        inner(learner, &pool, self.target.quality.into(), round)
                    {
                        self.phase = Phase::Inner(round + 1);
                        learner.ask(by_key(learner, sure))
                    } else {
                        self.stages = self.stages(learner, pool);
                        self.phase = Phase::Sample;
                        Vec::new()
                    }
                }
                Phase::Sample => {
                    let purpose = SAMPLE_DRAW + self.stages.len() as u64;
                    let Some(stage) = self.stages.last_mut() else {
                        return Vec::new();
                    };
                    learner.refit();
                    stage.order(learner);
                    let size = (self.target.sample)
                        .unwrap_or_else(|| stage.sample_size(learner, self.before));
                    let sample = drawn(learner, purpose, stage.pool.clone(), size);
                    self.phase = Phase::Test {
                        planned: stage.estimate(learner)(sample.len()),
                        sample: sample.clone(),
                    };
                    self.labels += sample.len();
                    learner.ask(sample)
                }
                Phase::Test { sample, planned } => {
                    self.phase = Phase::Sample;
                    let rest = self.test(learner, &sample, planned);
                    learner.ask(by_key(learner, rest))
                }
                Phase::Done => return Vec::new(),
            };
            if !asked.is_empty() {
                return asked;
            }
        }
    }

    /// The sides of the target, the one to test first last.
    fn stages(&self, learner: &Learner, pool: Vec<usize>) -> Vec<Stage> {
        let delta = self.target.delta;
        match Demand::from(self.target.quality) {
            Demand::Accuracy(target) => vec![Stage {
                side: Side::Surest(target),
                pool,
                alpha: delta,
            }],
            Demand::Sides { precision, recall } => {
                let (low, high) = split(learner, &pool, precision, recall);
                let above = match (precision, recall) {
                    (Some(_), Some(_)) => 0.5,
                    (Some(_), None) => 1.0,
                    (None, _) => MATCHES,
                };
                let stage = |side, pool, share| Stage {
                    side,
                    pool,
                    alpha: share * delta,
                };
                vec![
                    stage(Side::Reject(recall), low, 1.0 - above),
                    stage(Side::Accept(precision), high, above),
                ]
            }
        }
    }

    /// Settles what the next side's test lets through, and says what it leaves to ask.
    fn test(&mut self, learner: &Learner, sample: &[usize], planned: f64) -> Vec<usize> {
        let Some(stage) = self.stages.pop() else {
            return Vec::new();
        };
        let mut sampled = vec![false; self.fates.len()];
        sample.iter().for_each(|pair| sampled[*pair] = true);
        let settled = stage.test(learner, &sampled, self.before, planned);
        self.before.accepted_matches += settled.matches;
        let (through, rest) = stage.pool.split_at(settled.pairs);
        for pair in through {
            self.fates[*pair] = stage.fate(learner, *pair);
        }
        rest.to_vec()
    }

    /// The judge's word stands where it was given; what was settled keeps to its side of the cut.
    pub(crate) fn settle(&self, learner: &Learner, rule: &DecisionRule, scores: &mut [f64]) {
        for (pair, score) in scores.iter_mut().enumerate() {
            match (learner.answers[pair], self.fates[pair]) {
                (Some(answer), _) => *score = side(answer, answer >= 0.5, rule.cut),
                (None, Fate::Accept) => *score = side(*score, true, rule.cut),
                (None, Fate::Reject) => *score = side(*score, false, rule.cut),
                (None, Fate::Ask) => {}
            }
        }
    }

    pub(crate) fn certificate(&self, learner: &Learner) -> Certificate {
        let unsettled =
            |pair: &usize| self.fates[*pair] == Fate::Ask && learner.answers[*pair].is_none();
        let open = (0..learner.pairs.len()).filter(unsettled).count();
        let settled = (0..learner.pairs.len())
            .filter(|pair| !learner.asked[*pair] && self.fates[*pair] != Fate::Ask)
            .count();
        let done = matches!(self.phase, Phase::Done);
        let note = if !done {
            Some("the run ended before the target was tested; nothing is certified".to_owned())
        } else if open > 0 {
            Some(format!(
                "{open} pairs that had to be asked have no answer; nothing is certified while they have none"
            ))
        } else if settled == 0 {
            Some(
                "no set of pairs could be settled unasked; the judge was asked about all"
                    .to_owned(),
            )
        } else {
            None
        };
        Certificate {
            target: self.target.quality,
            delta: self.target.delta,
            reference: self.target.reference,
            certified: done && open == 0,
            settled,
            labels: self.labels,
            note,
        }
    }
}

fn side(score: f64, match_side: bool, cut: f64) -> f64 {
    if match_side {
        score.max(cut)
    } else {
        score.min(cut * (1.0 - 1e-9))
    }
}
