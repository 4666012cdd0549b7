//! A run's rows in memory.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use midband_io::{Beside, RejectedRow, ScoredRow};
use serde_json::{Map, Value};

use crate::{OutputRow, Sink, WritingOptions};

/// Keeps a run's rows as objects, as a file of lines would have them.
pub struct Collected {
    beside: Beside,
    rows: Mutex<Vec<Map<String, Value>>>,
    rejected: Mutex<Vec<RejectedRow>>,
}

impl Collected {
    /// Nothing so far. Texts, parts and contradictions are in the rows if the options ask for them.
    pub fn new(writing: &WritingOptions) -> Self {
        Self {
            beside: Beside {
                texts: writing.include_text,
                parts: writing.parts,
            },
            rows: Mutex::default(),
            rejected: Mutex::default(),
        }
    }

    /// The scored rows so far, and the rows that are no pairs; they are kept no longer.
    pub fn take(&self) -> (Vec<Map<String, Value>>, Vec<RejectedRow>) {
        (
            std::mem::take(&mut held(&self.rows)),
            std::mem::take(&mut held(&self.rejected)),
        )
    }
}

impl Sink for Collected {
    fn row(&self, row: OutputRow) -> Result<()> {
        let OutputRow { score, pair, extra } = row;
        let scored = ScoredRow::new(&score, pair.as_ref(), self.beside, extra);
        if let Value::Object(row) = serde_json::to_value(&scored)? {
            held(&self.rows).push(row);
        }
        Ok(())
    }

    fn rejected(&self, row: RejectedRow) {
        held(&self.rejected).push(row);
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
