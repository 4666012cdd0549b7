//! What two runs differ in by themselves: inputs, settings, models.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use midband_run::{PROVENANCE, SUMMARY, beside};
use serde::Serialize;
use serde_json::Value;

const INPUTS: &str = "inputs";

/// A setting of two runs.
#[derive(Serialize)]
pub(super) struct Differ {
    old: Value,
    new: Value,
}

/// What the provenance and the summaries of two runs differ in, but for their times and what they found.
pub(super) fn differences(old: &Path, new: &Path) -> BTreeMap<String, Differ> {
    let without = |scores: &&&Path| !beside(scores, PROVENANCE).is_file();
    if let Some(scores) = [old, new].iter().find(without) {
        noteln!(
            "midband: {} has no provenance next to it: the settings of the two runs are not compared",
            scores.display()
        );
        return BTreeMap::new();
    }
    let (old, mut new) = (settings(old), settings(new));
    let both = old.into_iter().map(|(name, old)| {
        let new = new.remove(&name).unwrap_or_default();
        (name, Differ { old, new })
    });
    let mut all: BTreeMap<String, Differ> = both.collect();
    all.extend(new.into_iter().map(|(name, new)| {
        let old = Value::Null;
        (name, Differ { old, new })
    }));
    all.retain(|_, differ| differ.old != differ.new);
    all
}

fn settings(scores: &Path) -> BTreeMap<String, Value> {
    let json = |ending: &str| {
        let text = fs::read_to_string(beside(scores, ending)).unwrap_or_default();
        serde_json::from_str::<Value>(&text).unwrap_or_default()
    };
    let summary = json(SUMMARY);
    let mut found: BTreeMap<String, Value> = match json(PROVENANCE) {
        Value::Object(fields) => fields.into_iter().collect(),
        _ => BTreeMap::new(),
    };
    found.remove("started");
    for (name, at) in [
        ("cluster_threshold", "/clusters/threshold"),
        ("golden_rules", "/clusters/golden/rules"),
        ("labels", "/labels"),
        ("rules", "/rules"),
    ] {
        let value = summary.pointer(at).cloned();
        found.insert(name.to_owned(), value.unwrap_or_default());
    }
    found
}

/// Whether two runs read a file of the same content. Runs that left no provenance show none.
pub(super) fn share_an_input(old: &Path, new: &Path) -> bool {
    let digests = |scores: &Path| -> BTreeSet<String> {
        let inputs = settings(scores).remove(INPUTS).unwrap_or_default();
        let digest = |input: &Value| Some(input["digest"].as_str()?.to_owned());
        inputs
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(digest)
            .collect()
    };
    !digests(old).is_disjoint(&digests(new))
}

/// The difference in lines for a reader, each with the name of what differs.
pub(super) fn told(name: &str, differ: &Differ) -> Vec<String> {
    let mut lines = Vec::new();
    tell(name, &differ.old, &differ.new, &mut lines);
    lines
}

fn tell(name: &str, old: &Value, new: &Value, lines: &mut Vec<String>) {
    if old == new {
        return;
    }
    match (old, new) {
        (Value::Object(before), Value::Object(now)) => {
            let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
            for key in names {
                tell(&format!("{name}.{key}"), &old[key], &new[key], lines);
            }
        }
        (Value::Array(before), Value::Array(now)) if !(before.is_empty() || now.is_empty()) => {
            let only = |these: &[Value], others: &[Value]| {
                let only = these.iter().filter(|value| !others.contains(value));
                only.map(plain).collect::<Vec<_>>()
            };
            let (gone, added) = (only(before, now), only(now, before));
            let part = |what: &str, values: &[String]| match values {
                [] => None,
                _ => Some(format!("{what} {}", values.join(", "))),
            };
            let parts: Vec<String> = [
                part(if gone == added { "changed" } else { "only old" }, &gone),
                part("only new", &added).filter(|_| gone != added),
            ]
            .into_iter()
            .flatten()
            .collect();
            let said = match parts[..] {
                [] => "in another order".to_owned(),
                _ => parts.join("; "),
            };
            lines.push(format!("{name}: {said}"));
        }
        _ => lines.push(format!("{name}: {} -> {}", plain(old), plain(new))),
    }
}

/// A value without JSON's signs; of an input file, its path.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match fields.get("path").and_then(Value::as_str) {
            Some(path) => path.to_owned(),
            None => {
                let field = |(name, value): (&String, &Value)| format!("{name} {}", plain(value));
                fields.iter().map(field).collect::<Vec<_>>().join(", ")
            }
        },
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(old: Value, new: Value) -> Vec<String> {
        told("it", &Differ { old, new })
    }

    #[test]
    fn differences_are_said_in_words() {
        assert_eq!(of(json!(null), json!("x")), ["it: none -> x"]);
        assert_eq!(
            of(
                json!({"a": 1, "b": ["x", "y"]}),
                json!({"a": 2, "b": ["y", "z"]})
            ),
            ["it.a: 1 -> 2", "it.b: only old x; only new z"]
        );
        assert_eq!(
            of(json!(["x", "y"]), json!(["y", "x"])),
            ["it: in another order"]
        );
        let file = |digest: &str| json!([{"path": "people.csv", "bytes": 1, "digest": digest}]);
        assert_eq!(of(file("1"), file("2")), ["it: changed people.csv"]);
        assert_eq!(
            of(json!({}), json!({"match": 2, "no_match": 0})),
            ["it.match: none -> 2", "it.no_match: none -> 0"]
        );
    }
}
