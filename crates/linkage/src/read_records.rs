//! Records of a list that grows, each read by itself as a kept fit has it: the keys by which they meet, and their values.

use crate::{
    block::joined,
    hash,
    nicknames::Nicknames,
    prepare::Field,
    record_keys::{self, FieldReader},
    rules::BlockingRule,
    saved_fit::SavedFit,
    table::Table,
};

/// Records with their keys and values.
#[derive(Debug)]
pub struct ReadRecords {
    /// By column of the fit.
    fields: Vec<Field>,
    /// By rule: one key a record, 0 for none.
    keys: Vec<Vec<u64>>,
}

impl SavedFit {
    /// Reads records. A column that they lack has no value; a rule that needs it gives no key.
    pub fn read(&self, table: &Table) -> ReadRecords {
        self.read_list(table, false)
    }

    /// The same of the left list or of the right one, where the fit is of two.
    pub fn read_list(&self, table: &Table, of_right: bool) -> ReadRecords {
        let nicknames = Nicknames::new();
        let fields: Vec<Field> = (self.columns_of(of_right))
            .map(|of| {
                let mut field = FieldReader::new(of.name, of.kind, &nicknames);
                field.add_list(table, &of);
                field.finish()
            })
            .collect();
        let of_rule = |text: &str| {
            let rule: BlockingRule = text.parse().ok()?;
            let atoms = record_keys::atoms(&rule, &fields).ok()?;
            let hashes: Vec<Vec<u64>> = atoms.iter().map(|atom| atom.hashes(&fields)).collect();
            let salt = hash::of(text);
            let key = |row: usize| match joined(hashes.iter().map(|keys| keys[row])) {
                0 => 0,
                key => hash::mix(key ^ salt).max(1),
            };
            Some((0..table.len()).map(key).collect::<Vec<u64>>())
        };
        // A rule that can't be read keeps its place: it gives no key.
        let keys = self.rules().map(|text| of_rule(text).unwrap_or_default());
        let keys = keys.collect();
        ReadRecords { fields, keys }
    }
}

impl ReadRecords {
    /// The blocking keys of a record: two records meet where they have one in common. Equal on every machine.
    pub fn keys(&self, row: usize) -> impl Iterator<Item = u64> + '_ {
        let keys = self.keys.iter().filter_map(move |keys| keys.get(row));
        keys.copied().filter(|key| *key != 0)
    }

    /// The blocking key of a record by one of the fit's rules, in their order; none if the record lacks a value.
    pub fn key(&self, rule: usize, row: usize) -> Option<u64> {
        let key = *self.keys.get(rule)?.get(row)?;
        (key != 0).then_some(key)
    }

    /// Hashes of the record's values, each with the place of its column in the fit; missing ones left out. Equal values have
    /// equal hashes, in any column and on every machine.
    pub fn value_hashes(&self, row: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
        let values = self.values(row);
        values.map(|(column, value)| (column, hash::of(value)))
    }

    /// The record's values, normalised, each with the place of its column in the fit; missing ones left out.
    pub fn values(&self, row: usize) -> impl Iterator<Item = (usize, &str)> + '_ {
        let fields = self.fields.iter().enumerate();
        fields.filter_map(move |(column, field)| match *field.codes.get(row)? {
            0 => None,
            code => Some((column, &*field.values[code as usize].text)),
        })
    }
}
