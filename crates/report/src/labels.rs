//! Labels that a person gave, from the review page or from Splink.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use midband_core::record_ids;
use serde_json::{Map, Value};

use crate::{ReportError, evaluation::is_between, fields::label_of, label_weights::Choice};

pub use crate::label_weights::LabelWeights;

/// Labels by pair: `Some(1.0)` match, `Some(0.0)` no match, `None` unsure. Graded ones lie between.
#[derive(Debug, Default)]
pub struct Labels {
    given: Vec<Given>,
    by_id: HashMap<String, usize>,
    by_records: HashMap<(String, String), usize>,
    /// Rows that a later one about the same pair replaced.
    replaced: usize,
    /// Those of them that said something else: lines, and the pairs as they were named.
    conflicts: Vec<(u64, String)>,
}

/// A row of labels, as far as it is needed to find its pair among lists.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenLabel<'a> {
    /// Its line, from 1.
    pub line: u64,
    /// The pair as it was named.
    pub name: &'a str,
    /// The ids of its records, where it tells them.
    pub records: Option<(String, String)>,
    /// The label; none for unsure.
    pub label: Option<f64>,
}

/// A row of labels.
#[derive(Debug)]
struct Given {
    line: u64,
    /// The pair as it was named.
    name: String,
    records: Option<(String, String)>,
    label: Option<f64>,
    chosen: Choice,
    /// A pair was found to have it, or a later row replaced it.
    used: AtomicBool,
}

impl Labels {
    /// Reads rows of either form: `id` and `label`; or, with Splink's names, `unique_id_l`, `unique_id_r` and
    /// `clerical_match_score`, where 0.5 means unsure. A later row about a pair replaces an earlier one.
    ///
    /// # Errors
    /// A row names no pair, or its label is no number in 0..=1.
    pub fn read(rows: impl IntoIterator<Item = Map<String, Value>>) -> Result<Self, ReportError> {
        Self::read_lines((1..).zip(rows))
    }

    /// The same of rows with their lines.
    ///
    /// # Errors
    /// As [`Labels::read`].
    pub fn read_lines(
        rows: impl IntoIterator<Item = (u64, Map<String, Value>)>,
    ) -> Result<Self, ReportError> {
        let mut labels = Self::default();
        for (line, row) in rows {
            labels
                .add(line, &row)
                .map_err(|what| ReportError::Label { line, what })?;
        }
        Ok(labels)
    }

    fn add(&mut self, line: u64, row: &Map<String, Value>) -> Result<(), &'static str> {
        let text = |name: &str| match row.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let label = label_of(row).ok_or("it needs a label or a clerical_match_score")??;
        let records = text("unique_id_l")
            .or_else(|| text("left_id"))
            .zip(text("unique_id_r").or_else(|| text("right_id")));
        let id = text("id");
        if id.is_none() && records.is_none() {
            return Err("it needs an id, or unique_id_l and unique_id_r");
        }
        let name = match (&id, &records) {
            (Some(id), _) => id.clone(),
            (None, Some((left, right))) => format!("{left}|{right}"),
            (None, None) => String::new(),
        };
        let place = self.given.len();
        self.given.push(Given {
            line,
            name,
            records: records.clone(),
            label,
            chosen: Choice::of(row),
            used: AtomicBool::new(false),
        });
        let earlier = [
            id.and_then(|id| self.by_id.insert(id, place)),
            records.and_then(|records| self.by_records.insert(records, place)),
        ];
        for earlier in earlier.into_iter().flatten() {
            if !self.given[earlier].used.swap(true, Ordering::Relaxed) {
                self.replaced += 1;
                if self.given[earlier].label != label {
                    self.conflicts
                        .push((line, self.given[earlier].name.clone()));
                }
            }
        }
        Ok(())
    }

    /// The label of a pair, by its id or by its records in either order; `None` where nobody labelled it.
    pub fn of(&self, id: &str, left: Option<&str>, right: Option<&str>) -> Option<Option<f64>> {
        self.of_pair(id, left, right).map(|given| given.label)
    }

    /// True where the pair was drawn at random to be labelled.
    pub(crate) fn drawn(&self, id: &str, left: Option<&str>, right: Option<&str>) -> bool {
        self.of_pair(id, left, right)
            .is_some_and(|given| matches!(given.chosen, Choice::Random { .. }))
    }

    /// How often the label of each pair is to count, so that the labels speak for all pairs.
    pub fn weights(&self) -> LabelWeights {
        let rows = self.given.iter().enumerate();
        LabelWeights::of(rows.map(|(place, given)| (self.standing(place), given.chosen)))
    }

    /// The weight of a pair's label; `None` where nobody labelled it.
    pub fn weight(
        &self,
        weights: &LabelWeights,
        id: &str,
        left: Option<&str>,
        right: Option<&str>,
    ) -> Option<f64> {
        let place = self.place(id, left, right)?;
        Some(weights.at(place))
    }

    /// The row that stands for the pair of a row: itself, or the later one that replaced it.
    fn standing(&self, place: usize) -> usize {
        let given = &self.given[place];
        let by_records = || self.by_records.get(given.records.as_ref()?).copied();
        let last = self.by_id.get(&given.name).copied().or_else(by_records);
        last.unwrap_or(place)
    }

    fn of_pair(&self, id: &str, left: Option<&str>, right: Option<&str>) -> Option<&Given> {
        let given = &self.given[self.place(id, left, right)?];
        given.used.store(true, Ordering::Relaxed);
        Some(given)
    }

    fn place(&self, id: &str, left: Option<&str>, right: Option<&str>) -> Option<usize> {
        let by_records = || {
            let records = left.zip(right);
            let records = records.map(|(left, right)| (left.to_owned(), right.to_owned()));
            let (left, right) = records.or_else(|| record_ids(id))?;
            let both = [(left.clone(), right.clone()), (right, left)];
            both.iter()
                .find_map(|records| self.by_records.get(records).copied())
        };
        self.by_id.get(id).copied().or_else(by_records)
    }

    /// Labels that [`Labels::of`] gave to no pair: their lines, and the pairs as they were named.
    pub fn unused(&self) -> Vec<(u64, String)> {
        let unused = self
            .given
            .iter()
            .filter(|given| !given.used.load(Ordering::Relaxed));
        unused
            .map(|given| (given.line, given.name.clone()))
            .collect()
    }

    /// Labels between 0 and 1, which are ratings and settle no pair: their lines, and the pairs as they were named.
    pub fn graded(&self) -> Vec<(u64, String)> {
        let rows = self.given.iter().enumerate();
        rows.filter(|(place, given)| {
            given.label.is_some_and(is_between) && self.standing(*place) == *place
        })
        .map(|(_, given)| (given.line, given.name.clone()))
        .collect()
    }

    /// Rows that say another thing than an earlier one about the same pair, and stand in its place: their lines, and the pairs
    /// as they were named.
    pub fn conflicts(&self) -> &[(u64, String)] {
        &self.conflicts
    }

    /// Every row in the order of the file, those that a later one replaces too.
    pub fn given(&self) -> impl Iterator<Item = GivenLabel<'_>> {
        self.given.iter().map(|given| GivenLabel {
            line: given.line,
            name: &given.name,
            records: given.records.clone().or_else(|| record_ids(&given.name)),
            label: given.label,
        })
    }

    /// Labelled pairs, unsure ones included.
    pub fn len(&self) -> usize {
        self.given.len() - self.replaced
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn labels(rows: Value) -> Result<Labels, ReportError> {
        let rows = rows.as_array().unwrap().clone();
        Labels::read(rows.into_iter().map(|row| row.as_object().unwrap().clone()))
    }

    #[test]
    fn both_forms_name_pairs() {
        let ours = labels(json!([{"id": "1", "label": 1}, {"id": 2, "label": "Unsure"}])).unwrap();
        assert_eq!(ours.of("1", None, None), Some(Some(1.0)));
        assert_eq!(ours.of("2", None, None), Some(None));
        assert_eq!(ours.of("3", None, None), None);
        let splinks = labels(json!([
            {"unique_id_l": "a", "unique_id_r": "b", "clerical_match_score": "0.0"},
            {"unique_id_l": "a", "unique_id_r": "c", "clerical_match_score": "0.5"},
        ]))
        .unwrap();
        assert_eq!(splinks.of("x", Some("b"), Some("a")), Some(Some(0.0)));
        assert_eq!(splinks.of("x", Some("a"), Some("c")), Some(None));
        assert_eq!(splinks.of("x", Some("b"), Some("c")), None);
    }

    #[test]
    fn labels_that_fit_no_pair_are_known() {
        let labels = labels(json!([
            {"id": "1.0", "label": 1}, {"id": "2", "label": "N"},
            {"left_id": "a|b", "right_id": "c", "label": "Y"}, {"id": "2", "label": "yes"},
        ]))
        .unwrap();
        assert_eq!(labels.of("1", None, None), None);
        assert_eq!(labels.of("2", None, None), Some(Some(1.0)));
        assert_eq!(labels.of("a\\|b|c", None, None), Some(Some(1.0)));
        assert_eq!(labels.of("a|b\\|c", None, None), None);
        assert_eq!(labels.unused(), [(1, "1.0".to_owned())]);
        assert_eq!(labels.conflicts().len(), 1);
    }

    #[test]
    fn a_later_row_stands_and_what_it_contradicts_is_known() {
        let labels = labels(json!([
            {"id": "1", "label": 1}, {"id": "1", "label": 1}, {"id": "a|b", "label": 1},
            {"id": "a|b", "label": 0}, {"left_id": "a", "right_id": "c", "label": null},
        ]))
        .unwrap();
        assert_eq!(labels.conflicts(), [(4, "a|b".to_owned())]);
        assert_eq!(labels.of("a|b", None, None), Some(Some(0.0)));
        let records: Vec<_> = labels.given().map(|given| given.records).collect();
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(
            records,
            [None, None, pair("a", "b"), pair("a", "b"), pair("a", "c")]
        );
    }

    #[test]
    fn ratings_are_known_and_doubts_are_none() {
        let labels = labels(json!([
            {"id": "1", "label": 0.7}, {"id": "2", "label": 0.7}, {"id": "2", "label": 1},
            {"id": "3", "label": "unsure"}, {"id": "a|b", "clerical_match_score": 0.5},
            {"left_id": "a", "right_id": "c", "label": "0.25"},
        ]))
        .unwrap();
        let named = [(1, "1".to_owned()), (6, "a|c".to_owned())];
        assert_eq!(labels.graded(), named);
    }

    #[test]
    fn a_row_that_says_nothing_is_named() {
        for (row, wanted) in [
            (json!([{"id": "1"}]), "line 1"),
            (json!([{"id": "1", "label": 1}, {"label": 1}]), "line 2"),
            (json!([{"id": "1", "label": "perhaps"}]), "from 0 to 1"),
        ] {
            let error = labels(row).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
