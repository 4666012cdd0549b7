//! The policy that certifies: as many questions as it takes to promise a quality.
//!
//! The reference is the judge: what is promised is agreement with what the judge would have said of
//! every pair. A pilot teaches the proxy; what no certificate could settle is asked next and teaches it
//! more; neither is used in the proof. Of the rest a uniform sample of fresh labels tests nested sets of
//! pairs in a fixed order, each at the full failure probability (to return a bad set, the first bad one
//! must pass); what no test lets through is asked. Precision is tested first, on the pairs above, and what
//! it leaves is asked, so that recall, below, is tested against matches that are known. All labels are
//! reused.

mod exact;
mod floor;
mod inner;
mod order;
mod pilot;
mod plan;
mod quality;
mod run;
mod sequence;
mod stage;

use std::str::FromStr;

pub use exact::{binomial_cdf, hypergeometric_cdf, recall_cut, upper_bound};
pub use floor::label_floor;
pub use quality::QualityError;
pub(crate) use run::TargetRun;

/// A quality, measured against the judge, each in 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quality {
    /// Share of right decisions.
    Accuracy(f64),
    /// Share of matches among what is called one.
    Precision(f64),
    /// Share of the matches that is found.
    Recall(f64),
    /// Both at once.
    PrecisionRecall {
        /// Precision.
        precision: f64,
        /// Recall.
        recall: f64,
    },
    /// F1 of the match class, by precision and recall of that size each.
    F1(f64),
}

/// Whose word is the truth that a promise is measured against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reference {
    /// The judge's: the promise is one of agreement with it.
    #[default]
    Judge,
    /// That of gold labels, which stand in the judge's place.
    Gold,
}

impl Reference {
    /// The word of flags and summaries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Judge => "judge",
            Self::Gold => "gold",
        }
    }
}

impl FromStr for Reference {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "judge" => Ok(Self::Judge),
            "gold" => Ok(Self::Gold),
            _ => Err(format!("{word:?} is neither judge nor gold")),
        }
    }
}

/// A promise to make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    /// The quality.
    pub quality: Quality,
    /// Probability that the promise is broken, 0..1.
    pub delta: f64,
    /// Whose word counts.
    pub reference: Reference,
    /// Labels of the pilot; chosen by the number of pairs where absent.
    pub pilot: Option<usize>,
    /// Labels of a test's sample; chosen by what the fit foresees where absent.
    pub sample: Option<usize>,
}

impl Target {
    /// A quality with a failure probability of .1.
    pub fn new(quality: Quality) -> Self {
        Self {
            quality,
            delta: 0.1,
            reference: Reference::Judge,
            pilot: None,
            sample: None,
        }
    }
}

/// What was promised in the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// The quality asked for.
    pub target: Quality,
    /// Probability that the promise is broken.
    pub delta: f64,
    /// What the promise is measured against.
    pub reference: Reference,
    /// True where the whole target is certified.
    pub certified: bool,
    /// Pairs that were settled without the judge.
    pub settled: usize,
    /// Labels spent on the pilot and on the tests' samples, each pair once.
    pub labels: usize,
    /// What could not be had by settling pairs unasked, and what was done instead.
    pub note: Option<String>,
}
