//! What a line of input becomes.

use midband_core::{Id, Pair};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The id that a field holds, a number as a number; `None` where it holds neither text nor number. A whole number of more
/// than 64 bits is a text by now, with every digit.
pub fn id_of(value: &Value) -> Option<Id> {
    match value {
        Value::String(id) => Some(Id::new(id.as_str())),
        Value::Number(id) => Some(Id::number(id.to_string())),
        _ => None,
    }
}

/// A line that is a pair.
#[derive(Clone, Debug)]
pub struct PairRow {
    /// Line of the input that it starts on, from 1.
    pub line: u64,
    /// The pair.
    pub pair: Pair,
    /// What is known to be true of it, 0..=1: a label (0 or 1) or a graded rating.
    pub gold: Option<f64>,
    /// Every other field, in the input's order, to be passed through.
    pub extra: Map<String, Value>,
}

/// A line that is none. Holds no text of the pair's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// The file, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line of the input that it starts on, from 1.
    pub line: u64,
    /// The pair's id, where it could be read.
    pub id: Option<Id>,
    /// Why it is no pair.
    pub reason: String,
}

/// One line of input.
#[derive(Clone, Debug)]
pub enum Item {
    /// A pair.
    Row(Box<PairRow>),
    /// A line that is none.
    Rejected(RejectedRow),
}
