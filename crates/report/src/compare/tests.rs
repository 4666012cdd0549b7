use serde_json::json;

use super::*;

fn rows(value: Value) -> Vec<Map<String, Value>> {
    let rows = value.as_array().unwrap().iter();
    rows.map(|row| row.as_object().unwrap().clone()).collect()
}

#[test]
fn other_decisions_are_counted_with_who_made_them() {
    let old = rows(json!([
        {"id": "a|b", "decision": "match", "score": 0.9, "decided_by": "columns"},
        {"id": "a|c", "decision": "review", "score": 0.5, "decided_by": "columns"},
        {"id": "b|c", "decision": "match", "score": "0.8", "decided_by": "columns"},
        {"id": "d|e", "decision": "match", "score": 0.9, "decided_by": "judge"},
    ]));
    let new = rows(json!([
        {"id": "b|a", "decision": "match", "score": 0.7, "decided_by": "columns"},
        {"id": "a|c", "decision": "no_match", "score": 0.0, "decided_by": "person"},
        {"id": "b|c", "decision": "no_match", "score": 0.1, "decided_by": "columns"},
        {"id": "f|g", "decision": "match", "score": 0.9, "decided_by": "columns"},
    ]));
    let found = PairChanges::of(old.clone(), new, 9).unwrap();
    assert_eq!((found.old, found.new, found.unchanged), (4, 4, 1));
    let of = |from: &str, to: &str| {
        let change = |change: &&DecisionChange| change.from == from && change.to == to;
        found.changes.iter().find(change).unwrap()
    };
    assert_eq!(of("review", "no_match").decided_by["person"], 1);
    assert_eq!(of("match", "no_match").examples, ["b|c"]);
    assert_eq!(of("match", NOT_WRITTEN).decided_by["judge"], 1);
    assert_eq!(of(NOT_WRITTEN, "match").examples, ["f|g"]);
    assert!((found.mean_score_difference.unwrap() - (0.2 + 0.5 + 0.7) / 3.0).abs() < 1e-9);
    let same = PairChanges::of(old.clone(), old, 9).unwrap();
    assert!(same.changes.is_empty() && same.mean_score_difference == Some(0.0));
    assert!(PairChanges::of(rows(json!([{"id": "1"}])), Vec::new(), 1).is_err());
}

fn clusters(groups: &[&[&str]]) -> Vec<Map<String, Value>> {
    let mut all = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        for id in *group {
            all.push(json!({"cluster": at, "list": "left", "id": id}));
        }
    }
    rows(all.into())
}

#[test]
fn clusters_are_told_by_their_records() {
    let old = clusters(&[
        &["a", "b"],
        &["c", "d", "e"],
        &["f"],
        &["g"],
        &["h", "i"],
        &["j", "k"],
        &["x"],
    ]);
    let new = clusters(&[
        &["y"],
        &["k", "h"],
        &["i", "j"],
        &["g", "f"],
        &["c", "d"],
        &["e"],
        &["b", "a"],
    ]);
    let found = ClusterChanges::of(old, new, 9).unwrap();
    assert_eq!((found.records, found.gone, found.added), (11, 1, 1));
    assert_eq!(
        (found.unchanged, found.split, found.merged, found.regrouped),
        (1, 1, 1, 1)
    );
    assert_eq!((found.pairs_joined, found.pairs_parted), (3, 4));
    let split = &found.examples[0];
    assert_eq!(split.was, [["c", "d", "e"]]);
    assert_eq!(split.is, [vec!["c", "d"], vec!["e"]]);
    assert!(ClusterChanges::of(rows(json!([{"id": 1}])), Vec::new(), 1).is_err());
}
