//! The report's drawings.

mod against;
mod engineers;
mod overview;
mod words;

pub(crate) use against::against;
pub(crate) use engineers::engineers;
pub(crate) use overview::{completeness, scored, thresholds, unfindable};
