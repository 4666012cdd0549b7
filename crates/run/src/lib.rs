//! A run of the cascade: pairs in, final scores out, with all that stands beside them.
//!
//! [`Scoring`] runs over pairs and [`lists::Matching`] over lists of records. `inputs` opens files, `resume` says where the run
//! begins, `session` sets the engine up, `flow` moves rows through it, `files` is what is written, and an [`Outcome`] says
//! what it came to. Who runs it, a command line or another program, brings settled [`RunOptions`], a [`Destination`] and a
//! [`Listener`]; this crate knows no flag and writes to no standard stream but the scores where no output is named.

mod audit;
mod certainty;
mod clusters;
mod collected;
mod destination;
mod embedding;
mod error;
mod files;
mod flow;
mod found;
mod gold_judge;
mod golden;
mod inputs;
mod judge;
mod known;
mod labelled;
mod lexicons;
mod listener;
pub mod lists;
mod no_embedder;
mod options;
mod outcome;
mod output_paths;
mod partnered;
mod resume;
mod rows;
mod scoring;
mod session;
mod setup;
mod sheets;
mod sources;
mod task;
mod unsettled;
mod words;

pub use audit::Audited;
pub use certainty::{Certain, Certainty};
pub use clusters::{ClusterOptions, Clusters, SeenPair};
pub use collected::Collected;
pub use destination::Destination;
pub use embedding::embedder;
pub use error::RunError;
pub use files::{Files, OutputRow, PROVENANCE, Resolver, SUMMARY, Sink, beside, output_format};
pub use flow::{ROWS, sample_rank};
pub use found::{format_of, found, none_found_later, partitions};
pub use golden::{
    GoldenColumn, GoldenError, GoldenList, GoldenRule, GoldenRules, GoldenSource, golden_records,
    unknown_trusted,
};
pub use inputs::{Inputs, open};
pub use judge::{
    AbsentJudge, JudgeFound, Unreachable, Verdicts, connect, kept_probes, local_described,
    measured_costs,
};
pub use known::{Known, KnownList, KnownLists, KnownOptions};
pub use labelled::{
    Labelled, all_used, listed, read_labelled, read_labels, take_labelled, tell_ratings,
};
pub use lexicons::{import_release, lexicon};
pub use listener::{Listener, Notice, Silent};
pub use no_embedder::NoEmbedder;
pub use options::{
    DEFAULT_SAMPLE, EmbeddingOptions, JudgeChoice, OpenedEmbedder, ReadingOptions, RunOptions,
    Stop, TaskFrom, WritingOptions,
};
pub use outcome::{Asked, Outcome};
pub use output_paths::{apart, once_each, outputs_of_run};
pub use partnered::WithoutPartner;
pub use resume::{Begun, own_cache};
pub use rows::{Rows, Source};
pub use scoring::Scoring;
pub use session::{PairsOf, Session};
pub use setup::{PairSource, engine, runtime, until};
pub use sources::{FileIdentity, ListSearch, Sources, unread};
pub use task::suited_task;
pub use words::{number_of, number_that};
