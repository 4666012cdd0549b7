//! Which pairs to ask the judge about, when to stop, and what has been certified.
//!
//! Pure: a policy is given features, what is known and a seed, says what to ask, is told the replies, and
//! says what to ask next. Whoever drives it does the waiting, whether that is an engine with a judge or a
//! simulation in a test; nothing here can tell them apart.
//!
//! Start at [`Router`], whose example is the whole interface.

mod band;
mod certify;
mod embed;
mod gain;
mod gain_options;
mod learner;
mod merging;
mod pairs;
mod rehearsal;
mod router;

pub use band::BandPolicy;
pub use certify::{
    Certificate, Quality, QualityError, Reference, Target, binomial_cdf, hypergeometric_cdf,
    label_floor, recall_cut, upper_bound,
};
pub use embed::EmbedPlan;
pub use gain_options::{BatchCost, Budget, GainOptions, is_worth_asking};
pub use pairs::{GoldLabel, Knowledge, Pairs, Reply, RouterError};
pub use router::{Expected, Outcome, Policy, Router, Step};
