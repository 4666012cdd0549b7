//! Requests about lists that can't be met.

use std::path::PathBuf;

/// Why lists can't be matched as it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MatchError {
    /// The least proxy score is no probability.
    #[error("the least proxy score lies between 0 and 1")]
    LeastProxy,
    /// The threshold of clusters is no probability below one and above zero.
    #[error("the threshold of clusters lies between 0 and 1, neither included")]
    ClusterThreshold,
    /// One partner a record was asked for in one list.
    #[error("one partner a record needs two lists; for the doubles of one list there are clusters")]
    PartnersInOneList,
    /// Pairs within one list were wanted of two, or pairs of two lists of one.
    #[error("{}", if *one { "pairs within one list are looked for in one list, not in two" } else { "pairs of two lists need two lists" })]
    LinkType {
        /// True where pairs within one list were wanted.
        one: bool,
    },
    /// Columns were to be compared, and something that belongs to texts was named.
    #[error(
        "columns are compared without columns of text, candidates, calibration and band: they belong to texts"
    )]
    ColumnsWithTexts,
    /// A rule of several columns, or of a part of one, for records that are compared as texts.
    #[error(
        "blocking rule {0}: a rule of several columns or of a part of one needs a comparison of columns"
    )]
    RuleOfColumns(String),
    /// The match weights of the columns can't be learnt from these lists.
    #[error("the lists do not show how much each column says: {0}")]
    NotLearnt(String),
    /// A list has a header and no row, and the header does not name the ids' column.
    #[error("{list}: it holds no record, and its first line names no column {column:?}")]
    NoIdColumn {
        /// The list.
        list: String,
        /// The ids' column.
        column: String,
    },
    /// New records were to be matched with a known list and with another one.
    #[error("new records come in one list beside the known one")]
    KnownAndRight,
    /// Golden records were wanted of new records beside a known list.
    #[error("golden records are made of whole lists, not of new records beside a known one")]
    KnownAndGolden,
    /// New records were to be compared with known ones as texts.
    #[error("new records are compared with known ones by their columns, not as texts")]
    KnownTexts,
    /// A known list was named beside a folder that keeps one.
    #[error("a folder that keeps a list goes without another known list and its clusters")]
    KnownAndState,
    /// Rules were named for new records beside a list that is kept by other ones.
    #[error(
        "a list that is kept in a folder is looked up by the rules that it was kept by, not by others"
    )]
    StateRules,
    /// The columns of the list that is to be kept say nothing.
    #[error("a list is kept by what its columns say, and nothing was learnt of them")]
    NothingToKeep,
    /// The folder holds something else.
    #[error("{folder} holds no list that is kept, but {other:?}")]
    NoState {
        /// The folder.
        folder: PathBuf,
        /// A file in it.
        other: String,
    },
    /// The folder is of another version.
    #[error("{folder} is of version {found}, and this program reads version {read}")]
    StateVersion {
        /// The folder.
        folder: PathBuf,
        /// Its version.
        found: u64,
        /// The version that this program reads.
        read: u64,
    },
    /// Two runs at once.
    #[error("another run uses {0}")]
    StateInUse(PathBuf),
    /// Nothing is kept of what an earlier run learnt.
    #[error(
        "{0} is not there: match weights stand beside the clusters of lists whose columns were compared"
    )]
    NoWeights(PathBuf),
    /// A list has rows and no record.
    #[error("{list} has no record that can be used; the first one: {reason}")]
    NoRecord {
        /// The list.
        list: String,
        /// Why its first row is none.
        reason: String,
        /// True where it has no id.
        no_id: bool,
    },
}
