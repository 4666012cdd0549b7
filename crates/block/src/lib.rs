//! Blocking: from two lists of records, or one, to the candidate pairs that are worth comparing.
//!
//! Comparing every record with every other one is out of reach above some thousands. Two sources propose
//! pairs: the embeddings, which find what means the same, and rare words, which find what is written the same.
//! Each misses what the other finds, so that by default both are asked and their rankings fused.
//!
//! ```
//! use midband_block::{List, Settings, Source, candidates};
//!
//! let left = ["sony dsc-w55 camera", "apple ipod nano"];
//! let right = ["ipod nano 8 gb, apple", "camera by sony: w55", "garden chair"];
//! let settings = Settings { source: Source::Words, top_k: 1, ..Settings::default() };
//! let found = candidates(&List::of_texts(&left), Some(&List::of_texts(&right)), &settings).unwrap();
//! let pairs: Vec<_> = found.iter().map(|pair| (pair.left, pair.right)).collect();
//! assert_eq!(pairs, [(0, 1), (1, 0)]);
//! ```

mod exact;
mod fuse;
mod graph;
mod keys;
mod list;
mod measures;
mod neighbour_ranks;
mod search;
mod source;
mod ties;
mod top;
mod words;

pub use fuse::Candidate;
pub use graph::{EF_CONSTRUCTION, EF_SEARCH, GRAPH_FROM, NEIGHBOURS};
pub use list::List;
pub use measures::{pairs_completeness, reduction_ratio};
pub use neighbour_ranks::NeighbourRanks;
pub use search::{BlockError, Search, Settings, candidates, find, search};
pub use source::Source;
pub use ties::{MOST_EQUAL, crowded};
