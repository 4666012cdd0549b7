//! Fields of a scored row, each as a run writes it: what no run writes there is refused, and nothing of it is shown.

use midband_core::is_unsure;
use serde_json::{Map, Value};

use crate::ReportError;

/// The id of a scored row.
pub(crate) fn id_of(object: &Map<String, Value>) -> Result<String, ReportError> {
    match object.get("id") {
        Some(Value::String(id)) if !id.trim().is_empty() => Ok(id.clone()),
        Some(Value::Number(id)) => Ok(id.to_string()),
        _ if !object.contains_key("decision") => Err(ReportError::NotScored(String::new())),
        _ => Err(ReportError::NoId),
    }
}

/// The decision of a scored row.
pub(crate) fn decision_of(object: &Map<String, Value>) -> Result<&str, ReportError> {
    match object.get("decision") {
        None => Err(ReportError::NotScored(id_of(object)?)),
        Some(Value::String(word)) if ["match", "no_match", "review"].contains(&word.as_str()) => {
            Ok(word)
        }
        Some(_) => Err(field(object, "decision", "match, no_match or review")),
    }
}

/// What a number may be: its bounds, and the same in words.
pub(crate) type Bounds = (std::ops::RangeInclusive<f64>, &'static str);

pub(crate) const PROBABILITY: Bounds = (0.0..=1.0, "a number from 0 to 1, or nothing");
/// With what floats of 32 bits may be beyond it.
pub(crate) const COSINE: Bounds = (-1.001..=1.001, "a number from -1 to 1, or nothing");

/// A number of a scored row; none if it has none.
pub(crate) fn within(
    object: &Map<String, Value>,
    name: &str,
    (bounds, wanted): Bounds,
) -> Result<Option<f64>, ReportError> {
    let value = object.get(name);
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        _ => number(value)
            .filter(|number| bounds.contains(number))
            .map(Some)
            .ok_or_else(|| field(object, name, wanted)),
    }
}

/// What is known to be true of a scored row; none if nobody could tell.
pub(crate) fn gold_of(object: &Map<String, Value>, name: &str) -> Result<Option<f64>, ReportError> {
    let value = object.get(name);
    match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() || is_unsure(text) => return Ok(None),
        _ => {}
    }
    match truth_of(value) {
        Some(gold) if (0.0..=1.0).contains(&gold) => Ok(Some(gold)),
        _ => Err(field(
            object,
            name,
            "a label: a number from 0 to 1, or a word such as match or no_match",
        )),
    }
}

/// What a row says of its pair, by our names or by Splink's: `Some(Ok(None))` for a person's doubt, `None` where the row has no
/// column of labels.
pub fn label_of(row: &Map<String, Value>) -> Option<Result<Option<f64>, &'static str>> {
    let splink = row.get("clerical_match_score");
    let label = match splink.or_else(|| row.get("label"))? {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() || is_unsure(text) => None,
        some => match truth_of(Some(some)) {
            Some(label) if (0.0..=1.0).contains(&label) => Some(label),
            _ => return Some(Err("its label must be a number from 0 to 1")),
        },
    };
    // Splink's word for unsure.
    Some(Ok(label.filter(|label| splink.is_none() || *label != 0.5)))
}

fn field(object: &Map<String, Value>, name: &str, wanted: &'static str) -> ReportError {
    match id_of(object) {
        Ok(id) => ReportError::Field {
            id,
            field: name.to_owned(),
            wanted,
        },
        Err(none) => none,
    }
}

/// What a label says, by the words that are read everywhere.
pub(crate) fn truth_of(value: Option<&Value>) -> Option<f64> {
    match value {
        Some(Value::String(text)) => midband_core::truth(text),
        other => number(other),
    }
}

/// A number, also where a delimited file made a text of it.
pub(crate) fn number(value: Option<&Value>) -> Option<f64> {
    match value {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text
            .trim()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite()),
        Some(Value::Bool(yes)) => Some(f64::from(u8::from(*yes))),
        _ => None,
    }
}
