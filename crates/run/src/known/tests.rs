use midband_linkage::TableBuilder;
use serde_json::json;

use super::*;

fn list(ids: &[&str]) -> (HashMap<Id, u32>, Table) {
    let mut table = TableBuilder::new(["nhs", "sex"]);
    for at in 0..ids.len() {
        let number = format!("943476{:04}", 5000 + at / 2);
        let sex = if at == 1 { "M" } else { "F" };
        table.push([Some(number.as_str()), Some(sex)]);
    }
    let by_id = ids.iter().zip(0..).map(|(id, row)| (Id::new(*id), row));
    (by_id.collect(), table.finish())
}

fn one(list: KnownList<'_>) -> KnownLists<'_> {
    KnownLists {
        left: list,
        right: None,
        joined: None,
    }
}

#[test]
fn a_label_stands_before_a_rule_and_every_conflict_is_counted() {
    let (by_id, table) = list(&["a", "b", "c", "d", "e", "f"]);
    let only = KnownList {
        by_id: &by_id,
        table: &table,
    };
    let options = KnownOptions {
        labels: None,
        same: vec!["nhs".to_owned()],
        different: vec!["sex".to_owned()],
    };
    let mut known = Known::default();
    let rows = json!([
        {"id": "c|d", "label": 0}, {"id": "a|b", "label": 0}, {"id": "b|a", "label": 1},
        {"left_id": "e", "right_id": "a", "label": 1}, {"id": "a|x", "label": 1}, {"id": "b|c", "label": null},
    ]);
    let rows = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_object().unwrap().clone());
    known.take_labels(&Labels::read(rows).unwrap(), only, None);
    assert_eq!(known.labels.conflicts, [(3, "b|a".to_owned())]);
    assert_eq!(known.labels.strange, [(5, "a|x".to_owned())]);
    assert_eq!(
        (
            known.labels.matches,
            known.labels.others,
            known.labels.unsure
        ),
        (2, 1, 1)
    );

    let ruled = Known::of(&options, one(only), &Options::default()).unwrap();
    let word = |pair| ruled.of_pair(pair).map(|word| (word.is_match, word.by));
    assert_eq!(word((2, 3)), Some((true, DecidedBy::Rule)));
    assert_eq!(word((1, 3)), Some((false, DecidedBy::Rule)));
    // The same by one rule, different by the other.
    assert_eq!(ruled.rules.against_rules, 1);
    assert_eq!(word((0, 1)), Some((false, DecidedBy::Rule)));
    assert_eq!(word((0, 2)), None);
    assert_eq!(ruled.pairs().collect::<Vec<_>>(), [(2, 3), (4, 5)]);
}

#[test]
fn a_column_of_few_values_is_no_rule_of_sameness() {
    let mut table = TableBuilder::new(["sex"]);
    (0..4_000).for_each(|_| table.push([Some("F")]));
    let table = table.finish();
    let list = KnownList {
        by_id: &HashMap::new(),
        table: &table,
    };
    let options = KnownOptions {
        same: vec!["sex".to_owned()],
        ..KnownOptions::default()
    };
    let error = Known::of(&options, one(list), &Options::default());
    let error = error.err().map(|error| error.to_string());
    assert!(error.is_some_and(|why| why.contains("does not tell them apart")));
}
