//! What labels taught, as a file.
//!
//! A calibration belongs to one embedding model, one task and, where a judge was asked, one way of
//! asking it: used elsewhere its numbers are wrong without looking wrong, so a mismatch is refused and
//! the reason is said.

use std::fmt;

use midband_core::{Fingerprint, ModelIdentity, Pair, without_values};
use midband_features::{DocumentFrequencies, FeatureSet, HashedPair, NEIGHBOURS};
use serde::{Deserialize, Serialize};

use crate::{DecisionRule, Goal, JudgeModel, LinearProxy, PairKey, TaskKind, learn::Prior};

/// Version of the file that this code writes and reads.
pub const CALIBRATION_VERSION: u32 = 1;

/// Everything that is needed to score pairs of one task without its labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Version of the file's form.
    pub version: u32,
    /// The task: what "match" means.
    pub task: String,
    /// Its kind.
    pub kind: TaskKind,
    /// The embedding model whose cosines it was fitted on.
    pub embedding_model: ModelIdentity,
    /// How the judge was asked, where gold pairs were judged.
    pub judge_fingerprint: Option<Fingerprint>,
    /// The features.
    pub features: FeatureSet,
    /// Frozen word counts behind them.
    pub frequencies: DocumentFrequencies,
    /// Digest of the lexicon behind the clinical features, where it was not the one that is built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexicon: Option<String>,
    /// The proxy.
    pub proxy: LinearProxy,
    /// The tier before the embedding, where the fit showed that it serves.
    pub lexical: Option<LexicalTier>,
    /// The judge's reliability.
    pub judge: JudgeModel,
    /// What the decisions are to be good at.
    pub goal: Goal,
    /// Where a score turns into a decision.
    pub rule: DecisionRule,
    /// Labelled pairs that it was fitted on.
    pub labels: usize,
    /// Digests of their texts ([`crate::PairKey::of_texts`]), ascending: figures on these pairs flatter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taught: Vec<u64>,
    /// The labelled pairs without their texts, at most [`Calibration::MOST_KEPT`]: a run over other word counts fits them anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptLabel>,
    /// Cross-validated log likelihood, nats a label; `None` where it was learnt from verdicts.
    pub log_likelihood: Option<f64>,
    /// When it was made, RFC 3339, UTC; left empty by the pure crates.
    pub made: String,
}

/// A labelled pair without its texts.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptLabel {
    /// The pair's key: it decides the fold.
    pub key: u64,
    /// Its words, hashed.
    pub pair: HashedPair,
    /// The truth.
    pub is_match: bool,
    /// How often it counts.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub weight: f64,
    /// The judge's score, where it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<f64>,
}

fn once() -> f64 {
    1.0
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands on references"
)]
fn is_once(weight: &f64) -> bool {
    *weight == 1.0
}

impl fmt::Debug for KeptLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptLabel")
            .field("key", &self.key)
            .field("is_match", &self.is_match)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

/// A proxy of the wording alone, and the pairs that it settles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LexicalTier {
    /// The proxy, on the features that need no embedding.
    pub proxy: LinearProxy,
    /// Log odds, by size, from which on a pair is settled by it; below, the pair is embedded.
    pub settled_from: f64,
}

/// Why a calibration does not fit a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// Not a calibration, or a damaged one. Make it again with `midband calibrate`.
    #[error("this is not a calibration: {0}")]
    Unreadable(String),
    /// Written by another version of the format. Make it again with `midband calibrate`.
    #[error("the calibration has version {found}, this program reads {CALIBRATION_VERSION}")]
    Version {
        /// The version found.
        found: u32,
    },
    /// Fitted on another model's cosines. Use that model, or calibrate for this one.
    #[error("the calibration is for the embedding model {made_for}, but the run uses {used}")]
    EmbeddingModel {
        /// The model that it was made for.
        made_for: String,
        /// The model of the run.
        used: String,
    },
    /// Made for another meaning of "match". Calibrate for this task.
    #[error("the calibration is for the task {made_for:?}, but the run has {used:?}")]
    Task {
        /// The task that it was made for.
        made_for: String,
        /// The task of the run.
        used: String,
    },
    /// Features were made by other names. Use the same lexicons, in the same order, or calibrate with these.
    #[error("the calibration was made with a different lexicon")]
    Lexicon,
    /// The judge's reliability was measured on another model, prompt or setting. Calibrate with
    /// `--judge` again, or ask as before.
    #[error("the calibration measured a judge that was asked in a different way")]
    Judge,
    /// Learnt from lists, whose pairs have neighbours. Calibrate on loose pairs, or match the lists.
    #[error("the calibration was learned from lists of records, but this run scores single pairs")]
    Lists,
}

impl Calibration {
    /// Labels from which on its probabilities are relied on: with fewer, cross-validated figures vary by more than they say.
    pub const ENOUGH_LABELS: usize = 20;

    /// Labelled pairs that are kept for a fit under other word counts. More of them are word counts of their own.
    pub const MOST_KEPT: usize = 1_000;

    /// Reads a calibration.
    ///
    /// # Errors
    /// The text is no calibration, or one of another version.
    pub fn from_json(text: &str) -> Result<Self, CalibrationError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let unreadable = |error: serde_json::Error| {
            CalibrationError::Unreadable(without_values(&error.to_string()))
        };
        let found: Versioned = serde_json::from_str(text).map_err(unreadable)?;
        if found.version != CALIBRATION_VERSION {
            return Err(CalibrationError::Version {
                found: found.version,
            });
        }
        let read: Self = serde_json::from_str(text).map_err(unreadable)?;
        let names: Vec<&str> = read.proxy.columns.iter().map(String::as_str).collect();
        let texts = read.features.names();
        let lists = names.strip_prefix(texts.as_slice());
        if lists.is_none_or(|lists| lists.iter().any(|name| !NEIGHBOURS.contains(name))) {
            let why = "its weights belong to other features".to_owned();
            return Err(CalibrationError::Unreadable(why));
        }
        let mut tiers = read.lexical.iter();
        if !read.proxy.is_whole() || !tiers.all(|tier| tier.proxy.is_whole()) {
            let why = "its weights and columns differ in number".to_owned();
            return Err(CalibrationError::Unreadable(why));
        }
        Ok(read)
    }

    /// The calibration as a file's text.
    ///
    /// # Errors
    /// A number in it is not finite.
    pub fn to_json(&self) -> Result<String, CalibrationError> {
        serde_json::to_string_pretty(self).map_err(|e| CalibrationError::Unreadable(e.to_string()))
    }

    /// True for a pair whose label taught it.
    pub fn knows(&self, pair: &Pair) -> bool {
        let key = || PairKey::of_texts(pair.a.as_str(), pair.b.as_str()).0;
        !self.taught.is_empty() && self.taught.binary_search(&key()).is_ok()
    }

    /// The prior that a run starts from which learns on from this calibration: held to be right, with
    /// half the departures of a task that nothing is known of.
    pub fn prior(&self) -> Prior {
        Prior {
            prior_sd: vec![0.5; self.proxy.columns.len()],
            proxy: self.proxy.clone(),
            log_prior_weight: 4.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CosineMap, Use};

    fn model(digest: &str) -> ModelIdentity {
        ModelIdentity {
            name: "m".to_owned(),
            digest: digest.to_owned(),
        }
    }

    fn calibration() -> Calibration {
        let columns = ["cosine".to_owned()];
        Calibration {
            version: CALIBRATION_VERSION,
            task: "same question".to_owned(),
            kind: TaskKind::Questions,
            embedding_model: model("blake3:1"),
            judge_fingerprint: None,
            features: FeatureSet::cosine(),
            frequencies: DocumentFrequencies::of_texts(["a b", "c"]),
            lexicon: None,
            proxy: Prior::cosine(CosineMap::default_for(TaskKind::Questions), &columns).proxy,
            lexical: None,
            judge: JudgeModel::default(),
            goal: Goal::Accuracy,
            rule: DecisionRule::default(),
            labels: 12,
            taught: vec![PairKey::of_texts("a", "b").0],
            kept: Vec::new(),
            log_likelihood: Some(-0.4),
            made: String::new(),
        }
    }

    #[test]
    fn what_was_written_reads_back() {
        let made = calibration();
        assert_eq!(Calibration::from_json(&made.to_json().unwrap()), Ok(made));
    }

    #[test]
    fn weights_that_belong_to_no_column_are_refused() {
        let mut broken = calibration();
        broken.proxy.scale.centre.clear();
        let read = Calibration::from_json(&broken.to_json().unwrap());
        assert!(matches!(read, Err(CalibrationError::Unreadable(_))));
    }

    #[test]
    fn a_number_reads_back_to_its_last_digit() {
        let log_likelihood = Some(-0.099_399_645_758_088_94);
        let made = Calibration {
            log_likelihood,
            ..calibration()
        };
        let again = Calibration::from_json(&made.to_json().unwrap()).unwrap();
        assert_eq!(again.log_likelihood, log_likelihood);
    }

    #[test]
    fn a_foreign_file_is_refused_with_the_reason() {
        let made = calibration();
        let (same, other) = (model("blake3:1"), model("blake3:2"));
        let check = |embedding_model, task| {
            made.check(&Use {
                embedding_model,
                task,
                lexicon: None,
                judge_fingerprint: None,
                lists: false,
            })
        };
        assert_eq!(check(&same, "same question"), Ok(()));
        let error = check(&other, "same question").unwrap_err().to_string();
        assert!(
            error.contains("blake3:1") && error.contains("blake3:2"),
            "{error}"
        );
        let clinical = Calibration {
            features: FeatureSet::all(),
            lexicon: Some("blake3:3".to_owned()),
            ..calibration()
        };
        let with = |lexicon| {
            clinical.check(&Use {
                embedding_model: &same,
                task: "same question",
                lexicon,
                judge_fingerprint: None,
                lists: false,
            })
        };
        assert_eq!(with(Some("blake3:3")), Ok(()));
        assert_eq!(with(None), Err(CalibrationError::Lexicon));
        assert!(matches!(
            check(&same, "same person"),
            Err(CalibrationError::Task { .. })
        ));
    }

    #[test]
    fn damaged_files_are_refused() {
        let text = calibration().to_json().unwrap();
        let later = text.replacen("\"version\": 1", "\"version\": 2", 1);
        assert_eq!(
            Calibration::from_json(&later),
            Err(CalibrationError::Version { found: 2 })
        );
        let other = text.replacen("\"features\": \"cosine\"", "\"features\": \"numbers\"", 1);
        assert!(matches!(
            Calibration::from_json(&other),
            Err(CalibrationError::Unreadable(_))
        ));
        assert!(Calibration::from_json("[]").is_err());
    }
}
