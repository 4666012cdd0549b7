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
