//! From two tables to the fields that are compared.

use crate::{
    map::{Mapping, map_columns},
    nicknames::Nicknames,
    normalise,
    options::Options,
    prepare::Field,
    table::{Column, Table},
    types::{ColumnProfile, ColumnType},
};

/// Columns that are compared at most; the first by name stay.
const MOST_COLUMNS: usize = 64;

/// Words of a value on average up to which a text is compared word by word.
const MOST_WORDS: f64 = 6.0;

pub(crate) fn filled(field: &Field) -> f64 {
    field.codes.iter().filter(|code| **code != 0).count() as f64 / field.codes.len().max(1) as f64
}

/// Collision entropy of a column's values in bits.
pub(crate) fn entropy(field: &Field) -> f64 {
    let mut counts = vec![0.0_f64; field.values.len()];
    for code in &field.codes {
        counts[*code as usize] += 1.0;
    }
    let all: f64 = counts.iter().skip(1).sum::<f64>().max(1.0);
    let agree: f64 = counts
        .iter()
        .skip(1)
        .map(|count| (count / all).powi(2))
        .sum();
    if agree > 0.0 { -agree.log2() } else { 0.0 }
}

/// Whether texts are short enough to be compared word by word, as names of things are.
fn is_short(parts: &[(&Column, &ColumnProfile)]) -> bool {
    let values = || {
        parts
            .iter()
            .flat_map(|(column, _)| column.values().iter().skip(1))
    };
    let words: usize = values().map(|raw| raw.split_whitespace().count()).sum();
    words as f64 <= MOST_WORDS * values().count() as f64
}

/// Whether two columns have values in common that are not only counted from some number on.
fn shares_keys(a: &Column, b: &Column) -> bool {
    let of_a: rustc_hash::FxHashSet<String> = a
        .values()
        .iter()
        .skip(1)
        .map(|raw| normalise::code(raw))
        .collect();
    let shared = b
        .values()
        .iter()
        .skip(1)
        .filter(|raw| of_a.contains(&normalise::code(raw)))
        .count();
    let numbers: Vec<u64> = of_a.iter().filter_map(|code| code.parse().ok()).collect();
    let span = numbers
        .iter()
        .max()
        .zip(numbers.iter().min())
        .map_or(0, |(most, least)| most - least);
    let counted = numbers.len() == of_a.len() && span < 2 * of_a.len() as u64;
    !counted && shared * 20 > of_a.len().min(b.values().len())
}

/// A column that two of the given pairs name on the same side.
pub(crate) fn paired_twice(map: &[(String, String)]) -> Option<&str> {
    map.iter().enumerate().find_map(|(at, (left, right))| {
        let before = &map[..at];
        if before.iter().any(|other| other.0 == *left) {
            return Some(left.as_str());
        }
        (before.iter().any(|other| other.1 == *right)).then_some(right.as_str())
    })
}

/// Whether one of two columns holds dates and the other numbers or codes that are none.
fn contradict(a: ColumnType, b: ColumnType) -> bool {
    let coded = |kind| {
        matches!(
            kind,
            ColumnType::RecordKey
                | ColumnType::Identifier
                | ColumnType::Phone
                | ColumnType::Number
                | ColumnType::Postcode
                | ColumnType::Email
        )
    };
    (a == ColumnType::Date && coded(b)) || (b == ColumnType::Date && coded(a))
}

/// Says of which list most values of a column of dates are none.
fn undated(field: &Field, parts: &[(&Column, &ColumnProfile)], notes: &mut Vec<String>) {
    let mut codes = field.codes.as_slice();
    for (at, (column, _)) in parts.iter().enumerate() {
        let (own, rest) = codes.split_at(column.codes().len().min(codes.len()));
        codes = rest;
        let filled = own.iter().filter(|code| **code != 0).count();
        let none = |code: &&u32| **code != 0 && field.values[**code as usize].date.is_none();
        let none = own.iter().filter(none).count();
        if none * 2 > filled {
            let list = match (parts.len(), at) {
                (1, _) => "",
                (_, 0) => " (left list)",
                _ => " (right list)",
            };
            notes.push(format!(
                "{}{list}: {none} of {filled} values are no dates",
                column.name
            ));
        }
    }
}

/// The user's pairs of columns, then those of `added` columns, then what is found.
pub(crate) fn mappings(
    left: &Table,
    right: &Table,
    options: &Options,
    added: &[Mapping],
) -> Vec<Mapping> {
    let given = |(left, right): &(String, String)| Mapping {
        left: left.clone(),
        right: right.clone(),
        confidence: 1.0,
    };
    let mut mapped: Vec<Mapping> = options.map.iter().map(given).collect();
    mapped.extend_from_slice(added);
    for found in map_columns(left, right) {
        if !mapped
            .iter()
            .any(|one| one.left == found.left || one.right == found.right)
        {
            mapped.push(found);
        }
    }
    mapped
}

/// A list with what was found of its columns.
#[derive(Clone, Copy)]
pub(crate) struct Profiled<'a> {
    pub(crate) table: &'a Table,
    pub(crate) profiles: &'a [ColumnProfile],
}

impl<'a> Profiled<'a> {
    fn columns(self) -> impl Iterator<Item = (&'a Column, &'a ColumnProfile)> {
        self.table.columns().iter().zip(self.profiles)
    }
}

/// The fields that are compared, and the names of the columns of free text.
pub(crate) fn fields(
    left: Profiled<'_>,
    right: Option<Profiled<'_>>,
    mapped: &[Mapping],
    options: &Options,
    notes: &mut Vec<String>,
) -> (Vec<Field>, Vec<String>) {
    let known = Nicknames::new();
    let mut fields: Vec<Field> = Vec::new();
    let mut free = Vec::new();
    for (column, profile) in left.columns() {
        let mut parts = vec![(column, profile)];
        let mut kind = profile.kind;
        if let Some(right) = right {
            let partner = mapped
                .iter()
                .find(|mapping| mapping.left == column.name)
                .and_then(|mapping| {
                    right
                        .columns()
                        .find(|(column, _)| column.name == mapping.right)
                });
            let Some((column, profile)) = partner else {
                continue;
            };
            let given = [&parts[0].0.name, &column.name]
                .iter()
                .any(|name| options.types.contains_key(*name) || options.ignore.contains(name));
            if contradict(kind, profile.kind) && !given {
                notes.push(format!(
                    "{}: {kind} in the left list, {} in the right one, not compared",
                    parts[0].0.name, profile.kind
                ));
                continue;
            }
            // Where the lists disagree, the type that compares words decides; keys on both sides are identifiers.
            kind = match (kind, profile.kind) {
                // Each list's own number, unless both lists use the same ones.
                (ColumnType::RecordKey, ColumnType::RecordKey)
                    if shares_keys(parts[0].0, column) =>
                {
                    ColumnType::Identifier
                }
                (ColumnType::RecordKey, other) | (other, ColumnType::RecordKey) => other,
                (ColumnType::FreeText, _) | (_, ColumnType::FreeText) => ColumnType::FreeText,
                (a, _) => a,
            };
            parts.push((column, profile));
        }
        let headers = || parts.iter().map(|(column, _)| &column.name);
        if headers().any(|name| options.ignore.contains(name)) {
            continue;
        }
        kind = headers()
            .find_map(|name| options.types.get(name))
            .copied()
            .unwrap_or(kind);
        match kind {
            ColumnType::RecordKey => notes.push(format!(
                "{}: another value in every record, not compared",
                column.name
            )),
            kind => {
                let kind = match kind {
                    ColumnType::FreeText => {
                        free.push(column.name.clone());
                        let (how, kind) = match is_short(&parts) {
                            true => ("compared word by word", ColumnType::EntityName),
                            false => ("long texts, compared by their words", kind),
                        };
                        notes.push(format!("{}: {how}", column.name));
                        kind
                    }
                    kind => kind,
                };
                let field = Field::new(
                    &column.name,
                    kind,
                    &parts,
                    &known,
                    options.reading.get(&column.name),
                );
                if kind == ColumnType::Date {
                    undated(&field, &parts, notes);
                }
                if field.placeholders > 0 {
                    notes.push(format!(
                        "{}: {} values stand for \"missing\"",
                        column.name, field.placeholders
                    ));
                }
                match field.values.len() {
                    // A part of a list may hold one value of what tells the whole apart.
                    2.. if options.reading.contains_key(&field.name) => fields.push(field),
                    ..=1 => notes.push(format!("{}: no values, not compared", column.name)),
                    2 => notes.push(format!(
                        "{}: one value throughout, not compared",
                        column.name
                    )),
                    _ => fields.push(field),
                }
            }
        }
    }
    let has = |kind| fields.iter().any(|field: &Field| field.kind == kind);
    if has(ColumnType::GivenName) && has(ColumnType::FamilyName) && has(ColumnType::FullName) {
        fields.retain(|field| field.kind != ColumnType::FullName);
        notes.push("the full name is left out: its parts have columns of their own".to_owned());
    }
    if fields.len() > MOST_COLUMNS {
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        notes.push(format!(
            "{} columns are compared of {}",
            MOST_COLUMNS,
            fields.len()
        ));
        fields.truncate(MOST_COLUMNS);
    }
    (fields, free)
}
