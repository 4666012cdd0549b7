//! What a score is made of, as a scored file has it. The names of a million rows are those of few combinations of levels: rows
//! of one combination share them.

use std::{collections::HashSet, sync::Arc};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// Ends a name; no name holds it.
const END: char = '\0';

/// Names with their log odds, natural logarithm, in the order in which they add up.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// All names, each with its end.
    names: Arc<str>,
    /// One per name.
    log_odds: Box<[f64]>,
}

impl Parts {
    /// Each part's name and its log odds.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        let names = self.names.split_terminator(END);
        names.zip(self.log_odds.iter().copied())
    }

    /// The names alone, one after the other: the same text for the same names.
    pub(crate) fn names(&self) -> &str {
        &self.names
    }

    /// True if some of them are comparison levels of columns.
    pub(crate) fn have_levels(&self) -> bool {
        self.iter().any(|(name, _)| level(name).is_some())
    }
}

/// The column and the level of a part's name.
pub(crate) fn level(name: &str) -> Option<(&str, &str)> {
    name.split_once(": ")
}

impl<'a> FromIterator<(&'a str, f64)> for Parts {
    fn from_iter<I: IntoIterator<Item = (&'a str, f64)>>(parts: I) -> Self {
        PartNames::default().shared(parts)
    }
}

impl Serialize for Parts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Lists of names that rows have had so far.
#[derive(Default)]
pub(crate) struct PartNames {
    known: HashSet<Arc<str>>,
    /// Room for the next one.
    next: String,
}

impl PartNames {
    /// Reads parts from JSON, or from the text that a delimited file or Parquet has in its place. Values that are not numbers
    /// are left out.
    pub(crate) fn read(&mut self, value: Option<&Value>) -> Option<Parts> {
        match value? {
            Value::Object(parts) => Some(self.numbers(parts)),
            Value::String(text) => serde_json::from_str(text)
                .ok()
                .map(|parts| self.numbers(&parts)),
            _ => None,
        }
    }

    fn numbers(&mut self, parts: &Map<String, Value>) -> Parts {
        self.shared(
            parts
                .iter()
                .filter_map(|(name, log_odds)| Some((name.as_str(), log_odds.as_f64()?))),
        )
    }

    fn shared<'a>(&mut self, parts: impl IntoIterator<Item = (&'a str, f64)>) -> Parts {
        self.next.clear();
        let mut log_odds = Vec::new();
        for (name, value) in parts {
            self.next.extend(name.chars().filter(|char| *char != END));
            self.next.push(END);
            log_odds.push(value);
        }
        let names = match self.known.get(self.next.as_str()) {
            Some(known) => known.clone(),
            None => {
                let names: Arc<str> = self.next.as_str().into();
                self.known.insert(names.clone());
                names
            }
        };
        Parts {
            names,
            log_odds: log_odds.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn rows_of_one_combination_share_their_names() {
        let mut names = PartNames::default();
        let row = json!({"prior": -1.5, "name: exact": 2.25, "seen": "no number"});
        let first = names.read(Some(&row)).unwrap();
        let text = Value::from(r#"{"prior": 0.5, "name: exact": 1e-9}"#);
        let second = names.read(Some(&text)).unwrap();
        assert!(Arc::ptr_eq(&first.names, &second.names));
        assert_eq!(
            first.iter().collect::<Vec<_>>(),
            [("prior", -1.5), ("name: exact", 2.25)]
        );
        assert!(first.have_levels());
        let third = names.read(Some(&json!({"prior": 1}))).unwrap();
        assert!(!Arc::ptr_eq(&first.names, &third.names) && !third.have_levels());
        assert_eq!(names.read(Some(&json!("no JSON"))), None);
        assert_eq!(names.read(Some(&json!(null))), None);
    }

    proptest! {
        /// Parts come out as they went in, whatever their names and numbers.
        #[test]
        fn parts_come_out_as_they_went_in(given in prop::collection::btree_map("[^\0]{0,8}", -1e3..1e3f64, 0..9)) {
            let parts: Parts = given.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            prop_assert_eq!(serde_json::to_value(&parts).unwrap(), json!(given));
        }
    }
}
