//! One list of two.

use std::collections::HashMap;

use midband::Id;
use midband_io::RejectedRow;
use midband_linkage::{Table, TableBuilder};
use serde_json::Value;

use super::records::{ById, Records, SEEN};

impl Records {
    /// These records, and new ones after them. New ones whose ids came before are rejected.
    pub(super) fn followed_by(self, new: Self) -> Self {
        let mut columns = self.columns;
        for name in new.columns.iter() {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        let mut table = TableBuilder::new(columns.iter().cloned());
        let mut add = |of: &Table, row: usize| {
            table.push(columns.iter().map(|name| of.column(name)?.get(row)));
        };
        (0..self.table.len()).for_each(|row| add(&self.table, row));
        let fresh_from = self.records.len();
        let mut records = self.records.to_vec();
        let (mut by_id, mut kept, mut origins) = (self.by_id, self.kept, self.origins);
        let mut rejected = new.rejected;
        for (row, record) in new.records.iter().enumerate() {
            let origin = &new.origins[row];
            if by_id.contains_key(&record.id) {
                rejected.push(RejectedRow {
                    file: Some(origin.file.to_string()),
                    line: origin.line,
                    id: Some(record.id.clone()),
                    reason: SEEN.to_owned(),
                });
                continue;
            }
            by_id.insert(record.id.clone(), records.len() as u32);
            add(&new.table, row);
            records.push(record.clone());
            origins.push(origin.clone());
            if let Some(values) = new.kept.get(row) {
                kept.push(in_order(values, &new.columns, &columns));
            }
        }
        Self {
            records: records.into(),
            by_id,
            rejected,
            table: table.finish(),
            columns,
            kept,
            files: new.files,
            origins,
            fresh_from: Some(fresh_from),
        }
    }
}

impl Records {
    /// Tells the ids of two lists apart, where they have some in common: `left:5`, `right:5`. Says whether it did.
    pub(super) fn told_apart(&mut self, right: &mut Self) -> bool {
        let common = self.by_id.keys().any(|id| right.by_id.contains_key(id));
        if common {
            self.rename("left");
            right.rename("right");
        }
        common
    }

    fn rename(&mut self, list: &str) {
        let mut records = self.records.to_vec();
        for record in &mut records {
            record.id = Id::new(format!("{list}:{}", record.id.as_str()));
        }
        self.by_id = (records.iter().enumerate())
            .map(|(row, record)| (record.id.clone(), row as u32))
            .collect();
        self.records = records.into();
    }

    /// The rows of both lists by id, those of the right one after the others.
    pub(super) fn ids_with(&self, right: &Self) -> ById {
        let shift = self.records.len() as u32;
        let others = right
            .by_id
            .iter()
            .map(|(id, row)| (id.clone(), row + shift));
        let own = self.by_id.iter().map(|(id, row)| (id.clone(), *row));
        own.chain(others).collect()
    }

    /// One list of two, whose ids are told apart. `same` are names of the right list's columns with the left list's names.
    pub(super) fn with(mut self, mut right: Self, same: &[(String, String)]) -> Self {
        for name in &mut right.columns {
            if let Some((left, _)) = same.iter().find(|(_, own)| own == name) {
                name.clone_from(left);
            }
        }
        let mut rejected = std::mem::take(&mut self.rejected);
        let mut files = std::mem::take(&mut self.files);
        let mut joined = self.followed_by(right);
        rejected.append(&mut joined.rejected);
        files.append(&mut joined.files);
        Self {
            rejected,
            files,
            fresh_from: None,
            ..joined
        }
    }
}

/// Values of a record, in the order of other columns.
fn in_order(values: &str, columns: &[String], wanted: &[String]) -> Box<str> {
    let given: Vec<Value> = serde_json::from_str(values).unwrap_or_default();
    let named: HashMap<&String, Value> = columns.iter().zip(given).collect();
    let values = wanted.iter().map(|name| named.get(name).cloned());
    Value::Array(values.map(Option::unwrap_or_default).collect())
        .to_string()
        .into()
}
