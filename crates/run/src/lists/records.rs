//! The records of a list.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use midband::{Id, Record};
use midband_io::RejectedRow;
use midband_linkage::Table;

use super::{error::MatchError, options::MatchOptions};

/// Why a record is rejected whose id came before.
pub(super) const SEEN: &str = "an earlier record has this id";

/// Rows by the records' ids.
pub(super) type ById = HashMap<Id, u32>;

/// One list.
pub(super) struct Records {
    pub(super) records: Arc<[Record]>,
    pub(super) by_id: ById,
    /// Rows that are no records.
    pub(super) rejected: Vec<RejectedRow>,
    /// Names of the columns, the id's left out.
    pub(super) columns: Vec<String>,
    /// The records column by column.
    pub(super) table: Table,
    /// The records' values as JSON arrays in the order of the columns, where the output is to have some of them.
    pub(super) kept: Vec<Box<str>>,
    /// Every file that was read.
    pub(super) files: Vec<PathBuf>,
    /// By record, where it was read.
    pub(super) origins: Vec<Origin>,
    /// The first new record, where those before it are of a known list.
    pub(super) fresh_from: Option<usize>,
}

/// The line that a record begins on.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) file: Arc<str>,
    pub(super) line: u64,
}

impl Records {
    /// Refuses columns in which texts must agree that no record has.
    pub(super) fn check_text_keys(&self, options: &MatchOptions) -> Result<(), MatchError> {
        let missing = options
            .text_keys()
            .find(|key| !self.columns.iter().any(|name| name == key));
        match missing.filter(|_| !self.records.is_empty()) {
            Some(column) => Err(MatchError::NoColumn {
                list: self.files.first().cloned(),
                column: column.to_owned(),
            }),
            None => Ok(()),
        }
    }
}
