//! Which pairs to ask the judge about, when to stop, and what has been certified.
//!
//! Pure: a policy is given scores, a seed and the verdicts so far, and says what to do next. Whoever
//! drives it does the waiting.

mod band;

pub use band::BandPolicy;
