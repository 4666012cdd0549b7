//! How many people have each value of a list of which a part is at hand.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// What must be known of all values of a column beside those that are looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnCounts {
    /// People with a value: records, of which those of one person count as one together.
    pub people: f64,
    /// Values that one person has.
    pub once: f64,
    /// Values that two people have.
    pub twice: f64,
}

impl ColumnCounts {
    /// Of a column's values, by the people of each.
    pub fn of(people: impl IntoIterator<Item = f64>) -> Self {
        let mut all = Self::default();
        people
            .into_iter()
            .for_each(|people| all.change(0.0, people));
        all
    }

    /// A value that `before` people had is now one of `after`.
    pub fn change(&mut self, before: f64, after: f64) {
        // People are fractions while nobody is certain who is one.
        let near = |count: f64, at: f64| (1.0 - (count - at).abs()).max(0.0);
        self.people += after - before;
        self.once += near(after, 1.0) - near(before, 1.0);
        self.twice += near(after, 2.0) - near(before, 2.0);
    }
}

/// People by value, of those values that were looked up.
#[derive(Clone, Debug, Default)]
pub struct ValueCounts {
    columns: Vec<(String, ColumnCounts)>,
    by_value: Vec<FxHashMap<Box<str>, f64>>,
}

impl ValueCounts {
    /// Columns with the counts of all their values.
    pub fn new(columns: Vec<(String, ColumnCounts)>) -> Self {
        let by_value = vec![FxHashMap::default(); columns.len()];
        Self { columns, by_value }
    }

    /// The columns.
    pub fn columns(&self) -> &[(String, ColumnCounts)] {
        &self.columns
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|(own, _)| own == name)
    }

    /// How many people have a value, 0 where it was not looked up.
    pub fn people(&self, column: usize, value: &str) -> f64 {
        let values = self.by_value.get(column);
        let found = values.and_then(|values| values.get(value));
        found.copied().unwrap_or(0.0)
    }

    /// Says how many people have a value, as the column's counts know already.
    pub fn found(&mut self, column: usize, value: &str, people: f64) {
        if let Some(values) = self.by_value.get_mut(column) {
            values.insert(value.into(), people);
        }
    }

    /// So many more people have a value; the column's counts follow.
    pub fn add(&mut self, column: usize, value: &str, people: f64) {
        let Some((values, (_, all))) = self
            .by_value
            .get_mut(column)
            .zip(self.columns.get_mut(column))
        else {
            return;
        };
        let before = values.get(value).copied().unwrap_or(0.0);
        let after = (before + people).max(0.0);
        all.change(before, after);
        values.insert(value.into(), after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_follow_their_values(steps in prop::collection::vec((0..6_usize, 1..5_u32), 0..60)) {
            let mut counts = ValueCounts::new(vec![("name".to_owned(), ColumnCounts::default())]);
            let mut people = [0.0_f64; 6];
            for (value, quarters) in steps {
                let more = f64::from(quarters) / 4.0;
                counts.add(0, &value.to_string(), more);
                people[value] += more;
            }
            let whole = ColumnCounts::of(people);
            let (_, kept) = &counts.columns()[0];
            prop_assert!((kept.people - whole.people).abs() < 1e-9);
            prop_assert!((kept.once - whole.once).abs() < 1e-9);
            prop_assert!((kept.twice - whole.twice).abs() < 1e-9);
            for (value, people) in people.iter().enumerate() {
                prop_assert!((counts.people(0, &value.to_string()) - people).abs() < 1e-9);
            }
        }
    }
}
