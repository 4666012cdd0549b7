//! Requests about lists that can't be met.

use std::path::PathBuf;

/// Why lists can't be matched as it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MatchError {
    /// The least proxy score is no probability.
    #[error("the minimum proxy score must be between 0 and 1")]
    LeastProxy,
    /// The threshold of clusters is no probability below one and above zero.
    #[error("the cluster threshold must be between 0 and 1, both excluded")]
    ClusterThreshold,
    /// One partner a record was asked for in one list.
    #[error("one match per record needs two lists; for duplicates in one list, use clusters")]
    PartnersInOneList,
    /// Pairs within one list were wanted of two, or pairs of two lists of one.
    #[error("{}", if *one { "pairs within one list need one list, not two" } else { "pairs of two lists need two lists" })]
    LinkType {
        /// True where pairs within one list were wanted.
        one: bool,
    },
    /// Columns were to be compared, and something that belongs to texts was named.
    #[error(
        "text columns, candidates, a calibration and a band are for texts, not for column comparison"
    )]
    ColumnsWithTexts,
    /// A rule of several columns, or of a part of one, for records that are compared as texts.
    #[error(
        "blocking rule {0}: rules with several columns or with functions need column comparison"
    )]
    RuleOfColumns(String),
    /// No record of a list has a column in which texts must agree.
    #[error("{}no record has a column {column:?}", list.as_ref().map_or_else(String::new, |list| format!("{}: ", list.display())))]
    NoColumn {
        /// The list's file, where it has one.
        list: Option<PathBuf>,
        /// The column.
        column: String,
    },
    /// The match weights of the columns can't be learnt from these lists.
    #[error("cannot learn match weights from these lists: {0}")]
    NotLearnt(String),
    /// A list has a header and no row, and the header does not name the ids' column.
    #[error("{list} has no records, and its first line has no column {column:?}")]
    NoIdColumn {
        /// The list.
        list: String,
        /// The ids' column.
        column: String,
    },
    /// New records were to be matched with a known list and with another one.
    #[error("new records must be in a single list")]
    KnownAndRight,
    /// A list was to be kept, or joined to a kept one, with another one.
    #[error("a state folder takes one list")]
    StateAndRight,
    /// Golden records were wanted of new records beside a known list.
    #[error("golden records need whole lists, not new records with a known list")]
    KnownAndGolden,
    /// New records were to be compared as texts with known ones that were compared by columns.
    #[error("the known records were compared by columns, so new ones cannot be compared as texts")]
    KnownTexts,
    /// New records were to be compared by columns with known ones that were compared as texts.
    #[error("the known records were compared as texts, so new ones cannot be compared by columns")]
    KnownColumns,
    /// A list that is compared as texts was to be kept in a folder.
    #[error("a state folder keeps lists that are compared by columns, not as texts")]
    StateTexts,
    /// A known list was named beside a folder that keeps one.
    #[error("a state folder cannot be combined with another known list")]
    KnownAndState,
    /// Rules were named for new records beside a list that is kept by other ones.
    #[error("the state folder has its own blocking rules, which cannot be changed")]
    StateRules,
    /// The columns of the list that is to be kept say nothing.
    #[error("cannot store the list: no match weights were learned")]
    NothingToKeep,
    /// The folder holds something else.
    #[error("{folder} is not a state folder: it contains {other:?}")]
    NoState {
        /// The folder.
        folder: PathBuf,
        /// A file in it.
        other: String,
    },
    /// The folder is of another version.
    #[error("{folder} has version {found}; this program reads version {read}")]
    StateVersion {
        /// The folder.
        folder: PathBuf,
        /// Its version.
        found: u64,
        /// The version that this program reads.
        read: u64,
    },
    /// Two runs at once.
    #[error("another run is using {0}")]
    StateInUse(PathBuf),
    /// Nothing is kept of what an earlier run learnt.
    #[error(
        "{0} does not exist: what the first run learned is next to the clusters that it wrote, if it found matches"
    )]
    NoWeights(PathBuf),
    /// A list has rows and no record.
    #[error("{list} has no usable record; the first one: {reason}{}", near.map_or_else(String::new, |at| format!("; the name of column {at} differs only in case or spaces")))]
    NoRecord {
        /// The list.
        list: String,
        /// Why its first row is none.
        reason: String,
        /// True where it has no id.
        no_id: bool,
        /// The position, from 1, of a column whose name differs from the ids' in case or spaces alone.
        near: Option<usize>,
    },
}
