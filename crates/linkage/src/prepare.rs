//! Columns of both lists in one dictionary, normalised and ready to compare.

use rustc_hash::FxHashMap;

use crate::{
    agree::{self, Value},
    compare, dates, missing,
    nicknames::Nicknames,
    normalise, strings,
    table::Column,
    types::{ColumnProfile, ColumnType},
};

/// A column of the records that are linked; the left list's records come first.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: ColumnType,
    /// Distinct normalised values; the first stands for "no value".
    pub(crate) values: Vec<Value>,
    /// One code a record.
    pub(crate) codes: Vec<u32>,
    /// Records whose value only said that there is none.
    pub(crate) placeholders: usize,
}

impl Field {
    pub(crate) fn new(
        name: &str,
        kind: ColumnType,
        parts: &[(&Column, &ColumnProfile)],
        known: &Nicknames,
    ) -> Self {
        let mut field = Self {
            name: name.to_owned(),
            kind,
            values: vec![Value::default()],
            codes: Vec::new(),
            placeholders: 0,
        };
        let mut seen: FxHashMap<Box<str>, u32> = FxHashMap::default();
        for (column, profile) in parts {
            let counts = column.counts();
            let rows = column.codes().len();
            let notation = profile.notation.unwrap_or_else(|| {
                dates::notation(column.values().iter().skip(1).map(AsRef::as_ref))
            });
            let map: Vec<u32> = column
                .values()
                .iter()
                .zip(&counts)
                .map(|(raw, count)| {
                    let value = Value::of(kind, raw, notation, known);
                    if missing::stands_in(kind, raw, &value, (*count, rows)) {
                        field.placeholders += if raw.is_empty() { 0 } else { *count as usize };
                        return 0;
                    }
                    *seen.entry(value.text.clone()).or_insert_with(|| {
                        field.values.push(value);
                        field.values.len() as u32 - 1
                    })
                })
                .collect();
            field
                .codes
                .extend(column.codes().iter().map(|code| map[*code as usize]));
        }
        field
    }

    /// The level of two records in this column, the cross-comparison of names left aside.
    pub(crate) fn level(&self, a: u32, b: u32) -> u8 {
        self.level_of_codes(self.codes[a as usize], self.codes[b as usize])
    }

    pub(crate) fn level_of_codes(&self, a: u32, b: u32) -> u8 {
        if a == 0 || b == 0 {
            compare::MISSING
        } else if a == b {
            compare::EXACT
        } else {
            agree::compare(
                self.kind,
                &self.values[a as usize],
                &self.values[b as usize],
            )
        }
    }
}

impl Value {
    pub(crate) fn of(
        kind: ColumnType,
        raw: &str,
        notation: dates::Notation,
        known: &Nicknames,
    ) -> Self {
        let mut value = Self::default();
        let text = match kind {
            ColumnType::Date => {
                value.date = dates::parse(raw, notation);
                value
                    .date
                    .map_or_else(|| normalise::code(raw), |date| date.to_string())
            }
            ColumnType::Phone => normalise::phone(raw),
            ColumnType::Email => normalise::email(raw),
            ColumnType::Identifier | ColumnType::StreetNumber => normalise::code(raw),
            ColumnType::Postcode => normalise::postcode(raw),
            ColumnType::Street => normalise::street(raw),
            ColumnType::Number => match normalise::number(raw) {
                Some((number, unit)) => {
                    value.number = number;
                    format!("{number} {unit}").trim_end().to_owned()
                }
                None => String::new(),
            },
            _ => normalise::text(raw),
        };
        if kind.is_name() || kind == ColumnType::FullName {
            if kind != ColumnType::FamilyName {
                value.marks = text
                    .split(' ')
                    .flat_map(|word| known.lines(word))
                    .map(|line| u32::from(*line))
                    .collect();
            }
        } else if kind == ColumnType::Street {
            let telling = text
                .split(' ')
                .filter(|word| !normalise::is_street_word(word));
            value.marks = telling.map(|word| crate::hash::of(word) as u32).collect();
        }
        value.mask = strings::mask(&text);
        value.text = text.into();
        value
    }
}
