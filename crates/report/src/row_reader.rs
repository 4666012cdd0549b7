//! Rows of a scored file as they are read, each field by field.

use compact_str::CompactString;
use serde_json::{Map, Value};

use crate::{
    ReportError, ResultRow,
    fields::{COSINE, PROBABILITY, decision_of, gold_of, id_of, number, within},
    parts::PartNames,
};

impl ResultRow {
    /// Reads an object. `gold` names the field with the truth; `label` where none is named.
    ///
    /// # Errors
    /// It is no scored pair, has no id, or a field that holds what no run writes there: a score that is no number from 0 to
    /// 1, another decision, a label that says nothing.
    pub fn read(object: &Map<String, Value>, gold: Option<&str>) -> Result<Self, ReportError> {
        RowReader::new(gold).read(object)
    }
}

/// Reads the rows of one file, one after the other: what many of them have in common is kept once.
pub struct RowReader {
    gold: String,
    parts: PartNames,
}

impl RowReader {
    /// `gold` names the field with the truth; `label` where none is named.
    pub fn new(gold: Option<&str>) -> Self {
        Self {
            gold: gold.unwrap_or("label").to_owned(),
            parts: PartNames::default(),
        }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// As [`ResultRow::read`].
    pub fn read(&mut self, object: &Map<String, Value>) -> Result<ResultRow, ReportError> {
        let text = |name: &str| match object.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let word = |name: &str| match object.get(name) {
            Some(Value::String(text)) => CompactString::from(text.as_str()),
            Some(Value::Number(number)) => CompactString::from(number.to_string()),
            _ => CompactString::default(),
        };
        let id = |name: &str| Some(word(name)).filter(|id| !id.is_empty());
        let own = id_of(object)?;
        let score = |name: &str| within(object, name, PROBABILITY);
        Ok(ResultRow {
            left_id: id("left_id"),
            right_id: id("right_id"),
            cosine: within(object, "cosine", COSINE)?,
            proxy_score: score("proxy_score")?,
            judge_score: score("judge_score")?,
            score: score("score")?,
            route: word("route"),
            decision: decision_of(object)?.into(),
            decided_by: word("decided_by"),
            status: word("status"),
            reason: text("reason"),
            truncated: match object.get("truncated") {
                Some(Value::Bool(yes)) => *yes,
                Some(Value::String(text)) => text == "true",
                _ => false,
            },
            latency_ms: number(object.get("latency_ms")).unwrap_or(0.0),
            gold: gold_of(object, &self.gold)?,
            drawn: false,
            a: text("a"),
            b: text("b"),
            parts: self.parts.read(object.get("parts")),
            contradictions: contradictions(object.get("contradictions")),
            id: own.into(),
        })
    }
}

/// A list of texts as JSON, or as the text that a delimited file has in its place.
fn contradictions(value: Option<&Value>) -> Option<Vec<String>> {
    match value? {
        Value::String(text) => serde_json::from_str(text).ok(),
        list => serde_json::from_value(list.clone()).ok(),
    }
}
