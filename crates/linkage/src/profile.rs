//! What a list's columns hold, for people who look before they link.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    compare::Value,
    dates,
    infer::infer,
    missing::{self, Frequency},
    nicknames::Nicknames,
    table::{Column, Table},
    types::{ColumnProfile, ColumnType},
};

/// One column.
#[derive(Clone, Debug)]
pub struct ColumnSummary {
    /// Its type, and why.
    pub profile: ColumnProfile,
    /// Records with a value that says something.
    pub filled: usize,
    /// Records without any value.
    pub empty: usize,
    /// Values that stand for "missing" (`NULL`, 1900-01-01 where frequent, 999999999, …) with their records, the most
    /// frequent first.
    pub stand_ins: Vec<(String, u32)>,
    /// Distinct values as written, stand-ins left out.
    pub distinct: usize,
    /// The same in one notation: case, accents, punctuation and forms of dates are nothing.
    pub distinct_normalised: usize,
    /// The most frequent values as written with their records.
    pub frequent: Vec<(String, u32)>,
}

/// Looks at every column. `types` are those that the caller knows better, by header; `most` bounds the frequent values.
pub fn summarise(
    table: &Table,
    types: &BTreeMap<String, ColumnType>,
    most: usize,
) -> Vec<ColumnSummary> {
    let known = Nicknames::new();
    let profiles = infer(table).into_iter().map(|mut profile| {
        if let Some(kind) = types.get(&profile.name) {
            profile.kind = *kind;
            "as given".clone_into(&mut profile.why);
        }
        profile
    });
    (table.columns().iter().zip(profiles))
        .map(|(column, profile)| summary(column, profile, most, &known))
        .collect()
}

fn summary(
    column: &Column,
    profile: ColumnProfile,
    most: usize,
    known: &Nicknames,
) -> ColumnSummary {
    let counts = column.counts();
    let notation = profile
        .notation
        .unwrap_or_else(|| dates::notation(column.values().iter().skip(1).map(AsRef::as_ref)));
    let (mut stand_ins, mut values, mut normalised) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (raw, &count) in column.values().iter().zip(&counts).skip(1) {
        let value = Value::of(profile.kind, raw, notation, known);
        let frequency = Frequency {
            count,
            rows: column.codes().len(),
        };
        if missing::stands_in(profile.kind, raw, &value, frequency) {
            stand_ins.push((raw.to_string(), count));
        } else {
            normalised.insert(value.text);
            values.push((raw.to_string(), count));
        }
    }
    for list in [&mut stand_ins, &mut values] {
        list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    let empty = counts.first().map_or(0, |count| *count as usize);
    let stood: usize = stand_ins.iter().map(|(_, count)| *count as usize).sum();
    let distinct = values.len();
    values.truncate(most);
    ColumnSummary {
        profile,
        filled: column.codes().len() - empty - stood,
        empty,
        stand_ins,
        distinct,
        distinct_normalised: normalised.len(),
        frequent: values,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableBuilder;

    #[test]
    fn stand_ins_are_no_values_and_spellings_are_one() {
        let mut list = TableBuilder::new(["surname", "birth_date", "nhs_number"]);
        for at in 0..40 {
            let born = if at < 10 {
                "1900-01-01".to_owned()
            } else {
                format!("19{at}-03-04")
            };
            let number = if at % 8 == 0 {
                "9999999999".to_owned()
            } else {
                format!("48{at}01237")
            };
            let name = ["Meyer", "MEYER", "Okoro", "NULL"][at % 4];
            list.push([Some(name), Some(born.as_str()), Some(number.as_str())]);
        }
        list.push([None, Some("1988-02-01"), None]);
        let found = summarise(&list.finish(), &BTreeMap::new(), 2);
        let [name, born, number] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!((name.filled, name.empty), (30, 1));
        assert_eq!(name.stand_ins, [("NULL".to_owned(), 10)]);
        assert_eq!((name.distinct, name.distinct_normalised), (3, 2));
        assert_eq!(
            name.frequent,
            [("MEYER".to_owned(), 10), ("Meyer".to_owned(), 10)]
        );
        assert_eq!(born.profile.kind, ColumnType::Date);
        assert_eq!(born.stand_ins, [("1900-01-01".to_owned(), 10)]);
        assert_eq!(number.stand_ins, [("9999999999".to_owned(), 5)]);
        assert_eq!((number.filled, number.distinct), (35, 35));
    }
}
