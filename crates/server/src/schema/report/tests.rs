//! A report is what the document says.

use midband_report::{JudgeUsage, List, ListColumn, Lists, Options, Report, RowReader, Run};
use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::server_info::Document;

/// Says where a value is not what the document promises, or has what it does not name.
fn misfit(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(named) = schema["$ref"].as_str() {
        let schema = document.pointer(named.trim_start_matches('#')).unwrap();
        return misfit(document, schema, value, at);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let mut wrong = choices
                .iter()
                .map(|schema| misfit(document, schema, value, at));
            return wrong
                .clone()
                .all(|wrong| wrong.is_some())
                .then(|| wrong.next_back().flatten().unwrap_or_default());
        }
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    let is_whole = value.is_u64() || value.is_i64();
    let fits = kinds.contains(&kind) || (is_whole && kinds.contains(&"integer"));
    if !fits {
        return Some(format!("{at}: {kind} is not of {kinds:?}"));
    }
    if let Some(words) = schema["enum"].as_array() {
        return (!words.contains(value)).then(|| format!("{at}: {value} is not of {words:?}"));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .find_map(|item| misfit(document, &schema["items"], item, &format!("{at}[]"))),
        Value::Object(fields) => {
            let lacking = schema["required"].as_array().into_iter().flatten();
            let mut lacking = lacking.filter_map(Value::as_str);
            if let Some(name) = lacking.find(|name| !fields.contains_key(*name)) {
                return Some(format!("{at}: there is no {name}"));
            }
            fields.iter().find_map(|(name, value)| {
                let at = format!("{at}.{name}");
                match (&schema["properties"][name], &schema["additionalProperties"]) {
                    (Value::Null, Value::Null) => Some(format!("{at} is not in the document")),
                    (Value::Null, other) => misfit(document, other, value, &at),
                    (own, _) => misfit(document, own, value, &at),
                }
            })
        }
        _ => None,
    }
}

fn misfit_of(name: &str, value: &Value) -> Option<String> {
    let document = serde_json::to_value(Document::openapi()).unwrap();
    let schema = json!({"$ref": format!("#/components/schemas/{name}")});
    misfit(&document, &schema, value, name)
}

fn provenance() -> Value {
    json!({
        "engine": "0", "embedding_model": {"name": "m", "digest": "d"}, "max_tokens": 9, "task": "t",
        "policy": "band", "band": [0.4, 0.9], "band_on": "cosine", "proxy": "p", "word_counts": null,
        "lexicon": null, "calibrated": false, "judge": "none", "judge_fingerprint": null, "seed": 0,
        "started": "",
    })
}

/// A report in which nothing is missing.
fn whole() -> Value {
    let mut reader = RowReader::new(None);
    let rows: Vec<_> = (0..60)
        .map(|at| {
            let score = f64::from(at) / 60.0;
            let (decision, route) = match at {
                0..20 => ("no_match", "reject"),
                20..40 => ("review", "ask"),
                _ => ("match", "accept"),
            };
            let row = json!({
                "id": format!("{at}|{at}"), "left_id": at / 3, "right_id": at, "cosine": score, "proxy_score": score,
                "route": route, "judge_score": 1.0 - score, "score": score, "decision": decision,
                "decided_by": if at % 2 == 0 { "judge" } else { "columns" }, "status": "settled", "reason": "because",
                "truncated": false, "latency_ms": 7, "label": u8::from(at % 5 > 1), "a": "x", "b": "y",
                "parts": {"prior": -1.0, "name: exact": score}, "contradictions": [],
            });
            reader.read(row.as_object().unwrap()).unwrap()
        })
        .collect();
    let list = List {
        copies: vec![1; 101],
        records: 99,
        ..List::default()
    };
    let run = Run {
        judge: Some(JudgeUsage {
            answered: 30,
            ..JudgeUsage::default()
        }),
        lists: Some(Lists {
            left: list.clone(),
            right: Some(list),
            columns: vec![ListColumn::default()],
        }),
        vouched: Some(true),
        seconds: midband_report::Seconds {
            judging: 3.0,
            ..midband_report::Seconds::default()
        },
        ..Run::default()
    };
    let options = Options {
        provenance: Some(provenance()),
        run: Some(run),
        include_text: true,
        ..Options::new("x", "now")
    };
    let mut report = serde_json::to_value(Report::new(&rows, &options)).unwrap();
    report["scores"] = json!([]);
    report["rejected_rows"] = json!([{"line": 1, "id": null, "reason": "none"}]);
    report
}

#[test]
fn the_document_names_the_whole_report() {
    let report = whole();
    assert_eq!(misfit_of("Analysis", &report), None);
    let missing: Vec<&String> = (report.as_object().unwrap().iter())
        .filter(|(_, value)| value.is_null())
        .map(|(name, _)| name)
        .collect();
    assert!(missing.is_empty(), "nothing was checked of {missing:?}");
    // What is not known is null, and the document says so.
    let options = Options::new("x", "now");
    let row = json!({"id": "1", "decision": "review"});
    let row = RowReader::new(None).read(row.as_object().unwrap()).unwrap();
    let mut bare = serde_json::to_value(Report::new(&[row], &options)).unwrap();
    bare["scores"] = json!([]);
    bare["rejected_rows"] = json!([]);
    assert_eq!(misfit_of("Analysis", &bare), None);
}

#[test]
fn what_does_not_fit_is_found() {
    let mut report = whole();
    report["estimate"]["from"] = json!("guess");
    assert!(misfit_of("Analysis", &report).is_some());
    let mut report = whole();
    report["answer"]["left"]["more"] = json!(1);
    assert!(misfit_of("Analysis", &report).is_some());
    let mut report = whole();
    report.as_object_mut().unwrap().remove("thresholds");
    assert!(misfit_of("Analysis", &report).is_some());
}
