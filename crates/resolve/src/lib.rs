//! What pairs say together: one partner a record, or clusters of records; and which values of a cluster's records survive.
//!
//! Pure: pairs of row numbers with weights in; places of the pairs that stay, or clusters, out.

mod assignment;
mod average_link;
#[cfg(test)]
mod average_link_tests;
mod clusters;
mod linking;
mod survivor;

pub use assignment::{DENSE, Resolved, many_to_one, one_to_one};
pub use average_link::average_link;
pub use clusters::{Sets, clusters};
pub use linking::{Clustering, Join, Link, Linking, Word};
pub use survivor::{Held, Survivorship, survivor};

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
