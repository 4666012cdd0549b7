//! Blocking keys of records that are read part by part, on many machines: a record's keys depend on the record alone.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::{
    block::joined,
    compare::Value,
    dates::Notation,
    missing::{self, Frequency},
    nicknames::Nicknames,
    prepare::Field,
    reading::ColumnReading,
    rules::{Atom, BlockingRule, RuleError},
    saved_fit::ListColumn,
    table::{Column, Table},
    types::ColumnType,
};

/// How a column's values are read for its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// What it holds.
    pub kind: ColumnType,
    /// How it writes dates of numbers alone.
    pub notation: Notation,
}

/// By rule, one key per record: equal where two records agree by the rule, `None` where a record lacks a value. Keys of two
/// tables meet where both name their columns alike.
///
/// A [`Linker`](crate::Linker) takes a filler that is frequent in its lists (999999, 1900-01-01) for no value. A part of a list
/// does not show how frequent it is, so that a filler is a value here: cap the size of a block.
///
/// # Errors
/// A rule names a column that the table or `columns` lack.
pub fn record_keys(
    table: &Table,
    columns: &BTreeMap<String, KeyColumn>,
    rules: &[BlockingRule],
) -> Result<Vec<Vec<Option<u64>>>, RuleError> {
    let nicknames = Nicknames::new();
    let plain = ColumnReading::default();
    let fields: Vec<Field> = (table.columns().iter())
        .filter_map(|column| {
            let of = columns.get(&column.name)?;
            let mut field = FieldReader::new(&column.name, of.kind, &nicknames);
            field.add(column, of.notation, &plain);
            Some(field.finish())
        })
        .collect();
    rules
        .iter()
        .map(|rule| {
            let atoms = atoms(rule, &fields)?;
            let hashes: Vec<Vec<u64>> = atoms.iter().map(|atom| atom.hashes(&fields)).collect();
            let key = |row: usize| joined(hashes.iter().map(|keys| keys[row]));
            Ok((0..table.len())
                .map(|row| Some(key(row)).filter(|key| *key != 0))
                .collect())
        })
        .collect()
}

/// The rule's keys on the fields by their number.
pub(crate) fn atoms(rule: &BlockingRule, fields: &[Field]) -> Result<Vec<Atom>, RuleError> {
    let place = |column: &String| {
        let found = fields.iter().position(|field| field.name == *column);
        found.ok_or_else(|| RuleError::Column {
            rule: rule.to_string(),
            column: column.clone(),
            known: fields
                .iter()
                .map(|field| field.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })
    };
    rule.keys
        .iter()
        .map(|key| {
            Ok(Atom {
                form: key.form,
                fields: key.columns.iter().map(place).collect::<Result<_, _>>()?,
            })
        })
        .collect()
}

/// A field that is read column by column, each value by itself as it was read before.
pub(crate) struct FieldReader<'a> {
    field: Field,
    seen: FxHashMap<Box<str>, u32>,
    nicknames: &'a Nicknames,
}

impl<'a> FieldReader<'a> {
    pub(crate) fn new(name: &str, kind: ColumnType, nicknames: &'a Nicknames) -> Self {
        Self {
            field: Field {
                name: name.to_owned(),
                kind,
                values: vec![Value::default()],
                codes: Vec::new(),
                placeholders: 0,
                reading: ColumnReading::default(),
                by_list: None,
            },
            seen: FxHashMap::default(),
            nicknames,
        }
    }

    /// Adds the records of a table, by their column.
    pub(crate) fn add(&mut self, column: &Column, notation: Notation, before: &ColumnReading) {
        let (kind, nicknames) = (self.field.kind, self.nicknames);
        let codes = column.values().iter().map(|raw| {
            let value = Value::of(kind, raw, notation, nicknames);
            let form = before.vocabulary.and_then(|of| of.form(&value.text));
            let short = || {
                let mut short = before.short.iter();
                let found = short.find(|(short, _)| **short == *value.text)?;
                Some(found.1.as_str())
            };
            let value = match form.or_else(short) {
                Some(form) => value.renamed(form),
                None => value,
            };
            let is_filler = before.fillers.iter().any(|filler| **filler == *value.text);
            if is_filler || missing::stands_in(kind, raw, &value, Frequency::default()) {
                return 0;
            }
            *self.seen.entry(value.text.clone()).or_insert_with(|| {
                self.field.values.push(value);
                self.field.values.len() as u32 - 1
            })
        });
        let codes: Vec<u32> = codes.collect();
        let of_rows = column.codes().iter().map(|code| codes[*code as usize]);
        self.field.codes.extend(of_rows);
    }

    /// Adds the records of a list as a fit reads them; where they lack the column, they have no value.
    pub(crate) fn add_list(&mut self, table: &Table, of: &ListColumn<'_>) {
        match table.column(of.header) {
            Some(column) => {
                let notation = of.reading.notation.unwrap_or(Notation::DayFirst);
                self.add(column, notation, of.reading);
            }
            None => {
                let codes = &mut self.field.codes;
                codes.resize(codes.len() + table.len(), 0);
            }
        }
    }

    pub(crate) fn finish(self) -> Field {
        self.field
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Linker, Options, TableBuilder};

    const PEOPLE: [[&str; 3]; 6] = [
        ["Anna", "Meyer", "1971-03-02"],
        ["ANNA", "Méyer", "02/03/1971"],
        ["Bob", "Ray", "1971-03-02"],
        ["Bob", "", "1980-12-31"],
        ["Meyer", "Anna", "1971-03-02"],
        ["Bo", "Rayy", "n/a"],
    ];

    fn table(rows: &[[&str; 3]]) -> Table {
        let mut people = TableBuilder::new(["first_name", "surname", "born"]);
        rows.iter()
            .for_each(|row| people.push(row.iter().map(|value| Some(*value))));
        people.finish()
    }

    fn columns() -> BTreeMap<String, KeyColumn> {
        let kinds = [
            ("first_name", ColumnType::GivenName),
            ("surname", ColumnType::FamilyName),
            ("born", ColumnType::Date),
        ];
        let notation = Notation::DayFirst;
        kinds
            .map(|(name, kind)| (name.to_owned(), KeyColumn { kind, notation }))
            .into()
    }

    fn rules() -> Vec<BlockingRule> {
        [
            "born",
            "words(first_name,surname)",
            "prefix(surname,3)+year(born)",
            "soundex(surname)",
        ]
        .map(|rule| rule.parse().unwrap())
        .into()
    }

    #[test]
    fn pairs_with_equal_keys_are_the_linkers_candidates() {
        let keys = record_keys(&table(&PEOPLE), &columns(), &rules()).unwrap();
        let mut found = Vec::new();
        for left in 0..PEOPLE.len() {
            for right in left + 1..PEOPLE.len() {
                if keys
                    .iter()
                    .any(|by| by[left].is_some() && by[left] == by[right])
                {
                    found.push((left as u32, right as u32));
                }
            }
        }
        let options = Options {
            rules: rules(),
            types: columns()
                .into_iter()
                .map(|(name, of)| (name, of.kind))
                .collect(),
            ..Options::default()
        };
        let mut linker = Linker::new(table(&PEOPLE), None, options).unwrap();
        let candidates: Vec<_> = (linker.candidates().iter())
            .map(|pair| (pair.left, pair.right))
            .collect();
        assert_eq!(found, candidates);
        assert!(found.contains(&(0, 4)) && !found.contains(&(3, 5)));
    }

    #[test]
    fn a_record_has_the_same_keys_in_any_part() {
        let whole = record_keys(&table(&PEOPLE), &columns(), &rules()).unwrap();
        for (at, row) in PEOPLE.iter().enumerate() {
            let alone = record_keys(&table(&[*row]), &columns(), &rules()).unwrap();
            for (of_whole, of_part) in whole.iter().zip(&alone) {
                assert_eq!(of_whole[at], of_part[0]);
            }
        }
    }

    #[test]
    fn an_unknown_column_is_named() {
        let rule = "birthday".parse().unwrap();
        let error = record_keys(&table(&PEOPLE), &columns(), &[rule]).unwrap_err();
        assert!(
            error.to_string().contains("no column \"birthday\""),
            "{error}"
        );
    }
}
