//! What was measured of models on servers, and kept for later runs.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    mode::PromptingMode,
    mode_information::{FEWEST, Knowledge},
};

/// Name of the file that holds measurements.
const FILE: &str = "judge-costs.json";

/// What was measured with one model on one server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeasuredCosts {
    /// The server, by its address.
    #[serde(default)]
    pub server: String,
    /// Digest of the model that was measured.
    pub digest: String,
    /// Name of the task whose known pairs were asked about; empty where none were.
    #[serde(default)]
    pub task: String,
    /// Seconds a pair at the default batch size.
    pub seconds_a_pair: BTreeMap<PromptingMode, f64>,
    /// What the answers were worth.
    #[serde(default)]
    pub knowledge: BTreeMap<PromptingMode, Knowledge>,
    /// Yes or no first, then a thought about the pairs that it left unsure; `None` where one of both modes was not measured.
    #[serde(default)]
    pub escalation: Option<Escalation>,
    /// True where the first questions of a run found this, false where an examination did.
    #[serde(default)]
    pub tried: bool,
    /// True where a simulator was measured.
    #[serde(default)]
    pub simulated: bool,
}

/// What it is worth to ask yes or no first, and to ask again with a thought where that leaves a pair unsure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Escalation {
    /// Share of the pairs that were unsure, 0..=1.
    pub unsure: f64,
    /// Seconds a pair, both looks together.
    pub seconds_a_pair: f64,
    /// What the answers are worth where the second look's stand.
    pub knowledge: Knowledge,
}

impl Escalation {
    /// Of scores of the same pairs in both modes, in the order of the truths. `unsure` are the scores that are asked again, both
    /// ends included. `None` where fewer than 16 pairs were answered in both.
    pub(crate) fn of(
        first: Scored<'_>,
        second: Scored<'_>,
        truths: &[bool],
        unsure: (f64, f64),
    ) -> Option<Self> {
        let both = first.scores.iter().zip(second.scores).zip(truths);
        let both: Vec<(f64, f64, bool)> = both
            .filter_map(|((first, second), truth)| Some(((*first)?, (*second)?, *truth)))
            .collect();
        if both.len() < FEWEST {
            return None;
        }
        let again = |score: f64| (unsure.0..=unsure.1).contains(&score);
        let count = both.iter().filter(|(first, ..)| again(*first)).count();
        let share = count as f64 / both.len() as f64;
        let answers: Vec<(f64, bool)> = both
            .iter()
            .map(|&(first, second, truth)| (if again(first) { second } else { first }, truth))
            .collect();
        Some(Self {
            unsure: share,
            seconds_a_pair: first.seconds_a_pair + share * second.seconds_a_pair,
            knowledge: Knowledge::of(both.len(), &answers),
        })
    }

    /// Information a second; `None` without signal.
    pub(crate) fn worth(&self) -> Option<f64> {
        let counts = self.knowledge.has_signal() == Some(true)
            && self.unsure > 0.0
            && self.seconds_a_pair.is_finite()
            && self.seconds_a_pair > 0.0;
        counts.then(|| self.knowledge.worth() / self.seconds_a_pair)
    }
}

/// Scores of known pairs in one mode, and their cost.
#[derive(Clone, Copy)]
pub(crate) struct Scored<'a> {
    pub(crate) scores: &'a [Option<f64>],
    pub(crate) seconds_a_pair: f64,
}

impl MeasuredCosts {
    /// The mode with the most information a second among those with signal; `None` where none is known to have any.
    pub fn best(&self) -> Option<PromptingMode> {
        self.best_of(&PromptingMode::ALL)
    }

    /// Information a second; `None` without signal.
    pub(crate) fn worth(&self, mode: PromptingMode) -> Option<f64> {
        let known = self.knowledge.get(&mode)?;
        let seconds = self.seconds_a_pair.get(&mode)?;
        let counts = known.has_signal() == Some(true) && seconds.is_finite() && *seconds > 0.0;
        counts.then(|| known.worth() / seconds)
    }

    pub(crate) fn best_of(&self, modes: &[PromptingMode]) -> Option<PromptingMode> {
        let rated = modes
            .iter()
            .filter_map(|mode| Some((*mode, self.worth(*mode)?)));
        rated
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(mode, _)| mode)
    }
}

/// All measurements that were kept, one for each server, model and task.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurements(Vec<MeasuredCosts>);

impl Measurements {
    /// Those of a folder; none where there are none that can be read.
    pub fn load(folder: &Path) -> Self {
        /// The file of the version before held one.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Kept {
            All(Vec<MeasuredCosts>),
            One(MeasuredCosts),
        }
        let kept = std::fs::read(folder.join(FILE)).ok();
        match kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            Some(Kept::All(all)) => Self(all),
            Some(Kept::One(one)) => Self(vec![one]),
            None => Self::default(),
        }
    }

    /// Keeps them in a folder for later runs.
    ///
    /// # Errors
    /// The folder can't be written.
    pub fn save(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        // Beside, then renamed: another run may be reading.
        let beside = folder.join(format!("{FILE}.{}.part", std::process::id()));
        std::fs::write(&beside, serde_json::to_vec_pretty(&self.0)?)?;
        std::fs::rename(&beside, folder.join(FILE))
    }

    /// Adds a measurement in the place of the one of the same server, model and task.
    pub fn add(&mut self, new: MeasuredCosts) {
        let place =
            |one: &MeasuredCosts| (one.server.clone(), one.digest.clone(), one.task.clone());
        self.0.retain(|one| place(one) != place(&new));
        self.0.push(new);
    }

    /// The one of a model that fits best: of this server and task, of this server, of this model anywhere; the newest of these.
    pub fn of(&self, server: &str, digest: &str, task: &str) -> Option<&MeasuredCosts> {
        let fits = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, one)| one.digest == digest);
        fits.max_by_key(|(at, one)| (one.server == server, one.task == task, *at))
            .map(|(_, one)| one)
    }

    /// The newest.
    pub fn last(&self) -> Option<&MeasuredCosts> {
        self.0.last()
    }
}

impl From<MeasuredCosts> for Measurements {
    fn from(one: MeasuredCosts) -> Self {
        Self(vec![one])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_look_counts_for_the_unsure_alone() {
        // Every third pair is unsure at first; a thought knows them all.
        let truths: Vec<bool> = (0..30).map(|at| at % 2 == 0).collect();
        let sure = |truth: bool| if truth { 0.9 } else { 0.1 };
        let first: Vec<Option<f64>> = truths
            .iter()
            .enumerate()
            .map(|(at, truth)| Some(if at % 3 == 0 { 0.5 } else { sure(*truth) }))
            .collect();
        let second: Vec<Option<f64>> = truths.iter().map(|truth| Some(sure(*truth))).collect();
        let scored = |scores, seconds_a_pair| Scored {
            scores,
            seconds_a_pair,
        };
        let found = Escalation::of(
            scored(&first, 1.0),
            scored(&second, 3.0),
            &truths,
            (0.25, 0.75),
        );
        let found = found.unwrap();
        assert!(
            (found.unsure - 1.0 / 3.0).abs() < 1e-9 && (found.seconds_a_pair - 2.0).abs() < 1e-9
        );
        assert_eq!(found.knowledge.right, 30);
        let few = Escalation::of(
            scored(&first[..8], 1.0),
            scored(&second, 3.0),
            &truths,
            (0.25, 0.75),
        );
        assert!(few.is_none());
    }

    #[test]
    fn measurements_are_kept_for_each_server_model_and_task() {
        let of = |server: &str, task: &str, seconds: f64| MeasuredCosts {
            server: server.to_owned(),
            task: task.to_owned(),
            digest: "d".to_owned(),
            seconds_a_pair: BTreeMap::from([(PromptingMode::YesNo, seconds)]),
            ..MeasuredCosts::default()
        };
        let mut all = Measurements::default();
        for (server, task, seconds) in [
            ("a", "t", 1.0),
            ("b", "t", 2.0),
            ("a", "u", 3.0),
            ("a", "t", 4.0),
        ] {
            all.add(of(server, task, seconds));
        }
        let seconds = |all: &Measurements, server: &str, task: &str| {
            all.of(server, "d", task)
                .map(|one| one.seconds_a_pair[&PromptingMode::YesNo])
        };
        assert_eq!(seconds(&all, "a", "t"), Some(4.0));
        assert_eq!(seconds(&all, "b", "u"), Some(2.0));
        assert_eq!(seconds(&all, "c", "u"), Some(3.0));
        assert!(all.of("a", "another model", "t").is_none());
        let folder = tempfile::tempdir().unwrap();
        all.save(folder.path()).unwrap();
        assert_eq!(Measurements::load(folder.path()), all);
        let old = r#"{"digest": "d", "seconds_a_pair": {"glance": 0.06}}"#;
        std::fs::write(folder.path().join(FILE), old).unwrap();
        assert_eq!(
            seconds(&Measurements::load(folder.path()), "x", "t"),
            Some(0.06)
        );
    }
}
