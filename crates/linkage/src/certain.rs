//! Columns that settle a pair by the user's word: equal values mean one person, or different values two.

use std::collections::BTreeMap;

use crate::{
    assemble::mappings,
    infer::infer,
    nicknames::Nicknames,
    options::{LinkError, Options},
    prepare::Field,
    table::{Column, Table},
    types::{ColumnProfile, ColumnType},
};

/// A column of the records of one list, or of two, whose values are equal, different, or not there. Notation makes no
/// difference, nor do values that stand for "missing".
#[derive(Clone, Debug)]
pub struct SameValue {
    codes: Vec<u32>,
    split: Option<usize>,
}

impl SameValue {
    /// The column of this header, of the left list where two are linked; its partner in the right list is the one that
    /// `options` map it to, else that of the same header, else the proposal of [`crate::map_columns`].
    ///
    /// # Errors
    /// No list has such a column, or only one of two.
    pub fn of(
        left: &Table,
        right: Option<&Table>,
        column: &str,
        options: &Options,
    ) -> Result<Self, LinkError> {
        let missing = || LinkError::NoColumn(column.to_owned());
        let partner = |right: &Table| {
            let given = options.map.iter().find(|(left, _)| left == column);
            let name = given.map(|(_, right)| right.clone()).or_else(|| {
                let same = right.column(column).map(|own| own.name.clone());
                same.or_else(|| {
                    let found = mappings(left, right, options, &[]);
                    let mapped = found.into_iter().find(|one| one.left == column);
                    mapped.map(|one| one.right)
                })
            });
            name.filter(|name| right.column(name).is_some())
        };
        let one = left.column(column).ok_or_else(missing)?;
        let two = match right {
            Some(right) => {
                let name = partner(right).ok_or_else(missing)?;
                Some(right.column(&name).ok_or_else(missing)?)
            }
            None => None,
        };
        let profiles = [Some((left, one)), right.zip(two)];
        let profiled: Vec<(&Column, ColumnProfile)> = profiles
            .into_iter()
            .flatten()
            .filter_map(|(table, column)| Some((column, profile(table, &column.name)?)))
            .collect();
        let parts: Vec<(&Column, &ColumnProfile)> = profiled
            .iter()
            .map(|(column, profile)| (*column, profile))
            .collect();
        let found = parts
            .first()
            .map_or(ColumnType::Identifier, |(_, of)| of.kind);
        let kind = match options.types.get(column).copied().unwrap_or(found) {
            // Numbers of records and texts are compared as they are written, but for case and signs.
            ColumnType::RecordKey => ColumnType::Identifier,
            kind => kind,
        };
        let field = Field::new(column, kind, &parts, &Nicknames::new(), None);
        Ok(Self {
            codes: field.codes,
            split: right.map(|_| left.len()),
        })
    }

    /// The same with pairs within each of two lists; records of the right one follow those of the left one.
    pub fn within(self) -> Self {
        Self {
            split: None,
            ..self
        }
    }

    /// Whether the values of a left and a right record (or of two of one list) are equal; none where one is missing.
    pub fn says(&self, (left, right): (u32, u32)) -> Option<bool> {
        let right = right as usize + self.split.unwrap_or(0);
        let (a, b) = (self.codes.get(left as usize)?, self.codes.get(right)?);
        (*a != 0 && *b != 0).then_some(a == b)
    }

    /// How many pairs have equal values.
    pub fn equal_count(&self) -> u64 {
        let groups = self.groups();
        let pairs = groups.values().map(|(one, two)| match self.split {
            Some(_) => one.len() as u64 * two.len() as u64,
            None => one.len() as u64 * (one.len() as u64).saturating_sub(1) / 2,
        });
        pairs.sum()
    }

    /// The pairs with equal values, in order.
    pub fn equal_pairs(&self) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for (one, two) in self.groups().into_values() {
            for (at, a) in one.iter().enumerate() {
                let others = if self.split.is_some() {
                    &two[..]
                } else {
                    &one[at + 1..]
                };
                pairs.extend(others.iter().map(|b| (*a, *b)));
            }
        }
        pairs.sort_unstable();
        pairs
    }

    /// Records of either list by their value.
    fn groups(&self) -> BTreeMap<u32, (Vec<u32>, Vec<u32>)> {
        let split = self.split.unwrap_or(self.codes.len());
        let mut groups: BTreeMap<u32, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for (at, code) in self
            .codes
            .iter()
            .enumerate()
            .filter(|(_, code)| **code != 0)
        {
            let (one, two) = groups.entry(*code).or_default();
            if at < split {
                one.push(at as u32);
            } else {
                two.push((at - split) as u32);
            }
        }
        groups
    }
}

fn profile(table: &Table, column: &str) -> Option<ColumnProfile> {
    infer(table).into_iter().find(|of| of.name == column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TableBuilder;

    fn table(header: &str, values: &[Option<&str>]) -> Table {
        let mut table = TableBuilder::new([header]);
        values.iter().for_each(|value| table.push([*value]));
        table.finish()
    }

    #[test]
    fn notation_and_missing_values_make_no_difference() {
        let left = table(
            "nhs",
            &[Some("943 476-5919"), Some("n/a"), None, Some("12 34")],
        );
        let right = table(
            "nhs_number",
            &[Some("9434765919"), Some("N/A"), Some("1234")],
        );
        let options = Options {
            map: vec![("nhs".to_owned(), "nhs_number".to_owned())],
            types: [("nhs".to_owned(), ColumnType::Identifier)].into(),
            ..Options::default()
        };
        let same = SameValue::of(&left, Some(&right), "nhs", &options).unwrap();
        assert_eq!(same.equal_pairs(), [(0, 0), (3, 2)]);
        assert_eq!(same.equal_count(), 2);
        assert_eq!(same.says((0, 2)), Some(false));
        assert_eq!(
            (same.says((1, 1)), same.says((2, 0)), same.says((9, 0))),
            (None, None, None)
        );
        let none = SameValue::of(&left, Some(&right), "sex", &options);
        assert!(matches!(none, Err(LinkError::NoColumn(name)) if name == "sex"));
    }

    #[test]
    fn pairs_of_one_list_are_each_named_once() {
        let list = table("sex", &[Some("F"), Some("f"), Some("M"), Some("F ")]);
        let same = SameValue::of(&list, None, "sex", &Options::default()).unwrap();
        assert_eq!(same.equal_pairs(), [(0, 1), (0, 3), (1, 3)]);
        assert_eq!(same.equal_count(), 3);
        assert_eq!(same.says((1, 2)), Some(false));
    }
}
