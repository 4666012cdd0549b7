//! Candidate pairs as rows of a run.

use std::sync::Arc;

use anyhow::Result;
use midband::Blocked;
use midband_io::{Item, PairRow, RejectedRow};
use serde_json::{Map, Value};

use super::{gold::Gold, record_columns::Beside, record_values::id_value, resolved::Resolved};
use crate::{Rows, Source};

/// The column that says to which known cluster the left record belongs.
pub(super) const KNOWN_CLUSTER: &str = "known_cluster";

/// The columns that say of which list the records are, where two lists are one.
pub(super) const LISTS: [&str; 2] = ["left_list", "right_list"];

/// Candidate pairs as rows.
pub(super) struct Candidates {
    /// Rows of the lists that are no records.
    pub(super) rejected: Vec<RejectedRow>,
    pub(super) blocked: Arc<Blocked>,
    pub(super) gold: Option<Arc<Gold>>,
    pub(super) beside: Arc<Beside>,
    /// Clusters of the records that are known.
    pub(super) known: Option<Arc<Resolved>>,
    /// Where two lists are one: the first record of the right list.
    pub(super) second: Option<usize>,
}

impl Source for Candidates {
    fn rows(&self) -> Result<Rows> {
        let (blocked, gold, beside) =
            (self.blocked.clone(), self.gold.clone(), self.beside.clone());
        let known = self.known.clone();
        let second = self.second;
        let rejected: Vec<_> = self
            .rejected
            .iter()
            .cloned()
            .map(Item::Rejected)
            .map(Ok)
            .collect();
        let pairs = (0..blocked.candidates.len()).map(move |at| {
            let candidate = &blocked.candidates[at];
            let (left, right) = blocked.records(candidate);
            let label = gold
                .as_ref()
                .map(|gold| u8::from(gold.contains(&(candidate.left, candidate.right))));
            let mut extra = Map::new();
            extra.insert("left_id".to_owned(), id_value(&left.id));
            extra.insert("right_id".to_owned(), id_value(&right.id));
            if let Some(second) = second {
                for (name, row) in LISTS.iter().zip([candidate.left, candidate.right]) {
                    let list = if (row as usize) < second {
                        "left"
                    } else {
                        "right"
                    };
                    extra.insert((*name).to_owned(), list.into());
                }
            }
            if let Some(label) = label {
                extra.insert("label".to_owned(), Value::from(label));
            }
            if let Some(known) = &known {
                let cluster = known.clusters.get(candidate.left as usize);
                extra.insert(KNOWN_CLUSTER.to_owned(), cluster.copied().into());
            }
            beside.add(&mut extra, (candidate.left, candidate.right));
            Ok(Item::Row(Box::new(PairRow {
                line: at as u64 + 1,
                pair: blocked.pair(candidate),
                gold: label.map(f64::from),
                extra,
            })))
        });
        Ok(Box::new(rejected.into_iter().chain(pairs)))
    }
}
