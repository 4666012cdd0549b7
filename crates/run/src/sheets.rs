//! What a workbook says of the run.

use midband_io::Sheet;
use serde_json::Value;

/// The summary, one fact a row.
pub(crate) fn summary(summary: &Value) -> Sheet {
    let mut rows = Vec::new();
    add(&mut rows, "", summary);
    Sheet {
        name: "summary".to_owned(),
        head: vec!["what".to_owned(), "value".to_owned()],
        rows,
    }
}

fn add(rows: &mut Vec<Vec<Value>>, name: &str, value: &Value) {
    let below = |key: &str| match name {
        "" => key.replace('_', " "),
        name => format!("{name}: {}", key.replace('_', " ")),
    };
    match value {
        Value::Null => {}
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| add(rows, &below(key), value)),
        Value::Array(values) => (1..)
            .zip(values)
            .for_each(|(at, value): (u32, &Value)| add(rows, &below(&at.to_string()), value)),
        value => rows.push(vec![name.into(), value.clone()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_fact_has_a_row() {
        let told = summary(
            &json!({"pairs": 3, "decisions": {"no_match": 2}, "judge": null, "lists": [{"records": 7}]}),
        );
        let rows: Vec<Value> = told.rows.into_iter().map(Value::from).collect();
        assert_eq!(
            Value::from(rows),
            json!([
                ["pairs", 3],
                ["decisions: no match", 2],
                ["lists: 1: records", 7]
            ])
        );
    }
}
