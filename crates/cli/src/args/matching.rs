//! What `midband match` can be told beside what every run can.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use midband::block::Source;
use midband_io::Format;

use super::{RunArgs, TextArgs};

#[derive(Debug, Args)]
pub(crate) struct MatchArgs {
    /// Records (JSONL, CSV, TSV or Parquet): an id and one or more columns of text. A name with `*`, `?` or `[` is a
    /// pattern: the files that it matches are one list.
    pub(crate) left: PathBuf,
    /// The other list, a file or a pattern; without it the pairs within the first are found.
    pub(crate) right: Option<PathBuf>,
    /// The lists' format. [default: by their endings]
    #[arg(
        long,
        env = "MIDBAND_FORMAT",
        value_name = "jsonl|csv|tsv|parquet",
        help_heading = "Records"
    )]
    pub(crate) format: Option<Format>,
    /// The column of the records' ids.
    #[arg(
        long,
        env = "MIDBAND_ID",
        default_value = "id",
        value_name = "COLUMN",
        help_heading = "Records"
    )]
    pub(crate) id: String,
    /// The column of the left list's ids, where it is another one.
    #[arg(
        long,
        env = "MIDBAND_LEFT_ID",
        value_name = "COLUMN",
        help_heading = "Records"
    )]
    pub(crate) left_id: Option<String>,
    /// The column of the right list's ids, where it is another one.
    #[arg(
        long,
        env = "MIDBAND_RIGHT_ID",
        value_name = "COLUMN",
        help_heading = "Records"
    )]
    pub(crate) right_id: Option<String>,
    /// Which pairs are looked for: link_only between two lists, dedupe_only within one, link_and_dedupe in two lists and within
    /// each of them. [default: link_only with two lists, dedupe_only with one]
    #[arg(
        long,
        env = "MIDBAND_LINK_TYPE",
        value_enum,
        value_name = "TYPE",
        help_heading = "Records"
    )]
    pub(crate) link_type: Option<LinkTypeArg>,
    /// How records are compared: by their columns, by their texts, or whichever tells them apart.
    #[arg(
        long,
        env = "MIDBAND_COMPARE",
        value_enum,
        default_value_t,
        help_heading = "Records"
    )]
    pub(crate) compare: CompareArg,
    /// The type of a column where the one that was found is wrong: NAME=TYPE, such as birth_date=date. Repeat it, or put
    /// commas between.
    #[arg(
        long,
        env = "MIDBAND_COLUMN",
        value_name = "NAME=TYPE,…",
        value_delimiter = ',',
        help_heading = "Records"
    )]
    pub(crate) column: Vec<String>,
    /// Columns of the two lists that hold the same under other names: LEFT=RIGHT, such as surname=last_name. Repeat it,
    /// or put commas between.
    #[arg(
        long,
        env = "MIDBAND_MAP",
        value_name = "LEFT=RIGHT,…",
        value_delimiter = ',',
        help_heading = "Records"
    )]
    pub(crate) map: Vec<String>,
    /// A delimited file has no header line: columns are positions from 1.
    #[arg(short, long, env = "MIDBAND_NO_HEADERS", help_heading = "Records")]
    pub(crate) no_headers: bool,
    /// Records of longer texts are rejected.
    #[arg(long, env = "MIDBAND_MAX_TEXT_BYTES", default_value_t = 1 << 20, value_name = "BYTES", help_heading = "Records")]
    pub(crate) max_text_bytes: usize,
    /// Ask nobody and write nothing: show the columns' types, the blocking rules and what they cost, and what each policy
    /// would ask, in pairs, requests, tokens and minutes.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print every setting with its value and where it came from, and stop.
    #[arg(long)]
    pub(crate) explain_config: bool,
    /// The columns that are compared; several are joined as "column: value; …". [default: all but the id]
    #[arg(
        long,
        value_name = "COLUMN,…",
        value_delimiter = ',',
        help_heading = "Records"
    )]
    pub(crate) text: Vec<String>,
    /// Who proposes pairs of texts: embedding, lexical (rare words) or both, their rankings fused. [default: both]
    #[arg(
        long,
        env = "MIDBAND_CANDIDATES",
        value_name = "SOURCE",
        help_heading = "Candidates"
    )]
    pub(crate) candidates: Option<Source>,
    /// Partners that each record proposes, at most.
    #[arg(long, default_value_t = 5, value_name = "K", help_heading = "Candidates", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) top_k: u32,
    /// Compare every vector with every other one, whatever the size.
    #[arg(long, help_heading = "Candidates")]
    pub(crate) exact: bool,
    /// Pair only records that agree by one of these rules: a column, or columns and forms of them joined by +, such as
    /// birth_date or prefix(family_name,3)+year(birth_date). An empty value agrees with nothing. [default: rules that the
    /// columns suggest; for texts none]
    #[arg(
        long,
        env = "MIDBAND_BLOCK_ON",
        value_name = "RULE,…",
        help_heading = "Candidates"
    )]
    pub(crate) block_on: Vec<String>,
    /// Pairs that are known to match (left_id, right_id): the share that was found is reported, and the output gets a
    /// label.
    #[arg(long, value_name = "FILE", help_heading = "Candidates")]
    pub(crate) gold_pairs: Option<PathBuf>,
    /// Score each pair by its two texts alone, and not also by how it stands among the other candidates of its records.
    #[arg(long, help_heading = "Candidates")]
    pub(crate) no_neighbours: bool,
    /// Columns whose values the output gets, such as surname_l and surname_r; `all` for every one.
    #[arg(
        long,
        env = "MIDBAND_COLUMNS",
        value_name = "COLUMN,…",
        value_delimiter = ',',
        help_heading = "Records"
    )]
    pub(crate) columns: Vec<String>,
    /// Pairs with a smaller proxy score are counted and not written.
    #[arg(long, value_name = "P", help_heading = "Candidates")]
    pub(crate) min_proxy: Option<f64>,
    /// Two lists: each record is in one match at most; the matches with the largest sum of log odds stay, the others become
    /// no_match with resolved = one_to_one.
    #[arg(long, conflicts_with = "many_to_one", help_heading = "Resolution")]
    pub(crate) one_to_one: bool,
    /// Two lists: each left record is in one match at most, its best; right records may be in many.
    #[arg(long, help_heading = "Resolution")]
    pub(crate) many_to_one: bool,
    /// Where the clusters go: the records that are one, by all their pairs (JSONL, CSV, TSV or Parquet by the ending). A match
    /// whose records are in two clusters becomes no_match with resolved = clusters.
    #[arg(long, value_name = "FILE", help_heading = "Resolution")]
    pub(crate) clusters: Option<PathBuf>,
    /// Two groups of records become one cluster if their pairs' mean log odds are above those of this probability. A pair for review
    /// counts by its score: a higher threshold keeps such pairs apart, and finds less of large groups.
    #[arg(
        long,
        default_value_t = 0.5,
        value_name = "P",
        help_heading = "Resolution"
    )]
    pub(crate) cluster_threshold: f64,
    /// Where the golden records go: one record for each cluster, each value from one of its records and with that record's id as
    /// COLUMN_from (JSONL, CSV, TSV or Parquet by the ending).
    #[arg(long, value_name = "FILE", help_heading = "Resolution")]
    pub(crate) golden: Option<PathBuf>,
    /// Which value a golden record has: most_frequent, longest, most_recent(COLUMN), trusted(COLUMN,VALUE,…), trusted(left) or
    /// trusted(right); for one column as in phone=most_recent(updated). Repeat it, or put commas between.
    /// [default: most_frequent]
    #[arg(long, value_name = "RULE,…", help_heading = "Resolution")]
    pub(crate) golden_rule: Vec<String>,
    /// Records with equal values in one of these columns (of the left list) are the same (decided_by = rule), whatever else
    /// they say. A person's label stands before it.
    #[arg(
        long,
        value_name = "COLUMN,…",
        value_delimiter = ',',
        help_heading = "Certainty"
    )]
    pub(crate) same: Vec<String>,
    /// Records with different values in one of these columns are different (decided_by = rule). An empty value says nothing.
    #[arg(
        long,
        value_name = "COLUMN,…",
        value_delimiter = ',',
        help_heading = "Certainty"
    )]
    pub(crate) different: Vec<String>,
    /// A list that an earlier run resolved, a file or a pattern: LEFT holds new records, which are compared with its records and
    /// with each other, by what that run learnt.
    #[arg(
        long,
        env = "MIDBAND_KNOWN",
        value_name = "LIST",
        requires = "known_clusters",
        help_heading = "New records"
    )]
    pub(crate) known: Option<PathBuf>,
    /// The clusters of that list, as `--clusters` wrote them with FILE.weights.json beside.
    #[arg(
        long,
        env = "MIDBAND_KNOWN_CLUSTERS",
        value_name = "FILE",
        requires = "known",
        help_heading = "New records"
    )]
    pub(crate) known_clusters: Option<PathBuf>,
    /// A folder that keeps the list, for nights whose cost grows with the new records and not with the list. The first run
    /// resolves LEFT and keeps it there; in every later run LEFT holds new records. The folder holds the records themselves.
    #[arg(
        long,
        env = "MIDBAND_KNOWN_STATE",
        value_name = "FOLDER",
        conflicts_with_all = ["known", "known_clusters"],
        help_heading = "New records"
    )]
    pub(crate) known_state: Option<PathBuf>,
    /// What becomes of two known clusters that one new record matches: propose leaves them apart and says so, join makes one of
    /// them.
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
    /// Columns where names, dates, identifiers or addresses tell records apart, else texts.
    #[default]
    Auto,
    /// Column by column, with match weights that are learnt from the lists.
    Columns,
    /// As one text for each record: embeddings and rare words.
    Text,
}
