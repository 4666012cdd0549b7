//! Values of records as text.

use std::hash::{DefaultHasher, Hash, Hasher};

use midband::Id;
use midband_linkage::{missing::is_missing, normalise};
use serde_json::{Map, Value};

/// True for an id that names a record: an empty cell names none, nor does `NULL` or `N/A`. Digits may be an id, whatever they
/// stand for elsewhere.
pub fn is_named(id: &Id) -> bool {
    let text = id.as_str();
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    !text.is_empty() && (has_digit || !is_missing(text))
}

/// The id with its type.
pub(super) fn id_value(id: &Id) -> Value {
    serde_json::to_value(id).unwrap_or_else(|_| id.as_str().into())
}

/// The fields that are compared: one as it stands, several as "field: value; …", empty ones left out. None where one is
/// no text and can't be told as one.
pub(super) fn text(object: &Map<String, Value>, id: &str, columns: &[String]) -> Option<String> {
    let names: Vec<&String> = if columns.is_empty() {
        object.keys().filter(|name| *name != id).collect()
    } else {
        columns.iter().collect()
    };
    let mut values = Vec::new();
    for name in names.iter().filter(|name| object.contains_key(**name)) {
        let value = shown(&object[*name])?;
        if !value.trim().is_empty() {
            values.push((name, value));
        }
    }
    Some(match (&names[..], values.pop()) {
        ([_], value) => value.map(|(_, value)| value).unwrap_or_default(),
        (_, last) => {
            let fields = values.into_iter().chain(last);
            let fields: Vec<String> = fields
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            fields.join("; ")
        }
    })
}

/// A value as text; lists and objects as their parts with commas between them. None where it holds bytes that are no text.
pub fn shown(value: &Value) -> Option<String> {
    let joined = |parts: Vec<String>| {
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(", ")
    };
    Some(match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Array(values) => joined(values.iter().map(shown).collect::<Option<_>>()?),
        // Bytes of a Parquet file.
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("base64") => return None,
        Value::Object(fields) => {
            let part = |(name, value): (&String, &Value)| {
                let value = shown(value)?;
                Some(if value.is_empty() {
                    value
                } else {
                    format!("{name}: {value}")
                })
            };
            joined(fields.iter().map(part).collect::<Option<_>>()?)
        }
    })
}

/// A blocking key: the value without case, accents, signs and notation, so that every spelling of it meets.
pub(super) fn key(value: &Value) -> Option<u64> {
    let raw = shown(value)?;
    let text = match raw.trim().parse::<f64>() {
        // An id that went through a spreadsheet: 8001.0 is 8001.
        Ok(number) if number.fract() == 0.0 && number.abs() < 9e15 => format!("{number:.0}"),
        _ => normalise::text(&raw),
    };
    if text.is_empty() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_means_missing_names_no_record() {
        for none in ["", "NULL", "n/a", "NA", "-", "unknown", "nan"] {
            assert!(!is_named(&Id::from(none)), "{none}");
        }
        for one in ["0", "00000000", "Nan Goldin", "r1", "null-7"] {
            assert!(is_named(&Id::from(one)), "{one}");
        }
    }

    #[test]
    fn lists_and_objects_are_told_as_text() {
        let told = |value: Value| shown(&value);
        assert_eq!(told(json!(["Annie", null, 7])).unwrap(), "Annie, 7");
        assert_eq!(
            told(json!({"street": "Main", "no": [1, 2], "x": null})).unwrap(),
            "street: Main, no: 1, 2"
        );
        assert_eq!(told(json!([{"base64": "/w=="}])), None);
    }
}
