//! What two texts tell beside their cosine: shared rare words, numbers that differ, negation, fields.
//!
//! An embedding brings meaning and loses the details that decide: a model number, a side of the body,
//! "no" before "fever". These features bring them back for a few microseconds a pair, linear in the
//! texts' length. A pair's row depends on its two texts and on frozen word counts alone, never on the
//! pairs around it.
//!
//! ```
//! use midband_features::{DocumentFrequencies, FeatureRows, FeatureSet};
//!
//! let texts = ["left knee pain", "pain in the right knee", "pain in the left knee"];
//! let rows = FeatureRows::new(FeatureSet::all(), DocumentFrequencies::of_texts(texts));
//! let row = rows.row(texts[0], texts[1], Some(0.9));
//! let at = rows.set().names().iter().position(|name| *name == "marker_difference");
//! assert!(row[at.unwrap()] > 0.0);
//! ```

mod codes;
mod compare;
mod designators;
mod feature;
mod feature_set;
mod fields;
mod fold;
mod frequencies;
mod hash;
mod index;
mod lists;
mod overlap;
mod profile;
mod question_intent;
mod recount;
mod similar_words;
mod token;
mod trigrams;

pub use compare::FeatureRows;
pub use feature::{COUNT, FEATURES, Group, NEIGHBOURS};
pub use feature_set::{FeatureSet, UnknownFeature};
pub use frequencies::{DEFAULT_WORDS, DamagedFrequencies, DocumentFrequencies, FrequencyCount};
pub use hash::mix;
pub use index::{concept_terms, index_terms};
pub use profile::{TextProfile, reads_as_note, reads_as_record};
pub use recount::{DamagedPair, HashedPair};
