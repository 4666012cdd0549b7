//! What clinical texts say, and what two of them say of each other.
//!
//! A [`Lexicon`] knows names of concepts and what relates them; [`Lexicon::note`] reads from a text its concepts, each with
//! its status (denied, a relative's, past, suspected), side, dose and year, and whose note it is; [`compare`] says what two
//! notes share and where they contradict each other. Rules and a list of names, no model: microseconds a text, linear in its
//! length. docs/clinical.md says what is understood and what is not.
//!
//! ```
//! use midband_lexicon::{ClinicalProfile, Difference, Lexicon, compare};
//!
//! let lexicon = Lexicon::clinical();
//! let read = |text| ClinicalProfile::of(lexicon, text, |_| 1.0);
//! let found = compare(&read("71F, T2DM, left TKR 2011"), &read("Lady of 71 with type 2 diabetes; right knee replaced"));
//! assert!(found.contradictions.iter().any(|c| c.what == Difference::Side));
//! ```

mod age;
mod allergies;
mod body;
mod builder;
mod compare;
mod context;
mod contradiction;
mod date;
mod differences;
mod file;
mod finding;
mod import;
mod kind;
mod language;
mod lexicon;
mod matcher;
mod note;
mod packed;
mod person;
mod profile;
mod quantity;
mod side_and_year;
mod tally;
mod words;
mod written_out;

pub use builder::LexiconBuilder;
pub use compare::{Comparison, compare, contradictions};
pub use context::Status;
pub use contradiction::{Contradiction, Difference, Said};
pub use date::Date;
pub use file::{LEXICON_VERSION, LexiconError, LexiconRow};
pub use finding::Finding;
pub use import::{ImportError, Imported, Rf2, Rrf, import_rf2, import_rrf};
pub use kind::{ConceptId, Kind, Relation, Sex};
pub use lexicon::{Lexicon, SharedLexicon};
pub use note::Note;
pub use person::Person;
pub use profile::ClinicalProfile;
pub use tally::CLINICAL;
