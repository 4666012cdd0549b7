//! Learns the probability of a match and merges proxy and verdict into the final score.
//!
//! Everything here is a pure function of its inputs: no file, no clock, no hidden randomness. A
//! pair's score is a sum of log odds (prior, features, judge), so that each score can be shown as the
//! parts that it is made of.
//!
//! Without any label, a score is three calls:
//!
//! ```
//! use midband_model::{CosineMap, DecisionRule, JudgeModel, TaskKind, merge};
//! use midband_core::Decision;
//!
//! let map = CosineMap::default_for(TaskKind::Questions);
//! let score = merge(map.logit(0.9), 1.0, &JudgeModel::default());
//! assert!(score > map.probability(0.9));
//! assert_eq!(DecisionRule::default().decide(score), Decision::Match);
//! ```

mod calibration;
mod calibration_use;
mod cosine_map;
mod decide;
mod judge;
mod label_shift;
pub mod learn;
mod linear;
pub mod logistic;
mod merge;
mod monotone;
pub mod numeric;
pub mod rng;
mod scale;
mod shipped;
mod task_kind;
mod two_groups;

pub use calibration::{CALIBRATION_VERSION, Calibration, CalibrationError, KeptLabel, LexicalTier};
pub use calibration_use::Use;
pub use cosine_map::CosineMap;
pub use decide::{CostError, Costs, DecisionRule, Goal, decide};
pub use judge::{
    Agreement, JudgeCovariates, JudgeModel, JudgedGold, ProxySupport, ReliabilityError, loss,
};
pub use label_shift::LabelShift;
pub use linear::{LinearProxy, PreparedProxy};
pub use logistic::Evidence;
pub use merge::{Explanation, merge};
pub use monotone::MonotoneMap;
pub use rng::{KeyedRng, PairKey};
pub use scale::Scale;
pub use shipped::{ClinicalLeftOut, LeftOut, MatchedPrior, PRIORS_VERSION, Priors, PriorsError};
pub use task_kind::{ReadsAs, TaskKind, UnknownTaskKind};
