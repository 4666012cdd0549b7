//! A run of the cascade: pairs in, final scores out, with all that stands beside them.
//!
//! `inputs` opens files, `resume` says where the run begins, `session` sets the engine up, `flow` moves rows through it,
//! `files` is what is written, and an [`Outcome`] says what it came to. Who runs it, a command line or another program,
//! brings settled [`RunOptions`] and a [`Listener`]; this crate knows no flag and writes to no standard stream but the
//! scores where no output is named.

mod apart;
mod error;
mod files;
mod flow;
mod gold_judge;
mod inputs;
mod judge;
mod labelled;
mod listener;
mod options;
mod outcome;
mod resume;
mod session;
mod task;

pub use apart::{apart, outputs_of_run};
pub use error::RunError;
pub use files::{Files, OutputRow, PROVENANCE, Resolver, SUMMARY, Sink, beside, output_format};
pub use flow::{ROWS, Rows, Source};
pub use inputs::{Inputs, format_of, found, open};
pub use judge::{
    AbsentJudge, JudgeFound, Unreachable, Verdicts, connect, kept_probes, local_described,
    measured_costs,
};
pub use labelled::{Labelled, all_used, listed, read_labelled, read_labels, take_labelled};
pub use listener::{Listener, Notice, Silent};
pub use options::{
    EmbeddingOptions, JudgeChoice, ReadingOptions, RunOptions, Stop, WritingOptions,
};
pub use outcome::{Asked, Outcome};
pub use resume::{Begun, own_cache};
pub use session::{NoEmbedder, PairsOf, Session, embedder, engine, runtime, until};
pub use task::suited_task;
