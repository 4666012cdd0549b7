//! Two lists of records in, or one; scored candidate pairs out.
//!
//! `reading` reads the lists, `linking` compares them by their columns, the engine's blocking by their texts. A list that is
//! resolved already takes new records (`resolved`, `arrivals`, `arrival_counts`). `prepared` is what a run and its estimate have in
//! common; `matching` runs the candidates through the same cascade as a file of pairs.

mod arrival_counts;
mod arrivals;
mod candidates;
mod error;
mod gold;
mod judge_texts;
mod known_pairs;
mod linking;
mod list_counts;
mod matching;
mod options;
mod partners;
mod preconditions;
mod prepared;
mod preview;
mod reading;
mod record_columns;
mod record_values;
mod recorded;
mod records;
mod records_joined;
mod resolved;
mod resolving;
mod sheets;
mod state;
mod static_tier;
mod texts;

pub use error::MatchError;
pub use linking::linked_goal;
pub use matching::{Estimate, Matching};
pub use options::{
    CHANGES, Compare, GoldenOptions, KnownInput, LinkType, ListInput, ListInputs, MatchOptions,
    Merges, Partners, RecordOptions, WEIGHTS,
};
pub use record_values::{is_named, shown};
