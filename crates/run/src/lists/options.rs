//! What a run over lists is told, settled.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use midband::block::Source;
use midband_io::{Encoding, Form, Format, GivenRows};
use midband_linkage::{BlockingRule, ColumnType, KeyForm};

use super::error::MatchError;
use crate::GoldenRules;

/// A list on its way in.
pub enum ListInput {
    /// A file, or the files that a pattern names.
    File(PathBuf),
    /// Rows in memory, each an object.
    Rows(GivenRows),
}

impl fmt::Debug for ListInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Rows(_) => f.write_str("Rows"),
        }
    }
}

/// All that a run over lists reads.
#[derive(Debug)]
pub struct ListInputs {
    /// One list.
    pub left: ListInput,
    /// The other; without it the pairs within the first are found.
    pub right: Option<ListInput>,
    /// Pairs that are known to match, as `left_id` and `right_id`.
    pub gold_pairs: Option<ListInput>,
    /// A list that is resolved already: the left list's records are new beside it.
    pub known: Option<KnownInput>,
}

/// A list that an earlier run resolved.
#[derive(Debug)]
pub struct KnownInput {
    /// Its records.
    pub list: ListInput,
    /// Its clusters, as that run wrote them; what it learnt is in the file beside ([`WEIGHTS`]).
    pub clusters: PathBuf,
}

/// Ending of the match weights beside a file of clusters.
pub const WEIGHTS: &str = "weights.json";
/// Ending of what new records changed, beside a file of clusters.
pub const CHANGES: &str = "changes.jsonl";

/// What becomes of two known clusters that one new record matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Merges {
    /// They stay two, the record joins the one of its best match, and the merge is proposed.
    #[default]
    Propose,
    /// They become one, under the smaller number.
    Join,
}

/// How rows become records.
#[derive(Clone, Debug)]
pub struct RecordOptions {
    /// The files' format; by their endings where none is named.
    pub format: Option<Format>,
    /// The column of the left list's ids.
    pub left_id: String,
    /// The column of the right list's ids.
    pub right_id: String,
    /// What stands between the fields of a delimited file; found out where none is named.
    pub delimiter: Option<u8>,
    /// Whether fields may stand in quotes; as the format has it where nothing is said.
    pub quoting: Option<bool>,
    /// How bytes stand for text.
    pub encoding: Encoding,
    /// A delimited file has no header line: columns are positions from 1.
    pub no_headers: bool,
    /// Records of longer texts are rejected, bytes.
    pub max_text_bytes: usize,
}

impl Default for RecordOptions {
    fn default() -> Self {
        Self {
            format: None,
            left_id: "id".to_owned(),
            right_id: "id".to_owned(),
            delimiter: None,
            quoting: None,
            encoding: Encoding::default(),
            no_headers: false,
            max_text_bytes: 1 << 20,
        }
    }
}

impl RecordOptions {
    /// How a file of this format is read.
    pub(super) fn form(&self, format: Format) -> Form {
        Form {
            delimiter: self.delimiter,
            quoting: self.quoting,
            encoding: self.encoding,
            ..Form::new(format)
        }
    }
}

/// How records are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compare {
    /// Columns where names, dates, identifiers or addresses tell records apart, else texts.
    #[default]
    Auto,
    /// Column by column, with match weights that are learnt from the lists.
    Columns,
    /// As one text for each record.
    Text,
}

/// How many partners a record of two lists may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partners {
    /// Each record one at most.
    OneToOne,
    /// Each left record one at most; right records any number.
    ManyToOne,
}

impl Partners {
    /// By two switches, of which the first goes before.
    pub fn wanted(one_to_one: bool, many_to_one: bool) -> Option<Self> {
        match (one_to_one, many_to_one) {
            (true, _) => Some(Self::OneToOne),
            (_, true) => Some(Self::ManyToOne),
            _ => None,
        }
    }

    /// The word of outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneToOne => "one_to_one",
            Self::ManyToOne => "many_to_one",
        }
    }
}

/// Which pairs of records are looked for, in Splink's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkType {
    /// Those of a left and a right record.
    LinkOnly,
    /// Those within one list.
    DedupeOnly,
    /// Those of two lists, within each of them as well.
    LinkAndDedupe,
}

/// How lists are matched.
#[derive(Clone, Debug)]
pub struct MatchOptions {
    /// How rows become records.
    pub records: RecordOptions,
    /// Which pairs are looked for; with one list those within it, with two those between them.
    pub link_type: Option<LinkType>,
    /// How records are compared.
    pub compare: Compare,
    /// Columns whose texts are compared; all but the id where none is named.
    pub text: Vec<String>,
    /// Types of columns where the inferred ones are wrong.
    pub types: BTreeMap<String, ColumnType>,
    /// Columns of the two lists that hold the same under other names, left and right.
    pub map: Vec<(String, String)>,
    /// Pairs agree by one of these rules; of texts, where none is named, any pair may be a candidate.
    pub block_on: Vec<BlockingRule>,
    /// Who proposes pairs of texts; both where none is named.
    pub candidates: Option<Source>,
    /// Partners that each record proposes, at most.
    pub top_k: usize,
    /// Compare every vector with every other one, whatever the size.
    pub exact: bool,
    /// Columns whose values the output gets; `all` for every one.
    pub columns: Vec<String>,
    /// Pairs of a smaller proxy score are counted and not written, 0..=1.
    pub min_proxy: Option<f64>,
    /// How many partners a record may have; any number where nothing is said.
    pub partners: Option<Partners>,
    /// Where the clusters go.
    pub clusters: Option<PathBuf>,
    /// Two groups of records become one cluster if their pairs' mean log odds are above those of this probability, 0..1.
    pub cluster_threshold: f64,
    /// The golden records that are wanted.
    pub golden: Option<GoldenOptions>,
    /// Columns (of the left list) whose equal values mean one record.
    pub same: Vec<String>,
    /// Columns (of the left list) whose different values mean two.
    pub different: Vec<String>,
    /// What becomes of known clusters that a new record would join.
    pub merges: Merges,
    /// A folder that keeps the list: made of the left list where there is none, else the left list's records are new beside
    /// what it keeps.
    pub state: Option<PathBuf>,
}

/// Which golden records are wanted.
#[derive(Clone, Debug)]
pub struct GoldenOptions {
    /// Where they go.
    pub path: PathBuf,
    /// Which values they have.
    pub rules: GoldenRules,
}

impl Default for MatchOptions {
    fn default() -> Self {
        Self {
            records: RecordOptions::default(),
            link_type: None,
            compare: Compare::default(),
            text: Vec::new(),
            types: BTreeMap::new(),
            map: Vec::new(),
            block_on: Vec::new(),
            candidates: None,
            top_k: 5,
            exact: false,
            columns: Vec::new(),
            min_proxy: None,
            partners: None,
            clusters: None,
            cluster_threshold: 0.5,
            golden: None,
            same: Vec::new(),
            different: Vec::new(),
            merges: Merges::default(),
            state: None,
        }
    }
}

impl MatchOptions {
    /// Pairs decide about each other, so that all must be known before the first is written.
    pub(super) fn resolves(&self) -> bool {
        self.partners.is_some() || self.clusters() || self.min_proxy.is_some()
    }

    /// Records that are one are to be told.
    pub(super) fn clusters(&self) -> bool {
        self.clusters.is_some() || self.golden.is_some() || self.state.is_some()
    }

    /// Values of the records are needed after the comparison.
    pub(super) fn keeps_values(&self) -> bool {
        !self.columns.is_empty() || self.golden.is_some() || self.state.is_some()
    }

    /// Columns in which records that are compared as texts must agree.
    pub(super) fn text_keys(&self) -> impl Iterator<Item = &str> {
        self.block_on.iter().filter_map(whole_column)
    }

    /// Refuses rules that only a comparison of columns can use.
    pub(super) fn check_text_rules(&self) -> Result<(), MatchError> {
        match self
            .block_on
            .iter()
            .find(|rule| whole_column(rule).is_none())
        {
            Some(rule) => Err(MatchError::RuleOfColumns(rule.to_string())),
            None => Ok(()),
        }
    }
}

/// The column of a rule that is nothing but one.
fn whole_column(rule: &BlockingRule) -> Option<&str> {
    match &rule.keys[..] {
        [key] if key.form == KeyForm::Value => key.columns.first().map(String::as_str),
        _ => None,
    }
}
