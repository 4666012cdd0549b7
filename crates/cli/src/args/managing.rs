//! Options of `midband cache`, `midband lexicon` and `midband models`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ReadingArgs, pairs};

#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub(crate) command: CacheCommand,
    /// Cache folder.
    #[arg(
        long,
        env = "MIDBAND_CACHE",
        value_name = "DIR",
        global = true,
        default_value = "."
    )]
    pub(crate) cache: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CacheCommand {
    /// Show the contents and size of the caches.
    Stats {
        /// Print the result as one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Remove all verdicts and embeddings.
    Clear,
    /// Remove the oldest entries. The age of an embedding counts from the day of its last use, the age of a verdict from the
    /// time it was given.
    #[command(group(clap::ArgGroup::new("bound").required(true).multiple(true)))]
    Prune {
        /// Remove entries older than this, such as 30d.
        #[arg(long, value_name = "TIME", group = "bound")]
        older_than: Option<String>,
        /// Maximum size of both caches together, such as 2GB. Embeddings are removed before verdicts, which cost more to get.
        #[arg(long, value_name = "SIZE", value_parser = pairs::size, group = "bound")]
        cache_max_size: Option<u64>,
    },
    /// Remove the verdicts on one pair.
    Forget {
        /// Id of the pair.
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct LexiconArgs {
    #[command(subcommand)]
    pub(crate) command: LexiconCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LexiconCommand {
    /// Convert a release that you are licensed to use: UMLS or RxNorm (RRF files), or SNOMED CT (RF2 snapshot).
    Import {
        /// Folder of the release.
        #[arg(value_name = "FOLDER")]
        release: PathBuf,
        /// File to write the lexicon to.
        #[arg(short, long, default_value = "lexicon.csv", value_name = "FILE")]
        output: PathBuf,
        /// Language of the names.
        #[arg(long, default_value = "en", value_name = "TAG")]
        language: String,
        /// Print errors only.
        #[arg(short, long, env = "MIDBAND_QUIET")]
        quiet: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

#[derive(Debug, Args)]
pub(crate) struct CompareModelsArgs {
    /// Models by name (see `midband models list`), or folders with model.onnx and its tokenizer files.
    #[arg(required = true, value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Labeled pairs. Rows without a label are ignored.
    #[arg(long, value_name = "FILE")]
    pub(crate) pairs: PathBuf,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
    /// Allow models whose embeddings depend on the other texts in the batch.
    #[arg(long, env = "MIDBAND_ALLOW_BATCH_DEPENDENT")]
    pub(crate) allow_batch_dependent: bool,
    /// Path of the ONNX Runtime library.
    #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
    pub(crate) onnxruntime: Option<PathBuf>,
    /// Embedding threads, at most 1,024; 0 means one per core.
    #[arg(long, env = "MIDBAND_THREADS", default_value_t = 0, value_name = "N", value_parser = pairs::threads)]
    pub(crate) threads: usize,
    /// Print one JSON object per line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// List the available models and those that are installed.
    List {
        /// Print one JSON object per line.
        #[arg(long)]
        json: bool,
    },
    /// Download a model from the hub to midband's data folder. No other command downloads a model.
    Fetch {
        /// Name of an embedding model (see `midband models list`), or OWNER/REPOSITORY/FILE.gguf, a judge for --judge local. Set
        /// HF_TOKEN for a gated repository and HF_ENDPOINT for another hub.
        name: String,
        /// Accept the terms of the judge's weights. Without this flag, the command shows where to read them and exits.
        #[arg(long, env = "MIDBAND_ACCEPT_TERMS")]
        accept_terms: bool,
        /// Print errors only.
        #[arg(short, long, env = "MIDBAND_QUIET")]
        quiet: bool,
        /// Path of the ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
    },
    /// Make the static vectors of a model: one vector per word, for very long lists. Needed once per model; takes between half
    /// a minute and a few minutes.
    Distil {
        /// Name of the model.
        #[arg(default_value = midband::embed::DEFAULT_MODEL)]
        name: String,
        /// Folder with your own model.
        #[arg(long, env = "MIDBAND_EMBED_MODEL_DIR", value_name = "DIR")]
        embed_model_dir: Option<PathBuf>,
        /// Path of the ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
        /// Make the vectors again even if they exist and are valid.
        #[arg(long)]
        again: bool,
        /// Print errors only.
        #[arg(short, long, env = "MIDBAND_QUIET")]
        quiet: bool,
    },
    /// Compare embedding models on your labeled pairs: how well each separates matches, its speed and its memory.
    Compare(Box<CompareModelsArgs>),
    /// Compare every file of the installed models with its recorded digest.
    Verify {
        /// Name of a model. [default: all installed models]
        name: Option<String>,
        /// Folder with your own model.
        #[arg(
            long,
            env = "MIDBAND_EMBED_MODEL_DIR",
            value_name = "DIR",
            conflicts_with = "name"
        )]
        embed_model_dir: Option<PathBuf>,
        /// Record the current digests of that folder's files.
        #[arg(long, requires = "embed_model_dir")]
        record: bool,
    },
    /// Print the paths of the runtime library and of a model.
    Where {
        /// Name of the model.
        #[arg(default_value = midband::embed::DEFAULT_MODEL)]
        name: String,
        /// Path of the ONNX Runtime library.
        #[arg(long, env = "MIDBAND_ONNXRUNTIME", value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
    },
}
