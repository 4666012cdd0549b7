//! Two lists of records in, or one; scored candidate pairs out.
//!
//! `reading` reads the lists, `linking` compares them by their columns, the engine's blocking by their texts. A list that is
//! resolved already takes new records (`resolved`, `joined`, `joining`). `prepared` is what a run and its estimate have in common; `matching` runs the candidates through the same cascade as a file of pairs.

mod about;
mod asked;
mod beside;
mod candidates;
mod error;
mod given;
mod gold;
mod joined;
mod joining;
mod known_pairs;
mod linking;
mod matching;
mod options;
mod partners;
mod prepared;
mod reading;
mod recorded;
mod records;
mod records_joined;
mod resolved;
mod resolving;
mod sheets;
mod state;
mod static_tier;
mod texts;
mod told;
mod values;

pub use error::MatchError;
pub use linking::linked_goal;
pub use matching::{Estimate, Matching};
pub use options::{
    CHANGES, Compare, GoldenOptions, KnownInput, LinkType, ListInput, ListInputs, MatchOptions,
    Merges, Partners, RecordOptions, WEIGHTS,
};
pub use values::{is_named, shown};
