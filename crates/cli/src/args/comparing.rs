//! Options of `midband compare`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Output of the old run: scored pairs or clusters. For scored pairs, midband also compares the clusters if both runs wrote
    /// them to different files.
    pub(crate) old: PathBuf,
    /// Output of the new run, of the same kind.
    pub(crate) new: PathBuf,
    /// Maximum number of examples per kind of change, by id.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub(crate) examples: usize,
    /// Print the result as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
