//! JSON values of which nothing is lost.

use serde_json::{Map, Value};

use crate::strict::{Strict, parsed};

/// Why bytes are no JSON. Nothing of them is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadJson {
    /// They are no UTF-8.
    #[error("invalid UTF-8")]
    NoUtf8,
    /// An object has a name twice.
    #[error("a field occurs twice")]
    Doubled,
    /// Something else stands at this place, from 1.
    #[error("line {line}, column {column}")]
    At {
        /// The line.
        line: usize,
        /// The column, in bytes.
        column: usize,
        /// True if the bytes end before the value does.
        ended: bool,
    },
}

/// A JSON value of which nothing is lost: NaN and the infinities are null, a number that fits neither 64 bits nor a float is
/// a text, and a name that stands twice in an object is refused.
///
/// # Errors
/// The bytes are no such value.
pub fn json_value(bytes: &[u8]) -> Result<Value, BadJson> {
    let text = std::str::from_utf8(bytes).map_err(|_| BadJson::NoUtf8)?;
    let read = match parsed(text) {
        Err(_) if text.contains("NaN") || text.contains("Infinity") || is_beyond(text) => {
            parsed(&rewritten(text, null_or_text_of))
        }
        Ok(read) if is_rounded(&read.value) => parsed(&rewritten(text, text_of)),
        read => read,
    };
    match read {
        Ok(Strict { doubled: true, .. }) => Err(BadJson::Doubled),
        Ok(read) => Ok(read.value),
        Err(error) => Err(BadJson::At {
            line: error.line(),
            column: error.column(),
            ended: error.is_eof(),
        }),
    }
}

/// True if a field of the object itself, not of a value within it, is NaN or an infinity, which [`json_value`] makes null.
pub fn has_no_number(object: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(object) else {
        return false;
    };
    if !text.contains("NaN") && !text.contains("Infinity") {
        return false;
    }
    // Null stays null, and what is made null becomes a list.
    let list = |token: &str| match null_or_text_of(token)?.as_str() {
        "null" => Some("[]".to_owned()),
        text => Some(text.to_owned()),
    };
    let read = |other: fn(&str) -> Option<String>| match parsed(&rewritten(text, other)) {
        Ok(Strict {
            value: Value::Object(fields),
            ..
        }) => fields,
        _ => Map::new(),
    };
    let (nulls, lists) = (read(null_or_text_of), read(list));
    let mut nulls = nulls.iter().filter(|(_, value)| value.is_null());
    nulls.any(|(name, _)| lists.get(name).is_some_and(Value::is_array))
}

/// True for a number that may have been a whole one of more than 64 bits.
fn is_rounded(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64() && number.as_f64().is_some_and(|n| n.abs() > 9e18),
        Value::Array(values) => values.iter().any(is_rounded),
        Value::Object(fields) => fields.values().any(is_rounded),
        _ => false,
    }
}

/// True if the text may hold a number beyond the range of floats, such as 1e400.
fn is_beyond(text: &str) -> bool {
    text.contains(['e', 'E']) && text.contains(|sign: char| sign.is_ascii_digit())
}

fn null_or_text_of(token: &str) -> Option<String> {
    if ["NaN", "Infinity", "-Infinity"].contains(&token) {
        return Some("null".to_owned());
    }
    let is_number = token.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let beyond = is_number && token.parse().is_ok_and(|number: f64| number.is_infinite());
    beyond.then(|| format!("\"{token}\""))
}

fn text_of(token: &str) -> Option<String> {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let fits = token.parse::<i64>().is_ok() || token.parse::<u64>().is_ok();
    (whole && !fits).then(|| format!("\"{token}\""))
}

/// The text with other words in the place of some of its numbers and names.
fn rewritten(text: &str, other: fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |(at, _)| at + 1)
        } else if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        match other(token) {
            Some(word) => out.push_str(&word),
            None => out.push_str(token),
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_is_told_from_null() {
        for (body, has) in [
            (r#"{"a": NaN, "b": 1}"#, true),
            (r#"{"b": null, "a": -Infinity}"#, true),
            (r#"{"a": null, "b": [], "c": "NaN"}"#, false),
            (r#"{"a": null, "b": {"a": NaN}, "c": [Infinity]}"#, false),
            (r#"{"a": NaN"#, false),
            ("NaN", false),
        ] {
            assert_eq!(has_no_number(body.as_bytes()), has, "{body}");
        }
        assert!(!has_no_number(b"\xffNaN"));
    }
}
