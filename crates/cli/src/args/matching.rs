//! Options of `midband match` in addition to those of every run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use midband::block::Source;
use midband_io::Format;

use super::{RunArgs, TextArgs};

/// Candidates per record if the user names no number.
pub(crate) const TOP_K: u32 = 5;

#[derive(Debug, Args)]
pub(crate) struct MatchArgs {
    /// List of records (JSONL, CSV, TSV or Parquet) with an id and one or more other columns. A name with `*`, `?` or `[` is a
    /// pattern; the files that match it form one list.
    pub(crate) left: PathBuf,
    /// The second list: a file or a pattern. Without it, midband finds duplicates in the first list.
    pub(crate) right: Option<PathBuf>,
    /// Format of the lists. [default: from their extensions]
    #[arg(
        long,
        env = "MIDBAND_FORMAT",
        value_name = "jsonl|csv|tsv|parquet",
        help_heading = "Records"
    )]
    pub(crate) format: Option<Format>,
    /// Column with the record ids.
    #[arg(
        long,
        env = "MIDBAND_ID",
        default_value = "id",
        value_name = "COLUMN",
        help_heading = "Records"
    )]
    pub(crate) id: String,
    /// Column with the ids of the left list, if not --id.
    #[arg(
        long,
        env = "MIDBAND_LEFT_ID",
        value_name = "COLUMN",
        help_heading = "Records"
    )]
    pub(crate) left_id: Option<String>,
    /// Column with the ids of the right list, if not --id.
    #[arg(
        long,
        env = "MIDBAND_RIGHT_ID",
        value_name = "COLUMN",
        help_heading = "Records"
    )]
    pub(crate) right_id: Option<String>,
    /// Which pairs to find: between two lists (link_only), within one list (dedupe_only), or both between and within two lists
    /// (link_and_dedupe). [default: link_only for two lists, dedupe_only for one]
    #[arg(
        long,
        env = "MIDBAND_LINK_TYPE",
        value_enum,
        value_name = "TYPE",
        help_heading = "Records"
    )]
    pub(crate) link_type: Option<LinkTypeArg>,
    /// How to compare records: column by column, as texts, or whichever fits the lists.
    #[arg(
        long,
        env = "MIDBAND_COMPARE",
        value_enum,
        default_value_t,
        help_heading = "Records"
    )]
    pub(crate) compare: CompareArg,
    /// Correct the type of a column: NAME=TYPE, such as birth_date=date. Repeat the flag or separate with commas.
    #[arg(
        long,
        env = "MIDBAND_COLUMN",
        value_name = "NAME=TYPE,…",
        value_delimiter = ',',
        help_heading = "Records"
    )]
    pub(crate) column: Vec<String>,
    /// Columns with the same content but different names: LEFT=RIGHT, such as surname=last_name. Repeat the flag or separate
    /// with commas.
    #[arg(
        long,
        env = "MIDBAND_MAP",
        value_name = "LEFT=RIGHT,…",
        value_delimiter = ',',
        help_heading = "Records"
    )]
    pub(crate) map: Vec<String>,
    /// CSV or TSV without a header line: name columns by position, from 1.
    #[arg(short, long, env = "MIDBAND_NO_HEADERS", help_heading = "Records")]
    pub(crate) no_headers: bool,
    /// Reject records with a longer text.
    #[arg(long, env = "MIDBAND_MAX_TEXT_BYTES", default_value_t = 1 << 20, value_name = "BYTES", help_heading = "Records")]
    pub(crate) max_text_bytes: usize,
    /// Write nothing and ask no judge: show column types, blocking rules and their cost, and estimate what each policy would
    /// ask, in pairs, requests, tokens and minutes.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print every setting with its value and its origin, then exit.
    #[arg(long)]
    pub(crate) explain_config: bool,
    /// Columns to compare as text; several are joined as "column: value; …". [default: all but the id]
    #[arg(
        long,
        value_name = "COLUMN,…",
        value_delimiter = ',',
        help_heading = "Records"
    )]
    pub(crate) text: Vec<String>,
    /// How to find candidate pairs of texts: embedding, lexical (rare words), or both with fused rankings. [default: both]
    #[arg(
        long,
        env = "MIDBAND_CANDIDATES",
        value_name = "SOURCE",
        help_heading = "Candidates"
    )]
    pub(crate) candidates: Option<Source>,
    /// Maximum number of candidates per record, for texts.
    #[arg(long, default_value_t = TOP_K, value_name = "K", help_heading = "Candidates", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) top_k: u32,
    /// Compare every vector with every other, even in long lists.
    #[arg(long, help_heading = "Candidates")]
    pub(crate) exact: bool,
    /// Compare only records that agree on one of these blocking rules: a column, or columns and functions of columns joined by +,
    /// such as birth_date or prefix(family_name,3)+year(birth_date). Empty values never agree. [default: rules that fit the
    /// columns; none for texts]
    #[arg(
        long,
        env = "MIDBAND_BLOCK_ON",
        value_name = "RULE,…",
        help_heading = "Candidates"
    )]
    pub(crate) block_on: Vec<String>,
    /// Known matches (columns left_id, right_id). midband reports how many it found and adds a label to the output.
    #[arg(long, value_name = "FILE", help_heading = "Candidates")]
    pub(crate) gold_pairs: Option<PathBuf>,
    /// Score each pair by its two texts alone, regardless of the other candidates of its records.
    #[arg(long, help_heading = "Candidates")]
    pub(crate) no_neighbours: bool,
    /// Columns to copy to the output, such as surname to surname_l and surname_r; `all` for every column.
    #[arg(
        long,
        env = "MIDBAND_COLUMNS",
        value_name = "COLUMN,…",
        value_delimiter = ',',
        help_heading = "Records"
    )]
    pub(crate) columns: Vec<String>,
    /// Count pairs with a lower proxy score but do not write them.
    #[arg(long, value_name = "P", help_heading = "Candidates")]
    pub(crate) min_proxy: Option<f64>,
    /// For two lists: at most one match per record. midband keeps the matches with the largest sum of log odds; the others
    /// become no_match with resolved = one_to_one.
    #[arg(long, conflicts_with = "many_to_one", help_heading = "Resolution")]
    pub(crate) one_to_one: bool,
    /// For two lists: at most one match per left record, the best. Right records may have several.
    #[arg(long, help_heading = "Resolution")]
    pub(crate) many_to_one: bool,
    /// File to write clusters of records to (JSONL, CSV, TSV or Parquet, by extension). A match between two clusters becomes
    /// no_match with resolved = clusters.
    #[arg(long, value_name = "FILE", help_heading = "Resolution")]
    pub(crate) clusters: Option<PathBuf>,
    /// Join two groups of records if the mean log odds of their pairs exceed those of this probability. Pairs for review count
    /// with their score. A higher threshold keeps such pairs apart but splits large groups.
    #[arg(
        long,
        default_value_t = 0.5,
        value_name = "P",
        help_heading = "Resolution"
    )]
    pub(crate) cluster_threshold: f64,
    /// File to write golden records to (JSONL, CSV, TSV or Parquet, by extension): one record per cluster. COLUMN_from has the id
    /// of the record that a value is from.
    #[arg(long, value_name = "FILE", help_heading = "Resolution")]
    pub(crate) golden: Option<PathBuf>,
    /// How a golden record chooses a value: most_frequent, longest, most_recent(COLUMN), trusted(COLUMN,VALUE,…), trusted(left) or
    /// trusted(right); for one column, as in phone=most_recent(updated). Repeat the flag or separate with commas.
    /// [default: most_frequent]
    #[arg(long, value_name = "RULE,…", help_heading = "Resolution")]
    pub(crate) golden_rule: Vec<String>,
    /// Records with equal values in one of these columns (named as in the left list) always match (decided_by = rule), unless
    /// --labels says otherwise.
    #[arg(
        long,
        value_name = "COLUMN,…",
        value_delimiter = ',',
        help_heading = "Certainty"
    )]
    pub(crate) same: Vec<String>,
    /// Records with different values in one of these columns never match (decided_by = rule). Empty values do not count.
    #[arg(
        long,
        value_name = "COLUMN,…",
        value_delimiter = ',',
        help_heading = "Certainty"
    )]
    pub(crate) different: Vec<String>,
    /// A list that an earlier run resolved: a file or a pattern. LEFT then holds new records. midband compares them with this list
    /// and with each other, with the weights of that run.
    #[arg(
        long,
        env = "MIDBAND_KNOWN",
        value_name = "LIST",
        requires = "known_clusters",
        help_heading = "New records"
    )]
    pub(crate) known: Option<PathBuf>,
    /// Clusters of that list, as --clusters wrote them, with FILE.weights.json next to them.
    #[arg(
        long,
        env = "MIDBAND_KNOWN_CLUSTERS",
        value_name = "FILE",
        requires = "known",
        help_heading = "New records"
    )]
    pub(crate) known_clusters: Option<PathBuf>,
    /// Folder that keeps the list between runs, so that the cost of a run depends on the new records only. The first run resolves
    /// LEFT and stores it there; in later runs, LEFT holds new records. The folder contains the records themselves.
    #[arg(
        long,
        env = "MIDBAND_KNOWN_STATE",
        value_name = "FOLDER",
        conflicts_with_all = ["known", "known_clusters"],
        help_heading = "New records"
    )]
    pub(crate) known_state: Option<PathBuf>,
    /// What to do if a new record matches two known clusters: propose a merge and leave them apart, or join them.
    #[arg(
        long,
        env = "MIDBAND_MERGES",
        value_enum,
        default_value_t,
        help_heading = "New records"
    )]
    pub(crate) merges: MergesArg,
    #[command(flatten)]
    pub(crate) form: TextArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum LinkTypeArg {
    LinkOnly,
    DedupeOnly,
    LinkAndDedupe,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MergesArg {
    #[default]
    Propose,
    Join,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareArg {
    /// Columns if they hold names, dates, identifiers or addresses that tell records apart; else texts.
    #[default]
    Auto,
    /// Column by column, with match weights learned from the lists.
    Columns,
    /// As one text per record: embeddings and rare words.
    Text,
}
