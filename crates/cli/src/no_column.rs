//! A column that a table lacks.

/// A table lacks a column. Unlike a file's first line, a table's names are names for certain, so that they can be shown.
#[derive(Debug, thiserror::Error)]
#[error("the table has no column {wanted:?}; it has {has}")]
pub(crate) struct NoColumn {
    wanted: String,
    has: String,
}

impl NoColumn {
    /// Names that are shown.
    const MOST: usize = 20;

    pub(crate) fn of(wanted: String, mut has: Vec<String>) -> Self {
        if has.is_empty() {
            let has = "no columns".to_owned();
            return Self { wanted, has };
        }
        let more = has.len().saturating_sub(Self::MOST);
        has.truncate(Self::MOST);
        let mut has = has.join(", ");
        if more > 0 {
            has += &format!(" and {more} more");
        }
        Self { wanted, has }
    }
}
