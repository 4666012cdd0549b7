//! Labels that a person gave, from the review page or from Splink.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::{ReportError, row::number};

/// Labels by pair: `Some(1.0)` match, `Some(0.0)` no match, `None` unsure. Graded ones lie between.
#[derive(Debug, Default)]
pub struct Labels {
    by_id: HashMap<String, Option<f64>>,
    by_records: HashMap<(String, String), Option<f64>>,
}

impl Labels {
    /// Reads rows of either form: `id` and `label`; or, with Splink's names, `unique_id_l`, `unique_id_r` and
    /// `clerical_match_score`, where 0.5 means unsure. A later row about a pair replaces an earlier one.
    ///
    /// # Errors
    /// A row names no pair, or its label is no number in 0..=1.
    pub fn read(rows: impl IntoIterator<Item = Map<String, Value>>) -> Result<Self, ReportError> {
        let mut labels = Self::default();
        for (index, row) in rows.into_iter().enumerate() {
            labels.add(&row).map_err(|what| ReportError::Label {
                row: index + 1,
                what,
            })?;
        }
        Ok(labels)
    }

    fn add(&mut self, row: &Map<String, Value>) -> Result<(), &'static str> {
        let text = |name: &str| match row.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let splink = row.get("clerical_match_score");
        let given = splink.or_else(|| row.get("label"));
        let label = match given {
            None => return Err("it has neither label nor clerical_match_score"),
            Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim().is_empty() => None,
            some => match number(some) {
                Some(label) if (0.0..=1.0).contains(&label) => Some(label),
                _ => return Err("its label is not a number in 0..1"),
            },
        }
        .filter(|label| splink.is_none() || *label != 0.5);
        let records = text("unique_id_l")
            .or_else(|| text("left_id"))
            .zip(text("unique_id_r").or_else(|| text("right_id")));
        let id = text("id");
        if id.is_none() && records.is_none() {
            return Err("it names no pair: it needs an id, or unique_id_l and unique_id_r");
        }
        if let Some(id) = id {
            self.by_id.insert(id, label);
        }
        if let Some(records) = records {
            self.by_records.insert(records, label);
        }
        Ok(())
    }

    /// The label of a pair, by its id or by its records in either order; `None` where nobody labelled it.
    pub fn of(&self, id: &str, left: Option<&str>, right: Option<&str>) -> Option<Option<f64>> {
        if let Some(label) = self.by_id.get(id) {
            return Some(*label);
        }
        let (left, right) = (left?.to_owned(), right?.to_owned());
        let both = [(left.clone(), right.clone()), (right, left)];
        both.iter()
            .find_map(|records| self.by_records.get(records).copied())
    }

    /// Labelled pairs, unsure ones included.
    pub fn len(&self) -> usize {
        self.by_id.len().max(self.by_records.len())
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
        let ours = labels(json!([{"id": "1", "label": 1}, {"id": 2, "label": null}])).unwrap();
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
    fn a_row_that_says_nothing_is_named() {
        for (row, wanted) in [
            (json!([{"id": "1"}]), "row 1"),
            (json!([{"id": "1", "label": 1}, {"label": 1}]), "row 2"),
            (json!([{"id": "1", "label": "yes"}]), "0..1"),
        ] {
            let error = labels(row).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
    }
}
