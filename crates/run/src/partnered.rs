//! Which records of the lists have a partner, counted as the pairs are written.

use std::collections::HashSet;

use midband::Decision;
use midband_report::Lists;
use serde::Serialize;
use serde_json::{Map, Value};

/// Records that are in no match and in no pair for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WithoutPartner {
    /// Of the left list, or of the only one.
    pub left: u64,
    /// Of the right list; `None` if there is one list.
    pub right: Option<u64>,
}

/// Records that have a partner so far.
#[derive(Debug, Default)]
pub(crate) struct Partnered {
    one_list: bool,
    left: HashSet<Box<str>>,
    right: HashSet<Box<str>>,
}

impl Partnered {
    pub(crate) fn new(one_list: bool) -> Self {
        Self {
            one_list,
            ..Self::default()
        }
    }

    /// Takes the records of a row, which count if it is a match or waits for a person.
    pub(crate) fn note(&mut self, decision: Decision, row: &Map<String, Value>) {
        if decision == Decision::NoMatch {
            return;
        }
        for (id, list, usual) in [
            ("left_id", "left_list", "left"),
            ("right_id", "right_list", "right"),
        ] {
            let Some(id) = row.get(id) else {
                continue;
            };
            // If pairs are looked for within both lists, a row says which list each record is from.
            let named = row.get(list).and_then(|list| list.as_str());
            let records = match named.unwrap_or(usual) {
                "right" if !self.one_list => &mut self.right,
                _ => &mut self.left,
            };
            records.insert(id.to_string().into());
        }
    }

    /// How many records of these lists have none.
    pub(crate) fn without(&self, lists: &Lists) -> WithoutPartner {
        let others =
            |all: u64, partnered: &HashSet<Box<str>>| all.saturating_sub(partnered.len() as u64);
        let right = lists.right.as_ref();
        WithoutPartner {
            left: others(lists.left.records, &self.left),
            right: right.map(|list| others(list.records, &self.right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use midband_report::List;
    use serde_json::json;

    use super::*;

    fn row(row: Value) -> Map<String, Value> {
        row.as_object().cloned().unwrap_or_default()
    }

    fn list(records: u64) -> List {
        List {
            records,
            ..List::default()
        }
    }

    #[test]
    fn each_record_counts_once_in_its_own_list() {
        let ids = |left: &str, right: &str| row(json!({"left_id": left, "right_id": right}));
        let rows = [
            (Decision::Match, ids("1", "1")),
            (Decision::Review, ids("1", "2")),
            (Decision::NoMatch, ids("3", "3")),
        ];
        let counted = |one: bool| {
            let mut partnered = Partnered::new(one);
            for (decision, row) in &rows {
                partnered.note(*decision, row);
            }
            let right = (!one).then(|| list(5));
            partnered.without(&Lists {
                left: list(4),
                right,
                ..Lists::default()
            })
        };
        let (left, right) = (3, Some(3));
        assert_eq!(counted(false), WithoutPartner { left, right });
        let (left, right) = (2, None);
        assert_eq!(counted(true), WithoutPartner { left, right });
    }

    #[test]
    fn a_pair_within_the_right_list_is_of_the_right_list() {
        let mut partnered = Partnered::new(false);
        let extra =
            json!({"left_id": 1, "right_id": 2, "left_list": "right", "right_list": "right"});
        partnered.note(Decision::Match, &row(extra));
        let without = partnered.without(&Lists {
            left: list(3),
            right: Some(list(3)),
            ..Lists::default()
        });
        assert_eq!((without.left, without.right), (3, Some(1)));
    }
}
