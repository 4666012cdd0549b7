//! The steps of a target: pilot, sample, test, ask the rest.

use midband_combiner::{DecisionRule, Draw};

use super::{Certificate, Quality, Target, accuracy, precision_recall};
use crate::{RouterError, learner::Learner};

/// Labels of the pilot, within these. Twice as many asked more pairs in all on most of the study's sets.
const PILOT: (usize, usize) = (60, 120);

/// Pairs to a label of the pilot: where few columns are to be fitted, and where many are.
const PILOT_SHARE: (usize, usize) = (40, 16);

/// Pairs to a label of a larger pilot, where many columns serve precision and recall: on 7,600 to 9,700 pairs of
/// records it saves two to three of a hundred questions, while accuracy is settled by fewer labels.
const PILOT_GROWS: usize = 24;

/// Columns from which there are many.
const MANY_COLUMNS: usize = 5;

/// The top of the scores from which half of the pilot comes: where matches are rare, a uniform pilot
/// finds too few.
const TOP: usize = 5;

const PILOT_DRAW: u64 = 0x7a10_0000;
const TOP_DRAW: u64 = 0x7a11_0000;
const SAMPLE_DRAW: u64 = 0x7a12_0000;

/// What a test leaves unasked, by pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Accept,
    Reject,
    Ask,
}

enum Phase {
    Pilot,
    Sample,
    Test,
    Done,
}

/// A target at work.
pub(crate) struct TargetRun {
    target: Target,
    phase: Phase,
    /// Pairs of the sample.
    sample: Vec<usize>,
    /// Pairs that the sample was drawn from.
    pub(super) pool: Vec<usize>,
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
            sample: Vec::new(),
            pool: Vec::new(),
            fates: vec![Fate::Ask; learner.pairs.len()],
            labels: 0,
        })
    }

    pub(crate) fn next(&mut self, learner: &mut Learner) -> Vec<usize> {
        loop {
            let asked = match self.phase {
                Phase::Pilot => {
                    self.phase = Phase::Sample;
                    learner.ask(self.pilot(learner))
                }
                Phase::Sample => {
                    self.phase = Phase::Test;
                    learner.refit();
                    self.pool = (0..learner.pairs.len())
                        .filter(|pair| !learner.asked[*pair])
                        .collect();
                    let size = self
                        .target
                        .sample
                        .unwrap_or_else(|| self.sample_size(learner));
                    self.sample = drawn(learner, SAMPLE_DRAW, self.pool.clone(), size);
                    learner.ask(self.sample.clone())
                }
                Phase::Test => {
                    self.phase = Phase::Done;
                    self.labels = learner.asked.iter().filter(|asked| **asked).count();
                    self.test(learner);
                    let mut rest: Vec<usize> = (self.pool.iter().copied())
                        .filter(|pair| self.fates[*pair] == Fate::Ask)
                        .collect();
                    rest.sort_unstable_by_key(|pair| learner.pairs.keys[*pair]);
                    learner.ask(rest)
                }
                Phase::Done => return Vec::new(),
            };
            if !asked.is_empty() {
                return asked;
            }
        }
    }

    fn pilot(&self, learner: &Learner) -> Vec<usize> {
        let n = learner.pairs.len();
        let many = learner.pairs.columns.len() >= MANY_COLUMNS;
        let share = if many { PILOT_SHARE.1 } else { PILOT_SHARE.0 };
        let accuracy = matches!(self.target.quality, Quality::Accuracy(_));
        let grown = if many && !accuracy {
            n / PILOT_GROWS
        } else {
            0
        };
        let usual = (n / share).clamp(PILOT.0, PILOT.1).max(grown);
        let size = self.target.pilot.unwrap_or(usual).min(n);
        let mut by_score: Vec<usize> = (0..n).collect();
        let rank = |pair: &usize| (learner.logits[*pair], learner.pairs.keys[*pair]);
        by_score.sort_unstable_by(|a, b| {
            rank(b)
                .0
                .total_cmp(&rank(a).0)
                .then(rank(a).1.cmp(&rank(b).1))
        });
        by_score.truncate(n.div_ceil(TOP));
        let mut pilot = drawn(learner, TOP_DRAW, by_score, size / 2);
        let rest: Vec<usize> = (0..n).filter(|pair| !pilot.contains(pair)).collect();
        pilot.extend(drawn(learner, PILOT_DRAW, rest, size - size / 2));
        pilot
    }

    fn sample_size(&self, learner: &Learner) -> usize {
        let delta = self.target.delta;
        match self.target.quality {
            Quality::Accuracy(t) => accuracy::sample_size(learner, &self.pool, t, delta),
            quality => precision_recall::sample_size(learner, &self.pool, &quality.into(), delta),
        }
    }

    fn test(&mut self, learner: &Learner) {
        let delta = self.target.delta;
        match self.target.quality {
            Quality::Accuracy(t) => accuracy::test(learner, self, t, delta),
            quality => precision_recall::test(learner, self, &quality.into(), delta),
        }
    }

    /// For each pair whether it is in the sample.
    pub(super) fn sample_flags(&self) -> Vec<bool> {
        let mut flags = vec![false; self.fates.len()];
        self.sample.iter().for_each(|pair| flags[*pair] = true);
        flags
    }

    pub(super) fn settle_pair(&mut self, pair: usize, fate: Fate) {
        self.fates[pair] = fate;
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

/// The first `size` of some pairs in a seeded order that has nothing to do with theirs.
fn drawn(learner: &Learner, purpose: u64, mut pairs: Vec<usize>, size: usize) -> Vec<usize> {
    let draw = Draw::new(learner.knowledge.seed, purpose);
    pairs.sort_unstable_by_key(|pair| {
        (
            draw.rank(learner.pairs.keys[*pair]),
            learner.pairs.keys[*pair],
        )
    });
    pairs.truncate(size);
    pairs
}

/// True where the judge said yes; `None` where it did not answer.
pub(super) fn said_yes(learner: &Learner, pair: usize) -> Option<bool> {
    learner.answers[pair].map(|answer| answer >= 0.5)
}
