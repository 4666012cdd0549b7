//! What pairs say together: one partner a record, or clusters of records.
//!
//! Pure: pairs of row numbers with weights in, places of the pairs that stay out.

mod assignment;
mod clusters;

pub use assignment::{DENSE, Resolved, many_to_one, one_to_one};
pub use clusters::{Sets, clusters};

/// A pair that would be a match by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Matched {
    /// Row of the left record.
    pub left: u32,
    /// Row of the right record.
    pub right: u32,
    /// How much it counts: log odds of a match above those at which a match is called; at least 0.
    pub weight: f64,
}
