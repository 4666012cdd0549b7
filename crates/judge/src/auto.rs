//! Which prompting mode `auto` takes, and why.
//!
//! Where `doctor` has measured the model on this server, the mode with the most information a second, of those that tell
//! matches from other pairs at all. Unmeasured, a thinking model gets thoughts that several pairs share, and any other is asked yes or no
//! by the probabilities of one token: with a 1.8 B model that mode alone ranked 100 pairs of medical questions well (AUROC .85; .40 to
//! .66 in the others), for less time.

use std::{collections::BTreeMap, path::Path};

use midband_core::Pace;
use midband_llm::Capabilities;
use serde::{Deserialize, Serialize};

use crate::{knowledge::Knowledge, mode::PromptingMode};

/// Seconds per pair that share a thought in threes (MedGemma 1.5 4B, q4, on an M3 Pro: 7.37 s for three).
const THINKING: f64 = 7.37 / 3.0;
/// Seconds per pair for an answer of one token (a 1.8 B model, q4, on two cores).
const ANSWERING: f64 = 0.89;

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
    /// True where a simulator was measured.
    #[serde(default)]
    pub simulated: bool,
}

impl MeasuredCosts {
    /// The mode with the most information a second among those with signal; `None` where none is known to have any.
    pub fn best(&self) -> Option<PromptingMode> {
        self.best_of(&PromptingMode::ALL)
    }

    fn best_of(&self, modes: &[PromptingMode]) -> Option<PromptingMode> {
        let worth = |mode: &PromptingMode| {
            let known = self.knowledge.get(mode)?;
            let seconds = self.seconds_a_pair.get(mode)?;
            let counts = known.has_signal() == Some(true) && seconds.is_finite() && *seconds > 0.0;
            counts.then(|| known.worth() / seconds)
        };
        let rated = modes.iter().filter_map(|mode| Some((*mode, worth(mode)?)));
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
        std::fs::write(folder.join(FILE), serde_json::to_vec_pretty(&self.0)?)
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

/// The mode that was set, or that `auto` picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Picked {
    /// The mode.
    pub mode: PromptingMode,
    /// One sentence for the user.
    pub why: String,
}

/// The mode to take where yes or no was picked and the model's likeliest words are neither.
pub(crate) fn without_labels(can: Capabilities) -> Picked {
    let mut rest = possible(can).into_iter();
    let mode = rest.find(|mode| *mode != PromptingMode::YesNo);
    Picked {
        mode: mode.unwrap_or(PromptingMode::Standard),
        why: "asked yes or no, the model's likeliest words are neither (a base model?); `doctor` measures what each \
              mode knows"
            .to_owned(),
    }
}

/// Seconds per pair in a mode: as measured, else as others measured it.
pub(crate) fn pace(mode: PromptingMode, measured: Option<&MeasuredCosts>) -> Pace {
    let known = measured.and_then(|measured| measured.seconds_a_pair.get(&mode));
    let guess = if mode.thinks() { THINKING } else { ANSWERING };
    Pace {
        seconds_a_pair: known.copied().unwrap_or(guess),
        measured: known.is_some(),
    }
}

/// Settles the mode for a server with these capabilities and a model that may think.
pub(crate) fn settle(
    mode: Option<PromptingMode>,
    can: Capabilities,
    thinks: bool,
    measured: Option<&MeasuredCosts>,
) -> Picked {
    let picked = |mode, why: String| Picked { mode, why };
    if let Some(mode) = mode {
        return picked(mode, "as set".to_owned());
    }
    let possible = possible(can);
    let best = measured.and_then(|measured| {
        let mode = measured.best_of(&possible)?;
        Some((
            mode,
            measured.knowledge.get(&mode)?,
            measured.seconds_a_pair.get(&mode)?,
        ))
    });
    if let Some((mode, known, seconds)) = best {
        let why = format!(
            "the most information a second that was measured: AUROC {:.2} on {} known pairs at {seconds:.3} s a pair",
            known.auroc.unwrap_or(0.5),
            known.answered
        );
        return picked(mode, why);
    }
    let silent = measured.is_some_and(|measured| {
        let mut known = measured.knowledge.values();
        known.any(|known| known.has_signal() == Some(false))
    });
    let prefix = if silent {
        "no mode that was measured tells matches from other pairs: this model may know nothing of the task; "
    } else {
        ""
    };
    if thinks {
        let why = "a thinking model: several pairs share a thought; `doctor` measures what other modes know";
        return picked(PromptingMode::Think, format!("{prefix}{why}"));
    }
    match possible.first() {
        Some(&mode) => picked(
            mode,
            format!(
                "{prefix}the first that server and model can do; `doctor` measures what each mode knows"
            ),
        ),
        None => picked(
            PromptingMode::Standard,
            format!("{prefix}the server takes neither schema nor logprobs"),
        ),
    }
}

/// What can be asked of a server, the mode that ranked pairs best with a real model first.
fn possible(can: Capabilities) -> Vec<PromptingMode> {
    let mut possible = Vec::new();
    if can.top_logprobs >= 10 {
        possible.push(PromptingMode::YesNo);
        if can.pattern {
            possible.push(PromptingMode::Digits);
        }
    }
    if can.schema {
        possible.extend([PromptingMode::Array, PromptingMode::Keyed]);
    }
    if possible.is_empty() && can.pattern {
        // Ten steps without anything finer are still a token a pair.
        possible.push(PromptingMode::Digits);
    }
    if !possible.is_empty() {
        possible.extend([PromptingMode::Think, PromptingMode::Standard]);
    }
    possible
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Capabilities = Capabilities {
        raw_turns: true,
        schema: true,
        pattern: true,
        top_logprobs: 20,
        prompt_arrays: false,
        loads_models: true,
        pulls_models: true,
        sets_context: true,
    };

    fn known(auroc: f64) -> Knowledge {
        Knowledge {
            asked: 40,
            answered: 40,
            right: 20,
            auroc: Some(auroc),
            auroc_error: 0.05,
            distinct: 30,
        }
    }

    fn measured(modes: &[(PromptingMode, f64, f64)]) -> MeasuredCosts {
        MeasuredCosts {
            digest: "d".to_owned(),
            seconds_a_pair: modes
                .iter()
                .map(|(mode, seconds, _)| (*mode, *seconds))
                .collect(),
            knowledge: modes
                .iter()
                .map(|(mode, _, auroc)| (*mode, known(*auroc)))
                .collect(),
            ..MeasuredCosts::default()
        }
    }

    #[test]
    fn unmeasured_a_thinking_model_thinks_and_others_say_yes_or_no() {
        let pick = |can, thinks| settle(None, can, thinks, None).mode;
        assert_eq!(pick(ALL, true), PromptingMode::Think);
        assert_eq!(pick(ALL, false), PromptingMode::YesNo);
        let blind = Capabilities {
            top_logprobs: 0,
            ..ALL
        };
        assert_eq!(pick(blind, false), PromptingMode::Array);
        let coarse = Capabilities {
            schema: false,
            ..blind
        };
        assert_eq!(pick(coarse, false), PromptingMode::Digits);
        let bare = Capabilities {
            pattern: false,
            ..coarse
        };
        assert_eq!(pick(bare, false), PromptingMode::Standard);
        assert_eq!(without_labels(ALL).mode, PromptingMode::Digits);
        assert_eq!(without_labels(bare).mode, PromptingMode::Standard);
        let set = settle(Some(PromptingMode::Keyed), ALL, true, None);
        assert_eq!(set.mode, PromptingMode::Keyed);
    }

    #[test]
    fn measured_the_most_information_a_second_wins_and_noise_is_given_up() {
        use PromptingMode::{Array, Digits, Keyed, Think, YesNo};
        let issue = measured(&[(YesNo, 0.89, 0.852), (Digits, 0.2, 0.52), (Keyed, 1.4, 0.5)]);
        let picked = settle(None, ALL, true, Some(&issue));
        assert_eq!(picked.mode, YesNo);
        assert!(
            picked.why.contains("0.85") && picked.why.contains("0.890 s"),
            "{}",
            picked.why
        );
        // Half as sure for a tenth of the time.
        let cheap = measured(&[(Think, 5.0, 0.95), (Array, 0.1, 0.75)]);
        assert_eq!(settle(None, ALL, true, Some(&cheap)).mode, Array);
        let noise = measured(&[(YesNo, 0.2, 0.55), (Digits, 0.2, 0.5)]);
        let picked = settle(None, ALL, false, Some(&noise));
        assert_eq!(picked.mode, YesNo);
        assert!(picked.why.contains("may know nothing"), "{}", picked.why);
        // Of the version before: time without knowledge decides nothing.
        let old =
            r#"{"digest": "d", "seconds_a_pair": {"glance": 0.06, "constrained digits": 0.01}}"#;
        let old: MeasuredCosts = serde_json::from_str(old).unwrap();
        assert_eq!(settle(None, ALL, false, Some(&old)).mode, YesNo);
    }

    #[test]
    fn measurements_are_kept_for_each_server_model_and_task() {
        let of = |server: &str, task: &str, seconds: f64| MeasuredCosts {
            server: server.to_owned(),
            task: task.to_owned(),
            ..measured(&[(PromptingMode::YesNo, seconds, 0.8)])
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
