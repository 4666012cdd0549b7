use midband::{DecidedBy, Decision, Id};
use serde_json::json;

use super::*;
use crate::{ClusterOptions, SeenPair};

const NAMES: [&str; 4] = ["name", "city", "updated", "source"];

fn columns(right: bool) -> Vec<GoldenColumn> {
    NAMES
        .iter()
        .enumerate()
        .map(|(at, name)| GoldenColumn {
            name: (*name).to_owned(),
            left: Some(at),
            // The right list has its columns the other way round, and no source.
            right: if right {
                (at < 3).then(|| 2 - at)
            } else {
                Some(at)
            },
        })
        .collect()
}

/// All records in one cluster, but for the last one.
fn clusters(left: u32, right: Option<u32>) -> Clusters {
    let all = left + right.unwrap_or(0);
    let pair = |b: u32| SeenPair {
        a: 0,
        b,
        decision: Decision::Match,
        score: Some(0.95),
        decided_by: Some(DecidedBy::Person),
    };
    let options = ClusterOptions {
        left,
        right,
        threshold: 0.5,
        by_columns: false,
    };
    Clusters::of(&(1..all - 1).map(pair).collect::<Vec<_>>(), options)
}

fn records(ids: &[&str]) -> Vec<Record> {
    ids.iter()
        .map(|id| Record::new(Id::new(*id), "x"))
        .collect()
}

fn values(rows: &[Value]) -> Vec<Box<str>> {
    rows.iter().map(|row| row.to_string().into()).collect()
}

fn made(rules: &[&str]) -> Vec<Map<String, Value>> {
    let left = values(&[
        json!(["Meyer", "Ulm", "01/02/2020", "practice"]),
        json!(["MEYER", null, "15/02/2019", "hospital"]),
        json!(["Meyer-Huber", "n/a", "03/01/2021", "Registry"]),
        json!(["Okoro", 7, "", ""]),
    ]);
    let source = GoldenSource {
        columns: &columns(false),
        left: GoldenList {
            records: &records(&["a", "b", "c", "d"]),
            values: &left,
        },
        right: None,
    };
    let rules = GoldenRules::new(rules).unwrap();
    rules.check(source.columns, false).unwrap();
    golden_records(source, &clusters(4, None), &rules)
}

#[test]
fn every_rule_gives_its_value_and_where_it_is_from() {
    let frequent = &made(&[])[0];
    assert_eq!(
        (&frequent["name"], &frequent["name_from"]),
        (&json!("Meyer"), &json!("a"))
    );
    assert_eq!(
        (&frequent["city"], &frequent["city_from"]),
        (&json!("Ulm"), &json!("a"))
    );
    assert_eq!(frequent["ids"], json!(["a", "b", "c"]));
    let rules = [
        "most_recent(updated)",
        "name=trusted(source,registry,hospital)",
        "source=longest",
    ];
    let golden = made(&rules);
    assert_eq!(golden.len(), 2);
    assert_eq!(
        (&golden[0]["name"], &golden[0]["name_from"]),
        (&json!("Meyer-Huber"), &json!("c"))
    );
    // The newest record has no city; the next one that has one gives it.
    assert_eq!(golden[0]["city_from"], "a");
    assert_eq!(golden[0]["updated"], "03/01/2021");
    assert_eq!(golden[0]["source"], "practice");
    assert_eq!(
        (&golden[1]["city"], &golden[1]["updated"]),
        (&json!(7), &Value::Null)
    );
    assert_eq!(golden[1]["updated_from"], Value::Null);
    assert_eq!(made(&["name=longest"])[0]["name_from"], "c");
}

#[test]
fn two_lists_give_values_from_either() {
    let left = values(&[json!(["Anna", "Ulm", "2020-01-01", "x"])]);
    let right = values(&[
        json!(["2021-01-01", "Bonn", "Ann"]),
        json!(["2022-01-01", null, "Eve"]),
    ]);
    let source = GoldenSource {
        columns: &columns(true),
        left: GoldenList {
            records: &records(&["1"]),
            values: &left,
        },
        right: Some(GoldenList {
            records: &records(&["1", "2"]),
            values: &right,
        }),
    };
    let rules = GoldenRules::new(["trusted(right)", "name=trusted(left)"]).unwrap();
    let golden = golden_records(source, &clusters(1, Some(2)), &rules);
    assert_eq!(
        (&golden[0]["name"], &golden[0]["name_list"]),
        (&json!("Anna"), &json!("left"))
    );
    assert_eq!(
        (&golden[0]["city"], &golden[0]["city_list"]),
        (&json!("Bonn"), &json!("right"))
    );
    assert_eq!(
        (&golden[0]["source"], &golden[0]["source_list"]),
        (&json!("x"), &json!("left"))
    );
    assert_eq!(golden[1]["name"], "Eve");
}

proptest::proptest! {
    /// Every value of a golden record is one of its records', and that of the record it is said to be from.
    #[test]
    fn every_value_is_from_one_of_its_records(
        rows in proptest::collection::vec(proptest::collection::vec(proptest::option::of("[a-c]{0,2}"), 4), 2..8),
        rule in 0usize..4,
    ) {
        let left: Vec<Value> = rows.iter().map(|row| json!(row)).collect();
        let ids: Vec<String> = (0..rows.len()).map(|at| format!("r{at}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let (list, kept, columns) = (records(&ids), values(&left), columns(false));
        let source = GoldenSource { columns: &columns, left: GoldenList { records: &list, values: &kept }, right: None };
        let rules = GoldenRules::new([["most_frequent", "longest", "most_recent(updated)", "trusted(source,a,b)"][rule]]).unwrap();
        let golden = golden_records(source, &clusters(rows.len() as u32, None), &rules);
        let mut seen = 0;
        for record in &golden {
            let own = record["ids"].as_array().unwrap();
            seen += own.len();
            for (at, name) in NAMES.iter().enumerate() {
                let from = &record[&format!("{name}_from")];
                if record[*name].is_null() {
                    proptest::prop_assert!(from.is_null());
                    let held = own.iter().map(|id| &rows[id.as_str().unwrap()[1..].parse::<usize>().unwrap()][at]);
                    proptest::prop_assert!(held.flatten().all(|value| value.is_empty()));
                } else {
                    proptest::prop_assert!(own.contains(from));
                    let place: usize = from.as_str().unwrap()[1..].parse().unwrap();
                    proptest::prop_assert_eq!(record[*name].as_str(), rows[place][at].as_deref());
                }
            }
        }
        proptest::prop_assert_eq!(seen, rows.len());
    }
}
