//! Records of a list that grows, each read by itself as a kept fit has it: the keys by which they meet, and their values.

use std::collections::HashMap;

use crate::{
    block::joined,
    dates::Notation,
    hash,
    incremental::SavedFit,
    nicknames::Nicknames,
    prepare::Field,
    reading::ColumnReading,
    record_keys::{self, KeyColumn},
    rules::BlockingRule,
    table::Table,
};

/// Records with their keys and values.
#[derive(Debug)]
pub struct ReadRecords {
    /// By column of the fit, where the records have it.
    fields: Vec<Option<Field>>,
    /// By rule: one key a record, 0 for none.
    keys: Vec<Vec<u64>>,
}

impl SavedFit {
    /// Reads records. A column that they lack has no value; a rule that needs it gives no key.
    pub fn read(&self, table: &Table) -> ReadRecords {
        let nicknames = Nicknames::new();
        let readings: HashMap<&str, ColumnReading> = self.readings().collect();
        let fields: Vec<Field> = (self.types())
            .filter_map(|(name, kind)| {
                let reading = readings.get(name)?;
                let notation = reading.notation.unwrap_or(Notation::DayFirst);
                let of = KeyColumn { kind, notation };
                let column = table.column(name)?;
                Some(record_keys::field(column, of, reading, &nicknames))
            })
            .collect();
        let keys = self.rules().filter_map(|text| {
            let rule: BlockingRule = text.parse().ok()?;
            let atoms = record_keys::atoms(&rule, &fields).ok()?;
            let hashes: Vec<Vec<u64>> = atoms.iter().map(|atom| atom.hashes(&fields)).collect();
            let salt = hash::of(text);
            let key = |row: usize| match joined(hashes.iter().map(|keys| keys[row])) {
                0 => 0,
                key => hash::mix(key ^ salt).max(1),
            };
            Some((0..table.len()).map(key).collect())
        });
        let keys = keys.collect();
        let mut fields: HashMap<String, Field> = (fields.into_iter())
            .map(|field| (field.name.clone(), field))
            .collect();
        ReadRecords {
            fields: self.types().map(|(name, _)| fields.remove(name)).collect(),
            keys,
        }
    }
}

impl ReadRecords {
    /// The blocking keys of a record: two records meet where they have one in common. Equal on every machine.
    pub fn keys(&self, row: usize) -> impl Iterator<Item = u64> + '_ {
        let keys = self.keys.iter().filter_map(move |keys| keys.get(row));
        keys.copied().filter(|key| *key != 0)
    }

    /// The record's values, normalised, each with the place of its column in the fit; missing ones left out.
    pub fn values(&self, row: usize) -> impl Iterator<Item = (usize, &str)> + '_ {
        let fields = self.fields.iter().enumerate();
        fields.filter_map(move |(column, field)| {
            let field = field.as_ref()?;
            match *field.codes.get(row)? {
                0 => None,
                code => Some((column, &*field.values[code as usize].text)),
            }
        })
    }
}
