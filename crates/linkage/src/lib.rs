//! Record linkage without labels: which records of one list, or of two, are of the same person.
//!
//! Columns get types, values one notation, pairs of values comparison levels, and levels match weights that
//! are learnt from the lists themselves (Fellegi and Sunter 1969): u probabilities from random pairs, m
//! probabilities by EM over the candidate pairs of blocking rules that are found from the columns. Labels and
//! a judge's verdicts enter the same likelihood.
//!
//! ```
//! use midband_linkage::{Linker, Options, TableBuilder};
//!
//! let mut people = TableBuilder::new(["first_name", "surname", "date_of_birth"]);
//! people.push([Some("Anna"), Some("Meyer"), Some("1971-03-02")]);
//! people.push([Some("Ann"), Some("Meyer"), Some("02/03/1971")]);
//! let mut linker = Linker::new(people.finish(), None, Options::default()).unwrap();
//! assert_eq!(linker.candidates().len(), 1);
//! // Two records say nothing about what a match is.
//! assert!(matches!(linker.fit(&[]), midband_linkage::Fit::Unidentified(_)));
//! ```

mod addresses;
mod applied;
mod arrange;
mod assemble;
mod block;
mod certain;
mod choose;
mod classes;
mod compare;
mod comparison_levels;
mod context;
mod counts;
pub mod dates;
mod em;
#[cfg(test)]
mod em_tests;
mod fit;
mod fitted_pairs;
mod follows;
mod frequency;
mod hash;
mod headers;
mod incremental;
mod infer;
mod learning;
mod learnt;
mod linker;
mod map;
pub mod missing;
mod model;
mod monotone_levels;
mod namesakes;
mod nicknames;
pub mod normalise;
mod options;
mod pair_levels;
mod plan;
mod prepare;
mod profile;
mod read_records;
mod reading;
mod record_keys;
mod region;
mod rule_counts;
mod rules;
mod saved_fit;
mod score;
mod self_scores;
mod split_columns;
mod spread_labels;
mod strings;
mod subject;
mod table;
mod types;
mod units;
mod vocabulary;

pub use applied::{Applied, AtHand};
pub use block::CandidatePair;
pub use certain::SameValue;
pub use comparison_levels::{Level, levels};
pub use counts::{ColumnCounts, ValueCounts};
pub use incremental::WholeList;
pub use infer::infer;
pub use learning::{Evidence, Fit, Learning, Reason};
pub use linker::Linker;
pub use map::{Mapping, map_columns};
pub use options::{LinkError, Options, WholeLists};
pub use plan::{Plan, RulePlan};
pub use profile::{ColumnSummary, summarise};
pub use read_records::ReadRecords;
pub use reading::ColumnReading;
pub use record_keys::{KeyColumn, record_keys};
pub use rules::{BlockingRule, Key, KeyForm, RuleError};
pub use saved_fit::{SavedError, SavedFit};
pub use score::{ColumnWeights, LevelWeight, Link, Part, Scored};
pub use subject::{Subject, subject};
pub use table::{Column, Table, TableBuilder};
pub use types::{ColumnProfile, ColumnType, UnknownType};
pub use vocabulary::Vocabulary;
