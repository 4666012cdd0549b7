//! What `midband compare` can be told.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// What the old run wrote: scored pairs, or clusters. The clusters of scored pairs are compared too where both runs wrote
    /// some, to different files.
    pub(crate) old: PathBuf,
    /// What the new run wrote, of the same kind.
    pub(crate) new: PathBuf,
    /// Examples of each change, by id, at most.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) examples: usize,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
