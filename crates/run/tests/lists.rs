//! Lists in memory through the public API, as another program uses it. Columns are compared, so that no model is needed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, Mutex};

use anyhow::Result;
use midband::Learning;
use midband_io::{GivenRows, RejectedRow};
use midband_run::{
    Destination, Listener, Notice, Outcome, OutputRow, RunError, RunOptions, Sink,
    lists::{Compare, ListInput, ListInputs, MatchError, MatchOptions, Matching, Partners},
};
use serde_json::{Map, Value, json};

const GIVEN: [&str; 8] = [
    "anna", "ben", "carla", "dmitri", "eva", "farid", "greta", "hugo",
];
const FAMILY: [&str; 7] = [
    "miller", "okoro", "rossi", "ivanov", "haddad", "novak", "garcia",
];

/// People whose ids are numbers; from some on, with another spelling of the family name.
fn people(count: usize, first_id: usize, typo: bool) -> GivenRows {
    let rows = (0..count).map(move |at| {
        let (given, family) = (GIVEN[at % 8], FAMILY[(at / 8) % 7]);
        let family = if typo && at % 5 == 0 {
            &family[1..]
        } else {
            family
        };
        let born = format!(
            "19{:02}-{:02}-{:02}",
            20 + at % 79,
            1 + at * 7 % 12,
            1 + at * 11 % 28
        );
        let row = json!({
            "id": first_id + at, "given_name": given, "family_name": family, "birth_date": born,
            "phone": format!("020 7946 {:04}", at * 37 % 10_000),
        });
        match row {
            Value::Object(row) => Ok(row),
            _ => unreachable!(),
        }
    });
    Box::new(rows)
}

#[derive(Default)]
struct Taken {
    rows: Mutex<Vec<(String, Map<String, Value>)>>,
    rejected: Mutex<Vec<RejectedRow>>,
    notices: Mutex<Vec<Notice>>,
}

impl Sink for Taken {
    fn row(&self, row: OutputRow) -> Result<()> {
        let decision = row.score.decision.as_str().to_owned();
        self.rows.lock().unwrap().push((decision, row.extra));
        Ok(())
    }
    fn rejected(&self, row: RejectedRow) {
        self.rejected.lock().unwrap().push(row);
    }
}

impl Listener for Taken {
    fn notice(&self, notice: &Notice) {
        self.notices.lock().unwrap().push(notice.clone());
    }
    fn progress(&self, _: midband::Progress) {}
}

fn matched(
    inputs: ListInputs,
    options: &MatchOptions,
    run: &RunOptions,
) -> (Result<Outcome>, Arc<Taken>) {
    let taken = Arc::new(Taken::default());
    let matching = Matching {
        options,
        run,
        learning: Some(Learning::new(midband::router::Policy::Gain(
            midband::router::GainOptions::default(),
        ))),
        listener: taken.clone(),
    };
    let outcome = matching.run(inputs, Destination::Sink(taken.clone()));
    (outcome, taken)
}

fn two_lists() -> ListInputs {
    ListInputs {
        left: ListInput::Rows(people(200, 0, false)),
        right: Some(ListInput::Rows(people(150, 5000, true))),
        gold_pairs: None,
        known: None,
    }
}

#[test]
fn lists_in_memory_give_rows_in_memory() {
    let mut inputs = two_lists();
    let nameless = [Ok(Map::from_iter([(
        "given_name".to_owned(),
        json!("ines"),
    )]))];
    inputs.right = Some(ListInput::Rows(Box::new(
        people(150, 5000, true).chain(nameless),
    )));
    let options = MatchOptions {
        columns: vec!["family_name".to_owned()],
        partners: Some(Partners::OneToOne),
        ..MatchOptions::default()
    };
    let (outcome, taken) = matched(inputs, &options, &RunOptions::default());
    let outcome = outcome.unwrap();
    let rows = taken.rows.lock().unwrap();
    let right = rows.iter().filter(|(decision, row)| {
        let id = |side: &str| row[side].as_u64().expect("ids stay numbers");
        decision == "match" && id("left_id") + 5000 == id("right_id")
    });
    assert!(right.count() >= 145, "{}", outcome.written);
    assert!(
        rows.iter()
            .all(|(_, row)| row.contains_key("family_name_l") && row.contains_key("resolved"))
    );
    assert_eq!(outcome.written["pairs"], rows.len());
    let rejected = taken.rejected.lock().unwrap();
    let [row] = &rejected[..] else {
        panic!("{rejected:?}")
    };
    assert_eq!((row.file.as_deref(), row.line), (Some("right"), 151));
    let notices = taken.notices.lock().unwrap();
    assert!(notices.iter().any(|notice| {
        notice
            .to_string()
            .starts_with("columns of the left list: given_name")
    }));
}

#[test]
fn a_stopped_run_says_so() {
    let run = RunOptions::default();
    run.stop.now();
    let (outcome, taken) = matched(two_lists(), &MatchOptions::default(), &run);
    let error = outcome.unwrap_err();
    assert!(
        matches!(error.downcast_ref(), Some(RunError::Stopped)),
        "{error:#}"
    );
    assert!(taken.rows.lock().unwrap().is_empty());
}

#[test]
fn options_that_can_not_go_together_are_told_apart() {
    let error = |options: MatchOptions, one: bool| {
        let mut inputs = two_lists();
        if one {
            inputs.right = None;
        }
        matched(inputs, &options, &RunOptions::default())
            .0
            .unwrap_err()
    };
    let partners = MatchOptions {
        partners: Some(Partners::ManyToOne),
        ..MatchOptions::default()
    };
    let least = MatchOptions {
        min_proxy: Some(1.5),
        ..MatchOptions::default()
    };
    let columns = MatchOptions {
        compare: Compare::Columns,
        exact: true,
        ..MatchOptions::default()
    };
    let rule = MatchOptions {
        compare: Compare::Text,
        block_on: vec!["year(birth_date)".parse().unwrap()],
        ..MatchOptions::default()
    };
    let of = |error: &anyhow::Error| -> String {
        let error: &MatchError = error.downcast_ref().expect("a MatchError");
        let said = error.to_string();
        assert!(!said.contains("--"), "a library names no flag: {said}");
        format!("{error:?}")
    };
    assert_eq!(of(&error(partners, true)), "PartnersInOneList");
    assert_eq!(of(&error(least, false)), "LeastProxy");
    assert_eq!(of(&error(columns, false)), "ColumnsWithTexts");
    assert!(of(&error(rule, false)).starts_with("RuleOfColumns"));
}
