//! A table's rows as pairs.

use std::sync::Arc;

use anyhow::{Result, bail};
use midband_io::{Column, Format, Item, Reader};
use midband_run::{ReadingOptions, Rows, Source};
use serde_json::Map;

use super::Table;
use crate::no_column::NoColumn;

/// A table's rows as pairs.
pub(super) struct Pairs {
    table: Arc<dyn Table>,
    reading: ReadingOptions,
    /// The columns that are read; the others stay where they are.
    columns: Option<Vec<String>>,
}

impl Pairs {
    pub(super) fn new(table: Arc<dyn Table>, reading: &ReadingOptions) -> Result<Self> {
        let has = table.columns();
        let mut reading = reading.clone();
        // A table knows no positions.
        for column in [&mut reading.id, &mut reading.left, &mut reading.right] {
            let name = column.shown();
            if !has.contains(&name) {
                bail!(NoColumn::of(name, has));
            }
            *column = Column::Named(name);
        }
        if let Some(gold) = reading.gold.as_ref().filter(|gold| !has.contains(*gold)) {
            bail!(NoColumn::of(gold.clone(), has));
        }
        reading.of(Format::Jsonl).apart()?;
        let gold = reading.gold.clone().unwrap_or_else(|| "label".to_owned());
        let mut columns = vec![
            reading.id.shown(),
            reading.left.shown(),
            reading.right.shown(),
            gold,
        ];
        columns.retain(|name| has.contains(name));
        Ok(Self {
            table,
            reading,
            columns: Some(columns),
        })
    }

    /// With all columns, where ids of records may be among them.
    pub(super) fn whole(table: Arc<dyn Table>, reading: &ReadingOptions) -> Result<Self> {
        Ok(Self {
            columns: None,
            ..Self::new(table, reading)?
        })
    }
}

impl Source for Pairs {
    fn rows(&self) -> Result<Rows> {
        let rows = self.table.rows(self.columns.as_deref());
        let reader = Reader::given(rows, self.reading.of(Format::Jsonl))?;
        if self.columns.is_none() {
            return Ok(Box::new(reader));
        }
        Ok(Box::new(reader.map(|item| {
            Ok(match item? {
                Item::Row(mut row) => {
                    row.extra = Map::from_iter([("row".to_owned(), (row.line - 1).into())]);
                    Item::Row(row)
                }
                rejected => rejected,
            })
        })))
    }
}
